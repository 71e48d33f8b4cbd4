#include "scim/discovery.hpp"
#include "scim/schema.hpp"
#include "scim/testing/desk.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <catch2/catch.hpp>

#include <algorithm>

namespace scim {
namespace {

namespace json = boost::json;
using testing::Desk;
using testing::strict_policy;

std::vector<std::string> ids(const testing::Reply& list)
{
    std::vector<std::string> all;
    for (const auto& resource : list.at("/Resources").as_array())
        all.emplace_back(std::string_view{resource.at("id").as_string()});
    return all;
}

const json::object* attribute(const json::object& schema, std::string_view name, std::string_view list = "attributes")
{
    for (const auto& row : schema.at(list).as_array())
        if (std::string_view{row.at("name").as_string()} == name) return &row.as_object();
    return nullptr;
}

TEST_CASE("E-08: /Schemas lists User, the enterprise extension and Group, without what validators trip over")
{
    const Desk desk;
    const auto list = desk.get("/Schemas");
    REQUIRE(list.status == 200);
    CHECK(ids(list) ==
          std::vector<std::string>{std::string{user_urn}, std::string{enterprise_urn}, std::string{group_urn}});
    CHECK(list.total() == 3);
    CHECK(list.at("/itemsPerPage") == 3);
    CHECK(list.text.find("null") == std::string::npos);

    const auto user = desk.get("/Schemas/" + std::string{user_urn}).body.as_object();
    CHECK(attribute(user, "id") == nullptr);
    CHECK(attribute(user, "password") == nullptr);
    CHECK(attribute(user, "externalId") != nullptr);
    for (const auto* name : {"emails", "phoneNumbers", "addresses"}) {
        INFO(name);
        const auto* row = attribute(user, name);
        REQUIRE(row);
        CHECK(attribute(*row, "display", "subAttributes") == nullptr);
        const auto* type = attribute(*row, "type", "subAttributes");
        REQUIRE(type);
        const auto& canonical = type->at("canonicalValues").as_array();
        const auto has = [&](const char* word) {
            return std::find(canonical.begin(), canonical.end(), json::value(word)) != canonical.end();
        };
        CHECK(has("work"));
        CHECK(has("home"));
        CHECK(has("other"));
        CHECK(has("mobile") == (std::string_view{name} == "phoneNumbers"));
        CHECK(has("fax") == (std::string_view{name} == "phoneNumbers"));
    }
    const auto group = desk.get("/Schemas/" + std::string{group_urn}).body.as_object();
    CHECK(attribute(group, "externalId") != nullptr);
    CHECK(attribute(*attribute(group, "members"), "$ref", "subAttributes") == nullptr);
    CHECK(attribute(*attribute(group, "members"), "value", "subAttributes") != nullptr);
    const auto enterprise = desk.get("/Schemas/" + std::string{enterprise_urn}).body.as_object();
    CHECK(*attribute(enterprise, "manager") == *attribute(list.at("/Resources/1").as_object(), "manager"));
}

TEST_CASE("each attribute in /Schemas has the characteristics of RFC 7643 2.2")
{
    const auto list = Desk{strict_policy()}.get("/Schemas");
    const auto walk = [](const auto& self, const json::array& rows) -> void {
        for (const auto& row : rows) {
            INFO(row.at("name").as_string().c_str());
            for (const auto* key : {"name", "type", "multiValued", "description", "required", "caseExact", "mutability",
                                    "returned", "uniqueness"})
                CHECK(row.as_object().contains(key));
            if (row.at("type") == "complex") self(self, row.at("subAttributes").as_array());
        }
    };
    for (const auto& schema : list.at("/Resources").as_array()) walk(walk, schema.at("attributes").as_array());
    const auto user = list.at("/Resources/0").as_object();
    CHECK(attribute(user, "userName")->at("required") == true);
    CHECK(attribute(user, "userName")->at("uniqueness") == "server");
}

TEST_CASE("the lifecycle extension is shown in strict and hidden in entra")
{
    const std::string lifecycle{core::lifecycle_urn};
    const auto strict = ids(Desk{strict_policy()}.get("/Schemas"));
    CHECK(std::count(strict.begin(), strict.end(), lifecycle) == 1);
    CHECK(Desk{strict_policy()}.get("/ResourceTypes/User").text.find(lifecycle) != std::string::npos);
    CHECK(Desk{}.get("/Schemas/" + lifecycle).status == 404);
    CHECK(Desk{}.get("/ResourceTypes/User").text.find(lifecycle) == std::string::npos);
}

TEST_CASE("E-09: what the server can do, and for which resources")
{
    const Desk desk;
    const auto config = desk.get("/ServiceProviderConfig");
    CHECK(config.at("/patch/supported") == true);
    CHECK(config.at("/filter/supported") == true);
    CHECK(config.at("/filter/maxResults") == 200);
    CHECK(config.at("/etag/supported") == true);
    CHECK(config.at("/bulk/supported") == true);
    CHECK(config.at("/bulk/maxOperations") == 1000);
    CHECK(config.at("/bulk/maxPayloadSize") == 1024 * 1024);
    CHECK(config.at("/sort/supported") == true);
    CHECK(config.at("/pagination/cursor") == true);
    CHECK(config.at("/pagination/index") == true);
    CHECK(config.at("/pagination/defaultPaginationMethod") == "index");
    CHECK(config.at("/pagination/defaultPageSize") == 100);
    CHECK(config.at("/pagination/maxPageSize") == 200);
    CHECK(config.at("/changePassword/supported") == false);
    CHECK(config.at("/authenticationSchemes/0/type") == "oauthbearertoken");
    const auto types = desk.get("/ResourceTypes");
    CHECK(ids(types) == std::vector<std::string>{"User", "Group"});
    CHECK(types.at("/Resources/0/endpoint") == "/Users");
    CHECK(types.at("/Resources/0/schemaExtensions/0/schema") == json::string{std::string{enterprise_urn}});
    CHECK(desk.get("/ResourceTypes/Group").at("/schema") == json::string{std::string{group_urn}});
    CHECK(desk.get("/ResourceTypes/Nothing").status == 404);
    CHECK(desk.get("/Schemas/urn:nothing").status == 404);
    CHECK(desk.get("/Schemas?filter=id eq \"x\"").status == 403);
}

TEST_CASE("where the policy switches groups off, discovery does not know them")
{
    core::Policy policy;
    policy.groups = false;
    const Desk desk{policy};
    CHECK(ids(desk.get("/ResourceTypes")) == std::vector<std::string>{"User"});
    CHECK(desk.get("/ResourceTypes/Group").status == 404);
    CHECK(desk.get("/Schemas").text.find(std::string{group_urn}) == std::string::npos);
}

} // namespace
} // namespace scim
