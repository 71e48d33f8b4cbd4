// An organisation's own schemas, and what each characteristic promises over the endpoints: for the attributes of the
// built-in table and for a schema that has every type, one value or several, every mutability and every way of being
// returned.
#include "scim/custom_schema.hpp"
#include "scim/testing/desk.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace scim {
namespace {

namespace json = boost::json;
using Catch::Contains;
using testing::Desk;

const std::string urn = "urn:ietf:params:scim:schemas:extension:contoso:2.0:User";

std::string schema_with(std::string_view attributes, std::string_view id = urn)
{
    return json::serialize(json::object{{"id", id}, {"name", "Contoso"}, {"attributes", json::parse(attributes)}});
}

std::string single_quoted(std::string text)
{
    std::replace(text.begin(), text.end(), '\'', '"');
    return text;
}

// A user with this extension, written with single quotes.
std::string ada(const std::string& extension)
{
    return single_quoted("{'schemas':['urn:ietf:params:scim:schemas:core:2.0:User'],'userName':'ada@contoso.com','" +
                         urn + "':" + extension + "}");
}

std::string operation(const std::string& op, const std::string& path, const std::string& value)
{
    return single_quoted("[{'op':'" + op + "','path':'" + path + "'" + (value.empty() ? "" : ",'value':" + value) +
                         "}]");
}

Desk strict_desk(const std::string& attributes)
{
    Desk desk{testing::strict_policy()};
    desk.register_schema(schema_with(single_quoted(attributes)));
    return desk;
}

// The pointer to something of the extension; a URN holds no '/' and no '~'.
std::string in_extension(std::string_view rest = "") { return "/" + urn + std::string{rest}; }

} // namespace

TEST_CASE("a schema that cannot be kept to the letter is refused with the place and the remedy")
{
    struct Row {
        const char* attributes;
        const char* detail;
    };
    const auto row = GENERATE(values<Row>({
        {"[]", "attributes: must be a list of at least one"},
        {"{'name':'a'}", "attributes: must be a list"},
        {"['a']", "attributes[0]: must be an object"},
        {"[{'type':'string'}]", "attributes[0]: needs name"},
        {"[{'name':''}]", "attributes[0].name: must be a text of 1"},
        {"[{'name':'2nd'}]", "attributes[0].name: must be a letter"},
        {"[{'name':'a.b'}]", "attributes[0].name: must be a letter"},
        {"[{'name':'$ref'}]", "attributes[0].name: must be a letter"},
        {"[{'name':'a'},{'name':'A'}]", "attributes[1].name: is there twice"},
        {"[{'name':'a','type':'text'}]", "attributes[0].type: is none of string, boolean"},
        {"[{'name':'a','type':'interger'}]", "did you mean integer?"},
        {"[{'name':'a','type':7}]", "attributes[0].type: is none of"},
        {"[{'name':'a','mulitValued':true}]", "did you mean multiValued?"},
        {"[{'name':'a','multiValued':'true'}]", "attributes[0].multiValued: must be true or false"},
        {"[{'name':'a','mutability':'readonly'}]", "did you mean readOnly?"},
        {"[{'name':'a','returned':'sometimes'}]", "attributes[0].returned: is none of"},
        {"[{'name':'a','uniqueness':'server'}]", "attributes[0].uniqueness: only none"},
        {"[{'name':'a','uniqueness':'global'}]", "attributes[0].uniqueness: only none"},
        {"[{'name':'a','mutability':'writeOnly'}]", "attributes[0].returned: must be never"},
        {"[{'name':'a','mutability':'writeOnly','returned':'request'}]", "attributes[0].returned: must be never"},
        {"[{'name':'a','mutability':'writeOnly','returned':'never','required':true}]", "attributes[0].required"},
        {"[{'name':'a','mutability':'readOnly','required':true}]", "attributes[0].required"},
        {"[{'name':'a','type':'integer','canonicalValues':['1']}]", "attributes[0].canonicalValues"},
        {"[{'name':'a','canonicalValues':[1]}]", "attributes[0].canonicalValues: must hold texts"},
        {"[{'name':'a','referenceTypes':['User']}]", "attributes[0].referenceTypes: is for"},
        {"[{'name':'a','type':'reference','referenceTypes':['Users']}]", "did you mean User?"},
        {"[{'name':'a','subAttributes':[{'name':'b'}]}]", "attributes[0].subAttributes: only the type complex"},
        {"[{'name':'a','type':'complex'}]", "attributes[0].subAttributes: must be a list"},
        {"[{'name':'a','type':'complex','subAttributes':[{'name':'b','type':'complex','subAttributes':[{'name':'c'}]}]}"
         "]",
         "attributes[0].subAttributes[0].type: a sub-attribute cannot be complex"},
        {"[{'name':'a','type':'complex','subAttributes':[{'name':'b','multiValued':true}]}]",
         "attributes[0].subAttributes[0].multiValued"},
        {"[{'name':'a','type':'complex','subAttributes':[{'name':'primary'}]}]", "primary is boolean"},
        {"[{'name':'a','type':'complex','subAttributes':[{'name':'b'},{'name':'B'}]}]",
         "attributes[0].subAttributes[1].name: is there twice"},
    }));
    const auto read = read_schema(json::parse(schema_with(single_quoted(row.attributes))), "User");
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().type == ScimType::invalid_value);
    CHECK_THAT(read.error().detail, Contains(row.detail));
}

TEST_CASE("a schema's URN is one that paths can be taken apart by, and nobody else's")
{
    struct Row {
        const char* id;
        const char* refusal; // none: accepted
    };
    const auto row = GENERATE(values<Row>({
        {"urn:ietf:params:scim:schemas:extension:contoso:2.0:User", nullptr},
        {"urn:contoso:hr", nullptr},
        {"URN:Contoso:HR", nullptr},
        {"contoso", "must be a URN"},
        {"https://contoso.com/schema", "must be a URN"},
        {"urn:contoso", "must be a URN"},
        {"urn:c:hr", "must be a URN"},
        {"urn:contoso::hr", "must be a URN"},
        {"urn:contoso:h r", "must be a URN"},
        {"urn:contoso:[hr]", "must be a URN"},
        {"urn:contoso:hr:2.0", "must end with a name"},
        {"urn:contoso:hr:", "must end with a name"},
        {"urn:contoso:hr.staff", "must end with a name"},
        {"urn:ietf:params:scim:schemas:core:2.0:Robot", "not yours"},
        {"urn:ietf:params:scim:api:messages:2.0:Robot", "not yours"},
        {"urn:rollcall:params:scim:schemas:extension:lifecycle:2.0:User", "not yours"},
        {"urn:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:User", "is built in"},
    }));
    INFO(row.id);
    const auto read = read_schema(json::parse(schema_with(R"([{"name":"badge"}])", row.id)), "User");
    REQUIRE(read.has_value() == (row.refusal == nullptr));
    if (row.refusal) CHECK_THAT(read.error().detail, Contains(row.refusal));
}

TEST_CASE("a schema file holds one schema and nothing that is not of it")
{
    struct Row {
        const char* file;
        const char* resource;
        const char* detail;
    };
    const auto row = GENERATE(values<Row>({
        {"[]", "User", "must be one JSON object"},
        {"{'name':'A','attributes':[{'name':'a'}]}", "User", "needs id"},
        {"{'id':'urn:contoso:hr','attributes':[{'name':'a'}]}", "User", "needs name"},
        {"{'id':'urn:contoso:hr','name':'A'}", "User", "attributes: must be a list"},
        {"{'id':'urn:contoso:hr','name':'A','attribute':[]}", "User", "did you mean attributes?"},
        {"{'schemas':['urn:x:y'],'id':'urn:contoso:hr','name':'A','attributes':[{'name':'a'}]}", "User", "schemas:"},
        {"{'id':'urn:contoso:hr','name':'A','attributes':[{'name':'a'}]}", "Group.", "did you mean Group?"},
        {"{'id':'urn:contoso:hr','name':'A','attributes':[{'name':'a'}]}", "Robot", "User or Group"},
    }));
    INFO(row.file);
    const auto read = read_schema(json::parse(single_quoted(row.file)), row.resource);
    REQUIRE_FALSE(read.has_value());
    CHECK_THAT(read.error().detail, Contains(row.detail));
}

