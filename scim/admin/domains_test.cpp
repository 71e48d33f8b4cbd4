// Domains through the management API, with a name server by hand; and what they mean for SCIM.
#include "scim/admin/domains.hpp"
#include "scim/testing/api_desk.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <mutex>

using namespace scim;
using core::AdminRole;
using http::Method;
using testing::ApiAnswer;
namespace bj = boost::json;

namespace {

// Called from the API's threads.
class Zone final : public core::TxtResolver {
public:
    core::TxtAnswer look_up(std::string_view name, core::Duration) override
    {
        const std::lock_guard lock{mutex_};
        asked_.emplace_back(name);
        if (trouble_) return *trouble_;
        const auto found = records_.find(std::string{name});
        if (found == records_.end()) return core::DnsProblem::no_such_name;
        return found->second;
    }
    void publish(const std::string& name, std::vector<std::string> values)
    {
        const std::lock_guard lock{mutex_};
        records_[name] = std::move(values);
    }
    void fail_with(std::optional<core::DnsProblem> trouble)
    {
        const std::lock_guard lock{mutex_};
        trouble_ = trouble;
    }
    std::vector<std::string> asked()
    {
        const std::lock_guard lock{mutex_};
        return asked_;
    }

private:
    std::mutex mutex_;
    std::map<std::string, std::vector<std::string>> records_;
    std::optional<core::DnsProblem> trouble_;
    std::vector<std::string> asked_;
};

struct Desk : testing::ApiDesk {
    Zone dns;
    core::OrgId ours = organisation("ours");
    core::OrgId theirs = organisation("theirs");
    std::map<std::string, std::string> admins{{"ours", admin_token(AdminRole::org_admin, ours)},
                                              {"theirs", admin_token(AdminRole::org_admin, theirs)}};
    std::map<std::string, std::string> directories{{"ours", token(ours)}, {"theirs", token(theirs)}};

    Desk() { services.resolver = &dns; }
    ~Desk() { admin_pool.drain(); }
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;

    ApiAnswer domain(Method method, const std::string& org, const std::string& rest, std::string body = {})
    {
        return api(method, "/api/v1/orgs/" + org + "/domains" + rest, admins.at(org), std::move(body));
    }
    ApiAnswer add(const std::string& org, const std::string& name)
    {
        return domain(Method::post, org, "", R"({"name":")" + name + "\"}");
    }
    // Added, published and verified.
    void own(const std::string& org, const std::string& name)
    {
        const auto made = add(org, name);
        REQUIRE(made.status == 201);
        const auto& record = made.json.at("record");
        dns.publish(std::string{record.at("name").as_string()}, {std::string{record.at("value").as_string()}});
        REQUIRE(domain(Method::post, org, "/" + name + "/verify").json.at("state") == "verified");
    }
    http::Response scim(Method method, const std::string& org, const std::string& path, std::string body)
    {
        auto request =
            testing::request_for(method, "/orgs/" + org + "/scim/v2" + path, "Bearer " + directories.at(org));
        request.headers.emplace_back("content-type", "application/scim+json");
        request.body = std::move(body);
        return ask(std::move(request));
    }
    http::Response join(const std::string& org, const std::string& name)
    {
        return scim(Method::post, org, "/Users",
                    R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":")" + name + "\"}");
    }
    http::Response rename(const std::string& org, const std::string& id, const std::string& name)
    {
        return scim(Method::patch, org, "/Users/" + id,
                    R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[)"
                    R"({"op":"replace","path":"userName","value":")" +
                        name + "\"}]}");
    }
    core::Status status_of(core::OrgId org, const std::string& name)
    {
        return store.read(org)->user_named(name)->status;
    }
};

std::string id_in(const http::Response& response)
{
    return std::string{core::json::read(response.body)->at("id").as_string()};
}

} // namespace

TEST_CASE(
    "S-175: an added domain says which TXT record proves it; `verify` answers 200 either way, and says what is missing")
{
    Desk d;
    const auto made = d.add("ours", "B\u00fccher.Example");
    REQUIRE(made.status == 201);
    CHECK(testing::header(made, "Location") == "/api/v1/orgs/ours/domains/xn--bcher-kva.example");
    CHECK(made.json.at("name") == "xn--bcher-kva.example");
    CHECK(made.json.at("state") == "pending");
    CHECK(made.json.at("record").at("type") == "TXT");
    CHECK(made.json.at("record").at("name") == "_rollcall-challenge.xn--bcher-kva.example");
    CHECK(made.json.at("checkedAt").is_null());
    CHECK(admin::differences(made.json, admin::domains::shape).empty());
    CHECK(d.dns.asked().empty());

    const auto missing = d.domain(Method::post, "ours", "/xn--bcher-kva.example/verify");
    CHECK(missing.status == 200);
    CHECK(missing.json.at("state") == "pending");
    CHECK_FALSE(missing.json.at("checkedAt").is_null());
    CHECK_THAT(std::string{missing.json.at("problem").as_string()}, Catch::Contains("does not exist"));

    d.dns.publish("_rollcall-challenge.xn--bcher-kva.example", {"something else"});
    CHECK_THAT(
        std::string{d.domain(Method::post, "ours", "/xn--bcher-kva.example/verify").json.at("problem").as_string()},
        Catch::Contains("none of them is the proof"));

    d.dns.publish("_rollcall-challenge.xn--bcher-kva.example",
                  {"something else", std::string{made.json.at("record").at("value").as_string()}});
    const auto verified = d.domain(Method::post, "ours", "/b%C3%BCcher.example/verify"); // as people write it
    CHECK(verified.status == 200);
    CHECK(verified.json.at("state") == "verified");
    CHECK(verified.json.at("problem").is_null());
    CHECK(admin::differences(verified.json, admin::domains::shape).empty());
    CHECK(d.dns.asked().size() == 3);
}

