// Users through the management API, on a real store: what is shown, each verb with its refusals, lists and their pages,
// the timeline, tokens, invitations and the outbox.
#include "core/claim.hpp"
#include "core/domain.hpp"
#include "core/mail.hpp"
#include "core/shelf.hpp"
#include "scim/admin/event_json.hpp"
#include "scim/admin/listing.hpp"
#include "scim/admin/users.hpp"
#include "scim/testing/api_desk.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <set>

using namespace scim;
using core::AdminRole;
using http::Method;
using testing::ApiAnswer;
using testing::ApiDesk;
namespace bj = boost::json;

namespace {

struct People : ApiDesk {
    core::OrgId ours = organisation("ours");
    std::string admin = admin_token(AdminRole::org_admin, ours);
    std::string scim = token(ours);
    const std::string users = "/api/v1/orgs/ours/users";

    ApiAnswer call(Method method, const std::string& path, std::string body = {}, Headers headers = {})
    {
        return api(method, path, admin, std::move(body), std::move(headers));
    }
    std::string create(const std::string& user_name, const std::string& more = "")
    {
        const auto made = call(Method::post, users, R"({"userName":")" + user_name + "\"" + more + "}");
        INFO(made.body);
        REQUIRE(made.status == 201);
        CHECK(admin::differences(made.json, admin::users::shape).empty());
        return std::string{made.json.at("id").as_string()};
    }
    ApiAnswer get(const std::string& id) { return call(Method::get, users + "/" + id); }
    ApiAnswer verb(const std::string& id, const std::string& word)
    {
        auto answer = call(Method::post, users + "/" + id + "/" + word);
        if (answer.status == 200) CHECK(admin::differences(answer.json, admin::users::shape).empty());
        return answer;
    }
    std::string status(const std::string& id) { return std::string{get(id).json.at("status").as_string()}; }
    std::set<std::string> actions(const std::string& id)
    {
        std::set<std::string> words;
        const auto answer = get(id);
        for (const auto& each : answer.json.at("actions").as_array()) words.emplace(each.as_string());
        return words;
    }
    ApiAnswer as_directory(Method method, const std::string& path, const std::string& body = {})
    {
        auto request = testing::request_for(method, "/orgs/ours/scim/v2" + path, "Bearer " + scim);
        request.headers.emplace_back("content-type", "application/scim+json");
        request.body = body;
        ApiAnswer answer{ask(std::move(request)), {}};
        if (auto read = core::json::read(answer.body)) answer.json = *std::move(read);
        return answer;
    }
    std::string create_as_directory(const std::string& user_name)
    {
        const auto made = as_directory(Method::post, "/Users", R"({"userName":")" + user_name + "\"}");
        REQUIRE(made.status == 201);
        return std::string{made.json.at("id").as_string()};
    }
    void change(const std::string& id, const std::function<void(core::User&)>& how)
    {
        store.write(ours, [&](core::WriteTxn& txn) {
            core::User user = *txn.user(core::UserId{*core::uuid_from(id)});
            const auto version = user.version++;
            how(user);
            REQUIRE(txn.replace(user, version).has_value());
            return core::Keep::yes;
        });
    }
    void verify(const std::string& domain)
    {
        store.write(ours, [&](core::WriteTxn& txn) {
            core::Domain made;
            made.name = domain;
            made.state = core::DomainState::verified;
            REQUIRE(core::Shelf<core::Domain>{txn.records()}.insert(made).has_value());
            return core::Keep::yes;
        });
    }
    // userNames of all pages of a list.
    std::vector<std::string> names(const std::string& query)
    {
        std::vector<std::string> all;
        std::string cursor;
        for (int pages = 0; pages < 100; ++pages) {
            const auto page = call(Method::get, users + "?" + query + (cursor.empty() ? "" : "&cursor=" + cursor));
            INFO(page.body);
            REQUIRE(page.status == 200);
            for (const auto& each : page.json.at("items").as_array()) {
                CHECK(admin::differences(each, admin::users::shape).empty());
                all.emplace_back(each.at("userName").as_string());
            }
            if (page.json.at("next").is_null()) break;
            cursor = page.json.at("next").as_string();
        }
        return all;
    }
};
using Names = std::vector<std::string>;

} // namespace

