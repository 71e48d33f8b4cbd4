#include "scim/admin/routes.hpp"

#include "scim/admin/licences.hpp"
#include "scim/admin/openapi.hpp"
#include "scim/admin/organisations.hpp"
#include "scim/admin/policy.hpp"
#include "scim/admin/status.hpp"
#include "scim/admin/tokens.hpp"

#include <array>

namespace scim::admin {
namespace {

using core::AdminRole;
using http::Method;

constexpr Roles operators{AdminRole::server_admin};
constexpr Roles administrators{AdminRole::server_admin, AdminRole::org_admin};
constexpr Roles officers{AdminRole::server_admin, AdminRole::org_admin, AdminRole::compliance_officer};
constexpr Roles everyone{AdminRole::server_admin, AdminRole::org_admin, AdminRole::compliance_officer,
                         AdminRole::help_desk};

Route at(Method method, std::string_view path, Handler handler)
{
    handler.path = path;
    return {method, http::Pattern{path}, handler};
}

constexpr Parameter confirm_name[] = {{"confirm", "the organisation's name once more: all that is its goes for good"}};

const std::array table{
    at(Method::get, "/api/v1/openapi.json",
       {.roles = everyone, .plan = openapi::get, .summary = "This API as an OpenAPI document"}),
    at(Method::get, "/api/v1/status",
       {.roles = operators, .plan = status::get, .summary = "How the server is doing", .gives = &status::shape}),

    at(Method::get, "/api/v1/orgs",
       {.roles = everyone,
        .plan = organisations::list,
        .summary = "The organisations one may see",
        .gives = &organisations::shape,
        .is_list = true}),
    at(Method::post, "/api/v1/orgs",
       {.roles = operators,
        .plan = organisations::create,
        .summary = "Make an organisation",
        .takes = &organisations::new_shape,
        .gives = &organisations::shape,
        .success = 201,
        .body = Body::json}),
    at(Method::get, "/api/v1/orgs/{org}",
       {.roles = everyone, .plan = organisations::get, .summary = "One organisation", .gives = &organisations::shape}),
    at(Method::patch, "/api/v1/orgs/{org}",
       {.roles = administrators,
        .plan = organisations::patch,
        .summary = "Change an organisation",
        .takes = &organisations::patch_shape,
        .gives = &organisations::shape,
        .body = Body::merge_patch}),
    at(Method::del, "/api/v1/orgs/{org}",
       {.roles = operators,
        .plan = organisations::remove,
        .summary = "Delete an organisation with all that is its",
        .success = 204,
        .query = confirm_name}),
    at(Method::post, "/api/v1/orgs/{org}/pause",
       {.roles = administrators,
        .plan = organisations::pause,
        .summary = "Let SCIM answer 503 until resumed",
        .gives = &organisations::shape}),
    at(Method::post, "/api/v1/orgs/{org}/resume",
       {.roles = administrators,
        .plan = organisations::resume,
        .summary = "Let SCIM go on",
        .gives = &organisations::shape}),

    at(Method::get, "/api/v1/orgs/{org}/policy",
       {.roles = everyone, .plan = policy::get, .summary = "Its rules", .gives = &policy::shape}),
    at(Method::patch, "/api/v1/orgs/{org}/policy",
       {.roles = administrators,
        .plan = policy::patch,
        .summary = "Change its rules",
        .takes = &policy::shape,
        .gives = &policy::shape,
        .body = Body::merge_patch}),

    at(Method::get, "/api/v1/orgs/{org}/licences",
       {.roles = everyone,
        .plan = licences::list,
        .summary = "What it can give to its users",
        .gives = &licences::shape,
        .is_list = true}),
    at(Method::post, "/api/v1/orgs/{org}/licences",
       {.roles = administrators,
        .plan = licences::create,
        .summary = "Make a licence",
        .takes = &licences::new_shape,
        .gives = &licences::shape,
        .success = 201,
        .body = Body::json}),
    at(Method::get, "/api/v1/orgs/{org}/licences/{licence}",
       {.roles = everyone, .plan = licences::get, .summary = "One licence", .gives = &licences::shape}),
    at(Method::patch, "/api/v1/orgs/{org}/licences/{licence}",
       {.roles = administrators,
        .plan = licences::patch,
        .summary = "Change a licence",
        .takes = &licences::patch_shape,
        .gives = &licences::shape,
        .body = Body::merge_patch}),
    at(Method::del, "/api/v1/orgs/{org}/licences/{licence}",
       {.roles = administrators,
        .plan = licences::remove,
        .summary = "Delete a licence that nobody holds",
        .success = 204}),

    at(Method::get, "/api/v1/orgs/{org}/tokens",
       {.roles = administrators,
        .plan = tokens::list,
        .summary = "Its tokens, without their secrets",
        .gives = &tokens::shape,
        .is_list = true}),
    at(Method::post, "/api/v1/orgs/{org}/tokens",
       {.roles = administrators,
        .plan = tokens::create,
        .summary = "Make a token; its secret is in this answer alone",
        .takes = &tokens::new_shape,
        .gives = &tokens::made_shape,
        .success = 201,
        .body = Body::json}),
    at(Method::del, "/api/v1/orgs/{org}/tokens/{token}",
       {.roles = administrators, .plan = tokens::revoke, .summary = "End a token", .success = 204}),
};

} // namespace

std::span<const Route> routes() { return table; }

} // namespace scim::admin
