// A mail that waits to be sent, or was: written in the transaction of the change that it tells of (the outbox,
// api.md `/orgs/{org}/mails`). What it says is made when it is sent, from its kind's template and `words`.
#pragma once

#include "core/record.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace core {

enum class MailKind : std::uint8_t { invitation, activation, claim_notice, claim_reminder, claim_withdrawn };
enum class MailState : std::uint8_t { waiting, sent, failed };

struct QueuedMail {
    static constexpr RecordKind record_kind = RecordKind::mail;

    std::string id; // UUIDv7 text, the key: lists are in the order in which mails were written
    MailKind kind = MailKind::invitation;
    std::string to;
    std::string to_name;
    std::optional<std::string> user; // the id of the user it is about (ref)
    boost::json::object words;       // what its template fills in
    MailState state = MailState::waiting;
    Instant created{};
    std::optional<Instant> due; // when to try next; only of one that waits
    std::int64_t attempts = 0;
    std::string last_error; // for an administrator; empty: none
    std::optional<Instant> sent_at;

    static QueuedMail from_record(const Record&);
    bool operator==(const QueuedMail&) const = default;
};
Record to_record(const QueuedMail&); // key: id, ref: user, due: due

std::string_view word(MailKind); // "claimNotice"
std::string_view word(MailState);
std::optional<MailKind> mail_kind_from(std::string_view);
std::optional<MailState> mail_state_from(std::string_view);

} // namespace core
