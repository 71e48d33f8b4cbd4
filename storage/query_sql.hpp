// core::Predicate → an SQL condition over `users AS u` or `groups AS g`, with the same truth as core::holds. The text
// is put together from a fixed list of fragments; whatever came with the request, names included, is a parameter.
#pragma once

#include "core/indexed.hpp"
#include "core/predicate.hpp"
#include "storage/sqlite.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace storage {

using Parameter = std::variant<std::int64_t, double, std::string>;

struct Condition {
    std::string sql; // 0 or 1, never null
    std::vector<Parameter> parameters;
    int first = 1; // the number of the first parameter

    void bind_to(Loan&) const; // the condition must outlive the loan's run
};

// Whether the statement around the condition looks at every row of an organisation, which is then its parameter ?1, or
// at one row by its key: what is quickest differs.
enum class Over : std::uint8_t { all, one };

// `first`: how the condition's parameters are numbered, after those of the statement around it.
Condition condition_for(const core::Predicate&, core::Searched, int first, Over = Over::all);

} // namespace storage
