#include "core/base/json.hpp"
#include "scim/user_json.hpp"

#include <catch2/catch.hpp>

#include <chrono>

namespace scim {
namespace {

namespace json = boost::json;

constexpr entra::Tolerance strict{};

json::value from_text(std::string_view text)
{
    auto value = core::json::read(text);
    REQUIRE(value.has_value());
    return *std::move(value);
}

WantedUser wanted(std::string_view text, const entra::Tolerance& tolerance = strict)
{
    auto user = wanted_user(from_text(text), {user_schema(), tolerance});
    INFO(text);
    INFO((user ? std::string{} : user.error().detail));
    REQUIRE(user.has_value());
    return *std::move(user);
}

std::string profile_of(std::string_view text, const entra::Tolerance& tolerance = strict)
{
    return wanted(text, tolerance).attributes.profile.text();
}

std::string refusal_of(std::string_view text)
{
    const auto user = wanted_user(from_text(text), {user_schema(), strict});
    INFO(text);
    REQUIRE_FALSE(user.has_value());
    CHECK(user.error().status == HttpStatus::bad_request);
    CHECK(user.error().type == ScimType::invalid_value);
    return user.error().detail;
}

core::User a_user(std::string_view body)
{
    const auto asked = wanted(body);
    core::User user;
    user.id = core::UserId{*core::uuid_from("0192a4b0-7e1f-7c3a-8f00-0123456789ab")};
    user.user_name = asked.attributes.user_name;
    user.external_id = asked.attributes.external_id;
    if (!asked.attributes.active) {
        user.status = core::Status::inactive;
        user.reason = core::InactiveReason::directory;
    }
    user.profile = asked.attributes.profile;
    user.created = core::Instant{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}};
    user.last_modified = user.created + std::chrono::hours{1};
    user.version = 3;
    return user;
}

const std::string base = "https://idm.example/orgs/contoso/scim/v2";

TEST_CASE("E-18: names in any case become canonical, and equal users have equal text whatever the order sent")
{
    const auto one = profile_of(R"({"userName":"a","TITLE":"t","Emails":[{"Primary":true,"VALUE":"x","Type":"work"}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user":{"Manager":{"Value":"m"},"Department":"d"}})");
    const auto two = profile_of(R"({"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":
        {"department":"d","manager":{"value":"m"}},
        "emails":[{"type":"work","primary":true,"value":"x"}],"title":"t","userName":"a"})");
    CHECK(one == two);
    CHECK(one == R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",)"
                 R"("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],)"
                 R"("title":"t","emails":[{"value":"x","type":"work","primary":true}],)"
                 R"("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":)"
                 R"({"department":"d","manager":{"value":"m"}}})");
}

TEST_CASE("E-14, E-23: nulls, empty values, read-only and unknown attributes and passwords leave no trace")
{
    CHECK(profile_of(R"({"schemas":["urn:x:y"],"userName":"a","id":"mine","meta":{"version":"9"},"title":"",
        "addresses":null,"roles":[],"name":{"givenName":"","familyName":null},"adreses":["?"],"password":"secret",
        "emails":[null,{},{"value":""},{"value":"x","colour":"red"}],"department":"d",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"displayName":"M"}},
        "urn:rollcall:params:scim:schemas:extension:lifecycle:2.0:User":{"status":"active"}})") ==
          R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"emails":[{"value":"x"}]})");
    CHECK_FALSE(wanted(R"({"userName":"a","externalId":""})").attributes.external_id.has_value());
}

TEST_CASE("values are kept exactly as sent")
{
    const auto user = wanted(R"({"userName":" Ä@X ","externalId":"{00-AB}",
        "phoneNumbers":[{"value":"+1 (555) 01-23"}],"profileUrl":"not a url","preferredLanguage":"xh-ZA"})");
    CHECK(user.attributes.user_name == " \xc3\x84@X ");
    CHECK(user.attributes.external_id == "{00-AB}");
    CHECK(user.attributes.profile.text() ==
          R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"profileUrl":"not a url",)"
          R"("preferredLanguage":"xh-ZA","phoneNumbers":[{"value":"+1 (555) 01-23"}]})");
}

