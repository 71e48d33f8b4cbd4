#include "core/actions/claiming.hpp"

#include "core/actions/leaving.hpp"
#include "core/actions/licensing.hpp"
#include "core/actions/refusals.hpp"
#include "core/actions/telling.hpp"
#include "core/base/domain_name.hpp"
#include "core/base/failpoint.hpp"
#include "core/base/text.hpp"
#include "core/domain.hpp"
#include "core/mail.hpp"
#include "core/rules/changes.hpp"
#include "core/shelf.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <iterator>
#include <stdexcept>

namespace core::actions {

namespace {

boost::json::value text_of(std::string_view text) { return boost::json::string_view{text.data(), text.size()}; }
Change claim_change(const Claim& claim) { return {"claim", nullptr, text_of(claim.id)}; }
Change choice_change(Choice choice) { return {"choice", nullptr, text_of(word(choice))}; }

// What the former organisation's events name as actor: the claiming one's administrators are none of its business.
Context unnamed(const Context& context)
{
    Context masked = context;
    masked.actor = {"server", "claim"};
    return masked;
}

std::optional<Claim> claim_of(Registry& registry, std::string_view id)
{
    const auto found = registry.records_about(RecordKind::claim, id);
    if (found.empty()) return {};
    return Claim::from_record(found.front().value);
}

Result<Claim> must_find(AcrossTxn& txn, OrgId claiming, std::string_view id)
{
    auto found = Shelf<Claim>{txn.of(claiming).records()}.find(id);
    if (!found) return not_found("claim");
    return *std::move(found);
}

void keep(AcrossTxn& txn, OrgId claiming, const Claim& claim)
{
    if (!Shelf<Claim>{txn.of(claiming).records()}.replace(claim))
        throw std::logic_error{"a claim has gone within its own transaction"};
}

void must(const Result<void>& done)
{
    if (!done) throw std::logic_error{"a user changed within a transaction of its own: " + done.error().detail};
}

// The shell, where there still is one.
std::optional<User> shell_of(AcrossTxn& txn, const Claim& claim)
{
    if (!txn.registry().organisation(claim.losing)) return {};
    auto shell = txn.of(claim.losing).user(claim.former.user);
    if (!shell || shell->status != Status::converted_away || shell->standing.claim != claim.id) return {};
    return shell;
}

// Archived under the name that people knew.
void remove_shell(AcrossTxn& txn, const Context& context, const Claim& claim)
{
    if (const auto shell = shell_of(txn, claim))
        remove_user(txn.of(claim.losing), unnamed(context), *shell, DeletionCause::admin);
}

void write_mail(AcrossTxn& txn, const Context& context, IdSource& ids, const Organisation& claiming, const Claim& claim,
                MailKind kind)
{
    QueuedMail mail;
    mail.id = to_text(ids.next());
    mail.kind = kind;
    mail.to = claim.address;
    mail.user = to_text(claim.user);
    mail.words = {{"organisation", claiming.display_name},
                  {"claim", claim.id},
                  {"claimKind", word(claim.kind)},
                  {"address", claim.address},
                  {"until", to_iso(claim.until)}};
    mail.created = context.now;
    mail.due = context.now;
    must(Shelf<QueuedMail>{txn.of(claiming.id).records()}.insert(mail));
}

// The claimed user, moved to the status that the end of the waiting gives; nothing when the organisation has deleted
// them meanwhile.
void settle(AcrossTxn& txn, const Context& context, OrgId claiming, const Claim& claim, Activity activity,
            std::vector<Change> more)
{
    WriteTxn& ours = txn.of(claiming);
    const auto user = ours.user(claim.user);
    if (!user) return;
    rules::Decision decision = rules::settled(*user, context.now);
    if (decision.changed) must(ours.replace(decision.user, user->version));
    decision.changes.insert(decision.changes.end(), std::make_move_iterator(more.begin()),
                            std::make_move_iterator(more.end()));
    tell(ours, context, activity, decision.user, std::move(decision.changes));
}

// Decision 4: the application reads this event, moves what belongs to the old id, and acknowledges.
void ask_for_transfer(AcrossTxn& txn, const Context& context, OrgId claiming, const Claim& claim)
{
    WriteTxn& ours = txn.of(claiming);
    if (const auto user = ours.user(claim.user))
        tell(ours, context, Activity::transfer_content, *user,
             {{"content", text_of(to_text(claim.former.user)), text_of(to_text(claim.user))}, claim_change(claim)});
}

bool is_address(std::string_view text)
{
    constexpr std::size_t longest = 254; // RFC 5321 4.5.3.1.3
    const auto parts = email_parts(text);
    return parts && text.size() <= longest && text.find_first_of(" \t\r\n<>,;\"") == text.npos &&
           parts->local.find('@') == parts->local.npos && parts->domain.find('.') != parts->domain.npos;
}

// Where the old account may live on: nowhere that it could be claimed from again at once, or that others have claimed.
Result<void> check_new_address(AcrossTxn& txn, const Context& context, OrgId claiming, const Claim& claim,
                               std::string_view address)
{
    const auto refused = [](std::string detail, std::string remedy) {
        return Refusal{Reason::invalid_value, "address", std::move(detail), std::move(remedy)};
    };
    if (!is_address(address)) return refused("the address is no e-mail address", "give one such as ada@example.com");
    if (rules::is_shell_address(address))
        return refused("addresses that end in .convert-user.local are not for use", "choose another address");
    Registry& registry = txn.registry();
    ClaimView by_claiming{registry, *registry.organisation(claiming), context.now};
    if (by_claiming.has_verified(address))
        return refused("the address belongs to the organisation that has claimed the user", "choose a private address");
    ClaimView by_losing{registry, *registry.organisation(claim.losing), context.now};
    if (by_losing.is_claimed_elsewhere(address))
        return refused("the domain of the address belongs to an organisation", "choose another address");
    if (by_losing.claiming().policy.require_verified_domain && !by_losing.has_verified(address))
        return refused("the former organisation keeps addresses of its own domains only", "choose one of those");
    return {};
}

// The way of the shell that stays: it takes the address, and what the account was.
Result<void> keep_shell(AcrossTxn& txn, const Context& context, const Claim& claim, Choice choice,
                        std::string_view address)
{
    const auto shell = shell_of(txn, claim);
    if (!shell) return not_found("former account");
    WriteTxn& theirs = txn.of(claim.losing);
    rules::Decision kept = rules::kept_under(*shell, claim, std::string{address}, context.now);
    auto replaced = theirs.replace(kept.user, shell->version);
    if (!replaced) return Refusal{Reason::taken, "address", "the address is in use", "choose another one"};
    kept.changes.push_back(choice_change(choice));
    // S-150, S-201: whoever may only be renamed goes on with the licences that the former organisation pays for.
    if (choice == Choice::rename) {
        boost::json::array licences(kept.user.standing.licences.begin(), kept.user.standing.licences.end());
        kept.changes.push_back({"licences", nullptr, std::move(licences)});
    }
    tell(theirs, unnamed(context), kept.activity, kept.user, std::move(kept.changes));
    return {};
}

// Ends the waiting, by choice or because the time is over.
void end(AcrossTxn& txn, const Context& context, OrgId claiming, Claim& claim, Choice choice, ClaimState state)
{
    const bool is_over = state == ClaimState::expired;
    claim.state = state;
    claim.choice = choice;
    claim.ended = context.now;
    const bool user_is_there = txn.of(claiming).user(claim.user).has_value();
    settle(txn, context, claiming, claim, is_over ? Activity::expire_claim : Activity::choose, {choice_change(choice)});
    if (choice == Choice::transfer && user_is_there && shell_of(txn, claim)) {
        claim.content = ContentTransfer::pending;
        ask_for_transfer(txn, context, claiming, claim);
    } else if (choice == Choice::transfer || choice == Choice::remove) {
        remove_shell(txn, context, claim);
    }
    keep(txn, claiming, claim);
}

// Back to where they were; the record here is gone already.
Result<void> give_back(AcrossTxn& txn, const Context& context, const Claim& claim)
{
    const auto shell = shell_of(txn, claim);
    if (!shell) return rules::refusal_of(rules::WhyNotWithdrawable::former_organisation_gone);
    WriteTxn& theirs = txn.of(claim.losing);
    rules::Decision back = rules::given_back(*shell, claim, context.now);
    TRY_ONLY(theirs.replace(back.user, shell->version));
    tell(theirs, unnamed(context), back.activity, back.user, std::move(back.changes));
    return {};
}

// Without an archive record: the person is not deleted, but returns.
void take_away(AcrossTxn& txn, const Context& context, OrgId claiming, const Claim& claim)
{
    WriteTxn& ours = txn.of(claiming);
    const auto user = ours.user(claim.user);
    if (!user) return;
    std::vector<Group> groups;
    if (user->in_groups) groups = ours.groups_of(to_text(user->id));
    std::vector<Change> changes = rules::changes_between(&*user, nullptr);
    if (!groups.empty()) changes.push_back({"groups", names_of(groups), nullptr});
    give_licences_back(ours, *user);
    ours.erase(user->id);
    move_on(ours, context, std::move(groups));
    tell(ours, context, Activity::withdraw_claim, *user, std::move(changes));
}

Result<void> check_licences(WriteTxn& ours, const std::vector<std::string>& licences)
{
    for (const auto& each : licences)
        if (!ours.records().find(RecordKind::licence, each))
            return Refusal{Reason::invalid_value, "licences", "there is no licence '" + each.substr(0, 60) + "'",
                           "name licences by their ids"};
    return {};
}

} // namespace

const ClaimView::Domain& ClaimView::domain_of(std::string_view address)
{
    const std::string name = core::domain_of(address).value_or("");
    const auto known = domains_.find(name);
    if (known != domains_.end()) return known->second;
    Domain facts;
    if (!name.empty()) {
        for (const auto& each : registry_.records_about(RecordKind::domain, name)) {
            const auto domain = core::Domain::from_record(each.value);
            if (each.organisation == claiming_.id) {
                facts.verified_here = domain.is_verified();
            } else {
                facts.claimed_elsewhere |= domain.state == DomainState::claimed;
            }
        }
    }
    return domains_.emplace(name, facts).first->second;
}

bool ClaimView::has_verified(std::string_view address) { return domain_of(address).verified_here; }
bool ClaimView::is_claimed_elsewhere(std::string_view address) { return domain_of(address).claimed_elsewhere; }

ClaimView::Seen ClaimView::look_at(const Owned<User>& owner)
{
    auto other = others_.find(owner.organisation);
    if (other == others_.end()) {
        const auto found = registry_.organisation(owner.organisation);
        if (!found) throw std::out_of_range{"an organisation has gone while its users were looked at"};
        other = others_.emplace(owner.organisation, *found).first;
    }
    const Organisation& former = other->second;
    const Domain& domain = domain_of(rules::address_of(owner.value));
    rules::ClaimFacts facts;
    facts.domain_verified_here = domain.verified_here;
    facts.domain_claimed_elsewhere = domain.claimed_elsewhere;
    facts.is_here = former.id == claiming_.id;
    facts.has_sso = former.sso;
    facts.is_synchronised = former.directory_sync;
    if (owner.value.standing.claim) {
        const auto last = claim_of(registry_, *owner.value.standing.claim);
        facts.claim_waits = last && last->state == ClaimState::waiting;
    }
    Seen seen;
    seen.why = rules::why_not_claimable(owner.value, facts, now_);
    if (!seen.why) seen.kinds = rules::kinds_of(former, claiming_.policy);
    return seen;
}

Result<Claim> claim(AcrossTxn& txn, const Context& context, IdSource& ids, OrgId claiming, const ClaimAsked& asked)
{
    using rules::WhyNotClaimable;
    Registry& registry = txn.registry();
    WriteTxn& ours = txn.of(claiming);
    ClaimView view{registry, ours.organisation(), context.now};
    if (!email_parts(asked.address))
        return Refusal{Reason::invalid_value, "address", "the address is no e-mail address",
                       "give one such as ada@example.com"};
    if (!view.has_verified(asked.address)) return rules::refusal_of(WhyNotClaimable::domain_not_verified);
    TRY_ONLY(check_licences(ours, asked.licences));

    std::optional<Owned<User>> chosen;
    std::optional<WhyNotClaimable> why;
    std::vector<ClaimKind> kinds;
    for (auto& owner : registry.users_named(asked.address)) {
        auto seen = view.look_at(owner);
        if (seen.why == WhyNotClaimable::already_here) return rules::refusal_of(*seen.why);
        if (!seen.why && !chosen) {
            chosen = std::move(owner);
            kinds = std::move(seen.kinds);
        }
        if (!why) why = seen.why;
    }
    if (!chosen && why) return rules::refusal_of(*why);
    if (!chosen)
        return Refusal{Reason::not_found, "address", "no account elsewhere has this address",
                       "make a new user with it"};
    const ClaimKind kind = asked.kind.value_or(kinds.back());
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end())
        return Refusal{Reason::not_allowed, "kind", "this user cannot be claimed with a delay",
                       "claim immediately; content does not come along"};

