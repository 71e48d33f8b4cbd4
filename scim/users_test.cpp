#include "scim/entra/tolerance.hpp"
#include "scim/schema.hpp"
#include "scim/testing/desk.hpp"
#include "scim/users.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include <set>

namespace scim {
namespace {

namespace json = boost::json;
using testing::Desk;
using testing::Reply;
using testing::strict_policy;

const std::string ent{enterprise_urn};

Reply create(const Desk& desk, const std::string& name, const std::string& more = "")
{
    auto reply = desk.post("/Users", R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":")" +
                                         name + "\"" + more + "}");
    INFO(reply.text);
    REQUIRE(reply.status == 201);
    return reply;
}

void check_refused(const Reply& reply, int status, std::string_view scim_type)
{
    INFO(reply.text);
    CHECK(reply.status == status);
    CHECK(reply.scim_type() == scim_type);
    CHECK(reply.at("/status") == json::string{std::to_string(status)});
    CHECK(reply.at("/schemas/0") == "urn:ietf:params:scim:api:messages:2.0:Error");
    CHECK_THAT(reply.detail(), Catch::Contains("(request request-"));
}

TEST_CASE("E-01, E-03, E-04: a filter that matches nobody is an empty list")
{
    const Desk desk;
    for (const auto* filter :
         {R"(userName eq "7d420df3-0000")", R"(externalId eq "x")", R"(emails[type eq "work"].value eq "x@y")"}) {
        const auto reply = desk.find("/Users", filter);
        CHECK(reply.status == 200);
        CHECK(reply.total() == 0);
        CHECK(reply.at("/Resources") == json::array{});
        CHECK(reply.at("/schemas/0") == "urn:ietf:params:scim:api:messages:2.0:ListResponse");
        CHECK(reply.lane == Lane::inline_read);
    }
}

TEST_CASE("E-06: a flag that the server does not know is ignored")
{
    const Desk desk;
    CHECK(desk.get("/Users?aadOptscim062020&filter=userName eq \"x\"").total() == 0);
}

TEST_CASE("E-13: a user is created as the documentation sends it")
{
    const Desk desk;
    const auto reply = desk.post("/Users", R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",")" + ent +
                                               R"("],"externalId":"0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
        "userName":"Test_User_ab6490ee","active":true,"displayName":"lennay",
        "emails":[{"primary":true,"type":"work","value":"Test_User@testuser.com"}],
        "meta":{"resourceType":"User"},
        "name":{"formatted":"Adrienne Beck","familyName":"Beck","givenName":"Adrienne"},"roles":[]})");
    REQUIRE(reply.status == 201);
    const auto id = reply.id();
    CHECK(id.size() == 36);
    CHECK(reply.location == std::string{Desk::base} + "/Users/" + id);
    CHECK(reply.at("/meta/location") == json::string{reply.location});
    CHECK(reply.at("/meta/resourceType") == "User");
    CHECK(reply.at("/meta/version") == json::string{reply.etag});
    CHECK(reply.etag == "W/\"1\"");
    CHECK(reply.at("/userName") == "Test_User_ab6490ee");
    CHECK(reply.at("/externalId") == "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef");
    CHECK(reply.at("/active") == true);
    CHECK(reply.at("/emails/0/value") == "Test_User@testuser.com");
    CHECK(reply.at("/emails/0/primary") == true);
    CHECK(reply.at("/name/formatted") == "Adrienne Beck");
    CHECK_FALSE(reply.body.as_object().contains("roles"));
}

TEST_CASE("E-14: nulls and a mangled schema URN do no harm")
{
    const Desk desk;
    const auto reply = desk.post("/Users", R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0User"],"userName":"a","addresses":null,
        "phoneNumbers":null,"preferredLanguage":null,"title":null,"department":null,"manager":null})");
    REQUIRE(reply.status == 201);
    for (const auto* name : {"addresses", "phoneNumbers", "preferredLanguage", "title", "department", "manager"})
        CHECK_FALSE(reply.body.as_object().contains(name));
    CHECK(reply.text.find("null") == std::string::npos);
}

