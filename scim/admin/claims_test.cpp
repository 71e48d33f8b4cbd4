// Claims over the management API, the user's own link and SCIM, on a real store without sockets.
#include "core/actions/claiming.hpp"
#include "core/domain.hpp"
#include "core/shelf.hpp"
#include "scim/admin/choices.hpp"
#include "scim/admin/claims.hpp"
#include "scim/admin/listing.hpp"
#include "scim/sweeper.hpp"
#include "scim/testing/api_desk.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <atomic>
#include <thread>

using namespace scim;
using core::AdminRole;
using http::Method;
using testing::ApiAnswer;
using testing::ApiDesk;
namespace bj = boost::json;

namespace {

// `ours` has verified example.com, `theirs` has the users.
struct Desk : ApiDesk {
    core::OrgId ours = organisation("ours"), theirs = organisation("theirs");
    std::string admin = admin_token(AdminRole::org_admin, ours);
    std::string other_admin = admin_token(AdminRole::org_admin, theirs);
    std::string directory = token(ours), other_directory = token(theirs);

    Desk() { domain(ours, "example.com", core::DomainState::verified); }

    void domain(core::OrgId org, const std::string& name, core::DomainState state)
    {
        store.write(org, [&](core::WriteTxn& txn) {
            core::Shelf<core::Domain> domains{txn.records()};
            domains.erase(name);
            core::Domain made;
            made.name = name;
            made.state = state;
            CHECK(domains.insert(made).has_value());
            return core::Keep::yes;
        });
    }
    void change(core::OrgId org, const std::function<void(core::Organisation&)>& how)
    {
        store.registry([&](core::Registry& registry) {
            auto organisation = *registry.organisation(org);
            how(organisation);
            registry.replace(organisation);
            return core::Keep::yes;
        });
        callers.look_for_changes();
    }
    ApiAnswer scim(Method method, const std::string& org, const std::string& path, const std::string& bearer,
                   std::string body = {})
    {
        return api(method, "/orgs/" + org + "/scim/v2" + path, bearer, std::move(body));
    }
    std::string put(const std::string& org, const std::string& bearer, const std::string& name)
    {
        const auto made =
            scim(Method::post, org, "/Users", bearer,
                 R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":")" + name + "\"}");
        REQUIRE(made.status == 201);
        return std::string{made.json.at("id").as_string()};
    }
    std::string put(const std::string& name) { return put("theirs", other_directory, name); }
    ApiAnswer claim(const std::string& users, const std::string& more = {}, const std::string& org = "ours",
                    const std::string& bearer = {})
    {
        return api(Method::post, "/api/v1/orgs/" + org + "/claims", bearer.empty() ? admin : bearer,
                   R"({"users":)" + users + R"(,"acknowledged":true)" + more + "}");
    }
    std::string claimed(const std::string& address, const std::string& more = {})
    {
        const auto made = claim("[\"" + address + "\"]", more);
        REQUIRE(made.status == 201);
        return std::string{made.json.at("results").at(0).at("claim").at("id").as_string()};
    }
    ApiAnswer get_claim(const std::string& id) { return api(Method::get, "/api/v1/orgs/ours/claims/" + id, admin); }
    ApiAnswer act(const std::string& id, const std::string& verb)
    {
        return api(Method::post, "/api/v1/orgs/ours/claims/" + id + "/" + verb, admin);
    }
    std::string secret(const std::string& id) { return std::string{core::choice_secret(pepper, id).reveal()}; }
    std::optional<core::User> named(core::OrgId org, const char* name) { return store.read(org)->user_named(name); }
    // Personal accounts, whose content may come along.
    void allow_delay()
    {
        change(theirs, [](core::Organisation& o) {
            o.kind = core::OrganisationKind::personal;
            o.created = core::Instant{};
        });
        change(ours, [](core::Organisation& o) {
            o.policy.allow_content_transfer = true;
            o.policy.delayed_cutoff_date = std::chrono::sys_days{std::chrono::year{2100} / 1 / 1};
        });
    }
};