TEST_CASE("S-082, S-091, S-094: a user made by hand is shown as the API has users, with the verbs that would work")
{
    People d;
    const auto made = d.call(Method::post, d.users,
                             R"({"userName":"ada@example.com","displayName":"Ada","externalId":"e1",
                                 "name":{"givenName":"Ada","familyName":"Lovelace"},
                                 "profile":{"title":"Countess","emails":[{"value":"a@x.example","type":"work"}]}})");
    REQUIRE(made.status == 201);
    const std::string id{made.json.at("id").as_string()};
    CHECK(testing::header(made, "Location") == d.users + "/" + id);
    const auto shown = d.get(id);
    CHECK(shown.json == made.json);
    CHECK(testing::header(shown, "ETag") == "W/\"1\"");
    CHECK(shown.json.at("status") == "notVerified");
    CHECK(shown.json.at("provenance") == "manual");
    CHECK(shown.json.at("displayName") == "Ada");
    CHECK(shown.json.at("externalId") == "e1");
    CHECK(shown.json.at("profile").at("title") == "Countess");
    CHECK(shown.json.at("profile").at("name").at("familyName") == "Lovelace");
    CHECK(shown.json.at("claim").is_null());
    CHECK(d.actions(id) == std::set<std::string>{"verify-email", "deactivate", "purge", "protect"}); // invited already
    // The directory sees the same user.
    CHECK(d.as_directory(Method::get, "/Users/" + id).json.at("name").at("givenName") == "Ada");

    d.verify("example.org");
    const auto verified = d.create("bob@example.org");
    CHECK(d.status(verified) == "verified");
    CHECK(d.status(d.create("linked@elsewhere.example", R"(,"provenance":"siteLink")")) == "verified"); // S-095, S-236
}

TEST_CASE("S-087: what a body may not ask for is refused by name, and nobody is made")
{
    People d;
    d.create("taken@example.com");
    struct Row {
        const char* body;
        int status;
        const char* field;
    };
    for (const Row& row : {
             Row{R"({})", 400, "userName"},
             Row{R"({"userName":""})", 400, ""},
             Row{R"({"userName":"TAKEN@example.com"})", 409, "userName"},
             Row{R"({"userName":"a@x.example","profile":{"active":false}})", 400, "active"},
             Row{R"({"userName":"a@x.example","profile":{"titel":"x"}})", 400, "profile.titel"},
             Row{R"({"userName":"a@x.example","profile":{"emails":"x"}})", 400, ""},
             Row{R"({"userName":"a@x.example","status":"active"})", 400, "status"},
             Row{R"({"userName":"a@x.example","provenance":"claim"})", 400, "provenance"},
         }) {
        INFO(row.body);
        const auto refused = d.call(Method::post, d.users, row.body);
        CHECK(refused.status == row.status);
        CHECK(refused.content_type == "application/problem+json");
        if (*row.field != '\0') CHECK(refused.json.at("errors").at(0).at("field") == row.field);
    }
    CHECK(d.names("") == Names{"taken@example.com"});
}

TEST_CASE("S-093, S-098, S-085: the application reports e-mail verification and sign-in; what may not be is 409")
{
    People d;
    const auto id = d.create("ada@example.com");
    const auto early = d.verb(id, "sign-in");
    CHECK(early.status == 409);
    CHECK_FALSE(early.json.at("remedy").as_string().empty());
    CHECK(d.verb(id, "verify-email").json.at("status") == "verified");
    CHECK(d.verb(id, "verify-email").status == 409);
    const auto in = d.verb(id, "sign-in");
    CHECK(in.json.at("status") == "active");
    CHECK(in.json.at("signedInAt").is_string());
    CHECK(d.verb(id, "sign-in").json == in.json); // again: nothing changes
    REQUIRE(d.verb(id, "deactivate").status == 200);
    CHECK(d.verb(id, "sign-in").status == 409); // S-074
    CHECK(d.status(id) == "inactive");
}

