#include "scim/resource_json.hpp"

#include "core/base/json.hpp"
#include "core/base/text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace scim {

namespace json = boost::json;

namespace {

constexpr std::size_t longest_urn = 256;

bool same(std::string_view a, std::string_view b)
{
    return a.size() == b.size() && core::same_ignoring_ascii_case(a, b);
}

json::value* member(json::object& object, std::string_view name)
{
    if (auto* exact = object.if_contains(name)) return exact;
    for (auto& pair : object)
        if (same(pair.key(), name)) return &pair.value();
    return nullptr;
}

bool is_empty(const json::value& value)
{
    switch (value.kind()) {
    case json::kind::null: return true;
    case json::kind::string: return value.get_string().empty();
    case json::kind::array: return value.get_array().empty();
    case json::kind::object: return value.get_object().empty();
    default: return false;
    }
}

bool has_more_characters(std::string_view text, std::size_t most)
{
    if (text.size() <= most) return false;
    const auto characters = std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
    return static_cast<std::size_t>(characters) > most;
}

bool is_base64(std::string_view text)
{
    while (!text.empty() && text.back() == '=') text.remove_suffix(1);
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
               c == '-' || c == '_'; // either alphabet (RFC 7643 2.3.6)
    });
}

// A schema's URN as a key. Quotes and brackets have no place in one, and split_profile() counts on that.
bool is_urn(std::string_view text)
{
    return text.size() <= longest_urn && text.find(':') != std::string_view::npos &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return c > ' ' && c < 0x7F && std::string_view{"\"\\[]{}<>^`|"}.find(c) == std::string_view::npos;
           });
}

void drop_empty(json::object& object)
{
    for (auto it = object.begin(); it != object.end();) {
        if (it->value().is_object()) drop_empty(it->value().get_object());
        if (is_empty(it->value()))
            it = object.stable_erase(it);
        else
            ++it;
    }
}

class Reader {
public:
    explicit Reader(const ResourceRules& rules) : rules_{rules} {}

    // Moves what `attributes` knows from `from` to `to`, checked, in the table's order.
    Result<void> take(json::object& from, const std::vector<Attribute>& attributes, const Attribute* parent,
                      json::object& to) const
    {
        for (const auto& attribute : attributes) {
            auto* value = member(from, attribute.name);
            if (value && attribute.mutability != Mutability::read_only) TRY_ONLY(check(*value, attribute, parent));
            const bool kept = value && attribute.mutability != Mutability::read_only &&
                              attribute.mutability != Mutability::write_only && !is_empty(*value);
            if (kept)
                to.emplace(attribute.name, std::move(*value));
            else if (attribute.required)
                return wrong(attribute, parent, "is required and must not be empty");
        }
        return {};
    }

private:
    static Error wrong(const Attribute& attribute, const Attribute* parent, std::string_view problem)
    {
        return bad_request(ScimType::invalid_value, fmt::format("{}{}{} {}", parent ? parent->name : "",
                                                                parent ? "." : "", attribute.name, problem));
    }

    // Brings the value to its canonical form in place; what holds nothing becomes empty.
    Result<void> check(json::value& value, const Attribute& attribute, const Attribute* parent) const
    {
        if (is_empty(value)) return {};
        if (!attribute.multi_valued) return check_one(value, attribute, parent);

        if (!value.is_array()) return wrong(attribute, parent, "must be a list");
        auto& elements = value.get_array();
        std::size_t primaries = 0;
        for (auto& element : elements) {
            if (is_empty(element)) continue;
            TRY_ONLY(check_one(element, attribute, parent));
            if (!element.is_object()) continue;
            const auto* primary = element.get_object().if_contains("primary");
            if (primary && primary->is_bool() && primary->get_bool()) ++primaries;
        }
        if (primaries > 1) return wrong(attribute, parent, "may have one primary value only");
        if (std::any_of(elements.begin(), elements.end(), is_empty)) {
            json::array kept(elements.storage());
            for (auto& element : elements)
                if (!is_empty(element)) kept.push_back(std::move(element));
            elements = std::move(kept);
        }
        return {};
    }

