#include "core/claim.hpp"

#include "core/record_doc.hpp"
#include "core/words.hpp"

#include <boost/json/array.hpp>

namespace core {

namespace {

namespace bj = boost::json;

constexpr Words<ClaimKind, 2> kinds{{{
    {ClaimKind::immediate, "immediate"},
    {ClaimKind::delayed, "delayed"},
}}};
constexpr Words<ClaimState, 4> states{{{
    {ClaimState::waiting, "waiting"},
    {ClaimState::done, "done"},
    {ClaimState::withdrawn, "withdrawn"},
    {ClaimState::expired, "expired"},
}}};
constexpr Words<Choice, 4> choices{{{
    {Choice::change_address, "changeAddress"},
    {Choice::remove, "delete"},
    {Choice::transfer, "transfer"},
    {Choice::rename, "rename"},
}}};
constexpr Words<ContentTransfer, 3> transfers{{{
    {ContentTransfer::none, "none"},
    {ContentTransfer::pending, "pending"},
    {ContentTransfer::acknowledged, "acknowledged"},
}}};

bj::value text_of(std::string_view word) { return bj::value(bj::string_view{word.data(), word.size()}); }

template<class Enum, std::size_t count>
Enum needed(const Words<Enum, count>& words, const bj::object& object, std::string_view name)
{
    const auto found = words.from(doc::text(object, name));
    if (!found) doc::damaged(name);
    return *found;
}

UserId id_in(const bj::object& object, std::string_view name)
{
    const auto uuid = uuid_from(doc::text(object, name));
    if (!uuid) doc::damaged(name);
    return UserId{*uuid};
}

Status status_in(const bj::object& object, std::string_view name)
{
    const auto status = status_from(doc::text(object, name));
    if (!status) doc::damaged(name);
    return *status;
}

bj::object to_doc(const FormerAccount& former)
{
    return {{"user", to_text(former.user)},
            {"status", text_of(word(former.status))},
            {"reason", former.reason ? text_of(word(*former.reason)) : bj::value{}},
            {"formerStatus", text_of(word(former.former_status))},
            {"purgeAt", doc::value(former.purge_at)},
            {"claim", doc::value(former.claim)}};
}

FormerAccount former_from(const bj::object& object)
{
    FormerAccount former;
    former.user = id_in(object, "user");
    former.status = status_in(object, "status");
    if (const auto reason = doc::maybe_text(object, "reason")) {
        former.reason = inactive_reason_from(*reason);
        if (!former.reason) doc::damaged("reason");
    }
    former.former_status = status_in(object, "formerStatus");
    former.purge_at = doc::maybe_instant(object, "purgeAt");
    former.claim = doc::maybe_text(object, "claim");
    return former;
}

} // namespace

std::string_view word(ClaimKind kind) { return kinds.of(kind); }
std::string_view word(ClaimState state) { return states.of(state); }
std::string_view word(Choice choice) { return choices.of(choice); }
std::string_view word(ContentTransfer transfer) { return transfers.of(transfer); }
std::optional<ClaimKind> claim_kind_from(std::string_view text) { return kinds.from(text); }
std::optional<ClaimState> claim_state_from(std::string_view text) { return states.from(text); }
std::optional<Choice> choice_from(std::string_view text) { return choices.from(text); }

Record to_record(const Claim& claim)
{
    bj::array licences;
    for (const auto& each : claim.licences) licences.push_back(text_of(each));
    return {.key = claim.id,
            .name = {},
            .ref = claim.id,
            .due = claim.state == ClaimState::waiting ? std::optional{claim.until} : std::nullopt,
            .doc = {{"address", claim.address},
                    {"losing", claim.losing.value},
                    {"former", to_doc(claim.former)},
                    {"user", to_text(claim.user)},
                    {"kind", text_of(word(claim.kind))},
                    {"state", text_of(word(claim.state))},
                    {"choice", claim.choice ? text_of(word(*claim.choice)) : bj::value{}},
                    {"renameOnly", claim.rename_only},
                    {"madeAt", doc::value(claim.made)},
                    {"until", doc::value(claim.until)},
                    {"endedAt", doc::value(claim.ended)},
                    {"content", text_of(word(claim.content))},
                    {"licences", std::move(licences)},
                    {"acknowledgedBy", claim.acknowledged_by}}};
}

Claim Claim::from_record(const Record& record)
{
    const bj::object& object = record.doc;
    Claim claim;
    claim.id = record.key;
    claim.address = doc::text(object, "address");
    claim.losing = OrgId{doc::integer(object, "losing")};
    const bj::value* const former = object.if_contains("former");
    if (former == nullptr || !former->is_object()) doc::damaged("former");
    claim.former = former_from(former->get_object());
    claim.user = id_in(object, "user");
    claim.kind = needed(kinds, object, "kind");
    claim.state = needed(states, object, "state");
    if (const auto choice = doc::maybe_text(object, "choice")) {
        claim.choice = choice_from(*choice);
        if (!claim.choice) doc::damaged("choice");
    }
    claim.rename_only = doc::truth(object, "renameOnly");
    claim.made = doc::instant(object, "madeAt");
    claim.until = doc::instant(object, "until");
    claim.ended = doc::maybe_instant(object, "endedAt");
    claim.content = needed(transfers, object, "content");
    const bj::value* const licences = object.if_contains("licences");
    if (licences == nullptr || !licences->is_array()) doc::damaged("licences");
    for (const bj::value& each : licences->get_array()) {
        if (!each.is_string()) doc::damaged("licences");
        claim.licences.emplace_back(std::string_view{each.get_string()});
    }
    claim.acknowledged_by = doc::text(object, "acknowledgedBy");
    return claim;
}

} // namespace core