TEST_CASE("a schema has at most 128 attributes, an organisation at most 16 schemas")
{
    const auto of_size = [](std::size_t size) {
        json::array attributes;
        for (std::size_t i = 0; i < size; ++i) attributes.push_back(json::object{{"name", "a" + std::to_string(i)}});
        return read_schema(json::parse(schema_with(json::serialize(attributes))), "User");
    };
    CHECK(of_size(128).has_value());
    CHECK_FALSE(of_size(129).has_value());

    std::vector<CustomSchema> others;
    const auto another = [](std::size_t i) {
        const auto id = "urn:contoso:extension" + std::to_string(i);
        return *read_schema(json::parse(schema_with(R"([{"name":"badge"}])", id)), "User");
    };
    for (std::size_t i = 0; i < 15; ++i) others.push_back(another(i));
    CHECK(check_beside(another(15), others, false).has_value());
    others.push_back(another(15));
    CHECK_FALSE(check_beside(another(16), others, false).has_value());
    CHECK(check_beside(another(15), others, true).has_value());
    CHECK_FALSE(check_beside(another(15), others, false).has_value());
}

TEST_CASE("no schema is mistaken for an attribute of another, or for another kind of resource's")
{
    const auto hr = *read_schema(json::parse(schema_with(R"([{"name":"badge"}])", "urn:contoso:hr")), "User");
    const auto badge = *read_schema(json::parse(schema_with(R"([{"name":"x"}])", "urn:contoso:HR:Badge")), "User");
    const auto other = *read_schema(json::parse(schema_with(R"([{"name":"x"}])", "urn:contoso:hr:staff")), "User");
    CHECK_FALSE(check_beside(badge, {hr}, false).has_value());
    CHECK_FALSE(check_beside(hr, {badge}, false).has_value());
    CHECK(check_beside(other, {hr}, false).has_value());
    auto of_groups = hr;
    of_groups.resource = "Group";
    CHECK_FALSE(check_beside(of_groups, {hr}, true).has_value());
}

TEST_CASE("what an organisation keeps of its schemas is read again as it was")
{
    core::Organisation organisation;
    CHECK(schemas_of(organisation) == built_in_schemas());
    const auto definition = schema_with(
        single_quoted("[{'name':'badge','description':'B','required':true,'caseExact':true,'canonicalValues':['x']},"
                      "{'name':'seat','type':'complex','multiValued':true,'returned':'request','subAttributes':["
                      "{'name':'value','type':'reference','referenceTypes':['User'],'mutability':'immutable'}]}]"));
    const auto read = read_schema(json::parse(definition), "User");
    REQUIRE(read.has_value());
    organisation.schemas = text_of({*read});
    const auto again = custom_schemas(organisation);
    REQUIRE(again.size() == 1);
    CHECK(text_of(again) == organisation.schemas);
    const auto schemas = schemas_of(organisation);
    const auto* seat = schemas->users.extension(urn)->find("seat");
    REQUIRE(seat);
    CHECK(seat->returned == Returned::request);
    CHECK(seat->find_sub("value")->mutability == Mutability::immutable);
    CHECK(schemas->groups.extensions.empty());
}

TEST_CASE("a registered schema is listed, and its resource type names it")
{
    auto desk = strict_desk("[{'name':'badge','description':'Of the door','caseExact':true}]");
    desk.register_schema(schema_with(R"([{"name":"room"}])", "urn:contoso:place"), "Group");
    const auto one = desk.get("/Schemas/" + urn);
    CHECK(one.status == 200);
    CHECK(one.at("/attributes/0") ==
          json::parse(single_quoted("{'name':'badge','type':'string','multiValued':false,'description':'Of the door',"
                                    "'required':false,'caseExact':true,'mutability':'readWrite','returned':'default',"
                                    "'uniqueness':'none'}")));
    const auto listed_in = [&](const char* type) {
        std::vector<std::string> urns;
        const auto shown = desk.get(std::string{"/ResourceTypes/"} + type);
        for (const auto& each : shown.at("/schemaExtensions").as_array())
            urns.emplace_back(each.at("schema").as_string());
        return urns;
    };
    const auto users = listed_in("User");
    CHECK(std::count(users.begin(), users.end(), urn) == 1);
    CHECK(listed_in("Group") == std::vector<std::string>{"urn:contoso:place"});
    CHECK(desk.neighbour("fabrikam").get("/Schemas/" + urn).status == 404);
}

TEST_CASE("each type takes its own values and refuses the others, on every way in")
{
    struct Row {
        const char* type;
        std::vector<const char*> right;
        std::vector<const char*> wrong;
        const char* filter; // of the first right value
    };
    const auto row = GENERATE(values<Row>({
        {"string", {"'x'", "'Ærø'"}, {"7", "true", "{'a':1}"}, "'X'"},
        {"boolean", {"true", "false"}, {"'yes'", "1"}, "true"},
        {"integer", {"7", "-9007199254740993"}, {"7.5", "'7'"}, "7"},
        {"decimal", {"7.5", "7"}, {"'7.5'", "true"}, "7.5"},
        {"dateTime", {"'2026-11-22T16:27:00Z'"}, {"'yesterday'", "7"}, "'2026-11-22T17:27:00+01:00'"},
        {"binary", {"'QUJD'", "'-_-_'"}, {"'a b'", "7"}, "'QUJD'"},
        {"reference", {"'https://contoso.com/x'"}, {"7"}, "'https://contoso.com/x'"},
        {"complex", {"{'part':'x'}"}, {"'x'", "7"}, nullptr},
    }));
    const bool many = GENERATE(false, true);
    INFO(row.type << (many ? ", several values" : ""));
    const std::string parts = row.type == std::string_view{"complex"} ? ",'subAttributes':[{'name':'part'}]" : "";
    const auto desk = strict_desk("[{'name':'it','type':'" + std::string{row.type} +
                                  "','multiValued':" + (many ? "true" : "false") + parts + "},{'name':'other'}]");
    const auto in_shape = [&](const std::string& value) { return many ? "[" + value + "]" : value; };

    const auto made = desk.post("/Users", ada("{'IT':" + in_shape(row.right[0]) + "}"));
    REQUIRE(made.status == 201);
    const auto user = "/Users/" + made.id();
    const auto stored = [&] { return desk.get(user).at(in_extension("/it")); };
    CHECK(stored() == json::parse(single_quoted(in_shape(row.right[0]))));
    CHECK(made.at("/schemas/1") == json::value(urn));
    for (const auto* right : row.right) {
        INFO(right);
        CHECK(desk.put(user, ada("{'it':" + in_shape(right) + "}")).status == 200);
        CHECK(desk.operate(user, operation("replace", urn + ":it", in_shape(right))).status == 200);
        CHECK(stored() == json::parse(single_quoted(in_shape(right))));
        CHECK(desk.operate(user,
                           single_quoted("[{'op':'replace','value':{'" + urn + "':{'it':" + in_shape(right) + "}}}]"))
                  .status == 200);
        CHECK(stored() == json::parse(single_quoted(in_shape(right))));
    }
    for (const auto* wrong : row.wrong) {
        INFO(wrong);
        CHECK(desk.put(user, ada("{'it':" + in_shape(wrong) + "}")).scim_type() == "invalidValue");
        CHECK(desk.operate(user, operation("replace", urn + ":it", in_shape(wrong))).scim_type() == "invalidValue");
        CHECK(desk.post("/Users", ada("{'it':" + in_shape(wrong) + "}")).scim_type() == "invalidValue");
    }
    if (many) CHECK(desk.put(user, ada("{'it':" + std::string{row.right[0]} + "}")).scim_type() == "invalidValue");

    REQUIRE(desk.put(user, ada("{'it':" + in_shape(row.right[0]) + "}")).status == 200);
    if (row.filter) CHECK(desk.find("/Users", single_quoted(urn + ":it eq " + row.filter)).total() == 1);
    CHECK(desk.find("/Users", urn + ":IT pr").total() == 1);
    CHECK(desk.find("/Users", urn + ":other pr").total() == 0);

    CHECK(desk.operate(user, operation("remove", urn + ":it", "")).status == 200);
    CHECK(desk.get(user).at(in_extension()).is_null());
    CHECK(desk.get(user).at("/schemas").as_array().size() == 1);
}

