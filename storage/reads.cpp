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

const core::User& value_of(const StoredUser& stored) { return stored.user; }
const core::Group& value_of(const StoredGroup& stored) { return stored.group; }

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

// Where lists are read from, and what the SQL about it is made of.
struct Source {
    core::Searched searched;
    const char* from; // with its alias
    const char* key;  // the internal key
    const char* org;  // whose row it is
    const char* external_id;
};
constexpr Source users_source{core::Searched::users, "users AS u", "u.pk", "u.org", "u.external_id"};
constexpr Source groups_source{core::Searched::groups, "groups AS g", "g.pk", "g.org", "g.external_id"};

// The rows of a page in order, each with what it was sorted by.
using Rows = std::vector<core::Position>;

core::SortKey sort_key_at(const Loan& row, int column)
{
    switch (row.kind(column)) {
    case Loan::Kind::null:
    case Loan::Kind::blob: return {};
    case Loan::Kind::integer: return row.integer(column);
    case Loan::Kind::real: return row.real(column);
    case Loan::Kind::text: return row.text(column);
    }
    return {};
}

void bind_key(Loan& rows, int index, const core::SortKey& key)
{
    if (const auto* const text = std::get_if<std::string>(&key)) rows.bind(index, *text);
    if (const auto* const whole = std::get_if<std::int64_t>(&key)) rows.bind(index, *whole);
    if (const auto* const fraction = std::get_if<double>(&key)) rows.bind(index, *fraction);
}

// How the statements below number what is the query's own.
enum Number { org_at = 1, limit_at, offset_at, after_row_at, after_key_at, first_free };

// " AND …": only what comes behind the position, in the order that `order_by` asks for.
std::string behind(const core::Position& position, const std::string& key, const char* row, bool descending)
{
    const bool at_nothing = std::holds_alternative<std::monostate>(position.key);
    const char beyond = descending ? '<' : '>';
    const std::string same_key = fmt::format("{} {} ?{}", row, beyond, int{after_row_at});
    if (key.empty()) return " AND " + same_key;
    if (at_nothing)
        return descending ? fmt::format(" AND ({} IS NOT NULL OR {})", key, same_key)
                          : fmt::format(" AND {} IS NULL AND {}", key, same_key);
    return fmt::format(" AND ({} {} ?{} OR ({} = ?{} AND {}){})", key, beyond, int{after_key_at}, key,
                       int{after_key_at}, same_key, descending ? std::string{} : fmt::format(" OR {} IS NULL", key));
}

// Where no index has the order: every row is looked at, the page's are sorted out (SQLite keeps no more of them than
// offset and limit ask for).
Rows rows_by_scan(Connection& db, const Source& source, core::OrgId org, const core::Query& query)
{
    Fragment condition{.sql = "1", .parameters = {}, .first = first_free};
    if (query.where != nullptr) condition = condition_for(*query.where, source.searched, first_free);
    Fragment key{.sql = {}, .parameters = {}, .first = condition.next()};
    if (query.sort != nullptr) key = sort_key_for(*query.sort, source.searched, condition.next());
    const bool descending = query.sort != nullptr && query.sort->descending;
    const char* const direction = descending ? " DESC" : "";
    std::string sql = fmt::format("SELECT {}, {} AS k FROM {} WHERE {} AND {} = ?1", source.key,
                                  query.sort != nullptr ? key.sql : "NULL", source.from, condition.sql, source.org);
    if (query.after != nullptr) sql += behind(*query.after, key.sql, source.key, descending);
    sql += " ORDER BY ";
    if (query.sort != nullptr) sql += fmt::format("k{} NULLS {}, ", direction, descending ? "FIRST" : "LAST");
    sql += fmt::format("{}{} LIMIT ?2 OFFSET ?3", source.key, direction);

    Loan rows = db.lend_composed(sql);
    rows.bind(org_at, org.value).bind(limit_at, query.limit).bind(offset_at, query.offset);
    if (query.after != nullptr) {
        rows.bind(after_row_at, query.after->row);
        if (query.sort != nullptr && !std::holds_alternative<std::monostate>(query.after->key))
            bind_key(rows, after_key_at, query.after->key);
    }
    condition.bind_to(rows);
    key.bind_to(rows);
    Rows page;
    while (rows.row()) page.push_back({sort_key_at(rows, 1), rows.integer(0)});
    return page;
}

