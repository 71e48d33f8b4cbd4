// The events that actions tell: who, when and about whom, with the name they have in that state; what is never shown is
// masked.
#pragma once

#include "core/actions/provision.hpp"
#include "core/licence.hpp"

#include <vector>

namespace core::actions {

void tell(WriteTxn&, const Context&, Activity, const User&, std::vector<Change>);
void tell(WriteTxn&, const Context&, Activity, const Group&, std::vector<Change>);
void tell(WriteTxn&, const Context&, Activity, const Licence&, std::vector<Change>);

} // namespace core::actions
