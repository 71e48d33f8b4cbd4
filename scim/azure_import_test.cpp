#include "core/testing/memory_store.hpp"
#include "scim/azure_import.hpp"
#include "scim/call.hpp"
#include "scim/entra/quirks.hpp"
#include "scim/schema.hpp"
#include "scim/users.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <map>
#include <sstream>

namespace bj = boost::json;
using namespace scim;

namespace {

// An organisation in a store of its own, and ways to bring users into it.
struct Desk {
    core::testing::MemoryStore store;
    core::Organisation organisation;
    core::SystemIds ids;
    ProtocolLimits limits;
    entra::Quirks quirks{"entra", {}};

    explicit Desk(std::string_view mapping = "{}", std::string_view profile = "entra")
    {
        store.registry([&](core::Registry& registry) {
            core::Organisation made;
            made.name = "contoso";
            made.mapping = bj::parse(bj::string_view{mapping}).as_object();
            made.policy.quirk_profile = std::string{profile};
            organisation = *registry.create(made);
            return core::Keep::yes;
        });
    }

    static core::Context context()
    {
        return {core::Instant{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}}, {"operator", "test"}, "r1"};
    }

    Result<ImportReport> run(const std::string& file, ImportOptions options = {})
    {
        std::istringstream in{file};
        return import_azure_users(store, organisation, ids, context(), in, options);
    }

    ImportReport import(const std::string& file, ImportOptions options = {})
    {
        auto report = run(file, std::move(options));
        INFO((report ? "" : report.error().detail));
        REQUIRE(report.has_value());
        return *std::move(report);
    }

    // One request of the connector, through the protocol's own functions.
    Result<Answer> send(Result<Work> (*endpoint)(const Call&), const std::string& id, const bj::value& body)
    {
        http::Request request;
        request.path = "/Users";
        request.headers = {{"content-type", "application/scim+json; charset=utf-8"}};
        request.body = bj::serialize(body);
        Call call;
        call.context = context();
        call.organisation = &organisation;
        call.id = id;
        call.request = &request;
        call.ids = &ids;
        call.limits = &limits;
        call.quirks = &quirks;
        call.schemas = built_in_schemas().get();
        TRY(const Work work, endpoint(call));
        if (work.read) return work.read(*store.read(organisation.id));
        Result<Answer> answer{Answer{}};
        store.write(organisation.id, [&](core::WriteTxn& txn) {
            answer = work.write(txn);
            return answer ? core::Keep::yes : core::Keep::no;
        });
        return answer;
    }

    std::vector<core::User> users()
    {
        std::vector<core::User> all;
        store.read(organisation.id)->each_user(nullptr, [&](const core::User& user) {
            all.push_back(user);
            return true;
        });
        return all;
    }

    std::optional<core::User> named(std::string_view name) { return store.read(organisation.id)->user_named(name); }

    // All that a reader of the organisation can see but ids, times and versions.
    std::vector<std::string> state()
    {
        std::vector<std::string> out;
        for (const core::User& user : users())
            out.push_back(
                fmt::format("{} | {} | {} | {} | {} | {} | {}", user.user_name, user.external_id.value_or("-"),
                            core::word(user.status), user.reason ? core::word(*user.reason) : "-",
                            user.original_user_name.value_or("-"), user.is_soft_deleted(), user.profile.text()));
        std::sort(out.begin(), out.end());
        return out;
    }
};

// --- one directory in three stages of its life ------------------------------------------------------------------

constexpr int people = 32;

std::string object_id(int n) { return fmt::format("{:08x}-1111-4222-8333-444444444444", n + 1); }

std::string tombstone(int n, const std::string& name)
{
    std::string digits = object_id(n);
    std::erase(digits, '-');
    return digits + name;
}

