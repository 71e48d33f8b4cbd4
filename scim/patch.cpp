#include "scim/patch.hpp"

#include "core/base/clock.hpp"
#include "core/base/text.hpp"
#include "core/predicate.hpp"
#include "scim/attribute_path.hpp"
#include "scim/filter.hpp"
#include "scim/resource_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>
#include <variant>

namespace scim {

namespace json = boost::json;

namespace {

// One request may look at so many elements and filter nodes; it bounds what 1,000 operations can cost (DOS-05).
constexpr std::size_t most_steps = 200'000;
constexpr std::size_t most_elements = 1000; // of one multi-valued attribute
constexpr std::size_t most_text_bytes = std::size_t{64} * 1024;
constexpr std::size_t most_unregistered = 32; // extensions, and attributes of each
constexpr FilterLimits path_filter_limits{.bytes = 2048, .depth = 32, .nodes = 64};

bool same(std::string_view a, std::string_view b) { return core::same_ignoring_ascii_case(a, b); }

Error bad_value(std::string detail) { return bad_request(ScimType::invalid_value, std::move(detail)); }

const json::value* member(const json::object& object, std::string_view name)
{
    if (const auto* exact = object.if_contains(name)) return exact;
    const auto found =
        std::find_if(object.begin(), object.end(), [&](const auto& pair) { return same(pair.key(), name); });
    return found == object.end() ? nullptr : &found->value();
}

// RFC 7643 2.5: null and an empty list are both "no value".
bool is_unassigned(const json::value& value)
{
    return value.is_null() || (value.is_array() && value.get_array().empty());
}

json::array& list_at(json::object& container, const std::string& name)
{
    auto& value = container[name];
    if (!value.is_array()) value = json::array(container.storage());
    return value.get_array();
}

json::object& object_at(json::object& container, std::string_view name)
{
    auto& value = container[name];
    if (!value.is_object()) value = json::object(container.storage());
    return value.get_object();
}

bool is_true(const json::object& object, std::string_view name)
{
    const auto* value = object.if_contains(name);
    return value && value->is_bool() && value->get_bool();
}

bool is_base64(std::string_view text)
{
    while (!text.empty() && text.back() == '=') text.remove_suffix(1);
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
               c == '-' || c == '_';
    });
}

// --- values -------------------------------------------------------------------------------------

// Where a value stands, for the details of refusals: "emails.type".
struct Place {
    const Attribute& attribute;
    const Attribute* parent = nullptr;
    std::string name() const { return parent ? parent->name + "." + attribute.name : attribute.name; }
};

Result<json::value> checked(const Place&, const json::value&);

// Writes `input` into `target` sub-attribute by sub-attribute: what `input` leaves out stays, null clears; unknown and
// read-only ones are passed over.
Result<void> merge(json::object& target, const Attribute& attribute, const json::object& input)
{
    bool has_new_value = false;
    bool has_reference = false;
    for (const auto& pair : input) {
        const auto* sub = attribute.find_sub(pair.key());
        if (!sub || sub->mutability == Mutability::read_only) continue;
        const Place place{*sub, &attribute};
        auto* present = target.if_contains(sub->name);
        json::value next;
        if (!is_unassigned(pair.value())) {
            TRY(next, checked(place, pair.value()));
        } else if (sub->required) {
            return bad_value(fmt::format("{}: required, it cannot be cleared", place.name()));
        }
        const bool is_change = present ? *present != next : !next.is_null();
        if (present && is_change && sub->mutability == Mutability::immutable)
            return bad_request(ScimType::mutability, fmt::format("{}: cannot be changed once set", place.name()));
        if (sub->name == "$ref") has_reference = true;
        if (sub->name == "value" && present && is_change) has_new_value = true;
        if (next.is_null())
            target.stable_erase(sub->name);
        else
            target[sub->name] = std::move(next);
    }
    // A reference describes its value: a new value without one leaves the old reference pointing at another resource.
    if (has_new_value && !has_reference && attribute.find_sub("$ref")) target.stable_erase("$ref");
    return {};
}

