// Who may call, over HTTPS: AUTH-01, AUTH-02, TEN-01, and the brake on guessing.
#include "conformance/desk/desk.hpp"

#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

using namespace desk;
using namespace std::chrono_literals;

namespace {

struct Target {
    const char* method;
    std::string path; // below the tenant URL
    bool has_body;
};

std::vector<Target> everything(const std::string& user_id, const std::string& group_id)
{
    std::vector<Target> all;
    for (const auto* discovery : {"/ServiceProviderConfig", "/ResourceTypes", "/ResourceTypes/User", "/Schemas"})
        all.push_back({"GET", discovery, false});
    for (const auto& [collection, id] :
         {std::pair<std::string, std::string>{"/Users", user_id}, {"/Groups", group_id}}) {
        all.push_back({"GET", collection, false});
        all.push_back({"POST", collection, true});
        for (const auto* method : {"GET", "DELETE"}) all.push_back({method, collection + "/" + id, false});
        for (const auto* method : {"PUT", "PATCH"}) all.push_back({method, collection + "/" + id, true});
    }
    return all;
}

conformance::Request request_of(const Target& target)
{
    conformance::Request request{.method = target.method, .target = target.path};
    if (target.has_body) {
        request.headers.push_back({"Content-Type", "application/scim+json"});
        const bool is_patch = std::string_view{target.method} == "PATCH";
        request.body = boost::json::serialize(is_patch ? patch({operation("replace", "displayName", "taken over")})
                                              : target.path.starts_with("/Users") ? user("taken@x.example")
                                                                                  : group("taken"));
    }
    return request;
}

} // namespace

TEST_CASE("AUTH-01: every path refuses every kind of wrong credentials with one and the same 401")
{
    Desk d;
    d.serve();
    auto client = d.client();
    const auto user_id = id_of(client.post("/Users", user("kept@x.example")));
    const auto group_id = id_of(client.post("/Groups", group("kept")));
    const auto before = client.get("/Users/" + user_id).body + client.get("/Groups/" + group_id).body;

    const auto revoked = d.said({"token", "create", "--org", "desk"});
    d.said({"token", "revoke", revoked});
    auto wrong = d.token();
    auto& last = wrong[wrong.size() - 10];
    last = last == 'A' ? 'B' : 'A';
    const std::vector<std::pair<const char*, std::string>> credentials = {
        {"no header", ""},
        {"Basic", "Basic dXNlcjpwYXNz"},
        {"empty bearer", "Bearer "},
        {"a wrong secret", "Bearer " + wrong},
        {"unknown", "Bearer rc_aaaaaaaaaaaa_" + std::string(49, 'A')},
        {"revoked", "Bearer " + revoked},
        {"another kind", "Bearer ra_" + d.token().substr(3)},
    };
    std::string one_body;
    for (const auto& target : everything(user_id, group_id)) {
        for (const auto& [what, value] : credentials) {
            INFO(target.method << " " << target.path << " with " << what);
            auto request = request_of(target);
            request.headers.push_back({"Authorization", value});
            const auto answer = client.send(std::move(request));
            // Twenty failures a minute, then 429: both refuse, and neither says more than the other about the token.
            if (answer.status == 401) {
                CHECK(answer.header("WWW-Authenticate") != nullptr);
                CHECK(answer.json.at("status").as_string() == "401");
                auto body = answer.body;
                if (const auto at = body.find("(request "); at != std::string::npos) body.resize(at);
                if (one_body.empty()) one_body = body;
                CHECK(body == one_body);
            } else {
                CHECK(answer.status == 429);
                CHECK(answer.header("Retry-After") != nullptr);
            }
        }
    }
    CHECK(client.get("/Users/" + user_id).body + client.get("/Groups/" + group_id).body ==
          before); // and a valid token was never locked
}

