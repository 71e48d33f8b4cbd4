#include "conformance/protocol_checks.hpp"

#include <fmt/format.h>

namespace conformance {
namespace {

constexpr const char* source = "RFC 7644 3.4.2.2";

// Whom the filters look for: a, b and c. `%` in a filter stands for what makes this run's values unique.
struct FilterRow {
    const char* id;
    const char* title;
    const char* filter;
    const char* found; // "ac": Ann and Cid
};

constexpr FilterRow rows[] = {
    {"filter-eq", "eq finds the value", R"(title eq "Engineer")", "a"},
    {"filter-eq-none", "eq finds nothing else", R"(title eq "Engine")", ""},
    {"filter-eq-case", "eq ignores case where the attribute does", R"(title eq "eNGINEER")", "a"},
    {"filter-ne", "ne finds the others", R"(title pr and title ne "Engineer")", "b"},
    {"filter-ne-case", "ne ignores case where the attribute does", R"(title pr and title ne "ENGINEER")", "b"},
    {"filter-co", "co finds a part", R"(title co "ginee")", "ab"},
    {"filter-co-none", "co finds nothing else", R"(title co "ginex")", ""},
    {"filter-co-case", "co ignores case where the attribute does", R"(title co "GINEE")", "ab"},
    {"filter-sw", "sw finds a beginning", R"(title sw "Engineeri")", "b"},
    {"filter-sw-none", "sw does not find an end", R"(title sw "manager")", ""},
    {"filter-ew", "ew finds an end", R"(title ew "manager")", "b"},
    {"filter-ew-none", "ew does not find a beginning", R"(title ew "Engineering")", ""},
    {"filter-pr", "pr finds what has a value", "title pr", "ab"},
    {"filter-pr-not", "not (pr) finds what has none", "not (title pr)", "c"},
    {"filter-pr-complex", "pr on a complex multi-valued attribute", "emails pr", "ab"},
    {"filter-pr-sub", "pr on a sub-attribute", "name.familyName pr", "a"},
    {"filter-gt", "gt compares text", R"(nickName gt "Bobby")", "c"},
    {"filter-ge", "ge compares text", R"(nickName ge "Bobby")", "bc"},
    {"filter-lt", "lt compares text", R"(nickName lt "Bobby")", "a"},
    {"filter-le", "le compares text", R"(nickName le "Bobby")", "ab"},
    {"filter-date-gt", "gt compares times", R"(meta.created gt "2011-05-13T04:42:34Z")", "abc"},
    {"filter-date-lt", "lt compares times", R"(meta.created lt "2011-05-13T04:42:34Z")", ""},
    {"filter-date-ge", "ge compares times", R"(meta.lastModified ge "2999-01-01T00:00:00Z")", ""},
    {"filter-date-le", "le compares times", R"(meta.lastModified le "2999-01-01T00:00:00Z")", "abc"},
    {"filter-date-offset", "a time may carry an offset", R"(meta.created gt "2011-05-13T04:42:34.123+02:00")", "abc"},
    {"filter-boolean-true", "eq true", "active eq true", "ac"},
    {"filter-boolean-false", "eq false", "active eq false", "b"},
    {"filter-boolean-ne", "ne on a boolean", "active ne true", "b"},
    {"filter-and", "and needs both", R"(title co "engineer" and active eq true)", "a"},
    {"filter-and-none", "and fails with one", R"(title eq "Engineer" and active eq false)", ""},
    {"filter-or", "or needs one", R"(title eq "Engineer" or nickName eq "Cici")", "ac"},
    {"filter-or-none", "or fails with none", R"(title eq "x" or nickName eq "y")", ""},
    {"filter-not", "not turns an expression round", R"(not (nickName eq "Annie"))", "bc"},
    {"filter-not-and", "not binds tighter than and", R"(not (nickName eq "Annie") and active eq true)", "c"},
    {"filter-precedence", "and binds tighter than or",
     R"(title eq "Engineer" or active eq false and nickName eq "zzz")", "a"},
    {"filter-group", "parentheses group", R"((title eq "Engineer" or active eq false) and nickName eq "Bobby")", "b"},
    {"filter-group-deep", "parentheses nest", R"((((title eq "Engineer"))))", "a"},
    {"filter-sub", "a sub-attribute of a complex attribute", R"(name.familyName eq "Berg")", "a"},
    {"filter-sub-none", "a sub-attribute is not its sibling", R"(name.givenName eq "Berg")", ""},
    {"filter-multi-sub", "a sub-attribute of any element", R"(emails.value eq "ann.home@%.example")", "a"},
    {"filter-multi-type", "the type of any element", R"(emails.type eq "home")", "a"},
    {"filter-multi-default", "a multi-valued attribute means its value", R"(emails co "ann.home@%")", "a"},
    {"filter-path", "a value path finds the element", R"(emails[type eq "work" and value co "@%.example"])", "ab"},
    {"filter-path-one-element", "a value path looks at one element at a time",
     R"(emails[type eq "work" and value co "home"])", ""},
    {"filter-and-two-elements", "and outside a value path may look at two",
     R"(emails.type eq "work" and emails.value co "ann.home@%")", "a"},
    {"filter-path-or", "or inside a value path", R"(emails[type eq "home" or value sw "bob"])", "ab"},
    {"filter-path-not", "not inside a value path", R"(emails[not (type eq "work")])", "a"},
    {"filter-path-boolean", "a boolean inside a value path", R"(emails[primary eq true])", "a"},
    {"filter-path-and", "a value path beside another expression", R"(emails[type eq "work"] and active eq false)", "b"},
    {"filter-name-case", "attribute names in any case", R"(NAME.FAMILYNAME eq "Berg")", "a"},
    {"filter-operator-case", "operators in any case", R"(title EQ "Engineer" AND NOT (active Eq false))", "a"},
    {"filter-urn-core", "a name with the core schema's URN",
     R"(urn:ietf:params:scim:schemas:core:2.0:User:title eq "Engineer")", "a"},
    {"filter-urn-core-sub", "a sub-attribute with the core schema's URN",
     R"(urn:ietf:params:scim:schemas:core:2.0:User:name.familyName eq "Berg")", "a"},
    {"filter-urn-extension", "a name with an extension's URN",
     R"(urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "Sales")", "b"},
    {"filter-urn-extension-pr", "pr with an extension's URN",
     R"(urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber pr)", "a"},
    {"filter-exact", "a case-exact attribute: the same case", R"(externalId eq "Ext-A-%")", "a"},
    {"filter-exact-none", "a case-exact attribute: another case", R"(externalId eq "EXT-a-%")", ""},
    {"filter-escape", "a quote and a backslash are escaped as in JSON", R"(displayName eq "Quote \" and \\ slash")",
     "c"},
    {"filter-escape-unicode", "\\u escapes as in JSON", R"(nickName eq "\u0041nnie")", "a"},
    {"filter-unicode", "text beyond ASCII", R"(displayName eq "Åsa Öberg 木")", "b"},
    {"filter-words-in-text", "words and brackets inside a text are text", R"(displayName eq "a and (b) or [c] eq d")",
     "a"},
    {"filter-meta-type", "meta.resourceType", R"(meta.resourceType eq "User")", "abc"},
};

struct Cast {
    Made a;
    Made b;
    Made c;
};

Cast make_cast(Context& c)
{
    const auto& tag = c.tag();
    return {
        c.make_user(body(
            R"({"externalId":"Ext-A-$1","title":"Engineer","nickName":"Annie","displayName":"a and (b) or [c] eq d",
                    "name":{"givenName":"Ann","familyName":"Berg"},
                    "emails":[{"type":"work","value":"ann.work@$1.example","primary":true},
                              {"type":"home","value":"ann.home@$1.example"}],
                    "$2":{"employeeNumber":"701984","department":"Tour Operations"}})",
            tag, enterprise_urn)),
        c.make_user(body(
            R"({"externalId":"Ext-B-$1","title":"Engineering manager","nickName":"Bobby","active":false,
                    "displayName":"Åsa Öberg 木","name":{"givenName":"Bob"},
                    "emails":[{"type":"work","value":"bob@$1.example"}],"$2":{"department":"Sales"}})",
            tag, enterprise_urn)),
        c.make_user(body(R"({"externalId":"Ext-C-$1","nickName":"Cici","displayName":"Quote \" and \\ slash"})", tag))};
}

