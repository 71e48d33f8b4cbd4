// Public keys as an issuer publishes them (RFC 7517), and the one question that is asked of them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace scim::outside {

// A way to sign that is believed (RFC 7518 3.1): with a key pair, and strong enough. Nothing else is.
struct Algorithm {
    std::string_view name;
    std::string_view kind;       // of key: RSA, EC
    std::string_view curve;      // of an EC key
    std::size_t signature_bytes; // of an EC signature; an RSA one is as long as its key
};
const Algorithm* algorithm_named(std::string_view);

struct PublicKey {
    std::string id; // kid; empty when it has none
    std::string kind;
    std::string curve;
    std::string algorithm; // the one it is meant for; empty: any of its kind
    std::size_t bytes = 0; // of an RSA modulus
    std::string jwk;       // what makes the key, and no more
};

using KeySet = std::vector<PublicKey>;

// Reads a JWKS. Keys that are not for us (symmetric, for encryption, too weak, off the curve, private ones that should
// not be there at all, more than a hundred) are left out; nothing when the whole is no JWKS.
std::optional<KeySet> read_key_set(std::string_view json);

bool fits(const PublicKey&, const Algorithm&);
// Whether this compact JWS, whose header names `algorithm`, was signed with this key. The signature alone is looked at.
bool is_signed_by(std::string_view jws, const PublicKey&);

} // namespace scim::outside
