// What every store promises, as sentences; each runs on every store there is.
#include "storage/test_world.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <thread>

using namespace storage::testing;
using core::Comparison;
using core::Keep;
using core::Predicate;
using core::Reason;

namespace {

core::AttributeRef core_attribute(std::string name, std::string sub = {}, bool case_exact = false, bool multi = false)
{
    return {.extension = {},
            .name = std::move(name),
            .sub = std::move(sub),
            .kind = core::ValueKind::text,
            .case_exact = case_exact,
            .multi_valued = multi};
}

std::vector<std::string> names(const std::vector<core::User>& users)
{
    std::vector<std::string> all;
    for (const core::User& each : users) all.push_back(each.user_name);
    return all;
}

using Names = std::vector<std::string>;

template<class World>
struct OneOrganisation : World {
    core::OrgId org = organisation(this->store(), "acme");
    std::unique_ptr<core::ReadTxn> read() { return this->store().read(org); }
};

} // namespace

#define STORES storage::testing::SqliteWorld, storage::testing::MemoryWorld

TEMPLATE_TEST_CASE("a user comes back as it was put in", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    core::User bob = user("Bob@Example.COM", R"({"displayName":"Bob","emails":[{"value":"b@example.com"}]})");
    bob.external_id = "E-1";
    bob.status = core::Status::inactive;
    bob.reason = core::InactiveReason::soft_deleted;
    bob.former_status = core::Status::verified;
    bob.provenance = core::Provenance::csv;
    bob.original_user_name = "bob";
    bob.soft_deleted_at = day(3);
    bob.purge_at = day(33);
    bob.tokens_valid_after = day(2);
    bob.version = 7;
    REQUIRE(insert(world.store(), world.org, bob));

    const auto txn = world.read();
    CHECK(txn->user(bob.id) == bob);
    CHECK(txn->user_named("bob@example.com") == bob);
    CHECK(txn->users_with_external_id("E-1") == std::vector{bob});
    CHECK(txn->users_with_external_id("e-1").empty());
    CHECK_FALSE(txn->user(core::UserId{next_uuid()}));
    CHECK_FALSE(txn->user_named("bobby@example.com"));
    CHECK(txn->organisation().user_count == 1);
    CHECK(txn->organisation().name == "acme");
}

TEMPLATE_TEST_CASE("REL-15: a name is taken in every spelling that folds alike", "[contract]", STORES)
{
    struct Row {
        const char* first;
        const char* second;
        bool taken;
    };
    const auto row = GENERATE(values<Row>({
        {"bob@example.com", "BOB@Example.com", true},
        {"jos\u00e9", "jose\u0301", true}, // composed and decomposed
        {"stra\u00dfe", "STRASSE", true},  // sharp s
        {"\u212aelvin", "kelvin", true},   // the Kelvin sign
        {"\uff42ob", "bob", true},         // full width
        {"\u0131d", "id", false},          // the dotless i is a letter of its own
        {"bob", "bob2", false},
    }));
    OneOrganisation<TestType> world;
    REQUIRE(insert(world.store(), world.org, user(row.first)));
    world.store().write(world.org, [&](core::WriteTxn& txn) {
        const auto second = txn.insert(user(row.second));
        INFO(row.first << " / " << row.second);
        CHECK(second.has_value() == !row.taken);
        if (!second) {
            CHECK(second.error().reason == Reason::taken);
            CHECK(second.error().field == "userName");
        }
        return Keep::no;
    });
}

TEMPLATE_TEST_CASE("an external id is unique only where the policy says so", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    core::User first = user("first"), second = user("second"), third = user("third");
    first.external_id = second.external_id = third.external_id = "same";
    CHECK(insert(world.store(), world.org, first));
    CHECK(insert(world.store(), world.org, second));
    world.store().registry([&](core::Registry& registry) {
        core::Organisation acme = *registry.organisation("acme");
        acme.policy.unique_external_id = true;
        registry.replace(acme);
        return Keep::yes;
    });
    CHECK_FALSE(insert(world.store(), world.org, third));
    third.external_id = "Same";
    CHECK(insert(world.store(), world.org, third));
    change(world.store(), world.org, [&](core::WriteTxn& txn) {
        third.external_id = "same";
        third.version = 2;
        const auto refused = txn.replace(third, 1);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().reason == Reason::taken);
        CHECK(refused.error().field == "externalId");
    });
    CHECK(world.read()->users_with_external_id("same").size() == 2);
}

TEMPLATE_TEST_CASE("a change needs the version that it knows", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    core::User bob = user("bob");
    REQUIRE(insert(world.store(), world.org, bob));
    bob.version = 2;
    bob.status = core::Status::inactive;
    bob.reason = core::InactiveReason::directory;
    change(world.store(), world.org, [&](core::WriteTxn& txn) {
        const auto refused = txn.replace(bob, 9);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().reason == Reason::stale);
        CHECK(txn.replace(bob, 1).has_value());
        CHECK(txn.user(bob.id) == bob);
    });
    CHECK(world.read()->user(bob.id) == bob);
}

TEMPLATE_TEST_CASE("a change may touch any part of a user", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    core::User bob = user("bob", R"({"emails":[{"value":"old@x"},{"value":"keep@x"}]})");
    REQUIRE(insert(world.store(), world.org, bob));
    REQUIRE(insert(world.store(), world.org, user("eve")));
    const auto replace = [&] {
        bool replaced = false;
        world.store().write(world.org, [&](core::WriteTxn& txn) {
            bob.version += 1;
            replaced = txn.replace(bob, bob.version - 1).has_value();
            if (!replaced) bob.version -= 1;
            return replaced ? Keep::yes : Keep::no;
        });
        return replaced;
    };
    const auto by_email = [&](const char* value) {
        const Predicate where =
            Predicate::is(core_attribute("emails", "value", false, true), Comparison::eq, std::string{value});
        return names(world.read()->users({.where = &where}).items);
    };
    CHECK(by_email("OLD@x") == Names{"bob"});

    bob.user_name = "EVE";
    CHECK_FALSE(replace());
    CHECK(world.read()->user_named("bob"));
    bob.user_name = "robert";
    CHECK(replace());
    CHECK_FALSE(world.read()->user_named("bob"));
    CHECK(world.read()->user_named("ROBERT") == bob);
    CHECK(by_email("old@x") == Names{"robert"});

    bob.profile = profile(R"({"emails":[{"value":"new@x"},{"value":"keep@x"},{"value":"robert"}]})");
    CHECK(replace());
    CHECK(by_email("old@x").empty());
    CHECK(by_email("new@x") == Names{"robert"});
    CHECK(by_email("keep@x") == Names{"robert"});
    CHECK(by_email("Robert") == Names{"robert"});

    bob.user_name = "0123456789abcdef0123456789abcdefrobert"; // the address is now no longer the name
    bob.original_user_name = "robert";
    bob.purge_at = day(30);
    bob.soft_deleted_at = day(0);
    CHECK(replace());
    CHECK(by_email("robert") == Names{bob.user_name});
    CHECK(insert(world.store(), world.org, user("robert")));
    CHECK(by_email("robert") == Names{bob.user_name});
    CHECK(world.read()->user(bob.id) == bob);
}

TEMPLATE_TEST_CASE("an erased user leaves nothing but the name free", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    const core::User bob = user("bob", R"({"emails":[{"value":"b@x"}]})");
    const core::Group staff = group("staff");
    REQUIRE(insert(world.store(), world.org, bob));
    change(world.store(), world.org, [&](core::WriteTxn& txn) {
        REQUIRE(txn.insert(staff).has_value());
        CHECK(txn.add_members(staff.id, {core::to_text(bob.id), "other"}).size() == 2);
    });
    change(world.store(), world.org, [&](core::WriteTxn& txn) { txn.erase(bob.id); });
    const auto txn = world.read();
    CHECK_FALSE(txn->user(bob.id));
    CHECK(txn->members(staff.id) == std::vector{core::Member{"other", core::Member::Kind::unknown}});
    CHECK(txn->group(staff.id)->member_count == 1);
    CHECK(txn->groups_of(core::to_text(bob.id)).empty());
    CHECK(txn->organisation().user_count == 0);
    CHECK(insert(world.store(), world.org, user("bob", R"({"emails":[{"value":"b@x"}]})")));
}

