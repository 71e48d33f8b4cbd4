#include "scim/entra/quirks.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <string>

namespace scim::entra {
namespace {

namespace json = boost::json;

constexpr const char* enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

// ENT stands for the enterprise URN, ' for ", as in the tables below.
json::value from(std::string text)
{
    std::replace(text.begin(), text.end(), '\'', '"');
    for (auto at = text.find("ENT"); at != std::string::npos; at = text.find("ENT", at + 1))
        text.replace(at, 3, enterprise);
    return json::parse(text);
}

json::value body_of(const std::string& operations) { return from("{'Operations': " + operations + "}"); }

TEST_CASE("an operation is repaired from what was sent to what was meant, and only that quirk is counted")
{
    struct Row {
        std::string quirk, sent, meant;
        std::string type = "User";
    };
    const auto row = GENERATE(values<Row>({
        // U1, U2, U3, E-34, E-35
        {"op_case", "{'op':'Replace','path':'title','value':'A'}", "{'op':'replace','path':'title','value':'A'}"},
        {"op_case", "{'op':'ADD','path':'title','value':'A'}", "{'op':'add','path':'title','value':'A'}"},
        {"boolean_as_text", "{'op':'replace','path':'active','value':'False'}",
         "{'op':'replace','path':'active','value':false}"},
        {"boolean_as_text", "{'op':'replace','path':'ACTIVE','value':'true'}",
         "{'op':'replace','path':'ACTIVE','value':true}"},
        {"boolean_as_text", "{'op':'replace','value':{'active':'FALSE'}}", "{'op':'replace','value':{'active':false}}"},
        // U13, E-48
        {"boolean_as_text", R"({'op':'replace','path':'roles[primary eq \'True\'].value','value':'A'})",
         "{'op':'replace','path':'roles[primary eq true].value','value':'A'}"},
        {"boolean_as_text",
         R"({'op':'replace','path':'roles[type eq \'x\' and  Primary  EQ  \'false\'].value','value':'A'})",
         R"({'op':'replace','path':'roles[type eq \'x\' and  Primary  EQ  false].value','value':'A'})"},
        {"boolean_as_text", R"({'op':'add','path':'emails[type eq \'work\'].primary','value':'True'})",
         R"({'op':'add','path':'emails[type eq \'work\'].primary','value':true})"},
        {"boolean_as_text", "{'op':'add','path':'roles','value':[{'primary':'True','value':'True'}]}",
         "{'op':'add','path':'roles','value':[{'primary':true,'value':'True'}]}"},
        {"boolean_as_text", "{'op':'add','value':{'emails':[{'Primary':'False','value':'a@b'}]}}",
         "{'op':'add','value':{'emails':[{'Primary':false,'value':'a@b'}]}}"},
        // U6, U7, E-39 to E-41
        {"dotted_keys", "{'op':'replace','value':{'name.givenName':'B','title':'T','name.familyName':'J'}}",
         "{'op':'replace','value':{'title':'T','name':{'givenName':'B','familyName':'J'}}}"},
        {"dotted_keys", "{'op':'replace','value':{'Name':{'formatted':'B J'},'name.givenName':'B'}}",
         "{'op':'replace','value':{'Name':{'formatted':'B J','givenName':'B'}}}"},
        {"dotted_keys", "{'op':'replace','value':{'ENT':{'manager.value':'m'}}}",
         "{'op':'replace','value':{'ENT':{'manager':{'value':'m'}}}}"},
        {"urn_keys", "{'op':'replace','value':{'ENT:employeeNumber':'7','ENT:manager.value':'m'}}",
         "{'op':'replace','value':{'ENT':{'employeeNumber':'7','manager':{'value':'m'}}}}"},
        {"urn_keys", "{'op':'replace','value':{'urn:ietf:params:scim:schemas:core:2.0:User:title':'T'}}",
         "{'op':'replace','value':{'title':'T'}}"},
        {"urn_keys", "{'op':'add','value':{'urn:ietf:params:scim:schemas:extension:Contoso:2.0:User:pool':'P'}}",
         "{'op':'add','value':{'urn:ietf:params:scim:schemas:extension:Contoso:2.0:User':{'pool':'P'}}}"},
        {"urn_dot", "{'op':'replace','path':'ENT.department','value':'D'}",
         "{'op':'replace','path':'ENT:department','value':'D'}"},
        {"urn_dot", "{'op':'replace','value':{'ENT.department':{}}}", "{'op':'replace','value':{'ENT:department':{}}}"},
        {"malformed_schema_urn",
         "{'op':'add','path':'urn:ietf:params:scim:schemas:extension:enterprise:2.0User:department','value':'D'}",
         "{'op':'add','path':'ENT:department','value':'D'}"},
        {"enterprise_without_urn", "{'op':'remove','path':'manager'}", "{'op':'remove','path':'ENT:manager'}"},
        {"enterprise_without_urn", R"({'op':'remove','path':'manager[value eq \'m\']'})",
         R"({'op':'remove','path':'ENT:manager[value eq \'m\']'})"},
        {"enterprise_without_urn", "{'op':'add','value':{'Department':'D','title':'T'}}",
         "{'op':'add','value':{'title':'T','ENT':{'Department':'D'}}}"},
        // U17 to U20, E-54 to E-58
        {"manager_shapes", "{'op':'add','path':'ENT:manager','value':'m'}",
         "{'op':'add','path':'ENT:manager','value':{'value':'m'}}"},
        {"manager_shapes", "{'op':'add','path':'ENT:manager','value':['m']}",
         "{'op':'add','path':'ENT:manager','value':{'value':'m'}}"},
        {"manager_shapes", "{'op':'add','path':'ENT:manager','value':[{'$ref':'http://h/Users/m','value':'m'}]}",
         "{'op':'add','path':'ENT:manager','value':{'$ref':'http://h/Users/m','value':'m'}}"},
        {"manager_shapes", "{'op':'add','path':'ENT:manager','value':{'$ref':'http://h/Users/m'}}",
         "{'op':'add','path':'ENT:manager','value':{'$ref':'http://h/Users/m','value':'m'}}"},
        {"manager_shapes", "{'op':'replace','path':'ENT:manager','value':''}",
         "{'op':'replace','path':'ENT:manager','value':null}"},
        {"manager_shapes", "{'op':'replace','path':'ENT:manager','value':[]}",
         "{'op':'replace','path':'ENT:manager','value':null}"},
        {"manager_shapes", "{'op':'replace','path':'ENT:manager','value':{'value':''}}",
         "{'op':'replace','path':'ENT:manager','value':null}"},
        {"manager_shapes", "{'op':'replace','value':{'ENT':{'manager':{'Value':null}}}}",
         "{'op':'replace','value':{'ENT':{'manager':null}}}"},
        {"manager_shapes", R"({'op':'remove','path':'ENT:manager[value eq \'m\']'})",
         "{'op':'remove','path':'ENT:manager'}"},
        // U22, E-60
        {"empty_value_clears", "{'op':'replace','path':'title','value':''}",
         "{'op':'replace','path':'title','value':null}"},
        {"empty_value_clears", "{'op':'replace','value':{'title':'','name':{'formatted':''},'ENT':{'department':''}}}",
         "{'op':'replace','value':{'title':null,'name':{'formatted':null},'ENT':{'department':null}}}"},
        // G8
        {"bare_member", "{'op':'add','path':'members','value':'u'}",
         "{'op':'add','path':'members','value':[{'value':'u'}]}", "Group"},
        {"bare_member", "{'op':'remove','path':'members','value':['u',{'value':'v'}]}",
         "{'op':'remove','path':'members','value':[{'value':'u'},{'value':'v'}]}", "Group"},
        {"bare_member", "{'op':'replace','value':{'members':['u']}}",
         "{'op':'replace','value':{'members':[{'value':'u'}]}}", "Group"},
    }));
    INFO(row.quirk << ": " << row.sent);
    const Quirks alone{"strict", {{row.quirk, true}}};
    std::vector<std::string_view> fired;
    CHECK(alone.repair_patch(body_of("[" + row.sent + "]"), row.type, fired) == body_of("[" + row.meant + "]"));
    CHECK(fired == std::vector<std::string_view>{row.quirk});
    CHECK(alone.count_of(row.quirk) == 1);

    SECTION("what was meant is not repaired again")
    {
        fired.clear();
        CHECK(alone.repair_patch(body_of("[" + row.meant + "]"), row.type, fired) == body_of("[" + row.meant + "]"));
        CHECK(fired.empty());
        CHECK(alone.count_of(row.quirk) == 1);
    }
    SECTION("without the quirk nothing is touched")
    {
        const Quirks all_others{"entra", {{row.quirk, false}}};
        fired.clear();
        all_others.repair_patch(body_of("[" + row.sent + "]"), row.type, fired);
        CHECK(std::find(fired.begin(), fired.end(), row.quirk) == fired.end());
        const Quirks strict{"strict", {}};
        fired.clear();
        CHECK(strict.repair_patch(body_of("[" + row.sent + "]"), row.type, fired) == body_of("[" + row.sent + "]"));
        CHECK(fired.empty());
    }
}

TEST_CASE("what is not one of Entra's oddities is left to the strict engine")
{
    const auto operation = GENERATE(values<std::string>({
        "{'op':'Move','path':'title','value':'A'}",             // E-69
        "{'op':'replace','path':'active','value':'maybe'}",     // E-36
        "{'op':'replace','path':'active','value':''}",          // active is never empty
        "{'op':'replace','path':'displayName','value':'True'}", // a text that looks like a boolean
        "{'op':'replace','path':'ENT:manager','value':7}",
        R"({'op':'replace','path':'emails[value eq \'primary eq\'].value','value':'A'})",
        R"({'op':'replace','path':'emails[value eq \'primary eq \\\'True\\\'\'].value','value':'A'})",
        "{'op':'replace','path':'emails[','value':'A'}",
        "{'op':'replace','path':7,'value':'A'}",
        "{'op':'replace','value':{'emails.value':'a@b','a.b.c':1,'.x':1,'x.':1,'urn:x':1}}",
        "{'op':7,'path':null}",
        "{}",
        "7",
        "[]",
    }));
    INFO(operation);
    const Quirks entra{"entra", {}};
    std::vector<std::string_view> fired;
    const auto sent = body_of("[" + operation + "]");
    CHECK(entra.repair_patch(sent, "User", fired) == sent);
    CHECK(fired.empty());

    for (const auto* body : {"7", "[]", "null", "{}", "{'Operations':7}", "{'Operations':{'op':'Add'}}"}) {
        INFO(body);
        CHECK(entra.repair_patch(from(body), "User", fired) == from(body));
        CHECK(entra.repair_resource(from(body), "User", fired) == from(body));
        CHECK(fired.empty());
    }
}

TEST_CASE("a group's members are not cleared by an empty text, and a user has none to repair")
{
    const Quirks entra{"entra", {}};
    std::vector<std::string_view> fired;
    for (const auto* value : {"{'op':'replace','path':'members','value':''}", "{'op':'replace','value':{'members':''}}",
                              "{'op':'remove','path':'members','value':[{'value':''}]}",
                              "{'op':'remove','path':'members','value':'junk'}" /* E-84: it may be anything */}) {
        const auto sent = body_of("[" + std::string(value) + "]");
        CHECK(entra.repair_patch(sent, "Group", fired) == sent);
    }
    const auto of_user = body_of("[{'op':'add','path':'members','value':'u'}]");
    CHECK(entra.repair_patch(of_user, "User", fired) == of_user);
    CHECK(fired.empty());
}

TEST_CASE("U14: the text in primary of an untyped element is left out, its neighbours stay")
{
    const Quirks entra{"entra", {}};
    std::vector<std::string_view> fired;
    const auto sent = body_of(R"([{'op':'add','path':'phoneNumbers[type eq \'untyped\'].value','value':'555'},
                                  {'op':'add','path':'phoneNumbers[type eq \'untyped\'].primary','value':'555'},
                                  7,
                                  {'op':'add','path':'phoneNumbers[type eq \'untyped\'].primary','value':true}])");
    const auto meant = body_of(R"([{'op':'add','path':'phoneNumbers[type eq \'untyped\'].value','value':'555'},
                                   7,
                                   {'op':'add','path':'phoneNumbers[type eq \'untyped\'].primary','value':true}])");
    CHECK(entra.repair_patch(sent, "User", fired) == meant);
    CHECK(fired == std::vector<std::string_view>{"untyped_primary"});
}