std::vector<std::string> addresses(const ApiAnswer& answer)
{
    std::vector<std::string> all;
    for (const auto& each : answer.json.at("items").as_array())
        all.emplace_back(std::string_view{each.at("address").as_string()});
    return all;
}

} // namespace

TEST_CASE(
    "S-112, S-128, S-129, S-130, S-131, S-134, Q-01: the claimable list is sorted by domain, paged by the policy, "
    "and says of each user why not; it tells nothing else of the other organisation")
{
    Desk d;
    const std::string path = "/api/v1/orgs/ours/claimable";
    CHECK(d.api(Method::get, path, d.admin).json.at("total") == 0);
    d.domain(d.ours, "a.example", core::DomainState::verified);
    d.domain(d.ours, "pending.example", core::DomainState::pending);
    for (const char* const name :
         {"zoe@example.com", "ada@example.com", "bob@a.example", "x@pending.example", "y@b.example"})
        d.put(name);
    d.put("ours", d.directory, "own@example.com");
    const auto all = d.api(Method::get, path, d.admin);
    REQUIRE(all.status == 200);
    CHECK(addresses(all) == std::vector<std::string>{"bob@a.example", "ada@example.com", "zoe@example.com"});
    CHECK(all.json.at("total") == 3);
    for (const auto& each : all.json.at("items").as_array()) {
        CHECK(admin::differences(each, admin::claims::claimable_shape).empty());
        CHECK(each.at("claimable") == true);
        CHECK(each.at("kinds").as_array() == bj::array{"immediate"});
    }
    CHECK(all.body.find("theirs") == std::string::npos);
    CHECK(addresses(d.api(Method::get, path + "?sort=-domain", d.admin)).front() == "ada@example.com");
    CHECK(addresses(d.api(Method::get, path + "?domain=A.example", d.admin)) ==
          std::vector<std::string>{"bob@a.example"});

    d.change(d.ours, [](core::Organisation& o) { o.policy.claim_list_limit = 2; });
    const auto first = d.api(Method::get, path, d.admin);
    CHECK(addresses(first).size() == 2);
    CHECK(first.json.at("total") == 3);
    const std::string next{first.json.at("next").as_string()};
    const auto second = d.api(Method::get, path + "?cursor=" + next, d.admin);
    CHECK(addresses(second) == std::vector<std::string>{"zoe@example.com"});
    CHECK(second.json.at("total") == 3);
    CHECK(second.json.at("next").is_null());
    CHECK(d.api(Method::get, path + "?limit=3", d.admin).status == 400);

    d.change(d.theirs, [](core::Organisation& o) { o.sso = true; });
    const auto refused = d.api(Method::get, path + "?limit=1", d.admin);
    CHECK(refused.json.at("items").at(0).at("why") == "ssoOrganisation");
    CHECK(refused.json.at("items").at(0).at("claimable") == false);
    CHECK(refused.json.at("items").at(0).at("kinds").as_array().empty());
    CHECK(d.api(Method::get, path + "?claimable=true", d.admin).json.at("total") == 0);
    CHECK(d.api(Method::get, path + "?claimable=false", d.admin).json.at("total") == 3);
}

