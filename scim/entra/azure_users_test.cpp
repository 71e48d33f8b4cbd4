#include "scim/entra/azure_users.hpp"

#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <sstream>

using namespace scim::entra;
namespace bj = boost::json;

namespace {

struct Read {
    std::vector<std::string> users; // "line: {…}", or "refused: …"
    std::vector<std::string> warnings;
    bool broken = false;
};

Read read_all(const std::string& file, const AzureLimits& limits = {})
{
    std::istringstream in{file};
    Read out;
    auto reader = AzureUsers::open(in, limits);
    if (!reader) {
        out.users.push_back("refused: " + reader.error().detail);
        out.broken = true;
        return out;
    }
    for (;;) {
        auto next = (*reader)->next();
        if (!next) {
            out.users.push_back("refused: " + next.error().detail);
            if ((*reader)->is_broken()) break;
            continue;
        }
        if (!*next) break;
        out.users.push_back(fmt::format("{}: {}", (*next)->line, bj::serialize((*next)->attributes)));
    }
    out.warnings = (*reader)->warnings();
    out.broken = (*reader)->is_broken();
    return out;
}

} // namespace

TEST_CASE("Microsoft Graph's JSON is read as pages, as an array, as one object and as lines")
{
    const std::string a = R"({"userPrincipalName":"a@x","accountEnabled":true})";
    const std::string b = R"({"userPrincipalName":"b@x","accountEnabled":true})";
    const auto row = GENERATE_COPY(values<std::string>({
        R"({"@odata.context":"https://graph/$metadata#users","value":[)" + a + "," + b + "]}",
        "\xEF\xBB\xBF[" + a + "," + b + "]",
        "  [\n" + a + " ,\r\n" + b + "\n]\n",
        a + "\n" + b + "\n",
        a + b,
        R"({"value":[)" + a + R"(],"count":1}{"value":[)" + b + "]}",
        R"({"@odata.nextLink":"https://graph/2","value":[)" + a + R"(]} {"value":[],"x":{"y":[1]}})" + "\n[" + b + "]",
        R"({ "userPrincipalName" : "a@x" , "accountEnabled" : true } )" + b,
    }));
    INFO(row);
    const Read read = read_all(row);
    REQUIRE(read.users.size() == 2);
    CHECK_THAT(read.users[0], Catch::EndsWith(": " + a));
    CHECK_THAT(read.users[1], Catch::EndsWith(": " + b));
    CHECK(read.warnings.empty());
}

TEST_CASE("Graph's names become the names that mappings know")
{
    const Read read = read_all(R"([{
        "@odata.type": "#microsoft.graph.user", "id": "1f3c", "userPrincipalName": "a@x", "accountEnabled": false,
        "businessPhones": ["+46 8 1", "+46 8 2"], "mobilePhone": "+46 70", "faxNumber": "+46 9",
        "officeLocation": "Hus 3", "jobTitle": "Chef", "mail": null, "deletedDateTime": "2026-11-01T08:00:00Z",
        "manager": {"@odata.type": "#microsoft.graph.user", "id": "77aa"}, "proxyAddresses": ["SMTP:a@x"],
        "onPremisesExtensionAttributes": {"extensionAttribute1": "one", "extensionAttribute2": null},
        "employeeOrgData": {"division": "North", "costCenter": "12"}, "assignedLicenses": [{"skuId": "1"}],
        "extension_0123456789abcdef0123456789abcdef_level": 7, "passwordProfile": {"password": null}
    }])");
    REQUIRE(read.users.size() == 1);
    CHECK(
        read.users[0] ==
        R"(1: {"objectId":"1f3c","userPrincipalName":"a@x","accountEnabled":false,"telephoneNumber":"+46 8 1",)"
        R"("mobile":"+46 70","facsimileTelephoneNumber":"+46 9","physicalDeliveryOfficeName":"Hus 3",)"
        R"("jobTitle":"Chef","deletedDateTime":"2026-11-01T08:00:00Z","manager":"77aa","proxyAddresses":["SMTP:a@x"],)"
        R"("extensionAttribute1":"one","division":"North","costCenter":"12",)"
        R"("extension_0123456789abcdef0123456789abcdef_level":7})");
    CHECK(read.warnings.empty());
}

