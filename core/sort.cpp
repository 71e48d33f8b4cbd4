#include "core/sort.hpp"

#include "core/base/text.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <limits>
#include <string_view>

namespace core {

namespace {

namespace bj = boost::json;

const bj::value* member(const bj::value& value, std::string_view name)
{
    const bj::object* const object = value.if_object();
    return object == nullptr ? nullptr : object->if_contains(name);
}

const bj::value* attribute_of(const AttributeRef& by, const bj::object& resource)
{
    if (by.extension.empty()) return resource.if_contains(by.name);
    const bj::value* const extension = resource.if_contains(by.extension);
    return extension == nullptr ? nullptr : member(*extension, by.name);
}

// The primary element, else the first.
const bj::value* chosen(const bj::array& elements)
{
    if (elements.empty()) return nullptr;
    const auto primary = std::find_if(elements.begin(), elements.end(), [](const bj::value& element) {
        const bj::value* const flag = member(element, "primary");
        return flag != nullptr && flag->is_bool() && flag->get_bool();
    });
    return primary == elements.end() ? &elements.front() : &*primary;
}

const bj::value* value_of(const AttributeRef& by, const bj::object& resource)
{
    const bj::value* value = attribute_of(by, resource);
    if (value == nullptr) return nullptr;
    std::string_view sub = by.sub;
    if (by.multi_valued) {
        if (const bj::array* const elements = value->if_array()) value = chosen(*elements);
        if (value == nullptr) return nullptr;
        if (sub.empty()) sub = "value";
        if (!value->is_object()) return sub == "value" ? value : nullptr; // a bare element is its own value
    }
    return sub.empty() ? value : member(*value, sub);
}

std::string first_characters(std::string text)
{
    std::size_t characters = 0;
    for (std::size_t i = 0; i < text.size(); ++i)
        if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80 && ++characters > sort_characters) {
            text.resize(i);
            break;
        }
    return text;
}

long double number(const SortKey& key)
{
    static_assert(std::numeric_limits<long double>::digits >= 64);
    if (const auto* const whole = std::get_if<std::int64_t>(&key)) return static_cast<long double>(*whole);
    return static_cast<long double>(std::get<double>(key));
}

} // namespace

SortKey sort_key_of(const Sort& sort, const bj::object& resource)
{
    const bj::value* const value = value_of(sort.by, resource);
    if (value == nullptr) return {};
    switch (sort.by.kind) {
    case ValueKind::text:
        if (!value->is_string()) return {};
        return first_characters(sort.by.case_exact ? std::string{std::string_view{value->get_string()}}
                                                   : fold(value->get_string()));
    case ValueKind::boolean:
        if (!value->is_bool()) return {};
        return std::int64_t{value->get_bool()};
    case ValueKind::instant: {
        const auto at = value->is_string() ? from_iso(value->get_string()) : std::optional<Instant>{};
        if (!at) return {};
        return std::int64_t{at->time_since_epoch().count()};
    }
    case ValueKind::number:
        if (value->is_int64()) return value->get_int64();
        if (value->is_double()) return value->get_double();
        if (value->is_uint64()) return static_cast<double>(value->get_uint64());
        return {};
    case ValueKind::complex: return {};
    }
    return {};
}

std::weak_ordering in_order(const SortKey& a, const SortKey& b)
{
    const bool a_is_nothing = std::holds_alternative<std::monostate>(a);
    const bool b_is_nothing = std::holds_alternative<std::monostate>(b);
    if (a_is_nothing || b_is_nothing) return a_is_nothing <=> b_is_nothing;
    const auto* const a_text = std::get_if<std::string>(&a);
    const auto* const b_text = std::get_if<std::string>(&b);
    if (a_text != nullptr && b_text != nullptr) return *a_text <=> *b_text; // UTF-8's bytes are in code point order
    if (a_text != nullptr || b_text != nullptr) return (a_text != nullptr) <=> (b_text != nullptr);
    const auto order = number(a) <=> number(b); // no number of JSON is unordered
    return order < 0   ? std::weak_ordering::less
           : order > 0 ? std::weak_ordering::greater
                       : std::weak_ordering::equivalent;
}

bool before(const Position& a, const Position& b, bool descending)
{
    if (descending) return before(b, a, false);
    const auto order = in_order(a.key, b.key);
    return order != 0 ? order < 0 : a.row < b.row;
}

} // namespace core