TEST_CASE("a token in the query opens nothing, a lower-case scheme does, two Authorization fields are refused")
{
    Desk d;
    d.serve();
    auto client = d.client();
    CHECK(client.send({.target = "/Users?access_token=" + d.token(), .headers = {{"Authorization", ""}}}).status ==
          401);
    CHECK(client.send({.target = "/Users", .headers = {{"Authorization", "bearer " + d.token()}}}).status == 200);
    const auto two =
        client.raw("GET " + client.base() + "/Users HTTP/1.1\r\nHost: " + client.host() + "\r\nAuthorization: Bearer " +
                   d.token() + "\r\nAuthorization: Bearer " + d.token() + "\r\n\r\n");
    CHECK(two.status == 400);
}

TEST_CASE("a token for reading reads everything and changes nothing: 403")
{
    Desk d;
    d.serve();
    auto writer = d.client();
    const auto user_id = id_of(writer.post("/Users", user("kept@x.example")));
    const auto group_id = id_of(writer.post("/Groups", group("kept")));
    auto reader = d.client_of("desk", d.said({"token", "create", "--org", "desk", "--scope", "read"}));
    for (const auto& target : everything(user_id, group_id)) {
        INFO(target.method << " " << target.path);
        CHECK(reader.send(request_of(target)).status == (std::string_view{target.method} == "GET" ? 200 : 403));
    }
    CHECK(writer.get("/Users/" + user_id).status == 200);
}

TEST_CASE("TEN-01: another organisation's path, and its ids everywhere an id may stand, are as good as none")
{
    Desk d;
    d.said({"org", "create", "theirs"});
    d.serve();
    auto ours = d.client();
    auto theirs = d.client_of("theirs", d.said({"token", "create", "--org", "theirs"}));
    const auto their_user = id_of(theirs.post("/Users", user("secret@theirs.example")));
    const auto their_group = id_of(theirs.post("/Groups", group("secret")));
    REQUIRE(theirs.patch("/Groups/" + their_group, patch({operation("Add", "members", {{{"value", their_user}}})}))
                .status == 204);
    const auto before = theirs.get("/Users/" + their_user).body + theirs.get("/Groups/" + their_group).body;
    const auto events = d.said({"audit", "list", "--org", "theirs", "--json"});

    // Their path with our token: 404, never 403.
    auto trespasser = d.client_of("theirs", d.token());
    for (const auto& target : everything(their_user, their_group)) {
        INFO("their path: " << target.method << " " << target.path);
        const auto answer = trespasser.send(request_of(target));
        CHECK(answer.status == 404);
    }
    // Their ids in our paths: exactly what an id that nobody has gets.
    const std::string nobody = "0190b0a0-0000-7000-8000-000000000000";
    const auto without_id = [](std::string body) {
        if (const auto at = body.find("(request "); at != std::string::npos) body.resize(at);
        return body;
    };
    for (const auto& target : everything(their_user, their_group)) {
        if (target.path.find('/', 1) == std::string::npos || target.path.find(their_user) == std::string::npos)
            continue;
        INFO("their id: " << target.method << " " << target.path);
        auto random = target;
        random.path.replace(random.path.find(their_user), their_user.size(), nobody);
        const auto foreign = ours.send(request_of(target));
        const auto unknown = ours.send(request_of(random));
        CHECK(foreign.status == 404);
        CHECK(without_id(foreign.body) == without_id(unknown.body));
    }
    // Their ids as values: stored as text, never a link.
    const auto our_group = id_of(ours.post("/Groups", group("ours")));
    REQUIRE(ours.patch("/Groups/" + our_group,
                       patch({operation("Add", "members", {{{"value", their_user}}, {{"value", nobody}}})}))
                .status == 204);
    const auto members = ours.get("/Groups/" + our_group).json.at("members").as_array();
    REQUIRE(members.size() == 2);
    for (const auto& m : members) {
        CHECK_FALSE(m.as_object().contains("$ref"));
        CHECK_FALSE(m.as_object().contains("display"));
    }
    const auto our_user = id_of(ours.post("/Users", user("me@ours.example")));
    REQUIRE(ours.patch("/Users/" + our_user,
                       patch({operation("Add", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
                                        their_user)}))
                .status == 200);
    for (const auto& filter : {"id eq \"" + their_user + "\"", std::string{"userName eq \"secret@theirs.example\""},
                               std::string{"externalId eq \"ext-secret@theirs.example\""},
                               std::string{"emails.value eq \"secret@theirs.example\""}}) {
        INFO(filter);
        CHECK(ours.get("/Users?filter=" + conformance::query_escape(filter)).json.at("totalResults").as_int64() == 0);
    }
    CHECK(ours.get("/Groups?filter=" +
                   conformance::query_escape("id eq \"" + their_group + "\" and members eq \"" + their_user + "\""))
              .json.at("totalResults")
              .as_int64() == 0);

    CHECK(theirs.get("/Users/" + their_user).body + theirs.get("/Groups/" + their_group).body == before);
    CHECK(d.said({"audit", "list", "--org", "theirs", "--json"}) == events);
}

