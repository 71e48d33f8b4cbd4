// What stands behind the wire and answers requests; knows nothing of sockets.
#pragma once

#include "scim/http/message.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace scim::http {

// The application behind the wire.
class Service {
public:
    virtual ~Service() = default;
    using Later = std::function<void(Response)>;

    // Called on the connection's thread, with the header alone, before the body is read: the cap of the body for this
    // route, or a refusal that is sent instead of reading on (HOUSE 4: 401 > 404 > 405 > 429 > 415 > 413).
    struct Admission {
        std::optional<Response> refusal;
        std::size_t body_bytes = 0;
        bool authenticated = false;
        std::chrono::milliseconds wait{
            0};                        // serve this request only after so long (rate limits delay before they refuse)
        std::shared_ptr<void> context; // handed back to answer(), so that bearer and route are found once
        std::string_view too_large{};  // outlives the answer: what a 413 tells about this route; empty: the usual words
    };
    virtual Admission admit(const Request& without_body) = 0;

    // Answers now, or keeps `later` and calls it exactly once, from any thread, even after the connection or the server
    // has gone. Called on the connection's thread. Request and Admission may be moved out of; references to them end
    // with the call.
    virtual std::optional<Response> answer(Request&, Admission&, Later later) = 0;

    // The body of an error that the wire itself refuses (400, 408, 413, 414, 431, 501, 503, 505): the application's
    // error format.
    virtual Response wire_error(int status, std::string_view detail) = 0;
};

} // namespace scim::http
