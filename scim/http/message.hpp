// Requests and responses as plain values: no Beast or Asio type leaves the room, and rooms that only answer requests
// include nothing else of it.
#pragma once

#include "core/base/clock.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scim::http {

enum class Method : std::uint8_t { get, head, post, put, patch, del, options, other };
std::string_view word(Method);
Method method_from(std::string_view); // as on the wire, case included: "get" is `other`

// One parameter of the query, decoded once: `+` is a space, then %XX; valid UTF-8 without controls.
struct Parameter {
    std::string name;
    std::string value;
    bool has_value = true; // "?aadOptscim062020" has none
};

struct Request {
    Method method = Method::other;
    std::string method_text; // as sent, for 501/405 and the log
    std::string path;        // raw, before '?', never empty, begins with '/'
    std::vector<Parameter> query;
    bool query_is_bad = false; // the target's query broke the splitter's rules: answered 400 after 401/404/405
    std::string query_problem;
    std::vector<std::pair<std::string, std::string>>
        headers; // names in lower case, in order; no duplicates of the single-valued ones
    std::string body;
    std::string host; // from Host, checked; without it nothing gets this far
    std::string peer; // address of the peer (or the client behind a trusted proxy)
    bool tls = true;
    std::uint64_t connection = 0; // for the log

    // The value, or nothing. `name` in lower case.
    std::optional<std::string_view> header(std::string_view name) const
    {
        for (const auto& [n, v] : headers)
            if (n == name) return v;
        return std::nullopt;
    }
    const Parameter* parameter(std::string_view name) const
    {
        for (const auto& p : query)
            if (p.name == name) return &p;
        return nullptr;
    }
};

// A body that is made while it is sent. Shared by the connection, which may end at any time, and by whoever is making
// the next piece just then.
struct Piece {
    enum class State : std::uint8_t { more, last, broken }; // broken: the answer cannot be completed
    std::string text;
    State state = State::last;
};
class BodySource {
public:
    virtual ~BodySource() = default;
    // Calls `ready` exactly once, now or later, from any thread. Asked for one piece at a time, each only when the one
    // before it has been taken by the socket.
    virtual void next(std::function<void(Piece)> ready) = 0;
};

// Header values go through one writer that refuses CR, LF, NUL and other controls (F3). Content-Length, Date and
// Connection are the session's business.
struct Response {
    int status = 200;
    std::string content_type = "application/scim+json";
    std::string body;
    std::vector<std::pair<std::string, std::string>>
        headers;                           // "ETag", "Location", "Allow", "WWW-Authenticate", "Retry-After"
    bool close = false;                    // end the connection after this answer
    std::shared_ptr<BodySource> more = {}; // what follows `body`
};

} // namespace scim::http