// Null: not in the directory yet.
bj::value person(int n, int stage)
{
    if (n >= 28 && stage == 1) return nullptr;
    bj::object out;
    std::string name = n == 3 ? "Åsa.Öberg@contoso.com" : fmt::format("user{}@contoso.com", n);
    if (n == 13 && stage >= 2) name = "renamed13@contoso.com";
    if (n == 30) name = "user9@contoso.com"; // the successor of one who was deleted
    if (n == 7 && stage == 3) name = "seven@contoso.com";
    const bool deleted = (n == 12) || (n == 9 && stage >= 2) || (n == 10 && stage == 2);
    out["id"] = object_id(n);
    out["userPrincipalName"] = deleted ? tombstone(n, name) : name;
    const bool blocked =
        n == 11 || (n == 5 && stage == 1) || ((n == 6 || n == 8) && stage == 2) || (n == 7 && stage >= 2);
    out["accountEnabled"] = !blocked;
    if (deleted) out["deletedDateTime"] = "2026-11-01T08:00:00Z";
    if (n == 16 && stage == 2) out["isAssigned"] = false;
    if (n % 7 != 3)
        out["displayName"] = n % 5 == 0 ? fmt::format("Jörg Müller-Łuczak {}", n) : fmt::format("Name {}", n);
    if (n == 14 && stage >= 2) out["displayName"] = fmt::format("Changed {}", stage);
    if (n % 6 != 1) out["givenName"] = n % 2 ? "Zoë" : "Anna";
    if (n % 6 != 2) out["surname"] = "Åberg \"the\" \\ 🙂";
    if (n % 2 && !(n == 15 && stage >= 2)) out["jobTitle"] = fmt::format("Title {}", n);
    if (n == 16 && stage == 3) out["jobTitle"] = "Back again";
    if (n % 3 == 0) out["usageLocation"] = "SE";
    if (n % 4 == 0) out["city"] = "Malmö";
    if (n % 5 == 1) out["streetAddress"] = "Storgatan 1\r\nHus B";
    if (n % 5 == 2) out["state"] = "Skåne";
    if (n % 6 == 0) out["postalCode"] = "221 00";
    if (n % 4 == 1) out["businessPhones"] = bj::array{"+46 (46) 1-2"};
    if (n % 5 == 0 || (n == 14 && stage >= 2)) out["mobilePhone"] = "070";
    if (n % 8 == 0) out["faxNumber"] = "9";
    out["mail"] = nullptr;
    return out;
}

std::string directory(int stage)
{
    bj::array users;
    for (int n = 0; n < people; ++n)
        if (auto one = person(n, stage); !one.is_null()) users.push_back(std::move(one));
    return bj::serialize(bj::object{{"@odata.context", "https://graph/users"}, {"value", std::move(users)}});
}

// Entra's connector by hand: its own reading of the mapping table, its memory of links, its verbose requests.
class Connector {
public:
    explicit Connector(Desk& desk) : desk_{desk} {}

    void cycle(int stage)
    {
        for (int n = 0; n < people; ++n)
            if (const auto one = person(n, stage); one.is_object()) visit(n, one.get_object());
    }

private:
    using Values = std::vector<std::pair<std::string, bj::value>>;

    static Values values(const bj::object& user)
    {
        static const std::pair<const char*, const char*> rows[] = {
            {"userPrincipalName", "userName"},
            {"displayName", "displayName"},
            {"surname", "name.familyName"},
            {"givenName", "name.givenName"},
            {"id", "externalId"},
            {"jobTitle", "title"},
            {"usageLocation", R"(addresses[type eq "work"].country)"},
            {"city", R"(addresses[type eq "work"].locality)"},
            {"streetAddress", R"(addresses[type eq "work"].streetAddress)"},
            {"state", R"(addresses[type eq "work"].region)"},
            {"postalCode", R"(addresses[type eq "work"].postalCode)"},
            {"businessPhones", R"(phoneNumbers[type eq "work"].value)"},
            {"mobilePhone", R"(phoneNumbers[type eq "mobile"].value)"},
            {"faxNumber", R"(phoneNumbers[type eq "fax"].value)"},
        };
        Values out;
        for (const auto& [source, target] : rows)
            if (const auto* const value = user.if_contains(source); value && !value->is_null())
                out.emplace_back(target, value->is_array() ? value->get_array().front() : *value);
        const auto* const assigned = user.if_contains("isAssigned");
        const bool gone = !user.at("accountEnabled").as_bool() || user.contains("deletedDateTime") ||
                          (assigned && !assigned->as_bool());
        out.emplace_back("active", gone ? "False" : "True");
        return out;
    }

