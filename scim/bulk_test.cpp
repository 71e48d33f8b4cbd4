// /Bulk (RFC 7644 3.7) on a store in memory: each operation as it would be alone, references, circles, what is refused.
#include "scim/testing/desk.hpp"

#include <boost/json/array.hpp>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <rapidcheck.h>

using scim::testing::Desk;
using scim::testing::Reply;
using scim::testing::strict_policy;

namespace {

Reply bulk(const Desk& desk, const std::string& operations, const std::string& more = "")
{
    return desk.post("/Bulk", R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"])" + more +
                                  R"(,"Operations":[)" + operations + "]}");
}

// One operation; `more` begins with a comma.
std::string operation(std::string_view method, std::string_view path, std::string_view more = "")
{
    return fmt::format(R"({{"method":"{}","path":"{}"{}}})", method, path, more);
}
std::string user(std::string_view bulk_id, std::string_view name, std::string_view more = "")
{
    return operation("POST", "/Users",
                     fmt::format(R"(,"bulkId":"{}","data":{{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],)"
                                 R"("userName":"{}"{}}})",
                                 bulk_id, name, more));
}
std::string with_manager(std::string_view reference)
{
    return fmt::format(
        R"(,"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{{"manager":{{"value":"{}"}}}})", reference);
}
std::string group(std::string_view bulk_id, std::string_view name, std::initializer_list<std::string_view> members)
{
    std::string list;
    for (const auto member : members) list += fmt::format(R"({}{{"value":"{}"}})", list.empty() ? "" : ",", member);
    return operation("POST", "/Groups",
                     fmt::format(R"(,"bulkId":"{}","data":{{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],)"
                                 R"("displayName":"{}","members":[{}]}})",
                                 bulk_id, name, list));
}

std::vector<std::string> statuses(const Reply& reply)
{
    std::vector<std::string> all;
    for (const auto& each : reply.at("/Operations").as_array()) all.emplace_back(each.at("status").as_string());
    return all;
}
using Statuses = std::vector<std::string>;

std::string text(const Reply& reply, std::string_view pointer)
{
    const auto& value = reply.at(pointer);
    return value.is_string() ? std::string{std::string_view{value.get_string()}} : std::string{};
}
std::string id_in(const Reply& reply, std::size_t which)
{
    const auto location = text(reply, fmt::format("/Operations/{}/location", which));
    return location.substr(location.rfind('/') + 1);
}
std::size_t users_in(const Desk& desk) { return static_cast<std::size_t>(desk.get("/Users").total()); }

} // namespace

TEST_CASE("a Bulk carries out every kind of operation, each with its status, location, version and bulkId")
{
    const Desk desk;
    const auto old = desk.post("/Users", R"({"userName":"old"})").id();
    const auto gone = desk.post("/Users", R"({"userName":"gone"})").id();
    const auto reply = bulk(
        desk, user("a", "ada") + "," + operation("PUT", "/Users/" + old, R"(,"data":{"userName":"renamed"})") + "," +
                  operation("PATCH", "/Users/" + old,
                            R"(,"data":{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],)"
                            R"("Operations":[{"op":"replace","path":"title","value":"Dr"}]})") +
                  "," + operation("DELETE", "/Users/" + gone, R"(,"bulkId":"bye")"));
    REQUIRE(reply.status == 200);
    CHECK(reply.lane == scim::Lane::write);
    CHECK(text(reply, "/schemas/0") == "urn:ietf:params:scim:api:messages:2.0:BulkResponse");
    CHECK(statuses(reply) == Statuses{"201", "200", "200", "204"});
    CHECK(text(reply, "/Operations/0/bulkId") == "a");
    CHECK(text(reply, "/Operations/0/method") == "POST");
    CHECK(text(reply, "/Operations/0/version") == "W/\"1\"");
    CHECK(desk.get("/Users/" + id_in(reply, 0)).at("/userName") == "ada");
    CHECK(text(reply, "/Operations/1/location") == std::string{Desk::base} + "/Users/" + old);
    CHECK(text(reply, "/Operations/1/version") == "W/\"2\"");
    CHECK(text(reply, "/Operations/2/version") == "W/\"3\"");
    CHECK(desk.get("/Users/" + old).etag == "W/\"3\"");
    CHECK(text(reply, "/Operations/3/bulkId") == "bye");
    CHECK(text(reply, "/Operations/3/location") == std::string{Desk::base} + "/Users/" + gone);
    CHECK(reply.at("/Operations/3/version").is_null());
    CHECK(desk.get("/Users/" + gone).status == 404);
    for (const auto* response : {"/Operations/0/response", "/Operations/3/response"})
        CHECK(reply.at(response).is_null()); // RFC 7644 3.7: may be left out where all went well
}

