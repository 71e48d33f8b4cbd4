#include "core/base/json.hpp"
#include "core/predicate.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace core;
namespace bj = boost::json;

namespace {

const bj::object& resource()
{
    static const bj::object only = json::read(R"({
        "userName": "Ada@Example.com",
        "externalId": "AbC",
        "active": true,
        "title": "",
        "nickName": null,
        "empty": [],
        "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "emails": [
            {"type": "work", "value": "ada@work.example", "primary": true},
            {"type": "home", "value": "ada@home.example", "order": 5},
            "bare@example.com"
        ],
        "addresses": [{"type": "work", "country": "GB"}],
        "meta": {"created": "2026-01-01T00:00:00.000Z"},
        "urn:e": {"employeeNumber": "42", "costCentre": 7, "huge": 18446744073709551615, "part": 7.5}
    })")
                                       ->as_object();
    return only;
}

AttributeRef at(std::string name, std::string sub = {})
{
    return {.extension = {}, .name = std::move(name), .sub = std::move(sub)};
}
AttributeRef many(std::string name, std::string sub = {})
{
    AttributeRef attribute = at(std::move(name), std::move(sub));
    attribute.multi_valued = true;
    return attribute;
}
AttributeRef exact(AttributeRef attribute)
{
    attribute.case_exact = true;
    return attribute;
}
AttributeRef of_extension(std::string name) { return {.extension = "urn:e", .name = std::move(name), .sub = {}}; }
Instant new_year() { return *from_iso("2026-01-01T00:00:00Z"); }

} // namespace

TEST_CASE("S-016, E-2: a comparison holds as RFC 7644 3.4.2.2 means it")
{
    using enum Comparison;
    struct Row {
        AttributeRef attribute;
        Comparison comparison;
        Literal literal;
        bool holds;
    };
    const auto row = GENERATE(values<Row>({
        // text, with and without case
        {at("userName"), eq, "ada@example.COM", true},
        {at("userName"), eq, "eve@example.com", false},
        {exact(at("externalId")), eq, "AbC", true},
        {exact(at("externalId")), eq, "abc", false},
        {at("userName"), ne, "ada@example.com", false},
        {at("userName"), ne, "eve", true},
        {at("userName"), co, "@EX", true},
        {at("userName"), co, "", true},
        {at("userName"), sw, "ADA", true},
        {at("userName"), sw, "da", false},
        {at("userName"), ew, ".COM", true},
        {at("userName"), ew, ".org", false},
        {at("userName"), gt, "ada", true},
        {at("userName"), lt, "B", true},
        {at("userName"), ge, "ada@example.com", true},
        {at("userName"), le, "ada@example.com", true},
        {at("userName"), gt, "ada@example.com", false},
        {exact(at("externalId")), lt, "a", true}, // by code point: 'A' before 'a'
        // absent attributes, null, empty text
        {at("locale"), eq, "en", false},
        {at("locale"), ne, "en", true},
        {at("locale"), co, "", false},
        {at("locale"), gt, "a", false},
        {at("locale"), eq, nullptr, true},
        {at("locale"), ne, nullptr, false},
        {at("nickName"), eq, nullptr, true},
        {at("title"), eq, nullptr, true},
        {at("title"), eq, "", true},
        {at("userName"), eq, nullptr, false},
        {at("userName"), ne, nullptr, true},
        {at("userName"), gt, nullptr, false},
        // other kinds
        {at("active"), eq, true, true},
        {at("active"), eq, false, false},
        {at("active"), ne, false, true},
        {at("active"), gt, false, false},
        {at("active"), eq, "true", false},
        {at("userName"), eq, true, false},
        {at("meta", "created"), eq, new_year(), true},
        {at("meta", "created"), ge, new_year(), true},
        {at("meta", "created"), gt, new_year(), false},
        {at("meta", "created"), lt, new_year() + Duration{1}, true},
        {at("meta", "created"), sw, "2026-01", true},
        {at("userName"), eq, new_year(), false},
        // sub-attributes and extensions
        {at("name", "familyName"), eq, "lovelace", true},
        {at("name", "middleName"), eq, "x", false},
        {at("userName", "sub"), eq, "x", false},
        {of_extension("employeeNumber"), eq, "42", true},
        {of_extension("employeeNumber"), eq, std::int64_t{42}, false},
        {of_extension("costCentre"), eq, std::int64_t{7}, true},
        {of_extension("costCentre"), eq, 7.0, true},
        {of_extension("costCentre"), lt, 7.5, true},
        {of_extension("part"), gt, std::int64_t{7}, true},
        {of_extension("part"), eq, 7.5, true},
        {of_extension("huge"), gt, std::int64_t{9223372036854775807}, true},
        {of_extension("costCentre"), eq, "7", false},
        {of_extension("costCentre"), co, "7", false},
        {of_extension("nothing"), ne, "x", true},
        {{.extension = "urn:other", .name = "employeeNumber", .sub = {}}, eq, "42", false},
        // many values: any of them
        {many("emails"), eq, "ADA@HOME.example", true},
        {many("emails"), eq, "bare@example.com", true},
        {many("emails"), eq, "eve@home.example", false},
        {many("emails"), ne, "ada@home.example", false},
        {many("emails"), ew, "work.example", true},
        {many("emails", "type"), eq, "home", true},
        {many("emails", "type"), eq, "other", false},
        {many("emails", "type"), ne, "other", true},
        {many("emails", "primary"), eq, true, true},
        {many("emails", "value"), eq, "bare@example.com", true},
        {many("addresses"), eq, "GB", false},
        {many("addresses", "country"), eq, "gb", true},
        {many("phoneNumbers"), eq, "1", false},
        {many("empty"), ne, "1", true},
    }));
    INFO(row.attribute.name << '.' << row.attribute.sub << " #" << static_cast<int>(row.comparison));
    const Predicate predicate = Predicate::is(row.attribute, row.comparison, row.literal);
    CHECK(holds(predicate, resource()) == row.holds);
    CHECK(holds(Predicate::none_of(predicate), resource()) != row.holds);
}