    void visit(int n, const bj::object& user)
    {
        const Values now = values(user);
        const bool active = now.back().second == "True";
        const auto link = links_.find(n);
        if (link == links_.end()) {
            if (!active) return;
            const auto answer = desk_.send(users::create, {}, post(now));
            INFO((answer ? "" : answer.error().detail));
            REQUIRE(answer.has_value());
            links_[n] = std::string{bj::parse(answer->body).at("id").as_string()};
        } else {
            bj::array operations;
            for (const auto& [path, value] : now) {
                const auto& before = sent_[n];
                const auto known =
                    std::find_if(before.begin(), before.end(), [&](const auto& v) { return v.first == path; });
                if (known != before.end() && known->second == value) continue;
                operations.push_back(
                    {{"op", known == before.end() ? "Add" : "Replace"}, {"path", path}, {"value", value}});
            }
            if (!operations.empty()) {
                const auto answer =
                    desk_.send(users::patch, link->second,
                               bj::object{{"schemas", {"urn:ietf:params:scim:api:messages:2.0:PatchOp"}},
                                          {"Operations", operations}});
                INFO((answer ? "" : answer.error().detail));
                REQUIRE(answer.has_value());
            }
        }
        // What has no value any more is not sent, and what was sent stays what it was.
        Values& memory = sent_[n];
        for (const auto& [path, value] : now) {
            const auto known =
                std::find_if(memory.begin(), memory.end(), [&](const auto& v) { return v.first == path; });
            if (known == memory.end())
                memory.emplace_back(path, value);
            else
                known->second = value;
        }
    }

    static bj::object post(const Values& values)
    {
        bj::object body{{"schemas",
                         {"urn:ietf:params:scim:schemas:core:2.0:User",
                          "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"}},
                        {"roles", bj::array{}},
                        {"meta", {{"resourceType", "User"}}}};
        bj::object name;
        bj::object address{{"type", "work"}};
        bj::array phones;
        for (const auto& [path, value] : values) {
            if (path.starts_with("name."))
                name[path.substr(5)] = value;
            else if (path.starts_with("addresses"))
                address[path.substr(path.rfind('.') + 1)] = value;
            else if (path.starts_with("phoneNumbers"))
                phones.push_back({{"type", path.substr(22, path.find('"', 22) - 22)}, {"value", value}});
            else if (path == "active")
                body[path] = true;
            else
                body[path] = value;
        }
        if (!name.empty()) body["name"] = std::move(name);
        if (address.size() > 1) body["addresses"] = bj::array{std::move(address)};
        if (!phones.empty()) body["phoneNumbers"] = std::move(phones);
        return body;
    }

    Desk& desk_;
    std::map<int, std::string> links_;
    std::map<int, Values> sent_;
};

std::string one_user(const std::string& members) { return "[{" + members + "}]"; }

} // namespace

TEST_CASE("an import and the connector leave the same users, to the byte, through a directory's life")
{
    Desk by_file;
    Desk by_wire;
    Connector connector{by_wire};
    ImportOptions options;
    options.batch = GENERATE(std::size_t{1}, std::size_t{7}, std::size_t{200});

    struct Stage {
        int stage;
        ImportCounts counts;
    };
    const Stage stages[] = {
        // n 5 and 11 are blocked and 12 is deleted before anybody saw them
        {1, {.rows = 28, .created = 25, .skipped = 3}},
        // created: 5, 28, 29, 30, 31; updated: 13, 14; deactivated: 6, 7, 8, 16 and the deleted 9, 10
        {2, {.rows = 32, .created = 5, .updated = 2, .unchanged = 17, .deactivated = 6, .skipped = 2}},
        // updated: 6, 7, 8, 10, 14, 16
        {3, {.rows = 32, .updated = 6, .unchanged = 24, .skipped = 2}},
    };
    for (const auto& [stage, counts] : stages) {
        INFO("stage " << stage);
        const auto before = by_file.state();
        ImportOptions dry = options;
        dry.dry_run = true;
        const ImportReport planned = by_file.import(directory(stage), dry);
        CHECK(by_file.state() == before);

        const ImportReport report = by_file.import(directory(stage), options);
        for (const auto& failure : report.failures) UNSCOPED_INFO(failure.reason);
        connector.cycle(stage);
        CHECK(report.counts == counts);
        CHECK(planned.counts == counts);
        CHECK(report.warnings.empty());
        CHECK(by_file.state() == by_wire.state());

        const auto after = by_file.state();
        const ImportReport again = by_file.import(directory(stage), options);
        CHECK(again.counts.unchanged == counts.rows - counts.skipped);
        CHECK(by_file.state() == after);
    }
}

