// Order, pages by cursor, searches by POST and lists across kinds, as a client meets them.
#include "core/base/json.hpp"
#include "scim/testing/desk.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <catch2/catch.hpp>

#include <chrono>

namespace scim {
namespace {

namespace json = boost::json;
using testing::Desk;
using testing::Reply;
using Names = std::vector<std::string>;

std::string text_of(const json::value& value) { return std::string{std::string_view{value.as_string()}}; }

// What the resources of a page are called, in order.
Names names(const Reply& reply)
{
    INFO(reply.text);
    REQUIRE(reply.status == 200);
    Names all;
    for (const auto& each : reply.at("/Resources").as_array()) {
        const auto* const name = each.as_object().if_contains("userName");
        all.push_back(text_of(name != nullptr ? *name : each.at("displayName")));
    }
    return all;
}

void refused(const Reply& reply, std::string_view scim_type)
{
    INFO(reply.text);
    CHECK(reply.status == 400);
    CHECK(reply.scim_type() == scim_type);
}

// bob, Anna and chris, in the order of arrival; two groups.
Desk office(core::Policy policy = {})
{
    Desk desk{std::move(policy)};
    const auto put = [&](const char* path, const char* body) { REQUIRE(desk.post(path, body).status == 201); };
    put("/Users", R"({"userName":"bob","displayName":"Bob","title":"b","emails":[{"value":"z@x"},
                      {"value":"a@x","primary":true}],"externalId":"2"})");
    put("/Users", R"({"userName":"Anna","title":"A","emails":[{"value":"b@x"}],"active":false,
                      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Z"}})");
    put("/Users", R"({"userName":"chris","displayName":"admins","externalId":"1"})");
    if (desk.get("/Groups").status == 404) return desk;
    put("/Groups", R"({"displayName":"Staff","externalId":"3"})");
    put("/Groups", R"({"displayName":"Admins"})");
    return desk;
}

std::string cursor_of(const Reply& reply)
{
    const auto& cursor = reply.at("/nextCursor");
    return cursor.is_string() ? text_of(cursor) : std::string{};
}

// Every page from the first on; `path` ends in "cursor=".
Names walked(const Desk& desk, const std::string& path)
{
    Names all;
    std::string cursor;
    do {
        const auto page = desk.get(path + cursor);
        const auto on_page = names(page);
        all.insert(all.end(), on_page.begin(), on_page.end());
        CHECK(page.body.as_object().if_contains("startIndex") == nullptr);
        cursor = cursor_of(page);
    } while (!cursor.empty() && all.size() < 100);
    return all;
}

TEST_CASE("RFC 7644 3.4.2.3: a list is sorted by what sortBy names")
{
    const Desk desk = office();
    struct Row {
        const char* query;
        Names expected;
    };
    const auto row = GENERATE(values<Row>({
        {"sortBy=userName", {"Anna", "bob", "chris"}},
        {"sortBy=USERNAME&sortOrder=Descending", {"chris", "bob", "Anna"}},
        {"sortBy=urn:ietf:params:scim:schemas:core:2.0:User:userName", {"Anna", "bob", "chris"}},
        {"sortBy=title", {"Anna", "bob", "chris"}},
        {"sortBy=title&sortOrder=descending", {"chris", "bob", "Anna"}},
        {"sortBy=emails", {"bob", "Anna", "chris"}},
        {"sortBy=emails.value&sortOrder=ascending", {"bob", "Anna", "chris"}},
        {"sortBy=externalId", {"chris", "bob", "Anna"}},
        {"sortBy=active", {"Anna", "bob", "chris"}},
        {"sortBy=meta.created&sortOrder=descending", {"chris", "Anna", "bob"}},
        {"sortBy=id", {"bob", "Anna", "chris"}},
        {"sortBy=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", {"Anna", "bob", "chris"}},
        {"sortBy=", {"bob", "Anna", "chris"}},
        {"sortOrder=descending", {"bob", "Anna", "chris"}},
        {"sortBy=userName&startIndex=2&count=1", {"bob"}},
        {"sortBy=userName&filter=active eq true&sortOrder=descending", {"chris", "bob"}},
        {"sortBy=title&filter=userName eq \"bob\" or userName eq \"anna\"", {"Anna", "bob"}},
    }));
    INFO(row.query);
    CHECK(names(desk.get(std::string{"/Users?"} + row.query)) == row.expected);
}

