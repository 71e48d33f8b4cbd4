// The application without sockets: every route of the table against every kind of caller, the order of refusals,
// health.
#include "core/base/json.hpp"
#include "core/testing/manual_clock.hpp"
#include "scim/testing/whole_desk.hpp"

#include <boost/json/object.hpp>
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <atomic>
#include <cstdlib>
#include <future>
#include <thread>
#include <unistd.h>

using namespace scim;
using namespace std::chrono_literals;
using Desk = testing::WholeDesk;
using testing::request_for;

namespace {

// The route's pattern with its placeholders filled in.
std::string path_of(const Route& route, std::string_view organisation)
{
    std::string path;
    bool first = true;
    for (std::size_t i = 0; i < route.pattern.size; ++i) {
        const auto segment = route.pattern.segments[i];
        path += '/';
        if (!segment.empty())
            path += segment;
        else
            path += std::exchange(first, false) ? organisation : "0190b0a0-0000-7000-8000-000000000001";
    }
    return path;
}

std::vector<http::Method> methods_of(const Route& route)
{
    std::vector<http::Method> all;
    for (const auto m :
         {http::Method::get, http::Method::post, http::Method::put, http::Method::patch, http::Method::del})
        if (route.methods.has(m)) all.push_back(m);
    return all;
}

const std::string* header(const http::Response& response, std::string_view name)
{
    for (const auto& [n, v] : response.headers)
        if (n == name) return &v;
    return nullptr;
}

// The request's id differs from answer to answer; all else of two equal refusals is equal.
std::string without_id(std::string body)
{
    if (const auto at = body.find("(request "); at != std::string::npos) body.erase(at, body.find(')', at) - at);
    return body;
}

} // namespace

TEST_CASE("AUTH-01: every route of the table refuses every kind of wrong credentials with one and the same 401")
{
    Desk d;
    d.callers.look_for_changes();
    const auto org = d.organisation("ours");
    const auto closed = d.organisation("closed");
    const auto good = d.token(org);
    const auto revoked = d.token(org, core::Scope::write, [&](core::Token& t) { t.revoked = d.clock.now(); });
    const auto expired = d.token(org, core::Scope::write, [&](core::Token& t) { t.expires = d.clock.now() - 1ms; });
    const auto disabled = d.token(closed);
    d.store.registry([&](core::Registry& registry) {
        auto o = *registry.organisation(closed);
        o.disabled = true;
        registry.replace(o);
        return core::Keep::yes;
    });
    auto wrong = good;
    wrong[20] = wrong[20] == 'a' ? 'b' : 'a';
    const auto stranger = core::make_token(d.pepper); // well formed, of no row

    int asked = 0;
    std::string one_body;
    for (const auto& route : routes) {
        if (route.tag.right == Right::nobody) continue;
        for (const auto method : methods_of(route)) {
            for (const auto& credentials :
                 {std::string{}, std::string{"Basic dXNlcjpwYXNz"}, std::string{"Bearer "}, std::string{"Bearer"},
                  "Bearer " + wrong, "Bearer " + revoked, "Bearer " + expired, "Bearer " + disabled,
                  "Bearer " + std::string{stranger.text.reveal()}, "Bearer ra_" + good.substr(3),
                  "Bearer " + good + " x"}) {
                INFO(path_of(route, "ours") << " " << credentials);
                auto request = request_for(method, path_of(route, "ours"), credentials);
                request.peer = "peer " + std::to_string(++asked); // the brake on guessing has a test of its own
                const auto response = d.ask(request);
                if (response.status == 429) continue;
                CHECK(response.status == 401);
                CHECK(header(response, "WWW-Authenticate") != nullptr);
                if (one_body.empty()) one_body = without_id(response.body);
                CHECK(without_id(response.body) == one_body);
            }
            CHECK(d.ask(request_for(method, path_of(route, "ours"), "bearer " + good)).status != 401);
        }
    }
    CHECK(asked > 200);
}

TEST_CASE("TEN-01: every route of the table answers another organisation's path as one that does not exist")
{
    Desk d;
    const auto ours = d.organisation("ours");
    d.organisation("theirs");
    const auto token = "Bearer " + d.token(ours);
    for (const auto& route : routes) {
        if (route.tag.right == Right::nobody) continue;
        for (const auto method : methods_of(route)) {
            INFO(path_of(route, "theirs"));
            const auto theirs = d.ask(request_for(method, path_of(route, "theirs"), token));
            const auto nobodys = d.ask(request_for(method, path_of(route, "nobodys"), token));
            CHECK(theirs.status == 404);
            CHECK(without_id(theirs.body) == without_id(nobodys.body));
        }
    }
}

