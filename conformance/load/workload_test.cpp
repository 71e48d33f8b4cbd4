#include "conformance/load/workload.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <catch2/catch.hpp>

#include <set>
#include <tuple>

using namespace conformance::load;
using Catch::Contains;
using Catch::StartsWith;

namespace {

const std::vector<StoredUser> three = {{"id-1", "a@contoso.example"}, {"id-2", "b c"}, {"id-3", "d"}};

Workload workload(Scenario scenario, const std::vector<StoredUser>& users = three)
{
    static const Target target{.host = "127.0.0.1", .port = 8443, .tls = true, .base = "/orgs/x/scim/v2", .token = "T"};
    Shape shape;
    shape.scenario = scenario;
    return {target, shape, users, 4};
}

std::string body_of(const std::string& request) { return request.substr(request.find("\r\n\r\n") + 4); }

} // namespace

TEST_CASE("only servers on this machine are loaded")
{
    for (const auto* url : {"https://127.0.0.1:8443/scim/v2", "https://localhost:8443", "http://[::1]:80/x/"})
        CHECK_NOTHROW(target_from(url, ""));
    for (const auto* url : {"https://example.com:443/scim", "https://10.0.0.1:8443", "https://127.0.0.1.example.com:1",
                            "https://128.0.0.1:8443", "https://user@127.0.0.1:8443"})
        CHECK_THROWS_WITH(target_from(url, ""), Contains("only this machine"));
    for (const auto* url : {"127.0.0.1:8443", "ftp://127.0.0.1:8443", "https://127.0.0.1", "https://127.0.0.1:0/",
                            "https://127.0.0.1:99999/", "https://[::1]"})
        CHECK_THROWS_AS(target_from(url, ""), std::invalid_argument);
    const auto target = target_from("https://localhost:8443/orgs/x/scim/v2/", "T");
    CHECK(target.host == "127.0.0.1");
    CHECK(target.port == 8443);
    CHECK(target.base == "/orgs/x/scim/v2");
}

TEST_CASE("each request carries host, bearer and its exact length")
{
    std::string bytes;
    for (const auto scenario : {Scenario::get, Scenario::filter, Scenario::miss, Scenario::list, Scenario::patch,
                                Scenario::post, Scenario::sync, Scenario::mixed, Scenario::beside}) {
        INFO(word(scenario));
        CHECK(scenario_from(word(scenario)) == scenario);
        auto load = workload(scenario);
        for (int i = 0; i < 20; ++i) {
            const auto kind = load.next(0, bytes);
            CHECK_THAT(bytes, Contains("\r\nHost: 127.0.0.1:8443\r\nAuthorization: Bearer T\r\n"));
            CHECK_THAT(bytes, Contains(" /orgs/x/scim/v2/Users"));
            const auto body = body_of(bytes);
            CHECK((kind == Kind::write) == !body.empty());
            if (kind == Kind::write)
                CHECK_THAT(bytes, Contains("\r\nContent-Length: " + std::to_string(body.size()) + "\r\n"));
        }
    }
    CHECK_FALSE(scenario_from("none"));
}

TEST_CASE("filters are escaped, and a miss asks for nobody twice")
{
    std::string bytes;
    const std::vector<StoredUser> odd = {{"id", "b c\"&é"}};
    auto hits = workload(Scenario::filter, odd);
    hits.next(0, bytes);
    CHECK_THAT(bytes, StartsWith("GET /orgs/x/scim/v2/Users?filter=userName%20eq%20%22b%20c%22%26%C3%A9%22 HTTP/1.1"));
    auto misses = workload(Scenario::miss);
    std::set<std::string> asked;
    for (int i = 0; i < 100; ++i) {
        misses.next(0, bytes);
        asked.insert(bytes);
    }
    CHECK(asked.size() == 100);
}