TEST_CASE("S-073, S-208, S-209, S-210: a token is valid by its user's status and by when it was issued")
{
    People d;
    const auto id = d.create_as_directory("ada@example.com");
    const std::string path = d.users + "/" + id + "/token-status";
    const auto ask = [&](const std::string& issued) {
        const auto answer = d.call(Method::get, path + (issued.empty() ? "" : "?issuedAt=" + issued));
        REQUIRE(answer.status == 200);
        CHECK(admin::differences(answer.json, admin::users::token_status_shape).empty());
        return answer;
    };
    CHECK(ask("").json == bj::value{{"valid", true}, {"tokensValidAfter", nullptr}, {"reason", nullptr}});
    const auto after = d.verb(id, "deactivate").json.at("tokensValidAfter");
    CHECK(ask("").json == bj::value{{"valid", false}, {"tokensValidAfter", after}, {"reason", "inactive"}});
    d.verb(id, "reactivate");
    CHECK(ask("").json == bj::value{{"valid", true}, {"tokensValidAfter", after}, {"reason", nullptr}});
    CHECK(ask("2020-01-01T00:00:00Z").json.at("reason") == "revoked");
    CHECK(ask(std::string{after.as_string()}).json.at("reason") == "revoked");
    CHECK(ask("2999-01-01T00:00:00Z").json.at("valid") == true);
    CHECK(d.call(Method::get, path + "?issuedAt=yesterday").status == 400);

    // A soft delete by the directory voids them, too, and the restore does not revive them.
    const auto gone = d.as_directory(Method::patch, "/Users/" + id,
                                     R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                                     "Operations":[{"op":"replace","value":{"active":false,
                                     "userName":"0f1e2d3c4b5a69788796a5b4c3d2e1f0ada@example.com"}}]})");
    REQUIRE(gone.status == 200);
    CHECK(ask("").json.at("valid") == false);
    const auto shown = d.get(id);
    CHECK(shown.json.at("reason") == "softDeleted");
    CHECK(shown.json.at("originalUserName") == "ada@example.com");
    CHECK(d.actions(id) == std::set<std::string>{"restore", "purge", "protect"});
    const auto back = d.verb(id, "restore");
    CHECK(back.json.at("userName") == "ada@example.com");
    CHECK(back.json.at("status") == "active");
    CHECK(ask(std::string{after.as_string()}).json.at("reason") == "revoked");
}

TEST_CASE("TEN-05, TEN-09: protection and administrators, through the API and against the directory")
{
    People d;
    const auto id = d.create_as_directory("ada@example.com");
    CHECK(d.verb(id, "protect").json.at("protected") == true);
    CHECK(d.verb(id, "protect").status == 409);
    const auto refused = d.as_directory(Method::del, "/Users/" + id);
    CHECK(refused.status == 403);
    CHECK(refused.json.at("scimType") == "mutability");
    CHECK(d.call(Method::del, d.users + "/" + id).status == 409);
    CHECK(d.call(Method::post, d.users + "/" + id + "/purge").status == 409);
    CHECK(d.verb(id, "unprotect").json.at("protected") == false);

    const std::string one = d.users + "/" + id;
    CHECK(d.call(Method::patch, one, R"({"administrator":true})").json.at("administrator") == true);
    CHECK(d.call(Method::patch, one, R"({"administrator":false})").status == 409);
    CHECK(d.verb(id, "deactivate").status == 409);
    CHECK_FALSE(d.actions(id).contains("deactivate"));
    CHECK_FALSE(d.actions(id).contains("purge"));
    CHECK(d.as_directory(Method::del, "/Users/" + id).status == 403);
    const auto second = d.create_as_directory("second@example.com");
    REQUIRE(d.call(Method::patch, d.users + "/" + second, R"({"administrator":true})").status == 200);
    CHECK(d.call(Method::patch, one, R"({"administrator":false})").json.at("administrator") == false);
    CHECK(d.call(Method::del, one).status == 204);
    CHECK(d.get(id).status == 404);
}

TEST_CASE("a purge that is held says why")
{
    People d;
    const auto id = d.create_as_directory("ada@example.com");
    d.change(id, [](core::User& user) {
        user.status = core::Status::inactive;
        user.reason = core::InactiveReason::directory_absent;
        user.purge_at = core::Instant{core::Duration{1}};
    });
    CHECK(d.get(id).json.at("purgeHold").is_null());
    CHECK(d.verb(id, "protect").json.at("purgeHold") == "the user is protected");
}