TEST_CASE("domains are listed, read and removed; wrong and unknown ones are refused")
{
    Desk d;
    for (const char* const name : {"b.example", "a.example", "c.example"}) REQUIRE(d.add("ours", name).status == 201);
    REQUIRE(d.add("theirs", "a.example").status == 201); // S-173: each organisation verifies for itself
    CHECK(d.add("ours", "A.EXAMPLE").status == 409);
    for (const char* const wrong : {"", "com", "a b.example", "ada@a.example", "192.0.2.1"}) {
        INFO(wrong);
        const auto refused = d.add("ours", wrong);
        CHECK(refused.status == 400);
        CHECK(refused.json.at("errors").at(0).at("field") == "name");
    }
    const auto page = d.domain(Method::get, "ours", "?limit=2");
    CHECK(page.json.at("total") == 3);
    CHECK(page.json.at("items").at(0).at("name") == "a.example");
    const auto rest = d.domain(Method::get, "ours", "?limit=2&cursor=" + std::string{page.json.at("next").as_string()});
    CHECK(rest.json.at("items").as_array().size() == 1);
    CHECK(rest.json.at("next").is_null());
    CHECK(d.domain(Method::get, "ours", "?state=verified").json.at("total") == 0);
    CHECK(d.domain(Method::get, "ours", "?state=wrong").status == 400);

    const auto one = d.domain(Method::get, "ours", "/A.Example");
    CHECK(one.status == 200);
    CHECK_FALSE(testing::header(one, "ETag").empty());
    CHECK(d.domain(Method::get, "ours", "/unknown.example").status == 404);
    CHECK(d.domain(Method::get, "ours", "/no%20name").status == 404);
    CHECK(d.domain(Method::post, "ours", "/unknown.example/verify").status == 404);
    CHECK(d.dns.asked().empty()); // nobody makes the server ask for names that are not theirs
    CHECK(d.domain(Method::del, "ours", "/unknown.example").status == 404);
    const auto path = "/api/v1/orgs/ours/domains/a.example";
    CHECK(d.api(Method::del, path, d.admins["ours"], "", {{"if-match", "\"other\""}}).status == 412);
    CHECK(d.api(Method::del, path, d.admins["ours"], "", {{"if-match", testing::header(one, "ETag")}}).status == 204);
    CHECK(d.domain(Method::get, "ours", "/a.example").status == 404);
    CHECK(d.domain(Method::get, "theirs", "/a.example").status == 200);
}

TEST_CASE("S-174, S-179, S-180: claiming needs verification and nobody else's claim; released, it can be made again")
{
    Desk d;
    REQUIRE(d.add("ours", "contoso.com").status == 201);
    const auto early = d.domain(Method::post, "ours", "/contoso.com/claim");
    CHECK(early.status == 409);
    CHECK_FALSE(early.json.at("remedy").as_string().empty());
    CHECK(d.domain(Method::post, "ours", "/contoso.com/release").status == 409);
    CHECK(d.domain(Method::del, "ours", "/contoso.com").status == 204);
    d.own("ours", "contoso.com");
    d.own("theirs", "contoso.com");

    CHECK(d.domain(Method::post, "theirs", "/contoso.com/claim").json.at("state") == "claimed");
    const auto late = d.domain(Method::post, "ours", "/contoso.com/claim");
    CHECK(late.status == 409);
    CHECK(late.body.find("theirs") == std::string::npos);
    CHECK(d.domain(Method::post, "theirs", "/contoso.com/release").json.at("state") == "verified");
    CHECK(d.domain(Method::post, "theirs", "/contoso.com/release").status == 200); // again: nothing changes
    CHECK(d.domain(Method::post, "ours", "/contoso.com/claim").json.at("state") == "claimed");
    CHECK(d.domain(Method::post, "ours", "/contoso.com/claim").status == 200);
}