std::int64_t count_by_scan(Connection& db, const Source& source, core::OrgId org, const core::Predicate& where)
{
    const Fragment condition = condition_for(where, source.searched, 2);
    Loan row = db.lend_composed(
        fmt::format("SELECT count(*) FROM {} WHERE {} AND {} = ?1", source.from, condition.sql, source.org));
    row.bind(org_at, org.value);
    condition.bind_to(row);
    row.row();
    return row.integer(0);
}

// One pass for a page in the order of rows and the total.
Rows rows_and_total(Connection& db, const Source& source, core::OrgId org, const core::Query& query,
                    std::int64_t& total)
{
    const Fragment condition = condition_for(*query.where, source.searched, 2);
    Loan rows = db.lend_composed(fmt::format("SELECT {} FROM {} WHERE {} AND {} = ?1 ORDER BY {}", source.key,
                                             source.from, condition.sql, source.org, source.key));
    rows.bind(org_at, org.value);
    condition.bind_to(rows);
    Rows page;
    for (total = 0; rows.row(); ++total)
        if (total >= query.offset && total - query.offset < query.limit) page.push_back({{}, rows.integer(0)});
    return page;
}

Rows matches_of(Connection& db, const Source& source, core::OrgId org, const core::Query& query, std::int64_t& total)
{
    if (query.count && query.sort == nullptr && query.after == nullptr)
        return rows_and_total(db, source, org, query, total);
    if (query.count) total = count_by_scan(db, source, org, *query.where);
    return query.limit == 0 ? Rows{} : rows_by_scan(db, source, org, query);
}

// An index whose order is the one asked for. `scope` confines it to what it is unique in; `is_own` where that holds no
// other organisation's rows.
struct IndexOrder {
    const char* index;
    const char* scope;      // " AND …", with its parameter, or nothing
    const char* column;     // unique there
    const char* shown;      // the column as a sort key
    const char* from_shown; // the parameter as the column is stored
};
constexpr IndexOrder users_by_name{"users_by_name", " AND u.unique_scope = ?6", "u.folded_name", "u.folded_name", "?5"};
constexpr IndexOrder users_by_id{"sqlite_autoindex_users_1", "", "u.id", "id_text(u.id)", "id_blob(?5)"};
constexpr IndexOrder groups_by_name{"groups_by_name", "", "g.folded_name", "g.folded_name", "?5"};

const IndexOrder* index_order(core::Searched searched, const core::Sort& sort)
{
    if (!sort.by.extension.empty() || !sort.by.sub.empty()) return nullptr;
    switch (searched) {
    case core::Searched::users:
        if (sort.by.name == "userName" && !sort.by.case_exact) return &users_by_name;
        if (sort.by.name == "id") return &users_by_id;
        return nullptr;
    case core::Searched::groups:
        if (sort.by.name == "displayName" && !sort.by.case_exact) return &groups_by_name;
        return nullptr;
    }
    return nullptr;
}

Rows rows_by_index(Connection& db, const Source& source, const IndexOrder& order, core::OrgId org,
                   std::int64_t unique_scope, bool is_own, const core::Query& query)
{
    const bool descending = query.sort->descending;
    std::string sql = fmt::format("SELECT {}, {} FROM {} INDEXED BY {} WHERE 1{}", source.key, order.shown, source.from,
                                  order.index, order.scope);
    if (!is_own) sql += fmt::format(" AND {} = ?1", source.org);
    // A position may be another kind's, with a key that one of these rows has too; or with none, behind all that have
    // one.
    const bool is_behind_nothing = query.after != nullptr && std::holds_alternative<std::monostate>(query.after->key);
    if (is_behind_nothing && !descending) return {};
    const bool is_bound = query.after != nullptr && !is_behind_nothing;
    if (is_bound)
        sql += fmt::format(" AND {0} {1}= {2} AND ({0} <> {2} OR {3} {1} ?4)", order.column, descending ? '<' : '>',
                           order.from_shown, source.key);
    sql += fmt::format(" ORDER BY {}{} LIMIT ?2 OFFSET ?3", order.column, descending ? " DESC" : "");
    Loan rows = db.lend_composed(sql);
    rows.bind(org_at, org.value).bind(limit_at, query.limit).bind(offset_at, query.offset);
    if (is_bound) {
        rows.bind(after_row_at, query.after->row);
        bind_key(rows, after_key_at, query.after->key);
    }
    if (*order.scope != '\0') rows.bind(first_free, unique_scope);
    Rows page;
    while (rows.row()) page.push_back({sort_key_at(rows, 1), rows.integer(0)});
    return page;
}

