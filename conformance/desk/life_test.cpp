// The life of a user over real HTTPS: E-91…E-104, the purge, the archive, and clocks that jump.
#include "conformance/desk/desk.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include <fstream>

using namespace desk;
using namespace std::chrono_literals;

namespace {

// Debian's package faketime; the wall clock moves, the steady clock does not.
constexpr const char* faketime_library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
constexpr const char* upn = "ada@contoso.example";

std::int64_t total(Client& client, const std::string& filter)
{
    const auto answer = client.get("/Users?filter=" + conformance::query_escape(filter));
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    return answer.json.at("totalResults").as_int64();
}

boost::json::value lifecycle_of(Client& client, const std::string& id)
{
    const auto answer = client.get("/Users/" + id + "?attributes=" + conformance::query_escape(lifecycle));
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    return answer.json.at(lifecycle);
}

// Both dialects of Entra, one request or two, either order: how a directory deletes a user.
struct Deletion {
    const char* name;
    std::vector<boost::json::object> requests;
};
std::vector<Deletion> deletions(const std::string& grave)
{
    return {
        {"verbose, one request",
         {patch({operation("Replace", "userName", grave), operation("Replace", "active", "False")})}},
        {"verbose, other order",
         {patch({operation("Replace", "active", "False"), operation("Replace", "userName", grave)})}},
        {"compliant, one request",
         {patch({operation("replace", "", {{"userName", grave}}), operation("replace", "active", false)})}},
        {"two requests",
         {patch({operation("Replace", "userName", grave)}), patch({operation("Replace", "active", "False")})}},
        {"two requests, other order",
         {patch({operation("replace", "active", false)}), patch({operation("replace", "userName", grave)})}},
    };
}

std::string events_of(const Desk& d, const std::string& id)
{
    std::string words;
    const auto lines = d.said({"audit", "list", "--org", "desk", "--user", id, "--json"});
    for (std::size_t at = 0; at < lines.size();) {
        const auto end = std::min(lines.find('\n', at), lines.size());
        words += std::string{boost::json::parse(lines.substr(at, end - at)).at("activity").as_string()} + " ";
        at = end + 1;
    }
    return words;
}

} // namespace

TEST_CASE(
    "E-91, E-92, E-93, E-94, E-95, E-96: soft delete, successor and restore over HTTPS, in every shape Entra sends")
{
    Desk d;
    d.serve();
    auto client = d.client();
    int round = 0;
    for (const auto& shape : deletions("")) {
        INFO(shape.name);
        const auto name = "u" + std::to_string(++round) + "@contoso.example";
        const auto grave = tombstone(std::to_string(round), name);
        const auto id = id_of(client.post("/Users", user(name)));
        const auto group_id = id_of(client.post("/Groups", group("team " + name)));
        REQUIRE(client.patch("/Groups/" + group_id, patch({operation("Add", "members", {{{"value", id}}})})).status ==
                204);

        const auto shapes = deletions(grave);
        for (const auto& request : shapes[static_cast<std::size_t>(round - 1)].requests)
            REQUIRE(client.patch("/Users/" + id, request).status == 200);
        auto buried = client.get("/Users/" + id);
        CHECK(buried.json.at("userName").as_string() == grave);
        CHECK(buried.json.at("active").as_bool() == false);
        CHECK(buried.json.at("externalId").as_string() == "ext-" + name);
        auto life = lifecycle_of(client, id);
        CHECK(life.at("status").as_string() == "inactive");
        CHECK(life.at("reason").as_string() == "softDeleted");
        CHECK(life.at("originalUserName").as_string() == name);
        CHECK(life.as_object().contains("purgeAt"));
        CHECK(total(client, "userName eq \"" + name + "\"") == 0);
        CHECK(total(client, "userName eq \"" + grave + "\"") == 1);
        CHECK(total(client, "externalId eq \"ext-" + name + "\"") == 1);

        auto heir = user(name);
        heir["externalId"] = "heir";
        const auto heir_id = id_of(client.post("/Users", heir));
        CHECK(heir_id != id);
        const auto restore = patch({operation("Replace", "userName", name), operation("Replace", "active", "True")});
        const auto refused = client.patch("/Users/" + id, restore);
        CHECK(refused.status == 409);
        CHECK(refused.json.at("scimType").as_string() == "uniqueness");
        CHECK(client.get("/Users/" + id).body == buried.body); // E-96: the tombstone stays unchanged

        CHECK(client.remove("/Users/" + heir_id).status == 204);
        REQUIRE(client.patch("/Users/" + id, restore).status == 200);
        const auto back = client.get("/Users/" + id);
        CHECK(back.json.at("userName").as_string() == name);
        CHECK(back.json.at("active").as_bool());
        life = lifecycle_of(client, id);
        CHECK(life.at("status").as_string() == "active");
        CHECK_FALSE(life.as_object().contains("purgeAt"));
        CHECK(life.as_object().contains("tokensValidAfter")); // S-210, decision 6: what was revoked stays revoked
        CHECK(client
                  .get("/Groups?filter=" +
                       conformance::query_escape("id eq \"" + group_id + "\" and members eq \"" + id + "\""))
                  .json.at("totalResults")
                  .as_int64() == 1);
    }
}