TEST_CASE("patches go round the users and turn in each lap, so that every one changes something")
{
    auto load = workload(Scenario::patch);
    std::string bytes;
    std::string seen;
    for (int i = 0; i < 9; ++i) {
        CHECK(load.next(0, bytes) == Kind::write);
        const auto operation = boost::json::parse(body_of(bytes)).at("Operations").at(0);
        CHECK(operation.at("op") == "Replace");
        CHECK(operation.at("path") == "active");
        seen += bytes.substr(bytes.find("id-"), 4);
        seen += operation.at("value").as_string() == "False" ? "F " : "T ";
    }
    CHECK(seen == "id-1F id-2F id-3F id-1T id-2T id-3T id-1F id-2F id-3F ");
    CHECK(load.patches() == 9);
}

TEST_CASE("a posted user has the enterprise extension, a name of its own and about 1 KB")
{
    auto load = workload(Scenario::post);
    std::string bytes;
    std::set<std::string> names;
    for (std::size_t i = 0; i < 10; ++i) {
        load.next(i % 4, bytes);
        const auto user = boost::json::parse(body_of(bytes));
        CHECK(user.at("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User").at("department") == "Retail Ops");
        names.insert(std::string{user.at("userName").as_string()});
        CHECK(body_of(bytes).size() > 850);
        CHECK(body_of(bytes).size() < 1300);
    }
    CHECK(names.size() == 10);
}

TEST_CASE("sync looks a user up and then posts that same user, on each connection for itself")
{
    auto load = workload(Scenario::sync);
    std::string first;
    std::string second;
    std::string bytes;
    CHECK(load.next(0, first) == Kind::read);
    CHECK(load.next(1, second) == Kind::read);
    CHECK_THAT(first, Contains("runn0%40contoso.example"));
    CHECK_THAT(second, Contains("runn1%40contoso.example"));
    CHECK(load.next(1, bytes) == Kind::write);
    CHECK_THAT(bytes, Contains("\"userName\":\"runn1@contoso.example\""));
    CHECK(load.next(0, bytes) == Kind::write);
    CHECK_THAT(bytes, Contains("\"userName\":\"runn0@contoso.example\""));
    CHECK(load.next(0, bytes) == Kind::read);
}

