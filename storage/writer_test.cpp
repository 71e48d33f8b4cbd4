#include "storage/test_world.hpp"
#include "storage/writer.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

using namespace storage;
using namespace storage::testing;
using core::Keep;

namespace {

struct World : SqliteWorld {
    core::OrgId org = organisation(store(), "acme");

    WriteJob insert_job(std::string name, std::function<void(std::exception_ptr)> done)
    {
        return {org,
                [made = user(std::move(name))](core::WriteTxn& txn) {
                    return txn.insert(made).has_value() ? Keep::yes : Keep::no;
                },
                std::move(done)};
    }
};

} // namespace

TEST_CASE("what was acknowledged can be read")
{
    World world;
    Writer writer{*world.sqlite};
    std::atomic<int> acknowledged{0};
    std::vector<std::thread> clients;
    for (int client = 0; client < 8; ++client)
        clients.emplace_back([&, client] {
            for (int i = 0; i < 25; ++i) {
                const std::string name = std::to_string(client) + "-" + std::to_string(i);
                std::promise<void> answered;
                REQUIRE(writer.submit(world.insert_job(name, [&](std::exception_ptr failure) {
                    if (!failure) ++acknowledged;
                    answered.set_value();
                })));
                answered.get_future().wait();
                if (!world.store().read(world.org)->user_named(name)) acknowledged = -1000;
            }
        });
    for (std::thread& each : clients) each.join();
    CHECK(acknowledged == 200);
    CHECK(writer.figures().jobs == 200);
    CHECK(writer.figures().batches <= 200);
    CHECK(world.store().read(world.org)->users({}).total == 200);
}

TEST_CASE("waiting writes share a commit, and a full queue refuses")
{
    World world;
    std::mutex mutex;
    std::condition_variable changed;
    bool started = false, go_on = false;
    std::atomic<int> done{0};
    Writer writer{*world.sqlite, {.batch = 4, .queue = 6}};
    const WriteJob blocking{world.org,
                            [&](core::WriteTxn&) {
                                std::unique_lock lock{mutex};
                                started = true;
                                changed.notify_all();
                                changed.wait(lock, [&] { return go_on; });
                                return Keep::yes;
                            },
                            [&](std::exception_ptr) { ++done; }};
    REQUIRE(writer.submit(blocking));
    {
        std::unique_lock lock{mutex};
        changed.wait(lock, [&] { return started; });
    }
    for (int i = 0; i < 6; ++i)
        CHECK(writer.submit(world.insert_job("u" + std::to_string(i), [&](std::exception_ptr) { ++done; })));
    CHECK_FALSE(writer.submit(world.insert_job("late", [&](std::exception_ptr) { ++done; })));
    CHECK(writer.figures().waiting == 6);
    {
        const std::lock_guard lock{mutex};
        go_on = true;
        changed.notify_all();
    }
    writer.drain();
    CHECK(done == 7);
    CHECK(writer.figures().batches == 3); // the one that waited, four, two
    CHECK(writer.figures().refused == 1);
    CHECK_FALSE(writer.submit(world.insert_job("closed", [](std::exception_ptr) {})));
    CHECK(world.store().read(world.org)->users({}).total == 6);
}

TEST_CASE("nobody waits for more than one large write")
{
    World world;
    std::mutex mutex;
    std::condition_variable changed;
    bool started = false, go_on = false;
    std::vector<std::string> order;
    const auto done = [&](std::string name) {
        return [&order, name = std::move(name)](std::exception_ptr) { order.push_back(name); };
    };
    Writer writer{*world.sqlite, {.batch = 4, .queue = 6, .large = 3}};
    REQUIRE(writer.submit({world.org,
                           [&](core::WriteTxn&) {
                               std::unique_lock lock{mutex};
                               started = true;
                               changed.notify_all();
                               changed.wait(lock, [&] { return go_on; });
                               return Keep::yes;
                           },
                           done("first")}));
    {
        std::unique_lock lock{mutex};
        changed.wait(lock, [&] { return started; });
    }
    const auto large = [&](const std::string& name) {
        auto job = world.insert_job(name, done(name));
        job.is_large = true;
        return writer.submit(std::move(job));
    };
    for (const auto* name : {"large1", "large2", "large3"}) CHECK(large(name));
    CHECK_FALSE(large("large4")); // their queue is their own
    for (int i = 0; i < 6; ++i) {
        const auto name = "u" + std::to_string(i);
        CHECK(writer.submit(world.insert_job(name, done(name))));
    }
    CHECK(writer.figures().waiting == 9);
    {
        const std::lock_guard lock{mutex};
        go_on = true;
        changed.notify_all();
    }
    writer.drain();
    CHECK(order == std::vector<std::string>{"first", "large1", "u0", "u1", "u2", "u3", "large2", "u4", "u5", "large3"});
    CHECK(writer.figures().batches == 6); // each large one by itself
    CHECK(world.store().read(world.org)->users({}).total == 9);
}

TEST_CASE("leaving the scope finishes what was accepted")
{
    World world;
    std::atomic<int> done{0};
    {
        Writer writer{*world.sqlite};
        for (int i = 0; i < 100; ++i)
            CHECK(writer.submit(world.insert_job("u" + std::to_string(i), [&](std::exception_ptr) { ++done; })));
    }
    CHECK(done == 100);
    CHECK(world.store().read(world.org)->users({}).total == 100);
}
