// The life of a user as pure rules: state, facts and time in, a decision out. Requirements: decisions 5 to 9, B, the
// state machine.
#pragma once

#include "core/archive.hpp"
#include "core/base/result.hpp"
#include "core/event.hpp"
#include "core/policy.hpp"
#include "core/user.hpp"

#include <vector>

namespace core::rules {

// The user as it shall be, and what to say about it. `changed` is false when nothing differs: then user equals the one
// given.
struct Decision {
    User user;
    bool changed = false;
    Activity activity = Activity::update_user;
    std::vector<Change> changes;
};

// A directory's create (S-002, S-099, E-103). `domain_verified` decides the status (rules/status).
Decision arrive(UserId, const DesiredUser&, bool domain_verified, const Policy&, Instant now);
// The same in any other way; what may arrive by it is rules/people's to say.
Decision arrive(UserId, const DesiredUser&, Provenance, bool domain_verified, const Policy&, Instant now);

// A directory's update of a living user: rename, tombstone, deactivation, restore, adoption by externalId; any order,
// one step or two.
Decision update(const User& before, const DesiredUser& wanted, const Policy&, Instant now);

// The same as `active` set true alone, by an operator.
Result<Decision> restore(const User& before, const Policy&, Instant now);

// Pieces of which changes of a life are made. `decided` compares the two states, and moves version and last_modified
// when they differ; tokens_valid_after only moves forward (decision 6), and a reactivation leaves it.
Decision decided(const User& before, User after, Activity, Instant now);
void void_tokens(User&, Instant now);
void reactivate(User&);

// Is the purge due? Never of a protected user (TEN-05).
bool is_due_for_purge(const User&, Instant now);

// What the archive keeps of a user that goes.
ArchiveRecord archive_of(const User&, DeletionCause, const Policy&, Instant now);

} // namespace core::rules
