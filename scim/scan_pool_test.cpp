#include "scim/scan_pool.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <future>

using scim::ScanPool;

TEST_CASE(
    "a scan pool takes as many as its queue holds beside those that run, refuses the next, and finishes what it took")
{
    std::atomic<int> done{0};
    std::promise<void> gate;
    const auto opened = gate.get_future().share();
    std::promise<void> running;
    {
        ScanPool pool{1, 3};
        REQUIRE(pool.submit([&] {
            running.set_value();
            opened.wait();
            ++done;
        }));
        running.get_future().wait(); // the only thread is busy: what comes now waits
        for (int i = 0; i < 3; ++i) CHECK(pool.submit([&] { ++done; }));
        CHECK_FALSE(pool.submit([&] { ++done; }));
        gate.set_value();
    }
    CHECK(done == 4);
}

TEST_CASE("scans run beside each other")
{
    std::promise<void> first, second; // outlive the pool, whose threads fulfil them
    auto first_runs = first.get_future(), second_runs = second.get_future();
    ScanPool pool{2, 8};
    // Each waits for the other: with one thread neither would end.
    CHECK(pool.submit([&] {
        first.set_value();
        second_runs.wait();
    }));
    CHECK(pool.submit([&] {
        second.set_value();
        first_runs.wait();
    }));
}
