#include "storage/reads.hpp"

#include "core/base/text.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace storage {

namespace {

constexpr std::int64_t rows_a_stride = 500; // of each_user: what is held in memory at once

std::vector<StoredUser> all_users(Loan& rows)
{
    std::vector<StoredUser> users;
    while (rows.row()) users.push_back(user_from(rows));
    return users;
}

std::vector<StoredGroup> all_groups(Loan& rows)
{
    std::vector<StoredGroup> groups;
    while (rows.row()) groups.push_back(group_from(rows));
    return groups;
}

// Past the limit a statement ends with StorageFailed; the limit ends with the scope.
class Limited {
public:
    Limited(Connection& db, std::chrono::milliseconds limit) : db_{db} { db_.set_deadline(limit); }
    Limited(const Limited&) = delete;
    Limited& operator=(const Limited&) = delete;
    ~Limited() { db_.set_deadline(std::nullopt); }

private:
    Connection& db_;
};

// Which keys match, in order, those of the page, and how many there are.
struct Matches {
    std::vector<std::int64_t> page;
    std::int64_t total = 0;
};
Matches matches_of(Connection& db, const char* table, core::OrgId org, core::Searched searched,
                   const core::Query& query)
{
    const Condition condition = condition_for(*query.where, searched, 2);
    const std::string sql = fmt::format("SELECT pk FROM {} WHERE {} AND org = ?1 ORDER BY pk", table, condition.sql);
    Loan rows = db.lend_composed(sql);
    rows.bind(1, org.value);
    condition.bind_to(rows);
    Matches matches;
    const std::int64_t end = query.offset + query.limit;
    while ((query.count || matches.total < end) && rows.row()) {
        if (matches.total >= query.offset && matches.total < end) matches.page.push_back(rows.integer(0));
        ++matches.total;
    }
    return matches;
}

// The page of what was found through indexes: each once, in key order, tested.
template<class Stored, class Test, class Take>
std::int64_t page_of(std::vector<Stored>& found, const core::Query& query, const Test& matches, const Take& take)
{
    std::sort(found.begin(), found.end(), [](const Stored& a, const Stored& b) { return a.pk < b.pk; });
    const auto same = [](const Stored& a, const Stored& b) { return a.pk == b.pk; };
    found.erase(std::unique(found.begin(), found.end(), same), found.end());
    std::int64_t total = 0;
    for (Stored& each : found) {
        if (!matches(each)) continue;
        if (total >= query.offset && total < query.offset + query.limit) take(each);
        ++total;
    }
    return total;
}

// A single look-up whose results need no second test.
bool is_exact(const core::Predicate& where, core::IndexSeed::Key key)
{
    using Key = core::IndexSeed::Key;
    if (where.kind != core::Predicate::Kind::compare) return false;
    switch (key) {
    case Key::user_name:
    case Key::display_name: return !where.attribute.case_exact;
    case Key::external_id:
    case Key::member: return true;
    case Key::id:
    case Key::email: return false;
    }
    return false;
}

// `members` of a group, `groups` of a user: rows of their own, not part of the resource that core::holds looks at.
bool mentions(const core::Predicate& predicate, std::string_view core_attribute)
{
    const bool here = predicate.kind == core::Predicate::Kind::compare ||
                      predicate.kind == core::Predicate::Kind::present ||
                      predicate.kind == core::Predicate::Kind::within;
    if (here && predicate.attribute.extension.empty() && predicate.attribute.name == core_attribute) return true;
    return predicate.kind != core::Predicate::Kind::within &&
           std::any_of(predicate.children.begin(), predicate.children.end(),
                       [&](const core::Predicate& child) { return mentions(child, core_attribute); });
}

} // namespace

template<class Port>
std::optional<StoredUser> Reads<Port>::stored_user(const core::UserId& id)
{
    static const std::string sql = "SELECT " + user_columns + " FROM users AS u WHERE u.id = ?1 AND u.org = ?2";
    Loan row = db().lend(sql.c_str());
    row.bind_blob(1, id.value.bytes).bind(2, org_.value);
    if (!row.row()) return std::nullopt;
    return user_from(row);
}

