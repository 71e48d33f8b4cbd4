#include "scim/outside/txt_resolver.hpp"

#include "core/base/result.hpp"
#include "scim/outside/dns_answer.hpp"

#include <algorithm>
#include <ares.h>
#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <mutex>
#include <netdb.h>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/time.h>
#include <vector>

namespace scim::outside {
namespace {

using core::DnsProblem;
using Steady = std::chrono::steady_clock;
template<class T>
using Found = boost::system::result<T, DnsProblem>;

constexpr int class_in = 1;
constexpr int type_txt = 16;
// What passes unfragmented nearly everywhere; longer answers come over TCP.
constexpr int udp_bytes = 1232;

// --- names and servers ----------------------------------------------------------------------------------------------

std::string lower(std::string_view text)
{
    std::string result{text};
    for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return result;
}

// In lower case and without the last dot; nothing for what cannot be a domain's name.
std::optional<std::string> canonical(std::string_view name)
{
    if (name.ends_with('.')) name.remove_suffix(1);
    if (name.empty() || name.size() > 253) return std::nullopt;
    std::size_t label = 0;
    for (const char c : name) {
        const bool letter =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        if (c == '.' ? label == 0 : (!letter || label == 63)) return std::nullopt;
        label = c == '.' ? 0 : label + 1;
    }
    if (label == 0) return std::nullopt;
    return lower(name);
}

struct Server {
    std::string host;
    std::uint16_t port = 53;
};

std::optional<Server> server_from(std::string_view text)
{
    Server server;
    std::string_view port;
    const auto colon = text.rfind(':');
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == text.npos) return std::nullopt;
        server.host = text.substr(1, end - 1);
        port = text.substr(end + 1);
    } else if (colon != text.npos && text.find(':') != colon) {
        server.host = text; // a bare IPv6 address
    } else {
        server.host = text.substr(0, colon);
        port = colon == text.npos ? std::string_view{} : text.substr(colon);
    }
    if (server.host.empty() || server.host.find_first_of(" []/@") != std::string::npos) return std::nullopt;
    if (port.empty()) return server;
    const auto read = std::from_chars(port.data() + 1, port.data() + port.size(), server.port);
    if (port.front() != ':' || read.ec != std::errc{} || read.ptr != port.data() + port.size() || server.port == 0)
        return std::nullopt;
    return server;
}

// Nothing when one of them cannot be read.
std::optional<std::vector<Server>> servers_from(std::string_view text)
{
    std::vector<Server> servers;
    while (!text.empty()) {
        const auto comma = text.find(',');
        auto server = server_from(text.substr(0, comma));
        if (!server || comma + 1 == text.size()) return std::nullopt;
        servers.push_back(std::move(*server));
        text = comma == text.npos ? std::string_view{} : text.substr(comma + 1);
    }
    return servers;
}

// --- the channel ----------------------------------------------------------------------------------------------------

struct Destroy {
    void operator()(ares_channeldata* channel) const { ares_destroy(channel); }
};
using Channel = std::unique_ptr<ares_channeldata, Destroy>;

bool use_servers(ares_channeldata& channel, const std::vector<Server>& servers)
{
    std::vector<ares_addr_port_node> nodes(servers.size());
    for (std::size_t i = 0; i < servers.size(); ++i) {
        addrinfo hints{};
        hints.ai_socktype = SOCK_DGRAM;
        addrinfo* results = nullptr;
        if (::getaddrinfo(servers[i].host.c_str(), nullptr, &hints, &results) != 0) return false;
        const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> first{results, ::freeaddrinfo};
        ares_addr_port_node& node = nodes[i];
        node.family = first->ai_family;
        node.udp_port = node.tcp_port = servers[i].port;
        if (node.family == AF_INET6)
            std::copy_n(reinterpret_cast<const sockaddr_in6*>(first->ai_addr)->sin6_addr.s6_addr, 16,
                        reinterpret_cast<std::uint8_t*>(&node.addr.addr6));
        else
            node.addr.addr4 = reinterpret_cast<const sockaddr_in*>(first->ai_addr)->sin_addr;
        if (i > 0) nodes[i - 1].next = &node;
    }
    return ares_set_servers_ports(&channel, nodes.data()) == ARES_SUCCESS;
}

struct Way {
    // Where one of several servers answers with SERVFAIL, NOTIMP or REFUSED, c-ares goes on to the next and does not
    // say in the end what it met. With this, the first one's answer counts, whatever it is.
    bool first_word = false;
    // Asked for by ourselves when an answer was cut: c-ares would give it no more time than one try by UDP.
    bool tcp = false;
};

