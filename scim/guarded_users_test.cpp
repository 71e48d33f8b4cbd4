// Whom an administrator has protected, and the last administrator, are out of a directory's reach (TEN-05, TEN-09).
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
const std::string tombstone = "0f1e2d3c4b5a69788796a5b4c3d2e1f0ada@example.com";

void set_standing(const Desk& desk, const std::string& id, const std::function<void(core::Standing&)>& change)
{
    desk.store().write(desk.organisation(), [&](core::WriteTxn& txn) {
        core::User user = *txn.user(core::UserId{*core::uuid_from(id)});
        const auto version = user.version++;
        change(user.standing);
        REQUIRE(txn.replace(user, version).has_value());
        return core::Keep::yes;
    });
}

std::string create(const Desk& desk, const std::string& user_name)
{
    const auto reply = desk.post("/Users", R"({"userName":")" + user_name + R"(","active":true})");
    REQUIRE(reply.status == 201);
    return reply.id();
}

struct Attempt {
    const char* what;
    std::function<Reply(const Desk&, const std::string& id)> run;
    bool in_bulk = false;
};
const std::vector<Attempt>& attempts()
{
    const auto body = [](const std::string& user_name, const char* active) {
        return fmt::format(R"({{"userName":"{}","active":{}}})", user_name, active);
    };
    const auto in_bulk = [](const std::string& operation) {
        return R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[)" + operation + "]}";
    };
    static const std::vector<Attempt> all{
        {"PUT inactive", [=](auto& d, auto& id) { return d.put("/Users/" + id, body(name, "false")); }},
        {"PUT under a tombstone", [=](auto& d, auto& id) { return d.put("/Users/" + id, body(tombstone, "true")); }},
        {"PUT a soft delete", [=](auto& d, auto& id) { return d.put("/Users/" + id, body(tombstone, "false")); }},
        {"PATCH inactive",
         [](auto& d, auto& id) {
             return d.operate("/Users/" + id, R"([{"op":"Replace","path":"active","value":"False"}])");
         }},
        {"PATCH inactive, among other things",
         [](auto& d, auto& id) {
             return d.operate("/Users/" + id, R"([{"op":"replace","value":{"title":"x","active":false}}])");
         }},
        {"PATCH a soft delete",
         [](auto& d, auto& id) {
             return d.operate(
                 "/Users/" + id,
                 fmt::format(R"([{{"op":"replace","value":{{"userName":"{}","active":false}}}}])", tombstone));
         }},
        {"PATCH a tombstone alone",
         [](auto& d, auto& id) {
             return d.operate("/Users/" + id,
                              fmt::format(R"([{{"op":"replace","path":"userName","value":"{}"}}])", tombstone));
         }},
        {"DELETE", [](auto& d, auto& id) { return d.del("/Users/" + id); }},
        {"DELETE in a Bulk",
         [=](auto& d, auto& id) {
             return d.post("/Bulk", in_bulk(R"({"method":"DELETE","path":"/Users/)" + id + "\"}"));
         },
         true},
        {"PATCH in a Bulk",
         [=](auto& d, auto& id) {
             return d.post(
                 "/Bulk",
                 in_bulk(
                     R"({"method":"PATCH","path":"/Users/)" + id +
                     R"(","data":{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":false}]}})"));
         },
         true},
        {"PUT in a Bulk",
         [=](auto& d, auto& id) {
             return d.post("/Bulk", in_bulk(R"({"method":"PUT","path":"/Users/)" + id + R"(","data":)" +
                                            body(name, "false") + "}"));
         },
         true},
    };
    return all;
}

void check_refused(const Attempt& attempt, const Desk& desk, const std::string& id, const char* why)
{
    INFO(attempt.what);
    const std::string before = desk.get("/Users/" + id).text;
    const auto reply = attempt.run(desk, id);
    INFO(reply.text);
    if (attempt.in_bulk) {
        REQUIRE(reply.status == 200);
        CHECK(reply.at("/Operations/0/status") == "403");
        CHECK(reply.at("/Operations/0/response/scimType") == "mutability");
    } else {
        CHECK(reply.status == 403);
        CHECK(reply.scim_type() == "mutability");
    }
    CHECK_THAT(reply.text, Catch::Contains(why));
    CHECK(desk.get("/Users/" + id).text == before);
}

} // namespace

TEST_CASE("TEN-05: SCIM can neither deactivate, soft-delete, rename to a tombstone nor delete a protected user")
{
    const Desk desk;
    const auto id = create(desk, name);
    set_standing(desk, id, [](core::Standing& standing) { standing.is_protected = true; });
    for (const Attempt& attempt : attempts()) check_refused(attempt, desk, id, "is protected");

    // All else a directory does as ever: it finds, renames and changes the user.
    CHECK(desk.find("/Users", "userName eq \"" + name + "\"").total() == 1);
    CHECK(
        desk.operate("/Users/" + id, R"([{"op":"replace","value":{"title":"Countess","userName":"ada@example.org"}}])")
            .status == 200);
    set_standing(desk, id, [](core::Standing& standing) { standing.is_protected = false; });
    CHECK(desk.del("/Users/" + id).status == 204);
}

TEST_CASE("TEN-09: SCIM cannot take the last living administrator of an organisation away, by no verb")
{
    const Desk desk;
    const Desk neighbour = desk.neighbour("neighbour");
    const auto appoint = [](core::Standing& standing) { standing.is_administrator = true; };
    const auto id = create(desk, name);
    set_standing(desk, id, appoint);
    const auto other = create(desk, "second@example.com");
    set_standing(neighbour, create(neighbour, "theirs@example.com"), appoint); // does not count here
    for (const Attempt& attempt : attempts()) check_refused(attempt, desk, id, "last living administrator");

    set_standing(desk, other, appoint);
    CHECK(desk.operate("/Users/" + id, R"([{"op":"replace","path":"active","value":false}])").status == 200);
    CHECK(desk.del("/Users/" + other).status == 403); // now that one is the last living one
    CHECK(desk.del("/Users/" + id).status == 204);    // who is inactive is not living
}

} // namespace scim