TEST_CASE("E-15, E-16, E-17: booleans sent as text are booleans, in profile entra")
{
    const Desk desk;
    const std::string body = R"({"userName":"a","active":"True","roles":[{"primary":"True","value":"A"}],
        "emails":[{"primary":"true","value":"v"}]})";
    const auto reply = desk.post("/Users", body);
    REQUIRE(reply.status == 201);
    CHECK(reply.at("/active") == true);
    CHECK(reply.at("/roles/0/primary") == true);
    CHECK(reply.at("/emails/0/primary") == true);
    CHECK(reply.at("/emails/0/value") == "v");

    check_refused(Desk{strict_policy()}.post("/Users", body), 400, "invalidValue");
}

TEST_CASE("E-18: names in odd case are stored under their canonical names")
{
    const Desk desk;
    const auto reply = create(desk, "a",
                              R"(,"emails":[{"Primary":true,"value":"v"}],")" + ent +
                                  R"(":{"Department":"d","Manager":{"Value":"m"}})");
    CHECK(reply.at("/emails/0/primary") == true);
    CHECK(reply.body.at(ent).at("department") == "d");
    CHECK(reply.body.at(ent).at("manager").at("value") == "m");
}

TEST_CASE("E-19: a userName is taken in any case")
{
    const Desk desk;
    create(desk, "Ada@Contoso.com");
    check_refused(desk.post("/Users", R"({"userName":"Ada@Contoso.com"})"), 409, "uniqueness");
    check_refused(desk.post("/Users", R"({"userName":"aDA@contoso.COM"})"), 409, "uniqueness");
    CHECK(desk.get("/Users").total() == 1);
}

TEST_CASE("E-20, E-21: a body without a userName, or that is no JSON object, is refused")
{
    const Desk desk;
    check_refused(desk.post("/Users", R"({"displayName":"x"})"), 400, "invalidValue");
    for (const auto* body : {"", "{", "[]", "\"x\"", "{\"userName\":\"a\",}", "{\"userName\":\"a\",\"USERNAME\":\"b\"}",
                             "{\"userName\":\"a\\u0000\"}", "{\"userName\":\"\xff\"}", "{\"title\":1e400}"}) {
        INFO(body);
        check_refused(desk.post("/Users", body), 400, "invalidSyntax");
    }
    CHECK(desk.get("/Users").total() == 0);
}

TEST_CASE("E-23: unknown attributes are neither fatal nor echoed")
{
    const Desk desk;
    const auto reply = create(desk, "a", R"(,"adreses":[{"value":"x"}],"groups":[{"value":"g"}])");
    CHECK_FALSE(reply.body.as_object().contains("adreses"));
    CHECK_FALSE(reply.body.as_object().contains("groups"));
}

TEST_CASE("TEN-06: id, meta, password and statuses cannot be assigned")
{
    const Desk desk;
    const std::string id = "11111111-1111-1111-1111-111111111111";
    const auto reply =
        create(desk, "a",
               R"(,"password":"s3cret","id":")" + id +
                   R"(","meta":{"version":"W/\"9\"","created":"1999-01-01T00:00:00Z"},)"
                   R"("urn:rollcall:params:scim:schemas:extension:lifecycle:2.0:User":{"status":"verified"})");
    CHECK(reply.id() != id);
    CHECK(reply.etag == "W/\"1\"");
    CHECK(reply.text.find("s3cret") == std::string::npos);
    CHECK(reply.text.find("password") == std::string::npos);
    CHECK(reply.text.find("1999") == std::string::npos);
    CHECK(desk.get("/Users/" + reply.id() + "?attributes=" + std::string{core::lifecycle_urn} + ",password")
              .body.at(std::string{core::lifecycle_urn})
              .at("status") == "active");
    check_refused(desk.find("/Users", "password sw \"s\""), 403, "sensitive");
}

TEST_CASE("E-24, E-25, E-26: userName compares without case, externalId with, e-mail by its type")
{
    const Desk desk;
    create(desk, "Ada@contoso.com", R"(,"externalId":"Xy1","emails":[{"type":"work","value":"Ada@Mail.com"},
        {"type":"home","value":"home@mail.com"}])");
    create(desk, "bob@contoso.com", R"(,"externalId":"Xy2","emails":[{"type":"home","value":"ada@mail.com"}])");
    struct Row {
        const char* filter;
        std::int64_t total;
    };
    const auto row = GENERATE(values<Row>({
        {R"(userName eq "ADA@CONTOSO.COM")", 1},
        {R"(externalId eq "Xy1")", 1},
        {R"(externalId eq "xy1")", 0},
        {R"(emails[type eq "work"].value eq "ADA@mail.COM")", 1},
        {R"(Emails[Type eq "WORK" and Value eq "ada@mail.com"])", 1},
        {R"(emails.value eq "ada@mail.com")", 2},
        {R"(emails eq "ada@mail.com")", 2},
        {R"(emails[type eq "work"].value eq "home@mail.com")", 0},
        {R"(userName sw "a" or userName sw "B")", 2},
        {R"(not (userName sw "a"))", 1},
        {R"(active eq true and meta.resourceType eq "User")", 2},
        {R"(title pr)", 0},
    }));
    INFO(row.filter);
    const auto reply = desk.find("/Users", row.filter);
    CHECK(reply.status == 200);
    CHECK(reply.total() == row.total);
    CHECK(reply.at("/itemsPerPage") == row.total);
}

