#include "scim/groups.hpp"
#include "scim/testing/desk.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include <set>

namespace scim {
namespace {

namespace json = boost::json;
using testing::Desk;
using testing::Reply;
using testing::strict_policy;

std::string user(const Desk& desk, const std::string& name)
{
    const auto reply = desk.post("/Users", R"({"userName":")" + name + "\"}");
    REQUIRE(reply.status == 201);
    return reply.id();
}

std::string group(const Desk& desk, const std::string& name, const std::vector<std::string>& members = {})
{
    json::array list;
    for (const auto& member : members) list.push_back(json::object{{"value", member}});
    const auto reply = desk.post("/Groups", json::serialize(json::object{{"displayName", name}, {"members", list}}));
    INFO(reply.text);
    REQUIRE(reply.status == 201);
    return "/Groups/" + reply.id();
}

std::set<std::string> members(const Desk& desk, const std::string& path)
{
    std::set<std::string> all;
    const auto reply = desk.get(path);
    for (const auto& member : reply.at("/members").as_array())
        all.emplace(std::string_view{member.at("value").as_string()});
    return all;
}

void check_refused(const Reply& reply, int status, std::string_view scim_type)
{
    INFO(reply.text);
    CHECK(reply.status == status);
    CHECK(reply.scim_type() == scim_type);
}

using Members = std::set<std::string>;

TEST_CASE("E-02: a group that is not there is an empty list")
{
    const Desk desk;
    const auto reply = desk.get("/Groups?excludedAttributes=members&filter=displayName eq \"no such\"");
    CHECK(reply.status == 200);
    CHECK(reply.total() == 0);
    CHECK(reply.lane == Lane::inline_read);
}

TEST_CASE("E-73: a group arrives with two schema URNs and no members")
{
    const Desk desk;
    const auto reply = desk.post("/Groups", R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group",
        "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "externalId":"8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159","displayName":"displayName",
        "meta":{"resourceType":"Group"}})");
    REQUIRE(reply.status == 201);
    CHECK(reply.at("/members") == json::array{});
    CHECK(reply.at("/schemas") == json::array{"urn:ietf:params:scim:schemas:core:2.0:Group"});
    CHECK(reply.at("/externalId") == "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159");
    CHECK(reply.location == std::string{Desk::base} + "/Groups/" + reply.id());
    CHECK(reply.at("/meta/location") == json::string{reply.location});
    CHECK(reply.etag == "W/\"1\"");
    CHECK(desk.get("/Groups/" + reply.id()).text == reply.text);
}

TEST_CASE("E-74, E-76: a displayName is taken and found in any case")
{
    const Desk desk;
    group(desk, "Sales");
    check_refused(desk.post("/Groups", R"({"displayName":"sALES"})"), 409, "uniqueness");
    const auto other = group(desk, "Other");
    check_refused(desk.operate(other, R"([{"op":"replace","value":{"displayName":"SALES"}}])"), 409, "uniqueness");
    CHECK(desk.find("/Groups", "displayName eq \"SALES\"").total() == 1);
    check_refused(desk.post("/Groups", "{}"), 400, "invalidValue");
    check_refused(desk.post("/Groups", R"({"displayName":")" + std::string(257, 'x') + "\"}"), 400, "invalidValue");
}

TEST_CASE("E-75: excludedAttributes=members omits the key, in a read and in a list, and reads no rows")
{
    const Desk desk;
    const auto path = group(desk, "g", {user(desk, "a")});
    const auto read = desk.get(path + "?excludedAttributes=members");
    CHECK(read.status == 200);
    CHECK_FALSE(read.body.as_object().contains("members"));
    CHECK(read.lane == Lane::inline_read);
    const auto list = desk.get("/Groups?excludedAttributes=members");
    CHECK(list.total() == 1);
    CHECK_FALSE(list.at("/Resources/0").as_object().contains("members"));
    CHECK(desk.get("/Groups").at("/Resources/0/members").as_array().size() == 1);
    CHECK(desk.get(path).lane == Lane::scan);
}

