#include "core/actions/membership.hpp"
#include "core/actions/provision.hpp"
#include "core/domain.hpp"
#include "core/shelf.hpp"
#include "core/testing/builders.hpp"
#include "core/testing/memory_store.hpp"

#include <boost/json/array.hpp>
#include <catch2/catch.hpp>

#include <string>

using namespace core;
using namespace core::testing;
namespace bj = boost::json;

namespace {

const std::string name = "ada@example.com";

// One organisation in a store of its own, and requests that arrive day by day.
struct World {
    MemoryStore store;
    OrgId org = make_organisation(store, an_organisation());
    SequentialIds ids;
    int today = 0;

    Context context()
    {
        return {.now = day(++today), .actor = {"token", "abc"}, .request_id = "r" + std::to_string(today)};
    }
    // Runs one request as a server does: kept when it succeeds, undone when it is refused.
    template<class Work>
    auto request(Work work)
    {
        using Answer = decltype(work(std::declval<WriteTxn&>(), std::declval<const Context&>()));
        std::optional<Answer> answer;
        const Context now = context();
        store.write(org, [&](WriteTxn& txn) {
            answer.emplace(work(txn, now));
            return answer->has_value() ? Keep::yes : Keep::no;
        });
        return *answer;
    }
    User create(const DesiredUser& wanted)
    {
        const auto made =
            request([&](auto& txn, auto& now) { return actions::create_user(txn, now, ids.next_user(), wanted); });
        REQUIRE(made.has_value());
        return *made;
    }
    User create(const std::string& user_name, std::string external_id = {})
    {
        DesiredUser wanted = desired(a_user().named(user_name));
        if (!external_id.empty()) wanted.external_id = std::move(external_id);
        return create(wanted);
    }
    auto update(const UserId& id, const std::string& user_name, bool active)
    {
        return request([&](auto& txn, auto& now) {
            DesiredUser wanted = desired(*txn.user(id));
            wanted.user_name = user_name;
            wanted.active = active;
            return actions::update_user(txn, now, id, wanted);
        });
    }
    auto remove(const UserId& id)
    {
        return request([&](auto& txn, auto& now) { return actions::delete_user(txn, now, id); });
    }
    std::optional<User> user(const UserId& id) { return store.read(org)->user(id); }
    std::vector<Event> events(EventQuery query = {}) { return store.read(org)->events(query); }
};

} // namespace

TEST_CASE("S-002: a created user is there, and one event says who made it and what it has")
{
    World world;
    const User ada = world.create(name, std::string{object_id});
    CHECK(world.user(ada.id) == ada);
    const auto events = world.events();
    REQUIRE(events.size() == 1);
    CHECK(events[0].activity == Activity::create_user);
    CHECK(events[0].actor == Actor{"token", "abc"});
    CHECK(events[0].at == day(1));
    CHECK(events[0].request_id == "r1");
    CHECK(events[0].target == Target{TargetKind::user, to_text(ada.id), name, ""});
    CHECK(events[0].organisation == "acme");
}

TEST_CASE("a taken name is refused and leaves neither user nor event")
{
    World world;
    world.create(name);
    const auto refused = world.request([&](auto& txn, auto& now) {
        return actions::create_user(txn, now, world.ids.next_user(), desired(a_user().named("ADA@example.com")));
    });
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().reason == Reason::taken);
    CHECK(refused.error().field == "userName");
    CHECK(world.events().size() == 1);
    CHECK(world.store.read(world.org)->organisation().user_count == 1);
}

TEST_CASE("E-91 to E-95: soft-deleted, the name is free, and a restore brings everything back")
{
    World world;
    const User ada = world.create(name, std::string{object_id});
    REQUIRE(world.update(ada.id, tombstone(name), false).has_value());
    const auto read = world.store.read(world.org);
    CHECK_FALSE(read->user_named(name)); // E-93
    CHECK(read->user_named(tombstone(name))->id == ada.id);
    CHECK(read->users_with_external_id(object_id).size() == 1);

    REQUIRE(world.update(ada.id, name, true).has_value()); // E-95
    const auto back = world.user(ada.id);
    REQUIRE(back);
    CHECK(back->user_name == name);
    CHECK(back->status == Status::active);
    CHECK(back->external_id == object_id);
    CHECK(world.events().back().activity == Activity::restore_user);
}

TEST_CASE("S-216: the event of a soft deletion names the tombstone and the name behind it")
{
    World world;
    const User ada = world.create(name);
    REQUIRE(world.update(ada.id, tombstone(name), false).has_value());
    const Event event = world.events().back();
    CHECK(event.activity == Activity::soft_delete_user);
    CHECK(event.target.name == tombstone(name));
    CHECK(event.target.original_name == name);
}

