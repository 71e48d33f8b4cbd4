// Which predicates a store answers through an index: microseconds, whatever its size. Callers choose the lane of a
// request by it (HOUSE 5); stores begin their search with the seeds. Pure, no store needed.
#pragma once

#include "core/predicate.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace core {

enum class Searched : std::uint8_t { users, groups };

// One look-up in one index. `text` points into the predicate.
struct IndexSeed {
    enum class Key : std::uint8_t { id, user_name, external_id, email, display_name, member };
    Key key{};
    const std::string* text = nullptr;
};

// Look-ups whose results together contain every match; whoever uses them tests each result with the whole predicate.
// None at all when nothing can match; nothing when only a scan can tell.
std::optional<std::vector<IndexSeed>> index_seeds(const Predicate&, Searched);

inline bool finds_by_index(const Predicate& predicate, Searched searched)
{
    return index_seeds(predicate, searched).has_value();
}

} // namespace core