TEST_CASE(
    "S-132, S-140, Q-03: a claim needs its acknowledgement, names at most 25 users by address or name and address, "
    "and answers for each")
{
    Desk d;
    d.put("ada@example.com");
    d.put("bob@example.com");
    const std::string path = "/api/v1/orgs/ours/claims";
    for (const char* const body :
         {R"({"users":["ada@example.com"]})", R"({"users":["ada@example.com"],"acknowledged":false})",
          R"({"users":[],"acknowledged":true})", R"({"users":"ada@example.com","acknowledged":true})",
          R"({"users":[{"name":"Ada"}],"acknowledged":true})", R"({"users":[1],"acknowledged":true})",
          R"({"users":["ada@example.com"],"acknowledged":true,"kind":"sudden"})"}) {
        INFO(body);
        CHECK(d.api(Method::post, path, d.admin, body).status == 400);
    }
    const auto many = [](int count) {
        std::string list = "[";
        for (int i = 0; i < count; ++i) list += (i ? "," : "") + fmt::format("\"n{}@example.com\"", i);
        return list + "]";
    };
    CHECK(d.claim(many(26)).status == 400);
    const auto nobody = d.claim(many(25));
    CHECK(nobody.status == 409);
    CHECK(nobody.json.at("errors").as_array().size() == 25);

    const auto some = d.claim(R"(["ada@example.com",{"name":"Bob","address":"BOB@example.com"},"eve@example.com"])");
    REQUIRE(some.status == 201);
    CHECK(admin::differences(some.json, admin::claims::made_shape).empty());
    const auto& results = some.json.at("results").as_array();
    REQUIRE(results.size() == 3);
    CHECK(results[0].at("error").is_null());
    CHECK(results[1].at("address") == "BOB@example.com");
    CHECK(results[1].at("claim").is_object());
    CHECK(results[2].at("claim").is_null());
    CHECK(results[2].at("error").at("detail") == "no account elsewhere has this address");
    CHECK(d.named(d.ours, "ada@example.com"));
    CHECK(d.api(Method::get, path, d.admin).json.at("total") == 2);
    CHECK(d.api(Method::get, path + "?state=waiting", d.admin).json.at("total") == 2);
    CHECK(d.api(Method::get, path + "?state=done", d.admin).json.at("total") == 0);

    const auto help_desk = d.admin_token(AdminRole::help_desk, d.ours);
    CHECK(d.claim(R"(["zoe@example.com"])", {}, "ours", help_desk).status == 403);
}

TEST_CASE("S-155, S-167, S-171, S-172: a claim is withdrawn by itself, by the organisation that made it alone")
{
    Desk d;
    const auto old = d.put("ada@example.com");
    const auto id = d.claimed("ada@example.com");
    const auto shown = d.get_claim(id);
    REQUIRE(shown.status == 200);
    CHECK(admin::differences(shown.json, admin::claims::shape).empty());
    CHECK(shown.json.at("state") == "waiting");
    CHECK(shown.json.at("withdrawable") == true);
    CHECK(shown.json.at("daysLeft") == 14);
    CHECK(shown.json.at("options").as_array() == bj::array{"changeAddress", "delete"});
    CHECK(d.api(Method::get, "/api/v1/orgs/theirs/claims/" + id, d.other_admin).status == 404);
    CHECK(d.api(Method::post, "/api/v1/orgs/theirs/claims/" + id + "/withdraw", d.other_admin).status == 404);
    CHECK(d.api(Method::get, "/api/v1/orgs/theirs/claims", d.other_admin).json.at("total") == 0);

    d.domain(d.ours, "example.com", core::DomainState::claimed);
    CHECK(d.get_claim(id).json.at("why") == "domainClaimed");
    CHECK(d.act(id, "withdraw").status == 409);
    d.domain(d.ours, "example.com", core::DomainState::verified);
    const auto back = d.act(id, "withdraw");
    REQUIRE(back.status == 200);
    CHECK(back.json.at("state") == "withdrawn");
    CHECK(back.json.at("withdrawable") == false);
    CHECK(core::to_text(d.named(d.theirs, "ada@example.com")->id) == old);
    CHECK_FALSE(d.named(d.ours, "ada@example.com"));
    CHECK(d.act(id, "withdraw").status == 409);
    CHECK(d.act("nothing", "withdraw").status == 404);
}