bool is_by_external_id(const core::Sort& sort)
{
    return sort.by.extension.empty() && sort.by.sub.empty() && sort.by.name == "externalId" && sort.by.case_exact;
}

// The order of external ids. Whoever has one is in the organisation's own index of them; the others follow in order of
// arrival, or, read backwards, come first.
class ExternalIdOrder {
public:
    ExternalIdOrder(Connection& db, const Source& source, core::OrgId org, std::int64_t everybody)
        : db_{db}, source_{source}, org_{org}, everybody_{everybody}
    {
    }

    Rows page(const core::Query& query)
    {
        const bool descending = query.sort->descending;
        const bool at_nothing = query.after != nullptr && std::holds_alternative<std::monostate>(query.after->key);
        const bool begins_in_second = query.after != nullptr && at_nothing != descending;
        std::int64_t skip = query.offset;
        Rows page;
        const auto wanted = [&] { return query.limit - static_cast<std::int64_t>(page.size()); };
        for (const bool is_second : {false, true}) {
            if (is_second < begins_in_second) continue;
            const Part part{.have_one = is_second == descending,
                            .descending = descending,
                            .after = is_second == begins_in_second ? query.after : nullptr};
            if (!part.have_one && part.after == nullptr) { // found by looking at all; spared where there are none
                const std::int64_t without = everybody_ - count({.have_one = true});
                if (skip >= without) {
                    skip -= without;
                    continue;
                }
            }
            const Rows found = rows(part, skip, wanted());
            page.insert(page.end(), found.begin(), found.end());
            if (wanted() == 0) break;
            skip = found.empty() && skip > 0 ? skip - count(part) : 0;
        }
        return page;
    }

private:
    struct Part {
        bool have_one = true;
        bool descending = false;
        const core::Position* after = nullptr;
    };

    std::string from(const Part& part) const
    {
        const bool is_users = source_.searched == core::Searched::users;
        const char* const index = part.have_one ? (is_users ? "users_by_external" : "groups_by_external")
                                                : (is_users ? "users_by_org" : "groups_by_org");
        std::string sql = fmt::format(" FROM {} INDEXED BY {} WHERE {} = ?1 AND {} IS {}NULL", source_.from, index,
                                      source_.org, source_.external_id, part.have_one ? "NOT " : "");
        if (part.after == nullptr) return sql;
        const char beyond = part.descending ? '<' : '>';
        if (!part.have_one) return sql + fmt::format(" AND {} {} ?4", source_.key, beyond);
        return sql +
               fmt::format(" AND {0} {1}= ?5 AND ({0} <> ?5 OR {2} {1} ?4)", source_.external_id, beyond, source_.key);
    }

    void bind(Loan& statement, const Part& part) const
    {
        statement.bind(org_at, org_.value);
        if (part.after == nullptr) return;
        statement.bind(after_row_at, part.after->row);
        if (part.have_one) bind_key(statement, after_key_at, part.after->key);
    }

    std::int64_t count(const Part& part)
    {
        Loan row = db_.lend_composed("SELECT count(*)" + from(part));
        bind(row, part);
        row.row();
        return row.integer(0);
    }

    Rows rows(const Part& part, std::int64_t offset, std::int64_t limit)
    {
        const char* const direction = part.descending ? " DESC" : "";
        Loan rows = db_.lend_composed(fmt::format(
            "SELECT {}, {}{} ORDER BY {}{}{} LIMIT ?2 OFFSET ?3", source_.key, source_.external_id, from(part),
            part.have_one ? fmt::format("{}{}, ", source_.external_id, direction) : "", source_.key, direction));
        bind(rows, part);
        rows.bind(limit_at, limit).bind(offset_at, offset);
        Rows found;
        while (rows.row()) found.push_back({sort_key_at(rows, 1), rows.integer(0)});
        return found;
    }

    Connection& db_;
    const Source& source_;
    core::OrgId org_;
    std::int64_t everybody_; // of the organisation
};