TEST_CASE("an operation that is refused leaves the others alone and tells why as it would alone")
{
    const Desk desk;
    REQUIRE(desk.post("/Users", R"({"userName":"taken"})").status == 201);
    const auto reply = bulk(desk, user("a", "first") + "," + user("b", "taken") + "," + user("c", "third") + "," +
                                      operation("DELETE", "/Users/0190b0a0-0000-7000-8000-000000000001") + "," +
                                      operation("POST", "/Users", R"(,"bulkId":"d","data":{"displayName":"nobody"})"));
    REQUIRE(reply.status == 200);
    CHECK(statuses(reply) == Statuses{"201", "409", "201", "404", "400"});
    CHECK(text(reply, "/Operations/1/response/scimType") == "uniqueness");
    CHECK(text(reply, "/Operations/1/response/status") == "409");
    CHECK(text(reply, "/Operations/1/response/schemas/0") == "urn:ietf:params:scim:api:messages:2.0:Error");
    CHECK(reply.at("/Operations/1/location").is_null()); // of a POST that failed there is none
    CHECK(text(reply, "/Operations/3/location") ==
          std::string{Desk::base} + "/Users/0190b0a0-0000-7000-8000-000000000001");
    CHECK(text(reply, "/Operations/4/response/scimType") == "invalidValue");
    CHECK(users_in(desk) == 3);
}

TEST_CASE("bad operations are each their own 4xx, never the whole request's")
{
    struct Row {
        const char* what;
        std::string operation;
        const char* status;
        const char* type;
    };
    const auto data = std::string{R"(,"data":{"userName":"x"})"};
    const std::string id = "/0190b0a0-0000-7000-8000-000000000001";
    for (const auto& row : std::vector<Row>{
             {"no method", R"({"path":"/Users","bulkId":"x","data":{"userName":"x"}})", "400", "invalidSyntax"},
             {"method null", R"({"method":null,"path":"/Users","bulkId":"x"})", "400", "invalidSyntax"},
             {"method is a number", R"({"method":1,"path":"/Users","bulkId":"x"})", "400", "invalidValue"},
             {"GET", operation("GET", "/Users", ",\"bulkId\":\"x\""), "400", "invalidValue"},
             {"an unknown method", operation("MERGE", "/Users", ",\"bulkId\":\"x\"" + data), "400", "invalidValue"},
             {"no path", R"({"method":"POST","bulkId":"x","data":{"userName":"x"}})", "400", "invalidSyntax"},
             {"path is a list", R"({"method":"POST","bulkId":"x","path":["/Users"]})", "400", "invalidSyntax"},
             {"POST without bulkId", operation("POST", "/Users", data), "400", "invalidSyntax"},
             {"POST with an empty bulkId", operation("POST", "/Users", ",\"bulkId\":\"\"" + data), "400",
              "invalidSyntax"},
             {"a nested Bulk", operation("POST", "/Bulk", R"(,"bulkId":"x","data":{"Operations":[]})"), "400",
              "invalidValue"},
             {"/Me", operation("PATCH", "/Me", data), "400", "invalidValue"},
             {"a search", operation("POST", "/Users/.search", ",\"bulkId\":\"x\"" + data), "400", "invalidValue"},
             {"discovery", operation("DELETE", "/Schemas/urn:x"), "400", "invalidValue"},
             {"an unknown path", operation("POST", "/Nothing", ",\"bulkId\":\"x\"" + data), "404", ""},
             {"a path that only begins like one", operation("POST", "/UsersX", ",\"bulkId\":\"x\"" + data), "404", ""},
             {"a path below a resource", operation("PUT", "/Users" + id + "/name", data), "404", ""},
             {"a path without an id after its slash", operation("PUT", "/Users/", data), "404", ""},
             {"an empty path", operation("PUT", "", data), "404", ""},
             {"POST to a resource", operation("POST", "/Users" + id, ",\"bulkId\":\"x\"" + data), "405", ""},
             {"PUT to all", operation("PUT", "/Users", data), "405", ""},
             {"DELETE of all", operation("DELETE", "/Users"), "405", ""},
             {"POST without data", operation("POST", "/Users", ",\"bulkId\":\"x\""), "400", "invalidSyntax"},
             {"PUT without data", operation("PUT", "/Users" + id), "400", "invalidSyntax"},
             {"data is a text", operation("PUT", "/Users" + id, ",\"data\":\"x\""), "400", "invalidSyntax"},
             {"a version that is a number", operation("DELETE", "/Users" + id, ",\"version\":3"), "400",
              "invalidSyntax"},
             {"PATCH without operations", operation("PATCH", "/Groups" + id, ",\"data\":{}"), "400", "invalidSyntax"},
             {"an id that is none", operation("DELETE", "/Users/nobody"), "404", ""},
             {"not an object", "[]", "400", "invalidSyntax"},
             {"an unknown bulkId in a path", operation("DELETE", "/Users/bulkId:who"), "400", "invalidValue"},
             {"an unknown bulkId in data", user("x", "x", with_manager("bulkId:who")), "400", "invalidValue"},
         }) {
        INFO(row.what);
        const Desk desk{strict_policy()};
        const auto reply = bulk(desk, user("before", "before") + "," + row.operation + "," + user("after", "after"));
        REQUIRE(reply.status == 200);
        CHECK(statuses(reply) == Statuses{"201", row.status, "201"});
        CHECK(text(reply, "/Operations/1/response/scimType") == row.type);
        CHECK(text(reply, "/Operations/1/response/status") == row.status);
        CHECK(users_in(desk) == 2);
        if (std::string_view{row.what}.find("unknown bulkId") != std::string_view::npos)
            CHECK_THAT(text(reply, "/Operations/1/response/detail"), Catch::Contains("\"who\""));
    }
}

