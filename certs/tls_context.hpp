// TLS material: which versions, suites and keys are accepted (entra.md 5, TLS-02), and the context that is swapped when
// the files change (TLS-03). Used by scim/app only.
#pragma once

#include "core/base/clock.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

struct ssl_ctx_st;

namespace certs {

struct Policy {
    std::string minimum = "1.2"; // "1.2" or "1.3"
    std::string maximum = "1.3";
    bool cbc_suites = false; // adds the four ECDHE-CBC suites to the four ECDHE-GCM ones
};

// The file, the rule it breaks and the remedy.
struct BadCertificate : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// A server context with this chain and key. Throws BadCertificate: unreadable or half-written files, a key that does
// not belong to the certificate, RSA under 2048 bits, curves under 256 bits, an expired certificate.
std::shared_ptr<ssl_ctx_st> make_context(const std::filesystem::path& chain, const std::filesystem::path& key,
                                         const Policy&);
core::Instant expiry_of(const std::filesystem::path& chain);

// Watches the two files from a thread of its own (and on demand, for SIGHUP); a good new pair is swapped in, a bad one
// is reported and the old one stays.
class Reloader {
public:
    using Report = std::function<void(bool swapped, const std::string& what)>;
    Reloader(std::filesystem::path chain, std::filesystem::path key, Policy, Report,
             std::chrono::milliseconds interval = std::chrono::seconds{1});
    ~Reloader();
    std::shared_ptr<ssl_ctx_st> current() const; // from any thread
    void reload_now();                           // from any thread
    core::Instant expires() const;

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

} // namespace certs
