// Every limit of the protocol by its key: one below, at it and one beyond, through the whole program. Those of the wire
// are tested beside it.
#include "conformance/desk/desk.hpp"

#include <catch2/catch.hpp>

#include <functional>

using namespace desk;

namespace {

using conformance::query_escape;

std::string repeated(std::string_view text, std::size_t times, std::string_view between = "")
{
    std::string all;
    for (std::size_t i = 0; i < times; ++i) {
        if (i > 0) all += between;
        all += text;
    }
    return all;
}

Answer post(Client& client, std::string body)
{
    return client.send({.method = "POST", .target = "/Users", .body = std::move(body)});
}
Answer filtered(Client& client, const std::string& filter)
{
    return client.get("/Users?filter=" + query_escape(filter));
}

// A Bulk of so many operations that find nobody, with something between.
std::string deletions(std::size_t many, const std::string& filler)
{
    return R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[)" + filler +
           repeated(R"({"method":"DELETE","path":"/Users/nobody"})", many, ",") + "]}";
}

// A request that measures `size` by what the key limits, and what is answered beyond it.
struct Row {
    const char* key;
    std::size_t limit;
    std::function<Answer(Client&, std::size_t size)> ask;
    int status; // beyond
    const char* scim_type;
};

int made = 0; // names of users and groups that do not meet

const std::vector<Row> rows = {
    {"limits.body_bytes", 2000,
     [](Client& client, std::size_t size) {
         const auto head = R"({"userName":"body)" + std::to_string(++made) + R"("})";
         return post(client, head + std::string(size - head.size(), ' '));
     },
     413, ""},
    {"limits.json_depth", 4,
     [](Client& client, std::size_t size) { // the object is one level
         return post(client, R"({"userName":"depth)" + std::to_string(++made) + R"(","x":)" + repeated("[", size - 1) +
                                 repeated("]", size - 1) + "}");
     },
     400, "invalidSyntax"},
    {"limits.json_values", 150,
     [](Client& client, std::size_t size) { // the object, the name, the list, and what is in it
         return post(client, R"({"userName":"values)" + std::to_string(++made) + R"(","x":[)" +
                                 repeated("1", size - 3, ",") + "]}");
     },
     400, "invalidSyntax"},
    {"limits.json_string_bytes", 1100,
     [](Client& client, std::size_t size) {
         return post(client, R"({"userName":"string)" + std::to_string(++made) + R"(","title":")" +
                                 std::string(size, 't') + "\"}");
     },
     400, "invalidSyntax"},
    {"limits.resource_bytes", 1500,
     [](Client& client, std::size_t size) { // the profile as it is kept: schemas and two texts
         const std::string kept =
             R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"nickName":"","title":""})";
         const auto name = (size - kept.size()) / 2;
         return post(client, R"({"userName":"resource)" + std::to_string(++made) + R"(","nickName":")" +
                                 std::string(name, 'n') + R"(","title":")" +
                                 std::string(size - kept.size() - name, 't') + R"("})");
     },
     400, "invalidValue"},
    {"limits.name_characters", 70,
     [](Client& client, std::size_t size) { // two bytes a character
         const auto number = std::to_string(++made);
         return post(client, R"({"userName":")" + number + repeated("é", size - number.size()) + "\"}");
     },
     400, "invalidValue"},
    {"limits.name_characters", 70,
     [](Client& client, std::size_t size) {
         return post(client, R"({"userName":"external)" + std::to_string(++made) + R"(","externalId":")" +
                                 repeated("é", size) + "\"}");
     },
     400, "invalidValue"},
    {"limits.name_characters", 70,
     [](Client& client, std::size_t size) {
         const auto number = std::to_string(++made);
         return client.post("/Groups", group(number + repeated("é", size - number.size())));
     },
     400, "invalidValue"},
    {"limits.name_characters", 70,
     [](Client& client, std::size_t size) {
         auto body = group("members " + std::to_string(++made));
         body["members"] = boost::json::array{boost::json::object{{"value", repeated("é", size)}}};
         return client.post("/Groups", body);
     },
     400, "invalidValue"},
    {"limits.filter_bytes", 200,
     [](Client& client, std::size_t size) {
         const std::string head = "title eq \"";
         return filtered(client, head + std::string(size - head.size() - 1, 't') + "\"");
     },
     400, "invalidFilter"},
    {"limits.filter_depth", 4,
     [](Client& client, std::size_t size) {
         return filtered(client, repeated("(", size) + "active pr" + repeated(")", size));
     },
     400, "invalidFilter"},
    {"limits.filter_nodes", 9, // the comparisons, and the operator between them
     [](Client& client, std::size_t size) { return filtered(client, repeated("title pr", size - 1, " and ")); }, 400,
     "invalidFilter"},
    {"limits.patch_operations", 3,
     [](Client& client, std::size_t size) {
         const auto id = id_of(client.post("/Users", user("patched" + std::to_string(++made))));
         return client.patch("/Users/" + id, patch(std::vector(size, operation("replace", "title", "t"))));
     },
     413, ""},
    {"limits.bulk_operations", 5,
     [](Client& client, std::size_t size) {
         return client.send({.method = "POST", .target = "/Bulk", .body = deletions(size, "")});
     },
     413, ""},
    {"limits.bulk_bytes", 3000,
     [](Client& client, std::size_t size) {
         const auto body = deletions(1, "");
         return client.send(
             {.method = "POST", .target = "/Bulk", .body = deletions(1, std::string(size - body.size(), ' '))});
     },
     413, ""},
};

} // namespace

