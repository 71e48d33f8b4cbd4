// What the stand-ins of this room have in common: a server on a free port of loopback with a thread for each
// connection, and TLS with certificates made on the spot.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace scim::outside::testing {

class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int value) : value_{value} {}
    Descriptor(Descriptor&& other) noexcept;
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor();
    int get() const { return value_; }

private:
    int value_ = -1;
};

// A socket of this type (SOCK_STREAM listens) bound to this address. Throws when the port is taken.
Descriptor bound(int type, std::uint16_t port = 0, const std::string& address = "127.0.0.1");
std::uint16_t port_of(const Descriptor&);

// A server certificate and the authority that vouches for it.
struct Identity {
    std::string authority; // PEM, for the CA file of a client
    std::shared_ptr<SSL_CTX> context;
};
Identity identity_for(const std::string& names = "DNS:localhost,IP:127.0.0.1", bool expired = false);

// A file that is gone when this is.
class TemporaryFile {
public:
    explicit TemporaryFile(std::string_view text);
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile();
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

// The server's end of one connection; plain until start_tls.
class Wire {
public:
    explicit Wire(Descriptor descriptor) : descriptor_{std::move(descriptor)} {}
    bool start_tls(SSL_CTX&);
    // Up to and without its line end (CR LF; a bare LF ends none); nothing when the peer is gone.
    std::optional<std::string> line();
    std::optional<std::string> exactly(std::size_t bytes);
    bool write(std::string_view);
    // Says nothing until the peer or the server goes.
    void hang();
    void hang_up(); // from any thread
    bool is_tls() const { return ssl_ != nullptr; }

private:
    bool receive();
    struct Free {
        void operator()(SSL* ssl) const { SSL_free(ssl); }
    };
    Descriptor descriptor_;
    std::unique_ptr<SSL, Free> ssl_;
    std::string received_;
};

class LoopbackServer {
public:
    using Serve = std::function<void(Wire&)>;
    explicit LoopbackServer(Serve, std::uint16_t port = 0, const std::string& address = "127.0.0.1");
    ~LoopbackServer(); // hangs up on everyone
    std::uint16_t port() const { return port_; }

private:
    void accept_all();

    Serve serve_;
    Descriptor listener_;
    std::uint16_t port_;
    std::mutex mutex_;
    bool ended_ = false;
    std::vector<std::shared_ptr<Wire>> wires_; // shared by the connection's thread and the one that ends the server
    std::vector<std::thread> threads_;
    std::thread accepting_;
};

// Polls until `condition` holds; false after `longest`.
bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds longest = std::chrono::seconds{10});

} // namespace scim::outside::testing