template<class Port>
std::optional<core::User> Reads<Port>::user(const core::UserId& id)
{
    auto stored = stored_user(id);
    if (!stored) return std::nullopt;
    return std::move(stored->user);
}

template<class Port>
std::optional<core::User> Reads<Port>::user_named(std::string_view user_name)
{
    static const std::string sql =
        "SELECT " + user_columns + " FROM users AS u WHERE u.unique_scope = ?1 AND u.folded_name = ?2 AND u.org = ?3";
    const std::string folded = core::fold(user_name);
    Loan row = db().lend(sql.c_str());
    row.bind(1, session_.unique_scope(org_)).bind(2, folded).bind(3, org_.value);
    if (!row.row()) return std::nullopt;
    return std::move(user_from(row).user);
}

template<class Port>
std::vector<core::User> Reads<Port>::users_with_external_id(std::string_view external_id)
{
    const std::string text{external_id};
    std::vector<core::User> users;
    for (StoredUser& each : users_for({core::IndexSeed::Key::external_id, &text}))
        users.push_back(std::move(each.user));
    return users;
}

template<class Port>
std::vector<StoredUser> Reads<Port>::users_for(const core::IndexSeed& seed)
{
    using Key = core::IndexSeed::Key;
    switch (seed.key) {
    case Key::id: {
        const auto id = core::uuid_from(*seed.text);
        std::vector<StoredUser> found;
        if (!id) return found;
        if (auto stored = stored_user(core::UserId{*id})) found.push_back(std::move(*stored));
        return found;
    }
    case Key::user_name: {
        static const std::string sql =
            "SELECT " + user_columns +
            " FROM users AS u WHERE u.unique_scope = ?1 AND u.folded_name = ?2 AND u.org = ?3";
        const std::string folded = core::fold(*seed.text);
        Loan rows = db().lend(sql.c_str());
        rows.bind(1, session_.unique_scope(org_)).bind(2, folded).bind(3, org_.value);
        return all_users(rows);
    }
    case Key::external_id: {
        static const std::string sql =
            "SELECT " + user_columns + " FROM users AS u WHERE u.org = ?1 AND u.external_id = ?2 ORDER BY u.pk";
        Loan rows = db().lend(sql.c_str());
        rows.bind(1, org_.value).bind(2, *seed.text);
        return all_users(rows);
    }
    case Key::email: { // those whose address differs from their name, and the one who may have it as their name
        static const std::string sql = "SELECT " + user_columns +
                                       " FROM user_emails AS m JOIN users AS u ON u.pk = m.user WHERE m.org = ?1 AND "
                                       "m.folded = ?2 AND u.org = ?1";
        const std::string folded = core::fold(*seed.text);
        Loan rows = db().lend(sql.c_str());
        rows.bind(1, org_.value).bind(2, folded);
        std::vector<StoredUser> found = all_users(rows);
        for (StoredUser& each : users_for({Key::user_name, seed.text})) found.push_back(std::move(each));
        return found;
    }
    case Key::display_name:
    case Key::member: return {}; // never of users
    }
    return {};
}

// The predicate on one user; their groups are looked up from the user.
template<class Port>
bool Reads<Port>::user_matches(const core::Predicate& where, const StoredUser& stored)
{
    if (!mentions(where, "groups")) return core::holds(where, core::attributes_of(stored.user));
    const Condition condition = condition_for(where, core::Searched::users, 2, Over::one);
    Loan row = db().lend_composed(fmt::format("SELECT 1 FROM users AS u WHERE {} AND u.pk = ?1", condition.sql));
    row.bind(1, stored.pk);
    condition.bind_to(row);
    return row.row();
}

