#include "core/actions/retention.hpp"
#include "core/testing/builders.hpp"
#include "core/testing/memory_store.hpp"

#include <catch2/catch.hpp>

using namespace core;
using namespace core::testing;

namespace {

const Duration a_moment = std::chrono::milliseconds{1};

struct World {
    MemoryStore store;
    OrgId org;

    explicit World(const Policy& policy = {}) : org{make_organisation(store, an_organisation().with(policy))} {}
    static Context context(Instant now) { return {.now = now, .actor = {"server", "sweep"}, .request_id = "s"}; }
    template<class Work>
    void write(Work work)
    {
        store.write(org, [&](WriteTxn& txn) {
            work(txn);
            return Keep::yes;
        });
    }
    // Somebody who came by a claim, or not, and was purged on that day.
    void bury(const std::string& name, Instant at, Provenance how = Provenance::scim)
    {
        write([&](WriteTxn& txn) {
            const User user = a_user().named(name).arrived_by(how);
            REQUIRE(txn.insert(user).has_value());
            actions::remove_user(txn, context(at), user, DeletionCause::directory);
        });
    }
    std::vector<ArchiveRecord> archive() { return store.read(org)->archived({}); }
    std::int64_t erase(Instant now)
    {
        std::int64_t erased = 0;
        write([&](WriteTxn& txn) { erased = actions::erase_due_archive(txn, context(now), 10); });
        return erased;
    }
};

} // namespace

TEST_CASE(
    "S-211, S-212: a deleted user is archived for as long as the policy of the organisation says that has them now, "
    "claimed or not")
{
    Policy policy;
    policy.archive_retention = std::chrono::days{10};
    World world{policy};
    const auto how = GENERATE(Provenance::scim, Provenance::claim);
    world.bury("ada@example.com", day(0), how);
    REQUIRE(world.archive().size() == 1);
    CHECK(world.archive()[0].keep_until == day(10));
    CHECK(world.erase(day(10) - a_moment) == 0);
    CHECK(world.erase(day(10)) == 1);
    CHECK(world.archive().empty());
    CHECK(world.erase(day(10)) == 0);
}

TEST_CASE("S-213: a held record outlives its time, and goes when it is let go; both are told by number alone")
{
    World world;
    world.bury("ada@example.com", day(0));
    const auto number = world.archive()[0].number;
    world.write([&](WriteTxn& txn) {
        CHECK(actions::hold_archived(txn, World::context(day(1)), number, true)->held);
        CHECK(actions::hold_archived(txn, World::context(day(2)), number, true)->held); // again: nothing more
        CHECK(actions::hold_archived(txn, World::context(day(1)), number + 1, true).error().reason ==
              Reason::not_found);
    });
    CHECK(world.erase(day(5000)) == 0);
    world.write(
        [&](WriteTxn& txn) { CHECK_FALSE(actions::hold_archived(txn, World::context(day(3)), number, false)->held); });
    CHECK(world.erase(day(5000)) == 1);
    std::vector<Activity> told;
    for (const auto& event : world.store.read(world.org)->events({})) {
        if (event.target.kind != TargetKind::archive) continue;
        told.push_back(event.activity);
        CHECK(event.target.id == std::to_string(number));
        CHECK(event.target.name.empty());
    }
    CHECK(told == std::vector{Activity::hold_archive, Activity::unhold_archive, Activity::erase_archive});
}

TEST_CASE("what events tell is kept for ever, or for the policy's auditRetention to the millisecond")
{
    Policy policy;
    policy.audit_retention = std::chrono::days{5};
    World forgetting{policy}, keeping;
    for (World* const world : {&forgetting, &keeping}) {
        world->bury("ada@example.com", day(0));
        world->bury("bob@example.com", day(1));
    }
    const auto forget = [](World& world, Instant now) {
        std::optional<std::int64_t> last;
        world.write([&](WriteTxn& txn) { last = actions::forget_old_events(txn, now, 0, 10); });
        return last;
    };
    CHECK_FALSE(forget(keeping, day(5000)));
    CHECK_FALSE(forget(forgetting, day(5)));
    CHECK(forget(forgetting, day(5) + a_moment));
    const auto events = forgetting.store.read(forgetting.org)->events({});
    REQUIRE(events.size() == 2);
    CHECK(events[0].target.name.empty());
    CHECK(events[0].changes.empty());
    CHECK(events[1].target.name == "bob@example.com");
}
