// What operators type, against the real program.
#include "conformance/desk/desk.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sys/stat.h>

using namespace desk;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

unsigned mode_of(const fs::path& path)
{
    struct stat s {};
    REQUIRE(::stat(path.c_str(), &s) == 0);
    return s.st_mode & 07777U;
}

Finished rollcall(std::vector<std::string> arguments, Environment environment = {})
{
    return conformance::run(
        {.program = program(), .arguments = std::move(arguments), .environment = std::move(environment)}, 60s);
}

} // namespace

TEST_CASE("a store, a certificate and a token are made by three commands, with modes for their owner alone")
{
    const Desk d;
    CHECK(std::regex_match(d.token(), std::regex{"rc_[0-9a-z]{12}_[0-9A-Za-z_-]+"}));
    for (const auto* file : {"rollcall.db", "token.key", "tls/server.key", "tls/ca.key"}) {
        INFO(file);
        CHECK(mode_of(d.data() / file) == 0600);
    }
}

TEST_CASE("serve without a certificate refuses and names the command that makes one")
{
    const conformance::TemporaryDirectory folder;
    const auto finished = rollcall({"serve", "--data", (folder.path() / "data").string(), "--listen", "127.0.0.1:0"});
    CHECK(finished.ended.code == 3);
    CHECK_THAT(finished.errors, Catch::Contains("rollcall cert dev"));
}

TEST_CASE("a second server on the same data is refused by name")
{
    Desk d;
    d.serve();
    const auto second = d.command({"serve", "--listen", "127.0.0.1:0"});
    CHECK(second.ended.code == 3);
    CHECK_THAT(second.errors, Catch::Contains("lock") && Catch::Contains(std::to_string(d.server().pid())));
    CHECK(d.client().get("/Users").status == 200);
}

TEST_CASE("plain HTTP is for loopback unless the operator allows more")
{
    Desk d;
    const auto refused = d.command({"serve", "--plain-http", "--listen", "0.0.0.0:0"});
    CHECK(refused.ended.code == 3);
    CHECK_THAT(refused.errors, Catch::Contains("listen.allow_plain"));
    d.serve({.plain = true});
    CHECK(d.client().get("/Users").status == 200);
}

TEST_CASE("an organisation and a token made while the server runs work as soon as the command has returned")
{
    Desk d;
    d.serve();
    d.said({"org", "create", "second"});
    const auto token = d.said({"token", "create", "--org", "second", "--label", "by hand", "--expires", "never"});
    CHECK(d.client_of("second", token).get("/Users").status == 200);
}

TEST_CASE("AUTH-05: old and new tokens work side by side, and a revoked, expired or disabled one ends within a second")
{
    Desk d;
    d.serve();
    const auto extra = d.said({"token", "create", "--org", "desk"});
    auto old_client = d.client();
    auto new_client = d.client_of("desk", extra);
    CHECK(old_client.get("/Users").status == 200);
    CHECK(new_client.get("/Users").status == 200);

    const auto ends_within_a_second = [](Client& client) {
        return conformance::wait_until([&] { return client.get("/Users").status == 401; }, 1000ms);
    };
    d.said({"token", "revoke", d.token().substr(3, 12)});
    CHECK(ends_within_a_second(old_client));
    CHECK(new_client.get("/Users").status == 200);

    d.said({"org", "disable", "desk"});
    CHECK(ends_within_a_second(new_client));
    d.said({"org", "enable", "desk"});
    CHECK(conformance::wait_until([&] { return new_client.get("/Users").status == 200; }, 1000ms));

    auto brief = d.client_of("desk", d.said({"token", "create", "--org", "desk", "--expires", "1500ms"}));
    CHECK(brief.get("/Users").status == 200);
    CHECK(conformance::wait_until([&] { return brief.get("/Users").status == 401; }, 2500ms));
}

TEST_CASE("AUTH-03: neither the database nor a backup contains a usable token")
{
    Desk d;
    d.serve();
    CHECK(d.client().get("/Users").status == 200);
    CHECK(d.stop() == Ended{});
    d.said({"backup", (d.path() / "copy.db").string()});
    const auto secret = d.token().substr(16, 24);
    for (const auto& file :
         {d.data() / "rollcall.db", d.path() / "copy.db", d.data() / "token.key", d.path() / "log"}) {
        INFO(file);
        const auto bytes = conformance::contents_of(file);
        CHECK_FALSE(bytes.empty());
        CHECK(bytes.find(secret) == std::string::npos);
    }
}

TEST_CASE("a token's last use is known to the minute")
{
    Desk d;
    d.serve();
    CHECK(d.client().get("/Users").status == 200);
    CHECK(d.stop() == Ended{});
    const auto tokens = boost::json::parse(d.said({"token", "list", "--org", "desk", "--json"}));
    CHECK(tokens.at(0).at("lastUsedAt").is_string());
}

