#include "core/actions/licensing.hpp"
#include "core/shelf.hpp"
#include "core/testing/builders.hpp"
#include "core/testing/memory_store.hpp"

#include <catch2/catch.hpp>

using namespace core;
using namespace core::testing;

namespace {

struct World {
    MemoryStore store;
    OrgId org = make_organisation(store, an_organisation());
    Context context{day(1), {"admin", "a"}, "r"};
    SystemIds ids;

    template<class Work>
    auto write(const Work& work)
    {
        decltype(work(std::declval<WriteTxn&>())) result = Refusal{Reason::not_allowed, "", "", ""};
        store.write(org, [&](WriteTxn& txn) {
            result = work(txn);
            return result ? Keep::yes : Keep::no;
        });
        return result;
    }
    Licence licence(const std::string& name, std::optional<std::int64_t> seats, bool is_automatic = false)
    {
        Licence wanted;
        wanted.id = to_text(ids.next());
        wanted.name = name;
        wanted.seats = seats;
        wanted.is_automatic = is_automatic;
        const auto made = write([&](WriteTxn& txn) { return actions::create_licence(txn, context, wanted); });
        REQUIRE(made.has_value());
        return *made;
    }
    Result<User> create(const std::string& name)
    {
        DesiredUser wanted;
        wanted.user_name = name;
        return write([&](WriteTxn& txn) { return actions::create_user(txn, context, ids.next_user(), wanted); });
    }
    Result<User> give(const User& user, const std::vector<std::string>& licences)
    {
        return write([&](WriteTxn& txn) { return actions::set_licences(txn, context, user.id, licences); });
    }
    std::int64_t used(const Licence& licence)
    {
        return ReadShelf<Licence>{store.read(org)->records()}.find(licence.id)->used;
    }
};

} // namespace

TEST_CASE("S-196: whoever arrives gets the automatic licences, and the last seat goes to one")
{
    World world;
    const auto calling = world.licence("Calling", 2, true);
    const auto manual = world.licence("Meetings", 2);
    const auto anna = world.create("anna@example.com"), bert = world.create("bert@example.com");
    REQUIRE(anna.has_value());
    REQUIRE(bert.has_value());
    CHECK(anna->standing.licences == std::vector{calling.id});
    CHECK(world.used(calling) == 2);
    CHECK(world.used(manual) == 0);

    const auto carl = world.create("carl@example.com");
    REQUIRE_FALSE(carl.has_value());
    CHECK(carl.error().reason == Reason::too_many);
    CHECK(carl.error().detail == "all 2 seats of the licence Calling are taken");
    CHECK_FALSE(world.store.read(world.org)->user_named("carl@example.com"));
    CHECK(world.used(calling) == 2);

    REQUIRE(world.write([&](WriteTxn& txn) { return actions::delete_user(txn, world.context, anna->id); }).has_value());
    CHECK(world.used(calling) == 1);
    CHECK(world.create("carl@example.com").has_value());
}

TEST_CASE("licences are given and taken by hand, each with its event, and nothing is half done")
{
    World world;
    const auto a = world.licence("A", 1), b = world.licence("B", {});
    const auto anna = world.create("anna@example.com"), bert = world.create("bert@example.com");
    const auto with_a = world.give(*anna, {a.id});
    REQUIRE(with_a.has_value());
    CHECK(with_a->version == anna->version + 1);
    CHECK(world.give(*anna, {a.id})->version == with_a->version); // again: no change

    const auto refused = world.give(*bert, {b.id, a.id});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().reason == Reason::too_many);
    CHECK(world.used(b) == 0);
    CHECK(world.give(*bert, {"no such"}).error().reason == Reason::invalid_value);

    REQUIRE(world.give(*anna, {b.id}).has_value());
    CHECK(world.used(a) == 0);
    CHECK(world.used(b) == 1);
    EventQuery of_anna;
    of_anna.target_id = to_text(anna->id);
    std::vector<Activity> told;
    for (const auto& event : world.store.read(world.org)->events(of_anna)) told.push_back(event.activity);
    CHECK(told == std::vector{Activity::create_user, Activity::assign_licence, Activity::unassign_licence,
                              Activity::assign_licence});
}

TEST_CASE("a licence is deleted when nobody holds it, and never has fewer seats than are taken")
{
    World world;
    auto a = world.licence("A", 5);
    const auto anna = world.create("anna@example.com");
    REQUIRE(world.give(*anna, {a.id}).has_value());
    const auto remove = [&] {
        return world.write([&](WriteTxn& txn) { return actions::delete_licence(txn, world.context, a.id); });
    };
    CHECK(remove().error().reason == Reason::not_allowed);
    a.seats = 0;
    const auto update = [&] {
        return world.write([&](WriteTxn& txn) { return actions::update_licence(txn, world.context, a); });
    };
    CHECK(update().error().field == "seats");
    a.seats = 1;
    CHECK(update()->used == 1);
    REQUIRE(world.give(*anna, {}).has_value());
    CHECK(remove().has_value());
    CHECK(remove().error().reason == Reason::not_found);
}
