#include "scim/entra/quirks.hpp"
#include "scim/patch.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

namespace scim {
namespace {

namespace json = boost::json;

// In the texts below ' stands for " and ENT for the enterprise URN.
std::string spelled(std::string text)
{
    std::replace(text.begin(), text.end(), '\'', '"');
    for (auto at = text.find("ENT"); at != std::string::npos; at = text.find("ENT", at + 1))
        text.replace(at, 3, enterprise_urn);
    return text;
}
json::value from(const std::string& text) { return json::parse(spelled(text)); }

const char* const babs = R"({
    'schemas': ['urn:ietf:params:scim:schemas:core:2.0:User', 'ENT'],
    'userName': 'babs@contoso.com', 'externalId': '701984', 'active': true, 'displayName': 'Babs Jensen',
    'name': {'formatted': 'Ms. Barbara J Jensen', 'familyName': 'Jensen', 'givenName': 'Barbara'},
    'emails': [{'value': 'babs@jensen.org', 'type': 'home'}, {'value': 'babs@contoso.com', 'type': 'work', 'primary': true}],
    'phoneNumbers': [{'value': '555-0100', 'type': 'work'}],
    'roles': [{'value': 'reader', 'primary': true}, {'value': 'writer'}],
    'ENT': {'employeeNumber': '701984', 'department': 'Tours', 'manager': {'value': 'm1', '$ref': '../Users/m1'}}
})";
const char* const tour_guides = R"({
    'schemas': ['urn:ietf:params:scim:schemas:core:2.0:Group'], 'displayName': 'Tour Guides',
    'members': [{'value': 'u1', 'type': 'User'}, {'value': 'u2'}]
})";
// A user with nothing but a name.
const char* const bare = "{'userName': 'bare@contoso.com'}";

// `before` with the members of `changes`; null takes one away.
json::object with(const std::string& before, const std::string& changes)
{
    auto object = from(before).as_object();
    const auto changed = from(changes);
    for (const auto& pair : changed.as_object()) {
        if (pair.value().is_null())
            object.erase(pair.key());
        else
            object[pair.key()] = pair.value();
    }
    return object;
}

struct Success {
    std::string operations, changes;
    std::string before = babs;
};
struct Failure {
    std::string operations;
    ScimType type;
    std::string names = ""; // what the detail must speak of
};

struct Desk {
    entra::Quirks quirks;
    const ResourceSchema* schema = &user_schema();
    std::vector<std::string_view> tolerated;

    explicit Desk(std::string_view profile, const std::map<std::string, bool>& switches = {})
        : quirks{profile, switches}
    {
    }
    Desk& groups() { return schema = &group_schema(), *this; }

    // Repair, read, apply: what the endpoint does with a body.
    Result<json::object> patch(const std::string& before, const std::string& operations)
    {
        std::vector<std::string_view> fired;
        json::object body;
        body["schemas"] = {patch_op_urn};
        body["Operations"] = from("[" + operations + "]");
        tolerated.clear();
        TRY(const auto read,
            read_patch(quirks.repair_patch(std::move(body), schema->name, fired), 1000, quirks.tolerance()));
        return apply_patch(from(before).as_object(), read, *schema, quirks.tolerance(), &tolerated);
    }
    void must_give(const Success& row)
    {
        INFO(row.operations);
        const auto after = patch(row.before, row.operations);
        INFO((after ? std::string{} : after.error().detail));
        REQUIRE(after.has_value());
        CHECK(json::value(*after) == json::value(with(row.before, row.changes)));
    }
    void must_refuse(const Failure& row, const std::string& before)
    {
        INFO(row.operations);
        const auto after = patch(before, row.operations);
        REQUIRE_FALSE(after.has_value());
        CHECK(after.error().status == HttpStatus::bad_request);
        INFO(after.error().detail);
        CHECK(word(after.error().type) == word(row.type));
        CHECK(after.error().detail.find(row.names) != std::string::npos);
    }
};

// --- Entra's catalogue (entra.md 2.3 and section 7) -----------------------------------------------

TEST_CASE("E-34 E-35: a user is disabled in every dialect (U1 U2 U3 U9)")
{
    const auto operation = GENERATE(values<std::string>({
        "{'op':'Replace','path':'active','value':'False'}",
        "{'op':'Replace','path':'active','value':'false'}",
        "{'op':'Replace','path':'active','value':false}",
        "{'op':'replace','path':'active','value':false}",
        "{'op':'Add','path':'Active','value':'False'}",
        "{'op':'replace','value':{'active':false}}",
        "{'op':'Replace','value':{'Active':'False'}}",
        "{'op':'replace','path':'urn:ietf:params:scim:schemas:core:2.0:User:active','value':'False'}",
    }));
    Desk{"entra"}.must_give({operation, "{'active': false}"});
}

TEST_CASE("E-36 E-66: what is neither true nor false is refused, and nothing of the request is applied")
{
    for (const auto* value : {"'maybe'", "''", "0", "'1'", "[false]", "{}"})
        Desk{"entra"}.must_refuse(
            {"{'op':'Replace','path':'displayName','value':'x'},{'op':'Replace','path':'active','value':" +
                 std::string(value) + "}",
             ScimType::invalid_value, "Operations[1]: active"},
            babs);
}

