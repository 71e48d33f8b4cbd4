#include "scim/custom_schema.hpp"

#include "core/base/json.hpp"
#include "core/base/text.hpp"
#include "core/user.hpp"
#include "scim/resource_json.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <stdexcept>
#include <utility>

namespace scim {

namespace json = boost::json;

namespace {

constexpr std::string_view schema_urn = "urn:ietf:params:scim:schemas:core:2.0:Schema";
constexpr std::size_t longest_urn = 256;
constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_description = 1024;
constexpr std::size_t most_canonical_values = 100;

constexpr std::array types{Type::string,    Type::boolean, Type::decimal,   Type::integer,
                           Type::date_time, Type::binary,  Type::reference, Type::complex};
constexpr std::array mutabilities{Mutability::read_only, Mutability::read_write, Mutability::immutable,
                                  Mutability::write_only};
constexpr std::array returns{Returned::always, Returned::never, Returned::by_default, Returned::request};
constexpr std::array uniquenesses{Uniqueness::none, Uniqueness::server, Uniqueness::global};

constexpr std::array<std::string_view, 6> schema_keys{"schemas", "id", "name", "description", "attributes", "meta"};
constexpr std::array<std::string_view, 12> attribute_keys{
    "name",      "type",       "multiValued", "description", "required",       "canonicalValues",
    "caseExact", "mutability", "returned",    "uniqueness",  "referenceTypes", "subAttributes"};
constexpr std::array<std::string_view, 4> reference_targets{"User", "Group", "external", "uri"};

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// ATTRNAME of RFC 7643 2.1 without `$`, which only `$ref` begins with: what paths and filters can name.
bool is_name(std::string_view text)
{
    return !text.empty() && text.size() <= longest_name && is_alpha(text.front()) &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '_'; });
}

bool same(std::string_view a, std::string_view b)
{
    return a.size() == b.size() && core::same_ignoring_ascii_case(a, b);
}
bool begins(std::string_view text, std::string_view with)
{
    return text.size() >= with.size() && same(text.substr(0, with.size()), with);
}

Error wrong(std::string_view place, std::string_view problem)
{
    return bad_request(ScimType::invalid_value, fmt::format("{}: {}", place, problem));
}

std::string hint(std::string_view word, std::span<const std::string_view> known)
{
    const auto near = core::nearest(word, known.data(), known.size());
    return near.empty() ? std::string{} : fmt::format("; did you mean {}?", near);
}

Result<void> check_keys(const json::object& object, std::span<const std::string_view> known, const std::string& place)
{
    for (const auto& pair : object) {
        const std::string_view key = pair.key();
        if (std::find(known.begin(), known.end(), key) != known.end()) continue;
        return wrong(place, fmt::format("has an unknown member {}{}", core::json::write(json::value(key)),
                                        hint(key.substr(0, longest_name), known)));
    }
    return {};
}

Result<std::string> text_in(const json::object& object, std::string_view key, const std::string& place,
                            std::size_t longest, bool needed)
{
    const auto* value = object.if_contains(key);
    if (!value) {
        if (needed) return wrong(place, fmt::format("needs {}", key));
        return std::string{};
    }
    if (!value->is_string() || (needed && value->get_string().empty()) || value->get_string().size() > longest)
        return wrong(fmt::format("{}.{}", place, key),
                     fmt::format("must be a text of {} to {} bytes", needed ? 1 : 0, longest));
    return std::string{std::string_view{value->get_string()}};
}

Result<bool> truth_in(const json::object& object, std::string_view key, const std::string& place)
{
    const auto* value = object.if_contains(key);
    if (!value) return false;
    if (!value->is_bool()) return wrong(fmt::format("{}.{}", place, key), "must be true or false");
    return value->get_bool();
}

template<class Enum, std::size_t N>
Result<Enum> word_in(const json::object& object, std::string_view key, const std::string& place,
                     const std::array<Enum, N>& all, Enum otherwise)
{
    const auto* value = object.if_contains(key);
    if (!value) return otherwise;
    std::array<std::string_view, N> words;
    std::transform(all.begin(), all.end(), words.begin(), [](Enum each) { return word(each); });
    const std::string_view text = value->is_string() ? std::string_view{value->get_string()} : std::string_view{};
    if (const auto it = std::find(words.begin(), words.end(), text); it != words.end())
        return all[static_cast<std::size_t>(it - words.begin())];
    std::string list;
    for (const auto each : words) list.append(list.empty() ? "" : ", ").append(each);
    return wrong(fmt::format("{}.{}", place, key),
                 fmt::format("is none of {}{}", list, hint(text.substr(0, longest_name), words)));
}

