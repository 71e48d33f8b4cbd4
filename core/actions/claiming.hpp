// Claims: the work that touches two organisations at once (HOUSE 4). Each function is one decision in the caller's
// transaction; a refusal has changed nothing that the caller's `attempt` would not undo. Events are told on both sides;
// the former organisation's name neither the claiming one nor who acted for it.
#pragma once

#include "core/actions/provision.hpp"
#include "core/choice.hpp"
#include "core/claim.hpp"
#include "core/rules/claims.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace core::actions {

// What one organisation may know about users elsewhere. Remembers what it has looked up; for one transaction.
class ClaimView {
public:
    ClaimView(Registry& registry, Organisation claiming, Instant now)
        : registry_{registry}, claiming_{std::move(claiming)}, now_{now}
    {
    }

    struct Seen {
        std::optional<rules::WhyNotClaimable> why; // none: may be claimed
        std::vector<ClaimKind> kinds;              // how; empty when not at all
    };
    Seen look_at(const Owned<User>&);
    bool has_verified(std::string_view address);
    bool is_claimed_elsewhere(std::string_view address);
    const Organisation& claiming() const { return claiming_; }

private:
    struct Domain {
        bool verified_here = false;
        bool claimed_elsewhere = false;
    };
    const Domain& domain_of(std::string_view address);

    Registry& registry_;
    const Organisation claiming_;
    const Instant now_;
    std::map<std::string, Domain> domains_;
    std::map<OrgId, Organisation> others_;
};

struct ClaimAsked {
    std::string address;
    std::optional<ClaimKind> kind = {}; // none: the one that lets content come along, if there is such
    std::vector<std::string> licences = {};
};

// invalid_value (no address, an unknown licence), not_found, not_allowed (rules::WhyNotClaimable, or the kind).
Result<Claim> claim(AcrossTxn&, const Context&, IdSource&, OrgId claiming, const ClaimAsked&);

// Decision 2 (policy autoClaim): the user whom `create_user` refused with `taken`, claimed immediately and made as the
// directory wants them. taken, with the reason where the organisation may know it.
Result<User> claim_instead(AcrossTxn&, const Context&, IdSource&, OrgId claiming, const DesiredUser&,
                           const Refusal& taken);

// not_found; then as rules::why_not_withdrawable; taken, when the old address has another owner by now.
Result<Claim> withdraw(AcrossTxn&, const Context&, IdSource&, OrgId claiming, std::string_view claim);

// By the user's link, or by an administrator for them. not_found, as rules::may_choose, invalid_value (the address),
// taken.
Result<Claim> choose(AcrossTxn&, const Context&, OrgId claiming, std::string_view claim, Choice,
                     std::string_view address);

// Another mail with the same link (S-146, S-204). not_found, not_allowed unless it waits.
Result<Claim> remind(AcrossTxn&, const Context&, IdSource&, OrgId claiming, std::string_view claim);

// The application has moved the content (decision 4): now the shell may go. not_found, not_allowed unless it is
// pending.
Result<Claim> acknowledge_transfer(AcrossTxn&, const Context&, OrgId claiming, std::string_view claim);

// Whose time to choose is over: the default (S-090, S-123). At most `limit`; how many there were.
std::int64_t expire_due(AcrossTxn&, const Context&, std::int64_t limit);

// Before an organisation goes with all that is its: users it has claimed who have yet to choose return to where they
// were, shells whose content is still moving go with it. So no shell is left that nobody could ever delete.
void end_claims_of(AcrossTxn&, const Context&, OrgId claiming);

// The question that `withdraw` asks, for whoever only wants to know.
std::optional<rules::WhyNotWithdrawable> why_not_withdrawable(ReadTxn& claiming, bool former_organisation_exists,
                                                              const Claim&, Instant now);

// The claim whose link this is, while it may still be used.
std::optional<Owned<Claim>> claim_behind(Registry&, std::span<const std::uint8_t> server_key, std::string_view secret,
                                         Instant now);

} // namespace core::actions
