#include "core/actions/provision.hpp"

#include "core/actions/address.hpp"
#include "core/actions/leaving.hpp"
#include "core/actions/licensing.hpp"
#include "core/actions/people.hpp"
#include "core/actions/refusals.hpp"
#include "core/actions/telling.hpp"
#include "core/rules/changes.hpp"
#include "core/rules/domains.hpp"
#include "core/rules/lifecycle.hpp"
#include "core/rules/masking.hpp"
#include "core/rules/people.hpp"

namespace core::actions {

namespace {

// Writes the decision's user over the one it was made from, and says so.
Result<void> carry_out(WriteTxn& txn, const Context& context, const rules::Decision& decision,
                       std::int64_t known_version)
{
    TRY_ONLY(txn.replace(decision.user, known_version));
    tell(txn, context, decision.activity, decision.user, decision.changes);
    return {};
}

// TEN-05, TEN-09; nothing is looked up for the many who are neither protected nor administrators.
Result<void> check_guard(WriteTxn& txn, const User& before, const User* after)
{
    const Standing& standing = before.standing;
    if (!standing.is_protected && !standing.is_administrator) return {};
    return rules::check_directory(before, after, facts_of(txn, before));
}

} // namespace

Result<User> create_user(WriteTxn& txn, const Context& context, UserId id, const DesiredUser& wanted)
{
    const Policy& policy = txn.organisation().policy;
    TRY(const bool domain_verified, arrival_at(txn, wanted.user_name, Provenance::scim));
    rules::Decision decision = rules::arrive(id, wanted, domain_verified, policy, context.now);
    TRY(decision.user.standing.licences, take_automatic_licences(txn));
    TRY_ONLY(txn.insert(decision.user));
    tell(txn, context, decision.activity, decision.user, std::move(decision.changes));
    if (decision.user.status == Status::not_verified) invite_if_possible(txn, context, decision.user);
    return std::move(decision.user);
}

Result<Updated> update_user(WriteTxn& txn, const Context& context, const UserId& id, const DesiredUser& wanted,
                            std::optional<std::int64_t> known_version)
{
    const auto before = txn.user(id);
    if (!before) return not_found("user");
    TRY_ONLY(must_be_known(before->version, known_version));
    return update_user(txn, context, *before, wanted);
}

Result<Updated> update_user(WriteTxn& txn, const Context& context, const User& before, const DesiredUser& wanted)
{
    rules::Decision decision = rules::update(before, wanted, txn.organisation().policy, context.now);
    if (decision.changed) {
        TRY_ONLY(check_guard(txn, before, &decision.user));
        if (rules::is_new_address(before, decision.user))
            TRY_ONLY(arrival_at(txn, decision.user.user_name, Provenance::scim));
        TRY_ONLY(carry_out(txn, context, decision, before.version));
    }
    return Updated{std::move(decision.user), decision.changed};
}

Result<void> delete_user(WriteTxn& txn, const Context& context, const UserId& id,
                         std::optional<std::int64_t> known_version)
{
    const auto user = txn.user(id);
    if (!user) return not_found("user");
    TRY_ONLY(must_be_known(user->version, known_version));
    if (user->status == Status::converted_away) {
        return Refusal{Reason::not_allowed, "status",
                       "another organisation has claimed the user, who has yet to choose",
                       "wait until the user has chosen or the time for it is over"};
    }
    TRY_ONLY(check_guard(txn, *user, nullptr));
    const bool by_directory = context.actor.kind == "token";
    remove_user(txn, context, *user, by_directory ? DeletionCause::directory : DeletionCause::admin);
    return {};
}

void remove_user(WriteTxn& txn, const Context& context, const User& user, DeletionCause cause)
{
    std::vector<Group> groups;
    if (user.in_groups) groups = txn.groups_of(to_text(user.id));
    ArchiveRecord record = rules::archive_of(user, cause, txn.organisation().policy, context.now);
    std::vector<Change> changes = rules::changes_between(&user, nullptr);
    if (!groups.empty()) {
        changes.push_back({"groups", names_of(groups), nullptr});
        record.last_state.insert_or_assign("groups", names_of(groups));
    }
    record.last_state = rules::masked(std::move(record.last_state), txn.organisation().schemas);
    txn.archive(record);
    give_licences_back(txn, user);
    txn.erase(user.id);
    move_on(txn, context, groups);
    const bool by_time = cause == DeletionCause::retention;
    tell(txn, context, by_time ? Activity::purge_user : Activity::delete_user, user, std::move(changes));
}

Result<User> restore_user(WriteTxn& txn, const Context& context, const UserId& id)
{
    const auto before = txn.user(id);
    if (!before) return not_found("user");
    TRY(rules::Decision decision, rules::restore(*before, txn.organisation().policy, context.now));
    TRY_ONLY(carry_out(txn, context, decision, before->version));
    return std::move(decision.user);
}

} // namespace core::actions