TEST_CASE("E-27: an unquoted word matches in profile entra and is counted; strict refuses it")
{
    const Desk desk;
    create(desk, "a", R"(,"externalId":"jyoung")");
    CHECK(desk.find("/Users", "externalId eq jyoung").total() == 1);
    CHECK(desk.quirks().count_of(entra::tolerated::unquoted_filter_word) == 1);
    CHECK(desk.find("/Users", "externalId eq \"jyoung\"").total() == 1);
    CHECK(desk.quirks().count_of(entra::tolerated::unquoted_filter_word) == 1);
    const Desk strict{strict_policy()};
    check_refused(strict.find("/Users", "externalId eq jyoung"), 400, "invalidFilter");
}

TEST_CASE("E-28: values with signs that mean something elsewhere find exactly their user")
{
    const Desk desk;
    const auto name = GENERATE(values<std::string>(
        {"a+b@c.com", "o'neil@c.com", "q\\\"uote@c.com", "\xc3\xbcml\xc3\xa4ut@c.com", "per%cent_@c.com", "a\\\\b"}));
    create(desk, name);
    create(desk, "other-" + name);
    const auto reply = desk.find("/Users", "userName eq \"" + name + "\"");
    CHECK(reply.total() == 1);
}

TEST_CASE("E-29: does this user have that manager, asked in either order")
{
    const Desk desk;
    const auto manager = create(desk, "m").id();
    const auto user = create(desk, "u", ",\"" + ent + "\":{\"manager\":{\"value\":\"" + manager + "\"}}").id();
    const auto ask = [&](const std::string& u, const std::string& m, bool swapped) {
        const auto by_id = "id eq \"" + u + "\"";
        const auto by_manager = "manager eq \"" + m + "\"";
        const auto reply = desk.get("/Users?attributes=id&filter=" +
                                    (swapped ? by_manager + " and " + by_id : by_id + " and " + by_manager));
        CHECK(reply.lane == Lane::inline_read);
        if (reply.total() == 1) {
            CHECK(reply.at("/Resources/0/id") == json::string{u});
            CHECK(reply.at("/Resources/0").as_object().size() == 2); // and schemas
        }
        return reply.total();
    };
    CHECK(ask(user, manager, false) == 1);
    CHECK(ask(user, manager, true) == 1);
    CHECK(ask(manager, user, false) == 0);
    CHECK(ask(user, "other", true) == 0);
}

TEST_CASE("E-30, E-31: a user reads back as it was created; an unknown id is 404")
{
    const Desk desk;
    const auto created = create(desk, "a", R"(,"title":"t")");
    const auto read = desk.get("/Users/" + created.id());
    CHECK(read.status == 200);
    CHECK(read.text == created.text);
    CHECK(read.etag == created.etag);
    CHECK(read.lane == Lane::inline_read);
    check_refused(desk.get("/Users/00000000-0000-0000-0000-000000000000"), 404, "");
    check_refused(desk.get("/Users/nonsense"), 404, "");
}

TEST_CASE("E-32: what is no filter is 400 invalidFilter and not repeated")
{
    const Desk desk;
    const auto reply = desk.find("/Users", "foo bar baz");
    check_refused(reply, 400, "invalidFilter");
    CHECK(reply.text.find("baz") == std::string::npos);
    check_refused(desk.find("/Users", ""), 400, "invalidFilter");
    check_refused(desk.find("/Users", "meta.location eq \"x\""), 400, "invalidFilter");
}

