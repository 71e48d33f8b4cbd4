// What an address means for who arrives by it.
#pragma once

#include "core/store.hpp"

#include <string_view>

namespace core::actions {

// Whether its domain counts as verified for somebody who arrives so (S-091, S-094, S-099). not_allowed where the
// address cannot be had here: its domain is claimed elsewhere (S-176), or the policy requireVerifiedDomain wants
// another of a directory. What both mean is rules/domains'.
Result<bool> arrival_at(WriteTxn&, std::string_view user_name, Provenance);

} // namespace core::actions