TEMPLATE_TEST_CASE("lists come in the order of arrival, with totals", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    const core::OrgId other = organisation(world.store(), "other");
    for (int i = 0; i < 25; ++i) {
        REQUIRE(insert(world.store(), world.org,
                       user("u" + std::to_string(i), i % 2 == 0 ? R"({"title":"even"})" : R"({"title":"odd"})")));
        REQUIRE(insert(world.store(), other, user("o" + std::to_string(i))));
    }
    const auto txn = world.read();
    const auto page = txn->users({.offset = 20, .limit = 3});
    CHECK(names(page.items) == Names{"u20", "u21", "u22"});
    CHECK(page.total == 25);
    CHECK(txn->users({.limit = 0}).items.empty());
    CHECK(txn->users({.limit = 0}).total == 25);
    CHECK(txn->users({.offset = 25}).items.empty());

    const Predicate odd = Predicate::is(core_attribute("title"), Comparison::eq, std::string{"ODD"});
    const auto odds = txn->users({.where = &odd, .offset = 10, .limit = 5});
    CHECK(names(odds.items) == Names{"u21", "u23"});
    CHECK(odds.total == 12);
    CHECK(txn->users({.where = &odd, .limit = 0}).total == 12);
    CHECK(names(txn->users({.where = &odd, .limit = 2, .count = false}).items) == Names{"u1", "u3"});

    const Predicate either =
        Predicate::either(Predicate::is(core_attribute("userName"), Comparison::eq, std::string{"U7"}),
                          Predicate::is(core_attribute("userName"), Comparison::eq, std::string{"u3"}));
    const auto two = txn->users({.where = &either, .offset = 1});
    CHECK(names(two.items) == Names{"u7"});
    CHECK(two.total == 2);

    Names visited;
    txn->each_user(&odd, [&](const core::User& each) {
        visited.push_back(each.user_name);
        return visited.size() < 3;
    });
    CHECK(visited == Names{"u1", "u3", "u5"});
    visited.clear();
    txn->each_user(nullptr, [&](const core::User& each) {
        visited.push_back(each.user_name);
        return true;
    });
    CHECK(visited.size() == 25);
}

TEMPLATE_TEST_CASE("lists are sorted by any attribute, by the primary value, what has none last", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    const auto put = [&](const char* name, const char* json, const char* external_id = nullptr) {
        core::User made = user(name, json);
        if (external_id != nullptr) made.external_id = external_id;
        REQUIRE(insert(world.store(), world.org, made));
    };
    put("bob", R"({"title":"b","emails":[{"value":"z@x"},{"value":"b@x","primary":true}]})", "e2");
    put("Anna", R"({"title":"B","emails":[{"value":"c@x","primary":false},{"value":"a@x"}]})", "E1");
    put("chris", R"({"emails":[{"type":"work"}]})", "e1");
    put("\u00c4nne", R"({"title":"a"})");

    struct Row {
        const char* when;
        core::Sort sort;
        Names expected;
    };
    const auto by = [](core::AttributeRef attribute) { return core::Sort{std::move(attribute), false}; };
    const std::vector<Row> rows{
        {"text without case", by(core_attribute("userName")), {"Anna", "bob", "chris", "\u00c4nne"}},
        {"text with case", by(core_attribute("userName", "", true)), {"Anna", "bob", "chris", "\u00c4nne"}},
        {"equals in order of arrival", by(core_attribute("title")), {"\u00c4nne", "bob", "Anna", "chris"}},
        {"the primary value, or the first",
         by(core_attribute("emails", "value", false, true)),
         {"bob", "Anna", "chris", "\u00c4nne"}},
        {"a multi-valued attribute stands for its value",
         by(core_attribute("emails", "", false, true)),
         {"bob", "Anna", "chris", "\u00c4nne"}},
        {"external ids with case", by(core_attribute("externalId", "", true)), {"Anna", "chris", "bob", "\u00c4nne"}},
        {"nobody has one", by(core_attribute("unheardOf")), {"bob", "Anna", "chris", "\u00c4nne"}},
    };
    const auto txn = world.read();
    for (const Row& row : rows) {
        INFO(row.when);
        core::Query query;
        query.sort = &row.sort;
        CHECK(names(txn->users(query).items) == row.expected);
        core::Sort backwards = row.sort;
        backwards.descending = true;
        query.sort = &backwards;
        CHECK(names(txn->users(query).items) == Names{row.expected.rbegin(), row.expected.rend()});
    }
}

TEMPLATE_TEST_CASE("a page is found by its number and by its position, wherever others came and went", "[contract]",
                   STORES)
{
    OneOrganisation<TestType> world;
    const core::OrgId neighbour = organisation(world.store(), "neighbour");
    std::vector<core::UserId> living;
    for (int n = 0; n < 40; ++n) { // several blocks' worth is the next test's; here the ends and the gaps
        const core::User made = user("u" + std::to_string(n));
        REQUIRE(insert(world.store(), world.org, made));
        living.push_back(made.id);
        REQUIRE(insert(world.store(), neighbour, user("n" + std::to_string(n))));
    }
    for (int n = 39; n >= 0; n -= 3) {
        change(world.store(), world.org, [&](core::WriteTxn& txn) { txn.erase(living[static_cast<std::size_t>(n)]); });
        living.erase(living.begin() + n);
    }
    const auto txn = world.read();
    for (std::int64_t offset = 0; offset <= 40; ++offset) {
        core::Query query;
        query.offset = offset;
        query.limit = 5;
        query.positions = true;
        const auto page = txn->users(query);
        CHECK(page.total == static_cast<std::int64_t>(living.size()));
        std::vector<core::UserId> expected;
        for (auto i = static_cast<std::size_t>(offset); i < living.size() && expected.size() < 5; ++i)
            expected.push_back(living[i]);
        std::vector<core::UserId> got;
        for (const auto& each : page.items) got.push_back(each.id);
        CHECK(got == expected);
        if (page.items.empty()) continue;
        core::Query next;
        next.after = &page.positions.back();
        next.limit = 1;
        const auto behind = txn->users(next).items;
        const auto place = static_cast<std::size_t>(offset) + page.items.size();
        CHECK((place < living.size() ? behind.size() == 1 && behind.front().id == living[place] : behind.empty()));
    }
}

TEMPLATE_TEST_CASE("in the order of external ids a page of any size begins at any number and behind any position",
                   "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    const core::OrgId neighbour = organisation(world.store(), "neighbour");
    const auto with_ids = GENERATE(as<Names>{}, Names{"", "", ""}, Names{"b", "a"}, Names{"b", "", "a", "B", "", "c"});
    Names ascending, without;
    std::vector<std::pair<std::string, std::string>> having;
    for (std::size_t n = 0; n < with_ids.size(); ++n) {
        core::User made = user("u" + std::to_string(n)), other = user("n" + std::to_string(n));
        if (!with_ids[n].empty()) made.external_id = other.external_id = with_ids[n];
        REQUIRE(insert(world.store(), neighbour, other));
        REQUIRE(insert(world.store(), world.org, made));
        if (with_ids[n].empty())
            without.push_back(made.user_name);
        else
            having.emplace_back(with_ids[n], made.user_name);
    }
    std::sort(having.begin(), having.end());
    for (const auto& each : having) ascending.push_back(each.second);
    ascending.insert(ascending.end(), without.begin(), without.end());

    const auto txn = world.read();
    const auto total = static_cast<std::int64_t>(ascending.size());
    for (const bool descending : {false, true}) {
        const Names order =
            descending ? Names{ascending.rbegin(), ascending.rend()} : Names{ascending.begin(), ascending.end()};
        const core::Sort sort{core_attribute("externalId", "", true), descending};
        core::Query everything;
        everything.sort = &sort;
        everything.positions = true;
        const auto all = txn->users(everything);
        CHECK(names(all.items) == order);
        for (std::int64_t from = -1; from < total; ++from) // behind which position; -1: none
            for (std::int64_t offset = 0; offset <= total + 1; ++offset)
                for (std::int64_t limit = 1; limit <= total + 1; ++limit) {
                    core::Query query;
                    query.sort = &sort;
                    if (from >= 0) query.after = &all.positions[static_cast<std::size_t>(from)];
                    query.offset = offset;
                    query.limit = limit;
                    Names expected;
                    for (auto i = from + 1 + offset; i < total && std::ssize(expected) < limit; ++i)
                        expected.push_back(order[static_cast<std::size_t>(i)]);
                    INFO(descending << " from " << from << " offset " << offset << " limit " << limit);
                    CHECK(names(txn->users(query).items) == expected);
                }
    }
}

TEMPLATE_TEST_CASE("groups are sorted and paged as users are", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    change(world.store(), world.org, [](core::WriteTxn& txn) {
        for (const char* name : {"beta", "Alpha", "delta", "Gamma"}) {
            core::Group made = group(name);
            if (name[0] > 'Z') made.external_id = std::string{"x-"} + name;
            REQUIRE(txn.insert(made).has_value());
        }
    });
    const auto txn = world.read();
    const auto walked = [&](std::optional<core::Sort> sort, const Predicate* where) {
        Names all;
        std::optional<core::Position> after;
        for (;;) {
            core::Query query;
            query.where = where;
            query.sort = sort ? &*sort : nullptr;
            query.after = after ? &*after : nullptr;
            query.limit = 1;
            query.positions = true;
            auto page = txn->groups(query);
            CHECK(page.total == 4);
            if (page.items.empty()) return all;
            all.push_back(page.items.front().display_name);
            after = page.positions.front();
        }
    };
    const Predicate all = Predicate::has(core_attribute("displayName"));
    for (const Predicate* where : {static_cast<const Predicate*>(nullptr), &all}) {
        CHECK(walked({}, where) == Names{"beta", "Alpha", "delta", "Gamma"});
        CHECK(walked(core::Sort{core_attribute("displayName"), false}, where) ==
              Names{"Alpha", "beta", "delta", "Gamma"});
        CHECK(walked(core::Sort{core_attribute("displayName"), true}, where) ==
              Names{"Gamma", "delta", "beta", "Alpha"});
        CHECK(walked(core::Sort{core_attribute("externalId", "", true), true}, where) ==
              Names{"Gamma", "Alpha", "delta", "beta"});
    }
}