TEST_CASE("E-37 to E-53: values are written where Entra means them (U4 to U16, U23)")
{
    const auto row = GENERATE(values<Success>({
        // E-37
        {"{'op':'Add','path':'nickName','value':'Babs'}", "{'nickName':'Babs'}"},
        {"{'op':'add','path':'nickName','value':'Babs'}", "{'nickName':'Babs'}"},
        // E-38, U5
        {R"({'op':'Replace','path':'displayName','value':'B'},
            {'op':'Replace','path':'emails[type eq \'work\'].value','value':'b@c'},
            {'op':'Replace','path':'name.givenName','value':'Bo'},
            {'op':'Replace','path':'name.familyName','value':'Ek'},
            {'op':'Replace','path':'externalId','value':'e2'},
            {'op':'Replace','path':'ENT:employeeNumber','value':'7'})",
         R"({'displayName':'B','externalId':'e2',
             'emails':[{'value':'babs@jensen.org','type':'home'},{'value':'b@c','type':'work','primary':true}],
             'name':{'formatted':'Ms. Barbara J Jensen','familyName':'Ek','givenName':'Bo'},
             'ENT':{'employeeNumber':'7','department':'Tours','manager':{'value':'m1','$ref':'../Users/m1'}}})"},
        // E-39, U6
        {R"({'op':'replace','path':'emails[type eq \'work\'].value','value':'b@c'},
            {'op':'replace','value':{'displayName':'B','name.givenName':'Bo','name.familyName':'Ek','ENT:employeeNumber':'7'}})",
         R"({'displayName':'B',
             'emails':[{'value':'babs@jensen.org','type':'home'},{'value':'b@c','type':'work','primary':true}],
             'name':{'formatted':'Ms. Barbara J Jensen','familyName':'Ek','givenName':'Bo'},
             'ENT':{'employeeNumber':'7','department':'Tours','manager':{'value':'m1','$ref':'../Users/m1'}}})"},
        // E-40, U7
        {"{'op':'add','value':{'name.givenName':'Bo','name.formatted':'Bo Ek','title':'T'}}",
         "{'title':'T','name':{'givenName':'Bo','formatted':'Bo Ek'}}", bare},
        // E-41
        {"{'op':'replace','value':{'name.familyName':'x'}}",
         "{'name':{'formatted':'Ms. Barbara J Jensen','familyName':'x','givenName':'Barbara'}}"},
        // E-42
        {R"({'op':'Replace','path':'emails[type eq \'work\'].value','value':'b@c'})",
         "{'emails':[{'type':'work','value':'b@c'}]}", bare},
        // E-43
        {R"({'op':'Replace','path':'phoneNumbers[type eq \'home\'].value','value':'1'})",
         "{'phoneNumbers':[{'value':'555-0100','type':'work'},{'type':'home','value':'1'}]}"},
        // E-44
        {R"({'op':'Add','path':'phoneNumbers[type eq \'mobile\'].value','value':'1'},
            {'op':'Add','path':'phoneNumbers[type eq \'fax\'].value','value':'1'})",
         "{'phoneNumbers':[{'type':'mobile','value':'1'},{'type':'fax','value':'1'}]}", bare},
        // E-45, U10
        {R"({'op':'Replace','path':'addresses[type eq \'work\'].formatted','value':'F'},
            {'op':'Replace','path':'addresses[type eq \'work\'].locality','value':'L'},
            {'op':'Replace','path':'addresses[type eq \'work\'].country','value':'SE'})",
         "{'addresses':[{'type':'work','formatted':'F','locality':'L','country':'SE'}]}", bare},
        // E-46, U11
        {R"({'op':'add','path':'emails[type eq \'home\'].value','value':'h@x'},
            {'op':'add','path':'emails[type eq \'home\'].primary','value':false},
            {'op':'replace','path':'emails[type eq \'home\'].display','value':'H'})",
         "{'emails':[{'type':'home','value':'h@x','primary':false,'display':'H'}]}", bare},
        // E-47, U12
        {"{'op':'replace','path':'emails[primary eq true].value','value':'b@c'}",
         "{'emails':[{'value':'babs@jensen.org','type':'home'},{'value':'b@c','type':'work','primary':true}]}"},
        {"{'op':'replace','path':'phoneNumbers[primary eq true].value','value':'1'}",
         "{'phoneNumbers':[{'value':'555-0100','type':'work'},{'primary':true,'value':'1'}]}"},
        // E-48, U13
        {R"({'op':'replace','path':'roles[primary eq \'True\'].value','value':'admin'},
            {'op':'replace','path':'roles[primary eq \'True\'].display','value':'Admin'},
            {'op':'replace','path':'roles[primary eq \'True\'].type','value':'t'})",
         "{'roles':[{'value':'admin','primary':true,'display':'Admin','type':'t'},{'value':'writer'}]}"},
        {R"({'op':'replace','path':'roles[primary eq \'True\'].value','value':'admin'},
            {'op':'replace','path':'roles[primary eq \'True\'].display','value':'Admin'})",
         "{'roles':[{'primary':true,'value':'admin','display':'Admin'}]}", bare},
        // E-49, U15
        {R"({'op':'Add','path':'roles','value':[{'value':'{\'id\':\'18d\',\'value\':null}'}]})",
         R"({'roles':[{'value':'{\'id\':\'18d\',\'value\':null}'}]})", bare},
        // E-50, U16
        {R"({'op':'replace','path':'roles','value':[{'primary':false,'type':'t','display':'A','value':'a'},
                                                    {'primary':'False','type':'t','display':'B','value':'b'}]})",
         R"({'roles':[{'primary':false,'type':'t','display':'A','value':'a'},
                      {'primary':false,'type':'t','display':'B','value':'b'}]})"},
        // E-51
        {R"({'op':'Replace','path':'emails[type eq \'other\'].Value','value':'o@x'})",
         "{'emails':[{'type':'other','value':'o@x'}]}", bare},
        // E-52
        {"{'op':'Replace','path':'urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:department','value':'D'}",
         "{'ENT':{'department':'D'}}", bare},
        // E-53
        {"{'op':'Add','path':'urn:ietf:params:scim:schemas:extension:Contoso:2.0:User:pool','value':'P'},"
         "{'op':'Add','path':'URN:ietf:params:scim:schemas:extension:contoso:2.0:User:Pool','value':'Q'}",
         "{'urn:ietf:params:scim:schemas:extension:Contoso:2.0:User':{'pool':'Q'}}", bare},
        {"{'op':'replace','value':{'urn:ietf:params:scim:schemas:extension:Contoso:2.0:User:pool':'P'}}",
         "{'urn:ietf:params:scim:schemas:extension:Contoso:2.0:User':{'pool':'P'}}", bare},
        {"{'op':'Remove','path':'urn:ietf:params:scim:schemas:extension:Contoso:2.0:User:pool'}",
         "{'urn:ietf:params:scim:schemas:extension:Contoso:2.0:User':null}",
         "{'userName':'b','urn:ietf:params:scim:schemas:extension:Contoso:2.0:User':{'pool':'P'}}"},
        // U14
        {R"({'op':'replace','path':'emails[type eq \'untyped\'].value','value':'u@x'},
            {'op':'replace','path':'emails[type eq \'untyped\'].primary','value':'u@x'})",
         "{'emails':[{'type':'untyped','value':'u@x'}]}", bare},
        // E-63, U21
        {R"({'op':'Remove','path':'emails[type eq \'home\'].value','value':'other@x'})",
         "{'emails':[{'type':'home'},{'value':'babs@contoso.com','type':'work','primary':true}]}"},
        // E-64, U23
        {"{'op':'remove','path':'displayName'},{'op':'add','path':'displayName','value':'A'},"
         "{'op':'replace','path':'displayName','value':'Z'}",
         "{'displayName':'Z'}"},
        // E-68, U24
        {"", "{}"},
        // E-71
        {R"({'op':'Replace','path':'phoneNumbers[type eq \'work\'].value','value':'55555555555'})",
         "{'phoneNumbers':[{'value':'55555555555','type':'work'}]}"},
    }));
    Desk{"entra"}.must_give(row);
}