// One value of the attribute (an element of a multi-valued one), its type checked, names in canonical spelling.
Result<json::value> checked(const Place& place, const json::value& value)
{
    const auto& attribute = place.attribute;
    const auto wrong = [&](const char* expected) {
        return bad_value(fmt::format("{}: must be {}", place.name(), expected));
    };
    switch (attribute.type) {
    case Type::string:
    case Type::reference:
        if (!value.is_string()) return wrong("a text");
        if (value.get_string().size() > most_text_bytes) return wrong("a text of at most 64 KiB");
        if (attribute.required && value.get_string().empty()) return wrong("a text that is not empty");
        return value;
    case Type::boolean:
        if (!value.is_bool()) return wrong("true or false");
        return value;
    case Type::decimal:
        if (!value.is_number()) return wrong("a number");
        return value;
    case Type::integer:
        if (!value.is_int64() && !value.is_uint64()) return wrong("a whole number");
        return value;
    case Type::date_time:
        if (!value.is_string() || !core::from_iso(value.get_string())) return wrong("a date and time with its zone");
        return value;
    case Type::binary:
        if (!value.is_string() || value.get_string().size() > most_text_bytes || !is_base64(value.get_string()))
            return wrong("base64 of at most 64 KiB");
        return value;
    case Type::complex: break;
    }
    if (!value.is_object()) return wrong("an object");
    json::object element;
    TRY_ONLY(merge(element, attribute, value.get_object()));
    for (const auto& sub : attribute.sub)
        if (sub.required && sub.mutability != Mutability::read_only && !element.contains(sub.name))
            return bad_value(fmt::format("{}.{}: required", place.name(), sub.name));
    return element;
}

// The elements of a multi-valued attribute: a list, or one element by itself.
Result<json::array> checked_list(const Attribute& attribute, const json::value& value)
{
    json::array list;
    const auto take = [&](const json::value& each) -> Result<void> {
        if (is_unassigned(each)) return {};
        TRY(json::value element, checked({attribute}, each));
        if (!element.is_object() || !element.get_object().empty()) list.push_back(std::move(element));
        return {};
    };
    if (const auto* many = value.if_array()) {
        list.reserve(many->size());
        for (const auto& each : *many) TRY_ONLY(take(each));
    } else {
        TRY_ONLY(take(value));
    }
    return list;
}

// Equal elements have equal fingerprints, whatever the order of their members. An element whose value is immutable
// (a group's member) is that value.
std::string fingerprint(const Attribute& attribute, const json::value& element)
{
    const auto* object = element.if_object();
    if (!object) return json::serialize(element);
    if (const auto* id = attribute.find_sub("value"); id && id->mutability == Mutability::immutable)
        if (const auto* value = object->if_contains(id->name)) return json::serialize(*value);
    std::string print;
    for (const auto& sub : attribute.sub)
        if (const auto* value = object->if_contains(sub.name))
            print.append(sub.name).append(json::serialize(*value)).push_back('\n');
    return print;
}

// --- filters ------------------------------------------------------------------------------------

std::size_t nodes_of(const core::Predicate& predicate)
{
    std::size_t count = 1;
    for (const auto& child : predicate.children) count += nodes_of(child);
    return count;
}

// What the filter says its element is: the equality terms that must all hold.
void equality_terms(const core::Predicate& predicate, json::object& element)
{
    if (predicate.kind == core::Predicate::Kind::all_of)
        for (const auto& child : predicate.children) equality_terms(child, element);
    if (predicate.kind != core::Predicate::Kind::compare || predicate.comparison != core::Comparison::eq) return;
    struct ToJson {
        json::value operator()(std::nullptr_t) const { return nullptr; }
        json::value operator()(bool value) const { return value; }
        json::value operator()(std::int64_t value) const { return value; }
        json::value operator()(double value) const { return value; }
        json::value operator()(const std::string& value) const { return json::value(value); }
        json::value operator()(core::Instant value) const { return json::value(core::to_iso(value)); }
    };
    auto value = std::visit(ToJson{}, predicate.literal);
    if (!value.is_null()) element[predicate.attribute.name] = std::move(value);
}

// --- the engine ---------------------------------------------------------------------------------

class Engine {
public:
    Engine(json::object& resource, const ResourceSchema& schema, const entra::Tolerance& tolerance,
           std::vector<std::string_view>* tolerated)
        : resource_{resource}, schema_{schema}, tolerance_{tolerance}, tolerated_{tolerated}
    {
    }

    Result<void> apply(const PatchOperation&);

private:
    Result<void> apply_members(PatchKind, const json::object& input);
    Result<void> apply_extension(PatchKind, const Schema&, const json::object& input);
    Result<void> apply_at(const PatchOperation&, const AttributePath&, json::object& container, const Attribute&);
    Result<void> apply_unregistered(const PatchOperation&, const AttributePath&);
    Result<void> unknown_path(std::string_view name);
    bool names_extension_attribute(std::string_view key) const;
    bool is_boolean_text(const json::value&, const Attribute&);

