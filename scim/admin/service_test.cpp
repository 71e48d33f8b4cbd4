// The management API without sockets, on a real store: credentials and roles against every row of the route table,
// lists, merge patches, Idempotency-Key, and what comes back held against the shapes it is described by.
#include "core/base/json.hpp"
#include "scim/admin/listing.hpp"
#include "scim/admin/openapi.hpp"
#include "scim/admin/organisations.hpp"
#include "scim/admin/policy.hpp"
#include "scim/admin/routes.hpp"
#include "scim/admin/tokens.hpp"
#include "scim/testing/api_desk.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <set>

using namespace scim;
using core::AdminRole;
using http::Method;
using testing::ApiDesk;
namespace bj = boost::json;

namespace {

bj::value json_of(std::string_view text)
{
    auto read = core::json::read(text);
    REQUIRE(read.has_value());
    return *std::move(read);
}

// A route's pattern with its placeholders filled in.
std::string path_of(const admin::Route& route, std::string_view organisation)
{
    std::string path{route.tag.path};
    for (bool is_first = true; path.find('{') != path.npos; is_first = false) {
        const auto open = path.find('{');
        const std::string with = is_first && path.starts_with("/api/v1/orgs/")
                                     ? std::string{organisation}
                                     : std::string{"0190b0a0-0000-7000-8000-000000000001"};
        path.replace(open, path.find('}') - open + 1, with);
    }
    return path;
}

std::vector<Method> methods_of(const admin::Route& route)
{
    std::vector<Method> all;
    for (const auto m : {Method::get, Method::post, Method::put, Method::patch, Method::del})
        if (route.methods.has(m)) all.push_back(m);
    return all;
}

} // namespace

TEST_CASE("AUTH-01, AUTH-08: every route of the API refuses every credential but a live admin token, with one 401")
{
    ApiDesk d;
    const auto ours = d.organisation("ours");
    const auto closed = d.organisation("closed");
    const std::string good = d.admin_token(AdminRole::org_admin, ours);
    const auto changed = [&](const std::function<void(core::Token&)>& change) {
        const auto text = d.admin_token(AdminRole::org_admin, ours);
        d.store.registry([&](core::Registry& registry) {
            auto token = *registry.token(core::token_parts(text)->public_id);
            change(token);
            registry.replace(token);
            return core::Keep::yes;
        });
        return text;
    };
    const std::string disabled = d.admin_token(AdminRole::org_admin, closed);
    d.store.registry([&](core::Registry& registry) {
        auto o = *registry.organisation(closed);
        o.disabled = true;
        registry.replace(o);
        return core::Keep::yes;
    });
    std::string wrong = good;
    wrong[30] = wrong[30] == 'a' ? 'b' : 'a';
    std::string as_scim = good;
    as_scim[1] = 'c';
    const std::vector<std::string> bad{
        "",
        "Basic dXNlcjpwYXNz",
        "Bearer",
        "Bearer " + wrong,
        "Bearer " + as_scim,
        "Bearer " + d.token(ours), // a SCIM token
        "Bearer " + changed([&](core::Token& t) { t.revoked = d.clock.now(); }),
        "Bearer " + changed([&](core::Token& t) { t.expires = d.clock.now(); }),
        "Bearer " + disabled,
    };
    for (const auto& route : admin::routes()) {
        if (!route.tag.needs_token) continue;
        for (const auto method : methods_of(route)) {
            for (const auto& credentials : bad) {
                INFO(route.tag.path << " with " << credentials.substr(0, 10));
                const auto response = d.ask(testing::request_for(method, path_of(route, "ours"), credentials));
                if (response.status == 429) continue; // the brake on guessing comes in after twenty
                CHECK(response.status == 401);
                CHECK(response.content_type == "application/problem+json");
            }
        }
    }
}

