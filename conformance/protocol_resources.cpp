#include "conformance/protocol_checks.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace conformance {
namespace {

constexpr const char* creating = "RFC 7644 3.3";
constexpr const char* users_groups = "RFC 7643 4.1.2";
constexpr const char* replacing = "RFC 7644 3.5.1";
constexpr const char* projecting = "RFC 7644 3.9";
constexpr const char* paging = "RFC 7644 3.4.2.4";
constexpr const char* versioning = "RFC 7644 3.14";

Json plain_user(Context& c) { return body(R"({"schemas":["$1"],"userName":"$2"})", user_urn, c.address("user")); }

Made rich_user(Context& c)
{
    return c.make_user(body(
        R"({"displayName":"Åsa \"the\" Öberg 木","title":"Clerk","nickName":"Å","preferredLanguage":"sv-SE",
            "name":{"formatted":"Åsa Öberg","familyName":"Öberg","givenName":"Åsa"},
            "emails":[{"type":"work","value":"work@$1.example","primary":true},{"type":"home","value":"h@$1.example"}],
            "phoneNumbers":[{"type":"mobile","value":"+46 (70) 123-45 67"}],
            "$2":{"employeeNumber":"0042","department":"Sales"}})",
        c.tag(), enterprise_urn));
}

std::string urn_path(std::string_view rest) { return fmt::format("/{}{}", enterprise_urn, rest); }

std::set<std::string> names_of(const Json& resource)
{
    std::set<std::string> names;
    if (const auto* object = resource.if_object()) {
        for (const auto& member : *object) names.insert(std::string(member.key()));
    }
    return names;
}

// `resource` has these members, and beyond them nothing but what is always there.
void only(Context& c, const Json& resource, const std::set<std::string>& wanted)
{
    auto names = names_of(resource);
    for (const auto& name : wanted) {
        c.expect(names.count(name) == 1, "the attribute " + name, short_text(resource));
        names.erase(name);
    }
    for (const char* allowed : {"schemas", "id", "meta"}) names.erase(allowed);
    c.expect(names.empty(), "no other attributes", short_text(resource));
    c.expect(!text_at(resource, "/id").empty(), "id, which is always returned", short_text(resource));
}

std::string in_scope(const Context& c) { return query_escape(fmt::format(R"(userName sw "{}")", c.tag())); }

std::string etag_of(Context& c, const std::string& path)
{
    const auto answer = c.get(path);
    c.status(answer, {200});
    const auto* tag = answer.header("etag");
    c.expect(tag != nullptr, "an ETag field", "none");
    return *tag;
}

Answer conditional(Context& c, const char* method, const std::string& path, const char* field, const std::string& tag,
                   const Json& json = nullptr)
{
    Request request{.method = method, .target = path, .headers = {{field, tag}}};
    if (!json.is_null()) {
        request.headers.push_back({"Content-Type", "application/scim+json"});
        request.body = boost::json::serialize(json);
    }
    return c.send(std::move(request));
}

Json title_patch() { return patch_of(R"({"op":"replace","path":"title","value":"Chief"})"); }

constexpr const char* other_version = "W/\"no-such-version\"";