    Result<void> write(PatchKind, json::object& container, const Attribute&, const json::value&);
    Result<void> write_sub(PatchKind, json::object& container, const Attribute&, const Attribute& sub,
                           const json::value&);
    Result<void> write_matching(const PatchOperation&, const AttributePath&, json::object& container, const Attribute&,
                                const Attribute* sub);
    Result<void> create_matching(json::object& container, const Attribute&, const Attribute& sub,
                                 const core::Predicate&, const json::value&);
    Result<void> remove(const PatchOperation&, const AttributePath&, json::object& container, const Attribute&,
                        const Attribute* sub);
    Result<void> remove_listed(json::object& container, const Attribute&, const json::value& listed);

    Result<void> append(json::array& list, const Attribute&, json::array incoming);
    Result<void> keep_one_primary(json::array& list, const Attribute&, const std::vector<std::size_t>& written);
    Result<core::Predicate> read_filter(const AttributePath&, const Attribute&);
    Result<std::vector<std::size_t>> matching(const json::array& list, const core::Predicate&);
    Result<void> spend(std::size_t steps);
    void use(std::string_view tolerance);

    json::object& resource_;
    const ResourceSchema& schema_;
    const entra::Tolerance& tolerance_;
    std::vector<std::string_view>* tolerated_;
    std::size_t steps_ = 0;
};

// Drops what has nothing in it any more.
void prune(json::object& container, std::string_view name)
{
    const auto* value = container.if_contains(name);
    if (!value) return;
    if (const auto* object = value->if_object(); object && object->empty())
        container.stable_erase(name);
    else if (is_unassigned(*value))
        container.stable_erase(name);
}

void prune_elements(json::array& list)
{
    list.erase(std::remove_if(list.begin(), list.end(),
                              [](const json::value& each) { return each.is_object() && each.get_object().empty(); }),
               list.end());
}

Result<void> Engine::apply(const PatchOperation& operation)
{
    if (operation.kind != PatchKind::remove && !operation.value) return bad_value("add and replace need a value");
    if (!operation.path) {
        if (operation.kind == PatchKind::remove)
            return bad_request(ScimType::no_target, "remove needs a path: name what is to be removed");
        if (!operation.value->is_object()) return bad_value("without a path the value must be an object of attributes");
        return apply_members(operation.kind, operation.value->get_object());
    }
    TRY(AttributePath path, read_path(*operation.path));
    // A URN need not say where its schema ends: the organisation's schemas know.
    if (!path.urn.empty())
        if (const auto* whole = schema_.extension(*operation.path)) path = AttributePath{whole->urn, {}, {}, {}};

    if (path.urn.empty() || same(path.urn, schema_.core.urn)) {
        const auto* attribute = path.urn.empty() ? schema_.find(path.name) : schema_.core.find(path.name);
        if (attribute) return apply_at(operation, path, resource_, *attribute);
        return unknown_path(path.name);
    }
    const auto* extension = schema_.extension(path.urn);
    if (!extension) return apply_unregistered(operation, path);
    if (path.name.empty()) {
        if (std::all_of(extension->attributes.begin(), extension->attributes.end(),
                        [](const Attribute& each) { return each.mutability == Mutability::read_only; }))
            return bad_request(ScimType::mutability, "the extension that the path names is read-only");
        if (operation.kind == PatchKind::remove || operation.value->is_null()) {
            resource_.stable_erase(extension->urn);
            return {};
        }
        if (!operation.value->is_object())
            return bad_value("the value of an extension must be an object of attributes");
        return apply_extension(operation.kind, *extension, operation.value->get_object());
    }
    const auto* attribute = extension->find(path.name);
    if (!attribute) return unknown_path(path.name);
    const auto* sub = path.sub.empty() ? attribute : attribute->find_sub(path.sub);
    if (sub && operation.value && is_boolean_text(*operation.value, *sub)) {
        PatchOperation meant = operation;
        read_boolean_texts(*meant.value, *sub);
        return apply(meant);
    }
    TRY_ONLY(apply_at(operation, path, object_at(resource_, extension->urn), *attribute));
    prune(resource_, extension->urn);
    return {};
}