TEST_CASE("S-030 to S-044: each row of the mapping is stored and shown again at its place", "[S-029][S-045]")
{
    struct Row {
        const char* id;
        const char* attribute;
        const char* pointer;
        const char* value;
    };
    const auto row = GENERATE(values<Row>({
        {"S-030", R"("displayName":"x")", "/userName", R"("a@contoso.com")"},
        {"S-031", R"("accountEnabled":true)", "/active", "true"},
        {"S-032", R"("displayName":"Anna Åberg")", "/displayName", R"("Anna Åberg")"},
        {"S-033", R"("surname":"Åberg")", "/name/familyName", R"("Åberg")"},
        {"S-034", R"("givenName":"Anna")", "/name/givenName", R"("Anna")"},
        {"S-035", R"("id":"1F3c")", "/externalId", R"("1F3c")"},
        {"S-036", R"("jobTitle":"Chef")", "/title", R"("Chef")"},
        {"S-037", R"("usageLocation":"SE")", "/addresses/0/country", R"("SE")"},
        {"S-038", R"("city":"Malmö")", "/addresses/0/locality", R"("Malmö")"},
        {"S-039", R"("streetAddress":"Storgatan 1")", "/addresses/0/streetAddress", R"("Storgatan 1")"},
        {"S-040", R"("state":"Skåne")", "/addresses/0/region", R"("Skåne")"},
        {"S-041", R"("postalCode":"221 00")", "/addresses/0/postalCode", R"("221 00")"},
        {"S-042", R"("businessPhones":["+46 (46) 1-2"])", "/phoneNumbers/0/value", R"("+46 (46) 1-2")"},
        {"S-043", R"("mobilePhone":"070")", "/phoneNumbers/0/value", R"("070")"},
        {"S-044", R"("faxNumber":"9")", "/phoneNumbers/0/value", R"("9")"},
    }));
    INFO(row.id);
    Desk desk;
    // In one desk the row comes with the POST, in the other with a later PATCH.
    const bool later = GENERATE(false, true);
    if (later) desk.import(one_user(R"("userPrincipalName":"a@contoso.com")"));
    const ImportReport report =
        desk.import(one_user(fmt::format(R"("userPrincipalName":"a@contoso.com",{})", row.attribute)));
    CHECK(report.counts.failed == 0);
    const auto user = desk.named("a@contoso.com");
    REQUIRE(user.has_value());
    const auto shown = desk.send(users::get, core::to_text(user->id), nullptr);
    REQUIRE(shown.has_value());
    boost::json::error_code problem;
    const bj::value body = bj::parse(shown->body);
    const auto* const at = body.find_pointer(row.pointer, problem);
    REQUIRE(at != nullptr);
    CHECK(bj::serialize(*at) == row.value);
    const std::string type = std::string_view{row.id} == "S-042"   ? "work"
                             : std::string_view{row.id} == "S-043" ? "mobile"
                             : std::string_view{row.id} == "S-044" ? "fax"
                                                                   : "work";
    if (std::string_view{row.pointer}.starts_with("/phoneNumbers"))
        CHECK(body.at("phoneNumbers").at(0).at("type") == bj::string(type));
    if (std::string_view{row.pointer}.starts_with("/addresses")) CHECK(body.at("addresses").at(0).at("type") == "work");
}

TEST_CASE("S-003: a user who exists is matched by userName without regard to case, and linked")
{
    Desk desk;
    desk.import(one_user(R"("userPrincipalName":"Anna@contoso.com")"));
    const auto report = desk.import(one_user(R"("userPrincipalName":"ANNA@contoso.com","id":"1f3c")"));
    CHECK(report.counts.updated == 1);
    REQUIRE(desk.users().size() == 1);
    CHECK(desk.users().front().external_id == "1f3c");
    CHECK(desk.users().front().user_name == "ANNA@contoso.com");
}

TEST_CASE("S-028: a changed mapping changes users at the next synchronisation and not before")
{
    Desk desk;
    const std::string file =
        one_user(R"("userPrincipalName":"a@contoso.com","jobTitle":"Chef","department":"Kitchen")");
    desk.import(file);
    const auto before = desk.state();
    desk.organisation.mapping = bj::parse(R"({"title":"[department]"})").as_object();
    CHECK(desk.state() == before);
    CHECK(desk.import(file).counts.updated == 1);
    CHECK(desk.named("a@contoso.com")->profile.attributes().at("title") == "Kitchen");
}