TEST_CASE("mutability is kept on every way in")
{
    const bool many = GENERATE(false, true);
    const std::string shape = many ? "'multiValued':true," : "";
    const auto in_shape = [&](const std::string& value) { return many ? "['" + value + "']" : "'" + value + "'"; };
    const auto desk = strict_desk("[{'name':'free'," + shape + "'mutability':'readWrite'}," +                     //
                                  "{'name':'fixed'," + shape + "'mutability':'immutable'}," +                     //
                                  "{'name':'ours'," + shape + "'mutability':'readOnly'}," +                       //
                                  "{'name':'secret'," + shape + "'mutability':'writeOnly','returned':'never'}]"); //
    const auto all = [&](const std::string& value) {
        return "{'free':" + in_shape(value) + ",'fixed':" + in_shape(value) + ",'ours':" + in_shape(value) +
               ",'secret':" + in_shape(value) + "}";
    };
    const auto made = desk.post("/Users", ada(all("a")));
    REQUIRE(made.status == 201);
    const auto user = "/Users/" + made.id();
    const auto kept = [&] { return desk.get(user).at(in_extension()); };
    const auto expected = [&](const std::string& free_value) {
        return json::parse(single_quoted("{'free':" + in_shape(free_value) + ",'fixed':" + in_shape("a") + "}"));
    };
    CHECK(kept() == expected("a"));

    SECTION("readOnly and writeOnly are taken from no body and kept nowhere")
    {
        CHECK(desk.store().read(desk.organisation())->user_named("ada@contoso.com")->profile.text().find("secret") ==
              std::string::npos);
        CHECK(desk.operate(user, operation("add", urn + ":ours", in_shape("b"))).scim_type() == "mutability");
        CHECK(desk.operate(user, operation("remove", urn + ":ours", "")).scim_type() == "mutability");
        CHECK(desk.operate(user, operation("replace", urn + ":secret", in_shape("b"))).status == 200);
        CHECK(kept() == expected("a"));
    }
    SECTION("immutable: the same is fine, a change is refused, left out of a PUT it stays")
    {
        CHECK(desk.put(user, ada("{'free':" + in_shape("b") + ",'fixed':" + in_shape("a") + "}")).status == 200);
        CHECK(kept() == expected("b"));
        CHECK(desk.put(user, ada("{'free':" + in_shape("c") + "}")).status == 200);
        CHECK(kept() == expected("c"));
        CHECK(desk.put(user, R"({"userName":"ada@contoso.com"})").status == 200);
        CHECK(kept() == json::parse(single_quoted("{'fixed':" + in_shape("a") + "}")));
        CHECK(desk.get(user).at("/schemas/1") == json::value(urn));
        for (const auto& reply :
             {desk.put(user, ada("{'fixed':" + in_shape("b") + "}")),
              desk.operate(user, operation("replace", urn + ":fixed", in_shape("b"))),
              desk.operate(user, operation("remove", urn + ":fixed", "")),
              desk.operate(user, operation("remove", urn, "")),
              desk.operate(user,
                           single_quoted("[{'op':'replace','value':{'" + urn + "':{'fixed':" + in_shape("b") + "}}}]")),
              desk.operate(user, single_quoted("[{'op':'replace','value':{'" + urn + "':null}}]"))}) {
            CHECK(reply.status == 400);
            CHECK(reply.scim_type() == "mutability");
        }
        CHECK(desk.operate(user, operation("replace", urn + ":fixed", in_shape("a"))).status == 200);
        CHECK(kept() == json::parse(single_quoted("{'fixed':" + in_shape("a") + "}")));
    }
    SECTION("immutable can be set later, once")
    {
        const auto late = desk.post("/Users", R"({"userName":"late@contoso.com"})");
        const auto path = "/Users/" + late.id();
        CHECK(desk.operate(path, operation("add", urn + ":fixed", in_shape("x"))).status == 200);
        CHECK(desk.operate(path, operation("replace", urn + ":fixed", in_shape("y"))).scim_type() == "mutability");
        CHECK(desk.get(path).at(in_extension("/fixed")) == json::parse(single_quoted(in_shape("x"))));
    }
}

TEST_CASE("an immutable part of a value stays while the value does")
{
    const auto desk = strict_desk("[{'name':'car','type':'complex','subAttributes':["
                                  "{'name':'number','mutability':'immutable'},{'name':'colour'}]}]");
    const auto user = "/Users/" + desk.post("/Users", ada("{'car':{'number':'A1','colour':'red'}}")).id();
    CHECK(desk.put(user, ada("{'car':{'number':'A2'}}")).scim_type() == "mutability");
    CHECK(desk.put(user, ada("{'car':{'colour':'blue'}}")).status == 200);
    CHECK(desk.get(user).at(in_extension("/car")) == json::parse(R"({"number":"A1","colour":"blue"})"));
    CHECK(desk.operate(user, operation("replace", urn + ":car.number", "'A2'")).scim_type() == "mutability");
    CHECK(desk.operate(user, operation("remove", urn + ":car.number", "")).scim_type() == "mutability");
    CHECK(desk.operate(user, operation("remove", urn + ":car", "")).status == 200);
    CHECK(desk.operate(user, operation("add", urn + ":car", "{'number':'A2'}")).status == 200);
}

TEST_CASE("returned decides what is shown, by default, when asked for and when left out")
{
    struct Row {
        const char* returned;
        bool by_default, asked, left_out, others_asked, after_write;
    };
    const auto row = GENERATE(values<Row>({
        {"always", true, true, true, true, true},
        {"default", true, true, false, false, true},
        {"request", false, true, false, false, true},
        {"never", false, false, false, false, false},
    }));
    const auto value = GENERATE(values<std::pair<const char*, const char*>>({
        {"'type':'string'", "'x'"},
        {"'type':'string','multiValued':true", "['x']"},
        {"'type':'integer'", "7"},
        {"'type':'complex','subAttributes':[{'name':'part'}]", "{'part':'x'}"},
        {"'type':'complex','multiValued':true,'subAttributes':[{'name':'part'}]", "[{'part':'x'}]"},
        {"'type':'string','mutability':'immutable'", "'x'"},
    }));
    INFO(row.returned << " " << value.first);
    const auto desk = strict_desk("[{'name':'it','returned':'" + std::string{row.returned} + "'," + value.first +
                                  "},{'name':'plain'}]");
    const std::string held = "{'it':" + std::string{value.second} + ",'plain':'p'}";
    const auto made = desk.post("/Users", ada(held));
    REQUIRE(made.status == 201);
    const auto user = "/Users/" + made.id();
    const auto shows = [&](const testing::Reply& reply) { return !reply.at(in_extension("/it")).is_null(); };
    CHECK(shows(made) == row.after_write);
    CHECK(shows(desk.get(user)) == row.by_default);
    CHECK_FALSE(desk.get(user).at(in_extension("/plain")).is_null());
    CHECK(shows(desk.get(user + "?attributes=" + urn + ":it")) == row.asked);
    CHECK(shows(desk.get(user + "?attributes=" + urn)) == row.asked);
    CHECK(shows(desk.get(user + "?excludedAttributes=" + urn + ":it")) == row.left_out);
    CHECK(shows(desk.get(user + "?attributes=userName")) == row.others_asked);
    CHECK(desk.get(user + "?attributes=userName").at(in_extension("/plain")).is_null());
    const auto listed = desk.get("/Users").at("/Resources/0" + in_extension("/it"));
    CHECK(!listed.is_null() == row.by_default);
    CHECK(shows(desk.put(user, ada(held))) == row.after_write);
    // Shown after a PATCH that has given it, not after one that was about something else.
    CHECK(shows(desk.operate(user, operation("replace", urn + ":plain", "'q'"))) == row.by_default);
    const auto fresh = desk.post("/Users", R"({"userName":"fresh@contoso.com"})");
    CHECK(shows(desk.operate("/Users/" + fresh.id(), operation("add", urn + ":it", value.second))) == row.after_write);

    const auto found = desk.find("/Users", urn + ":it pr");
    if (row.returned == std::string_view{"never"}) {
        CHECK(found.status == 403);
        CHECK(found.scim_type() == "sensitive");
    } else {
        CHECK(found.total() == 2);
    }
}

