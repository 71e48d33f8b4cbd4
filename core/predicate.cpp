#include "core/predicate.hpp"

#include "core/base/text.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>
#include <string_view>

namespace core {

namespace {

namespace bj = boost::json;

std::string_view view(const bj::string& text) { return {text.data(), text.size()}; }

const bj::value* member(const bj::value& value, std::string_view name)
{
    const bj::object* const object = value.if_object();
    return object == nullptr ? nullptr : object->if_contains({name.data(), name.size()});
}

bool has_value(const bj::value& value)
{
    switch (value.kind()) {
    case bj::kind::null: return false;
    case bj::kind::string: return !value.get_string().empty();
    case bj::kind::array: return !value.get_array().empty();
    case bj::kind::object: return !value.get_object().empty();
    case bj::kind::bool_:
    case bj::kind::int64:
    case bj::kind::uint64:
    case bj::kind::double_: return true;
    }
    return false;
}

// Whether an order satisfies a comparison; co, sw and ew are not questions of order.
bool satisfies(Comparison comparison, std::partial_ordering order)
{
    switch (comparison) {
    case Comparison::eq: return order == 0;
    case Comparison::gt: return order > 0;
    case Comparison::ge: return order >= 0;
    case Comparison::lt: return order < 0;
    case Comparison::le: return order <= 0;
    case Comparison::ne:
    case Comparison::co:
    case Comparison::sw:
    case Comparison::ew: return false;
    }
    return false;
}

bool text_matches(std::string_view value, Comparison comparison, std::string_view wanted)
{
    switch (comparison) {
    case Comparison::co: return value.find(wanted) != std::string_view::npos;
    case Comparison::sw: return value.starts_with(wanted);
    case Comparison::ew: return value.ends_with(wanted);
    case Comparison::eq:
    case Comparison::ne:
    case Comparison::gt:
    case Comparison::ge:
    case Comparison::lt:
    case Comparison::le: return satisfies(comparison, value <=> wanted); // bytes of UTF-8 are in code point order
    }
    return false;
}

// x86's long double holds every int64, uint64 and double exactly.
std::optional<long double> number_of(const bj::value& value)
{
    static_assert(std::numeric_limits<long double>::digits >= 64);
    if (const auto* const number = value.if_int64()) return static_cast<long double>(*number);
    if (const auto* const number = value.if_uint64()) return static_cast<long double>(*number);
    if (const auto* const number = value.if_double()) return static_cast<long double>(*number);
    return {};
}

// One comparison with its literal folded once, however many values it meets.
class Comparing {
public:
    explicit Comparing(const Predicate& predicate)
        : literal_{predicate.literal}, case_exact_{predicate.attribute.case_exact},
          comparison_{predicate.comparison == Comparison::ne ? Comparison::eq : predicate.comparison}
    {
        if (const auto* const text = std::get_if<std::string>(&literal_)) wanted_ = case_exact_ ? *text : fold(*text);
    }

    bool operator()(const bj::value& value) const
    {
        if (std::holds_alternative<std::string>(literal_)) {
            const bj::string* const text = value.if_string();
            if (text == nullptr) return false;
            return text_matches(case_exact_ ? std::string{view(*text)} : fold(view(*text)), comparison_, wanted_);
        }
        if (const auto* const truth = std::get_if<bool>(&literal_)) {
            return comparison_ == Comparison::eq && value.is_bool() && value.get_bool() == *truth;
        }
        if (const auto* const instant = std::get_if<Instant>(&literal_)) {
            const bj::string* const text = value.if_string();
            const auto at = text == nullptr ? std::optional<Instant>{} : from_iso(view(*text));
            return at && satisfies(comparison_, *at <=> *instant);
        }
        const auto number = number_of(value);
        if (!number) return false;
        if (const auto* const whole = std::get_if<std::int64_t>(&literal_)) {
            return satisfies(comparison_, *number <=> static_cast<long double>(*whole));
        }
        if (const auto* const decimal = std::get_if<double>(&literal_)) {
            return satisfies(comparison_, *number <=> static_cast<long double>(*decimal));
        }
        return false;
    }

private:
    const Literal& literal_;
    bool case_exact_;
    Comparison comparison_;
    std::string wanted_;
};

// Where a tree's attributes are looked up.
class Place {
public:
    virtual ~Place() = default;
    virtual bool any_value(const AttributeRef&, const std::function<bool(const bj::value&)>&) const = 0;
    virtual bool is_present(const AttributeRef&) const = 0;
    virtual bool any_element(const AttributeRef&, const Predicate& inner) const = 0;
};

bool holds_at(const Predicate& predicate, const Place& place)
{
    const auto each = [&](const Predicate& child) { return holds_at(child, place); };
    switch (predicate.kind) {
    case Predicate::Kind::all_of: return std::all_of(predicate.children.begin(), predicate.children.end(), each);
    case Predicate::Kind::any_of: return std::any_of(predicate.children.begin(), predicate.children.end(), each);
    case Predicate::Kind::negation: return !each(predicate.children.front());
    case Predicate::Kind::present: return place.is_present(predicate.attribute);
    case Predicate::Kind::within: return place.any_element(predicate.attribute, predicate.children.front());
    case Predicate::Kind::compare: break;
    }
    const bool negated = predicate.comparison == Comparison::ne;
    if (std::holds_alternative<std::nullptr_t>(predicate.literal)) {
        if (!negated && predicate.comparison != Comparison::eq) return false;
        return place.is_present(predicate.attribute) == negated;
    }
    return place.any_value(predicate.attribute, Comparing{predicate}) != negated;
}

// An element of a multi-valued attribute: names are sub-attributes, and what is no object is its own `value`.
class ElementPlace final : public Place {
public:
    explicit ElementPlace(const bj::value& element) : element_{element} {}