// A pathless operation: each member as if it were the path. Unknown and read-only ones are passed over (decisions).
Result<void> Engine::apply_members(PatchKind kind, const json::object& input)
{
    for (const auto& pair : input) {
        const std::string_view key = pair.key();
        if (const auto* attribute = schema_.find(key)) {
            if (attribute->mutability == Mutability::read_only) continue;
            TRY_ONLY(write(kind, resource_, *attribute, pair.value()));
        } else if (const auto* extension = schema_.extension(key)) {
            if (pair.value().is_null()) {
                resource_.stable_erase(extension->urn);
                continue;
            }
            if (!pair.value().is_object())
                return bad_value("the value of an extension must be an object of attributes");
            TRY_ONLY(apply_extension(kind, *extension, pair.value().get_object()));
        } else if (tolerance_.store_unregistered_extensions && names_extension_attribute(key)) {
            TRY_ONLY(apply({kind, std::string(key), pair.value()}));
        } else if (tolerance_.store_unregistered_extensions && same(key.substr(0, 4), "urn:") &&
                   (pair.value().is_object() || pair.value().is_null())) {
            AttributePath path;
            path.urn = key;
            TRY_ONLY(apply_unregistered({kind, std::string(key), pair.value()}, path));
        }
    }
    return {};
}

// A key that is a path, "urn:…:User:badge", to something a client may write.
bool Engine::names_extension_attribute(std::string_view key) const
{
    if (key.find(':') == std::string_view::npos) return false;
    const auto path = read_path(key);
    if (!path || path->urn.empty() || path->name.empty()) return false;
    const auto* extension = schema_.extension(path->urn);
    // Where a URN tells by itself where it ends, the key is a named quirk's to understand.
    if (extension && read_path(extension->urn)->name.empty()) return false;
    const auto* attribute = extension ? extension->find(path->name) : nullptr;
    if (!attribute || attribute->mutability == Mutability::read_only) return false;
    const auto* sub = path->sub.empty() ? nullptr : attribute->find_sub(path->sub);
    return path->sub.empty() || (sub && sub->mutability != Mutability::read_only);
}

Result<void> Engine::apply_extension(PatchKind kind, const Schema& extension, const json::object& input)
{
    auto& container = object_at(resource_, extension.urn);
    for (const auto& pair : input) {
        const auto* attribute = extension.find(pair.key());
        if (!attribute || attribute->mutability == Mutability::read_only) continue;
        if (is_boolean_text(pair.value(), *attribute)) {
            json::value meant = pair.value();
            read_boolean_texts(meant, *attribute);
            TRY_ONLY(write(kind, container, *attribute, meant));
        } else {
            TRY_ONLY(write(kind, container, *attribute, pair.value()));
        }
    }
    prune(resource_, extension.urn);
    return {};
}

// Something in it is a boolean written as a text, and that is tolerated.
bool Engine::is_boolean_text(const json::value& value, const Attribute& attribute)
{
    if (!tolerance_.boolean_texts || !has_boolean_text(value, attribute)) return false;
    use(entra::tolerated::boolean_as_text);
    return true;
}

Result<void> Engine::apply_at(const PatchOperation& operation, const AttributePath& path, json::object& container,
                              const Attribute& attribute)
{
    const Attribute* sub = nullptr;
    if (!path.sub.empty()) {
        sub = attribute.find_sub(path.sub);
        if (!sub && attribute.mutability != Mutability::read_only) return unknown_path(path.sub);
    }
    if (attribute.mutability == Mutability::read_only || (sub && sub->mutability == Mutability::read_only))
        return bad_request(ScimType::mutability,
                           fmt::format("{}: read-only", sub ? Place{*sub, &attribute}.name() : attribute.name));
    if (path.filter && !attribute.multi_valued)
        return bad_request(ScimType::invalid_path,
                           fmt::format("{}: has one value only, so its path takes no filter", attribute.name));

    if (operation.kind == PatchKind::remove) return remove(operation, path, container, attribute, sub);
    if (path.filter) return write_matching(operation, path, container, attribute, sub);
    if (sub) return write_sub(operation.kind, container, attribute, *sub, *operation.value);
    return write(operation.kind, container, attribute, *operation.value);
}

