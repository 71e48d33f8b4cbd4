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
    std::optional<Instant> checked_at;    // when DNS was last asked
    std::string problem;                  // why it could not be verified then; empty: no problem
    std::optional<Instant> failing_since; // of a verified one: since when DNS says that the proof is gone
    std::optional<Instant> recheck_at;    // when DNS is to be asked again; none: when somebody wishes
    bool is_verified() const { return state != DomainState::pending; }

    static Domain from_record(const Record&);
    bool operator==(const Domain&) const = default;
};
Record to_record(const Domain&); // key and ref: the name; due: recheck_at

// What organisations hold on one domain, seen from one of them: all that a transaction learns of the others.
struct DomainOwnership {
    bool verified_here = false; // or claimed
    bool claimed_here = false;
    bool claimed_elsewhere = false;
    bool names_domains = false; // whether the organisation has any domain at all, this or another
    bool operator==(const DomainOwnership&) const = default;
};

std::string_view word(DomainState);
std::optional<DomainState> domain_state_from(std::string_view);

} // namespace core
