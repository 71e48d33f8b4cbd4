#include "core/base/json.hpp"
#include "core/sort.hpp"

#include <catch2/catch.hpp>

using namespace core;

namespace {

SortKey key_of(AttributeRef by, std::string_view resource)
{
    return sort_key_of(Sort{std::move(by), false}, json::read(resource)->as_object());
}

AttributeRef attribute(std::string name, ValueKind kind = ValueKind::text, std::string sub = {}, bool multi = false)
{
    return {.extension = {}, .name = std::move(name), .sub = std::move(sub), .kind = kind, .multi_valued = multi};
}

} // namespace

TEST_CASE("a resource is sorted by one value of the attribute's kind")
{
    struct Row {
        const char* resource;
        AttributeRef by;
        SortKey expected;
    };
    const auto row = GENERATE(values<Row>({
        {R"({"a":"\u00c4B"})", attribute("a"), std::string{"\u00e4b"}},
        {R"({"a":1})", attribute("a"), {}},
        {R"({"a":null})", attribute("a"), {}},
        {R"({})", attribute("a"), {}},
        {R"({"a":true})", attribute("a", ValueKind::boolean), std::int64_t{1}},
        {R"({"a":"true"})", attribute("a", ValueKind::boolean), {}},
        {R"({"a":2.5})", attribute("a", ValueKind::number), 2.5},
        {R"({"a":"1970-01-01T00:00:01Z"})", attribute("a", ValueKind::instant), std::int64_t{1000}},
        {R"({"a":"soon"})", attribute("a", ValueKind::instant), {}},
        {R"({"a":{"b":"x"}})", attribute("a", ValueKind::text, "b"), std::string{"x"}},
        {R"({"a":{"b":"x"}})", attribute("a", ValueKind::complex), {}},
        {R"({"a":[]})", attribute("a", ValueKind::text, "", true), {}},
        {R"({"a":["y","x"]})", attribute("a", ValueKind::text, "", true), std::string{"y"}},
        {R"({"a":[{"value":"y"},{"value":"x","primary":true},{"value":"w","primary":true}]})",
         attribute("a", ValueKind::text, "", true), std::string{"x"}},
        {R"({"a":[{"value":"y"},{"type":"x","primary":true}]})", attribute("a", ValueKind::text, "value", true), {}},
        {R"({"a":[{"value":"y","primary":"true"},{"value":"x"}]})", attribute("a", ValueKind::text, "", true),
         std::string{"y"}},
    }));
    INFO(row.resource);
    CHECK(key_of(row.by, row.resource) == row.expected);
}

TEST_CASE("numbers are compared by their size, whatever their spelling, and nothing comes last")
{
    CHECK((in_order(std::int64_t{1}, 1.0) == 0));
    CHECK((in_order(std::int64_t{9007199254740993}, 9007199254740992.0) > 0));
    CHECK((in_order(-1.5, std::int64_t{-1}) < 0));
    CHECK((in_order(SortKey{}, std::string{"zz"}) > 0));
    CHECK((in_order(std::string{}, SortKey{}) < 0));
    CHECK((in_order(SortKey{}, SortKey{}) == 0));
}

TEST_CASE("descending is ascending read backwards")
{
    const Position first{std::string{"a"}, 2}, second{std::string{"a"}, 3}, last{{}, 1};
    CHECK(before(first, second, false));
    CHECK(before(second, first, true));
    CHECK(before(second, last, false));
    CHECK(before(last, second, true));
    CHECK_FALSE(before(first, first, false));
    CHECK_FALSE(before(first, first, true));
}

TEST_CASE("text is told apart by its first 512 characters")
{
    std::string text; // two bytes each
    for (std::size_t i = 0; i < sort_characters; ++i) text += "\u00e4";
    const auto key = [](const std::string& value) { return key_of(attribute("a"), R"({"a":")" + value + "\"}"); };
    CHECK(key(text) == SortKey{text});
    CHECK(key(text + "b") == SortKey{text});
}