TEST_CASE("AUTH-08: an admin token opens no route of SCIM, and a SCIM token none of the API")
{
    ApiDesk d;
    const auto ours = d.organisation("ours");
    for (const auto role : {AdminRole::server_admin, AdminRole::org_admin}) {
        const auto token = d.admin_token(role, role == AdminRole::server_admin ? core::OrgId{} : ours);
        for (const auto* const path : {"/orgs/ours/scim/v2/Users", "/orgs/ours/scim/v2/ServiceProviderConfig"})
            CHECK(d.ask(testing::request_for(Method::get, path, "Bearer " + token)).status == 401);
    }
}

TEST_CASE("each role opens what the route table says, and nothing of another organisation")
{
    ApiDesk d;
    const auto ours = d.organisation("ours");
    d.organisation("theirs");
    for (const auto role :
         {AdminRole::server_admin, AdminRole::org_admin, AdminRole::compliance_officer, AdminRole::help_desk}) {
        const auto token = d.admin_token(role, role == AdminRole::server_admin ? core::OrgId{} : ours);
        for (const auto& route : admin::routes()) {
            if (!route.tag.needs_token || route.tag.path == "/api/v1/orgs/{org}") continue;
            for (const auto method : methods_of(route)) {
                INFO(core::word(role) << " " << http::word(method) << " " << route.tag.path);
                const auto status = d.api(method, path_of(route, "ours"), token).status;
                CHECK((status == 403) == !route.tag.roles.has(role));
                CHECK(status != 401);
                if (role == AdminRole::server_admin || !route.tag.path.starts_with("/api/v1/orgs/{org}")) continue;
                const auto foreign = d.api(method, path_of(route, "theirs"), token);
                const auto unknown = d.api(method, path_of(route, "nobody"), token);
                CHECK(foreign.status == 404);
                CHECK(unknown.status == 404);
                CHECK(testing::without_request_id(foreign.body) == testing::without_request_id(unknown.body));
            }
        }
    }
}

TEST_CASE("organisations are made, listed, changed and deleted")
{
    ApiDesk d;
    const auto root = d.admin_token(AdminRole::server_admin);
    const auto made = d.api(Method::post, "/api/v1/orgs", root, R"({"name":"contoso","displayName":"Contoso Ltd"})");
    REQUIRE(made.status == 201);
    CHECK(testing::header(made, "Location") == "/api/v1/orgs/contoso");
    CHECK(made.json.at("displayName") == "Contoso Ltd");
    CHECK(made.json.at("kind") == "business");
    CHECK(admin::differences(made.json, admin::organisations::shape).empty());

    CHECK(d.api(Method::post, "/api/v1/orgs", root, R"({"name":"contoso"})").status == 409);
    CHECK(d.api(Method::post, "/api/v1/orgs", root, R"({"name":"Not A Slug"})").status == 400);

    const auto own = d.admin_token(AdminRole::org_admin, d.id_of("contoso"));
    d.organisation("fabrikam");
    CHECK(d.api(Method::get, "/api/v1/orgs", root).json.at("total") == 2);
    CHECK(d.api(Method::get, "/api/v1/orgs", own).json.at("total") == 1);

    const auto changed = d.api(Method::patch, "/api/v1/orgs/contoso", own, R"({"sso":true,"displayName":"C"})");
    REQUIRE(changed.status == 200);
    CHECK(changed.json.at("sso") == true);
    const auto stale = d.api(Method::patch, "/api/v1/orgs/contoso", own, R"({"sso":false})",
                             {{"if-match", testing::header(made, "ETag")}});
    CHECK(stale.status == 412);
    CHECK(d.api(Method::patch, "/api/v1/orgs/contoso", own, R"({"sso":false})",
                {{"if-match", testing::header(changed, "ETag")}})
              .status == 200);

    CHECK(d.api(Method::del, "/api/v1/orgs/contoso", root).status == 400);
    CHECK(d.api(Method::del, "/api/v1/orgs/contoso?confirm=fabrikam", root).status == 400);
    CHECK(d.api(Method::del, "/api/v1/orgs/contoso?confirm=contoso", root).status == 204);
    CHECK(d.api(Method::get, "/api/v1/orgs/contoso", root).status == 404);
    CHECK(d.api(Method::post, "/api/v1/orgs", root, R"({"name":"contoso"})").status == 409); // burnt
}

