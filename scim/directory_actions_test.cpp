// What an administrator does in the directory's portal, as its connector sends it, and what becomes of the user (the
// table of requirements S-001).
#include "scim/testing/desk.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <functional>
#include <string>
#include <vector>

namespace scim {
namespace {

using testing::Desk;
using testing::Reply;

const std::string name = "ada@example.com";
const std::string object_id = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
const std::string tombstone = "0f1e2d3c4b5a69788796a5b4c3d2e1f0" + name;

Reply create(const Desk& desk)
{
    return desk.post("/Users", fmt::format(R"({{"userName":"{}","externalId":"{}","displayName":"Ada","active":true}})",
                                           name, object_id));
}
Reply patch(const Desk& desk, const std::string& id, const std::string& value)
{
    return desk.operate("/Users/" + id, R"([{"op":"Replace","value":)" + value + "}]");
}

core::User stored(const Desk& desk, const std::string& id)
{
    const auto user = desk.store().read(desk.organisation())->user(core::UserId{*core::uuid_from(id)});
    REQUIRE(user);
    return *user;
}

} // namespace

TEST_CASE("S-001, S-002, S-005, S-009, S-010, S-054, S-055, S-058, S-060, S-061, S-068: each thing done in the portal "
          "has its result")
{
    struct Row {
        const char* done;
        std::vector<std::string> sent; // values of one PATCH after the other
        core::Status status;
        std::optional<core::InactiveReason> reason;
        std::string user_name;
        bool has_clock;
    };
    const std::string gone = fmt::format(R"({{"userName":"{}","active":"False"}})", tombstone);
    const auto row = GENERATE_COPY(values<Row>({
        {"assigned", {}, core::Status::active, {}, name, false},
        {"attribute changed", {R"({"displayName":"Countess"})"}, core::Status::active, {}, name, false},
        {"unassigned", {R"({"active":"False"})"}, core::Status::inactive, core::InactiveReason::directory, name, false},
        {"sign-in blocked",
         {R"({"active":"False"})"},
         core::Status::inactive,
         core::InactiveReason::directory,
         name,
         false},
        {"assigned again", {R"({"active":"False"})", R"({"active":"True"})"}, core::Status::active, {}, name, false},
        {"deleted", {gone}, core::Status::inactive, core::InactiveReason::soft_deleted, tombstone, true},
        {"restored",
         {gone, fmt::format(R"({{"userName":"{}","active":"True"}})", name)},
         core::Status::active,
         {},
         name,
         false},
    }));
    INFO(row.done);
    const Desk desk;
    const auto made = create(desk);
    REQUIRE(made.status == 201);
    const std::string id = made.id();
    for (const std::string& value : row.sent) REQUIRE(patch(desk, id, value).status == 200);
    const core::User user = stored(desk, id);
    CHECK(user.status == row.status);
    CHECK(user.reason == row.reason);
    CHECK(user.user_name == row.user_name);
    CHECK(user.purge_at.has_value() == row.has_clock);
    CHECK(user.is_soft_deleted() == row.has_clock);
    CHECK(desk.get("/Users/" + id).status == 200); // whoever is inactive is still there

    // Removed from the recycle bin, or for good at once: from any state, the user goes.
    CHECK(desk.del("/Users/" + id).status == 204);
    CHECK(desk.get("/Users/" + id).status == 404);
}

TEST_CASE("S-069: who is added again after a permanent deletion is a new account, linked to nothing of the old")
{
    const Desk desk;
    const auto first = create(desk).id();
    REQUIRE(desk.post("/Groups", R"({"displayName":"Crew","members":[{"value":")" + first + R"("}]})").status == 201);
    REQUIRE(patch(desk, first, R"({"active":false})").status == 200);
    REQUIRE(desk.del("/Users/" + first).status == 204);
    const auto again = create(desk);
    REQUIRE(again.status == 201);
    CHECK(again.id() != first);
    const core::User user = stored(desk, again.id());
    CHECK(user.version == 1);
    CHECK(user.is_active());
    CHECK_FALSE(user.tokens_valid_after);
    CHECK_FALSE(user.in_groups);
}

TEST_CASE("S-057: a group taken off the application reaches each member as a change of their own")
{
    const Desk desk;
    std::vector<std::string> members;
    std::string operations;
    for (int i = 0; i < 20; ++i) {
        const auto made = desk.post("/Users", fmt::format(R"({{"userName":"u{}@example.com"}})", i));
        members.push_back(made.id());
        operations += fmt::format(
            R"({}{{"method":"PATCH","path":"/Users/{}","data":{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[)"
            R"({{"op":"Replace","path":"active","value":"False"}}]}}}})",
            i == 0 ? "" : ",", made.id());
    }
    const auto bystander = create(desk).id();
    // In one request, or one by one: the result is the same.
    const bool at_once = GENERATE(false, true);
    if (at_once)
        REQUIRE(
            desk.post("/Bulk", R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[)" +
                                   operations + "]}")
                .status == 200);
    else
        for (const auto& id : members) REQUIRE(patch(desk, id, R"({"active":"False"})").status == 200);
    for (const auto& id : members) {
        CHECK(stored(desk, id).reason == core::InactiveReason::directory);
        CHECK_FALSE(stored(desk, id).purge_at);
    }
    CHECK(stored(desk, bystander).is_active());
}

TEST_CASE("S-014, S-016, S-017: any address may be the name; one that nobody has yet is a new user")
{
    const Desk desk;
    const auto id = create(desk).id();
    CHECK(desk.find("/Users", R"(userName eq "ADA@EXAMPLE.COM")").total() == 1);
    const auto other = desk.post("/Users", R"({"userName":"ada.lovelace+crew@mail.example.org"})");
    CHECK(other.status == 201);
    CHECK(other.id() != id);
}

} // namespace scim