TEST_CASE("a merge patch changes what it names, knows the version it was made for, and tells what it did")
{
    People d;
    const auto id =
        d.create("ada@example.com", R"(,"displayName":"Ada","profile":{"title":"Countess","nickName":"A"})");
    const std::string one = d.users + "/" + id;
    const std::string etag = testing::header(d.get(id), "ETag");
    const auto changed =
        d.call(Method::patch, one,
               R"({"displayName":"Ada L","name":{"familyName":"Lovelace"},"externalId":"e9","profile":{"title":null}})",
               {{"if-match", etag}});
    REQUIRE(changed.status == 200);
    CHECK(admin::differences(changed.json, admin::users::shape).empty());
    CHECK(changed.json.at("displayName") == "Ada L");
    CHECK(changed.json.at("externalId") == "e9");
    CHECK(changed.json.at("status") == "notVerified");
    const auto& profile = changed.json.at("profile").as_object();
    CHECK_FALSE(profile.contains("title"));
    CHECK(profile.at("nickName") == "A");
    CHECK(profile.at("name").at("familyName") == "Lovelace");
    CHECK(d.call(Method::patch, one, R"({"displayName":"x"})", {{"if-match", etag}}).status == 412);
    CHECK(d.call(Method::del, one, "", {{"if-match", etag}}).status == 412);
    CHECK(d.call(Method::patch, one, R"({"externalId":null})").json.at("externalId").is_null());

    // S-017: whatever is written like an address may be the name.
    CHECK(d.call(Method::patch, one, R"({"userName":"Countess@Example.org"})").json.at("userName") ==
          "Countess@Example.org");
    d.create("other@example.com");
    CHECK(d.call(Method::patch, one, R"({"userName":"OTHER@example.com"})").status == 409);
    for (const char* const body :
         {R"({"userName":null})", R"({"administrator":null})", R"({"status":"active"})",
          R"({"profile":{"active":false}})", R"({"profile":{"id":"x","titel":"y"}})", R"({"displayName":7})"}) {
        INFO(body);
        CHECK(d.call(Method::patch, one, body).status == 400);
    }
}

TEST_CASE("S-196, S-198: who is made by hand has the automatic licences, and a patch gives and takes the others")
{
    People d;
    const auto licence = [&](const char* body) {
        const auto made = d.call(Method::post, "/api/v1/orgs/ours/licences", body);
        REQUIRE(made.status == 201);
        return std::string{made.json.at("id").as_string()};
    };
    const auto automatic = licence(R"({"name":"Messages","automatic":true,"seats":1})");
    const auto other = licence(R"({"name":"Meetings","seats":5})");
    const auto id = d.create("ada@example.com");
    CHECK(d.get(id).json.at("licences") == bj::value(bj::array{automatic}));
    CHECK(d.call(Method::post, d.users, R"({"userName":"bob@example.com"})").status == 409); // no seat left
    const std::string one = d.users + "/" + id;
    CHECK(d.call(Method::patch, one, R"({"licences":[")" + other + R"("]})").json.at("licences") ==
          bj::value(bj::array{other}));
    CHECK(d.call(Method::patch, one, R"({"licences":["unheard-of"]})").status == 400);
    CHECK(d.call(Method::patch, one, R"({"licences":null})").json.at("licences").as_array().empty());
}

TEST_CASE("S-145, Q-10: a user with a delayed claim and a shell are shown, and are not an administrator's to change")
{
    People d;
    for (const auto status : {core::Status::delayed_claim, core::Status::converted_away}) {
        const auto id = d.create_as_directory(fmt::format("{}@example.com", core::word(status)));
        d.change(id, [&](core::User& user) { user.status = status; });
        const bool signs_in = status == core::Status::delayed_claim;
        CHECK(d.actions(id) == (signs_in ? std::set<std::string>{"sign-in"} : std::set<std::string>{}));
        CHECK(d.call(Method::patch, d.users + "/" + id, R"({"displayName":"x"})").status == 409);
        for (const char* const word : {"deactivate", "reactivate", "restore", "purge", "invite", "protect"})
            CHECK(d.verb(id, word).status == 409);
        CHECK(d.call(Method::del, d.users + "/" + id).status == 409);
    }
}

