#include "conformance/entra_cycle.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <set>

namespace conformance {
namespace {

using entra::enterprise_path;
using entra::new_object_id;

constexpr const char* validator = "Microsoft's SCIM validator";
constexpr const char* preview = "Microsoft's SCIM validator, preview";
constexpr const char* gallery = "Entra gallery tests";
constexpr const char* postman = "Microsoft's Postman collections";

std::string eq(std::string_view attribute, std::string_view value)
{
    return fmt::format("{} eq {}", attribute, boost::json::serialize(boost::json::string(value)));
}

// The user that the validator makes of a schema.
Json full_user(Context& c)
{
    return body(
        R"({"schemas":["$1","$2"],"userName":"$3","externalId":"$4","active":true,"displayName":"Display","title":"Title",
            "nickName":"Nick","profileUrl":"PROFILE7","preferredLanguage":"xh-ZA","locale":"en-US",
            "timezone":"Africa/Dakar","userType":"Employee",
            "name":{"givenName":"Given","familyName":"Family","middleName":"Middle","formatted":"Formatted",
                    "honorificPrefix":"Dr","honorificSuffix":"Jr"},
            "emails":[{"primary":true,"type":"work","value":"work@$5.example"},{"type":"home","value":"home@$5.example"}],
            "phoneNumbers":[{"primary":true,"type":"work","value":"2-801-6641"},{"type":"mobile","value":"2-801-6641"},
                            {"type":"fax","value":"2-801-6641"}],
            "addresses":[{"primary":true,"type":"work","formatted":"A","streetAddress":"S","locality":"L","region":"R",
                          "postalCode":"yn11 6hh","country":"Ghana"}],
            "roles":[{"primary":"True","display":"RD","value":"RV","type":"RT"}],
            "$2":{"employeeNumber":"E","department":"D","costCenter":"C","organization":"O","division":"V"}})",
        user_urn, enterprise_urn, c.address("user"), new_object_id().dashed, c.tag());
}

Made make_full_user(Context& c)
{
    const auto user = full_user(c);
    const auto answer = c.post("/Users", user);
    c.status(answer, {201});
    const auto id = text_at(answer.json, "/id");
    return {id, text_at(user, "/userName"), "/Users/" + id, answer.json};
}

// Every check of the validator is made on a later GET with the filter.
Json by_name(Context& c, const std::string& name)
{
    const auto answer = c.list("Users", eq("userName", name));
    const auto& users = c.listed(answer);
    c.expect(users.size() == 1, "one user named " + name, short_text(answer.json));
    return users.front();
}

// What the validator replaces or adds: a path, where its value is afterwards, and the value.
struct Target {
    const char* path;
    const char* where;
    const char* value; // JSON
};

