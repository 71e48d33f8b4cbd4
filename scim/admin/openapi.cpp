#include "scim/admin/openapi.hpp"

#include "core/token.hpp"
#include "scim/admin/routes.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <map>

namespace scim::admin::openapi {
namespace {

namespace bj = boost::json;

bj::string_view view(std::string_view text) { return {text.data(), text.size()}; }

bj::object reference(std::string_view name) { return {{"$ref", fmt::format("#/components/schemas/{}", name)}}; }

bj::object json_content(std::string_view type, bj::object schema)
{
    bj::object content;
    content[view(type)] = bj::object{{"schema", std::move(schema)}};
    return content;
}

bj::object list_schema(const Shape& of)
{
    return {{"type", "object"},
            {"required", {"items", "next", "total"}},
            {"properties",
             {{"items", {{"type", "array"}, {"items", reference(of.name)}}},
              {"next", {{"type", {"string", "null"}}, {"description", "the cursor of the next page"}}},
              {"total", {{"type", "integer"}}}}}};
}

bj::object parameter(std::string_view name, std::string_view where, std::string_view help,
                     std::span<const std::string_view> words = {})
{
    bj::object schema{{"type", "string"}};
    if (!words.empty()) {
        bj::array all;
        for (const auto word : words) all.push_back(view(word));
        schema["enum"] = std::move(all);
    }
    return {{"name", view(name)},
            {"in", view(where)},
            {"required", where == "path"},
            {"description", view(help)},
            {"schema", std::move(schema)}};
}

// Lower-case method words of OpenAPI.
std::string_view operation_word(http::Method method)
{
    switch (method) {
    case http::Method::get: return "get";
    case http::Method::head: return "head";
    case http::Method::post: return "post";
    case http::Method::put: return "put";
    case http::Method::patch: return "patch";
    case http::Method::del: return "delete";
    case http::Method::options: return "options";
    case http::Method::other: break;
    }
    return "trace";
}

bj::object operation(const Handler& handler, std::string_view path)
{
    bj::array parameters;
    for (auto open = path.find('{'); open != path.npos; open = path.find('{', open + 1))
        parameters.push_back(
            parameter(path.substr(open + 1, path.find('}', open) - open - 1), "path", "from the path's own lists"));
    if (handler.is_list) {
        parameters.push_back(parameter("limit", "query", "items in a page: 1 to 200, 50 where nothing is said"));
        parameters.push_back(parameter("cursor", "query", "`next` of the page before"));
        parameters.push_back(parameter("sort", "query", "fields, the first goes before the others; -field descends"));
    }
    for (const auto& each : handler.query) parameters.push_back(parameter(each.name, "query", each.help, each.words));

    bj::object answers;
    bj::object success{{"description", handler.success == 204 ? "done" : "as asked"}};
    if (handler.gives != nullptr)
        success["content"] = json_content("application/json", handler.is_list ? list_schema(*handler.gives)
                                                                              : reference(handler.gives->name));
    answers[std::to_string(handler.success)] = std::move(success);
    answers["default"] = bj::object{{"description", "refused, with the reason and the remedy"},
                                    {"content", json_content("application/problem+json", reference("Problem"))}};

    bj::array roles;
    for (const auto role : {core::AdminRole::server_admin, core::AdminRole::org_admin,
                            core::AdminRole::compliance_officer, core::AdminRole::help_desk})
        if (handler.roles.has(role)) roles.push_back(view(core::word(role)));
    bj::object made{{"summary", view(handler.summary)},
                    {"parameters", std::move(parameters)},
                    {"responses", std::move(answers)},
                    {"x-roles", std::move(roles)}};
    made["security"] = handler.needs_token ? bj::array{bj::object{{"adminToken", bj::array{}}}} : bj::array{};
    if (handler.body != Body::none) {
        bj::object content;
        const bj::object schema =
            handler.takes != nullptr ? reference(handler.takes->name) : bj::object{{"type", "object"}};
        const bj::object text{{"type", "string"}};
        if (handler.body == Body::csv || handler.body == Body::csv_or_json)
            content["text/csv"] = bj::object{{"schema", text}};
        if (handler.body != Body::csv) content["application/json"] = bj::object{{"schema", schema}};
        if (handler.body == Body::merge_patch) content["application/merge-patch+json"] = bj::object{{"schema", schema}};
        made["requestBody"] = bj::object{{"required", true}, {"content", std::move(content)}};
    }
    return made;
}

constexpr Field field_problem_fields[] = {
    {.name = "field", .help = "where in the body or the query", .need = Need::required},
    {.name = "problem", .help = "what is wrong there", .need = Need::required},
};
constexpr Shape field_problem{"FieldProblem", field_problem_fields};
constexpr Field problem_fields[] = {
    {.name = "type", .help = "about:blank", .need = Need::required},
    {.name = "title", .help = "the status in words", .need = Need::required},
    {.name = "status", .type = Type::integer, .help = "the HTTP status", .need = Need::required},
    {.name = "detail", .help = "what is wrong", .need = Need::required},
    {.name = "remedy", .help = "what to do", .need = Need::required},
    {.name = "requestId", .help = "what the log and the audit know this request by", .need = Need::required},
    {.name = "errors", .type = Type::list, .help = "where several things are wrong at once", .shape = &field_problem},
};
constexpr Shape problem_shape{"Problem", problem_fields};

} // namespace

bj::object document(std::string_view origin)
{
    std::map<std::string, bj::object> schemas;
    const auto describe = [&](const Shape& shape) {
        each_shape(shape, [&](const Shape& each) { schemas[std::string{each.name}] = json_schema(each); });
    };
    describe(problem_shape);
    bj::object paths;
    for (const auto& row : routes()) {
        const Handler& handler = row.tag;
        if (handler.is_page) continue;
        if (handler.takes != nullptr) describe(*handler.takes);
        if (handler.gives != nullptr) describe(*handler.gives);
        for (const auto method :
             {http::Method::get, http::Method::post, http::Method::put, http::Method::patch, http::Method::del}) {
            if (!row.methods.has(method)) continue;
            auto& path = paths[view(handler.path)];
            if (!path.is_object()) path = bj::object{};
            path.get_object()[view(operation_word(method))] = operation(handler, handler.path);
        }
    }
    bj::object components;
    for (auto& [name, schema] : schemas) components[name] = std::move(schema);
    return {{"openapi", "3.1.0"},
            {"info",
             {{"title", "Rollcall management API"},
              {"version", "1"},
              {"description", "Organisations, users and their life, beside SCIM and over the same actions."}}},
            {"servers", bj::array{bj::object{{"url", view(origin)}}}},
            {"paths", std::move(paths)},
            {"components",
             {{"schemas", std::move(components)},
              {"securitySchemes", {{"adminToken", {{"type", "http"}, {"scheme", "bearer"}}}}}}}};
}

Result<Work> get(const Call& call) { return Work{Answer{.body = document(call.origin)}}; }

} // namespace scim::admin::openapi
