#include "core/outside.hpp"

#include "core/words.hpp"

namespace core {
namespace {

using enum DnsProblem;

constexpr Words<DnsProblem, 10> dns_words{{{
    {bad_name, "badName"},
    {no_such_name, "noSuchName"},
    {no_data, "noData"},
    {alias_loop, "aliasLoop"},
    {timeout, "timeout"},
    {unreachable, "unreachable"},
    {refused, "refused"},
    {server_failure, "serverFailure"},
    {malformed, "malformed"},
    {too_large, "tooLarge"},
}}};

constexpr Words<MailFate, 4> fate_words{{{
    {MailFate::sent, "sent"},
    {MailFate::temporary, "temporary"},
    {MailFate::permanent, "permanent"},
    {MailFate::unknown, "unknown"},
}}};

constexpr Words<AssertionProblem, 15> assertion_words{{{
    {AssertionProblem::malformed, "malformed"},
    {AssertionProblem::too_large, "tooLarge"},
    {AssertionProblem::header, "header"},
    {AssertionProblem::algorithm, "algorithm"},
    {AssertionProblem::key, "key"},
    {AssertionProblem::signature, "signature"},
    {AssertionProblem::issuer, "issuer"},
    {AssertionProblem::subject, "subject"},
    {AssertionProblem::audience, "audience"},
    {AssertionProblem::expired, "expired"},
    {AssertionProblem::not_yet, "notYet"},
    {AssertionProblem::lifetime, "lifetime"},
    {AssertionProblem::claims, "claims"},
    {AssertionProblem::replayed, "replayed"},
    {AssertionProblem::keys_unavailable, "keysUnavailable"},
}}};

} // namespace

std::string_view word(DnsProblem problem) { return dns_words.of(problem); }
std::string_view word(MailFate fate) { return fate_words.of(fate); }
std::string_view word(AssertionProblem problem) { return assertion_words.of(problem); }

std::string_view explanation(DnsProblem problem)
{
    switch (problem) {
    case bad_name: return "this is not a domain name; write an internationalised one in its xn-- form";
    case no_such_name: return "the name does not exist in DNS; add the record and allow time for it to spread";
    case no_data: return "the name has no TXT record; add the record and allow time for it to spread";
    case alias_loop: return "the name is an alias (CNAME) that leads in a circle; mend the alias";
    case timeout: return "the name server did not answer in time; try again later";
    case unreachable: return "the name server cannot be reached; check the server's dns.resolver";
    case refused: return "the name server refuses to answer this server; check the server's dns.resolver";
    case server_failure:
        return "the name server could not find out (SERVFAIL); check the domain's name servers and DNSSEC";
    case malformed: return "the name server's answer cannot be read; try again later";
    case too_large: return "the name has more TXT data than is read; remove records that are no longer needed";
    }
    return {};
}

bool is_worth_another_try(DnsProblem problem)
{
    switch (problem) {
    case timeout:
    case unreachable:
    case refused:
    case server_failure:
    case malformed: return true;
    case bad_name:
    case no_such_name:
    case no_data:
    case alias_loop:
    case too_large: return false;
    }
    return false;
}

} // namespace core