TEST_CASE("several quirks meet in one request, and each counts once for it")
{
    const Quirks entra{"entra", {}};
    std::vector<std::string_view> fired;
    const auto sent = body_of(R"([{'op':'Replace','path':'active','value':'False'},
                                  {'op':'Add','path':'manager','value':[{'$ref':null,'value':'m'}]},
                                  {'op':'Replace','value':{'ENT:department':'','name.givenName':'B'}}])");
    const auto meant = body_of(R"([{'op':'replace','path':'active','value':false},
                                   {'op':'add','path':'ENT:manager','value':{'$ref':null,'value':'m'}},
                                   {'op':'replace','value':{'name':{'givenName':'B'},'ENT':{'department':null}}}])");
    CHECK(entra.repair_patch(sent, "User", fired) == meant);
    CHECK(fired == std::vector<std::string_view>{"op_case", "dotted_keys", "urn_keys", "enterprise_without_urn",
                                                 "boolean_as_text", "manager_shapes", "empty_value_clears"});
    for (const auto name : fired) CHECK(entra.count_of(name) == 1);
}

TEST_CASE("E-14 to E-18: bodies of POST and PUT are repaired alike")
{
    const Quirks entra{"entra", {}};
    std::vector<std::string_view> fired;
    const auto sent = from(R"({'schemas':['urn:ietf:params:scim:schemas:core:2.0:User',
                                          'urn:ietf:params:scim:schemas:extension:enterprise:2.0User'],
                               'userName':'b@c','active':'True','title':'',
                               'roles':[{'primary':'True','value':'A'}],
                               'emails':[{'primary':'true','value':'b@c'}],
                               'urn:ietf:params:scim:schemas:extension:enterprise:2.0User':{'Manager.Value':'m'}})");
    const auto meant = from(R"({'schemas':['urn:ietf:params:scim:schemas:core:2.0:User','ENT'],
                                'userName':'b@c','active':true,'title':null,
                                'roles':[{'primary':true,'value':'A'}],
                                'emails':[{'primary':true,'value':'b@c'}],
                                'ENT':{'Manager':{'Value':'m'}}})");
    CHECK(entra.repair_resource(sent, "User", fired) == meant);
    CHECK(fired == std::vector<std::string_view>{"malformed_schema_urn", "dotted_keys", "boolean_as_text",
                                                 "empty_value_clears"});
    const Quirks strict{"strict", {}};
    fired.clear();
    CHECK(strict.repair_resource(sent, "User", fired) == sent);
    CHECK(fired.empty());
}

