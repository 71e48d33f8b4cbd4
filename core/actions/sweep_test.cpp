#include "core/actions/sweep.hpp"
#include "core/testing/builders.hpp"
#include "core/testing/memory_store.hpp"

#include <catch2/catch.hpp>

using namespace core;
using namespace core::testing;
using namespace std::chrono_literals;
using actions::ClockVerdict;

namespace {

struct World {
    MemoryStore store;
    OrgId org = make_organisation(store, an_organisation());

    User put(const User& user)
    {
        store.write(org, [&](WriteTxn& txn) {
            CHECK(txn.insert(user).has_value());
            return Keep::yes;
        });
        return user;
    }
    std::vector<User> sweep(Instant now, std::int64_t limit = 100)
    {
        std::vector<User> purged;
        store.write(org, [&](WriteTxn& txn) {
            purged = actions::purge_due(txn, {.now = now, .actor = {"server", "sweep"}, .request_id = {}}, limit);
            return Keep::yes;
        });
        return purged;
    }
};

} // namespace

TEST_CASE("S-059, S-067: the sweep purges at 30 days, not a millisecond before, and once")
{
    World world;
    const User gone = world.put(a_user().named("ada@example.com").soft_deleted(day(0)));
    const User other = world.put(a_user());
    CHECK(world.sweep(day(30) - 1ms).empty());
    CHECK(world.store.read(world.org)->user(gone.id));

    const auto purged = world.sweep(day(30));
    REQUIRE(purged.size() == 1);
    CHECK(purged[0].id == gone.id);
    const auto read = world.store.read(world.org);
    CHECK_FALSE(read->user(gone.id));
    CHECK(read->user(other.id));
    const auto events = read->events({});
    REQUIRE(events.size() == 1);
    CHECK(events[0].activity == Activity::purge_user);
    CHECK(events[0].actor == Actor{"server", "sweep"});
    CHECK(events[0].target.original_name == "ada@example.com");
    const auto records = read->archived({.name_or_id = "ADA@example.com"});
    REQUIRE(records.size() == 1);
    CHECK(records[0].cause == DeletionCause::retention);

    CHECK(world.sweep(day(31)).empty()); // REL-20: a second run changes nothing
    CHECK(world.store.read(world.org)->events({}).size() == 1);
    CHECK(world.store.read(world.org)->archived({}).size() == 1);
}

TEST_CASE("S-075: who a full directory sync left inactive is purged when the 30 days are over, and not before")
{
    World world;
    User absent = a_user().named("ada@example.com").inactive(InactiveReason::directory_absent);
    absent.purge_at = day(30);
    world.put(absent);
    CHECK(world.sweep(day(30) - 1ms).empty());
    CHECK(world.sweep(day(30)).size() == 1);
}

TEST_CASE("the sweep takes the longest due first, as many as it may")
{
    World world;
    const User third = world.put(a_user().soft_deleted(day(3)));
    const User first = world.put(a_user().soft_deleted(day(1)));
    const User second = world.put(a_user().soft_deleted(day(2)));
    const auto purged = world.sweep(day(100), 2);
    REQUIRE(purged.size() == 2);
    CHECK(purged[0].id == first.id);
    CHECK(purged[1].id == second.id);
    CHECK(world.sweep(day(100), 2).size() == 1);
    CHECK_FALSE(world.store.read(world.org)->user(third.id));
}

TEST_CASE("REL-20: who was restored at the last second stays, and so does who merely is inactive")
{
    World world;
    const User restored = world.put(a_user().soft_deleted(day(0)));
    const User blocked = world.put(a_user().inactive());
    const User timed = world.put(a_user().inactive().due(day(40)));
    world.store.write(world.org, [&](WriteTxn& txn) {
        CHECK(actions::restore_user(txn, {.now = day(30), .actor = {}, .request_id = {}}, restored.id).has_value());
        return Keep::yes;
    });
    CHECK(world.sweep(day(39)).empty());
    const auto purged = world.sweep(day(400));
    REQUIRE(purged.size() == 1);
    CHECK(purged[0].id == timed.id);
    CHECK(world.store.read(world.org)->user(restored.id)->is_active());
    CHECK(world.store.read(world.org)->user(blocked.id));
}

TEST_CASE("REL-19: purging waits when the clock cannot be trusted")
{
    const Instant beat = day(0);
    const auto years = [](int count) { return std::chrono::days{365 * count + count / 4}; };
    struct Row {
        const char* what;
        Instant now;
        std::optional<Instant> last_heartbeat;
        std::optional<Duration> steady;
        ClockVerdict verdict;
    };
    const auto row = GENERATE_COPY(values<Row>({
        {"the first start of all", beat, {}, {}, ClockVerdict::fine},
        {"running, a minute on both clocks", beat + 1min, beat, 1min, ClockVerdict::fine},
        {"running, five minutes apart", beat + 6min, beat, 1min, ClockVerdict::fine},
        {"running, more than five minutes ahead", beat + 6min + 1ms, beat, 1min, ClockVerdict::jumped_forward},
        {"running, five minutes behind", beat - 4min, beat, 1min, ClockVerdict::fine},
        {"running, more than five minutes behind", beat - 4min - 1ms, beat, 1min, ClockVerdict::went_back},
        {"running, +1 h", beat + 1h, beat, 1min, ClockVerdict::jumped_forward},
        {"running, +40 d", day(40), beat, 1min, ClockVerdict::jumped_forward},
        {"running, +400 d", day(400), beat, 1min, ClockVerdict::jumped_forward},
        {"running, -1 d", day(-1), beat, 1min, ClockVerdict::went_back},
        {"running, 1970", Instant{}, beat, 1min, ClockVerdict::went_back},
        {"running, 2038", Instant{years(68)}, beat, 1min, ClockVerdict::jumped_forward},
        {"running, 2100", Instant{years(130)}, beat, 1min, ClockVerdict::jumped_forward},
        {"running through a suspended hour that both clocks saw", beat + 1h, beat, 1h, ClockVerdict::fine},
        {"start after a day off", day(1), beat, {}, ClockVerdict::fine},
        {"start after seven days off", day(7), beat, {}, ClockVerdict::fine},
        {"start after more than seven days", day(7) + 1ms, beat, {}, ClockVerdict::jumped_forward},
        {"start at +40 d", day(40), beat, {}, ClockVerdict::jumped_forward},
        {"start at the very beat", beat, beat, {}, ClockVerdict::fine},
        {"start behind the beat", beat - 1ms, beat, {}, ClockVerdict::went_back},
        {"start in 1970", Instant{}, beat, {}, ClockVerdict::went_back},
        {"start in 2100", Instant{years(130)}, beat, {}, ClockVerdict::jumped_forward},
    }));
    INFO(row.what);
    CHECK(actions::judge_clock({row.now, row.last_heartbeat, row.steady}) == row.verdict);
}

TEST_CASE("REL-19: a hold ends by confirmation or after 24 hours of steady time")
{
    const actions::ClockHold hold{day(0), "jumped"};
    CHECK_FALSE(actions::hold_is_over(hold, false, 0h));
    CHECK_FALSE(actions::hold_is_over(hold, false, 24h - 1ms));
    CHECK(actions::hold_is_over(hold, false, 24h));
    CHECK(actions::hold_is_over(hold, true, 0h));
}
