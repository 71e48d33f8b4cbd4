// An e-mail domain that an organisation says is its own (requirements F, api.md `/orgs/{org}/domains`). Several may
// verify one domain; one may claim it.
#pragma once

#include "core/record.hpp"

#include <string>

namespace core {

enum class DomainState : std::uint8_t { pending, verified, claimed };

struct Domain {
    static constexpr RecordKind record_kind = RecordKind::domain;

    std::string name; // folded, ASCII (punycode); the key
    DomainState state = DomainState::pending;
    std::string proof; // what the TXT record must hold
    Instant created{};
    std::optional<Instant> verified_at;
    std::optional<Instant> checked_at; // when DNS was last asked
    std::string problem;               // why it could not be verified then; empty: no problem
    bool is_verified() const { return state != DomainState::pending; }

    static Domain from_record(const Record&);
    bool operator==(const Domain&) const = default;
};
Record to_record(const Domain&); // key and ref: the name

std::string_view word(DomainState);
std::optional<DomainState> domain_state_from(std::string_view);

} // namespace core
