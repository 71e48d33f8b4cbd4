// What a directory does to users: facts from the store → rules/lifecycle → the new row and its events. One transaction,
// given by the caller. Sources: requirements S-001…S-010, S-058…S-078, decisions 5-9.
#pragma once

#include "core/store.hpp"

#include <optional>
#include <string>

namespace core {

// Who asks, when, and under which rules; made once per request.
struct Context {
    Instant now{};
    Actor actor;
    std::string request_id;
};

} // namespace core

namespace core::actions {

// taken(userName), taken(externalId) by policy; not_allowed where the address cannot be had here (actions/address).
// Arrives with the status of rules/status, by whether the domain of the userName is verified here; a directory may
// create inactive users (E-103). Who arrives not verified is invited where the policy says so.
Result<User> create_user(WriteTxn&, const Context&, UserId id, const DesiredUser&);

struct Updated {
    User user;
    bool changed = false; // false: nothing was written, version and last_modified are as before (E-67)
};
// not_found; stale when `known_version` is given and is not the stored one; taken; not_allowed for a new address, as
// above; guarded (rules/people, check_directory). Decides rename, soft delete, restore (decision 7).
Result<Updated> update_user(WriteTxn&, const Context&, const UserId&, const DesiredUser&,
                            std::optional<std::int64_t> known_version = {});
// The same for a user that the caller has read in this transaction.
Result<Updated> update_user(WriteTxn&, const Context&, const User& before, const DesiredUser&);

// Purges from any living state (decision 9): archive record, event, memberships gone. not_found, stale, guarded.
Result<void> delete_user(WriteTxn&, const Context&, const UserId&, std::optional<std::int64_t> known_version = {});

// The end of a user whose existence and version the caller has checked: the last state and the groups go to the
// archive, every group that named the user moves on by one version, one event (purge_user for `retention`, else
// delete_user) tells what was there.
void remove_user(WriteTxn&, const Context&, const User&, DeletionCause);

// By an operator's hand (`rollcall user restore`): as `active` set true alone. not_found, not_allowed unless
// soft-deleted, taken.
Result<User> restore_user(WriteTxn&, const Context&, const UserId&);

} // namespace core::actions
