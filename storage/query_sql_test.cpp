// The same question asked of SQL and of core::holds: random users, random predicates, one truth.
#include "core/indexed.hpp"
#include "storage/query_sql.hpp"
#include "storage/test_world.hpp"

#include <boost/json/array.hpp>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <set>

using namespace storage;
using namespace storage::testing;
using core::AttributeRef;
using core::Comparison;
using core::Literal;
using core::Predicate;
using core::ValueKind;

namespace {

constexpr const char* enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const std::string lifecycle{core::lifecycle_urn};

// Few words, so that random questions often have answers; all the traps of folding and of LIKE among them.
const std::vector<std::string> words = {"",
                                        "a",
                                        "A",
                                        "ab",
                                        "b",
                                        "%",
                                        "_",
                                        "stra\u00dfe",
                                        "STRASSE",
                                        "jos\u00e9",
                                        "jose\u0301",
                                        "\u212a",
                                        "k",
                                        "\u0131",
                                        "i",
                                        "work",
                                        "Work",
                                        "x\"y",
                                        "x\\y",
                                        "'; --",
                                        "\U0001F600",
                                        "2026-01-05T00:00:00Z",
                                        "2026-01-05T01:00:00.000+01:00",
                                        "true",
                                        "1"};

rc::Gen<std::string> some_word() { return rc::gen::elementOf(words); }

boost::json::value some_value()
{
    switch (*rc::gen::inRange(0, 7)) {
    case 0: return nullptr;
    case 1: return *rc::gen::arbitrary<bool>();
    case 2: return *rc::gen::inRange<std::int64_t>(-2, 3);
    case 3: return static_cast<double>(*rc::gen::inRange(-4, 5)) / 2;
    default: return boost::json::string(*some_word());
    }
}

core::User some_user(int n)
{
    boost::json::object attributes;
    const auto maybe = [] { return *rc::gen::inRange(0, 3) != 0; };
    if (maybe()) attributes["displayName"] = some_value();
    if (maybe()) attributes["title"] = boost::json::string(*some_word());
    if (maybe()) attributes["name"] = boost::json::object{{"givenName", some_value()}};
    if (maybe()) {
        boost::json::array emails;
        for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
            boost::json::object element;
            if (maybe()) element["value"] = some_value();
            if (maybe()) element["type"] = boost::json::string(*some_word());
            if (maybe()) element["primary"] = *rc::gen::arbitrary<bool>();
            emails.push_back(std::move(element));
        }
        attributes["emails"] = std::move(emails);
    }
    if (maybe()) attributes["tags"] = boost::json::array{some_value(), some_value()};
    if (maybe())
        attributes[enterprise] = boost::json::object{{"department", some_value()}, {"costCenter", some_value()}};

    core::User made = user(*some_word() + std::to_string(n));
    made.profile = core::Profile{std::move(attributes)};
    if (maybe()) made.external_id = *some_word();
    made.status = *rc::gen::element(core::Status::active, core::Status::not_verified, core::Status::inactive,
                                    core::Status::converted_away);
    if (made.status == core::Status::inactive) made.reason = core::InactiveReason::soft_deleted;
    if (maybe()) made.original_user_name = *some_word();
    if (maybe()) made.purge_at = day(*rc::gen::inRange(0, 8));
    made.last_modified = day(*rc::gen::inRange(0, 8));
    made.version = *rc::gen::inRange(1, 4);
    return made;
}

AttributeRef ref(std::string name, std::string sub = {}, ValueKind kind = ValueKind::text, bool multi = false,
                 std::string extension = {})
{
    return {.extension = std::move(extension),
            .name = std::move(name),
            .sub = std::move(sub),
            .kind = kind,
            .case_exact = *rc::gen::arbitrary<bool>(),
            .multi_valued = multi};
}