TEST_CASE("S-147, S-148, S-206: the user's link offers the choice once; wrong, used and old ones look alike")
{
    Desk d;
    d.put("ada@example.com");
    const auto id = d.claimed("ada@example.com");
    const std::string path = "/api/v1/choices/" + d.secret(id);
    const auto offered = d.api(Method::get, path, "");
    REQUIRE(offered.status == 200);
    CHECK(admin::differences(offered.json, admin::choices::shape).empty());
    CHECK(offered.json.at("options").as_array() == bj::array{"changeAddress", "delete"});
    CHECK(offered.json.at("default") == "delete");
    CHECK(d.api(Method::post, path, "", R"({"choice":"transfer"})").status == 400);
    CHECK(d.api(Method::post, path, "", R"({"choice":"changeAddress"})").status == 400);
    const auto done = d.api(Method::post, path, "", R"({"choice":"changeAddress","address":"ada@home.example"})");
    REQUIRE(done.status == 200);
    CHECK(admin::differences(done.json, admin::choices::chosen_shape).empty());
    CHECK(d.named(d.theirs, "ada@home.example"));

    const auto used = d.api(Method::get, path, "");
    const auto wrong = d.api(Method::get, "/api/v1/choices/" + std::string(43, 'A'), "");
    CHECK(used.status == 404);
    CHECK(wrong.status == 404);
    CHECK(testing::without_request_id(used.body) == testing::without_request_id(wrong.body));
    CHECK(d.api(Method::post, path, "", R"({"choice":"delete"})").status == 404);
    CHECK(d.get_claim(id).json.at("choice") == "changeAddress");
    CHECK(d.act(id, "remind").status == 409);

    int slowed = 0;
    for (int i = 0; i < 30; ++i) slowed += d.api(Method::get, "/api/v1/choices/guess", "").status == 429 ? 1 : 0;
    CHECK(slowed > 0);
}

TEST_CASE("S-148: the same choice on a page without script")
{
    Desk d;
    d.change(d.ours, [](core::Organisation& o) { o.display_name = "Ours & <Co>"; });
    d.put("ada@example.com");
    const auto id = d.claimed("ada@example.com");
    const std::string path = "/choices/" + d.secret(id);
    const auto form = d.api(Method::get, path, "");
    REQUIRE(form.status == 200);
    CHECK(form.content_type == "text/html; charset=utf-8");
    CHECK(testing::header(form, "Content-Security-Policy").starts_with("default-src 'none'"));
    CHECK(testing::header(form, "Referrer-Policy") == "no-referrer");
    CHECK(form.body.find("Ours &amp; &lt;Co&gt;") != std::string::npos);
    CHECK(form.body.find("<script") == std::string::npos);
    CHECK(form.body.find("value=\"delete\"") != std::string::npos);
    CHECK(form.body.find("value=\"transfer\"") == std::string::npos);
    const ApiDesk::Headers sent{{"content-type", "application/x-www-form-urlencoded"}};
    CHECK(d.api(Method::post, path, "", "choice=delete").status == 415);
    CHECK(d.api(Method::post, path, "", "", sent).status == 400);
    const auto wrong = d.api(Method::post, path, "", "choice=changeAddress&address=%3Cada%3E", sent);
    CHECK(wrong.status == 400);
    CHECK(wrong.body.find("role=\"alert\"") != std::string::npos);
    CHECK(d.api(Method::post, path, "", "choice=changeAddress&address=ada%40home.example", sent).status == 200);
    CHECK(d.named(d.theirs, "ada@home.example"));
    CHECK(d.api(Method::get, path, "").status == 404);
}