    const User& before = chosen->value;
    Claim made;
    made.id = to_text(ids.next());
    made.address = before.user_name;
    made.losing = chosen->organisation;
    made.former = rules::former_account(before);
    made.user = ids.next_user();
    made.kind = kind;
    made.rename_only = rules::may_only_be_renamed(before, *registry.organisation(chosen->organisation));
    made.made = context.now;
    made.until = context.now + ours.organisation().policy.claim_window;
    made.licences = asked.licences;
    made.acknowledged_by = context.actor.id;

    WriteTxn& theirs = txn.of(chosen->organisation);
    rules::Decision shell = rules::shell_of(before, made, context.now);
    TRY_ONLY(theirs.replace(shell.user, before.version));
    rules::Decision newcomer = rules::newcomer(before, made, true, context.now);
    TRY(newcomer.user.standing.licences, take_automatic_licences(ours)); // S-196
    std::vector<std::string> licences = newcomer.user.standing.licences;
    TRY_ONLY(ours.insert(newcomer.user));
    must(Shelf<Claim>{ours.records()}.insert(made));
    newcomer.changes.push_back(claim_change(made));
    tell(theirs, unnamed(context), shell.activity, shell.user, std::move(shell.changes));
    tell(ours, context, newcomer.activity, newcomer.user, std::move(newcomer.changes));
    if (!asked.licences.empty()) { // S-198
        licences.insert(licences.end(), asked.licences.begin(), asked.licences.end());
        std::sort(licences.begin(), licences.end());
        licences.erase(std::unique(licences.begin(), licences.end()), licences.end());
        if (const auto given = set_licences(ours, context, made.user, licences); !given) return given.error();
    }
    write_mail(txn, context, ids, ours.organisation(), made, MailKind::claim_notice);
    return made;
}

