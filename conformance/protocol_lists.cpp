// Lists in an order, by cursor, asked for by POST, and across kinds.
#include "conformance/protocol_checks.hpp"

#include <fmt/format.h>

#include <set>

namespace conformance {
namespace {

constexpr const char* ordering = "RFC 7644 3.4.2.3";
constexpr const char* walking = "RFC 9865 2";
constexpr const char* searching = "RFC 7644 3.4.3";
constexpr const char* search_urn = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

std::string of_this_check(const Context& c) { return fmt::format(R"(userName sw "{}")", c.tag()); }
std::string in_scope(const Context& c) { return query_escape(of_this_check(c)); }

// The list in exactly this order.
void in_order(Context& c, const Answer& answer, const std::vector<std::string>& ids)
{
    c.lists(answer, ids);
    for (std::size_t i = 0; i < ids.size(); ++i)
        c.same(answer.json, fmt::format("/Resources/{}/id", i), boost::json::string(ids[i]));
}

std::string walk_query(const Context& c, std::string_view cursor)
{
    return fmt::format("/Users?count=2&cursor={}&filter={}", cursor, in_scope(c));
}

Json search_message(const Context& c, std::string_view more = "")
{
    return body(
        fmt::format(R"({{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"$1"{}}})", more),
        of_this_check(c));
}

// Servers need not have it (RFC 7644 3.4.3 is a MAY).
Answer searched(Context& c, const std::string& path, const Json& message)
{
    const auto answer = c.post(path, message);
    if (answer.status == 404 || answer.status == 405 || answer.status == 501)
        c.skip("the server does not search by POST");
    return answer;
}

constexpr Row rows[] = {
    {"sort-absent", "what has no value comes last, and first when descending", ordering, filtering | sorting,
     [](Context& c) {
         const auto none = c.make_user();
         const auto some = c.make_user(body(R"({"nickName":"n"})"));
         in_order(c, c.get("/Users?sortBy=nickName&filter=" + in_scope(c)), {some.id, none.id});
         in_order(c, c.get("/Users?sortBy=nickName&sortOrder=descending&filter=" + in_scope(c)), {none.id, some.id});
     }},
    {"sort-primary", "a multi-valued attribute is sorted by its primary value", ordering, filtering | sorting,
     [](Context& c) {
         const auto b = c.make_user(body(R"({"emails":[{"type":"work","value":"a@x.example"},
                                {"type":"home","value":"c@x.example","primary":true}]})"));
         const auto a = c.make_user(body(R"({"emails":[{"type":"work","value":"b@x.example","primary":true}]})"));
         in_order(c, c.get("/Users?sortBy=emails.value&filter=" + in_scope(c)), {a.id, b.id});
     }},
    {"sort-pages", "pages of a sorted list put together are the list", ordering, filtering | sorting,
     [](Context& c) {
         std::vector<std::string> ids;
         for (const char* name : {"d", "b", "a", "c"})
             ids.push_back(c.make_user(body(R"({"nickName":"$1"})", name)).id);
         const auto page = [&](int start) {
             return c.get(fmt::format("/Users?sortBy=nickName&startIndex={}&count=2&filter={}", start, in_scope(c)));
         };
         c.same(page(1).json, "/Resources/0/id", boost::json::string(ids[2]));
         c.same(page(1).json, "/Resources/1/id", boost::json::string(ids[1]));
         c.same(page(3).json, "/Resources/0/id", boost::json::string(ids[3]));
         c.same(page(3).json, "/Resources/1/id", boost::json::string(ids[0]));
     }},
    {"sort-unknown", "sortBy of what does not exist is refused", "RFC 7644 3.12", sorting,
     [](Context& c) { c.refused(c.get("/Users?sortBy=noSuchAttribute"), 400); }},
    {"cursor-config", "pagination says what there is", "RFC 9865 4", cursors,
     [](Context& c) {
         const auto config = c.read("/ServiceProviderConfig");
         for (const char* const name : {"/pagination/cursor", "/pagination/index"}) {
             const auto* value = at(config, name);
             c.expect(value != nullptr && value->is_bool(), fmt::format("{} as a boolean", name), short_text(config));
         }
         const auto method = text_at(config, "/pagination/defaultPaginationMethod");
         c.expect(method.empty() || method == "cursor" || method == "index", "cursor or index", method);
     }},
    {"cursor-walk", "a walk by cursor visits each resource once", walking, filtering | cursors,
     [](Context& c) {
         std::set<std::string> all;
         for (int i = 0; i < 5; ++i) all.insert(c.make_user().id);
         std::set<std::string> seen;
         std::string cursor;
         for (int page = 0; page < 6; ++page) {
             const auto answer = c.get(walk_query(c, cursor));
             const auto& users = c.listed(answer);
             c.expect(users.size() <= 2, "no more than count", short_text(answer.json));
             for (const auto& user : users)
                 c.expect(seen.insert(text_at(user, "/id")).second, "no user on two pages", short_text(user));
             cursor = text_at(answer.json, "/nextCursor");
             c.expect(cursor.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") ==
                          cursor.npos,
                      "unreserved characters", cursor);
             if (cursor.empty()) break;
         }
         c.expect(cursor.empty(), "a last page without nextCursor", cursor);
         c.expect(seen == all, "every user on one page", fmt::format("{} of {}", seen.size(), all.size()));
     }},
    {"cursor-forged", "a cursor that was not given is invalidCursor", "RFC 9865 2.1", filtering | cursors,
     [](Context& c) { c.refused(c.get(walk_query(c, "not-one-of-yours")), 400, "invalidCursor"); }},
    {"cursor-count-zero", "count=0 with a cursor returns the number alone", walking, filtering | cursors,
     [](Context& c) {
         c.make_user();
         const auto answer = c.get("/Users?cursor=&count=0&filter=" + in_scope(c));
         c.expect(c.listed(answer).empty(), "no resources", short_text(answer.json));
     }},
    {"search-post", "POST to .search is the list with its parameters in the body", searching, filtering,
     [](Context& c) {
         const auto a = c.make_user();
         const auto b = c.make_user();
         c.lists(searched(c, "/Users/.search", search_message(c)), {a.id, b.id});
         const auto one = searched(c, "/Users/.search", search_message(c, R"(,"startIndex":2,"count":1)"));
         c.same(one.json, "/totalResults", 2);
         c.expect(c.listed(one).size() == 1, "one user", short_text(one.json));
     }},
    {"search-attributes", "attributes of a search are a list of names", searching, filtering,
     [](Context& c) {
         c.make_user(body(R"({"title":"t","nickName":"n"})"));
         const auto answer = searched(c, "/Users/.search", search_message(c, R"(,"attributes":["title"])"));
         c.same(answer.json, "/Resources/0/title", "t");
         c.absent(answer.json, "/Resources/0/nickName");
     }},
    {"search-schema", "a search that does not say so is refused", searching, filtering,
     [](Context& c) {
         searched(c, "/Users/.search", search_message(c));
         c.refused(c.post("/Users/.search", body(R"({"filter":"$1"})", of_this_check(c))), 400,
                   "invalidSyntax|invalidValue");
     }},
    {"search-root", "a search at the root is across kinds of resources", searching, filtering,
     [](Context& c) {
         const auto user = c.make_user();
         c.make_user();
         const auto message = body(R"({"schemas":["$1"],"filter":"id eq \"$2\""})", search_urn, user.id);
         c.lists(searched(c, "/.search", message), {user.id});
     }},
};

} // namespace

Checks list_checks()
{
    Checks checks;
    append(checks, rows);
    return checks;
}

} // namespace conformance