TEST_CASE("returned holds for the parts of a value, too")
{
    const bool many = GENERATE(false, true);
    const auto desk =
        strict_desk(std::string{"[{'name':'it','type':'complex','multiValued':"} + (many ? "true" : "false") +
                    ",'subAttributes':[{'name':'a','returned':'always'},{'name':'d'},"
                    "{'name':'r','returned':'request'},{'name':'n','returned':'never'}]}]");
    const std::string value = "{'a':'1','d':'2','r':'3','n':'4'}";
    const auto user = "/Users/" + desk.post("/Users", ada("{'it':" + (many ? "[" + value + "]" : value) + "}")).id();
    const auto parts = [&](const std::string& query) {
        std::string names;
        const auto it = desk.get(user + query).at(in_extension(many ? "/it/0" : "/it"));
        if (it.is_object())
            for (const auto& pair : it.get_object()) names += pair.key();
        return names;
    };
    CHECK(parts("") == "ad");
    CHECK(parts("?attributes=" + urn + ":it") == "adr");
    CHECK(parts("?attributes=" + urn + ":it.r") == "ar");
    CHECK(parts("?attributes=" + urn + ":it.d") == "ad");
    CHECK(parts("?attributes=" + urn + ":it.n") == "a");
    CHECK(parts("?excludedAttributes=" + urn + ":it.a," + urn + ":it.d") == "a");
    CHECK(parts("?excludedAttributes=" + urn + ":it").empty());
    CHECK(desk.find("/Users", urn + ":it.n eq \"4\"").scim_type() == "sensitive");
    CHECK(desk.find("/Users", urn + ":it.r eq \"3\"").total() == 1);
    if (many) {
        CHECK(desk.find("/Users", urn + ":it[n eq \"4\"]").status == 403);
        CHECK(desk.operate(user, operation("remove", urn + ":it[n eq \\'4\\']", "")).scim_type() == "invalidPath");
    }
}

TEST_CASE("required holds once the extension is there, and not before")
{
    const auto desk = strict_desk("[{'name':'badge','required':true},{'name':'room'},"
                                  "{'name':'car','type':'complex','subAttributes':[{'name':'number','required':true},"
                                  "{'name':'colour'}]}]");
    CHECK(desk.post("/Users", R"({"userName":"none@contoso.com"})").status == 201);
    CHECK(desk.post("/Users", ada("{}")).status == 201);
    const auto refused = desk.post("/Users", single_quoted("{'userName':'b','" + urn + "':{'room':'1'}}"));
    CHECK(refused.scim_type() == "invalidValue");
    CHECK_THAT(refused.detail(), Contains("badge"));
    const auto found = desk.find("/Users", "userName eq \"ada@contoso.com\"");
    const auto user = "/Users/" + std::string{found.at("/Resources/0/id").as_string()};
    CHECK(desk.operate(user, operation("add", urn + ":room", "'1'")).scim_type() == "invalidValue");
    CHECK(desk.operate(user, operation("add", urn, "{'badge':'7','room':'1'}")).status == 200);
    CHECK(desk.operate(user, operation("remove", urn + ":badge", "")).scim_type() == "mutability");
    CHECK(desk.operate(user, operation("replace", urn + ":badge", "''")).scim_type() == "invalidValue");
    CHECK(desk.operate(user, operation("add", urn + ":car", "{'colour':'red'}")).scim_type() == "invalidValue");
    CHECK(desk.get(user).at(in_extension()) == json::parse(R"({"badge":"7","room":"1"})"));
    CHECK(desk.operate(user, operation("remove", urn, "")).status == 200);
    CHECK(desk.get(user).at(in_extension()).is_null());
}