// The page of what was found through indexes: each once, in order, tested.
template<class Stored, class Test, class Take>
std::int64_t page_of(std::vector<Stored>& found, const core::Query& query, const Test& matches, const Take& take)
{
    std::sort(found.begin(), found.end(), [](const Stored& a, const Stored& b) { return a.pk < b.pk; });
    const auto same = [](const Stored& a, const Stored& b) { return a.pk == b.pk; };
    found.erase(std::unique(found.begin(), found.end(), same), found.end());
    std::erase_if(found, [&](const Stored& each) { return !matches(each); });
    const bool descending = query.sort != nullptr && query.sort->descending;
    std::vector<std::pair<core::Position, Stored*>> ordered;
    ordered.reserve(found.size());
    for (Stored& each : found) {
        core::Position position{{}, each.pk};
        if (query.sort != nullptr) position.key = core::sort_key_of(*query.sort, core::attributes_of(value_of(each)));
        ordered.emplace_back(std::move(position), &each);
    }
    if (query.sort != nullptr)
        std::sort(ordered.begin(), ordered.end(),
                  [&](const auto& a, const auto& b) { return core::before(a.first, b.first, descending); });
    std::int64_t behind_position = 0;
    for (auto& [position, each] : ordered) {
        if (query.after != nullptr && !core::before(*query.after, position, descending)) continue;
        if (behind_position >= query.offset && behind_position - query.offset < query.limit)
            take(*each, std::move(position));
        ++behind_position;
    }
    return static_cast<std::int64_t>(found.size());
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
    const Fragment condition = condition_for(where, core::Searched::users, 2, Over::one);
    Loan row = db().lend_composed(fmt::format("SELECT 1 FROM users AS u WHERE {} AND u.pk = ?1", condition.sql));
    row.bind(1, stored.pk);
    condition.bind_to(row);
    return row.row();
}

// Whether the rows of an index that other organisations share are the organisation's own: where no other has any, or
// where it is worth walking past theirs rather than sorting its own (a walk passes store/own rows for each of its own).
template<class Port>
bool Reads<Port>::should_walk(const core::Query& query, bool& is_own)
{
    const std::int64_t own = organisation().user_count;
    Loan row = db().lend("SELECT sum(user_count) FROM organisations");
    row.row();
    const std::int64_t all = row.integer(0);
    is_own = is_own || all == own;
    const auto wanted = static_cast<double>(query.offset) + static_cast<double>(query.limit);
    return is_own || wanted * static_cast<double>(all) <= static_cast<double>(own) * static_cast<double>(own);
}

// The page of all users in an order that was asked for.
template<class Port>
std::vector<core::Position> Reads<Port>::sorted_users(const core::Query& query)
{
    if (is_by_external_id(*query.sort))
        return ExternalIdOrder{db(), users_source, org_, organisation().user_count}.page(query);
    const IndexOrder* const order = index_order(core::Searched::users, *query.sort);
    const std::int64_t scope = session_.unique_scope(org_);
    bool is_own = order == &users_by_name && scope == org_.value;
    if (order != nullptr && should_walk(query, is_own))
        return rows_by_index(db(), users_source, *order, org_, scope, is_own, query);
    return rows_by_scan(db(), users_source, org_, query);
}

template<class Port>
core::Found<core::User> Reads<Port>::users_at(std::vector<core::Position> page, bool positions)
{
    static const std::string sql = "SELECT " + user_columns + " FROM users AS u WHERE u.pk = ?1 AND u.org = ?2";
    core::Found<core::User> found;
    found.items.reserve(page.size());
    Loan row = db().lend(sql.c_str());
    row.bind(2, org_.value);
    for (const core::Position& each : page) {
        row.bind(1, each.row);
        if (row.row()) found.items.push_back(std::move(user_from(row).user));
        row.again();
    }
    if (positions) found.positions = std::move(page);
    return found;
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
                [&](StoredUser& each, core::Position position) {
                    found.items.push_back(std::move(each.user));
                    if (query.positions) found.positions.push_back(std::move(position));
                });
            return found;
        }
        const Limited limited{db(), session_.read_limit()};
        std::int64_t total = 0;
        found = users_at(matches_of(db(), users_source, org_, query, total), query.positions);
        found.total = total;
        return found;
    }
    if (query.limit > 0) {
        const Limited limited{db(), session_.read_limit()};
        if (query.sort != nullptr)
            found = users_at(sorted_users(query), query.positions);
        else
            found = users_in_order_of_arrival(query);
    }
    found.total = organisation().user_count;
    return found;
}