TEST_CASE("E-33: two organisations may or may not have one address, by setting")
{
    const Desk apart{{}, core::testing::AccountsUnique::organisation};
    const auto other = apart.neighbour("other");
    create(apart, "ada@contoso.com");
    create(other, "ada@contoso.com");
    CHECK(apart.get("/Users").total() == 1);
    CHECK(other.get("/Users").total() == 1);

    const Desk together;
    create(together, "ada@contoso.com");
    const auto refused = together.neighbour("other").post("/Users", R"({"userName":"ADA@contoso.com"})");
    check_refused(refused, 409, "uniqueness");
    CHECK(refused.text.find("contoso\"") == std::string::npos);
}

TEST_CASE("another organisation's user does not exist here")
{
    const Desk desk;
    const auto id = create(desk, "a").id();
    const auto other = desk.neighbour("other");
    check_refused(other.get("/Users/" + id), 404, "");
    check_refused(other.put("/Users/" + id, R"({"userName":"b"})"), 404, "");
    check_refused(other.operate("/Users/" + id, R"([{"op":"replace","value":{"title":"x"}}])"), 404, "");
    check_refused(other.del("/Users/" + id), 404, "");
    CHECK(other.find("/Users", "id eq \"" + id + "\"").total() == 0);
    CHECK(desk.get("/Users/" + id).status == 200);
}

TEST_CASE("PUT replaces what can be written, keeps what cannot, and clears what is absent")
{
    const Desk desk;
    const auto before = create(desk, "a", R"(,"externalId":"e","title":"t","active":false)");
    const auto after = desk.put("/Users/" + before.id(), R"({"userName":"b","id":"x","displayName":"d"})");
    REQUIRE(after.status == 200);
    CHECK(after.id() == before.id());
    CHECK(after.at("/userName") == "b");
    CHECK(after.at("/displayName") == "d");
    CHECK(after.at("/active") == false); // not said: as it was
    CHECK_FALSE(after.body.as_object().contains("title"));
    CHECK_FALSE(after.body.as_object().contains("externalId"));
    CHECK(after.etag == "W/\"2\"");
    CHECK(desk.put("/Users/" + before.id(), R"({"userName":"b","active":true})").at("/active") == true);
    check_refused(desk.put("/Users/" + before.id(), R"({"displayName":"d"})"), 400, "invalidValue");
    check_refused(desk.put("/Users/00000000-0000-0000-0000-000000000000", R"({"userName":"c"})"), 404, "");
    create(desk, "taken");
    check_refused(desk.put("/Users/" + before.id(), R"({"userName":"TAKEN"})"), 409, "uniqueness");
}

TEST_CASE("E-67: what changes nothing keeps version and lastModified")
{
    const Desk desk;
    const auto created = create(desk, "a", R"(,"title":"t","emails":[{"type":"work","value":"x"}])");
    const auto path = "/Users/" + created.id();
    const auto put = desk.put(path, R"({"emails":[{"value":"x","type":"work"}],"title":"t","userName":"a"})");
    CHECK(put.text == created.text);
    const auto patched = desk.operate(path, R"([{"op":"replace","path":"title","value":"t"}])");
    CHECK(patched.status == 200);
    CHECK(patched.text == created.text);
}

TEST_CASE("RFC 7644 3.14: If-Match guards a change, If-None-Match spares an answer")
{
    const Desk desk;
    const auto path = "/Users/" + create(desk, "a").id();
    CHECK(desk.get(path, {{"if-none-match", "W/\"1\""}}).status == 304);
    CHECK(desk.get(path, {{"if-none-match", "\"7\", \"1\""}}).status == 304);
    CHECK(desk.get(path, {{"if-none-match", "*"}}).status == 304);
    CHECK(desk.get(path, {{"if-none-match", "*"}}).text.empty());
    CHECK(desk.get(path, {{"if-none-match", "W/\"11\""}}).status == 200);

    const std::string title = R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations":[{"op":"add","path":"title","value":"x"}]})";
    check_refused(desk.patch(path, title, {{"if-match", "W/\"2\""}}), 412, "");
    check_refused(desk.put(path, R"({"userName":"b"})", {{"if-match", "nonsense"}}), 412, "");
    check_refused(desk.del(path, {{"if-match", "W/\"0\", \"2\""}}), 412, "");
    CHECK(desk.get(path).etag == "W/\"1\"");
    check_refused(desk.put(path, R"({"userName":"b"})", {{"if-none-match", "*"}}), 412, "");
    check_refused(desk.patch(path, title, {{"if-none-match", "\"7\", W/\"1\""}}), 412, "");
    check_refused(desk.del(path, {{"if-match", "*"}, {"if-none-match", "W/\"1\""}}), 412, "");
    CHECK(desk.get(path).etag == "W/\"1\"");
    CHECK(desk.patch(path, R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[]})",
                     {{"if-none-match", "W/\"2\""}})
              .status != 412);

    CHECK(desk.patch(path, title, {{"if-match", "W/\"1\""}}).etag == "W/\"2\"");
    CHECK(desk.put(path, R"({"userName":"b"})", {{"if-match", "*"}}).status == 200);
    CHECK(desk.del(path, {{"if-match", "\"1\", W/\"3\""}}).status == 204);
}

