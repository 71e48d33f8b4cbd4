// Lists that are asked for by POST (RFC 7644 3.4.3), and those across all kinds of resources at the root (3.4.2.1).
#pragma once

#include "scim/call.hpp"

#include <cstdint>

namespace scim::search {

// POST …/.search: the parameters come in the body, a SearchRequest. 400 invalidSyntax for a body that is none.
Result<Work> users(const Call&);
Result<Work> groups(const Call&);
Result<Work> everything(const Call&);

// GET on the base address: users and groups in one list, users first where the order leaves it open. An attribute that
// only one kind has is one without a value for the other.
Result<Work> list(const Call&);

// Of a sorted list across kinds, resources further down than this are reached by cursor only: 400 tooMany.
inline constexpr std::int64_t deepest_sorted = 10'000;

} // namespace scim::search