TEST_CASE(
    "S-104, S-145, S-152, S-153: SCIM shows a delayed user and leaves them alone until they have chosen; the shell "
    "can be neither deleted nor renamed nor activated")
{
    Desk d;
    d.allow_delay();
    const auto old = d.put("ada@example.com");
    const auto id = d.claimed("ada@example.com", R"(,"kind":"delayed")");
    const std::string user{d.get_claim(id).json.at("user").as_string()};
    const auto patch = [&](const char* org, const std::string& bearer, const std::string& who, const char* operation) {
        return d.scim(
            Method::patch, org, "/Users/" + who, bearer,
            fmt::format(R"({{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{}]}})",
                        operation));
    };
    constexpr const char* rename = R"({"op":"replace","path":"userName","value":"new@example.com"})";
    constexpr const char* activate = R"({"op":"replace","path":"active","value":true})";
    constexpr const char* display = R"({"op":"replace","path":"displayName","value":"Ada"})";
    CHECK(d.scim(Method::get, "ours", "/Users/" + user, d.directory).json.at("active") == true);
    const auto refused = patch("ours", d.directory, user, display);
    CHECK(refused.status == 403);
    CHECK(std::string{refused.json.at("detail").as_string()}.find("14 days are left, until ") != std::string::npos);
    CHECK(patch("ours", d.directory, user, activate).status == 200); // no change: nothing to refuse
    CHECK(d.scim(Method::del, "ours", "/Users/" + user, d.directory).status == 403);

    CHECK(d.scim(Method::get, "theirs", "/Users/" + old, d.other_directory).json.at("active") == false);
    CHECK(d.scim(Method::del, "theirs", "/Users/" + old, d.other_directory).status == 403);
    CHECK(patch("theirs", d.other_directory, old, rename).status == 403);
    CHECK(patch("theirs", d.other_directory, old, activate).status == 403);
    CHECK(patch("theirs", d.other_directory, old, display).status == 200);

    REQUIRE(d.api(Method::post, "/api/v1/choices/" + d.secret(id), "", R"({"choice":"transfer"})").status == 200);
    CHECK(patch("ours", d.directory, user, display).status == 200); // S-106
    CHECK(d.get_claim(id).json.at("content") == "pending");
    CHECK(d.act(id, "acknowledge-transfer").json.at("content") == "acknowledged");
    CHECK(d.act(id, "acknowledge-transfer").status == 409);
    CHECK(d.scim(Method::get, "theirs", "/Users/" + old, d.other_directory).status == 404);
}

TEST_CASE("S-144, S-146, S-204: reminding writes another mail; nobody can take an address that looks like a shell's")
{
    Desk d;
    d.allow_delay();
    d.put("ada@example.com");
    const auto id = d.claimed("ada@example.com");
    CHECK(d.get_claim(id).json.at("kind") == "delayed");
    CHECK(d.act(id, "remind").status == 200);
    CHECK(d.store.read(d.ours)->records().count(core::RecordKind::mail) == 2);
    CHECK(d.scim(Method::post, "ours", "/Users", d.directory, R"({"userName":"a@example.com.convert-user.local"})")
              .status == 400);
}

TEST_CASE(
    "decision 1, TEN-08: an address that lives elsewhere is 409; the claim is offered to whoever has verified the "
    "domain, and nothing told to others")
{
    Desk d;
    d.put("ada@example.com");
    d.put("eve@other.example");
    const auto mine = d.put("ours", d.directory, "own@other.example");
    const auto post = [&](const char* name) {
        return d.scim(Method::post, "ours", "/Users", d.directory, fmt::format(R"({{"userName":"{}"}})", name));
    };
    const auto offered = post("Ada@Example.com");
    CHECK(offered.status == 409);
    CHECK(offered.json.at("scimType") == "uniqueness");
    CHECK(std::string{offered.json.at("detail").as_string()}.find("/api/v1/orgs/ours/claims") != std::string::npos);
    const auto without_id = [](const ApiAnswer& answer) {
        const std::string detail{answer.json.at("detail").as_string()};
        return detail.substr(0, detail.find(" (request"));
    };
    CHECK(without_id(post("eve@other.example")) == without_id(post("own@other.example"))); // as if it lived here
    // No takeover by rename, no adoption by e-mail.
    const auto renamed =
        d.scim(Method::put, "ours", "/Users/" + mine, d.directory, R"({"userName":"ada@example.com"})");
    CHECK(renamed.status == 409);
    CHECK(renamed.body.find("claim") == std::string::npos);
    const auto by_mail = d.scim(Method::post, "ours", "/Users", d.directory,
                                R"({"userName":"fresh@example.com","emails":[{"value":"ada@example.com"}]})");
    CHECK(by_mail.status == 201);
    CHECK(d.named(d.theirs, "ada@example.com"));
}