TEST_CASE("every mutability × returned × required × type × multiValued keeps its promise by POST, PUT, PATCH, GET and "
          "filter, or is refused as a schema")
{
    struct Typed {
        const char* type;
        const char* one;
        const char* other;
        const char* wrong;
    };
    const auto typed = GENERATE(values<Typed>({
        {"string", "'one'", "'other'", "7"},
        {"boolean", "true", "false", "'yes'"},
        {"decimal", "1.5", "2.5", "'1.5'"},
        {"integer", "1", "2", "1.5"},
        {"dateTime", "'2026-11-22T16:27:00Z'", "'2026-11-23T16:27:00Z'", "'soon'"},
        {"binary", "'QUJD'", "'REVG'", "'a b'"},
        {"reference", "'https://x.example/1'", "'https://x.example/2'", "7"},
        {"complex", "{'part':'one'}", "{'part':'other'}", "'one'"},
    }));
    const bool many = GENERATE(false, true);
    const bool required = GENERATE(false, true);
    const std::string mutability = GENERATE("readWrite", "immutable", "readOnly", "writeOnly");
    const std::string returned = GENERATE("always", "default", "request", "never");
    INFO(mutability << " " << returned << (required ? " required " : " ") << typed.type << (many ? ", many" : ""));
    const bool is_complex = typed.type == std::string_view{"complex"};
    const auto schema = schema_with(single_quoted(
        "[{'name':'it','type':'" + std::string{typed.type} + "','mutability':'" + mutability + "','returned':'" +
        returned + "','required':" + (required ? "true" : "false") + ",'multiValued':" + (many ? "true" : "false") +
        (is_complex ? ",'subAttributes':[{'name':'part'}]" : "") + "},{'name':'plain'}]"));

    const bool is_kept = mutability == "readWrite" || mutability == "immutable";
    const bool can_be_promised = is_kept || (!required && (mutability == "readOnly" || returned == "never"));
    const auto read = read_schema(json::parse(schema), "User");
    REQUIRE(read.has_value() == can_be_promised);
    if (!can_be_promised) return;

    Desk desk{testing::strict_policy()};
    desk.register_schema(schema);
    const auto in_shape = [&](const std::string& value) { return many ? "[" + value + "]" : value; };
    const std::string one = in_shape(typed.one), other = in_shape(typed.other), wrong = in_shape(typed.wrong);
    const auto parsed = [](const std::string& text) { return json::parse(single_quoted(text)); };
    const auto stored = [&](const std::string& name = "ada@contoso.com") -> json::value {
        const auto user = desk.store().read(desk.organisation())->user_named(name);
        const auto* extension = user->profile.attributes().if_contains(urn);
        const auto* value = extension ? extension->as_object().if_contains("it") : nullptr;
        return value ? *value : json::value{};
    };
    const auto shown = [&](const testing::Reply& reply) { return reply.at(in_extension("/it")); };
    const auto is_refused = [](const testing::Reply& reply, const char* type) {
        INFO(reply.text);
        return reply.status == 400 && reply.scim_type() == type;
    };

    // POST
    const auto made = desk.post("/Users", ada("{'it':" + one + ",'plain':'p'}"));
    REQUIRE(made.status == 201);
    const json::value held = is_kept ? parsed(one) : json::value{};
    const json::value nothing;
    CHECK(stored() == held);
    CHECK(shown(made) == (returned == "never" ? nothing : held));
    const auto without = single_quoted("{'userName':'without@contoso.com','" + urn + "':{'plain':'p'}}");
    const auto bare = desk.post("/Users", without);
    if (required)
        CHECK(is_refused(bare, "invalidValue"));
    else
        CHECK(bare.status == 201);
    const auto bad = single_quoted("{'userName':'bad@contoso.com','" + urn + "':{'it':" + wrong + "}}");
    if (mutability == "readOnly")
        CHECK(desk.post("/Users", bad).status == 201); // passed over, whatever it is
    else
        CHECK(is_refused(desk.post("/Users", bad), "invalidValue"));

    // GET
    const auto user = "/Users/" + made.id();
    const bool by_default = returned == "always" || returned == "default";
    CHECK(shown(desk.get(user)) == (by_default ? held : nothing));
    CHECK(shown(desk.get(user + "?attributes=" + urn + ":it")) == (returned == "never" ? nothing : held));
    CHECK(shown(desk.get(user + "?attributes=userName")) == (returned == "always" ? held : nothing));
    CHECK(shown(desk.get(user + "?excludedAttributes=" + urn + ":it")) == (returned == "always" ? held : nothing));

    // filter
    const auto present = desk.find("/Users", urn + ":it pr");
    if (returned == "never") {
        CHECK(present.status == 403);
        CHECK(present.scim_type() == "sensitive");
        CHECK(desk.get("/Users?sortBy=" + urn + ":it").scim_type() == "invalidValue");
    } else {
        CHECK(present.total() == (is_kept ? 1 : 0));
        const auto equal = single_quoted(is_complex ? ":it.part eq 'one'" : ":it eq " + std::string{typed.one});
        CHECK(desk.find("/Users", urn + equal).total() == (is_kept ? 1 : 0));
    }

    // PATCH
    const auto replaced = desk.operate(user, operation("replace", urn + ":it", other));
    const auto pathless =
        desk.operate(user, single_quoted("[{'op':'add','value':{'" + urn + "':{'it':" + other + "}}}]"));
    if (mutability == "readWrite") {
        CHECK(replaced.status == 200);
        CHECK(pathless.status == 200);
        CHECK(stored() == parsed(other));
    } else if (mutability == "immutable") {
        CHECK(is_refused(replaced, "mutability"));
        CHECK(is_refused(pathless, "mutability"));
        CHECK(stored() == held);
    } else {
        CHECK((mutability == "writeOnly" ? replaced.status == 200 : is_refused(replaced, "mutability")));
        CHECK(pathless.status == 200); // what is read-only is passed over where no path names it (RFC 7643 7)
        CHECK(stored() == nothing);
    }
    const auto mistyped = desk.operate(user, operation("replace", urn + ":it", wrong));
    CHECK(is_refused(mistyped, mutability == "readOnly" ? "mutability" : "invalidValue"));
    const auto before_removal = stored();
    const auto removed = desk.operate(user, operation("remove", urn + ":it", ""));
    if (required || mutability == "immutable" || mutability == "readOnly") {
        CHECK(is_refused(removed, "mutability"));
        CHECK(stored() == before_removal);
    } else {
        CHECK(removed.status == 200);
        CHECK(stored() == nothing);
    }

    // PUT
    const auto now = stored();
    const auto put_other = desk.put(user, ada("{'it':" + other + "}"));
    if (mutability == "immutable")
        CHECK(is_refused(put_other, "mutability"));
    else
        CHECK(put_other.status == 200);
    CHECK(stored() == (mutability == "readWrite" ? parsed(other) : now));
    const auto left_out = desk.put(user, ada("{'plain':'q'}"));
    if (required)
        CHECK(is_refused(left_out, "invalidValue"));
    else
        CHECK(left_out.status == 200);
    CHECK(stored() ==
          (required ? (mutability == "readWrite" ? parsed(other) : now) : (mutability == "immutable" ? now : nothing)));
}

TEST_CASE(
    "lists are sorted by any attribute of an extension as by a built-in one: its type's order, the primary value, "
    "what has none last")
{
    struct Row {
        const char* attribute;
        const char* sort_by;
        std::vector<const char*> values; // ascending; two equal ones in order of arrival; empty: none
    };
    const auto row = GENERATE(values<Row>({
        {"'type':'string'", ":it", {"'a'", "'B'", "'b'", "'c'", ""}},
        {"'type':'string','caseExact':true", ":it", {"'B'", "'C'", "'a'", "'b'", ""}},
        {"'type':'reference'", ":it", {"'https://a'", "'https://b'", ""}},
        {"'type':'binary'", ":it", {"'QUJD'", "'REVG'", ""}},
        {"'type':'boolean'", ":it", {"false", "true", "true", "", ""}},
        {"'type':'integer'", ":it", {"-2", "9", "10", "9007199254740993", ""}},
        {"'type':'decimal'", ":it", {"-0.5", "2", "2.5", "10", ""}},
        {"'type':'dateTime'", ":it", {"'2026-11-22T17:00:00+02:00'", "'2026-11-22T16:00:00Z'", ""}},
        {"'type':'complex','subAttributes':[{'name':'part','type':'integer'}]",
         ":it.part",
         {"{'part':2}", "{'part':10}", ""}},
        {"'type':'string','multiValued':true", ":it", {"['a','z']", "['b','a']", ""}},
        {"'type':'complex','multiValued':true,'subAttributes':[{'name':'value'},{'name':'primary','type':'boolean'}]",
         ":it",
         {"[{'value':'z'},{'value':'a','primary':true}]", "[{'value':'b'},{'value':'a'}]", ""}},
        {"'type':'complex','multiValued':true,'subAttributes':[{'name':'n','type':'integer'},{'name':'primary',"
         "'type':'boolean'}]",
         ":it.n",
         {"[{'n':9},{'n':1,'primary':true}]", "[{'n':2}]", "[{'n':10},{'n':0}]", ""}},
        {"'type':'string','returned':'request'", ":it", {"'a'", "'b'", ""}},
        {"'type':'string','mutability':'immutable'", ":it", {"'a'", "'b'", ""}},
    }));
    INFO(row.attribute << " " << row.sort_by);
    const auto desk = strict_desk("[{'name':'it'," + std::string{row.attribute} + "},{'name':'plain'}]");
    const auto name = [](std::size_t n) { return "user-" + std::to_string(n); };
    const auto add = [&](std::size_t n) {
        const std::string it = *row.values[n] ? ",'it':" + std::string{row.values[n]} : "";
        REQUIRE(
            desk.post("/Users", single_quoted("{'userName':'" + name(n) + "','" + urn + "':{'plain':'p'" + it + "}}"))
                .status == 201);
    };
    // The odd ones first, so that order of arrival is no order by value; equal neighbours: the first of them is odd.
    std::vector<std::size_t> order(row.values.size());
    for (std::size_t n = 0; n < order.size(); ++n) order[n] = n;
    const bool has_equals = row.values.size() == 5;
    if (has_equals)
        order = {3, 0, 1, 2, 4};
    else
        std::reverse(order.begin(), order.end());
    for (const auto n : order) add(n);
    const auto names = [&](const std::string& query) {
        std::vector<std::string> found;
        const auto page = desk.get("/Users?sortBy=" + urn + row.sort_by + query);
        INFO(page.text);
        REQUIRE(page.status == 200);
        for (const auto& each : page.at("/Resources").as_array()) found.emplace_back(each.at("userName").as_string());
        return found;
    };
    std::vector<std::string> expected;
    for (std::size_t n = 0; n < row.values.size(); ++n) expected.push_back(name(n));
    CHECK(names("") == expected);
    CHECK(names("&sortOrder=descending") == std::vector<std::string>{expected.rbegin(), expected.rend()});
    std::vector<std::string> paged;
    for (std::size_t n = 1; n <= expected.size(); ++n)
        for (const auto& each : names("&count=1&startIndex=" + std::to_string(n))) paged.push_back(each);
    CHECK(paged == expected);
    std::vector<std::string> walked;
    for (std::string cursor;;) {
        const auto page = desk.get("/Users?count=2&sortBy=" + urn + row.sort_by + "&cursor=" + cursor);
        REQUIRE(page.status == 200);
        for (const auto& each : page.at("/Resources").as_array()) walked.emplace_back(each.at("userName").as_string());
        if (!page.at("/nextCursor").is_string()) break;
        cursor = page.at("/nextCursor").as_string();
    }
    CHECK(walked == expected);
}

