#include "conformance/protocol_checks.hpp"

#include <fmt/format.h>

namespace conformance {
namespace {

constexpr const char* add_source = "RFC 7644 3.5.2.1";
constexpr const char* remove_source = "RFC 7644 3.5.2.2";
constexpr const char* replace_source = "RFC 7644 3.5.2.3";
constexpr const char* patch_source = "RFC 7644 3.5.2";

// A user with something of every kind.
Made full_user(Context& c)
{
    return c.make_user(body(
        R"({"displayName":"Before","title":"Clerk","name":{"givenName":"Ann","familyName":"Berg"},
            "emails":[{"type":"work","value":"work@$1.example","primary":true},
                      {"type":"home","value":"home@$1.example"}],
            "$2":{"department":"Sales","costCenter":"77"}})",
        c.tag(), enterprise_urn));
}

std::size_t count_of(const Json& resource, std::string_view path)
{
    const auto* found = at(resource, path);
    return found != nullptr && found->is_array() ? found->get_array().size() : 0;
}

void counts(Context& c, const Json& resource, std::string_view path, std::size_t expected)
{
    c.expect(count_of(resource, path) == expected, fmt::format("{} elements in {}", expected, path),
             short_text(resource));
}

// Sends it, demands the refusal, and that nothing has changed.
void refuses(Context& c, const Made& user, const Json& message, int status, std::string_view scim_type)
{
    const auto before = c.read(user.path);
    c.refused(c.patch(user.path, message), status, scim_type);
    const auto after = c.read(user.path);
    c.expect(after == before, "the resource unchanged: " + short_text(before), short_text(after));
}

