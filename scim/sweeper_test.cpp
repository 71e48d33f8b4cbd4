#include "core/testing/builders.hpp"
#include "core/testing/memory_store.hpp"
#include "scim/sweeper.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <future>
#include <vector>

using namespace scim;
using namespace core::testing;
using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

namespace {

const core::Actor server{"server", "sweep"};

struct World {
    core::testing::MemoryStore store;
    core::OrgId org = make_organisation(store, an_organisation());
    int batches = 0;
    WriteBatch write = [this](core::OrgId id, const auto& work) {
        ++batches;
        store.write(id, work);
    };

    explicit World(int due, int living = 0)
    {
        store.write(org, [&](core::WriteTxn& txn) {
            for (int i = 0; i < due; ++i) CHECK(txn.insert(a_user().soft_deleted(day(0))).has_value());
            for (int i = 0; i < living; ++i) CHECK(txn.insert(a_user()).has_value());
            return core::Keep::yes;
        });
    }
    std::size_t due() { return store.read(org)->users_due_for_purge(day(30), 10'000).size(); }
};

} // namespace

TEST_CASE("a sweep rests between two batches, not after the last")
{
    struct Row {
        int due, batches, rests;
    };
    const auto row = GENERATE(values<Row>({{0, 0, 0}, {3, 1, 0}, {4, 2, 1}, {5, 2, 1}, {11, 3, 2}}));
    INFO(row.due << " due, in batches of 4");
    World world{row.due, 2};
    int rests = 0;
    const auto swept = sweep(world.store, world.write, day(30), server, 4, [&](Steady::duration took) {
        CHECK(took > 0ns);
        return ++rests > 0;
    });
    CHECK(swept.purged == row.due);
    CHECK(swept.is_complete);
    CHECK(world.due() == 0);
    CHECK(world.batches == row.batches);
    CHECK(rests == row.rests);
}

TEST_CASE("a sweep that is ended in a rest keeps what it did and leaves the others to the next")
{
    World world{10};
    const auto first = sweep(world.store, world.write, day(30), server, 4, [](auto) { return false; });
    CHECK(first.purged == 4);
    CHECK_FALSE(first.is_complete);
    CHECK(world.due() == 6);

    const auto second = sweep(world.store, world.write, day(30), server, 4);
    CHECK(second.purged == 6);
    CHECK(second.is_complete);
    CHECK(world.due() == 0);
}

TEST_CASE("a sweep rests as long as its batch took, and while others ask 120 times as long; never longer than a second")
{
    CHECK(rest_after(0ns, true) == 0ns);
    CHECK(rest_after(800us, false) == 800us);
    CHECK(rest_after(800us, true) == 96ms);
    CHECK(rest_after(8ms, true) == 960ms);
    CHECK(rest_after(9ms, true) == 1s);
    CHECK(rest_after(999ms, false) == 999ms);
    CHECK(rest_after(3s, false) == 1s);
}

TEST_CASE("a trickle of requests does not slow the sweep")
{
    CHECK_FALSE(is_busy(0, 1s));
    CHECK_FALSE(is_busy(2, 1ms));
    CHECK(is_busy(3, 1ms));
    CHECK_FALSE(is_busy(25, 1s)); // one directory
    CHECK_FALSE(is_busy(50, 1s));
    CHECK(is_busy(51, 1s));
}

TEST_CASE("the server's sweep keeps out of the way while requests come")
{
    World world{40};
    const ManualClock clock{day(30)};
    Callers callers{world.store, std::vector<std::uint8_t>(32, 7), {}};
    struct Batch {
        Steady::time_point begun, ended;
    };
    std::vector<Batch> batches;
    std::promise<void> all_gone;
    const auto write = [&](core::OrgId id, const auto& work) {
        world.write(id, [&](core::WriteTxn& txn) {
            const auto begun = Steady::now();
            const auto keep = work(txn);
            batches.push_back({begun, Steady::now()});
            return keep;
        });
        if (batches.size() == 2) all_gone.set_value();
    };
    std::uint64_t requests = 0; // asked for on the sweep's thread alone
    const Sweeper sweeper{world.store, write, clock, callers, {10ms, 20, true, [&] { return requests += 1000; }},
                          [] {}};
    REQUIRE(all_gone.get_future().wait_for(30s) == std::future_status::ready);
    const auto took = batches[0].ended - batches[0].begun;
    CHECK(batches[1].begun - batches[0].ended >= std::min<Steady::duration>(100 * took, 900ms));
}

TEST_CASE("the server's sweep goes on until nothing is due, however many turns it takes")
{
    World world{25};
    const ManualClock clock{day(30)};
    Callers callers{world.store, std::vector<std::uint8_t>(32, 7), {}};
    std::promise<void> all_gone;
    const auto write = [&](core::OrgId id, const auto& work) {
        world.write(id, work);
        if (world.batches == 13) all_gone.set_value(); // 12 full ones of 2, and one of 1
    };
    const Sweeper sweeper{world.store, write, clock, callers, {10ms, 2, true}, [] {}};
    REQUIRE(all_gone.get_future().wait_for(30s) == std::future_status::ready);
    CHECK(world.due() == 0);
}

TEST_CASE("the server's sweep ends at its next rest when the server stops")
{
    World world{1000};
    const ManualClock clock{day(30)};
    Callers callers{world.store, std::vector<std::uint8_t>(32, 7), {}};
    std::promise<void> begun;
    std::promise<void> stops;
    std::optional<Sweeper> sweeper;
    const auto write = [&](core::OrgId id, const auto& work) {
        world.write(id, work);
        if (world.batches > 1) return;
        begun.set_value();
        stops.get_future().wait();
    };
    sweeper.emplace(world.store, write, clock, callers, Sweeper::Options{10ms, 2, true}, [] {});
    REQUIRE(begun.get_future().wait_for(30s) == std::future_status::ready);
    std::thread stopping{[&] { sweeper.reset(); }};
    stops.set_value();
    stopping.join();
    CHECK(world.due() > 0);
}