TEST_CASE("what a JSON file holds besides users is told, once")
{
    SECTION("a property that nobody knows")
    {
        const Read read = read_all(R"([{"userPrincipalName":"a","givnName":"A","accountEnabled":true},)"
                                   R"({"userPrincipalName":"b","givnName":"B","accountEnabled":true}])");
        CHECK(read.users.size() == 2);
        CHECK(read.warnings ==
              std::vector<std::string>{"unknown property givnName is passed over; did you mean givenName?"});
    }
    SECTION("a first page alone")
    {
        const Read read = read_all(R"({"@odata.nextLink":"https://graph/2","value":[]})");
        CHECK(read.users.empty());
        REQUIRE(read.warnings.size() == 1);
        CHECK_THAT(read.warnings[0], Catch::Contains("this is not the whole directory"));
    }
    SECTION("no accountEnabled")
    {
        const Read read = read_all(R"([{"userPrincipalName":"a"},{"userPrincipalName":"b"}])");
        REQUIRE(read.warnings.size() == 1);
        CHECK_THAT(read.warnings[0], Catch::Contains("count as enabled"));
    }
    SECTION("a user whom a delta query calls removed counts as deleted")
    {
        const Read read = read_all(R"([{"id":"1","@removed":{"reason":"changed"}}])");
        CHECK(read.users[0] == R"(1: {"objectId":"1","deletedDateTime":"removed"})");
        CHECK(read.warnings.empty());
    }
}

TEST_CASE("a wrong user in JSON is refused with its line and the others are read")
{
    const Read read = read_all("[\n{\"userPrincipalName\":\"a\",\"accountEnabled\":true},\n"
                               "{\"userPrincipalName\": nul},\n42,\n\"x\",\n"
                               "{\"userPrincipalName\":\"b\",\"accountEnabled\":\"Flase\"},\n"
                               "{\"userPrincipalName\":\"\xff\"},\n"
                               "{\"userPrincipalName\":\"c\",\"accountEnabled\":\"True\"}]");
    REQUIRE(read.users.size() == 7);
    CHECK_THAT(read.users[0], Catch::StartsWith("2: "));
    CHECK_THAT(read.users[1], Catch::StartsWith("refused: line 3: this is no JSON"));
    CHECK(read.users[2] == "refused: line 4: a user must be a JSON object");
    CHECK(read.users[3] == "refused: line 5: a user must be a JSON object");
    CHECK(read.users[4] == "refused: line 6: accountEnabled must be true or false");
    CHECK_THAT(read.users[5], Catch::StartsWith("refused: line 7: this is no JSON"));
    CHECK_THAT(read.users[6], Catch::StartsWith("8: "));
    CHECK_FALSE(read.broken);
}

TEST_CASE("a JSON file whose structure is damaged is refused at the line where it breaks")
{
    struct Row {
        std::string file;
        std::string says;
    };
    const auto row = GENERATE(values<Row>({
        {"", "the file is empty"},
        {" \n ", "the file is empty"},
        {"[{\"a\":1}\n{\"a\":2}]", "line 2: a comma or ] is expected"},
        {"[{\"a\":1},]", "a value is expected"},
        {"[\n{\"a\":\"1", "line 2: the file ends in the middle of a text"},
        {"[\n{\"a\":1", "line 2: the file ends in the middle of a value"},
        {"[{\"a\":1}", "a comma or ] is expected"},
        {"{\"a\"", "a colon is expected"},
        {"{\"a\":", "the file ends in the middle of a value"},
        {"{\"a\":1 \"b\":2}", "a comma or } is expected"},
        {"{a:1}", "a name in quotes is expected"},
        {"{\"a\":}", "a value is expected"},
        {"[]\nhello", "line 2: a JSON object or array is expected"},
        {"[" + std::string(40, '[') + "]", "nested too deep"},
        {"\xFF\xFE{\"a\":1}", "is not UTF-8"},
        {"\xEF\xBC{\"a\":1}", "is not UTF-8"},
    }));
    INFO(row.file);
    const Read read = read_all(row.file);
    REQUIRE_FALSE(read.users.empty());
    CHECK_THAT(read.users.back(), Catch::StartsWith("refused: ") && Catch::Contains(row.says));
    CHECK(read.broken);
}

TEST_CASE("the portal's export is read with its columns in any order, case and spelling")
{
    const auto header = GENERATE(values<std::string>({
        "userPrincipalName,displayName,id,accountEnabled,mobilePhone,officeLocation,userType,ageGroup",
        "User principal name,Display name,Object Id,Account enabled,Mobile phone,Office,User type,Age group",
        "USERPRINCIPALNAME,DISPLAYNAME,OBJECTID,ACCOUNTENABLED,MOBILE,PHYSICALDELIVERYOFFICENAME,usertype,agegroup",
        "\xEF\xBB\xBF\"userPrincipalName\",\"displayName\",objectId,accountEnabled,mobile,officeLocation,userType,"
        "ageGroup",
    }));
    INFO(header);
    const Read read = read_all(header + "\r\na@x,\"Berg, Anna \"\"A\"\"\r\nof Lund\",1f3c,True,,Hus 3,Member,\r\n"
                                        "\r\nb@x,Bo,2,False,+46,,Guest,\n");
    REQUIRE(read.users.size() == 2);
    CHECK(read.users[0] ==
          R"(2: {"userPrincipalName":"a@x","displayName":"Berg, Anna \"A\"\r\nof Lund","objectId":"1f3c",)"
          R"("accountEnabled":"True","physicalDeliveryOfficeName":"Hus 3","userType":"Member"})");
    CHECK(read.users[1] ==
          R"(5: {"userPrincipalName":"b@x","displayName":"Bo","objectId":"2","accountEnabled":"False",)"
          R"("mobile":"+46","userType":"Guest"})");
    CHECK(read.warnings.empty());
}

