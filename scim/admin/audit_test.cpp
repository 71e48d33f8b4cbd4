// Audit and archive through the management API, over what SCIM really did.
#include "scim/admin/archive.hpp"
#include "scim/admin/csv.hpp"
#include "scim/admin/event_json.hpp"
#include "scim/sweeper.hpp"
#include "scim/testing/api_desk.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace scim;
using core::AdminRole;
using http::Method;
using testing::ApiAnswer;
namespace bj = boost::json;

namespace {

const std::string digits = "0123456789abcdef0123456789abcdef";

struct Desk : testing::ApiDesk {
    core::OrgId ours = organisation("ours");
    core::OrgId theirs = organisation("theirs");
    std::string officer = admin_token(AdminRole::compliance_officer, ours);
    std::string directory = token(ours);

    ApiAnswer ask_for(const std::string& path, Method method = Method::get)
    {
        return api(method, "/api/v1/orgs/ours/" + path, officer);
    }
    std::int64_t total(const std::string& path)
    {
        const auto answer = ask_for(path);
        INFO(answer.body);
        REQUIRE(answer.status == 200);
        return answer.json.at("total").as_int64();
    }
    http::Response scim(Method method, const std::string& path, std::string body = {})
    {
        auto request = testing::request_for(method, "/orgs/ours/scim/v2" + path, "Bearer " + directory);
        request.headers.emplace_back("content-type", "application/scim+json");
        request.body = std::move(body);
        return ask(std::move(request));
    }
    std::string create(const std::string& name, const std::string& display_name = "x")
    {
        const auto made = scim(Method::post, "/Users",
                               R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":")" + name +
                                   R"(","externalId":"ext-)" + name + R"(","displayName":")" + display_name + "\"}");
        REQUIRE(made.status == 201);
        return std::string{core::json::read(made.body)->at("id").as_string()};
    }
    // As a directory does it: renamed and switched off, then gone.
    void bury(const std::string& id, const std::string& name)
    {
        REQUIRE(scim(Method::patch, "/Users/" + id,
                     R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[)"
                     R"({"op":"replace","path":"userName","value":")" +
                         digits + name + R"("},{"op":"replace","path":"active","value":false}]})")
                    .status == 200);
    }
    std::string export_of(const std::string& path)
    {
        auto answer = ask_for(path);
        REQUIRE(answer.status == 200);
        std::string all = answer.body;
        while (answer.more) {
            std::promise<http::Piece> later;
            auto piece = later.get_future();
            answer.more->next([&](http::Piece p) { later.set_value(std::move(p)); });
            const auto got = piece.get();
            REQUIRE(got.state != http::Piece::State::broken);
            all += got.text;
            if (got.state == http::Piece::State::last) break;
        }
        return all;
    }
};

} // namespace

TEST_CASE("S-215, S-216, S-217: a deletion is found by category or activity, with the name it had and the original one")
{
    Desk d;
    const auto id = d.create("ada@contoso.com");
    d.bury(id, "ada@contoso.com");
    REQUIRE(d.scim(Method::del, "/Users/" + id).status == 204);
    CHECK(d.total("audit?category=userManagement") == 3);
    const auto found = d.ask_for("audit?category=userManagement&activity=deleteUser");
    REQUIRE(found.json.at("total") == 1);
    const auto& event = found.json.at("items").at(0);
    CHECK(admin::differences(event, admin::event_shape).empty());
    CHECK(event.at("category") == "userManagement");
    CHECK(event.at("activity") == "deleteUser");
    CHECK(event.at("actor").at("kind") == "token");
    CHECK(event.at("targets").at(0).at("id") == bj::value(id));
    CHECK(event.at("targets").at(0).at("userName") == bj::value(digits + "ada@contoso.com"));
    CHECK(event.at("targets").at(0).at("originalUserName") == "ada@contoso.com");
    const auto buried = d.ask_for("audit?activity=softDeleteUser").json.at("items").at(0);
    std::set<std::string> changed;
    for (const auto& change : buried.at("changes").as_array())
        changed.insert(std::string{change.at("attribute").as_string()});
    CHECK(changed.contains("userName")); // old and new name
}

