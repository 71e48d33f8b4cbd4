#include "scim/requests.hpp"

#include "core/base/json.hpp"
#include "core/base/log.hpp"
#include "scim/entra/quirks.hpp"
#include "scim/filter.hpp"
#include "scim/resource_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace scim {

namespace {

Result<std::int64_t> number_asked(const http::Request& request, std::string_view name, std::int64_t otherwise,
                                  ScimType refusal = ScimType::invalid_value)
{
    const auto* parameter = request.parameter(name);
    if (!parameter) return otherwise;
    std::string_view text = parameter->value;
    if (!text.empty() && text.front() == '+') text.remove_prefix(1);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc::result_out_of_range && end == text.data() + text.size())
        return text.front() == '-' ? std::numeric_limits<std::int64_t>::min()
                                   : std::numeric_limits<std::int64_t>::max();
    if (error != std::errc{} || end != text.data() + text.size())
        return bad_request(refusal, fmt::format("{} must be a whole number", name));
    return number;
}

// Stores know a resource's attributes but not its address, of a member its id alone, and of a user's group all but its
// address. `around`: the multi-valued attribute that an inner tree is about.
Result<void> check_known_to_stores(const core::Predicate& tree, core::Searched searched, bool has_groups,
                                   std::string_view around = {})
{
    using Kind = core::Predicate::Kind;
    const auto& attribute = tree.attribute;
    const bool is_leaf = tree.kind == Kind::compare || tree.kind == Kind::present;
    const bool is_core = attribute.extension.empty();
    const std::string_view name = around.empty() ? std::string_view{attribute.name} : around;
    const std::string_view sub = around.empty() ? std::string_view{attribute.sub} : attribute.name;
    if (is_leaf && is_core && name == "meta" && sub == "location")
        return bad_request(ScimType::invalid_filter, "meta.location cannot be filtered; filter by id");
    if (is_leaf && is_core && searched == core::Searched::groups && name == "members" && !sub.empty() && sub != "value")
        return bad_request(ScimType::invalid_filter, "of members, only value can be filtered");
    if (is_leaf && is_core && searched == core::Searched::users && name == "groups") {
        if (!has_groups)
            return bad_request(ScimType::invalid_filter, "this organisation has groups switched off (policy groups)");
        if (sub == "$ref")
            return bad_request(ScimType::invalid_filter, "groups.$ref cannot be filtered; filter by groups.value");
    }
    for (const auto& child : tree.children)
        TRY_ONLY(check_known_to_stores(child, searched, has_groups,
                                       tree.kind == Kind::within ? std::string_view{attribute.name} : around));
    return {};
}

// The quirk boolean_as_text for what only the organisation's own schemas know to be boolean.
bool read_booleans_of_extensions(boost::json::value& body, const Call& call, const ResourceSchema& schema)
{
    if (!call.quirks->tolerance().boolean_texts || call.schemas == built_in_schemas().get() || !body.is_object())
        return false;
    bool any = false;
    for (auto& pair : body.get_object()) {
        const auto* const extension = schema.extension(pair.key());
        if (!extension || !pair.value().is_object()) continue;
        for (auto& each : pair.value().get_object())
            if (const auto* attribute = extension->find(each.key()))
                any = read_boolean_texts(each.value(), *attribute) || any;
    }
    return any;
}

} // namespace

Result<boost::json::value> read_body(const Call& call)
{
    const auto& limits = *call.limits;
    if (call.body) {
        if (!call.body->is_object()) return bad_request(ScimType::invalid_syntax, "data must be a JSON object");
        return std::move(*call.body);
    }
    if (call.request->body.empty())
        return bad_request(ScimType::invalid_syntax, "the request has no body; send a JSON object");
    auto body = core::json::read(call.request->body, {limits.json_depth, limits.json_values, limits.json_string_bytes});
    if (!body)
        return bad_request(ScimType::invalid_syntax, "the body is not JSON that can be read: " + body.error().detail);
    if (!body->is_object()) return bad_request(ScimType::invalid_syntax, "the body must be a JSON object");
    return *std::move(body);
}