TEST_CASE("S-089, S-104: a user with a delayed claim shows it, with the days that are left, begun ones counted")
{
    People d;
    const auto id = d.create_as_directory("ada@example.com");
    core::Claim claim;
    claim.id = "0190b0a0-0000-7000-8000-00000000000a";
    claim.kind = core::ClaimKind::delayed;
    claim.until = d.clock.now() + std::chrono::days{13} + std::chrono::hours{1};
    d.store.write(d.ours, [&](core::WriteTxn& txn) {
        REQUIRE(core::Shelf<core::Claim>{txn.records()}.insert(claim).has_value());
        return core::Keep::yes;
    });
    d.change(id, [&](core::User& user) {
        user.status = core::Status::delayed_claim;
        user.standing.claim = claim.id;
    });
    CHECK(d.get(id).json.at("claim") ==
          bj::value{{"id", claim.id}, {"kind", "delayed"}, {"until", core::to_iso(claim.until)}, {"daysLeft", 14}});
    CHECK(d.names("status=delayedClaim") == Names{"ada@example.com"});
    d.change(id, [&](core::User& user) { user.standing.claim = "another organisation's"; });
    CHECK(d.get(id).json.at("claim").at("kind").is_null());
}

TEST_CASE("S-170, S-229, S-230: users are found by status, reason, provenance, domain and the beginning of a name")
{
    People d;
    d.create("ada@example.com", R"(,"displayName":"Countess","name":{"familyName":"Lovelace"})");
    const auto bob = d.create_as_directory("Bob@example.org");
    const auto carl = d.create_as_directory("carl@example.com");
    d.verb(carl, "deactivate");
    CHECK(d.names("") == Names{"ada@example.com", "Bob@example.org", "carl@example.com"});
    CHECK(d.names("status=inactive") == Names{"carl@example.com"});
    CHECK(d.names("status=active") == Names{"Bob@example.org"});
    CHECK(d.names("reason=admin") == Names{"carl@example.com"});
    CHECK(d.names("reason=softDeleted").empty());
    CHECK(d.names("provenance=manual") == Names{"ada@example.com"});
    CHECK(d.names("domain=EXAMPLE.org") == Names{"Bob@example.org"});
    CHECK(d.names("domain=ample.org").empty());
    CHECK(d.names("q=count") == Names{"ada@example.com"});
    CHECK(d.names("q=love") == Names{"ada@example.com"});
    CHECK(d.names("q=bo") == Names{"Bob@example.org"});
    CHECK(d.names("q=ob").empty());
    CHECK(d.names("status=inactive&provenance=manual").empty());
    CHECK(d.names("sort=userName") == Names{"ada@example.com", "Bob@example.org", "carl@example.com"});
    CHECK(d.names("sort=-userName") == Names{"carl@example.com", "Bob@example.org", "ada@example.com"});
    CHECK(d.names("sort=status") == Names{"Bob@example.org", "carl@example.com", "ada@example.com"});
    CHECK(d.names("sort=-createdAt") == Names{"carl@example.com", "Bob@example.org", "ada@example.com"});
    for (const char* const bad : {"status=gone", "state=active", "sort=titel", "sort=userName,status", "limit=0",
                                  "limit=201", "cursor=forged", "provenance=x"}) {
        INFO(bad);
        CHECK(d.call(Method::get, d.users + "?" + bad).status == 400);
    }
}