TEMPLATE_TEST_CASE("an indexed filter finds whom it describes and nobody else", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    core::User bob = user("bob", R"({"title":"a","emails":[{"value":"b@x","type":"work"}]})");
    core::User eve = user("b@x", R"({"title":"b","emails":[{"value":"eve@x","type":"work"}]})");
    bob.external_id = "7";
    REQUIRE(insert(world.store(), world.org, bob));
    REQUIRE(insert(world.store(), world.org, eve));
    const auto find = [&](const Predicate& where) { return names(world.read()->users({.where = &where}).items); };
    const auto emails = core_attribute("emails", "", false, true);
    const auto is = [](core::AttributeRef a, std::string text) {
        return Predicate::is(std::move(a), Comparison::eq, std::move(text));
    };
    CHECK(find(is(core_attribute("id", "", true), core::to_text(bob.id))) == Names{"bob"});
    CHECK(find(is(core_attribute("id", "", true), "not-an-id")).empty());
    CHECK(find(is(core_attribute("externalId", "", true), "7")) == Names{"bob"});
    CHECK(find(is(core_attribute("emails", "value", false, true), "B@X")) == Names{"bob"}); // not eve, who is named so
    CHECK(find(is(emails, "B@X")) == Names{"bob"});
    CHECK(find(Predicate::some(emails, Predicate::both(is(core_attribute("type"), "work"),
                                                       is(core_attribute("value"), "b@x")))) == Names{"bob"});
    CHECK(find(Predicate::some(emails,
                               Predicate::both(is(core_attribute("type"), "home"), is(core_attribute("value"), "b@x"))))
              .empty());
    CHECK(find(Predicate::both(is(core_attribute("userName"), "BOB"), is(core_attribute("title"), "a"))) ==
          Names{"bob"});
    CHECK(find(Predicate::both(is(core_attribute("userName"), "BOB"), is(core_attribute("title"), "b"))).empty());
    CHECK(find(is(core_attribute("userName", "", true), "BOB")).empty());
}

TEMPLATE_TEST_CASE("the purge finds who is due, soonest first", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    for (const int due : {9, 3, 5}) {
        core::User each = user("due" + std::to_string(due));
        each.purge_at = day(due);
        REQUIRE(insert(world.store(), world.org, each));
    }
    REQUIRE(insert(world.store(), world.org, user("never")));
    const auto txn = world.read();
    CHECK(txn->users_due_for_purge(day(3) - core::Duration{1}, 10).empty());
    CHECK(names(txn->users_due_for_purge(day(3), 10)) == Names{"due3"});
    CHECK(names(txn->users_due_for_purge(day(9), 10)) == Names{"due3", "due5", "due9"});
    CHECK(names(txn->users_due_for_purge(day(9), 2)) == Names{"due3", "due5"});
}

TEMPLATE_TEST_CASE("TEN-05: who is protected is not due, and keeps nobody behind from their turn", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    core::User kept = user("kept");
    kept.purge_at = day(1);
    kept.standing.is_protected = true;
    core::User administrator = user("administrator");
    administrator.purge_at = day(2);
    administrator.standing.is_administrator = true;
    REQUIRE(insert(world.store(), world.org, kept));
    REQUIRE(insert(world.store(), world.org, administrator));
    CHECK(names(world.read()->users_due_for_purge(day(9), 1)) == Names{"administrator"});
}

TEMPLATE_TEST_CASE("TEN-09: the living administrators of an organisation are found", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    const core::OrgId other = organisation(world.store(), "other");
    const auto administrator = [](const char* name, core::Status status) {
        core::User each = user(name);
        each.status = status;
        if (status == core::Status::inactive) each.reason = core::InactiveReason::admin;
        each.standing.is_administrator = true;
        return each;
    };
    CHECK(world.read()->administrators(10).empty());
    core::User first = administrator("first", core::Status::active);
    REQUIRE(insert(world.store(), world.org, user("nobody")));
    REQUIRE(insert(world.store(), world.org, first));
    REQUIRE(insert(world.store(), world.org, administrator("gone", core::Status::inactive)));
    REQUIRE(insert(world.store(), world.org, administrator("shell", core::Status::converted_away)));
    REQUIRE(insert(world.store(), world.org, administrator("newcomer", core::Status::not_verified)));
    REQUIRE(insert(world.store(), other, administrator("theirs", core::Status::active)));
    CHECK(names(world.read()->administrators(10)) == Names{"first", "newcomer"});
    CHECK(names(world.read()->administrators(1)) == Names{"first"});

    first.standing = {};
    first.standing.licences = {"\"administrator\":"}; // in a text, not the mark
    first.version = 2;
    change(world.store(), world.org, [&](core::WriteTxn& txn) { REQUIRE(txn.replace(first, 1).has_value()); });
    CHECK(names(world.read()->administrators(10)) == Names{"newcomer"});
}

TEMPLATE_TEST_CASE("members come and go as deltas", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    const core::User bob = user("bob");
    const core::Group staff = group("Staff"), inner = group("Inner");
    const std::string bob_id = core::to_text(bob.id), inner_id = core::to_text(inner.id);
    REQUIRE(insert(world.store(), world.org, bob));
    change(world.store(), world.org, [&](core::WriteTxn& txn) {
        REQUIRE(txn.insert(staff).has_value());
        REQUIRE(txn.insert(inner).has_value());
        const auto taken = txn.insert(group("STAFF"));
        REQUIRE_FALSE(taken.has_value());
        CHECK(taken.error().reason == Reason::taken);
        CHECK(taken.error().field == "displayName");
        CHECK(txn.add_members(staff.id, {bob_id, inner_id, "zzz", bob_id}) == Names{bob_id, inner_id, "zzz"});
        CHECK(txn.add_members(staff.id, {"zzz"}).empty());
        CHECK(txn.add_members(inner.id, {bob_id}).size() == 1);
        CHECK(txn.remove_members(staff.id, {"nobody", "zzz"}) == Names{"zzz"});
    });
    {
        const auto txn = world.read();
        CHECK(txn->group(staff.id)->member_count == 2);
        CHECK(txn->has_member(staff.id, bob_id));
        CHECK_FALSE(txn->has_member(staff.id, "zzz"));
        const auto members = txn->members(staff.id);
        REQUIRE(members.size() == 2);
        CHECK(std::is_sorted(members.begin(), members.end(),
                             [](const auto& a, const auto& b) { return a.value < b.value; }));
        for (const core::Member& each : members)
            CHECK(each.kind == (each.value == bob_id ? core::Member::Kind::user : core::Member::Kind::group));
        CHECK(txn->user(bob.id)->in_groups);
        CHECK(txn->groups_of(bob_id).size() == 2);
        CHECK(txn->group_named("staff")->id == staff.id);
        CHECK(txn->organisation().group_count == 2);
    }
    change(world.store(), world.org, [&](core::WriteTxn& txn) { txn.erase(inner.id); });
    CHECK(world.read()->user(bob.id)->in_groups);
    CHECK_FALSE(world.read()->has_member(staff.id, inner_id));
    change(world.store(), world.org, [&](core::WriteTxn& txn) {
        CHECK(txn.remove_all_members(staff.id) == Names{bob_id});
        CHECK_FALSE(txn.user(bob.id)->in_groups);
    });
    CHECK(world.read()->group(staff.id)->member_count == 0);
}

TEMPLATE_TEST_CASE("a group changes by version, its members untouched", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    core::Group staff = group("staff");
    change(world.store(), world.org, [&](core::WriteTxn& txn) {
        REQUIRE(txn.insert(staff).has_value());
        REQUIRE(txn.insert(group("other")).has_value());
        txn.add_members(staff.id, {"m"});
        staff.version = 2;
        staff.display_name = "Crew";
        staff.external_id = "x";
        CHECK_FALSE(txn.replace(staff, 5).has_value());
        CHECK(txn.replace(staff, 1).has_value());
        core::Group clash = staff;
        clash.display_name = "OTHER";
        CHECK_FALSE(txn.replace(clash, 2).has_value());
    });
    staff.member_count = 1;
    CHECK(world.read()->group(staff.id) == staff);
    CHECK_FALSE(world.read()->group_named("staff"));
}