AttributeRef some_attribute()
{
    switch (*rc::gen::inRange(0, 23)) {
    case 0: return ref("id");
    case 1: return ref("userName");
    case 2: return ref("externalId");
    case 3: return ref("active", "", ValueKind::boolean);
    case 4: return ref("meta", "created", ValueKind::instant);
    case 5: return ref("meta", "lastModified", ValueKind::instant);
    case 6: return ref("meta", "version");
    case 7: return ref("meta", "resourceType");
    case 8: return ref("displayName");
    case 9: return ref("title");
    case 10: return ref("name", "givenName");
    case 11: return ref("emails", "value", ValueKind::text, true);
    case 12: return ref("emails", "type", ValueKind::text, true);
    case 13: return ref("emails", "primary", ValueKind::boolean, true);
    case 14: return ref("emails", "", ValueKind::complex, true);
    case 15: return ref("tags", "", ValueKind::text, true);
    case 16: return ref("department", "", ValueKind::text, false, enterprise);
    case 17: return ref("status", "", ValueKind::text, false, lifecycle);
    case 18: return ref("reason", "", ValueKind::text, false, lifecycle);
    case 19: return ref("purgeAt", "", ValueKind::instant, false, lifecycle);
    case 20: return ref("originalUserName", "", ValueKind::text, false, lifecycle);
    case 21: return ref("meta", "", ValueKind::complex);
    default: return ref("name", "", ValueKind::complex);
    }
}

Literal some_literal()
{
    switch (*rc::gen::inRange(0, 9)) {
    case 0: return nullptr;
    case 1: return *rc::gen::arbitrary<bool>();
    case 2: return *rc::gen::inRange<std::int64_t>(-2, 3);
    case 3: return static_cast<double>(*rc::gen::inRange(-4, 5)) / 2;
    case 4: return day(*rc::gen::inRange(0, 8));
    default: return *some_word();
    }
}

Predicate some_leaf(AttributeRef attribute)
{
    if (*rc::gen::inRange(0, 5) == 4) return Predicate::has(std::move(attribute));
    const auto comparison =
        *rc::gen::element(Comparison::eq, Comparison::ne, Comparison::co, Comparison::sw, Comparison::ew,
                          Comparison::gt, Comparison::ge, Comparison::lt, Comparison::le);
    return Predicate::is(std::move(attribute), comparison, some_literal());
}

Predicate some_predicate(int depth, const std::function<Predicate()>& leaf)
{
    if (depth == 0) return leaf();
    switch (*rc::gen::inRange(0, 5)) { // shrinks towards the leaf
    case 2: return Predicate::both(some_predicate(depth - 1, leaf), some_predicate(depth - 1, leaf));
    case 3: return Predicate::either(some_predicate(depth - 1, leaf), some_predicate(depth - 1, leaf));
    case 4: return Predicate::none_of(some_predicate(depth - 1, leaf));
    default: return leaf();
    }
}

Predicate some_predicate()
{
    return some_predicate(3, [] {
        if (*rc::gen::inRange(0, 5) != 4) return some_leaf(some_attribute());
        const bool in_meta = *rc::gen::inRange(0, 4) == 0;
        const Predicate inner = some_predicate(2, [&] {
            return in_meta
                       ? some_leaf(ref(*rc::gen::element<std::string>("version", "created", "lastModified", "other")))
                       : some_leaf(ref(*rc::gen::element<std::string>("value", "type", "primary", "givenName")));
        });
        return Predicate::some(in_meta ? ref("meta", "", ValueKind::complex)
                                       : *rc::gen::element(ref("emails", "", ValueKind::complex, true),
                                                           ref("tags", "", ValueKind::complex, true),
                                                           ref("name", "", ValueKind::complex)),
                               inner);
    });
}

std::set<std::string> by_sql(Connection& db, const Predicate& where)
{
    const Fragment condition = condition_for(where, core::Searched::users, 1);
    Loan rows = db.lend_composed("SELECT id_text(u.id) FROM users AS u WHERE " + condition.sql);
    condition.bind_to(rows);
    std::set<std::string> found;
    while (rows.row()) found.insert(rows.text(0));
    return found;
}

} // namespace

TEST_CASE("SQL and memory agree on which users a filter describes")
{
    SqliteWorld world;
    const core::OrgId org = organisation(world.store(), "acme");
    Connection db{world.options.file, Role::reader};
    std::vector<core::User> users;
    for (int n = 0; n < 60; ++n) { // drawn before the questions, so that shrinking a question leaves them alone
        const auto draw = rc::gen::exec([n] { return some_user(n); });
        const core::User made = draw(rc::Random{static_cast<std::uint64_t>(n)}, 100).value();
        if (insert(world.store(), org, made)) users.push_back(made);
    }
    REQUIRE(users.size() > 40);
    CHECK(rc::check("SQL finds exactly those for whom core::holds", [&] {
        const Predicate where = some_predicate();
        std::set<std::string> expected;
        for (const core::User& each : users)
            if (core::holds(where, core::attributes_of(each))) expected.insert(core::to_text(each.id));
        const auto sql = condition_for(where, core::Searched::users, 1).sql;
        RC_LOG() << sql << std::endl;
        RC_ASSERT(by_sql(db, where) == expected);

        std::set<std::string> listed; // whichever way the store takes, index or scan
        const auto found = world.store().read(org)->users({.where = &where, .limit = 1000});
        for (const core::User& each : found.items) listed.insert(core::to_text(each.id));
        RC_ASSERT(listed == expected);
        RC_ASSERT(found.total == static_cast<std::int64_t>(expected.size()));
    }));
}

