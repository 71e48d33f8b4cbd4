#include "conformance/desk/name_server.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace desk {
namespace {

constexpr std::size_t header_bytes = 12;
constexpr int txt_type = 16;

void put16(std::string& out, std::size_t value)
{
    out += static_cast<char>((value >> 8U) & 0xFFU);
    out += static_cast<char>(value & 0xFFU);
}

// The name of the question in lower case, and where the question ends; "" for what is no question.
std::string name_in(std::string_view message, std::size_t& end)
{
    std::string name;
    std::size_t at = header_bytes;
    while (at < message.size() && message[at] != 0) {
        const auto length = static_cast<unsigned char>(message[at]);
        if (length > 63 || at + 1 + length >= message.size()) return {};
        if (!name.empty()) name += '.';
        for (std::size_t i = 1; i <= length; ++i) {
            const char c = message[at + i];
            name += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
        }
        at += 1U + length;
    }
    end = at + 1 + 4; // the root, the type, the class
    return end <= message.size() ? name : std::string{};
}

std::string on_the_wire(std::string_view name)
{
    std::string out;
    while (!name.empty()) {
        const auto dot = name.find('.');
        const auto label = name.substr(0, dot);
        out += static_cast<char>(label.size());
        out += label;
        name.remove_prefix(dot == name.npos ? name.size() : dot + 1);
    }
    return out + '\0';
}

std::string txt_record(const std::string& owner, std::string_view value)
{
    std::string data;
    do {
        const auto piece = value.substr(0, 255);
        data += static_cast<char>(piece.size());
        data += piece;
        value.remove_prefix(piece.size());
    } while (!value.empty());
    std::string out = owner;
    put16(out, txt_type);
    put16(out, 1); // IN
    put16(out, 0);
    put16(out, 60); // seconds to live
    put16(out, data.size());
    return out + data;
}

std::string message(std::string_view id, std::string_view question, int code, bool cut,
                    const std::vector<std::string>& records)
{
    std::string out{id};
    put16(out, 0x8580U | (cut ? 0x0200U : 0U) | static_cast<unsigned>(code));
    put16(out, 1);
    put16(out, records.size());
    put16(out, 0);
    put16(out, 0);
    out += question;
    for (const auto& each : records) out += each;
    return out;
}

int listening(int kind, std::uint16_t& port)
{
    const int socket = ::socket(AF_INET, kind | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    socklen_t size = sizeof address;
    auto* const plain = reinterpret_cast<sockaddr*>(&address);
    if (socket < 0 || ::bind(socket, plain, size) != 0 || (kind == SOCK_STREAM && ::listen(socket, 16) != 0)) {
        if (socket >= 0) ::close(socket);
        return -1;
    }
    ::getsockname(socket, plain, &size);
    port = ntohs(address.sin_port);
    return socket;
}

bool readable(int socket)
{
    pollfd wait{socket, POLLIN, 0};
    return ::poll(&wait, 1, 50) == 1;
}

} // namespace

NameServer::NameServer()
{
    for (int tries = 0; tries < 20 && udp_ < 0; ++tries) { // the port must be free for both
        port_ = 0;
        tcp_ = listening(SOCK_STREAM, port_);
        if (tcp_ >= 0) udp_ = listening(SOCK_DGRAM, port_);
        if (udp_ < 0 && tcp_ >= 0) ::close(tcp_);
    }
    if (udp_ < 0) throw std::runtime_error{"no port is free for a name server"};
    by_udp_ = std::thread{[this] { serve_udp(); }};
    by_tcp_ = std::thread{[this] { serve_tcp(); }};
}

NameServer::~NameServer()
{
    ended_ = true;
    by_udp_.join();
    by_tcp_.join();
    ::close(udp_);
    ::close(tcp_);
}

void NameServer::publish(const std::string& name, std::vector<std::string> values)
{
    const std::lock_guard lock{mutex_};
    if (values.empty())
        records_.erase(name);
    else
        records_[name] = std::move(values);
}

std::vector<std::string> NameServer::answers_to(std::string_view query, bool over_tcp)
{
    std::size_t end = 0;
    if (query.size() < header_bytes) return {};
    const std::string name = name_in(query, end);
    if (name.empty()) return {};
    ++asked_;
    const std::string question{query.substr(header_bytes, end - header_bytes)};
    const auto id = query.substr(0, 2);
    const std::string owner = question.substr(0, question.size() - 4);
    std::vector<std::string> records;
    {
        const std::lock_guard lock{mutex_};
        if (const auto found = records_.find(name); found != records_.end())
            for (const auto& value : found->second) records.push_back(txt_record(owner, value));
    }
    switch (manner_.load()) {
    case Manner::honest: return {message(id, question, records.empty() ? 3 : 0, false, records)};
    case Manner::silent: return {};
    case Manner::failing: return {message(id, question, 2, false, {})};
    case Manner::lying: {
        // What was published stands here under another name, and comes under another id: neither is an answer.
        const std::string other = on_the_wire("somebody.else.example");
        std::vector<std::string> about_other;
        for (const auto& record : records) about_other.push_back(other + record.substr(owner.size()));
        std::string wrong_id{id};
        wrong_id[0] = static_cast<char>(wrong_id[0] ^ 1);
        return {message(wrong_id, question, 0, false, records), message(id, question, 0, false, about_other)};
    }
    case Manner::too_long: {
        if (!over_tcp) return {message(id, question, 0, true, {})};
        std::vector<std::string> many;
        std::size_t size = header_bytes + question.size();
        for (;;) {
            auto record = txt_record(owner, std::string(255, 'x'));
            if (size + record.size() > 65'535) break;
            size += record.size();
            many.push_back(std::move(record));
        }
        return {message(id, question, 0, false, many)};
    }
    case Manner::garbage: return {std::string{id} + std::string(40, '\xff')};
    }
    return {};
}

void NameServer::serve_udp()
{
    char buffer[4096];
    while (!ended_) {
        if (!readable(udp_)) continue;
        sockaddr_in from{};
        socklen_t size = sizeof from;
        const auto got = ::recvfrom(udp_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &size);
        if (got <= 0) continue;
        for (const auto& answer : answers_to({buffer, static_cast<std::size_t>(got)}, false))
            (void)::sendto(udp_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
}

void NameServer::serve_tcp()
{
    while (!ended_) {
        if (!readable(tcp_)) continue;
        const int peer = ::accept4(tcp_, nullptr, nullptr, SOCK_CLOEXEC);
        if (peer < 0) continue;
        std::string got;
        const auto wanted = [&] {
            return got.size() < 2 ? std::size_t{2}
                                  : 2 + static_cast<std::size_t>(static_cast<unsigned char>(got[0])) * 256 +
                                        static_cast<unsigned char>(got[1]);
        };
        while (!ended_ && got.size() < wanted()) {
            if (!readable(peer)) continue;
            char buffer[1024];
            const auto count = ::recv(peer, buffer, sizeof buffer, 0);
            if (count <= 0) break;
            got.append(buffer, static_cast<std::size_t>(count));
        }
        if (got.size() >= wanted())
            for (const auto& answer : answers_to(std::string_view{got}.substr(2), true)) {
                std::string framed;
                put16(framed, answer.size());
                framed += answer;
                for (std::size_t sent = 0; sent < framed.size();) {
                    const auto count = ::send(peer, framed.data() + sent, framed.size() - sent, MSG_NOSIGNAL);
                    if (count <= 0) break;
                    sent += static_cast<std::size_t>(count);
                }
            }
        ::close(peer);
    }
}

} // namespace desk