// Blocks of keys are counted, so that a page is found without walking to it: from whichever end is nearer, then within
// one block.
template<class Port>
Block Reads<Port>::block_of(std::int64_t offset)
{
    const std::int64_t count = organisation().user_count;
    if (offset < count / 2) {
        Loan blocks = db().lend("SELECT block, users FROM user_blocks WHERE org = ?1 ORDER BY block");
        blocks.bind(1, org_.value);
        while (blocks.row()) {
            const std::int64_t users = blocks.integer(1);
            if (offset < users) return {blocks.integer(0) << block_bits, offset};
            offset -= users;
        }
    } else {
        std::int64_t begins_at = count; // how many stand before the block
        Loan blocks = db().lend("SELECT block, users FROM user_blocks WHERE org = ?1 ORDER BY block DESC");
        blocks.bind(1, org_.value);
        while (offset < count && blocks.row()) {
            begins_at -= blocks.integer(1);
            if (begins_at <= offset) return {blocks.integer(0) << block_bits, offset - begins_at};
        }
    }
    return {std::numeric_limits<std::int64_t>::max(), 0}; // behind the last
}

template<class Port>
core::Found<core::User> Reads<Port>::users_in_order_of_arrival(const core::Query& query)
{
    Block from{0, query.offset};
    if (query.after != nullptr && query.after->row == std::numeric_limits<std::int64_t>::max()) return {};
    if (query.after != nullptr)
        from.first_row = query.after->row + 1;
    else if (query.offset > 0)
        from = block_of(query.offset);
    // The narrow index finds where the page begins; only the page's own rows are read.
    static const std::string page = "SELECT " + user_columns +
                                    " FROM users AS u WHERE u.pk IN (SELECT pk FROM users INDEXED BY users_by_org "
                                    "WHERE org = ?1 AND pk >= ?4 ORDER BY pk LIMIT ?2 OFFSET ?3) ORDER BY u.pk";
    core::Found<core::User> found;
    Loan rows = db().lend(page.c_str());
    rows.bind(1, org_.value).bind(2, query.limit).bind(3, from.skip).bind(4, from.first_row);
    while (rows.row()) {
        StoredUser each = user_from(rows);
        if (query.positions) found.positions.push_back({{}, each.pk});
        found.items.push_back(std::move(each.user));
    }
    return found;
}

template<class Port>
void Reads<Port>::each_user(const core::Predicate* where, const std::function<bool(const core::User&)>& visit)
{
    Fragment condition{.sql = "1", .parameters = {}, .first = 4};
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
                                   "AND u.purge_at <= ?2 AND instr(u.standing, '\"protected\":') = 0 "
                                   "ORDER BY u.purge_at, u.pk LIMIT ?3";
    Loan rows = db().lend(sql.c_str());
    rows.bind(1, org_.value).bind(2, milliseconds(now)).bind(3, limit);
    std::vector<core::User> due;
    while (rows.row()) due.push_back(std::move(user_from(rows).user));
    return due;
}

// The conditions are those of the index, word for word.
template<class Port>
std::vector<core::User> Reads<Port>::administrators(std::int64_t limit)
{
    static const std::string sql = "SELECT " + user_columns +
                                   " FROM users AS u INDEXED BY users_administrators WHERE u.org = ?1 AND "
                                   "instr(u.standing, '\"administrator\":') > "
                                   "0 AND u.status NOT IN ('inactive', 'convertedAway') ORDER BY u.pk LIMIT ?2";
    Loan rows = db().lend(sql.c_str());
    rows.bind(1, org_.value).bind(2, limit);
    std::vector<core::User> found;
    while (rows.row()) found.push_back(std::move(user_from(rows).user));
    return found;
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
    const Fragment condition = condition_for(where, core::Searched::groups, 2, Over::one);
    Loan row = db().lend_composed(fmt::format("SELECT 1 FROM groups AS g WHERE {} AND g.pk = ?1", condition.sql));
    row.bind(1, stored.pk);
    condition.bind_to(row);
    return row.row();
}

template<class Port>
std::vector<core::Position> Reads<Port>::sorted_groups(const core::Query& query)
{
    if (is_by_external_id(*query.sort))
        return ExternalIdOrder{db(), groups_source, org_, organisation().group_count}.page(query);
    if (const IndexOrder* const order = index_order(core::Searched::groups, *query.sort))
        return rows_by_index(db(), groups_source, *order, org_, 0, false, query);
    return rows_by_scan(db(), groups_source, org_, query);
}