TEST_CASE("E-54 to E-59: a manager in every shape (U17 to U20, U25)")
{
    const std::string rest = "'employeeNumber':'701984','department':'Tours'";
    const std::string m2 = "{'ENT':{" + rest + ",'manager':{'value':'m2'}}}";
    const std::string none = "{'ENT':{" + rest + "}}";
    const auto row = GENERATE_COPY(values<Success>({
        {"{'op':'Add','path':'manager','value':[{'$ref':'../Users/m2','value':'m2'}]}",
         "{'ENT':{" + rest + ",'manager':{'value':'m2','$ref':'../Users/m2'}}}"},
        {"{'op':'Add','path':'ENT:manager','value':'m2'}", m2},
        {"{'op':'replace','path':'ENT:manager','value':{'value':'m2'}}", m2},
        {"{'op':'replace','value':{'ENT:manager':'m2'}}", m2},
        {"{'op':'replace','value':{'ENT':{'manager':'m2'}}}", m2},
        {"{'op':'replace','path':'ENT:manager.value','value':'m2'}", m2},
        {"{'op':'Replace','path':'ENT:manager','value':'m1'}", "{}"}, // U25: the same again
        {"{'op':'Replace','path':'ENT:manager','value':'nobody-knows-me'}",
         "{'ENT':{" + rest + ",'manager':{'value':'nobody-knows-me'}}}"},
        {"{'op':'replace','path':'ENT:manager','value':''}", none},
        {"{'op':'replace','path':'ENT:manager','value':{'value':''}}", none},
        {"{'op':'replace','path':'ENT:manager','value':null}", none},
        {"{'op':'replace','path':'manager','value':''}", none},
        {"{'op':'replace','value':{'ENT:manager':''}}", none},
        {"{'op':'remove','path':'ENT:manager'}", none},
        {"{'op':'remove','path':'manager'}", none},
        {R"({'op':'remove','path':'manager[value eq \'m1\']'})", none},
        {"{'op':'remove','path':'ENT:manager'}", "{}", bare}, // nobody there: no change
    }));
    Desk{"entra"}.must_give(row);
}

TEST_CASE("E-60 E-61: empty text and null clear, by path and pathless (U22)")
{
    const std::string cleared = R"({'title':null,'name':{'familyName':'Jensen','givenName':'Barbara'},
        'phoneNumbers':[{'type':'work'}],'ENT':{'employeeNumber':'701984','manager':{'value':'m1','$ref':'../Users/m1'}}})";
    for (const std::string nothing : {"''", "null"}) {
        Desk{"entra"}.must_give({"{'op':'replace','path':'title','value':" + nothing +
                                     "},{'op':'replace','path':'name.formatted','value':" + nothing +
                                     R"(},{'op':'replace','path':'phoneNumbers[type eq \'work\'].value','value':)" +
                                     nothing +
                                     R"(},{'op':'replace','path':'phoneNumbers[type eq \'fax\'].value','value':)" +
                                     nothing + "},{'op':'replace','path':'ENT:department','value':" + nothing + "}",
                                 cleared});
        Desk{"entra"}.must_give({"{'op':'replace','value':{'title':" + nothing + ",'name.formatted':" + nothing +
                                     ",'phoneNumbers':[{'type':'work','value':" + nothing +
                                     "}],'ENT:department':" + nothing + "}}",
                                 cleared});
    }
}

