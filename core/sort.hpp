// The order of a list (RFC 7644 3.4.2.3) and a position in it. One meaning for every store:
// * a resource is sorted by one value of the attribute: of a multi-valued one the primary element's, else the first's;
// * text by core::fold unless case_exact, in code point order, as far as its first 512 characters tell it apart (so
// that
//   a position is never long); false before true; numbers and instants by size;
// * what has no value, or one of another kind, comes last; equals come by the store's internal key;
// * descending is ascending read backwards: what has no value comes first.
#pragma once

#include "core/predicate.hpp"

#include <boost/json/object.hpp>

#include <compare>
#include <cstdint>
#include <string>
#include <variant>

namespace core {

struct Sort {
    AttributeRef by;
    bool descending = false;
    bool operator==(const Sort&) const = default;
};

inline constexpr std::size_t sort_characters = 512;

// What a resource is sorted by: nothing, a truth (0, 1), instant (milliseconds) or number, or text ready to be
// compared.
using SortKey = std::variant<std::monostate, std::int64_t, double, std::string>;
SortKey sort_key_of(const Sort&, const boost::json::object& resource); // as attributes_of() gives it
// Ascending, nothing last. Only keys of one attribute are compared.
std::weak_ordering in_order(const SortKey&, const SortKey&);

// Where a page ended: the last resource's key and the store's internal key. It stays a position when that resource is
// no more. Without a sort the key is nothing.
struct Position {
    SortKey key;
    std::int64_t row = 0;
    bool operator==(const Position&) const = default;
};
// Whether `a` stands before `b`.
bool before(const Position& a, const Position& b, bool descending);

} // namespace core
