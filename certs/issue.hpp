// Issuing certificates with OpenSSL's own API: what the development CA and the tests need. Private to this room.
#pragma once

#include "certs/openssl.hpp"

#include <chrono>
#include <string>

namespace certs {

// What shall stand in a certificate. Extensions in OpenSSL's configuration syntax; empty: left out.
struct Wish {
    std::string common_name = {};
    std::chrono::system_clock::time_point from;
    std::chrono::system_clock::time_point until;
    bool authority = false;
    std::string alternative_names = {}; // "DNS:localhost,IP:127.0.0.1"
    std::string name_constraints = {};  // "permitted;DNS:localhost"
    std::string purpose = "serverAuth"; // extended key usage of a leaf
};

// `issuer` null: self-signed. Throws std::runtime_error.
CertPtr issue(const Wish&, EVP_PKEY& subject_key, X509* issuer, EVP_PKEY& issuer_key);
std::string to_pem(X509&);
std::string to_pem(EVP_PKEY&);

} // namespace certs
