// A client assertion (RFC 7523 3): read strictly, held against what was expected, and only then against a key.
#pragma once

#include "core/outside.hpp"
#include "scim/outside/key_set.hpp"

#include <string>
#include <string_view>

namespace scim::outside {

// Everything about it is right but that nobody knows yet who signed it.
struct UnprovenAssertion {
    core::Assertion claims;
    const Algorithm* algorithm = nullptr;
    std::size_t signature_bytes = 0;
};
boost::system::result<UnprovenAssertion, core::AssertionProblem>
read_assertion(std::string_view jwt, const core::ExpectedAssertion&, core::Instant now);

// The key of the set that the assertion names or, where it names none, the only one that fits. Null: there is none.
const PublicKey* key_for(const UnprovenAssertion&, const KeySet&);

// Both, and the signature.
core::AssertionAnswer verify_assertion(std::string_view jwt, const core::ExpectedAssertion&, const KeySet&,
                                       core::Instant now);
// The last step alone.
core::AssertionAnswer proven(std::string_view jwt, const UnprovenAssertion&, const PublicKey&);

} // namespace scim::outside
