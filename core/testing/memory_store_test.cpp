#include "core/testing/builders.hpp"
#include "core/testing/memory_store.hpp"

#include <boost/json/array.hpp>
#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace core;
using namespace core::testing;

namespace {

// Most promises of a store are in the store contract, which runs on this one too; here is what it does not see.
Result<void> insert(Store& store, OrgId org, const User& user)
{
    Result<void> result;
    store.write(org, [&](WriteTxn& txn) {
        result = txn.insert(user);
        return result ? Keep::yes : Keep::no;
    });
    return result;
}

} // namespace

TEST_CASE("decision 1: a name is taken on the whole server, or in its organisation only")
{
    const auto unique = GENERATE(AccountsUnique::server, AccountsUnique::organisation);
    MemoryStore store{unique};
    const OrgId acme = make_organisation(store, an_organisation().named("acme"));
    const OrgId other = make_organisation(store, an_organisation().named("other"));
    CHECK(insert(store, acme, a_user().named("ada@example.com")).has_value());
    CHECK_FALSE(insert(store, acme, a_user().named("ADA@example.com")).has_value());
    const auto elsewhere = insert(store, other, a_user().named("Ada@example.com"));
    CHECK(elsewhere.has_value() == (unique == AccountsUnique::organisation));
    if (!elsewhere) CHECK(elsewhere.error().reason == Reason::taken);
}

TEST_CASE("what is not kept, or ends in an exception, has not happened")
{
    MemoryStore store;
    const OrgId acme = make_organisation(store, an_organisation());
    const User ada = a_user();
    const auto mark = store.change_mark();
    store.write(acme, [&](WriteTxn& txn) {
        CHECK(txn.insert(ada).has_value());
        txn.append({});
        CHECK(txn.user(ada.id));
        return Keep::no;
    });
    CHECK_THROWS_AS(store.write(acme,
                                [&](WriteTxn& txn) -> Keep {
                                    CHECK(txn.insert(ada).has_value());
                                    throw std::runtime_error{"on the way"};
                                }),
                    std::runtime_error);
    const auto read = store.read(acme);
    CHECK_FALSE(read->user(ada.id));
    CHECK(read->events({}).empty());
    CHECK(store.change_mark() == mark);
    CHECK(insert(store, acme, ada).has_value());
    CHECK(store.change_mark() > mark);
    CHECK_FALSE(read->user(ada.id)); // an open view stays as it was
}

TEST_CASE("a deleted organisation's name stays burnt, and nothing of it can be opened")
{
    MemoryStore store;
    const OrgId acme = make_organisation(store, an_organisation());
    CHECK(insert(store, acme, a_user()).has_value());
    store.registry([&](Registry& registry) {
        registry.erase(acme);
        CHECK_FALSE(registry.create(an_organisation()).has_value());
        return Keep::yes;
    });
    CHECK_THROWS_AS(store.read(acme), std::out_of_range);
    CHECK_THROWS_AS(store.write(acme, [](WriteTxn&) { return Keep::yes; }), std::out_of_range);
    store.registry([&](Registry& registry) {
        CHECK_FALSE(registry.organisation("acme"));
        CHECK_FALSE(registry.create(an_organisation()).has_value());
        CHECK(registry.create(an_organisation().named("acme2")).has_value());
        return Keep::no;
    });
}

TEST_CASE("LOG-03: events are numbered and chained across organisations, and the chain survives an organisation's end")
{
    MemoryStore store;
    const OrgId acme = make_organisation(store, an_organisation().named("acme"));
    const OrgId other = make_organisation(store, an_organisation().named("other"));
    for (const OrgId org : {acme, other, acme}) {
        store.write(org, [](WriteTxn& txn) {
            Event event;
            event.target.name = "ada";
            event.changes = {{"a", 1, 2}};
            txn.append(event);
            return Keep::yes;
        });
    }
    const auto verify = [&] {
        store.read_registry([](Registry& registry) {
            Digest previous{};
            std::int64_t sequence = 0;
            for (const Event& event : registry.events({})) {
                CHECK(event.sequence == ++sequence);
                CHECK(event.chain == chain_of(previous, event));
                previous = event.chain;
            }
            CHECK(sequence == 3);
        });
    };
    verify();
    CHECK(store.read(acme)->events({}).size() == 2);
    store.registry([&](Registry& registry) {
        registry.erase(acme);
        return Keep::yes;
    });
    verify();
    store.read_registry([](Registry& registry) {
        CHECK(registry.events({}).front().changes.empty());
        CHECK(registry.events({}).front().target.name.empty());
    });
}

TEST_CASE("writers wait for each other and lose nothing")
{
    MemoryStore store;
    const OrgId acme = make_organisation(store, an_organisation());
    const Group crew = a_group();
    store.write(acme, [&](WriteTxn& txn) {
        CHECK(txn.insert(crew).has_value());
        return Keep::yes;
    });
    {
        std::vector<std::jthread> clients;
        for (int client = 0; client < 4; ++client) {
            clients.emplace_back([&, client] {
                for (int i = 0; i < 25; ++i) {
                    store.write(acme, [&](WriteTxn& txn) {
                        txn.add_members(crew.id, {std::to_string(client) + "/" + std::to_string(i)});
                        return Keep::yes;
                    });
                }
            });
        }
    }
    CHECK(store.read(acme)->group(crew.id)->member_count == 100);
}

TEST_CASE("the clock by hand and the ids in a row do as they are told")
{
    ManualClock clock;
    CHECK(clock.now() == day(0));
    clock.tick(std::chrono::hours{24});
    CHECK(clock.now() == day(1));
    clock.set(day(7));
    CHECK(clock.now() == day(7));
    SequentialIds ids;
    CHECK(to_text(ids.next()) == "00000000-0000-7000-8000-000000000001");
    CHECK(to_text(ids.next()) == "00000000-0000-7000-8000-000000000002");
}