TEST_CASE("an extension without a registered schema is kept where that is tolerated, and listed in schemas")
{
    const std::string body = R"({"userName":"a","urn:z:b":{"n":{"x":null}},"urn:z:a":{"colour":"red","none":null},
        "urn:text":"x","urn:z:\"bad]":{"x":"y"}})";
    CHECK(profile_of(body) == R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]})");
    entra::Tolerance tolerant;
    tolerant.store_unregistered_extensions = true;
    CHECK(profile_of(body, tolerant) ==
          R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:z:a"],"urn:z:a":{"colour":"red"}})");
}

TEST_CASE("active is true unless the body says otherwise, and whether it does is known")
{
    CHECK(wanted(R"({"userName":"a"})").attributes.active);
    CHECK_FALSE(wanted(R"({"userName":"a"})").says_active);
    CHECK_FALSE(wanted(R"({"userName":"a","ACTIVE":false})").attributes.active);
    CHECK(wanted(R"({"userName":"a","active":false})").says_active);
    CHECK_FALSE(wanted(R"({"userName":"a","active":null})").says_active);
}

TEST_CASE("a wrong type is refused with the attribute's name")
{
    CHECK(refusal_of(R"({"userName":5})") == "userName must be text");
    CHECK(refusal_of(R"({"userName":"a","active":"yes"})") == "active must be true or false");
    CHECK(refusal_of(R"({"userName":"a","emails":{"value":"x"}})") == "emails must be a list");
    CHECK(refusal_of(R"({"userName":"a","emails":["x"]})") == "emails must be an object with its parts");
    CHECK(refusal_of(R"({"userName":"a","emails":[{"primary":"true"}]})") == "emails.primary must be true or false");
    CHECK(refusal_of(R"({"userName":"a","name":"x"})") == "name must be an object with its parts");
    CHECK(refusal_of(R"({"userName":"a","name":{"givenName":["x"]}})") == "name.givenName must be text");
    CHECK(refusal_of(R"({"userName":"a","password":1})") == "password must be text");
    CHECK(refusal_of(R"({"userName":"a","x509Certificates":[{"value":"!"}]})") ==
          "x509Certificates.value must be Base64 text");
    CHECK(refusal_of(R"({"userName":"a","schemas":"x"})") == "schemas must be a list of URNs");
    CHECK(refusal_of(R"({"userName":"a","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":"x"})") ==
          "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User must be an object with its attributes");
    CHECK(refusal_of(R"({"userName":"a","emails":[{"value":"x","primary":true},{"value":"y","primary":true}]})") ==
          "emails may have one primary value only");
}

TEST_CASE("E-20: without a userName there is no user")
{
    const auto body = GENERATE(values<std::string>({"{}", R"({"userName":""})", R"({"userName":null})"}));
    CHECK(refusal_of(body) == "userName is required and must not be empty");
}

TEST_CASE("names and ids may have 256 characters, counted as people count them")
{
    const auto body = [](std::string_view name, std::size_t count) {
        std::string value;
        for (std::size_t i = 0; i < count; ++i) value += "\xc3\xa5";
        json::object object{{"userName", "a"}};
        object[name] = value;
        return core::json::write(object);
    };
    for (const auto* name : {"userName", "externalId", "displayName"}) {
        wanted(body(name, 255));
        wanted(body(name, 256));
        CHECK(refusal_of(body(name, 257)) == std::string{name} + " is longer than 256 characters; shorten it");
    }
    wanted(body("title", 1000));
}

TEST_CASE("a user is shown as its stored text with the rest spliced in, schemas first")
{
    const auto user = a_user(R"({"userName":"b\"j","externalId":"e-1","active":false,"title":"t"})");
    CHECK(render(user, {}, base) ==
          R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"0192a4b0-7e1f-7c3a-8f00-0123456789ab",)"
          R"("externalId":"e-1","userName":"b\"j","active":false,"title":"t",)"
          R"("meta":{"resourceType":"User","created":"2026-11-22T00:00:00.000Z",)"
          R"("lastModified":"2026-11-22T01:00:00.000Z","version":"W/\"3\"",)"
          R"("location":"https://idm.example/orgs/contoso/scim/v2/Users/0192a4b0-7e1f-7c3a-8f00-0123456789ab"}})");
    const auto bare = a_user(R"({"userName":"a"})");
    CHECK(from_text(render(bare, {}, base)).as_object().size() == 5);
}

