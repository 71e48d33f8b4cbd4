#include "scim/http/message.hpp"

#include "scim/http/server.hpp"

#include <cstdlib>

namespace scim::http {

std::string_view word(Method method)
{
    switch (method) {
    case Method::get: return "GET";
    case Method::head: return "HEAD";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::patch: return "PATCH";
    case Method::del: return "DELETE";
    case Method::options: return "OPTIONS";
    case Method::other: return "other";
    }
    std::abort();
}

Method method_from(std::string_view text)
{
    for (const Method method :
         {Method::get, Method::patch, Method::post, Method::put, Method::del, Method::head, Method::options})
        if (text == word(method)) return method;
    return Method::other;
}

std::string_view word(Count count)
{
    switch (count) {
    case Count::connections: return "connections";
    case Count::requests: return "requests";
    case Count::header_bytes: return "header_bytes";
    case Count::header_fields: return "header_fields";
    case Count::target_bytes: return "target_bytes";
    case Count::read_buffer_bytes: return "read_buffer_bytes";
    case Count::body_bytes: return "body_bytes";
    case Count::raw_bytes: return "raw_slack_bytes";
    case Count::handshake_time: return "handshake_time";
    case Count::header_time: return "header_time";
    case Count::body_time: return "body_time";
    case Count::idle_time: return "idle_time";
    case Count::write_time: return "write_time";
    case Count::handler_time: return "handler_time";
    case Count::broken_answers: return "broken_answers";
    case Count::connections_limit: return "connections_limit";
    case Count::connections_per_address: return "connections_per_address";
    case Count::connections_unauthenticated: return "connections_unauthenticated";
    case Count::framing: return "framing";
    case Count::tls_failed: return "tls_failed";
    case Count::parser_exceptions: return "parser_exceptions";
    case Count::certificate_reloads: return "certificate_reloads";
    case Count::certificate_refused: return "certificate_refused";
    case Count::end: break;
    }
    std::abort();
}

} // namespace scim::http