TEST_CASE("a member shows what it is; an id met nowhere shows itself alone")
{
    const Desk desk;
    const auto a = user(desk, "a");
    const auto inner = group(desk, "inner");
    const auto path = group(desk, "g", {a, inner.substr(8), "unknown"});
    const auto shown = desk.get(path).at("/members").as_array();
    REQUIRE(shown.size() == 3);
    for (const auto& member : shown) {
        const std::string value{std::string_view{member.at("value").as_string()}};
        if (value == a) {
            CHECK(member.at("type") == "User");
            CHECK(member.at("$ref") == json::string{std::string{Desk::base} + "/Users/" + a});
        } else if (value == "unknown") {
            CHECK(member.as_object().size() == 1);
        } else {
            CHECK(member.at("type") == "Group");
            CHECK(member.at("$ref") == json::string{std::string{Desk::base} + inner});
        }
    }
    CHECK(desk.get(path + "?attributes=members.value").at("/members/0").as_object().size() == 1);
    CHECK(desk.get(path + "?attributes=displayName").body.as_object().size() == 3);
}

TEST_CASE("E-77 to E-83: members come and go as deltas")
{
    const Desk desk;
    const auto u = user(desk, "u");
    const auto v = user(desk, "v");
    const auto path = group(desk, "g", {v});
    const auto operate = [&](const std::string& operations) {
        const auto reply = desk.operate(path, operations);
        INFO(reply.text);
        CHECK(reply.status == 204);
        CHECK(reply.text.empty());
        return reply.etag;
    };
    const auto add = R"([{"op":"Add","path":"members","value":[{"$ref":null,"value":")" + u + "\"}]}]";
    operate(add); // E-77
    CHECK(members(desk, path) == Members{u, v});
    const auto version = operate(add); // E-79
    CHECK(members(desk, path) == Members{u, v});
    CHECK(operate(R"([{"op":"Remove","path":"members","value":[{"value":"absent"}]}])") == version); // E-82
    operate(R"([{"op":"Remove","path":"members","value":[{"$ref":null,"value":")" + u + "\"}]}]");   // E-80
    CHECK(members(desk, path) == Members{v});
    operate(add);
    operate(R"([{"op":"remove","path":"members[value eq \")" + u + "\\\"]\"}]"); // E-81
    CHECK(members(desk, path) == Members{v});
    operate(R"([{"op":"remove","path":"members[value eq \"absent\"]"}])");

    std::string fifty; // E-78
    for (int i = 0; i < 50; ++i) fifty += (i == 0 ? "" : ",") + (R"({"value":"m)" + std::to_string(i) + "\"}");
    operate(R"([{"op":"Add","path":"members","value":[)" + fifty + "]}]");
    CHECK(members(desk, path).size() == 51);
    operate(R"([{"op":"remove","path":"members"}])"); // E-83
    CHECK(members(desk, path).empty());
}

TEST_CASE("E-84: a removal that cannot be understood is refused and clears nothing")
{
    const Desk desk;
    const auto path = group(desk, "g", {"a", "b"});
    const auto value = GENERATE(values<std::string>(
        {R"("junk object {}")", "{}", "[{}]", R"([{"$ref":"x"}])", R"([{"value":""}])", R"([{"value":5}])",
         R"([{"value":"a"},{}])", "5", "true", R"({"val":"a"})", "[[]]", "null", "\"\"", R"(["a",{}])"}));
    INFO(value);
    check_refused(desk.operate(path, R"([{"op":"Remove","path":"members","value":)" + value + "}]"), 400,
                  "invalidValue");
    CHECK(members(desk, path) == Members{"a", "b"});
}

TEST_CASE("an addition that cannot be understood is refused whole")
{
    const Desk desk;
    const auto path = group(desk, "g", {"a"});
    for (const auto* operations : {
             R"([{"op":"add","path":"members","value":[{"value":"b"},{"id":"c"}]}])",
             R"([{"op":"add","path":"members","value":5}])",
             R"([{"op":"add","value":{"members":[{}]}}])",
             R"([{"op":"add","path":"members","value":[{"value":"b"}]},{"op":"add","path":"members"}])",
         }) {
        INFO(operations);
        check_refused(desk.operate(path, operations), 400, "invalidValue");
        CHECK(members(desk, path) == Members{"a"});
    }
    check_refused(
        desk.operate(path, R"([{"op":"add","path":"members","value":[{"value":")" + std::string(257, 'x') + "\"}]}]"),
        400, "invalidValue");
    CHECK(desk.operate(path, R"([{"op":"add","path":"members","value":[{"value":")" + std::string(256, 'x') + "\"}]}]")
              .status == 204);
}

