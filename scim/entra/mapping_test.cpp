#include "scim/entra/mapping.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace scim::entra;
namespace bj = boost::json;

namespace {

Mapping mapping(std::string_view overrides = "{}")
{
    auto made = Mapping::from(bj::parse(bj::string_view{overrides}).as_object());
    INFO((made ? "" : made.error().detail));
    REQUIRE(made.has_value());
    return *std::move(made);
}

std::string refusal(std::string_view overrides)
{
    const auto made = Mapping::from(bj::parse(bj::string_view{overrides}).as_object());
    return made ? "accepted" : made.error().detail;
}

std::string applied(const Mapping& by, std::string_view user)
{
    const auto made = by.apply(bj::parse(bj::string_view{user}).as_object());
    return made ? bj::serialize(*made) : "refused: " + made.error().detail;
}

const std::string frame = R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",)"
                          R"("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"userName":"a@x",)";
const std::string meta = R"(,"meta":{"resourceType":"User"}})";

} // namespace

TEST_CASE("S-029 the mapping table has six default and nine optional rows, the generic one twenty-two")
{
    std::size_t by_default = 0;
    for (const MappingRow& row : mapping_rows()) by_default += row.block == Block::by_default;
    CHECK(mapping_rows().size() == 15);
    CHECK(by_default == 6);
    CHECK(generic_rows().size() == 22);
    CHECK(mapping().lines().size() == 15);
    CHECK(mapping(R"({"preset":"default"})").lines().size() == 6);
    CHECK(mapping(R"({"preset":"generic"})").lines().size() == 22);
    for (const auto rows : {mapping_rows(), generic_rows()})
        for (const MappingRow& row : rows) CHECK_FALSE(row.purpose.empty());
}

TEST_CASE(
    "S-004, S-015, S-030, S-031, S-032, S-033, S-034, S-035, S-036, S-037, S-038, S-039, S-040, S-041, S-042, S-043, "
    "S-044: each row carries its attribute to its place",
    "[S-030][S-031][S-032][S-033][S-034][S-035]"
    "[S-036][S-037][S-038][S-039][S-040][S-041]"
    "[S-042][S-043][S-044]")
{
    struct Row {
        const char* id;
        std::string attribute; // of the directory
        std::string result;    // beside userName and active
    };
    const auto row = GENERATE(values<Row>({
        {"S-032", R"("displayName":"Anna")", R"("displayName":"Anna")"},
        {"S-033", R"("surname":"Åberg")", R"("name":{"familyName":"Åberg"})"},
        {"S-034", R"("givenName":"Anna")", R"("name":{"givenName":"Anna"})"},
        {"S-035", R"("objectId":"1f3c-A")", R"("externalId":"1f3c-A")"},
        {"S-036", R"("jobTitle":"Chef")", R"("title":"Chef")"},
        {"S-037", R"("usageLocation":"SE")", R"("addresses":[{"type":"work","country":"SE"}])"},
        {"S-038", R"("city":"Lund")", R"("addresses":[{"type":"work","locality":"Lund"}])"},
        {"S-039", R"("streetAddress":"Storgatan 1")", R"("addresses":[{"type":"work","streetAddress":"Storgatan 1"}])"},
        {"S-040", R"("state":"Skåne")", R"("addresses":[{"type":"work","region":"Skåne"}])"},
        {"S-041", R"("postalCode":"221 00")", R"("addresses":[{"type":"work","postalCode":"221 00"}])"},
        {"S-042", R"("telephoneNumber":"+46 (46) 1")", R"("phoneNumbers":[{"type":"work","value":"+46 (46) 1"}])"},
        {"S-043", R"("mobile":"+46 70")", R"("phoneNumbers":[{"type":"mobile","value":"+46 70"}])"},
        {"S-044", R"("facsimileTelephoneNumber":"9")", R"("phoneNumbers":[{"type":"fax","value":"9"}])"},
    }));
    INFO(row.id);
    const std::string user = fmt::format(R"({{"userPrincipalName":"a@x",{}}})", row.attribute);
    CHECK(applied(mapping(), user) == frame + R"("active":true,)" + row.result + meta);
}

TEST_CASE("S-030 S-031: the name and the expression on the soft-deleted flag")
{
    CHECK(applied(mapping(), R"({"userPrincipalName":"a@x"})") == frame + R"("active":true)" + meta);
    CHECK(applied(mapping(), R"({"userPrincipalName":"a@x","accountEnabled":"False"})") ==
          frame + R"("active":false)" + meta);
}

