#include "scim/outside/testing/dns_stub.hpp"

#include <array>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <utility>

namespace scim::outside::testing {
namespace {

std::string two_bytes(std::size_t value)
{
    return {static_cast<char>(value >> 8 & 255), static_cast<char>(value & 255)};
}

std::uint16_t number_at(std::string_view bytes, std::size_t at)
{
    return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[at]) << 8 |
                                      static_cast<unsigned char>(bytes[at + 1]));
}

std::string lower(std::string text)
{
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return text;
}

} // namespace

std::string dns_name(std::string_view text)
{
    std::string wire;
    while (!text.empty()) {
        const auto dot = text.find('.');
        const std::string_view label = text.substr(0, dot);
        wire += static_cast<char>(label.size());
        wire += label;
        text = dot == text.npos ? std::string_view{} : text.substr(dot + 1);
    }
    return wire + '\0';
}

DnsRecord txt(const std::string& owner, const std::vector<std::string>& strings)
{
    std::string data;
    for (const std::string& text : strings) {
        if (text.size() > 255) throw std::invalid_argument{"a string of a TXT record has 255 bytes at most"};
        data += static_cast<char>(text.size());
        data += text;
    }
    return {owner, 16, data};
}

DnsRecord alias(const std::string& owner, const std::string& target) { return {owner, 5, dns_name(target)}; }

std::string encoded(const DnsQuery& query, const DnsMessage& message)
{
    // QR, RD, RA; then the code.
    std::string bytes = two_bytes(query.id);
    bytes += static_cast<char>(0x81 | (message.truncated ? 2 : 0));
    bytes += static_cast<char>(0x80 | message.code);
    bytes += two_bytes(1) + two_bytes(message.records.size()) + two_bytes(0) + two_bytes(0) + query.question;
    for (const DnsRecord& record : message.records) {
        const bool same = lower(record.owner) == query.name;
        bytes += same ? two_bytes(0xC00C) : dns_name(record.owner); // 12: where the question's name stands
        bytes += two_bytes(record.type) + two_bytes(1) + two_bytes(0) + two_bytes(60) + two_bytes(record.data.size());
        bytes += record.data;
    }
    return bytes;
}

DnsStub::DnsStub(bool ipv6) : ipv6_{ipv6}
{
    // A free port that is free for both.
    for (int attempt = 0; !tcp_; ++attempt) {
        udp_ = bound(SOCK_DGRAM, 0, ipv6 ? "::1" : "127.0.0.1");
        port_ = port_of(udp_);
        try {
            tcp_ = std::make_unique<LoopbackServer>([this](Wire& wire) { serve_tcp(wire); }, port_,
                                                    ipv6 ? "::1" : "127.0.0.1");
        } catch (const std::runtime_error&) {
            if (attempt == 20) throw;
        }
    }
    listening_ = std::thread{[this] { serve_udp(); }};
}

DnsStub::~DnsStub()
{
    ended_ = true;
    listening_.join();
}

std::string DnsStub::address() const { return (ipv6_ ? "[::1]:" : "127.0.0.1:") + std::to_string(port_); }

void DnsStub::on(const std::string& name, Answer answer)
{
    const std::lock_guard lock{mutex_};
    answers_[lower(name)] = std::move(answer);
}

void DnsStub::on(const std::string& name, DnsMessage message)
{
    on(name, [message = std::move(message)](const DnsQuery& query) { return std::vector{encoded(query, message)}; });
}

void DnsStub::set_txt(const std::string& name, const std::vector<std::string>& values)
{
    DnsMessage message;
    for (const std::string& value : values) message.records.push_back(txt(name, {value}));
    on(name, std::move(message));
}

void DnsStub::say_nothing(const std::string& name)
{
    on(name, [](const DnsQuery&) { return std::vector<std::string>{}; });
}

std::vector<std::uint16_t> DnsStub::ids() const
{
    const std::lock_guard lock{mutex_};
    return ids_;
}

std::vector<std::uint16_t> DnsStub::ports() const
{
    const std::lock_guard lock{mutex_};
    return ports_;
}

std::vector<std::string> DnsStub::answers_to(std::string_view message, bool over_tcp)
{
    if (message.size() < 17) return {};
    DnsQuery query{.id = number_at(message, 0), .name = {}, .question = {}, .over_tcp = over_tcp};
    std::size_t at = 12;
    while (at < message.size() && message[at] != 0) {
        const std::size_t length = static_cast<unsigned char>(message[at]);
        if (at + 1 + length >= message.size()) return {};
        if (!query.name.empty()) query.name += '.';
        query.name += message.substr(at + 1, length);
        at += 1 + length;
    }
    if (at + 5 > message.size()) return {};
    query.name = lower(query.name);
    query.question = message.substr(12, at + 5 - 12);
    Answer answer;
    {
        const std::lock_guard lock{mutex_};
        ids_.push_back(query.id);
        if (const auto found = answers_.find(query.name); found != answers_.end()) answer = found->second;
    }
    ++(over_tcp ? by_tcp_ : by_udp_);
    if (!answer) return {encoded(query, {.code = 3})};
    return answer(query);
}

void DnsStub::serve_udp()
{
    std::array<char, 4096> bytes;
    while (!ended_) {
        pollfd waiting{udp_.get(), POLLIN, 0};
        if (::poll(&waiting, 1, 20) <= 0) continue;
        sockaddr_storage from{};
        socklen_t size = sizeof from;
        const auto count =
            ::recvfrom(udp_.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
        if (count <= 0) continue;
        {
            const std::lock_guard lock{mutex_};
            ports_.push_back(ntohs(reinterpret_cast<const sockaddr_in&>(from).sin_port)); // the same place in IPv6's
        }
        for (const std::string& reply : answers_to({bytes.data(), static_cast<std::size_t>(count)}, false))
            ::sendto(udp_.get(), reply.data(), reply.size(), 0, reinterpret_cast<const sockaddr*>(&from), size);
    }
}

void DnsStub::serve_tcp(Wire& wire)
{
    while (const auto length = wire.exactly(2)) {
        const auto message = wire.exactly(number_at(*length, 0));
        if (!message) return;
        const auto replies = answers_to(*message, true);
        for (const std::string& reply : replies)
            if (!wire.write(two_bytes(reply.size()) + reply)) return;
        if (replies.empty()) wire.hang();
    }
}

} // namespace scim::outside::testing
