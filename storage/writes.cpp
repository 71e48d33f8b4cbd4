#include "storage/writes.hpp"

#include "core/base/json.hpp"
#include "core/base/text.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <utility>

namespace storage {

namespace {

core::Refusal stale(std::int64_t stored)
{
    return {core::Reason::stale, "version", "the stored version is " + std::to_string(stored),
            "read the resource again and repeat the change"};
}

core::Refusal not_found(const char* what)
{
    return {core::Reason::not_found, "id", std::string{"no such "} + what, "check the id"};
}

std::optional<std::string> folded(const std::optional<std::string>& text)
{
    return text ? std::optional{core::fold(*text)} : std::nullopt;
}

std::optional<std::string> domain_of(const std::string& folded_name)
{
    const auto parts = core::email_parts(folded_name);
    return parts ? std::optional{std::string{parts->domain}} : std::nullopt;
}

// The columns that indexes are over.
bool same_identity(const core::User& a, const core::User& b)
{
    return a.user_name == b.user_name && a.external_id == b.external_id && a.purge_at == b.purge_at &&
           a.original_user_name == b.original_user_name;
}

} // namespace

namespace {

void undo_attempt(Session& session)
{
    session.db().lend("ROLLBACK TO attempt").run();
    session.db().lend("RELEASE attempt").run();
    session.forget();
}

} // namespace

void attempt_in(Session& session, const std::function<core::Keep()>& work)
{
    Connection& db = session.db();
    db.lend("SAVEPOINT attempt").run();
    const int changes = db.database().getTotalChanges();
    core::Keep keep = core::Keep::no;
    try {
        keep = work();
    } catch (...) {
        if (db.in_transaction()) undo_attempt(session);
        throw;
    }
    if (!db.in_transaction()) throw core::StorageFailed{"SQLite has undone the transaction"};
    // Most refusals come before anything was changed.
    if (keep == core::Keep::yes || db.database().getTotalChanges() == changes)
        db.lend("RELEASE attempt").run();
    else
        undo_attempt(session);
}

void Writes::attempt(const std::function<core::Keep()>& work)
{
    try {
        attempt_in(session_, work);
    } catch (...) {
        last_read_.reset();
        throw;
    }
    last_read_.reset();
}

std::optional<core::User> Writes::user(const core::UserId& id)
{
    last_read_ = stored_user(id);
    if (!last_read_) return std::nullopt;
    return last_read_->user;
}

std::optional<StoredUser> Writes::before_of(const core::UserId& id)
{
    if (last_read_ && last_read_->user.id == id) return std::exchange(last_read_, std::nullopt);
    return stored_user(id);
}

core::Refusal Writes::taken_user(const core::User& user)
{
    // Nothing is said of who holds it: it may be another organisation.
    if (db().unique_index() == "users.unique_external")
        return {core::Reason::taken, "externalId", "the externalId is in use",
                "give each user an externalId of its own"};
    if (db().unique_index() == "users.id")
        return {core::Reason::taken, "id", "the id " + core::to_text(user.id) + " is in use", "use another id"};
    return {core::Reason::taken, "userName", "the userName is in use", "choose another userName"};
}

core::Result<void> Writes::insert(const core::User& user)
{
    const std::string folded_name = core::fold(user.user_name);
    const auto folded_original = folded(user.original_user_name);
    const bool external_is_unique = organisation().policy.unique_external_id;
    const std::string as_member = core::to_text(user.id);
    const std::string standing = core::to_text(user.standing);
    const auto domain = domain_of(folded_name);
    last_read_.reset();
    {
        Loan row = db().lend(
            "INSERT INTO users(org, id, user_name, unique_scope, folded_name, external_id, unique_external, status, "
            "reason, former_status, provenance, original_user_name, folded_original, soft_deleted_at, purge_at, "
            "tokens_valid_after, created, last_modified, version, in_groups, profile, standing, folded_domain) "
            "VALUES(?1, ?2, ?3, ?4, "
            "?5, ?6, "
            "?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, "
            "EXISTS(SELECT 1 FROM group_members WHERE org = ?1 AND value = ?21), ?20, ?22, ?23)");
        row.bind(1, org_.value).bind_blob(2, user.id.value.bytes).bind(3, user.user_name);
        row.bind(4, session_.unique_scope(org_)).bind(5, folded_name).bind(6, user.external_id);
        const std::optional<std::string> none;
        row.bind(7, external_is_unique ? user.external_id : none).bind_copy(8, core::word(user.status));
        if (user.reason)
            row.bind_copy(9, core::word(*user.reason));
        else
            row.bind(9, none);
        row.bind_copy(10, core::word(user.former_status)).bind_copy(11, core::word(user.provenance));
        row.bind(12, user.original_user_name).bind(13, folded_original).bind(14, milliseconds(user.soft_deleted_at));
        row.bind(15, milliseconds(user.purge_at)).bind(16, milliseconds(user.tokens_valid_after));
        row.bind(17, milliseconds(user.created)).bind(18, milliseconds(user.last_modified)).bind(19, user.version);
        row.bind(20, user.profile.text()).bind(21, as_member).bind(22, standing);
        row.bind(23, domain);
        if (!row.run_unless_taken()) return taken_user(user);
    }
    const std::int64_t pk = db().last_row_id();
    for (const std::string& key : email_keys(user, folded_name)) add_email(key, pk);
    count_arrival(pk);
    return {};
}

core::Result<void> Writes::replace(const core::User& after, std::int64_t known_version)
{
    const auto stored = before_of(after.id);
    if (!stored) return not_found("user");
    if (stored->user.version != known_version) return stale(stored->user.version);
    const core::User& before = stored->user;
    const std::string folded_name = core::fold(after.user_name);
    const bool new_profile = before.profile != after.profile;
    if (!same_identity(before, after)) TRY_ONLY(write_identity(stored->pk, after, folded_name));
    write_state(stored->pk, after, new_profile);
    if (before.standing != after.standing) write_standing(stored->pk, after.standing);
    if (new_profile || !same_identity(before, after)) follow_names(stored->pk, before, after, folded_name);
    return {};
}

// Columns without an index: no index is touched, and the document is written anew only when it changed.
void Writes::write_state(std::int64_t pk, const core::User& user, bool with_profile)
{
    Loan row = db().lend(
        with_profile
            ? "UPDATE users SET status = ?3, reason = ?4, former_status = ?5, provenance = ?6, "
              "soft_deleted_at = ?7, tokens_valid_after = ?8, last_modified = ?9, version = ?10, profile = ?11 "
              "WHERE pk = ?1 AND org = ?2"
            : "UPDATE users SET status = ?3, reason = ?4, former_status = ?5, provenance = ?6, "
              "soft_deleted_at = ?7, tokens_valid_after = ?8, last_modified = ?9, version = ?10 "
              "WHERE pk = ?1 AND org = ?2");
    row.bind(1, pk).bind(2, org_.value).bind_copy(3, core::word(user.status));
    if (user.reason)
        row.bind_copy(4, core::word(*user.reason));
    else
        row.bind(4, std::optional<std::int64_t>{});
    row.bind_copy(5, core::word(user.former_status)).bind_copy(6, core::word(user.provenance));
    row.bind(7, milliseconds(user.soft_deleted_at)).bind(8, milliseconds(user.tokens_valid_after));
    row.bind(9, milliseconds(user.last_modified)).bind(10, user.version);
    if (with_profile) row.bind(11, user.profile.text());
    row.run();
}

void Writes::write_standing(std::int64_t pk, const core::Standing& standing)
{
    const std::string text = core::to_text(standing);
    Loan row = db().lend("UPDATE users SET standing = ?3 WHERE pk = ?1 AND org = ?2");
    row.bind(1, pk).bind(2, org_.value).bind(3, text).run();
}

// The one part of a change that a unique index can refuse; it comes first, in one statement.
core::Result<void> Writes::write_identity(std::int64_t pk, const core::User& after, const std::string& folded_name)
{
    const std::optional<std::string> none;
    const auto folded_original = folded(after.original_user_name);
    const auto domain = domain_of(folded_name);
    Loan row = db().lend("UPDATE users SET user_name = ?3, folded_name = ?4, external_id = ?5, unique_external = ?6, "
                         "purge_at = ?7, original_user_name = ?8, folded_original = ?9, folded_domain = ?10 "
                         "WHERE pk = ?1 AND org = ?2");
    row.bind(1, pk).bind(2, org_.value).bind(3, after.user_name).bind(4, folded_name).bind(5, after.external_id);
    row.bind(6, organisation().policy.unique_external_id ? after.external_id : none);
    row.bind(7, milliseconds(after.purge_at)).bind(8, after.original_user_name).bind(9, folded_original);
    row.bind(10, domain);
    if (!row.run_unless_taken()) return taken_user(after);
    return {};
}

void Writes::follow_names(std::int64_t pk, const core::User& before, const core::User& after,
                          const std::string& folded_name)
{
    const auto was = email_keys(before, core::fold(before.user_name));
    const auto is = email_keys(after, folded_name);
    for (const std::string& key : was)
        if (!std::binary_search(is.begin(), is.end(), key)) remove_email(key, pk);
    for (const std::string& key : is)
        if (!std::binary_search(was.begin(), was.end(), key)) add_email(key, pk);
    const std::string target_id = core::to_text(before.id);
    if (before.user_name != after.user_name) remember_former_name(before.user_name, target_id);
    if (before.original_user_name && before.original_user_name != after.original_user_name)
        remember_former_name(*before.original_user_name, target_id);
}

void Writes::erase(const core::UserId& id)
{
    const auto stored = before_of(id);
    if (!stored) return;
    const core::User& user = stored->user;
    const std::string as_member = core::to_text(id);
    for (const std::string& key : email_keys(user, core::fold(user.user_name))) remove_email(key, stored->pk);
    remember_former_name(user.user_name, as_member);
    if (user.original_user_name) remember_former_name(*user.original_user_name, as_member);
    {
        Loan row = db().lend("DELETE FROM users WHERE pk = ?1 AND org = ?2");
        row.bind(1, stored->pk).bind(2, org_.value).run();
    }
    if (user.in_groups) leave_groups(as_member);
    count_departure(stored->pk);
}

core::Result<void> Writes::insert(const core::Group& group)
{
    const std::string folded_name = core::fold(group.display_name);
    {
        Loan row = db().lend("INSERT INTO groups(org, id, display_name, folded_name, external_id, created, "
                             "last_modified, version, profile) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
        row.bind(1, org_.value).bind_blob(2, group.id.value.bytes).bind(3, group.display_name).bind(4, folded_name);
        row.bind(5, group.external_id).bind(6, milliseconds(group.created)).bind(7, milliseconds(group.last_modified));
        row.bind(8, group.version).bind(9, group.profile.text());
        if (!row.run_unless_taken())
            return core::Refusal{core::Reason::taken, "displayName", "the displayName is in use",
                                 "choose another displayName"};
    }
    count_groups(1);
    return {};
}

core::Result<void> Writes::replace(const core::Group& after, std::int64_t known_version)
{
    const auto stored = stored_group(after.id);
    if (!stored) return not_found("group");
    if (stored->group.version != known_version) return stale(stored->group.version);
    const std::string folded_name = core::fold(after.display_name);
    {
        Loan row = db().lend("UPDATE groups SET display_name = ?3, folded_name = ?4, external_id = ?5, "
                             "last_modified = ?6, version = ?7, profile = ?8 WHERE pk = ?1 AND org = ?2");
        row.bind(1, stored->pk).bind(2, org_.value).bind(3, after.display_name).bind(4, folded_name);
        row.bind(5, after.external_id).bind(6, milliseconds(after.last_modified)).bind(7, after.version);
        row.bind(8, after.profile.text());
        if (!row.run_unless_taken())
            return core::Refusal{core::Reason::taken, "displayName", "the displayName is in use",
                                 "choose another displayName"};
    }
    if (stored->group.display_name != after.display_name)
        remember_former_name(stored->group.display_name, core::to_text(after.id));
    return {};
}

void Writes::erase(const core::GroupId& id)
{
    const auto stored = stored_group(id);
    if (!stored) return;
    const std::string as_member = core::to_text(id);
    remove_all_members(id);
    leave_groups(as_member);
    remember_former_name(stored->group.display_name, as_member);
    Loan row = db().lend("DELETE FROM groups WHERE pk = ?1 AND org = ?2");
    row.bind(1, stored->pk).bind(2, org_.value).run();
    count_groups(-1);
}

std::vector<std::string> Writes::add_members(const core::GroupId& id, const std::vector<std::string>& values)
{
    std::vector<std::string> added;
    const auto stored = stored_group(id);
    if (!stored) return added;
    {
        Loan row = db().lend("INSERT INTO group_members(grp, value, org) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING");
        row.bind(1, stored->pk).bind(3, org_.value);
        for (const std::string& value : values) {
            row.bind(2, value).run();
            if (row.changes() > 0) added.push_back(value);
            row.again();
        }
    }
    for (const std::string& value : added) set_in_groups(value, true);
    if (!added.empty()) count_members(stored->pk, static_cast<std::int64_t>(added.size()));
    return added;
}

std::vector<std::string> Writes::remove_members(const core::GroupId& id, const std::vector<std::string>& values)
{
    std::vector<std::string> removed;
    const auto stored = stored_group(id);
    if (!stored) return removed;
    {
        Loan row = db().lend("DELETE FROM group_members WHERE grp = ?1 AND value = ?2 AND org = ?3");
        row.bind(1, stored->pk).bind(3, org_.value);
        for (const std::string& value : values) {
            row.bind(2, value).run();
            if (row.changes() > 0) removed.push_back(value);
            row.again();
        }
    }
    for (const std::string& value : removed)
        if (!is_in_some_group(value)) set_in_groups(value, false);
    if (!removed.empty()) count_members(stored->pk, -static_cast<std::int64_t>(removed.size()));
    return removed;
}

std::vector<std::string> Writes::remove_all_members(const core::GroupId& id)
{
    std::vector<std::string> values;
    for (core::Member& member : members(id)) values.push_back(std::move(member.value));
    return remove_members(id, values);
}

void Writes::append(core::Event event) { append_event(session_, org_.value, organisation().name, std::move(event)); }

void append_event(Session& session, std::int64_t org, const std::string& organisation, core::Event event)
{
    const ChainEnd& last = session.chain_end();
    event.organisation = organisation;
    event.sequence = last.sequence + 1;
    event.digest = core::digest_of(event);
    event.chain = core::chain_of(last.chain, event);
    const std::string changes = core::json::write(boost::json::value(core::to_json(event.changes)));
    Loan row = session.db().lend("INSERT INTO events(seq, org, at, actor_kind, actor_id, activity, target_kind, "
                                 "target_id, target_name, target_original, request_id, payload_version, digest, chain, "
                                 "changes) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)");
    row.bind(1, event.sequence).bind(2, org).bind(3, milliseconds(event.at));
    row.bind(4, event.actor.kind).bind(5, event.actor.id).bind_copy(6, core::word(event.activity));
    row.bind_copy(7, word(event.target.kind)).bind(8, event.target.id).bind(9, event.target.name);
    row.bind(10, event.target.original_name).bind(11, event.request_id);
    row.bind(12, std::int64_t{event.payload_version}).bind_blob(13, event.digest).bind_blob(14, event.chain);
    row.bind(15, changes).run();
    session.move_chain_end({event.sequence, event.chain});
}

void Writes::archive(const core::ArchiveRecord& record)
{
    const std::string folded_name = core::fold(record.user_name);
    const std::string folded_original = core::fold(record.original_user_name);
    const std::string last_state = core::json::write(record.last_state);
    Loan row = db().lend("INSERT INTO archive(org, user_id, user_name, folded_name, original_user_name, "
                         "folded_original, external_id, cause, deleted_at, keep_until, last_state, held) "
                         "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");
    row.bind(1, org_.value).bind_blob(2, record.user.value.bytes).bind(3, record.user_name).bind(4, folded_name);
    row.bind(5, record.original_user_name).bind(6, folded_original).bind(7, record.external_id);
    row.bind_copy(8, core::word(record.cause)).bind(9, milliseconds(record.deleted_at));
    row.bind(10, milliseconds(record.keep_until)).bind(11, last_state).bind(12, std::int64_t{record.held}).run();
}

core::Result<void> Writes::hold_archived(std::int64_t number, bool held)
{
    Loan row = db().lend("UPDATE archive SET held = ?3 WHERE org = ?1 AND number = ?2");
    row.bind(1, org_.value).bind(2, number).bind(3, std::int64_t{held}).run();
    if (row.changes() == 0)
        return core::Refusal{core::Reason::not_found, "id", "there is no such archive record", "read the list again"};
    return {};
}

void Writes::erase_archived(std::int64_t number)
{
    Loan row = db().lend("DELETE FROM archive WHERE org = ?1 AND number = ?2");
    row.bind(1, org_.value).bind(2, number).run();
}

std::optional<std::int64_t> Writes::forget_events(core::Instant before, std::int64_t after, std::int64_t limit)
{
    std::vector<std::int64_t> old;
    {
        Loan rows = db().lend("SELECT seq FROM events WHERE org = ?1 AND seq > ?2 AND at < ?3 ORDER BY seq LIMIT ?4");
        rows.bind(1, org_.value).bind(2, after).bind(3, milliseconds(before)).bind(4, limit);
        while (rows.row()) old.push_back(rows.integer(0));
    }
    if (old.empty()) return std::nullopt;
    Loan row = db().lend("UPDATE events SET changes = NULL, target_name = '', target_original = '' "
                         "WHERE seq = ?1 AND changes IS NOT NULL");
    for (const std::int64_t sequence : old) {
        row.bind(1, sequence).run();
        row.again();
    }
    return old.back();
}

void Writes::add_email(const std::string& folded_value, std::int64_t pk)
{
    Loan row = db().lend("INSERT INTO user_emails(org, folded, user) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING");
    row.bind(1, org_.value).bind(2, folded_value).bind(3, pk).run();
}

void Writes::remove_email(const std::string& folded_value, std::int64_t pk)
{
    Loan row = db().lend("DELETE FROM user_emails WHERE org = ?1 AND folded = ?2 AND user = ?3");
    row.bind(1, org_.value).bind(2, folded_value).bind(3, pk).run();
}

void Writes::remember_former_name(const std::string& name, const std::string& target_id)
{
    const std::string folded_name = core::fold(name);
    Loan row = db().lend("INSERT INTO former_names(org, folded, target_id) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING");
    row.bind(1, org_.value).bind(2, folded_name).bind(3, target_id).run();
}

void Writes::count_users(std::int64_t difference)
{
    Loan row = db().lend("UPDATE organisations SET user_count = user_count + ?2 WHERE pk = ?1");
    row.bind(1, org_.value).bind(2, difference).run();
    session_.organisation(org_).user_count += difference;
}

void Writes::count_arrival(std::int64_t pk)
{
    count_users(1);
    Loan row = db().lend("INSERT INTO user_blocks(org, block, users) VALUES(?1, ?2, 1) "
                         "ON CONFLICT DO UPDATE SET users = users + 1");
    row.bind(1, org_.value).bind(2, pk >> block_bits).run();
}

void Writes::count_departure(std::int64_t pk)
{
    count_users(-1);
    {
        Loan last = db().lend("DELETE FROM user_blocks WHERE org = ?1 AND block = ?2 AND users = 1");
        last.bind(1, org_.value).bind(2, pk >> block_bits).run();
        if (last.changes() > 0) return;
    }
    Loan row = db().lend("UPDATE user_blocks SET users = users - 1 WHERE org = ?1 AND block = ?2");
    row.bind(1, org_.value).bind(2, pk >> block_bits).run();
}

void Writes::count_groups(std::int64_t difference)
{
    Loan row = db().lend("UPDATE organisations SET group_count = group_count + ?2 WHERE pk = ?1");
    row.bind(1, org_.value).bind(2, difference).run();
    session_.organisation(org_).group_count += difference;
}

void Writes::count_members(std::int64_t group, std::int64_t difference)
{
    Loan row = db().lend("UPDATE groups SET member_count = member_count + ?3 WHERE pk = ?1 AND org = ?2");
    row.bind(1, group).bind(2, org_.value).bind(3, difference).run();
}

void Writes::leave_groups(const std::string& value)
{
    {
        Loan row = db().lend("UPDATE groups SET member_count = member_count - 1 WHERE org = ?1 AND pk IN "
                             "(SELECT grp FROM group_members WHERE org = ?1 AND value = ?2)");
        row.bind(1, org_.value).bind(2, value).run();
    }
    Loan row = db().lend("DELETE FROM group_members WHERE org = ?1 AND value = ?2");
    row.bind(1, org_.value).bind(2, value).run();
}

bool Writes::is_in_some_group(const std::string& value)
{
    Loan row = db().lend("SELECT 1 FROM group_members WHERE org = ?1 AND value = ?2 LIMIT 1");
    return row.bind(1, org_.value).bind(2, value).row();
}

void Writes::set_in_groups(const std::string& value, bool in_groups)
{
    last_read_.reset();
    Loan row = db().lend("UPDATE users SET in_groups = ?3 WHERE id = id_blob(?2) AND org = ?1 AND in_groups <> ?3");
    row.bind(1, org_.value).bind(2, value).bind(3, std::int64_t{in_groups}).run();
}

} // namespace storage