TEST_CASE("E-62: a user keeps a name")
{
    const auto row = GENERATE(values<Failure>({
        {"{'op':'replace','path':'userName','value':''}", ScimType::invalid_value, "userName"},
        {"{'op':'replace','path':'userName','value':null}", ScimType::invalid_value, "userName"},
        {"{'op':'replace','value':{'userName':''}}", ScimType::invalid_value, "userName"},
        {"{'op':'remove','path':'userName'}", ScimType::mutability, "userName"},
    }));
    const auto profile = GENERATE("entra", "strict");
    Desk{profile}.must_refuse(row, babs);
}

TEST_CASE("E-67: the same PATCH twice changes nothing the second time")
{
    const auto operations = GENERATE(values<std::string>({
        R"({'op':'Replace','path':'emails[type eq \'work\'].value','value':'b@c'})",
        R"({'op':'Add','path':'phoneNumbers[type eq \'fax\'].value','value':'1'},{'op':'Replace','path':'active','value':'False'})",
        "{'op':'Add','path':'emails','value':[{'value':'n@c','type':'other','primary':true}]}",
        "{'op':'Replace','path':'ENT:manager','value':'m9'}",
        "{'op':'replace','value':{'name.givenName':'Bo','title':''}}",
        "{'op':'Remove','path':'roles','value':[{'value':'reader'}]}",
    }));
    Desk desk{"entra"};
    const auto once = desk.patch(babs, operations);
    REQUIRE(once.has_value());
    const auto twice = desk.patch(json::serialize(*once), operations);
    REQUIRE(twice.has_value());
    CHECK(json::serialize(*once) == json::serialize(*twice));
}

TEST_CASE("G2 to G10 E-77 to E-88: members as one list, for whoever patches them as values")
{
    const std::string before = tour_guides;
    const auto row = GENERATE_COPY(values<Success>({
        {"{'op':'Add','path':'members','value':[{'$ref':null,'value':'u3'}]}",
         "{'members':[{'value':'u1','type':'User'},{'value':'u2'},{'value':'u3'}]}", before},
        {"{'op':'Add','path':'members','value':[{'value':'u2','display':'Two'},{'value':'u2'}]}", "{}", before}, // G10
        {"{'op':'add','path':'members','value':'u3'}",                                                           // G8
         "{'members':[{'value':'u1','type':'User'},{'value':'u2'},{'value':'u3'}]}", before},
        {"{'op':'add','name':'addMember','path':'members','value':[{'value':'u3','displayName':'x'}]}", // G9
         "{'members':[{'value':'u1','type':'User'},{'value':'u2'},{'value':'u3'}]}", before},
        {"{'op':'Remove','path':'members','value':[{'$ref':null,'value':'u1'}]}", "{'members':[{'value':'u2'}]}",
         before},
        {"{'op':'Remove','path':'members','value':[{'value':'u9'}]}", "{}", before},
        {R"({'op':'remove','path':'members[value eq \'u2\']'})", "{'members':[{'value':'u1','type':'User'}]}", before},
        {R"({'op':'remove','path':'members[value eq \'u9\']'})", "{}", before},
        {"{'op':'remove','path':'members'}", "{'members':null}", before},
        {"{'op':'replace','path':'members','value':[{'value':'u9'}]}", "{'members':[{'value':'u9'}]}", before},
        {"{'op':'replace','value':{'displayName':'Guides'}}", "{'displayName':'Guides'}", before},
        {"{'op':'replace','value':{'externalId':'g'}}", "{'externalId':'g'}", before},
        {R"({'op':'add','path':'members','value':[{'value':'u3'}]},{'op':'remove','path':'members[value eq \'u3\']'})",
         "{}", before},
    }));
    Desk{"entra"}.groups().must_give(row);
}

TEST_CASE("E-84: a removal that names nothing is refused and clears nothing")
{
    const auto value = GENERATE(values<std::string>({"'junk'", "{}", "[{}]", "[{'value':''}]", "[{'value':7}]", "7",
                                                     "[{'$ref':'x'}]", "[[]]", "[{'value':'u1'},{}]", "true"}));
    Desk desk{"entra", {{"bare_member", false}}};
    desk.groups().must_refuse(
        {"{'op':'Remove','path':'members','value':" + value + "}", ScimType::invalid_value, "members"}, tour_guides);
}

TEST_CASE("removing listed values takes those away, in any attribute of many values")
{
    const auto row = GENERATE(values<Success>({
        {"{'op':'Remove','path':'roles','value':[{'value':'READER'}]}", "{'roles':[{'value':'writer'}]}"},
        {"{'op':'Remove','path':'roles','value':{'value':'reader'}}", "{'roles':[{'value':'writer'}]}"},
        {"{'op':'Remove','path':'roles','value':[{'value':'reader'},{'value':'writer'}]}", "{'roles':null}"},
        {"{'op':'Remove','path':'roles','value':[]}", "{}"},
        {"{'op':'Remove','path':'emails','value':[{'type':'work','value':'babs@jensen.org'}]}", "{}"},
        {"{'op':'Remove','path':'emails','value':[{'type':'Home','value':'babs@jensen.org'}]}",
         "{'emails':[{'value':'babs@contoso.com','type':'work','primary':true}]}"},
        {"{'op':'Remove','path':'addresses','value':[{'type':'work','locality':'A'}]}",
         "{'addresses':[{'type':'work','locality':'B'}]}",
         "{'userName':'b','addresses':[{'type':'work','locality':'A','country':'SE'},{'type':'work','locality':'B'}]}"},
        {"{'op':'Remove','path':'photos','value':[{'value':'x'}]}", "{}"},
    }));
    Desk{"entra"}.must_give(row);
}

// --- RFC 7644 3.5.2, to the letter ----------------------------------------------------------------