Result<std::vector<std::string>> texts_in(const json::object& object, std::string_view key, const std::string& place)
{
    std::vector<std::string> texts;
    const auto* value = object.if_contains(key);
    if (!value) return texts;
    const auto where = fmt::format("{}.{}", place, key);
    if (!value->is_array() || value->get_array().size() > most_canonical_values)
        return wrong(where, fmt::format("must be a list of at most {} texts", most_canonical_values));
    for (const auto& each : value->get_array()) {
        if (!each.is_string() || each.get_string().empty() || each.get_string().size() > longest_urn)
            return wrong(where, fmt::format("must hold texts of 1 to {} bytes", longest_urn));
        texts.emplace_back(std::string_view{each.get_string()});
    }
    return texts;
}

// --- an attribute --------------------------------------------------------------------------------

// What the characteristics say together. Each refusal is a promise that could not be kept.
Result<void> check_together(const Attribute& attribute, const std::string& place)
{
    if (attribute.uniqueness != Uniqueness::none)
        return wrong(place + ".uniqueness",
                     "only none can be promised: values of an extension are not kept unique here");
    if (attribute.mutability == Mutability::write_only && attribute.returned != Returned::never)
        return wrong(place + ".returned", "must be never where mutability is writeOnly");
    if (attribute.required && attribute.mutability == Mutability::read_only)
        return wrong(place + ".required", "no client could give a readOnly attribute its value; leave required out");
    if (attribute.required && attribute.mutability == Mutability::write_only)
        return wrong(place + ".required",
                     "a writeOnly value is checked and not kept, so nothing could tell that it is there");
    if (!attribute.canonical_values.empty() && attribute.type != Type::string && attribute.type != Type::reference)
        return wrong(place + ".canonicalValues", "is for texts and references");
    if (!attribute.reference_types.empty() && attribute.type != Type::reference)
        return wrong(place + ".referenceTypes", "is for the type reference");
    return {};
}

Result<std::vector<Attribute>> attributes_in(const json::object& object, std::string_view key, const std::string& place,
                                             const Attribute* parent, std::size_t& count);

Result<Attribute> attribute_from(const json::value& value, const std::string& place, const Attribute* parent,
                                 std::size_t& count)
{
    const auto* object = value.if_object();
    if (!object) return wrong(place, "must be an object that describes an attribute");
    if (++count > most_custom_attributes)
        return wrong(
            place, fmt::format("a schema has at most {} attributes, sub-attributes included", most_custom_attributes));
    TRY_ONLY(check_keys(*object, attribute_keys, place));
    Attribute attribute;
    TRY(attribute.name, text_in(*object, "name", place, longest_name, true));
    if (!is_name(attribute.name) && !(parent && attribute.name == "$ref"))
        return wrong(place + ".name", "must be a letter, then letters, digits, - and _");
    TRY(attribute.description, text_in(*object, "description", place, longest_description, false));
    TRY(attribute.type, word_in(*object, "type", place, types, Type::string));
    TRY(attribute.multi_valued, truth_in(*object, "multiValued", place));
    TRY(attribute.required, truth_in(*object, "required", place));
    TRY(attribute.case_exact, truth_in(*object, "caseExact", place));
    TRY(attribute.mutability, word_in(*object, "mutability", place, mutabilities, Mutability::read_write));
    TRY(attribute.returned, word_in(*object, "returned", place, returns, Returned::by_default));
    TRY(attribute.uniqueness, word_in(*object, "uniqueness", place, uniquenesses, Uniqueness::none));
    TRY(attribute.canonical_values, texts_in(*object, "canonicalValues", place));
    TRY(attribute.reference_types, texts_in(*object, "referenceTypes", place));
    for (const auto& target : attribute.reference_types)
        if (std::find(reference_targets.begin(), reference_targets.end(), target) == reference_targets.end())
            return wrong(place + ".referenceTypes", "names none of User, Group, external, uri" +
                                                        hint(target.substr(0, longest_name), reference_targets));
    TRY_ONLY(check_together(attribute, place));

    const auto* subs = object->if_contains("subAttributes");
    const bool has_subs = subs && !(subs->is_array() && subs->get_array().empty());
    if (parent) {
        if (attribute.type == Type::complex)
            return wrong(place + ".type", "a sub-attribute cannot be complex itself (RFC 7643 2.3.8)");
        if (attribute.multi_valued) return wrong(place + ".multiValued", "a sub-attribute has one value here");
        if (attribute.name == "primary" && attribute.type != Type::boolean)
            return wrong(place + ".type", "primary is boolean: it marks the preferred value (RFC 7643 2.4)");
    }
    if (attribute.type != Type::complex) {
        if (has_subs) return wrong(place + ".subAttributes", "only the type complex has parts");
        return attribute;
    }
    TRY(attribute.sub, attributes_in(*object, "subAttributes", place, &attribute, count));
    return attribute;
}