    bool any_value(const AttributeRef& attribute, const std::function<bool(const bj::value&)>& test) const override
    {
        const bj::value* const value = find(attribute.name);
        if (value == nullptr) return false;
        if (const bj::array* const array = value->if_array()) return std::any_of(array->begin(), array->end(), test);
        return test(*value);
    }
    bool is_present(const AttributeRef& attribute) const override
    {
        const bj::value* const value = find(attribute.name);
        return value != nullptr && has_value(*value);
    }
    bool any_element(const AttributeRef&, const Predicate&) const override { return false; } // no filters in filters

private:
    const bj::value* find(std::string_view name) const
    {
        if (element_.is_object()) return member(element_, name);
        return name == "value" ? &element_ : nullptr;
    }

    const bj::value& element_;
};

class ResourcePlace final : public Place {
public:
    explicit ResourcePlace(const bj::object& resource) : resource_{resource} {}

    bool any_value(const AttributeRef& attribute, const std::function<bool(const bj::value&)>& test) const override
    {
        const bj::value* const value = find(attribute);
        if (value == nullptr) return false;
        const std::string_view sub = attribute.sub.empty() ? std::string_view{"value"} : attribute.sub;
        const auto test_element = [&](const bj::value& element) {
            if (element.is_object()) {
                const bj::value* const inside = member(element, sub);
                return inside != nullptr && test(*inside);
            }
            return sub == "value" && test(element);
        };
        if (const bj::array* const array = value->if_array()) {
            return std::any_of(array->begin(), array->end(), test_element);
        }
        if (attribute.multi_valued) return test_element(*value);
        if (attribute.sub.empty()) return test(*value);
        const bj::value* const inside = member(*value, attribute.sub);
        return inside != nullptr && test(*inside);
    }
    bool is_present(const AttributeRef& attribute) const override
    {
        if (!attribute.sub.empty()) return any_value(attribute, has_value);
        const bj::value* const value = find(attribute);
        return value != nullptr && has_value(*value);
    }
    bool any_element(const AttributeRef& attribute, const Predicate& inner) const override
    {
        const bj::value* const value = find(attribute);
        if (value == nullptr || value->is_null()) return false;
        const auto test = [&](const bj::value& element) { return holds_for_element(inner, element); };
        if (const bj::array* const array = value->if_array()) return std::any_of(array->begin(), array->end(), test);
        return test(*value);
    }

private:
    const bj::value* find(const AttributeRef& attribute) const
    {
        if (attribute.extension.empty()) return resource_.if_contains(attribute.name);
        const bj::value* const extension = resource_.if_contains(attribute.extension);
        return extension == nullptr ? nullptr : member(*extension, attribute.name);
    }

    const bj::object& resource_;
};

Predicate combine(Predicate::Kind kind, Predicate a, Predicate b)
{
    Predicate combined;
    combined.kind = kind;
    combined.children.push_back(std::move(a));
    combined.children.push_back(std::move(b));
    return combined;
}

} // namespace

Predicate Predicate::both(Predicate a, Predicate b) { return combine(Kind::all_of, std::move(a), std::move(b)); }

Predicate Predicate::either(Predicate a, Predicate b) { return combine(Kind::any_of, std::move(a), std::move(b)); }

Predicate Predicate::none_of(Predicate a)
{
    Predicate negation;
    negation.kind = Kind::negation;
    negation.children.push_back(std::move(a));
    return negation;
}

Predicate Predicate::is(AttributeRef attribute, Comparison comparison, Literal literal)
{
    Predicate compare;
    compare.kind = Kind::compare;
    compare.attribute = std::move(attribute);
    compare.comparison = comparison;
    compare.literal = std::move(literal);
    return compare;
}

Predicate Predicate::has(AttributeRef attribute)
{
    Predicate present;
    present.kind = Kind::present;
    present.attribute = std::move(attribute);
    return present;
}

Predicate Predicate::some(AttributeRef attribute, Predicate inner)
{
    Predicate within;
    within.kind = Kind::within;
    within.attribute = std::move(attribute);
    within.children.push_back(std::move(inner));
    return within;
}

bool holds(const Predicate& predicate, const bj::object& resource)
{
    return holds_at(predicate, ResourcePlace{resource});
}

bool holds_for_element(const Predicate& inner, const bj::value& element)
{
    return holds_at(inner, ElementPlace{element});
}

} // namespace core
