#include "storage/session.hpp"

#include <cstring>
#include <stdexcept>

namespace storage {

Session::Session(const std::filesystem::path& file, Role role, const core::Policy& defaults,
                 std::chrono::milliseconds read_limit, const std::string& vfs)
    : db_{file, role, vfs}, defaults_{defaults}, read_limit_{read_limit}
{
}

void Session::refresh()
{
    const auto version = db_.data_version();
    if (version == data_version_) return;
    data_version_ = version;
    forget();
    ++epoch_;
}

void Session::forget()
{
    for (auto& [pk, known] : organisations_) known.read_in_epoch = -1;
    record_counts_.clear();
    chain_end_.reset();
}

Session::Known& Session::known(core::OrgId id)
{
    Known& known = organisations_[id.value];
    if (known.read_in_epoch == epoch_) return known;
    static const std::string sql =
        "SELECT " + organisation_columns +
        ", (SELECT value FROM facts WHERE key = 'accounts_unique') FROM organisations AS o WHERE o.pk = ?1 AND NOT "
        "o.deleted";
    Loan row = db_.lend(sql.c_str());
    row.bind(1, id.value);
    if (!row.row()) {
        organisations_.erase(id.value);
        throw std::out_of_range{"no such organisation"};
    }
    read_organisation(row, known, defaults_);
    known.unique_scope = row.is_text(14, "server") ? 0 : id.value;
    known.read_in_epoch = epoch_;
    return known;
}

core::Organisation& Session::organisation(core::OrgId id) { return known(id).organisation; }

std::int64_t Session::unique_scope(core::OrgId id) { return known(id).unique_scope; }

std::int64_t Session::record_count(std::int64_t org, core::RecordKind kind)
{
    const auto known = record_counts_.find({org, kind});
    if (known != record_counts_.end()) return known->second;
    Loan row = db_.lend("SELECT count(*) FROM records WHERE kind = ?1 AND org = ?2");
    row.bind_copy(1, core::word(kind)).bind(2, org);
    row.row();
    return record_counts_[{org, kind}] = row.integer(0);
}

void Session::note_records(std::int64_t org, core::RecordKind kind, std::int64_t more)
{
    const auto known = record_counts_.find({org, kind});
    if (known != record_counts_.end()) known->second += more;
}

const ChainEnd& Session::chain_end()
{
    if (!chain_end_) {
        chain_end_.emplace();
        Loan last = db_.lend("SELECT seq, chain FROM events ORDER BY seq DESC LIMIT 1");
        if (last.row()) {
            chain_end_->sequence = last.integer(0);
            const auto bytes = last.blob(1);
            if (bytes.size() != chain_end_->chain.size()) throw core::StorageFailed{"a digest is not 32 bytes"};
            std::memcpy(chain_end_->chain.data(), bytes.data(), bytes.size());
        }
    }
    return *chain_end_;
}

} // namespace storage