TEST_CASE("the policy patchReply decides whether PATCH answers with the user; who asks for attributes gets them")
{
    core::Policy quiet;
    quiet.patch_reply = core::PatchReply::empty;
    const Desk desk{quiet};
    const auto path = "/Users/" + create(desk, "a").id();
    const std::string body = R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations":[{"op":"replace","path":"title","value":"x"}]})";
    const auto silent = desk.patch(path, body);
    CHECK(silent.status == 204);
    CHECK(silent.text.empty());
    CHECK(silent.etag == "W/\"2\"");
    const auto asked = desk.patch(path + "?attributes=title", body);
    CHECK(asked.status == 200);
    CHECK(asked.at("/title") == "x");
    CHECK(asked.body.as_object().size() == 3);
}

TEST_CASE("E-98: a user that comes back is found inactive and activated with its memberships")
{
    const Desk desk;
    const auto id = create(desk, "a").id();
    const auto group = desk.post("/Groups", R"({"displayName":"g","members":[{"value":")" + id + "\"}]}").id();
    desk.operate("/Users/" + id, R"([{"op":"Replace","path":"active","value":"False"}])");
    const auto found = desk.find("/Users", "userName eq \"A\"");
    CHECK(found.total() == 1);
    CHECK(found.at("/Resources/0/active") == false);
    const auto back = desk.operate(
        "/Users/" + id, R"([{"op":"Replace","path":"active","value":"True"},{"op":"Add","path":"title","value":"t"}])");
    CHECK(back.at("/active") == true);
    CHECK(back.at("/title") == "t");
    CHECK(desk.get("/Groups/" + group).at("/members/0/value") == json::string{id});
}

TEST_CASE("E-99: a user that was here before is adopted by its externalId")
{
    const Desk desk;
    const auto id = create(desk, "a").id();
    const auto adopted = desk.operate("/Users/" + id, R"([{"op":"Add","path":"externalId","value":"oid"}])");
    CHECK(adopted.status == 200);
    const auto found = desk.find("/Users", "externalId eq \"oid\"");
    CHECK(found.total() == 1);
    CHECK(found.at("/Resources/0/id") == json::string{id});
}

TEST_CASE("E-100, E-101, E-102: a deleted user is gone, and its name begins a new life")
{
    const Desk desk;
    const auto id = create(desk, "a", R"(,"externalId":"e1","title":"old")").id();
    const auto boss_of = create(desk, "b", ",\"" + ent + "\":{\"manager\":{\"value\":\"" + id + "\"}}").id();
    const auto group = desk.post("/Groups", R"({"displayName":"g","members":[{"value":")" + id + "\"}]}").id();
    const auto gone = desk.del("/Users/" + id);
    CHECK(gone.status == 204);
    CHECK(gone.text.empty());
    check_refused(desk.get("/Users/" + id), 404, "");
    CHECK(desk.find("/Users", "userName eq \"a\"").total() == 0);
    CHECK(desk.get("/Groups/" + group).at("/members") == json::array{});
    CHECK(desk.get("/Users/" + boss_of).status == 200);
    CHECK(desk.store().read(desk.organisation())->archived({.name_or_id = "a"}).size() == 1);
    check_refused(desk.del("/Users/" + id), 404, "");
    check_refused(desk.del("/Users/00000000-0000-0000-0000-000000000000"), 404, "");

    const auto successor = create(desk, "a", R"(,"externalId":"e2")");
    CHECK(successor.id() != id);
    CHECK_FALSE(successor.body.as_object().contains("title"));
    CHECK(desk.find("/Users", "externalId eq \"e1\"").total() == 0);
}

