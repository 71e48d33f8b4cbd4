// A connection with what it remembers between its transactions: organisations, and for the writer the end of the event
// chain. What it remembers holds until data_version says that another connection has written.
#pragma once

#include "storage/rows.hpp"
#include "storage/sqlite.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

namespace storage {

struct ChainEnd {
    std::int64_t sequence = 0;
    core::Digest chain{};
};

class Session {
public:
    Session(const std::filesystem::path&, Role, const core::Policy& defaults, std::chrono::milliseconds read_limit,
            const std::string& vfs);

    Connection& db() { return db_; }
    // Inside a transaction, before anything that was remembered is used.
    void refresh();
    void forget(); // after undoing, or after changing organisations

    // Throws std::out_of_range for one that never was or is no more.
    core::Organisation& organisation(core::OrgId);
    // 0 or the organisation's key: the first column of users_by_name.
    std::int64_t unique_scope(core::OrgId);

    // How many records of a kind an organisation has (0: the server): counted once, then kept up to date by who writes.
    std::int64_t record_count(std::int64_t org, core::RecordKind);
    void note_records(std::int64_t org, core::RecordKind, std::int64_t more);

    const ChainEnd& chain_end();
    void move_chain_end(const ChainEnd& end) { chain_end_ = end; }

    const core::Policy& default_policy() const { return defaults_; }
    std::chrono::milliseconds read_limit() const { return read_limit_; }
    std::int64_t foreign_commits() const { return epoch_; } // how often others were seen to have written

private:
    struct Known : StoredOrganisation {
        std::int64_t unique_scope = 0;
        std::int64_t read_in_epoch = -1;
    };
    Known& known(core::OrgId);

    Connection db_;
    const core::Policy& defaults_;
    std::chrono::milliseconds read_limit_;
    std::int64_t data_version_ = -1;
    std::int64_t epoch_ = 0;
    std::unordered_map<std::int64_t, Known> organisations_;
    std::map<std::pair<std::int64_t, core::RecordKind>, std::int64_t> record_counts_;
    std::optional<ChainEnd> chain_end_;
};

} // namespace storage