TEST_CASE("what cannot be sorted by is refused with its name's likeness")
{
    const Desk desk = office();
    for (const char* const query :
         {"sortBy=name", "sortBy=addresses", "sortBy=meta", "sortBy=meta.location", "sortBy=nothing", "sortBy=password",
          "sortBy=emails[type eq \"work\"]", "sortBy=groups", "sortBy=userName&sortOrder=up", "sortOrder=up",
          "sortBy=a b", "sortBy=urn:nothing:title"}) {
        INFO(query);
        refused(desk.get(std::string{"/Users?"} + query), "invalidValue");
    }
    CHECK_THAT(desk.get("/Users?sortBy=usrName").detail(), Catch::Contains("did you mean userName?"));
    refused(desk.get("/Groups?sortBy=members"), "invalidValue");
    refused(desk.get("/Groups?sortBy=members.value"), "invalidValue");
    CHECK(names(desk.get("/Groups?sortBy=displayName")) == Names{"Admins", "Staff"});
    CHECK(names(desk.get("/Groups?sortBy=externalId")) == Names{"Staff", "Admins"});
}

TEST_CASE("RFC 9865 2: a walk by cursor visits each resource once, filtered and sorted or not")
{
    const Desk desk = office();
    CHECK(walked(desk, "/Users?count=1&cursor=") == Names{"bob", "Anna", "chris"});
    CHECK(walked(desk, "/Users?count=2&cursor=") == Names{"bob", "Anna", "chris"});
    CHECK(walked(desk, "/Users?count=3&cursor=") == Names{"bob", "Anna", "chris"});
    CHECK(walked(desk, "/Users?count=1&sortBy=title&cursor=") == Names{"Anna", "bob", "chris"});
    CHECK(walked(desk, "/Users?count=1&sortBy=meta.created&sortOrder=descending&cursor=") ==
          Names{"chris", "Anna", "bob"});
    CHECK(walked(desk, "/Users?count=1&filter=title pr&sortBy=userName&cursor=") == Names{"Anna", "bob"});
    CHECK(walked(desk, "/Users?count=1&filter=userName eq \"bob\" or userName eq \"chris\"&cursor=") ==
          Names{"bob", "chris"});
    CHECK(walked(desk, "/Groups?count=1&cursor=") == Names{"Staff", "Admins"});
    CHECK(walked(desk, "/Groups?count=1&sortBy=displayName&cursor=") == Names{"Admins", "Staff"});
    CHECK(walked(desk, "/Users?filter=userName eq \"nobody\"&cursor=").empty());
}

TEST_CASE("a page of a walk tells the total, and the last page has no cursor")
{
    const Desk desk = office();
    const auto first = desk.get("/Users?cursor&count=2&filter=userName pr");
    CHECK(first.total() == 3);
    CHECK(first.at("/itemsPerPage") == 2);
    CHECK(first.at("/schemas/0") == "urn:ietf:params:scim:api:messages:2.0:ListResponse");
    const auto cursor = cursor_of(first);
    REQUIRE_FALSE(cursor.empty());
    CHECK(cursor.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") ==
          cursor.npos); // RFC 3986's unreserved
    const auto last = desk.get("/Users?count=2&filter=userName pr&cursor=" + cursor);
    CHECK(last.total() == 3);
    CHECK(last.at("/itemsPerPage") == 1);
    CHECK(cursor_of(last).empty());
    const auto none = desk.get("/Users?cursor=&count=0");
    CHECK(none.total() == 3);
    CHECK(none.at("/Resources") == json::array{});
    CHECK(cursor_of(none).empty());
    CHECK(desk.get("/Users?cursor=&count=-1").at("/itemsPerPage") == 0);
    CHECK(cursor_of(desk.get("/Users?count=1")).empty()); // index is the default
    CHECK(desk.get("/Users?cursor=&count=1000").at("/itemsPerPage") == 3);
}