TEST_CASE("E-103: a user may arrive inactive and is visible")
{
    const Desk desk;
    CHECK(create(desk, "a", R"(,"active":false)").at("/active") == false);
    CHECK(desk.find("/Users", "active eq false").total() == 1);
}

TEST_CASE("E-105, E-106, E-107: pages follow each other without gap or overlap")
{
    const Desk desk;
    for (int i = 0; i < 12; ++i) create(desk, "user" + std::to_string(i));
    std::set<std::string> seen;
    for (const int start : {1, 6, 11}) {
        const auto page = desk.get("/Users?startIndex=" + std::to_string(start) + "&count=5");
        CHECK(page.lane == Lane::scan);
        CHECK(page.at("/startIndex") == start);
        CHECK(page.total() == 12);
        CHECK(page.at("/itemsPerPage") == (start == 11 ? 2 : 5));
        for (const auto& user : page.at("/Resources").as_array())
            CHECK(seen.insert(std::string{std::string_view{user.at("id").as_string()}}).second);
    }
    CHECK(seen.size() == 12);
    const auto none = desk.get("/Users?count=0");
    CHECK(none.total() == 12);
    CHECK(none.at("/Resources") == json::array{});
    const auto past = desk.get("/Users?startIndex=99");
    CHECK(past.total() == 12);
    CHECK(past.at("/startIndex") == 99);
    CHECK(past.at("/Resources") == json::array{});
    CHECK(desk.get("/Users?startIndex=1&count=2").at("/itemsPerPage") == 2);
}

TEST_CASE("page numbers out of range are brought into it; what is no number is refused")
{
    const Desk desk;
    for (int i = 0; i < 3; ++i) create(desk, "user" + std::to_string(i));
    CHECK(desk.get("/Users?startIndex=0").at("/startIndex") == 1);
    CHECK(desk.get("/Users?startIndex=-5").at("/startIndex") == 1);
    CHECK(desk.get("/Users?count=-1").at("/itemsPerPage") == 0);
    CHECK(desk.get("/Users?count=99999999999999999999").at("/itemsPerPage") == 3);
    CHECK(desk.get("/Users?startIndex=99999999999999999999").at("/itemsPerPage") == 0);
    for (const auto* query : {"count=x", "count=", "startIndex=1.5", "startIndex=1x", "count=--1"})
        check_refused(desk.get(std::string{"/Users?"} + query), 400, "invalidValue");
    CHECK(desk.get("/Users?sortBy=userName&sortOrder=descending&unheard=of").total() == 3);
}

TEST_CASE("the largest page is what ServiceProviderConfig says")
{
    const Desk desk;
    for (int i = 0; i < 201; ++i) create(desk, "user" + std::to_string(i));
    const auto most = desk.get("/ServiceProviderConfig").at("/filter/maxResults");
    CHECK(desk.get("/Users?count=1000").at("/itemsPerPage") == most);
    CHECK(desk.get("/Users?count=200").at("/itemsPerPage") == most);
    CHECK(desk.get("/Users?count=199").at("/itemsPerPage") == 199);
    CHECK(desk.get("/Users").at("/itemsPerPage") == 100);
    CHECK(desk.get("/Users").total() == 201);
}

TEST_CASE("E-111: a projection applies to lists, reads and creations, and id is always there")
{
    const Desk desk;
    const auto created = desk.post("/Users?attributes=emails[type eq \"work\"]",
                                   R"({"userName":"a","title":"t","emails":[{"type":"work","value":"x"}]})");
    REQUIRE(created.status == 201);
    CHECK(created.body.as_object().size() == 3);
    CHECK(created.at("/emails/0/value") == "x");
    const auto list = desk.get("/Users?attributes=userName,emails");
    CHECK(list.at("/Resources/0").as_object().size() == 4);
    CHECK(list.at("/Resources/0/id") == json::string{created.id()});
    CHECK_FALSE(desk.get("/Users/" + created.id() + "?excludedAttributes=title,id").body.as_object().contains("title"));
    CHECK(desk.get("/Users/" + created.id() + "?excludedAttributes=title,id").id() == created.id());
}

TEST_CASE("E-112: what has changed since, and is active; quoted or not")
{
    const Desk desk;
    create(desk, "old");
    const auto since = core::to_iso(desk.clock().now() + std::chrono::milliseconds{500});
    create(desk, "new");
    create(desk, "off", R"(,"active":false)");
    for (const auto* quote : {"\"", ""}) {
        const auto reply =
            desk.find("/Users", std::string{"meta.lastModified ge "} + quote + since + quote + " and active eq true");
        CHECK(reply.total() == 1);
        CHECK(reply.at("/Resources/0/userName") == "new");
        CHECK(reply.lane == Lane::scan);
    }
}

