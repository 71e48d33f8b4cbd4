// Every path of the management API in one table: who may, what runs, what goes in and comes out. The OpenAPI document
// and the matrix of credentials (AUTH-08) are made from it.
#pragma once

#include "scim/admin/call.hpp"
#include "scim/admin/shape.hpp"
#include "scim/http/router.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace scim::admin {

// Which roles a route opens to. A server-admin may do everything everywhere; the others their own organisation's.
class Roles {
public:
    constexpr Roles(std::initializer_list<core::AdminRole> roles)
    {
        for (const auto role : roles) bits_ |= bit(role);
    }
    constexpr bool has(core::AdminRole role) const { return (bits_ & bit(role)) != 0; }

private:
    static constexpr unsigned bit(core::AdminRole role) { return 1U << static_cast<unsigned>(role); }
    unsigned bits_ = 0;
};

enum class Body : std::uint8_t { none, json, merge_patch, csv_or_json, csv, form };

struct Parameter {
    std::string_view name;
    std::string_view help;
    std::span<const std::string_view> words = {};
};

struct Handler {
    std::string_view path = {}; // as in the table, for the document
    Roles roles;
    Result<Work> (*plan)(const Call&) = nullptr;
    std::string_view summary;
    const Shape* takes = nullptr; // the body, with Body::json and Body::merge_patch
    const Shape* gives = nullptr; // the answer; of a list: its items. None: 204, or another content type
    int success = 200;
    Body body = Body::none;
    bool may_be_empty = false; // no body is as good as {}
    bool is_list = false;      // `limit`, `cursor`, `sort`; the answer is {"items", "next", "total"}
    std::span<const Parameter> query = {};
    std::size_t body_bytes = 0; // 0: limits.body_bytes
    bool needs_token = true;    // else the path itself holds the secret
    bool is_page = false;       // for people with a browser: outside the API and its document
};

using Route = http::Route<Handler>; // patterns below /api/v1; {org} first
std::span<const Route> routes();

} // namespace scim::admin
