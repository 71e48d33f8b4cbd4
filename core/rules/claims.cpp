#include "core/rules/claims.hpp"

#include "core/base/text.hpp"
#include "core/rules/changes.hpp"
#include "core/words.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace core::rules {

namespace {

namespace bj = boost::json;

constexpr std::string_view shell_suffix = ".convert-user.local";

struct ClaimableRow {
    WhyNotClaimable why;
    std::string_view word;
    Reason reason;
    std::string_view detail;
    std::string_view remedy;
};
constexpr ClaimableRow claimable_rows[] = {
    {WhyNotClaimable::domain_not_verified, "domainNotVerified", Reason::not_allowed,
     "the domain of this address is not verified by your organisation", "verify the domain first"},
    {WhyNotClaimable::already_here, "alreadyHere", Reason::not_allowed, "a user of your organisation has this address",
     "there is nothing to claim"},
    {WhyNotClaimable::domain_claimed_elsewhere, "domainClaimedElsewhere", Reason::not_allowed,
     "another organisation has claimed the domain of this address", "ask it to release the domain"},
    {WhyNotClaimable::sso_organisation, "ssoOrganisation", Reason::not_allowed,
     "the user's organisation has single sign-on", "it must let the user go itself"},
    {WhyNotClaimable::synchronised_organisation, "synchronisedOrganisation", Reason::not_allowed,
     "a directory keeps the users of the user's organisation", "it must let the user go itself"},
    {WhyNotClaimable::converted_away, "convertedAway", Reason::not_allowed,
     "the user has left this account for another organisation", "claim the user by the present address"},
    {WhyNotClaimable::already_claimed, "alreadyClaimed", Reason::not_allowed,
     "another claim of this user waits for the user's choice", "try again when it is over"},
    {WhyNotClaimable::being_purged, "beingPurged", Reason::not_allowed, "the user's account is being deleted",
     "make a new account when it is gone"},
    {WhyNotClaimable::protected_user, "protectedUser", Reason::not_allowed,
     "the user's organisation protects this account", "it must end the protection first"},
    {WhyNotClaimable::administrator, "administrator", Reason::not_allowed,
     "the user is an administrator of another organisation", "the user must give up that right first"},
};

struct WithdrawableRow {
    WhyNotWithdrawable why;
    std::string_view word;
    Reason reason;
    std::string_view detail;
    std::string_view remedy;
};
constexpr WithdrawableRow withdrawable_rows[] = {
    {WhyNotWithdrawable::already_withdrawn, "alreadyWithdrawn", Reason::not_allowed,
     "this claim has been withdrawn already", "there is nothing left to do"},
    {WhyNotWithdrawable::choice_made, "choiceMade", Reason::too_late,
     "the user has chosen what becomes of the old account", "the claim is permanent now"},
    {WhyNotWithdrawable::window_over, "windowOver", Reason::too_late, "the time to withdraw this claim has passed",
     "the claim is permanent now"},
    {WhyNotWithdrawable::signed_in, "signedIn", Reason::too_late, "the user has signed in already",
     "the claim is permanent now"},
    {WhyNotWithdrawable::domain_claimed, "domainClaimed", Reason::not_allowed,
     "your organisation has claimed the domain of this address",
     "release the domain, withdraw the user, and claim the domain again"},
    {WhyNotWithdrawable::former_organisation_gone, "formerOrganisationGone", Reason::not_allowed,
     "the former account does not exist any more", "the user can only stay"},
};

template<class Row, std::size_t count, class Why>
const Row& row_of(const Row (&rows)[count], Why why)
{
    return *std::find_if(std::begin(rows), std::end(rows), [&](const Row& row) { return row.why == why; });
}

template<class Row>
Refusal refusal_from(const Row& row, std::string_view field)
{
    return {row.reason, std::string{field}, std::string{row.detail}, std::string{row.remedy}};
}

// What a person takes along. Whatever an organisation gives, and every extension, says something about that
// organisation.
Profile carried(const Profile& profile)
{
    constexpr std::string_view left_behind[] = {"roles", "entitlements", "x509Certificates"};
    bj::object kept;
    for (const auto& each : profile.attributes()) {
        const std::string_view name{each.key().data(), each.key().size()};
        if (name.starts_with("urn:") ||
            std::find(std::begin(left_behind), std::end(left_behind), name) != std::end(left_behind))
            continue;
        if (name == "schemas")
            kept.emplace(each.key(), bj::array{"urn:ietf:params:scim:schemas:core:2.0:User"});
        else
            kept.emplace(each.key(), each.value());
    }
    return Profile{std::move(kept)};
}

Decision changed(const User& before, User after, Activity activity, Instant now)
{
    Decision decision;
    after.version = before.version + 1;
    after.last_modified = std::max(before.last_modified, now);
    decision.user = std::move(after);
    decision.changed = true;
    decision.activity = activity;
    decision.changes = changes_between(&before, &decision.user);
    return decision;
}

void take_back(User& user, const FormerAccount& former)
{
    user.status = former.status;
    user.reason = former.reason;
    user.former_status = former.former_status;
    user.purge_at = former.purge_at;
    user.standing.claim = former.claim;
    user.original_user_name.reset();
}

} // namespace

