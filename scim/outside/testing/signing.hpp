// An issuer's side of JOSE, on OpenSSL alone: keys, their JWKs, and tokens that are right or wrong as a test wishes. It
// shares nothing with the code that is tested.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

namespace scim::outside::testing {

class SigningKey {
public:
    static SigningKey rsa(unsigned bits = 2048, unsigned exponent = 65537);
    static SigningKey ec(const std::string& curve = "P-256"); // P-384, P-521, secp256k1

    // The public part: {"kty":…,"kid":…,…} and what `more` adds ("\"use\":\"sig\"").
    std::string jwk(const std::string& kid, const std::string& more = "") const;
    // The signature of `text` as `algorithm` (RS256 … ES512) makes it.
    std::string signature(const std::string& algorithm, std::string_view text) const;
    std::string public_pem() const;

private:
    std::shared_ptr<EVP_PKEY> key_;
    std::string curve_;
};

std::string base64url(std::string_view bytes);
std::string key_set(const std::string& keys); // what stands between the brackets
// header.claims.signature, the first two as they are given.
std::string token(const std::string& header, const std::string& claims, const SigningKey&,
                  const std::string& algorithm);
std::string hmac_token(const std::string& header, const std::string& claims, const std::string& secret);

} // namespace scim::outside::testing