TEST_CASE("S-217: the audit is filtered by actor, target, request and time, newest first, page by page")
{
    Desk d;
    const auto ada = d.create("ada@contoso.com");
    const auto bob = d.create("bob@contoso.com");
    d.bury(ada, "ada@contoso.com");
    const auto all = d.ask_for("audit?category=userManagement");
    CHECK(all.json.at("total") == 3);
    const auto& items = all.json.at("items").as_array();
    CHECK(items[0].at("activity") == "softDeleteUser");
    CHECK(items[2].at("targets").at(0).at("id") == bj::value(ada));

    for (const std::string& name : {std::string{"ADA@contoso.com"}, digits + "ada@contoso.com", ada}) {
        INFO(name);
        CHECK(d.total("audit?target=" + name) == 2);
    }
    CHECK(d.total("audit?target=bob@contoso.com") == 1);
    CHECK(d.total("audit?target=nobody") == 0);
    CHECK(d.total("audit?category=userManagement&actor=" + std::string{items[0].at("actor").at("id").as_string()}) ==
          3);
    CHECK(d.total("audit?actor=nobody") == 0);
    CHECK(d.total("audit?requestId=" + std::string{items[1].at("requestId").as_string()}) == 1);
    const auto at = std::string{items[1].at("at").as_string()};
    CHECK(d.total("audit?target=" + bob + "&since=" + at) == 1);
    CHECK(d.total("audit?target=" + bob + "&until=" + at) == 0); // not at that instant itself

    std::vector<std::int64_t> seen;
    std::string path = "audit?limit=1&category=userManagement", cursor;
    for (int page = 0; page < 5; ++page) {
        const auto answer = d.ask_for(path + cursor);
        for (const auto& each : answer.json.at("items").as_array()) seen.push_back(each.at("sequence").as_int64());
        if (answer.json.at("next").is_null()) break;
        cursor = "&cursor=" + std::string{answer.json.at("next").as_string()};
    }
    REQUIRE(seen.size() == 3);
    CHECK((seen[0] > seen[1] && seen[1] > seen[2]));

    for (const char* const wrong : {"audit?activity=deleteUsers", "audit?category=users", "audit?since=yesterday",
                                    "audit?user=ada", "audit?cursor=x", "audit?sort=at"}) {
        INFO(wrong);
        CHECK(d.ask_for(wrong).status == 400);
    }
    CHECK_THAT(d.ask_for("audit?activity=deleteUsers").body, Catch::Contains("did you mean deleteUser?"));
}

TEST_CASE(
    "the audit is exported as CSV that no spreadsheet runs, and as JSON lines with the chain; each export is told")
{
    Desk d;
    for (int i = 0; i < 600; ++i) d.create("u" + std::to_string(i) + "@contoso.com"); // more than one piece
    d.create("=cmd|'/c calc'!A1@contoso.com", "a,b \\\"c\\\"\\n");
    const auto csv = d.export_of("exports/audit.csv?category=userManagement");
    CHECK(csv.starts_with("sequence,at,actorKind,actor,category,activity,"));
    CHECK(std::count(csv.begin(), csv.end(), '\n') == 602);
    CHECK_THAT(csv, Catch::Contains(",\"'=cmd|'/c calc'!A1@contoso.com\","));
    CHECK_THAT(csv, !Catch::Contains(",=cmd"));

    const auto lines = d.export_of("exports/audit.jsonl?category=userManagement");
    std::int64_t last = 0, count = 0;
    for (std::string_view rest = lines; !rest.empty(); ++count) {
        const auto end = rest.find('\n');
        const auto line = core::json::read(rest.substr(0, end));
        REQUIRE(line.has_value());
        CHECK(line->at("sequence").as_int64() > last);
        CHECK(line->at("chain").as_string().size() == 64);
        last = line->at("sequence").as_int64();
        rest.remove_prefix(end + 1);
    }
    CHECK(count == 601);
    CHECK(d.total("audit?activity=exportData") == 2);
}

TEST_CASE("a cell that a spreadsheet would run gets an apostrophe, and what CSV needs quoted is quoted")
{
    struct Row {
        std::string_view text;
        const char* cell;
    };
    const auto row = GENERATE(values<Row>({
        {"", ""},
        {"plain", "plain"},
        {"a,b", "\"a,b\""},
        {"a\"b", "\"a\"\"b\""},
        {"a\nb", "\"a\nb\""},
        {"=1+1", "\"'=1+1\""},
        {"+1", "\"'+1\""},
        {"-1", "\"'-1\""},
        {"@SUM(A1)", "\"'@SUM(A1)\""},
        {"\tx", "\"'\tx\""},
        {"\rx", "\"'\rx\""},
        {"a=1", "a=1"},
        {" =1", " =1"},
    }));
    std::string out;
    admin::append_cell(out, row.text);
    CHECK(out == row.cell);
}

