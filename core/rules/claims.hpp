// Claiming users from other organisations, as pure rules (requirements D and E; decisions 1 to 4; ): who
// may be claimed and how, what both records look like afterwards, what the user may choose, and until when a claim can
// be taken back.
#pragma once

#include "core/claim.hpp"
#include "core/organisation.hpp"
#include "core/rules/lifecycle.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace core::rules {

// --- who may be claimed ------------------------------------------------------------------------------------------

enum class WhyNotClaimable : std::uint8_t {
    domain_not_verified,       // by the organisation that asks
    already_here,              // the address is one of its own
    domain_claimed_elsewhere,  // S-109
    sso_organisation,          // S-108
    synchronised_organisation, // S-111
    converted_away,            // a shell: its user has left already
    already_claimed,           // somebody else's claim still waits for the user's choice
    being_purged,              // deleted by its directory, or past the day of the purge
    protected_user,            // as its organisation says
    administrator,             // of its organisation: the right must be taken away first (S-199)
};
std::string_view word(WhyNotClaimable);
Refusal refusal_of(WhyNotClaimable);

// What others have looked up about one user, seen from the organisation that asks.
struct ClaimFacts {
    bool domain_verified_here = false;
    bool domain_claimed_elsewhere = false;
    bool is_here = false;     // an own user has this address
    bool claim_waits = false; // the claim that brought them where they are now is not over
    bool has_sso = false;     // of the organisation they are in
    bool is_synchronised = false;
};
std::optional<WhyNotClaimable> why_not_claimable(const User&, const ClaimFacts&, Instant now);

// How a user of `former` may be claimed under the claiming organisation's policy (S-116 … S-127): immediately, always;
// with a delay where content may be brought along. The last one is what happens where nothing is said (S-116).
std::vector<ClaimKind> kinds_of(const Organisation& former, const Policy& claiming);

// The name that everybody knows the user by: of one under a tombstone, the original one.
const std::string& address_of(const User&);

// S-150, S-201: the old account has licences that a business organisation pays for; it may be renamed and nothing else.
bool may_only_be_renamed(const User& former, const Organisation&);

// --- both records after it ---------------------------------------------------------------------------------------

// Q-09, S-092, S-096, S-097, S-100 … S-102: the former status, raised to verified where the domain is verified here. A
// user who is inactive there was made so by an organisation that has no say here (S-087, S-088): the status before
// that.
Status status_after_claim(const User& former, bool domain_verified);

// The claiming organisation's new record: what describes the person comes along; what the former organisation gave (its
// external id, roles, entitlements, extensions) does not.
Decision newcomer(const User& former, const Claim&, bool domain_verified, Instant now);

// `{local}.{digits of the id}@{domain}.convert-user.local` (S-151).
std::string shell_address(std::string_view address, const UserId& shell);
bool is_shell_address(std::string_view user_name);
// Refused to whoever would give it to a user: only claims do.
Refusal reserved_address();

FormerAccount former_account(const User&);
Decision shell_of(const User& before, const Claim&, Instant now);                       // the account left behind
Decision given_back(const User& shell, const Claim&, Instant now);                      // after a withdrawal (S-155)
Decision kept_under(const User& shell, const Claim&, std::string address, Instant now); // after changeAddress, rename
// The claimed user once the choice is made or the time for it over (S-090, S-106).
Decision settled(const User& claimed, Instant now);

// Why SCIM and the API leave such a user alone: a shell (S-152, S-153, Q-10), or one whose choice is awaited (S-145;
// `until`: of the claim, if it is known). Nothing for everybody else.
std::optional<Refusal> why_untouchable(const User&, std::optional<Instant> until, Instant now);
std::int64_t days_left(Instant until, Instant now); // begun days count

// --- the user's choice -------------------------------------------------------------------------------------------

std::span<const Choice> options_of(const Claim&);           // S-148 … S-150
Choice default_choice(ClaimKind);                           // decision 3
Result<void> may_choose(const Claim&, Choice, Instant now); // not_allowed, too_late, invalid_value
inline bool needs_address(Choice c) { return c == Choice::change_address || c == Choice::rename; }

// --- withdrawal --------------------------------------------------------------------------------------------------

enum class WhyNotWithdrawable : std::uint8_t {
    already_withdrawn,
    choice_made,              // S-159
    window_over,              // S-160
    signed_in,                // S-156, S-169
    domain_claimed,           // by the claiming organisation (S-157, S-163): release it for a while (S-164)
    former_organisation_gone, // nowhere to return to
};
std::string_view word(WhyNotWithdrawable);
Refusal refusal_of(WhyNotWithdrawable);

struct WithdrawFacts {
    bool has_signed_in = false; // here
    bool domain_claimed_here = false;
    bool former_organisation_exists = true;
};
// allowed while now < made + window.
std::optional<WhyNotWithdrawable> why_not_withdrawable(const Claim&, const WithdrawFacts&, const Policy&, Instant now);

} // namespace core::rules
