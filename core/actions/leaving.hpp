// What the groups of somebody deleted go through: each has lost a member, so its version and last_modified move.
#pragma once

#include "core/actions/provision.hpp"

#include <boost/json/array.hpp>

#include <vector>

namespace core::actions {

// [{"value", "display"}]: as the deleted one's event and archive record name them.
boost::json::array names_of(const std::vector<Group>&);
// After the store has taken the member out of them.
void move_on(WriteTxn&, const Context&, std::vector<Group>);

} // namespace core::actions
