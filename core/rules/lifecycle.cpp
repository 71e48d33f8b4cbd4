#include "core/rules/lifecycle.hpp"

#include "core/rules/changes.hpp"
#include "core/rules/status.hpp"
#include "core/rules/tombstone.hpp"

#include <algorithm>

namespace core::rules {

namespace {

std::optional<Instant> later_by(const std::optional<Duration>& delay, Instant now)
{
    return delay ? std::optional{now + *delay} : std::nullopt;
}

// Unassigned or blocked: the directory cannot be asked which (decision 8).
void deactivate(User& user, const Policy& policy, Instant now)
{
    user.former_status = user.status;
    user.status = Status::inactive;
    user.reason = InactiveReason::directory;
    user.purge_at = later_by(policy.purge_inactive_after, now);
    void_tokens(user, now);
}

void soft_delete(User& user, const Policy& policy, Instant now)
{
    if (user.is_active()) user.former_status = user.status;
    user.status = Status::inactive;
    user.reason = InactiveReason::soft_deleted;
    user.soft_deleted_at = now;
    user.purge_at = now + policy.retention;
    void_tokens(user, now);
}

// The clock stops, the user stays inactive.
void end_soft_deletion(User& user, const Policy& policy, Instant now)
{
    user.reason = InactiveReason::directory;
    user.soft_deleted_at.reset();
    user.purge_at = later_by(policy.purge_inactive_after, now);
}

// Under which original name `wanted` would put the user, should it be a tombstone of this user. Either external id may
// vouch for it: a directory may set the id and the tombstone in one step.
std::optional<std::string> tombstone_of(const User& before, const DesiredUser& wanted)
{
    const std::string& known = before.original_user_name ? *before.original_user_name : before.user_name;
    auto original = original_behind(wanted.user_name, known, before.external_id.value_or(""));
    if (!original) original = original_behind(wanted.user_name, known, wanted.external_id.value_or(""));
    return original;
}

void rename(User& user, const User& before, const DesiredUser& wanted)
{
    if (wanted.user_name == before.user_name) return;
    user.original_user_name = tombstone_of(before, wanted);
    user.user_name = wanted.user_name;
}

void take_original_name_back(User& user)
{
    user.user_name = *user.original_user_name;
    user.original_user_name.reset();
}

// Decision 7 and the state machine: what `active` and the name, as they shall be, make of the user.
Activity move(User& user, const User& before, bool active, const Policy& policy, Instant now)
{
    const bool under_tombstone = user.original_user_name.has_value();
    if (before.status == Status::converted_away) return Activity::update_user; // not this directory's to move
    if (before.is_soft_deleted()) {
        if (active) {
            if (under_tombstone) take_original_name_back(user);
            reactivate(user);
            return Activity::restore_user;
        }
        if (!under_tombstone) end_soft_deletion(user, policy, now);
        return Activity::update_user;
    }
    if (active) {
        if (before.is_active()) return Activity::update_user;
        reactivate(user);
        return Activity::reactivate_user;
    }
    if (under_tombstone) {
        soft_delete(user, policy, now);
        return Activity::soft_delete_user;
    }
    if (!before.is_active()) return Activity::update_user;
    deactivate(user, policy, now);
    return Activity::deactivate_user;
}

} // namespace

void void_tokens(User& user, Instant now)
{
    user.tokens_valid_after = std::max(user.tokens_valid_after.value_or(now), now);
}

void reactivate(User& user)
{
    user.status = user.former_status;
    user.reason.reset();
    user.soft_deleted_at.reset();
    user.purge_at.reset();
}

Decision decided(const User& before, User after, Activity activity, Instant now)
{
    Decision decision;
    decision.user = std::move(after);
    if (decision.user == before) return decision;
    decision.activity = activity;
    decision.user.version = before.version + 1;
    decision.user.last_modified = std::max(before.last_modified, now);
    decision.changed = true;
    decision.changes = changes_between(&before, &decision.user);
    return decision;
}

Decision arrive(UserId id, const DesiredUser& wanted, bool domain_verified, const Policy& policy, Instant now)
{
    return arrive(id, wanted, Provenance::scim, domain_verified, policy, now);
}

Decision arrive(UserId id, const DesiredUser& wanted, Provenance how, bool domain_verified, const Policy& policy,
                Instant now)
{
    Decision decision;
    User& user = decision.user;
    user.id = id;
    user.user_name = wanted.user_name;
    user.external_id = wanted.external_id;
    user.provenance = how;
    user.status = user.former_status = status_on_arrival(user.provenance, domain_verified);
    user.created = user.last_modified = now;
    user.profile = wanted.profile;
    if (!wanted.active) deactivate(user, policy, now);

    decision.changed = true;
    decision.activity = Activity::create_user;
    decision.changes = changes_between(nullptr, &user);
    return decision;
}

Decision update(const User& before, const DesiredUser& wanted, const Policy& policy, Instant now)
{
    User user = before;
    user.external_id = wanted.external_id;
    if (!same_attributes(before.profile, wanted.profile)) user.profile = wanted.profile;
    rename(user, before, wanted);
    const Activity activity = move(user, before, wanted.active, policy, now);
    return decided(before, std::move(user), activity, now);
}

Result<Decision> restore(const User& before, const Policy& policy, Instant now)
{
    if (!before.is_soft_deleted()) {
        return Refusal{Reason::not_allowed, "status", "the user is not soft-deleted",
                       "only a soft-deleted user can be restored"};
    }
    return update(before, {before.user_name, before.external_id, true, before.profile}, policy, now);
}

bool is_due_for_purge(const User& user, Instant now)
{
    return !user.is_active() && !user.standing.is_protected && user.purge_at && now >= *user.purge_at;
}

ArchiveRecord archive_of(const User& user, DeletionCause cause, const Policy& policy, Instant now)
{
    ArchiveRecord record;
    record.user = user.id;
    record.user_name = user.user_name;
    record.original_user_name = user.original_user_name.value_or(user.user_name);
    record.external_id = user.external_id.value_or("");
    record.cause = cause;
    record.deleted_at = now;
    record.keep_until = now + policy.archive_retention;
    record.last_state = attributes_of(user);
    return record;
}

} // namespace core::rules