TEST_CASE("E-65, E-66: a PATCH is done whole or not at all")
{
    const Desk desk;
    create(desk, "taken");
    const auto created = create(desk, "a", R"(,"title":"t")");
    const auto path = "/Users/" + created.id();
    check_refused(desk.operate(path, R"([{"op":"replace","path":"title","value":"new"},
        {"op":"replace","path":"userName","value":"Taken"}])"),
                  409, "uniqueness");
    check_refused(desk.operate(path, R"([{"op":"replace","path":"title","value":"new"},
        {"op":"replace","path":"active","value":"maybe"}])"),
                  400, "invalidValue");
    CHECK(desk.get(path).text == created.text);
}

TEST_CASE("names are bounded in PATCH as in POST")
{
    const Desk desk;
    const auto path = "/Users/" + create(desk, "a").id();
    const auto rename = [&](std::size_t length) {
        return desk.operate(path,
                            R"([{"op":"replace","path":"userName","value":")" + std::string(length, 'x') + "\"}]");
    };
    CHECK(rename(255).status == 200);
    CHECK(rename(256).status == 200);
    check_refused(rename(257), 400, "invalidValue");
}

std::string in_group(const Desk& desk, const std::string& name, const std::vector<std::string>& members)
{
    json::array list;
    for (const auto& member : members) list.push_back(json::object{{"value", member}});
    const auto reply = desk.post("/Groups", json::serialize(json::object{{"displayName", name}, {"members", list}}));
    INFO(reply.text);
    REQUIRE(reply.status == 201);
    return reply.id();
}

json::object group_of_user(const std::string& id, const std::string& display, const std::string& type)
{
    return {{"value", id}, {"$ref", std::string{Desk::base} + "/Groups/" + id}, {"display", display}, {"type", type}};
}

TEST_CASE("a user's groups are shown, direct and around them, and are not the user's to change (RFC 7643 4.1.2)")
{
    const Desk desk;
    const auto id = create(desk, "ada").id();
    const auto path = "/Users/" + id;
    const auto before = desk.get(path);
    CHECK_FALSE(before.body.as_object().contains("groups"));

    const auto team = in_group(desk, "Team \"A\"", {id});
    const auto unit = in_group(desk, "Unit", {team, id + "x"});
    const json::array groups{group_of_user(team, "Team \"A\"", "direct"), group_of_user(unit, "Unit", "indirect")};
    const auto after = desk.get(path);
    CHECK(after.at("/groups") == groups);
    CHECK(after.etag == before.etag);
    CHECK(after.at("/meta") == before.at("/meta"));
    CHECK(after.lane == Lane::inline_read);

    SECTION("in every answer")
    {
        CHECK(desk.get("/Users").at("/Resources/0/groups") == groups);
        CHECK(desk.find("/Users", R"(userName eq "ada")").at("/Resources/0/groups") == groups);
        CHECK(desk.put(path, R"({"userName":"ada","title":"x"})").at("/groups") == groups);
        CHECK(desk.operate(path, R"([{"op":"replace","path":"title","value":"y"}])").at("/groups") == groups);
    }
    SECTION("under a projection")
    {
        const auto shown = [&](const std::string& query) { return desk.get(path + query).body.as_object(); };
        CHECK(shown("?attributes=groups").at("groups") == groups);
        CHECK_FALSE(shown("?attributes=groups").contains("userName"));
        CHECK(shown("?attributes=groups.value").at("groups") == json::array{{{"value", team}}, {{"value", unit}}});
        CHECK_FALSE(shown("?attributes=userName").contains("groups"));
        CHECK_FALSE(shown("?excludedAttributes=groups").contains("groups"));
        CHECK(shown("?excludedAttributes=groups").at("userName") == "ada");
        CHECK(shown("?excludedAttributes=groups.display,groups.$ref").at("groups").at(0) ==
              json::object{{"value", team}, {"type", "direct"}});
        CHECK(shown("?excludedAttributes=title").at("groups") == groups);
    }
    SECTION("ignored in bodies")
    {
        const std::string other = R"("groups":[{"value":"other"}])";
        CHECK(desk.put(path, R"({"userName":"ada",)" + other + "}").at("/groups") == groups);
        CHECK(desk.operate(path, R"([{"op":"add","value":{)" + other + "}}]").at("/groups") == groups);
        CHECK(desk.get(path).etag == before.etag);
    }
    SECTION("refused as a path")
    {
        const std::string target = GENERATE("groups", "groups.value", "groups.display", "groups[value eq \\\"x\\\"]",
                                            "urn:ietf:params:scim:schemas:core:2.0:User:groups");
        const std::string op = GENERATE("add", "replace", "remove");
        const auto reply =
            desk.operate(path, R"([{"op":")" + op + R"(","path":")" + target + R"(","value":[{"value":"x"}]}])");
        INFO(reply.text);
        CHECK(reply.status == 400);
        CHECK(reply.scim_type() == "mutability");
    }
    SECTION("gone with the group, kept by an inactive user")
    {
        CHECK(desk.operate(path, R"([{"op":"replace","path":"active","value":false}])").at("/groups") == groups);
        REQUIRE(desk.del("/Groups/" + team).status == 204);
        CHECK_FALSE(desk.get(path).body.as_object().contains("groups"));
        const auto unit_left = desk.get("/Groups/" + unit);
        CHECK(unit_left.at("/members") == json::array{{{"value", id + "x"}}});
        CHECK(unit_left.etag == "W/\"2\""); // it has lost a member
    }
    SECTION("under the group's new name")
    {
        REQUIRE(desk.operate("/Groups/" + team, R"([{"op":"replace","path":"displayName","value":"B"}])").status ==
                204);
        CHECK(desk.get(path).at("/groups/0/display") == "B");
    }
}

