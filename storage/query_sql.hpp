// core::Predicate → an SQL condition over `users AS u` or `groups AS g`, with the same truth as core::holds; core::Sort
// → the expression they are sorted by, the same as core::sort_key_of. The text is put together from a fixed list of
// pieces; whatever came with the request, names included, is a parameter.
#pragma once

#include "core/indexed.hpp"
#include "core/predicate.hpp"
#include "core/sort.hpp"
#include "storage/sqlite.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace storage {

using Parameter = std::variant<std::int64_t, double, std::string>;

struct Fragment {
    std::string sql;
    std::vector<Parameter> parameters;
    int first = 1; // the number of the first parameter

    int next() const { return first + static_cast<int>(parameters.size()); }
    void bind_to(Loan&) const; // the fragment must outlive the loan's run
};

// Whether the statement around the condition looks at every row of an organisation, which is then its parameter ?1, or
// at one row by its key: what is quickest differs.
enum class Over : std::uint8_t { all, one };

// 0 or 1, never null. `first`: how the parameters are numbered, after those of the statement around it.
Fragment condition_for(const core::Predicate&, core::Searched, int first, Over = Over::all);
// Null for nothing, else of one type for all rows (numbers are two): SQLite's own order is core::in_order.
Fragment sort_key_for(const core::Sort&, core::Searched, int first);

} // namespace storage
