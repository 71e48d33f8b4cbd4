#include "core/actions/provision.hpp"

#include "core/actions/address.hpp"
#include "core/actions/leaving.hpp"
#include "core/actions/licensing.hpp"
#include "core/actions/people.hpp"
#include "core/actions/refusals.hpp"
#include "core/actions/telling.hpp"
#include "core/base/text.hpp"
#include "core/claim.hpp"
#include "core/domain.hpp"
#include "core/rules/changes.hpp"
#include "core/rules/claims.hpp"
#include "core/rules/domains.hpp"
#include "core/rules/lifecycle.hpp"
#include "core/rules/masking.hpp"
#include "core/rules/people.hpp"
#include "core/shelf.hpp"

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

// Decision 1: the address lives, and not here. Whoever has verified its domain is told that it may be claimed; to all
// others the refusal looks as if it lived here.
Refusal with_claim_offered(WriteTxn& txn, Refusal refusal, const std::string& user_name)
{
    if (refusal.reason != Reason::taken || refusal.field != "userName" || txn.user_named(user_name)) return refusal;
    const auto parts = email_parts(user_name);
    const auto domain = parts ? Shelf<Domain>{txn.records()}.find(fold(parts->domain)) : std::nullopt;
    if (!domain || !domain->is_verified()) return refusal;
    refusal.detail = "userName: an account outside this organisation has this address";
    refusal.remedy = "your organisation has verified its domain: claim the user (POST /api/v1/orgs/" +
                     txn.organisation().name + "/claims)";
    return refusal;
}

// S-145, S-152: what a claim still holds is changed by the claim alone. `after`: what it would become; none: deleted.
Result<void> check_not_held(WriteTxn& txn, const User& before, const User* after, const DesiredUser* wanted,
                            Instant now)
{
    const bool is_shell = before.status == Status::converted_away;
    if (!is_shell && before.status != Status::delayed_claim) return {};
    // A shell's attributes may be kept up to date: after a withdrawal they are the user's again.
    if (is_shell && after != nullptr && after->user_name == before.user_name && !wanted->active) return {};
    std::optional<Instant> until;
    if (!is_shell && before.standing.claim)
        if (const auto claim = Shelf<Claim>{txn.records()}.find(*before.standing.claim)) until = claim->until;
    if (auto why = rules::why_untouchable(before, until, now)) return *std::move(why);
    return {};
}

} // namespace

Result<User> create_user(WriteTxn& txn, const Context& context, UserId id, const DesiredUser& wanted)
{
    const Policy& policy = txn.organisation().policy;
    if (rules::is_shell_address(wanted.user_name)) return rules::reserved_address();
    TRY(const bool domain_verified, arrival_at(txn, wanted.user_name, Provenance::scim));
    rules::Decision decision = rules::arrive(id, wanted, domain_verified, policy, context.now);
    TRY(decision.user.standing.licences, take_automatic_licences(txn));
    if (auto inserted = txn.insert(decision.user); !inserted)
        return with_claim_offered(txn, std::move(inserted).error(), wanted.user_name);
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
    if (decision.changed || (wanted.active && !before.is_active())) {
        TRY_ONLY(check_not_held(txn, before, &decision.user, &wanted, context.now));
    }
    if (decision.user.user_name != before.user_name && rules::is_shell_address(decision.user.user_name))
        return rules::reserved_address();
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
    TRY_ONLY(check_not_held(txn, *user, nullptr, nullptr, context.now));
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
