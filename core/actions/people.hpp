// What administrators and the application do to users (rules/people), in the caller's transaction: facts from the store
// → rule → the new row, its event, and the mail that goes with it. A directory's requests are actions/provision.
#pragma once

#include "core/actions/provision.hpp"
#include "core/mail.hpp"
#include "core/rules/people.hpp"

#include <optional>
#include <vector>

namespace core::actions {

rules::PersonFacts facts_of(ReadTxn&, const User&);
std::vector<rules::Verb> possible_verbs(ReadTxn&, const User&);

// The user afterwards; of a purge, the last state. not_found, stale, not_allowed with the reason, taken.
Result<User> perform(WriteTxn&, const Context&, rules::Verb, const UserId&,
                     std::optional<std::int64_t> known_version = {});

// By hand, from a file, through the API (S-087): invalid_value for somebody inactive, taken, too_many (an automatic
// licence has no seat left). With `invite`, and where
// the policy has invitations on, an invitation is written for who has something left to do.
Result<User> create_by_hand(WriteTxn&, const Context&, UserId, const DesiredUser&, Provenance, bool invite);

// An administrator's word. not_found, stale, not_allowed, taken.
Result<User> change_by_hand(WriteTxn&, const Context&, const User& before, const DesiredUser&);
Result<User> set_administrator(WriteTxn&, const Context&, const User& before, bool is_administrator);

// Puts a mail into the outbox; gives it an id where it has none.
void queue(WriteTxn&, QueuedMail);
// The invitation of a user who may be invited; whether there was one to write.
bool invite_if_possible(WriteTxn&, const Context&, const User&);

} // namespace core::actions
