// What differs between two states of a user or group, attribute by attribute, as events tell it. A state that is not
// there (before a creation, after a deletion) is a null pointer.
#pragma once

#include "core/event.hpp"
#include "core/group.hpp"
#include "core/user.hpp"

#include <vector>

namespace core::rules {

// userName, externalId, active, the profile's attributes by name, then status, reason, originalUserName, softDeletedAt,
// purgeAt and tokensValidAfter, and what differs of the standing; ids, versions and times of change are told by the
// event itself.
std::vector<Change> changes_between(const User* before, const User* after);

// displayName, externalId and the profile's attributes. Members are told by events of their own.
std::vector<Change> changes_between(const Group* before, const Group* after);

// Whether two profiles hold the same attributes, in whatever order they are written.
bool same_attributes(const Profile&, const Profile&);

} // namespace core::rules
