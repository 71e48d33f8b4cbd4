#include "storage/registry.hpp"

#include "core/base/json.hpp"
#include "core/base/text.hpp"
#include "storage/reads.hpp"
#include "storage/writes.hpp"

namespace storage {

std::optional<core::Organisation> SqliteRegistry::one(Loan& row)
{
    if (!row.row()) return std::nullopt;
    StoredOrganisation stored;
    read_organisation(row, stored, session_.default_policy());
    return std::move(stored.organisation);
}

std::vector<core::Organisation> SqliteRegistry::organisations()
{
    static const std::string sql =
        "SELECT " + organisation_columns + " FROM organisations AS o WHERE NOT o.deleted ORDER BY o.name";
    Loan rows = db().lend(sql.c_str());
    std::vector<core::Organisation> all;
    while (auto organisation = one(rows)) all.push_back(*std::move(organisation));
    return all;
}

std::optional<core::Organisation> SqliteRegistry::organisation(std::string_view name)
{
    static const std::string sql =
        "SELECT " + organisation_columns + " FROM organisations AS o WHERE o.name = ?1 AND NOT o.deleted";
    Loan row = db().lend(sql.c_str());
    row.bind_copy(1, name);
    return one(row);
}

std::optional<core::Organisation> SqliteRegistry::organisation(core::OrgId id)
{
    static const std::string sql =
        "SELECT " + organisation_columns + " FROM organisations AS o WHERE o.pk = ?1 AND NOT o.deleted";
    Loan row = db().lend(sql.c_str());
    row.bind(1, id.value);
    return one(row);
}

core::Result<core::Organisation> SqliteRegistry::create(const core::Organisation& organisation)
{
    has_changed_ = true;
    const std::string policy = core::json::write(core::to_json(organisation.policy, session_.default_policy()));
    const std::string mapping = core::json::write(organisation.mapping);
    Loan row = db().lend("INSERT INTO organisations(name, display_name, kind, disabled, created, policy, mapping, "
                         "schemas, sso, directory_sync, paused) "
                         "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
    row.bind(1, organisation.name).bind(2, organisation.display_name).bind_copy(3, core::word(organisation.kind));
    row.bind(4, std::int64_t{organisation.disabled}).bind(5, milliseconds(organisation.created));
    row.bind(6, policy).bind(7, mapping).bind(8, organisation.schemas).bind(9, std::int64_t{organisation.sso});
    row.bind(10, std::int64_t{organisation.directory_sync}).bind(11, std::int64_t{organisation.paused});
    if (!row.run_unless_taken())
        return core::Refusal{core::Reason::taken, "name",
                             "an organisation of this name exists or has existed; names are never used again",
                             "choose another name"};
    core::Organisation created = organisation;
    created.id = core::OrgId{db().last_row_id()};
    created.user_count = 0;
    created.group_count = 0;
    return created;
}

void SqliteRegistry::replace(const core::Organisation& organisation)
{
    has_changed_ = true;
    const std::string policy = core::json::write(core::to_json(organisation.policy, session_.default_policy()));
    const std::string mapping = core::json::write(organisation.mapping);
    const auto before = this->organisation(organisation.id);
    if (!before) return;
    {
        Loan row = db().lend("UPDATE organisations SET display_name = ?2, kind = ?3, disabled = ?4, policy = ?5, "
                             "mapping = ?6, schemas = ?7, sso = ?8, directory_sync = ?9, paused = ?10 WHERE pk = ?1");
        row.bind(1, organisation.id.value).bind(2, organisation.display_name);
        row.bind_copy(3, core::word(organisation.kind)).bind(4, std::int64_t{organisation.disabled});
        row.bind(5, policy).bind(6, mapping).bind(7, organisation.schemas).bind(8, std::int64_t{organisation.sso});
        row.bind(9, std::int64_t{organisation.directory_sync}).bind(10, std::int64_t{organisation.paused}).run();
    }
    if (before->policy.unique_external_id != organisation.policy.unique_external_id) {
        // Values that several users share already stay with the oldest of them; from now on nobody can take one.
        Loan row = organisation.policy.unique_external_id
                       ? db().lend("UPDATE users SET unique_external = external_id WHERE org = ?1 AND external_id IS "
                                   "NOT NULL AND NOT EXISTS(SELECT 1 FROM users AS older WHERE older.org = ?1 AND "
                                   "older.external_id = users.external_id AND older.pk < users.pk)")
                       : db().lend("UPDATE users SET unique_external = NULL WHERE org = ?1 AND unique_external IS NOT "
                                   "NULL");
        row.bind(1, organisation.id.value).run();
    }
    session_.forget();
}

void SqliteRegistry::erase(core::OrgId id)
{
    has_changed_ = true;
    for (const char* const sql : {
             "DELETE FROM group_members WHERE org = ?1",
             "DELETE FROM groups WHERE org = ?1",
             "DELETE FROM user_emails WHERE org = ?1",
             "DELETE FROM users WHERE org = ?1",
             "DELETE FROM user_blocks WHERE org = ?1",
             "DELETE FROM former_names WHERE org = ?1",
             "DELETE FROM archive WHERE org = ?1",
             "DELETE FROM tokens WHERE org = ?1",
             "DELETE FROM records WHERE org = ?1",
             "UPDATE events SET changes = NULL, target_name = '', target_original = '' WHERE org = ?1", // the chain
                                                                                                        // holds
             "UPDATE organisations SET deleted = 1, disabled = 1, display_name = '', policy = '{}', mapping = '{}', "
             "schemas = '', user_count = 0, group_count = 0 WHERE pk = ?1",
         }) {
        Loan statement = db().lend(sql);
        statement.bind(1, id.value).run();
    }
    session_.forget();
}

namespace {

// A server-admin's token belongs to no organisation.
std::optional<std::int64_t> organisation_or_none(core::OrgId id)
{
    return id == core::OrgId{} ? std::nullopt : std::optional{id.value};
}

} // namespace

std::optional<core::Token> SqliteRegistry::token(std::string_view public_id)
{
    static const std::string sql = "SELECT " + token_columns + " FROM tokens AS t WHERE t.public_id = ?1";
    Loan row = db().lend(sql.c_str());
    row.bind_copy(1, public_id);
    if (!row.row()) return std::nullopt;
    return token_from(row);
}

std::vector<core::Token> SqliteRegistry::tokens(core::OrgId id)
{
    static const std::string sql =
        "SELECT " + token_columns + " FROM tokens AS t WHERE t.org IS ?1 ORDER BY t.created, t.public_id";
    Loan rows = db().lend(sql.c_str());
    rows.bind(1, organisation_or_none(id));
    std::vector<core::Token> tokens;
    while (rows.row()) tokens.push_back(token_from(rows));
    return tokens;
}

namespace {

void bind_user(Loan& row, int index, const std::optional<core::UserId>& user)
{
    if (user)
        row.bind_blob(index, user->value.bytes);
    else
        row.bind(index, std::optional<std::int64_t>{});
}

void bind_role(Loan& row, int index, const std::optional<core::AdminRole>& role)
{
    if (role)
        row.bind_copy(index, core::word(*role));
    else
        row.bind(index, std::optional<std::int64_t>{});
}

} // namespace

void SqliteRegistry::insert(const core::Token& token)
{
    has_changed_ = true;
    Loan row = db().lend("INSERT INTO tokens(public_id, org, mac, scope, label, created, expires, last_used, revoked, "
                         "user_id, role) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
    row.bind(1, token.public_id).bind(2, organisation_or_none(token.organisation)).bind_blob(3, token.mac);
    row.bind_copy(4, core::word(token.scope)).bind(5, token.label).bind(6, milliseconds(token.created));
    row.bind(7, milliseconds(token.expires)).bind(8, milliseconds(token.last_used));
    row.bind(9, milliseconds(token.revoked));
    bind_user(row, 10, token.user);
    bind_role(row, 11, token.role);
    row.run();
}

void SqliteRegistry::replace(const core::Token& token)
{
    has_changed_ = true;
    Loan row = db().lend("UPDATE tokens SET mac = ?3, scope = ?4, label = ?5, created = ?6, expires = ?7, "
                         "last_used = ?8, revoked = ?9, user_id = ?10, role = ?11 WHERE public_id = ?1 AND org IS ?2");
    row.bind(1, token.public_id).bind(2, organisation_or_none(token.organisation)).bind_blob(3, token.mac);
    row.bind_copy(4, core::word(token.scope)).bind(5, token.label).bind(6, milliseconds(token.created));
    row.bind(7, milliseconds(token.expires)).bind(8, milliseconds(token.last_used));
    row.bind(9, milliseconds(token.revoked));
    bind_user(row, 10, token.user);
    bind_role(row, 11, token.role);
    row.run();
}

void SqliteRegistry::touch(std::string_view public_id, core::Instant last_used)
{
    Loan row = db().lend("UPDATE tokens SET last_used = ?2 WHERE public_id = ?1 AND coalesce(last_used < ?2, 1)");
    row.bind_copy(1, public_id).bind(2, milliseconds(last_used)).run();
}

std::vector<core::Event> SqliteRegistry::events(const core::EventQuery& query)
{
    return events_of(db(), std::nullopt, query);
}

void SqliteRegistry::append(std::string_view organisation, core::Event event)
{
    std::int64_t org = 0;
    if (!organisation.empty()) { // also one that is no more: its deletion is the last of its events
        Loan row = db().lend("SELECT pk FROM organisations WHERE name = ?1");
        row.bind_copy(1, organisation);
        if (!row.row()) throw std::out_of_range{"no such organisation"};
        org = row.integer(0);
    }
    append_event(session_, org, std::string{organisation}, std::move(event));
}

std::optional<std::string> SqliteRegistry::note(std::string_view key)
{
    Loan row = db().lend("SELECT value FROM notes WHERE key = ?1");
    row.bind_copy(1, key);
    if (!row.row()) return std::nullopt;
    return row.text(0);
}

void SqliteRegistry::set_note(std::string_view key, std::string_view value)
{
    Loan row = db().lend("INSERT INTO notes(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = ?2");
    row.bind_copy(1, key).bind_copy(2, value).run();
}

std::vector<core::Owned<core::User>> SqliteRegistry::users_named(std::string_view user_name)
{
    static const std::string sql = "SELECT " + user_columns +
                                   ", u.org FROM users AS u WHERE u.folded_name = ?1 AND u.unique_scope IN "
                                   "(SELECT 0 UNION ALL SELECT pk FROM organisations) ORDER BY u.pk";
    Loan rows = db().lend(sql.c_str());
    rows.bind_copy(1, core::fold(user_name));
    std::vector<core::Owned<core::User>> found;
    while (rows.row()) found.push_back({core::OrgId{rows.integer(user_column_count)}, user_from(rows).user});
    return found;
}

std::vector<core::Owned<core::User>> SqliteRegistry::users_of_domain(std::string_view domain, std::string_view after,
                                                                     std::int64_t limit)
{
    static const std::string sql = "SELECT " + user_columns +
                                   ", u.org FROM users AS u WHERE u.folded_domain = ?1 AND u.folded_name > ?2 "
                                   "ORDER BY u.folded_name, u.org LIMIT ?3";
    Loan rows = db().lend(sql.c_str());
    rows.bind_copy(1, domain).bind_copy(2, after).bind(3, limit);
    std::vector<core::Owned<core::User>> found;
    while (rows.row()) found.push_back({core::OrgId{rows.integer(user_column_count)}, user_from(rows).user});
    return found;
}

namespace {

std::vector<core::Owned<core::Record>> owned_records(Loan& rows)
{
    std::vector<core::Owned<core::Record>> found;
    while (rows.row()) found.push_back({core::OrgId{rows.integer(0)}, record_from(rows)});
    return found;
}

} // namespace

std::vector<core::Owned<core::Record>> SqliteRegistry::records_about(core::RecordKind kind, std::string_view ref)
{
    static const std::string sql =
        "SELECT " + record_columns + " FROM records AS r WHERE r.kind = ?1 AND r.ref = ?2 ORDER BY r.org, r.key";
    Loan rows = db().lend(sql.c_str());
    rows.bind_copy(1, core::word(kind)).bind_copy(2, ref);
    return owned_records(rows);
}

std::vector<core::Owned<core::Record>> SqliteRegistry::records_due(core::RecordKind kind, core::Instant now,
                                                                   std::int64_t limit)
{
    static const std::string sql =
        "SELECT " + record_columns + " FROM records AS r WHERE r.kind = ?1 AND r.due <= ?2 ORDER BY r.due LIMIT ?3";
    Loan rows = db().lend(sql.c_str());
    rows.bind_copy(1, core::word(kind)).bind(2, milliseconds(now)).bind(3, limit);
    return owned_records(rows);
}

} // namespace storage