TEST_CASE("S-006: a list is walked page by page in any order, each user once, with the total of what was asked for")
{
    People d;
    Names all;
    for (int i = 0; i < 23; ++i) {
        all.push_back(fmt::format("u{:02}@example.com", (i * 7) % 23));
        d.create_as_directory(all.back());
    }
    const auto sorted = [&] {
        Names names = all;
        std::sort(names.begin(), names.end());
        return names;
    }();
    CHECK(d.names("limit=5") == all);
    CHECK(d.names("limit=5&sort=userName") == sorted);
    CHECK(d.names("limit=5&sort=-userName") == Names{sorted.rbegin(), sorted.rend()});
    CHECK(d.names("limit=4&sort=status") == all); // equals by arrival
    CHECK(d.names("limit=4&sort=purgeAt") == all);
    CHECK(d.names("limit=4&status=active&sort=userName") == sorted);
    CHECK(d.names("limit=4&status=active") == all);
    CHECK(d.call(Method::get, d.users + "?limit=3").json.at("total") == 23);
    const auto page = d.call(Method::get, d.users + "?limit=3&q=u0");
    CHECK(page.json.at("total") == 10);
    const std::string cursor{page.json.at("next").as_string()};
    CHECK(d.call(Method::get, d.users + "?limit=3&q=u0&cursor=" + cursor).json.at("total") == 10);
    CHECK(d.call(Method::get, d.users + "?limit=3&q=u1&cursor=" + cursor).status == 400); // another question's

    // A write is seen by the next read.
    const auto id = d.create_as_directory("zoe@example.com");
    d.call(Method::patch, d.users + "/" + id, R"({"displayName":"Zoe"})");
    CHECK(d.get(id).json.at("displayName") == "Zoe");
}

TEST_CASE("a user's timeline tells every event, newest first, a page at a time, and outlives the user")
{
    People d;
    const auto id = d.create("ada@example.com");
    d.verb(id, "verify-email");
    d.call(Method::patch, d.users + "/" + id, R"({"displayName":"Ada"})");
    d.as_directory(Method::del, "/Users/" + id);
    const std::string path = d.users + "/" + id + "/timeline";
    std::vector<std::string> told;
    std::string cursor;
    for (int pages = 0; pages < 10; ++pages) {
        const auto page = d.call(Method::get, path + "?limit=2" + (cursor.empty() ? "" : "&cursor=" + cursor));
        REQUIRE(page.status == 200);
        CHECK(page.json.at("total") == 5);
        for (const auto& each : page.json.at("items").as_array()) {
            CHECK(admin::differences(each, admin::event_shape).empty());
            CHECK_FALSE(each.at("requestId").as_string().empty());
            CHECK(each.at("targets").at(0).at("id") == bj::string{id});
            told.emplace_back(each.at("activity").as_string());
        }
        if (page.json.at("next").is_null()) break;
        cursor = page.json.at("next").as_string();
    }
    CHECK(told == std::vector<std::string>{"deleteUser", "updateUser", "verifyEmail", "inviteUser", "createUser"});
    const auto first = d.call(Method::get, path + "?limit=200").json.at("items");
    CHECK(first.at(1).at("changes").at(0) ==
          bj::value{{"attribute", "displayName"}, {"before", nullptr}, {"after", "Ada"}});
    CHECK(first.at(0).at("actor").at("kind") == "token");
    CHECK(first.at(4).at("actor").at("kind") == "admin");
    CHECK(d.call(Method::get, d.users + "/0190b0a0-0000-7000-8000-000000000001/timeline").status == 404);
}