constexpr Target targets[] = {
    {"displayName", "/displayName", R"("v1")"},
    {"title", "/title", R"("v2")"},
    {"nickName", "/nickName", R"("v3")"},
    {"profileUrl", "/profileUrl", R"("v4")"},
    {"preferredLanguage", "/preferredLanguage", R"("sv-SE")"},
    {"locale", "/locale", R"("v6")"},
    {"timezone", "/timezone", R"("America/Lima")"},
    {"userType", "/userType", R"("v8")"},
    {"name.givenName", "/name/givenName", R"("v9")"},
    {"name.familyName", "/name/familyName", R"("v10")"},
    {"name.middleName", "/name/middleName", R"("v11")"},
    {"name.formatted", "/name/formatted", R"("v12")"},
    {"name.honorificPrefix", "/name/honorificPrefix", R"("v13")"},
    {"name.honorificSuffix", "/name/honorificSuffix", R"("v14")"},
    {R"(emails[type eq \"work\"].value)", "/emails[type=work]/value", R"("v15@x.example")"},
    {R"(emails[type eq \"work\"].primary)", "/emails[type=work]/primary", "true"},
    {R"(emails[type eq \"home\"].value)", "/emails[type=home]/value", R"("v16@x.example")"},
    {R"(phoneNumbers[type eq \"work\"].value)", "/phoneNumbers[type=work]/value", R"("2-801-0001")"},
    {R"(phoneNumbers[type eq \"work\"].primary)", "/phoneNumbers[type=work]/primary", "true"},
    {R"(phoneNumbers[type eq \"mobile\"].value)", "/phoneNumbers[type=mobile]/value", R"("2-801-0002")"},
    {R"(phoneNumbers[type eq \"fax\"].value)", "/phoneNumbers[type=fax]/value", R"("2-801-0003")"},
    {R"(addresses[type eq \"work\"].formatted)", "/addresses[type=work]/formatted", R"("v20")"},
    {R"(addresses[type eq \"work\"].streetAddress)", "/addresses[type=work]/streetAddress", R"("v21")"},
    {R"(addresses[type eq \"work\"].locality)", "/addresses[type=work]/locality", R"("v22")"},
    {R"(addresses[type eq \"work\"].region)", "/addresses[type=work]/region", R"("v23")"},
    {R"(addresses[type eq \"work\"].postalCode)", "/addresses[type=work]/postalCode", R"("v24")"},
    {R"(addresses[type eq \"work\"].country)", "/addresses[type=work]/country", R"("Ghana")"},
    {R"(addresses[type eq \"work\"].primary)", "/addresses[type=work]/primary", "true"},
    {R"(roles[primary eq \"True\"].display)", "/roles[primary=true]/display", R"("v27")"},
    {R"(roles[primary eq \"True\"].value)", "/roles[primary=true]/value", R"("v28")"},
    {R"(roles[primary eq \"True\"].type)", "/roles[primary=true]/type", R"("v29")"},
    {"$1:employeeNumber", "$1/employeeNumber", R"("v30")"},
    {"$1:department", "$1/department", R"("v31")"},
    {"$1:costCenter", "$1/costCenter", R"("v32")"},
    {"$1:organization", "$1/organization", R"("v33")"},
    {"$1:division", "$1/division", R"("v34")"},
};

std::string with_urn(std::string text)
{
    if (text.starts_with("$1")) text.replace(0, 2, enterprise_urn);
    return text;
}

std::string where_of(const Target& target)
{
    const std::string where = with_urn(target.where);
    return where.starts_with('/') ? where : "/" + where;
}

bool is_filtered(const Target& target) { return std::string_view(target.path).find('[') != std::string_view::npos; }

std::string each_operation(std::string_view op, const char* value = nullptr)
{
    std::string operations;
    for (const auto& target : targets) {
        operations += fmt::format(R"({}{{"op":"{}","path":"{}","value":{}}})", operations.empty() ? "" : ",", op,
                                  with_urn(target.path), value == nullptr ? target.value : value);
    }
    return operations;
}

// Filtered paths stay separate; all the rest is one pathless object.
std::string few_operations(std::string_view op, const char* value = nullptr)
{
    std::string operations;
    std::string object;
    for (const auto& target : targets) {
        const auto* sent = value == nullptr ? target.value : value;
        if (is_filtered(target)) {
            operations += fmt::format(R"({{"op":"{}","path":"{}","value":{}}},)", op, target.path, sent);
        } else {
            object += fmt::format(R"({}"{}":{})", object.empty() ? "" : ",", with_urn(target.path), sent);
        }
    }
    return operations + fmt::format(R"({{"op":"{}","value":{{{}}}}})", op, object);
}

void all_set(Context& c, const Json& user)
{
    for (const auto& target : targets) c.same(user, where_of(target), body(target.value));
}

// The gallery's null test: what a mapping may clear is null, empty or absent afterwards.
std::string clearing(bool pathless, const char* value)
{
    std::string operations;
    std::string object;
    for (const auto& target : targets) {
        if (std::string_view(target.path).starts_with("roles") || std::string_view(target.path).ends_with("primary")) {
            continue;
        }
        if (pathless && !is_filtered(target)) {
            object += fmt::format(R"({}"{}":{})", object.empty() ? "" : ",", with_urn(target.path), value);
        } else {
            operations += fmt::format(R"({}{{"op":"replace","path":"{}","value":{}}})", operations.empty() ? "" : ",",
                                      with_urn(target.path), value);
        }
    }
    if (!pathless) return operations;
    return operations + fmt::format(R"(,{{"op":"replace","value":{{{}}}}})", object);
}