TEST_CASE("RFC 7644 3.5.2.1: add")
{
    const auto row = GENERATE(values<Success>({
        {"{'op':'add','path':'emails','value':{'value':'n@c'}}",
         "{'emails':[{'value':'babs@jensen.org','type':'home'},{'value':'babs@contoso.com','type':'work','primary':"
         "true},{'value':'n@c'}]}"},
        {"{'op':'add','path':'emails','value':[{'type':'home','value':'babs@jensen.org'}]}", "{}"}, // already there
        {"{'op':'add','value':{'nickName':'B','roles':[{'value':'writer'},{'value':'x'}]}}",
         "{'nickName':'B','roles':[{'value':'reader','primary':true},{'value':'writer'},{'value':'x'}]}"},
        {"{'op':'add','path':'name','value':{'middleName':'J','unknown':1}}",
         "{'name':{'formatted':'Ms. Barbara J Jensen','familyName':'Jensen','givenName':'Barbara','middleName':'J'}}"},
        {"{'op':'add','path':'title','value':'T'},{'op':'add','path':'title','value':'U'}", "{'title':'U'}"},
        {R"({'op':'add','path':'emails[type eq \'home\']','value':{'display':'D'}})",
         "{'emails':[{'value':'babs@jensen.org','type':'home','display':'D'},{'value':'babs@contoso.com','type':'work',"
         "'primary':true}]}"},
        {"{'op':'add','path':'emails','value':[]}", "{}"},
        {"{'op':'add','path':'ENT','value':{'division':'Theme Park'}}",
         "{'ENT':{'employeeNumber':'701984','department':'Tours','manager':{'value':'m1','$ref':'../Users/"
         "m1'},'division':'Theme Park'}}"},
        {"{'op':'add','value':{'ENT':{'division':'D'},'id':'forged','meta':{},'no such':1}}",
         "{'ENT':{'division':'D'}}", bare},
    }));
    const auto profile = GENERATE("entra", "strict");
    Desk{profile}.must_give(row);
}

TEST_CASE("RFC 7644 3.5.2.2: remove")
{
    const auto row = GENERATE(values<Success>({
        {"{'op':'remove','path':'displayName'}", "{'displayName':null}"},
        {"{'op':'remove','path':'displayName','value':'ignored'}", "{'displayName':null}"},
        {"{'op':'remove','path':'title'}", "{}"},
        {"{'op':'remove','path':'name.formatted'}", "{'name':{'familyName':'Jensen','givenName':'Barbara'}}"},
        {"{'op':'remove','path':'name.formatted'},{'op':'remove','path':'name.familyName'},{'op':'remove','path':'name."
         "givenName'}",
         "{'name':null}"},
        {"{'op':'remove','path':'emails'}", "{'emails':null}"},
        {R"({'op':'remove','path':'emails[type eq \'home\']'})",
         "{'emails':[{'value':'babs@contoso.com','type':'work','primary':true}]}"},
        {R"({'op':'remove','path':'emails[type eq \'home\' or primary eq true]'})", "{'emails':null}"},
        {R"({'op':'remove','path':'emails[type eq \'nowhere\']'})", "{}"},
        {R"({'op':'remove','path':'emails[value ew \'contoso.com\'].primary'})",
         "{'emails':[{'value':'babs@jensen.org','type':'home'},{'value':'babs@contoso.com','type':'work'}]}"},
        {"{'op':'remove','path':'roles.value'}", "{'roles':[{'primary':true}]}"},
        {"{'op':'remove','path':'ENT'}", "{'ENT':null}"},
        {"{'op':'remove','path':'ENT:manager.$ref'}",
         "{'ENT':{'employeeNumber':'701984','department':'Tours','manager':{'value':'m1'}}}"},
    }));
    const auto profile = GENERATE("entra", "strict");
    Desk{profile}.must_give(row);
}

TEST_CASE("RFC 7644 3.5.2.3: replace")
{
    const auto row = GENERATE(values<Success>({
        {"{'op':'replace','path':'title','value':'T'}", "{'title':'T'}"}, // not there yet: added
        {"{'op':'replace','path':'name','value':{'givenName':'Bo'}}",
         "{'name':{'formatted':'Ms. Barbara J Jensen','familyName':'Jensen','givenName':'Bo'}}"},
        {"{'op':'replace','path':'emails','value':[{'value':'a@b'},{'value':'a@b'}]}", "{'emails':[{'value':'a@b'}]}"},
        {"{'op':'replace','path':'emails','value':[]}", "{'emails':null}"},
        {"{'op':'replace','path':'emails','value':null}", "{'emails':null}"},
        {R"({'op':'replace','path':'emails[type eq \'home\']','value':{'value':'h@x','type':'other'}})",
         "{'emails':[{'value':'h@x','type':'other'},{'value':'babs@contoso.com','type':'work','primary':true}]}"},
        {R"({'op':'replace','path':'emails[value ew \'org\' and not (primary eq true)].display','value':'D'})",
         "{'emails':[{'value':'babs@jensen.org','type':'home','display':'D'},{'value':'babs@contoso.com','type':'work',"
         "'primary':true}]}"},
        {"{'op':'replace','path':'roles.display','value':'D'}",
         "{'roles':[{'value':'reader','primary':true,'display':'D'},{'value':'writer','display':'D'}]}"},
        {"{'op':'replace','value':{'emails':[{'value':'a@b'}],'name':{'givenName':'Bo'},'nickName':null}}",
         "{'emails':[{'value':'a@b'}],'name':{'formatted':'Ms. Barbara J "
         "Jensen','familyName':'Jensen','givenName':'Bo'}}"},
        {"{'op':'replace','value':{'x509Certificates':[{'value':'MIIB+/=='}],'photos':[{'value':'http://x/p.png'}]}}",
         "{'x509Certificates':[{'value':'MIIB+/=='}],'photos':[{'value':'http://x/p.png'}]}"},
    }));
    const auto profile = GENERATE("entra", "strict");
    Desk{profile}.must_give(row);
}