void run_row(Context& c, const FilterRow& row)
{
    std::string filter = row.filter;
    if (const auto mark = filter.find('%'); mark != std::string::npos) filter.replace(mark, 1, c.tag());
    const auto cast = make_cast(c);
    std::vector<std::string> expected;
    for (const char who : std::string_view(row.found)) {
        expected.push_back(who == 'a' ? cast.a.id : who == 'b' ? cast.b.id : cast.c.id);
    }
    c.finds("Users", fmt::format(R"(({}) and userName sw "{}")", filter, c.tag()), expected);
}

// What is no filter.
struct BadRow {
    const char* id;
    const char* filter;
};

constexpr BadRow bad_rows[] = {
    {"filter-bad-words", "foo bar baz"},
    {"filter-bad-name-alone", "title"},
    {"filter-bad-no-value", "title eq"},
    {"filter-bad-operator", R"(title like "a")"},
    {"filter-bad-open-text", R"(title eq "a)"},
    {"filter-bad-open-group", "(title pr"},
    {"filter-bad-closed-group", "title pr)"},
    {"filter-bad-and-alone", R"(title eq "a" and)"},
    {"filter-bad-or-alone", R"(or title eq "a")"},
    {"filter-bad-not", "not title pr"},
    {"filter-bad-open-path", R"(emails[type eq "work")"},
    {"filter-bad-empty-path", "emails[]"},
    {"filter-bad-quotes", "title eq 'a'"},
    {"filter-bad-two", R"(title eq "a" title eq "b")"},
    {"filter-bad-boolean-order", "active gt true"},
};