TEST_CASE("S-176: SCIM refuses users of a domain that another organisation has claimed, and says what to do")
{
    Desk d;
    const auto eve = d.join("ours", "eve@fabrikam.com");
    REQUIRE(eve.status == 201);
    d.own("theirs", "contoso.com");
    CHECK(d.join("ours", "early@contoso.com").status == 201); // verified elsewhere is not claimed
    REQUIRE(d.domain(Method::post, "theirs", "/contoso.com/claim").status == 200);
    const auto refused = d.join("ours", "ada@contoso.com");
    CHECK(refused.status == 403);
    CHECK_THAT(refused.body, Catch::Contains("contoso.com is claimed by another organisation"));
    CHECK_THAT(refused.body, !Catch::Contains("theirs"));
    CHECK(d.rename("ours", id_in(eve), "eve@contoso.com").status == 403);
    CHECK(d.join("theirs", "ada@contoso.com").status == 201);
}

TEST_CASE("S-176: nor can an administrator create such users, or rename others to them")
{
    Desk d;
    d.own("theirs", "contoso.com");
    REQUIRE(d.domain(Method::post, "theirs", "/contoso.com/claim").status == 200);
    const auto create = [&](const std::string& name) {
        return d.api(Method::post, "/api/v1/orgs/ours/users", d.admins["ours"], R"({"userName":")" + name + "\"}");
    };
    const auto eve = create("eve@fabrikam.com");
    REQUIRE(eve.status == 201);
    const auto refused = create("ada@contoso.com");
    CHECK(refused.status == 409);
    CHECK_THAT(refused.body, Catch::Contains("claimed by another organisation"));
    const auto path = "/api/v1/orgs/ours/users/" + std::string{eve.json.at("id").as_string()};
    CHECK(d.api(Method::patch, path, d.admins["ours"], R"({"userName":"eve@contoso.com"})").status == 409);
    CHECK(d.api(Method::patch, path, d.admins["ours"], R"({"userName":"eve@example.com"})").status == 200);
}

TEST_CASE("requireVerifiedDomain: a directory creates and renames onto the organisation's verified domains only")
{
    Desk d;
    const auto ada = d.join("ours", "ada@fabrikam.com");
    REQUIRE(ada.status == 201);
    REQUIRE(d.api(Method::patch, "/api/v1/orgs/ours/policy", d.admins["ours"], R"({"requireVerifiedDomain":true})")
                .status == 200);
    d.callers.look_for_changes();
    const auto refused = d.join("ours", "bob@contoso.com");
    CHECK(refused.status == 403);
    CHECK_THAT(refused.body, Catch::Contains("verify the domain"));
    d.own("ours", "contoso.com");
    const auto bob = d.join("ours", "bob@contoso.com");
    CHECK(bob.status == 201);
    CHECK(d.rename("ours", id_in(bob), "bob@fabrikam.com").status == 403);
    CHECK(d.rename("ours", id_in(bob), "robert@contoso.com").status == 200);
    CHECK(d.rename("ours", id_in(ada), "lovelace@fabrikam.com").status == 403);
    CHECK(d.scim(Method::del, "ours", "/Users/" + id_in(ada), "").status == 204);
}

TEST_CASE("S-091, S-099, S-177, S-178: verified first, synchronised then: active; the other way round: not verified")
{
    Desk d;
    REQUIRE(d.add("ours", "contoso.com").status == 201);
    REQUIRE(d.join("ours", "early@contoso.com").status == 201);
    CHECK(d.status_of(d.ours, "early@contoso.com") == core::Status::not_verified);
    REQUIRE(d.domain(Method::del, "ours", "/contoso.com").status == 204);
    d.own("ours", "contoso.com");
    REQUIRE(d.join("ours", "late@contoso.com").status == 201);
    CHECK(d.status_of(d.ours, "late@contoso.com") == core::Status::active);
}

TEST_CASE("trouble with DNS is told, and unverifies nothing")
{
    Desk d;
    d.own("ours", "contoso.com");
    for (const auto trouble : {core::DnsProblem::timeout, core::DnsProblem::server_failure, core::DnsProblem::malformed,
                               core::DnsProblem::unreachable, core::DnsProblem::refused}) {
        d.dns.fail_with(trouble);
        const auto answer = d.domain(Method::post, "ours", "/contoso.com/verify");
        CHECK(answer.status == 200);
        CHECK(answer.json.at("state") == "verified");
        CHECK(answer.json.at("failingSince").is_null());
        CHECK_FALSE(answer.json.at("problem").is_null());
    }
    d.dns.fail_with(core::DnsProblem::no_such_name);
    const auto gone = d.domain(Method::post, "ours", "/contoso.com/verify");
    CHECK(gone.json.at("state") == "verified"); // for seven days
    CHECK_FALSE(gone.json.at("failingSince").is_null());
    d.services.resolver = nullptr;
    CHECK(d.domain(Method::post, "ours", "/contoso.com/verify").status == 503);
}