std::string_view word(WhyNotClaimable why) { return row_of(claimable_rows, why).word; }
Refusal refusal_of(WhyNotClaimable why) { return refusal_from(row_of(claimable_rows, why), "address"); }
std::string_view word(WhyNotWithdrawable why) { return row_of(withdrawable_rows, why).word; }
Refusal refusal_of(WhyNotWithdrawable why) { return refusal_from(row_of(withdrawable_rows, why), "state"); }

std::optional<WhyNotClaimable> why_not_claimable(const User& user, const ClaimFacts& facts, Instant now)
{
    // First what is asked of the asker: whoever has not verified the domain learns nothing else.
    if (!facts.domain_verified_here) return WhyNotClaimable::domain_not_verified;
    if (facts.is_here) return WhyNotClaimable::already_here;
    if (facts.domain_claimed_elsewhere) return WhyNotClaimable::domain_claimed_elsewhere;
    if (facts.has_sso) return WhyNotClaimable::sso_organisation;
    if (facts.is_synchronised) return WhyNotClaimable::synchronised_organisation;
    if (user.status == Status::converted_away) return WhyNotClaimable::converted_away;
    if (user.status == Status::delayed_claim || facts.claim_waits) return WhyNotClaimable::already_claimed;
    if (user.is_soft_deleted() || user.original_user_name) return WhyNotClaimable::being_purged;
    if (is_due_for_purge(user, now)) return WhyNotClaimable::being_purged;
    if (user.standing.is_protected) return WhyNotClaimable::protected_user;
    if (user.standing.is_administrator) return WhyNotClaimable::administrator;
    return {};
}

std::vector<ClaimKind> kinds_of(const Organisation& former, const Policy& claiming)
{
    const bool names_a_day =
        claiming.delayed_cutoff_date == std::chrono::floor<std::chrono::days>(claiming.delayed_cutoff_date);
    const Instant end =
        names_a_day ? claiming.delayed_cutoff_date + std::chrono::days{1} - Duration{1} : claiming.delayed_cutoff_date;
    const bool has_content = former.kind == OrganisationKind::personal && former.created <= end;
    if (claiming.allow_content_transfer && claiming.delayed_claims && has_content)
        return {ClaimKind::immediate, ClaimKind::delayed};
    return {ClaimKind::immediate};
}

bool may_only_be_renamed(const User& former, const Organisation& organisation)
{
    return organisation.kind == OrganisationKind::business && !former.standing.licences.empty();
}

const std::string& address_of(const User& user)
{
    return user.original_user_name ? *user.original_user_name : user.user_name;
}

Status status_after_claim(const User& former, bool domain_verified)
{
    const Status held = former.status == Status::inactive ? former.former_status : former.status;
    return held == Status::not_verified && domain_verified ? Status::verified : held;
}

Decision newcomer(const User& former, const Claim& claim, bool domain_verified, Instant now)
{
    Decision decision;
    User& user = decision.user;
    user.id = claim.user;
    user.user_name = claim.address;
    user.provenance = Provenance::claim;
    user.former_status = status_after_claim(former, domain_verified);
    user.status = claim.kind == ClaimKind::delayed ? Status::delayed_claim : user.former_status;
    user.created = user.last_modified = now;
    user.standing.claim = claim.id;
    user.profile = carried(former.profile);
    decision.changed = true;
    decision.activity = Activity::claim_user;
    decision.changes = changes_between(nullptr, &user);
    return decision;
}

std::string shell_address(std::string_view address, const UserId& shell)
{
    constexpr std::size_t digits = 12; // the last of the id's, which are random
    const std::string id = to_text(shell);
    const auto parts = email_parts(address);
    std::string made{parts ? parts->local : address};
    made.append(".").append(id.substr(id.size() - digits)).append("@");
    return made.append(parts ? parts->domain : std::string_view{"nowhere"}).append(shell_suffix);
}

bool is_shell_address(std::string_view user_name)
{
    return user_name.size() > shell_suffix.size() &&
           same_ignoring_ascii_case(user_name.substr(user_name.size() - shell_suffix.size()), shell_suffix);
}

Refusal reserved_address()
{
    return {Reason::invalid_value, "userName",
            "userName: addresses that end in .convert-user.local belong to accounts whose user has been claimed",
            "choose another address"};
}

FormerAccount former_account(const User& user)
{
    return {user.id, user.status, user.reason, user.former_status, user.purge_at, user.standing.claim};
}

