// The server's configuration: one table of keys, from which the file is read, the environment, `config help` and the
// README's table. File < environment < flag; an unknown key is an error with a suggestion; all errors are reported
// together.
#pragma once

#include "certs/tls_context.hpp"
#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/policy.hpp"
#include "core/rules/domains.hpp"
#include "scim/call.hpp"
#include "scim/http/server.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/writer.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace scim {

struct Config {
    std::string listen = "127.0.0.1:8443";
    bool allow_plain = false;               // plain HTTP on other addresses than loopback
    unsigned threads = 0;                   // 0: as many as cores
    std::string public_url;                 // "https://scim.example.com"; empty: from an allowed Host
    std::vector<std::string> allowed_hosts; // besides public_url's, loopback's and the listening address
    std::vector<std::string> trusted_proxies;
    core::Duration drain_time = std::chrono::seconds{25};

    std::filesystem::path tls_cert; // chain, PEM
    std::filesystem::path tls_key;
    certs::Policy tls;

    http::Limits http;
    ProtocolLimits protocol;
    std::int64_t requests_per_second = 0;     // per token; 0: off
    std::int64_t requests_burst = 0;          // 0: twice the rate
    std::int64_t failed_authentications = 20; // per minute, per address and per token id
    std::int64_t memory_bytes = 512LL * 1024 * 1024;
    storage::WriterOptions writer;
    std::int64_t scan_threads = 2;
    std::int64_t scan_queue = 256;
    std::int64_t long_answers = 32;
    std::int64_t admin_threads = 2;
    std::int64_t admin_queue = 256;

    core::Duration oauth_token_time = std::chrono::minutes{60};
    std::filesystem::path oauth_ca;       // PEM: who vouches for issuers; empty: the system's
    bool oauth_private_addresses = false; // whether an issuer may live in the operator's own network

    core::Duration sweep_interval = std::chrono::seconds{60};
    std::int64_t sweep_batch = 10;
    std::string dns_resolver; // empty: the system's
    core::rules::DomainChecks domain_checks;
    bool clock_jump_guard = true;
    storage::AccountsUnique accounts_unique = storage::AccountsUnique::server;
    core::log::Level log_level = core::log::Level::info;
    bool access_log = true;
    bool metrics = false; // GET /metrics for whoever can connect
    core::Policy policy;  // [policy]: defaults of new and existing organisations
};

// One row of the table. `set` refuses with the key, what is wrong and what is right.
struct ConfigKey {
    std::string name; // "limits.header_bytes"
    std::string type; // "bytes", "duration", "yes/no", "text", "list", "number", "path"
    std::string help;
    core::Result<void> (*set)(Config&, std::string_view name, std::string_view text);
    std::string (*get)(const Config&, std::string_view name);
};
std::span<const ConfigKey> config_keys();

// Every problem found, one a line, each naming its key and where it came from.
struct BadConfig : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct ConfigSources {
    std::optional<std::filesystem::path> file;
    std::map<std::string, std::string> environment;         // only variables that begin with ROLLCALL_
    std::vector<std::pair<std::string, std::string>> flags; // key, value
};
// Throws BadConfig.
Config load_config(const ConfigSources&);
// The variables of this process that begin with ROLLCALL_.
std::map<std::string, std::string> rollcall_environment();
// "limits.header_bytes" → "ROLLCALL_LIMITS_HEADER_BYTES".
std::string environment_name(std::string_view key);

// host:port, [v6]:port. Throws BadConfig.
struct Endpoint {
    std::string address;
    unsigned short port = 0;
    bool is_loopback() const;
};
Endpoint endpoint_of(const Config&);

} // namespace scim
