// A web server on loopback that answers GET by path: an issuer with its documents, or one that misbehaves.
#pragma once

#include "scim/outside/testing/loopback.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace scim::outside::testing {

struct WebAnswer {
    int status = 200;
    std::string body = {};
    std::string fields = {};       // "Name: value\r\n…"
    bool hangs = false;            // after the head
    std::size_t endless_bytes = 0; // without a length, instead of the body
};

class WebStub {
public:
    explicit WebStub(std::optional<Identity> identity = {}, const std::string& address = "127.0.0.1");
    std::uint16_t port() const { return server_.port(); }
    std::string url(const std::string& host = "127.0.0.1") const; // https:// where it has an identity
    void set(const std::string& path, WebAnswer);                 // the rest is 404
    int asked(const std::string& path) const;
    int connections() const;

private:
    void serve(Wire&);

    std::optional<Identity> identity_;
    mutable std::mutex mutex_;
    std::map<std::string, WebAnswer> answers_;
    std::map<std::string, int> asked_;
    int connections_ = 0;
    LoopbackServer server_;
};

} // namespace scim::outside::testing