template<class Port>
core::Found<core::User> Reads<Port>::users(const core::Query& query)
{
    core::Found<core::User> found;
    if (query.where != nullptr) {
        if (const auto seeds = core::index_seeds(*query.where, core::Searched::users)) {
            std::vector<StoredUser> candidates;
            for (const core::IndexSeed& seed : *seeds)
                for (StoredUser& each : users_for(seed)) candidates.push_back(std::move(each));
            const bool exact = seeds->size() == 1 && is_exact(*query.where, seeds->front().key);
            found.total = page_of(
                candidates, query, [&](const StoredUser& each) { return exact || user_matches(*query.where, each); },
                [&](StoredUser& each) { found.items.push_back(std::move(each.user)); });
            return found;
        }
        const Limited limited{db(), session_.read_limit()};
        const Matches matches = matches_of(db(), "users AS u", org_, core::Searched::users, query);
        static const std::string by_key = "SELECT " + user_columns + " FROM users AS u WHERE u.pk = ?1 AND u.org = ?2";
        Loan row = db().lend(by_key.c_str());
        row.bind(2, org_.value);
        for (const std::int64_t pk : matches.page) {
            row.bind(1, pk);
            if (row.row()) found.items.push_back(std::move(user_from(row).user));
            row.again();
        }
        found.total = matches.total;
        return found;
    }
    found.total = organisation().user_count;
    if (query.limit == 0) return found;
    // The narrow index finds where the page begins; only the page's own rows are read.
    static const std::string page = "SELECT " + user_columns +
                                    " FROM users AS u WHERE u.pk IN (SELECT pk FROM users INDEXED BY users_by_org "
                                    "WHERE org = ?1 ORDER BY pk LIMIT ?2 OFFSET ?3) ORDER BY u.pk";
    const Limited limited{db(), session_.read_limit()};
    Loan rows = db().lend(page.c_str());
    rows.bind(1, org_.value).bind(2, query.limit).bind(3, query.offset);
    while (rows.row()) found.items.push_back(std::move(user_from(rows).user));
    return found;
}

template<class Port>
void Reads<Port>::each_user(const core::Predicate* where, const std::function<bool(const core::User&)>& visit)
{
    Condition condition{.sql = "1", .parameters = {}, .first = 4};
    if (where != nullptr) condition = condition_for(*where, core::Searched::users, condition.first);
    const std::string sql =
        fmt::format("SELECT {} FROM users AS u WHERE {} AND u.org = ?1 AND u.pk > ?2 ORDER BY u.pk LIMIT ?3",
                    user_columns, condition.sql);
    std::int64_t after = 0;
    for (;;) {
        std::vector<StoredUser> stride;
        {
            Loan rows = db().lend_composed(sql);
            rows.bind(1, org_.value).bind(2, after).bind(3, rows_a_stride);
            condition.bind_to(rows);
            stride = all_users(rows);
        }
        for (const StoredUser& each : stride)
            if (!visit(each.user)) return;
        if (static_cast<std::int64_t>(stride.size()) < rows_a_stride) return;
        after = stride.back().pk;
    }
}

template<class Port>
std::vector<core::User> Reads<Port>::users_due_for_purge(core::Instant now, std::int64_t limit)
{
    static const std::string sql = "SELECT " + user_columns +
                                   " FROM users AS u INDEXED BY users_due WHERE u.org = ?1 AND u.purge_at IS NOT NULL "
                                   "AND u.purge_at <= ?2 ORDER BY u.purge_at, u.pk LIMIT ?3";
    Loan rows = db().lend(sql.c_str());
    rows.bind(1, org_.value).bind(2, milliseconds(now)).bind(3, limit);
    std::vector<core::User> due;
    while (rows.row()) due.push_back(std::move(user_from(rows).user));
    return due;
}

template<class Port>
std::optional<StoredGroup> Reads<Port>::stored_group(const core::GroupId& id)
{
    static const std::string sql = "SELECT " + group_columns + " FROM groups AS g WHERE g.id = ?1 AND g.org = ?2";
    Loan row = db().lend(sql.c_str());
    row.bind_blob(1, id.value.bytes).bind(2, org_.value);
    if (!row.row()) return std::nullopt;
    return group_from(row);
}

