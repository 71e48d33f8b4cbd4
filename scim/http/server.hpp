// HTTPS over Asio, Beast and OpenSSL: bytes in, `Request` out, `Response` back. Knows no SCIM. One io_context per
// thread; a connection lives on one thread; an answer may come from any.
#pragma once

#include "scim/http/service.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct ssl_ctx_st; // OpenSSL's SSL_CTX

namespace scim::http {

// Everything a peer can make grow has a row here (reliability.md 3). Names as in the configuration, below `limits.`.
struct Limits {
    std::size_t header_bytes = 16 * 1024;
    std::size_t header_fields = 64;
    std::size_t target_bytes = 8 * 1024;
    std::size_t read_buffer_bytes = 32 * 1024; // must stay under 64 KiB (F1)
    std::size_t body_bytes = 1024 * 1024;      // a route may have its own
    std::size_t raw_slack_bytes = 64 * 1024;   // raw bytes of one request beyond its body cap
    std::chrono::milliseconds handshake_time{10'000};
    std::chrono::milliseconds header_time{10'000};
    std::chrono::milliseconds body_time{30'000};
    std::chrono::milliseconds idle_time{120'000};
    std::chrono::milliseconds write_time{30'000};
    std::chrono::milliseconds handler_time{10'000};
    std::size_t connections = 4096;
    std::size_t connections_per_address = 512;
    std::size_t connections_unauthenticated = 1024; // that have not yet sent a request admitted as authenticated
};

// What has been refused or happened so far; one counter for each limit. Names are the configuration's.
enum class Count : std::size_t {
    connections,
    requests,
    header_bytes,
    header_fields,
    target_bytes,
    read_buffer_bytes,
    body_bytes,
    raw_bytes,
    handshake_time,
    header_time,
    body_time,
    idle_time,
    write_time,
    handler_time,
    broken_answers,
    connections_limit,
    connections_per_address,
    connections_unauthenticated,
    framing,
    tls_failed,
    parser_exceptions,
    certificate_reloads,
    certificate_refused,
    end
};
std::string_view word(Count);

struct Options {
    std::string address = "127.0.0.1";
    unsigned short port = 8443; // 0: any free one
    unsigned threads = 0;       // 0: as many as cores
    Limits limits;
    std::vector<std::string> trusted_proxies; // addresses or networks whose X-Forwarded-For is believed
};

class Server {
public:
    // `tls`: the context to accept with, asked anew for each connection, so that a reload takes effect at once; empty
    // function: plain HTTP. Throws std::system_error when the address cannot be bound, std::invalid_argument for a
    // trusted proxy that is no address.
    using TlsSource = std::function<std::shared_ptr<ssl_ctx_st>()>;
    Server(Options, Service&, TlsSource tls);
    ~Server();

    unsigned short port() const;
    void start(); // returns when accepting
    // Stops accepting, lets requests in flight finish, closes idle connections; returns when none is left or `grace` is
    // over.
    void drain(std::chrono::milliseconds grace);
    std::uint64_t count(Count) const;
    void add(Count); // what happens beside the wire and is counted with it: certificate reloads
    std::size_t open_connections() const;

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

} // namespace scim::http
