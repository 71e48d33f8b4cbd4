#include "scim/outside/assertion_verifier.hpp"

#include "core/base/result.hpp"
#include "scim/outside/assertion.hpp"

namespace scim::outside {

FederatedVerifier::FederatedVerifier(VerifierOptions options)
    : options_{std::move(options)}, keys_{[this](const std::string& url) {
                                              return fetch({.url = url,
                                                            .ca_file = options_.ca_file,
                                                            .longest = options_.longest,
                                                            .most_bytes = options_.document_bytes,
                                                            .private_addresses = options_.private_addresses,
                                                            .plain_loopback = options_.plain_loopback});
                                          },
                                          options_.times}
{
}

core::AssertionAnswer FederatedVerifier::verify(std::string_view jwt, const core::ExpectedAssertion& expected,
                                                core::Instant now)
{
    // What can be refused without a key costs the issuer nothing.
    TRY(const UnprovenAssertion unproven, read_assertion(jwt, expected, now));
    IssuerKeys::Keys keys = keys_.keys(expected.issuer, expected.keys_url, now);
    if (!keys) return core::AssertionProblem::keys_unavailable;
    const PublicKey* key = key_for(unproven, *keys);
    if (key == nullptr) {
        keys = keys_.newer(expected.issuer, expected.keys_url, keys, now);
        key = keys ? key_for(unproven, *keys) : nullptr;
    }
    if (key == nullptr) return core::AssertionProblem::key;
    TRY(core::Assertion assertion, proven(jwt, unproven, *key));
    // Only what is proven is remembered, and for as long as it would be good.
    if (expected.once && !seen_.is_first(assertion.issuer, assertion.id, assertion.expires + expected.leeway, now))
        return core::AssertionProblem::replayed;
    return assertion;
}

std::string problem_with_issuer(const std::string& url, const VerifierOptions& options)
{
    if (url.find('?') != std::string::npos) return "an issuer has no query"; // OpenID Connect Discovery 3
    return problem_with_url(url, options.plain_loopback);
}

} // namespace scim::outside