TEST_CASE("every limit of the protocol holds at its key's value: one below and at it served, one beyond refused")
{
    Desk d;
    std::vector<std::string> flags = {"--set", "server.metrics=yes"};
    for (const auto& row : rows) {
        flags.emplace_back("--set");
        flags.push_back(std::string{row.key} + "=" + std::to_string(row.limit));
    }
    d.serve({.flags = flags});
    auto client = d.client();
    const auto users = [&] { return client.get("/Users?count=0").json.at("totalResults").as_int64(); };
    for (const auto& row : rows) {
        INFO(row.key);
        for (const auto size : {row.limit - 1, row.limit}) {
            const auto answer = row.ask(client, size);
            INFO(size << ": " << answer.body);
            CHECK(answer.status < 300);
        }
        const auto before = users();
        const auto answer = row.ask(client, row.limit + 1);
        INFO(answer.body);
        CHECK(answer.status == row.status);
        REQUIRE(answer.is_json);
        const auto* type = answer.json.as_object().if_contains("scimType");
        CHECK((type ? std::string{type->as_string()} : std::string{}) == row.scim_type);
        CHECK(users() - before == (std::string_view{row.key} == "limits.patch_operations" ? 1 : 0));
    }
    const auto page = d.client_of("desk", "").send({.target = "/metrics", .from_root = true}).body;
    INFO(page);
    CHECK_THAT(page, Catch::Contains("rollcall_wire_total{what=\"body_bytes\"} 2\n"));
    CHECK_THAT(page, Catch::Contains("rollcall_refusals_total{scimType=\"invalidSyntax\"} 3\n"));
    CHECK_THAT(page, Catch::Contains("rollcall_refusals_total{scimType=\"invalidValue\"} 5\n"));
    CHECK_THAT(page, Catch::Contains("rollcall_refusals_total{scimType=\"invalidFilter\"} 3\n"));
}

TEST_CASE("RFC 7644 3.7.4: what a Bulk may hold is advertised, and a 413 names the limit that was met")
{
    Desk d;
    d.serve({.flags = {"--set", "limits.bulk_operations=2", "--set", "limits.bulk_bytes=2048"}});
    auto client = d.client();
    const auto bulk = client.get("/ServiceProviderConfig").json.at("bulk");
    CHECK(bulk.at("supported").as_bool());
    CHECK(bulk.at("maxOperations").as_int64() == 2);
    CHECK(bulk.at("maxPayloadSize").as_int64() == 2048);
    const auto detail = [&](std::string body) {
        const auto answer = client.send({.method = "POST", .target = "/Bulk", .body = std::move(body)});
        CHECK(answer.status == 413);
        CHECK(answer.json.at("status").as_string() == "413");
        return std::string{answer.json.at("detail").as_string()};
    };
    CHECK_THAT(detail(deletions(3, "")), Catch::Contains("maxOperations (2)"));
    CHECK_THAT(detail(deletions(1, std::string(2048, ' '))), Catch::Contains("maxPayloadSize (2048"));
}

TEST_CASE("a page holds page_default resources when nothing is asked, never more than page_most, and totals stay true")
{
    Desk d;
    d.serve({.flags = {"--set", "limits.page_default=2", "--set", "limits.page_most=4"}});
    auto client = d.client();
    for (int i = 0; i < 6; ++i) REQUIRE(client.post("/Users", user("u" + std::to_string(i))).status == 201);
    const auto items = [&](const std::string& query) {
        const auto answer = client.get("/Users" + query);
        CHECK(answer.json.at("totalResults").as_int64() == 6);
        return answer.json.at("itemsPerPage").as_int64();
    };
    CHECK(items("") == 2);
    CHECK(items("?count=3") == 3);
    CHECK(items("?count=4") == 4);
    CHECK(items("?count=5") == 4);
    CHECK(client.get("/ServiceProviderConfig").json.at("filter").at("maxResults").as_int64() == 4);
}

TEST_CASE(
    "so many failed authentications a minute are 401, the next is 429, and the valid token is served all the while")
{
    Desk d;
    d.serve({.flags = {"--set", "limits.failed_authentications=3"}});
    auto stranger = d.client_of("desk", "rc_aaaaaaaaaaaa_" + std::string(49, 'A'));
    for (int i = 0; i < 3; ++i) CHECK(stranger.get("/Users?count=0").status == 401);
    const auto refused = stranger.get("/Users?count=0");
    CHECK(refused.status == 429);
    CHECK(refused.header("Retry-After") != nullptr);
    CHECK(d.client().get("/Users?count=0").status == 200);
}