TEST_CASE("a user under a new name is found by the object id; a name that another one holds is refused")
{
    Desk desk;
    desk.import(R"([{"userPrincipalName":"a@x","id":"1"},{"userPrincipalName":"b@x","id":"2"}])");
    const auto moved = desk.import(one_user(R"("userPrincipalName":"new@x","id":"1")"));
    CHECK(moved.counts.updated == 1);
    CHECK(desk.users().size() == 2);
    const auto taken = desk.import(one_user(R"("userPrincipalName":"b@x","id":"1")"));
    CHECK(taken.counts.failed == 1);
    REQUIRE(taken.failures.size() == 1);
    CHECK(taken.failures[0].line == 1);
    CHECK_THAT(taken.failures[0].reason, Catch::StartsWith("line 1: ") && Catch::Contains("userName"));
    CHECK(desk.named("new@x").has_value());
}

TEST_CASE("S-016: what looks like a duplicate or a changed link is told")
{
    Desk desk;
    desk.import(one_user(R"("userPrincipalName":"anna@contoso.com","id":"1","accountEnabled":true)"));
    const auto twice = desk.import(
        one_user(R"("userPrincipalName":"ab12@contoso.com","mail":"Anna@contoso.com","id":"2","accountEnabled":true)"));
    CHECK(twice.counts.created == 1);
    REQUIRE(twice.warnings.size() == 1);
    CHECK_THAT(twice.warnings[0], Catch::StartsWith("line 1: created, although a user is named like"));
    const auto anew = desk.import(one_user(R"("userPrincipalName":"anna@contoso.com","id":"3","accountEnabled":true)"));
    CHECK(anew.counts.updated == 1);
    REQUIRE(anew.warnings.size() == 1);
    CHECK_THAT(anew.warnings[0], Catch::StartsWith("line 1: the user of this name carried another externalId"));
}

TEST_CASE("a user who cannot be brought in is told with line and reason, and the others come in")
{
    const std::string file = "userPrincipalName,displayName,accountEnabled\n"
                             "a@x,A,True\n" +
                             std::string(257, 'n') + ",N,True\n" + "c@x,C,Flase\n" + ",D,True\n" + "e@x,E\n" +
                             "f@x,\"F\nF\",True\n" + std::string(256, 'm') + ",M,True\n";
    ImportOptions options;
    options.batch = GENERATE(std::size_t{1}, std::size_t{3}, std::size_t{100});
    options.dry_run = GENERATE(false, true);
    Desk desk;
    std::int64_t seen = 0;
    options.progress = [&](const ImportCounts& counts) { seen = counts.rows; };
    const auto report = desk.import(file, options);
    CHECK(report.counts.rows == 7);
    CHECK(report.counts.created == 3);
    CHECK(report.counts.failed == 4);
    CHECK(seen == 7);
    REQUIRE(report.failures.size() == 4);
    std::map<std::size_t, std::string> by_line;
    for (const auto& failure : report.failures) by_line[failure.line] = failure.reason;
    CHECK_THAT(by_line[3], Catch::Contains("userName") && Catch::Contains("256"));
    CHECK_THAT(by_line[4], Catch::Contains("accountEnabled must be True or False"));
    CHECK_THAT(by_line[5], Catch::Contains("no userName"));
    CHECK_THAT(by_line[6], Catch::Contains("2 fields where the header has 3"));
    CHECK(report.whole);
    CHECK(desk.users().size() == (options.dry_run ? 0 : 3));
}

TEST_CASE("a file that breaks off keeps what came before, and says so")
{
    Desk desk;
    const auto report = desk.import("[{\"userPrincipalName\":\"a@x\"},\n{\"userPrincipalName\":\"b@x\"");
    CHECK_FALSE(report.whole);
    CHECK(report.counts.created == 1);
    CHECK(report.counts.failed == 1);
    CHECK_THAT(report.failures.at(0).reason, Catch::StartsWith("line 2: the file ends"));
    CHECK(desk.named("a@x").has_value());
}

TEST_CASE("a file or mapping that cannot be used is refused before anything is done")
{
    Desk desk;
    CHECK_THAT(desk.run("displayName\nA\n").error().detail, Catch::Contains("userPrincipalName is missing"));
    CHECK_THAT(desk.run("").error().detail, Catch::Contains("the file is empty"));
    Desk wrong{R"({"titel":"[jobTitle]"})"};
    CHECK_THAT(wrong.run(one_user(R"("userPrincipalName":"a@x")")).error().detail,
               Catch::Contains("the mapping of titel: users have no such attribute; did you mean title?"));
}

