#include "scim/admin/licences.hpp"
#include "scim/testing/api_desk.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <atomic>
#include <thread>

using namespace scim;
using http::Method;
using testing::ApiDesk;

namespace {

struct LicenceDesk : ApiDesk {
    core::OrgId org = organisation("ours");
    std::string admin = admin_token(core::AdminRole::org_admin, org);
    std::string scim = token(org);
    std::string path = "/api/v1/orgs/ours/licences";

    int create_user(const std::string& name, std::string* body = nullptr)
    {
        auto request = testing::request_for(Method::post, "/orgs/ours/scim/v2/Users", "Bearer " + scim);
        request.body =
            fmt::format(R"({{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{}"}})", name);
        const auto response = ask(std::move(request));
        if (body != nullptr) *body = response.body;
        return response.status;
    }
};

} // namespace

TEST_CASE("licences are made, listed, changed and deleted")
{
    LicenceDesk d;
    const auto made = d.api(Method::post, d.path, d.admin, R"({"name":"Calling","seats":2,"automatic":true})");
    REQUIRE(made.status == 201);
    CHECK(admin::differences(made.json, admin::licences::shape).empty());
    const std::string one = testing::header(made, "Location");
    CHECK(d.api(Method::get, one, d.admin).json == made.json);
    CHECK(d.api(Method::post, d.path, d.admin, R"({"name":"CALLING"})").status == 409);
    CHECK(d.api(Method::post, d.path, d.admin, R"({"name":""})").status == 400);
    CHECK(d.api(Method::post, d.path, d.admin, R"({"name":"x","seats":-1})").status == 400);
    CHECK(d.api(Method::get, d.path, d.admin).json.at("total") == 1);

    const auto changed = d.api(Method::patch, one, d.admin, R"({"seats":null,"automatic":false})");
    REQUIRE(changed.status == 200);
    CHECK(changed.json.at("seats").is_null());
    CHECK(changed.json.at("name") == "Calling");
    CHECK(d.api(Method::del, one, d.admin, {}, {{"if-match", testing::header(made, "ETag")}}).status == 412);
    CHECK(d.api(Method::del, one, d.admin).status == 204);
    CHECK(d.api(Method::get, one, d.admin).status == 404);
}

TEST_CASE("S-195, S-196: users whom a directory creates get the automatic licences until no seat is left")
{
    LicenceDesk d;
    const auto made = d.api(Method::post, d.path, d.admin, R"({"name":"Calling","seats":2,"automatic":true})");
    CHECK(d.create_user("anna@example.com") == 201);
    CHECK(d.create_user("bert@example.com") == 201);
    std::string refusal;
    const int status = d.create_user("carl@example.com", &refusal);
    CHECK(status >= 400);
    CHECK(status < 500);
    CHECK(refusal.find("all 2 seats of the licence Calling are taken") != std::string::npos);
    CHECK(d.api(Method::get, testing::header(made, "Location"), d.admin).json.at("used") == 2);
}

TEST_CASE("two directories' threads that come for the last seat: one gets it, one is told the number")
{
    LicenceDesk d;
    const auto made = d.api(Method::post, d.path, d.admin, R"({"name":"Calling","seats":5,"automatic":true})");
    for (int i = 0; i < 4; ++i) REQUIRE(d.create_user(fmt::format("user-{}@example.com", i)) == 201);
    std::atomic<int> created{0}, refused{0};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&, i] {
                std::string body;
                if (d.create_user(fmt::format("late-{}@example.com", i), &body) == 201)
                    ++created;
                else if (body.find("all 5 seats") != std::string::npos)
                    ++refused;
            });
    }
    CHECK(created == 1);
    CHECK(refused == 3);
    CHECK(d.api(Method::get, testing::header(made, "Location"), d.admin).json.at("used") == 5);
}