TEST_CASE("a wrong body is told in full: each field, with what it should be")
{
    ApiDesk d;
    const auto root = d.admin_token(AdminRole::server_admin);
    const auto refused =
        d.api(Method::post, "/api/v1/orgs", root, R"({"displayname":"x","kind":"school","sso":"yes"})");
    REQUIRE(refused.status == 400);
    std::map<std::string, std::string> problems;
    for (const auto& each : refused.json.at("errors").as_array())
        problems[std::string{each.at("field").as_string()}] = std::string{each.at("problem").as_string()};
    CHECK(problems["displayname"] == "is unknown: did you mean displayName?");
    CHECK(problems["kind"] == "is none of: business, personal");
    CHECK(problems["sso"] == "is not true or false");
    CHECK(problems["name"] == "is required");
    CHECK(std::string{refused.json.at("requestId").as_string()} == testing::header(refused, "X-Request-Id"));
    for (const char* const member : {"type", "title", "status", "detail", "remedy"})
        CHECK(refused.json.as_object().contains(member));

    CHECK(d.api(Method::post, "/api/v1/orgs", root, "[]").status == 400);
    CHECK(d.api(Method::post, "/api/v1/orgs", root, "{").status == 400);
    CHECK(d.api(Method::post, "/api/v1/orgs", root, R"({"name":"a","name":"b"})").status == 400);
    CHECK(d.api(Method::post, "/api/v1/orgs", root, "name=a", {{"content-type", "text/plain"}}).status == 415);
}

TEST_CASE("an unknown parameter is refused with the one that was meant")
{
    ApiDesk d;
    const auto root = d.admin_token(AdminRole::server_admin);
    const auto refused = d.api(Method::get, "/api/v1/orgs?limt=5", root);
    CHECK(refused.status == 400);
    CHECK(refused.json.at("remedy") == "did you mean limit?");
    CHECK(d.api(Method::get, "/api/v1/orgs?sort=nmae", root).json.at("remedy") == "did you mean name?");
    for (const char* const limit : {"0", "201", "x", "", "-1", "1.5"})
        CHECK(d.api(Method::get, fmt::format("/api/v1/orgs?limit={}", limit), root).status == 400);
    for (const char* const limit : {"1", "200"})
        CHECK(d.api(Method::get, fmt::format("/api/v1/orgs?limit={}", limit), root).status == 200);
}

TEST_CASE("a list is walked by its cursors, which no other list takes")
{
    ApiDesk d;
    const auto root = d.admin_token(AdminRole::server_admin);
    for (int i = 0; i < 7; ++i) d.organisation(fmt::format("org-{}", i));
    std::vector<std::string> names;
    std::string cursor;
    for (;;) {
        const auto page = d.api(Method::get, "/api/v1/orgs?sort=-name&limit=3" + cursor, root);
        REQUIRE(page.status == 200);
        CHECK(page.json.at("total") == 7);
        for (const auto& each : page.json.at("items").as_array()) names.emplace_back(each.at("name").as_string());
        if (page.json.at("next").is_null()) break;
        cursor = "&cursor=" + std::string{page.json.at("next").as_string()};
        CHECK(d.api(Method::get, "/api/v1/orgs?limit=3" + cursor, root).status == 400); // another order
    }
    CHECK(names == std::vector<std::string>{"org-6", "org-5", "org-4", "org-3", "org-2", "org-1", "org-0"});
    CHECK(d.api(Method::get, "/api/v1/orgs?sort=-name&cursor=abc", root).status == 400);
}