Found<Channel> open_channel(const std::vector<Server>& servers, int tries, core::Duration left, Way way)
{
    static std::once_flag once;
    std::call_once(once, [] {
        if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) throw std::runtime_error{"c-ares does not start"};
    });
    const core::Duration one_try = way.tcp ? left / (servers.size() == 1 ? 1 : 2) : left / (tries + 1);
    std::string lookups = "b"; // DNS alone, not /etc/hosts
    ares_options options{};
    options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_EDNS | ARES_FLAG_IGNTC |
                    (way.first_word ? ARES_FLAG_NOCHECKRESP : 0) | (way.tcp ? ARES_FLAG_USEVC : 0);
    options.timeout = static_cast<int>(std::clamp<core::Duration::rep>(one_try.count(), 50, 60'000));
    options.tries = tries;
    options.ednspsz = udp_bytes;
    options.lookups = lookups.data();
    constexpr int given =
        ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ | ARES_OPT_LOOKUPS | ARES_OPT_DOMAINS;
    ares_channel opened = nullptr;
    if (ares_init_options(&opened, &options, given) != ARES_SUCCESS) return DnsProblem::unreachable;
    Channel channel{opened};
    if (servers.empty()) return channel;
    if (!use_servers(*channel, servers)) return DnsProblem::unreachable;
    return channel;
}

struct Reply {
    bool here = false;
    int status = 0;
    std::string message = {};

    bool is_cut() const { return message.size() >= 12 && (message[2] & 2) != 0; } // TC
};

void receive(void* into, int status, int, unsigned char* bytes, int size)
{
    auto& reply = *static_cast<Reply*>(into);
    reply.here = true;
    reply.status = status;
    if (bytes != nullptr && size > 0)
        reply.message.assign(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

// Lets c-ares work until the reply is there or the time is over.
void work(ares_channeldata& channel, const Reply& reply, Steady::time_point until)
{
    while (!reply.here) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Steady::now()).count();
        if (left <= 0) {
            ares_cancel(&channel);
            return;
        }
        std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
        const int wishes = ares_getsock(&channel, sockets.data(), ARES_GETSOCK_MAXNUM);
        std::vector<pollfd> waiting;
        for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
            const int events =
                (ARES_GETSOCK_READABLE(wishes, i) ? POLLIN : 0) | (ARES_GETSOCK_WRITABLE(wishes, i) ? POLLOUT : 0);
            if (events != 0) waiting.push_back({sockets[i], static_cast<short>(events), 0});
        }
        timeval most{left / 1000, left % 1000 * 1000};
        timeval next{};
        const timeval* const pause = ares_timeout(&channel, &most, &next);
        const auto milliseconds = pause->tv_sec * 1000 + pause->tv_usec / 1000 + 1;
        const int ready = ::poll(waiting.data(), waiting.size(), static_cast<int>(milliseconds));
        if (ready <= 0) ares_process_fd(&channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); // what is late is asked again
        for (const pollfd& one : waiting) {
            if (one.revents == 0) continue;
            const bool broken = (one.revents & (POLLERR | POLLHUP)) != 0;
            ares_process_fd(&channel, broken || (one.revents & POLLIN) ? one.fd : ARES_SOCKET_BAD,
                            broken || (one.revents & POLLOUT) ? one.fd : ARES_SOCKET_BAD);
        }
    }
}

std::optional<DnsProblem> problem_of(int status)
{
    switch (status) {
    case ARES_SUCCESS: return std::nullopt;
    case ARES_ENODATA: return DnsProblem::no_data;
    case ARES_ENOTFOUND: return DnsProblem::no_such_name;
    case ARES_ESERVFAIL:
    case ARES_ENOTIMP: return DnsProblem::server_failure;
    case ARES_EREFUSED: return DnsProblem::refused;
    case ARES_ECONNREFUSED: return DnsProblem::unreachable;
    case ARES_ETIMEOUT:
    case ARES_ECANCELLED: return DnsProblem::timeout;
    case ARES_EBADNAME: return DnsProblem::bad_name;
    case ARES_ENOMEM: throw std::bad_alloc{};
    default: return DnsProblem::malformed;
    }
}

} // namespace

bool is_resolver(std::string_view servers) { return servers_from(servers).has_value(); }

core::TxtAnswer AresTxtResolver::look_up(std::string_view asked, core::Duration longest)
{
    const auto until = Steady::now() + longest;
    const auto first = canonical(asked);
    if (!first) return DnsProblem::bad_name;
    std::string name = *first;
    const auto servers = servers_from(options_.servers);
    if (!servers) return DnsProblem::unreachable;
    const auto left = [&] { return std::chrono::duration_cast<core::Duration>(until - Steady::now()); };
    Way way{.first_word = servers->size() == 1};
    TRY(Channel channel, open_channel(*servers, options_.tries, left(), way));
    int aliases = 0;
    // A resolver sends the whole chain of aliases at once. Where one sends only a part, the rest is asked for.
    while (true) {
        Reply reply;
        ares_query(channel.get(), name.c_str(), class_in, type_txt, receive, &reply);
        work(*channel, reply, until);
        const bool no_reason = reply.status == ARES_ECONNREFUSED && !way.first_word;
        const bool cut = reply.is_cut() && !way.tcp;
        if (no_reason || cut) {
            way = {.first_word = way.first_word || no_reason, .tcp = way.tcp || cut};
            TRY(channel, open_channel(*servers, options_.tries, left(), way));
            continue;
        }
        if (const auto problem = problem_of(reply.status)) return *problem;
        if (reply.message.size() > options_.answer_bytes) return DnsProblem::too_large;
        const auto records = read_dns_answer(reply.message);
        if (!records) return DnsProblem::malformed;
        bool moved = false;
        while (true) {
            std::vector<std::string> values;
            const AnswerRecord* alias = nullptr;
            for (const AnswerRecord& record : *records) {
                if (record.owner != name) continue;
                if (record.is_alias)
                    alias = &record;
                else
                    values.push_back(record.value);
            }
            if (!values.empty()) return values;
            if (alias == nullptr) break;
            if (++aliases > options_.aliases) return DnsProblem::alias_loop;
            // What DNS can hold and no domain is called: there it ends.
            if (!canonical(alias->value)) return DnsProblem::bad_name;
            name = alias->value;
            moved = true;
        }
        if (!moved) return DnsProblem::no_data;
    }
}

} // namespace scim::outside
