#include "core/actions/membership.hpp"
#include "core/testing/builders.hpp"
#include "core/testing/memory_store.hpp"

#include <boost/json/array.hpp>
#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace core;
using namespace core::testing;
namespace bj = boost::json;
using Kind = actions::MemberStep::Kind;
using Values = std::vector<std::string>;

namespace {

struct World {
    MemoryStore store;
    OrgId org = make_organisation(store, an_organisation());
    int today = 0;

    template<class Work>
    auto request(Work work)
    {
        using Answer = decltype(work(std::declval<WriteTxn&>(), std::declval<const Context&>()));
        std::optional<Answer> answer;
        const Context now{.now = day(++today), .actor = {"token", "abc"}, .request_id = "r"};
        store.write(org, [&](WriteTxn& txn) {
            answer.emplace(work(txn, now));
            return answer->has_value() ? Keep::yes : Keep::no;
        });
        return *answer;
    }
    auto create(const std::string& name, const Values& members)
    {
        return request([&](auto& txn, auto& now) {
            return actions::create_group(txn, now, GroupId{next_uuid()}, desired(a_group().named(name)), members);
        });
    }
    auto update(const Group& group, const std::optional<DesiredGroup>& wanted,
                const std::vector<actions::MemberStep>& steps, std::optional<std::int64_t> version = {})
    {
        return request(
            [&](auto& txn, auto& now) { return actions::update_group(txn, now, group.id, wanted, steps, version); });
    }
    Values members(const Group& group)
    {
        Values values;
        for (const Member& member : store.read(org)->members(group.id)) values.push_back(member.value);
        return values;
    }
    Group stored(const Group& group) { return *store.read(org)->group(group.id); }
    std::vector<Event> events_after(std::int64_t sequence)
    {
        EventQuery query;
        query.after = sequence;
        return store.read(org)->events(query);
    }
};

} // namespace

TEST_CASE("a created group has its members, each once, and one event")
{
    World world;
    const auto crew = world.create("Crew", {"b", "a", "b"});
    REQUIRE(crew.has_value());
    CHECK(crew->member_count == 2);
    CHECK(world.stored(*crew) == *crew);
    CHECK(world.members(*crew) == Values{"a", "b"});
    const auto events = world.events_after(0);
    REQUIRE(events.size() == 1);
    CHECK(events[0].activity == Activity::create_group);
    CHECK(events[0].target.name == "Crew");
    CHECK(events[0].changes.back() == Change{"members", nullptr, bj::array{"b", "a"}});
    CHECK(world.create("CREW", {}).error().field == "displayName");
}

TEST_CASE("member steps are taken in order, and only what they come to is told")
{
    struct Row {
        const char* what;
        std::vector<actions::MemberStep> steps;
        Values members;
        Values added;
        Values removed;
    };
    const auto row = GENERATE(values<Row>({
        {"add one", {{Kind::add, {"c"}}}, {"a", "b", "c"}, {"c"}, {}},
        {"add a present one", {{Kind::add, {"a"}}}, {"a", "b"}, {}, {}},
        {"add a present and a new one", {{Kind::add, {"a", "c"}}}, {"a", "b", "c"}, {"c"}, {}},
        {"remove one", {{Kind::remove, {"a"}}}, {"b"}, {}, {"a"}},
        {"remove an absent one", {{Kind::remove, {"x"}}}, {"a", "b"}, {}, {}},
        {"remove all", {{Kind::remove_all, {}}}, {}, {}, {"a", "b"}},
        {"replace by an overlapping list", {{Kind::replace_all, {"b", "c", "c"}}}, {"b", "c"}, {"c"}, {"a"}},
        {"replace by the same list", {{Kind::replace_all, {"b", "a"}}}, {"a", "b"}, {}, {}},
        {"replace by nothing", {{Kind::replace_all, {}}}, {}, {}, {"a", "b"}},
        {"add and remove again", {{Kind::add, {"c"}}, {Kind::remove, {"c"}}}, {"a", "b"}, {}, {}},
        {"remove and add again", {{Kind::remove, {"a"}}, {Kind::add, {"a"}}}, {"a", "b"}, {}, {}},
        {"clear and fill", {{Kind::remove_all, {}}, {Kind::add, {"b", "c"}}}, {"b", "c"}, {"c"}, {"a"}},
        {"no step", {}, {"a", "b"}, {}, {}},
    }));
    INFO(row.what);
    World world;
    const Group crew = *world.create("Crew", {"a", "b"});
    const auto updated = world.update(crew, {}, row.steps);
    REQUIRE(updated.has_value());
    CHECK(world.members(crew) == row.members);
    const bool changed = !row.added.empty() || !row.removed.empty();
    CHECK(updated->changed == changed);
    CHECK(updated->group == world.stored(crew));
    CHECK(updated->group.version == crew.version + (changed ? 1 : 0));
    CHECK(updated->group.last_modified == (changed ? day(2) : day(1)));

    const auto as_json = [](const Values& values) {
        bj::array array;
        for (const auto& value : values) array.push_back(bj::value(value));
        return array;
    };
    std::vector<Change> told;
    for (const Event& event : world.events_after(1)) told.push_back(event.changes.front());
    std::vector<Change> expected;
    if (!row.added.empty()) expected.push_back({"members", nullptr, as_json(row.added)});
    if (!row.removed.empty()) expected.push_back({"members", as_json(row.removed), nullptr});
    CHECK(told == expected);
}

