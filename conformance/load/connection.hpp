// One TCP or TLS connection to a server on this machine, opened blocking, then used without blocking.
#pragma once

#include "conformance/load/workload.hpp"

#include <chrono>
#include <memory>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;
struct ssl_session_st;

namespace conformance::load {

// A client context: no check of the certificate (loopback), `highest` 0 for OpenSSL's newest version.
std::shared_ptr<ssl_ctx_st> client_context(int highest_version = 0);

class Connection {
public:
    enum class Step { done, wants_read, wants_write, closed };

    // Connects and shakes hands within `patience`. `session` is offered for resumption. Throws std::runtime_error.
    Connection(const Target&, ssl_ctx_st*, std::chrono::milliseconds patience, ssl_session_st* session = nullptr);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    int descriptor() const { return descriptor_; }
    void stop_blocking();
    // Both move `count` by what was done; `done` may be less than all.
    Step write(std::string_view bytes, std::size_t& count);
    Step read(char* into, std::size_t size, std::size_t& count);
    // Sends these bytes and reads the answer's head and body to its end; for connections that still block.
    // Returns the status; throws std::runtime_error.
    int exchange(std::string_view request);

    bool resumed() const;
    std::shared_ptr<ssl_session_st> session() const;

private:
    int descriptor_ = -1;
    ssl_st* tls_ = nullptr;
};

} // namespace conformance::load