TEST_CASE("users are found by their groups")
{
    const Desk desk;
    const auto ada = create(desk, "ada").id(), bob = create(desk, "bob").id();
    create(desk, "eve");
    const auto team = in_group(desk, "Team", {ada});
    const auto unit = in_group(desk, "Unit", {team, bob});
    const auto found = [&](const std::string& filter) {
        const auto reply = desk.find("/Users", filter);
        INFO(filter << ": " << reply.text);
        REQUIRE(reply.status == 200);
        std::string names;
        for (const auto& user : reply.at("/Resources").as_array())
            names.append(std::string_view{user.at("userName").as_string()}).append(" ");
        return names;
    };
    CHECK(found("groups.value eq \"" + unit + "\"") == "ada bob ");
    CHECK(found("groups eq \"" + unit + "\"") == "ada bob ");
    CHECK(found("groups[value eq \"" + unit + "\"]") == "ada bob ");
    CHECK(found("groups[value eq \"" + unit + "\" and type eq \"direct\"]") == "bob ");
    CHECK(found("groups.display eq \"team\"") == "ada ");
    CHECK(found("groups.type eq \"indirect\"") == "ada ");
    CHECK(found("groups pr") == "ada bob ");
    CHECK(found("not (groups pr)") == "eve ");
    CHECK(found("id eq \"" + ada + "\" and groups eq \"" + unit + "\"") == "ada ");
    CHECK(found("id eq \"" + bob + "\" and groups eq \"" + team + "\"").empty());

    const auto refused = desk.find("/Users", R"(groups[$ref eq "x"])");
    CHECK(refused.status == 400);
    CHECK(refused.scim_type() == "invalidFilter");
    CHECK(refused.detail().find("groups.value") != std::string::npos);
    CHECK(desk.find("/Users", R"(groups.$ref eq "x")").scim_type() == "invalidFilter");
}

TEST_CASE("where groups are switched off, users show none and cannot be found by them")
{
    core::Policy without_groups;
    without_groups.groups = false;
    const Desk desk{without_groups};
    const auto id = create(desk, "ada").id();
    desk.store().write(desk.organisation(), [&](core::WriteTxn& txn) {
        core::Group group;
        group.id = core::GroupId{*core::uuid_from("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0")};
        group.display_name = "from before";
        REQUIRE(txn.insert(group).has_value());
        txn.add_members(group.id, {id});
        return core::Keep::yes;
    });
    CHECK_FALSE(desk.get("/Users/" + id).body.as_object().contains("groups"));
    const auto refused = desk.find("/Users", "groups pr");
    CHECK(refused.scim_type() == "invalidFilter");
    CHECK(refused.detail().find("switched off") != std::string::npos);
}

} // namespace
} // namespace scim
