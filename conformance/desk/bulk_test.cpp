// /Bulk and /Me through the whole program: over TLS, on a real store, and across a crash.
#include "conformance/desk/desk.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include <csignal>

using namespace desk;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

// A group and its members, the group first: all of them refer to each other.
json::object team(const std::string& name, int members)
{
    json::array list, operations;
    for (int i = 0; i < members; ++i) list.push_back(json::object{{"value", "bulkId:" + std::to_string(i)}});
    auto made = group(name);
    made["members"] = list;
    operations.push_back(json::object{{"method", "POST"}, {"path", "/Groups"}, {"bulkId", "team"}, {"data", made}});
    for (int i = 0; i < members; ++i)
        operations.push_back(json::object{{"method", "POST"},
                                          {"path", "/Users"},
                                          {"bulkId", std::to_string(i)},
                                          {"data", user(name + std::to_string(i) + "@x.example")}});
    return {{"schemas", json::array{"urn:ietf:params:scim:api:messages:2.0:BulkRequest"}}, {"Operations", operations}};
}

std::int64_t count(Client& client, const std::string& kind)
{
    return client.get("/" + kind + "?count=0").json.at("totalResults").as_int64();
}

} // namespace

TEST_CASE("a Bulk of a group and its members is carried out over TLS, and its events tell one request")
{
    Desk d;
    d.serve();
    auto client = d.client();
    const auto answer = client.post("/Bulk", team("Sales", 100));
    REQUIRE(answer.status == 200);
    const auto& operations = answer.json.at("Operations").as_array();
    REQUIRE(operations.size() == 101);
    for (const auto& each : operations) CHECK(each.at("status").as_string() == "201");
    const std::string location{operations.at(0).at("location").as_string()};
    CHECK_THAT(location, Catch::StartsWith(d.url() + "/Groups/"));
    const auto made = client.get(location.substr(d.url().size()));
    CHECK(made.json.at("members").as_array().size() == 100);
    CHECK(count(client, "Users") == 100);

    const auto lines = d.said({"audit", "list", "--org", "desk", "--json"});
    const std::string request{*answer.header("X-Request-Id")};
    std::size_t told = 0;
    for (auto at = lines.find(request); at != std::string::npos; at = lines.find(request, at + 1)) ++told;
    CHECK(told >= 101);
    CHECK(d.stop() == Ended{});
    require_sound(d);
}

TEST_CASE("REL-02: a crash keeps all of a Bulk or nothing of it, and all of one that was acknowledged")
{
    struct Row {
        const char* place;
        bool is_kept;
    };
    const auto row = GENERATE(values<Row>({{"before_commit:%", false}, {"after_commit_before_answer:%", true}}));
    Desk d;
    {
        d.serve();
        auto client = d.client();
        REQUIRE(client.post("/Bulk", team("Acknowledged", 20)).status == 200);
        d.server().kill();
    }
    std::int64_t users = 20, groups = 1;
    // The first commits are the server's own (its heartbeat), before the Bulk's or just after: the second, third or
    // fourth is the Bulk's in one of a few rounds.
    for (int round = 0; round < 18; ++round) {
        std::string place = row.place;
        place.replace(place.find('%'), 1, std::to_string(2 + round % 3));
        INFO(place);
        const auto port = conformance::free_port();
        Process server{
            {.program = failpoint_program(),
             .arguments = {"serve", "--data", d.data().string(), "--listen", "127.0.0.1:" + std::to_string(port)},
             .environment = {{"ROLLCALL_FAILPOINT", place}},
             .log = d.path() / "failing"}};
        const auto root = "https://127.0.0.1:" + std::to_string(port);
        bool is_asked = false, is_answered = false;
        if (conformance::wait_until_ready(server, root + "/readyz", d.ca(), 60s)) {
            Client client{{.url = root + "/orgs/desk/scim/v2", .token = d.token(), .ca_file = d.ca()}};
            try {
                is_asked = true;
                is_answered = client.post("/Bulk", team("Round" + std::to_string(round), 20)).status == 200;
            } catch (const conformance::Unreachable&) {
            }
        }
        if (is_answered) server.kill();
        const auto ended = server.wait(20s);
        REQUIRE(ended.has_value());
        require_sound(d);
        d.serve();
        auto client = d.client();
        const auto users_now = count(client, "Users"), groups_now = count(client, "Groups");
        const bool is_there = users_now == users + 20 && groups_now == groups + 1;
        CHECK((is_there || (users_now == users && groups_now == groups)));
        if (is_answered) CHECK(is_there);
        if (!is_asked) CHECK_FALSE(is_there);
        const bool has_died = is_asked && !is_answered && ended->signal == SIGABRT;
        if (has_died && !row.is_kept) CHECK_FALSE(is_there);
        if (has_died && is_there == row.is_kept) return; // it was the Bulk's own commit
        users = users_now;
        groups = groups_now;
        d.stop();
    }
    FAIL("no commit was the Bulk's");
}

TEST_CASE("RFC 7644 3.11: a token made for one user opens /Me, by command and over TLS")
{
    Desk d;
    d.serve();
    auto client = d.client();
    const auto made = client.post("/Users", user("ada@x.example"));
    REQUIRE(made.status == 201);
    const auto id = id_of(made);
    const auto token = d.said({"token", "create", "--org", "desk", "--user", "ADA@x.example"});
    auto own = d.client_of("desk", token);
    const auto me = own.get("/Me");
    CHECK(me.status == 200);
    CHECK(me.body == made.body);
    CHECK(*me.header("Location") == std::string{made.json.at("meta").at("location").as_string()});
    CHECK(own.patch("/Me", patch({operation("replace", "title", "Dr")})).status == 200);
    CHECK(client.get("/Users/" + id).json.at("title").as_string() == "Dr");
    CHECK(own.get("/Users/" + id).status == 200);
    CHECK(own.get("/Users").status == 403);
    CHECK(client.get("/Me").status == 501);

    CHECK(d.command({"token", "create", "--org", "desk", "--user", "nobody"}).ended.code == 4);
    const auto tokens = json::parse(d.said({"token", "list", "--org", "desk", "--json"})).as_array();
    std::size_t bound = 0;
    for (const auto& each : tokens)
        if (each.at("user").is_string() && each.at("user").as_string() == id) ++bound;
    CHECK(bound == 1);
    CHECK_THAT(d.said({"token", "list", "--org", "desk"}), Catch::Contains("ada@x.example"));

    REQUIRE(client.send({.method = "DELETE", .target = "/Users/" + id}).status == 204);
    CHECK(own.get("/Me").status == 404);
    CHECK_THAT(d.said({"token", "list", "--org", "desk"}), Catch::Contains(id)); // it outlives its user
}
