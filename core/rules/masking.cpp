#include "core/rules/masking.hpp"

#include "core/base/json.hpp"

#include <boost/json/array.hpp>

#include <utility>

namespace core::rules {

namespace {

namespace bj = boost::json;

void hide(bj::value& value)
{
    if (!value.is_null()) value = bj::string_view{mask.data(), mask.size()};
}

bool is_never_shown(const bj::value& attribute)
{
    const bj::value* const returned = attribute.as_object().if_contains("returned");
    return returned != nullptr && *returned == "never";
}

// Calls `found` with each attribute of a definition, or sub-attribute of an attribute.
template<class Found>
void each(const bj::value& definition, bj::string_view list, const Found& found)
{
    const bj::value* const attributes = definition.as_object().if_contains(list);
    if (attributes == nullptr) return;
    for (const bj::value& attribute : attributes->as_array()) found(attribute);
}

bj::value* member(bj::value& value, const bj::value& attribute)
{
    bj::object* const object = value.if_object();
    return object == nullptr ? nullptr : object->if_contains(attribute.at("name").as_string());
}

void hide_parts(bj::value& value, const bj::value& attribute)
{
    if (bj::array* const elements = value.if_array()) {
        for (bj::value& element : *elements) hide_parts(element, attribute);
        return;
    }
    each(attribute, "subAttributes", [&](const bj::value& part) {
        bj::value* const held = member(value, part);
        if (held != nullptr && is_never_shown(part)) hide(*held);
    });
}

// `value` is what is stored under the schema's URN.
void hide_in_extension(bj::value& value, const bj::value& schema)
{
    each(schema, "attributes", [&](const bj::value& attribute) {
        bj::value* const held = member(value, attribute);
        if (held == nullptr) return;
        if (is_never_shown(attribute))
            hide(*held);
        else
            hide_parts(*held, attribute);
    });
}

bj::array schemas_in(std::string_view text)
{
    if (text.find("\"never\"") == std::string_view::npos) return {}; // most hide nothing, and are not read
    auto read = json::read(text);
    return read && read->is_array() ? std::move(read->get_array()) : bj::array{};
}

} // namespace

std::vector<Change> masked(std::vector<Change> changes, std::string_view schemas)
{
    for (const bj::value& schema : schemas_in(schemas)) {
        const std::string_view urn = schema.at("id").as_string();
        for (Change& change : changes) {
            if (change.attribute != urn) continue;
            hide_in_extension(change.before, schema);
            hide_in_extension(change.after, schema);
        }
    }
    return changes;
}

bj::object masked(bj::object resource, std::string_view schemas)
{
    for (const bj::value& schema : schemas_in(schemas))
        if (bj::value* const extension = resource.if_contains(schema.at("id").as_string()))
            hide_in_extension(*extension, schema);
    return resource;
}

} // namespace core::rules
