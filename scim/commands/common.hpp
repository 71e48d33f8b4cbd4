// What all commands share: exit codes, opening the data directory, tables and JSON on standard output.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/ids.hpp"
#include "core/store.hpp"
#include "scim/config.hpp"
#include "scim/data_dir.hpp"
#include "storage/sqlite_store.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace scim::commands {

// Documented in `rollcall --help`; scripts rely on them.
enum class Exit : int { ok = 0, refused = 1, usage = 2, cannot_open = 3, not_found = 4, failed = 5 };

struct Failure : std::runtime_error {
    Exit code;
    Failure(Exit c, const std::string& what) : std::runtime_error{what}, code{c} {}
};
[[noreturn]] void fail(const core::Refusal&);

// Options that commands have in common, filled in by the parser before a command's callback runs.
struct Common {
    std::string data = "data";
    std::string config; // file
    bool json = false;
    int exit_code = 0; // what main returns
};
void add_data_option(CLI::App&, Common&);
void add_json_option(CLI::App&, Common&);

// The data directory opened beside a server that may be running on it.
struct Opened {
    DataDir data;
    std::unique_ptr<storage::SqliteStore> store;

    core::Organisation organisation(const std::string& name) const; // Failure not_found, with the names there are
    // Whether any token was ever made here: then the token key must be there.
    bool has_tokens() const;
    // Returns when a running server has taken notice of what was changed (it looks a few times a second).
    void settle() const;
};
Opened open(const Common&, bool create = false);

// By id, userName or an externalId that only one has; Failure not_found.
core::User find_user(core::ReadTxn&, const std::string& name_or_id);

core::Context operator_context(core::Instant now);

// Reads "365d", "never"; Failure usage with the flag's name.
std::optional<core::Instant> expiry_from(std::string_view text, core::Instant now);
core::Instant instant_from(std::string_view flag, std::string_view text);

class Table {
public:
    explicit Table(std::vector<std::string> head) : head_{std::move(head)} {}
    void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
    void print() const; // columns aligned on a terminal, tab-separated into a pipe

private:
    std::vector<std::string> head_;
    std::vector<std::vector<std::string>> rows_;
};
void print_json(const boost::json::value&);

// Each adds its subcommands; callbacks set Common::exit_code or throw Failure.
void add_serve(CLI::App&, Common&);
void add_cert(CLI::App&, Common&);
void add_org(CLI::App&, Common&);
void add_token(CLI::App&, Common&);
void add_domain(CLI::App&, Common&);
void add_user(CLI::App&, Common&);
void add_audit(CLI::App&, Common&);
void add_archive(CLI::App&, Common&);
void add_import(CLI::App&, Common&);
void add_purge(CLI::App&, Common&);
void add_schema(CLI::App&, Common&);
void add_store(CLI::App&, Common&); // backup, check
void add_config(CLI::App&, Common&);

} // namespace scim::commands
