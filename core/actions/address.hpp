// What an address means for who arrives by it.
#pragma once

#include "core/store.hpp"

#include <string_view>

namespace core::actions {

// Whether its domain counts as verified for somebody who arrives so (S-091, S-094, S-099): the organisation has
// verified it. One that has registered no domain at all has nothing to hold its directory's word against: a directory's
// users count as verified there.
Result<bool> arrival_at(WriteTxn&, std::string_view user_name, Provenance);

} // namespace core::actions