TEST_CASE("mixed is nine reads to one write; beside keeps writers and readers on connections of their own")
{
    std::string bytes;
    auto mixed = workload(Scenario::mixed);
    int writes = 0;
    for (int i = 0; i < 10'000; ++i) writes += mixed.next(0, bytes) == Kind::write;
    CHECK(writes > 900);
    CHECK(writes < 1100);
    static const Target target{.host = "127.0.0.1", .port = 1, .tls = true, .base = "", .token = ""};
    Workload beside{target, {.scenario = Scenario::beside, .writers = 1}, three, 3};
    for (int i = 0; i < 10; ++i) {
        CHECK(beside.next(0, bytes) == Kind::write);
        CHECK(beside.next(1, bytes) == Kind::read);
        CHECK(beside.next(2, bytes) == Kind::read);
    }
}

TEST_CASE("the pages of a long list are its first hundred, the hundred in the middle and the last hundred")
{
    static const Target target{.host = "127.0.0.1", .port = 1, .tls = true, .base = "/s", .token = ""};
    const auto asked = [&](Scenario scenario, std::size_t stored) {
        std::string bytes;
        Workload{target, {.scenario = scenario, .stored = stored}, {}, 1}.next(0, bytes);
        return bytes.substr(0, bytes.find(" HTTP"));
    };
    CHECK(asked(Scenario::first, 1000) == "GET /s/Users?startIndex=1&count=100");
    CHECK(asked(Scenario::middle, 1000) == "GET /s/Users?startIndex=501&count=100");
    CHECK(asked(Scenario::last, 1000) == "GET /s/Users?startIndex=901&count=100");
    CHECK(asked(Scenario::last, 100) == "GET /s/Users?startIndex=1&count=100");
}

TEST_CASE("each connection's walk goes on at the cursor it was given, and begins again when there is none")
{
    auto load = workload(Scenario::cursor);
    std::string bytes;
    load.next(0, bytes);
    CHECK_THAT(bytes, Contains("?count=100&cursor= HTTP"));
    load.heard(0, R"({"nextCursor":"a+b=","totalResults":3})");
    load.next(1, bytes);
    CHECK_THAT(bytes, Contains("&cursor= HTTP"));
    load.next(0, bytes);
    CHECK_THAT(bytes, Contains("&cursor=a%2Bb%3D HTTP"));
    load.heard(0, R"({"totalResults":3})");
    load.next(0, bytes);
    CHECK_THAT(bytes, Contains("&cursor= HTTP"));
}

TEST_CASE("a bulk request makes a hundred users, none of them twice")
{
    auto load = workload(Scenario::bulk);
    std::string bytes;
    std::set<std::string> names;
    for (int i = 0; i < 2; ++i) {
        load.next(0, bytes);
        CHECK_THAT(bytes, StartsWith("POST /orgs/x/scim/v2/Bulk HTTP"));
        const auto body = boost::json::parse(body_of(bytes));
        for (const auto& operation : body.at("Operations").as_array())
            names.insert(std::string{operation.at("data").at("userName").as_string()});
    }
    CHECK(names.size() == 200);
}

TEST_CASE("a soft delete puts 32 hexadecimal digits before the name and ends the account, one user after the other")
{
    auto load = workload(Scenario::soft_delete);
    std::string bytes;
    std::set<std::string> names;
    for (int i = 0; i < 3; ++i) {
        load.next(0, bytes);
        const auto operations = boost::json::parse(body_of(bytes)).at("Operations");
        const std::string name{operations.at(0).at("value").as_string()};
        CHECK(name.substr(32) == three[static_cast<std::size_t>(i)].user_name);
        CHECK(name.find_first_not_of("0123456789abcdef") >= 32);
        CHECK(operations.at(1).at("value") == "False");
        names.insert(name);
    }
    CHECK(names.size() == 3);
}

TEST_CASE("a member is added and the same one removed again, and no two connections touch one member")
{
    static const Target target{.host = "127.0.0.1", .port = 1, .tls = true, .base = "/s", .token = ""};
    Workload load{target, {.scenario = Scenario::group_member, .group = "g"}, three, 2};
    const auto asked = [&](std::size_t connection) {
        std::string bytes;
        load.next(connection, bytes);
        CHECK_THAT(bytes, StartsWith("PATCH /s/Groups/g HTTP"));
        const auto operation = boost::json::parse(body_of(bytes)).at("Operations").at(0);
        return std::string{operation.at("op").as_string()} + " " +
               std::string{operation.at("value").at(0).at("value").as_string()};
    };
    CHECK(asked(0) == "Add id-1");
    CHECK(asked(1) == "Add id-2");
    CHECK(asked(0) == "Remove id-1");
    CHECK(asked(1) == "Remove id-2");
    CHECK(asked(0) == "Add id-3");
}

TEST_CASE("connections take the tenants in turn, each with its own path and token")
{
    static const Target target{.host = "127.0.0.1", .port = 1, .tls = true, .base = "/s", .token = "S"};
    Workload load{target, {.scenario = Scenario::miss, .tenants = {{"/a", "A"}, {"/b", "B"}}}, {}, 3};
    std::string bytes;
    for (const auto& [connection, path, token] :
         {std::tuple{0U, "GET /a/Users?", "Bearer A\r\n"}, std::tuple{1U, "GET /b/Users?", "Bearer B\r\n"},
          std::tuple{2U, "GET /a/Users?", "Bearer A\r\n"}}) {
        load.next(connection, bytes);
        CHECK_THAT(bytes, StartsWith(path) && Contains(token));
    }
}

TEST_CASE("scenarios that ask for stored users refuse to begin without any")
{
    CHECK_THROWS_WITH(workload(Scenario::get, {}), Contains("seed some first"));
    CHECK_NOTHROW(workload(Scenario::post, {}));
}