TEST_CASE(
    "E-33: an address is one account on a server by default, and one in each organisation where the operator says so")
{
    Desk d;
    d.said({"org", "create", "second"});
    const auto token = d.said({"token", "create", "--org", "second"});
    d.serve();
    {
        auto first = d.client();
        auto second = d.client_of("second", token);
        REQUIRE(first.post("/Users", user("one@x.example")).status == 201);
        const auto refused = second.post("/Users", user("ONE@x.example"));
        CHECK(refused.status == 409);
        CHECK(refused.json.at("scimType").as_string() == "uniqueness");
        CHECK(refused.body.find("desk") == std::string::npos); // and not a word about whose it is
    }
    CHECK(d.stop() == Ended{});
    d.serve({.flags = {"--set", "accounts.unique=organisation"}});
    CHECK(d.client_of("second", token).post("/Users", user("ONE@x.example")).status == 201);
    CHECK(d.client().post("/Users", user("one@x.example")).status == 409);
    CHECK(d.stop() == Ended{});
    CHECK_THAT(d.said({"org", "list"}), Catch::Contains("second")); // a command without the setting leaves it alone

    const auto back = d.command({"serve", "--listen", "127.0.0.1:0", "--set", "accounts.unique=server"});
    CHECK(back.ended.code == 3);
    CHECK_THAT(back.errors, Catch::Contains("one@x.example", Catch::CaseSensitive::No));
    d.serve({.flags = {"--set", "accounts.unique=organisation"}}); // nothing was changed by the refusal
    CHECK(d.client().get("/Users?count=0").json.at("totalResults").as_int64() == 1);
}

TEST_CASE(
    "E-109: a token past its rate waits a little, then gets 429 with Retry-After as a SCIM error; another token does "
    "not notice")
{
    Desk d;
    d.serve({.flags = {"--set", "limits.requests_per_second=20", "--set", "limits.requests_burst=5"}});
    auto greedy = d.client();
    auto other = d.client_of("desk", d.said({"token", "create", "--org", "desk"}));
    std::vector<std::jthread> threads;
    std::atomic<int> served{0}, refused{0}, odd{0};
    for (int t = 0; t < 16; ++t)
        threads.emplace_back([&] {
            auto client = d.client();
            for (int i = 0; i < 10; ++i) {
                const auto answer = client.get("/Users?count=0");
                if (answer.status == 200)
                    ++served;
                else if (answer.status == 429 && answer.header("Retry-After") != nullptr &&
                         answer.json.at("status").as_string() == "429")
                    ++refused;
                else
                    ++odd;
            }
        });
    CHECK(other.get("/Users?count=0").status == 200);
    threads.clear();
    CHECK(odd == 0);
    CHECK(refused > 0);
    CHECK(served >= 5);
}

TEST_CASE("a request that is a little early for its rate is delayed, not refused")
{
    Desk d;
    d.serve({.flags = {"--set", "limits.requests_per_second=20", "--set", "limits.requests_burst=1"}});
    auto client = d.client();
    REQUIRE(client.get("/Users?count=0").status == 200);
    const auto begun = std::chrono::steady_clock::now();
    for (int i = 0; i < 10; ++i) CHECK(client.get("/Users?count=0").status == 200);
    CHECK(std::chrono::steady_clock::now() - begun >= 400ms); // ten at twenty a second, less what the first had left
}
