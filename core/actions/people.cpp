#include "core/actions/people.hpp"

#include "core/actions/address.hpp"
#include "core/actions/licensing.hpp"
#include "core/actions/refusals.hpp"
#include "core/actions/telling.hpp"
#include "core/base/ids.hpp"
#include "core/rules/domains.hpp"
#include "core/shelf.hpp"

#include <stdexcept>

namespace core::actions {

namespace {

using rules::Verb;

Result<User> carry_out(WriteTxn& txn, const Context& context, const User& before, const rules::Decision& decision)
{
    if (!decision.changed) return decision.user;
    TRY_ONLY(txn.replace(decision.user, before.version));
    tell(txn, context, decision.activity, decision.user, decision.changes);
    return decision.user;
}

bool has_waiting_invitation(ReadTxn& txn, const User& user)
{
    for (const QueuedMail& mail : ReadShelf<QueuedMail>{txn.records()}.about(to_text(user.id)))
        if (mail.kind == MailKind::invitation && mail.state == MailState::waiting) return true;
    return false;
}

void invite(WriteTxn& txn, const Context& context, const User& user)
{
    QueuedMail mail;
    mail.kind = MailKind::invitation;
    mail.to = rules::mail_address_of(user).value_or("");
    if (const auto* const display = user.profile.attributes().if_contains("displayName");
        display != nullptr && display->is_string())
        mail.to_name = std::string_view{display->get_string()};
    mail.user = to_text(user.id);
    mail.words = {{"organisation", txn.organisation().display_name}, {"userName", user.user_name}};
    mail.created = context.now;
    mail.due = context.now;
    tell(txn, context, Activity::invite_user, user, {{"invitation", nullptr, boost::json::value(mail.to)}});
    queue(txn, std::move(mail));
}

} // namespace

rules::PersonFacts facts_of(ReadTxn& txn, const User& user)
{
    rules::PersonFacts facts;
    if (user.standing.is_administrator && user.is_active()) {
        const auto living = txn.administrators(2);
        facts.is_last_administrator = living.size() == 1 && living.front().id == user.id;
    }
    if (user.is_soft_deleted() && user.original_user_name)
        facts.original_name_is_taken = txn.user_named(*user.original_user_name).has_value();
    if (user.status == Status::not_verified || user.status == Status::verified)
        facts.invitation_waits = has_waiting_invitation(txn, user);
    return facts;
}

std::vector<Verb> possible_verbs(ReadTxn& txn, const User& user)
{
    const rules::PersonFacts facts = facts_of(txn, user);
    std::vector<Verb> possible;
    for (const Verb verb : rules::all_verbs())
        if (!rules::refusal_of(verb, user, facts, txn.organisation().policy)) possible.push_back(verb);
    return possible;
}

Result<User> perform(WriteTxn& txn, const Context& context, Verb verb, const UserId& id,
                     std::optional<std::int64_t> known_version)
{
    const auto before = txn.user(id);
    if (!before) return not_found("user");
    TRY_ONLY(must_be_known(before->version, known_version));
    TRY(const rules::Decision decision,
        rules::perform(verb, *before, facts_of(txn, *before), txn.organisation().policy, context.now));
    if (verb == Verb::purge) remove_user(txn, context, *before, DeletionCause::admin);
    if (verb == Verb::invite) invite(txn, context, *before);
    return carry_out(txn, context, *before, decision);
}

Result<User> create_by_hand(WriteTxn& txn, const Context& context, UserId id, const DesiredUser& wanted, Provenance how,
                            bool with_invitation)
{
    TRY(const bool domain_verified, arrival_at(txn, wanted.user_name, how));
    TRY(rules::Decision decision,
        rules::enter(id, wanted, how, domain_verified, txn.organisation().policy, context.now));
    TRY(decision.user.standing.licences, take_automatic_licences(txn));
    TRY_ONLY(txn.insert(decision.user));
    tell(txn, context, decision.activity, decision.user, std::move(decision.changes));
    if (with_invitation) invite_if_possible(txn, context, decision.user);
    return std::move(decision.user);
}

Result<User> change_by_hand(WriteTxn& txn, const Context& context, const User& before, const DesiredUser& wanted)
{
    TRY(const rules::Decision decision, rules::change(before, wanted, txn.organisation().policy, context.now));
    if (rules::is_new_address(before, decision.user))
        TRY_ONLY(arrival_at(txn, decision.user.user_name, Provenance::manual));
    return carry_out(txn, context, before, decision);
}

Result<User> set_administrator(WriteTxn& txn, const Context& context, const User& before, bool is_administrator)
{
    TRY(const rules::Decision decision, rules::appoint(before, is_administrator, facts_of(txn, before), context.now));
    return carry_out(txn, context, before, decision);
}

void queue(WriteTxn& txn, QueuedMail mail)
{
    if (mail.id.empty()) mail.id = to_text(SystemIds{}.next());
    if (!Shelf<QueuedMail>{txn.records()}.insert(mail)) throw std::logic_error{"two mails have one id"};
}

bool invite_if_possible(WriteTxn& txn, const Context& context, const User& user)
{
    if (rules::refusal_of(Verb::invite, user, facts_of(txn, user), txn.organisation().policy)) return false;
    invite(txn, context, user);
    return true;
}

} // namespace core::actions