// An extension this server has no schema for: kept as sent where that is tolerated, otherwise an unknown path.
Result<void> Engine::apply_unregistered(const PatchOperation& operation, const AttributePath& path)
{
    if (!tolerance_.store_unregistered_extensions || !same(std::string_view{path.urn}.substr(0, 4), "urn:"))
        return unknown_path({});
    if (path.filter)
        return bad_request(ScimType::invalid_path, "a filter needs a registered schema: register the extension");
    use(entra::tolerated::unregistered_extension);

    const auto spelled = [](const json::object& object, std::string_view name) -> std::string {
        const auto found =
            std::find_if(object.begin(), object.end(), [&](const auto& pair) { return same(pair.key(), name); });
        return found == object.end() ? std::string(name) : std::string(found->key());
    };
    const bool clears = operation.kind == PatchKind::remove || is_unassigned(*operation.value);
    const std::string urn = spelled(resource_, path.urn);
    if (path.name.empty() && clears) {
        resource_.stable_erase(urn);
        return {};
    }
    if (path.name.empty() && !operation.value->is_object())
        return bad_value("the value of an extension must be an object of attributes");

    auto& container = object_at(resource_, urn);
    const auto put = [&](json::object& object, std::string_view name, const json::value& value) {
        const auto key = spelled(object, name);
        if (is_unassigned(value))
            object.stable_erase(key);
        else
            object[key] = value;
    };
    const json::value nothing;
    std::size_t most_members = 0;
    if (path.name.empty()) {
        for (const auto& pair : operation.value->get_object()) put(container, pair.key(), pair.value());
    } else if (path.sub.empty()) {
        put(container, path.name, clears ? nothing : *operation.value);
    } else {
        const auto name = spelled(container, path.name);
        auto& parts = object_at(container, name);
        put(parts, path.sub, clears ? nothing : *operation.value);
        most_members = parts.size();
        prune(container, name);
    }
    const auto extensions = std::count_if(resource_.begin(), resource_.end(), [&](const auto& pair) {
        return same(std::string_view{pair.key()}.substr(0, 4), "urn:") && !schema_.extension(pair.key());
    });
    most_members = std::max({most_members, container.size(), static_cast<std::size_t>(extensions)});
    if (most_members > most_unregistered)
        return bad_value(fmt::format("at most {} extensions without a schema, of {} attributes each, are kept",
                                     most_unregistered, most_unregistered));
    prune(resource_, urn);
    return {};
}

Result<void> Engine::unknown_path(std::string_view name)
{
    if (tolerance_.ignore_unknown_path) {
        use(entra::tolerated::unknown_path_ignored);
        return {};
    }
    for (const auto& extension : schema_.extensions)
        if (const auto* attribute = extension.find(name))
            return bad_request(ScimType::invalid_path, fmt::format("the path needs the URN of its extension: {}:{}",
                                                                   extension.urn, attribute->name));
    const auto names = schema_.names();
    const std::vector<std::string_view> known(names.begin(), names.end());
    const auto near = core::nearest(name, known.data(), known.size());
    return bad_request(ScimType::invalid_path,
                       near.empty() ? std::string("the path names an attribute that this server does not know")
                                    : fmt::format("the path names an unknown attribute; did you mean {}?", near));
}

// --- writing ------------------------------------------------------------------------------------

Result<void> Engine::write(PatchKind kind, json::object& container, const Attribute& attribute,
                           const json::value& value)
{
    if (is_unassigned(value) && kind == PatchKind::add && attribute.multi_valued) return {}; // adds no element
    if (is_unassigned(value) && (attribute.multi_valued || value.is_null())) {
        if (attribute.required) return bad_value(fmt::format("{}: required, it cannot be cleared", attribute.name));
        if (attribute.mutability == Mutability::immutable && container.contains(attribute.name))
            return bad_request(ScimType::mutability, fmt::format("{}: cannot be changed once set", attribute.name));
        container.stable_erase(attribute.name);
        return {};
    }
    if (attribute.multi_valued) {
        TRY(json::array incoming, checked_list(attribute, value));
        if (kind == PatchKind::add) {
            TRY_ONLY(append(list_at(container, attribute.name), attribute, std::move(incoming)));
        } else {
            json::array list;
            TRY_ONLY(append(list, attribute, std::move(incoming)));
            container[attribute.name] = std::move(list);
        }
        prune(container, attribute.name);
        return {};
    }
    if (attribute.type == Type::complex) {
        if (!value.is_object()) return bad_value(fmt::format("{}: must be an object", attribute.name));
        TRY_ONLY(merge(object_at(container, attribute.name), attribute, value.get_object()));
        prune(container, attribute.name);
        return {};
    }
    TRY(json::value next, checked({attribute}, value));
    auto& present = container[attribute.name];
    if (attribute.mutability == Mutability::immutable && !present.is_null() && present != next)
        return bad_request(ScimType::mutability, fmt::format("{}: cannot be changed once set", attribute.name));
    present = std::move(next);
    return {};
}

// attr.sub: of the one value, or of every element. Where there is no element yet, one is made (RFC 7644 3.5.2.3: a
// target that does not exist is added).
Result<void> Engine::write_sub(PatchKind kind, json::object& container, const Attribute& attribute,
                               const Attribute& sub, const json::value& value)
{
    json::object input;
    input[sub.name] = value;
    if (!attribute.multi_valued) return write(kind, container, attribute, input);

    auto& list = list_at(container, attribute.name);
    if (list.empty() && !is_unassigned(value)) list.push_back(json::object{});
    TRY_ONLY(spend(list.size()));
    std::vector<std::size_t> written;
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (!list[i].is_object()) continue;
        TRY_ONLY(merge(list[i].get_object(), attribute, input));
        if (sub.name == "primary") written.push_back(i);
    }
    TRY_ONLY(keep_one_primary(list, attribute, written));
    prune_elements(list);
    prune(container, attribute.name);
    return {};
}