TEST_CASE("decision 2: with autoClaim, POST /Users claims at once where the domain is verified and the user claimable")
{
    Desk d;
    d.put("ada@example.com");
    d.put("bob@example.com");
    d.put("eve@other.example");
    d.change(d.ours, [](core::Organisation& o) { o.policy.auto_claim = true; });
    const auto post = [&](const char* name) {
        return d.scim(
            Method::post, "ours", "/Users", d.directory,
            fmt::format(R"({{"userName":"{}","externalId":"E-9","displayName":"From the directory"}})", name));
    };
    const auto made = post("ada@example.com");
    REQUIRE(made.status == 201);
    CHECK(made.json.at("externalId") == "E-9");
    CHECK(made.json.at("displayName") == "From the directory");
    const auto user = d.named(d.ours, "ada@example.com");
    REQUIRE(user);
    CHECK(user->provenance == core::Provenance::claim);
    CHECK(std::string{made.json.at("id").as_string()} == core::to_text(user->id));
    CHECK(d.api(Method::get, "/api/v1/orgs/ours/claims", d.admin).json.at("total") == 1);
    CHECK(post("ada@example.com").status == 409); // here now
    CHECK(post("eve@other.example").status == 409);
    CHECK(d.named(d.theirs, "eve@other.example"));
    CHECK(post("new@example.com").status == 201);
    d.change(d.theirs, [](core::Organisation& o) { o.sso = true; });
    const auto refused = post("bob@example.com");
    CHECK(refused.status == 409);
    CHECK(refused.json.at("scimType") == "uniqueness");
    CHECK(refused.body.find("single sign-on") != std::string::npos);
}

TEST_CASE("two organisations claiming the same user at the same moment: one wins, the other gets a clear 409")
{
    Desk d;
    const auto third = d.organisation("third");
    d.domain(third, "example.com", core::DomainState::verified);
    const auto third_admin = d.admin_token(AdminRole::org_admin, third);
    for (int round = 0; round < 10; ++round) {
        const auto address = fmt::format("[\"u{}@example.com\"]", round);
        d.put(fmt::format("u{}@example.com", round));
        std::atomic<int> won{0}, lost{0};
        {
            std::jthread one{[&] { ++(d.claim(address).status == 201 ? won : lost); }};
            std::jthread two{[&] { ++(d.claim(address, {}, "third", third_admin).status == 201 ? won : lost); }};
        }
        CHECK(won == 1);
        CHECK(lost == 1);
    }
}

TEST_CASE("S-090, S-123, REL-20: the sweep takes the default in batches, once, and leaves the others")
{
    Desk d;
    for (int i = 0; i < 5; ++i) {
        d.put(fmt::format("u{}@example.com", i));
        d.claimed(fmt::format("u{}@example.com", i));
    }
    const auto write = [&](core::OrgId org, const std::function<core::Keep(core::WriteTxn&)>& work) {
        d.store.write(org, work);
    };
    const auto now = d.clock.now();
    const core::Actor actor{"server", "sweep"};
    CHECK(sweep(d.store, write, now + std::chrono::days{13}, actor, 2).expired_claims == 0);
    CHECK(sweep(d.store, write, now + std::chrono::days{15}, actor, 2).expired_claims == 5);
    CHECK(sweep(d.store, write, now + std::chrono::days{15}, actor, 2).expired_claims == 0);
    CHECK(d.api(Method::get, "/api/v1/orgs/ours/claims?state=expired", d.admin).json.at("total") == 5);
    CHECK(d.store.read(d.theirs)->users({}).total == 0);
    CHECK(d.store.read(d.ours)->users({}).total == 5);
}