Decision shell_of(const User& before, const Claim& claim, Instant now)
{
    User shell = before;
    shell.user_name = shell_address(claim.address, before.id);
    shell.original_user_name = claim.address;
    shell.status = Status::converted_away;
    shell.reason.reset();
    if (before.is_active()) shell.former_status = before.status;
    shell.purge_at.reset();
    shell.tokens_valid_after = std::max(before.tokens_valid_after.value_or(now), now);
    shell.standing.claim = claim.id;
    return changed(before, std::move(shell), Activity::convert_user, now);
}

Decision given_back(const User& shell, const Claim& claim, Instant now)
{
    User user = shell;
    user.user_name = claim.address;
    take_back(user, claim.former);
    return changed(shell, std::move(user), Activity::withdraw_claim, now);
}

Decision kept_under(const User& shell, const Claim& claim, std::string address, Instant now)
{
    User user = shell;
    user.user_name = std::move(address);
    take_back(user, claim.former);
    return changed(shell, std::move(user), Activity::choose, now);
}

Decision settled(const User& claimed, Instant now)
{
    if (claimed.status != Status::delayed_claim) {
        Decision same;
        same.user = claimed;
        return same;
    }
    User user = claimed;
    user.status =
        user.standing.signed_in_at && user.former_status == Status::verified ? Status::active : user.former_status;
    return changed(claimed, std::move(user), Activity::choose, now);
}

std::int64_t days_left(Instant until, Instant now)
{
    if (now >= until) return 0;
    return std::chrono::ceil<std::chrono::days>(until - now).count();
}

std::optional<Refusal> why_untouchable(const User& user, std::optional<Instant> until, Instant now)
{
    if (user.status == Status::converted_away) {
        return Refusal{Reason::not_allowed, "status",
                       "another organisation has claimed the user, who has yet to choose",
                       "wait until the user has chosen or the time for it is over"};
    }
    if (user.status != Status::delayed_claim) return {};
    std::string detail = "the user was claimed with a delay and has yet to choose what becomes of the old account";
    if (until) {
        const auto days = days_left(*until, now);
        detail +=
            "; " + std::to_string(days) + (days == 1 ? " day is" : " days are") + " left, until " + to_iso(*until);
    }
    return Refusal{Reason::not_allowed, "status", std::move(detail),
                   "wait for the choice, or remind the user; the claim can be withdrawn until the user signs in"};
}

std::span<const Choice> options_of(const Claim& claim)
{
    static constexpr Choice immediate[] = {Choice::change_address, Choice::remove};
    static constexpr Choice delayed[] = {Choice::change_address, Choice::remove, Choice::transfer};
    static constexpr Choice only_rename[] = {Choice::rename};
    if (claim.rename_only) return only_rename;
    switch (claim.kind) {
    case ClaimKind::immediate: return immediate;
    case ClaimKind::delayed: return delayed;
    }
    return {};
}

Choice default_choice(ClaimKind kind)
{
    switch (kind) {
    case ClaimKind::immediate: return Choice::remove;
    case ClaimKind::delayed: return Choice::transfer;
    }
    return Choice::remove;
}

Result<void> may_choose(const Claim& claim, Choice choice, Instant now)
{
    if (claim.state != ClaimState::waiting)
        return Refusal{Reason::not_allowed, "choice", "this claim waits for no choice any more",
                       "there is nothing left to choose"};
    if (now >= claim.until)
        return Refusal{Reason::too_late, "choice", "the time to choose has passed", "there is nothing left to choose"};
    const auto options = options_of(claim);
    if (std::find(options.begin(), options.end(), choice) == options.end())
        return Refusal{Reason::invalid_value, "choice", "the choice is none of those that this claim leaves",
                       "choose one of its options"};
    return {};
}

std::optional<WhyNotWithdrawable> why_not_withdrawable(const Claim& claim, const WithdrawFacts& facts,
                                                       const Policy& policy, Instant now)
{
    switch (claim.state) {
    case ClaimState::waiting: break;
    case ClaimState::done: return WhyNotWithdrawable::choice_made;
    case ClaimState::withdrawn: return WhyNotWithdrawable::already_withdrawn;
    case ClaimState::expired: return WhyNotWithdrawable::window_over;
    }
    if (facts.has_signed_in) return WhyNotWithdrawable::signed_in;
    // Whoever is past the time to choose has moved, though the sweep may not have come by yet.
    if (now >= claim.made + policy.withdraw_window || now >= claim.until) return WhyNotWithdrawable::window_over;
    if (facts.domain_claimed_here) return WhyNotWithdrawable::domain_claimed;
    if (!facts.former_organisation_exists) return WhyNotWithdrawable::former_organisation_gone;
    return {};
}

} // namespace core::rules