TEST_CASE("a cursor is good for its own list only")
{
    const Desk desk = office();
    const std::string query = "/Users?count=1&filter=userName pr&sortBy=userName&cursor=";
    const auto cursor = cursor_of(desk.get(query));
    REQUIRE(names(desk.get(query + cursor)) == Names{"bob"});
    CHECK(names(desk.get("/Users?count=1&filter=USERNAME  pr&sortBy=username&cursor=" + cursor)) == Names{"bob"});
    for (const std::string other :
         {"/Users?count=1&filter=userName pr&cursor=", "/Users?count=1&sortBy=userName&cursor=",
          "/Users?count=1&filter=title pr&sortBy=userName&cursor=",
          "/Users?count=1&filter=userName pr&sortBy=title&cursor=",
          "/Users?count=1&filter=userName pr&sortBy=userName&sortOrder=descending&cursor=", "/Groups?count=1&cursor=",
          "/?count=1&filter=userName pr&sortBy=userName&cursor="})
        refused(desk.get(other + cursor), "invalidCursor");
    Desk neighbour = desk.neighbour("fabrikam");
    REQUIRE(neighbour.post("/Users", R"({"userName":"other"})").status == 201);
    refused(neighbour.get(query + cursor), "invalidCursor");
    CHECK(cursor_of(desk.get(query)).find("Anna") == std::string::npos);
}

TEST_CASE("forged cursors are refused, each in the same words")
{
    const Desk desk = office();
    const auto cursor = cursor_of(desk.get("/Users?count=1&cursor="));
    std::string words;
    for (std::size_t i = 0; i < cursor.size(); ++i) {
        std::string forged = cursor;
        forged[i] = forged[i] == 'A' ? 'B' : 'A';
        const auto reply = desk.get("/Users?count=1&cursor=" + forged);
        refused(reply, "invalidCursor");
        const auto detail = reply.detail().substr(0, reply.detail().find('('));
        CHECK((words.empty() || words == detail));
        words = detail;
    }
    for (const char* const forged : {"x", "AAAA", "1", "../../etc", "%00", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})
        refused(desk.get(std::string{"/Users?count=1&cursor="} + forged), "invalidCursor");
    refused(desk.get("/Users?count=1&cursor=" + cursor + "A"), "invalidCursor");
    refused(desk.get("/Users?count=1&cursor=" + cursor.substr(1)), "invalidCursor");
}

TEST_CASE("a cursor expires, and not a moment earlier")
{
    const Desk desk = office();
    CHECK(desk.get("/ServiceProviderConfig").at("/pagination/cursorTimeout") == 3600);
    const auto cursor = cursor_of(desk.get("/Users?count=1&cursor="));
    desk.clock().tick(std::chrono::seconds{3598}); // the request takes one more
    CHECK(names(desk.get("/Users?count=1&cursor=" + cursor)) == Names{"Anna"});
    refused(desk.get("/Users?count=1&cursor=" + cursor), "expiredCursor");
}

TEST_CASE("count and cursor: no number, another number, and startIndex beside it are refused")
{
    const Desk desk = office();
    refused(desk.get("/Users?cursor=&count=x"), "invalidCount");
    refused(desk.get("/Users?cursor=&count="), "invalidCount");
    refused(desk.get("/Users?count=x"), "invalidValue");
    const auto cursor = cursor_of(desk.get("/Users?count=1&cursor="));
    refused(desk.get("/Users?count=2&cursor=" + cursor), "invalidCount");
    refused(desk.get("/Users?cursor=" + cursor), "invalidCount");
    refused(desk.get("/Users?cursor=&startIndex=1"), "invalidValue");
}

TEST_CASE("what is deleted during a walk leaves no gap, and the place of a deleted user stays one")
{
    const Desk desk = office();
    const auto first = desk.get("/Users?count=1&sortBy=userName&cursor=");
    REQUIRE(names(first) == Names{"Anna"});
    REQUIRE(desk.del("/Users/" + text_of(first.at("/Resources/0/id"))).status == 204);
    REQUIRE(desk.post("/Users", R"({"userName":"aaron"})").status == 201);
    REQUIRE(desk.post("/Users", R"({"userName":"bert"})").status == 201);
    const auto cursor = cursor_of(first);
    CHECK(names(desk.get("/Users?count=1&sortBy=userName&cursor=" + cursor)) == Names{"bert"});
}