TEST_CASE("an envelope that is none is refused as a whole")
{
    const Desk desk;
    struct Row {
        const char* what;
        const char* body;
        int status;
        const char* type;
    };
    const auto row = GENERATE(values<Row>({
        {"no body", "", 400, "invalidSyntax"},
        {"not JSON", "{", 400, "invalidSyntax"},
        {"a list", "[]", 400, "invalidSyntax"},
        {"no schemas", R"({"Operations":[{"method":"DELETE","path":"/Users/x"}]})", 400, "invalidSyntax"},
        {"another schema",
         R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"method":"DELETE"}]})", 400,
         "invalidSyntax"},
        {"no operations", R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]})", 400, "invalidSyntax"},
        {"an empty list", R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[]})", 400,
         "invalidSyntax"},
        {"operations are an object",
         R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":{}})", 400, "invalidSyntax"},
        {"failOnErrors is 0",
         R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"failOnErrors":0,"Operations":[{}]})", 400,
         "invalidValue"},
        {"failOnErrors is a text",
         R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"failOnErrors":"1","Operations":[{}]})",
         400, "invalidValue"},
    }));
    INFO(row.what);
    const auto reply = desk.post("/Bulk", row.body);
    CHECK(reply.status == row.status);
    CHECK(reply.scim_type() == row.type);
}

TEST_CASE("names of the envelope are read in any case")
{
    const Desk desk;
    const auto reply = desk.post("/Bulk", R"({"SCHEMAS":["URN:ietf:params:scim:api:messages:2.0:BulkRequest"],)"
                                          R"("operations":[{"Method":"POST","PATH":"/Users","bulkid":"q",)"
                                          R"("DATA":{"userName":"ada"}}]})");
    REQUIRE(reply.status == 200);
    CHECK(statuses(reply) == Statuses{"201"});
}

TEST_CASE("a reference is the id of what is created, wherever it stands")
{
    const Desk desk;
    const auto reply =
        bulk(desk, user("boss", "boss") + "," + user("staff", "staff", with_manager("bulkId:boss")) + "," +
                       group("team", "Team", {"bulkId:boss", "bulkId:staff"}) + "," +
                       operation("PATCH", "/Users/bulkId:staff",
                                 R"(,"data":{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],)"
                                 R"("Operations":[{"op":"replace","path":"displayName","value":"Staff"}]})"));
    REQUIRE(statuses(reply) == Statuses{"201", "201", "201", "200"});
    const auto boss = id_in(reply, 0), staff = id_in(reply, 1), team = id_in(reply, 2);
    CHECK(id_in(reply, 3) == staff);
    const auto seen = desk.get("/Users/" + staff);
    CHECK(seen.at("/displayName") == "Staff");
    CHECK(text(seen, "/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User/manager/value") == boss);
    const auto members = desk.get("/Groups/" + team).at("/members").as_array();
    REQUIRE(members.size() == 2);
    CHECK(members[0].at("value").as_string() == std::min(boss, staff));
    CHECK(members[1].at("value").as_string() == std::max(boss, staff));
    CHECK(reply.text.find("bulkId:") == std::string::npos);
}