TEST_CASE("a mapping's targets are checked against the User schema")
{
    struct Row {
        const char* overrides;
        const char* says; // empty: accepted
    };
    const auto row = GENERATE(values<Row>({
        {R"x({})x", ""},
        {R"x({"preset":"generic"})x", ""},
        {R"x({"nickName":"[mailNickname]"})x", ""},
        {R"x({"roles":"AppRoleAssignmentsComplex([appRoleAssignments])"})x", ""},
        {R"x({"emails[type eq \"other\"].Value":"Item([proxyAddresses], 1)"})x", ""},
        {R"x({"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter":"[costCenter]"})x", ""},
        {R"x({"urn:ietf:params:scim:schemas:extension:Shop:2.0:User:floor":"[city]"})x", ""},
        {R"x({"id":"[objectId]"})x", "the mapping of id: it is read-only"},
        {R"x({"meta.version":"[city]"})x", "the mapping of meta.version: it is read-only"},
        {R"x({"name":"[displayName]"})x", "it is made of parts"},
        {R"x({"name.famlyName":"[surname]"})x", "did you mean familyName?"},
        {R"x({"emails.value":"[mail]"})x", "choose one with a filter"},
        {R"x({"emails[type eq \"work\"].valeu":"[mail]"})x", "did you mean value?"},
        {R"x({"title[type eq \"work\"].value":"[mail]"})x", "a filter selects among several values"},
        {R"x({"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:departmnt":"[department]"})x",
         "did you mean department?"},
        {R"x({"urn:rollcall:params:scim:schemas:extension:lifecycle:2.0:User:status":"[city]"})x", "it is read-only"},
    }));
    INFO(row.overrides);
    const auto checked = check_mapping(bj::parse(row.overrides).as_object(), user_schema());
    if (std::string_view{row.says}.empty()) {
        CHECK((checked ? "" : checked.error().detail) == std::string{});
    } else {
        REQUIRE_FALSE(checked.has_value());
        CHECK_THAT(checked.error().detail, Catch::Contains(row.says));
    }
}

TEST_CASE("managers are set in a second pass, when both users are there")
{
    const std::string file = R"([
        {"userPrincipalName":"worker@x","id":"1","accountEnabled":true,"manager":{"id":"2"}},
        {"userPrincipalName":"boss@x","id":"2","accountEnabled":true,"manager":{"id":"99"}}])";
    SECTION("found by the object id")
    {
        Desk desk{R"({"preset":"generic","externalId":"[objectId]"})"};
        ImportOptions options;
        options.dry_run = true;
        CHECK(desk.import(file, options).counts.references == 1);
        options.dry_run = false;
        const auto report = desk.import(file, options);
        CHECK(report.counts.created == 2);
        CHECK(report.counts.references == 1);
        CHECK_THAT(desk.named("worker@x")->profile.text(), Catch::Contains(core::to_text(desk.named("boss@x")->id)));
        CHECK(desk.import(file, options).counts.references == 0);
    }
    SECTION("not looked for where externalId is something else")
    {
        Desk desk{R"({"preset":"generic"})"};
        const auto report = desk.import(file);
        CHECK(report.counts.references == 0);
        REQUIRE(report.warnings.size() == 2);
        CHECK_THAT(report.warnings[1], Catch::StartsWith("managers are left out"));
    }
}

TEST_CASE("an alias that several users share matches nobody")
{
    Desk desk{R"({"preset":"generic"})"};
    const auto report = desk.import(R"([{"userPrincipalName":"a@x","mailNickname":"info","accountEnabled":true},
                                        {"userPrincipalName":"b@x","mailNickname":"info","accountEnabled":true}])");
    CHECK(report.counts.created == 2);
    CHECK(desk.users().size() == 2);
}

TEST_CASE("an organisation with the strict profile is imported into all the same")
{
    Desk desk{R"({"title":"[department]"})", "strict"};
    desk.import(one_user(R"("userPrincipalName":"a@x","accountEnabled":true)"));
    const auto report = desk.import(one_user(R"("userPrincipalName":"a@x","department":"Kök","mobilePhone":"1")"));
    CHECK(report.counts.updated == 1);
    CHECK_THAT(desk.named("a@x")->profile.text(), Catch::Contains(R"("title":"Kök")") && Catch::Contains("mobile"));
}
