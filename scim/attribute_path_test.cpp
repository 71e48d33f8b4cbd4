#include "scim/attribute_path.hpp"

#include <catch2/catch.hpp>

#include <optional>

namespace scim {
namespace {

constexpr const char* enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

TEST_CASE("a path is taken apart as it is written, and put together again")
{
    struct Row {
        std::string text, urn, name;
        std::optional<std::string> filter;
        std::string sub;
    };
    const std::string ent = enterprise;
    const auto row = GENERATE_COPY(values<Row>({
        {"userName", "", "userName", {}, ""},
        {"NAME.familyname", "", "NAME", {}, "familyname"},
        {"members.$ref", "", "members", {}, "$ref"},
        {"emails[type eq \"work\"].value", "", "emails", "type eq \"work\"", "value"},
        {"emails[type eq \"work\"]", "", "emails", "type eq \"work\"", ""},
        {"emails[value eq \"a]b\\\"]:\"].value", "", "emails", "value eq \"a]b\\\"]:\"", "value"},
        {ent + ":department", ent, "department", {}, ""},
        {ent + ":manager.value", ent, "manager", {}, "value"},
        {ent + ":manager[value eq \"m\"]", ent, "manager", "value eq \"m\"", ""},
        {ent, ent, "", {}, ""},
        {"urn:ietf:params:scim:schemas:core:2.0:User:name.familyName",
         "urn:ietf:params:scim:schemas:core:2.0:User",
         "name",
         {},
         "familyName"},
        {"urn:example:badges:colour", "urn:example:badges", "colour", {}, ""},
        {"http://schemas.example.com/2006/11/Group:tag", "http://schemas.example.com/2006/11/Group", "tag", {}, ""},
    }));
    INFO(row.text);
    const auto path = read_path(row.text);
    REQUIRE(path.has_value());
    CHECK(path->urn == row.urn);
    CHECK(path->name == row.name);
    CHECK(path->filter == row.filter);
    CHECK(path->sub == row.sub);
    CHECK(to_text(*path) == row.text);
}

TEST_CASE("what is no path is refused as invalidPath")
{
    const auto text = GENERATE_COPY(values<std::string>({
        "",
        " ",
        "user name",
        ".x",
        "name.",
        "name..x",
        "name.a.b",
        "1name",
        "emails[",
        "emails[]",
        "emails[ ]",
        "emails]",
        "emails[type eq \"work\"",
        "emails[type eq \"work]",
        "emails[a[b eq 1]]",
        "emails[x pr]value",
        "emails[x pr].",
        "emails[x pr].a.b",
        "emails.value[x pr]",
        "[x pr]",
        ":name",
        "urn:",
        "urn:x:",
        "n\xc3\xa4me",
        std::string(enterprise) + ".department",
        std::string(enterprise) + "[x pr]",
        "urn:a b:c",
        "userName\n",
    }));
    INFO(text);
    const auto path = read_path(text);
    REQUIRE_FALSE(path.has_value());
    CHECK(path.error().status == HttpStatus::bad_request);
    CHECK(path.error().type == ScimType::invalid_path);
}

TEST_CASE("DOS-05: a path of brackets ends at once and is not echoed")
{
    const std::string bomb = "emails" + std::string(100'000, '[');
    const auto path = read_path(bomb);
    REQUIRE_FALSE(path.has_value());
    CHECK(path.error().detail.find("[[") == std::string::npos);
}

} // namespace
} // namespace scim
