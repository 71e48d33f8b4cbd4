// A client that can misbehave: raw bytes over a plain or TLS socket on loopback, with a deadline on everything.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scim::http::testing {

using namespace std::chrono_literals;

// What has to happen within a second; sanitizers and what else runs beside them take their time.
#ifdef __SANITIZE_ADDRESS__
constexpr std::chrono::milliseconds soon = 5s;
#else
constexpr std::chrono::milliseconds soon = 1s;
#endif

// A server context with a self-signed P-256 certificate made on the spot.
std::shared_ptr<SSL_CTX> self_signed();

struct Reply {
    int status = 0;
    std::string head;
    std::string body;
    std::optional<std::string> field(std::string_view name) const; // name in lower case
};

class Peer {
public:
    // Connects; with `tls`, also shakes hands, unless there is a session to resume: then the caller does, before
    // anything else. Throws when that fails.
    Peer(unsigned short port, bool tls, SSL_CTX* context = nullptr, SSL_SESSION* resume = nullptr);
    Peer(Peer&&) = default;
    ~Peer();

    // False when the server no longer takes it.
    bool send(std::string_view bytes);
    bool send_raw(std::string_view bytes); // below TLS
    // One reply, 100 included; nothing when the server closes or `longest` passes first.
    std::optional<Reply> reply(bool to_head = false, std::chrono::milliseconds longest = 10s);
    // The data of a chunked body, after its reply's head; nothing when it ends without its last chunk.
    std::optional<std::string> chunked(std::chrono::milliseconds longest = 10s);
    // Everything until the server closes; nothing when it does not.
    std::optional<std::string> rest(std::chrono::milliseconds longest);
    bool is_closed_within(std::chrono::milliseconds longest) { return rest(longest).has_value(); }
    bool says_nothing_for(std::chrono::milliseconds time);
    void half_close();
    // How the server has closed: with TLS's close_notify; with a reset.
    bool was_told_goodbye() const { return goodbye_; }
    bool was_cut_off() const { return cut_off_; }

    int descriptor() const { return descriptor_.value; }
    SSL* ssl() const { return ssl_.get(); }

private:
    struct Descriptor {
        int value = -1;
        Descriptor() = default;
        Descriptor(Descriptor&& other) noexcept : value{std::exchange(other.value, -1)} {}
        ~Descriptor();
    };
    struct Free {
        void operator()(SSL* ssl) const { SSL_free(ssl); }
        void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    };
    enum class Got { bytes, closed, late };
    Got receive(std::chrono::steady_clock::time_point until);

    Descriptor descriptor_;
    std::unique_ptr<SSL_CTX, Free> own_context_;
    std::unique_ptr<SSL, Free> ssl_;
    bool wait_to_send(int result);
    std::string received_;
    bool goodbye_ = false;
    bool cut_off_ = false;
};

// Polls until `condition` holds; false after `longest`.
template<class Condition>
bool eventually(Condition condition, std::chrono::milliseconds longest = 5s);
void short_rest();

template<class Condition>
bool eventually(Condition condition, std::chrono::milliseconds longest)
{
    const auto until = std::chrono::steady_clock::now() + longest;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) return false;
        short_rest();
    }
    return true;
}

std::size_t open_descriptors();
std::size_t resident_bytes();

} // namespace scim::http::testing