TEST_CASE("a policy is read whole and changed by a merge patch; null is the default again")
{
    ApiDesk d;
    const auto ours = d.organisation("ours");
    const auto token = d.admin_token(AdminRole::org_admin, ours);
    const std::string path = "/api/v1/orgs/ours/policy";
    const auto before = d.api(Method::get, path, token);
    REQUIRE(before.status == 200);
    CHECK(admin::differences(before.json, admin::policy::shape).empty());
    // The defaults of the API's description.
    const auto expected = json_of(R"({"retention":"30d","purgeInactiveAfter":"off","purgeDirectoryAbsentAfter":"30d",
        "claimWindow":"14d","withdrawWindow":"14d","claimListLimit":250,"manualClaimLimit":25,
        "allowContentTransfer":false,"delayedClaims":true,"delayedCutoffDate":"2020-05-05","requireVerifiedDomain":false,
        "autoClaim":false,"groups":true,"quirkProfile":"entra","patchReply":"auto","uniqueExternalId":false,
        "invitations":true,"brake":{"share":null,"count":null,"window":"1h","action":"hold"},"archiveRetention":"365d",
        "requestLogRetention":"30d","auditRetention":null,"quirks":{}})");
    CHECK(before.json == expected);

    const auto changed =
        d.api(Method::patch, path, token,
              R"({"retention":"7d","groups":false,"claimListLimit":100,"brake":{"share":0.1,"count":50},
                                   "auditRetention":"90d","quirks":{"op_case":false}})",
              {{"content-type", "application/merge-patch+json"}});
    REQUIRE(changed.status == 200);
    CHECK(changed.json.at("retention") == "7d");
    CHECK(changed.json.at("groups") == false);
    CHECK(changed.json.at("brake") == json_of(R"({"share":0.1,"count":50,"window":"1h","action":"hold"})"));
    CHECK(changed.json.at("quirks") == json_of(R"({"op_case":false})"));
    CHECK(changed.json.at("claimWindow") == "14d");

    const auto back = d.api(Method::patch, path, token,
                            R"({"retention":null,"groups":null,"claimListLimit":null,"brake":null,
                                "auditRetention":null,"quirks":{"op_case":null}})");
    REQUIRE(back.status == 200);
    CHECK(back.json == expected);

    for (const char* const body :
         {R"({"retention":30})", R"({"retention":"soon"})", R"({"brake":{"share":2}})", R"({"quirkProfile":"okta"})",
          R"({"claimListLimit":0})", R"({"retentions":"30d"})", R"({"quirks":{"op_caes":true}})"})
        CHECK(d.api(Method::patch, path, token, body).status == 400);
    CHECK(d.api(Method::get, path, token).json == expected); // nothing half done

    d.store.read_registry([&](core::Registry& registry) {
        std::size_t updates = 0;
        for (const auto& event : registry.events({}))
            if (event.activity == core::Activity::update_policy) ++updates;
        CHECK(updates == 2);
    });
}