TEST_CASE("every column of the portal's export is known")
{
    const Read read =
        read_all("userPrincipalName,displayName,surname,mail,givenName,id,userType,jobTitle,department,accountEnabled,"
                 "usageLocation,streetAddress,state,country,officeLocation,city,postalCode,telephoneNumber,mobilePhone,"
                 "authenticationAlternativePhoneNumber,authenticationEmail,alternateEmailAddress,ageGroup,"
                 "consentProvidedForMinor,legalAgeGroupClassification,companyName,creationType,directorySynced,"
                 "invitationState,identityIssuer,createdDateTime\n");
    CHECK(read.users.empty());
    CHECK(read.warnings.empty());
    CHECK_FALSE(read.broken);
}

TEST_CASE("a CSV header that cannot be trusted is refused before anything is read")
{
    struct Row {
        std::string file;
        std::string says;
    };
    const auto row = GENERATE(values<Row>({
        {"displayName,id\nA,1\n", "the column userPrincipalName is missing"},
        {"userPrincipalName,displayNmae\n", "unknown column displayNmae; did you mean displayName?"},
        {"userPrincipalName,qqqqqqqqqqqq\n", "unknown column qqqqqqqqqqqq"},
        {"userPrincipalName,\n", "unknown column "},
        {"userPrincipalName,mobile,mobilePhone\n", "two columns hold mobile: mobilePhone is the second"},
        {"userPrincipalName;displayName\n", "separated by semicolons"},
        {"userPrincipalName,\xff\n", "not UTF-8"},
        {"\"userPrincipalName\nx", "the file ends inside quotes"},
    }));
    INFO(row.file);
    const Read read = read_all(row.file);
    REQUIRE(read.users.size() == 1);
    CHECK_THAT(read.users[0], Catch::StartsWith("refused: line 1: ") && Catch::Contains(row.says));
}

TEST_CASE("a wrong record of a CSV is refused with its line and the others are read")
{
    const Read read = read_all("userPrincipalName,accountEnabled\na@x,True\nb@x\nc@x,Flase\n\xff,True\n"
                               "\"d\"@x,True\ne\"@x,True\nf@x,\nlast@x,False");
    REQUIRE(read.users.size() == 8);
    CHECK_THAT(read.users[0], Catch::StartsWith("2: "));
    CHECK(read.users[1] == "refused: line 3: 1 fields where the header has 2");
    CHECK(read.users[2] == "refused: line 4: accountEnabled must be True or False");
    CHECK(read.users[3] == "refused: line 5: userPrincipalName is not UTF-8");
    CHECK_THAT(read.users[4], Catch::StartsWith("refused: line 6: text follows a closing quote"));
    CHECK_THAT(read.users[5], Catch::StartsWith("refused: line 7: a quote inside a field"));
    CHECK(read.users[6] == R"(8: {"userPrincipalName":"f@x"})");
    CHECK(read.users[7] == R"(9: {"userPrincipalName":"last@x","accountEnabled":"False"})");
    CHECK_FALSE(read.broken);
}

TEST_CASE("one record is bounded on both sides of the limit")
{
    AzureLimits limits;
    limits.record_bytes = 100;
    limits.columns = 3;
    const auto csv = [](std::size_t bytes) { return "userPrincipalName\n\"" + std::string(bytes, 'a') + "\"\n"; };
    CHECK_THAT(read_all(csv(100), limits).users[0], Catch::StartsWith("2: "));
    CHECK_THAT(read_all(csv(101), limits).users[0], Catch::Contains("takes more than 100 bytes"));
    CHECK_THAT(read_all("userPrincipalName,id,mail\n1,2,3\n", limits).users[0], Catch::StartsWith("2: "));
    CHECK_THAT(read_all("userPrincipalName,id,mail,city\n", limits).users[0], Catch::Contains("more than 3 fields"));
    CHECK_THAT(read_all("[{\"id\":\"" + std::string(200, 'a') + "\"}]", limits).users[0],
               Catch::Contains("takes more than 100 bytes"));
}

TEST_CASE("a long file is read user by user across the buffer's edges")
{
    constexpr int users = 5'000;
    std::string json = "[";
    std::string csv = "userPrincipalName,displayName\r\n";
    for (int i = 0; i < users; ++i) {
        json += fmt::format("{}{{\"userPrincipalName\":\"u{}@x\",\"displayName\":\"Ünicode \\\"{}\\\"\"}}",
                            i ? "," : "", i, i);
        csv += fmt::format("u{}@x,\"Ünicode \"\"{}\"\"\"\r\n", i, i);
    }
    json += "]";
    for (const std::string& file : {json, csv}) {
        const Read read = read_all(file);
        REQUIRE(read.users.size() == users);
        for (int i = 0; i < users; i += 371)
            CHECK_THAT(read.users[static_cast<std::size_t>(i)],
                       Catch::EndsWith(
                           fmt::format(R"({{"userPrincipalName":"u{}@x","displayName":"Ünicode \"{}\""}})", i, i)));
    }
}
