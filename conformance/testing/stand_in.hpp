// A small HTTP server on loopback for the tests of the checker: a thread per connection, an answer per function call
// (one at a time, whatever the number of connections). It is deliberately not Rollcall's server.
#pragma once

#include "conformance/client.hpp"

#include <functional>
#include <memory>
#include <string>

namespace conformance::testing {

struct Heard {
    std::string method{};
    std::string target{}; // as on the wire
    Headers headers{};
    std::string body{};
};

struct Said {
    int status = 200;
    Headers headers{};
    std::string body{};
    std::string content_type = "application/scim+json";
    bool close = false;  // after this answer
    bool silent = false; // no answer at all
};

class Listener {
public:
    enum Security { plain, with_tls };
    using Answering = std::function<Said(const Heard&)>;

    explicit Listener(Answering, Security = plain);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    std::string url() const;     // "http://127.0.0.1:41234", no path
    std::string ca_file() const; // what verifies it; empty without TLS
    int connections() const;     // accepted so far

private:
    struct Rooms;
    std::unique_ptr<Rooms> rooms_; // keeps Asio and Beast out of this header
};

} // namespace conformance::testing