TEST_CASE("E-94, E-96, decision 7: a restore whose name is taken by a successor is refused and changes nothing")
{
    World world;
    const User ada = world.create(name, std::string{object_id});
    REQUIRE(world.update(ada.id, tombstone(name), false).has_value());
    const User successor = world.create(name, "another object");
    CHECK(successor.id != ada.id);
    const auto before = world.user(ada.id);
    const auto events_before = world.events().size();

    struct Row {
        const char* how;
        std::string user_name;
        bool active;
    };
    for (const Row& row :
         {Row{"both", name, true}, Row{"active alone", tombstone(name), true}, Row{"the name alone", name, false}}) {
        INFO(row.how);
        const auto refused = world.update(ada.id, row.user_name, row.active);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().reason == Reason::taken);
        CHECK(refused.error().field == "userName");
        CHECK(world.user(ada.id) == before);
    }
    const auto by_operator =
        world.request([&](auto& txn, auto& now) { return actions::restore_user(txn, now, ada.id); });
    REQUIRE_FALSE(by_operator.has_value());
    CHECK(by_operator.error().reason == Reason::taken);
    CHECK(world.user(ada.id) == before);
    CHECK(world.user(successor.id) == successor);
    CHECK(world.events().size() == events_before);
}

TEST_CASE("E-67: a request that changes nothing writes nothing and tells nothing")
{
    World world;
    const User ada = world.create(name);
    const auto updated = world.update(ada.id, name, true);
    REQUIRE(updated.has_value());
    CHECK_FALSE(updated->changed);
    CHECK(updated->user == ada);
    CHECK(world.user(ada.id) == ada);
    CHECK(world.events().size() == 1);
}

TEST_CASE("a request that knows an old version is stale; one that names nobody finds nobody")
{
    World world;
    const User ada = world.create(name);
    const auto update_knowing = [&](UserId id, std::int64_t version) {
        return world.request([&](auto& txn, auto& now) {
            return actions::update_user(txn, now, id, desired(a_user().named("x")), version);
        });
    };
    const auto remove_knowing = [&](UserId id, std::int64_t version) {
        return world.request([&](auto& txn, auto& now) { return actions::delete_user(txn, now, id, version); });
    };
    CHECK(update_knowing(ada.id, 2).error().reason == Reason::stale);
    CHECK(remove_knowing(ada.id, 2).error().reason == Reason::stale);
    CHECK(world.user(ada.id) == ada);
    const UserId nobody{next_uuid()};
    CHECK(update_knowing(nobody, 1).error().reason == Reason::not_found);
    CHECK(remove_knowing(nobody, 1).error().reason == Reason::not_found);
    CHECK(update_knowing(ada.id, 1).has_value());
    CHECK(remove_knowing(ada.id, 2).has_value());
}

TEST_CASE("E-98: an inactive or soft-deleted user keeps memberships")
{
    World world;
    const User ada = world.create(name, std::string{object_id});
    const auto crew = world.request([&](auto& txn, auto& now) {
        return actions::create_group(txn, now, world.ids.next_group(), desired(a_group().named("Crew")),
                                     {to_text(ada.id)});
    });
    REQUIRE(crew.has_value());
    for (const bool with_tombstone : {false, true}) {
        REQUIRE(world.update(ada.id, with_tombstone ? tombstone(name) : name, false).has_value());
        CHECK(world.store.read(world.org)->has_member(crew->id, to_text(ada.id)));
        REQUIRE(world.update(ada.id, name, true).has_value());
        CHECK(world.store.read(world.org)->has_member(crew->id, to_text(ada.id)));
    }
}