TEST_CASE("attributes and members change together, by one version")
{
    World world;
    const Group crew = *world.create("Crew", {"a"});
    DesiredGroup wanted = desired(crew);
    wanted.display_name = "Team";
    wanted.external_id = "g1";
    const auto updated = world.update(crew, wanted, {{Kind::add, {"b"}}}, 1);
    REQUIRE(updated.has_value());
    CHECK(updated->group.version == 2);
    CHECK(updated->group.member_count == 2);
    CHECK(world.stored(crew) == updated->group);
    const auto events = world.events_after(1);
    REQUIRE(events.size() == 2);
    CHECK(events[0].activity == Activity::update_group);
    CHECK(events[0].changes == std::vector<Change>{{"displayName", "Crew", "Team"}, {"externalId", nullptr, "g1"}});
    CHECK(events[1].activity == Activity::add_members);
    CHECK_FALSE(world.update(crew, wanted, {{Kind::add, {"b"}}})->changed);
}

TEST_CASE("a refused change of a group leaves its members alone, even within the transaction")
{
    World world;
    const Group crew = *world.create("Crew", {"a"});
    const Group team = *world.create("Team", {});
    DesiredGroup wanted = desired(crew);
    wanted.display_name = "team";
    world.store.write(world.org, [&](WriteTxn& txn) {
        const auto refused = actions::update_group(txn, {}, crew.id, wanted, {{Kind::remove_all, {}}});
        CHECK(refused.error().reason == Reason::taken);
        CHECK(txn.has_member(crew.id, "a"));
        return Keep::no;
    });
    CHECK(world.update(crew, {}, {{Kind::remove_all, {}}}, 7).error().reason == Reason::stale);
    CHECK(world.update(a_group(), {}, {}).error().reason == Reason::not_found);
    CHECK(world.members(crew) == Values{"a"});
}

TEST_CASE("E-104: a deleted group is gone and its members are untouched")
{
    World world;
    User ada;
    world.store.write(world.org, [&](WriteTxn& txn) {
        ada = a_user();
        CHECK(txn.insert(ada).has_value());
        return Keep::yes;
    });
    const Group crew = *world.create("Crew", {to_text(ada.id)});
    CHECK(world.store.read(world.org)->user(ada.id)->in_groups);
    const auto remove = [&](std::optional<std::int64_t> version) {
        return world.request([&](auto& txn, auto& now) { return actions::delete_group(txn, now, crew.id, version); });
    };
    CHECK(remove(7).error().reason == Reason::stale);
    CHECK(remove({}).has_value());
    CHECK(remove({}).error().reason == Reason::not_found);
    const auto read = world.store.read(world.org);
    CHECK(read->user(ada.id) == ada);
    CHECK_FALSE(read->group(crew.id));
    const Event event = world.events_after(0).back();
    CHECK(event.activity == Activity::delete_group);
    CHECK(event.changes.back().before == bj::array{bj::value(to_text(ada.id))});
}

TEST_CASE("a group that is deleted leaves the groups around it, which have changed by that")
{
    World world;
    const auto inner = *world.create("Inner", {"a"});
    const auto around = *world.create("Around", {to_text(inner.id), "b"});
    const auto itself = *world.create("Itself", {});
    REQUIRE(world.update(itself, {}, {{Kind::add, {to_text(itself.id), to_text(inner.id)}}}).has_value());
    const auto beside = *world.create("Beside", {"b"});

    const auto sequence = world.events_after(0).back().sequence;
    REQUIRE(world.request([&](auto& txn, auto& now) { return actions::delete_group(txn, now, inner.id); }).has_value());
    CHECK(world.members(around) == Values{"b"});
    CHECK(world.members(itself) == Values{to_text(itself.id)});
    CHECK(world.stored(around).version == around.version + 1);
    CHECK(world.stored(around).last_modified > around.last_modified);
    CHECK(world.stored(beside) == beside);
    const auto told = world.events_after(sequence);
    REQUIRE(told.size() == 1);
    const auto& changes = told.front().changes;
    const auto left =
        std::find_if(changes.begin(), changes.end(), [](const auto& c) { return c.attribute == "groups"; });
    REQUIRE(left != changes.end());
    CHECK(left->before == bj::value(bj::array{{{"value", to_text(around.id)}, {"display", "Around"}},
                                              {{"value", to_text(itself.id)}, {"display", "Itself"}}}));

    REQUIRE(
        world.request([&](auto& txn, auto& now) { return actions::delete_group(txn, now, itself.id); }).has_value());
    CHECK_FALSE(world.store.read(world.org)->group(itself.id));
}