TEST_CASE("a token's secret is in the answer that made it, and opens what it says")
{
    ApiDesk d;
    const auto ours = d.organisation("ours");
    const auto token = d.admin_token(AdminRole::org_admin, ours);
    const std::string path = "/api/v1/orgs/ours/tokens";
    const auto scim = d.api(Method::post, path, token, R"({"label":"Entra"})");
    REQUIRE(scim.status == 201);
    CHECK(admin::differences(scim.json, admin::tokens::made_shape).empty());
    const std::string secret{scim.json.at("secret").as_string()};
    CHECK(secret.starts_with("rc_"));
    CHECK(d.ask(testing::request_for(Method::get, "/orgs/ours/scim/v2/Users", "Bearer " + secret)).status == 200);

    const auto help = d.api(Method::post, path, token, R"({"kind":"admin","role":"help-desk"})");
    REQUIRE(help.status == 201);
    const std::string help_secret{help.json.at("secret").as_string()};
    CHECK(d.api(Method::get, "/api/v1/orgs/ours", help_secret).status == 200);
    CHECK(d.api(Method::get, path, help_secret).status == 403);

    const auto all = d.api(Method::get, path, token);
    CHECK(all.json.at("total") == 3);
    CHECK(all.body.find(secret) == std::string::npos);
    for (const auto& each : all.json.at("items").as_array())
        CHECK(admin::differences(each, admin::tokens::shape).empty());

    const std::string one = path + "/" + std::string{help.json.at("id").as_string()};
    CHECK(d.api(Method::del, one, token).status == 204);
    CHECK(d.api(Method::get, "/api/v1/orgs/ours", help_secret).status == 401);
    const auto other = d.organisation("other");
    const auto foreign = d.admin_token(AdminRole::org_admin, other);
    CHECK(d.api(Method::del, "/api/v1/orgs/other/tokens/" + std::string{scim.json.at("id").as_string()}, foreign)
              .status == 404);
    CHECK(d.ask(testing::request_for(Method::get, "/orgs/ours/scim/v2/Users", "Bearer " + secret)).status == 200);

    for (const char* const body :
         {R"({"kind":"admin"})", R"({"kind":"admin","role":"server-admin"})", R"({"role":"org-admin"})",
          R"({"kind":"admin","role":"org-admin","scope":"read"})", R"({"expiresAt":"2020-01-01T00:00:00Z"})",
          R"({"expiresAt":"2099-01-01T00:00:00Z"})", R"({"expiresAt":"tomorrow"})"})
        CHECK(d.api(Method::post, path, token, body).status == 400);
}

TEST_CASE("a POST with an Idempotency-Key is done once, and its answer is given again")
{
    ApiDesk d;
    const auto ours = d.organisation("ours");
    const auto token = d.admin_token(AdminRole::org_admin, ours);
    const std::string path = "/api/v1/orgs/ours/tokens";
    const auto ask = [&](const char* key, const char* body) {
        return d.api(Method::post, path, token, body, {{"idempotency-key", key}});
    };
    const auto first = ask("k1", R"({"label":"a"})");
    REQUIRE(first.status == 201);
    const auto again = ask("k1", R"({"label":"a"})");
    CHECK(again.status == 201);
    CHECK(again.json == first.json);
    CHECK(testing::header(again, "Location") == testing::header(first, "Location"));
    CHECK(testing::header(again, "Idempotent-Replayed") == "true");
    CHECK(ask("k1", R"({"label":"b"})").status == 409);
    CHECK(ask("k2", R"({"label":"a"})").json.at("id") != first.json.at("id"));
    const auto other = d.admin_token(AdminRole::org_admin, ours);
    CHECK(d.api(Method::post, path, other, R"({"label":"a"})", {{"idempotency-key", "k1"}}).json.at("id") !=
          first.json.at("id"));
    CHECK(ask("", R"({"label":"a"})").status == 400);
    CHECK(ask(std::string(201, 'k').c_str(), R"({"label":"a"})").status == 400);
    CHECK(d.api(Method::get, path, token).json.at("total") == 5); // two admins', k1, k2, the other's k1

    // A refusal is not kept: the caller mends what was wrong and comes again.
    CHECK(ask("k3", R"({"expiresAt":"2020-01-01T00:00:00Z"})").status == 400);
    CHECK(ask("k3", R"({"label":"c"})").status == 201);

    // The secret lies in the store sealed, never in clear.
    const std::string secret{first.json.at("secret").as_string()};
    d.store.read_registry([&](core::Registry& registry) {
        for (const auto& each : registry.server_records().list(core::RecordKind::kept_answer, "", 100))
            CHECK(core::json::write(each.doc).find(secret) == std::string::npos);
    });
}

