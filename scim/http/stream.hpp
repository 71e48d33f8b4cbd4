// The two things a connection can speak over, as calls that never wait: each moves what it can and says what it would
// have to wait for. The waiting is the session's.
//
// TlsStream drives OpenSSL over the socket itself instead of through asio::ssl::stream: see README.md.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;

namespace scim::http {

struct Moved {
    enum class State {
        done,        // `bytes` were moved, or the handshake is over
        wants_read,  // nothing moved: wait until the socket can be read
        wants_write, // nothing moved: wait until the socket can be written
        ended,       // the peer has closed, with or without saying so
        failed,      // nothing more can be moved, not even an alert
    };
    State state = State::done;
    std::size_t bytes = 0;
};

// `socket` is a non-blocking descriptor that outlives the stream.
class PlainStream {
public:
    explicit PlainStream(int socket) : socket_{socket} {}

    static constexpr bool is_tls = false;
    Moved handshake() { return {}; }
    Moved read(std::span<char> into);
    Moved write(std::string_view from);
    bool holds_input() const { return false; }
    void say_goodbye() {}

private:
    int socket_;
};

class TlsStream {
public:
    // Throws std::bad_alloc when OpenSSL has no memory for it.
    TlsStream(int socket, std::shared_ptr<ssl_ctx_st> context);

    static constexpr bool is_tls = true;
    Moved handshake();
    Moved read(std::span<char> into);
    Moved write(std::string_view from);
    bool holds_input() const; // decrypted or not: reading need not wait for the socket
    void say_goodbye();       // sends close_notify if that is possible without waiting

private:
    struct Free {
        void operator()(ssl_st*) const;
    };
    Moved moved(int result, std::size_t bytes);

    std::shared_ptr<ssl_ctx_st> context_;
    std::unique_ptr<ssl_st, Free> ssl_;
    bool broken_ = false;
};

// Reads and throws away whatever the peer still sends, below TLS.
Moved discard(int socket);

} // namespace scim::http