template<class Port>
core::Found<core::Group> Reads<Port>::groups_at(std::vector<core::Position> page, bool positions)
{
    static const std::string sql = "SELECT " + group_columns + " FROM groups AS g WHERE g.pk = ?1 AND g.org = ?2";
    core::Found<core::Group> found;
    found.items.reserve(page.size());
    Loan row = db().lend(sql.c_str());
    row.bind(2, org_.value);
    for (const core::Position& each : page) {
        row.bind(1, each.row);
        if (row.row()) found.items.push_back(std::move(group_from(row).group));
        row.again();
    }
    if (positions) found.positions = std::move(page);
    return found;
}

template<class Port>
std::vector<core::Position> Reads<Port>::groups_in_order_of_arrival(const core::Query& query)
{
    Loan rows = db().lend("SELECT pk FROM groups INDEXED BY groups_by_org WHERE org = ?1 AND pk > ?4 ORDER BY pk "
                          "LIMIT ?2 OFFSET ?3");
    rows.bind(1, org_.value).bind(2, query.limit).bind(3, query.offset);
    rows.bind(4, query.after == nullptr ? std::int64_t{0} : query.after->row);
    std::vector<core::Position> page;
    while (rows.row()) page.push_back({{}, rows.integer(0)});
    return page;
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
                [&](StoredGroup& each, core::Position position) {
                    found.items.push_back(std::move(each.group));
                    if (query.positions) found.positions.push_back(std::move(position));
                });
            return found;
        }
        std::int64_t total = 0;
        found = groups_at(matches_of(db(), groups_source, org_, query, total), query.positions);
        found.total = total;
        return found;
    }
    if (query.limit > 0)
        found = groups_at(query.sort == nullptr ? groups_in_order_of_arrival(query) : sorted_groups(query),
                          query.positions);
    found.total = organisation().group_count;
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
std::int64_t Reads<Port>::count(const core::EventQuery& query)
{
    const Limited limited{db(), session_.read_limit()};
    return count_events_of(db(), org_, query);
}

namespace {

// " FROM archive AS a WHERE …": the conditions of the query, from fixed fragments; bound by bind_archive.
std::string archive_conditions(const core::ArchiveQuery& query, bool is_id)
{
    std::string sql = " FROM archive AS a WHERE a.org = ?1 AND a.number > ?2";
    if (query.before) sql += " AND a.number < ?4";
    if (query.number) sql += " AND a.number = ?5";
    if (is_id)
        sql += " AND a.user_id = ?6";
    else if (!query.name_or_id.empty())
        sql += " AND (a.folded_name = ?7 OR a.folded_original = ?7)";
    if (!query.external_id.empty()) sql += " AND a.external_id = ?8";
    if (query.since) sql += " AND a.deleted_at >= ?9";
    if (query.until) sql += " AND a.deleted_at < ?10";
    if (query.due) sql += " AND a.keep_until <= ?11 AND a.held = 0";
    return sql;
}

void bind_archive(Loan& rows, core::OrgId org, const core::ArchiveQuery& query, const std::optional<core::Uuid>& id)
{
    rows.bind(1, org.value).bind(2, query.after);
    if (query.before) rows.bind(4, *query.before);
    if (query.number) rows.bind(5, *query.number);
    if (id)
        rows.bind_blob(6, id->bytes);
    else if (!query.name_or_id.empty())
        rows.bind_copy(7, core::fold(query.name_or_id));
    if (!query.external_id.empty()) rows.bind(8, query.external_id);
    if (query.since) rows.bind(9, milliseconds(*query.since));
    if (query.until) rows.bind(10, milliseconds(*query.until));
    if (query.due) rows.bind(11, milliseconds(*query.due));
}

} // namespace

template<class Port>
std::vector<core::ArchiveRecord> Reads<Port>::archived(const core::ArchiveQuery& query)
{
    const auto id = core::uuid_from(query.name_or_id);
    std::string sql = "SELECT " + archive_columns + archive_conditions(query, id.has_value());
    sql += query.newest_first ? " ORDER BY a.number DESC LIMIT ?3" : " ORDER BY a.number LIMIT ?3";
    std::vector<core::ArchiveRecord> records;
    {
        Loan rows = db().lend_composed(sql);
        bind_archive(rows, org_, query, id);
        rows.bind(3, query.limit);
        while (rows.row()) records.push_back(archive_from(rows));
    }
    if (query.with_history)
        for (core::ArchiveRecord& record : records)
            record.history =
                events_of(db(), org_,
                          {.limit = std::numeric_limits<std::int64_t>::max(), .target_id = core::to_text(record.user)});
    return records;
}