TEST_CASE(
    "E-100, decision 9, S-212: a deletion from any living state leaves an archive record, an event and no membership")
{
    struct Row {
        const char* state;
        bool tombstone;
        bool active;
    };
    const auto row =
        GENERATE(values<Row>({{"active", false, true}, {"inactive", false, false}, {"soft-deleted", true, false}}));
    INFO(row.state);
    World world;
    const User ada = world.create(name, std::string{object_id});
    const auto crew = world.request([&](auto& txn, auto& now) {
        return actions::create_group(txn, now, world.ids.next_group(), desired(a_group().named("Crew")),
                                     {to_text(ada.id), "somebody else"});
    });
    REQUIRE(crew.has_value());
    REQUIRE(world.update(ada.id, row.tombstone ? tombstone(name) : name, row.active).has_value());
    const User last = *world.user(ada.id);
    REQUIRE(world.remove(ada.id).has_value());

    const auto read = world.store.read(world.org);
    CHECK_FALSE(read->user(ada.id));
    CHECK_FALSE(read->user_named(last.user_name));
    CHECK_FALSE(read->has_member(crew->id, to_text(ada.id)));
    CHECK(read->has_member(crew->id, "somebody else"));
    CHECK(read->group(crew->id)->version == crew->version + 1); // its representation changed
    CHECK(read->group(crew->id)->last_modified == day(world.today));

    const auto records = read->archived({.name_or_id = name});
    REQUIRE(records.size() == 1);
    CHECK(records[0].user == ada.id);
    CHECK(records[0].original_user_name == name);
    CHECK(records[0].cause == DeletionCause::directory);
    CHECK(records[0].keep_until == day(world.today) + std::chrono::days{365});
    CHECK(records[0].last_state.at("userName") == bj::string_view{last.user_name});
    CHECK(records[0].last_state.at("groups") ==
          bj::array{bj::object{{"value", to_text(crew->id)}, {"display", "Crew"}}});
    REQUIRE_FALSE(records[0].history.empty());
    CHECK(records[0].history.front().activity == Activity::create_user);
    CHECK(records[0].history.back().activity == Activity::delete_user);

    CHECK(world.remove(ada.id).error().reason == Reason::not_found); // E-101
    const User successor = world.create(name, "another object");     // E-102, S-069
    CHECK(successor.id != ada.id);
    CHECK_FALSE(successor.tokens_valid_after);
    CHECK(world.store.read(world.org)->groups_of(to_text(successor.id)).empty());
}

TEST_CASE("a deletion by an operator says so; a converted-away shell cannot be deleted")
{
    World world;
    const User ada = world.create(name);
    Context by_hand = world.context();
    by_hand.actor = {"operator", "cli"};
    world.store.write(world.org, [&](WriteTxn& txn) {
        CHECK(actions::delete_user(txn, by_hand, ada.id).has_value());
        CHECK(txn.archived({.limit = 1}).front().cause == DeletionCause::admin);
        User shell = a_user();
        shell.status = Status::converted_away;
        CHECK(txn.insert(shell).has_value());
        CHECK(actions::delete_user(txn, by_hand, shell.id).error().reason == Reason::not_allowed);
        return Keep::yes;
    });
}

TEST_CASE("an operator restores a soft-deleted user, with an event of their own")
{
    World world;
    const User ada = world.create(name);
    const auto restore = [&](UserId id) {
        return world.request([&](auto& txn, auto& now) { return actions::restore_user(txn, now, id); });
    };
    CHECK(restore(ada.id).error().reason == Reason::not_allowed);
    CHECK(restore(UserId{next_uuid()}).error().reason == Reason::not_found);
    REQUIRE(world.update(ada.id, tombstone(name), false).has_value());
    const auto back = restore(ada.id);
    REQUIRE(back.has_value());
    CHECK(back->user_name == name);
    CHECK(world.user(ada.id) == *back);
    CHECK(world.events().back().activity == Activity::restore_user);
}

TEST_CASE("an external id is held by one user only where the policy says so")
{
    const bool unique = GENERATE(false, true);
    World world;
    world.store.registry([&](Registry& registry) {
        Organisation acme = *registry.organisation("acme");
        acme.policy.unique_external_id = unique;
        registry.replace(acme);
        return Keep::yes;
    });
    world.create(name, "e1");
    DesiredUser second = desired(a_user().named("eve@example.com").known_as("e1"));
    const auto made = world.request(
        [&](auto& txn, auto& now) { return actions::create_user(txn, now, world.ids.next_user(), second); });
    CHECK(made.has_value() == !unique);
    if (unique) CHECK(made.error().field == "externalId");
}

TEST_CASE("S-091, S-099, S-177: where an organisation has registered domains, a directory's user of no verified one is "
          "not verified")
{
    World world;
    CHECK(world.create("before@example.com").status == Status::active); // no domain at all: the directory is trusted
    const auto put = [&](const std::string& domain, DomainState state) {
        world.store.write(world.org, [&](WriteTxn& txn) {
            Domain made;
            made.name = domain;
            made.state = state;
            REQUIRE(Shelf<Domain>{txn.records()}.insert(made).has_value());
            return Keep::yes;
        });
    };
    put("pending.example", DomainState::pending);
    put("verified.example", DomainState::verified);
    put("claimed.example", DomainState::claimed);
    struct Row {
        const char* name;
        Status status;
    };
    for (const Row& row : {Row{"a@verified.example", Status::active}, Row{"b@VERIFIED.example", Status::active},
                           Row{"a@claimed.example", Status::active}, Row{"a@pending.example", Status::not_verified},
                           Row{"a@elsewhere.example", Status::not_verified},
                           Row{"a@sub.verified.example", Status::not_verified}, // a domain is not those below it
                           Row{"no-address", Status::not_verified}}) {
        INFO(row.name);
        CHECK(world.create(row.name).status == row.status);
    }
    CHECK(world.user(world.store.read(world.org)->user_named("before@example.com")->id)->status == Status::active);
}
