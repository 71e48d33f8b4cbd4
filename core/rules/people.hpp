// What administrators and the application do to a user, besides what a directory says: one verb each, with the states
// that forbid it. What would work now and what is refused come from the same rule. Requirements C, J; TEN-05, TEN-09.
#pragma once

#include "core/rules/lifecycle.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace core::rules {

enum class Verb : std::uint8_t {
    sign_in,      // the application reports one
    verify_email, // the application reports it
    deactivate,
    reactivate,
    restore,
    purge,
    invite,
    protect,
    unprotect
};
std::span<const Verb> all_verbs();
std::string_view word(Verb); // as the management API's paths have it: "sign-in"

// What somebody else has looked up.
struct PersonFacts {
    bool is_last_administrator = false;  // the one living administrator of the organisation
    bool original_name_is_taken = false; // of a soft-deleted user, by another one
    bool invitation_waits = false;       // to be sent
};

// Why the verb does not work now; nothing where it does.
std::optional<Refusal> refusal_of(Verb, const User&, const PersonFacts&, const Policy&);
// The user afterwards. A purge and an invitation leave the user as it is: what they bring is the caller's to do.
Result<Decision> perform(Verb, const User& before, const PersonFacts&, const Policy&, Instant now);

// By hand, from a file or through the API (S-087): nobody arrives inactive. `domain_verified` decides the status.
Result<Decision> enter(UserId, const DesiredUser&, Provenance, bool domain_verified, const Policy&, Instant now);
// Attributes by an administrator's hand.
Result<Decision> change(const User& before, const DesiredUser&, const Policy&, Instant now);
// The last administrator cannot be dismissed (TEN-09).
Result<Decision> appoint(const User& before, bool is_administrator, const PersonFacts&, Instant now);

// Whether a directory may bring a user from `before` to `after` (null: deleted): neither may it deactivate, rename to a
// tombstone or delete whom an administrator has protected (TEN-05), nor the last administrator (TEN-09).
Result<void> check_directory(const User& before, const User* after, const PersonFacts&);

// S-074, S-085: whose status allows signing in. A delayed claim does: the user signs in to choose.
bool may_sign_in(Status);
// Decision 6, for a token issued then: "" where it is valid, else why not: the status, or "revoked".
std::string_view token_problem(const User&, std::optional<Instant> issued);

// Where mail for the user goes: the name where it is an address (S-014), else the primary or first e-mail value.
// Nothing where there is neither.
std::optional<std::string> mail_address_of(const User&);
// Why a purge that is due does not come, for an administrator; nothing where none is held.
std::optional<std::string_view> purge_hold(const User&);

} // namespace core::rules
