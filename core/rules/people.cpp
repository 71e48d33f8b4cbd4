#include "core/rules/people.hpp"

#include "core/base/text.hpp"
#include "core/rules/changes.hpp"
#include "core/rules/status.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace core::rules {

namespace {

namespace bj = boost::json;

struct VerbRow {
    Verb verb;
    std::string_view word;
};
constexpr VerbRow verb_rows[] = {
    {Verb::sign_in, "sign-in"},       {Verb::verify_email, "verify-email"}, {Verb::deactivate, "deactivate"},
    {Verb::reactivate, "reactivate"}, {Verb::restore, "restore"},           {Verb::purge, "purge"},
    {Verb::invite, "invite"},         {Verb::protect, "protect"},           {Verb::unprotect, "unprotect"},
};

Refusal refused(std::string detail, std::string remedy)
{
    return {Reason::not_allowed, "status", std::move(detail), std::move(remedy)};
}

// Whom the organisation's administrators cannot manage now: a user with a delayed claim has yet to choose (S-145), a
// shell belongs to what another organisation has claimed.
std::optional<Refusal> refusal_to_manage(const User& user)
{
    if (user.status == Status::delayed_claim)
        return refused("the user has a delayed claim and has yet to choose",
                       "wait for the choice or the end of its time, send a reminder, or withdraw the claim");
    if (user.status == Status::converted_away)
        return refused("another organisation has claimed the user, who has yet to choose",
                       "wait until the user has chosen or the time for it is over");
    return std::nullopt;
}

Refusal last_administrator(Reason reason)
{
    return {reason, "administrator", "the user is the organisation's last living administrator",
            "appoint another administrator first"};
}

std::optional<Refusal> refusal_to_invite(const User& user, const PersonFacts& facts, const Policy& policy)
{
    if (!policy.invitations)
        return Refusal{Reason::not_allowed, "invitations", "invitations are switched off",
                       "switch the policy's invitations on"};
    if (user.status != Status::not_verified && user.status != Status::verified)
        return refused("only who is not verified, or has never signed in, is invited",
                       "there is nothing to invite this user to");
    if (!mail_address_of(user))
        return Refusal{Reason::not_allowed, "emails", "the user has no e-mail address", "give the user an address"};
    if (facts.invitation_waits)
        return Refusal{Reason::not_allowed, "invitation", "an invitation is waiting to be sent",
                       "wait until it was sent; the organisation's mails tell"};
    return std::nullopt;
}

} // namespace

std::span<const Verb> all_verbs()
{
    static constexpr Verb all[] = {Verb::sign_in, Verb::verify_email, Verb::deactivate, Verb::reactivate, Verb::restore,
                                   Verb::purge,   Verb::invite,       Verb::protect,    Verb::unprotect};
    return all;
}

std::string_view word(Verb verb)
{
    for (const VerbRow& row : verb_rows)
        if (row.verb == verb) return row.word;
    return {};
}

bool may_sign_in(Status status)
{
    return status == Status::active || status == Status::verified || status == Status::delayed_claim;
}

std::optional<Refusal> refusal_of(Verb verb, const User& user, const PersonFacts& facts, const Policy& policy)
{
    const bool is_inactive = user.status == Status::inactive;
    switch (verb) {
    case Verb::sign_in:
        if (may_sign_in(user.status)) return std::nullopt;
        if (is_inactive) return refused("the user is inactive and may not sign in", "reactivate or restore them first");
        if (user.status == Status::not_verified)
            return refused("the user has not proven their e-mail address and may not sign in", "verify it first");
        return refusal_to_manage(user);
    case Verb::verify_email:
        if (user.status == Status::not_verified) return std::nullopt;
        if (is_inactive) return refused("the user is inactive", "reactivate or restore them first");
        if (const auto refusal = refusal_to_manage(user)) return refusal;
        return refused("the user's address is verified already", "there is nothing to verify");
    case Verb::deactivate:
        if (is_inactive) return refused("the user is inactive already", "there is nothing to deactivate");
        if (const auto refusal = refusal_to_manage(user)) return refusal;
        if (facts.is_last_administrator) return last_administrator(Reason::not_allowed);
        return std::nullopt;
    case Verb::reactivate:
        if (user.is_soft_deleted()) return refused("the directory has deleted the user", "restore them instead");
        if (is_inactive) return std::nullopt;
        return refused("the user is not inactive", "there is nothing to reactivate");
    case Verb::restore:
        if (!user.is_soft_deleted())
            return refused("the user is not soft-deleted", "only a soft-deleted user can be restored");
        if (facts.original_name_is_taken)
            return Refusal{Reason::not_allowed, "userName", "another user has the original name by now",
                           "rename that user first"};
        return std::nullopt;
    case Verb::purge:
        if (user.standing.is_protected)
            return Refusal{Reason::not_allowed, "protected", "the user is protected", "unprotect them first"};
        if (const auto refusal = refusal_to_manage(user)) return refusal;
        if (facts.is_last_administrator) return last_administrator(Reason::not_allowed);
        return std::nullopt;
    case Verb::invite: return refusal_to_invite(user, facts, policy);
    case Verb::protect:
        if (user.standing.is_protected)
            return Refusal{Reason::not_allowed, "protected", "the user is protected already", "there is nothing to do"};
        return refusal_to_manage(user);
    case Verb::unprotect:
        if (user.standing.is_protected) return std::nullopt;
        return Refusal{Reason::not_allowed, "protected", "the user is not protected", "there is nothing to do"};
    }
    return std::nullopt;
}