TEST_CASE("a policy set while the server runs is in force when the command has returned")
{
    Desk d;
    d.serve();
    auto client = d.client();
    CHECK(client.get("/Groups").status == 200);
    d.said({"org", "policy", "desk", "groups=false"});
    CHECK(client.get("/Groups").status == 404);
    d.said({"org", "policy", "desk", "groups=true", "quirkProfile=strict"});
    CHECK(client.get("/Groups").status == 200);
    const auto wrong = d.command({"org", "policy", "desk", "retentoin=1d"});
    CHECK(wrong.ended.code == 1);
    CHECK_THAT(wrong.errors, Catch::Contains("retention"));
}

TEST_CASE("the server's policy defaults are the command line's, too, until an organisation says otherwise")
{
    Desk d;
    d.serve({.flags = {"--set", "policy.retention=60d"}});
    const auto retention = [&] {
        return std::string{boost::json::parse(d.said({"org", "policy", "desk", "--json"})).at("retention").as_string()};
    };
    CHECK(retention() == "60d");
    d.said({"org", "policy", "desk", "retention=30d"});
    CHECK(retention() == "30d");
    CHECK(d.stop() == Ended{});
    d.serve({.flags = {"--set", "policy.retention=90d"}});
    CHECK(retention() == "30d");
    d.said({"org", "policy", "desk", "retention=default"});
    CHECK(retention() == "90d");
}

TEST_CASE("a deleted organisation takes its data along, and its name is never used again")
{
    Desk d;
    d.serve();
    auto client = d.client();
    CHECK(client.post("/Users", user("a@x.example")).status == 201);
    CHECK(d.command({"org", "delete", "desk"}).ended.code == 1); // says what would go, and wants --yes
    CHECK(client.get("/Users").status == 200);
    d.said({"org", "delete", "desk", "--yes"});
    CHECK(conformance::wait_until([&] { return client.get("/Users").status == 401; }, 1000ms));
    const auto again = d.command({"org", "create", "desk"});
    CHECK(again.ended.code == 1);
    d.said({"org", "create", "other"});
    const auto token = d.said({"token", "create", "--org", "other"});
    CHECK(d.client_of("other", token).post("/Users", user("a@x.example")).status == 201);
}

TEST_CASE("commands end with the documented codes and name what is wrong")
{
    const Desk d;
    struct Row {
        std::vector<std::string> arguments;
        int code;
        const char* says;
    };
    for (const auto& row : std::vector<Row>{
             {{"org", "show", "dsek"}, 4, "did you mean desk?"},
             {{"org", "create", "Desk"}, 1, "a-z"},
             {{"org", "create", "desk"}, 1, "never used again"},
             {{"token", "create", "--org", "nobody"}, 4, "nobody"},
             {{"token", "create", "--org", "desk", "--scope", "all"}, 2, "--scope"},
             {{"token", "create", "--org", "desk", "--expires", "soon"}, 2, "--expires"},
             {{"token", "revoke", "rc_nothing"}, 4, "token list"},
             {{"user", "show", "--org", "desk", "nobody@x.example"}, 4, "userName"},
             {{"audit", "list", "--activity", "deleteUsers"}, 2, "--activity"},
             {{"audit", "list", "--since", "yesterday"}, 2, "--since"},
             {{"archive", "show", "--org", "desk", "nobody"}, 4, "archive"},
             {{"serve", "--listen", "nowhere"}, 2, "server.listen"},
             {{"serve", "--set", "limits.idle_tmie=1s"}, 2, "did you mean limits.idle_time?"},
             {{"serve", "--no-such-flag"}, 2, "--no-such-flag"},
         }) {
        const auto finished = d.command(row.arguments);
        INFO(row.arguments[0] << " " << row.arguments[1] << ": " << finished.errors);
        CHECK(finished.ended.code == row.code);
        CHECK_THAT(finished.errors, Catch::Contains(row.says));
    }
    CHECK(rollcall({"no-such-command"}).ended.code == 2);
    CHECK(rollcall({"org", "list", "--data", "/nonexistent/data"}).ended.code == 3);
    CHECK(rollcall({"config", "check"}, {{"ROLLCALL_LOG_LEVLE", "debug"}}).ended.code == 2);
    CHECK(rollcall({"config", "check"}, {{"ROLLCALL_LOG_LEVEL", "debug"}}).ended.code == 0);
}

