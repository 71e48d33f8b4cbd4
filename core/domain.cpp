#include "core/domain.hpp"

#include "core/record_doc.hpp"
#include "core/words.hpp"

namespace core {

namespace {

constexpr Words<DomainState, 3> states{{{
    {DomainState::pending, "pending"},
    {DomainState::verified, "verified"},
    {DomainState::claimed, "claimed"},
}}};

} // namespace

std::string_view word(DomainState state) { return states.of(state); }
std::optional<DomainState> domain_state_from(std::string_view text) { return states.from(text); }

Record to_record(const Domain& domain)
{
    return {.key = domain.name,
            .name = {},
            .ref = domain.name,
            .due = domain.recheck_at,
            .doc = {{"state", word(domain.state)},
                    {"proof", domain.proof},
                    {"createdAt", doc::value(domain.created)},
                    {"verifiedAt", doc::value(domain.verified_at)},
                    {"checkedAt", doc::value(domain.checked_at)},
                    {"problem", domain.problem},
                    {"failingSince", doc::value(domain.failing_since)}}};
}

Domain Domain::from_record(const Record& record)
{
    Domain domain;
    domain.name = record.key;
    const auto state = domain_state_from(doc::text(record.doc, "state"));
    if (!state) doc::damaged("state");
    domain.state = *state;
    domain.proof = doc::text(record.doc, "proof");
    domain.created = doc::instant(record.doc, "createdAt");
    domain.verified_at = doc::maybe_instant(record.doc, "verifiedAt");
    domain.checked_at = doc::maybe_instant(record.doc, "checkedAt");
    domain.problem = doc::text(record.doc, "problem");
    domain.failing_since = doc::maybe_instant(record.doc, "failingSince");
    domain.recheck_at = record.due;
    return domain;
}

} // namespace core