TEST_CASE("a token for reading is refused with 403 by exactly the routes that change something")
{
    Desk d;
    const auto token = "Bearer " + d.token(d.organisation("ours"), core::Scope::read);
    for (const auto& route : routes) {
        if (route.tag.right == Right::nobody) continue;
        for (const auto method : methods_of(route)) {
            INFO(path_of(route, "ours"));
            CHECK((d.ask(request_for(method, path_of(route, "ours"), token)).status == 403) ==
                  (route.tag.right == Right::write));
        }
    }
}

TEST_CASE("refusals come in the house's order: 421, 401, 404, 405, 403, 415")
{
    Desk d;
    const auto org = d.organisation("ours");
    const auto token = "Bearer " + d.token(org);
    const auto reader = "Bearer " + d.token(org, core::Scope::read);
    struct Row {
        const char* what;
        http::Method method;
        const char* path;
        std::string authorization;
        const char* host;
        const char* content_type;
        int status;
    };
    for (const auto& row : std::vector<Row>{
             {"a forged host before everything", http::Method::post, "/nowhere", "", "evil.example", "text/plain", 421},
             {"no token before no path", http::Method::post, "/nowhere", "", "localhost", "text/plain", 401},
             {"no path before no method", http::Method::del, "/orgs/ours/scim/v2/Nothing", reader, "localhost",
              "text/plain", 404},
             {"no method before no right", http::Method::patch, "/orgs/ours/scim/v2/Users", reader, "localhost",
              "text/plain", 405},
             {"no right before a wrong type", http::Method::post, "/orgs/ours/scim/v2/Users", reader, "localhost",
              "text/plain", 403},
             {"a wrong type before a bad body", http::Method::post, "/orgs/ours/scim/v2/Users", token, "localhost",
              "text/plain", 415},
             {"a bad body last", http::Method::post, "/orgs/ours/scim/v2/Users", token, "localhost",
              "application/scim+json", 400},
         }) {
        INFO(row.what);
        auto request = request_for(row.method, row.path, row.authorization);
        request.host = row.host;
        request.headers.emplace_back("content-type", row.content_type);
        request.body = "{";
        const auto response = d.ask(request);
        CHECK(response.status == row.status);
        CHECK(response.content_type == "application/scim+json");
        const auto body = core::json::read(response.body);
        REQUIRE(body.has_value());
        CHECK(body->at("status").as_string() == std::to_string(row.status));
        CHECK_THAT(std::string{std::string_view{body->at("detail").as_string()}},
                   Catch::Contains(*header(response, "X-Request-Id")));
        if (row.status == 405) CHECK_THAT(*header(response, "Allow"), Catch::Contains("POST"));
    }
}

TEST_CASE(
    "failed authentications are slowed after twenty a minute, per address and per token, and a valid token never is")
{
    Desk d;
    const auto good = d.token(d.organisation("ours"));
    auto wrong = good;
    wrong[30] = wrong[30] == 'a' ? 'b' : 'a';
    const std::string path = "/orgs/ours/scim/v2/Users";
    for (int i = 0; i < 20; ++i) CHECK(d.ask(request_for(http::Method::get, path, "")).status == 401);
    const auto slowed = d.ask(request_for(http::Method::get, path, ""));
    CHECK(slowed.status == 429);
    CHECK(header(slowed, "Retry-After") != nullptr);
    CHECK(d.ask(request_for(http::Method::get, path, "Bearer " + good)).status == 200);
    auto elsewhere = request_for(http::Method::get, path, "");
    elsewhere.peer = "127.0.0.2";
    CHECK(d.ask(elsewhere).status == 401);
}

TEST_CASE("health needs no token, says nothing of anybody, and readiness tells why not")
{
    Desk d;
    CHECK(d.ask(request_for(http::Method::get, "/livez", "")).status == 200);
    CHECK(d.ask(request_for(http::Method::get, "/readyz", "")).status == 200);
    CHECK(d.ask(request_for(http::Method::post, "/readyz", "")).status == 405);
    CHECK(d.ask(request_for(http::Method::options, "/readyz", "")).status == 204);
    d.config.memory_bytes = 1;
    const auto fat = d.ask(request_for(http::Method::get, "/readyz", ""));
    CHECK(fat.status == 503);
    CHECK_THAT(fat.body, Catch::Contains("memory"));
    d.config.memory_bytes = std::int64_t{1} << 40;
    CHECK(d.ask(request_for(http::Method::get, "/readyz", "")).status == 200);
    d.app.ask_for_hold([] { return std::optional<std::string>{"the clock went back"}; });
    const auto held = d.ask(request_for(http::Method::get, "/readyz", ""));
    CHECK(held.status == 200);
    CHECK_THAT(held.body, Catch::Contains("the clock went back"));
    d.app.begin_draining();
    const auto draining = d.ask(request_for(http::Method::get, "/readyz", ""));
    CHECK(draining.status == 503);
    CHECK_THAT(draining.body, Catch::Contains("draining"));
    CHECK(d.ask(request_for(http::Method::get, "/livez", "")).status == 200);
}