TEMPLATE_TEST_CASE("groups are filtered by name, id and members", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    const core::Group one = group("one"), two = group("two");
    change(world.store(), world.org, [&](core::WriteTxn& txn) {
        REQUIRE(txn.insert(one).has_value());
        REQUIRE(txn.insert(two).has_value());
        txn.add_members(one.id, {"a", "b"});
        txn.add_members(two.id, {"b"});
    });
    const auto find = [&](const Predicate& where) {
        Names found;
        const auto groups = world.read()->groups({.where = &where});
        for (const core::Group& each : groups.items) found.push_back(each.display_name);
        CHECK(groups.total == static_cast<std::int64_t>(found.size()));
        return found;
    };
    const auto member = [](std::string value, std::string sub = "value") {
        return Predicate::is(core_attribute("members", std::move(sub), true, true), Comparison::eq, std::move(value));
    };
    const auto id_is = [](const core::Group& g) {
        return Predicate::is(core_attribute("id", "", true), Comparison::eq, core::to_text(g.id));
    };
    CHECK(find(member("b")) == Names{"one", "two"});
    CHECK(find(member("a", "")) == Names{"one"});
    CHECK(find(Predicate::both(id_is(two), member("b"))) == Names{"two"});
    CHECK(find(Predicate::both(id_is(two), member("a"))).empty());
    CHECK(find(Predicate::both(id_is(two), Predicate::none_of(member("a")))) == Names{"two"});
    CHECK(find(Predicate::none_of(member("a"))) == Names{"two"});
    CHECK(find(Predicate::some(core_attribute("members", "", false, true),
                               Predicate::is(core_attribute("value", "", true), Comparison::eq, std::string{"a"}))) ==
          Names{"one"});
    CHECK(find(Predicate::is(core_attribute("displayName"), Comparison::eq, std::string{"ONE"})) == Names{"one"});
    CHECK(find(Predicate::is(core_attribute("displayName"), Comparison::sw, std::string{"O"})) == Names{"one"});
    CHECK(find(Predicate::has(core_attribute("members", "", true, true))) == Names{"one", "two"});
    CHECK(world.read()->groups({.limit = 1}).total == 2);
}

TEMPLATE_TEST_CASE("members are visited from any value on, until the visitor has seen enough", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    const core::Group staff = group("Staff"), inner = group("Inner");
    const core::User bob = user("bob");
    change(world.store(), world.org, [&](core::WriteTxn& txn) {
        REQUIRE(txn.insert(bob).has_value());
        REQUIRE(txn.insert(staff).has_value());
        REQUIRE(txn.insert(inner).has_value());
        txn.add_members(staff.id, {"~", "!", core::to_text(bob.id), core::to_text(inner.id)});
    });
    const auto txn = world.read();
    const auto seen = [&](std::string_view after, std::size_t most) {
        std::vector<core::Member> members;
        txn->each_member(staff.id, after, [&](const core::Member& member) {
            members.push_back(member);
            return members.size() < most;
        });
        return members;
    };
    const auto all = seen("", 100);
    CHECK(all == txn->members(staff.id));
    REQUIRE(all.size() == 4);
    CHECK(all.front() == core::Member{"!", core::Member::Kind::unknown});
    CHECK(std::find(all.begin(), all.end(), core::Member{core::to_text(bob.id), core::Member::Kind::user}) !=
          all.end());
    CHECK(std::find(all.begin(), all.end(), core::Member{core::to_text(inner.id), core::Member::Kind::group}) !=
          all.end());
    CHECK(seen("!", 1) == std::vector{all[1]});
    CHECK(seen(all[2].value, 100) == std::vector{all[3]});
    CHECK(seen("~", 100).empty());
    CHECK(seen("", 2) == std::vector{all[0], all[1]});
}

TEMPLATE_TEST_CASE("a user belongs to groups directly and through the groups around them, circles or not", "[contract]",
                   STORES)
{
    OneOrganisation<TestType> world;
    const core::User bob = user("bob"), eve = user("eve");
    const core::Group team = group("Team"), unit = group("Unit"), all = group("All"), other = group("Other");
    const auto id = [](const auto& each) { return core::to_text(each.id); };
    change(world.store(), world.org, [&](core::WriteTxn& txn) {
        for (const core::User& each : {bob, eve}) REQUIRE(txn.insert(each).has_value());
        for (const core::Group& each : {team, unit, all, other}) REQUIRE(txn.insert(each).has_value());
        txn.add_members(team.id, {id(bob)});
        txn.add_members(unit.id, {id(team), "unknown"});
        txn.add_members(all.id, {id(unit), id(bob), id(all)}); // itself too
        txn.add_members(team.id, {id(all)});                   // and round again
    });
    using Memberships = std::vector<core::Membership>;
    const Memberships of_bob{{team.id, "Team", true}, {unit.id, "Unit", false}, {all.id, "All", true}};
    CHECK(world.read()->memberships_of(id(bob)) == of_bob);
    CHECK(world.read()->memberships_of(id(eve)).empty());
    CHECK(world.read()->memberships_of(id(unit)) ==
          Memberships{{team.id, "Team", false}, {unit.id, "Unit", false}, {all.id, "All", true}});

    change(world.store(), world.org, [&](core::WriteTxn& txn) { txn.erase(unit.id); });
    CHECK(world.read()->memberships_of(id(bob)) == Memberships{{team.id, "Team", true}, {all.id, "All", true}});
}

TEMPLATE_TEST_CASE("users are filtered by the groups they are in", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    const core::OrgId neighbours = organisation(world.store(), "neighbours");
    const core::User bob = user("bob"), eve = user("eve"), joe = user("joe");
    const core::Group team = group("Team"), unit = group("Unit"), foreign = group("Foreign");
    const auto id = [](const auto& each) { return core::to_text(each.id); };
    change(world.store(), world.org, [&](core::WriteTxn& txn) {
        for (const core::User& each : {bob, eve, joe}) REQUIRE(txn.insert(each).has_value());
        for (const core::Group& each : {team, unit}) REQUIRE(txn.insert(each).has_value());
        txn.add_members(team.id, {id(bob), "no uuid", id(unit)});
        txn.add_members(unit.id, {id(eve), id(team)});
    });
    change(world.store(), neighbours, [&](core::WriteTxn& txn) {
        REQUIRE(txn.insert(foreign).has_value());
        txn.add_members(foreign.id, {id(joe), id(team)}); // ids of others are text, never a link
    });
    const auto find = [&](const Predicate& where) {
        const auto txn = world.read();
        const auto users = txn->users({.where = &where});
        CHECK(users.total == static_cast<std::int64_t>(users.items.size()));
        Names visited;
        txn->each_user(&where, [&](const core::User& each) {
            visited.push_back(each.user_name);
            return true;
        });
        CHECK(visited == names(users.items));
        return visited;
    };
    const auto groups = [](std::string sub, Comparison comparison, std::string value) {
        const bool is_id = sub.empty() || sub == "value";
        return Predicate::is(core_attribute("groups", std::move(sub), is_id, true), comparison, std::move(value));
    };
    const auto some = [](Predicate inner) {
        return Predicate::some(core_attribute("groups", "", false, true), std::move(inner));
    };
    const auto part = [](std::string name, std::string value) {
        const bool is_id = name == "value";
        return Predicate::is(core_attribute(std::move(name), "", is_id), Comparison::eq, std::move(value));
    };
    const auto is = [&](const core::User& who) {
        return Predicate::is(core_attribute("id", "", true), Comparison::eq, id(who));
    };
    const Names nobody;
    CHECK(find(groups("value", Comparison::eq, id(team))) == Names{"bob", "eve"});
    CHECK(find(groups("", Comparison::eq, id(team))) == Names{"bob", "eve"});
    CHECK(find(groups("value", Comparison::ne, id(team))) == Names{"joe"});
    CHECK(find(groups("value", Comparison::eq, id(foreign))) == nobody);
    CHECK(find(groups("value", Comparison::eq, "no such id")) == nobody);
    CHECK(find(groups("value", Comparison::ne, "no such id")) == Names{"bob", "eve", "joe"});
    CHECK(find(groups("display", Comparison::eq, "TEAM")) == Names{"bob", "eve"});
    CHECK(find(groups("display", Comparison::sw, "te")) == Names{"bob", "eve"});
    CHECK(find(groups("type", Comparison::eq, "indirect")) == Names{"bob", "eve"});
    CHECK(find(Predicate::has(core_attribute("groups", "", false, true))) == Names{"bob", "eve"});
    CHECK(find(Predicate::has(core_attribute("groups", "display", false, true))) == Names{"bob", "eve"});
    CHECK(find(some(part("value", id(team)))) == Names{"bob", "eve"});
    CHECK(find(some(Predicate::none_of(part("value", id(team))))) == Names{"bob", "eve"});
    CHECK(find(some(Predicate::both(part("value", id(team)), part("type", "direct")))) == Names{"bob"});
    CHECK(find(some(Predicate::both(part("value", id(team)), part("type", "indirect")))) == Names{"eve"});
    CHECK(find(Predicate::both(is(eve), groups("value", Comparison::eq, id(team)))) == Names{"eve"});
    CHECK(find(Predicate::both(is(joe), groups("value", Comparison::eq, id(team)))) == nobody);
    CHECK(find(Predicate::both(is(joe), groups("value", Comparison::eq, id(foreign)))) == nobody);
    CHECK(find(Predicate::both(is(joe), groups("value", Comparison::ne, id(team)))) == Names{"joe"});
    CHECK(find(Predicate::both(is(bob), some(part("type", "direct")))) == Names{"bob"});
}