constexpr const char* search_urn = R"("schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"])";
std::string search(const std::string& more = {}) { return std::string{"{"} + search_urn + more + "}"; }

TEST_CASE("RFC 7644 3.4.3: POST to .search is a list with its parameters in the body")
{
    const Desk desk = office();
    CHECK(names(desk.post("/Users/.search", search())) == Names{"bob", "Anna", "chris"});
    const auto shown =
        desk.post("/Users/.search", search(R"(,"FILTER":"title pr","sortBy":"title","sortOrder":"descending",
                                            "startIndex":1,"count":1,"attributes":["userName","title"],"unknown":{})"));
    CHECK(names(shown) == Names{"bob"});
    CHECK(shown.total() == 2);
    CHECK(shown.at("/startIndex") == 1);
    CHECK(shown.at("/Resources/0").as_object().size() == 4); // schemas, id and the two
    CHECK_FALSE(desk.post("/Users/.search", search(R"(,"excludedAttributes":["title","emails"])"))
                    .at("/Resources/0")
                    .as_object()
                    .contains("title"));
    CHECK(names(desk.post("/Groups/.search", search(R"(,"sortBy":"displayName")"))) == Names{"Admins", "Staff"});
    CHECK(names(desk.post("/Users/.search?filter=userName eq \"x\"", search())).size() == 3);
    CHECK(shown.lane == Lane::scan);
}

TEST_CASE("a search walks by cursor, and its cursors are those of the list")
{
    const Desk desk = office();
    const auto first = desk.post("/Users/.search", search(R"(,"cursor":"","count":2,"filter":"userName pr")"));
    CHECK(names(first) == Names{"bob", "Anna"});
    const auto cursor = cursor_of(first);
    CHECK(names(desk.post("/Users/.search", search(R"(,"count":2,"filter":"userName pr","cursor":")" + cursor +
                                                   "\""))) == Names{"chris"});
    CHECK(names(desk.get("/Users?count=2&filter=userName pr&cursor=" + cursor)) == Names{"chris"});
    refused(desk.post("/Users/.search", search(R"(,"count":2,"cursor":")" + cursor + "\"")), "invalidCursor");
}

TEST_CASE("a search's body is checked: its schema, its types, its names once")
{
    const Desk desk = office();
    for (const char* const path : {"/.search", "/Users/.search", "/Groups/.search"}) {
        INFO(path);
        refused(desk.post(path, ""), "invalidSyntax");
        refused(desk.post(path, "{"), "invalidSyntax");
        refused(desk.post(path, "[]"), "invalidSyntax");
        refused(desk.post(path, "{}"), "invalidSyntax");
        refused(desk.post(path, R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]})"), "invalidSyntax");
        refused(desk.post(path, R"({"schemas":"urn:ietf:params:scim:api:messages:2.0:SearchRequest"})"),
                "invalidSyntax");
        refused(desk.post(path, search(R"(,"filter":"id pr","Filter":"id pr")")), "invalidSyntax");
        refused(desk.post(path, search(R"(,"filter":"title")")), "invalidFilter");
        refused(desk.post(path, search(R"(,"filter":["id pr"])")), "invalidValue");
        refused(desk.post(path, search(R"(,"sortBy":1)")), "invalidValue");
        refused(desk.post(path, search(R"(,"startIndex":"1")")), "invalidValue");
        refused(desk.post(path, search(R"(,"startIndex":1.5)")), "invalidValue");
        refused(desk.post(path, search(R"(,"attributes":[1])")), "invalidValue");
        refused(desk.post(path, search(R"(,"attributes":{})")), "invalidValue");
        refused(desk.post(path, search(R"(,"count":"1")")), "invalidCount");
        refused(desk.post(path, search(R"(,"cursor":1)")), "invalidValue");
    }
}

