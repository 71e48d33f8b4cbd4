// An organisation's own schemas through the whole program: registered beside a running server, in force when the
// command has returned, kept in backups, told of in the audit.
#include "conformance/desk/desk.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <thread>

using namespace desk;
namespace json = boost::json;
using conformance::query_escape;

namespace {

const std::string urn = "urn:ietf:params:scim:schemas:extension:contoso:2.0:User";

json::value attribute(std::string_view name, std::string_view type)
{
    return json::object{{"name", name}, {"type", type}};
}

std::string file_with(const Desk& d, json::array attributes, std::string_view id = urn)
{
    const auto path = (d.path() / "schema.json").string();
    std::ofstream{path} << json::serialize(
        json::object{{"id", id}, {"name", "Contoso"}, {"attributes", std::move(attributes)}});
    return path;
}

json::object carrying(std::string_view name, json::object extension, std::string_view id = urn)
{
    auto body = user(name);
    body[id] = std::move(extension);
    return body;
}

int found(Client& client, const std::string& filter)
{
    const auto answer = client.get("/Users?filter=" + query_escape(filter));
    return answer.status == 200 ? static_cast<int>(answer.json.at("totalResults").as_int64()) : -answer.status;
}

std::size_t listed(Client& client)
{
    const auto schemas = client.get("/Schemas");
    const auto& all = schemas.json.at("Resources").as_array();
    return static_cast<std::size_t>(std::count_if(
        all.begin(), all.end(), [](const json::value& each) { return each.at("id") == json::value(urn); }));
}

} // namespace

TEST_CASE("a schema registered beside a running server is in force when the command has returned, and so is its end")
{
    Desk d;
    d.serve();
    auto client = d.client();
    REQUIRE(client.get("/Users").status == 200); // the server remembers the organisation as it was
    const auto file = file_with(d, {attribute("badge", "string"), attribute("level", "integer")});
    REQUIRE(d.command({"schema", "add", file, "--org", "desk"}).ended.code == 0);
    CHECK(listed(client) == 1);

    CHECK(client.post("/Users", carrying("wrong", {{"level", "high"}})).status == 400);
    const auto made = client.post("/Users", carrying("ada", {{"Badge", "7"}, {"level", 3}}));
    REQUIRE(made.status == 201);
    CHECK(made.json.at(urn) == json::parse(R"({"badge":"7","level":3})"));
    CHECK(found(client, urn + ":level ge 3") == 1);
    const auto path = "/Users/" + id_of(made);
    CHECK(client.patch(path, patch({operation("replace", urn + ":level", 4)})).status < 300);
    CHECK(found(client, urn + ":level eq 4 and " + urn + ":badge eq \"7\"") == 1);

    const auto in_use = d.command({"schema", "remove", urn, "--org", "desk"});
    CHECK(in_use.ended.code == 1);
    CHECK_THAT(in_use.errors, Catch::Contains("1 resources carry it"));
    CHECK(client.patch(path, patch({operation("remove", urn, json::value{})})).status < 300);
    REQUIRE(d.command({"schema", "remove", urn, "--org", "desk"}).ended.code == 0);
    CHECK(listed(client) == 0);
    CHECK(found(client, urn + ":level ge 3") == -400);
    CHECK(d.command({"schema", "remove", urn, "--org", "desk"}).ended.code == 4);

    const auto audit = d.said({"audit", "list", "--org", "desk"});
    CHECK_THAT(audit, Catch::Contains("addSchema") && Catch::Contains("removeSchema"));
    d.stop();
    require_sound(d);
}

TEST_CASE("a schema that a resource takes up while it is being removed is put back, and the removal is refused")
{
    Desk d;
    d.said({"org", "policy", "desk", "quirkProfile=strict"}); // what comes without a schema is dropped
    d.serve();
    auto client = d.client();
    const auto file = file_with(d, {attribute("badge", "string")});
    const auto removals = [&] {
        const auto told = d.said({"audit", "list", "--org", "desk", "--activity", "removeSchema"});
        return std::count(told.begin(), told.end(), '\n') + (told.empty() ? 0 : 1);
    };
    const auto log_of_store = d.data() / "rollcall.db-wal";
    int put_back = 0;
    for (int round = 0; round < 20 && put_back == 0; ++round) {
        if (listed(client) == 0) REQUIRE(d.command({"schema", "add", file, "--org", "desk"}).ended.code == 0);
        const auto before = removals();
        const auto written = std::filesystem::last_write_time(log_of_store);
        Finished removed;
        std::jthread removing{[&] { removed = d.command({"schema", "remove", urn, "--org", "desk"}); }};
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        while (std::filesystem::last_write_time(log_of_store) == written && std::chrono::steady_clock::now() < until)
            std::this_thread::yield();
        // The schema is gone from the store; most times the server, which looks every 200 ms, has not noticed yet.
        const auto made = client.post("/Users", carrying("ada" + std::to_string(round), {{"badge", "7"}}));
        removing.join();
        REQUIRE(made.status == 201);
        const auto shown = client.get("/Users/" + id_of(made));
        if (made.json.as_object().contains(urn)) {
            put_back += removals() > before ? 1 : 0; // not one that was refused at the first look
            CHECK(removed.ended.code == 1);
            CHECK_THAT(removed.errors, Catch::Contains("1 resources carry it"));
            CHECK(listed(client) == 1);
            CHECK(shown.json.at(urn) == json::parse(R"({"badge":"7"})"));
            CHECK(found(client, urn + ":badge eq \"7\"") == 1);
            CHECK(client.remove("/Users/" + id_of(made)).status == 204);
        } else {
            CHECK(removed.ended.code == 0);
            CHECK(listed(client) == 0);
            CHECK_FALSE(shown.json.as_object().contains(urn));
        }
    }
    CHECK(put_back == 1);
    d.stop();
    require_sound(d);
}