template<class Port>
std::optional<core::Group> Reads<Port>::group(const core::GroupId& id)
{
    auto stored = stored_group(id);
    if (!stored) return std::nullopt;
    return std::move(stored->group);
}

template<class Port>
std::optional<core::Group> Reads<Port>::group_named(std::string_view display_name)
{
    const std::string text{display_name};
    auto found = groups_for({core::IndexSeed::Key::display_name, &text});
    if (found.empty()) return std::nullopt;
    return std::move(found.front().group);
}

template<class Port>
std::vector<StoredGroup> Reads<Port>::groups_for(const core::IndexSeed& seed)
{
    using Key = core::IndexSeed::Key;
    switch (seed.key) {
    case Key::id: {
        const auto id = core::uuid_from(*seed.text);
        std::vector<StoredGroup> found;
        if (!id) return found;
        if (auto stored = stored_group(core::GroupId{*id})) found.push_back(std::move(*stored));
        return found;
    }
    case Key::display_name: {
        static const std::string sql =
            "SELECT " + group_columns + " FROM groups AS g WHERE g.org = ?1 AND g.folded_name = ?2";
        const std::string folded = core::fold(*seed.text);
        Loan rows = db().lend(sql.c_str());
        rows.bind(1, org_.value).bind(2, folded);
        return all_groups(rows);
    }
    case Key::external_id: {
        static const std::string sql =
            "SELECT " + group_columns + " FROM groups AS g WHERE g.org = ?1 AND g.external_id = ?2 ORDER BY g.pk";
        Loan rows = db().lend(sql.c_str());
        rows.bind(1, org_.value).bind(2, *seed.text);
        return all_groups(rows);
    }
    case Key::member: {
        static const std::string sql = "SELECT " + group_columns +
                                       " FROM group_members AS m JOIN groups AS g ON g.pk = m.grp WHERE m.org = ?1 "
                                       "AND m.value = ?2 ORDER BY g.pk";
        Loan rows = db().lend(sql.c_str());
        rows.bind(1, org_.value).bind(2, *seed.text);
        return all_groups(rows);
    }
    case Key::user_name:
    case Key::email: return {}; // never of groups
    }
    return {};
}

// The predicate on one group; its members are looked up, each comparison with `eq` by one probe of the key.
template<class Port>
bool Reads<Port>::group_matches(const core::Predicate& where, const StoredGroup& stored)
{
    if (!mentions(where, "members")) return core::holds(where, core::attributes_of(stored.group));
    const Condition condition = condition_for(where, core::Searched::groups, 2, Over::one);
    Loan row = db().lend_composed(fmt::format("SELECT 1 FROM groups AS g WHERE {} AND g.pk = ?1", condition.sql));
    row.bind(1, stored.pk);
    condition.bind_to(row);
    return row.row();
}

template<class Port>
core::Found<core::Group> Reads<Port>::groups(const core::Query& query)
{
    core::Found<core::Group> found;
    const Limited limited{db(), session_.read_limit()};
    if (query.where != nullptr) {
        if (const auto seeds = core::index_seeds(*query.where, core::Searched::groups)) {
            std::vector<StoredGroup> candidates;
            for (const core::IndexSeed& seed : *seeds)
                for (StoredGroup& each : groups_for(seed)) candidates.push_back(std::move(each));
            const bool exact = seeds->size() == 1 && is_exact(*query.where, seeds->front().key);
            found.total = page_of(
                candidates, query, [&](const StoredGroup& each) { return exact || group_matches(*query.where, each); },
                [&](StoredGroup& each) { found.items.push_back(std::move(each.group)); });
            return found;
        }
        const Matches matches = matches_of(db(), "groups AS g", org_, core::Searched::groups, query);
        static const std::string by_key =
            "SELECT " + group_columns + " FROM groups AS g WHERE g.pk = ?1 AND g.org = ?2";
        Loan row = db().lend(by_key.c_str());
        row.bind(2, org_.value);
        for (const std::int64_t pk : matches.page) {
            row.bind(1, pk);
            if (row.row()) found.items.push_back(std::move(group_from(row).group));
            row.again();
        }
        found.total = matches.total;
        return found;
    }
    found.total = organisation().group_count;
    if (query.limit == 0) return found;
    static const std::string page = "SELECT " + group_columns +
                                    " FROM groups AS g WHERE g.pk IN (SELECT pk FROM groups INDEXED BY groups_by_org "
                                    "WHERE org = ?1 ORDER BY pk LIMIT ?2 OFFSET ?3) ORDER BY g.pk";
    Loan rows = db().lend(page.c_str());
    rows.bind(1, org_.value).bind(2, query.limit).bind(3, query.offset);
    while (rows.row()) found.items.push_back(std::move(group_from(rows).group));
    return found;
}