TEST_CASE("a value made primary makes the others not primary")
{
    const auto row = GENERATE(values<Success>({
        {R"({'op':'replace','path':'emails[type eq \'home\'].primary','value':true})",
         "{'emails':[{'value':'babs@jensen.org','type':'home','primary':true},{'value':'babs@contoso.com','type':'work'"
         ",'primary':false}]}"},
        {"{'op':'add','path':'roles','value':[{'value':'x','primary':true}]}",
         "{'roles':[{'value':'reader','primary':false},{'value':'writer'},{'value':'x','primary':true}]}"},
        {R"({'op':'add','path':'roles[value eq \'writer\']','value':{'primary':true}})",
         "{'roles':[{'value':'reader','primary':false},{'value':'writer','primary':true}]}"},
        {R"({'op':'replace','path':'emails[type eq \'work\'].primary','value':false})",
         "{'emails':[{'value':'babs@jensen.org','type':'home'},{'value':'babs@contoso.com','type':'work','primary':"
         "false}]}"},
    }));
    const auto profile = GENERATE("entra", "strict");
    Desk{profile}.must_give(row);
    Desk{profile}.must_refuse(
        {"{'op':'add','path':'roles','value':[{'value':'x','primary':true},{'value':'y','primary':true}]}",
         ScimType::invalid_value, "roles"},
        babs);
    Desk{profile}.must_refuse(
        {"{'op':'replace','path':'roles.primary','value':true}", ScimType::invalid_value, "roles"}, babs);
}

TEST_CASE("what the RFC refuses is refused in every profile")
{
    const auto row = GENERATE(values<Failure>({
        {"{'op':'remove'}", ScimType::no_target},
        {"{'op':'remove','value':{'title':'T'}}", ScimType::no_target},
        // read-only, by path
        {"{'op':'replace','path':'id','value':'x'}", ScimType::mutability, "id"},
        {"{'op':'remove','path':'meta'}", ScimType::mutability, "meta"},
        {"{'op':'replace','path':'meta.lastModified','value':'x'}", ScimType::mutability, "meta.lastModified"},
        {"{'op':'add','path':'meta.nonsense','value':'x'}", ScimType::mutability, "meta"},
        {"{'op':'replace','path':'ENT:manager.displayName','value':'x'}", ScimType::mutability, "manager.displayName"},
        {"{'op':'replace','path':'urn:rollcall:params:scim:schemas:extension:lifecycle:2.0:User:status','value':'"
         "active'}",
         ScimType::mutability, "status"},
        {"{'op':'remove','path':'urn:rollcall:params:scim:schemas:extension:lifecycle:2.0:User'}",
         ScimType::mutability},
        // types
        {"{'op':'replace','path':'title','value':7}", ScimType::invalid_value, "title"},
        {"{'op':'replace','path':'title','value':{'a':1}}", ScimType::invalid_value, "title"},
        {"{'op':'replace','path':'title','value':['T']}", ScimType::invalid_value, "title"},
        {"{'op':'replace','path':'name','value':'B'}", ScimType::invalid_value, "name"},
        {"{'op':'replace','path':'name.givenName','value':true}", ScimType::invalid_value, "name.givenName"},
        {"{'op':'add','path':'emails','value':'a@b'}", ScimType::invalid_value, "emails"},
        {"{'op':'add','path':'emails','value':[{'value':7}]}", ScimType::invalid_value, "emails.value"},
        {"{'op':'add','path':'emails','value':[{'value':'a','primary':1}]}", ScimType::invalid_value, "emails.primary"},
        {"{'op':'add','path':'x509Certificates','value':[{'value':'not base64!'}]}", ScimType::invalid_value,
         "x509Certificates.value"},
        {R"({'op':'replace','path':'emails[type eq \'home\']','value':'a@b'})", ScimType::invalid_value, "emails"},
        {"{'op':'replace','path':'ENT','value':'x'}", ScimType::invalid_value},
        {"{'op':'replace','value':{'ENT':'x'}}", ScimType::invalid_value},
        {"{'op':'replace','value':'x'}", ScimType::invalid_value},
        {"{'op':'add','value':null}", ScimType::invalid_value},
        {"{'op':'add','path':'title'}", ScimType::invalid_value},
        // no element
        {R"({'op':'replace','path':'emails[type eq \'nowhere\']','value':{'value':'a'}})", ScimType::no_target,
         "emails"},
        {R"({'op':'add','path':'emails[type eq \'nowhere\']','value':{'value':'a'}})", ScimType::no_target, "emails"},
        {R"({'op':'replace','path':'emails[type ne \'work\' and type ne \'home\'].value','value':'a'})",
         ScimType::no_target, "emails"},
        {R"({'op':'replace','path':'emails[value co \'xyz\'].value','value':'a'})", ScimType::no_target, "emails"},
        {R"({'op':'replace','path':'emails[type eq \'a\' and type eq \'b\'].value','value':'a'})", ScimType::no_target,
         "emails"},
        // paths
        {"{'op':'replace','path':'','value':'a'}", ScimType::invalid_path},
        {"{'op':'replace','path':'emails[','value':'a'}", ScimType::invalid_path},
        {"{'op':'replace','path':'emails[type eq].value','value':'a'}", ScimType::invalid_path},
        {"{'op':'replace','path':'emails[type eq work].value','value':'a'}", ScimType::invalid_path},
        {"{'op':'remove','path':'photos[nonsense eq 1]'}", ScimType::invalid_path},
        {R"({'op':'replace','path':'name[givenName eq \'x\'].givenName','value':'a'})", ScimType::invalid_path, "name"},
        {R"({'op':'replace','path':'urn:x:y:2.0:User:a[b eq \'c\']','value':'a'})", ScimType::invalid_path},
        {"{'op':'replace','path':7,'value':'a'}", ScimType::invalid_path},
    }));
    const auto profile = GENERATE("entra", "strict");
    INFO(profile);
    Desk{profile}.must_refuse(row, babs);
}

