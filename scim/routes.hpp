// Every path the server knows, in one table: right, handler and body cap in the same line. A path of another
// organisation answers 404, never 403 (HOUSE 4).
#pragma once

#include "scim/call.hpp"
#include "scim/discovery.hpp"
#include "scim/groups.hpp"
#include "scim/http/router.hpp"
#include "scim/users.hpp"

#include <cstddef>
#include <cstdint>

namespace scim {

enum class Right : std::uint8_t { nobody, read, write }; // what a caller must hold; nobody: no token is asked for

enum class Page : std::uint8_t { none, live, ready, metrics };

struct Handler {
    Right right = Right::read;
    Result<Work> (*plan)(const Call&) = nullptr;     // needs a transaction
    Result<Answer> (*answer)(const Call&) = nullptr; // needs none
    Page page = Page::none;                          // health
    std::size_t body_bytes = 0;                      // 0: limits.body_bytes
    std::string_view too_large{};                    // what a 413 tells about this route; empty: the usual words
};

// What ServiceProviderConfig says is not supported has a path all the same, so that clients read why.
Result<Answer> not_supported(const Call&);

using Route = http::Route<Handler>;

inline constexpr Route routes[] = {
    {http::Method::get, "/livez", {.right = Right::nobody, .page = Page::live}},
    {http::Method::get, "/readyz", {.right = Right::nobody, .page = Page::ready}},
    {http::Method::get, "/metrics", {.right = Right::nobody, .page = Page::metrics}},

    {http::Method::get, "/orgs/{org}/scim/v2/ServiceProviderConfig", {.answer = discovery::service_provider_config}},
    {http::Method::get, "/orgs/{org}/scim/v2/ResourceTypes", {.answer = discovery::resource_types}},
    {http::Method::get, "/orgs/{org}/scim/v2/ResourceTypes/{id}", {.answer = discovery::resource_types}},
    {http::Method::get, "/orgs/{org}/scim/v2/Schemas", {.answer = discovery::schemas}},
    {http::Method::get, "/orgs/{org}/scim/v2/Schemas/{id}", {.answer = discovery::schemas}},

    {http::Method::get, "/orgs/{org}/scim/v2/Users", {.plan = users::list}},
    {http::Method::post, "/orgs/{org}/scim/v2/Users", {.right = Right::write, .plan = users::create}},
    {http::Method::get, "/orgs/{org}/scim/v2/Users/{id}", {.plan = users::get}},
    {http::Method::put, "/orgs/{org}/scim/v2/Users/{id}", {.right = Right::write, .plan = users::put}},
    {http::Method::patch, "/orgs/{org}/scim/v2/Users/{id}", {.right = Right::write, .plan = users::patch}},
    {http::Method::del, "/orgs/{org}/scim/v2/Users/{id}", {.right = Right::write, .plan = users::remove}},

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

    {http::Method::post, "/orgs/{org}/scim/v2/Bulk", {.right = Right::write, .answer = not_supported}},
    {http::Method::post, "/orgs/{org}/scim/v2/.search", {.answer = not_supported}},
    {http::Method::post, "/orgs/{org}/scim/v2/Users/.search", {.answer = not_supported}},
    {http::Method::post, "/orgs/{org}/scim/v2/Groups/.search", {.answer = not_supported}},
    {{http::Method::get, http::Method::post, http::Method::put, http::Method::patch, http::Method::del},
     "/orgs/{org}/scim/v2/Me",
     {.answer = not_supported}},
};

} // namespace scim
