#include "conformance/load/workload.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <catch2/catch.hpp>

#include <set>

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

TEST_CASE("scenarios that ask for stored users refuse to begin without any")
{
    CHECK_THROWS_WITH(workload(Scenario::get, {}), Contains("seed some first"));
    CHECK_NOTHROW(workload(Scenario::post, {}));
}