TEST_CASE("E-07: one doubled slash after the base is forgiven, two are not")
{
    const Quirks entra{"entra", {}};
    const Quirks strict{"strict", {}};
    std::vector<std::string_view> fired;
    CHECK(entra.repair_path("//Users/1", fired) == "/Users/1");
    CHECK(fired == std::vector<std::string_view>{"doubled_slash"});
    for (const auto* path : {"/Users", "///Users", "/Users//1", "", "/"}) CHECK(entra.repair_path(path, fired) == path);
    CHECK(strict.repair_path("//Users", fired) == "//Users");
    CHECK(entra.count_of("doubled_slash") == 1);
    CHECK(strict.count_of("doubled_slash") == 0);
}

TEST_CASE("a profile sets every switch, single switches stand above it, and tolerances follow")
{
    const Quirks entra{"entra", {{"op_case", false}, {"remove_with_value", false}, {"no_such_quirk", true}}};
    const Quirks strict{"strict", {{"unquoted_filter_word", true}}};
    for (const auto name : quirk_names()) {
        INFO(name);
        CHECK(entra.is_on(name) == (name != "op_case" && name != "remove_with_value"));
        CHECK(strict.is_on(name) == (name == "unquoted_filter_word"));
    }
    CHECK_FALSE(entra.is_on("no_such_quirk"));
    CHECK_FALSE(entra.tolerance().remove_listed_values);
    CHECK(entra.tolerance().create_unmatched_element);
    CHECK(strict.tolerance().unquoted_filter_words);
    CHECK_FALSE(strict.tolerance().allow_no_operations);
}

TEST_CASE("names of quirks are unique and each explains itself in one sentence")
{
    std::set<std::string_view> seen;
    for (const auto& info : quirk_table()) {
        INFO(info.name);
        CHECK(seen.insert(info.name).second);
        CHECK(info.help.ends_with('.'));
        CHECK(info.help.size() < 120);
    }
    CHECK(seen.size() == quirk_names().size());
}

TEST_CASE("counters move over when a policy changes")
{
    const Quirks before{"entra", {}};
    before.count("unknown_path_ignored");
    before.count("unknown_path_ignored");
    before.count("no_such_quirk");
    Quirks after{"strict", {}};
    after.take_counts_from(before);
    CHECK(after.count_of("unknown_path_ignored") == 2);
    CHECK(after.count_of("no_such_quirk") == 0);
}

} // namespace
} // namespace scim::entra