TEST_CASE("a reference may point forwards: what is referred to is created first, the answer keeps the order")
{
    const Desk desk;
    const auto reply = bulk(desk, operation("PATCH", "/Groups/bulkId:team",
                                            R"(,"data":{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],)"
                                            R"("Operations":[{"op":"add","path":"members",)"
                                            R"("value":[{"value":"bulkId:ada"}]}]})") +
                                      "," + group("team", "Team", {}) + "," + user("ada", "ada"));
    CHECK(statuses(reply) == Statuses{"204", "201", "201"});
    CHECK(text(reply, "/Operations/0/method") == "PATCH");
    const auto team = desk.get("/Groups/" + id_in(reply, 1));
    CHECK(text(team, "/members/0/value") == id_in(reply, 2));
}

TEST_CASE("a reference in the filter of a PATCH path is an id, too")
{
    const Desk desk;
    const auto patch = [](std::string_view path) {
        return operation("PATCH", "/Groups/bulkId:team",
                         fmt::format(R"(,"data":{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],)"
                                     R"("Operations":[{{"op":"remove","path":"{}"}}]}})",
                                     path));
    };
    const auto reply =
        bulk(desk, user("a", "a") + "," + user("b", "b") + "," + user("c", "c") + "," +
                       group("team", "Team", {"bulkId:a", "bulkId:b", "bulkId:c"}) + "," +
                       patch(R"(members[value eq \"bulkId:a\" or value eq \"bulkId:b\"])") + "," +
                       patch(R"(members[value eq \"bulkId:who\"])") + "," + patch(R"(members[value eq \"bulkId:c])"));
    CHECK(statuses(reply) == Statuses{"201", "201", "201", "201", "204", "400", "400"});
    CHECK_THAT(text(reply, "/Operations/5/response/detail"), Catch::Contains("\"who\""));
    CHECK(text(reply, "/Operations/6/response/scimType") == "invalidPath");
    const auto members = desk.get("/Groups/" + id_in(reply, 3)).at("/members").as_array();
    REQUIRE(members.size() == 1);
    CHECK(members[0].at("value").as_string() == id_in(reply, 2));
}

TEST_CASE("a Bulk without references does what its operations do one after the other")
{
    CHECK(rc::check("Bulk = one by one", [] {
        const Desk together, alone;
        std::vector<std::string> ids; // the same on both desks
        for (const auto* name : {"n0", "n1", "n2"}) {
            const auto body = fmt::format(R"({{"userName":"{}"}})", name);
            ids.push_back(together.post("/Users", body).id());
            RC_ASSERT(alone.post("/Users", body).id() == ids.back());
        }
        const auto many = *rc::gen::inRange(1, 12);
        std::string operations;
        std::vector<std::pair<int, std::string>> expected; // status and version
        for (int i = 0; i < many; ++i) {
            const auto path = "/Users/" + *rc::gen::elementOf(ids);
            const auto name = fmt::format("n{}", *rc::gen::inRange(0, 5)); // names meet
            const auto body = fmt::format(R"({{"userName":"{}"}})", name);
            const auto version = fmt::format("W/\"{}\"", *rc::gen::inRange(1, 4));
            const bool guarded = *rc::gen::arbitrary<bool>();
            Reply reply;
            std::string one;
            const auto escaped = fmt::format(R"(,"version":"W/\"{}\"")", version.substr(3, 1));
            const auto guard = guarded ? escaped : "";
            const auto ask = [&](const auto& guarded_call, const auto& free_call) {
                return guarded ? guarded_call() : free_call();
            };
            switch (*rc::gen::inRange(0, 3)) {
            case 0:
                one = operation("POST", "/Users", fmt::format(R"(,"bulkId":"{}","data":{})", i, body));
                reply = alone.post("/Users", body);
                break;
            case 1:
                one = operation("PUT", path, guard + ",\"data\":" + body);
                reply = ask(
                    [&] {
                        return alone.put(path, body, {{"if-match", version}});
                    },
                    [&] { return alone.put(path, body); });
                break;
            default:
                one = operation("DELETE", path, guard);
                reply = ask([&] { return alone.del(path, {{"if-match", version}}); }, [&] { return alone.del(path); });
            }
            operations += (i > 0 ? "," : "") + one;
            expected.emplace_back(reply.status, reply.etag);
        }
        const auto done = bulk(together, operations);
        RC_ASSERT(done.status == 200);
        const auto& results = done.at("/Operations").as_array();
        RC_ASSERT(results.size() == expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            RC_ASSERT(text(done, fmt::format("/Operations/{}/status", i)) == std::to_string(expected[i].first));
            RC_ASSERT(text(done, fmt::format("/Operations/{}/version", i)) == expected[i].second);
        }
        const auto names = [](const Desk& desk) {
            std::vector<std::string> all;
            const auto listed = desk.get("/Users");
            for (const auto& each : listed.at("/Resources").as_array())
                all.push_back(std::string{each.at("userName").as_string()} + " " +
                              std::string{each.at("id").as_string()});
            return all;
        };
        RC_ASSERT(names(together) == names(alone));
    }));
}