TEMPLATE_TEST_CASE("events form one chain and are found by what they are about", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    core::User bob = user("bob"), eve = user("eve");
    const auto about = [](const core::User& u) {
        return core::Target{core::TargetKind::user, core::to_text(u.id), u.user_name, {}};
    };
    change(world.store(), world.org, [&](core::WriteTxn& txn) {
        REQUIRE(txn.insert(bob).has_value());
        txn.append(event(core::Activity::create_user, about(bob), day(1)));
        REQUIRE(txn.insert(eve).has_value());
        txn.append(event(core::Activity::create_user, about(eve), day(2)));
    });
    change(world.store(), world.org, [&](core::WriteTxn& txn) {
        bob.user_name = "robert";
        bob.version = 2;
        REQUIRE(txn.replace(bob, 1).has_value());
        txn.append(event(core::Activity::update_user, about(bob), day(3)));
    });
    world.store().registry([&](core::Registry& registry) {
        registry.append("", event(core::Activity::confirm_clock, {}, day(4)));
        registry.append("acme", event(core::Activity::update_policy, {}, day(5)));
        return Keep::yes;
    });
    const auto txn = world.read();
    const auto sequences = [&](const core::EventQuery& query) {
        std::vector<std::int64_t> found;
        for (const core::Event& each : txn->events(query)) found.push_back(each.sequence);
        return found;
    };
    using Sequences = std::vector<std::int64_t>;
    CHECK(sequences({}) == Sequences{1, 2, 3, 5});
    CHECK(sequences({.after = 2, .limit = 1}) == Sequences{3});
    CHECK(sequences({.target_id = core::to_text(bob.id)}) == Sequences{1, 3});
    CHECK(sequences({.target_name = "EVE"}) == Sequences{2});
    CHECK(sequences({.target_name = "nobody"}).empty());
    CHECK(sequences({.activity = core::Activity::update_user}) == Sequences{3});
    CHECK(sequences({.since = day(2), .until = day(3)}) == Sequences{2});

    world.store().read_registry([&](core::Registry& registry) {
        const auto all = registry.events({});
        REQUIRE(all.size() == 5);
        CHECK(all[0].organisation == "acme");
        CHECK(all[3].organisation.empty());
        core::Digest previous{};
        for (const core::Event& each : all) {
            CHECK(each.digest == core::digest_of(each));
            CHECK(each.chain == core::chain_of(previous, each));
            previous = each.chain;
        }
        CHECK(all[0].changes == event(core::Activity::create_user, {}).changes);
    });
}

TEMPLATE_TEST_CASE("the archive keeps a user's last state and history", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    const core::User bob = user("bob");
    core::ArchiveRecord record;
    record.user = bob.id;
    record.user_name = "0123bob";
    record.original_user_name = "Bob";
    record.external_id = "x";
    record.cause = core::DeletionCause::retention;
    record.deleted_at = day(40);
    record.keep_until = day(400);
    record.last_state = {{"userName", "bob"}, {"height", 1.5}};
    change(world.store(), world.org, [&](core::WriteTxn& txn) {
        REQUIRE(txn.insert(bob).has_value());
        txn.append(event(core::Activity::create_user, {core::TargetKind::user, core::to_text(bob.id), "bob", {}}));
        txn.erase(bob.id);
        txn.archive(record);
        txn.append(event(core::Activity::purge_user, {core::TargetKind::user, core::to_text(bob.id), "bob", {}}));
    });
    const auto txn = world.read();
    for (const std::string& asked :
         {std::string{}, std::string{"BOB"}, std::string{"0123BOB"}, core::to_text(bob.id)}) {
        INFO(asked);
        const auto found = txn->archived({.name_or_id = asked});
        REQUIRE(found.size() == 1);
        CHECK(found[0].user == bob.id);
        CHECK(found[0].original_user_name == "Bob");
        CHECK(found[0].cause == core::DeletionCause::retention);
        CHECK(found[0].keep_until == day(400));
        CHECK(found[0].last_state == record.last_state);
        CHECK(found[0].history.size() == 2);
        CHECK(txn->archived({.name_or_id = asked, .after = found[0].number}).empty());
    }
    CHECK(txn->archived({.name_or_id = "eve"}).empty());
}

TEMPLATE_TEST_CASE("the archive is searched by name, external id, time and number, from either end, and counted",
                   "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    const core::OrgId other = organisation(world.store(), "other");
    const auto keep = [&](core::OrgId org, const char* name, const char* external_id, int deleted) {
        core::ArchiveRecord record;
        record.user = user(name).id;
        record.user_name = record.original_user_name = name;
        record.external_id = external_id;
        record.deleted_at = day(deleted);
        record.keep_until = day(deleted + 10);
        change(world.store(), org, [&](core::WriteTxn& txn) { txn.archive(record); });
    };
    keep(world.org, "ada", "1", 1);
    keep(world.org, "bob", "2", 2);
    keep(other, "ada", "1", 2);
    keep(world.org, "cid", "1", 3);
    const auto found = [&](core::ArchiveQuery query) {
        Names names;
        const auto txn = world.read();
        for (const auto& each : txn->archived(query)) names.push_back(each.user_name);
        query.limit = 0;
        CHECK(txn->archived(query).empty());
        return names;
    };
    CHECK(found({}) == Names{"ada", "bob", "cid"});
    CHECK(found({.newest_first = true}) == Names{"cid", "bob", "ada"});
    CHECK(found({.newest_first = true, .limit = 2}) == Names{"cid", "bob"});
    CHECK(found({.external_id = "1"}) == Names{"ada", "cid"});
    CHECK(found({.name_or_id = "ADA", .external_id = "2"}).empty());
    CHECK(found({.since = day(2)}) == Names{"bob", "cid"});
    CHECK(found({.until = day(2)}) == Names{"ada"});
    const auto numbers = world.read()->archived({.newest_first = true, .with_history = false});
    CHECK(found({.number = numbers[1].number}) == Names{"bob"});
    CHECK(found({.before = numbers[0].number, .newest_first = true}) == Names{"bob", "ada"});
    CHECK(world.read()->count(core::ArchiveQuery{.external_id = "1", .limit = 1}) == 2);
    CHECK(found({.due = day(12)}) == Names{"ada", "bob"});

    const auto foreign = world.store().read(other)->archived({})[0].number;
    change(world.store(), world.org, [&](core::WriteTxn& txn) {
        CHECK(txn.hold_archived(numbers[2].number, true).has_value());
        CHECK(txn.hold_archived(foreign, true).error().reason == Reason::not_found);
        txn.erase_archived(foreign);
    });
    CHECK(found({.due = day(12)}) == Names{"bob"});
    CHECK(world.read()->archived({.name_or_id = "ada"})[0].held);
    CHECK(world.store().read(other)->archived({}).size() == 1);
    change(world.store(), world.org, [&](core::WriteTxn& txn) {
        CHECK(txn.hold_archived(numbers[2].number, false).has_value());
        txn.erase_archived(numbers[1].number);
    });
    CHECK(found({}) == Names{"ada", "cid"});
    CHECK(found({.due = day(11)}) == Names{"ada"});
}

TEMPLATE_TEST_CASE("what an organisation's old events tell is forgotten in place, and the chain verifies", "[contract]",
                   STORES)
{
    OneOrganisation<TestType> world;
    const core::OrgId other = organisation(world.store(), "other");
    const auto tell = [&](core::OrgId org, int at) {
        change(world.store(), org, [&](core::WriteTxn& txn) {
            auto told = event(core::Activity::update_user, {core::TargetKind::user, "u", "ada", "bob"});
            told.at = day(at);
            txn.append(std::move(told));
        });
    };
    tell(world.org, 1);
    tell(other, 1);
    tell(world.org, 2);
    tell(world.org, 3);
    CHECK(world.read()->count(core::EventQuery{.limit = 1}) == 3);
    CHECK(world.read()->count(core::EventQuery{.since = day(3)}) == 1);
    std::optional<std::int64_t> first, second, last;
    change(world.store(), world.org, [&](core::WriteTxn& txn) {
        first = txn.forget_events(day(3), 0, 1);
        second = txn.forget_events(day(3), *first, 10);
        last = txn.forget_events(day(3), *second, 10);
    });
    CHECK(*first < *second);
    CHECK_FALSE(last);
    const auto mine = world.read()->events({});
    REQUIRE(mine.size() == 3);
    for (const int i : {0, 1}) {
        CHECK(mine[i].changes.empty());
        CHECK(mine[i].target.name.empty());
        CHECK(mine[i].target.original_name.empty());
        CHECK(mine[i].target.id == "u");
    }
    CHECK(mine[2].target.name == "ada");
    CHECK(world.store().read(other)->events({})[0].target.name == "ada");
    world.store().read_registry([&](core::Registry& registry) {
        core::Digest previous{};
        for (const auto& each : registry.events({})) {
            CHECK(each.chain == core::chain_of(previous, each));
            previous = each.chain;
        }
    });
}