template<class Port>
std::vector<core::Member> Reads<Port>::members(const core::GroupId& id)
{
    std::vector<core::Member> members;
    each_member(id, "", [&](const core::Member& member) {
        members.push_back(member);
        return true;
    });
    return members;
}

template<class Port>
void Reads<Port>::each_member(const core::GroupId& id, std::string_view after,
                              const std::function<bool(const core::Member&)>& visit)
{
    // A value is never empty, so that all of them come after "".
    const std::string last{after};
    Loan rows = db().lend("SELECT m.value, CASE"
                          " WHEN EXISTS(SELECT 1 FROM users WHERE id = id_blob(m.value) AND org = m.org) THEN 1"
                          " WHEN EXISTS(SELECT 1 FROM groups WHERE id = id_blob(m.value) AND org = m.org) THEN 2"
                          " ELSE 0 END"
                          " FROM groups AS g JOIN group_members AS m ON m.grp = g.pk"
                          " WHERE g.id = ?1 AND g.org = ?2 AND m.value > ?3 ORDER BY m.value");
    rows.bind_blob(1, id.value.bytes).bind(2, org_.value).bind(3, last);
    core::Member member;
    while (rows.row()) {
        member.value = rows.text(0);
        member.kind = rows.integer(1) == 1   ? core::Member::Kind::user
                      : rows.integer(1) == 2 ? core::Member::Kind::group
                                             : core::Member::Kind::unknown;
        if (!visit(member)) return;
    }
}

template<class Port>
bool Reads<Port>::has_member(const core::GroupId& id, std::string_view value)
{
    const std::string text{value};
    Loan row = db().lend("SELECT 1 FROM groups AS g JOIN group_members AS m ON m.grp = g.pk"
                         " WHERE g.id = ?1 AND g.org = ?2 AND m.value = ?3");
    row.bind_blob(1, id.value.bytes).bind(2, org_.value).bind(3, text);
    return row.row();
}

template<class Port>
std::vector<core::Group> Reads<Port>::groups_of(std::string_view member_value)
{
    const std::string text{member_value};
    std::vector<core::Group> groups;
    for (StoredGroup& each : groups_for({core::IndexSeed::Key::member, &text})) groups.push_back(std::move(each.group));
    return groups;
}

template<class Port>
std::vector<core::Membership> Reads<Port>::memberships_of(std::string_view member_value)
{
    // UNION, not UNION ALL: what has been reached is not walked from again, so circles end.
    const std::string text{member_value};
    Loan rows = db().lend("WITH RECURSIVE reached(grp, direct) AS ("
                          "SELECT grp, 1 FROM group_members WHERE org = ?1 AND value = ?2 UNION "
                          "SELECT m.grp, 0 FROM reached JOIN groups AS i ON i.pk = reached.grp "
                          "JOIN group_members AS m ON m.org = ?1 AND m.value = id_text(i.id)) "
                          "SELECT g.id, g.display_name, max(r.direct) FROM reached AS r JOIN groups AS g ON "
                          "g.pk = r.grp GROUP BY g.pk ORDER BY g.pk");
    rows.bind(1, org_.value).bind(2, text);
    std::vector<core::Membership> memberships;
    while (rows.row()) memberships.push_back({group_id_at(rows, 0), rows.text(1), rows.integer(2) != 0});
    return memberships;
}

