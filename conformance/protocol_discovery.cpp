#include "conformance/protocol_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace conformance {
namespace {

constexpr const char* discovery = "RFC 7644 4";

// By value: `list` is often gone at the end of the line.
Json of_id(const Json& list, std::string_view id)
{
    const auto* resources = at(list, "/Resources");
    if (resources != nullptr && resources->is_array()) {
        for (const auto& resource : resources->get_array()) {
            if (text_at(resource, "/id") == id || text_at(resource, "/name") == id) return resource;
        }
    }
    throw Failed{fmt::format("{} in the list", id), short_text(list)};
}

// Every attribute of a schema, sub-attributes included.
template<class Visit>
void each_attribute(const Json& attributes, const Visit& visit)
{
    if (!attributes.is_array()) return;
    for (const auto& attribute : attributes.get_array()) {
        visit(attribute);
        if (const auto* sub = at(attribute, "/subAttributes")) each_attribute(*sub, visit);
    }
}

bool one_of(std::string_view word, std::initializer_list<std::string_view> words)
{
    return std::find(words.begin(), words.end(), word) != words.end();
}

void well_formed(Context& c, const Json& schema)
{
    const auto* attributes = at(schema, "/attributes");
    c.expect(attributes != nullptr && attributes->is_array() && !attributes->get_array().empty(), "attributes",
             short_text(schema));
    each_attribute(*attributes, [&](const Json& attribute) {
        const auto says = [&](std::string_view path, std::initializer_list<std::string_view> words) {
            c.expect(one_of(text_at(attribute, path), words), fmt::format("{} with one of its words", path),
                     short_text(attribute));
        };
        c.expect(!text_at(attribute, "/name").empty(), "a name of every attribute", short_text(attribute));
        says("/type", {"string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"});
        says("/mutability", {"readOnly", "readWrite", "immutable", "writeOnly"});
        says("/returned", {"always", "never", "default", "request"});
        for (const char* flag : {"/multiValued", "/required"}) {
            const auto* value = at(attribute, flag);
            c.expect(value != nullptr && value->is_bool(), fmt::format("{} as a boolean", flag), short_text(attribute));
        }
        if (text_at(attribute, "/type") == "complex") {
            const auto* sub = at(attribute, "/subAttributes");
            c.expect(sub != nullptr && sub->is_array(), "subAttributes of a complex attribute", short_text(attribute));
        }
    });
}

Json attribute_of(const Json& schema, std::string_view name)
{
    if (const auto* attributes = at(schema, "/attributes"); attributes != nullptr && attributes->is_array()) {
        for (const auto& attribute : attributes->get_array()) {
            if (text_at(attribute, "/name") == name) return attribute;
        }
    }
    throw Failed{fmt::format("the attribute {}", name), short_text(schema)};
}

const Json* member_of(const Json& value, std::string_view name)
{
    return value.is_object() ? value.get_object().if_contains(name) : nullptr;
}

// Those of every resource type.
boost::json::array extensions_of(const Json& types)
{
    boost::json::array all;
    for (const auto& type : types.at("Resources").as_array())
        if (const auto* extensions = at(type, "/schemaExtensions"); extensions != nullptr && extensions->is_array())
            for (const auto& extension : extensions->get_array()) all.push_back(extension);
    return all;
}

// A text for each attribute of the schema that takes one from a client; nothing when one is required that is no text.
std::optional<boost::json::object> texts_for(const Json& schema)
{
    boost::json::object values;
    for (const auto& attribute : schema.at("attributes").as_array()) {
        const bool takes_text = text_at(attribute, "/type") == "string" &&
                                one_of(text_at(attribute, "/mutability"), {"readWrite", "immutable"});
        const auto* many = at(attribute, "/multiValued");
        const auto* required = at(attribute, "/required");
        if (!takes_text || (many != nullptr && *many == true)) {
            if (required != nullptr && *required == true) return std::nullopt;
            continue;
        }
        const auto* canonical = at(attribute, "/canonicalValues/0");
        values[text_at(attribute, "/name")] = canonical != nullptr ? *canonical : Json("x7");
    }
    return values;
}

void no_such(Context& c, const char* path) { c.refused(c.get(path), 404); }

// A method that a path does not have: 405 with Allow, or 404 or 501.
void not_allowed(Context& c, const char* method, const std::string& path)
{
    const auto answer = c.send({.method = method,
                                .target = path,
                                .headers = {{"Content-Type", "application/scim+json"}},
                                .body = std::string_view(method) == "DELETE" ? "" : "{}"});
    c.status(answer, {404, 405, 501});
    if (answer.status == 405) {
        c.expect(answer.header("allow") != nullptr, "an Allow field with 405", answer.body);
    }
}

constexpr Row discovery_rows[] = {
    {"discovery-config", "/ServiceProviderConfig says what the server can", "RFC 7643 5", nothing,
     [](Context& c) {
         const auto config = c.read("/ServiceProviderConfig");
         c.same(config, "/schemas/0", "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig");
         for (const char* feature : {"patch", "bulk", "filter", "changePassword", "sort", "etag"}) {
             const auto* supported = at(config, fmt::format("/{}/supported", feature));
             c.expect(supported != nullptr && supported->is_bool(), fmt::format("{}.supported as a boolean", feature),
                      short_text(config));
         }
     }},
    {"discovery-config-limits", "the limits of bulk and filter are numbers", "RFC 7643 5", nothing,
     [](Context& c) {
         const auto config = c.read("/ServiceProviderConfig");
         for (const char* limit : {"/bulk/maxOperations", "/bulk/maxPayloadSize", "/filter/maxResults"}) {
             const auto* value = at(config, limit);
             c.expect(value != nullptr && value->is_int64(), fmt::format("{} as an integer", limit),
                      short_text(config));
         }
     }},
    {"discovery-config-authentication", "the ways to authenticate are listed", "RFC 7643 5", nothing,
     [](Context& c) {
         const auto config = c.read("/ServiceProviderConfig");
         c.expect(!text_at(config, "/authenticationSchemes/0/type").empty(), "authenticationSchemes with a type",
                  short_text(config));
         c.expect(!text_at(config, "/authenticationSchemes/0/name").empty(), "authenticationSchemes with a name",
                  short_text(config));
     }},
    {"discovery-types", "/ResourceTypes is a list with User at /Users", discovery, nothing,
     [](Context& c) {
         const auto answer = c.get("/ResourceTypes");
         c.listed(answer);
         const auto& user = of_id(answer.json, "User");
         c.same(user, "/endpoint", "/Users");
         c.same(user, "/schema", boost::json::string(user_urn));
         c.same(user, "/schemas/0", "urn:ietf:params:scim:schemas:core:2.0:ResourceType");
     }},
    {"discovery-types-group", "/ResourceTypes has Group at /Groups", discovery, groups,
     [](Context& c) {
         const auto& group = of_id(c.facts().resource_types, "Group");
         c.same(group, "/endpoint", "/Groups");
         c.same(group, "/schema", boost::json::string(group_urn));
     }},
    {"discovery-types-extension", "the extensions of User are named, and have a schema", "RFC 7643 6", nothing,
     [](Context& c) {
         const auto types = c.read("/ResourceTypes");
         const auto user = of_id(types, "User");
         const auto* extensions = at(user, "/schemaExtensions");
         if (extensions == nullptr) c.skip("User has no extensions");
         const auto schemas = c.read("/Schemas");
         for (const auto& extension : extensions->as_array()) {
             const auto* required = at(extension, "/required");
             c.expect(required != nullptr && required->is_bool(), "required as a boolean", short_text(extension));
             of_id(schemas, text_at(extension, "/schema"));
         }
     }},
    {"discovery-extensions-whole", "every extension has one schema, well formed, with each name once", "RFC 7643 6, 7",
     nothing,
     [](Context& c) {
         const auto types = c.read("/ResourceTypes");
         const auto schemas = c.read("/Schemas");
         for (const auto& extension : extensions_of(types)) {
             const auto urn = text_at(extension, "/schema");
             std::size_t listed = 0;
             for (const auto& schema : schemas.at("Resources").as_array()) listed += text_at(schema, "/id") == urn;
             c.expect(listed == 1, fmt::format("{} once in /Schemas", urn), fmt::format("{} times", listed));
             const auto schema = of_id(schemas, urn);
             well_formed(c, schema);
             c.expect(c.read("/Schemas/" + urn) == schema, "the same schema by its id", short_text(schema));
             std::vector<std::string> names;
             for (const auto& attribute : schema.at("attributes").as_array())
                 names.push_back(lower(text_at(attribute, "/name")));
             std::sort(names.begin(), names.end());
             const auto twice = std::adjacent_find(names.begin(), names.end());
             c.expect(twice == names.end(), "each attribute once", twice == names.end() ? "" : *twice);
         }
     }},
    {"discovery-extension-values", "texts of User's extensions are kept and returned as their schema says",
     "RFC 7643 2.2, 7", nothing,
     [](Context& c) {
         const auto types = c.read("/ResourceTypes");
         const auto schemas = c.read("/Schemas");
         const auto user = of_id(types, "User");
         bool any = false;
         if (at(user, "/schemaExtensions") == nullptr) c.skip("User has no extensions");
         for (const auto& extension : at(user, "/schemaExtensions")->as_array()) {
             const auto urn = text_at(extension, "/schema");
             const auto schema = of_id(schemas, urn);
             const auto values = texts_for(schema);
             if (!values) continue; // something is required that is no text
             any = any || !values->empty();
             const auto made = c.make_user(boost::json::object{{urn, *values}});
             const auto shown = c.read(made.path);
             for (const auto& attribute : schema.at("attributes").as_array()) {
                 const auto name = text_at(attribute, "/name");
                 if (!values->contains(name)) continue;
                 const auto returned = text_at(attribute, "/returned");
                 const auto* extended = member_of(shown, urn);
                 const auto* value = extended == nullptr ? nullptr : member_of(*extended, name);
                 const bool is_shown = returned == "default" || returned == "always";
                 c.expect((value != nullptr) == is_shown, fmt::format("{} {}", name, is_shown ? "shown" : "not shown"),
                          short_text(shown));
                 c.expect(value == nullptr || *value == values->at(name), fmt::format("{} as it was sent", name),
                          short_text(shown));
                 if (returned != "request") continue;
                 const auto asked = c.read(made.path + "?attributes=" + query_escape(urn + ":" + name));
                 extended = member_of(asked, urn);
                 c.expect(extended != nullptr && member_of(*extended, name) != nullptr,
                          fmt::format("{} when it is asked for", name), short_text(asked));
             }
         }
         if (!any) c.skip("no extension has texts that a client may write");
     }},
    {"discovery-type", "/ResourceTypes/User is that one", discovery, nothing,
     [](Context& c) { c.same(c.read("/ResourceTypes/User"), "/endpoint", "/Users"); }},
    {"discovery-type-unknown", "an unknown resource type is 404", discovery, nothing,
     [](Context& c) { no_such(c, "/ResourceTypes/Nothing"); }},
    {"discovery-schemas", "/Schemas is a list with User", discovery, nothing,
     [](Context& c) {
         const auto answer = c.get("/Schemas");
         const auto& all = c.listed(answer);
         c.same(answer.json, "/totalResults", all.size());
         of_id(answer.json, user_urn);
     }},
    {"discovery-schemas-words", "every attribute has type, mutability, returned, multiValued, required", "RFC 7643 7",
     nothing,
     [](Context& c) {
         const auto list = c.get("/Schemas");
         for (const auto& schema : c.listed(list)) well_formed(c, schema);
     }},
    {"discovery-schema", "/Schemas/{urn} is that one", discovery, nothing,
     [](Context& c) {
         const auto schema = c.read(fmt::format("/Schemas/{}", user_urn));
         c.same(schema, "/id", boost::json::string(user_urn));
         well_formed(c, schema);
     }},
    {"discovery-schema-unknown", "an unknown schema is 404", discovery, nothing,
     [](Context& c) { no_such(c, "/Schemas/urn:example:nothing"); }},
    {"discovery-schema-username", "userName is required, unique and compared without case", "RFC 7643 4.1.1, 8.7.1",
     nothing,
     [](Context& c) {
         const auto& name = attribute_of(c.read(fmt::format("/Schemas/{}", user_urn)), "userName");
         c.same(name, "/required", true);
         c.same(name, "/caseExact", false);
         c.expect(text_at(name, "/uniqueness") != "none", "uniqueness server or global", short_text(name));
     }},
    {"discovery-schema-password", "password, if there is one, is never returned", "RFC 7643 4.1.1", nothing,
     [](Context& c) {
         const auto schema = c.read(fmt::format("/Schemas/{}", user_urn));
         for (const auto& attribute : at(schema, "/attributes")->as_array()) {
             if (text_at(attribute, "/name") == "password") c.same(attribute, "/returned", "never");
         }
     }},
    {"discovery-schema-emails", "emails is multi-valued and complex, with value and type", "RFC 7643 4.1.2", nothing,
     [](Context& c) {
         const auto emails = attribute_of(c.read(fmt::format("/Schemas/{}", user_urn)), "emails");
         c.same(emails, "/multiValued", true);
         c.same(emails, "/type", "complex");
         c.expect(at(emails, "/subAttributes[name=value]") != nullptr, "a sub-attribute value", short_text(emails));
         c.expect(at(emails, "/subAttributes[name=type]") != nullptr, "a sub-attribute type", short_text(emails));
     }},
    {"discovery-schema-group", "Group has displayName and members", "RFC 7643 4.2", groups,
     [](Context& c) {
         const auto schema = c.read(fmt::format("/Schemas/{}", group_urn));
         attribute_of(schema, "displayName");
         c.same(attribute_of(schema, "members"), "/multiValued", true);
     }},
    {"discovery-read-only", "discovery cannot be written", discovery, nothing,
     [](Context& c) {
         for (const char* path : {"/ServiceProviderConfig", "/ResourceTypes", "/Schemas"}) {
             for (const char* method : {"POST", "PUT", "DELETE"}) not_allowed(c, method, path);
         }
     }},
    {"discovery-location", "what discovery lists says where it is", "RFC 7643 3.1", nothing,
     [](Context& c) {
         const auto config = c.read("/ServiceProviderConfig");
         c.same(config, "/meta/resourceType", "ServiceProviderConfig");
         c.expect(text_at(config, "/meta/location").ends_with("/ServiceProviderConfig"), "meta.location",
                  short_text(config));
         const auto types = c.read("/ResourceTypes");
         c.expect(text_at(of_id(types, "User"), "/meta/location").ends_with("/ResourceTypes/User"), "meta.location",
                  short_text(types));
     }},
};

Request json_request(const char* method, std::string target, std::string text,
                     const char* type = "application/scim+json")
{
    return {
        .method = method, .target = std::move(target), .headers = {{"Content-Type", type}}, .body = std::move(text)};
}

constexpr Row http_rows[] = {
    {"http-no-token", "no token is 401 with WWW-Authenticate", "RFC 7644 2, RFC 7235 3.1", nothing,
     [](Context& c) {
         const auto answer = c.send({.target = "/Users?count=1", .headers = {{"Authorization", ""}}});
         c.refused(answer, 401);
         c.expect(answer.header("www-authenticate") != nullptr, "WWW-Authenticate", "none");
     }},
    {"http-wrong-token", "a wrong token is 401, and looks like no other", "RFC 7644 2, 3.12", nothing,
     [](Context& c) {
         const auto answer = c.send({.target = "/Users?count=1", .headers = {{"Authorization", "Bearer wrong"}}});
         c.refused(answer, 401);
         c.expect(at(answer.json, "/Resources") == nullptr, "no data", short_text(answer.json));
     }},
    {"http-no-token-write", "no token, no write", "RFC 7644 2", nothing,
     [](Context& c) {
         auto request = json_request("POST", "/Users", R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]})");
         request.headers.push_back({"Authorization", ""});
         c.refused(c.send(request), 401);
     }},
    {"http-unknown-endpoint", "an unknown endpoint is 404", "RFC 7644 3.12", nothing,
     [](Context& c) { no_such(c, "/Nothing"); }},
    {"http-unknown-below", "a path below a resource is 404", "RFC 7644 3.2", nothing,
     [](Context& c) { no_such(c, (c.make_user().path + "/nothing").c_str()); }},
    {"http-unknown-id", "an unknown id is 404", "RFC 7644 3.12", nothing,
     [](Context& c) { no_such(c, ("/Users/" + c.unique("nobody")).c_str()); }},
    {"http-media-type", "resources come as application/scim+json", "RFC 7644 3.1, 8.1", nothing,
     [](Context& c) {
         const auto answer = c.get(c.make_user().path);
         const auto* type = answer.header("content-type");
         c.expect(type != nullptr && type->starts_with("application/scim+json"), "application/scim+json",
                  type == nullptr ? "none" : *type);
     }},
    {"http-json-media-type", "a body as application/json is accepted", "RFC 7644 8.1", nothing,
     [](Context& c) {
         const auto answer = c.send(json_request(
             "POST", "/Users", fmt::format(R"({{"schemas":["{}"],"userName":"{}"}})", user_urn, c.address("u")),
             "application/json"));
         c.status(answer, {201});
     }},
    {"http-charset", "a charset beside the media type is accepted", "RFC 7644 8.1", nothing,
     [](Context& c) {
         const auto answer = c.send(json_request(
             "POST", "/Users", fmt::format(R"({{"schemas":["{}"],"userName":"{}"}})", user_urn, c.address("u")),
             "application/scim+json; charset=utf-8"));
         c.status(answer, {201});
     }},
    {"http-wrong-media-type", "a body of another type is 415", "RFC 7231 6.5.13", nothing,
     [](Context& c) { c.refused(c.send(json_request("POST", "/Users", "<user/>", "text/xml")), 415); }},
    {"http-accept-any", "Accept: */* and application/json are served", "RFC 7644 3.8", nothing,
     [](Context& c) {
         for (const char* accept : {"*/*", "application/json", "application/scim+json"}) {
             c.status(c.send({.target = "/Users?count=1", .headers = {{"Accept", accept}}}), {200});
         }
     }},
    {"http-bad-json", "a body that is no JSON is invalidSyntax", "RFC 7644 3.12", nothing,
     [](Context& c) { c.refused(c.send(json_request("POST", "/Users", R"({"userName": )")), 400, "invalidSyntax"); }},
    {"http-array-body", "a body that is no object is refused", "RFC 7644 3.12", nothing,
     [](Context& c) { c.refused(c.send(json_request("POST", "/Users", "[1,2]")), 400, "invalidSyntax|invalidValue"); }},
    {"http-empty-body", "an empty body is refused", "RFC 7644 3.12", nothing,
     [](Context& c) { c.refused(c.send(json_request("POST", "/Users", "")), 400, "invalidSyntax|invalidValue"); }},
    {"http-bad-patch-json", "a PATCH that is no JSON is refused, and nothing changes", "RFC 7644 3.12", patching,
     [](Context& c) {
         const auto user = c.make_user();
         const auto before = c.read(user.path);
         c.refused(c.send(json_request("PATCH", user.path, "{]")), 400, "invalidSyntax");
         c.expect(c.read(user.path) == before, "nothing changed", "a change");
     }},
    {"http-deep-json", "JSON nested too deep is refused, and the server lives", "RFC 8259 9", nothing,
     [](Context& c) {
         const std::string deep(20'000, '[');
         const auto answer = c.send(json_request("POST", "/Users", R"({"userName":)" + deep));
         c.status(answer, {400, 413});
         c.status(c.get("/Users?count=1"), {200});
     }},
    {"http-not-utf8", "a body that is not UTF-8 is refused", "RFC 8259 8.1", nothing,
     [](Context& c) {
         c.refused(c.send(json_request("POST", "/Users",
                                       fmt::format(R"({{"schemas":["{}"],"userName":"a{}b"}})", user_urn, "\xC3\x28"))),
                   400, "invalidSyntax|invalidValue");
     }},
    {"http-method-collection", "PUT and DELETE of all users are refused", "RFC 7644 3.2", nothing,
     [](Context& c) {
         not_allowed(c, "PUT", "/Users");
         not_allowed(c, "DELETE", "/Users");
     }},
    {"http-method-resource", "POST to a user is refused", "RFC 7644 3.2", nothing,
     [](Context& c) { not_allowed(c, "POST", c.make_user().path); }},
    {"http-head", "HEAD answers like GET, without the body", "RFC 7231 4.3.2", nothing,
     [](Context& c) {
         const auto user = c.make_user();
         const auto answer = c.send({.method = "HEAD", .target = user.path});
         if (answer.status == 405 || answer.status == 501) c.skip("the server has no HEAD");
         c.status(answer, {200});
         c.expect(answer.body.empty(), "no body", answer.body);
         c.status(c.send({.method = "HEAD", .target = "/Users/" + c.unique("nobody")}), {404});
     }},
    {"http-options", "OPTIONS is no error of the server", "RFC 7231 4.3.7", nothing,
     [](Context& c) {
         const auto answer = c.send({.method = "OPTIONS", .target = "/Users"});
         c.status(answer, {200, 204, 405, 501});
     }},
    {"http-unknown-parameter", "an unknown query parameter is ignored", "RFC 7644 3.4.2", nothing,
     [](Context& c) { c.status(c.get("/Users?count=1&unknown=1"), {200}); }},
    {"http-keep-alive", "an error does not end the connection's usefulness", "RFC 7230 6.3", nothing,
     [](Context& c) {
         for (int i = 0; i < 3; ++i) {
             c.status(c.get("/Users/" + c.unique("nobody")), {404});
             c.status(c.get("/Users?count=1"), {200});
         }
     }},
    {"http-error-shape", "every error is a SCIM error with its status as text", "RFC 7644 3.12", nothing,
     [](Context& c) {
         c.refused(c.get("/Users/" + c.unique("nobody")), 404);
         c.refused(c.remove("/Users/" + c.unique("nobody")), 404);
         c.refused(c.send(json_request("POST", "/Users", "nonsense")), 400, "invalidSyntax");
         c.refused(c.list("Users", "no filter"), 400, "invalidFilter");
     }},
};

} // namespace

Checks discovery_checks()
{
    Checks checks;
    append(checks, discovery_rows);
    return checks;
}

Checks http_checks()
{
    Checks checks;
    append(checks, http_rows);
    return checks;
}

} // namespace conformance