TEST_CASE("decision 7: active set true alone brings back a soft-deleted user under the original name, or refuses whole")
{
    Desk d;
    d.serve();
    auto client = d.client();
    const auto id = id_of(client.post("/Users", user(upn)));
    REQUIRE(client.patch("/Users/" + id, deletions(tombstone("a", upn))[0].requests[0]).status == 200);
    const auto heir = id_of(client.post("/Users", user(upn)));
    CHECK(client.patch("/Users/" + id, patch({operation("Replace", "active", "True")})).status == 409);
    CHECK(lifecycle_of(client, id).at("reason").as_string() == "softDeleted");
    REQUIRE(client.remove("/Users/" + heir).status == 204);
    const auto back = client.patch("/Users/" + id, patch({operation("Replace", "active", "True")}));
    REQUIRE(back.status == 200);
    CHECK(back.json.at("userName").as_string() == upn);
    CHECK(events_of(d, id) == "createUser softDeleteUser restoreUser ");
}

TEST_CASE("S-009, S-010: an unassigned or blocked user is inactive, visible, and never purged")
{
    Desk d;
    d.serve({.flags = {"--set", "sweep.interval=200ms"}});
    d.said({"org", "policy", "desk", "retention=1s"});
    auto client = d.client();
    const auto id = id_of(client.post("/Users", user(upn)));
    REQUIRE(client.patch("/Users/" + id, patch({operation("Replace", "active", "False")})).status == 200);
    const auto gone = id_of(client.post("/Users", user("gone@contoso.example")));
    REQUIRE(client.patch("/Users/" + gone, deletions(tombstone("b", "gone@contoso.example"))[0].requests[0]).status ==
            200);
    // The sweep has passed: it took the other one, and this one is still there.
    REQUIRE(conformance::wait_until([&] { return client.get("/Users/" + gone).status == 404; }, 20s));
    CHECK(client.get("/Users/" + id).json.at("active").as_bool() == false);
    CHECK_FALSE(lifecycle_of(client, id).as_object().contains("purgeAt"));
    CHECK(total(client, "userName eq \"" + std::string{upn} + "\"") == 1);
}

TEST_CASE("S-059, S-212: the server's own sweep purges a soft-deleted user when its time has come, and the archive "
          "keeps the original name")
{
    Desk d;
    d.serve({.flags = {"--set", "sweep.interval=200ms"}});
    d.said({"org", "policy", "desk", "retention=2s"});
    auto client = d.client();
    const auto id = id_of(client.post("/Users", user(upn)));
    const auto group_id = id_of(client.post("/Groups", group("team")));
    REQUIRE(client.patch("/Groups/" + group_id, patch({operation("Add", "members", {{{"value", id}}})})).status == 204);
    REQUIRE(client.patch("/Users/" + id, deletions(tombstone("c", upn))[1].requests[0]).status == 200);
    CHECK(client.get("/Users/" + id).status == 200);
    REQUIRE(conformance::wait_until([&] { return client.get("/Users/" + id).status == 404; }, 20s));
    CHECK(events_of(d, id) == "createUser softDeleteUser purgeUser ");
    CHECK(client.get("/Groups/" + group_id).json.at("members").as_array().empty());

    const auto record = boost::json::parse(d.said({"archive", "show", "--org", "desk", upn}));
    CHECK(record.at("userId").as_string() == id);
    CHECK(record.at("originalUserName").as_string() == upn);
    CHECK(record.at("cause").as_string() == "retention");
    CHECK(record.at("history").as_array().size() == 3);
    CHECK(record.at("lastState").at("displayName").as_string() == "Display " + std::string{upn});

    // S-069, E-102: the same address again is a new account with nothing of the old one.
    const auto heir = client.post("/Users", user(upn));
    CHECK(heir.status == 201);
    CHECK(id_of(heir) != id);
    CHECK(events_of(d, id_of(heir)) == "createUser ");
}