template<class Port>
std::int64_t Reads<Port>::count(const core::ArchiveQuery& query)
{
    const auto id = core::uuid_from(query.name_or_id);
    Loan row = db().lend_composed("SELECT count(*)" + archive_conditions(query, id.has_value()));
    bind_archive(row, org_, query, id);
    row.row();
    return row.integer(0);
}

template<class Port>
core::DomainOwnership Reads<Port>::domain_ownership(std::string_view domain)
{
    core::DomainOwnership found;
    {
        Loan rows = db().lend("SELECT r.org, r.doc ->> '$.state' FROM records AS r "
                              "WHERE r.kind = 'domain' AND r.ref = ?1");
        rows.bind_copy(1, domain);
        while (rows.row()) {
            const bool is_claimed = rows.is_text(1, core::word(core::DomainState::claimed));
            if (rows.integer(0) != org_.value) {
                found.claimed_elsewhere |= is_claimed;
                continue;
            }
            found.names_domains = true;
            found.claimed_here = is_claimed;
            found.verified_here = is_claimed || rows.is_text(1, core::word(core::DomainState::verified));
        }
    }
    found.names_domains = found.names_domains || records_.count(core::RecordKind::domain) != 0;
    return found;
}

namespace {

constexpr int first_activity = 12; // the parameter of the first of several

// The query's conditions on events AS e; ?8 is left free.
std::string event_conditions(std::optional<core::OrgId> org, const core::EventQuery& query)
{
    std::string sql = " WHERE e.seq > ?1";
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
    if (query.actor_id) sql += " AND e.actor_id = ?9";
    if (query.request_id) sql += " AND e.request_id = ?10";
    if (query.before) sql += " AND e.seq < ?11";
    if (!query.activities.empty()) {
        sql += " AND e.activity IN (";
        for (std::size_t i = 0; i < query.activities.size(); ++i)
            sql += (i == 0 ? "?" : ", ?") + std::to_string(first_activity + static_cast<int>(i));
        sql += ")";
    }
    if (query.since) sql += " AND e.at >= ?6";
    if (query.until) sql += " AND e.at < ?7";
    return sql;
}

void bind_events(Loan& rows, std::optional<core::OrgId> org, const core::EventQuery& query)
{
    rows.bind(1, query.after);
    if (org) rows.bind(2, org->value);
    if (query.target_id) rows.bind(3, *query.target_id);
    if (query.target_name) rows.bind_copy(4, core::fold(*query.target_name));
    if (query.activity) rows.bind_copy(5, core::word(*query.activity));
    if (query.actor_id) rows.bind(9, *query.actor_id);
    if (query.request_id) rows.bind(10, *query.request_id);
    if (query.before) rows.bind(11, *query.before);
    for (std::size_t i = 0; i < query.activities.size(); ++i)
        rows.bind_copy(first_activity + static_cast<int>(i), core::word(query.activities[i]));
    if (query.since) rows.bind(6, milliseconds(*query.since));
    if (query.until) rows.bind(7, milliseconds(*query.until));
}

} // namespace

std::vector<core::Event> events_of(Connection& db, std::optional<core::OrgId> org, const core::EventQuery& query)
{
    static const std::string head =
        "SELECT " + event_columns + " FROM events AS e LEFT JOIN organisations AS o ON o.pk = e.org";
    Loan rows = db.lend_composed(head + event_conditions(org, query) +
                                 (query.newest_first ? " ORDER BY e.seq DESC LIMIT ?8" : " ORDER BY e.seq LIMIT ?8"));
    bind_events(rows, org, query);
    rows.bind(8, query.limit);
    std::vector<core::Event> events;
    while (rows.row()) events.push_back(event_from(rows));
    return events;
}

std::int64_t count_events_of(Connection& db, std::optional<core::OrgId> org, const core::EventQuery& query)
{
    Loan row = db.lend_composed("SELECT count(*) FROM events AS e" + event_conditions(org, query));
    bind_events(row, org, query);
    row.row();
    return row.integer(0);
}

template class Reads<core::ReadTxn>;
template class Reads<core::WriteTxn>;

} // namespace storage
