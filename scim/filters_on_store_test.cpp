// One filter, two consumers: random texts over the whole grammar and every attribute of the schemas, asked of random
// users and groups in a store of SQLite and of the same resources in memory. Parsed, printed and parsed again, a filter
// stays the same tree.
#include "core/base/json.hpp"
#include "core/predicate.hpp"
#include "scim/filter.hpp"
#include "scim/resource_json.hpp"
#include "scim/schema.hpp"
#include "storage/test_world.hpp"

#include <boost/json/array.hpp>
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace scim {
namespace {

namespace gen = rc::gen;
namespace json = boost::json;
using storage::testing::day;

bool maybe(int of = 2) { return *gen::inRange(0, of) == 0; }
template<class T>
const T& one_of(const std::vector<T>& all)
{
    return all[*gen::inRange<std::size_t>(0, all.size())];
}

// The core schema's attributes are texts and booleans; an extension adds the other types, alone, in lists and as parts.
constexpr const char* extension_urn = "urn:example:params:scim:schemas:extension:everything:2.0:User";

Attribute attribute(std::string name, Type type, bool many = false)
{
    Attribute made;
    made.name = std::move(name);
    made.type = type;
    made.multi_valued = many;
    return made;
}

std::vector<Attribute> of_every_type(bool many)
{
    std::vector<Attribute> all;
    const std::string prefix = many ? "many" : "one";
    for (const auto type :
         {Type::string, Type::boolean, Type::integer, Type::decimal, Type::date_time, Type::binary, Type::reference})
        all.push_back(attribute(prefix + "-" + std::string{word(type)}, type, many));
    auto exact = attribute(prefix + "Exact", Type::string, many);
    exact.case_exact = true;
    all.push_back(exact);
    return all;
}

ResourceSchema users_with_everything()
{
    ResourceSchema schema = user_schema();
    Schema extension{extension_urn, "Everything", "An attribute of each kind", of_every_type(false)};
    for (auto& each : of_every_type(true)) extension.attributes.push_back(std::move(each));
    for (const bool many : {false, true}) {
        auto whole = attribute(many ? "manyParts" : "oneParts", Type::complex, many);
        whole.sub = of_every_type(false);
        whole.sub.push_back(attribute("value", Type::decimal));
        extension.attributes.push_back(std::move(whole));
    }
    schema.extensions.push_back(std::move(extension));
    return schema;
}

// --- values ---

// Few, so that questions have answers; the traps of folding, quoting, LIKE and of types among them.
const std::vector<std::string> words = {"a",
                                        "A",
                                        "ab",
                                        "b",
                                        "work",
                                        "Work",
                                        "home",
                                        "User",
                                        "%",
                                        "_",
                                        "a%",
                                        "\\",
                                        "\"",
                                        "'",
                                        "x'; --",
                                        "[",
                                        "]",
                                        "a b",
                                        " a",
                                        "a ",
                                        "\t",
                                        "\n",
                                        "stra\u00dfe",
                                        "STRASSE",
                                        "jos\u00e9",
                                        "jose\u0301",
                                        "\u212a",
                                        "k",
                                        "\u0131",
                                        "i",
                                        "I",
                                        "\u0130",
                                        "\ufb01",
                                        "fi",
                                        "\uff21",
                                        "\U0001F600",
                                        "\uffff",
                                        "\U00010000",
                                        "true",
                                        "null",
                                        "1",
                                        "1.0",
                                        "2026-01-05T00:00:00Z",
                                        "and",
                                        "not",
                                        "a.b:c",
                                        std::string(700, 'a'),
                                        std::string(700, 'a') + "b"};
const std::vector<std::string> instants = {
    "2026-01-05T00:00:00Z",     "2026-01-05T00:00:00.000Z", "2026-01-05T01:00:00+01:00", "2026-01-04T23:59:59.999Z",
    "2026-01-05T00:00:00.001Z", "1969-12-31T23:59:59Z",     "2026-02-28T12:00:00-12:00"};
const std::vector<std::string> binaries = {"", "AA==", "aa==", "YWJj", "YWJjZA=="};
const std::vector<std::string> integers = {
    "0", "1", "-1", "2", "9007199254740993", "9007199254740992", "9223372036854775807", "-9223372036854775808"};
const std::vector<std::string> decimals = {"0",   "0.0", "-0.0", "1",   "1.0",  "1.5",  "-1.5",
                                           "0.1", "1e2", "1E+2", "100", "1e-7", "1e20", "9007199254740993"};

json::value parsed(const std::string& text)
{
    const auto value = core::json::read(text);
    return value ? *value : json::value{};
}

json::value some_value(const Attribute& attribute);

json::value one_value(const Attribute& attribute)
{
    switch (attribute.type) {
    case Type::boolean: return maybe();
    case Type::integer: return parsed(one_of(integers));
    case Type::decimal: return parsed(one_of(decimals));
    case Type::date_time: return json::string(one_of(instants));
    case Type::binary: return json::string(one_of(binaries));
    case Type::string:
    case Type::reference: return json::string(one_of(words));
    case Type::complex: break;
    }
    json::object parts;
    for (const auto& sub : attribute.sub)
        if (maybe()) parts[sub.name] = some_value(sub);
    return parts;
}

json::value some_value(const Attribute& attribute)
{
    if (!attribute.multi_valued) return one_value(attribute);
    json::array values;
    for (int n = *gen::inRange(0, 4); n > 0; --n) values.push_back(one_value(attribute));
    return values;
}

const entra::Tolerance& strict()
{
    static const entra::Tolerance none;
    return none;
}

// As a body leaves the protocol: canonical. An attribute whose random value is refused is left out.
json::object some_attributes(const ResourceSchema& schema, const char* name)
{
    json::object body{{name, "n"}};
    const auto add = [&](json::object& place, const Attribute& each) {
        if (maybe(3)) return;
        place[each.name] = some_value(each);
        if (!read_resource(body, {schema, strict()})) place.erase(each.name);
    };
    for (const auto& each : schema.core.attributes)
        if (each.name != name && each.name != "members") add(body, each);
    for (const auto& extension : schema.extensions) {
        body[extension.urn] = json::object{};
        for (const auto& each : extension.attributes) add(body.at(extension.urn).as_object(), each);
    }
    auto canonical = read_resource(body, {schema, strict()});
    RC_ASSERT(canonical.has_value());
    for (const char* field : {"userName", "externalId", "active", "displayName"})
        if (std::string_view{field} == name || std::string_view{field} != "displayName") canonical->erase(field);
    return *std::move(canonical);
}

core::User some_user(const ResourceSchema& schema, int n)
{
    core::User made = storage::testing::user(one_of(words) + std::to_string(n));
    made.profile = core::Profile{with_schemas(some_attributes(schema, "userName"), schema)};
    if (maybe()) made.external_id = one_of(words);
    made.status = *gen::element(core::Status::active, core::Status::not_verified, core::Status::inactive,
                                core::Status::converted_away);
    if (made.status == core::Status::inactive) made.reason = core::InactiveReason::soft_deleted;
    if (maybe()) made.original_user_name = one_of(words);
    if (maybe()) made.purge_at = day(*gen::inRange(0, 8));
    if (maybe()) made.soft_deleted_at = day(*gen::inRange(0, 8));
    made.last_modified = day(*gen::inRange(0, 8));
    made.version = *gen::inRange(1, 4);
    return made;
}

// --- filters, as text ---

std::string any_case(std::string text)
{
    if (!maybe(4)) return text;
    for (char& c : text)
        if (maybe()) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return text;
}

// A JSON string that means `text`, spelled in one of the ways JSON has.
std::string quoted(const std::string& text)
{
    std::string plain = core::json::write(json::value(json::string(text)));
    if (!maybe(4)) return plain;
    std::string escaped = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        constexpr const char* digits = "0123456789abcdef";
        if (byte >= 0x80) return plain;
        escaped += std::string{"\\u00"} + digits[byte >> 4U] + digits[byte & 15U];
    }
    return escaped + "\"";
}

std::string some_literal(Type type)
{
    if (maybe(12)) return "null";
    if (maybe(30)) return *gen::element<std::string>("true", "1", "\"a\"", "1.5"); // often of another type: refused
    switch (type) {
    case Type::boolean: return *gen::element<std::string>("true", "false");
    case Type::integer:
    case Type::decimal: return one_of(maybe() ? integers : decimals);
    case Type::date_time: return quoted(one_of(instants));
    case Type::binary: return quoted(one_of(binaries));
    case Type::string:
    case Type::reference:
    case Type::complex: break;
    }
    return quoted(one_of(words));
}

std::string some_operator(Type type)
{
    switch (type) {
    case Type::boolean: return *gen::element<std::string>("eq", "ne");
    case Type::integer:
    case Type::decimal:
    case Type::date_time: return *gen::element<std::string>("eq", "ne", "gt", "ge", "lt", "le");
    case Type::binary: return *gen::element<std::string>("eq", "ne", "co", "sw", "ew");
    case Type::string:
    case Type::reference:
    case Type::complex: break;
    }
    return *gen::element<std::string>("eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le");
}

std::string some_comparison(const std::string& name, Type type)
{
    if (maybe(6)) return any_case(name) + " " + any_case("pr");
    return any_case(name) + " " + any_case(some_operator(type)) + " " + some_literal(type);
}

std::string some_tree(int depth, const std::function<std::string()>& leaf)
{
    if (depth == 0) return leaf();
    const auto inner = [&] { return some_tree(depth - 1, leaf); };
    switch (*gen::inRange(0, 6)) {
    case 2: return inner() + " " + any_case("and") + " " + inner(); // binds as it stands, whatever its parts are
    case 3: return inner() + " " + any_case("or") + " " + inner();
    case 4: return any_case("not") + (maybe() ? " (" : "(") + inner() + ")";
    case 5: return "(" + inner() + ")";
    default: return leaf();
    }
}

struct Named {
    std::string name; // with its URN where it needs one
    const Attribute* attribute;
};

std::vector<Named> named_attributes(const ResourceSchema& schema)
{
    std::vector<Named> all;
    for (const auto& each : schema.common) all.push_back({each.name, &each});
    for (const auto& each : schema.core.attributes) all.push_back({each.name, &each});
    for (const auto& extension : schema.extensions)
        for (const auto& each : extension.attributes) all.push_back({extension.urn + ":" + each.name, &each});
    std::erase_if(all, [](const Named& each) { return each.name == "password" || each.name == "groups"; });
    return all;
}

std::string some_leaf(const ResourceSchema& schema, const std::vector<Named>& all)
{
    const auto& [plain, attribute] = one_of(all);
    const std::string name = schema.core.find(plain) != nullptr && maybe(6) ? schema.core.urn + ":" + plain : plain;
    if (attribute->sub.empty()) return some_comparison(name, attribute->type);
    if (maybe(6)) return any_case(name) + " pr";
    const auto* value = attribute->find_sub("value");
    if (attribute->multi_valued && value != nullptr && maybe(6)) return some_comparison(name, value->type);
    const auto part = [&](const std::string& before) {
        const auto& sub = one_of(attribute->sub);
        return some_comparison(before + sub.name, sub.type);
    };
    if (maybe(3)) {
        auto text = any_case(name) + "[" + some_tree(*gen::inRange(0, 3), [&] { return part(""); }) + "]";
        return maybe(6) ? text + "." + part("") : text;
    }
    return part(name + ".");
}

// --- the two consumers ---

struct Tally {
    std::size_t asked = 0;
    std::size_t understood = 0;
    std::size_t answered = 0; // by some, not by all
};

std::optional<core::Predicate> understood(const std::string& text, const ResourceSchema& schema, Tally& tally)
{
    ++tally.asked;
    RC_LOG() << text << std::endl;
    const auto tree = parse_filter(text, schema, {.bytes = 1U << 16U, .depth = 32, .nodes = 1000});
    if (!tree) {
        RC_ASSERT(tree.error().type == ScimType::invalid_filter);
        return std::nullopt;
    }
    ++tally.understood;
    const auto printed = print_filter(*tree);
    RC_LOG() << printed << std::endl;
    const auto again = parse_filter(printed, schema, {.bytes = 1U << 20U, .depth = 64, .nodes = 1000});
    RC_ASSERT(again.has_value());
    RC_ASSERT(*again == *tree);
    return *tree;
}

constexpr int questions = 10; // of each drawn world

TEST_CASE("whoever a filter describes is found in SQL as in memory, whatever filter, whatever users")
{
    storage::testing::SqliteWorld world;
    const core::OrgId org = storage::testing::organisation(world.store(), "acme");
    const ResourceSchema schema = users_with_everything();
    const auto all = named_attributes(schema);
    std::vector<core::User> users;
    std::vector<json::object> resources;
    for (int n = 0; n < 50; ++n) { // drawn once: shrinking a question leaves them alone
        const auto draw = gen::exec([&] { return some_user(schema, n); });
        const core::User made = draw(rc::Random{static_cast<std::uint64_t>(n)}, 100).value();
        if (!storage::testing::insert(world.store(), org, made)) continue;
        users.push_back(made);
        resources.push_back(core::attributes_of(made));
    }
    REQUIRE(users.size() > 40);

    Tally tally;
    CHECK(rc::check("SQL = memory", [&] {
        for (int question = 0; question < questions; ++question) {
            const auto text = some_tree(*gen::inRange(0, 4), [&] { return some_leaf(schema, all); });
            const auto where = understood(text, schema, tally);
            if (!where) continue;
            std::set<std::string> expected;
            for (std::size_t i = 0; i < users.size(); ++i)
                if (core::holds(*where, resources[i])) expected.insert(core::to_text(users[i].id));
            tally.answered += !expected.empty() && expected.size() < users.size() ? 1 : 0;

            const auto txn = world.store().read(org);
            const auto found = txn->users({.where = &*where, .limit = 1000});
            std::set<std::string> listed; // by index or by scan, whichever the store chooses
            for (const auto& each : found.items) listed.insert(core::to_text(each.id));
            RC_ASSERT(listed == expected);
            RC_ASSERT(found.total == static_cast<std::int64_t>(expected.size()));
            std::set<std::string> visited; // always by scan
            txn->each_user(&*where,
                           [&](const core::User& each) { return visited.insert(core::to_text(each.id)).second; });
            RC_ASSERT(visited == expected);
        }
    }));
    INFO(tally.asked << " filters, " << tally.understood << " understood, " << tally.answered
                     << " that tell some from others");
    CHECK(tally.understood * 10 > tally.asked * 6);
    CHECK(tally.answered * 10 > tally.asked * 2);
}

TEST_CASE("whichever groups a filter describes are found in SQL as in memory, by their members, too")
{
    storage::testing::SqliteWorld world;
    const core::OrgId org = storage::testing::organisation(world.store(), "acme");
    const ResourceSchema& schema = group_schema();
    const auto all = named_attributes(schema);
    std::vector<core::Group> groups;
    std::vector<json::object> resources;
    for (int n = 0; n < 30; ++n) {
        const auto draw = gen::exec([&] {
            core::Group made = storage::testing::group(one_of(words) + std::to_string(n));
            made.profile = core::Profile{with_schemas(some_attributes(schema, "displayName"), schema)};
            if (maybe()) made.external_id = one_of(words);
            made.last_modified = day(*gen::inRange(0, 8));
            std::vector<std::string> members;
            for (int i = *gen::inRange(0, 4); i > 0; --i) members.push_back(one_of(words));
            return std::pair{made, members};
        });
        const auto [made, members] = draw(rc::Random{static_cast<std::uint64_t>(n)}, 100).value();
        storage::testing::change(world.store(), org, [&, &group = made, &values = members](core::WriteTxn& txn) {
            REQUIRE(txn.insert(group).has_value());
            txn.add_members(group.id, values);
        });
        groups.push_back(*world.store().read(org)->group(made.id));
        auto& resource = resources.emplace_back(core::attributes_of(groups.back()));
        json::array shown;
        for (const auto& value : members) shown.push_back(json::object{{"value", value}});
        resource["members"] = std::move(shown);
    }

    Tally tally;
    CHECK(rc::check("SQL = memory", [&] {
        for (int question = 0; question < questions; ++question) {
            const auto text = some_tree(*gen::inRange(0, 4), [&] { return some_leaf(schema, all); });
            const auto where = understood(text, schema, tally);
            if (!where) continue;
            std::set<std::string> expected;
            for (std::size_t i = 0; i < groups.size(); ++i)
                if (core::holds(*where, resources[i])) expected.insert(core::to_text(groups[i].id));
            tally.answered += !expected.empty() && expected.size() < groups.size() ? 1 : 0;
            const auto found = world.store().read(org)->groups({.where = &*where, .limit = 1000});
            std::set<std::string> listed;
            for (const auto& each : found.items) listed.insert(core::to_text(each.id));
            RC_ASSERT(listed == expected);
            RC_ASSERT(found.total == static_cast<std::int64_t>(expected.size()));
        }
    }));
    INFO(tally.asked << " filters, " << tally.understood << " understood, " << tally.answered
                     << " that tell some from others");
    CHECK(tally.understood * 10 > tally.asked * 5);
    CHECK(tally.answered * 20 > tally.asked); // few ask for what a group is likely to have
}

} // namespace
} // namespace scim
