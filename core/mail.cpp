#include "core/mail.hpp"

#include "core/record_doc.hpp"
#include "core/words.hpp"

namespace core {

namespace {

constexpr Words<MailKind, 5> kinds{{{
    {MailKind::invitation, "invitation"},
    {MailKind::activation, "activation"},
    {MailKind::claim_notice, "claimNotice"},
    {MailKind::claim_reminder, "claimReminder"},
    {MailKind::claim_withdrawn, "claimWithdrawn"},
}}};
constexpr Words<MailState, 3> states{{{
    {MailState::waiting, "waiting"},
    {MailState::sent, "sent"},
    {MailState::failed, "failed"},
}}};

} // namespace

std::string_view word(MailKind kind) { return kinds.of(kind); }
std::string_view word(MailState state) { return states.of(state); }
std::optional<MailKind> mail_kind_from(std::string_view text) { return kinds.from(text); }
std::optional<MailState> mail_state_from(std::string_view text) { return states.from(text); }

Record to_record(const QueuedMail& mail)
{
    return {.key = mail.id,
            .name = {},
            .ref = mail.user,
            .due = mail.due,
            .doc = {{"kind", word(mail.kind)},
                    {"to", mail.to},
                    {"toName", mail.to_name},
                    {"words", mail.words},
                    {"state", word(mail.state)},
                    {"createdAt", doc::value(mail.created)},
                    {"attempts", mail.attempts},
                    {"lastError", mail.last_error},
                    {"sentAt", doc::value(mail.sent_at)}}};
}

QueuedMail QueuedMail::from_record(const Record& record)
{
    QueuedMail mail;
    mail.id = record.key;
    const auto kind = mail_kind_from(doc::text(record.doc, "kind"));
    if (!kind) doc::damaged("kind");
    mail.kind = *kind;
    mail.to = doc::text(record.doc, "to");
    mail.to_name = doc::text(record.doc, "toName");
    mail.user = record.ref;
    const boost::json::value* const words = record.doc.if_contains("words");
    if (words == nullptr || !words->is_object()) doc::damaged("words");
    mail.words = words->get_object();
    const auto state = mail_state_from(doc::text(record.doc, "state"));
    if (!state) doc::damaged("state");
    mail.state = *state;
    mail.created = doc::instant(record.doc, "createdAt");
    mail.due = record.due;
    mail.attempts = doc::integer(record.doc, "attempts");
    mail.last_error = doc::text(record.doc, "lastError");
    mail.sent_at = doc::maybe_instant(record.doc, "sentAt");
    return mail;
}

} // namespace core
