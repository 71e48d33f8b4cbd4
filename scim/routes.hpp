// Every path the server knows, in one table: right, handler and body cap in the same line. A path of another
// organisation answers 404, never 403 (HOUSE 4).
#pragma once

#include "scim/bulk.hpp"
#include "scim/call.hpp"
#include "scim/discovery.hpp"
#include "scim/groups.hpp"
#include "scim/http/router.hpp"
#include "scim/me.hpp"
#include "scim/search.hpp"
#include "scim/users.hpp"

#include <cstddef>
#include <cstdint>

namespace scim {

enum class Right : std::uint8_t { nobody, read, write }; // what a caller must hold; nobody: no token is asked for

// What a token that was made for one user opens: itself, under either of its names, and what describes the service.
enum class Subjects : std::uint8_t {
    refused,
    welcome,
    own,   // where {id} is theirs
    alias, // the path is another name for theirs
};

enum class Page : std::uint8_t { none, live, ready, metrics };

struct Handler {
    Right right = Right::read;
    Result<Work> (*plan)(const Call&) = nullptr;     // needs a transaction
    Result<Answer> (*answer)(const Call&) = nullptr; // needs none
    Page page = Page::none;                          // health
    std::size_t body_bytes = 0;                      // 0: limits.body_bytes
    std::string_view too_large{};                    // what a 413 tells about this route; empty: the usual words
    Subjects subjects = Subjects::refused;
    bool is_bulk = false; // body cap limits.bulk_bytes; planning alone takes long: on the lane scan
};

using Route = http::Route<Handler>;

inline constexpr Route routes[] = {
    {http::Method::get, "/livez", {.right = Right::nobody, .page = Page::live}},
    {http::Method::get, "/readyz", {.right = Right::nobody, .page = Page::ready}},
    {http::Method::get, "/metrics", {.right = Right::nobody, .page = Page::metrics}},

    {http::Method::get,
     "/orgs/{org}/scim/v2/ServiceProviderConfig",
     {.answer = discovery::service_provider_config, .subjects = Subjects::welcome}},
    {http::Method::get,
     "/orgs/{org}/scim/v2/ResourceTypes",
     {.answer = discovery::resource_types, .subjects = Subjects::welcome}},
    {http::Method::get,
     "/orgs/{org}/scim/v2/ResourceTypes/{id}",
     {.answer = discovery::resource_types, .subjects = Subjects::welcome}},
    {http::Method::get, "/orgs/{org}/scim/v2/Schemas", {.answer = discovery::schemas, .subjects = Subjects::welcome}},
    {http::Method::get,
     "/orgs/{org}/scim/v2/Schemas/{id}",
     {.answer = discovery::schemas, .subjects = Subjects::welcome}},

    {http::Method::get, "/orgs/{org}/scim/v2", {.plan = search::list}}, // a slash may follow
    {http::Method::post, "/orgs/{org}/scim/v2/.search", {.plan = search::everything}},
    {http::Method::post, "/orgs/{org}/scim/v2/Users/.search", {.plan = search::users}},
    {http::Method::post, "/orgs/{org}/scim/v2/Groups/.search", {.plan = search::groups}},

    {http::Method::get, "/orgs/{org}/scim/v2/Users", {.plan = users::list}},
    {http::Method::post, "/orgs/{org}/scim/v2/Users", {.right = Right::write, .plan = users::create}},
    {http::Method::get, "/orgs/{org}/scim/v2/Users/{id}", {.plan = users::get, .subjects = Subjects::own}},
    {http::Method::put,
     "/orgs/{org}/scim/v2/Users/{id}",
     {.right = Right::write, .plan = users::put, .subjects = Subjects::own}},
    {http::Method::patch,
     "/orgs/{org}/scim/v2/Users/{id}",
     {.right = Right::write, .plan = users::patch, .subjects = Subjects::own}},
    {http::Method::del,
     "/orgs/{org}/scim/v2/Users/{id}",
     {.right = Right::write, .plan = users::remove, .subjects = Subjects::own}},

    {http::Method::get, "/orgs/{org}/scim/v2/Groups", {.plan = groups::list}},
    {http::Method::post, "/orgs/{org}/scim/v2/Groups", {.right = Right::write, .plan = groups::create}},
    {http::Method::get, "/orgs/{org}/scim/v2/Groups/{id}", {.plan = groups::get}},
    {http::Method::put,
     "/orgs/{org}/scim/v2/Groups/{id}",
     {.right = Right::write,
      .plan = groups::put,
      .too_large = "the body is too large: change the members of a large group with PATCH"}},
    {http::Method::patch, "/orgs/{org}/scim/v2/Groups/{id}", {.right = Right::write, .plan = groups::patch}},
    {http::Method::del, "/orgs/{org}/scim/v2/Groups/{id}", {.right = Right::write, .plan = groups::remove}},

    {http::Method::post, "/orgs/{org}/scim/v2/Bulk", {.right = Right::write, .plan = bulk::run, .is_bulk = true}},

    {http::Method::get, "/orgs/{org}/scim/v2/Me", {.plan = me::get, .subjects = Subjects::alias}},
    {http::Method::post,
     "/orgs/{org}/scim/v2/Me",
     {.right = Right::write, .answer = me::create, .subjects = Subjects::alias}},
    {http::Method::put,
     "/orgs/{org}/scim/v2/Me",
     {.right = Right::write, .plan = me::put, .subjects = Subjects::alias}},
    {http::Method::patch,
     "/orgs/{org}/scim/v2/Me",
     {.right = Right::write, .plan = me::patch, .subjects = Subjects::alias}},
    {http::Method::del,
     "/orgs/{org}/scim/v2/Me",
     {.right = Right::write, .plan = me::remove, .subjects = Subjects::alias}},
};

} // namespace scim