TEST_CASE("SQL and memory agree on the order of users, and pages of any kind put together are that order")
{
    SqliteWorld world;
    const core::OrgId other = organisation(world.store(), "other");
    const core::OrgId org = organisation(world.store(), "acme");
    std::vector<core::User> users;
    for (int n = 0; n < 60; ++n) {
        const auto draw = rc::gen::exec([n] { return some_user(n); });
        const core::User made = draw(rc::Random{static_cast<std::uint64_t>(n)}, 100).value();
        if (n % 3 == 0) REQUIRE(insert(world.store(), other, user("other" + std::to_string(n))));
        if (insert(world.store(), org, made)) users.push_back(made);
    }
    for (std::size_t n = 0; n < users.size(); n += 7)
        change(world.store(), org, [&](core::WriteTxn& txn) { txn.erase(users[n].id); });
    for (std::size_t n = 0; n < users.size(); n += 6) users.erase(users.begin() + static_cast<std::ptrdiff_t>(n));
    REQUIRE(world.store().read(org)->organisation().user_count == static_cast<std::int64_t>(users.size()));

    CHECK(rc::check("by index, by position, with a filter and without", [&] {
        core::Sort sort{some_attribute(), *rc::gen::arbitrary<bool>()};
        const bool is_sorted = *rc::gen::inRange(0, 5) != 0;
        const bool is_filtered = *rc::gen::arbitrary<bool>();
        const Predicate where = is_filtered ? some_predicate() : Predicate{};
        std::vector<std::pair<core::Position, std::string>> expected;
        for (std::size_t n = 0; n < users.size(); ++n) {
            const auto attributes = core::attributes_of(users[n]);
            if (!core::holds(where, attributes)) continue;
            expected.push_back(
                {{is_sorted ? core::sort_key_of(sort, attributes) : core::SortKey{}, static_cast<std::int64_t>(n)},
                 core::to_text(users[n].id)});
        }
        const bool descending = is_sorted && sort.descending;
        std::sort(expected.begin(), expected.end(),
                  [&](const auto& a, const auto& b) { return core::before(a.first, b.first, descending); });
        const std::int64_t limit = *rc::gen::inRange(1, 9);
        const bool by_position = *rc::gen::arbitrary<bool>();

        core::Query query{.where = is_filtered ? &where : nullptr, .limit = limit, .sort = is_sorted ? &sort : nullptr};
        query.positions = true;
        std::optional<core::Position> after;
        std::size_t seen = 0;
        const auto txn = world.store().read(org);
        for (;;) {
            const auto page = txn->users(query);
            RC_ASSERT(page.total == static_cast<std::int64_t>(expected.size()));
            RC_ASSERT(page.positions.size() == page.items.size());
            for (std::size_t i = 0; i < page.items.size(); ++i, ++seen) {
                RC_ASSERT(seen < expected.size());
                RC_ASSERT(core::to_text(page.items[i].id) == expected[seen].second);
                RC_ASSERT(page.positions[i].key == expected[seen].first.key);
            }
            if (static_cast<std::int64_t>(page.items.size()) < limit) break;
            if (by_position) {
                after = page.positions.back();
                query.after = &*after;
            } else {
                query.offset += limit;
            }
        }
        RC_ASSERT(seen == expected.size());
    }));
}