TEST_CASE("rollcall purge says who is due and purges, once; rollcall user restore brings back whom it has not reached")
{
    Desk d;
    d.serve({.flags = {"--set", "sweep.interval=1h"}});
    d.said({"org", "policy", "desk", "retention=1ms"});
    auto client = d.client();
    std::vector<std::string> ids;
    for (int i = 0; i < 3; ++i) {
        const auto name = "p" + std::to_string(i) + "@contoso.example";
        ids.push_back(id_of(client.post("/Users", user(name))));
        REQUIRE(
            client.patch("/Users/" + ids.back(), deletions(tombstone(std::to_string(i), name))[0].requests[0]).status ==
            200);
    }
    CHECK_THAT(d.said({"purge", "--dry-run"}),
               Catch::Contains("p0@contoso.example") && Catch::Contains("p2@contoso.example"));
    CHECK(client.get("/Users?count=0").json.at("totalResults").as_int64() == 3);
    d.said({"user", "restore", "--org", "desk", ids[2]}); // past its time, and still there: restorable (decision 7)
    CHECK(d.said({"purge", "--json"}) == R"({"purged":2})");
    CHECK(d.said({"purge", "--json"}) == R"({"purged":0})");
    CHECK(client.get("/Users?count=0").json.at("totalResults").as_int64() == 1);
    CHECK(client.get("/Users/" + ids[2]).json.at("userName").as_string() == "p2@contoso.example");
    CHECK(d.stop() == Ended{});
    require_sound(d);
}

TEST_CASE("TEN-05: what rollcall user does beside the server holds for the directory at once")
{
    Desk d;
    d.serve();
    auto client = d.client();
    const std::string path = "/Users/" + id_of(client.post("/Users", user(upn)));
    const auto verb = [&](const char* word) { return d.said({"user", word, "--org", "desk", upn}); };
    CHECK_THAT(verb("protect"), Catch::Contains("is protected: active"));
    CHECK(client.remove(path).status == 403);
    CHECK(client.patch(path, patch({operation("Replace", "active", "False")})).status == 403);
    CHECK(d.command({"user", "protect", "--org", "desk", upn}).ended == Ended{1});
    CHECK(d.command({"user", "purge", "--org", "desk", upn}).ended == Ended{1});
    verb("unprotect");
    CHECK_THAT(verb("deactivate"), Catch::Contains("is deactivated: inactive"));
    CHECK(client.get(path).json.at("active").as_bool() == false);
    verb("reactivate");
    CHECK(client.get(path).json.at("active").as_bool() == true);
    verb("purge");
    CHECK(client.get(path).status == 404);
    CHECK(d.command({"user", "purge", "--org", "desk", upn}).ended == Ended{4});
}

TEST_CASE("E-97, E-98: unassigned and assigned again, a user keeps name, id and memberships")
{
    Desk d;
    d.serve();
    auto client = d.client();
    const auto id = id_of(client.post("/Users", user(upn)));
    const auto group_id = id_of(client.post("/Groups", group("team")));
    REQUIRE(client.patch("/Groups/" + group_id, patch({operation("Add", "members", {{{"value", id}}})})).status == 204);
    REQUIRE(client.patch("/Users/" + id, patch({operation("Replace", "active", "False")})).status == 200);
    CHECK(client.get("/Users/" + id).json.at("userName").as_string() == upn);
    CHECK(total(client, "userName eq \"" + std::string{upn} + "\"") == 1);
    REQUIRE(client
                .patch("/Users/" + id,
                       patch({operation("Replace", "active", "True"), operation("Replace", "displayName", "Ada")}))
                .status == 200);
    CHECK(client.get("/Users/" + id).json.at("active").as_bool());
    CHECK(client.get("/Groups/" + group_id).json.at("members").at(0).at("value").as_string() == id);
}

TEST_CASE("E-100, E-101, E-102, E-104: DELETE purges into the archive, a second is 404, groups outlive their members "
          "and members their groups")
{
    Desk d;
    d.serve();
    auto client = d.client();
    const auto id = id_of(client.post("/Users", user(upn)));
    const auto group_id = id_of(client.post("/Groups", group("team")));
    REQUIRE(client.patch("/Groups/" + group_id, patch({operation("Add", "members", {{{"value", id}}})})).status == 204);
    CHECK(client.remove("/Users/" + id).status == 204);
    CHECK(client.get("/Users/" + id).status == 404);
    CHECK(total(client, "userName eq \"" + std::string{upn} + "\"") == 0);
    CHECK(client.get("/Groups/" + group_id).json.at("members").as_array().empty());
    const auto again = client.remove("/Users/" + id);
    CHECK(again.status == 404);
    CHECK(again.json.at("status").as_string() == "404");
    CHECK(boost::json::parse(d.said({"archive", "show", "--org", "desk", id})).at("cause").as_string() == "directory");
    const auto heir = id_of(client.post("/Users", user(upn)));
    CHECK(heir != id);
    REQUIRE(client.patch("/Groups/" + group_id, patch({operation("Add", "members", {{{"value", heir}}})})).status ==
            204);
    CHECK(client.remove("/Groups/" + group_id).status == 204);
    CHECK(client.get("/Users/" + heir).status == 200);
}