TEST_CASE("values that came before their schema must fit it, and are found under its spelling")
{
    Desk d;
    d.serve();
    auto client = d.client();
    const auto spelt = "URN:ietf:params:scim:schemas:extension:Contoso:2.0:User";
    const auto ada = "/Users/" + id_of(client.post("/Users", carrying("ada", {{"BADGE", "7"}}, spelt)));
    const auto bob = "/Users/" + id_of(client.post("/Users", carrying("bob", {{"badge", "8"}, {"level", "high"}})));

    const auto file = file_with(d, {attribute("badge", "string"), attribute("level", "integer")});
    const auto refused = d.command({"schema", "add", file, "--org", "desk"});
    CHECK(refused.ended.code == 1);
    CHECK_THAT(refused.errors, Catch::Contains("1 of 2 resources") && Catch::Contains("level must be a whole number"));
    CHECK(listed(client) == 0);
    CHECK(client.get(bob).json.at(urn) == json::parse(R"({"badge":"8","level":"high"})"));

    CHECK(client.patch(bob, patch({operation("replace", urn + ":level", 3)})).status < 300);
    const auto before = client.get(bob).json.at("meta");
    REQUIRE(d.command({"schema", "add", file, "--org", "desk"}).ended.code == 0);
    CHECK(client.get(bob).json.at("meta") == before);
    CHECK(client.get(ada).json.at(urn) == json::parse(R"({"badge":"7"})"));
    CHECK(found(client, urn + ":badge eq \"7\"") == 1);
    CHECK(found(client, urn + ":badge pr") == 2);
}

TEST_CASE("a new version takes the place of the old one only if what is stored fits it")
{
    Desk d;
    d.serve();
    auto client = d.client();
    const auto add = [&](json::array attributes, bool replace) {
        std::vector<std::string> arguments{"schema", "add", file_with(d, std::move(attributes)), "--org", "desk"};
        if (replace) arguments.emplace_back("--replace");
        return d.command(std::move(arguments));
    };
    REQUIRE(add({attribute("badge", "string")}, false).ended.code == 0);
    REQUIRE(client.post("/Users", carrying("ada", {{"badge", "7"}})).status == 201);
    CHECK_THAT(add({attribute("badge", "string")}, false).errors, Catch::Contains("--replace"));
    CHECK(add({attribute("badge", "integer")}, true).ended.code == 1);
    CHECK(add({attribute("room", "string")}, true).ended.code == 1);
    CHECK(add({attribute("badge", "string"), attribute("room", "string")}, true).ended.code == 0);
    CHECK(client.get("/Schemas/" + urn).json.at("attributes").as_array().size() == 2);
    CHECK_THAT(d.said({"audit", "list", "--org", "desk"}), Catch::Contains("replaceSchema"));
}

TEST_CASE("schema list and show say what is registered; a wrong file is refused by its place")
{
    const Desk d;
    const auto file = file_with(d, {attribute("badge", "string")});
    REQUIRE(d.command({"schema", "add", file, "--org", "desk"}).ended.code == 0);
    CHECK_THAT(d.said({"schema", "list", "--org", "desk"}), Catch::Contains(urn));
    const auto shown = json::parse(d.said({"schema", "show", urn, "--org", "desk"}));
    CHECK(shown.at("attributes").at(0).at("mutability") == "readWrite");
    CHECK_THAT(d.command({"schema", "show", urn + "s", "--org", "desk"}).errors, Catch::Contains("did you mean"));

    const auto wrong =
        d.command({"schema", "add", file_with(d, {attribute("badge", "interger")}, "urn:contoso:hr"), "--org", "desk"});
    CHECK(wrong.ended.code == 1);
    CHECK_THAT(wrong.errors, Catch::Contains("attributes[0].type") && Catch::Contains("did you mean integer?"));
    CHECK(d.command({"schema", "add", "/nowhere.json", "--org", "desk"}).ended.code == 3);

    // What `show` prints is a file that `add` takes.
    const auto again = (d.path() / "again.json").string();
    std::ofstream{again} << json::serialize(shown);
    d.said({"org", "create", "second"});
    CHECK(d.command({"schema", "add", again, "--org", "second"}).ended.code == 0);

    const auto copy = (d.path() / "copy.db").string();
    d.said({"backup", copy});
    const auto restored = d.path() / "restored";
    std::filesystem::create_directory(restored);
    std::filesystem::copy_file(copy, restored / "rollcall.db");
    std::filesystem::permissions(restored, std::filesystem::perms::owner_all);
    const auto listed_there =
        conformance::run({.program = program(),
                          .arguments = {"schema", "list", "--org", "desk", "--data", restored.string()},
                          .environment = {}},
                         std::chrono::seconds(60));
    CHECK_THAT(listed_there.output, Catch::Contains(urn));
}
