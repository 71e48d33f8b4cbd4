// How the protocol refuses (RFC 7644 3.12): status, scimType, detail. Rendered once, at the end of the request, with
// the request id.
#pragma once

#include "core/base/result.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace scim {

enum class HttpStatus : int {
    ok = 200,
    created = 201,
    no_content = 204,
    not_modified = 304,
    bad_request = 400,
    unauthorized = 401,
    forbidden = 403,
    not_found = 404,
    method_not_allowed = 405,
    request_timeout = 408,
    conflict = 409,
    length_required = 411,
    precondition_failed = 412,
    content_too_large = 413,
    uri_too_long = 414,
    unsupported_media_type = 415,
    misdirected = 421,
    too_many_requests = 429,
    header_too_large = 431,
    internal = 500,
    not_implemented = 501,
    unavailable = 503,
    version_not_supported = 505,
    insufficient_storage = 507,
};

enum class ScimType : std::uint8_t {
    none,
    invalid_filter,
    too_many,
    uniqueness,
    mutability,
    invalid_syntax,
    invalid_path,
    no_target,
    invalid_value,
    invalid_vers,
    sensitive,
    invalid_cursor, // these three: RFC 9865 2.1
    expired_cursor,
    invalid_count
};
std::string_view word(ScimType); // "invalidFilter"; "" for none

struct Error {
    HttpStatus status;
    ScimType type = ScimType::none;
    std::string detail; // for an administrator: what is wrong and what to do
};

template<class T>
using Result = boost::system::result<T, Error>;

Error bad_request(ScimType, std::string detail);
// The one translation of a Refusal (a total switch).
Error from(const core::Refusal&);
// {"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","scimType":"uniqueness","detail":"…
// (request 0f3c…)"}
std::string render(const Error&, std::string_view request_id);

} // namespace scim