template<class Port>
std::vector<core::Event> Reads<Port>::events(const core::EventQuery& query)
{
    const Limited limited{db(), session_.read_limit()};
    return events_of(db(), org_, query);
}

template<class Port>
std::vector<core::ArchiveRecord> Reads<Port>::archived(std::string_view name_or_id, std::int64_t after,
                                                       std::int64_t limit)
{
    static const std::string head =
        "SELECT " + archive_columns + " FROM archive AS a WHERE a.org = ?1 AND a.number > ?2";
    static const std::string tail = " ORDER BY a.number LIMIT ?3";
    static const std::string all = head + tail;
    static const std::string by_name = head + " AND (a.folded_name = ?4 OR a.folded_original = ?4)" + tail;
    static const std::string by_id = head + " AND a.user_id = ?4" + tail;
    const auto id = core::uuid_from(name_or_id);
    const std::string folded = core::fold(name_or_id);
    std::vector<core::ArchiveRecord> records;
    {
        Loan rows = db().lend(name_or_id.empty() ? all.c_str() : id ? by_id.c_str() : by_name.c_str());
        rows.bind(1, org_.value).bind(2, after).bind(3, limit);
        if (id)
            rows.bind_blob(4, id->bytes);
        else if (!name_or_id.empty())
            rows.bind(4, folded);
        while (rows.row()) records.push_back(archive_from(rows));
    }
    for (core::ArchiveRecord& record : records)
        record.history = events_of(
            db(), org_, {.limit = std::numeric_limits<std::int64_t>::max(), .target_id = core::to_text(record.user)});
    return records;
}

std::vector<core::Event> events_of(Connection& db, std::optional<core::OrgId> org, const core::EventQuery& query)
{
    static const std::string head =
        "SELECT " + event_columns + " FROM events AS e LEFT JOIN organisations AS o ON o.pk = e.org WHERE e.seq > ?1";
    const std::string folded = core::fold(query.target_name.value_or(""));
    std::string sql = head;
    // The most selective condition finds the rows; the unary plus keeps the others from being used for it.
    const bool by_target = query.target_id || query.target_name;
    if (org) sql += by_target ? " AND +e.org = ?2" : " AND e.org = ?2";
    if (query.target_id) sql += " AND e.target_id = ?3";
    if (query.target_name)
        sql += org ? " AND e.target_id IN ("
                     "SELECT id_text(id) FROM users WHERE unique_scope IN (0, ?2) AND folded_name = ?4 AND org = ?2"
                     " UNION SELECT id_text(id) FROM users WHERE org = ?2 AND folded_original = ?4"
                     " UNION SELECT id_text(id) FROM groups WHERE org = ?2 AND folded_name = ?4"
                     " UNION SELECT target_id FROM former_names WHERE org = ?2 AND folded = ?4)"
                   : " AND e.target_id IN (SELECT id_text(id) FROM users WHERE folded_name = ?4 OR folded_original = ?4"
                     " UNION SELECT id_text(id) FROM groups WHERE folded_name = ?4"
                     " UNION SELECT target_id FROM former_names WHERE folded = ?4)";
    if (query.activity) sql += " AND e.activity = ?5";
    if (query.since) sql += " AND e.at >= ?6";
    if (query.until) sql += " AND e.at < ?7";
    sql += " ORDER BY e.seq LIMIT ?8";

    Loan rows = db.lend_composed(sql);
    rows.bind(1, query.after).bind(8, query.limit);
    if (org) rows.bind(2, org->value);
    if (query.target_id) rows.bind(3, *query.target_id);
    if (query.target_name) rows.bind(4, folded);
    if (query.activity) rows.bind_copy(5, core::word(*query.activity));
    if (query.since) rows.bind(6, milliseconds(*query.since));
    if (query.until) rows.bind(7, milliseconds(*query.until));
    std::vector<core::Event> events;
    while (rows.row()) events.push_back(event_from(rows));
    return events;
}

template class Reads<core::ReadTxn>;
template class Reads<core::WriteTxn>;

} // namespace storage