TEST_CASE("SCIM answers 503 while an organisation is paused, and goes on when it is resumed")
{
    ApiDesk d;
    const auto ours = d.organisation("ours");
    const auto admin = d.admin_token(AdminRole::org_admin, ours);
    const auto scim = d.token(ours);
    const auto ask = [&] {
        d.callers.look_for_changes();
        return d.ask(testing::request_for(Method::get, "/orgs/ours/scim/v2/Users", "Bearer " + scim));
    };
    CHECK(ask().status == 200);
    CHECK(d.api(Method::post, "/api/v1/orgs/ours/pause", admin).json.at("paused") == true);
    const auto paused = ask();
    CHECK(paused.status == 503);
    CHECK(testing::header(paused, "Retry-After") == "60");
    CHECK(paused.body.find("urn:ietf:params:scim:api:messages:2.0:Error") != std::string::npos);
    CHECK(d.api(Method::post, "/api/v1/orgs/ours/pause", admin).status == 200); // again: no change, no event
    CHECK(d.api(Method::post, "/api/v1/orgs/ours/resume", admin).json.at("paused") == false);
    CHECK(ask().status == 200);
    std::size_t told = 0;
    d.store.read_registry([&](core::Registry& registry) {
        for (const auto& event : registry.events({}))
            told += event.activity == core::Activity::pause_organisation ? 1U : 0U;
    });
    CHECK(told == 1);
}

TEST_CASE("the OpenAPI document has every route, and every reference in it leads somewhere")
{
    const auto document = admin::openapi::document("https://scim.example.com");
    CHECK(document.at("openapi") == "3.1.0");
    const auto& schemas = document.at("components").at("schemas").as_object();
    std::size_t operations = 0;
    for (const auto& [path, methods] : document.at("paths").as_object()) operations += methods.as_object().size();
    std::size_t rows = 0;
    for (const auto& route : admin::routes()) rows += route.tag.is_page ? 0 : methods_of(route).size();
    CHECK(operations == rows);

    std::set<std::string> referred;
    const std::function<void(const bj::value&)> walk = [&](const bj::value& value) {
        if (value.is_array())
            for (const auto& each : value.get_array()) walk(each);
        if (!value.is_object()) return;
        for (const auto& [name, inner] : value.get_object()) {
            if (name == "$ref" && inner.is_string()) referred.emplace(inner.get_string());
            walk(inner);
        }
    };
    walk(bj::value(document));
    for (const auto& each : referred) {
        INFO(each);
        REQUIRE(each.starts_with("#/components/schemas/"));
        CHECK(schemas.contains(each.substr(std::string_view{"#/components/schemas/"}.size())));
    }
    for (const auto& route : admin::routes()) {
        INFO(route.tag.path);
        if (route.tag.is_page) continue; // for people, outside the document
        CHECK_FALSE(route.tag.summary.empty());
        const bool takes = route.tag.body == admin::Body::json || route.tag.body == admin::Body::merge_patch;
        CHECK(takes == (route.tag.takes != nullptr));
        CHECK((route.tag.success == 204) == (route.tag.gives == nullptr && !route.tag.path.ends_with("openapi.json") &&
                                             route.tag.path.find("/exports/") == std::string_view::npos));
    }
}

TEST_CASE("the wire's own refusals below the API are problems too")
{
    ApiDesk d;
    const auto root = d.admin_token(AdminRole::server_admin);
    const auto missing = d.api(Method::get, "/api/v1/nothing", root);
    CHECK(missing.status == 404);
    CHECK(missing.content_type == "application/problem+json");
    const auto wrong = d.api(Method::put, "/api/v1/orgs", root);
    CHECK(wrong.status == 405);
    CHECK(testing::header(wrong, "Allow") == "GET, HEAD, POST, OPTIONS");
    CHECK(d.api(Method::options, "/api/v1/orgs", root).status == 204);
    CHECK(d.api(Method::get, "/api/v1/openapi.json", root).json.at("openapi") == "3.1.0");
    CHECK(d.api(Method::get, "/api/v1/orgs", root, "surprise").status == 400);
}
