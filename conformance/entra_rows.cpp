#include "conformance/entra_cycle.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <set>
#include <thread>

namespace conformance {
namespace {

using entra::Dialect;
using entra::enterprise_path;
using entra::new_object_id;

constexpr const char* connection = "Entra: connection test and matching";
constexpr const char* creation = "Entra: create and match";
constexpr const char* user_patch = "Entra: PATCH of users";
constexpr const char* group_patch = "Entra: groups";
constexpr const char* life = "Entra: life cycle";
constexpr const char* load = "Entra: paging and robustness";

std::string eq(std::string_view attribute, std::string_view value)
{
    return fmt::format("{} eq {}", attribute, boost::json::serialize(boost::json::string(value)));
}

std::size_t size_at(const Json& json, std::string_view path)
{
    const auto* found = at(json, path);
    return found != nullptr && found->is_array() ? found->get_array().size() : 0;
}

bool has_member(const Json& group, const std::string& id)
{
    return at(group, fmt::format("/members[value={}]", id)) != nullptr;
}

void members_are(Context& c, const Json& group, const std::vector<std::string>& ids)
{
    c.expect(size_at(group, "/members") == ids.size(), fmt::format("{} members", ids.size()), short_text(group));
    for (const auto& id : ids) c.expect(has_member(group, id), "the member " + id, short_text(group));
}

// Refused with that error, and nothing changed.
void refuses(Context& c, const Made& made, const Json& message, int status, std::string_view scim_type)
{
    const auto before = c.read(made.path);
    c.refused(c.patch(made.path, message), status, scim_type);
    const auto after = c.read(made.path);
    c.expect(after == before, "the resource unchanged: " + short_text(before), short_text(after));
}

// The user that Microsoft's documents create.
Json documented_user(Context& c, const std::string& name, const std::string& external_id)
{
    return body(R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",
                               "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
                    "externalId":"$2","userName":"$1","active":true,"displayName":"Test User",
                    "emails":[{"primary":true,"type":"work","value":"mail-$3@conformance.example"}],
                    "meta":{"resourceType":"User"},
                    "name":{"formatted":"givenName familyName","familyName":"familyName","givenName":"givenName"},
                    "roles":[]})",
                name, external_id, c.tag());
}

Made made_of(Context& c, const Json& user)
{
    const auto answer = c.post("/Users", user);
    c.status(answer, {201});
    const auto id = text_at(answer.json, "/id");
    return {id, text_at(user, "/userName"), "/Users/" + id, answer.json};
}

Made managed_user(Context& c, const Json& extra = nullptr)
{
    auto user = documented_user(c, c.address("user"), new_object_id().dashed);
    if (const auto* more = extra.if_object()) {
        for (const auto& [name, value] : *more) user.as_object()[name] = value;
    }
    return made_of(c, user);
}

// A user with the name alone: nothing that a filtered path could find.
Made bare_user(Context& c) { return c.make_user(); }

void manager_is(Context& c, const Json& user, const std::string& id)
{
    c.same(user, enterprise_path("/manager/value"), boost::json::string(id));
}

void no_manager(Context& c, const Json& user)
{
    const auto* manager = at(user, enterprise_path("/manager/value"));
    c.expect(manager == nullptr || *manager == Json("") || manager->is_null(), "no manager", short_text(user));
}

Made with_members(Context& c, const std::vector<std::string>& ids)
{
    const auto group = c.make_group();
    c.patched(group, patch_of(entra::add_members(Dialect::compliant, ids)));
    return group;
}

// The tombstone that Entra makes of a deleted user's name, here from the user's own externalId.
std::string tombstone_of(const Made& user)
{
    auto hex = text_at(user.json, "/externalId");
    std::erase(hex, '-');
    return hex + user.name;
}

void is_tombstone(Context& c, const Made& user, const Json& now)
{
    c.same(now, "/id", boost::json::string(user.id));
    c.same(now, "/userName", boost::json::string(tombstone_of(user)));
    c.same(now, "/externalId", *at(user.json, "/externalId"));
    c.same(now, "/active", false);
}

Json soft_delete(const Made& user, Dialect dialect, bool rename_first = true)
{
    const auto rename = entra::rename_user(dialect, tombstone_of(user));
    const auto disable = entra::set_active(dialect, false);
    return patch_of(rename_first ? rename + "," + disable : disable + "," + rename);
}

// The attributes that a mapping may clear, cleared with `value` ("\"\"" or "null"), one operation each.
Json clear_each(const std::string& value)
{
    return patch_of(
        R"({"op":"Replace","path":"title","value":)" + value + R"(},{"op":"Replace","path":"name.formatted","value":)" +
        value + R"(},{"op":"Replace","path":"phoneNumbers[type eq \"work\"].value","value":)" + value +
        R"(},{"op":"Replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":)" +
        value + "}");
}

Json clear_pathless(const std::string& value)
{
    return patch_of(R"({"op":"replace","value":{"title":)" + value + R"(,"name.formatted":)" + value +
                    R"(,"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department":)" + value +
                    R"(}},{"op":"replace","path":"phoneNumbers[type eq \"work\"].value","value":)" + value + "}");
}

Made clearable_user(Context& c)
{
    return c.make_user(body(
        R"({"title":"Clerk","name":{"formatted":"A B","givenName":"A"},"phoneNumbers":[{"type":"work","value":"1"}],
            "$1":{"department":"Sales","costCenter":"9"}})",
        enterprise_urn));
}

void cleared(Context& c, const Json& user)
{
    c.empty(user, "/title");
    c.empty(user, "/name/formatted");
    c.same(user, "/name/givenName", "A");
    c.empty(user, "/phoneNumbers[type=work]/value");
    c.empty(user, enterprise_path("/department"));
    c.same(user, enterprise_path("/costCenter"), "9");
}

void pages(Context& c, int count, std::initializer_list<int> starts)
{
    std::set<std::string> all;
    for (int i = 0; i < 12; ++i) all.insert(c.make_user().id);
    std::set<std::string> seen;
    const auto scope = query_escape(fmt::format(R"(userName sw "{}")", c.tag()));
    for (const int start : starts) {
        const auto answer = c.get(fmt::format("/Users?startIndex={}&count={}&filter={}", start, count, scope));
        const auto& users = c.listed(answer);
        c.same(answer.json, "/startIndex", start);
        c.same(answer.json, "/totalResults", 12);
        for (const auto& user : users) {
            c.expect(seen.insert(text_at(user, "/id")).second, "no user on two pages", short_text(user));
        }
    }
    c.expect(seen == all, "every user on one page", fmt::format("{} of {}", seen.size(), all.size()));
}