TEST_CASE("E-85, E-86, E-87: the list is replaced, attributes change, and steps are taken in order")
{
    const Desk desk;
    const auto u = user(desk, "u");
    const auto path = group(desk, "g", {"x", "y"});
    CHECK(desk.operate(path, R"([{"op":"replace","path":"members","value":[{"value":")" + u + "\"}]}]").status == 204);
    CHECK(members(desk, path) == Members{u});
    CHECK(desk.operate(path, R"([{"op":"replace","value":{"externalId":"e"}}])").status == 204);
    CHECK(desk.operate(path, R"([{"op":"replace","value":{"displayName":"n"}}])").status == 204);
    CHECK(desk.operate(path, R"([{"op":"Replace","path":"displayName","value":"new"}])").status == 204);
    const auto changed = desk.get(path);
    CHECK(changed.at("/externalId") == "e");
    CHECK(changed.at("/displayName") == "new");
    CHECK(changed.at("/members").as_array().size() == 1);
    CHECK(desk.operate(path, R"([{"op":"add","path":"members","value":[{"value":"z"}]},
        {"op":"remove","path":"members[value eq \"z\"]"}])")
              .status == 204); // E-87
    CHECK(members(desk, path) == Members{u});
    CHECK(desk.operate(path, R"([{"op":"replace","value":{"Members":[{"value":"q"}],"displayName":"both"}}])").status ==
          204);
    CHECK(members(desk, path) == Members{"q"});
    CHECK(desk.get(path).at("/displayName") == "both");
    CHECK(desk.operate(path, R"([{"op":"replace","path":"members","value":[]}])").status == 204);
    CHECK(members(desk, path).empty());
}

TEST_CASE("a value path may pick members by more than one id, after the steps before it")
{
    const Desk desk;
    const auto u = user(desk, "u");
    const auto path = group(desk, "g", {u, "a", "b"});
    CHECK(desk.operate(path, R"([{"op":"add","path":"members","value":[{"value":"c"}]},
        {"op":"remove","path":"members[value eq \"a\" or value eq \"c\"]"}])")
              .status == 204);
    CHECK(members(desk, path) == Members{u, "b"});
    CHECK(desk.operate(path, R"([{"op":"remove","path":"members[type eq \"User\"]"}])").status == 204);
    CHECK(members(desk, path) == Members{"b"});
    check_refused(desk.operate(path, R"([{"op":"remove","path":"members[colour eq \"x\"]"}])"), 400, "invalidPath");
    check_refused(desk.operate(path, R"([{"op":"replace","path":"members[value eq \"b\"].value","value":"c"}])"), 400,
                  "mutability");
    CHECK(members(desk, path) == Members{"b"});
}

TEST_CASE("E-88: keys that mean nothing here are ignored")
{
    const Desk desk;
    const auto path = group(desk, "g");
    const auto reply = desk.patch(path, R"({"id":"x","schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations":[{"name":"addMember","op":"add","path":"members",
        "value":[{"displayName":"new User","value":"u"}]}]})");
    CHECK(reply.status == 204);
    CHECK(members(desk, path) == Members{"u"});
}

TEST_CASE("G8: a bare id is a member in profile entra and refused in strict")
{
    const Desk desk;
    const auto path = group(desk, "g");
    const auto bare = R"([{"op":"add","path":"members","value":"string id 1"}])";
    CHECK(desk.operate(path, bare).status == 204);
    CHECK(members(desk, path) == Members{"string id 1"});
    const Desk strict{strict_policy()};
    check_refused(strict.operate(group(strict, "g"), bare), 400, "invalidValue");
}

TEST_CASE("in strict, a removal with a list of values neither clears the group nor guesses")
{
    const Desk desk{strict_policy()};
    const auto path = group(desk, "g", {"a", "b"});
    check_refused(desk.operate(path, R"([{"op":"remove","path":"members","value":[{"value":"a"}]}])"), 400,
                  "invalidValue");
    CHECK(members(desk, path) == Members{"a", "b"});
    CHECK(desk.operate(path, R"([{"op":"remove","path":"members[value eq \"a\"]"}])").status == 204);
    CHECK(members(desk, path) == Members{"b"});
}