TEST_CASE("S-045: several targets of one type build one element, others their own")
{
    CHECK(applied(mapping(), R"({"userPrincipalName":"a@x","city":"Lund","usageLocation":"SE","mobile":"1",
                                 "telephoneNumber":"2"})") ==
          frame +
              R"("active":true,"addresses":[{"type":"work","country":"SE","locality":"Lund"}],)"
              R"("phoneNumbers":[{"type":"work","value":"2"},{"type":"mobile","value":"1"}])" +
              meta);
}

TEST_CASE("the generic rows carry e-mail, whole name, office and enterprise attributes, and keep the manager apart")
{
    const Mapping by = mapping(R"({"preset":"generic"})");
    const std::string user = R"({"userPrincipalName":"a@x","mail":"m@x","givenName":"Anna","surname":"Berg",
        "physicalDeliveryOfficeName":"Hus 3","country":"Sverige","mailNickname":"anna","employeeId":"007",
        "department":"Köket","preferredLanguage":"sv-SE","manager":"77aa"})";
    CHECK(applied(by, user) ==
          frame +
              R"("active":true,"emails":[{"primary":true,"type":"work","value":"m@x"}],"preferredLanguage":"sv-SE",)"
              R"("name":{"givenName":"Anna","familyName":"Berg","formatted":"Anna Berg"},)"
              R"("addresses":[{"type":"work","formatted":"Hus 3","country":"Sverige"}],"externalId":"anna",)"
              R"("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":)"
              R"({"employeeNumber":"007","department":"Köket"})" +
              meta);
    const auto manager = by.manager(bj::parse(user).as_object());
    REQUIRE(manager.has_value());
    CHECK(manager->value_or("") == "77aa");
    CHECK(by.has_manager());
    CHECK_FALSE(mapping().has_manager());
}

TEST_CASE("what the directory does not hold is not sent")
{
    CHECK(applied(mapping(), R"({"userPrincipalName":"a@x","displayName":"","givenName":null,"businessPhones":[]})") ==
          frame + R"("active":true)" + meta);
    CHECK_THAT(applied(mapping(), R"({"displayName":"A"})"),
               Catch::StartsWith("refused: the mapping gives this user no "
                                 "userName"));
    CHECK_THAT(applied(mapping(), R"({"userPrincipalName":""})"), Catch::StartsWith("refused: "));
}

TEST_CASE("an organisation's own rows replace, add and drop rows of the table")
{
    SECTION("another source, and the target in another spelling")
    {
        const Mapping by = mapping(R"x({"USERNAME":"ToLower([mail])"})x");
        CHECK(by.lines().size() == 15);
        const auto made = by.apply(bj::parse(R"({"mail":"A@X","userPrincipalName":"b@x"})").as_object());
        REQUIRE(made.has_value());
        CHECK(made->at("USERNAME") == "a@x");
    }
    SECTION("a dropped row")
    {
        CHECK(applied(mapping(R"({"title":null})"), R"({"userPrincipalName":"a@x","jobTitle":"Chef"})") ==
              frame + R"("active":true)" + meta);
    }
    SECTION("a role from an assignment")
    {
        CHECK(applied(
                  mapping(R"x({"roles[primary eq \"True\"].value":"SingleAppRoleAssignment([appRoleAssignments])"})x"),
                  R"({"userPrincipalName":"a@x","appRoleAssignments":[{"value":"Admin"}]})") ==
              frame + R"("active":true,"roles":[{"primary":true,"value":"Admin"}])" + meta);
    }
    SECTION("all roles")
    {
        CHECK(applied(mapping(R"x({"roles":"AssertiveAppRoleAssignmentsComplex([appRoleAssignments])"})x"),
                      R"({"userPrincipalName":"a@x","appRoleAssignments":["User"]})") ==
              frame +
                  R"("active":true,"roles":[{"primary":false,"type":"WindowsAzureActiveDirectoryRole",)"
                  R"("display":"User","value":"User"}])" +
                  meta);
    }
    SECTION("an extension of one's own, and a number as text")
    {
        CHECK(applied(
                  mapping(R"({"urn:ietf:params:scim:schemas:extension:Shop:2.0:User:floor":"[extensionAttribute1]"})"),
                  R"({"userPrincipalName":"a@x","extensionAttribute1":3})") ==
              frame + R"("active":true,"urn:ietf:params:scim:schemas:extension:Shop:2.0:User":{"floor":"3"})" + meta);
    }
}

