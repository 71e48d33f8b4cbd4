// `rollcall import azure` on a real store, beside the server that shows what it left.
#include "conformance/desk/desk.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include <fstream>

using namespace desk;

namespace {

constexpr const char* header =
    "userPrincipalName,displayName,surname,mail,givenName,id,userType,jobTitle,department,accountEnabled,"
    "usageLocation,streetAddress,state,country,officeLocation,city,postalCode,telephoneNumber,mobilePhone,"
    "authenticationAlternativePhoneNumber,authenticationEmail,alternateEmailAddress,ageGroup,consentProvidedForMinor,"
    "legalAgeGroupClassification,companyName,creationType,directorySynced,invitationState,identityIssuer,"
    "createdDateTime\r\n";

std::string joerg(std::string_view enabled)
{
    return "joerg@contoso.example,\"Müller-Łuczak, Jörg\",Müller-Łuczak,joerg@contoso.example,Jörg,"
           "00000001-1111-4222-8333-444444444444,Member,\"Leiter \"\"Süd\"\"\",Vertrieb," +
           std::string{enabled} +
           ",DE,Königstraße 1,Baden-Württemberg,Germany,,Köngen,73257,+49 7024 1,+49 170 1,,,,,,,,,,,,"
           "11/22/2026 8:00:00 AM\r\n";
}

constexpr const char* anna = "anna@contoso.example,Anna Smith,Smith,,Anna,00000002-1111-4222-8333-444444444444,Member,,"
                             ",True,GB,,,,,,,,,,,,,,,,,,,,11/22/2026 8:00:00 AM\r\n";
constexpr const char* blocked =
    "blocked@contoso.example,Never Seen,Seen,,Never,00000003-1111-4222-8333-444444444444,Member,,"
    ",False,,,,,,,,,,,,,,,,,,,,,11/22/2026 8:00:00 AM\r\n";

std::string file_of(const Desk& d, const std::string& contents)
{
    const auto path = d.path() / "users.csv";
    std::ofstream{path, std::ios::binary} << "\xef\xbb\xbf" << contents;
    return path.string();
}

struct Counts {
    std::int64_t rows = 0, created = 0, updated = 0, unchanged = 0, deactivated = 0, skipped = 0, failed = 0;
    bool operator==(const Counts&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Counts& c)
{
    return out << c.rows << " rows, " << c.created << " created, " << c.updated << " updated, " << c.unchanged
               << " unchanged, " << c.deactivated << " deactivated, " << c.skipped << " skipped, " << c.failed
               << " failed";
}

Counts import(const Desk& d, const std::string& file, bool dry_run = false)
{
    std::vector<std::string> words{"import", "azure", file, "--org", "desk", "--json"};
    if (dry_run) words.emplace_back("--dry-run");
    const auto said = boost::json::parse(d.said(words));
    INFO(said);
    CHECK(said.at("dryRun").as_bool() == dry_run);
    CHECK(said.at("whole").as_bool());
    CHECK(said.at("failures").as_array().empty());
    CHECK(said.at("warnings").as_array().empty());
    const auto count = [&](const char* name) { return said.at(name).as_int64(); };
    return {count("rows"),        count("created"), count("updated"), count("unchanged"),
            count("deactivated"), count("skipped"), count("failed")};
}

boost::json::value named(const Desk& d, const std::string& name)
{
    const auto found = d.client().get("/Users?filter=userName+eq+%22" + conformance::query_escape(name) + "%22");
    INFO(found.body);
    REQUIRE(found.status == 200);
    REQUIRE(found.json.at("totalResults").as_int64() == 1);
    return found.json.at("Resources").at(0);
}

std::int64_t total(const Desk& d) { return d.client().get("/Users?count=0").json.at("totalResults").as_int64(); }

} // namespace

TEST_CASE("the portal's CSV of users becomes users with the mapped attributes, and a second run changes nothing")
{
    Desk d;
    d.serve();
    const auto file = file_of(d, header + joerg("True") + anna + blocked);

    const Counts first{.rows = 3, .created = 2, .skipped = 1};
    CHECK(import(d, file, true) == first);
    CHECK(total(d) == 0); // a dry run says the same and leaves nothing

    CHECK(import(d, file) == first);
    CHECK(total(d) == 2);
    const auto user = named(d, "JOERG@contoso.example");
    CHECK(user.at("userName") == "joerg@contoso.example");
    CHECK(user.at("displayName") == "Müller-Łuczak, Jörg");
    CHECK(user.at("name").at("familyName") == "Müller-Łuczak");
    CHECK(user.at("name").at("givenName") == "Jörg");
    CHECK(user.at("externalId") == "00000001-1111-4222-8333-444444444444");
    CHECK(user.at("title") == "Leiter \"Süd\"");
    CHECK(user.at("active") == true);
    const auto& address = user.at("addresses").at(0);
    CHECK(address.at("type") == "work");
    CHECK(address.at("country") == "DE");
    CHECK(address.at("locality") == "Köngen");
    CHECK(address.at("streetAddress") == "Königstraße 1");
    CHECK(address.at("region") == "Baden-Württemberg");
    CHECK(address.at("postalCode") == "73257");
    const auto& phones = user.at("phoneNumbers").as_array();
    REQUIRE(phones.size() == 2);
    for (const auto& phone : phones)
        CHECK(phone.at("value") == (phone.at("type") == "work" ? "+49 7024 1" : "+49 170 1"));
    CHECK_FALSE(named(d, "anna@contoso.example").as_object().contains("title"));

    const auto before = user.at("meta").at("version");
    CHECK(import(d, file) == Counts{.rows = 3, .unchanged = 2, .skipped = 1});
    CHECK(named(d, "joerg@contoso.example").at("meta").at("version") == before);
    CHECK(d.said({"import", "azure", file, "--org", "desk"}) ==
          "3 users: 0 created, 0 updated, 2 unchanged, 0 deactivated, 1 skipped, 0 failed");

    // Blocked in the directory now: a dry run says so and changes nothing, a real one deactivates.
    const auto changed = file_of(d, header + joerg("False") + anna + blocked);
    const Counts later{.rows = 3, .unchanged = 1, .deactivated = 1, .skipped = 1};
    CHECK(import(d, changed, true) == later);
    CHECK(named(d, "joerg@contoso.example") == user);
    CHECK(import(d, changed) == later);
    CHECK(named(d, "joerg@contoso.example").at("active") == false);
    CHECK(d.stop() == Ended{});
    require_sound(d);
}

TEST_CASE("an import from a file with an unknown column is refused whole, with the name that was meant")
{
    Desk d;
    d.serve();
    const auto file = file_of(d, "userPrincipalName,displayNmae,accountEnabled\r\nanna@contoso.example,Anna,True\r\n");
    const auto refused = d.command({"import", "azure", file, "--org", "desk"});
    CHECK(refused.ended.code == 1);
    CHECK(refused.output.empty());
    CHECK_THAT(refused.errors, Catch::Contains("unknown column displayNmae; did you mean displayName?"));
    CHECK(total(d) == 0);
}

TEST_CASE("a user of a file who cannot be brought is named with the line, and the others are imported")
{
    Desk d;
    d.serve();
    const auto file = file_of(d, "userPrincipalName,accountEnabled\r\nanna@contoso.example,True\r\nbob@contoso.example,"
                                 "Flase\r\ncleo@contoso.example,True\r\n");
    const auto ran = d.command({"import", "azure", file, "--org", "desk"});
    CHECK(ran.ended.code == 1);
    CHECK(ran.output == "3 users: 2 created, 0 updated, 0 unchanged, 0 deactivated, 0 skipped, 1 failed\n");
    CHECK_THAT(ran.errors, Catch::Contains("failed: line 3: accountEnabled must be True or False"));
    CHECK(total(d) == 2);
}
