// A certificate chain and its key as read from two PEM files and held against the rules. Private to this room.
#pragma once

#include "certs/openssl.hpp"
#include "core/base/clock.hpp"

#include <filesystem>
#include <vector>

namespace certs {

std::vector<CertPtr> read_chain(const std::filesystem::path&); // leaf first, never empty; throws BadCertificate
KeyPtr read_key(const std::filesystem::path&);                 // throws BadCertificate
core::Instant not_before(const X509&);
core::Instant not_after(const X509&);

struct Pair {
    std::vector<CertPtr> chain;
    KeyPtr key;
};
// Reads both and applies every rule of the TLS policy: kinds and sizes of keys, validity at this moment, purpose, and
// that the key belongs to the certificate. Throws BadCertificate.
Pair read_pair(const std::filesystem::path& chain, const std::filesystem::path& key);

} // namespace certs