TEST_CASE("E-89: is this user in that group, asked in every way")
{
    const Desk desk;
    const auto path = group(desk, "g", {"u", "w"});
    group(desk, "other", {"v"});
    const auto id = path.substr(8);
    const auto ask = [&](const std::string& filter) {
        INFO(filter);
        const auto reply = desk.get("/Groups?excludedAttributes=members&filter=" + filter);
        CHECK(reply.lane == Lane::inline_read);
        return reply.total();
    };
    CHECK(ask("id eq \"" + id + "\" and members eq \"u\"") == 1);
    CHECK(ask("members eq \"u\" and id eq \"" + id + "\"") == 1);
    CHECK(ask("id eq \"" + id + "\" and members.value eq \"u\"") == 1);
    CHECK(ask("id eq \"" + id + "\" and members[value eq \"u\"]") == 1);
    CHECK(ask("id eq \"" + id + "\" and members eq \"v\"") == 0);
    CHECK(ask("members eq \"v\"") == 1);
    check_refused(desk.find("/Groups", "members.type eq \"User\""), 400, "invalidFilter");
    check_refused(desk.find("/Groups", "members[type eq \"User\"]"), 400, "invalidFilter");
}

TEST_CASE("E-90: an inactive user keeps its memberships")
{
    const Desk desk;
    const auto u = user(desk, "u");
    const auto path = group(desk, "g", {u});
    CHECK(desk.operate("/Users/" + u, R"([{"op":"Replace","path":"active","value":"False"}])").status == 200);
    CHECK(members(desk, path) == Members{u});
}

TEST_CASE("E-104: a deleted group leaves its members untouched")
{
    const Desk desk;
    const auto u = user(desk, "u");
    const auto path = group(desk, "g", {u});
    CHECK(desk.del(path).status == 204);
    check_refused(desk.get(path), 404, "");
    check_refused(desk.del(path), 404, "");
    check_refused(desk.operate(path, R"([{"op":"remove","path":"members"}])"), 404, "");
    CHECK(desk.get("/Users/" + u).status == 200);
    group(desk, "g");
}

TEST_CASE("PUT replaces a group with its members; what changes nothing keeps the version")
{
    const Desk desk;
    const auto path = group(desk, "g", {"a", "b"});
    const auto same = desk.put(path, R"({"displayName":"g","members":[{"value":"b"},{"value":"a"}]})");
    CHECK(same.status == 200);
    CHECK(same.etag == "W/\"1\"");
    const auto other = desk.put(path, R"({"displayName":"h","members":[{"value":"b"},{"value":"c"}]})");
    CHECK(other.etag == "W/\"2\"");
    CHECK(members(desk, path) == Members{"b", "c"});
    CHECK(desk.put(path, R"({"displayName":"h"})").at("/members") == json::array{});
    for (const auto* members : {"[{}]", "[null]", R"([{"value":"a"},{"value":""}])", R"({"value":"a"})", "5"})
        check_refused(desk.put(path, std::string{R"({"displayName":"h","members":)"} + members + "}"), 400,
                      "invalidValue");
    check_refused(desk.put(path, R"({"members":[]})"), 400, "invalidValue");
    check_refused(desk.put(path, R"({"displayName":"z"})", {{"if-match", "W/\"1\""}}), 412, "");
    check_refused(desk.del(path, {{"if-match", "W/\"1\""}}), 412, "");
    check_refused(desk.del(path, {{"if-none-match", "*"}}), 412, "");
    CHECK(desk.get(path + "?excludedAttributes=members", {{"if-none-match", "W/\"3\""}}).status == 304);
}

TEST_CASE("the policy patchReply=resource answers a group's PATCH with the group")
{
    core::Policy policy;
    policy.patch_reply = core::PatchReply::resource;
    const Desk desk{policy};
    const auto path = group(desk, "g");
    const auto reply = desk.operate(path, R"([{"op":"add","path":"members","value":[{"value":"u"}]}])");
    CHECK(reply.status == 200);
    CHECK(reply.at("/members/0/value") == "u");
}