TEST_CASE("what is Entra's alone is refused in the strict profile")
{
    const auto row = GENERATE(values<Failure>({
        {"{'op':'Replace','path':'active','value':false}", ScimType::invalid_syntax, "op"},
        {"{'op':'replace','path':'active','value':'False'}", ScimType::invalid_value, "active"},
        {R"({'op':'replace','path':'phoneNumbers[type eq \'fax\'].value','value':'1'})", ScimType::no_target,
         "phoneNumbers"},
        {R"({'op':'replace','path':'roles[primary eq \'True\'].value','value':'1'})", ScimType::invalid_path},
        {"{'op':'replace','path':'adreses','value':'1'}", ScimType::invalid_path, "addresses"},
        {"{'op':'replace','path':'title.text','value':'1'}", ScimType::invalid_path},
        {"{'op':'replace','path':'name.nonsense','value':'1'}", ScimType::invalid_path},
        {"{'op':'replace','path':'urn:ietf:params:scim:schemas:extension:Contoso:2.0:User:pool','value':'1'}",
         ScimType::invalid_path},
        {"{'op':'replace','path':'manager','value':{'value':'m'}}", ScimType::invalid_path, "2.0:User:manager"},
        {"{'op':'replace','path':'ENT:manager','value':'m'}", ScimType::invalid_value, "manager"},
        {"{'op':'remove','path':'roles','value':[{'value':'reader'}]}", ScimType::invalid_value, "roles"},
        {"", ScimType::invalid_syntax, "Operations"},
    }));
    Desk{"strict"}.must_refuse(row, babs);
}

TEST_CASE("strict: unknown names inside values are passed over, and an empty text is a text")
{
    const auto row = GENERATE(values<Success>({
        {"{'op':'replace','value':{'name.givenName':'x','ENT:department':'x','urn:a:b:2.0:User':{'c':1},'nonsense':1}}",
         "{}"},
        {"{'op':'replace','path':'title','value':''}", "{'title':''}"},
    }));
    Desk{"strict"}.must_give(row);
}

TEST_CASE("entra: a path to an unknown attribute is ignored, and said to be")
{
    Desk desk{"entra"};
    for (const std::string path : {"adreses", "title.text", "name.nonsense", "ENT:nonsense", "http://x/y:z"}) {
        const auto after = desk.patch(babs, "{'op':'replace','path':'" + path + "','value':'1'}");
        INFO(path);
        REQUIRE(after.has_value());
        CHECK(json::value(*after) == from(babs));
        CHECK(desk.tolerated == std::vector<std::string_view>{entra::tolerated::unknown_path_ignored});
    }
}

TEST_CASE("each tolerance that was made use of is named once")
{
    Desk desk{"entra"};
    REQUIRE(desk.patch(babs, R"({'op':'Replace','path':'emails[type eq \'other\'].value','value':'x'},
                                {'op':'Replace','path':'phoneNumbers[type eq \'fax\'].value','value':'x'},
                                {'op':'Remove','path':'roles','value':[{'value':'reader'}]},
                                {'op':'Add','path':'urn:x:y:2.0:User:z','value':'1'})")
                .has_value());
    CHECK(desk.tolerated == std::vector<std::string_view>{entra::tolerated::unmatched_filter_creates,
                                                          entra::tolerated::remove_with_value,
                                                          entra::tolerated::unregistered_extension});
}

TEST_CASE("an immutable sub-attribute may be set, and not changed")
{
    Desk desk{"strict"};
    desk.groups();
    desk.must_refuse({R"({'op':'replace','path':'members[value eq \'u1\'].value','value':'u9'})", ScimType::mutability,
                      "members.value"},
                     tour_guides);
    desk.must_refuse(
        {R"({'op':'remove','path':'members[value eq \'u1\'].type'})", ScimType::mutability, "members.type"},
        tour_guides);
    desk.must_give({R"({'op':'replace','path':'members[value eq \'u2\'].type','value':'Group'})",
                    "{'members':[{'value':'u1','type':'User'},{'value':'u2','type':'Group'}]}", tour_guides});
}

// --- the message ----------------------------------------------------------------------------------