// attr[filter] and attr[filter].sub
Result<void> Engine::write_matching(const PatchOperation& operation, const AttributePath& path, json::object& container,
                                    const Attribute& attribute, const Attribute* sub)
{
    TRY(const core::Predicate predicate, read_filter(path, attribute));
    const json::value& value = *operation.value;
    if (!sub && !is_unassigned(value) && attribute.type == Type::complex && !value.is_object())
        return bad_value(fmt::format("{}: must be an object", attribute.name));

    auto& list = list_at(container, attribute.name);
    TRY(const auto found, matching(list, predicate));
    if (found.empty()) {
        if (sub && tolerance_.create_unmatched_element) {
            TRY_ONLY(create_matching(container, attribute, *sub, predicate, value));
            prune(container, attribute.name);
            return {};
        }
        return bad_request(ScimType::no_target, fmt::format("{}: no element matches the filter", attribute.name));
    }
    std::vector<std::size_t> written;
    for (const auto i : found) {
        auto& element = list[i];
        if (sub && !element.is_object()) continue;
        if (sub) {
            json::object input;
            input[sub->name] = value;
            TRY_ONLY(merge(element.get_object(), attribute, input));
            if (sub->name == "primary") written.push_back(i);
        } else if (is_unassigned(value)) {
            element = json::object{}; // pruned below
        } else if (operation.kind == PatchKind::add && element.is_object()) {
            TRY_ONLY(merge(element.get_object(), attribute, value.get_object()));
            written.push_back(i);
        } else { // RFC 7644 3.5.2.3: the matching values are replaced, not merged
            TRY(element, checked({attribute}, value));
            written.push_back(i);
        }
    }
    TRY_ONLY(keep_one_primary(list, attribute, written));
    prune_elements(list);
    prune(container, attribute.name);
    return {};
}

// No element matches attr[filter].sub: one that does is made out of the filter's own terms (entra.md, rule 4).
Result<void> Engine::create_matching(json::object& container, const Attribute& attribute, const Attribute& sub,
                                     const core::Predicate& predicate, const json::value& value)
{
    use(entra::tolerated::unmatched_filter_creates);
    if (is_unassigned(value)) return {}; // nothing to clear
    json::object terms;
    equality_terms(predicate, terms);
    if (terms.empty() || !core::holds_for_element(predicate, terms))
        return bad_request(
            ScimType::no_target,
            fmt::format("{}: no element matches the filter, and none can be made that would", attribute.name));
    json::object element;
    TRY_ONLY(merge(element, attribute, terms));
    json::object input;
    input[sub.name] = value;
    TRY_ONLY(merge(element, attribute, input));
    json::array incoming;
    incoming.push_back(std::move(element));
    return append(list_at(container, attribute.name), attribute, std::move(incoming));
}

// Appends what is not there yet, in order.
Result<void> Engine::append(json::array& list, const Attribute& attribute, json::array incoming)
{
    TRY_ONLY(spend(list.size() + incoming.size()));
    std::unordered_set<std::string> known;
    known.reserve(list.size() + incoming.size());
    for (const auto& each : list) known.insert(fingerprint(attribute, each));
    std::vector<std::size_t> written;
    for (auto& each : incoming) {
        if (!known.insert(fingerprint(attribute, each)).second) continue;
        written.push_back(list.size());
        list.push_back(std::move(each));
    }
    if (list.size() > most_elements)
        return bad_value(fmt::format("{}: at most {} values", attribute.name, most_elements));
    return keep_one_primary(list, attribute, written);
}

// RFC 7644 3.5.2: an element made primary makes the others not primary; two at once contradict each other.
Result<void> Engine::keep_one_primary(json::array& list, const Attribute& attribute,
                                      const std::vector<std::size_t>& written)
{
    if (written.empty() || !attribute.find_sub("primary")) return {};
    std::optional<std::size_t> chosen;
    for (const auto i : written) {
        if (!list[i].is_object() || !is_true(list[i].get_object(), "primary")) continue;
        if (chosen) return bad_value(fmt::format("{}: only one value may be primary", attribute.name));
        chosen = i;
    }
    if (!chosen) return {};
    for (std::size_t i = 0; i < list.size(); ++i)
        if (i != *chosen && list[i].is_object() && is_true(list[i].get_object(), "primary"))
            list[i].get_object()["primary"] = false;
    return {};
}