    Result<void> check_one(json::value& value, const Attribute& attribute, const Attribute* parent) const
    {
        switch (attribute.type) {
        case Type::string:
        case Type::reference:
            if (!value.is_string()) return wrong(attribute, parent, "must be text");
            if (is_name(attribute, parent) && has_more_characters(value.get_string(), rules_.name_characters))
                return wrong(attribute, parent,
                             fmt::format("is longer than {} characters; shorten it", rules_.name_characters));
            return {};
        case Type::boolean:
            if (!value.is_bool()) return wrong(attribute, parent, "must be true or false");
            return {};
        case Type::integer:
            if (!value.is_int64()) return wrong(attribute, parent, "must be a whole number");
            return {};
        case Type::decimal:
            if (!value.is_number()) return wrong(attribute, parent, "must be a number");
            return {};
        case Type::date_time:
            if (!value.is_string() || !core::from_iso(std::string_view{value.get_string()}))
                return wrong(attribute, parent, "must be a time such as \"2026-11-22T16:27:00Z\"");
            return {};
        case Type::binary:
            if (!value.is_string() || !is_base64(value.get_string()))
                return wrong(attribute, parent, "must be Base64 text");
            return {};
        case Type::complex: {
            if (!value.is_object()) return wrong(attribute, parent, "must be an object with its parts");
            json::object canonical(value.storage());
            canonical.reserve(value.get_object().size());
            TRY_ONLY(take(value.get_object(), attribute.sub, &attribute, canonical));
            value = std::move(canonical);
            return {};
        }
        }
        return {};
    }

    // Names and ids are bounded: they are keys in indexes and lines in logs.
    static bool is_name(const Attribute& attribute, const Attribute* parent)
    {
        if (!parent)
            return attribute.name == "userName" || attribute.name == "externalId" || attribute.name == "displayName";
        return attribute.name == "value" && (parent->name == "members" || parent->name == "manager");
    }

    const ResourceRules& rules_;
};

// What is set in `before` and is not the same in `wanted` (null: left out). True when it must be put back.
Result<bool> is_left_out(const json::value* before, const json::value* wanted, const std::string& name, Omitted omitted)
{
    if (!before || (wanted && *before == *wanted)) return false;
    if (wanted || omitted == Omitted::is_removed)
        return bad_request(ScimType::mutability, fmt::format("{}: cannot be changed once set", name));
    return true;
}

// The extension's attributes as `wanted` has them, with what is immutable in `before`; in the table's order.
Result<json::object> with_immutable(const json::object& before, const json::object& wanted, const Schema& schema,
                                    Omitted omitted)
{
    json::object out;
    for (const auto& attribute : schema.attributes) {
        const auto* old = before.if_contains(attribute.name);
        const auto* now = wanted.if_contains(attribute.name);
        const auto name = schema.urn + ":" + attribute.name;
        if (attribute.mutability == Mutability::immutable) {
            TRY(const bool put_back, is_left_out(old, now, name, omitted));
            if (put_back) now = old;
        }
        if (!now) continue;
        json::value kept = *now;
        // Inside one value; the elements of a list come and go as wholes.
        if (old && old->is_object() && now->is_object()) {
            json::object parts;
            for (const auto& sub : attribute.sub) {
                const auto* part = now->get_object().if_contains(sub.name);
                if (sub.mutability == Mutability::immutable) {
                    const auto* old_part = old->get_object().if_contains(sub.name);
                    TRY(const bool put_back, is_left_out(old_part, part, name + "." + sub.name, omitted));
                    if (put_back) part = old_part;
                }
                if (part) parts.emplace(sub.name, *part);
            }
            kept = std::move(parts);
        }
        out.emplace(attribute.name, std::move(kept));
    }
    return out;
}

Result<void> check_schemas(const json::value* schemas)
{
    if (!schemas || schemas->is_null()) return {};
    const bool is_list_of_text =
        schemas->is_array() && std::all_of(schemas->get_array().begin(), schemas->get_array().end(),
                                           [](const json::value& urn) { return urn.is_string(); });
    if (!is_list_of_text) return bad_request(ScimType::invalid_value, "schemas must be a list of URNs");
    return {};
}