TEST_CASE("a PATCH shows a group of any size: up to 500 members as the change left it, more as it is read afterwards")
{
    core::Policy policy;
    policy.patch_reply = core::PatchReply::resource;
    Desk desk{policy};
    desk.register_schema(R"({"id":"urn:example:Extra","name":"Extra",
        "attributes":[{"name":"note","type":"string","returned":"request"}]})",
                         "Group");
    const auto size = GENERATE(499U, 500U, 1'500U);
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < size; ++i) ids.push_back("member-" + std::to_string(i));
    const auto path = group(desk, "g", ids);
    const auto reply = desk.operate(path, R"([{"op":"add","path":"members","value":[{"value":"u"}]},
        {"op":"add","path":"urn:example:Extra:note","value":"written"}])");
    CHECK(reply.status == 200);
    CHECK(reply.etag == "W/\"2\"");
    CHECK(reply.at("/members").as_array().size() == size + 1);
    CHECK(reply.at("/urn:example:Extra/note") == "written"); // whoever has just written it is shown it
    CHECK(desk.operate(path, R"([{"op":"remove","path":"members"}])").at("/members") == json::array{});
}

TEST_CASE("members[…] picks by any filter, from the members that the operations before it leave")
{
    const Desk desk;
    const auto ada = user(desk, "ada"), bob = user(desk, "bob");
    const auto inner = group(desk, "inner").substr(8);
    const auto remove = [](const std::string& filter) {
        return R"({"op":"remove","path":"members[)" + filter + "]\"}";
    };
    const auto is = [](const std::string& id) { return R"(value eq \")" + id + R"(\")"; };
    const auto add = [](const std::string& id) {
        return R"({"op":"add","path":"members","value":[{"value":")" + id + "\"}]}";
    };
    struct Case {
        std::vector<std::string> operations;
        Members left;
    };
    const std::string users_only = R"(type eq \"User\")", groups_only = R"(type eq \"Group\")";
    const auto row = GENERATE_COPY(from_range(std::vector<Case>{
        {{remove(is(ada) + " or " + is("x"))}, {inner, "y"}},
        {{remove(is(ada) + " or " + is("nobody"))}, {inner, "x", "y"}},
        {{remove(is(ada) + " and " + users_only)}, {inner, "x", "y"}},
        {{remove(is(ada) + " and " + groups_only)}, {ada, inner, "x", "y"}},
        {{remove(groups_only + " and " + is(inner))}, {ada, "x", "y"}},
        {{remove("(" + is("x") + " or " + is("y") + R"() and not (value sw \"x\"))")}, {ada, inner, "x"}},
        {{remove(users_only)}, {inner, "x", "y"}},
        {{remove("not (type pr)")}, {ada, inner}},
        {{remove(is("x") + " or " + users_only)}, {inner, "y"}},
        {{add(bob), remove(users_only)}, {inner, "x", "y"}},
        {{add(bob), remove("type pr"), add(ada)}, {"x", "y", ada}},
        {{remove(users_only), remove(groups_only)}, {"x", "y"}},
        {{remove("type pr"), add(bob), remove(is("x")), remove(users_only)}, {"y"}},
        {{R"({"op":"replace","path":"members","value":[{"value":")" + inner + "\"}]}", remove(users_only)}, {inner}},
        {{remove(R"(value co \"\")")}, {}},
    }));
    const auto path = group(desk, "g", {ada, inner, "x", "y"});
    std::string all;
    for (const auto& each : row.operations) all += (all.empty() ? "" : ",") + each;
    INFO(all);
    CHECK(desk.operate(path, "[" + all + "]").status == 204);
    CHECK(members(desk, path) == row.left);
}