Result<Decision> perform(Verb verb, const User& before, const PersonFacts& facts, const Policy& policy, Instant now)
{
    if (auto refusal = refusal_of(verb, before, facts, policy)) return *std::move(refusal);
    User user = before;
    switch (verb) {
    case Verb::sign_in:
        if (!user.standing.signed_in_at) user.standing.signed_in_at = now;
        user.status = after_sign_in(user.status);
        return decided(before, std::move(user), Activity::sign_in_user, now);
    case Verb::verify_email:
        user.status = after_email_verification(user.status);
        return decided(before, std::move(user), Activity::verify_email, now);
    case Verb::deactivate: // nobody but an operator brings them back or sets a clock: no purge_at
        user.former_status = user.status;
        user.status = Status::inactive;
        user.reason = InactiveReason::admin;
        user.purge_at.reset();
        void_tokens(user, now);
        return decided(before, std::move(user), Activity::deactivate_user, now);
    case Verb::reactivate: reactivate(user); return decided(before, std::move(user), Activity::reactivate_user, now);
    case Verb::restore: return restore(before, policy, now);
    case Verb::protect:
        user.standing.is_protected = true;
        return decided(before, std::move(user), Activity::protect_user, now);
    case Verb::unprotect:
        user.standing.is_protected = false;
        return decided(before, std::move(user), Activity::unprotect_user, now);
    case Verb::purge:
    case Verb::invite: break;
    }
    return decided(before, before, Activity::update_user, now);
}

Result<Decision> enter(UserId id, const DesiredUser& wanted, Provenance how, bool domain_verified, const Policy& policy,
                       Instant now)
{
    if (!wanted.active)
        return Refusal{Reason::invalid_value, "active", "no user is created inactive",
                       "create the user, then deactivate it"};
    return arrive(id, wanted, how, domain_verified, policy, now);
}

Result<Decision> change(const User& before, const DesiredUser& wanted, const Policy& policy, Instant now)
{
    if (auto refusal = refusal_to_manage(before)) return *std::move(refusal);
    return update(before, wanted, policy, now);
}

Result<Decision> appoint(const User& before, bool is_administrator, const PersonFacts& facts, Instant now)
{
    if (auto refusal = refusal_to_manage(before)) return *std::move(refusal);
    if (!is_administrator && facts.is_last_administrator) return last_administrator(Reason::not_allowed);
    User user = before;
    user.standing.is_administrator = is_administrator;
    return decided(before, std::move(user),
                   is_administrator ? Activity::appoint_administrator : Activity::dismiss_administrator, now);
}

Result<void> check_directory(const User& before, const User* after, const PersonFacts& facts)
{
    const bool goes = after == nullptr || (before.is_active() && !after->is_active()) ||
                      (!before.is_soft_deleted() && after->is_soft_deleted()) ||
                      (!before.original_user_name && after->original_user_name);
    if (!goes) return {};
    if (before.standing.is_protected)
        return Refusal{Reason::guarded, "protected",
                       "the user is protected: a directory may neither deactivate nor delete them",
                       "an administrator of the organisation can lift the protection (unprotect)"};
    if (facts.is_last_administrator) return last_administrator(Reason::guarded);
    return {};
}

std::string_view token_problem(const User& user, std::optional<Instant> issued)
{
    if (!may_sign_in(user.status)) return word(user.status);
    if (issued && user.tokens_valid_after && *issued <= *user.tokens_valid_after) return "revoked";
    return {};
}

std::optional<std::string> mail_address_of(const User& user)
{
    if (email_parts(user.user_name)) return user.user_name;
    const bj::object& profile = user.profile.attributes();
    const bj::value* const emails = profile.if_contains("emails");
    if (emails == nullptr || !emails->is_array()) return std::nullopt;
    std::optional<std::string> found;
    for (const bj::value& each : emails->get_array()) {
        if (!each.is_object()) continue;
        const bj::value* const value = each.get_object().if_contains("value");
        if (value == nullptr || !value->is_string() || !email_parts(std::string_view{value->get_string()})) continue;
        const bj::value* const primary = each.get_object().if_contains("primary");
        const bool is_primary = primary != nullptr && primary->is_bool() && primary->get_bool();
        if (!found || is_primary) found = std::string{std::string_view{value->get_string()}};
        if (is_primary) break;
    }
    return found;
}

std::optional<std::string_view> purge_hold(const User& user)
{
    if (user.purge_at && user.standing.is_protected) return "the user is protected";
    return std::nullopt;
}

} // namespace core::rules
