// Groups on behalf of a directory. Membership changes are deltas inside the caller's transaction, so that parallel
// requests lose nothing; a group's version and last_modified move when, and only when, something really changed.
#pragma once

#include "core/actions/provision.hpp"

#include <string>
#include <vector>

namespace core::actions {

// taken(displayName). `members` are any texts; repeated ones count once.
Result<Group> create_group(WriteTxn&, const Context&, GroupId id, const DesiredGroup&,
                           const std::vector<std::string>& members);

// One step of a group's change, in order.
struct MemberStep {
    enum class Kind : std::uint8_t { add, remove, remove_all, replace_all };
    Kind kind{};
    std::vector<std::string> values;
};
struct UpdatedGroup {
    Group group;
    bool changed = false;
};
// Attributes (when given) and member steps together; atomic. not_found, stale, taken.
Result<UpdatedGroup> update_group(WriteTxn&, const Context&, const GroupId&, const std::optional<DesiredGroup>&,
                                  const std::vector<MemberStep>&, std::optional<std::int64_t> known_version = {});

Result<void> delete_group(WriteTxn&, const Context&, const GroupId&,
                          std::optional<std::int64_t> known_version = {}); // members untouched

} // namespace core::actions