// Sorted, so that equal resources make equal text.
void take_unregistered(json::object& from, const ResourceSchema& schema, json::object& to,
                       std::vector<std::string>* urns)
{
    std::vector<std::pair<std::string, json::value*>> found;
    for (auto& pair : from) {
        const std::string_view key = pair.key();
        if (!is_urn(key) || same(key, schema.core.urn) || schema.extension(key) || !pair.value().is_object()) continue;
        drop_empty(pair.value().get_object());
        if (!is_empty(pair.value())) found.emplace_back(key, &pair.value());
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [urn, value] : found) {
        to.emplace(urn, std::move(*value));
        if (urns) urns->push_back(std::move(urn));
    }
}

} // namespace

Result<json::object> read_resource(json::value body, const ResourceRules& rules, std::vector<std::string>* unregistered)
{
    if (!body.is_object()) return bad_request(ScimType::invalid_syntax, "the body must be a JSON object");
    json::object& from = body.get_object();
    TRY_ONLY(check_schemas(member(from, "schemas")));

    const Reader reader{rules};
    json::object out(from.storage());
    out.reserve(from.size() + 1);
    TRY_ONLY(reader.take(from, rules.schema.core.attributes, nullptr, out));
    for (const auto& extension : rules.schema.extensions) {
        auto* value = member(from, extension.urn);
        if (!value || is_empty(*value)) continue;
        if (!value->is_object())
            return bad_request(ScimType::invalid_value, extension.urn + " must be an object with its attributes");
        json::object attributes(from.storage());
        TRY_ONLY(reader.take(value->get_object(), extension.attributes, nullptr, attributes));
        if (!attributes.empty()) out.emplace(extension.urn, std::move(attributes));
    }
    if (rules.tolerance.store_unregistered_extensions) take_unregistered(from, rules.schema, out, unregistered);
    return out;
}

Result<json::object> read_extension(json::object attributes, const Schema& schema)
{
    static const entra::Tolerance none;
    const ResourceRules rules{user_schema(), none};
    json::object out;
    TRY_ONLY(Reader{rules}.take(attributes, schema.attributes, nullptr, out));
    return out;
}

namespace {

std::optional<bool> truth_of(const json::value& value)
{
    if (!value.is_string()) return std::nullopt;
    if (same(value.get_string(), "true")) return true;
    if (same(value.get_string(), "false")) return false;
    return std::nullopt;
}

// Calls `found` with each text that stands for a boolean.
template<class Value, class Found>
void each_boolean_text(Value& value, const Attribute& attribute, const Found& found)
{
    if (attribute.type == Type::boolean && truth_of(value)) return found(value);
    if (attribute.type != Type::boolean && attribute.type != Type::complex) return;
    if (auto* elements = value.if_array()) {
        if (attribute.multi_valued)
            for (auto& element : *elements)
                if (!element.is_array()) each_boolean_text(element, attribute, found);
    } else if (auto* object = value.if_object()) {
        for (auto& pair : *object)
            if (const auto* part = attribute.find_sub(pair.key())) each_boolean_text(pair.value(), *part, found);
    }
}

} // namespace

bool read_boolean_texts(json::value& value, const Attribute& attribute)
{
    bool any = false;
    each_boolean_text(value, attribute, [&](json::value& text) {
        text = *truth_of(text);
        any = true;
    });
    return any;
}

bool has_boolean_text(const json::value& value, const Attribute& attribute)
{
    bool any = false;
    each_boolean_text(value, attribute, [&](const json::value&) { any = true; });
    return any;
}

Result<void> keep_immutable(const core::Profile& before, core::Profile& wanted, const ResourceSchema& schema,
                            Omitted omitted)
{
    static const json::object nothing;
    const auto extension_in = [](const json::object& profile, const Schema& extension) -> const json::object& {
        const auto* there = profile.if_contains(extension.urn);
        return there && there->is_object() ? there->get_object() : nothing;
    };
    json::object out;
    for (const auto& pair : wanted.attributes()) {
        const std::string_view key = pair.key();
        if (key != "schemas" && key.find(':') == std::string_view::npos) out.emplace(key, pair.value());
    }
    for (const auto& extension : schema.extensions) {
        const auto& now = extension_in(wanted.attributes(), extension);
        const auto& old = extension_in(before.attributes(), extension);
        TRY(json::object kept, with_immutable(old, now, extension, omitted));
        if (kept != now) TRY_ONLY(read_extension(kept, extension)); // what is required may be missing beside it
        if (!kept.empty()) out.emplace(extension.urn, std::move(kept));
    }
    for (const auto& pair : wanted.attributes())
        if (std::string_view{pair.key()}.find(':') != std::string_view::npos && !out.contains(pair.key()))
            if (!schema.extension(pair.key())) out.emplace(pair.key(), pair.value());
    wanted = core::Profile{with_schemas(std::move(out), schema)};
    return {};
}