TEST_CASE("a wrong override is refused with the target's name")
{
    struct Row {
        std::string overrides;
        std::string says;
    };
    const auto row = GENERATE(values<Row>({
        {R"({"preset":"generc"})", "preset must be one of all, default, generic"},
        {R"({"preset":1})", "preset must be one of"},
        {R"({"title":7})", "the mapping of title must be an expression in quotes, or null"},
        {R"({"title":"[jobTitel]"})", "the mapping of title: the directory has no attribute of this name"},
        {R"({"title":""})", "the mapping of title: the expression is empty"},
        {R"({"userName":null})", "the row of userName cannot be dropped"},
        {R"({"nickName":null})", "nickName is not mapped"},
        {R"({"title":"[mail]","TITLE":"[city]"})", "TITLE is mapped twice"},
        {R"({"emails[":"[mail]"})", "the mapping of emails["},
        {R"({"emails[value eq \"x\"].value":"[mail]"})", "its filter must be like"},
        {R"({"emails[type sw \"x\"].value":"[mail]"})", "its filter must be like"},
        {R"({"emails[type eq work].value":"[mail]"})", "its filter must be like"},
        {R"({"emails[primary eq maybe].value":"[mail]"})", "its filter must be like"},
        {R"({"emails[type]":"[mail]"})", "its filter must be like"},
        {R"({"emails[type eq \"work\"]":"[mail]"})", "a sub-attribute must follow"},
    }));
    INFO(row.overrides);
    CHECK_THAT(refusal(row.overrides), Catch::Contains(row.says));
}

TEST_CASE("a value that its target cannot hold is refused for that user")
{
    CHECK_THAT(applied(mapping(R"({"active":"[state]"})"), R"({"userPrincipalName":"a@x","state":"maybe"})"),
               Catch::Contains("the mapping of active must give True or False"));
    CHECK_THAT(applied(mapping(R"({"title":"[proxyAddresses]", "nickName":"[otherMails]"})"),
                       R"({"userPrincipalName":"a@x","proxyAddresses":["1"],"otherMails":["1"]})"),
               Catch::Contains(R"("title":["1"])"));
    CHECK_THAT(applied(mapping(R"({"name.formatted":"[proxyAddresses]"})"),
                       R"({"userPrincipalName":"a@x","proxyAddresses":["1","2"]})"),
               Catch::Contains("gives several values where one is wanted"));
    CHECK_THAT(applied(mapping(R"x({"title":"Left([mail], [state])"})x"),
                       R"({"userPrincipalName":"a@x","mail":"m","state":"x"})"),
               Catch::Contains("the mapping of title: the second argument of Left must be a whole number"));
}

TEST_CASE("S-012 S-013: a changed mapping of the user name is warned of, and so is what endangers users")
{
    CHECK(mapping().warnings().empty());
    CHECK(mapping(R"({"userName":"[userPrincipalName]"})").warnings().empty());
    CHECK(mapping(R"({"title":null})").warnings().empty());
    const auto name = mapping(R"({"userName":"[mail]"})").warnings();
    REQUIRE(name.size() == 1);
    CHECK_THAT(name[0], Catch::StartsWith("userName no longer comes from the default source"));
    const auto active = mapping(R"({"active":null})").warnings();
    REQUIRE(active.size() == 1);
    CHECK_THAT(active[0], Catch::StartsWith("active does not read [IsSoftDeleted]"));
    CHECK(mapping(R"x({"active":"Not([IsSoftDeleted])"})x").warnings().empty());
    const auto generic = mapping(R"({"preset":"generic"})").warnings();
    REQUIRE(generic.size() == 1);
    CHECK_THAT(generic[0], Catch::StartsWith("externalId does not come from [objectId]"));
    CHECK(mapping(R"({"preset":"generic","externalId":"[objectId]"})").warnings().empty());
}

TEST_CASE("S-027: the defaults are known again, and storing no overrides brings them back")
{
    CHECK(mapping().is_default());
    CHECK(mapping(R"({"preset":"generic"})").is_default());
    CHECK(mapping(R"({"preset":"default"})").is_default());
    CHECK(mapping(R"({"title":"[jobTitle]"})").is_default());
    CHECK_FALSE(mapping(R"({"title":"[department]"})").is_default());
    CHECK_FALSE(mapping(R"({"title":null})").is_default());
    CHECK_FALSE(mapping(R"({"nickName":"[mailNickname]"})").is_default());
}
