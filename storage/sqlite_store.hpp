// The port on SQLite: one file, WAL, synchronous=FULL. Readers have a connection per thread; all writing goes through
// one connection at a time (storage/writer in the server, Store::write in the command line).
#pragma once

#include "core/base/clock.hpp"
#include "core/store.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace storage {

enum class AccountsUnique : std::uint8_t { server, organisation };

struct Options {
    std::filesystem::path file; // DIR/rollcall.db
    bool create = true;         // make the file when it is absent
    // Given by the server, from its configuration, and remembered in the store; a command that does not give them opens
    // the store with those of the last server.
    std::optional<AccountsUnique> accounts_unique{};
    std::optional<core::Policy> default_policy{}; // what an organisation's stored policy differs from
    std::chrono::milliseconds read_limit = std::chrono::seconds{10}; // a longer list or search: TookTooLong
    std::string vfs; // SQLite's name of the file layer; tests put faults there
};

// Why a file cannot be opened or used: foreign, newer schema, damaged, read-only, not a file, duplicates for
// accounts.unique. `what()` names the file's problem and the remedy, for an operator.
struct CannotOpen : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// One item of a batch. `work` is kept or undone by itself; it runs again when the batch had to begin anew, and must not
// remember its first run. `done` is called on the caller's thread when everything is decided: after the commit (kept),
// or after its own undoing; with an exception when work threw or the commit failed (StorageFull, StorageFailed).
struct WriteJob {
    core::OrgId organisation;
    std::function<core::Keep(core::WriteTxn&)> work;
    std::function<void(std::exception_ptr)> done;
    bool is_large = false; // many changes in one: the writer gives it a commit of its own
    std::function<core::Keep(core::AcrossTxn&)> across = {}; // instead of `work`: over several organisations
};

class SqliteStore final : public core::Store {
public:
    // Opens, migrates if older, checks application id and schema version. Throws CannotOpen; an existing file is then
    // as it was.
    explicit SqliteStore(Options);
    ~SqliteStore() override;

    std::unique_ptr<core::ReadTxn> read(core::OrgId) override;
    void write(core::OrgId, const std::function<core::Keep(core::WriteTxn&)>&) override;
    void registry(const std::function<core::Keep(core::Registry&)>&) override;
    void across(const std::function<core::Keep(core::AcrossTxn&)>&) override;
    void read_registry(const std::function<void(core::Registry&)>&) override;
    // Grows with every change of the registry here and with every commit of another process; not with this process's
    // writes to users and groups, so that what is remembered of tokens and organisations survives them.
    std::int64_t change_mark() override;

    // One transaction for all of them, one durable commit, then the answers (HOUSE 5). Never throws: every job's `done`
    // is called.
    void write_batch(std::vector<WriteJob>&);

    void backup_to(const std::filesystem::path&); // online, consistent, mode 0600
    std::vector<std::string> check();             // integrity, foreign keys, event chain; empty when sound
    std::vector<std::string> check_chain();       // the event chain alone
    void checkpoint();                            // WAL into the file and truncated
    void interrupt_reads();                       // cancels statements of other threads at shutdown
    std::int64_t schema_version() const;
    std::int64_t bytes() const;                 // of its files on disk
    const core::Policy& default_policy() const; // what organisations have where they say nothing

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

} // namespace storage