TEMPLATE_TEST_CASE("S-174, S-176: what organisations hold on a domain is seen from each of them", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    const core::OrgId other = organisation(world.store(), "other");
    using core::DomainState;
    const auto set = [&](core::OrgId org, DomainState state) {
        change(world.store(), org, [&](core::WriteTxn& txn) {
            core::Domain domain;
            domain.name = "example.com";
            domain.state = state;
            txn.records().erase(core::RecordKind::domain, domain.name);
            REQUIRE(txn.records().insert(core::RecordKind::domain, to_record(domain)).has_value());
        });
    };
    const auto here = [&] { return world.read()->domain_ownership("example.com"); };
    CHECK(here() == core::DomainOwnership{});
    set(other, DomainState::verified);
    CHECK(here() == core::DomainOwnership{});
    set(world.org, DomainState::pending);
    CHECK(here() == core::DomainOwnership{.names_domains = true});
    CHECK(world.read()->domain_ownership("example.org") == core::DomainOwnership{.names_domains = true});
    set(world.org, DomainState::verified);
    CHECK(here() == core::DomainOwnership{.verified_here = true, .names_domains = true});
    set(other, DomainState::claimed);
    CHECK(here() == core::DomainOwnership{.verified_here = true, .claimed_elsewhere = true, .names_domains = true});
    CHECK(world.store().read(other)->domain_ownership("example.com") ==
          core::DomainOwnership{.verified_here = true, .claimed_here = true, .names_domains = true});
}

TEMPLATE_TEST_CASE("organisations' names are never used again", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    REQUIRE(insert(world.store(), world.org, user("bob")));
    core::Organisation again;
    again.name = "acme";
    world.store().registry([&](core::Registry& registry) {
        const auto refused = registry.create(again);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().reason == Reason::taken);
        core::Organisation acme = *registry.organisation("acme");
        CHECK(acme.user_count == 1);
        acme.display_name = "Acme Ltd";
        acme.disabled = true;
        acme.policy.retention = std::chrono::days{7};
        acme.mapping = {{"title", "jobTitle"}};
        acme.schemas = R"({"urn:a:b":{}})";
        registry.replace(acme);
        return Keep::yes;
    });
    world.store().registry([&](core::Registry& registry) {
        const auto acme = registry.organisation(world.org);
        REQUIRE(acme);
        CHECK(acme->display_name == "Acme Ltd");
        CHECK(acme->disabled);
        CHECK(acme->policy.retention == core::Duration{std::chrono::days{7}});
        CHECK(acme->mapping == boost::json::object{{"title", "jobTitle"}});
        CHECK(acme->schemas == R"({"urn:a:b":{}})");
        CHECK(registry.organisations().size() == 1);
        registry.erase(world.org);
        return Keep::yes;
    });
    world.store().registry([&](core::Registry& registry) {
        CHECK_FALSE(registry.organisation("acme"));
        CHECK_FALSE(registry.organisation(world.org));
        CHECK(registry.organisations().empty());
        CHECK_FALSE(registry.create(again).has_value());
        return Keep::no;
    });
    CHECK_THROWS_AS(world.read(), std::out_of_range);
    CHECK_THROWS_AS(world.store().write(world.org, [](core::WriteTxn&) { return Keep::no; }), std::out_of_range);
    const core::OrgId other = organisation(world.store(), "other");
    CHECK(insert(world.store(), other, user("bob")));
}

TEMPLATE_TEST_CASE("tokens and notes are kept", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    core::Token token;
    token.public_id = "abcdefghijkl";
    token.organisation = world.org;
    token.mac[3] = 9;
    token.scope = core::Scope::read;
    token.label = "Entra";
    token.user = core::UserId{next_uuid()};
    token.created = day(1);
    token.expires = day(366);
    world.store().registry([&](core::Registry& registry) {
        registry.insert(token);
        registry.touch(token.public_id, day(2));
        registry.touch("unknown", day(2));
        registry.set_note("heartbeat", "1");
        registry.set_note("heartbeat", "2");
        return Keep::yes;
    });
    world.store().registry([&](core::Registry& registry) {
        const auto found = registry.token(token.public_id);
        REQUIRE(found);
        CHECK(found->organisation == world.org);
        CHECK(found->mac == token.mac);
        CHECK(found->scope == core::Scope::read);
        CHECK(found->label == "Entra");
        CHECK(found->user == token.user);
        CHECK(found->expires == day(366));
        CHECK(found->last_used == day(2));
        CHECK_FALSE(found->revoked);
        CHECK_FALSE(registry.token("mnopqrstuvwx"));
        CHECK(registry.tokens(world.org).size() == 1);
        CHECK(registry.note("heartbeat") == "2");
        CHECK_FALSE(registry.note("other"));
        core::Token revoked = *found;
        revoked.revoked = day(5);
        registry.replace(revoked);
        CHECK(registry.token(token.public_id)->revoked == day(5));
        CHECK(registry.token(token.public_id)->user == token.user);
        revoked.user.reset();
        registry.replace(revoked);
        CHECK_FALSE(registry.token(token.public_id)->user);
        return Keep::yes;
    });
}

TEMPLATE_TEST_CASE("work that is not kept leaves nothing", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    const auto half = [&](core::WriteTxn& txn) {
        REQUIRE(txn.insert(user("bob", R"({"emails":[{"value":"b@x"}]})")).has_value());
        txn.append(event(core::Activity::create_user, {}));
        CHECK(txn.organisation().user_count == 1);
    };
    world.store().write(world.org, [&](core::WriteTxn& txn) {
        half(txn);
        return Keep::no;
    });
    CHECK_THROWS_AS(world.store().write(world.org,
                                        [&](core::WriteTxn& txn) -> Keep {
                                            half(txn);
                                            throw std::logic_error{"a bug"};
                                        }),
                    std::logic_error);
    CHECK(world.read()->organisation().user_count == 0);
    CHECK(world.read()->events({}).empty());
    change(world.store(), world.org, half);
    const auto events = world.read()->events({});
    REQUIRE(events.size() == 1);
    CHECK(events[0].sequence == 1);
    CHECK(world.read()->users({}).total == 1);
}

TEMPLATE_TEST_CASE("an attempt inside a transaction is undone by itself", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    const core::User before = user("before"), undone = user("undone"), after = user("after");
    const core::Group team = group("team");
    const auto told = [](const core::User& who) {
        return event(core::Activity::create_user, {core::TargetKind::user, core::to_text(who.id), who.user_name, ""});
    };
    const auto make = [&](core::WriteTxn& txn, const core::User& who) {
        REQUIRE(txn.insert(who).has_value());
        txn.add_members(team.id, {core::to_text(who.id)});
        txn.append(told(who));
    };
    change(world.store(), world.org, [&](core::WriteTxn& txn) {
        REQUIRE(txn.insert(team).has_value());
        txn.attempt([&] { return make(txn, before), Keep::yes; });
        txn.attempt([&] { return make(txn, undone), Keep::no; });
        CHECK_FALSE(txn.user(undone.id));
        CHECK(txn.organisation().user_count == 1);
        CHECK(txn.members(team.id).size() == 1);
        CHECK_THROWS_AS(txn.attempt([&]() -> Keep {
            make(txn, undone);
            throw std::runtime_error{"a bug"};
        }),
                        std::runtime_error);
        txn.attempt([&] { // one inside the other: what is undone outside was never done inside
            txn.attempt([&] { return make(txn, undone), Keep::yes; });
            CHECK(txn.user(undone.id));
            return Keep::no;
        });
        txn.attempt([&] {
            make(txn, after);
            txn.attempt([&] { return make(txn, undone), Keep::no; });
            return Keep::yes;
        });
    });
    const auto txn = world.read();
    CHECK(names(txn->users({}).items) == Names{"before", "after"});
    CHECK(txn->organisation().user_count == 2);
    CHECK(txn->group(team.id)->member_count == 2);
    CHECK_FALSE(txn->user_named("undone"));
    const auto events = txn->events({});
    REQUIRE(events.size() == 2); // the chain goes on from what was kept
    core::Digest last{};
    for (const auto& each : events) {
        CHECK(each.chain == core::chain_of(last, each));
        last = each.chain;
    }
}

TEMPLATE_TEST_CASE("a user whom an undone attempt has changed is as before for the next change", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    core::User bob = user("bob");
    REQUIRE(insert(world.store(), world.org, bob));
    change(world.store(), world.org, [&](core::WriteTxn& txn) {
        core::User renamed = *txn.user(bob.id);
        renamed.user_name = "robert";
        renamed.version = 2;
        txn.attempt([&] {
            CHECK(txn.replace(renamed, 1).has_value());
            CHECK(txn.user(bob.id)->version == 2);
            return Keep::no;
        });
        CHECK(txn.replace(renamed, 1).has_value());
    });
    CHECK(world.read()->user_named("robert")->version == 2);
    CHECK_FALSE(world.read()->user_named("bob"));
}