TEST_CASE("a filter's operators are those that the attribute's type has: nothing else is compared, and binary and "
          "boolean have no order (RFC 7644 3.4.2.2)")
{
    struct Row {
        const char* of; // of the User schema, or "it" of an extension with that type
        const char* literal;
        const char* operators;
    };
    const auto row = GENERATE(values<Row>({
        {"userName", "'x'", " eq ne co sw ew gt ge lt le pr "},
        {"emails", "'x'", " eq ne co sw ew gt ge lt le pr "},
        {"profileUrl", "'x'", " eq ne co sw ew gt ge lt le pr "},
        {"active", "true", " eq ne pr "},
        {"emails.primary", "true", " eq ne pr "},
        {"meta.created", "'2026-11-22T16:27:00Z'", " eq ne gt ge lt le pr "},
        {"x509Certificates.value", "'QUJD'", " eq ne co sw ew pr "},
        {"x509Certificates", "'QUJD'", " eq ne co sw ew pr "},
        {"x509Certificates[value", "'QUJD'", " eq ne co sw ew pr "},
        {"emails[primary", "true", " eq ne pr "},
        {"name", "'x'", " pr "},
        {"string", "'x'", " eq ne co sw ew gt ge lt le pr "},
        {"reference", "'x'", " eq ne co sw ew gt ge lt le pr "},
        {"boolean", "true", " eq ne pr "},
        {"binary", "'QUJD'", " eq ne co sw ew pr "},
        {"integer", "7", " eq ne gt ge lt le pr "},
        {"decimal", "7.5", " eq ne gt ge lt le pr "},
        {"dateTime", "'2026-11-22T16:27:00Z'", " eq ne gt ge lt le pr "},
        {"complex", "'x'", " pr "},
    }));
    const bool many = GENERATE(false, true);
    const auto is = [&](const char* type) { return row.of == std::string_view{type}; };
    const bool of_extension = is("string") || is("reference") || is("boolean") || is("binary") || is("integer") ||
                              is("decimal") || is("dateTime") || is("complex");
    std::string name = row.of;
    Desk desk{testing::strict_policy()};
    if (of_extension) {
        desk.register_schema(
            schema_with(single_quoted("[{'name':'it','type':'" + name + "','multiValued':" + (many ? "true" : "false") +
                                      (is("complex") ? ",'subAttributes':[{'name':'part'}]" : "") + "}]")));
        name = urn + ":it";
    }
    const std::string end = name.find('[') == std::string::npos ? "" : "]";
    for (const std::string op : {"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"}) {
        const auto filter = single_quoted(name + " " + op + (op == "pr" ? "" : " " + std::string{row.literal}) + end);
        INFO(filter);
        const auto reply = desk.find("/Users", filter);
        if (std::string_view{row.operators}.find(" " + op + " ") != std::string_view::npos) {
            CHECK(reply.status == 200);
        } else {
            CHECK(reply.status == 400);
            CHECK(reply.scim_type() == "invalidFilter");
        }
    }
}

TEST_CASE("booleans of an extension may be the texts True and False where Entra is forgiven, and nowhere else")
{
    const bool is_forgiven = GENERATE(true, false);
    Desk desk{is_forgiven ? core::Policy{} : testing::strict_policy()};
    desk.register_schema(schema_with(single_quoted(
        "[{'name':'flag','type':'boolean'},{'name':'flags','type':'boolean','multiValued':true},{'name':'word'},"
        "{'name':'box','type':'complex','subAttributes':[{'name':'open','type':'boolean'},{'name':'label'}]},"
        "{'name':'list','type':'complex','multiValued':true,'subAttributes':[{'name':'on','type':'boolean'},"
        "{'name':'type'}]}]")));
    const auto user = "/Users/" + desk.post("/Users", R"({"userName":"bob"})").id();
    const std::string texts =
        "{'flag':'True','flags':['false','True'],'word':'True','box':{'open':'FALSE','label':'True'},"
        "'list':[{'on':'True','type':'False'}]}";
    const auto meant = json::parse(single_quoted("{'flag':true,'flags':[false,true],'word':'True','box':{'open':false,"
                                                 "'label':'True'},'list':[{'on':true,'type':'False'}]}"));
    const auto fired = [&] { return desk.quirks().count_of("boolean_as_text"); };
    const auto check = [&](const testing::Reply& reply, const char* pointer, const json::value& expected) {
        INFO(reply.text);
        if (is_forgiven) {
            CHECK(reply.status / 100 == 2);
            CHECK(reply.at(in_extension(pointer)) == expected);
        } else {
            CHECK(reply.status == 400);
            CHECK(reply.scim_type() == "invalidValue");
        }
    };
    check(desk.post("/Users", ada(texts)), "", meant);
    CHECK(fired() == (is_forgiven ? 1U : 0U));
    check(desk.put(user, single_quoted("{'userName':'bob','" + urn + "':" + texts + "}")), "", meant);
    check(desk.operate(user, operation("replace", urn + ":flag", "'False'")), "/flag", false);
    check(desk.operate(user, operation("add", urn + ":flags", "['False','true']")), "/flags", json::array{false, true});
    check(desk.operate(user, operation("replace", urn + ":box.open", "'True'")), "/box/open", true);
    if (!is_forgiven)
        CHECK(desk.put(user, single_quoted("{'userName':'bob','" + urn + "':" + json::serialize(meant) + "}")).status ==
              200);
    check(desk.operate(user, operation("replace", urn + ":list[type eq \\'False\\'].on", "'False'")), "/list/0/on",
          false);
    check(desk.operate(user, operation("replace", urn, "{'flag':'tRUE'}")), "/flag", true);
    check(desk.operate(user, single_quoted("[{'op':'add','value':{'" + urn + "':{'flag':'False'}}}]")), "/flag", false);
    CHECK(fired() == (is_forgiven ? 8U : 0U));
    for (const auto* not_one : {"'yes'", "'1'", "'True '", "1"}) {
        INFO(not_one);
        CHECK(desk.operate(user, operation("replace", urn + ":flag", not_one)).scim_type() == "invalidValue");
    }
    CHECK(fired() == (is_forgiven ? 8U : 0U));
    const auto found = desk.find("/Users", urn + ":flag eq \"False\"");
    if (is_forgiven)
        CHECK(found.total() == 1);
    else
        CHECK(found.scim_type() == "invalidFilter");
}

TEST_CASE("caseExact decides how values are compared, canonical values are published and others accepted")
{
    const auto desk = strict_desk("[{'name':'exact','caseExact':true},{'name':'loose','canonicalValues':['Red']}]");
    REQUIRE(desk.post("/Users", ada("{'exact':'Ab','loose':'Green'}")).status == 201);
    CHECK(desk.find("/Users", urn + ":exact eq \"Ab\"").total() == 1);
    CHECK(desk.find("/Users", urn + ":exact eq \"AB\"").total() == 0);
    CHECK(desk.find("/Users", urn + ":loose eq \"GREEN\"").total() == 1);
    CHECK(desk.get("/Schemas/" + urn).at("/attributes/1/canonicalValues") == json::array{"Red"});
}