Result<std::vector<Attribute>> attributes_in(const json::object& object, std::string_view key, const std::string& place,
                                             const Attribute* parent, std::size_t& count)
{
    const auto where = place.empty() ? std::string{key} : fmt::format("{}.{}", place, key);
    const auto* value = object.if_contains(key);
    if (!value || !value->is_array() || value->get_array().empty())
        return wrong(where, "must be a list of at least one attribute");
    std::vector<Attribute> attributes;
    for (std::size_t i = 0; i < value->get_array().size(); ++i) {
        const auto at = fmt::format("{}[{}]", where, i);
        TRY(Attribute attribute, attribute_from(value->get_array()[i], at, parent, count));
        const bool is_taken = std::any_of(attributes.begin(), attributes.end(),
                                          [&](const Attribute& other) { return same(other.name, attribute.name); });
        if (is_taken) return wrong(at + ".name", "is there twice; names differ in more than their case");
        attributes.push_back(std::move(attribute));
    }
    return attributes;
}

// --- the URN -------------------------------------------------------------------------------------

bool is_version(std::string_view text)
{
    return !text.empty() && is_digit(text.front()) &&
           std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c) || c == '.'; });
}

// RFC 8141, of its characters those that may stand in a path; the last part is a name, so that "URN:attribute" can be
// taken apart again.
Result<void> check_urn(std::string_view urn)
{
    constexpr std::string_view example = "such as urn:ietf:params:scim:schemas:extension:contoso:2.0:User";
    constexpr std::string_view others = "-._~/@!$&'*+=%:";
    const auto second = urn.find(':', 4);
    const bool is_urn = urn.size() <= longest_urn && begins(urn, "urn:") && second != std::string_view::npos &&
                        second >= 6 && urn.find("::") == std::string_view::npos &&
                        std::all_of(urn.begin(), urn.end(), [&](char c) {
                            return is_alpha(c) || is_digit(c) || others.find(c) != std::string_view::npos;
                        });
    if (!is_urn) return wrong("id", fmt::format("must be a URN, {}", example));
    const auto last = urn.substr(urn.rfind(':') + 1);
    if (!is_name(last))
        return wrong("id", fmt::format("must end with a name of letters, digits, - and _, {}", example));
    for (const std::string_view reserved :
         {"urn:ietf:params:scim:schemas:core:", "urn:ietf:params:scim:api:", "urn:rollcall:"})
        if (begins(urn, reserved))
            return wrong("id", fmt::format("begins with {}, which is not yours to define", reserved));
    for (const auto* resource : {&user_schema(), &group_schema()})
        for (const auto& extension : resource->extensions)
            if (same(extension.urn, urn) || begins(urn, extension.urn + ":"))
                return wrong("id", fmt::format("{} is built in; choose a URN of your own", extension.urn));
    if (is_version(last)) return wrong("id", fmt::format("must end with a name, {}", example));
    return {};
}

json::object as_json(const CustomSchema& custom)
{
    json::object definition{{"resource", custom.resource}};
    for (auto& pair : to_json(custom.schema)) definition.emplace(pair.key(), std::move(pair.value()));
    return definition;
}

std::size_t leaves(const json::value& value)
{
    std::size_t count = 0;
    if (const auto* object = value.if_object()) {
        for (const auto& pair : *object) count += leaves(pair.value());
        return count;
    }
    if (const auto* list = value.if_array()) {
        for (const auto& each : *list) count += leaves(each);
        return count;
    }
    return value.is_null() || (value.is_string() && value.get_string().empty()) ? 0 : 1;
}

void set_flags(ResourceSchema& resource)
{
    const auto is_kept = [](const Attribute& a) {
        return a.mutability != Mutability::read_only && a.mutability != Mutability::write_only;
    };
    const auto is_hidden = [&](const Attribute& a) {
        return is_kept(a) && (a.returned == Returned::never || a.returned == Returned::request);
    };
    const auto is_fixed = [](const Attribute& a) { return a.mutability == Mutability::immutable; };
    for (const auto& extension : resource.extensions)
        for (const auto& attribute : extension.attributes) {
            resource.hides_stored |=
                is_hidden(attribute) ||
                (is_kept(attribute) && std::any_of(attribute.sub.begin(), attribute.sub.end(), is_hidden));
            resource.has_immutable |=
                is_fixed(attribute) ||
                (!attribute.multi_valued && std::any_of(attribute.sub.begin(), attribute.sub.end(), is_fixed));
        }
}

} // namespace