TEST_CASE("an attribute is present when it has a value")
{
    struct Row {
        AttributeRef attribute;
        bool present;
    };
    const auto row = GENERATE(values<Row>({
        {at("userName"), true},
        {at("active"), true},
        {at("title"), false},
        {at("nickName"), false},
        {many("empty"), false},
        {at("locale"), false},
        {at("name"), true},
        {at("name", "givenName"), true},
        {at("name", "middleName"), false},
        {many("emails"), true},
        {many("addresses"), true},
        {many("addresses", "country"), true},
        {many("addresses", "region"), false},
        {many("emails", "primary"), true},
        {of_extension("costCentre"), true},
        {of_extension("nothing"), false},
    }));
    INFO(row.attribute.name << '.' << row.attribute.sub);
    CHECK(holds(Predicate::has(row.attribute), resource()) == row.present);
}

TEST_CASE("and, or and not combine; all of nothing holds, any of nothing does not")
{
    const Predicate yes = Predicate::has(at("userName"));
    const Predicate no = Predicate::has(at("locale"));
    CHECK(holds(Predicate::both(yes, yes), resource()));
    CHECK_FALSE(holds(Predicate::both(yes, no), resource()));
    CHECK(holds(Predicate::either(no, yes), resource()));
    CHECK_FALSE(holds(Predicate::either(no, no), resource()));
    CHECK(holds(Predicate::none_of(no), resource()));
    CHECK(holds(Predicate{}, resource()));
    Predicate nothing;
    nothing.kind = Predicate::Kind::any_of;
    CHECK_FALSE(holds(nothing, resource()));
}

TEST_CASE("a value path holds when one and the same element satisfies it")
{
    using enum Comparison;
    const auto type_is = [](const char* type) { return Predicate::is(at("type"), eq, type); };
    const auto value_is = [](const char* value) { return Predicate::is(at("value"), eq, value); };
    const auto some = [](Predicate inner) { return Predicate::some(many("emails"), std::move(inner)); };
    CHECK(holds(some(Predicate::both(type_is("work"), value_is("ADA@work.example"))), resource()));
    CHECK_FALSE(holds(some(Predicate::both(type_is("work"), value_is("ada@home.example"))), resource()));
    CHECK(holds(some(value_is("bare@example.com")), resource()));
    CHECK(holds(some(Predicate::none_of(Predicate::has(at("type")))), resource())); // the bare one
    CHECK(holds(some(Predicate::is(at("order"), gt, std::int64_t{4})), resource()));
    CHECK_FALSE(holds(Predicate::some(many("phoneNumbers"), Predicate{}), resource()));
    CHECK_FALSE(holds(Predicate::some(many("empty"), Predicate{}), resource()));
    CHECK(holds(Predicate::some(at("name"), Predicate::is(at("givenName"), eq, "ada")), resource()));
}

TEST_CASE("an element of a PATCH path is tested alone, and a bare one is its own value")
{
    using enum Comparison;
    const Predicate work = Predicate::is(at("type"), eq, "Work");
    CHECK(holds_for_element(work, bj::value{{"type", "work"}}));
    CHECK_FALSE(holds_for_element(work, bj::value{{"type", "home"}}));
    CHECK_FALSE(holds_for_element(work, bj::value("work")));
    CHECK(holds_for_element(Predicate::is(at("value"), eq, "x"), bj::value("x")));
    CHECK(holds_for_element(Predicate::has(at("value")), bj::value("x")));
    CHECK_FALSE(holds_for_element(Predicate::has(at("value")), bj::value("")));
}
