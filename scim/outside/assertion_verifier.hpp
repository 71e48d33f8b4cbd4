// Workload identity federation: assertions held against the keys that their issuer publishes.
#pragma once

#include "core/outside.hpp"
#include "scim/outside/issuer_keys.hpp"
#include "scim/outside/seen_once.hpp"

#include <string>

namespace scim::outside {

struct VerifierOptions {
    std::string ca_file = {};                         // PEM; empty: the system's
    core::Duration longest = std::chrono::seconds{5}; // for each document
    std::size_t document_bytes = 256 * 1024;
    bool private_addresses = false; // whether an issuer may live in the operator's own network
    bool plain_loopback = false;    // whether http:// is spoken with one on loopback
    KeyTimes times = {};
};

// From any thread.
class FederatedVerifier final : public core::AssertionVerifier {
public:
    explicit FederatedVerifier(VerifierOptions options = {});
    core::AssertionAnswer verify(std::string_view jwt, const core::ExpectedAssertion&, core::Instant now) override;

private:
    VerifierOptions options_;
    IssuerKeys keys_;
    SeenOnce seen_;
};

// Why this cannot be an issuer (or the place of its keys), for an administrator; or empty.
std::string problem_with_issuer(const std::string& url, const VerifierOptions&);

} // namespace scim::outside