constexpr Row rows[] = {
    // --- create and read
    {"create", "POST is 201 with the resource and its id", creating, nothing,
     [](Context& c) {
         const auto user = plain_user(c);
         const auto answer = c.post("/Users", user);
         c.status(answer, {201});
         c.same(answer.json, "/userName", *at(user, "/userName"));
         c.expect(!text_at(answer.json, "/id").empty(), "an id", short_text(answer.json));
         c.same(answer.json, "/schemas/0", boost::json::string(user_urn));
     }},
    {"create-location", "Location and meta.location name the new resource, absolutely", creating, nothing,
     [](Context& c) {
         const auto answer = c.post("/Users", plain_user(c));
         c.status(answer, {201});
         const auto* location = answer.header("location");
         c.expect(location != nullptr, "a Location field", "none");
         c.same(answer.json, "/meta/location", boost::json::string(*location));
         c.expect(location->starts_with("http") && location->ends_with("/Users/" + text_at(answer.json, "/id")),
                  "an URL that ends in /Users/{id}", *location);
     }},
    {"create-meta", "meta has resourceType, created and lastModified", "RFC 7643 3.1", nothing,
     [](Context& c) {
         const auto user = c.read(c.make_user().path);
         c.same(user, "/meta/resourceType", "User");
         c.expect(text_at(user, "/meta/created").size() >= 20, "created as a time", short_text(user));
         c.same(user, "/meta/lastModified", *at(user, "/meta/created"));
     }},
    {"create-read", "GET by id returns what POST returned", "RFC 7644 3.4.1", nothing,
     [](Context& c) {
         const auto user = rich_user(c);
         c.expect(c.read(user.path) == user.json, "the same: " + short_text(user.json), short_text(c.read(user.path)));
     }},
    {"create-values", "values come back as they were sent", "RFC 7643 2.1", nothing,
     [](Context& c) {
         const auto user = c.read(rich_user(c).path);
         c.same(user, "/displayName", "Åsa \"the\" Öberg 木");
         c.same(user, "/phoneNumbers/0/value", "+46 (70) 123-45 67");
         c.same(user, "/name/familyName", "Öberg");
         c.same(user, "/emails[type=work]/primary", true);
         c.same(user, "/preferredLanguage", "sv-SE");
     }},
    {"create-extension", "an extension's attributes are kept, and its URN is in schemas", "RFC 7643 3.3, 4.3", nothing,
     [](Context& c) {
         const auto user = c.read(rich_user(c).path);
         c.same(user, urn_path("/employeeNumber"), "0042");
         c.same(user, urn_path("/department"), "Sales");
         const auto* schemas = at(user, "/schemas");
         c.expect(schemas != nullptr && short_text(*schemas).find(enterprise_urn) != std::string::npos,
                  "the extension's URN in schemas", short_text(user));
     }},
    {"create-own-id", "a client's id is ignored", "RFC 7643 3.1", nothing,
     [](Context& c) {
         const auto user = c.make_user(body(R"({"id":"$1"})", c.unique("mine")));
         c.expect(user.id.find(c.tag()) == std::string::npos, "an id of the server's", user.id);
     }},
    {"create-own-meta", "a client's meta is ignored", "RFC 7643 3.1", nothing,
     [](Context& c) {
         const auto user =
             c.make_user(body(R"({"meta":{"resourceType":"Cat","created":"1999-01-01T00:00:00Z","version":"x"}})"));
         c.same(user.json, "/meta/resourceType", "User");
         c.expect(!text_at(user.json, "/meta/created").starts_with("1999"), "the server's time",
                  short_text(user.json));
     }},
    {"create-two-ids", "every resource has its own id", "RFC 7643 3.1", nothing,
     [](Context& c) { c.expect(c.make_user().id != c.make_user().id, "two ids", "the same id twice"); }},
    {"create-no-username", "a user without userName is refused", "RFC 7643 4.1.1, RFC 7644 3.12", nothing,
     [](Context& c) {
         c.refused(c.post("/Users", body(R"({"schemas":["$1"],"displayName":"x"})", user_urn)), 400, "invalidValue");
     }},
    {"create-empty-username", "an empty userName is refused", "RFC 7643 4.1.1", nothing,
     [](Context& c) {
         c.refused(c.post("/Users", body(R"({"schemas":["$1"],"userName":""})", user_urn)), 400, "invalidValue");
     }},
    {"create-username-type", "a userName that is no text is refused", "RFC 7644 3.12", nothing,
     [](Context& c) {
         c.refused(c.post("/Users", body(R"({"schemas":["$1"],"userName":42})", user_urn)), 400,
                   "invalidValue|invalidSyntax");
     }},
    {"create-active-type", "an active that is no boolean is refused", "RFC 7644 3.12", nothing,
     [](Context& c) {
         c.refused(c.post("/Users",
                          body(R"({"schemas":["$1"],"userName":"$2","active":"maybe"})", user_urn, c.address("u"))),
                   400, "invalidValue|invalidSyntax");
     }},
    {"create-emails-type", "emails that are no list are refused", "RFC 7644 3.12", nothing,
     [](Context& c) {
         c.refused(c.post("/Users", body(R"({"schemas":["$1"],"userName":"$2","emails":7})", user_urn, c.address("u"))),
                   400, "invalidValue|invalidSyntax");
     }},
    {"create-duplicate", "a userName that somebody has is 409 uniqueness", creating, nothing,
     [](Context& c) {
         const auto user = plain_user(c);
         c.status(c.post("/Users", user), {201});
         c.refused(c.post("/Users", user), 409, "uniqueness");
     }},
    {"create-duplicate-case", "the same userName in another case is the same", "RFC 7643 4.1.1", nothing,
     [](Context& c) {
         const auto user = c.make_user();
         c.refused(c.post("/Users", body(R"({"schemas":["$1"],"userName":"$2"})", user_urn, upper(user.name))), 409,
                   "uniqueness");
     }},
    {"create-name-case", "attribute names in any case mean the same", "RFC 7643 2.1", nothing,
     [](Context& c) {
         const auto user = c.make_user(body(R"({"DISPLAYNAME":"Any","Name":{"FamilyName":"Berg"}})"));
         c.same(c.read(user.path), "/displayName", "Any");
         c.same(c.read(user.path), "/name/familyName", "Berg");
     }},
    {"create-null", "null and an empty list mean no value", "RFC 7643 2.5", nothing,
     [](Context& c) {
         const auto user = c.read(c.make_user(body(R"({"title":null,"emails":[]})")).path);
         c.empty(user, "/title");
         c.empty(user, "/emails");
     }},
    {"create-password", "a password is never returned", "RFC 7643 4.1.1", nothing,
     [](Context& c) {
         const auto answer = c.post("/Users", body(R"({"schemas":["$1"],"userName":"$2","password":"t1meMa$heen"})",
                                                   user_urn, c.address("u")));
         c.status(answer, {201, 400});
         c.expect(answer.body.find("t1meMa$heen") == std::string::npos, "no password in the answer", answer.body);
         if (answer.status == 201) {
             c.absent(c.read("/Users/" + text_at(answer.json, "/id") + "?attributes=password"), "/password");
         }
     }},
    {"create-inactive", "a user may be created inactive", "RFC 7643 4.1.1", nothing,
     [](Context& c) { c.same(c.read(c.make_user(body(R"({"active":false})")).path), "/active", false); }},
    {"create-unknown-attribute", "an unknown attribute is ignored or refused, never stored", "RFC 7643 2.1", nothing,
     [](Context& c) {
         auto user = plain_user(c);
         user.as_object()["adreses"] = "x";
         const auto answer = c.post("/Users", user);
         c.status(answer, {201, 400});
         if (answer.status == 201) c.absent(answer.json, "/adreses");
     }},
    {"list", "GET /Users is a list", "RFC 7644 3.4.2", nothing,
     [](Context& c) {
         const auto user = c.make_user();
         const auto answer = c.get("/Users");
         c.expect(!c.listed(answer).empty(), "users in the list", short_text(answer.json));
     }},
    {"list-whole", "a list holds whole resources", "RFC 7644 3.4.2", filtering,
     [](Context& c) {
         const auto user = rich_user(c);
         const auto answer = c.list("Users", fmt::format(R"(userName eq "{}")", user.name));
         c.lists(answer, {user.id});
         c.expect(*at(answer.json, "/Resources/0") == c.read(user.path), "the same as GET by id",
                  short_text(answer.json));
     }},
    // --- replace
    {"replace", "PUT replaces the attributes", replacing, nothing,
     [](Context& c) {
         const auto user = rich_user(c);
         const auto answer =
             c.put(user.path, body(R"({"schemas":["$1"],"userName":"$2","displayName":"New"})", user_urn, user.name));
         c.status(answer, {200});
         c.same(answer.json, "/displayName", "New");
         c.same(answer.json, "/id", boost::json::string(user.id));
         c.expect(c.read(user.path) == answer.json, "GET to return the same", short_text(c.read(user.path)));
     }},
    {"replace-drops", "PUT drops what it does not name", replacing, nothing,
     [](Context& c) {
         const auto user = rich_user(c);
         c.status(c.put(user.path, body(R"({"schemas":["$1"],"userName":"$2"})", user_urn, user.name)), {200});
         const auto now = c.read(user.path);
         c.empty(now, "/title");
         c.empty(now, "/emails");
         c.empty(now, "/name");
         c.empty(now, urn_path(""));
     }},
    {"replace-created", "PUT keeps created and moves lastModified", "RFC 7643 3.1", nothing,
     [](Context& c) {
         const auto user = rich_user(c);
         c.status(c.put(user.path, body(R"({"schemas":["$1"],"userName":"$2"})", user_urn, user.name)), {200});
         const auto now = c.read(user.path);
         c.same(now, "/meta/created", *at(user.json, "/meta/created"));
         c.expect(text_at(now, "/meta/lastModified") >= text_at(user.json, "/meta/lastModified"),
                  "lastModified not before what it was", short_text(now));
     }},
    {"replace-own-id", "an id in the body of PUT changes nothing", replacing, nothing,
     [](Context& c) {
         const auto user = c.make_user();
         const auto answer = c.put(
             user.path, body(R"({"schemas":["$1"],"userName":"$2","id":"other","meta":{"resourceType":"Cat"}})", user_urn,
                             user.name));
         c.status(answer, {200, 400});
         const auto now = c.read(user.path);
         c.same(now, "/id", boost::json::string(user.id));
         c.same(now, "/meta/resourceType", "User");
     }},
    {"replace-rename", "PUT may change the userName", replacing, filtering,
     [](Context& c) {
         const auto user = c.make_user();
         const auto name = c.address("renamed");
         c.status(c.put(user.path, body(R"({"schemas":["$1"],"userName":"$2"})", user_urn, name)), {200});
         c.finds("Users", fmt::format(R"(userName eq "{}")", name), {user.id});
         c.finds("Users", fmt::format(R"(userName eq "{}")", user.name), {});
     }},
    {"replace-taken", "PUT to a userName that somebody has is 409", replacing, nothing,
     [](Context& c) {
         const auto user = c.make_user();
         const auto other = c.make_user();
         c.refused(c.put(user.path, body(R"({"schemas":["$1"],"userName":"$2"})", user_urn, other.name)), 409,
                   "uniqueness");
         c.same(c.read(user.path), "/userName", boost::json::string(user.name));
     }},
    {"replace-no-username", "PUT without userName is refused", replacing, nothing,
     [](Context& c) {
         c.refused(c.put(c.make_user().path, body(R"({"schemas":["$1"],"displayName":"x"})", user_urn)), 400,
                   "invalidValue");
     }},
    {"replace-unknown", "PUT of an unknown id is 404, and makes nothing", replacing, nothing,
     [](Context& c) {
         const auto path = "/Users/" + c.unique("nobody");
         c.refused(c.put(path, plain_user(c)), 404);
         c.status(c.get(path), {404});
     }},
    // --- delete
    {"delete", "DELETE is 204 without a body, then 404", "RFC 7644 3.6", nothing,
     [](Context& c) {
         const auto user = c.make_user();
         const auto answer = c.remove(user.path);
         c.status(answer, {204});
         c.expect(answer.body.empty(), "no body", answer.body);
         c.refused(c.get(user.path), 404);
     }},
    {"delete-list", "a deleted user is in no list", "RFC 7644 3.6", filtering,
     [](Context& c) {
         const auto user = c.make_user();
         c.status(c.remove(user.path), {204});
         c.finds("Users", fmt::format(R"(userName eq "{}")", user.name), {});
     }},
    {"delete-twice", "every operation on a deleted user is 404", "RFC 7644 3.6", patching,
     [](Context& c) {
         const auto user = c.make_user();
         c.status(c.remove(user.path), {204});
         c.refused(c.remove(user.path), 404);
         c.refused(c.patch(user.path, title_patch()), 404);
         c.refused(c.put(user.path, plain_user(c)), 404);
     }},
    {"delete-name-free", "the name of a deleted user is free", "RFC 7644 3.6", nothing,
     [](Context& c) {
         const auto user = c.make_user();
         c.status(c.remove(user.path), {204});
         const auto next = c.make_user(body(R"({"userName":"$1"})", user.name));
         c.expect(next.id != user.id, "a new id", next.id);
     }},
    // --- projection
    {"attributes", "attributes chooses what is returned", projecting, nothing,
     [](Context& c) { only(c, c.read(rich_user(c).path + "?attributes=userName"), {"userName"}); }},
    {"attributes-several", "attributes takes several names", projecting, nothing,
     [](Context& c) { only(c, c.read(rich_user(c).path + "?attributes=userName,title"), {"userName", "title"}); }},
    {"attributes-sub", "attributes takes a sub-attribute", projecting, nothing,
     [](Context& c) {
         const auto user = c.read(rich_user(c).path + "?attributes=name.givenName");
         only(c, user, {"name"});
         c.same(user, "/name/givenName", "Åsa");
         c.absent(user, "/name/familyName");
     }},
    {"attributes-multi-sub", "attributes takes a sub-attribute of every element", projecting, nothing,
     [](Context& c) {
         const auto user = c.read(rich_user(c).path + "?attributes=emails.value");
         only(c, user, {"emails"});
         c.expect(at(user, "/emails/1/value") != nullptr, "both values", short_text(user));
         c.absent(user, "/emails/0/type");
     }},
    {"attributes-case", "names in any case", "RFC 7643 2.1, RFC 7644 3.10", nothing,
     [](Context& c) { only(c, c.read(rich_user(c).path + "?attributes=DISPLAYNAME"), {"displayName"}); }},
    {"attributes-urn", "attributes takes an extension's attribute", "RFC 7644 3.10", nothing,
     [](Context& c) {
         const auto user = c.read(rich_user(c).path + fmt::format("?attributes={}:department", enterprise_urn));
         only(c, user, {std::string(enterprise_urn)});
         c.same(user, urn_path("/department"), "Sales");
         c.absent(user, urn_path("/employeeNumber"));
     }},
    {"attributes-unknown", "an unknown name is ignored", projecting, nothing,
     [](Context& c) { only(c, c.read(rich_user(c).path + "?attributes=userName,nothing"), {"userName"}); }},
    {"excluded", "excludedAttributes leaves out what it names", projecting, nothing,
     [](Context& c) {
         const auto user = c.read(rich_user(c).path + "?excludedAttributes=title,emails");
         c.absent(user, "/title");
         c.absent(user, "/emails");
         c.same(user, "/nickName", "Å");
     }},
    {"excluded-sub", "excludedAttributes takes a sub-attribute", projecting, nothing,
     [](Context& c) {
         const auto user = c.read(rich_user(c).path + "?excludedAttributes=name.familyName");
         c.absent(user, "/name/familyName");
         c.same(user, "/name/givenName", "Åsa");
     }},
    {"excluded-id", "id is always returned", "RFC 7643 3.1", nothing,
     [](Context& c) {
         const auto user = rich_user(c);
         c.same(c.read(user.path + "?excludedAttributes=id"), "/id", boost::json::string(user.id));
     }},
    {"attributes-list", "a list is projected too", projecting, filtering,
     [](Context& c) {
         const auto user = rich_user(c);
         const auto answer = c.list("Users", fmt::format(R"(userName eq "{}")", user.name), "&attributes=title");
         c.lists(answer, {user.id});
         only(c, *at(answer.json, "/Resources/0"), {"title"});
     }},
    {"attributes-create", "the answer to POST is projected too", projecting, nothing,
     [](Context& c) {
         auto user = plain_user(c);
         user.as_object()["title"] = "Clerk";
         const auto answer = c.post("/Users?attributes=title", user);
         c.status(answer, {201});
         only(c, answer.json, {"title"});
     }},
    // --- paging
    {"page-shape", "a page says where it begins and how much it holds", paging, filtering,
     [](Context& c) {
         for (int i = 0; i < 3; ++i) c.make_user();
         const auto answer = c.get("/Users?startIndex=1&count=2&filter=" + in_scope(c));
         c.expect(c.listed(answer).size() == 2, "two users", short_text(answer.json));
         c.same(answer.json, "/totalResults", 3);
         c.same(answer.json, "/itemsPerPage", 2);
         c.same(answer.json, "/startIndex", 1);
     }},
    {"page-walk", "pages neither overlap nor leave anybody out", paging, filtering,
     [](Context& c) {
         std::set<std::string> all;
         for (int i = 0; i < 7; ++i) all.insert(c.make_user().id);
         std::set<std::string> seen;
         for (const int start : {1, 4, 7}) {
             const auto answer = c.get(fmt::format("/Users?startIndex={}&count=3&filter={}", start, in_scope(c)));
             for (const auto& user : c.listed(answer)) {
                 c.expect(seen.insert(text_at(user, "/id")).second, "no user on two pages", short_text(user));
             }
             c.same(answer.json, "/startIndex", start);
         }
         c.expect(seen == all, "every user on one page", fmt::format("{} of {}", seen.size(), all.size()));
     }},
    {"page-count-zero", "count=0 returns the number alone", paging, filtering,
     [](Context& c) {
         c.make_user();
         const auto answer = c.get("/Users?count=0&filter=" + in_scope(c));
         c.expect(c.listed(answer).empty(), "no resources", short_text(answer.json));
         c.same(answer.json, "/totalResults", 1);
     }},
    {"page-count-negative", "a negative count means 0", paging, filtering,
     [](Context& c) {
         c.make_user();
         const auto answer = c.get("/Users?count=-1&filter=" + in_scope(c));
         c.expect(c.listed(answer).empty(), "no resources", short_text(answer.json));
     }},
    {"page-start-zero", "a startIndex below 1 means 1", paging, filtering,
     [](Context& c) {
         const auto user = c.make_user();
         for (const char* start : {"0", "-5"}) {
             c.lists(c.get(fmt::format("/Users?startIndex={}&count=1&filter={}", start, in_scope(c))), {user.id});
         }
     }},
    {"page-beyond", "a page behind the end is empty", paging, filtering,
     [](Context& c) {
         c.make_user();
         const auto answer = c.get("/Users?startIndex=100&count=5&filter=" + in_scope(c));
         c.expect(c.listed(answer).empty(), "no resources", short_text(answer.json));
         c.same(answer.json, "/totalResults", 1);
     }},
    {"page-large", "a very large count is served", paging, filtering,
     [](Context& c) {
         const auto user = c.make_user();
         c.lists(c.get("/Users?count=1000000&filter=" + in_scope(c)), {user.id});
     }},
    {"sort", "sortBy and sortOrder sort", "RFC 7644 3.4.2.3", filtering | sorting,
     [](Context& c) {
         const auto b = c.make_user(body(R"({"nickName":"bb"})"));
         const auto a = c.make_user(body(R"({"nickName":"AA"})"));
         const auto up = c.get("/Users?sortBy=nickName&filter=" + in_scope(c));
         c.lists(up, {a.id, b.id});
         c.same(up.json, "/Resources/0/id", boost::json::string(a.id));
         const auto down = c.get("/Users?sortBy=nickName&sortOrder=descending&filter=" + in_scope(c));
         c.lists(down, {a.id, b.id});
         c.same(down.json, "/Resources/0/id", boost::json::string(b.id));
     }},
    // --- versions
    {"etag", "the ETag field is meta.version", versioning, etags,
     [](Context& c) {
         const auto user = c.make_user();
         c.same(c.read(user.path), "/meta/version", boost::json::string(etag_of(c, user.path)));
     }},
    {"etag-create", "POST answers with an ETag", versioning, etags,
     [](Context& c) {
         const auto answer = c.post("/Users", plain_user(c));
         c.status(answer, {201});
         c.expect(answer.header("etag") != nullptr, "an ETag field", "none");
     }},
    {"etag-changes", "a change makes a new version", versioning, etags | patching,
     [](Context& c) {
         const auto user = c.make_user();
         const auto before = etag_of(c, user.path);
         c.patched(user, title_patch());
         c.expect(etag_of(c, user.path) != before, "another version", before);
     }},
    {"etag-not-modified", "GET with If-None-Match of the present version is 304", versioning, etags,
     [](Context& c) {
         const auto user = c.make_user();
         const auto answer = conditional(c, "GET", user.path, "If-None-Match", etag_of(c, user.path));
         c.status(answer, {304});
         c.expect(answer.body.empty(), "no body", answer.body);
     }},
    {"etag-modified", "GET with If-None-Match of another version is 200", versioning, etags,
     [](Context& c) {
         c.status(conditional(c, "GET", c.make_user().path, "If-None-Match", other_version), {200});
     }},
    {"etag-patch-wrong", "PATCH with If-Match of another version is 412", versioning, etags | patching,
     [](Context& c) {
         const auto user = c.make_user();
         c.refused(conditional(c, "PATCH", user.path, "If-Match", other_version, title_patch()), 412);
         c.empty(c.read(user.path), "/title");
     }},
    {"etag-patch-right", "PATCH with If-Match of the present version works", versioning, etags | patching,
     [](Context& c) {
         const auto user = c.make_user();
         c.status(conditional(c, "PATCH", user.path, "If-Match", etag_of(c, user.path), title_patch()), {200, 204});
         c.same(c.read(user.path), "/title", "Chief");
     }},
    {"etag-put-wrong", "PUT with If-Match of another version is 412", versioning, etags,
     [](Context& c) {
         const auto user = c.make_user();
         c.refused(conditional(c, "PUT", user.path, "If-Match", other_version, plain_user(c)), 412);
         c.same(c.read(user.path), "/userName", boost::json::string(user.name));
     }},
    {"etag-delete-wrong", "DELETE with If-Match of another version is 412", versioning, etags,
     [](Context& c) {
         const auto user = c.make_user();
         c.refused(conditional(c, "DELETE", user.path, "If-Match", other_version), 412);
         c.status(c.get(user.path), {200});
     }},
    {"etag-delete-right", "DELETE with If-Match of the present version works", versioning, etags,
     [](Context& c) {
         const auto user = c.make_user();
         c.status(conditional(c, "DELETE", user.path, "If-Match", etag_of(c, user.path)), {204});
     }},
    {"etag-any", "If-Match: * fits every version", "RFC 7232 3.1", etags | patching,
     [](Context& c) {
         c.status(conditional(c, "PATCH", c.make_user().path, "If-Match", "*", title_patch()), {200, 204});
     }},
    // --- groups
    {"group-create", "POST /Groups is 201 with the group", "RFC 7643 4.2, RFC 7644 3.3", groups,
     [](Context& c) {
         const auto group = c.make_group();
         c.same(group.json, "/displayName", boost::json::string(group.name));
         c.same(group.json, "/meta/resourceType", "Group");
         c.expect(c.read(group.path) == group.json, "GET to return the same", short_text(c.read(group.path)));
     }},
    {"group-members", "a group keeps its members", "RFC 7643 4.2", groups,
     [](Context& c) {
         const auto a = c.make_user();
         const auto b = c.make_user();
         const auto group = c.make_group(body(R"({"members":[{"value":"$1"},{"value":"$2"}]})", a.id, b.id));
         const auto now = c.read(group.path);
         c.expect(at(now, "/members/1") != nullptr && at(now, "/members/2") == nullptr, "two members",
                  short_text(now));
         for (const auto& id : {a.id, b.id}) {
             c.expect(at(now, fmt::format("/members[value={}]", id)) != nullptr, "the member " + id, short_text(now));
         }
     }},
    {"group-no-name", "a group without displayName is refused", "RFC 7643 4.2", groups,
     [](Context& c) {
         c.refused(c.post("/Groups", body(R"({"schemas":["$1"]})", group_urn)), 400, "invalidValue");
     }},
    {"group-replace", "PUT replaces the members of a group", replacing, groups,
     [](Context& c) {
         const auto a = c.make_user();
         const auto b = c.make_user();
         const auto group = c.make_group(body(R"({"members":[{"value":"$1"}]})", a.id));
         c.status(c.put(group.path, body(R"({"schemas":["$1"],"displayName":"$2","members":[{"value":"$3"}]})", group_urn,
                                         group.name, b.id)),
                  {200});
         const auto now = c.read(group.path);
         c.same(now, "/members/0/value", boost::json::string(b.id));
         c.expect(at(now, "/members/1") == nullptr, "one member", short_text(now));
     }},
    {"group-excluded", "excludedAttributes=members leaves members out", projecting, groups,
     [](Context& c) {
         const auto a = c.make_user();
         const auto group = c.make_group(body(R"({"members":[{"value":"$1"}]})", a.id));
         c.absent(c.read(group.path + "?excludedAttributes=members"), "/members");
     }},
    {"group-delete", "DELETE of a group is 204, then 404; its members stay", "RFC 7644 3.6", groups,
     [](Context& c) {
         const auto a = c.make_user();
         const auto group = c.make_group(body(R"({"members":[{"value":"$1"}]})", a.id));
         c.status(c.remove(group.path), {204});
         c.refused(c.get(group.path), 404);
         c.status(c.get(a.path), {200});
     }},
    {"group-unknown", "an unknown group is 404", "RFC 7644 3.12", groups,
     [](Context& c) { c.refused(c.get("/Groups/" + c.unique("nothing")), 404); }},
    {"group-nested", "a group may be a member of a group", "RFC 7643 4.2", groups,
     [](Context& c) {
         const auto inner = c.make_group();
         const auto outer = c.make_group(body(R"({"members":[{"value":"$1"}]})", inner.id));
         const auto now = c.read(outer.path);
         c.expect(at(now, fmt::format("/members[value={}]", inner.id)) != nullptr, "the inner group as a member",
                  short_text(now));
     }},
    {"user-groups", "a user shows the groups that have it as a member", users_groups, groups | user_groups,
     [](Context& c) {
         const auto user = c.make_user();
         c.empty(c.read(user.path), "/groups");
         const auto group = c.make_group(body(R"({"members":[{"value":"$1"}]})", user.id));
         const auto now = c.read(user.path);
         c.same(now, fmt::format("/groups[value={}]/display", group.id), boost::json::string(group.name));
         c.same(now, fmt::format("/groups[value={}]/type", group.id), "direct");
         c.same(now, "/meta/version", *at(user.json, "/meta/version"));
     }},
    {"user-groups-nested", "a user shows the groups around its groups as indirect", users_groups, groups | user_groups,
     [](Context& c) {
         const auto user = c.make_user();
         const auto inner = c.make_group(body(R"({"members":[{"value":"$1"}]})", user.id));
         const auto outer = c.make_group(body(R"({"members":[{"value":"$1"}]})", inner.id));
         const auto now = c.read(user.path);
         c.same(now, fmt::format("/groups[value={}]/type", inner.id), "direct");
         c.same(now, fmt::format("/groups[value={}]/type", outer.id), "indirect");
     }},
    {"user-groups-left", "a group that is deleted is none of the user's any more", users_groups, groups | user_groups,
     [](Context& c) {
         const auto user = c.make_user();
         const auto group = c.make_group(body(R"({"members":[{"value":"$1"}]})", user.id));
         c.status(c.remove(group.path), {204});
         c.empty(c.read(user.path), "/groups");
     }},
    {"user-groups-read-only", "groups of a user are changed at the group alone", users_groups,
     groups | user_groups | patching,
     [](Context& c) {
         const auto user = c.make_user();
         const auto group = c.make_group();
         c.refused(c.patch(user.path, patch_of(R"({"op":"add","path":"groups","value":[{"value":"$1"}]})", group.id)), 400,
                   "mutability");
         c.empty(c.read(user.path), "/groups");
     }},
    {"group-user-apart", "a user is no group", "RFC 7644 3.2", groups,
     [](Context& c) { c.refused(c.get("/Groups/" + c.make_user().id), 404); }},
};

} // namespace

Checks resource_checks()
{
    Checks checks;
    append(checks, rows);
    return checks;
}

} // namespace conformance
