// A development CA and a leaf certificate, made with OpenSSL's own API: ECDSA P-256, SAN localhost, 127.0.0.1 and ::1.
#pragma once

#include <filesystem>

namespace certs {

struct DevCertificate {
    std::filesystem::path ca;    // ca.crt: what clients are told to trust
    std::filesystem::path chain; // server.crt: leaf, then CA
    std::filesystem::path key;   // server.key, mode 0600
};

// Makes what is missing in `folder` (created 0700); an existing CA signs a new leaf; existing good files are left as
// they are. Keys are written 0600 from the first byte. Throws std::runtime_error.
DevCertificate make_dev_certificate(const std::filesystem::path& folder);

} // namespace certs
