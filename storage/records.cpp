#include "storage/records.hpp"

#include "core/base/json.hpp"

namespace storage {

namespace {

std::vector<core::Record> all_of(Loan& rows)
{
    std::vector<core::Record> records;
    while (rows.row()) records.push_back(record_from(rows));
    return records;
}

core::Refusal taken() { return {core::Reason::taken, "name", "the name is in use", "choose another name"}; }

} // namespace

const std::string record_columns = "r.org, r.key, r.name, r.ref, r.due, r.doc";

core::Record record_from(const Loan& row)
{
    core::Record record;
    record.key = row.text(1);
    if (!row.is_null(2)) record.name = row.text(2);
    if (!row.is_null(3)) record.ref = row.text(3);
    record.due = maybe_instant_at(row, 4);
    record.doc = stored_object(row.text(5));
    return record;
}

std::optional<core::Record> SqliteRecords::find(core::RecordKind kind, std::string_view key) const
{
    static const std::string sql =
        "SELECT " + record_columns + " FROM records AS r WHERE r.kind = ?1 AND r.org = ?2 AND r.key = ?3";
    Loan row = db().lend(sql.c_str());
    row.bind_copy(1, core::word(kind)).bind(2, org_).bind_copy(3, key);
    if (!row.row()) return std::nullopt;
    return record_from(row);
}

std::optional<core::Record> SqliteRecords::named(core::RecordKind kind, std::string_view name) const
{
    static const std::string sql =
        "SELECT " + record_columns + " FROM records AS r WHERE r.kind = ?1 AND r.org = ?2 AND r.name = ?3";
    Loan row = db().lend(sql.c_str());
    row.bind_copy(1, core::word(kind)).bind(2, org_).bind_copy(3, name);
    if (!row.row()) return std::nullopt;
    return record_from(row);
}

std::vector<core::Record> SqliteRecords::about(core::RecordKind kind, std::string_view ref) const
{
    static const std::string sql = "SELECT " + record_columns +
                                   " FROM records AS r WHERE r.kind = ?1 AND r.org = ?2 AND r.ref = ?3 ORDER BY r.key";
    Loan rows = db().lend(sql.c_str());
    rows.bind_copy(1, core::word(kind)).bind(2, org_).bind_copy(3, ref);
    return all_of(rows);
}

std::vector<core::Record> SqliteRecords::list(core::RecordKind kind, std::string_view after, std::int64_t limit) const
{
    static const std::string sql =
        "SELECT " + record_columns +
        " FROM records AS r WHERE r.kind = ?1 AND r.org = ?2 AND r.key > ?3 ORDER BY r.key LIMIT ?4";
    Loan rows = db().lend(sql.c_str());
    rows.bind_copy(1, core::word(kind)).bind(2, org_).bind_copy(3, after).bind(4, limit);
    return all_of(rows);
}

std::int64_t SqliteRecords::count(core::RecordKind kind) const { return session_.record_count(org_, kind); }

core::Result<void> SqliteRecords::insert(core::RecordKind kind, const core::Record& record)
{
    const std::string doc = core::json::write(record.doc);
    Loan row = db().lend("INSERT INTO records(kind, org, key, name, ref, due, doc) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) "
                         "ON CONFLICT(kind, org, key) DO NOTHING");
    row.bind_copy(1, core::word(kind)).bind(2, org_).bind(3, record.key).bind(4, record.name).bind(5, record.ref);
    row.bind(6, milliseconds(record.due)).bind(7, doc);
    if (!row.run_unless_taken() || row.changes() == 0) return taken();
    session_.note_records(org_, kind, 1);
    return {};
}

core::Result<void> SqliteRecords::replace(core::RecordKind kind, const core::Record& record)
{
    const std::string doc = core::json::write(record.doc);
    Loan row = db().lend("UPDATE records SET name = ?4, ref = ?5, due = ?6, doc = ?7 "
                         "WHERE kind = ?1 AND org = ?2 AND key = ?3");
    row.bind_copy(1, core::word(kind)).bind(2, org_).bind(3, record.key).bind(4, record.name).bind(5, record.ref);
    row.bind(6, milliseconds(record.due)).bind(7, doc);
    if (!row.run_unless_taken()) return taken();
    if (row.changes() == 0)
        return core::Refusal{core::Reason::not_found, "id", "there is no such record", "read the list again"};
    return {};
}

void SqliteRecords::erase(core::RecordKind kind, std::string_view key)
{
    Loan row = db().lend("DELETE FROM records WHERE kind = ?1 AND org = ?2 AND key = ?3");
    row.bind_copy(1, core::word(kind)).bind(2, org_).bind_copy(3, key);
    row.run();
    session_.note_records(org_, kind, -row.changes());
}

} // namespace storage