TEST_CASE("RFC 7644 3.7.1: a circle of references is resolved")
{
    const Desk desk;
    const auto reply =
        bulk(desk, group("qwerty", "Group A", {"bulkId:ytrewq"}) + "," + group("ytrewq", "Group B", {"bulkId:qwerty"}) +
                       "," + user("own", "own", with_manager("bulkId:own")));
    REQUIRE(statuses(reply) == Statuses{"201", "201", "201"});
    const auto a = id_in(reply, 0), b = id_in(reply, 1), own = id_in(reply, 2);
    CHECK(text(desk.get("/Groups/" + a), "/members/0/value") == b);
    CHECK(text(desk.get("/Groups/" + b), "/members/0/value") == a);
    CHECK(text(desk.get("/Users/" + own),
               "/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User/manager/value") == own);
}

TEST_CASE("the members of a circle stand or fall together, and nothing of them is left")
{
    const Desk desk;
    REQUIRE(desk.post("/Groups", R"({"displayName":"Group B"})").status == 201);
    const auto reply = bulk(desk, group("a", "Group A", {"bulkId:b"}) + "," + group("b", "Group B", {"bulkId:a"}) +
                                      "," + group("after", "After", {"bulkId:a"}) + "," + group("free", "Free", {}));
    CHECK(statuses(reply) == Statuses{"409", "409", "409", "201"});
    CHECK(text(reply, "/Operations/1/response/scimType") == "uniqueness");
    CHECK_THAT(text(reply, "/Operations/0/response/detail"), Catch::Contains("\"b\""));
    CHECK_THAT(text(reply, "/Operations/2/response/detail"), Catch::Contains("\"a\""));
    CHECK(desk.get("/Groups").total() == 2);
    const auto txn = desk.store().read(desk.organisation());
    CHECK(txn->events({}).size() == 2); // of the first, and of what was kept
}

TEST_CASE("whoever refers to what failed fails with 409, directly or through others")
{
    const Desk desk;
    REQUIRE(desk.post("/Users", R"({"userName":"taken"})").status == 201);
    const auto reply = bulk(desk, user("bad", "taken") + "," + user("second", "second", with_manager("bulkId:bad")) +
                                      "," + user("third", "third", with_manager("bulkId:second")) + "," +
                                      operation("DELETE", "/Users/bulkId:third") + "," + user("free", "free"));
    CHECK(statuses(reply) == Statuses{"409", "409", "409", "409", "201"});
    CHECK(text(reply, "/Operations/0/response/scimType") == "uniqueness");
    CHECK_THAT(text(reply, "/Operations/1/response/detail"), Catch::Contains("\"bad\""));
    CHECK_THAT(text(reply, "/Operations/2/response/detail"), Catch::Contains("\"second\""));
    CHECK(users_in(desk) == 2);
}

TEST_CASE("a bulkId that stands twice stands for nothing")
{
    const Desk desk;
    const auto reply = bulk(desk, user("same", "one") + "," + user("same", "two") + "," +
                                      user("third", "third", with_manager("bulkId:same")));
    CHECK(statuses(reply) == Statuses{"400", "400", "409"});
    CHECK(users_in(desk) == 0);
}