constexpr Row rows[] = {
    // --- connection, discovery, authentication
    {"E-01", "the connection test: a filter for a random GUID is an empty list, with next to no headers", connection,
     filtering,
     [](Context& c) {
         bare_user(c); // whom the filter must not find
         c.lists(c.get(fmt::format("/Users?filter=userName+eq+%22{}%22", new_object_id().dashed)), {});
     }},
    {"E-02", "the connection test for groups", connection, filtering | groups,
     [](Context& c) {
         c.make_group();
         c.lists(c.get(fmt::format("/Groups?excludedAttributes=members&filter=displayName+eq+%22{}%22",
                                   new_object_id().dashed)),
                 {});
     }},
    {"E-03", "the connection test with externalId", connection, filtering,
     [](Context& c) {
         managed_user(c);
         c.finds("Users", eq("externalId", new_object_id().dashed), {});
     }},
    {"E-04", "a filter on the work address, with encoded and with raw brackets", connection, filtering,
     [](Context& c) {
         c.finds("Users", R"(emails[type eq "work"].value eq "nobody@conformance.example")", {});
         c.lists(c.get("/Users?filter=emails[type+eq+%22work%22].value+eq+%22nobody@conformance.example%22"), {});
         c.lists(c.get("/Users?filter=emails[type+eq+\"work\"].value+eq+\"nobody@conformance.example\""), {});
     }},
    {"E-05", "without or with a wrong token: 401, WWW-Authenticate, no data", connection, nothing,
     [](Context& c) {
         for (const char* authorization : {"", "Bearer wrong", "Basic dXNlcjpwYXNz"}) {
             const auto answer = c.send({.target = fmt::format("/Users?filter=userName+eq+%22{}%22", c.tag()),
                                         .headers = {{"Authorization", authorization}}});
             c.refused(answer, 401);
             c.expect(answer.header("www-authenticate") != nullptr, "WWW-Authenticate", "none");
             c.absent(answer.json, "/Resources");
         }
     }},
    {"E-06", "the flag aadOptscim062020 in the query is ignored", connection, filtering,
     [](Context& c) {
         const auto user = bare_user(c);
         c.lists(c.get("/Users?aadOptscim062020&filter=" + query_escape(eq("userName", user.name))), {user.id});
         c.lists(c.get("/Users?AzureAdScimPatch2017&filter=" + query_escape(eq("userName", user.name))), {user.id});
     }},
    {"E-07", "a base URL with a trailing slash works", connection, filtering,
     [](Context& c) {
         c.lists(c.get("//Users?filter=" + query_escape(eq("userName", c.address("nobody")))), {});
     }},
    {"E-08", "/Schemas: User, enterprise and Group; no nulls; canonical types; no attribute id", connection, nothing,
     [](Context& c) {
         const auto answer = c.get("/Schemas");
         c.listed(answer);
         c.expect(answer.body.find("null") == std::string::npos, "no null", "null in /Schemas");
         const auto schema = [&](std::string_view urn) -> const Json& {
             const auto* found = at(answer.json, fmt::format("/Resources[id={}]", urn));
             c.expect(found != nullptr, fmt::format("the schema {}", urn), short_text(answer.json));
             return *found;
         };
         const auto& user = schema(user_urn);
         schema(enterprise_urn);
         const auto& group = schema(group_urn);
         for (const char* attribute : {"emails", "phoneNumbers", "addresses"}) {
             const auto path = fmt::format("/attributes[name={}]/subAttributes[name=type]/canonicalValues", attribute);
             c.expect(size_at(user, path) > 0, fmt::format("canonicalValues of {}.type", attribute),
                      short_text(at(user, fmt::format("/attributes[name={}]", attribute)) == nullptr
                                     ? Json("no such attribute")
                                     : *at(user, fmt::format("/attributes[name={}]", attribute))));
         }
         c.expect(at(user, "/attributes[name=id]") == nullptr, "no attribute id", "id in User");
         c.expect(at(group, "/attributes[name=id]") == nullptr, "no attribute id", "id in Group");
     }},
    {"E-09", "/ServiceProviderConfig and /ResourceTypes: patch and filter; User and Group", connection, nothing,
     [](Context& c) {
         const auto config = c.read("/ServiceProviderConfig");
         c.same(config, "/patch/supported", true);
         c.same(config, "/filter/supported", true);
         const auto types = c.read("/ResourceTypes");
         c.expect(at(types, "/Resources[name=User]") != nullptr, "User", short_text(types));
         c.expect(at(types, "/Resources[name=Group]") != nullptr, "Group", short_text(types));
     }},
    // --- create and match
    {"E-13", "the documented user is created, its values unchanged", creation, nothing,
     [](Context& c) {
         const auto user = documented_user(c, c.address("user"), new_object_id().dashed);
         const auto answer = c.post("/Users", user);
         c.status(answer, {201});
         const auto* location = answer.header("location");
         c.expect(location != nullptr, "a Location field", "none");
         c.same(answer.json, "/meta/location", boost::json::string(*location));
         for (const char* path : {"/externalId", "/userName", "/active", "/displayName", "/name/formatted",
                                  "/name/familyName", "/emails/0/value", "/emails/0/primary"}) {
             c.same(answer.json, path, *at(user, path));
         }
         c.same(answer.json, "/meta/resourceType", "User");
     }},
    {"E-14", "nulls and a malformed extension URN are no obstacle", creation, nothing,
     [](Context& c) {
         auto user = documented_user(c, c.address("user"), new_object_id().dashed);
         auto& object = user.as_object();
         for (const char* name : {"addresses", "phoneNumbers", "preferredLanguage", "title", "department", "manager"}) {
             object[name] = nullptr;
         }
         object["schemas"] = boost::json::array{user_urn, "urn:ietf:params:scim:schemas:extension:enterprise:2.0User"};
         const auto now = c.read(made_of(c, user).path);
         for (const char* path : {"/addresses", "/title", "/preferredLanguage"}) c.empty(now, path);
     }},
    {"E-15", "active as the text \"True\" becomes a boolean", creation, nothing,
     [](Context& c) {
         c.same(c.read(c.make_user(body(R"({"active":"True"})")).path), "/active", true);
         c.same(c.read(c.make_user(body(R"({"active":"False"})")).path), "/active", false);
     }},
    {"E-16", "primary as the text \"True\" of a role becomes a boolean", creation, nothing,
     [](Context& c) {
         const auto now = c.read(c.make_user(body(R"({"roles":[{"primary":"True","value":"A"}]})")).path);
         c.same(now, "/roles/0/primary", true);
         c.same(now, "/roles/0/value", "A");
     }},
    {"E-17", "an address without type, with primary as text", creation, nothing,
     [](Context& c) {
         const auto now = c.read(c.make_user(body(R"({"emails":[{"primary":"true","value":"v@$1.example"}]})", c.tag())).path);
         c.same(now, "/emails/0/primary", true);
         c.same(now, "/emails/0/value", boost::json::string("v@" + c.tag() + ".example"));
     }},
    {"E-18", "keys in odd case get their canonical names", creation, nothing,
     [](Context& c) {
         const auto manager = bare_user(c);
         const auto now = c.read(
             c.make_user(body(R"({"emails":[{"Primary":true,"Type":"work","Value":"v@$1.example"}],
                                  "$2":{"Department":"Sales","Manager":{"Value":"$3"}}})",
                              c.tag(), enterprise_urn, manager.id))
                 .path);
         c.same(now, "/emails/0/primary", true);
         c.same(now, "/emails/0/type", "work");
         c.same(now, enterprise_path("/department"), "Sales");
         manager_is(c, now, manager.id);
     }},
    {"E-19", "the same userName again, also in another case, is 409; one user remains", creation, filtering,
     [](Context& c) {
         const auto user = managed_user(c);
         for (const auto& name : {user.name, upper(user.name)}) {
             const auto answer = c.post("/Users", documented_user(c, name, new_object_id().dashed));
             c.refused(answer, 409, "uniqueness");
             c.expect(!text_at(answer.json, "/detail").empty(), "a detail", short_text(answer.json));
         }
         c.finds("Users", eq("userName", user.name), {user.id});
     }},
    {"E-20", "no userName is 400", creation, nothing,
     [](Context& c) {
         c.refused(c.post("/Users", body(R"({"schemas":["$1"],"displayName":"x","active":true})", user_urn)), 400,
                   "invalidValue");
     }},
    {"E-21", "malformed JSON is 400", creation, nothing,
     [](Context& c) {
         c.refused(c.send({.method = "POST",
                           .target = "/Users",
                           .headers = {{"Content-Type", "application/scim+json; charset=utf-8"}},
                           .body = R"({"userName": "x",, })"}),
                   400, "invalidSyntax");
     }},
    {"E-22", "a body as application/json is accepted", creation, nothing,
     [](Context& c) {
         c.status(c.send({.method = "POST",
                          .target = "/Users",
                          .headers = {{"Content-Type", "application/json"}},
                          .body = boost::json::serialize(documented_user(c, c.address("u"), new_object_id().dashed))}),
                  {201});
     }},
    {"E-23", "an unknown attribute is neither fatal nor echoed", creation, nothing,
     [](Context& c) { c.absent(c.read(c.make_user(body(R"({"adreses":"x"})")).path), "/adreses"); }},
    {"E-24", "userName is matched without case", creation, filtering,
     [](Context& c) {
         const auto user = managed_user(c);
         managed_user(c);
         c.finds("Users", eq("userName", upper(user.name)), {user.id});
     }},
    {"E-25", "externalId is matched with case", creation, filtering,
     [](Context& c) {
         const auto id = "Ext-" + c.tag();
         const auto user = c.make_user(body(R"({"externalId":"$1"})", id));
         c.finds("Users", eq("externalId", id), {user.id});
         c.finds("Users", eq("externalId", upper(id)), {});
     }},
    {"E-26", "the work address is matched without case", creation, filtering,
     [](Context& c) {
         const auto user = managed_user(c);
         const auto mail = text_at(user.json, "/emails/0/value");
         c.finds("Users", fmt::format(R"(emails[type eq "work"].value eq "{}")", mail), {user.id});
         c.finds("Users", fmt::format(R"(emails[type eq "work"].value eq "{}")", upper(mail)), {user.id});
         c.finds("Users", fmt::format(R"(emails[type eq "home"].value eq "{}")", mail), {});
     }},
    {"E-27", "an unquoted value is matched, or refused as invalidFilter", creation, filtering,
     [](Context& c) {
         const auto user = c.make_user(body(R"({"externalId":"jyoung$1"})", c.tag()));
         const auto answer = c.list("Users", "externalId eq jyoung" + c.tag());
         if (answer.status == 400) {
             c.refused(answer, 400, "invalidFilter");
         } else {
             c.lists(answer, {user.id});
         }
     }},
    {"E-28", "values with +, ', \", umlauts and spaces are found exactly", creation, filtering,
     [](Context& c) {
         for (const char* name : {"o'brien+tag@x.example", "say \"hi\" \\ there", "Jürgen Åström", "50% & more#?"}) {
             const auto text = fmt::format("{} {}", name, c.tag());
             const auto user = c.make_user(body(R"({"displayName":"$1"})", text));
             c.finds("Users", eq("displayName", text), {user.id});
         }
     }},
    {"E-29", "the reference check: id and manager, in both orders", creation, filtering,
     [](Context& c) {
         const auto manager = bare_user(c);
         const auto user = c.make_user(body(R"({"$1":{"manager":{"value":"$2"}}})", enterprise_urn, manager.id));
         const auto asked = [&](const std::string& filter) { return c.list("Users", filter, "&attributes=id"); };
         c.lists(asked(eq("id", user.id) + " and " + eq("manager", manager.id)), {user.id});
         c.lists(asked(eq("manager", manager.id) + " and " + eq("id", user.id)), {user.id});
         c.lists(asked(eq("id", user.id) + " and " + eq("manager", user.id)), {});
     }},
    {"E-30", "GET after create is the same representation", creation, nothing,
     [](Context& c) {
         const auto user = managed_user(c);
         c.expect(c.read(user.path) == user.json, "the same: " + short_text(user.json), short_text(c.read(user.path)));
     }},
    {"E-31", "GET of an unknown id is 404", creation, nothing,
     [](Context& c) { c.refused(c.get("/Users/" + new_object_id().dashed), 404); }},
    {"E-32", "nonsense is no filter", creation, filtering,
     [](Context& c) { c.refused(c.list("Users", "foo bar baz"), 400, "invalidFilter"); }},
    // --- PATCH of users
    {"E-34", "Replace active \"False\": inactive, and still found", user_patch, patching | filtering,
     [](Context& c) {
         const auto user = managed_user(c);
         c.same(c.patched(user, patch_of(R"({"op":"Replace","path":"active","value":"False"})")), "/active", false);
         const auto found = c.list("Users", eq("userName", user.name));
         c.lists(found, {user.id});
         c.same(found.json, "/Resources/0/active", false);
         c.finds("Users", eq("externalId", text_at(user.json, "/externalId")), {user.id});
     }},
    {"E-35", "active false as boolean, as lower-case text, and in a pathless object", user_patch, patching,
     [](Context& c) {
         for (const char* operation :
              {R"({"op":"replace","path":"active","value":false})", R"({"op":"Replace","path":"active","value":"false"})",
               R"({"op":"replace","value":{"active":false}})", R"({"op":"Replace","path":"active","value":false})"}) {
             c.same(c.patched(managed_user(c), patch_of(operation)), "/active", false);
         }
     }},
    {"E-36", "active \"maybe\" is 400 and changes nothing", user_patch, patching,
     [](Context& c) {
         refuses(c, managed_user(c), patch_of(R"({"op":"Replace","path":"active","value":"maybe"})"), 400,
                 "invalidValue");
     }},
    {"E-37", "the first value comes as Add, in both spellings", user_patch, patching,
     [](Context& c) {
         for (const char* op : {"Add", "add"}) {
             const auto now = c.patched(bare_user(c), patch_of(R"({"op":"$1","path":"nickName","value":"Babs"})", op));
             c.same(now, "/nickName", "Babs");
         }
     }},
    {"E-38", "a verbose update: one Replace per attribute", user_patch, patching,
     [](Context& c) {
         const auto external = new_object_id().dashed;
         const auto now = c.patched(
             managed_user(c),
             patch_of(R"({"op":"Replace","path":"displayName","value":"D"},
                         {"op":"Replace","path":"emails[type eq \"work\"].value","value":"new@$1.example"},
                         {"op":"Replace","path":"name.givenName","value":"G"},
                         {"op":"Replace","path":"name.familyName","value":"F"},
                         {"op":"Replace","path":"externalId","value":"$2"},
                         {"op":"Replace","path":"$3:employeeNumber","value":"77"})",
                      c.tag(), external, enterprise_urn));
         c.same(now, "/displayName", "D");
         c.same(now, "/emails[type=work]/value", boost::json::string("new@" + c.tag() + ".example"));
         c.same(now, "/name/givenName", "G");
         c.same(now, "/name/familyName", "F");
         c.same(now, "/externalId", boost::json::string(external));
         c.same(now, enterprise_path("/employeeNumber"), "77");
     }},
    {"E-39", "a compliant update: a filtered path, and one object with dotted and URN keys", user_patch, patching,
     [](Context& c) {
         const auto now = c.patched(
             managed_user(c),
             patch_of(R"({"op":"replace","path":"emails[type eq \"work\"].value","value":"new@$1.example"},
                         {"op":"replace","value":{"displayName":"D","name.givenName":"G","name.familyName":"F",
                                                  "$2:employeeNumber":"77"}})",
                      c.tag(), enterprise_urn));
         c.same(now, "/displayName", "D");
         c.same(now, "/emails[type=work]/value", boost::json::string("new@" + c.tag() + ".example"));
         c.same(now, "/name/givenName", "G");
         c.same(now, "/name/familyName", "F");
         c.same(now, enterprise_path("/employeeNumber"), "77");
         c.absent(now, "/name.givenName");
         c.absent(now, fmt::format("/{}:employeeNumber", enterprise_urn));
     }},
    {"E-40", "a compliant add with dotted keys", user_patch, patching,
     [](Context& c) {
         const auto now = c.patched(
             bare_user(c),
             patch_of(R"({"op":"add","value":{"name.givenName":"G","name.formatted":"G F","title":"T"}})"));
         c.same(now, "/name/givenName", "G");
         c.same(now, "/name/formatted", "G F");
         c.same(now, "/title", "T");
         c.absent(now, "/name.givenName");
     }},
    {"E-41", "a dotted key leaves its siblings alone", user_patch, patching,
     [](Context& c) {
         const auto now =
             c.patched(managed_user(c), patch_of(R"({"op":"replace","value":{"name.familyName":"x"}})"));
         c.same(now, "/name/familyName", "x");
         c.same(now, "/name/givenName", "givenName");
     }},
    {"E-42", "Replace of the work address where there is none creates it", user_patch, patching,
     [](Context& c) {
         const auto now = c.patched(
             bare_user(c),
             patch_of(R"({"op":"Replace","path":"emails[type eq \"work\"].value","value":"w@$1.example"})", c.tag()));
         c.same(now, "/emails[type=work]/value", boost::json::string("w@" + c.tag() + ".example"));
         c.expect(size_at(now, "/emails") == 1, "one address", short_text(now));
     }},
    {"E-43", "the home address survives it", user_patch, patching,
     [](Context& c) {
         const auto user = c.make_user(body(R"({"emails":[{"type":"home","value":"h@$1.example"}]})", c.tag()));
         const auto now = c.patched(
             user,
             patch_of(R"({"op":"Replace","path":"emails[type eq \"work\"].value","value":"w@$1.example"})", c.tag()));
         c.same(now, "/emails[type=work]/value", boost::json::string("w@" + c.tag() + ".example"));
         c.same(now, "/emails[type=home]/value", boost::json::string("h@" + c.tag() + ".example"));
     }},
    {"E-44", "Add of mobile and fax numbers that do not exist", user_patch, patching,
     [](Context& c) {
         const auto now = c.patched(
             bare_user(c), patch_of(R"({"op":"Add","path":"phoneNumbers[type eq \"mobile\"].value","value":"1"},
                                       {"op":"Add","path":"phoneNumbers[type eq \"fax\"].value","value":"2"})"));
         c.same(now, "/phoneNumbers[type=mobile]/value", "1");
         c.same(now, "/phoneNumbers[type=fax]/value", "2");
     }},
    {"E-45", "several sub-attributes make one work address", user_patch, patching,
     [](Context& c) {
         const auto now = c.patched(
             bare_user(c),
             patch_of(R"({"op":"Replace","path":"addresses[type eq \"work\"].formatted","value":"F"},
                         {"op":"Replace","path":"addresses[type eq \"work\"].locality","value":"L"},
                         {"op":"Replace","path":"addresses[type eq \"work\"].country","value":"SE"})"));
         c.expect(size_at(now, "/addresses") == 1, "one address", short_text(now));
         c.same(now, "/addresses[type=work]/formatted", "F");
         c.same(now, "/addresses[type=work]/locality", "L");
         c.same(now, "/addresses[type=work]/country", "SE");
     }},
    {"E-46", "value and primary of a new home address make one element", user_patch, patching,
     [](Context& c) {
         const auto now = c.patched(
             bare_user(c), patch_of(R"({"op":"add","path":"emails[type eq \"home\"].value","value":"h@$1.example"},
                                       {"op":"add","path":"emails[type eq \"home\"].primary","value":false})",
                                    c.tag()));
         c.expect(size_at(now, "/emails") == 1, "one address", short_text(now));
         c.same(now, "/emails[type=home]/primary", false);
     }},
    {"E-47", "emails[primary eq true] reaches the primary address", user_patch, patching,
     [](Context& c) {
         const auto now = c.patched(
             managed_user(c),
             patch_of(R"({"op":"replace","path":"emails[primary eq true].value","value":"p@$1.example"})", c.tag()));
         c.same(now, "/emails[type=work]/value", boost::json::string("p@" + c.tag() + ".example"));
         c.expect(size_at(now, "/emails") == 1, "one address", short_text(now));
     }},
    {"E-48", "roles[primary eq \"True\"] means the boolean, and creates the role", user_patch, patching,
     [](Context& c) {
         const auto message = patch_of(R"({"op":"replace","path":"roles[primary eq \"True\"].value","value":"V"},
                                          {"op":"replace","path":"roles[primary eq \"True\"].display","value":"D"},
                                          {"op":"replace","path":"roles[primary eq \"True\"].type","value":"T"})");
         for (const auto& user : {bare_user(c), c.make_user(body(R"({"roles":[{"primary":true,"value":"old"}]})"))}) {
             const auto now = c.patched(user, message);
             c.expect(size_at(now, "/roles") == 1, "one role", short_text(now));
             c.same(now, "/roles/0/primary", true);
             c.same(now, "/roles/0/value", "V");
             c.same(now, "/roles/0/display", "D");
             c.same(now, "/roles/0/type", "T");
         }
     }},
    {"E-49", "a role as JSON text inside value is added, nothing is lost", user_patch, patching,
     [](Context& c) {
         const auto user = c.make_user(body(R"({"roles":[{"value":"first"}]})"));
         const std::string text = R"({"id":"18d14569","value":"survey","displayName":"Survey"})";
         const auto now =
             c.patched(user, patch_of(R"({"op":"Add","path":"roles","value":[{"value":"$1"}]})", text));
         c.expect(size_at(now, "/roles") == 2, "two roles", short_text(now));
         c.expect(at(now, "/roles[value=first]") != nullptr, "the first role", short_text(now));
         c.same(now, "/roles/1/value", boost::json::string(text));
     }},
    {"E-50", "replace of roles sets exactly these", user_patch, patching,
     [](Context& c) {
         const auto user = c.make_user(body(R"({"roles":[{"value":"first"}]})"));
         const auto now = c.patched(
             user, patch_of(R"({"op":"replace","path":"roles","value":[
                     {"primary":false,"type":"WindowsAzureActiveDirectoryRole","display":"a","value":"A"},
                     {"primary":false,"type":"WindowsAzureActiveDirectoryRole","display":"b","value":"B"}]})"));
         c.expect(size_at(now, "/roles") == 2, "two roles", short_text(now));
         c.expect(at(now, "/roles[value=A]") != nullptr && at(now, "/roles[value=B]") != nullptr, "A and B",
                  short_text(now));
     }},
    {"E-51", "the sub-attribute of a path in another case", user_patch, patching,
     [](Context& c) {
         const auto now = c.patched(
             bare_user(c),
             patch_of(R"({"op":"Replace","path":"emails[type eq \"other\"].Value","value":"o@$1.example"})", c.tag()));
         c.same(now, "/emails[type=other]/value", boost::json::string("o@" + c.tag() + ".example"));
     }},
    {"E-52", "an extension's path in lower case", user_patch, patching,
     [](Context& c) {
         const auto now = c.patched(
             bare_user(c),
             patch_of(R"({"op":"Replace","path":"$1:department","value":"Sales"})", lower(enterprise_urn)));
         c.same(now, enterprise_path("/department"), "Sales");
     }},
    {"E-53", "a custom extension's attribute is kept under its URN", user_patch, patching,
     [](Context& c) {
         constexpr const char* urn = "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User";
         const auto now =
             c.patched(bare_user(c), patch_of(R"({"op":"Add","path":"$1:tag","value":"blue"})", urn));
         c.same(now, fmt::format("/{}/tag", urn), "blue");
     }},
    {"E-54", "manager as a list with $ref", user_patch, patching,
     [](Context& c) {
         const auto manager = bare_user(c);
         const auto now = c.patched(
             bare_user(c),
             patch_of(R"({"op":"Add","path":"manager","value":[{"$ref":"http://x/Users/$1","value":"$1"}]})",
                      manager.id));
         manager_is(c, now, manager.id);
     }},
    {"E-55", "manager as a bare id", user_patch, patching,
     [](Context& c) {
         const auto manager = bare_user(c);
         for (const char* op : {"Add", "add", "replace"}) {
             manager_is(c,
                        c.patched(bare_user(c), patch_of(R"({"op":"$1","path":"$2:manager","value":"$3"})", op,
                                                         enterprise_urn, manager.id)),
                        manager.id);
         }
     }},
    {"E-56", "manager as an object replaces the old one", user_patch, patching,
     [](Context& c) {
         const auto first = bare_user(c);
         const auto second = bare_user(c);
         const auto user = c.make_user(body(R"({"$1":{"manager":{"value":"$2"}}})", enterprise_urn, first.id));
         manager_is(c,
                    c.patched(user, patch_of(R"({"op":"replace","path":"$1:manager","value":{"value":"$2"}})",
                                             enterprise_urn, second.id)),
                    second.id);
     }},
    {"E-57", "an empty manager is no manager", user_patch, patching,
     [](Context& c) {
         const auto manager = bare_user(c);
         for (const char* value : {R"("")", R"({"value":""})", "null"}) {
             const auto user = c.make_user(body(R"({"$1":{"manager":{"value":"$2"}}})", enterprise_urn, manager.id));
             no_manager(c, c.patched(user, patch_of(R"({"op":"replace","path":"$1:manager","value":)" +
                                                        std::string(value) + "}",
                                                    enterprise_urn)));
         }
     }},
    {"E-58", "the two ways to remove a manager", user_patch, patching,
     [](Context& c) {
         const auto manager = bare_user(c);
         const auto with_manager = [&] {
             return c.make_user(body(R"({"$1":{"manager":{"value":"$2"}}})", enterprise_urn, manager.id));
         };
         no_manager(c, c.patched(with_manager(), patch_of(R"({"op":"remove","path":"$1:manager"})", enterprise_urn)));
         no_manager(c, c.patched(with_manager(),
                                 patch_of(R"({"op":"remove","path":"manager[value eq \"$1\"]"})", manager.id)));
     }},
    {"E-59", "a manager that nobody knows is stored", user_patch, patching,
     [](Context& c) {
         const auto unknown = new_object_id().dashed;
         manager_is(c,
                    c.patched(bare_user(c), patch_of(R"({"op":"Replace","path":"$1:manager","value":"$2"})",
                                                     enterprise_urn, unknown)),
                    unknown);
     }},
    {"E-60", "empty text clears an attribute, one operation each", user_patch, patching,
     [](Context& c) { cleared(c, c.patched(clearable_user(c), clear_each("\"\""))); }},
    {"E-61", "null clears an attribute; a pathless object with empty text or null does too", user_patch, patching,
     [](Context& c) {
         cleared(c, c.patched(clearable_user(c), clear_each("null")));
         cleared(c, c.patched(clearable_user(c), clear_pathless("\"\"")));
         cleared(c, c.patched(clearable_user(c), clear_pathless("null")));
     }},
    {"E-62", "an empty userName is 400 and changes nothing", user_patch, patching,
     [](Context& c) {
         refuses(c, managed_user(c), patch_of(R"({"op":"replace","path":"userName","value":""})"), 400,
                 "invalidValue|mutability");
     }},
    {"E-63", "Remove of a value with another value clears it, and does not write", user_patch, patching,
     [](Context& c) {
         const auto now = c.patched(
             managed_user(c),
             patch_of(R"({"op":"Remove","path":"emails[type eq \"work\"].value","value":"other@$1.example"})", c.tag()));
         c.empty(now, "/emails[type=work]/value");
         c.expect(boost::json::serialize(now).find("other@") == std::string::npos, "the sent value not written",
                  short_text(now));
     }},
    {"E-64", "remove, add, replace of one attribute: the last wins", user_patch, patching,
     [](Context& c) {
         const auto now = c.patched(managed_user(c), patch_of(R"({"op":"remove","path":"displayName"},
                                                                 {"op":"add","path":"displayName","value":"one"},
                                                                 {"op":"replace","path":"displayName","value":"two"})"));
         c.same(now, "/displayName", "two");
     }},
    {"E-65", "a taken userName is 409, and nothing else of the request is applied", user_patch, patching,
     [](Context& c) {
         const auto other = bare_user(c);
         refuses(c, managed_user(c),
                 patch_of(R"({"op":"Replace","path":"displayName","value":"changed"},
                             {"op":"Replace","path":"userName","value":"$1"})",
                          upper(other.name)),
                 409, "uniqueness");
     }},
    {"E-66", "one bad operation undoes the good ones", user_patch, patching,
     [](Context& c) {
         refuses(c, managed_user(c),
                 patch_of(R"({"op":"Replace","path":"displayName","value":"changed"},
                             {"op":"Replace","path":"active","value":"maybe"})"),
                 400, "invalidValue");
     }},
    {"E-67", "the same PATCH twice changes nothing the second time", user_patch, patching,
     [](Context& c) {
         const auto user = managed_user(c);
         const auto message = patch_of(R"({"op":"Replace","path":"displayName","value":"D"},
                                          {"op":"Replace","path":"active","value":"True"})");
         const auto once = c.patched(user, message);
         const auto twice = c.patched(user, message);
         c.expect(once == twice, "the same: " + short_text(once), short_text(twice));
     }},
    {"E-68", "no operations: 200 or 400, and nothing changes", user_patch, patching,
     [](Context& c) {
         const auto user = managed_user(c);
         const auto before = c.read(user.path);
         c.status(c.patch(user.path, patch_of("")), {200, 204, 400});
         c.expect(c.read(user.path) == before, "nothing changed", "a change");
     }},
    {"E-69", "an unknown op is 400", user_patch, patching,
     [](Context& c) {
         refuses(c, managed_user(c), patch_of(R"({"op":"move","path":"displayName","value":"x"})"), 400,
                 "invalidSyntax");
     }},
    {"E-70", "PATCH of an unknown id is 404", user_patch, patching,
     [](Context& c) {
         c.refused(c.patch("/Users/" + new_object_id().dashed, patch_of(entra::set_active(Dialect::verbose, false))),
                   404);
     }},
    {"E-71", "a phone number comes back unchanged", user_patch, patching,
     [](Context& c) {
         const auto now = c.patched(
             bare_user(c),
             patch_of(R"({"op":"Replace","path":"phoneNumbers[type eq \"work\"].value","value":"55555555555"})"));
         c.same(now, "/phoneNumbers[type=work]/value", "55555555555");
     }},
    {"E-72", "operations in lower case", user_patch, patching,
     [](Context& c) {
         const auto now = c.patched(
             bare_user(c), body(R"({"schemas":["$1"],"operations":[{"op":"add","path":"title","value":"T"}]})",
                                patch_op_urn));
         c.same(now, "/title", "T");
     }},
    // --- groups
    {"E-73", "a group is created with ADSCIM's schema beside the core one, without members", group_patch, groups,
     [](Context& c) {
         const auto answer = c.post(
             "/Groups",
             body(R"({"schemas":["$1","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
                      "externalId":"$2","displayName":"$3","meta":{"resourceType":"Group"}})",
                  group_urn, new_object_id().dashed, c.unique("group")));
         c.status(answer, {201});
         c.empty(answer.json, "/members");
         c.expect(!text_at(answer.json, "/id").empty(), "an id", short_text(answer.json));
     }},
    {"E-74", "a displayName that a group has, in another case, is 409", group_patch, groups,
     [](Context& c) {
         const auto group = c.make_group();
         for (const auto& name : {group.name, upper(group.name)}) {
             c.refused(c.post("/Groups", body(R"({"schemas":["$1"],"displayName":"$2"})", group_urn, name)), 409,
                       "uniqueness");
         }
     }},
    {"E-75", "excludedAttributes=members: no members key, also in lists", group_patch, groups | filtering | patching,
     [](Context& c) {
         const auto group = with_members(c, {bare_user(c).id});
         c.absent(c.read(group.path + "?excludedAttributes=members"), "/members");
         const auto found = c.list("Groups", eq("displayName", group.name), "&excludedAttributes=members");
         c.lists(found, {group.id});
         c.absent(found.json, "/Resources/0/members");
     }},
    {"E-76", "displayName is matched without case", group_patch, groups | filtering,
     [](Context& c) {
         const auto group = c.make_group();
         c.finds("Groups", eq("displayName", upper(group.name)), {group.id});
     }},
    {"E-77", "Add members with $ref null", group_patch, groups | patching,
     [](Context& c) {
         const auto user = bare_user(c);
         const auto now = c.patched(c.make_group(), patch_of(entra::add_members(Dialect::verbose, {user.id})));
         members_are(c, now, {user.id});
     }},
    {"E-78", "fifty members in one request", group_patch, groups | patching,
     [](Context& c) {
         std::vector<std::string> ids;
         for (int i = 0; i < 50; ++i) ids.push_back(new_object_id().dashed);
         members_are(c, c.patched(c.make_group(), patch_of(entra::add_members(Dialect::verbose, ids))), ids);
     }},
    {"E-79", "a member twice is a member once", group_patch, groups | patching,
     [](Context& c) {
         const auto user = bare_user(c);
         const auto group = with_members(c, {user.id});
         members_are(c, c.patched(group, patch_of(entra::add_members(Dialect::verbose, {user.id}))), {user.id});
     }},
    {"E-80", "Remove members with a value list removes these alone", group_patch, groups | patching,
     [](Context& c) {
         const auto a = bare_user(c);
         const auto b = bare_user(c);
         const auto d = bare_user(c);
         const auto group = with_members(c, {a.id, b.id, d.id});
         members_are(c, c.patched(group, patch_of(R"({"op":"Remove","path":"members","value":[{"$ref":null,"value":"$1"}]})", a.id)),
                     {b.id, d.id});
         members_are(c, c.patched(group, patch_of(R"({"op":"Remove","path":"members","value":[{"value":"$1"}]})", b.id)),
                     {d.id});
     }},
    {"E-81", "remove members[value eq] removes that one", group_patch, groups | patching,
     [](Context& c) {
         const auto a = bare_user(c);
         const auto b = bare_user(c);
         const auto group = with_members(c, {a.id, b.id});
         members_are(c, c.patched(group, patch_of(R"({"op":"remove","path":"members[value eq \"$1\"]"})", a.id)),
                     {b.id});
     }},
    {"E-82", "removal of who is no member changes nothing", group_patch, groups | patching,
     [](Context& c) {
         const auto a = bare_user(c);
         const auto group = with_members(c, {a.id});
         members_are(c, c.patched(group, patch_of(R"({"op":"Remove","path":"members","value":[{"value":"absent"}]})")),
                     {a.id});
         members_are(c, c.patched(group, patch_of(R"({"op":"remove","path":"members[value eq \"absent\"]"})")), {a.id});
     }},
    {"E-83", "remove members without value empties the group", group_patch, groups | patching,
     [](Context& c) {
         const auto group = with_members(c, {bare_user(c).id, bare_user(c).id});
         members_are(c, c.patched(group, patch_of(R"({"op":"remove","path":"members"})")), {});
     }},
    {"E-84", "a malformed removal is 400 and clears nothing", group_patch, groups | patching,
     [](Context& c) {
         const auto group = with_members(c, {bare_user(c).id});
         for (const char* value : {R"([{"name":"x"}])", "{}", "[{}]", "7"}) {
             const auto before = c.read(group.path);
             c.refused(c.patch(group.path, patch_of(R"({"op":"Remove","path":"members","value":)" + std::string(value) + "}")),
                       400);
             c.expect(c.read(group.path) == before, "the group unchanged", short_text(c.read(group.path)));
         }
     }},
    {"E-85", "replace members sets exactly these", group_patch, groups | patching,
     [](Context& c) {
         const auto a = bare_user(c);
         const auto b = bare_user(c);
         const auto group = with_members(c, {a.id});
         members_are(c, c.patched(group, patch_of(R"({"op":"replace","path":"members","value":[{"value":"$1"}]})", b.id)),
                     {b.id});
     }},
    {"E-86", "externalId and displayName in a pathless object", group_patch, groups | patching,
     [](Context& c) {
         const auto group = c.make_group();
         const auto external = new_object_id().dashed;
         const auto name = c.unique("renamed");
         c.same(c.patched(group, patch_of(R"({"op":"replace","value":{"externalId":"$1"}})", external)), "/externalId",
                boost::json::string(external));
         const auto now = c.patched(group, patch_of(R"({"op":"replace","value":{"displayName":"$1"}})", name));
         c.same(now, "/displayName", boost::json::string(name));
         c.same(now, "/externalId", boost::json::string(external));
     }},
    {"E-87", "add and remove of one member in one request", group_patch, groups | patching,
     [](Context& c) {
         const auto a = bare_user(c);
         members_are(c,
                     c.patched(c.make_group(), patch_of(R"({"op":"add","path":"members","value":[{"value":"$1"}]},
                                                           {"op":"remove","path":"members[value eq \"$1\"]"})",
                                                        a.id)),
                     {});
     }},
    {"E-88", "extra keys in an operation and in a member are ignored", group_patch, groups | patching,
     [](Context& c) {
         const auto a = bare_user(c);
         const auto now = c.patched(
             c.make_group(),
             patch_of(R"({"name":"addMember","op":"add","path":"members","value":[{"displayName":"x","value":"$1"}]})",
                      a.id));
         members_are(c, now, {a.id});
     }},
    {"E-89", "the membership check: id and members", group_patch, groups | patching | filtering,
     [](Context& c) {
         const auto a = bare_user(c);
         const auto b = bare_user(c);
         const auto group = with_members(c, {a.id});
         c.finds("Groups", eq("id", group.id) + " and " + eq("members", a.id), {group.id});
         c.finds("Groups", eq("members", a.id) + " and " + eq("id", group.id), {group.id});
         c.finds("Groups", eq("id", group.id) + " and " + eq("members", b.id), {});
     }},
    {"E-90", "an inactive user stays a member", group_patch, groups | patching,
     [](Context& c) {
         const auto user = managed_user(c);
         const auto group = with_members(c, {user.id});
         c.patched(user, patch_of(entra::set_active(Dialect::verbose, false)));
         members_are(c, c.read(group.path), {user.id});
     }},
    // --- life cycle
    {"E-91", "soft delete: tombstone name and inactive in one PATCH; id and externalId stay", life, patching,
     [](Context& c) {
         const auto user = managed_user(c);
         is_tombstone(c, user, c.patched(user, soft_delete(user, Dialect::verbose)));
     }},
    {"E-92", "soft delete in the other order, in the other dialect, and as two requests", life, patching,
     [](Context& c) {
         for (const auto dialect : {Dialect::verbose, Dialect::compliant}) {
             for (const bool rename_first : {true, false}) {
                 const auto at_once = managed_user(c);
                 is_tombstone(c, at_once, c.patched(at_once, soft_delete(at_once, dialect, rename_first)));

                 const auto in_two = managed_user(c);
                 const auto rename = patch_of(entra::rename_user(dialect, tombstone_of(in_two)));
                 const auto disable = patch_of(entra::set_active(dialect, false));
                 c.patched(in_two, rename_first ? rename : disable);
                 is_tombstone(c, in_two, c.patched(in_two, rename_first ? disable : rename));
             }
         }
     }},
    {"E-93", "after soft delete: not under the old name, but under the tombstone and the externalId", life,
     patching | filtering,
     [](Context& c) {
         const auto user = managed_user(c);
         c.patched(user, soft_delete(user, Dialect::verbose));
         c.finds("Users", eq("userName", user.name), {});
         c.finds("Users", eq("userName", tombstone_of(user)), {user.id});
         c.finds("Users", eq("externalId", text_at(user.json, "/externalId")), {user.id});
         c.same(c.read(user.path), "/active", false);
     }},
    {"E-94", "after soft delete the old name is free for a successor", life, patching | filtering,
     [](Context& c) {
         const auto user = managed_user(c);
         c.patched(user, soft_delete(user, Dialect::verbose));
         const auto next = made_of(c, documented_user(c, user.name, new_object_id().dashed));
         c.expect(next.id != user.id, "a new id", next.id);
         c.finds("Users", eq("userName", user.name), {next.id});
     }},
    {"E-95", "restore: name and active back, memberships kept", life, patching | groups,
     [](Context& c) {
         const auto user = managed_user(c);
         const auto group = with_members(c, {user.id});
         c.patched(user, soft_delete(user, Dialect::verbose));
         const auto now =
             c.patched(user, patch_of(entra::rename_user(Dialect::verbose, user.name) + "," +
                                      entra::set_active(Dialect::verbose, true)));
         c.same(now, "/userName", boost::json::string(user.name));
         c.same(now, "/active", true);
         c.same(now, "/externalId", *at(user.json, "/externalId"));
         members_are(c, c.read(group.path), {user.id});
     }},
    {"E-95-active-alone", "active alone restores fully: the name comes back", "Rollcall: requirements, decision 7", patching,
     [](Context& c) {
         const auto user = managed_user(c);
         c.patched(user, soft_delete(user, Dialect::compliant));
         const auto now = c.patched(user, patch_of(entra::set_active(Dialect::compliant, true)));
         c.same(now, "/active", true);
         c.same(now, "/userName", boost::json::string(user.name));
     }},
    {"E-95-name-alone", "the name alone stops the clock: still inactive", "Rollcall: requirements, decision 7", patching,
     [](Context& c) {
         const auto user = managed_user(c);
         c.patched(user, soft_delete(user, Dialect::compliant));
         const auto now = c.patched(user, patch_of(entra::rename_user(Dialect::compliant, user.name)));
         c.same(now, "/userName", boost::json::string(user.name));
         c.same(now, "/active", false);
         c.same(c.patched(user, patch_of(entra::set_active(Dialect::compliant, true))), "/active", true);
     }},
    {"E-96", "restore when a successor has the name: 409, and the tombstone stays", life, patching,
     [](Context& c) {
         const auto user = managed_user(c);
         c.patched(user, soft_delete(user, Dialect::verbose));
         made_of(c, documented_user(c, user.name, new_object_id().dashed));
         for (const auto dialect : {Dialect::verbose, Dialect::compliant}) {
             refuses(c, user,
                     patch_of(entra::rename_user(dialect, user.name) + "," + entra::set_active(dialect, true)), 409,
                     "uniqueness");
         }
         is_tombstone(c, user, c.read(user.path));
     }},
    {"E-96-active-alone", "active alone, when a successor has the name: 409, and the tombstone stays",
     "Rollcall: requirements, decision 7", patching,
     [](Context& c) {
         const auto user = managed_user(c);
         c.patched(user, soft_delete(user, Dialect::verbose));
         made_of(c, documented_user(c, user.name, new_object_id().dashed));
         refuses(c, user, patch_of(entra::set_active(Dialect::verbose, true)), 409, "uniqueness");
         is_tombstone(c, user, c.read(user.path));
     }},
    {"E-97", "unassign: inactive under the same name", life, patching,
     [](Context& c) {
         const auto user = managed_user(c);
         const auto now = c.patched(user, patch_of(entra::set_active(Dialect::verbose, false)));
         c.same(now, "/active", false);
         c.same(now, "/userName", boost::json::string(user.name));
     }},
    {"E-98", "reassign: the inactive user is found, activated, and still a member", life,
     patching | filtering | groups,
     [](Context& c) {
         const auto user = managed_user(c);
         const auto group = with_members(c, {user.id});
         c.patched(user, patch_of(entra::set_active(Dialect::verbose, false)));
         const auto found = c.list("Users", eq("userName", user.name));
         c.lists(found, {user.id});
         c.same(found.json, "/Resources/0/active", false);
         const auto now = c.patched(user, patch_of(entra::set_active(Dialect::verbose, true) +
                                                   R"(,{"op":"Replace","path":"displayName","value":"Back"})"));
         c.same(now, "/active", true);
         c.same(now, "/displayName", "Back");
         members_are(c, c.read(group.path), {user.id});
     }},
    {"E-99", "adoption: an existing user gets its externalId and is found by it", life, patching | filtering,
     [](Context& c) {
         const auto user = bare_user(c);
         const auto id = new_object_id().dashed;
         c.finds("Users", eq("externalId", id), {});
         const auto now = c.patched(user, patch_of(R"({"op":"Add","path":"externalId","value":"$1"})", id));
         c.same(now, "/externalId", boost::json::string(id));
         c.finds("Users", eq("externalId", id), {user.id});
     }},
    {"E-100", "DELETE: gone from reads, filters and groups", life, filtering | groups | patching,
     [](Context& c) {
         const auto user = managed_user(c);
         const auto other = bare_user(c);
         const auto group = with_members(c, {user.id, other.id});
         const auto report = c.make_user(body(R"({"$1":{"manager":{"value":"$2"}}})", enterprise_urn, user.id));
         c.status(c.remove(user.path), {204});
         c.refused(c.get(user.path), 404);
         c.finds("Users", eq("userName", user.name), {});
         c.finds("Users", eq("externalId", text_at(user.json, "/externalId")), {});
         members_are(c, c.read(group.path), {other.id});
         c.read(report.path);
     }},
    {"E-101", "DELETE again, or of an unknown id, is 404", life, nothing,
     [](Context& c) {
         const auto user = managed_user(c);
         c.status(c.remove(user.path), {204});
         c.refused(c.remove(user.path), 404);
         c.refused(c.remove("/Users/" + new_object_id().dashed), 404);
     }},
    {"E-102", "the same name after DELETE is a new user with nothing of the old", life, nothing,
     [](Context& c) {
         const auto user = managed_user(c, body(R"({"title":"Old","nickName":"Old"})"));
         c.status(c.remove(user.path), {204});
         const auto next = made_of(c, documented_user(c, user.name, new_object_id().dashed));
         c.expect(next.id != user.id, "a new id", next.id);
         c.empty(c.read(next.path), "/title");
         c.empty(c.read(next.path), "/nickName");
     }},
    {"E-103", "a user may be created inactive, and is found", life, filtering,
     [](Context& c) {
         const auto user = managed_user(c, body(R"({"active":false})"));
         const auto found = c.list("Users", eq("userName", user.name));
         c.lists(found, {user.id});
         c.same(found.json, "/Resources/0/active", false);
     }},
    {"E-104", "DELETE of a group leaves its members alone", life, groups | patching,
     [](Context& c) {
         const auto user = managed_user(c);
         const auto group = with_members(c, {user.id});
         c.status(c.remove(group.path), {204});
         c.refused(c.get(group.path), 404);
         c.same(c.read(user.path), "/active", true);
     }},
    // --- paging and robustness
    {"E-105", "pages of five: startIndex echoed, nobody twice, nobody missing", load, filtering,
     [](Context& c) { pages(c, 5, {1, 6, 11}); }},
    {"E-106", "count=0, and a start behind the end", load, filtering,
     [](Context& c) {
         bare_user(c);
         const auto scope = query_escape(fmt::format(R"(userName sw "{}")", c.tag()));
         for (const char* page : {"count=0", "startIndex=50"}) {
             const auto answer = c.get(fmt::format("/Users?{}&filter={}", page, scope));
             c.expect(c.listed(answer).empty(), "no resources", short_text(answer.json));
             c.same(answer.json, "/totalResults", 1);
         }
     }},
    {"E-107", "count=2: two items, the full total", load, filtering,
     [](Context& c) {
         for (int i = 0; i < 3; ++i) bare_user(c);
         const auto scope = query_escape(fmt::format(R"(userName sw "{}")", c.tag()));
         const auto answer = c.get("/Users?startIndex=1&count=2&filter=" + scope);
         c.expect(c.listed(answer).size() == 2, "two users", short_text(answer.json));
         c.same(answer.json, "/itemsPerPage", 2);
         c.same(answer.json, "/totalResults", 3);
     }},
    {"E-110", "the same POST twice at once: one 201, one 409, one user", load, filtering,
     [](Context& c) {
         const auto user = documented_user(c, c.address("user"), new_object_id().dashed);
         std::array<Answer, 2> answers;
         std::array<std::exception_ptr, 2> troubles;
         {
             std::vector<std::jthread> threads;
             for (std::size_t i = 0; i < 2; ++i) {
                 threads.emplace_back([&, i] {
                     try {
                         answers.at(i) = Client(c.endpoint()).post("/Users", user);
                     } catch (...) {
                         troubles.at(i) = std::current_exception();
                     }
                 });
             }
         }
         for (const auto& answer : answers) {
             if (const auto id = text_at(answer.json, "/id"); !id.empty()) c.track("/Users/" + id);
         }
         for (const auto& trouble : troubles) {
             if (trouble) std::rethrow_exception(trouble);
         }
         const auto [least, most] = std::minmax(answers[0].status, answers[1].status);
         c.expect(least == 201 && most == 409, "201 and 409", fmt::format("{} and {}", least, most));
         const auto found = c.list("Users", eq("userName", text_at(user, "/userName")));
         c.expect(c.listed(found).size() == 1, "one user", short_text(found.json));
     }},
    {"E-111", "attributes=userName,emails and attributes with a value path: the id is there", load, nothing,
     [](Context& c) {
         const auto user = managed_user(c);
         const auto some = c.read(user.path + "?attributes=userName,emails");
         c.same(some, "/id", boost::json::string(user.id));
         c.same(some, "/userName", boost::json::string(user.name));
         c.same(some, "/emails/0/value", *at(user.json, "/emails/0/value"));
         c.absent(some, "/displayName");
         const auto path = c.read(user.path + "?attributes=" + query_escape(R"(emails[type eq "work"])"));
         c.same(path, "/id", boost::json::string(user.id));
         c.same(path, "/emails/0/value", *at(user.json, "/emails/0/value"));
     }},
    {"E-112", "a filter on lastModified and active", load, filtering | patching,
     [](Context& c) {
         const auto user = managed_user(c);
         const auto other = managed_user(c);
         c.patched(other, patch_of(entra::set_active(Dialect::verbose, false)));
         const auto filter = [&](std::string_view time) {
             return fmt::format(R"(meta.lastModified ge "{}" and active eq true and userName sw "{}")", time, c.tag());
         };
         c.finds("Users", filter("2011-05-13T04:42:34Z"), {user.id});
         c.finds("Users", filter("2999-05-13T04:42:34Z"), {});
     }},
    {"E-113", "every error is application/scim+json with its status as text", load, patching | filtering,
     [](Context& c) {
         const auto user = managed_user(c);
         c.refused(c.get("/Users/" + c.unique("nobody")), 404);
         c.refused(c.get("/NoSuchThing"), 404);
         c.refused(c.remove("/Users/" + c.unique("nobody")), 404);
         c.refused(c.list("Users", "foo bar baz"), 400, "invalidFilter");
         c.refused(c.post("/Users", body("{}")), 400);
         c.refused(c.post("/Users", documented_user(c, user.name, "x")), 409, "uniqueness");
         c.refused(c.patch(user.path, patch_of(R"({"op":"move"})")), 400);
         c.refused(c.send({.target = "/Users", .headers = {{"Authorization", "Bearer x"}}}), 401);
         c.refused(c.send({.method = "POST", .target = "/Users", .headers = {{"Content-Type", "text/plain"}}, .body = "x"}),
                   415);
     }},
};

} // namespace

Checks entra_row_checks()
{
    Checks checks;
    append(checks, rows);
    return checks;
}

} // namespace conformance