namespace {

const std::string scim_base = "/orgs/ours/scim/v2";

http::Response send(Desk& d, http::Method method, const std::string& path, const std::string& token,
                    std::string body = "", std::vector<std::pair<std::string, std::string>> headers = {})
{
    const auto mark = path.find('?');
    auto request = request_for(method, path.substr(0, mark), "Bearer " + token);
    if (mark != std::string::npos) { // "?name=value"
        const auto equals = path.find('=', mark);
        request.query.push_back({path.substr(mark + 1, equals - mark - 1), path.substr(equals + 1)});
    }
    request.body = std::move(body);
    for (auto& each : headers) request.headers.push_back(std::move(each));
    return d.ask(std::move(request));
}

boost::json::object json_of(const http::Response& response) { return core::json::read(response.body)->as_object(); }
std::string id_in(const http::Response& response) { return std::string{json_of(response).at("id").as_string()}; }
std::string scim_type_in(const http::Response& response)
{
    const auto body = json_of(response);
    const auto* type = body.if_contains("scimType");
    return type ? std::string{type->as_string()} : std::string{};
}

std::string patch_of(const std::string& operation)
{
    return R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[)" + operation + "]}";
}
std::string creations(int many, const std::string& prefix)
{
    std::string body = R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[)";
    for (int i = 0; i < many; ++i)
        body += fmt::format(R"({}{{"method":"POST","path":"/Users","bulkId":"{}","data":{{"userName":"{}{}"}}}})",
                            i > 0 ? "," : "", i, prefix, i);
    return body + "]}";
}

} // namespace