TEMPLATE_TEST_CASE("TEN-01: another organisation's ids are unknown here", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    const core::OrgId other = organisation(world.store(), "other");
    core::User bob = user("bob");
    core::Group staff = group("staff");
    bob.external_id = "x";
    change(world.store(), world.org, [&](core::WriteTxn& txn) {
        REQUIRE(txn.insert(bob).has_value());
        REQUIRE(txn.insert(staff).has_value());
        txn.add_members(staff.id, {core::to_text(bob.id)});
        txn.append(event(core::Activity::create_user, {core::TargetKind::user, core::to_text(bob.id), "bob", {}}));
    });
    change(world.store(), other, [&](core::WriteTxn& txn) {
        CHECK_FALSE(txn.user(bob.id));
        CHECK_FALSE(txn.user_named("bob"));
        CHECK(txn.users_with_external_id("x").empty());
        CHECK(txn.users({}).total == 0);
        CHECK_FALSE(txn.group(staff.id));
        CHECK_FALSE(txn.group_named("staff"));
        CHECK(txn.members(staff.id).empty());
        CHECK_FALSE(txn.has_member(staff.id, core::to_text(bob.id)));
        CHECK(txn.groups_of(core::to_text(bob.id)).empty());
        CHECK(txn.events({}).empty());
        CHECK(txn.events({.target_id = core::to_text(bob.id)}).empty());
        CHECK(txn.events({.target_name = "bob"}).empty());
        CHECK_FALSE(txn.replace(bob, 1).has_value());
        CHECK(txn.add_members(staff.id, {"x"}).empty());
        CHECK(txn.remove_all_members(staff.id).empty());
        txn.erase(bob.id);
        txn.erase(staff.id);
        const core::Group own = group("own");
        REQUIRE(txn.insert(own).has_value());
        txn.add_members(own.id, {core::to_text(bob.id)});
        CHECK(txn.members(own.id).front().kind == core::Member::Kind::unknown);
    });
    const auto txn = world.read();
    CHECK(txn->user(bob.id));
    CHECK(txn->group(staff.id)->member_count == 1);
    CHECK(txn->organisation().user_count == 1);
}

TEMPLATE_TEST_CASE("the mark grows when the registry changes", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    const auto before = world.store().change_mark();
    organisation(world.store(), "next");
    CHECK(world.store().change_mark() > before);
}

TEMPLATE_TEST_CASE("REL-15: of many who want one name at once, one gets it", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    const char* const spellings[] = {"jos\u00e9", "JOS\u00c9", "jose\u0301", "Jose\u0301"};
    std::atomic<int> won{0};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 16; ++i)
        threads.emplace_back([&, i] {
            if (insert(world.store(), world.org, user(spellings[i % 4]))) ++won;
        });
    for (std::thread& each : threads) each.join();
    CHECK(won == 1);
    CHECK(world.read()->users({}).total == 1);
    CHECK(world.read()->user_named("jos\u00e9"));
}

TEMPLATE_TEST_CASE("what a user has besides the directory's word is kept", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    core::User bob = user("bob");
    bob.standing.is_protected = true;
    bob.standing.licences = {"L-1", "L-2"};
    REQUIRE(insert(world.store(), world.org, bob));
    CHECK(world.read()->user(bob.id) == bob);

    bob.standing = {};
    bob.standing.is_administrator = true;
    bob.standing.signed_in_at = day(4);
    bob.standing.claim = "C-1";
    bob.version = 2;
    change(world.store(), world.org, [&](core::WriteTxn& txn) { REQUIRE(txn.replace(bob, 1).has_value()); });
    CHECK(world.read()->user(bob.id) == bob);

    bob.standing = {};
    bob.version = 3;
    change(world.store(), world.org, [&](core::WriteTxn& txn) { REQUIRE(txn.replace(bob, 2).has_value()); });
    CHECK(world.read()->user(bob.id) == bob);
}

TEMPLATE_TEST_CASE("an organisation's switches are kept", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    for (const bool on : {true, false}) {
        world.store().registry([&](core::Registry& registry) {
            core::Organisation acme = *registry.organisation("acme");
            acme.paused = acme.sso = acme.directory_sync = on;
            registry.replace(acme);
            return Keep::yes;
        });
        const core::Organisation acme = world.read()->organisation();
        CHECK(acme.paused == on);
        CHECK(acme.sso == on);
        CHECK(acme.directory_sync == on);
    }
}

TEMPLATE_TEST_CASE("a server-admin's token belongs to no organisation, and survives them all", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    core::Token root;
    root.public_id = "rootrootroot";
    root.role = core::AdminRole::server_admin;
    core::Token admin = root;
    admin.public_id = "acmeacmeacme";
    admin.role = core::AdminRole::help_desk;
    admin.organisation = world.org;
    world.store().registry([&](core::Registry& registry) {
        registry.insert(root);
        registry.insert(admin);
        root.revoked = day(3);
        registry.replace(root);
        return Keep::yes;
    });
    world.store().read_registry([&](core::Registry& registry) {
        REQUIRE(registry.tokens(core::OrgId{}).size() == 1);
        CHECK(registry.tokens(core::OrgId{}).front().public_id == root.public_id);
        CHECK(registry.tokens(world.org).size() == 1);
        CHECK(registry.token(root.public_id)->role == core::AdminRole::server_admin);
        CHECK(registry.token(root.public_id)->organisation == core::OrgId{});
        CHECK(registry.token(root.public_id)->revoked == day(3));
        CHECK(registry.token(admin.public_id)->role == core::AdminRole::help_desk);
    });
    world.store().registry([&](core::Registry& registry) {
        registry.erase(world.org);
        return Keep::yes;
    });
    world.store().read_registry([&](core::Registry& registry) {
        CHECK(registry.token(root.public_id));
        CHECK_FALSE(registry.token(admin.public_id));
    });
}

namespace {

core::Record a_record(std::string key)
{
    return {.key = std::move(key), .name = {}, .ref = {}, .due = {}, .doc = {{"what", "something"}}};
}

std::vector<std::string> keys(const std::vector<core::Record>& records)
{
    std::vector<std::string> all;
    for (const auto& each : records) all.push_back(each.key);
    return all;
}

constexpr auto mail = core::RecordKind::mail;
constexpr auto licence = core::RecordKind::licence;

} // namespace

TEMPLATE_TEST_CASE("a record comes back as it was put in, to its own organisation and kind", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    const core::OrgId other = organisation(world.store(), "other");
    core::Record record = a_record("k");
    record.name = "N";
    record.ref = "R";
    record.due = day(3);
    record.doc = {{"text", "\u00e9"}, {"number", 7}, {"none", nullptr}, {"list", boost::json::array{1, "two"}}};
    change(world.store(), world.org,
           [&](core::WriteTxn& txn) { REQUIRE(txn.records().insert(mail, record).has_value()); });

    const auto txn = world.read();
    CHECK(txn->records().find(mail, "k") == record);
    CHECK(txn->records().named(mail, "N") == record);
    CHECK(txn->records().about(mail, "R") == std::vector{record});
    CHECK(txn->records().count(mail) == 1);
    CHECK_FALSE(txn->records().find(licence, "k"));
    CHECK_FALSE(txn->records().find(mail, "K"));
    CHECK_FALSE(txn->records().named(mail, "n"));
    const auto foreign = world.store().read(other);
    CHECK_FALSE(foreign->records().find(mail, "k"));
    CHECK_FALSE(foreign->records().named(mail, "N"));
    CHECK(foreign->records().about(mail, "R").empty());
    CHECK(foreign->records().list(mail, "", 10).empty());
    CHECK(foreign->records().count(mail) == 0);
}

TEMPLATE_TEST_CASE("records are listed by key, a page at a time", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    change(world.store(), world.org, [&](core::WriteTxn& txn) {
        for (const char* const key : {"b", "d", "a", "c"})
            REQUIRE(txn.records().insert(mail, a_record(key)).has_value());
    });
    const auto txn = world.read();
    CHECK(keys(txn->records().list(mail, "", 3)) == Names{"a", "b", "c"});
    CHECK(keys(txn->records().list(mail, "c", 3)) == Names{"d"});
    CHECK(keys(txn->records().list(mail, "bb", 1)) == Names{"c"});
    CHECK(txn->records().list(mail, "d", 3).empty());
}

TEMPLATE_TEST_CASE("a record's key and name are taken once", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    core::Record gold = a_record("1"), silver = a_record("2");
    gold.name = "gold";
    silver.name = "silver";
    change(world.store(), world.org, [&](core::WriteTxn& txn) {
        auto& records = txn.records();
        REQUIRE(records.insert(licence, gold).has_value());
        REQUIRE(records.insert(licence, silver).has_value());
        CHECK(records.insert(licence, a_record("1")).error().reason == Reason::taken);
        core::Record again = a_record("3");
        again.name = "gold";
        CHECK(records.insert(licence, again).error().reason == Reason::taken);
        CHECK(records.insert(mail, again).has_value()); // another kind
        silver.name = "gold";
        CHECK(records.replace(licence, silver).error().reason == Reason::taken);
        silver.name = "platinum";
        CHECK(records.replace(licence, silver).has_value());
        CHECK(records.replace(licence, a_record("4")).error().reason == Reason::not_found);
        records.erase(licence, "1");
        CHECK(records.insert(licence, again).has_value());
    });
    CHECK(keys(world.read()->records().list(licence, "", 9)) == Names{"2", "3"});
    CHECK(world.read()->records().find(licence, "2") == silver);
}

