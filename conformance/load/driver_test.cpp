#include "conformance/load/driver.hpp"
#include "conformance/testing/stand_in.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <catch2/catch.hpp>

#include <atomic>
#include <set>
#include <thread>

using namespace conformance::load;
using namespace std::chrono_literals;
using conformance::testing::Heard;
using conformance::testing::Listener;
using conformance::testing::Said;

namespace {

const std::vector<StoredUser> one = {{"id-1", "a@contoso.example"}};

Shape only(Scenario scenario)
{
    Shape shape;
    shape.scenario = scenario;
    return shape;
}

Bounds at_most(std::uint64_t requests, std::chrono::milliseconds patience = 10s)
{
    return {.time = 20s, .requests = requests, .patience = patience};
}

} // namespace

TEST_CASE("as many requests as allowed are asked, over kept TLS connections, and each answer is counted")
{
    std::atomic<int> heard = 0;
    Listener server{[&](const Heard& request) {
                        ++heard;
                        CHECK(request.target == "/scim/v2/Users/id-1");
                        return Said{.body = R"({"id":"id-1"})"};
                    },
                    Listener::with_tls};
    int began = 0;
    int ended = 0;
    int answers = 0;
    const Watch watch{
        .begins = [&] { ++began; },
        .ends = [&] { ++ended; },
        .answer = [&](int status, std::string_view body) { answers += status == 200 && body == R"({"id":"id-1"})"; }};
    const auto seen =
        drive(target_from(server.url() + "/scim/v2", "T"), only(Scenario::get), one, 3, at_most(50), watch);
    CHECK(seen.requests == 50);
    CHECK(heard == 50);
    CHECK(answers == 50);
    CHECK(seen.bad() == 0);
    CHECK(server.connections() == 3);
    CHECK(began == 1);
    CHECK(ended == 1);
    CHECK(seen.all.count == 50);
    CHECK(seen.reads.count == 50);
    CHECK(seen.writes.count == 0);
    CHECK(seen.all.p50 > 0);
    CHECK(seen.all.max >= seen.all.p99);
}

TEST_CASE("the time ends a run that the count does not")
{
    Listener server{[](const Heard&) { return Said{}; }};
    const auto seen = drive(target_from(server.url(), ""), only(Scenario::miss), {}, 2,
                            {.time = 100ms, .requests = 100'000'000, .patience = 5s});
    CHECK(seen.requests > 0);
    CHECK(seen.seconds <= 0.1001);
}

TEST_CASE("by a schedule each connection asks at its rate and no faster, and waiting behind a slow answer is counted")
{
    Listener quick{[](const Heard&) { return Said{}; }};
    Shape shape = only(Scenario::miss);
    shape.rate = 100;
    const Bounds bounds{.time = 300ms, .requests = 1'000'000, .patience = 5s};
    const auto seen = drive(target_from(quick.url(), ""), shape, {}, 2, bounds);
    CHECK(seen.requests > 10);
    CHECK(seen.requests <= 2 * 31); // thirty intervals and the first
    CHECK(seen.bad() == 0);

    Listener slow{[](const Heard&) {
        std::this_thread::sleep_for(
            50ms); // five intervals: the fifth request in a row is 200 ms late before it is sent
        return Said{};
    }};
    CHECK(drive(target_from(slow.url(), ""), shape, {}, 1, bounds).all.max > 100);
}

TEST_CASE("answers outside 2xx are bad, and the first one is told")
{
    std::atomic<int> heard = 0;
    Listener server{[&](const Heard&) { return ++heard % 2 ? Said{.status = 404, .body = "no such user"} : Said{}; }};
    const auto seen = drive(target_from(server.url(), ""), only(Scenario::get), one, 1, at_most(10));
    CHECK(seen.requests == 10);
    CHECK(seen.bad_status == 5);
    CHECK(seen.socket_errors == 0);
    CHECK(seen.first_bad == "404: no such user");
}

TEST_CASE("a server that closes after each answer as announced is reconnected to without an error")
{
    Listener server{[](const Heard&) { return Said{.close = true}; }};
    const auto seen = drive(target_from(server.url(), ""), only(Scenario::get), one, 1, at_most(5));
    CHECK(seen.requests == 5);
    CHECK(seen.bad() == 0);
    CHECK(server.connections() >= 5);
}

TEST_CASE("no answer in time is a socket error")
{
    Listener server{[](const Heard&) { return Said{.silent = true}; }};
    const auto seen = drive(target_from(server.url(), ""), only(Scenario::get), one, 1, at_most(1, 300ms));
    CHECK(seen.requests == 0);
    CHECK(seen.socket_errors == 1);
}

TEST_CASE("nobody listening is an error at once")
{
    CHECK_THROWS_AS(drive(target_from("https://127.0.0.1:1/", ""), only(Scenario::get), one, 1, at_most(1)),
                    std::runtime_error);
}

TEST_CASE("seeding keeps what the server said, and a refusal ends it")
{
    std::atomic<int> heard = 0;
    bool refuse = false;
    Listener server{[&](const Heard& request) {
        const auto number = ++heard;
        if (refuse && number > 3) return Said{.status = 409, .body = "taken"};
        const auto user = boost::json::parse(request.body);
        return Said{.status = 201,
                    .body = R"({"id":"n)" + std::to_string(number) + R"(","userName":")" +
                            std::string{user.at("userName").as_string()} + "\"}"};
    }};
    const auto target = target_from(server.url(), "");
    const auto users = seed(target, 20, 2, "s");
    REQUIRE(users.size() == 20);
    std::set<std::string> names;
    for (const auto& user : users) names.insert(user.user_name);
    CHECK(names.size() == 20);
    CHECK(names.contains("sn19@contoso.example"));
    heard = 0;
    refuse = true;
    CHECK_THROWS_WITH(seed(target, 20, 1, "s"), Catch::Contains("3 of 20 users made; 409: taken"));
}

TEST_CASE("percentiles are of the nearest rank")
{
    std::vector<float> hundred;
    for (int i = 100; i >= 1; --i) hundred.push_back(static_cast<float>(i));
    const auto seen = latencies_of(hundred);
    CHECK(seen.p50 == 50);
    CHECK(seen.p90 == 90);
    CHECK(seen.p99 == 99);
    CHECK(seen.max == 100);
    std::vector<float> single = {7};
    CHECK(latencies_of(single).p99 == 7);
    std::vector<float> none;
    CHECK(latencies_of(none).count == 0);
}