TEST_CASE("one filter may look at all of a group's members; several in one request at 100,000 together")
{
    const Desk desk;
    const auto fill = [&](const std::string& name, std::size_t size) {
        std::vector<std::string> ids;
        for (std::size_t i = 0; i < size; ++i) ids.push_back("m" + std::to_string(i));
        return group(desk, name, ids);
    };
    const auto filters = [&](const std::string& path, std::size_t count) {
        std::string all;
        for (std::size_t i = 0; i < count; ++i)
            all += std::string{i == 0 ? "" : ","} + R"({"op":"remove","path":"members[value ew \"no such\"]"})";
        return desk.operate(path, "[" + all + "]");
    };
    const auto hundred = fill("hundred", 100), more = fill("more", 101);
    CHECK(filters(hundred, 1'000).status == 204);
    check_refused(filters(more, 1'000), 400, "tooMany"); // 101,000
    CHECK(members(desk, more).size() == 101);

    std::string named; // ids are looked up, however many filters name them
    for (std::size_t i = 0; i < 1'000; ++i)
        named += std::string{i == 0 ? "" : ","} + R"({"op":"remove","path":"members[value eq \"m)" +
                 std::to_string(i % 100) + R"(\" or value eq \"x\"]"})";
    CHECK(desk.operate(more, "[" + named + "]").status == 204);
    CHECK(members(desk, more) == Members{"m100"});
}

TEST_CASE("S-049: where the policy switches groups off, they are not there")
{
    core::Policy policy;
    policy.groups = false;
    const Desk desk{policy};
    check_refused(desk.get("/Groups"), 404, "");
    check_refused(desk.post("/Groups", R"({"displayName":"g"})"), 404, "");
    check_refused(desk.get("/Groups/00000000-0000-0000-0000-000000000000"), 404, "");
    check_refused(desk.operate("/Groups/00000000-0000-0000-0000-000000000000", "[]"), 404, "");
}

TEST_CASE("a group may be a member, of itself even, and is shown as what it is, whatever the request calls it")
{
    const Desk desk;
    const auto ada = user(desk, "ada");
    const auto inner = group(desk, "Inner", {ada});
    const auto inner_id = inner.substr(8);
    const auto outer = desk.post("/Groups", R"({"displayName":"Outer","members":[{"value":")" + inner_id +
                                                R"(","type":"User"},{"value":"unknown","type":"Group"}]})");
    REQUIRE(outer.status == 201);
    const json::object as_group{{"value", inner_id}, {"$ref", std::string{Desk::base} + inner}, {"type", "Group"}};
    const auto& list = outer.at("/members").as_array();
    CHECK(std::find(list.begin(), list.end(), as_group) != list.end());
    CHECK(std::find(list.begin(), list.end(), json::object{{"value", "unknown"}}) != list.end());

    const auto add = [&](const std::string& to, const std::string& id) {
        return desk.operate(to, R"([{"op":"add","path":"members","value":[{"value":")" + id + R"("}]}])").status;
    };
    CHECK(add(inner, inner_id) == 204);
    CHECK(add(inner, outer.id()) == 204); // round
    CHECK(members(desk, inner) == Members{ada, inner_id, outer.id()});
    CHECK(desk.find("/Groups", "members.value eq \"" + inner_id + "\"").total() == 2);
    CHECK(desk.get("/Users/" + ada).at("/groups").as_array().size() == 2);
    CHECK(desk.del(inner).status == 204);
    CHECK(members(desk, "/Groups/" + outer.id()) == Members{"unknown"});
}

TEST_CASE("a group of any size is read in pieces, and a list of groups, too, each member once")
{
    const Desk desk;
    const auto size = GENERATE(1U, 700U, 5'000U);
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < size; ++i) ids.push_back("member-" + std::to_string(i) + std::string(60, 'x'));
    const auto large = group(desk, "Large", ids), small = group(desk, "Small", {"one"});
    CHECK(members(desk, large) == Members{ids.begin(), ids.end()});
    const auto list = desk.get("/Groups");
    CHECK(list.total() == 2);
    CHECK(list.at("/Resources/0/members").as_array().size() == size);
    CHECK(list.at("/Resources/1") == desk.get(small).body);
    const auto part = desk.get(large + "?attributes=members.value");
    CHECK(part.at("/members/0").as_object().size() == 1);
    CHECK(part.at("/members").as_array().size() == size);
    CHECK_FALSE(part.body.as_object().contains("displayName"));
    CHECK_FALSE(desk.get(large + "?attributes=members.display").body.as_object().contains("members"));
}

TEST_CASE("groups page like users")
{
    const Desk desk;
    for (int i = 0; i < 5; ++i) group(desk, "g" + std::to_string(i));
    const auto page = desk.get("/Groups?startIndex=2&count=3&excludedAttributes=members");
    CHECK(page.total() == 5);
    CHECK(page.at("/itemsPerPage") == 3);
    CHECK(page.at("/Resources/0/displayName") == "g1");
}

} // namespace
} // namespace scim
