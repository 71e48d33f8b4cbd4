// Records of one organisation, or the server's own (0), inside a transaction of the session's.
#pragma once

#include "storage/session.hpp"

namespace storage {

class SqliteRecords final : public core::Records {
public:
    SqliteRecords(Session& session, std::int64_t org) : session_{session}, org_{org} {}

    std::optional<core::Record> find(core::RecordKind, std::string_view key) const override;
    std::optional<core::Record> named(core::RecordKind, std::string_view name) const override;
    std::vector<core::Record> about(core::RecordKind, std::string_view ref) const override;
    std::vector<core::Record> list(core::RecordKind, std::string_view after, std::int64_t limit) const override;
    std::int64_t count(core::RecordKind) const override;

    core::Result<void> insert(core::RecordKind, const core::Record&) override;
    core::Result<void> replace(core::RecordKind, const core::Record&) override;
    void erase(core::RecordKind, std::string_view key) override;

private:
    Connection& db() const { return session_.db(); }

    Session& session_;
    const std::int64_t org_;
};

extern const std::string record_columns; // of table records, alias r, the organisation first
core::Record record_from(const Loan&);   // from column 1 on

} // namespace storage