TEST_CASE("RFC 7644 3.12, table 9: every refusal has its scimType, over the real routes")
{
    Desk d;
    const auto token = d.token(d.organisation("ours"));
    REQUIRE(send(d, http::Method::post, scim_base + "/Users", token, R"({"userName":"taken"})").status == 201);
    const auto made = send(d, http::Method::post, scim_base + "/Users", token,
                           R"({"userName":"ada","emails":[{"value":"a@x.example","type":"work"}]})");
    const auto user = scim_base + "/Users/" + id_in(made);
    const auto users = scim_base + "/Users";
    const auto groups = scim_base + "/Groups";
    using http::Method;
    struct Row {
        const char* what;
        Method method;
        std::string path;
        std::string body;
        int status;
        const char* type;
    };
    for (const auto& row : std::vector<Row>{
             {"a filter that ends early", Method::get, users + "?filter=userName eq", "", 400, "invalidFilter"},
             {"a filter on what is not there", Method::get, users + "?filter=nickels eq \"x\"", "", 400,
              "invalidFilter"},
             {"a filter of groups", Method::get, groups + "?filter=(((", "", 400, "invalidFilter"},
             {"a name that is taken", Method::post, users, R"({"userName":"TAKEN"})", 409, "uniqueness"},
             {"a rename to a name that is taken", Method::patch, user,
              patch_of(R"({"op":"replace","path":"userName","value":"taken"})"), 409, "uniqueness"},
             {"a replacement with a name that is taken", Method::put, user, R"({"userName":"taken"})", 409,
              "uniqueness"},
             {"a read-only attribute", Method::patch, user,
              patch_of(R"({"op":"replace","path":"meta.created","value":"2020-01-01T00:00:00Z"})"), 400, "mutability"},
             {"a required attribute removed", Method::patch, user, patch_of(R"({"op":"remove","path":"userName"})"),
              400, "mutability"},
             {"a body that is no JSON", Method::post, users, "{", 400, "invalidSyntax"},
             {"a PATCH without operations", Method::patch, user, "{}", 400, "invalidSyntax"},
             {"a PUT of a list", Method::put, user, "[]", 400, "invalidSyntax"},
             {"a Bulk that is none", Method::post, scim_base + "/Bulk", R"({"Operations":[]})", 400, "invalidSyntax"},
             {"a path that is none", Method::patch, user,
              patch_of(R"({"op":"replace","path":"emails[type eq","value":"x"})"), 400, "invalidPath"},
             {"a path without a target", Method::patch, user,
              patch_of(R"({"op":"replace","path":"emails[type sw \"home\"].display","value":"x"})"), 400, "noTarget"},
             {"a removal without a path", Method::patch, user, patch_of(R"({"op":"remove"})"), 400, "noTarget"},
             {"a required value that is missing", Method::post, users, R"({"displayName":"x"})", 400, "invalidValue"},
             {"a value of another type", Method::put, user, R"({"userName":"ada","name":"x"})", 400, "invalidValue"},
             {"a count that is no number", Method::get, users + "?count=many", "", 400, "invalidValue"},
             {"a filter on the password", Method::get, users + "?filter=password pr", "", 403, "sensitive"},
             {"an older version of the protocol", Method::get, "/orgs/ours/scim/v1/Users", "", 400, "invalidVers"},
             {"a version that is to come", Method::post, "/orgs/ours/scim/v3/Users", "{}", 400, "invalidVers"},
             {"half a version", Method::get, "/orgs/ours/scim/v2.1/Users", "", 400, "invalidVers"},
             {"what is no version", Method::get, "/orgs/ours/scim/vx/Users", "", 404, ""},
             {"another organisation's version", Method::get, "/orgs/theirs/scim/v1/Users", "", 404, ""},
         }) {
        INFO(row.what);
        const auto response = send(d, row.method, row.path, token, row.body);
        INFO(response.body);
        CHECK(response.status == row.status);
        CHECK(scim_type_in(response) == row.type);
        CHECK(json_of(response).at("status").as_string() == std::to_string(row.status));
    }
    const auto now = send(d, http::Method::get, user, token);
    CHECK(now.body == made.body); // nobody of them has changed anything
}

TEST_CASE("RFC 7644 3.12: a search that takes longer than the server is willing to spend is tooMany")
{
    Desk d{0ms};
    const auto token = d.token(d.organisation("ours"));
    REQUIRE(send(d, http::Method::post, scim_base + "/Bulk", token, creations(1000, "u")).status == 200);
    const auto refused = send(d, http::Method::get, scim_base + "/Users?filter=title co \"x\"", token);
    CHECK(refused.status == 400);
    CHECK(scim_type_in(refused) == "tooMany");
    CHECK(send(d, http::Method::get, scim_base + "/Users?filter=userName eq \"u7\"", token).status == 200);
}

TEST_CASE("what a Bulk's operations are refused for is counted like any refusal")
{
    Desk d;
    d.config.metrics = true;
    const auto token = d.token(d.organisation("ours"));
    const auto counted = [&](std::string_view type) {
        const auto page = send(d, http::Method::get, "/metrics", token).body;
        const auto name = fmt::format("rollcall_refusals_total{{scimType=\"{}\"}} ", type);
        return std::stoi(page.substr(page.find(name) + name.size()));
    };
    const auto body = fmt::format(
        R"({{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{},{},{},{},{}]}})",
        R"({"method":"POST","path":"/Users","bulkId":"1","data":{"userName":"ada"}})",
        R"({"method":"POST","path":"/Users","bulkId":"2","data":{"userName":"ADA"}})",
        R"({"method":"POST","path":"/Users","bulkId":"3","data":{"userName":7}})",
        R"({"method":"POST","path":"/Users","bulkId":"4"})",
        R"({"method":"DELETE","path":"/Users/00000000-0000-4000-8000-000000000000"})"); // 404 has no scimType
    CHECK(send(d, http::Method::post, scim_base + "/Bulk", token, body).status == 200);
    CHECK(counted("uniqueness") == 1);
    CHECK(counted("invalidValue") == 1);
    CHECK(counted("invalidSyntax") == 1);
    CHECK(counted("tooMany") == 0);
}

TEST_CASE("a Bulk is one durable commit, and one that is large has it for itself")
{
    Desk d;
    const auto token = d.token(d.organisation("ours"));
    for (const int many : {1, 16, 17, 1000}) {
        INFO(many);
        const auto before = d.writer.figures();
        const auto response =
            send(d, http::Method::post, scim_base + "/Bulk", token, creations(many, "n" + std::to_string(many) + "-"));
        REQUIRE(response.status == 200);
        CHECK(d.writer.figures().jobs - before.jobs == 1);
        CHECK(d.writer.figures().batches - before.batches == 1);
        const auto answer = json_of(response);
        const auto& operations = answer.at("Operations").as_array();
        REQUIRE(operations.size() == static_cast<std::size_t>(many));
        for (const auto& each : operations) CHECK(each.at("status").as_string() == "201");
        CHECK(response.body.size() < 400 * static_cast<std::size_t>(many) + 200); // no bodies of what went well
    }
    const auto all = json_of(send(d, http::Method::get, scim_base + "/Users?count=0", token));
    CHECK(all.at("totalResults").as_int64() == 1034);
    const auto beyond = send(d, http::Method::post, scim_base + "/Bulk", token, creations(1001, "x"));
    CHECK(beyond.status == 413);
    CHECK_THAT(beyond.body, Catch::Contains("maxOperations (1000)"));
}

TEST_CASE("RFC 7644 3.11: /Me is another name for the user a token was made for")
{
    Desk d;
    const auto org = d.organisation("ours");
    const auto admin = d.token(org);
    const auto id = id_in(send(d, http::Method::post, scim_base + "/Users", admin, R"({"userName":"ada"})"));
    const auto other = id_in(send(d, http::Method::post, scim_base + "/Users", admin, R"({"userName":"eve"})"));
    const auto personal = [&](core::Scope scope) {
        return d.token(org, scope, [&](core::Token& token) { token.user = core::UserId{*core::uuid_from(id)}; });
    };
    const auto token = personal(core::Scope::write), reader = personal(core::Scope::read);
    const auto me = scim_base + "/Me";
    const auto place = "https://127.0.0.1:8443" + scim_base + "/Users/" + id;
    using http::Method;

    SECTION("it is read and changed as the user is, and every answer tells the user's own address")
    {
        const auto seen = send(d, Method::get, me, token);
        CHECK(seen.status == 200);
        CHECK(seen.body == send(d, Method::get, scim_base + "/Users/" + id, admin).body);
        CHECK(*header(seen, "Location") == place);
        CHECK(*header(seen, "ETag") == "W/\"1\"");
        const auto same = send(d, Method::get, me, token, "", {{"if-none-match", "W/\"1\""}});
        CHECK(same.status == 304);
        CHECK(*header(same, "Location") == place);
        const auto stale = send(d, Method::put, me, token, R"({"userName":"ada"})", {{"if-match", "W/\"7\""}});
        CHECK(stale.status == 412);
        CHECK(*header(stale, "Location") == place);
        CHECK(send(d, Method::patch, me, token, patch_of(R"({"op":"add","path":"title","value":"Dr"})")).status == 200);
        CHECK(json_of(send(d, Method::get, me, reader)).at("title") == "Dr");
        CHECK(send(d, Method::put, me, token, R"({"userName":"ada.l"})").status == 200);
        CHECK(json_of(send(d, Method::get, me + "?attributes=userName", token)).size() == 3);
        const auto events = d.store.read(org)->events({});
        CHECK(events.back().target.id == id);
        CHECK(send(d, Method::del, me, token).status == 204);
        CHECK(send(d, Method::get, me, token).status == 404);
        CHECK(send(d, Method::get, scim_base + "/Users/" + id, admin).status == 404);
    }
    SECTION("a token for reading only reads")
    {
        CHECK(send(d, Method::get, me, reader).status == 200);
        CHECK(send(d, Method::put, me, reader, R"({"userName":"x"})").status == 403);
        CHECK(send(d, Method::patch, me, reader, patch_of(R"({"op":"remove","path":"title"})")).status == 403);
        CHECK(send(d, Method::del, me, reader).status == 403);
    }
    SECTION("it stands for nobody without a user, and creates nobody")
    {
        for (const auto method : {Method::get, Method::put, Method::patch, Method::del, Method::post})
            CHECK(send(d, method, me, admin, "{}").status == 501);
        CHECK(send(d, Method::post, me, token, R"({"userName":"second"})").status == 501);
    }
    SECTION("the token opens its own user, under both names, and nothing of others")
    {
        for (const auto& route : routes) {
            if (route.tag.right == Right::nobody) continue;
            for (const auto method : methods_of(route)) {
                const auto path = path_of(route, "ours"); // of some user, not its own
                INFO(http::word(method) << ' ' << path);
                const bool may = route.tag.subjects == Subjects::welcome || route.tag.subjects == Subjects::alias;
                if (may && method != Method::get) continue;
                CHECK((send(d, method, path, token, "{}").status == 403) == !may);
            }
        }
        CHECK(send(d, Method::get, scim_base + "/Users/" + id, token).status == 200);
        CHECK(send(d, Method::get, scim_base + "/Users/" + other, token).status == 403);
        CHECK(send(d, Method::get, scim_base + "/Users", token).status == 403);
        CHECK(send(d, Method::get, scim_base + "/ServiceProviderConfig", token).status == 200);
        CHECK(send(d, Method::post, scim_base + "/Bulk", token, creations(1, "x")).status == 403);
    }
    SECTION("AUTH-11: a deactivation ends it, and the reactivation does not revive it")
    {
        const auto set = [&](const char* active) {
            const auto body = patch_of(std::string{R"({"op":"replace","path":"active","value":)"} + active + "}");
            REQUIRE(send(d, Method::patch, scim_base + "/Users/" + id, admin, body).status == 200);
        };
        set("false");
        CHECK(send(d, Method::get, me, token).status == 403);
        CHECK(send(d, Method::patch, me, token, patch_of(R"({"op":"replace","path":"active","value":true})")).status ==
              403);
        CHECK(send(d, Method::get, scim_base + "/Users/" + id, token).status == 403);
        set("true");
        CHECK(send(d, Method::get, me, token).status == 403);
        const auto fresh = d.token(org, core::Scope::write, [&](core::Token& made) {
            made.user = core::UserId{*core::uuid_from(id)};
            made.created = d.clock.now() + 1s;
        });
        CHECK(send(d, Method::get, me, fresh).status == 200);
    }
}

TEST_CASE("REL-17: two who compare and swap one counter lose nothing, and every stale one is 412")
{
    Desk d;
    const auto token = d.token(d.organisation("ours"));
    const auto path =
        scim_base + "/Users/" +
        id_in(send(d, http::Method::post, scim_base + "/Users", token, R"({"userName":"c","title":"0"})"));
    constexpr int attempts = 500;
    std::atomic<int> swapped{0}, stale{0}, other{0};
    const auto swap = [&] {
        for (int i = 0; i < attempts; ++i) {
            const auto seen = send(d, http::Method::get, path, token);
            const auto next = std::stoi(std::string{json_of(seen).at("title").as_string()}) + 1;
            const auto body = fmt::format(R"({{"userName":"c","title":"{}"}})", next);
            switch (send(d, http::Method::put, path, token, body, {{"if-match", *header(seen, "ETag")}}).status) {
            case 200: ++swapped; break;
            case 412: ++stale; break;
            default: ++other;
            }
        }
    };
    std::thread first{swap}, second{swap};
    first.join();
    second.join();
    CHECK(other == 0);
    CHECK(swapped + stale == 2 * attempts);
    CHECK(swapped >= attempts); // whoever is refused was overtaken by one who was not
    const auto now = send(d, http::Method::get, path, token);
    CHECK(json_of(now).at("title").as_string() == std::to_string(swapped.load()));
    CHECK(*header(now, "ETag") == fmt::format("W/\"{}\"", swapped.load() + 1));
}

TEST_CASE("REL-17: a version changes if, and only if, the representation does")
{
    Desk d;
    const auto token = d.token(d.organisation("ours"));
    using http::Method;
    const auto user = send(d, Method::post, scim_base + "/Users", token, R"({"userName":"ada","title":"Dr"})");
    const auto group =
        send(d, Method::post, scim_base + "/Groups", token, R"({"displayName":"g","members":[{"value":"m1"}]})");
    struct Row {
        const char* what;
        Method method;
        std::string path;
        std::string body;
        bool changes;
    };
    const auto user_path = scim_base + "/Users/" + id_in(user), group_path = scim_base + "/Groups/" + id_in(group);
    for (const auto& row : std::vector<Row>{
             {"the same user again", Method::put, user_path, R"({"title":"Dr","userName":"ada"})", false},
             {"the same value", Method::patch, user_path, patch_of(R"({"op":"replace","path":"title","value":"Dr"})"),
              false},
             {"nothing to remove", Method::patch, user_path, patch_of(R"({"op":"remove","path":"nickName"})"), false},
             {"another value", Method::patch, user_path, patch_of(R"({"op":"replace","path":"title","value":"Sir"})"),
              true},
             {"another spelling of the name", Method::put, user_path, R"({"title":"Sir","userName":"Ada"})", true},
             {"a member that is there", Method::patch, group_path,
              patch_of(R"({"op":"add","path":"members","value":[{"value":"m1"}]})"), false},
             {"a member that is not", Method::patch, group_path,
              patch_of(R"({"op":"add","path":"members","value":[{"value":"m2"}]})"), true},
             {"nobody removed", Method::patch, group_path,
              patch_of(R"({"op":"remove","path":"members[value eq \"m9\"]"})"), false},
             {"somebody removed", Method::patch, group_path,
              patch_of(R"({"op":"remove","path":"members[value eq \"m1\"]"})"), true},
             {"the same name", Method::patch, group_path,
              patch_of(R"({"op":"replace","path":"displayName","value":"g"})"), false},
         }) {
        INFO(row.what);
        const auto before = send(d, Method::get, row.path, token);
        CHECK(send(d, row.method, row.path, token, row.body).status / 100 == 2);
        const auto after = send(d, Method::get, row.path, token);
        CHECK((*header(before, "ETag") != *header(after, "ETag")) == row.changes);
        CHECK((before.body != after.body) == row.changes);
    }
}

TEST_CASE("a request's whole way: created in a durable batch, read inline, listed on the scan lane")
{
    Desk d;
    const auto token = "Bearer " + d.token(d.organisation("ours"));
    auto create = request_for(http::Method::post, "/orgs/ours/scim/v2/Users", token);
    create.body =
        R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada@x.example","active":true})";
    const auto made = d.ask(create);
    REQUIRE(made.status == 201);
    const auto* location = header(made, "Location");
    REQUIRE(location != nullptr);
    CHECK_THAT(*location, Catch::StartsWith("https://127.0.0.1:8443/orgs/ours/scim/v2/Users/"));
    const auto read = d.ask(request_for(http::Method::get, location->substr(location->find("/orgs")), token));
    CHECK(read.status == 200);
    CHECK(read.body == made.body);
    const auto listed = d.ask(request_for(http::Method::get, "/orgs/ours/scim/v2/Users", token));
    CHECK(listed.status == 200);
    CHECK_THAT(listed.body, Catch::Contains("ada@x.example"));
    CHECK(d.ask(create).status == 409);
}

namespace {

// A group of so many members that are met nowhere, some 100 bytes of answer each.
std::string large_group(Desk& desk, core::OrgId org, std::size_t count)
{
    core::Group group;
    group.id = core::SystemIds{}.next_group();
    group.display_name = "Large " + core::to_text(group.id);
    std::vector<std::string> values;
    for (std::size_t i = 0; i < count; ++i) values.push_back("m" + std::to_string(i) + std::string(90, 'x'));
    desk.store.write(org, [&](core::WriteTxn& txn) {
        REQUIRE(txn.insert(group).has_value());
        txn.add_members(group.id, values);
        return core::Keep::yes;
    });
    return core::to_text(group.id);
}

std::optional<std::string> whole_body(const http::Response& response)
{
    std::string body = response.body;
    for (bool more = response.more != nullptr; more;) {
        std::promise<http::Piece> piece;
        auto made = piece.get_future();
        response.more->next([&](http::Piece p) { piece.set_value(std::move(p)); });
        const auto next = made.get();
        if (next.state == http::Piece::State::broken) return std::nullopt;
        CHECK(next.text.size() < 70 * 1024);
        body += next.text;
        more = next.state == http::Piece::State::more;
    }
    return body;
}

} // namespace

TEST_CASE("a group with many members is answered in pieces, all of one moment")
{
    Desk desk;
    const auto org = desk.organisation("contoso");
    const auto bearer = "Bearer " + desk.token(org);
    const auto id = large_group(desk, org, 3'000);
    const auto path = "/orgs/contoso/scim/v2/Groups/" + id;

    const auto small =
        desk.ask(request_for(http::Method::get, "/orgs/contoso/scim/v2/Groups/" + large_group(desk, org, 10), bearer));
    CHECK(small.status == 200);
    CHECK_FALSE(small.more);

    const auto response = desk.ask(request_for(http::Method::get, path, bearer));
    REQUIRE(response.status == 200);
    REQUIRE(response.more);
    CHECK(response.body.size() < 70 * 1024);
    const auto changed = desk.store.read(org)->group(core::GroupId{*core::uuid_from(id)});
    desk.store.write(org, [&](core::WriteTxn& txn) { // while it is on its way
        txn.remove_all_members(changed->id);
        return core::Keep::yes;
    });
    const auto body = whole_body(response);
    REQUIRE(body);
    const auto json = core::json::read(*body, {16, 100'000, 1'000});
    REQUIRE(json.has_value());
    CHECK(json->at("members").as_array().size() == 3'000);
}

TEST_CASE("a PATCH that asks for a group's many members is written first and answered in pieces then; without a place "
          "for the answer it is 204, because the change is kept")
{
    Desk desk;
    desk.config.long_answers = 1;
    App app{desk.config,
            desk.store,
            desk.writer,
            desk.scans,
            desk.callers,
            desk.clock,
            core::Sealer{desk.pepper, "cursor"}};
    const auto org = desk.organisation("contoso");
    const auto bearer = "Bearer " + desk.token(org);
    const auto path = "/orgs/contoso/scim/v2/Groups/" + large_group(desk, org, 3'000);
    const auto add = [&](const std::string& id) {
        auto request = request_for(http::Method::patch, path, bearer);
        request.body = patch_of(R"({"op":"add","path":"members","value":[{"value":")" + id + "\"}]}");
        request.query.push_back({"attributes", "members", true});
        auto admission = app.admit(request);
        std::promise<http::Response> later;
        auto answered = later.get_future();
        REQUIRE_FALSE(app.answer(request, admission, [&](http::Response r) { later.set_value(std::move(r)); }));
        return answered.get();
    };
    auto first = add("a");
    CHECK(first.status == 200);
    CHECK(*header(first, "ETag") == "W/\"2\"");
    REQUIRE(first.more);
    const auto second = add("b");
    CHECK(second.status == 204);
    CHECK(*header(second, "ETag") == "W/\"3\"");
    CHECK(second.body.empty());
    const auto body = whole_body(first);
    REQUIRE(body);
    const auto json = core::json::read(*body, {16, 100'000, 1'000});
    REQUIRE(json.has_value());
    CHECK(json->at("members").as_array().size() == 3'001);
    first.more.reset();
    CHECK(add("c").status == 200);
}

TEST_CASE("lists that show groups with many members are answered in pieces, too, of groups alone and of all kinds")
{
    Desk desk;
    const auto org = desk.organisation("contoso");
    const auto bearer = "Bearer " + desk.token(org);
    large_group(desk, org, 3'000);
    for (const auto* path : {"/orgs/contoso/scim/v2/Groups", "/orgs/contoso/scim/v2/"})
        for (const auto* sort_by : {"", "displayName"}) {
            INFO(path << " " << sort_by);
            auto request = request_for(http::Method::get, path, bearer);
            if (*sort_by != 0) request.query.push_back({"sortBy", sort_by, true});
            const auto response = desk.ask(request);
            REQUIRE(response.status == 200);
            REQUIRE(response.more);
            CHECK(response.body.size() < 70 * 1024);
            const auto body = whole_body(response);
            REQUIRE(body);
            const auto json = core::json::read(*body, {16, 100'000, 1'000});
            REQUIRE(json.has_value());
            CHECK(json->at("Resources").at(0).at("members").as_array().size() == 3'000);
        }
}

TEST_CASE("as many long answers as there are places are under way; the next is told to come again")
{
    Desk desk;
    desk.config.long_answers = 2;
    App app{desk.config,
            desk.store,
            desk.writer,
            desk.scans,
            desk.callers,
            desk.clock,
            core::Sealer{desk.pepper, "cursor"}};
    const auto org = desk.organisation("contoso");
    const auto bearer = "Bearer " + desk.token(org);
    const auto path = "/orgs/contoso/scim/v2/Groups/" + large_group(desk, org, 3'000);
    const auto ask = [&] {
        auto request = request_for(http::Method::get, path, bearer);
        auto admission = app.admit(request);
        std::promise<http::Response> later;
        auto answered = later.get_future();
        REQUIRE_FALSE(app.answer(request, admission, [&](http::Response r) { later.set_value(std::move(r)); }));
        return answered.get();
    };
    auto first = ask();
    const auto second = ask();
    CHECK(first.status == 200);
    CHECK(second.status == 200);
    CHECK(ask().status == 503);
    first.more.reset(); // its connection has gone
    CHECK(ask().status == 200);
    CHECK(whole_body(second));
}

TEST_CASE("a long answer whose store fails is broken, not short")
{
    Desk desk;
    const auto org = desk.organisation("contoso");
    int pieces = 0;
    const auto answer = std::make_shared<LongAnswer>(
        desk.scans, std::make_shared<LongAnswers>(1)->take(), desk.store.read(org),
        [&](core::ReadTxn&, std::string& out) -> bool {
            if (++pieces == 3) throw core::StorageFailed{"as the test asked"};
            out = "piece";
            return true;
        },
        "request");
    http::Response response;
    response.more = answer;
    CHECK_FALSE(whole_body(response));
    CHECK(pieces == 3);
}