Result<User> claim_instead(AcrossTxn& txn, const Context& context, IdSource& ids, OrgId claiming,
                           const DesiredUser& wanted, const Refusal& taken)
{
    WriteTxn& ours = txn.of(claiming);
    if (ours.user_named(wanted.user_name)) return taken;
    if (!ClaimView{txn.registry(), ours.organisation(), context.now}.has_verified(wanted.user_name)) return taken;
    const auto claimed = claim(txn, context, ids, claiming, {wanted.user_name, ClaimKind::immediate});
    if (!claimed)
        return Refusal{Reason::taken, "userName",
                       "userName: an account outside this organisation has this address and cannot be claimed: " +
                           claimed.error().detail,
                       claimed.error().remedy};
    TRY(Updated made, update_user(ours, context, claimed->user, wanted));
    return std::move(made.user);
}

Result<Claim> withdraw(AcrossTxn& txn, const Context& context, IdSource& ids, OrgId claiming, std::string_view id)
{
    TRY(Claim claim, must_find(txn, claiming, id));
    const Organisation organisation = txn.of(claiming).organisation();
    const bool former_exists = txn.registry().organisation(claim.losing).has_value();
    if (const auto why = why_not_withdrawable(txn.of(claiming), former_exists, claim, context.now))
        return rules::refusal_of(*why);
    take_away(txn, context, claiming, claim);
    TRY_ONLY(give_back(txn, context, claim));
    claim.state = ClaimState::withdrawn;
    claim.ended = context.now;
    keep(txn, claiming, claim);
    write_mail(txn, context, ids, organisation, claim, MailKind::claim_withdrawn);
    return claim;
}