// --- removing -----------------------------------------------------------------------------------

Result<void> Engine::remove(const PatchOperation& operation, const AttributePath& path, json::object& container,
                            const Attribute& attribute, const Attribute* sub)
{
    const Place place = sub ? Place{*sub, &attribute} : Place{attribute};
    if (!path.filter && place.attribute.required)
        return bad_request(ScimType::mutability, fmt::format("{}: required, it cannot be removed", place.name()));
    if (sub && (sub->required || sub->mutability == Mutability::immutable))
        return bad_request(ScimType::mutability, fmt::format("{}: cannot be removed by itself", place.name()));

    const bool has_value = operation.value && !operation.value->is_null();
    if (attribute.multi_valued && !path.filter && !sub && has_value) {
        if (!tolerance_.remove_listed_values)
            return bad_value(
                fmt::format("{}: remove takes no value; name the values by a filter in the path", attribute.name));
        use(entra::tolerated::remove_with_value);
        return remove_listed(container, attribute, *operation.value);
    }

    auto* present = container.if_contains(attribute.name);
    if (!attribute.multi_valued) {
        if (!sub)
            container.stable_erase(attribute.name);
        else if (present && present->is_object())
            present->get_object().stable_erase(sub->name);
        prune(container, attribute.name);
        return {};
    }
    if (!path.filter && !sub) {
        container.stable_erase(attribute.name);
        return {};
    }
    // A filter is read even where there is nothing to remove: a wrong one is refused all the same.
    core::Predicate predicate;
    if (path.filter) {
        TRY(predicate, read_filter(path, attribute));
    }
    if (!present || !present->is_array()) return {};
    auto& list = present->get_array();
    TRY(const auto found, matching(list, predicate));
    for (const auto i : found) {
        if (!sub)
            list[i] = json::object{}; // pruned below
        else if (list[i].is_object())
            list[i].get_object().stable_erase(sub->name);
    }
    prune_elements(list);
    prune(container, attribute.name);
    if (attribute.required && !container.contains(attribute.name))
        return bad_request(ScimType::mutability, fmt::format("{}: required, it cannot be removed", attribute.name));
    return {};
}

// Remove with a list of values removes those (entra.md, rule 6). An element is recognised by its value, and by its type
// where both name one; an attribute whose elements have no value (addresses) by all that is named. A value that names
// nothing is refused: it must never clear the attribute.
Result<void> Engine::remove_listed(json::object& container, const Attribute& attribute, const json::value& listed)
{
    const auto* id = attribute.find_sub("value");
    const auto text_of = [](const Attribute& sub, const json::value& value) {
        if (!value.is_string()) return json::serialize(value);
        return sub.case_exact ? std::string(value.get_string()) : core::fold(value.get_string());
    };
    std::vector<json::object> wanted;
    const auto want = [&](const json::value& each) -> Result<void> {
        json::object terms;
        if (!each.is_object())
            return bad_value(fmt::format("{}: each value to remove must be an object", attribute.name));
        TRY_ONLY(merge(terms, attribute, each.get_object()));
        const auto* named = terms.if_contains("value");
        if (terms.empty() || (id && (!named || (named->is_string() && named->get_string().empty()))))
            return bad_value(fmt::format("{}: each value to remove must name its value", attribute.name));
        wanted.push_back(std::move(terms));
        return {};
    };
    if (const auto* many = listed.if_array()) {
        for (const auto& each : *many) TRY_ONLY(want(each));
    } else {
        TRY_ONLY(want(listed));
    }

    auto* present = container.if_contains(attribute.name);
    if (!present || !present->is_array()) return {};
    auto& list = present->get_array();
    TRY_ONLY(spend(list.size() * wanted.size()));
    const auto is_wanted = [&](const json::value& element) {
        if (!element.is_object()) return false;
        const auto& object = element.get_object();
        return std::any_of(wanted.begin(), wanted.end(), [&](const json::object& terms) {
            return std::all_of(terms.begin(), terms.end(), [&](const auto& term) {
                const auto* sub = attribute.find_sub(term.key());
                const auto* stored = object.if_contains(term.key());
                if (id && sub != id && (sub->name != "type" || !stored)) return true;
                return stored && text_of(*sub, *stored) == text_of(*sub, term.value());
            });
        });
    };
    list.erase(std::remove_if(list.begin(), list.end(), is_wanted), list.end());
    prune(container, attribute.name);
    if (attribute.required && !container.contains(attribute.name))
        return bad_request(ScimType::mutability, fmt::format("{}: required, it cannot be removed", attribute.name));
    return {};
}