TEST_CASE("S-086, S-205: invitations are written into the outbox, one by one or for many at once")
{
    People d;
    const auto quiet = d.create("quiet@example.com", R"(,"invitation":false)");
    const auto ada = d.create("ada@example.com");
    const auto active = d.create_as_directory("active@example.com");
    const auto mails = [&](const std::string& query = "") {
        return d.call(Method::get, "/api/v1/orgs/ours/mails" + query).json;
    };
    REQUIRE(mails().at("total") == 1);
    const auto mail = mails().at("items").at(0);
    CHECK(admin::differences(mail, admin::mails::shape).empty());
    CHECK(mail.at("to") == "ada@example.com");
    CHECK(mail.at("kind") == "invitation");
    CHECK(mail.at("state") == "waiting");
    CHECK(mail.at("attempts") == 0);
    CHECK(mail.at("user") == bj::string{ada});
    CHECK(mail.at("due") == mail.at("createdAt"));

    CHECK(d.verb(ada, "invite").status == 409); // waits already
    CHECK(d.verb(active, "invite").status == 409);
    CHECK(d.verb(quiet, "invite").status == 200);
    CHECK(mails().at("total") == 2);
    CHECK(mails("?user=" + quiet).at("total") == 1);
    CHECK(mails("?state=sent").at("total") == 0);
    CHECK(d.call(Method::get, "/api/v1/orgs/ours/mails?state=lost").status == 400);

    d.store.write(d.ours, [&](core::WriteTxn& txn) {
        core::Shelf<core::QueuedMail> shelf{txn.records()};
        for (auto& each : shelf.list("", 100)) {
            each.state = core::MailState::sent;
            each.due.reset();
            REQUIRE(shelf.replace(each).has_value());
        }
        return core::Keep::yes;
    });
    const auto many = d.call(Method::post, d.users + "/invite",
                             R"({"users":["ADA@example.com",")" + active + R"(","nobody@example.com"]})");
    REQUIRE(many.status == 200);
    CHECK(admin::differences(many.json, admin::users::invited_shape).empty());
    CHECK(many.json.at("invited") == 1);
    CHECK(many.json.at("skipped").as_array().size() == 2);
    const auto filtered = d.call(Method::post, d.users + "/invite", R"({"filter":{"domain":"example.com"}})");
    CHECK(filtered.json.at("invited") == 1); // quiet; ada's waits again
    CHECK(filtered.json.at("next").is_null());
    for (const char* const body :
         {R"({})", R"({"users":[],"filter":{}})", R"({"filter":{"status":"gone"}})", R"({"filter":{},"cursor":"x"})",
          R"({"users":[],"cursor":"x"})", R"({"users":[7]})"}) {
        INFO(body);
        CHECK(d.call(Method::post, d.users + "/invite", body).status == 400);
    }
    CHECK(d.call(Method::patch, "/api/v1/orgs/ours/policy", R"({"invitations":false})").status == 200);
    d.create("silent@example.com");
    CHECK(mails().at("total") == 4);
}

TEST_CASE("S-205: a filter that finds more than one call may invite goes on where it ended")
{
    People d;
    d.store.write(d.ours, [&](core::WriteTxn& txn) {
        for (int i = 0; i < 501; ++i) {
            core::User user;
            user.id = d.ids.next_user();
            user.user_name = fmt::format("u{}@example.com", i);
            user.status = user.former_status = core::Status::not_verified;
            user.profile = core::Profile{bj::object{{"schemas", bj::array{"urn:x"}}}};
            REQUIRE(txn.insert(user).has_value());
        }
        return core::Keep::yes;
    });
    const auto first = d.call(Method::post, d.users + "/invite", R"({"filter":{}})");
    REQUIRE(first.status == 200);
    CHECK(first.json.at("invited") == 500);
    const std::string next{first.json.at("next").as_string()};
    const auto second = d.call(Method::post, d.users + "/invite", R"({"filter":{},"cursor":")" + next + "\"}");
    CHECK(second.json.at("invited") == 1);
    CHECK(second.json.at("next").is_null());
    CHECK(d.call(Method::post, d.users + "/invite", R"({"filter":{"q":"u1"},"cursor":")" + next + "\"}").status == 400);
    CHECK(d.call(Method::get, "/api/v1/orgs/ours/mails?limit=1").json.at("total") == 501);
}

TEST_CASE("TEN-01: another organisation's user is nobody here, by any verb")
{
    People d;
    const auto theirs = d.organisation("theirs");
    const auto foreign = d.admin_token(AdminRole::org_admin, theirs);
    const auto id = d.create("ada@example.com");
    const std::string there = "/api/v1/orgs/theirs/users/" + id;
    for (const char* const word :
         {"sign-in", "verify-email", "deactivate", "reactivate", "restore", "purge", "invite", "protect", "unprotect"})
        CHECK(d.api(Method::post, there + "/" + word, foreign).status == 404);
    for (const char* const below : {"", "/timeline", "/token-status"})
        CHECK(d.api(Method::get, there + below, foreign).status == 404);
    CHECK(d.api(Method::patch, there, foreign, R"({"displayName":"x"})").status == 404);
    CHECK(d.api(Method::del, there, foreign).status == 404);
    CHECK(d.api(Method::post, "/api/v1/orgs/theirs/users/invite", foreign, R"({"users":[")" + id + R"("]})")
              .json.at("invited") == 0);
    CHECK(d.get(id).json.at("displayName").is_null());
    CHECK(d.status(id) == "notVerified");
}