Result<Claim> choose(AcrossTxn& txn, const Context& context, OrgId claiming, std::string_view id, Choice choice,
                     std::string_view address)
{
    TRY(Claim claim, must_find(txn, claiming, id));
    TRY_ONLY(rules::may_choose(claim, choice, context.now));
    if (rules::needs_address(choice)) {
        if (!txn.registry().organisation(claim.losing)) return not_found("former account");
        TRY_ONLY(check_new_address(txn, context, claiming, claim, address));
        TRY_ONLY(keep_shell(txn, context, claim, choice, address));
    }
    end(txn, context, claiming, claim, choice, ClaimState::done);
    return claim;
}

Result<Claim> remind(AcrossTxn& txn, const Context& context, IdSource& ids, OrgId claiming, std::string_view id)
{
    TRY(Claim claim, must_find(txn, claiming, id));
    WriteTxn& ours = txn.of(claiming);
    const auto user = ours.user(claim.user);
    if (!user || claim.state != ClaimState::waiting || context.now >= claim.until)
        return Refusal{Reason::not_allowed, "state", "this claim waits for no choice any more",
                       "there is nothing to remind of"};
    write_mail(txn, context, ids, ours.organisation(), claim, MailKind::claim_reminder);
    tell(ours, context, Activity::remind_user, *user, {claim_change(claim)});
    return claim;
}