TEST_CASE("the PatchOp message: E-68, E-69, E-72 and what makes none")
{
    const std::string urn{patch_op_urn};
    const entra::Tolerance strict;
    const auto refuses = [&](const std::string& body, HttpStatus status, ScimType type) {
        INFO(body);
        const auto read = read_patch(from(body), 2, strict);
        REQUIRE_FALSE(read.has_value());
        CHECK(read.error().status == status);
        CHECK(word(read.error().type) == word(type));
        CHECK(read.error().detail.find("secret") == std::string::npos);
    };
    const std::string one = "{'op':'remove','path':'title'}";
    for (const auto* body : {"7", "[]", "null", "{}", "{'Operations':[]}"})
        refuses(body, HttpStatus::bad_request, ScimType::invalid_syntax);
    refuses("{'schemas':['urn:other'],'Operations':[" + one + "]}", HttpStatus::bad_request, ScimType::invalid_syntax);
    refuses("{'schemas':'" + urn + "','Operations':[" + one + "]}", HttpStatus::bad_request, ScimType::invalid_syntax);
    refuses("{'schemas':['" + urn + "']}", HttpStatus::bad_request, ScimType::invalid_syntax);
    refuses("{'schemas':['" + urn + "'],'Operations':{}}", HttpStatus::bad_request, ScimType::invalid_syntax);
    refuses("{'schemas':['" + urn + "'],'Operations':[]}", HttpStatus::bad_request, ScimType::invalid_syntax);
    for (const auto* operation : {"7", "{}", "{'op':'move','path':'secret'}",
                                  "{'op':'Replace','path':'secret','value':1}", "{'op':7}", "{'op':['add']}"})
        refuses("{'schemas':['" + urn + "'],'Operations':[" + operation + "]}", HttpStatus::bad_request,
                ScimType::invalid_syntax);
    refuses("{'schemas':['" + urn + "'],'Operations':[" + one + "," + one + "," + one + "]}",
            HttpStatus::content_too_large, ScimType::none);

    const auto read =
        read_patch(from("{'SCHEMAS':['x','" + urn +
                        "'],'id':'x','operations':[{'OP':'add','Path':'title','VALUE':'T','name':'n'}," + one + "]}"),
                   2, strict);
    REQUIRE(read.has_value());
    REQUIRE(read->size() == 2);
    CHECK(read->front().kind == PatchKind::add);
    CHECK(read->front().path == "title");
    CHECK(read->front().value == json::value("T"));
    CHECK(read->back().kind == PatchKind::remove);
    CHECK_FALSE(read->back().value.has_value());
}

// --- limits ---------------------------------------------------------------------------------------

TEST_CASE("DOS-05: bombs in a PATCH path end as invalidPath, and the request is not echoed")
{
    std::string nots, parentheses, ors, long_name(8192, 'x');
    for (int i = 0; i < 10'000; ++i) {
        nots += "not(";
        parentheses += "(";
        ors += "value pr or ";
    }
    const auto path = GENERATE_COPY(values<std::string>({
        "emails[" + nots + "value pr].value",
        "emails[" + parentheses + "value pr].value",
        "emails[" + ors + "value pr].value",
        "emails[" + long_name + " pr].value",
        "emails[value eq \\'" + long_name + "].value",
        "emails" + std::string(50'000, '['),
    }));
    const auto profile = GENERATE("entra", "strict");
    Desk desk{profile};
    for (const std::string op : {"replace", "remove"}) {
        const auto after = desk.patch(babs, "{'op':'" + op + "','path':'" + path + "','value':'x'}");
        REQUIRE_FALSE(after.has_value());
        CHECK(after.error().type == ScimType::invalid_path);
        CHECK(after.error().detail.size() < 300);
        CHECK(after.error().detail.find("xxxx") == std::string::npos);
    }
}

TEST_CASE("one request cannot look at too many values, nor an attribute hold too many")
{
    const auto phones = [](int from_number, int count) {
        std::string list;
        for (int i = 0; i < count; ++i)
            list += (i ? ",{'value':'" : "{'value':'") + std::to_string(from_number + i) + "'}";
        return "[" + list + "]";
    };
    Desk desk{"strict"};
    const std::string thousand = "{'userName':'b','phoneNumbers':" + phones(0, 1000) + "}";
    CHECK(desk.patch(bare, "{'op':'add','path':'phoneNumbers','value':" + phones(0, 1000) + "}").has_value());
    desk.must_refuse(
        {"{'op':'add','path':'phoneNumbers','value':" + phones(0, 1001) + "}", ScimType::invalid_value, "phoneNumbers"},
        bare);
    desk.must_refuse(
        {"{'op':'add','path':'phoneNumbers','value':{'value':'n'}}", ScimType::invalid_value, "phoneNumbers"},
        thousand);

    std::string operations;
    for (int i = 0; i < 100; ++i)
        operations +=
            std::string(i ? "," : "") + R"({'op':'remove','path':'phoneNumbers[value eq \'x\' or value eq \'y\']'})";
    const auto after = desk.patch(thousand, operations);
    REQUIRE_FALSE(after.has_value());
    CHECK(after.error().status == HttpStatus::content_too_large);
}

TEST_CASE("texts are bounded, and so are extensions without a schema")
{
    Desk desk{"entra"};
    const std::string fits(64 * 1024, 'x');
    CHECK(desk.patch(bare, "{'op':'add','path':'title','value':'" + fits + "'}").has_value());
    desk.must_refuse({"{'op':'add','path':'title','value':'" + fits + "x'}", ScimType::invalid_value, "title"}, bare);

    std::string attributes, extensions, parts;
    for (int i = 0; i < 33; ++i) {
        parts += std::string(i ? "," : "") + "{'op':'add','path':'urn:x:y:2.0:User:a.p" + std::to_string(i) +
                 "','value':'x'}";
        attributes += std::string(i ? "," : "") + "'a" + std::to_string(i) + "':'x'";
        extensions += std::string(i ? "," : "") + "'urn:x:" + std::to_string(i) + ":2.0:User':{'a':'x'}";
    }
    desk.must_refuse({"{'op':'add','path':'urn:x:y:2.0:User','value':{" + attributes + "}}", ScimType::invalid_value},
                     bare);
    desk.must_refuse({parts, ScimType::invalid_value}, bare);
    desk.must_refuse({"{'op':'add','value':{" + extensions + "}}", ScimType::invalid_value}, bare);
}

} // namespace
} // namespace scim