Result<CustomSchema> read_schema(const json::value& definition, std::string_view resource)
{
    const std::array<std::string_view, 2> resources{"User", "Group"};
    if (std::find(resources.begin(), resources.end(), resource) == resources.end())
        return wrong("resource", "extends User or Group" + hint(resource, resources));
    const auto* object = definition.if_object();
    if (!object) return wrong("the schema", "must be one JSON object (RFC 7643 7)");
    TRY_ONLY(check_keys(*object, schema_keys, "the schema"));
    if (const auto* schemas = object->if_contains("schemas"))
        if (*schemas != json::value(json::array{schema_urn}))
            return wrong("schemas", fmt::format("must be [\"{}\"], or be left out", schema_urn));
    CustomSchema custom{std::string{resource}, {}};
    TRY(custom.schema.urn, text_in(*object, "id", "the schema", longest_urn, true));
    TRY_ONLY(check_urn(custom.schema.urn));
    TRY(custom.schema.name, text_in(*object, "name", "the schema", longest_name, true));
    TRY(custom.schema.description, text_in(*object, "description", "the schema", longest_description, false));
    std::size_t count = 0;
    TRY(custom.schema.attributes, attributes_in(*object, "attributes", "", nullptr, count));
    return custom;
}

Result<void> check_beside(const CustomSchema& custom, const std::vector<CustomSchema>& others, bool replaces)
{
    const auto& urn = custom.schema.urn;
    const auto names_attribute_of = [](const std::string& text, const Schema& schema) {
        return begins(text, schema.urn + ":") && schema.find(std::string_view{text}.substr(schema.urn.size() + 1));
    };
    bool is_there = false;
    for (const auto& other : others) {
        if (same(other.schema.urn, urn)) {
            is_there = true;
            if (!replaces)
                return Error{HttpStatus::conflict, ScimType::uniqueness,
                             fmt::format("{} is registered; --replace puts the new version in its place", urn)};
            if (other.resource != custom.resource)
                return Error{HttpStatus::conflict, ScimType::uniqueness,
                             fmt::format("{} extends {}; a schema extends one kind of resource", urn, other.resource)};
            continue;
        }
        if (names_attribute_of(urn, other.schema) || names_attribute_of(other.schema.urn, custom.schema))
            return Error{
                HttpStatus::conflict, ScimType::uniqueness,
                fmt::format("{} and {}: one would be mistaken for an attribute of the other", urn, other.schema.urn)};
    }
    if (!is_there && others.size() >= most_custom_schemas)
        return wrong("the schema", fmt::format("an organisation has at most {} schemas of its own; put the attributes "
                                               "into one of them",
                                               most_custom_schemas));
    return {};
}

std::vector<CustomSchema> custom_schemas(const core::Organisation& organisation)
{
    std::vector<CustomSchema> all;
    if (organisation.schemas.empty()) return all;
    const auto damaged = [] { return std::runtime_error{"an organisation's stored schemas are damaged"}; };
    const auto stored =
        core::json::read(organisation.schemas, {.depth = 16, .values = 1'000'000, .string_bytes = 64UL * 1024});
    if (!stored || !stored->is_array()) throw damaged();
    for (const auto& each : stored->get_array()) {
        if (!each.is_object()) throw damaged();
        json::object definition = each.get_object();
        const auto* resource = definition.if_contains("resource");
        if (!resource || !resource->is_string()) throw damaged();
        const std::string extended{std::string_view{resource->get_string()}};
        definition.erase("resource");
        auto custom = read_schema(definition, extended);
        if (!custom) throw damaged();
        all.push_back(*std::move(custom));
    }
    return all;
}

std::string text_of(const std::vector<CustomSchema>& all)
{
    if (all.empty()) return {};
    json::array stored;
    for (const auto& custom : all) stored.push_back(as_json(custom));
    return core::json::write(stored);
}

std::shared_ptr<const Schemas> schemas_of(const core::Organisation& organisation)
{
    if (organisation.schemas.empty()) return built_in_schemas();
    auto schemas = std::make_shared<Schemas>(*built_in_schemas());
    for (auto& custom : custom_schemas(organisation)) {
        auto& resource = custom.resource == "Group" ? schemas->groups : schemas->users;
        resource.extensions.push_back(std::move(custom.schema));
    }
    set_flags(schemas->users);
    set_flags(schemas->groups);
    return schemas;
}

Result<json::object> fitted(const json::object& stored, const Schema& schema)
{
    for (const auto& pair : stored) {
        const auto* attribute = schema.find(pair.key());
        if (!attribute)
            return wrong(std::string_view{pair.key()}.substr(0, longest_name), "the schema does not know it");
        if (attribute->mutability == Mutability::read_only || attribute->mutability == Mutability::write_only)
            return wrong(attribute->name, "the schema would not keep its value");
    }
    TRY(json::object fits, read_extension(stored, schema));
    if (leaves(fits) != leaves(stored))
        return wrong(schema.urn, "a value has parts that the schema does not know or would not keep");
    return fits;
}

} // namespace scim
