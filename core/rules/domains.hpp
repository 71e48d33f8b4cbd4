// Domains (requirements F): what may be added, what an answer of DNS makes of one, who may claim it, and whose users it
// keeps out. A domain is exactly its name: contoso.com says nothing about mail.contoso.com.
#pragma once

#include "core/base/result.hpp"
#include "core/domain.hpp"
#include "core/policy.hpp"
#include "core/user.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::rules {

// How often a verified domain is looked at again, and how long it may fail before it is none any more.
struct DomainChecks {
    Duration recheck = std::chrono::hours{24};
    Duration grace = std::chrono::days{7};
};

// The name as it is kept; invalid_value for what is no domain, or a top-level one.
Result<std::string> domain_to_add(std::string_view name);

// Where the record that proves a domain has to stand, and what it has to hold. `random`: 32 bytes nobody can guess.
std::string challenge_name(std::string_view domain);
std::string proof_from(std::string_view random);

// What came back when DNS was asked.
struct TxtLook {
    std::vector<std::string> values;
    std::string problem;        // in words, where there are none
    bool says_something = true; // else the trouble was on the way, and nothing is known about the domain
};
enum class DomainTurn : std::uint8_t { none, verified, unverified };
struct CheckedDomain {
    Domain domain;
    DomainTurn turn = DomainTurn::none;
};
// One record of several is enough, if it is the proof to the letter. A verified domain whose proof is gone stays
// verified for `grace`; whatever says nothing about the domain changes nothing.
CheckedDomain check(const Domain&, const TxtLook&, const DomainChecks&, Instant now);

// S-174, S-176, S-179: verified here, and claimed by nobody else. A domain claimed here already stays as it is.
Result<Domain> claim(const Domain&, const DomainOwnership&);
// S-180: back to verified, from where it can be claimed again.
Result<Domain> release(const Domain&);

enum class Way : std::uint8_t { directory, administrator }; // how somebody comes by a new address
// Whether an address of `domain` (none: it has none) may be given to a user here. not_allowed: the domain is claimed
// elsewhere (S-176), or the policy requires one that is verified here and a directory asks.
Result<void> may_join(const std::optional<std::string>& domain, const DomainOwnership&, const Policy&, Way);

// Whether a change gives the user an address they have not had. A tombstone is none, nor is the name under it: who
// must not join may still be deleted and restored.
bool is_new_address(const User& before, const User& after);

// S-091, S-099, S-177: what the arrival rule takes as `domain_verified`. An organisation that has not named any domain
// leaves it to its directory who its users are.
bool counts_as_verified(const DomainOwnership&, Provenance);

} // namespace core::rules
