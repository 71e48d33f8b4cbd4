#include "scim/discovery.hpp"

#include "core/base/json.hpp"
#include "core/base/text.hpp"
#include "core/user.hpp"
#include "scim/entra/quirks.hpp"
#include "scim/resource_json.hpp"
#include "scim/schema.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <span>

namespace scim::discovery {

namespace json = boost::json;

namespace {

constexpr std::string_view provider_urn = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
constexpr std::string_view resource_type_urn = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
constexpr std::string_view schema_urn = "urn:ietf:params:scim:schemas:core:2.0:Schema";

// RFC 7644 4: discovery is not searched.
Result<void> check_no_filter(const Call& call)
{
    if (!call.request->parameter("filter")) return {};
    return Error{HttpStatus::forbidden, ScimType::none, "discovery cannot be filtered; read it whole or by id"};
}

json::object meta(const Call& call, std::string_view type, std::string_view path)
{
    return {{"resourceType", type}, {"location", std::string{call.base}.append(path)}};
}

Answer one(const json::object& resource) { return {HttpStatus::ok, core::json::write(resource), "", ""}; }

// All of them, or the one that call.id names.
Result<Answer> some(const Call& call, const std::vector<json::object>& resources, const char* none_such)
{
    if (call.id.empty()) {
        std::vector<std::string> items;
        for (const auto& resource : resources) items.push_back(core::json::write(resource));
        return Answer{HttpStatus::ok, list_response(static_cast<std::int64_t>(items.size()), 1, items), "", ""};
    }
    for (const auto& resource : resources)
        if (core::same_ignoring_ascii_case(resource.at("id").get_string(), call.id)) return one(resource);
    return Error{HttpStatus::not_found, ScimType::none, none_such};
}

json::object shown(const Call& call, const Schema& schema)
{
    json::object resource{{"schemas", json::array{schema_urn}}};
    for (auto& pair : to_json(schema)) resource.emplace(pair.key(), std::move(pair.value()));
    resource.emplace("meta", meta(call, "Schema", "/Schemas/" + schema.urn));
    return resource;
}

// Which resources and extensions this organisation's clients are shown.
std::vector<const ResourceSchema*> shown_resources(const Call& call)
{
    std::vector<const ResourceSchema*> shown{&call.schemas->users};
    if (call.organisation->policy.groups) shown.push_back(&call.schemas->groups);
    return shown;
}
bool is_shown(const Call& call, const Schema& extension)
{
    if (extension.urn != core::lifecycle_urn || !call.quirks->tolerance().hide_lifecycle_schema) return true;
    call.quirks->count(entra::tolerated::lifecycle_schema_hidden);
    return false;
}

} // namespace

Result<Answer> service_provider_config(const Call& call)
{
    TRY_ONLY(check_no_filter(call));
    return one({
        {"schemas", json::array{provider_urn}},
        {"patch", {{"supported", true}}},
        {"bulk",
         {{"supported", true},
          {"maxOperations", call.limits->bulk_operations},
          {"maxPayloadSize", call.limits->bulk_bytes}}},
        {"filter", {{"supported", true}, {"maxResults", call.limits->page_most}}},
        {"changePassword", {{"supported", false}}},
        {"sort", {{"supported", true}}},
        {"etag", {{"supported", true}}},
        {"pagination",
         {{"cursor", true},
          {"index", true},
          {"defaultPaginationMethod", "index"},
          {"defaultPageSize", call.limits->page_default},
          {"maxPageSize", call.limits->page_most},
          {"cursorTimeout", std::chrono::duration_cast<std::chrono::seconds>(call.limits->cursor_time).count()}}},
        {"authenticationSchemes",
         json::array{json::object{
             {"type", "oauthbearertoken"},
             {"name", "Bearer token"},
             {"description", "A token of this organisation in the Authorization header (RFC 6750)."},
             {"specUri", "https://www.rfc-editor.org/info/rfc6750"},
             {"primary", true},
         }}},
        {"meta", meta(call, "ServiceProviderConfig", "/ServiceProviderConfig")},
    });
}

Result<Answer> resource_types(const Call& call)
{
    TRY_ONLY(check_no_filter(call));
    std::vector<json::object> types;
    for (const auto* resource : shown_resources(call)) {
        json::array extensions;
        for (const auto& extension : resource->extensions)
            if (is_shown(call, extension))
                extensions.push_back(json::object{{"schema", extension.urn}, {"required", false}});
        types.push_back({
            {"schemas", json::array{resource_type_urn}},
            {"id", resource->name},
            {"name", resource->name},
            {"endpoint", resource->endpoint},
            {"description", resource->description},
            {"schema", resource->core.urn},
            {"schemaExtensions", std::move(extensions)},
            {"meta", meta(call, "ResourceType", "/ResourceTypes/" + resource->name)},
        });
    }
    return some(call, types, "there is no resource type of this name");
}

Result<Answer> schemas(const Call& call)
{
    TRY_ONLY(check_no_filter(call));
    std::vector<json::object> all;
    for (const auto* resource : shown_resources(call)) {
        all.push_back(shown(call, resource->core));
        for (const auto& extension : resource->extensions)
            if (is_shown(call, extension)) all.push_back(shown(call, extension));
    }
    return some(call, all, "there is no schema with this URN");
}

} // namespace scim::discovery
