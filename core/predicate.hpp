// The tree a filter becomes (RFC 7644 3.4.2.2), attributes resolved. One tree, two consumers: evaluated in memory here,
// turned into SQL by a store; both give the same answer on the same resource.
//
// Meaning, where the RFC leaves room:
// * a comparison with a multi-valued attribute holds when any of its values matches; with `attr.sub` any element's
// `sub`;
//   a multi-valued complex attribute without a sub-attribute stands for its `value`;
// * `ne` is the negation of `eq` (so it holds for an absent attribute); `eq null` holds for an absent one;
// * ordering comparisons with an absent value, or between different kinds, do not hold; booleans and binary have no
// order
//   (the parser refuses them); text order is by folded code points unless case_exact;
// * `within` (attr[…]) holds when one and the same element satisfies the inner tree, whose attributes name
// sub-attributes only;
// * a present attribute (`pr`) has a value that is neither null, "" nor an empty array or object.
#pragma once

#include "core/base/clock.hpp"

#include <boost/json/object.hpp>

#include <compare>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace core {

enum class ValueKind : std::uint8_t { text, boolean, number, instant, complex };
enum class Comparison : std::uint8_t { eq, ne, co, sw, ew, gt, ge, lt, le };

// A resolved attribute: names in canonical spelling. `sub` empty: the attribute itself. Inside `within`, `name` is the
// sub-attribute.
struct AttributeRef {
    std::string extension; // schema URN; empty: the core schema
    std::string name;
    std::string sub;
    ValueKind kind = ValueKind::text;
    bool case_exact = false;
    bool multi_valued = false; // of `name`
    bool operator==(const AttributeRef&) const = default;
};

// The parser has brought a literal to the attribute's kind: an Instant for an instant, and so on.
using Literal = std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Instant>;

struct Predicate {
    enum class Kind : std::uint8_t { all_of, any_of, negation, compare, present, within };
    Kind kind = Kind::all_of;        // all_of of nothing holds always
    std::vector<Predicate> children; // all_of, any_of: any number; negation, within: one
    AttributeRef attribute;          // compare, present, within
    Comparison comparison = Comparison::eq;
    Literal literal;
    bool operator==(const Predicate&) const = default;

    static Predicate both(Predicate a, Predicate b);
    static Predicate either(Predicate a, Predicate b);
    static Predicate none_of(Predicate a);
    static Predicate is(AttributeRef, Comparison, Literal);
    static Predicate has(AttributeRef);
    static Predicate some(AttributeRef, Predicate inner);
};

// Does the resource, as attributes_of() gives it, satisfy the predicate?
bool holds(const Predicate&, const boost::json::object& resource);
// Does one element of a multi-valued attribute satisfy the inside of a `within`? For PATCH paths. A bare (non-object)
// element is its own `value`.
bool holds_for_element(const Predicate& inner, const boost::json::value& element);

} // namespace core