TEST_CASE("failOnErrors ends a Bulk after as many errors; what was done stays, the rest is not told of")
{
    struct Row {
        const char* fail_on_errors;
        Statuses told;
        std::size_t users;
    };
    const auto row = GENERATE(values<Row>({
        {"", {"201", "404", "201", "404", "201"}, 3},
        {R"(,"failOnErrors":null)", {"201", "404", "201", "404", "201"}, 3},
        {R"(,"failOnErrors":3)", {"201", "404", "201", "404", "201"}, 3},
        {R"(,"failOnErrors":2)", {"201", "404", "201", "404"}, 2},
        {R"(,"failOnErrors":1)", {"201", "404"}, 1},
    }));
    INFO(row.fail_on_errors);
    const Desk desk;
    const auto reply = bulk(desk,
                            user("a", "a") + "," + operation("DELETE", "/Users/x") + "," + user("b", "b") + "," +
                                operation("DELETE", "/Users/x") + "," + user("c", "c"),
                            row.fail_on_errors);
    CHECK(reply.status == 200);
    CHECK(statuses(reply) == row.told);
    CHECK(users_in(desk) == row.users);
}

TEST_CASE("REL-17: the version of an operation is a precondition")
{
    const Desk desk;
    const auto id = desk.post("/Users", R"({"userName":"ada"})").id();
    const auto put = [&](const char* name, const char* version) {
        return operation("PUT", "/Users/" + id,
                         fmt::format(R"(,"version":"{}","data":{{"userName":"{}"}})", version, name));
    };
    const auto reply =
        bulk(desk, put("ada1", R"(W/\"1\")") + "," + put("ada2", R"(W/\"1\")") + "," + put("ada3", R"(W/\"2\")") + "," +
                       put("ada4", R"(\"3\")") + "," + operation("DELETE", "/Users/" + id, R"(,"version":"W/\"1\"")"));
    CHECK(statuses(reply) == Statuses{"200", "412", "200", "200", "412"});
    const auto now = desk.get("/Users/" + id);
    CHECK(now.at("/userName") == "ada4");
    CHECK(now.etag == "W/\"4\"");
}

TEST_CASE("REL-01: every event of a Bulk carries the request's id")
{
    const Desk desk;
    REQUIRE(bulk(desk, user("a", "a") + "," + user("b", "b") + "," + group("g", "g", {"bulkId:a"})).status == 200);
    const auto txn = desk.store().read(desk.organisation());
    const auto events = txn->events({});
    REQUIRE(events.size() >= 3);
    for (const auto& event : events) CHECK(event.request_id == events.front().request_id);
    CHECK_FALSE(events.front().request_id.empty());
}

TEST_CASE("quirks help inside a Bulk as they do outside")
{
    const auto operations = operation("POST", "/Users", R"(,"bulkId":"q","data":{"userName":"ada","active":"True"})");
    const Desk entra;
    CHECK(statuses(bulk(entra, operations)) == Statuses{"201"});
    CHECK(entra.quirks().count_of("boolean_as_text") == 1);
    const Desk strict{strict_policy()};
    CHECK(statuses(bulk(strict, operations)) == Statuses{"400"});
}

TEST_CASE("data may be nested as deep as a body outside, and no deeper")
{
    const auto nested = [](std::size_t levels) { // of which data is one
        return R"(,"title":"t","urn:example:deep":)" + std::string(levels - 1, '[') + "1" +
               std::string(levels - 1, ']');
    };
    const Desk desk;
    const auto reply = bulk(desk, user("a", "a", nested(16)) + "," + user("b", "b", nested(17)));
    CHECK(statuses(reply) == Statuses{"201", "400"});
    CHECK(text(reply, "/Operations/1/response/scimType") == "invalidSyntax");
    CHECK(desk.post("/Users", R"({"userName":"c")" + nested(16) + "}").status == 201);
    CHECK(desk.post("/Users", R"({"userName":"d")" + nested(17) + "}").status == 400);
}

TEST_CASE("TEN-01: another organisation's resource is nobody in a Bulk")
{
    const Desk desk;
    const auto other = desk.neighbour("fabrikam");
    const auto id = other.post("/Users", R"({"userName":"theirs"})").id();
    const auto reply = bulk(desk, operation("DELETE", "/Users/" + id) + "," +
                                      operation("PUT", "/Users/" + id, R"(,"data":{"userName":"mine"})"));
    CHECK(statuses(reply) == Statuses{"404", "404"});
    CHECK(other.get("/Users/" + id).at("/userName") == "theirs");
}