constexpr Row others[] = {
    {"filter-username", "userName is found in any case", "RFC 7643 4.1.1, RFC 7644 3.4.2.2", filtering,
     [](Context& c) {
         const auto user = c.make_user();
         c.finds("Users", fmt::format(R"(userName eq "{}")", user.name), {user.id});
         c.finds("Users", fmt::format(R"(userName eq "{}")", upper(user.name)), {user.id});
         c.finds("Users", fmt::format(R"(userName eq "no-{}")", user.name), {});
     }},
    {"filter-id", "id is found", source, filtering,
     [](Context& c) {
         const auto user = c.make_user();
         c.make_user();
         c.finds("Users", fmt::format(R"(id eq "{}")", user.id), {user.id});
         c.finds("Users", R"(id eq "no-such-id")", {});
     }},
    {"filter-none-is-200", "a filter that matches nothing is an empty list, not an error", "RFC 7644 3.4.2", filtering,
     [](Context& c) {
         c.make_user();
         const auto answer = c.list("Users", fmt::format(R"(userName eq "{}")", c.address("nobody")));
         c.lists(answer, {});
     }},
    {"filter-current-time", "a time before a change does not find it, one after does", source, filtering,
     [](Context& c) {
         const auto user = c.make_user();
         const auto when = text_at(c.read(user.path), "/meta/lastModified");
         c.finds("Users", fmt::format(R"(id eq "{}" and meta.lastModified ge "{}")", user.id, when), {user.id});
         c.finds("Users", fmt::format(R"(id eq "{}" and meta.lastModified lt "{}")", user.id, when), {});
     }},
    {"filter-date-offset-exact", "an offset moves the time by as much", source, filtering,
     [](Context& c) {
         const auto user = c.make_user();
         auto later = text_at(c.read(user.path), "/meta/created"); // an hour later, if the offset counts
         c.expect(later.ends_with("Z"), "a time in UTC", later);
         later.replace(later.size() - 1, 1, "-01:00");
         c.finds("Users", fmt::format(R"(id eq "{}" and meta.created lt "{}")", user.id, later), {user.id});
         c.finds("Users", fmt::format(R"(id eq "{}" and meta.created ge "{}")", user.id, later), {});
     }},
    {"filter-group-name", "groups are found by displayName", source, filtering | groups,
     [](Context& c) {
         const auto group = c.make_group();
         c.make_group();
         c.finds("Groups", fmt::format(R"(displayName eq "{}")", group.name), {group.id});
         c.finds("Groups", fmt::format(R"(displayName eq "no-{}")", group.name), {});
     }},
    {"filter-group-member", "groups are found by a member", source, filtering | groups,
     [](Context& c) {
         const auto user = c.make_user();
         const auto other = c.make_user();
         const auto group = c.make_group(body(R"({"members":[{"value":"$1"}]})", user.id));
         c.finds("Groups", fmt::format(R"(members.value eq "{}")", user.id), {group.id});
         c.finds("Groups", fmt::format(R"(members[value eq "{}"])", user.id), {group.id});
         c.finds("Groups", fmt::format(R"(members.value eq "{}")", other.id), {});
     }},
};

} // namespace

Checks filter_checks()
{
    Checks checks;
    append(checks, others);
    for (const auto& row : rows) {
        checks.push_back({row.id, row.title, source, filtering, [&row](Context& c) { run_row(c, row); }});
    }
    for (const auto& row : bad_rows) {
        checks.push_back({row.id, fmt::format("{} is refused with invalidFilter", row.filter), "RFC 7644 3.4.2.2, 3.12",
                          filtering,
                          [&row](Context& c) { c.refused(c.list("Users", row.filter), 400, "invalidFilter"); }});
    }
    return checks;
}

} // namespace conformance