// --- small things -------------------------------------------------------------------------------

Result<core::Predicate> Engine::read_filter(const AttributePath& path, const Attribute& attribute)
{
    return parse_value_filter(*path.filter, attribute, ScimType::invalid_path, path_filter_limits);
}

Result<std::vector<std::size_t>> Engine::matching(const json::array& list, const core::Predicate& predicate)
{
    TRY_ONLY(spend(list.size() * nodes_of(predicate)));
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < list.size(); ++i)
        if (core::holds_for_element(predicate, list[i])) found.push_back(i);
    return found;
}

Result<void> Engine::spend(std::size_t steps)
{
    steps_ += steps;
    if (steps_ <= most_steps) return {};
    return Error{HttpStatus::content_too_large, ScimType::none,
                 "the operations look at too many values in one request; send them in several"};
}

void Engine::use(std::string_view tolerance)
{
    if (!tolerated_ || std::find(tolerated_->begin(), tolerated_->end(), tolerance) != tolerated_->end()) return;
    tolerated_->push_back(tolerance);
}

Error about_operation(std::size_t index, Error error)
{
    error.detail = fmt::format("Operations[{}]: {}", index, error.detail);
    return error;
}

Result<PatchOperation> read_operation(const json::value& sent)
{
    const auto* object = sent.if_object();
    if (!object) return bad_request(ScimType::invalid_syntax, "must be an object with op, path and value");

    const auto* op = member(*object, "op");
    if (!op || !op->is_string()) return bad_request(ScimType::invalid_syntax, "op is missing: add, remove or replace");
    PatchOperation operation;
    if (op->get_string() == "add")
        operation.kind = PatchKind::add;
    else if (op->get_string() == "remove")
        operation.kind = PatchKind::remove;
    else if (op->get_string() == "replace")
        operation.kind = PatchKind::replace;
    else
        return bad_request(ScimType::invalid_syntax, "op must be add, remove or replace, in small letters");

    if (const auto* path = member(*object, "path"); path && !path->is_null()) {
        if (!path->is_string()) return bad_request(ScimType::invalid_path, "path must be a text");
        operation.path = path->get_string().subview();
    }
    if (const auto* value = member(*object, "value")) operation.value = *value;
    if (operation.kind != PatchKind::remove && !operation.value) return bad_value("add and replace need a value");
    return operation;
}

} // namespace

Result<std::vector<PatchOperation>> read_patch(const json::value& body, std::size_t most,
                                               const entra::Tolerance& tolerance)
{
    const auto* message = body.if_object();
    if (!message) return bad_request(ScimType::invalid_syntax, "the body must be a JSON object: a PatchOp message");
    const auto* schemas = member(*message, "schemas");
    const auto* urns = schemas ? schemas->if_array() : nullptr;
    const bool is_patch = urns && std::any_of(urns->begin(), urns->end(), [](const json::value& urn) {
                              return urn.is_string() && same(urn.get_string(), patch_op_urn);
                          });
    if (!is_patch) return bad_request(ScimType::invalid_syntax, fmt::format("schemas must be [\"{}\"]", patch_op_urn));

    const auto* list = member(*message, "Operations");
    if (!list || !list->is_array())
        return bad_request(ScimType::invalid_syntax, "Operations is missing: a list of operations");
    const auto& sent = list->get_array();
    if (sent.empty() && !tolerance.allow_no_operations)
        return bad_request(ScimType::invalid_syntax, "Operations is empty: name at least one operation");
    if (sent.size() > most)
        return Error{HttpStatus::content_too_large, ScimType::none,
                     fmt::format("at most {} operations in one PATCH; send them in several requests", most)};

    std::vector<PatchOperation> operations;
    operations.reserve(sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) {
        auto operation = read_operation(sent[i]);
        if (!operation) return about_operation(i, operation.error());
        operations.push_back(*std::move(operation));
    }
    return operations;
}

Result<json::object> apply_patch(json::object resource, const std::vector<PatchOperation>& operations,
                                 const ResourceSchema& schema, const entra::Tolerance& tolerance,
                                 std::vector<std::string_view>* tolerated)
{
    Engine engine{resource, schema, tolerance, tolerated};
    for (std::size_t i = 0; i < operations.size(); ++i)
        if (auto done = engine.apply(operations[i]); !done) return about_operation(i, done.error());
    return resource;
}

} // namespace scim
