// The events that actions tell: who, when and about whom, with the name they have in that state.
#pragma once

#include "core/actions/provision.hpp"

#include <vector>

namespace core::actions {

Event event_of(const Context&, Activity, const User&, std::vector<Change>);
Event event_of(const Context&, Activity, const Group&, std::vector<Change>);

} // namespace core::actions