void null_update(Context& c, bool pathless, const char* value)
{
    const auto user = make_full_user(c);
    const auto now = c.patched(user, patch_of(clearing(pathless, value)));
    for (const auto& target : targets) {
        const std::string_view path = target.path;
        if (!path.starts_with("roles") && !path.ends_with("primary")) c.empty(now, where_of(target));
    }
    c.same(now, "/userName", boost::json::string(user.name));
    c.same(now, "/active", true);
    c.expect(at(now, "/roles[value=RV]") != nullptr, "the role untouched", short_text(now));
}

void manager_in_three_steps(Context& c, const char* first, const char* second, const char* none)
{
    const auto a = c.make_user();
    const auto b = c.make_user();
    const auto user = c.make_user();
    const auto step = [&](const char* operation, const std::string& id) {
        return c.patched(user, patch_of(operation, enterprise_urn, id));
    };
    c.same(step(first, a.id), enterprise_path("/manager/value"), boost::json::string(a.id));
    c.same(step(second, b.id), enterprise_path("/manager/value"), boost::json::string(b.id));
    c.empty(step(none, ""), enterprise_path("/manager/value"));
}

void deleted_twice(Context& c, const Made& made)
{
    c.status(c.remove(made.path), {204});
    c.refused(c.get(made.path), 404);
    c.refused(c.remove(made.path), 404);
}

Answer send_text(Context& c, const char* method, const std::string& target, std::string text)
{
    return c.send({.method = method,
                   .target = target,
                   .headers = {{"Content-Type", "application/json"}},
                   .body = std::move(text)});
}