TEST_CASE("DOS-05: the deepest filter that the grammar allows is still SQL")
{
    constexpr int deepest = 32;
    SqliteWorld world;
    const core::OrgId org = organisation(world.store(), "acme");
    REQUIRE(insert(world.store(), org, user("bob", R"({"title":"x","emails":[{"value":"x"}]})")));
    const Predicate leaf =
        Predicate::is({.extension = {}, .name = "title", .sub = {}}, Comparison::co, std::string{"x"});
    const Predicate element =
        Predicate::is({.extension = {}, .name = "value", .sub = {}}, Comparison::co, std::string{"x"});
    const AttributeRef emails{.extension = {},
                              .name = "emails",
                              .sub = {},
                              .kind = ValueKind::complex,
                              .case_exact = false,
                              .multi_valued = true};
    const int shape = GENERATE(range(0, 6));
    Predicate where = shape < 4 ? leaf : element;
    for (int level = 0; level < deepest; ++level) {
        const Predicate& other = shape < 4 ? leaf : element;
        switch (shape) {
        case 0: where = Predicate::none_of(std::move(where)); break;
        case 1: where = Predicate::both(other, std::move(where)); break;
        case 2: where = Predicate::both(std::move(where), other); break;
        case 3:
        case 4:
            where = level % 2 == 0 ? Predicate::either(other, std::move(where))
                                   : Predicate::none_of(Predicate::both(other, Predicate::none_of(std::move(where))));
            break;
        default: where = Predicate::none_of(Predicate::either(other, Predicate::none_of(std::move(where)))); break;
        }
    }
    if (shape >= 4) where = Predicate::some(emails, std::move(where));
    const bool expected = core::holds(where, core::attributes_of(*world.store().read(org)->user_named("bob")));
    CHECK(world.store().read(org)->users({.where = &where}).total == (expected ? 1 : 0));
    std::vector<core::User> visited;
    world.store().read(org)->each_user(&where, [&](const core::User& each) {
        visited.push_back(each);
        return true;
    });
    CHECK(visited.size() == (expected ? 1 : 0));
}

TEST_CASE("DOS-07: wildcards of other languages are plain characters")
{
    SqliteWorld world;
    const core::OrgId org = organisation(world.store(), "acme");
    REQUIRE(insert(world.store(), org, user("u1", R"({"title":"100%"})")));
    REQUIRE(insert(world.store(), org, user("u2", R"({"title":"100x"})")));
    for (const auto comparison : {Comparison::co, Comparison::ew}) {
        const Predicate where =
            Predicate::is({.extension = {}, .name = "title", .sub = {}}, comparison, std::string{"0%"});
        CHECK(world.store().read(org)->users({.where = &where}).total == 1);
    }
}

TEST_CASE("what came with the request is never part of the SQL")
{
    const std::string evil = "x') OR 1=1; --";
    const Predicate where = Predicate::some(
        {.extension = evil,
         .name = evil,
         .sub = evil,
         .kind = ValueKind::complex,
         .case_exact = false,
         .multi_valued = true},
        Predicate::either(Predicate::is({.extension = {}, .name = evil, .sub = {}}, Comparison::co, evil),
                          Predicate::has({.extension = {}, .name = evil, .sub = {}})));
    const Fragment condition = condition_for(where, core::Searched::users, 1);
    CHECK(condition.sql.find("OR 1=1") == std::string::npos);
    CHECK(condition.sql.find("x'") == std::string::npos);
}

TEST_CASE("a filter is indexed when every way to its matches begins at an index")
{
    const AttributeRef user_name{.extension = {}, .name = "userName", .sub = {}};
    const AttributeRef title{.extension = {}, .name = "title", .sub = {}};
    const AttributeRef emails{.extension = {},
                              .name = "emails",
                              .sub = {},
                              .kind = ValueKind::complex,
                              .case_exact = false,
                              .multi_valued = true};
    const AttributeRef value{.extension = {}, .name = "value", .sub = {}};
    const auto is = [](const AttributeRef& a) { return Predicate::is(a, Comparison::eq, std::string{"x"}); };
    const auto indexed = [](const Predicate& p) { return core::finds_by_index(p, core::Searched::users); };
    CHECK(indexed(is(user_name)));
    CHECK(indexed(Predicate::both(is(title), is(user_name))));
    CHECK(indexed(Predicate::either(is(user_name), is(user_name))));
    CHECK(indexed(Predicate::some(emails, Predicate::both(is(title), is(value)))));
    CHECK_FALSE(indexed(is(title)));
    CHECK_FALSE(indexed(Predicate::either(is(user_name), is(title))));
    CHECK_FALSE(indexed(Predicate::none_of(is(user_name))));
    CHECK_FALSE(indexed(Predicate::is(user_name, Comparison::co, std::string{"x"})));
    CHECK_FALSE(indexed(Predicate::is(user_name, Comparison::eq, nullptr)));
    CHECK_FALSE(indexed(Predicate::some(emails, is(title))));
    CHECK_FALSE(core::finds_by_index(is(user_name), core::Searched::groups));
}