TEST_CASE("at most one value of a list of its own is primary")
{
    const auto desk = strict_desk("[{'name':'cars','type':'complex','multiValued':true,'subAttributes':["
                                  "{'name':'value'},{'name':'primary','type':'boolean'}]}]");
    CHECK(
        desk.post("/Users", ada("{'cars':[{'value':'a','primary':true},{'value':'b','primary':true}]}")).scim_type() ==
        "invalidValue");
    const auto user =
        "/Users/" + desk.post("/Users", ada("{'cars':[{'value':'a','primary':true},{'value':'b'}]}")).id();
    CHECK(desk.operate(user, operation("replace", urn + ":cars[value eq \\'b\\'].primary", "true")).status == 200);
    CHECK(desk.get(user).at(in_extension("/cars/0/primary")) == json::value(false));
    CHECK(desk.find("/Users", urn + ":cars[value eq \"b\" and primary eq true]").total() == 1);
    CHECK(desk.find("/Users", urn + ":cars eq \"A\"").total() == 1);
}

TEST_CASE("a URN without a version can be named alone, in paths and projections")
{
    Desk desk{testing::strict_policy()};
    desk.register_schema(schema_with(R"([{"name":"badge"},{"name":"room"}])", "urn:contoso:hr"));
    const auto user = "/Users/" + desk.post("/Users", R"({"userName":"ada"})").id();
    CHECK(desk.operate(user, operation("add", "urn:contoso:HR", "{'badge':'7','room':'1'}")).status == 200);
    CHECK(desk.find("/Users", "urn:contoso:hr:badge eq \"7\"").total() == 1);
    CHECK(desk.get(user + "?attributes=urn:contoso:hr").at("/urn:contoso:hr/room") == json::value("1"));
    CHECK(desk.get(user + "?excludedAttributes=urn:contoso:hr").at("/urn:contoso:hr").is_null());
    CHECK(desk.operate(user, operation("remove", "urn:contoso:hr", "")).status == 200);
    CHECK(desk.get(user).at("/urn:contoso:hr").is_null());
}

TEST_CASE("inside a pathless value an attribute may stand under its whole URN, where Entra is forgiven")
{
    const std::string id = GENERATE(std::string{"urn:contoso:hr"}, urn);
    Desk desk;
    desk.register_schema(schema_with(R"([{"name":"badge"},{"name":"ours","mutability":"readOnly"}])", id));
    const auto user = "/Users/" + desk.post("/Users", R"({"userName":"ada"})").id();
    CHECK(desk.operate(user, single_quoted("[{'op':'add','value':{'" + id + ":Badge':'7','" + id + ":ours':'x'}}]"))
              .status == 200);
    CHECK(desk.get(user).at("/" + id) == json::parse(R"({"badge":"7"})"));
}

TEST_CASE("groups can be extended, too")
{
    Desk desk;
    desk.register_schema(schema_with(R"([{"name":"room","returned":"request"},{"name":"floor","type":"integer"},
                                         {"name":"house","mutability":"immutable"}])",
                                     "urn:contoso:place"),
                         "Group");
    const auto made = desk.post(
        "/Groups", R"({"displayName":"G","urn:contoso:place":{"room":"1","floor":2,"house":"A"},"members":[]})");
    REQUIRE(made.status == 201);
    CHECK(made.at("/urn:contoso:place/room") == json::value("1"));
    const auto group = "/Groups/" + made.id();
    CHECK(desk.get(group).at("/urn:contoso:place") == json::parse(R"({"floor":2,"house":"A"})"));
    CHECK(desk.get(group + "?excludedAttributes=members").at("/urn:contoso:place/room").is_null());
    CHECK(desk.find("/Groups", "urn:contoso:place:floor ge 2").total() == 1);
    CHECK(desk.operate(group, operation("replace", "urn:contoso:place:floor", "'x'")).scim_type() == "invalidValue");
    CHECK(desk.operate(group, operation("replace", "urn:contoso:place:house", "'B'")).scim_type() == "mutability");
    CHECK(desk.put(group, R"({"displayName":"G2"})").status == 200);
    CHECK(desk.get(group).at("/urn:contoso:place") == json::parse(R"({"house":"A"})"));
    CHECK(desk.put(group, R"({"displayName":"G2","urn:contoso:place":{"house":"B"}})").scim_type() == "mutability");
}

TEST_CASE("E-53: what comes under a URN without a schema is kept, and a filter on it says what to do")
{
    const Desk desk;
    const auto user = "/Users/" + desk.post("/Users", ada("{'badge':'7'}")).id();
    CHECK(desk.get(user).at(in_extension("/badge")) == json::value("7"));
    const auto refused = desk.find("/Users", urn + ":badge eq \"7\"");
    CHECK(refused.status == 400);
    CHECK(refused.scim_type() == "invalidFilter");
    CHECK_THAT(refused.detail(), Contains("rollcall schema add"));
}

TEST_CASE("values that came before their schema are judged by it, and nothing of them is lost")
{
    const auto schema = read_schema(
        json::parse(schema_with(single_quoted("[{'name':'badge','required':true},{'name':'level','type':'integer'},"
                                              "{'name':'ours','mutability':'readOnly'},"
                                              "{'name':'car','type':'complex','subAttributes':[{'name':'number'}]}]"))),
        "User");
    REQUIRE(schema.has_value());
    struct Row {
        const char* stored;
        const char* fitted; // none: it does not fit
    };
    const auto row = GENERATE(values<Row>({
        {"{'badge':'7'}", "{'badge':'7'}"},
        {"{'LEVEL':3,'Badge':'7','car':{'NUMBER':'A'}}", "{'badge':'7','level':3,'car':{'number':'A'}}"},
        {"{'level':3}", nullptr},
        {"{'badge':'7','level':'3'}", nullptr},
        {"{'badge':'7','colour':'red'}", nullptr},
        {"{'badge':'7','ours':'x'}", nullptr},
        {"{'badge':'7','car':{'number':'A','colour':'red'}}", nullptr},
    }));
    INFO(row.stored);
    const auto fits = fitted(json::parse(single_quoted(row.stored)).as_object(), schema->schema);
    REQUIRE(fits.has_value() == (row.fitted != nullptr));
    if (row.fitted) CHECK(json::serialize(*fits) == single_quoted(row.fitted));
}

namespace {

// A value that the attribute's type accepts.
json::value value_for(const Attribute& attribute)
{
    json::value one;
    switch (attribute.type) {
    case Type::string: one = "x"; break;
    case Type::boolean: one = true; break;
    case Type::decimal: one = 1.5; break;
    case Type::integer: one = 1; break;
    case Type::date_time: one = "2026-11-22T16:27:00Z"; break;
    case Type::binary: one = "QUJD"; break;
    case Type::reference: one = "https://contoso.com/x"; break;
    case Type::complex: {
        json::object parts;
        for (const auto& sub : attribute.sub) parts[sub.name] = value_for(sub);
        one = parts;
        break;
    }
    }
    return attribute.multi_valued ? json::value(json::array{one}) : one;
}

} // namespace