TEST_CASE("REL-19: a clock that jumps while the server runs holds purging until an operator confirms it")
{
    Desk d{faketime_program()};
    const auto clock = d.path() / "clock";
    const auto set_clock = [&](const char* offset) { std::ofstream{clock} << offset << "\n"; };
    set_clock("+0");
    d.said({"org", "policy", "desk", "retention=30d"});
    d.serve({.flags = {"--set", "sweep.interval=200ms"},
             .environment = {{"FAKETIME_TIMESTAMP_FILE", clock.string()},
                             {"FAKETIME_NO_CACHE", "1"},
                             {"FAKETIME_DONT_FAKE_MONOTONIC", "1"},
                             {"LD_PRELOAD", faketime_library}},
             .plain = true});
    auto client = d.client();
    const auto id = id_of(client.post("/Users", user(upn)));
    REQUIRE(client.patch("/Users/" + id, deletions(tombstone("d", upn))[0].requests[0]).status == 200);
    set_clock("+40d");
    REQUIRE(conformance::wait_until([&] { return d.log().find("clock.held") != std::string::npos; }, 20s));
    const auto ready = d.ready();
    CHECK(ready.status == 200); // it serves; only purging waits
    CHECK_THAT(ready.body, Catch::Contains("--confirm-clock"));
    CHECK(client.get("/Users/" + id).status == 200);
    CHECK(d.log().find("sweep.purged") == std::string::npos);

    const Environment forty_days_on = {
        {"FAKETIME", "+40d"}, {"FAKETIME_DONT_FAKE_MONOTONIC", "1"}, {"LD_PRELOAD", faketime_library}};
    CHECK(d.command({"purge"}, forty_days_on).ended.code == 1); // held for the command line, too
    CHECK(client.get("/Users/" + id).status == 200);
    const auto confirmed = d.command({"purge", "--confirm-clock"}, forty_days_on);
    INFO(confirmed.errors);
    CHECK(confirmed.ended == Ended{});
    CHECK(client.get("/Users/" + id).status == 404);
    CHECK(conformance::wait_until([&] { return d.ready().body.find("confirm-clock") == std::string::npos; }, 10s));
}

TEST_CASE(
    "REL-19: at start a gap of more than seven days holds purging, a server that was off for a day purges on time")
{
    struct Row {
        const char* away;
        bool held;
    };
    const auto row =
        GENERATE(values<Row>({{"+1d", false}, {"+6d", false}, {"+8d", true}, {"-1d", true}, {"+400d", true}}));
    INFO(row.away);
    Desk d{faketime_program()};
    d.said({"org", "policy", "desk", "retention=12h"});
    d.serve({.flags = {"--set", "sweep.interval=200ms"}});
    auto client = d.client();
    const auto id = id_of(client.post("/Users", user(upn)));
    REQUIRE(client.patch("/Users/" + id, deletions(tombstone("e", upn))[0].requests[0]).status == 200);
    CHECK(d.stop() == Ended{});
    // Plain HTTP: with such a clock a certificate made today is expired or not yet valid, and refused for that.
    d.serve({.flags = {"--set", "sweep.interval=200ms"},
             .environment = {{"FAKETIME", row.away},
                             {"FAKETIME_DONT_FAKE_MONOTONIC", "1"},
                             {"LD_PRELOAD", faketime_library}},
             .plain = true});
    if (row.held) {
        CHECK(conformance::wait_until([&] { return d.log().find("clock.held") != std::string::npos; }, 20s));
        CHECK(d.log().find("sweep.purged") == std::string::npos);
        CHECK(conformance::contents_of(d.path() / "log").find("clock.held") != std::string::npos);
    } else {
        CHECK(conformance::wait_until([&] { return d.log().find("sweep.purged") != std::string::npos; }, 20s));
        CHECK(d.log().find("clock.held") == std::string::npos);
    }
}
