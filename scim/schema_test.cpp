#include "core/user.hpp"
#include "scim/schema.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

namespace scim {
namespace {

TEST_CASE("names and URNs are found in any case and give their canonical spelling")
{
    const auto& users = user_schema();
    CHECK(users.find("USERNAME")->name == "userName");
    CHECK(users.find("Id")->name == "id");
    CHECK(users.find("emails")->find_sub("VALUE")->name == "value");
    CHECK(users.extension("URN:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:user")->urn == enterprise_urn);
    CHECK(users.extension(enterprise_urn)->find("costcenter")->name == "costCenter");
    CHECK(users.find("department") == nullptr);
    CHECK(users.find("userNam") == nullptr);
    CHECK(group_schema().find("members")->find_sub("$REF")->name == "$ref");
}

TEST_CASE("no attribute has two rows, and every row describes itself")
{
    const auto walk = [](const auto& self, const std::vector<Attribute>& attributes) -> void {
        std::set<std::string> seen;
        for (const auto& attribute : attributes) {
            INFO(attribute.name);
            CHECK(seen.insert(attribute.name).second);
            CHECK(attribute.description.size() > 3);
            CHECK((attribute.type == Type::complex) == !attribute.sub.empty());
            CHECK((attribute.type == Type::reference) == !attribute.reference_types.empty());
            self(self, attribute.sub);
        }
    };
    for (const auto* resource : {&user_schema(), &group_schema()}) {
        auto top = resource->core.attributes;
        top.insert(top.end(), resource->common.begin(), resource->common.end());
        walk(walk, top);
        for (const auto& extension : resource->extensions) walk(walk, extension.attributes);
    }
}

TEST_CASE("the lifecycle extension is read-only and returned on request")
{
    const auto* lifecycle = user_schema().extension(core::lifecycle_urn);
    REQUIRE(lifecycle);
    CHECK(lifecycle->attributes.size() == 7);
    for (const auto& attribute : lifecycle->attributes) {
        CHECK(attribute.mutability == Mutability::read_only);
        CHECK(attribute.returned == Returned::request);
    }
}

TEST_CASE("what suggestions draw from has sub-attributes and URNs, but never a password")
{
    const auto names = user_schema().names();
    const auto has = [&](const std::string& name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    CHECK(has("userName"));
    CHECK(has("name.familyName"));
    CHECK(has("meta.lastModified"));
    CHECK(has(std::string{enterprise_urn} + ":department"));
    CHECK_FALSE(has("password"));
}

} // namespace
} // namespace scim