TEST_CASE("every attribute of the built-in table keeps what its characteristics promise")
{
    const Desk desk{testing::strict_policy()};
    const bool of_users = GENERATE(true, false);
    const auto& resource = of_users ? user_schema() : group_schema();
    const std::string folder = resource.endpoint;
    const std::string naming = of_users ? "userName" : "displayName";
    const auto check = [&](const Attribute& attribute, const std::string& extension) {
        const auto path = extension.empty() ? attribute.name : extension + ":" + attribute.name;
        INFO(path);
        static int count = 0;
        const auto name = "user" + std::to_string(++count);
        json::object body{{naming, name}};
        if (attribute.name != naming || !extension.empty()) {
            if (extension.empty())
                body[attribute.name] = value_for(attribute);
            else
                body[extension] = json::object{{attribute.name, value_for(attribute)}};
        }
        const auto made = desk.post(folder, json::serialize(body));
        REQUIRE(made.status == 201);
        const auto at = folder + "/" + made.id();
        const auto pointer = extension.empty() ? "/" + attribute.name : "/" + extension + "/" + attribute.name;
        const auto shown = desk.get(at).at(pointer);

        if (attribute.name == "schemas" || attribute.name == "id" || attribute.name == "meta") {
            CHECK(shown != value_for(attribute)); // the server's, whatever was sent
        } else if (attribute.mutability == Mutability::read_only || attribute.returned == Returned::never) {
            CHECK(shown.is_null());
        } else {
            CHECK_FALSE(shown.is_null());
        }
        if (attribute.mutability == Mutability::read_only) {
            json::array add{json::object{{"op", "add"}, {"path", path}, {"value", value_for(attribute)}}};
            CHECK(desk.operate(at, json::serialize(add)).scim_type() == "mutability");
            CHECK(desk.operate(at, operation("remove", path, "")).scim_type() == "mutability");
        }
        if (attribute.required) {
            CHECK(desk.operate(at, operation("remove", path, "")).scim_type() == "mutability");
            CHECK(desk.put(at, "{}").scim_type() == "invalidValue");
        }
        if (attribute.returned == Returned::never) {
            CHECK(made.text.find(attribute.name) == std::string::npos);
            CHECK(desk.find(folder, path + " eq \"x\"").status == 403);
            CHECK(desk.find(folder, path + " pr").scim_type() == "sensitive");
        }
        if (attribute.returned == Returned::always)
            CHECK_FALSE(desk.get(at + "?attributes=" + naming + "&excludedAttributes=" + path).at(pointer).is_null());
        if (attribute.returned == Returned::by_default && !shown.is_null()) {
            CHECK(desk.get(at + "?excludedAttributes=" + path).at(pointer).is_null());
            CHECK(desk.get(at + "?attributes=id").at(pointer).is_null());
            CHECK_FALSE(desk.get(at + "?attributes=" + path).at(pointer).is_null());
        }
        if (attribute.multi_valued && attribute.find_sub("primary")) {
            json::object one = value_for(attribute).as_array().at(0).as_object(), other = one;
            one["primary"] = other["primary"] = true;
            json::object twice{{naming, name + "b"}, {attribute.name, json::array{one, other}}};
            CHECK(desk.post(folder, json::serialize(twice)).scim_type() == "invalidValue");
        }
        if (attribute.uniqueness == Uniqueness::server && attribute.name == naming)
            CHECK(desk.post(folder, json::serialize(body)).scim_type() == "uniqueness");
    };
    for (const auto& attribute : resource.core.attributes) check(attribute, "");
    for (const auto& attribute : resource.common) check(attribute, "");
    for (const auto& extension : resource.extensions)
        for (const auto& attribute : extension.attributes) check(attribute, extension.urn);
}

TEST_CASE("a password is accepted and kept nowhere, not even in the history")
{
    const Desk desk;
    const auto made = desk.post("/Users", R"({"userName":"ada","password":"t1meMa$heen"})");
    REQUIRE(made.status == 201);
    CHECK(desk.operate("/Users/" + made.id(), R"([{"op":"replace","path":"password","value":"t1meMa$heen"}])").status ==
          200);
    const auto txn = desk.store().read(desk.organisation());
    CHECK(txn->user_named("ada")->profile.text().find("t1meMa") == std::string::npos);
    for (const auto& event : txn->events({}))
        CHECK(json::serialize(core::to_json(event.changes)).find("t1meMa") == std::string::npos);
    CHECK(desk.find("/Users", "password eq \"t1meMa$heen\"").scim_type() == "sensitive");
}

TEST_CASE("what is never shown stands in no event and in no archive, in clear; that it changed does")
{
    Desk desk{testing::strict_policy()};
    const std::string hidden = R"([{"name":"pin","returned":"never"},{"name":"badge"},
        {"name":"pins","returned":"never","multiValued":true},
        {"name":"car","type":"complex","subAttributes":[{"name":"key","returned":"never"},{"name":"colour"}]},
        {"name":"cars","type":"complex","multiValued":true,
         "subAttributes":[{"name":"key","returned":"never"},{"name":"colour"}]}])";
    desk.register_schema(schema_with(hidden));
    desk.register_schema(schema_with(hidden, "urn:contoso:groups:Secret"), "Group");
    const auto values = [](const std::string& n) {
        return single_quoted("{'pin':'s3cret" + n + "','badge':'b" + n + "','pins':['s3cret" + n +
                             "'],'car':{'key':'s3cret" + n + "','colour':'red'},'cars':[{'key':'s3cret" + n +
                             "','colour':'blue'}]}");
    };
    const auto user = "/Users/" + desk.post("/Users", ada(values("1"))).id();
    CHECK(desk.put(user, ada(values("2"))).status == 200);
    CHECK(desk.operate(user, operation("replace", urn + ":pin", "'s3cret3'")).status == 200);
    CHECK(desk.operate(user, operation("remove", urn + ":pin", "")).status == 200);
    CHECK(desk.del(user).status == 204);
    const auto group =
        "/Groups/" +
        desk.post("/Groups", R"({"displayName":"g","urn:contoso:groups:Secret":)" + values("4") + "}").id();
    CHECK(desk.del(group).status == 204);

    const auto txn = desk.store().read(desk.organisation());
    const auto events = txn->events({});
    REQUIRE(events.size() == 7);
    for (const auto& event : events) {
        INFO(json::serialize(core::to_json(event.changes)));
        CHECK(json::serialize(core::to_json(event.changes)).find("s3cret") == std::string::npos);
    }
    const auto told = [&](std::size_t n) -> const core::Change& {
        const auto& changes = events.at(n).changes;
        const auto found =
            std::find_if(changes.begin(), changes.end(), [](const auto& c) { return c.attribute == urn; });
        REQUIRE(found != changes.end());
        return *found;
    };
    CHECK(told(0).after == json::parse(R"({"pin":"***","badge":"b1","pins":"***","car":{"key":"***","colour":"red"},
        "cars":[{"key":"***","colour":"blue"}]})"));
    CHECK(told(2).before.at("pin") == "***");
    CHECK(told(2).after.at("pin") == "***");
    CHECK_FALSE(told(3).after.as_object().contains("pin"));
    const auto archived = txn->archived({});
    REQUIRE(archived.size() == 1);
    CHECK(json::serialize(archived[0].last_state).find("s3cret") == std::string::npos);
    CHECK(archived[0].last_state.at(urn).at("badge") == "b2");
    CHECK(archived[0].last_state.at(urn).at("car").at("key") == "***");
    for (const auto& event : archived[0].history)
        CHECK(json::serialize(core::to_json(event.changes)).find("s3cret") == std::string::npos);
}

TEST_CASE("a stored resource is at most limits.resource_bytes large, however many requests it takes to grow")
{
    const Desk desk{testing::strict_policy()};
    const std::size_t most = ProtocolLimits{}.resource_bytes;
    const auto made = desk.post("/Users", R"({"userName":"ada"})");
    const auto user = "/Users/" + made.id();
    const auto size = [&] { return desk.store().read(desk.organisation())->user_named("ada")->profile.text().size(); };
    const auto grow = [&](std::size_t bytes) {
        json::array add{json::object{
            {"op", "add"}, {"path", "roles"}, {"value", json::object{{"value", std::string(bytes, 'r')}}}}};
        return desk.operate(user, json::serialize(add));
    };
    std::size_t each = 60'000;
    while (size() + 2 * each < most) REQUIRE(grow(--each).status == 200); // each another value
    const auto before = size();
    REQUIRE(grow(20'000).status == 200);
    const auto around = size() - before - 20'000; // what a value costs beside itself
    REQUIRE(size() + around < most);
    while (most - size() - around > 60'000) REQUIRE(grow(--each).status == 200);
    const auto left = most - size() - around;
    const auto refused = grow(left + 1);
    CHECK(refused.status == 400);
    CHECK(refused.scim_type() == "invalidValue");
    CHECK_THAT(refused.detail(), Contains("limits.resource_bytes"));
    CHECK(grow(left).status == 200);
    CHECK(size() == most);
}

} // namespace scim
