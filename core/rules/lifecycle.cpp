#include "core/rules/lifecycle.hpp"

#include "core/rules/status.hpp"
#include "core/rules/tombstone.hpp"

#include <algorithm>

namespace core::rules {
namespace {

using boost::json::value;

value text_or_null(const std::optional<std::string>& text)
{
    return text ? value(boost::json::string_view{*text}) : value{};
}
value time_or_null(const std::optional<Instant>& at)
{
    return at ? value(boost::json::string_view{to_iso(*at)}) : value{};
}
value word_of(std::string_view word) { return value(boost::json::string_view{word}); }

// Before and after of everything an administrator would call a change, by its name on the wire.
std::vector<Change> changes_between(const User* before, const User& after)
{
    std::vector<Change> changes;
    const auto note = [&](std::string_view name, value was, value is) {
        if (was != is) changes.push_back({std::string{name}, std::move(was), std::move(is)});
    };
    note("userName", before ? word_of(before->user_name) : value{}, word_of(after.user_name));
    note("externalId", before ? text_or_null(before->external_id) : value{}, text_or_null(after.external_id));
    note("active", before ? value(before->is_active()) : value{}, value(after.is_active()));
    note("status", before ? word_of(word(before->status)) : value{}, word_of(word(after.status)));
    const auto reason = [](const User& u) { return u.reason ? word_of(word(*u.reason)) : value{}; };
    note("reason", before ? reason(*before) : value{}, reason(after));
    note("originalUserName", before ? text_or_null(before->original_user_name) : value{},
         text_or_null(after.original_user_name));
    note("softDeletedAt", before ? time_or_null(before->soft_deleted_at) : value{},
         time_or_null(after.soft_deleted_at));
    note("purgeAt", before ? time_or_null(before->purge_at) : value{}, time_or_null(after.purge_at));
    note("tokensValidAfter", before ? time_or_null(before->tokens_valid_after) : value{},
         time_or_null(after.tokens_valid_after));
    if (before && before->profile == after.profile) return changes;

    const boost::json::object nothing;
    const auto& was = before ? before->profile.attributes() : nothing;
    const auto& is = after.profile.attributes();
    for (const auto& [name, old_value] : was) {
        const auto* new_value = is.if_contains(name);
        note(name, old_value, new_value ? *new_value : value{});
    }
    for (const auto& [name, new_value] : is)
        if (!was.contains(name)) note(name, value{}, new_value);
    return changes;
}

void deactivate(User& user, InactiveReason reason, const Policy& policy, Instant now)
{
    if (user.status != Status::inactive) user.former_status = user.status;
    user.status = Status::inactive;
    user.reason = reason;
    user.tokens_valid_after = std::max(user.tokens_valid_after.value_or(now), now); // only ever forward (decision 6)
    user.purge_at = policy.purge_inactive_after ? std::optional{now + *policy.purge_inactive_after} : std::nullopt;
}

void reactivate(User& user)
{
    user.status = user.former_status;
    user.reason.reset();
    user.soft_deleted_at.reset();
    user.purge_at.reset();
}

} // namespace

Decision arrive(UserId id, const DesiredUser& wanted, bool domain_verified, const Policy& policy, Instant now)
{
    User user;
    user.id = id;
    user.user_name = wanted.user_name;
    user.external_id = wanted.external_id;
    user.provenance = Provenance::scim;
    user.status = status_on_arrival(Provenance::scim, domain_verified);
    user.former_status = user.status;
    user.created = user.last_modified = now;
    user.profile = wanted.profile;
    if (!wanted.active) deactivate(user, InactiveReason::directory, policy, now); // E-103
    auto changes = changes_between(nullptr, user);
    return {std::move(user), true, Activity::create_user, std::move(changes)};
}

Decision update(const User& before, const DesiredUser& wanted, const Policy& policy, Instant now)
{
    User after = before;
    after.user_name = wanted.user_name;
    after.external_id = wanted.external_id;
    after.profile = wanted.profile;
    auto activity = Activity::update_user;

    const auto& known_name = before.original_user_name ? *before.original_user_name : before.user_name;
    const auto buried =
        original_behind(wanted.user_name, known_name, wanted.external_id.value_or(before.external_id.value_or("")));
    const bool is_shell = before.status == Status::converted_away; // its account has left: `active` means nothing here

    if (before.is_soft_deleted() && wanted.active) {
        // Decision 7: active set true, alone or with the name, is a full restore; alone, the original name comes back.
        if (buried) after.user_name = *buried;
        after.original_user_name.reset();
        reactivate(after);
        activity = Activity::restore_user;
    } else {
        if (buried)
            after.original_user_name = *buried;
        else
            after.original_user_name.reset();

        if (before.is_soft_deleted() && !buried) {
            // The name set back alone: the clock stops, the user stays inactive.
            after.soft_deleted_at.reset();
            after.purge_at.reset();
            after.reason = InactiveReason::directory;
        } else if (is_shell) {
        } else if (buried && !wanted.active && !before.is_soft_deleted()) {
            // Tombstone and inactive both hold from now on, in whatever order they came: the clock starts.
            deactivate(after, InactiveReason::soft_deleted, policy, now);
            after.soft_deleted_at = now;
            after.purge_at = now + policy.retention;
            activity = Activity::soft_delete_user;
        } else if (!wanted.active && before.is_active()) {
            deactivate(after, InactiveReason::directory, policy, now);
            activity = Activity::deactivate_user;
        } else if (wanted.active && !before.is_active()) {
            reactivate(after);
            activity = Activity::reactivate_user;
        }
    }

    if (after == before) return {before, false, activity, {}};
    after.version = before.version + 1;
    after.last_modified = std::max(now, before.last_modified); // a clock that went back does not make a change look old
    auto changes = changes_between(&before, after);
    return {std::move(after), true, activity, std::move(changes)};
}

Result<Decision> restore(const User& before, const Policy& policy, Instant now)
{
    if (!before.is_soft_deleted())
        return Refusal{Reason::not_allowed, "status", "this user is not soft-deleted",
                       "only a soft-deleted user can be restored"};
    return update(before, DesiredUser{before.user_name, before.external_id, true, before.profile}, policy, now);
}

bool is_due_for_purge(const User& user, Instant now) { return user.purge_at && now >= *user.purge_at; }

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