TEMPLATE_TEST_CASE("the registry finds records across organisations: by what they are about, and by when they are due",
                   "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    const core::OrgId other = organisation(world.store(), "other");
    const auto put = [&](core::OrgId org, const char* key, int due) {
        core::Record record = a_record(key);
        record.ref = "example.com";
        record.due = day(due);
        change(world.store(), org,
               [&](core::WriteTxn& txn) { REQUIRE(txn.records().insert(mail, record).has_value()); });
    };
    put(world.org, "a", 5);
    put(other, "b", 3);
    put(world.org, "c", 9);
    world.store().registry([&](core::Registry& registry) {
        REQUIRE(registry.server_records().insert(mail, a_record("s")).has_value());
        return Keep::yes;
    });
    world.store().read_registry([&](core::Registry& registry) {
        const auto about = registry.records_about(mail, "example.com");
        REQUIRE(about.size() == 3);
        CHECK(about[0].organisation == world.org);
        CHECK(about[2].value.key == "b");
        const auto due = registry.records_due(mail, day(5), 10);
        REQUIRE(due.size() == 2);
        CHECK(due[0].value.key == "b");
        CHECK(due[0].organisation == other);
        CHECK(due[1].value.key == "a");
        CHECK(registry.records_due(mail, day(5), 1).size() == 1);
        CHECK(registry.records_due(mail, day(2), 10).empty());
        CHECK(keys(registry.server_records().list(mail, "", 9)) == Names{"s"});
    });
    world.store().registry([&](core::Registry& registry) {
        registry.erase(other);
        CHECK(registry.records_about(mail, "example.com").size() == 2);
        return Keep::yes;
    });
}

TEMPLATE_TEST_CASE("one transaction over several organisations is kept or undone as a whole", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    const core::OrgId other = organisation(world.store(), "other");
    const core::User bob = user("bob@example.com");
    REQUIRE(insert(world.store(), world.org, bob));
    const auto move = [&](core::AcrossTxn& txn) {
        core::User theirs = user("bob@example.com");
        txn.of(world.org).erase(bob.id);
        REQUIRE(txn.of(other).insert(theirs).has_value());
        core::Organisation acme = *txn.registry().organisation(world.org);
        acme.paused = true;
        txn.registry().replace(acme);
        CHECK(txn.of(world.org).organisation().paused);
        CHECK_FALSE(txn.of(world.org).user(bob.id));
    };
    const auto owner = [&] {
        std::vector<core::OrgId> owners;
        world.store().read_registry([&](core::Registry& registry) {
            for (const auto& each : registry.users_named("BOB@example.com")) owners.push_back(each.organisation);
        });
        return owners;
    };
    SECTION("kept")
    {
        world.store().across([&](core::AcrossTxn& txn) {
            move(txn);
            return Keep::yes;
        });
        CHECK(owner() == std::vector{other});
        CHECK(world.read()->organisation().paused);
        CHECK(world.read()->organisation().user_count == 0);
    }
    SECTION("not kept")
    {
        world.store().across([&](core::AcrossTxn& txn) {
            move(txn);
            return Keep::no;
        });
        CHECK(owner() == std::vector{world.org});
        CHECK_FALSE(world.read()->organisation().paused);
    }
    SECTION("thrown")
    {
        CHECK_THROWS_AS(world.store().across([&](core::AcrossTxn& txn) -> Keep {
            move(txn);
            throw std::runtime_error{"stop"};
        }),
                        std::runtime_error);
        CHECK(owner() == std::vector{world.org});
    }
    SECTION("one attempt undone, the next kept")
    {
        world.store().across([&](core::AcrossTxn& txn) {
            txn.attempt([&] {
                move(txn);
                return Keep::no;
            });
            CHECK(txn.of(world.org).user(bob.id));
            CHECK_FALSE(txn.of(other).user_named("bob@example.com"));
            CHECK_FALSE(txn.of(world.org).organisation().paused);
            txn.attempt([&] {
                REQUIRE(txn.of(other).insert(user("eve@example.com")).has_value());
                return Keep::yes;
            });
            return Keep::yes;
        });
        CHECK(owner() == std::vector{world.org});
        CHECK(world.store().read(other)->user_named("eve@example.com"));
        CHECK(world.read()->organisation().user_count == 1);
    }
}

TEMPLATE_TEST_CASE("users of a domain are found across organisations, in order of name", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    const core::OrgId other = organisation(world.store(), "other");
    core::User moving = user("Anna@Example.com");
    REQUIRE(insert(world.store(), world.org, moving));
    REQUIRE(insert(world.store(), other, user("bert@example.com")));
    REQUIRE(insert(world.store(), world.org, user("carl@example.com")));
    REQUIRE(insert(world.store(), world.org, user("dora@sub.example.com")));
    REQUIRE(insert(world.store(), world.org, user("\"e@x\"@example.com")));
    REQUIRE(insert(world.store(), world.org, user("example.com")));
    const auto found = [&](std::string_view domain, std::string_view after = "", std::int64_t limit = 10) {
        Names all;
        world.store().read_registry([&](core::Registry& registry) {
            for (const auto& each : registry.users_of_domain(domain, after, limit)) all.push_back(each.value.user_name);
        });
        return all;
    };
    CHECK(found("example.com") ==
          Names{"\"e@x\"@example.com", "Anna@Example.com", "bert@example.com", "carl@example.com"});
    CHECK(found("example.com", "anna@example.com", 1) == Names{"bert@example.com"});
    CHECK(found("sub.example.com") == Names{"dora@sub.example.com"});
    CHECK(found("example.org").empty());

    moving.user_name = "anna@example.org";
    moving.version = 2;
    change(world.store(), world.org, [&](core::WriteTxn& txn) { REQUIRE(txn.replace(moving, 1).has_value()); });
    CHECK(found("example.org") == Names{"anna@example.org"});
    CHECK(found("example.com").size() == 3);
}

TEMPLATE_TEST_CASE("events are found by actor, request, several activities, and backwards", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    const auto tell = [&](core::Activity activity, const char* actor, const char* request) {
        change(world.store(), world.org, [&](core::WriteTxn& txn) {
            core::Event event;
            event.at = day(1);
            event.activity = activity;
            event.actor = {"admin", actor};
            event.request_id = request;
            event.target = {core::TargetKind::domain, "example.com", "example.com", ""};
            txn.append(event);
        });
    };
    tell(core::Activity::add_domain, "a", "r1");
    tell(core::Activity::verify_domain, "b", "r2");
    tell(core::Activity::claim_domain, "a", "r3");
    const auto found = [&](const core::EventQuery& query) {
        Names all;
        for (const auto& each : world.read()->events(query)) all.push_back(each.request_id);
        return all;
    };
    CHECK(found({.actor_id = "a"}) == Names{"r1", "r3"});
    CHECK(found({.request_id = "r2"}) == Names{"r2"});
    CHECK(found({.activities = {core::Activity::verify_domain, core::Activity::claim_domain}}) == Names{"r2", "r3"});
    CHECK(found({.newest_first = true}) == Names{"r3", "r2", "r1"});
    CHECK(found({.limit = 1, .newest_first = true}) == Names{"r3"});
    const auto second = world.read()->events({.request_id = "r2"}).front();
    CHECK(second.target.kind == core::TargetKind::domain);
    CHECK(found({.before = second.sequence, .newest_first = true}) == Names{"r1"});
    CHECK(world.read()->count(core::EventQuery{.limit = 1}) == 3);
    CHECK(world.read()->count(core::EventQuery{.limit = 1, .actor_id = "a"}) == 2);
    CHECK(world.read()->count(core::EventQuery{.before = second.sequence}) == 1);
}

TEMPLATE_TEST_CASE("records are counted right through inserts, removals and what is undone", "[contract]", STORES)
{
    OneOrganisation<TestType> world;
    const core::OrgId other = organisation(world.store(), "other");
    const auto count = [&] { return world.read()->records().count(mail); };
    CHECK(count() == 0);
    change(world.store(), world.org, [&](core::WriteTxn& txn) {
        CHECK(txn.records().count(mail) == 0);
        REQUIRE(txn.records().insert(mail, a_record("a")).has_value());
        REQUIRE(txn.records().insert(mail, a_record("b")).has_value());
        REQUIRE_FALSE(txn.records().insert(mail, a_record("b")).has_value());
        CHECK(txn.records().count(mail) == 2);
        txn.records().erase(mail, "nobody's");
        CHECK(txn.records().count(mail) == 2);
        txn.attempt([&] {
            REQUIRE(txn.records().insert(mail, a_record("c")).has_value());
            CHECK(txn.records().count(mail) == 3);
            return Keep::no;
        });
        CHECK(txn.records().count(mail) == 2);
    });
    CHECK(count() == 2);
    world.store().write(world.org, [&](core::WriteTxn& txn) {
        txn.records().erase(mail, "a");
        CHECK(txn.records().count(mail) == 1);
        return Keep::no;
    });
    change(world.store(), world.org, [&](core::WriteTxn& txn) { CHECK(txn.records().count(mail) == 2); });
    change(world.store(), other, [&](core::WriteTxn& txn) {
        CHECK(txn.records().count(mail) == 0);
        CHECK(txn.records().count(licence) == 0);
    });
    change(world.store(), world.org, [&](core::WriteTxn& txn) { txn.records().erase(mail, "b"); });
    CHECK(count() == 1);
}