Result<void> check_size(const core::Profile& profile, const ResourceRules& rules)
{
    if (profile.text().size() <= rules.resource_bytes) return {};
    return bad_request(ScimType::invalid_value,
                       fmt::format("the resource would be larger than {} bytes; take something out of it, or raise "
                                   "limits.resource_bytes",
                                   rules.resource_bytes));
}

json::object with_schemas(json::object attributes, const ResourceSchema& schema)
{
    json::object out(attributes.storage());
    out.reserve(attributes.size() + 1);
    json::array urns(attributes.storage());
    urns.emplace_back(schema.core.urn);
    for (const auto& pair : attributes)
        if (std::string_view{pair.key()}.find(':') != std::string_view::npos) urns.emplace_back(pair.key());
    out.emplace("schemas", std::move(urns));
    for (auto& pair : attributes) out.emplace(pair.key(), std::move(pair.value()));
    return out;
}

bool split_profile(std::string_view profile, std::string_view& schemas, std::string_view& rest)
{
    constexpr std::string_view opening = "{\"schemas\":[";
    if (profile.size() <= opening.size() || profile.substr(0, opening.size()) != opening) return false;
    const auto close = profile.find(']', opening.size());
    if (close == std::string_view::npos || close + 1 >= profile.size()) return false;
    schemas = profile.substr(1, close);
    rest = profile.substr(close + 1, profile.size() - close - 2);
    if (!rest.empty() && rest.front() == ',') rest.remove_prefix(1);
    return true;
}

std::string etag_of(std::int64_t version) { return "W/\"" + std::to_string(version) + "\""; }

void append_meta(std::string& out, const MetaText& meta)
{
    out.append(R"("meta":{"resourceType":")").append(meta.resource_type);
    out.append(R"(","created":")").append(core::to_iso(meta.created));
    out.append(R"(","lastModified":")").append(core::to_iso(meta.last_modified));
    out.append(R"(","version":"W/\")").append(std::to_string(meta.version));
    out.append(R"(\"","location":)");
    core::json::append_quoted(out, meta.location);
    out += '}';
}

json::object meta_object(const MetaText& meta)
{
    return {{"resourceType", meta.resource_type},
            {"created", core::to_iso(meta.created)},
            {"lastModified", core::to_iso(meta.last_modified)},
            {"version", etag_of(meta.version)},
            {"location", meta.location}};
}

namespace {

// `place`: what tells where in the list the page is.
std::string list_message(std::int64_t total, std::string_view place, std::span<const std::string> items)
{
    std::size_t size = 200 + place.size();
    for (const auto& item : items) size += item.size() + 1;
    std::string out;
    out.reserve(size);
    out.append(R"({"schemas":[")").append(list_response_urn).append(R"("],"totalResults":)");
    out.append(std::to_string(total)).append(place);
    out.append(R"(,"itemsPerPage":)").append(std::to_string(items.size())).append(R"(,"Resources":[)");
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i != 0) out += ',';
        out += items[i];
    }
    out.append("]}");
    return out;
}

} // namespace

std::string list_response(std::int64_t total, std::int64_t start_index, std::span<const std::string> items)
{
    return list_message(total, R"(,"startIndex":)" + std::to_string(start_index), items);
}

std::string walk_response(std::int64_t total, std::string_view next_cursor, std::span<const std::string> items)
{
    std::string place;
    if (!next_cursor.empty()) place.append(R"(,"nextCursor":")").append(next_cursor).append("\"");
    return list_message(total, place, items);
}

} // namespace scim
