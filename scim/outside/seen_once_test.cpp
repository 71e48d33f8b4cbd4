#include "core/testing/manual_clock.hpp"
#include "scim/outside/seen_once.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using scim::outside::SeenOnce;

namespace {
const core::Instant now = core::testing::day(0);
}

TEST_CASE("a name comes once until its time is over")
{
    SeenOnce seen;
    CHECK(seen.is_first("issuer", "id", now + 1h, now));
    CHECK_FALSE(seen.is_first("issuer", "id", now + 1h, now));
    CHECK_FALSE(seen.is_first("issuer", "id", now + 2h, now + 1h - 1ms));
    CHECK(seen.is_first("issuer", "id", now + 2h, now + 1h));
    CHECK(seen.is_first("other", "id", now + 1h, now));
    CHECK(seen.is_first("issue", "rid", now + 1h, now)); // not the same in another cut
}

TEST_CASE("what is over is forgotten, and when all room is taken by what is not, nothing new comes in")
{
    SeenOnce seen{3};
    for (int i = 0; i < 3; ++i) CHECK(seen.is_first("issuer", std::to_string(i), now + std::chrono::hours{i + 1}, now));
    CHECK_FALSE(seen.is_first("issuer", "3", now + 1h, now));
    CHECK(seen.size() == 3);
    CHECK(seen.is_first("issuer", "3", now + 3h, now + 1h));
    CHECK_FALSE(seen.is_first("issuer", "4", now + 3h, now + 1h));
    CHECK_FALSE(seen.is_first("issuer", "1", now + 3h, now + 1h));
}

TEST_CASE("of many who bring the same name at once, one is first")
{
    SeenOnce seen;
    std::atomic<int> first{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] {
            for (int name = 0; name < 100; ++name)
                if (seen.is_first("issuer", std::to_string(name), now + 1h, now)) ++first;
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(first == 100);
}