TEST_CASE("RFC 7644 3.4.2.1: the base address lists users and groups together")
{
    const Desk desk = office();
    CHECK(names(desk.get("/")) == Names{"bob", "Anna", "chris", "Staff", "Admins"});
    struct Row {
        const char* query;
        Names expected;
        std::int64_t total;
    };
    const auto row = GENERATE(values<Row>({
        {"count=2", {"bob", "Anna"}, 5},
        {"startIndex=3&count=2", {"chris", "Staff"}, 5},
        {"startIndex=5&count=2", {"Admins"}, 5},
        {"startIndex=6&count=2", {}, 5},
        {"count=0", {}, 5},
        {"filter=meta.resourceType eq \"User\"", {"bob", "Anna", "chris"}, 3},
        {"filter=meta.resourceType eq \"Group\"&count=1", {"Staff"}, 2},
        {"filter=externalId pr", {"bob", "chris", "Staff"}, 3},
        {"filter=userName sw \"b\" or displayName eq \"staff\"", {"bob", "Staff"}, 2},
        {"filter=userName eq \"bob\"", {"bob"}, 1},
        {"filter=not (userName pr)", {"Staff", "Admins"}, 2},
        {"filter=userName ne \"bob\"", {"Anna", "chris", "Staff", "Admins"}, 4},
        {"filter=members pr", {}, 0},
        {"filter=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq \"z\"", {"Anna"}, 1},
        {"sortBy=displayName", {"chris", "Admins", "bob", "Staff", "Anna"}, 5},
        {"sortBy=displayName&sortOrder=descending", {"Anna", "Staff", "bob", "Admins", "chris"}, 5},
        {"sortBy=displayName&startIndex=2&count=2", {"Admins", "bob"}, 5},
        {"sortBy=externalId&count=3", {"chris", "bob", "Staff"}, 5},
        {"sortBy=userName", {"Anna", "bob", "chris", "Staff", "Admins"}, 5},
    }));
    INFO(row.query);
    const auto page = desk.get(std::string{"/?"} + row.query);
    CHECK(names(page) == row.expected);
    CHECK(page.total() == row.total);
    const std::string query = row.query;
    if (query.find("startIndex") != query.npos || query.find("count") != query.npos) return;
    for (const char* const size : {"1", "2", "3", "7"}) // the walk is the same list
        CHECK(walked(desk, "/?" + query + "&count=" + size + "&cursor=") == row.expected);
}

TEST_CASE("a search at the root has the same meaning, and the same refusals")
{
    const Desk desk = office();
    CHECK(names(desk.post("/.search", search(R"(,"sortBy":"displayName","count":2)"))) == Names{"chris", "Admins"});
    CHECK(walked(desk, "/?count=2&cursor=") == Names{"bob", "Anna", "chris", "Staff", "Admins"});
    refused(desk.get("/?filter=nothing eq \"x\""), "invalidFilter");
    refused(desk.get("/?filter=members.type eq \"User\""), "invalidFilter");
    refused(desk.get("/?sortBy=nothing"), "invalidValue");
    refused(desk.get("/?sortBy=members"), "invalidValue");
    refused(desk.get("/?sortBy=displayName&startIndex=10002&count=1"), "tooMany");
    CHECK(desk.get("/?sortBy=displayName&startIndex=10000&count=1").status == 200);
    CHECK(desk.get("/?startIndex=10002").status == 200);
    const auto shown = desk.get("/?attributes=userName,displayName&count=5");
    CHECK(shown.at("/Resources/0").as_object().size() == 4);
    CHECK(shown.at("/Resources/3").as_object().size() == 3);
}

TEST_CASE("where groups are switched off, the base address lists users alone")
{
    core::Policy policy;
    policy.groups = false;
    const Desk desk = office(policy);
    CHECK(names(desk.get("/")) == Names{"bob", "Anna", "chris"});
    CHECK(walked(desk, "/?count=2&sortBy=userName&cursor=") == Names{"Anna", "bob", "chris"});
    CHECK(desk.get("/").total() == 3);
    refused(desk.get("/?filter=members pr"), "invalidFilter");
    CHECK(desk.post("/Groups/.search", search()).status == 404);
}

} // namespace
} // namespace scim
