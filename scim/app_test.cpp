// The application without sockets: every route of the table against every kind of caller, the order of refusals,
// health.
#include "core/base/json.hpp"
#include "core/testing/manual_clock.hpp"
#include "scim/app.hpp"

#include <boost/json/object.hpp>
#include <catch2/catch.hpp>

#include <cstdlib>
#include <future>
#include <unistd.h>

using namespace scim;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

struct TempDir {
    fs::path path;
    TempDir()
    {
        std::string name = (fs::temp_directory_path() / "rollcall-app-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~TempDir() { fs::remove_all(path); }
};

struct Desk {
    TempDir folder;
    Config config;
    core::SystemClock clock;
    std::vector<std::uint8_t> pepper = std::vector<std::uint8_t>(32, 7);
    storage::SqliteStore store{[&] {
        storage::Options options;
        options.file = folder.path / "rollcall.db";
        return options;
    }()};
    storage::Writer writer{store};
    ScanPool scans{1, 16};
    Callers callers{store, pepper, {}};
    App app{config, store, writer, scans, callers, clock};

    core::OrgId organisation(const std::string& name)
    {
        core::OrgId id;
        store.registry([&](core::Registry& registry) {
            core::Organisation o;
            o.name = o.display_name = name;
            o.created = clock.now();
            id = registry.create(o)->id;
            return core::Keep::yes;
        });
        return id;
    }
    std::string token(core::OrgId org, core::Scope scope = core::Scope::write,
                      const std::function<void(core::Token&)>& change = {})
    {
        auto fresh = core::make_token(pepper);
        core::Token token;
        token.public_id = fresh.public_id;
        token.organisation = org;
        token.mac = fresh.mac;
        token.scope = scope;
        token.created = clock.now();
        if (change) change(token);
        store.registry([&](core::Registry& registry) {
            registry.insert(token);
            return core::Keep::yes;
        });
        return std::string{fresh.text.reveal()};
    }

    // As the session does: admission first, then the answer, from whatever thread it comes.
    http::Response ask(http::Request request)
    {
        auto admission = app.admit(request);
        if (admission.refusal) return *admission.refusal;
        std::promise<http::Response> later;
        auto answered = later.get_future();
        if (auto now = app.answer(request, admission, [&](http::Response r) { later.set_value(std::move(r)); }))
            return *now;
        return answered.get();
    }
};

http::Request request_for(http::Method method, std::string path, const std::string& authorization)
{
    http::Request request;
    request.method = method;
    request.method_text = std::string{http::word(method)};
    request.path = std::move(path);
    request.host = "127.0.0.1:8443";
    request.peer = "127.0.0.1";
    if (!authorization.empty()) request.headers.emplace_back("authorization", authorization);
    return request;
}

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