Result<boost::json::value> read_resource_body(const Call& call, const ResourceSchema& schema)
{
    TRY(auto body, read_body(call));
    std::vector<std::string_view> fired;
    body = call.quirks->repair_resource(std::move(body), schema.name, fired);
    if (read_booleans_of_extensions(body, call, schema)) {
        call.quirks->count(entra::tolerated::boolean_as_text);
        fired.push_back(entra::tolerated::boolean_as_text);
    }
    log_quirks(call.context.request_id, fired);
    return body;
}

Result<boost::json::value> read_patch_body(const Call& call, const ResourceSchema& schema)
{
    TRY(auto body, read_body(call));
    std::vector<std::string_view> fired;
    body = call.quirks->repair_patch(std::move(body), schema.name, fired);
    log_quirks(call.context.request_id, fired);
    return body;
}

void log_quirks(std::string_view request_id, const std::vector<std::string_view>& fired)
{
    if (fired.empty() || !core::log::is_on(core::log::Level::debug)) return;
    for (const auto name : fired) core::log::debug("quirk.fired", {{"requestId", request_id}, {"quirk", name}});
}

Result<PageAsked> page_asked(const Call& call, ScimType bad_count)
{
    TRY(const auto start_index, number_asked(*call.request, "startIndex", 1));
    TRY(const auto count, number_asked(*call.request, "count", call.limits->page_default, bad_count));
    return PageAsked{std::max<std::int64_t>(start_index, 1),
                     std::clamp<std::int64_t>(count, 0, call.limits->page_most)};
}

Result<std::optional<core::Predicate>> filter_asked(const Call& call, const ResourceSchema& schema,
                                                    core::Searched searched, const ResourceSchema* also)
{
    const auto* parameter = call.request->parameter("filter");
    if (!parameter) return std::optional<core::Predicate>{};
    const FilterLimits limits{call.limits->filter_bytes, call.limits->filter_depth, call.limits->filter_nodes};
    auto tree = parse_filter(parameter->value, schema, limits, false, also);
    if (!tree && call.quirks->tolerance().unquoted_filter_words) {
        auto tolerant = parse_filter(parameter->value, schema, limits, true, also);
        if (tolerant) {
            call.quirks->count(entra::tolerated::unquoted_filter_word);
            log_quirks(call.context.request_id, {entra::tolerated::unquoted_filter_word});
        }
        tree = std::move(tolerant);
    }
    if (!tree) return tree.error();
    TRY_ONLY(check_known_to_stores(*tree, searched, call.organisation->policy.groups));
    return std::optional{*std::move(tree)};
}

EntityTags::EntityTags(std::optional<std::string_view> header) : given_{header.has_value()}, list_{header.value_or("")}
{
}

bool EntityTags::match(std::int64_t version) const
{
    const auto wanted = std::to_string(version);
    std::string_view rest = list_;
    while (!rest.empty()) {
        const auto comma = std::min(rest.find(','), rest.size());
        auto tag = rest.substr(0, comma);
        rest.remove_prefix(std::min(comma + 1, rest.size()));
        while (!tag.empty() && (tag.front() == ' ' || tag.front() == '\t')) tag.remove_prefix(1);
        while (!tag.empty() && (tag.back() == ' ' || tag.back() == '\t')) tag.remove_suffix(1);
        if (tag == "*") return true;
        if (tag.substr(0, 2) == "W/") tag.remove_prefix(2);
        if (tag.size() == wanted.size() + 2 && tag.front() == '"' && tag.back() == '"' &&
            tag.substr(1, wanted.size()) == wanted)
            return true;
    }
    return false;
}

Preconditions::Preconditions(const http::Request& request)
    : match_{request.header("if-match")}, none_match_{request.header("if-none-match")}
{
}

Result<void> Preconditions::check(std::int64_t version) const
{
    if (match_.given() && !match_.match(version))
        return Error{HttpStatus::precondition_failed, ScimType::none,
                     "the resource has changed since; read it again and send its present version in If-Match"};
    if (none_match_.match(version))
        return Error{HttpStatus::precondition_failed, ScimType::none,
                     "the resource is there in a version that If-None-Match excludes"};
    return {};
}

} // namespace scim