Result<Claim> acknowledge_transfer(AcrossTxn& txn, const Context& context, OrgId claiming, std::string_view id)
{
    TRY(Claim claim, must_find(txn, claiming, id));
    if (claim.content != ContentTransfer::pending)
        return Refusal{Reason::not_allowed, "content", "no transfer of content is pending for this claim",
                       "acknowledge each transfer once, when it is done"};
    claim.content = ContentTransfer::acknowledged;
    keep(txn, claiming, claim);
    remove_shell(txn, context, claim);
    WriteTxn& ours = txn.of(claiming);
    if (const auto user = ours.user(claim.user))
        tell(ours, context, Activity::acknowledge_transfer, *user, {claim_change(claim)});
    return claim;
}

std::int64_t expire_due(AcrossTxn& txn, const Context& context, std::int64_t limit)
{
    std::int64_t expired = 0;
    for (const auto& each : txn.registry().records_due(RecordKind::claim, context.now, limit)) {
        Claim claim = Claim::from_record(each.value);
        const Choice choice = rules::default_choice(claim.kind);
        end(txn, context, each.organisation, claim, choice, ClaimState::expired);
        FAILPOINT("mid_expiry");
        ++expired;
    }
    return expired;
}

void end_claims_of(AcrossTxn& txn, const Context& context, OrgId claiming)
{
    constexpr std::int64_t page = 500;
    std::string after;
    for (std::int64_t found = page; found == page;) {
        const auto claims = Shelf<Claim>{txn.of(claiming).records()}.list(after, page);
        found = static_cast<std::int64_t>(claims.size());
        for (Claim claim : claims) {
            after = claim.id;
            if (claim.state == ClaimState::waiting) {
                take_away(txn, context, claiming, claim);
                // The old address may have found another owner, when the user's record here had gone before.
                if (shell_of(txn, claim) && !give_back(txn, context, claim)) remove_shell(txn, context, claim);
                claim.state = ClaimState::withdrawn;
                claim.ended = context.now;
                keep(txn, claiming, claim);
            } else if (claim.content == ContentTransfer::pending) {
                remove_shell(txn, context, claim);
            }
        }
    }
}

std::optional<rules::WhyNotWithdrawable> why_not_withdrawable(ReadTxn& claiming, bool former_organisation_exists,
                                                              const Claim& claim, Instant now)
{
    const auto user = claiming.user(claim.user);
    const auto parts = email_parts(claim.address);
    const auto domain = parts ? ReadShelf<Domain>{claiming.records()}.find(fold(parts->domain)) : std::nullopt;
    rules::WithdrawFacts facts;
    facts.has_signed_in = user && user->standing.signed_in_at;
    facts.domain_claimed_here = domain && domain->state == DomainState::claimed;
    facts.former_organisation_exists = former_organisation_exists;
    return rules::why_not_withdrawable(claim, facts, claiming.organisation().policy, now);
}

std::optional<Owned<Claim>> claim_behind(Registry& registry, std::span<const std::uint8_t> server_key,
                                         std::string_view secret, Instant now)
{
    const auto id = claim_of_choice(server_key, secret);
    if (!id) return {};
    for (const auto& each : registry.records_about(RecordKind::claim, *id)) {
        Claim found = Claim::from_record(each.value);
        if (found.state == ClaimState::waiting && now < found.until)
            return Owned<Claim>{each.organisation, std::move(found)};
    }
    return {};
}

} // namespace core::actions