constexpr Row rows[] = {
    // --- add
    {"patch-add-simple", "add sets a single value", add_source, patching,
     [](Context& c) {
         const auto user = c.make_user();
         const auto now = c.patched(user, patch_of(R"({"op":"add","path":"nickName","value":"Babs"})"));
         c.same(now, "/nickName", "Babs");
     }},
    {"patch-add-simple-again", "add replaces a single value that exists", add_source, patching,
     [](Context& c) {
         const auto now = c.patched(full_user(c), patch_of(R"({"op":"add","path":"title","value":"Chief"})"));
         c.same(now, "/title", "Chief");
     }},
    {"patch-add-no-path", "add without a path takes an object of attributes", add_source, patching,
     [](Context& c) {
         const auto now = c.patched(
             full_user(c),
             patch_of(R"({"op":"add","value":{"nickName":"Babs","emails":[{"type":"other","value":"o@$1"}]}})",
                      c.tag()));
         c.same(now, "/nickName", "Babs");
         c.same(now, "/title", "Clerk");
         counts(c, now, "/emails", 3);
     }},
    {"patch-add-complex", "add to a complex attribute adds its sub-attributes and keeps the others", add_source,
     patching,
     [](Context& c) {
         const auto now = c.patched(
             full_user(c), patch_of(R"({"op":"add","path":"name","value":{"middleName":"Eve","givenName":"Anna"}})"));
         c.same(now, "/name/middleName", "Eve");
         c.same(now, "/name/givenName", "Anna");
         c.same(now, "/name/familyName", "Berg");
     }},
    {"patch-add-sub", "add to a sub-attribute", add_source, patching,
     [](Context& c) {
         const auto now = c.patched(full_user(c), patch_of(R"({"op":"add","path":"name.middleName","value":"Eve"})"));
         c.same(now, "/name/middleName", "Eve");
         c.same(now, "/name/familyName", "Berg");
     }},
    {"patch-add-sub-new", "add to a sub-attribute makes the complex attribute", add_source, patching,
     [](Context& c) {
         const auto now = c.patched(c.make_user(), patch_of(R"({"op":"add","path":"name.familyName","value":"Berg"})"));
         c.same(now, "/name/familyName", "Berg");
     }},
    {"patch-add-multi", "add to a multi-valued attribute appends", add_source, patching,
     [](Context& c) {
         const auto now =
             c.patched(full_user(c),
                       patch_of(R"({"op":"add","path":"emails","value":[{"type":"other","value":"other@$1.example"}]})",
                                c.tag()));
         counts(c, now, "/emails", 3);
         c.same(now, "/emails[type=other]/value", boost::json::string("other@" + c.tag() + ".example"));
         c.same(now, "/emails[type=home]/value", boost::json::string("home@" + c.tag() + ".example"));
     }},
    {"patch-add-multi-two", "add appends several values at once", add_source, patching,
     [](Context& c) {
         const auto now = c.patched(
             c.make_user(),
             patch_of(
                 R"({"op":"add","path":"phoneNumbers","value":[{"type":"work","value":"1"},{"type":"mobile","value":"2"}]})"));
         c.same(now, "/phoneNumbers[type=work]/value", "1");
         c.same(now, "/phoneNumbers[type=mobile]/value", "2");
     }},
    {"patch-add-same", "add of a value that is there changes nothing", add_source, patching,
     [](Context& c) {
         const auto user = full_user(c);
         const auto before = c.read(user.path);
         const auto now = c.patched(
             user,
             patch_of(R"({"op":"add","path":"emails","value":[{"type":"home","value":"home@$1.example"}]})", c.tag()));
         counts(c, now, "/emails", 2);
         c.same(now, "/meta/lastModified", *at(before, "/meta/lastModified"));
     }},
    {"patch-add-primary", "a new primary takes it from the old one", "RFC 7643 2.4, RFC 7644 3.5.2", patching,
     [](Context& c) {
         const auto now = c.patched(
             full_user(c),
             patch_of(
                 R"({"op":"add","path":"emails","value":[{"type":"other","value":"o@$1.example","primary":true}]})",
                 c.tag()));
         c.same(now, "/emails[primary=true]/type", "other");
         const auto* old = at(now, "/emails[type=work]/primary");
         c.expect(old == nullptr || *old == Json(false), "the old primary no longer primary", short_text(now));
     }},
    {"patch-add-extension", "add to an attribute of an extension, named with its URN", add_source, patching,
     [](Context& c) {
         const auto now = c.patched(
             full_user(c), patch_of(R"({"op":"add","path":"$1:division","value":"Theme Park"})", enterprise_urn));
         c.same(now, fmt::format("/{}/division", enterprise_urn), "Theme Park");
         c.same(now, fmt::format("/{}/department", enterprise_urn), "Sales");
     }},
    {"patch-add-extension-object", "add without a path takes an extension as an object", add_source, patching,
     [](Context& c) {
         const auto now = c.patched(
             full_user(c), patch_of(R"({"op":"add","value":{"$1":{"division":"Theme Park"}}})", enterprise_urn));
         c.same(now, fmt::format("/{}/division", enterprise_urn), "Theme Park");
         c.same(now, fmt::format("/{}/department", enterprise_urn), "Sales");
     }},
    {"patch-add-filtered-sub", "add to a sub-attribute of a chosen element", patch_source, patching,
     [](Context& c) {
         const auto now = c.patched(
             full_user(c), patch_of(R"({"op":"add","path":"emails[type eq \"home\"].display","value":"At home"})"));
         c.same(now, "/emails[type=home]/display", "At home");
         c.expect(at(now, "/emails[type=work]/display") == nullptr, "the other element untouched", short_text(now));
     }},
    // --- remove
    {"patch-remove-simple", "remove takes a single value away", remove_source, patching,
     [](Context& c) {
         const auto now = c.patched(full_user(c), patch_of(R"({"op":"remove","path":"title"})"));
         c.empty(now, "/title");
         c.same(now, "/displayName", "Before");
     }},
    {"patch-remove-sub", "remove takes a sub-attribute away", remove_source, patching,
     [](Context& c) {
         const auto now = c.patched(full_user(c), patch_of(R"({"op":"remove","path":"name.familyName"})"));
         c.empty(now, "/name/familyName");
         c.same(now, "/name/givenName", "Ann");
     }},
    {"patch-remove-complex", "remove takes a complex attribute away", remove_source, patching,
     [](Context& c) { c.empty(c.patched(full_user(c), patch_of(R"({"op":"remove","path":"name"})")), "/name"); }},
    {"patch-remove-multi", "remove takes all values of a multi-valued attribute away", remove_source, patching,
     [](Context& c) { c.empty(c.patched(full_user(c), patch_of(R"({"op":"remove","path":"emails"})")), "/emails"); }},
    {"patch-remove-filtered", "remove takes the chosen element away, and only it", remove_source, patching,
     [](Context& c) {
         const auto now = c.patched(full_user(c), patch_of(R"({"op":"remove","path":"emails[type eq \"home\"]"})"));
         counts(c, now, "/emails", 1);
         c.same(now, "/emails/0/type", "work");
     }},
    {"patch-remove-filtered-and", "remove with a condition of two parts", remove_source, patching,
     [](Context& c) {
         const auto now = c.patched(
             full_user(c),
             patch_of(R"({"op":"remove","path":"emails[type eq \"home\" and value ew \"$1.example\"]"})", c.tag()));
         counts(c, now, "/emails", 1);
         c.same(now, "/emails/0/type", "work");
     }},
    {"patch-remove-last", "remove of the last element leaves the attribute unassigned", remove_source, patching,
     [](Context& c) {
         const auto now = c.patched(full_user(c), patch_of(R"({"op":"remove","path":"emails[value pr]"})"));
         c.empty(now, "/emails");
     }},
    {"patch-remove-filtered-sub", "remove takes a sub-attribute of the chosen element away", remove_source, patching,
     [](Context& c) {
         const auto now = c.patched(
             full_user(c), patch_of(R"({"op":"add","path":"emails[type eq \"home\"].display","value":"At home"},
                                       {"op":"remove","path":"emails[type eq \"home\"].display"})"));
         c.empty(now, "/emails[type=home]/display");
         c.same(now, "/emails[type=home]/value", boost::json::string("home@" + c.tag() + ".example"));
     }},
    {"patch-remove-extension", "remove of an attribute of an extension", remove_source, patching,
     [](Context& c) {
         const auto now =
             c.patched(full_user(c), patch_of(R"({"op":"remove","path":"$1:department"})", enterprise_urn));
         c.empty(now, fmt::format("/{}/department", enterprise_urn));
         c.same(now, fmt::format("/{}/costCenter", enterprise_urn), "77");
     }},
    {"patch-remove-absent", "remove of what is not there is no error", remove_source, patching,
     [](Context& c) { c.patched(c.make_user(), patch_of(R"({"op":"remove","path":"title"})")); }},
    {"patch-remove-no-path", "remove without a path is noTarget", remove_source, patching,
     [](Context& c) { refuses(c, full_user(c), patch_of(R"({"op":"remove"})"), 400, "noTarget"); }},
    {"patch-remove-required", "remove of a required attribute is refused", remove_source, patching,
     [](Context& c) {
         refuses(c, full_user(c), patch_of(R"({"op":"remove","path":"userName"})"), 400, "mutability|invalidValue");
     }},
    {"patch-remove-read-only", "remove of a read-only attribute is refused", remove_source, patching,
     [](Context& c) { refuses(c, full_user(c), patch_of(R"({"op":"remove","path":"id"})"), 400, "mutability"); }},
    // --- replace
    {"patch-replace-simple", "replace sets a single value", replace_source, patching,
     [](Context& c) {
         const auto now = c.patched(full_user(c), patch_of(R"({"op":"replace","path":"title","value":"Chief"})"));
         c.same(now, "/title", "Chief");
     }},
    {"patch-replace-absent", "replace of what is not there adds it", replace_source, patching,
     [](Context& c) {
         const auto now = c.patched(c.make_user(), patch_of(R"({"op":"replace","path":"title","value":"Chief"})"));
         c.same(now, "/title", "Chief");
     }},
    {"patch-replace-boolean", "replace sets a boolean", replace_source, patching,
     [](Context& c) {
         const auto now = c.patched(full_user(c), patch_of(R"({"op":"replace","path":"active","value":false})"));
         c.same(now, "/active", false);
     }},
    {"patch-replace-no-path", "replace without a path takes an object of attributes", replace_source, patching,
     [](Context& c) {
         const auto now =
             c.patched(full_user(c), patch_of(R"({"op":"replace","value":{"title":"Chief","active":false}})"));
         c.same(now, "/title", "Chief");
         c.same(now, "/active", false);
         c.same(now, "/displayName", "Before");
     }},
    {"patch-replace-complex", "replace of a complex attribute sets the sub-attributes that are given", replace_source,
     patching,
     [](Context& c) {
         const auto now =
             c.patched(full_user(c), patch_of(R"({"op":"replace","path":"name","value":{"familyName":"Ek"}})"));
         c.same(now, "/name/familyName", "Ek");
         c.same(now, "/name/givenName", "Ann");
     }},
    {"patch-replace-sub", "replace of a sub-attribute", replace_source, patching,
     [](Context& c) {
         const auto now =
             c.patched(full_user(c), patch_of(R"({"op":"replace","path":"name.familyName","value":"Ek"})"));
         c.same(now, "/name/familyName", "Ek");
         c.same(now, "/name/givenName", "Ann");
     }},
    {"patch-replace-multi", "replace of a multi-valued attribute replaces all values", replace_source, patching,
     [](Context& c) {
         const auto now =
             c.patched(full_user(c),
                       patch_of(R"({"op":"replace","path":"emails","value":[{"type":"other","value":"o@$1.example"}]})",
                                c.tag()));
         counts(c, now, "/emails", 1);
         c.same(now, "/emails/0/type", "other");
     }},
    {"patch-replace-filtered-sub", "replace of a sub-attribute of the chosen element", replace_source, patching,
     [](Context& c) {
         const auto now = c.patched(
             full_user(c),
             patch_of(R"({"op":"replace","path":"emails[type eq \"work\"].value","value":"new@$1.example"})", c.tag()));
         c.same(now, "/emails[type=work]/value", boost::json::string("new@" + c.tag() + ".example"));
         c.same(now, "/emails[type=work]/primary", true);
         c.same(now, "/emails[type=home]/value", boost::json::string("home@" + c.tag() + ".example"));
         counts(c, now, "/emails", 2);
     }},
    {"patch-replace-filtered", "replace of the chosen element", replace_source, patching,
     [](Context& c) {
         const auto now = c.patched(
             full_user(c),
             patch_of(
                 R"({"op":"replace","path":"emails[type eq \"home\"]","value":{"type":"home","value":"new@$1.example"}})",
                 c.tag()));
         c.same(now, "/emails[type=home]/value", boost::json::string("new@" + c.tag() + ".example"));
         counts(c, now, "/emails", 2);
     }},
    {"patch-replace-filtered-all", "replace reaches every element that is chosen", replace_source, patching,
     [](Context& c) {
         const auto now =
             c.patched(full_user(c), patch_of(R"({"op":"replace","path":"emails[value pr].display","value":"Same"})"));
         c.same(now, "/emails[type=work]/display", "Same");
         c.same(now, "/emails[type=home]/display", "Same");
     }},
    {"patch-replace-no-match", "replace of an element that no value matches is noTarget", replace_source, patching,
     [](Context& c) {
         refuses(c, full_user(c),
                 patch_of(R"({"op":"replace","path":"emails[type eq \"nope\"]","value":{"value":"x@y.example"}})"), 400,
                 "noTarget");
     }},
    {"patch-replace-extension", "replace of an attribute of an extension", replace_source, patching,
     [](Context& c) {
         const auto now = c.patched(
             full_user(c), patch_of(R"({"op":"replace","path":"$1:department","value":"R&D"})", enterprise_urn));
         c.same(now, fmt::format("/{}/department", enterprise_urn), "R&D");
         c.same(now, fmt::format("/{}/costCenter", enterprise_urn), "77");
     }},
    {"patch-replace-core-urn", "a path may carry the core schema's URN", "RFC 7644 3.10", patching,
     [](Context& c) {
         const auto now = c.patched(full_user(c),
                                    patch_of(R"({"op":"replace","path":"$1:name.familyName","value":"Ek"})", user_urn));
         c.same(now, "/name/familyName", "Ek");
     }},
    {"patch-path-case", "names in a path in any case", "RFC 7643 2.1", patching,
     [](Context& c) {
         const auto now =
             c.patched(full_user(c), patch_of(R"({"op":"replace","path":"NAME.FamilyNAME","value":"Ek"})"));
         c.same(now, "/name/familyName", "Ek");
     }},
    {"patch-replace-taken", "a userName that somebody has is 409 uniqueness", "RFC 7644 3.12", patching,
     [](Context& c) {
         const auto other = c.make_user();
         refuses(c, full_user(c), patch_of(R"({"op":"replace","path":"userName","value":"$1"})", other.name), 409,
                 "uniqueness");
     }},
    {"patch-replace-read-only", "replace of a read-only attribute is refused", patch_source, patching,
     [](Context& c) {
         refuses(c, full_user(c), patch_of(R"({"op":"replace","path":"id","value":"other"})"), 400, "mutability");
     }},
    {"patch-replace-meta", "meta is read-only", "RFC 7643 3.1", patching,
     [](Context& c) {
         refuses(c, full_user(c), patch_of(R"({"op":"replace","path":"meta.created","value":"2011-05-13T04:42:34Z"})"),
                 400, "mutability");
     }},
    {"patch-wrong-type", "a value of the wrong type is refused", "RFC 7644 3.12", patching,
     [](Context& c) {
         refuses(c, full_user(c), patch_of(R"({"op":"replace","path":"active","value":"maybe"})"), 400,
                 "invalidValue|invalidSyntax");
     }},
    {"patch-wrong-type-complex", "a number where an object belongs is refused", "RFC 7644 3.12", patching,
     [](Context& c) {
         refuses(c, full_user(c), patch_of(R"({"op":"replace","path":"name","value":7})"), 400,
                 "invalidValue|invalidSyntax");
     }},
    // --- the message
    {"patch-order", "operations are applied in order", patch_source, patching,
     [](Context& c) {
         const auto now = c.patched(full_user(c), patch_of(R"({"op":"remove","path":"title"},
                                                              {"op":"add","path":"title","value":"one"},
                                                              {"op":"replace","path":"title","value":"two"})"));
         c.same(now, "/title", "two");
     }},
    {"patch-atomic", "one operation that fails undoes all", patch_source, patching,
     [](Context& c) {
         refuses(c, full_user(c), patch_of(R"({"op":"replace","path":"title","value":"Chief"},
                             {"op":"add","path":"nickName","value":"Babs"},
                             {"op":"replace","path":"active","value":"maybe"})"),
                 400, "invalidValue|invalidSyntax");
     }},
    {"patch-answer", "PATCH answers 200 with the resource as it is now, or 204", patch_source, patching,
     [](Context& c) {
         const auto user = full_user(c);
         const auto answer = c.patch(user.path, patch_of(R"({"op":"replace","path":"title","value":"Chief"})"));
         c.status(answer, {200, 204});
         if (answer.status == 200) c.same(answer.json, "/title", "Chief");
         c.expect(answer.status == 200 || answer.body.empty(), "no body with 204", answer.body);
     }},
    {"patch-modified", "a change moves lastModified, and created stays", "RFC 7643 3.1", patching,
     [](Context& c) {
         const auto user = full_user(c);
         const auto now = c.patched(user, patch_of(R"({"op":"replace","path":"title","value":"Chief"})"));
         c.same(now, "/meta/created", *at(user.json, "/meta/created"));
         c.expect(text_at(now, "/meta/lastModified") >= text_at(user.json, "/meta/lastModified"),
                  "lastModified not before what it was", short_text(now));
     }},
    {"patch-unknown-op", "an unknown op is refused", patch_source, patching,
     [](Context& c) {
         refuses(c, full_user(c), patch_of(R"({"op":"move","path":"title","value":"x"})"), 400,
                 "invalidSyntax|invalidValue");
     }},
    {"patch-no-op", "an operation without op is refused", patch_source, patching,
     [](Context& c) {
         refuses(c, full_user(c), patch_of(R"({"path":"title","value":"x"})"), 400, "invalidSyntax|invalidValue");
     }},
    {"patch-add-no-value", "add without a value is refused", add_source, patching,
     [](Context& c) {
         refuses(c, full_user(c), patch_of(R"({"op":"add","path":"title"})"), 400, "invalidValue|invalidSyntax");
     }},
    {"patch-bad-path", "a path that is none is invalidPath", "RFC 7644 3.12", patching,
     [](Context& c) {
         refuses(c, full_user(c), patch_of(R"({"op":"replace","path":"emails[type eq","value":"x"})"), 400,
                 "invalidPath|invalidFilter");
     }},
    {"patch-bad-path-words", "words are no path", "RFC 7644 3.12", patching,
     [](Context& c) {
         refuses(c, full_user(c), patch_of(R"({"op":"replace","path":"title and more","value":"x"})"), 400,
                 "invalidPath");
     }},
    {"patch-no-schema", "a message without the PatchOp schema is refused", patch_source, patching,
     [](Context& c) {
         refuses(c, full_user(c), body(R"({"Operations":[{"op":"replace","path":"title","value":"x"}]})"), 400,
                 "invalidSyntax|invalidValue");
     }},
    {"patch-no-operations", "a message without Operations is refused", patch_source, patching,
     [](Context& c) {
         refuses(c, full_user(c), body(R"({"schemas":["$1"]})", patch_op_urn), 400, "invalidSyntax|invalidValue");
     }},
    {"patch-unknown-id", "PATCH of an unknown id is 404", patch_source, patching,
     [](Context& c) {
         c.refused(c.patch("/Users/" + c.unique("nobody"), patch_of(R"({"op":"add","path":"title","value":"x"})")),
                   404);
     }},
    // --- groups
    {"patch-group-add", "add appends members", add_source, patching | groups,
     [](Context& c) {
         const auto a = c.make_user();
         const auto b = c.make_user();
         const auto group = c.make_group(body(R"({"members":[{"value":"$1"}]})", a.id));
         const auto now = c.patched(group, patch_of(R"({"op":"add","path":"members","value":[{"value":"$1"}]})", b.id));
         counts(c, now, "/members", 2);
         c.expect(at(now, fmt::format("/members[value={}]", b.id)) != nullptr, "the new member", short_text(now));
     }},
    {"patch-group-add-same", "add of a member that is there changes nothing", add_source, patching | groups,
     [](Context& c) {
         const auto a = c.make_user();
         const auto group = c.make_group(body(R"({"members":[{"value":"$1"}]})", a.id));
         const auto now = c.patched(group, patch_of(R"({"op":"add","path":"members","value":[{"value":"$1"}]})", a.id));
         counts(c, now, "/members", 1);
     }},
    {"patch-group-remove", "remove takes the chosen member away, and only it", remove_source, patching | groups,
     [](Context& c) {
         const auto a = c.make_user();
         const auto b = c.make_user();
         const auto group = c.make_group(body(R"({"members":[{"value":"$1"},{"value":"$2"}]})", a.id, b.id));
         const auto now = c.patched(group, patch_of(R"({"op":"remove","path":"members[value eq \"$1\"]"})", a.id));
         counts(c, now, "/members", 1);
         c.same(now, "/members/0/value", boost::json::string(b.id));
     }},
    {"patch-group-remove-all", "remove of members empties the group", remove_source, patching | groups,
     [](Context& c) {
         const auto a = c.make_user();
         const auto group = c.make_group(body(R"({"members":[{"value":"$1"}]})", a.id));
         c.empty(c.patched(group, patch_of(R"({"op":"remove","path":"members"})")), "/members");
     }},
    {"patch-group-replace", "replace sets the members", replace_source, patching | groups,
     [](Context& c) {
         const auto a = c.make_user();
         const auto b = c.make_user();
         const auto group = c.make_group(body(R"({"members":[{"value":"$1"}]})", a.id));
         const auto now =
             c.patched(group, patch_of(R"({"op":"replace","path":"members","value":[{"value":"$1"}]})", b.id));
         counts(c, now, "/members", 1);
         c.same(now, "/members/0/value", boost::json::string(b.id));
     }},
    {"patch-group-name", "replace of displayName", replace_source, patching | groups,
     [](Context& c) {
         const auto name = c.unique("renamed");
         const auto now =
             c.patched(c.make_group(), patch_of(R"({"op":"replace","path":"displayName","value":"$1"})", name));
         c.same(now, "/displayName", boost::json::string(name));
     }},
};

} // namespace

Checks patch_checks()
{
    Checks checks;
    append(checks, rows);
    return checks;
}

} // namespace conformance