TEST_CASE("help is there for every command")
{
    for (const auto* command : {"serve", "cert", "org", "schema", "token", "user", "audit", "archive", "import",
                                "purge", "backup", "check", "config"}) {
        INFO(command);
        const auto finished = rollcall({command, "--help"});
        CHECK(finished.ended == Ended{});
        CHECK(finished.output.size() > 150);
    }
    CHECK_THAT(rollcall({"version"}).output, Catch::StartsWith("rollcall "));
    CHECK_THAT(rollcall({"config", "help"}).output,
               Catch::Contains("limits.header_bytes") && Catch::Contains("ROLLCALL_LIMITS_HEADER_BYTES"));
}

TEST_CASE("a backup taken while the server writes is the store of one instant, and a restored one serves")
{
    Desk d;
    d.serve();
    auto client = d.client();
    for (int i = 0; i < 50; ++i)
        REQUIRE(client.post("/Users", user("u" + std::to_string(i) + "@x.example")).status == 201);
    const auto copy = d.path() / "copy.db";
    d.said({"backup", copy.string()});
    CHECK(mode_of(copy) == 0600);
    CHECK(mode_of(copy.string() + ".token.key") == 0600);
    for (int i = 50; i < 60; ++i)
        REQUIRE(client.post("/Users", user("u" + std::to_string(i) + "@x.example")).status == 201);
    CHECK(d.command({"backup", copy.string()}).ended.code == 1); // never over an existing file
    CHECK(d.stop() == Ended{});

    for (const auto* suffix : {"", "-wal", "-shm"}) fs::remove(d.data() / (std::string{"rollcall.db"} + suffix));
    fs::rename(copy, d.data() / "rollcall.db");
    fs::rename(copy.string() + ".token.key", d.data() / "token.key");
    require_sound(d);
    d.serve();
    CHECK(d.client().get("/Users?count=0").json.at("totalResults").as_int64() == 50);
}

TEST_CASE("REL-10: files that are not a store of ours are refused by name and left as they are")
{
    const auto refused = [](const std::function<void(const fs::path&)>& prepare, const char* says) {
        const conformance::TemporaryDirectory folder;
        const auto data = folder.path() / "data";
        fs::create_directory(data);
        prepare(data / "rollcall.db");
        const auto before =
            fs::is_regular_file(data / "rollcall.db") ? conformance::contents_of(data / "rollcall.db") : std::string{};
        const auto finished = rollcall({"org", "list", "--data", data.string()});
        INFO(finished.errors << finished.output);
        CHECK(finished.ended.code == 3);
        CHECK_THAT(finished.errors, Catch::Contains("rollcall.db") && Catch::Contains(says));
        if (!before.empty()) CHECK(conformance::contents_of(data / "rollcall.db") == before);
    };
    refused(
        [](const fs::path& file) {
            std::ofstream{file} << "this is not a database at all, but it is long enough to look at";
        },
        "");
    refused([](const fs::path& file) { fs::create_directory(file); }, "");
    refused(
        [](const fs::path& file) {
            conformance::run({.program = "sqlite3",
                              .arguments = {file.string(), "CREATE TABLE theirs(x); PRAGMA application_id=7;"}},
                             10s);
        },
        "");
    refused(
        [](const fs::path& file) {
            const Desk d;
            conformance::run(
                {.program = "sqlite3", .arguments = {(d.data() / "rollcall.db").string(), "PRAGMA user_version=9999;"}},
                10s);
            fs::copy_file(d.data() / "rollcall.db", file);
        },
        "newer");
}

TEST_CASE("the audit can be followed as it happens, from any point on")
{
    Desk d;
    d.serve();
    conformance::Process follower{
        {.program = program(),
         .arguments = {"audit", "list", "--org", "desk", "--follow", "--json", "--data", d.data().string()},
         .output = d.path() / "feed"}};
    auto client = d.client();
    REQUIRE(client.post("/Users", user("fed@x.example")).status == 201);
    CHECK(conformance::wait_until(
        [&] { return conformance::contents_of(d.path() / "feed").find("fed@x.example") != std::string::npos; }, 5s));
    CHECK(follower.terminate().signal == 0);
    const auto all = d.said({"audit", "list", "--org", "desk", "--json"});
    const auto last = boost::json::parse(all.substr(all.rfind('\n') + 1));
    CHECK(last.at("activity").as_string() == "createUser");
    CHECK(last.at("category").as_string() == "userManagement");
    const auto after = last.at("sequence").as_int64();
    REQUIRE(client
                .patch("/Users/" + boost::json::value_to<std::string>(last.at("targets").at(0).at("id")),
                       patch({operation("Replace", "active", "False")}))
                .status == 200);
    const auto rest = boost::json::parse(d.said({"audit", "list", "--after", std::to_string(after), "--json"}));
    CHECK(rest.at("activity").as_string() == "deactivateUser");
    CHECK(rest.at("actor").at("id").as_string() == d.token().substr(3, 12));
}