constexpr Row rows[] = {
    {"V-01", "Create a new User", validator, filtering,
     [](Context& c) {
         const auto sent = full_user(c);
         c.status(c.post("/Users", sent), {201});
         const auto user = by_name(c, text_at(sent, "/userName"));
         for (const char* path :
              {"/externalId", "/displayName", "/title", "/nickName", "/profileUrl", "/preferredLanguage", "/locale",
               "/timezone", "/userType", "/name", "/emails/0/value", "/phoneNumbers/2/value", "/addresses/0/country"}) {
             c.same(user, path, *at(sent, path));
         }
         c.same(user, "/roles/0/primary", true);
         c.same(user, enterprise_path("/division"), "V");
     }},
    {"V-02", "Create a duplicate User", validator, nothing,
     [](Context& c) {
         const auto user = full_user(c);
         c.status(c.post("/Users", user), {201});
         c.refused(c.post("/Users", user), 409, "uniqueness");
     }},
    {"V-03-05", "Filter for an existing user, a non-existing one, and in another case", validator, filtering,
     [](Context& c) {
         const auto user = make_full_user(c);
         c.finds("Users", eq("userName", user.name), {user.id});
         c.finds("Users", eq("userName", "nonexistent" + user.name), {});
         c.finds("Users", eq("userName", upper(user.name)), {user.id});
         c.finds("Users", eq("userName", lower(user.name)), {user.id});
     }},
    {"V-06", "Patch User - Replace Attributes Verbose Request", validator, filtering | patching,
     [](Context& c) {
         const auto user = make_full_user(c);
         c.patched(user, patch_of(each_operation("replace")));
         all_set(c, by_name(c, user.name));
     }},
    {"V-06b", "Patch User - Replace Attributes", validator, filtering | patching,
     [](Context& c) {
         const auto user = make_full_user(c);
         c.patched(user, patch_of(few_operations("replace")));
         all_set(c, by_name(c, user.name));
     }},
    {"V-07", "Update User - Add Attributes Verbose Request", validator, filtering | patching,
     [](Context& c) {
         const auto user = c.make_user();
         c.patched(user, patch_of(each_operation("add")));
         all_set(c, by_name(c, user.name));
     }},
    {"V-07b", "Update User - Add Attributes", validator, filtering | patching,
     [](Context& c) {
         const auto user = c.make_user();
         c.patched(user, patch_of(few_operations("add")));
         all_set(c, by_name(c, user.name));
     }},
    {"V-08", "Update User userName", validator, filtering | patching,
     [](Context& c) {
         const auto user = c.make_user();
         const auto name = c.address("renamed");
         c.patched(user, patch_of(R"({"op":"replace","value":{"userName":"$1"}})", name));
         c.finds("Users", eq("userName", name), {user.id});
         c.finds("Users", eq("userName", user.name), {});
     }},
    {"V-09", "Disable User", validator, filtering | patching,
     [](Context& c) {
         const auto user = make_full_user(c);
         c.same(c.patched(user, patch_of(R"({"op":"replace","path":"active","value":false})")), "/active", false);
         c.same(by_name(c, user.name), "/active", false);
     }},
    {"V-10-12", "Add, replace and remove the manager", validator, patching,
     [](Context& c) {
         manager_in_three_steps(c, R"({"op":"add","path":"$1:manager","value":{"value":"$2"}})",
                                R"({"op":"replace","path":"$1:manager","value":{"value":"$2"}})",
                                R"({"op":"replace","path":"$1:manager","value":{"value":""}})");
     }},
    {"V-13", "Delete a User", validator, nothing, [](Context& c) { deleted_twice(c, make_full_user(c)); }},
    {"V-14-15", "Group by id and by filter, excluding members", validator, groups | filtering | patching,
     [](Context& c) {
         const auto user = c.make_user();
         const auto group = c.make_group(body(R"({"members":[{"value":"$1"}]})", user.id));
         c.absent(c.read(group.path + "?excludedAttributes=members"), "/members");
         const auto found = c.list("Groups", eq("displayName", group.name), "&excludedAttributes=members");
         c.lists(found, {group.id});
         c.absent(found.json, "/Resources/0/members");
     }},
    {"V-16-18", "Filter for an existing group, a non-existing one, and in another case", validator, groups | filtering,
     [](Context& c) {
         const auto group = c.make_group();
         c.finds("Groups", eq("displayName", group.name), {group.id});
         c.finds("Groups", eq("displayName", "nonexistent" + group.name), {});
         c.finds("Groups", eq("displayName", upper(group.name)), {group.id});
     }},
    {"V-19-20", "Create a group, and a duplicate", validator, groups,
     [](Context& c) {
         const auto group = c.make_group();
         c.refused(c.post("/Groups", body(R"({"schemas":["$1"],"displayName":"$2"})", group_urn, group.name)), 409,
                   "uniqueness");
     }},
    {"V-21-22", "Replace the attributes of a group, update its displayName", validator, groups | filtering | patching,
     [](Context& c) {
         const auto group = c.make_group();
         const auto name = c.unique("renamed");
         c.same(c.patched(group, patch_of(R"({"op":"replace","value":{"externalId":"x-$1"}})", c.tag())), "/externalId",
                boost::json::string("x-" + c.tag()));
         c.patched(group, patch_of(R"({"op":"replace","value":{"displayName":"$1"}})", name));
         c.finds("Groups", eq("displayName", name), {group.id});
     }},
    {"V-23", "Add Member: replace with a list", validator, groups | patching,
     [](Context& c) {
         const auto user = c.make_user();
         const auto now = c.patched(c.make_group(),
                                    patch_of(R"({"op":"replace","path":"members","value":[{"value":"$1"}]})", user.id));
         c.same(now, "/members/0/value", boost::json::string(user.id));
     }},
    {"V-24", "Remove Member: the other one stays", validator, groups | patching,
     [](Context& c) {
         const auto a = c.make_user();
         const auto b = c.make_user();
         const auto group = c.make_group();
         c.patched(group, patch_of(R"({"op":"replace","path":"members","value":[{"value":"$1"},{"value":"$2"}]})", a.id,
                                   b.id));
         const auto now = c.patched(group, patch_of(R"({"op":"remove","path":"members[value eq \"$1\"]"})", a.id));
         c.same(now, "/members/0/value", boost::json::string(b.id));
         c.expect(at(now, "/members/1") == nullptr, "one member", short_text(now));
     }},
    {"V-25", "Delete a Group", validator, groups, [](Context& c) { deleted_twice(c, c.make_group()); }},
    {"V-P1", "Multiple ops on different attributes", preview, patching,
     [](Context& c) {
         const auto now = c.patched(make_full_user(c), patch_of(R"({"op":"add","path":"displayName","value":"one"},
                                                                   {"op":"replace","path":"title","value":"two"},
                                                                   {"op":"remove","path":"nickName"})"));
         c.same(now, "/displayName", "one");
         c.same(now, "/title", "two");
         c.empty(now, "/nickName");
     }},
    {"V-P2", "Multiple ops on the same attribute: the last wins", preview, patching,
     [](Context& c) {
         const auto now =
             c.patched(make_full_user(c),
                       patch_of(R"({"op":"remove","path":"externalId"},{"op":"add","path":"externalId","value":"a-$1"},
                         {"op":"replace","path":"externalId","value":"b-$1"},{"op":"remove","path":"displayName"},
                         {"op":"add","path":"displayName","value":"one"},
                         {"op":"replace","path":"displayName","value":"two"})",
                                c.tag()));
         c.same(now, "/externalId", boost::json::string("b-" + c.tag()));
         c.same(now, "/displayName", "two");
     }},
    {"V-P3-P4", "Delete of a user that does not exist, and twice", preview, nothing,
     [](Context& c) {
         c.refused(c.remove("/Users/" + new_object_id().dashed), 404);
         deleted_twice(c, c.make_user());
     }},
    {"V-P5", "A member added and removed in one request", preview, groups | patching,
     [](Context& c) {
         const auto user = c.make_user();
         const auto now = c.patched(c.make_group(), patch_of(R"({"op":"add","path":"members","value":[{"value":"$1"}]},
                                                   {"op":"remove","path":"members[value eq \"$1\"]"})",
                                                             user.id));
         c.empty(now, "/members");
     }},
    {"V-P6-P7", "Delete of a group that does not exist, and twice", preview, groups,
     [](Context& c) {
         c.refused(c.remove("/Groups/" + new_object_id().dashed), 404);
         deleted_twice(c, c.make_group());
     }},
    {"V-untyped", "elements without a type, reached by primary", "Microsoft's SCIM validator, 2023", patching,
     [](Context& c) {
         const auto user = c.make_user(body(R"({"emails":[{"primary":"true","value":"a@$1.example"}]})", c.tag()));
         const auto now =
             c.patched(user, patch_of(R"({"op":"replace","path":"emails[primary eq true].value","value":"b@$1.example"},
                               {"op":"replace","path":"phoneNumbers[primary eq true].value","value":"1"})",
                                      c.tag()));
         c.same(now, "/emails[primary=true]/value", boost::json::string("b@" + c.tag() + ".example"));
         c.same(now, "/phoneNumbers[primary=true]/value", "1");
     }},
    // --- the gallery's tests
    {"G-schema", "every mapped attribute is found in /Schemas after flattening", gallery, nothing,
     [](Context& c) {
         const auto list = c.get("/Schemas");
         c.listed(list);
         for (const auto& target : targets) {
             const auto path = with_urn(target.path);
             const bool is_extension = path.starts_with("urn:");
             const auto& urn = is_extension ? enterprise_urn : user_urn;
             const auto name =
                 is_extension ? path.substr(enterprise_urn.size() + 1) : path.substr(0, path.find_first_of(".["));
             const auto attribute = fmt::format("/Resources[id={}]/attributes[name={}]", urn, name);
             c.expect(at(list.json, attribute) != nullptr, "the attribute " + name, "none in /Schemas");
             if (const auto dot = path.rfind('.'); !is_extension && dot != std::string::npos) {
                 const auto sub = path.substr(dot + 1);
                 c.expect(at(list.json, fmt::format("{}/subAttributes[name={}]", attribute, sub)) != nullptr,
                          fmt::format("the sub-attribute {}.{}", name, sub), "none in /Schemas");
             }
         }
     }},
    {"G-null-verbose", "SCIM_Null_Update: empty text and null, one operation each", gallery, patching,
     [](Context& c) {
         null_update(c, false, "\"\"");
         null_update(c, false, "null");
     }},
    {"G-null-pathless", "SCIM_Null_Update: empty text and null, in a pathless object", gallery, patching,
     [](Context& c) {
         null_update(c, true, "\"\"");
         null_update(c, true, "null");
     }},
    {"G-pagination", "SCIM_User_Pagination: pages of five", gallery, filtering,
     [](Context& c) {
         std::set<std::string> all;
         for (int i = 0; i < 11; ++i) all.insert(c.make_user().id);
         std::set<std::string> seen;
         // All users of the server, as the test asks for them; other data may stand between ours.
         for (int start = 1; start < 100'000; start += 5) {
             const auto answer = c.get(fmt::format("/Users?startIndex={}&count=5", start));
             const auto& users = c.listed(answer);
             c.same(answer.json, "/startIndex", start);
             for (const auto& user : users) {
                 const auto id = text_at(user, "/id");
                 if (all.count(id) == 1) c.expect(seen.insert(id).second, "no user on two pages", id);
             }
             if (users.empty() || seen == all) break;
         }
         c.expect(seen == all, "every user on some page", fmt::format("{} of {}", seen.size(), all.size()));
     }},
    {"G-manager", "SCIM_Update_Manager: bare ids, and empty text", gallery, patching,
     [](Context& c) {
         manager_in_three_steps(c, R"({"op":"Add","path":"$1:manager","value":"$2"})",
                                R"({"op":"replace","path":"$1:manager","value":"$2"})",
                                R"({"op":"replace","path":"$1:manager","value":""})");
     }},
    {"G-disable-restore", "unassign and reassign: inactive, and active again", gallery, patching | filtering,
     [](Context& c) {
         const auto user = make_full_user(c);
         c.patched(user, patch_of(R"({"op":"Replace","path":"active","value":"False"})"));
         c.same(by_name(c, user.name), "/active", false);
         c.patched(user, patch_of(R"({"op":"Replace","path":"active","value":"True"})"));
         c.same(by_name(c, user.name), "/active", true);
     }},
    // --- the Postman collections
    {"PM-create-odd", "active as text, keys in odd case, two addresses of one type", postman, nothing,
     [](Context& c) {
         const auto answer =
             send_text(c, "POST", "/Users",
                       boost::json::serialize(body(
                           R"({"UserName":"$1","Active":"True","DisplayName":"BobIsAmazing","schemas":["$2","$3"],
                     "externalId":"$4","emails":[{"Primary":true,"type":"work","value":"a@$5.example"},
                                                 {"Primary":false,"type":"work","value":"b@$5.example"}],
                     "$3":{"Department":"bob","Manager":{"Value":"SuzzyQ"}}})",
                           c.address("bob"), user_urn, enterprise_urn, new_object_id().dashed, c.tag())));
         c.status(answer, {201});
         c.same(answer.json, "/active", true);
         c.same(answer.json, "/displayName", "BobIsAmazing");
         c.same(answer.json, enterprise_path("/department"), "bob");
         c.same(answer.json, enterprise_path("/manager/value"), "SuzzyQ");
         c.expect(at(answer.json, "/emails/1") != nullptr, "both addresses", short_text(answer.json));
     }},
    {"PM-junk", "junk is 400, no userName is 400, on POST and PUT", postman, nothing,
     [](Context& c) {
         c.refused(send_text(c, "POST", "/Users", R"({"userName" "x"})"), 400, "invalidSyntax");
         c.refused(send_text(c, "POST", "/Users", fmt::format(R"({{"schemas":["{}"]}})", user_urn)), 400);
         c.refused(send_text(c, "PUT", c.make_user().path, fmt::format(R"({{"schemas":["{}"]}})", user_urn)), 400);
     }},
    {"PM-put", "PUT of a user, an unknown attribute ignored", postman, nothing,
     [](Context& c) {
         const auto user = c.make_user();
         const auto answer = send_text(
             c, "PUT", user.path,
             fmt::format(R"({{"schemas":["{}"],"userName":"{}","DisplayName":"Put","Unknown":"x","active":"True"}})",
                         user_urn, user.name));
         c.status(answer, {200});
         c.same(answer.json, "/displayName", "Put");
         c.same(answer.json, "/active", true);
     }},
    {"PM-filters", "odd-case names, and operators beyond eq", postman, filtering,
     [](Context& c) {
         const auto user = make_full_user(c);
         const auto in = [&](std::string_view filter) {
             c.finds("Users", fmt::format(R"({} and userName sw "{}")", filter, c.tag()), {user.id});
         };
         in(R"(DisplayName eq "display")");
         in("ActiVe eq true");
         in(R"(meta.lastmodified ge "2015-10-10T14:38:21.8617979-07:00")");
         in(fmt::format(R"(emails.Value eq "work@{}.example")", c.tag()));
         in(R"(name.FamilyName co "amil")");
         in(R"((userType eq "Employee" or nickName eq "x"))");
     }},
    {"PM-unquoted", "unquoted literals are matched, or refused as invalidFilter", postman, filtering,
     [](Context& c) {
         const auto user = make_full_user(c);
         for (const auto& filter :
              {fmt::format("userName sw {}", c.tag()),
               fmt::format(R"(meta.Created gt 2015-10-10T14:38:21.8617979-07:00 and userName sw "{}")", c.tag())}) {
             const auto answer = c.list("Users", filter);
             if (answer.status == 400) {
                 c.refused(answer, 400, "invalidFilter");
             } else {
                 c.lists(answer, {user.id});
             }
         }
     }},
    {"PM-projection", "attributes with names, and with value paths", postman, filtering,
     [](Context& c) {
         const auto user = make_full_user(c);
         const auto seen = [&](const std::string& attributes) {
             const auto answer = c.list("Users", eq("userName", user.name), "&attributes=" + query_escape(attributes));
             c.lists(answer, {user.id});
             return *at(answer.json, "/Resources/0");
         };
         const auto names = seen("userName,emails");
         c.same(names, "/userName", boost::json::string(user.name));
         c.expect(at(names, "/emails/1/value") != nullptr, "both addresses", short_text(names));
         c.same(seen(R"(emails[type eq "work"])"), "/emails[type=work]/value",
                boost::json::string("work@" + c.tag() + ".example"));
         c.same(seen(fmt::format(R"(emails[value eq "home@{}.example"])", c.tag())), "/emails[type=home]/value",
                boost::json::string("home@" + c.tag() + ".example"));
     }},
    {"PM-group-string-member", "a member as bare text", postman, groups | patching,
     [](Context& c) {
         const auto now = c.patched(c.make_group(), body(R"({"schemas":["$1"],"id":"ignored",
                      "Operations":[{"name":"addMember","op":"add","path":"members","value":"string id 1"}]})",
                                                         patch_op_urn));
         c.same(now, "/members/0/value", "string id 1");
     }},
    {"PM-group-remove-all", "remove members without value", postman, groups | patching,
     [](Context& c) {
         const auto user = c.make_user();
         const auto group = c.make_group(body(R"({"members":[{"value":"$1"}]})", user.id));
         c.empty(c.patched(group, patch_of(R"({"op":"remove","path":"members"})")), "/members");
     }},
};

} // namespace

Checks entra_validator_checks()
{
    Checks checks;
    append(checks, rows);
    return checks;
}

} // namespace conformance
