#include "core/rules/domains.hpp"

#include "core/base/domain_name.hpp"
#include "core/base/text.hpp"

#include <algorithm>

namespace core::rules {

namespace {

constexpr Duration soon = std::chrono::hours{1}; // after trouble on the way

// A TXT value as people paste it: the quotation marks of zone files and blanks around it are not part of it.
std::string_view as_meant(std::string_view value)
{
    const auto trim = [&] {
        while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
        while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
    };
    trim();
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) value = value.substr(1, value.size() - 2);
    trim();
    return value;
}

} // namespace

Result<std::string> domain_to_add(std::string_view name)
{
    auto domain = ascii_domain(name);
    if (!domain)
        return Refusal{Reason::invalid_value, "name", "is not a domain name",
                       "write it as it stands behind the @ of an address, for example contoso.com"};
    if (domain->find('.') == domain->npos)
        return Refusal{Reason::invalid_value, "name", "is a top-level domain, which nobody's users have to themselves",
                       "name a domain below it, for example contoso." + *domain};
    return *std::move(domain);
}

std::string challenge_name(std::string_view domain) { return "_rollcall-challenge." + std::string{domain}; }

std::string proof_from(std::string_view random) { return "rollcall-domain-verification=" + std::string{random}; }

CheckedDomain check(const Domain& before, const TxtLook& look, const DomainChecks& checks, Instant now)
{
    CheckedDomain checked{before, DomainTurn::none};
    Domain& domain = checked.domain;
    domain.checked_at = now;
    domain.recheck_at.reset();
    const bool is_proven = std::any_of(look.values.begin(), look.values.end(),
                                       [&](const std::string& value) { return as_meant(value) == domain.proof; });
    if (is_proven) {
        domain.problem.clear();
        domain.failing_since.reset();
        domain.recheck_at = now + checks.recheck;
        if (before.is_verified()) return checked;
        domain.state = DomainState::verified;
        domain.verified_at = now;
        checked.turn = DomainTurn::verified;
        return checked;
    }
    domain.problem = !look.problem.empty()
                         ? look.problem
                         : "the name has TXT records, but none of them is the proof; add one with exactly this value";
    if (!before.is_verified()) return checked;
    if (!look.says_something) {
        domain.recheck_at = now + std::min(checks.recheck, soon);
        return checked;
    }
    if (!domain.failing_since) domain.failing_since = now;
    const Instant end = *domain.failing_since + checks.grace;
    if (now < end) {
        domain.recheck_at = std::min(now + checks.recheck, end);
        return checked;
    }
    domain.state = DomainState::pending;
    domain.verified_at.reset();
    domain.failing_since.reset();
    checked.turn = DomainTurn::unverified;
    return checked;
}

Result<Domain> claim(const Domain& before, const DomainOwnership& ownership)
{
    if (before.state == DomainState::claimed) return before;
    if (!before.is_verified())
        return Refusal{Reason::not_allowed, "state", "the domain is not verified",
                       "add its TXT record and verify it first"};
    if (ownership.claimed_elsewhere)
        return Refusal{Reason::not_allowed, "state", "another organisation has claimed the domain",
                       "it has to release the domain before you can claim it"};
    Domain after = before;
    after.state = DomainState::claimed;
    return after;
}

Result<Domain> release(const Domain& before)
{
    if (!before.is_verified())
        return Refusal{Reason::not_allowed, "state", "the domain is not claimed, and not verified either",
                       "nothing has to be released"};
    Domain after = before;
    after.state = DomainState::verified;
    return after;
}

Result<void> may_join(const std::optional<std::string>& domain, const DomainOwnership& ownership, const Policy& policy,
                      Way way)
{
    if (ownership.claimed_elsewhere)
        return Refusal{Reason::not_allowed, "userName",
                       "the domain " + *domain + " is claimed by another organisation, so its users cannot join here",
                       "use an address of another domain, or ask the domain's owner to release it"};
    if (way == Way::administrator || !policy.require_verified_domain || ownership.verified_here) return {};
    if (!domain)
        return Refusal{Reason::not_allowed, "userName",
                       "this organisation takes users of its verified domains only, and the name is no address",
                       "use an e-mail address of a verified domain, or switch the policy requireVerifiedDomain off"};
    return Refusal{Reason::not_allowed, "userName",
                   "this organisation takes users of its verified domains only, and " + *domain + " is none of them",
                   "verify the domain, or switch the policy requireVerifiedDomain off"};
}

bool is_new_address(const User& before, const User& after)
{
    if (after.user_name == before.user_name || after.original_user_name) return false;
    const std::string name = fold(after.user_name);
    return name != fold(before.user_name) && (!before.original_user_name || name != fold(*before.original_user_name));
}

bool counts_as_verified(const DomainOwnership& ownership, Provenance provenance)
{
    if (ownership.verified_here) return true;
    return provenance == Provenance::scim && !ownership.names_domains;
}

} // namespace core::rules