TEST_CASE("a user whose stored text does not begin with schemas is shown all the same")
{
    auto user = a_user(R"({"userName":"a"})");
    user.profile = core::Profile::from_store(R"({"title":"t"})");
    const auto shown = from_text(render(user, {}, base));
    CHECK(shown.at("title").as_string() == "t");
    CHECK(shown.at("schemas").as_array().size() == 1);
}

TEST_CASE("what a client may write, written again, is the same user")
{
    const auto user = a_user(R"({"userName":"a","externalId":"e","active":false,"name":{"givenName":"g"},
        "emails":[{"value":"x","type":"work"}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"m"}}})");
    const auto again = wanted_user(writable_view(user), {user_schema(), strict});
    REQUIRE(again.has_value());
    CHECK(again->attributes.user_name == user.user_name);
    CHECK(again->attributes.external_id == user.external_id);
    CHECK(again->attributes.active == user.is_active());
    CHECK(again->attributes.profile == user.profile);
}

std::string shown(std::string_view name, std::string_view list)
{
    http::Request request;
    request.query.push_back({std::string{name}, std::string{list}, true});
    const auto user = a_user(R"({"userName":"a","externalId":"e","name":{"givenName":"g","familyName":"f"},
        "emails":[{"value":"x","type":"work"},{"type":"home"}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"d","manager":{"value":"m"}}})");
    auto object = from_text(render(user, {}, base, Projection::from(request, user_schema()))).as_object();
    CHECK(object.contains("id"));
    CHECK(object.contains("schemas"));
    object.stable_erase("id");
    object.stable_erase("schemas");
    if (auto* meta = object.if_contains("meta")) *meta = "…";
    return core::json::write(object);
}

TEST_CASE("E-111: attributes shows what is named, and always id and schemas")
{
    CHECK(shown("attributes", "userName,emails") ==
          R"({"userName":"a","emails":[{"value":"x","type":"work"},{"type":"home"}]})");
    CHECK(shown("attributes", R"(emails[type eq "work"])") ==
          R"({"emails":[{"value":"x","type":"work"},{"type":"home"}]})");
    CHECK(shown("attributes", R"(emails[value eq "a,b" and type eq "]"], id)") ==
          R"({"emails":[{"value":"x","type":"work"},{"type":"home"}]})");
    CHECK(shown("attributes", "id") == "{}");
    CHECK(shown("attributes", "nonsense, ,]") == "{}");
    CHECK(shown("attributes", "NAME.givenname") == R"({"name":{"givenName":"g"}})");
    CHECK(shown("attributes", "emails.value") == R"({"emails":[{"value":"x"}]})");
    CHECK(shown("attributes", "urn:ietf:params:scim:schemas:core:2.0:User:userName") == R"({"userName":"a"})");
    CHECK(shown("attributes", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:MANAGER.value") ==
          R"({"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"m"}}})");
    CHECK(
        shown("attributes", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User") ==
        R"({"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"d","manager":{"value":"m"}}})");
    CHECK(shown("attributes", "meta.version") == R"({"meta":"…"})");
}

TEST_CASE("excludedAttributes leaves out what is named, but never id and schemas")
{
    CHECK(shown("excludedAttributes", "id,schemas,meta,name,emails.type,externalId,"
                                      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User") ==
          R"({"userName":"a","active":true,"emails":[{"value":"x"}]})");
    CHECK(shown("excludedAttributes", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department,emails,"
                                      "name,meta,active,nonsense") ==
          R"({"externalId":"e","userName":"a",)"
          R"("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"m"}}})");
}

TEST_CASE("the lifecycle attributes are shown on request only")
{
    const auto text = shown("attributes", std::string{core::lifecycle_urn} + ":status,userName");
    CHECK(text == R"({"userName":"a",")" + std::string{core::lifecycle_urn} + R"(":{"status":"active"}})");
    CHECK(shown("attributes", core::lifecycle_urn).find("\"status\":\"active\"") != std::string::npos);
    CHECK(shown("excludedAttributes", "emails").find("lifecycle") == std::string::npos);
}

} // namespace
} // namespace scim