TEST_CASE(
    "S-212, S-213, S-214: a deleted user's last state and history are found by the original name, and can be held")
{
    Desk d;
    const auto id = d.create("ada@contoso.com", "Ada");
    d.bury(id, "ada@contoso.com");
    REQUIRE(d.scim(Method::del, "/Users/" + id).status == 204);
    const auto bob = d.create("bob@contoso.com");
    REQUIRE(d.scim(Method::del, "/Users/" + bob).status == 204);

    CHECK(d.total("archive") == 2);
    CHECK(d.ask_for("archive").json.at("items").at(0).at("originalUserName") == "bob@contoso.com");
    for (const std::string& name : {std::string{"Ada@contoso.com"}, digits + "ada@contoso.com", id})
        CHECK(d.total("archive?name=" + name) == 1);
    CHECK(d.total("archive?externalId=ext-ada@contoso.com") == 1);
    CHECK(d.total("archive?externalId=nobody") == 0);
    const auto found = d.ask_for("archive?name=ada@contoso.com").json.at("items").at(0);
    CHECK(admin::differences(found, admin::archive::shape).empty());
    const auto at = std::string{found.at("deletedAt").as_string()};
    CHECK(d.total("archive?name=" + id + "&since=" + at) == 1);
    CHECK(d.total("archive?name=" + id + "&until=" + at) == 0);

    const auto record = "archive/" + std::string{found.at("id").as_string()};
    const auto whole = d.ask_for(record);
    REQUIRE(whole.status == 200);
    CHECK(admin::differences(whole.json, admin::archive::whole_shape).empty());
    CHECK(whole.json.at("lastState").at("displayName") == "Ada");
    CHECK(whole.json.at("history").as_array().size() == 3);
    CHECK(d.ask_for("archive/9999").status == 404);
    CHECK(d.ask_for("archive/x").status == 404);

    CHECK(d.ask_for(record + "/hold", Method::post).json.at("hold") == true);
    CHECK(d.ask_for(record + "/hold", Method::post).status == 200);
    const auto administrator = d.admin_token(AdminRole::org_admin, d.ours);
    CHECK(d.api(Method::post, "/api/v1/orgs/ours/" + record + "/unhold", administrator).status == 403);
    CHECK(d.api(Method::get, "/api/v1/orgs/ours/" + record, d.admin_token(AdminRole::help_desk, d.ours)).status == 403);

    const WriteBatch write = [&](core::OrgId org, const auto& work) { d.store.write(org, work); };
    Forgotten forgotten;
    const auto far = d.clock.now() + std::chrono::days{366};
    sweep_retention(d.store, write, d.clock.now(), {"server", "sweep"}, forgotten);
    CHECK(d.total("archive") == 2);
    sweep_retention(d.store, write, far, {"server", "sweep"}, forgotten);
    CHECK(d.total("archive") == 1); // bob's time was over, ada is held
    CHECK(d.ask_for(record + "/unhold", Method::post).json.at("hold") == false);
    sweep_retention(d.store, write, far, {"server", "sweep"}, forgotten);
    CHECK(d.total("archive") == 0);
    CHECK(d.total("audit?activity=eraseArchive") == 2);
    CHECK(d.store.check().empty());
}

TEST_CASE("with auditRetention the sweep erases what old events tell, and the chain still verifies")
{
    Desk d;
    const auto id = d.create("ada@contoso.com");
    const auto administrator = d.admin_token(AdminRole::org_admin, d.ours);
    REQUIRE(d.api(Method::patch, "/api/v1/orgs/ours/policy", administrator, R"({"auditRetention":"30d"})").status ==
            200);
    const WriteBatch write = [&](core::OrgId org, const auto& work) { d.store.write(org, work); };
    Forgotten forgotten;
    sweep_retention(d.store, write, d.clock.now() + std::chrono::days{29}, {"server", "sweep"}, forgotten);
    CHECK_FALSE(d.ask_for("audit?activity=createUser").json.at("items").at(0).at("changes").as_array().empty());
    sweep_retention(d.store, write, d.clock.now() + std::chrono::days{31}, {"server", "sweep"}, forgotten);
    const auto event = d.ask_for("audit?activity=createUser").json.at("items").at(0);
    CHECK(event.at("changes").as_array().empty());
    CHECK(event.at("targets").at(0).at("userName") == "");
    CHECK(event.at("targets").at(0).at("id") == bj::value(id));
    CHECK(d.store.check().empty());
    CHECK(d.store.check_chain().empty());
}
