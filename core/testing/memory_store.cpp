#include "core/testing/memory_store.hpp"

#include "core/base/text.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <stdexcept>

namespace core::testing {

namespace {

namespace bj = boost::json;

template<class T>
using Row = std::shared_ptr<const T>;

struct Tenant {
    Organisation organisation;
    std::int64_t next_key = 1;
    std::map<std::int64_t, Row<User>> users; // by internal key: the order of pages
    std::map<UserId, std::int64_t> user_keys;
    std::map<std::string, std::int64_t> user_names; // folded
    std::map<std::int64_t, Row<Group>> groups;
    std::map<GroupId, std::int64_t> group_keys;
    std::map<std::string, std::int64_t> group_names;
    std::map<std::int64_t, std::set<std::string>> members;     // by the group's key
    std::map<std::string, std::set<std::int64_t>> memberships; // by the member's value
    std::vector<ArchiveRecord> archive;
};

} // namespace

struct MemoryStore::State {
    AccountsUnique unique = AccountsUnique::server;
    std::int64_t next_organisation = 1;
    std::int64_t next_archive_number = 1;
    std::map<OrgId, std::shared_ptr<const Tenant>> tenants;
    std::map<std::string, OrgId> names;
    std::set<std::string> burnt_names;
    std::map<std::string, Token> tokens;
    std::vector<Row<Event>> events;
    std::map<OrgId, std::map<std::string, std::set<std::string>>> former_names; // folded → ids of users and groups
    std::map<std::string, std::string> notes;
    std::map<RecordKind, std::map<OrgId, std::map<std::string, Record>>> records;
};

namespace {

using State = MemoryStore::State;

const Tenant& tenant_of(const State& state, OrgId id)
{
    const auto found = state.tenants.find(id);
    if (found == state.tenants.end()) throw std::out_of_range{"no such organisation"};
    return *found->second;
}

Refusal taken(std::string field)
{
    const std::string detail = field + " is in use";
    const std::string remedy = "choose another " + field;
    return {Reason::taken, std::move(field), detail, remedy};
}

Refusal stale() { return {Reason::stale, "version", "it has changed since that version was read", "read it again"}; }

// What decides whether two names are the same, and under which names events about their holder are found.
void remember_names(State& state, OrgId org, const Event& event)
{
    for (const std::string& name : {event.target.name, event.target.original_name}) {
        if (!name.empty()) state.former_names[org][fold(name)].insert(event.target.id);
    }
}

bool matches(const Event& event, const EventQuery& query, const std::set<std::string>* named)
{
    if (event.sequence <= query.after) return false;
    if (query.target_id && event.target.id != *query.target_id) return false;
    if (query.target_name && (named == nullptr || !named->contains(event.target.id))) return false;
    if (query.activity && event.activity != *query.activity) return false;
    if (!query.activities.empty() &&
        std::find(query.activities.begin(), query.activities.end(), event.activity) == query.activities.end())
        return false;
    if (query.actor_id && event.actor.id != *query.actor_id) return false;
    if (query.request_id && event.request_id != *query.request_id) return false;
    if (query.before && event.sequence >= *query.before) return false;
    if (query.since && event.at < *query.since) return false;
    return !query.until || event.at < *query.until;
}

bool matches(const ArchiveRecord& record, const ArchiveQuery& query)
{
    if (record.number <= query.after || (query.before && record.number >= *query.before)) return false;
    if (query.number && record.number != *query.number) return false;
    const std::string folded = fold(query.name_or_id);
    if (!query.name_or_id.empty() && fold(record.user_name) != folded && fold(record.original_user_name) != folded &&
        to_text(record.user) != folded)
        return false;
    if (!query.external_id.empty() && record.external_id != query.external_id) return false;
    if (query.since && record.deleted_at < *query.since) return false;
    if (query.until && record.deleted_at >= *query.until) return false;
    return !query.due || (record.keep_until <= *query.due && !record.held);
}

// The chain still verifies by the kept digest.
Row<Event> without_details(const Event& event)
{
    auto erased = std::make_shared<Event>(event);
    erased->changes.clear();
    erased->target.name.clear();
    erased->target.original_name.clear();
    return erased;
}

// `organisation`: only its events; none: all of them.
std::vector<Event> select(const State& state, std::optional<OrgId> org, const EventQuery& query)
{
    std::set<std::string> named;
    if (query.target_name) {
        for (const auto& [id, names] : state.former_names) {
            const auto found = names.find(fold(*query.target_name));
            if ((!org || id == *org) && found != names.end()) named.insert(found->second.begin(), found->second.end());
        }
    }
    const std::string* const organisation = org ? &tenant_of(state, *org).organisation.name : nullptr;
    std::vector<Event> found;
    auto events = state.events;
    if (query.newest_first) std::reverse(events.begin(), events.end());
    for (const Row<Event>& event : events) {
        if (organisation != nullptr && event->organisation != *organisation) continue;
        if (static_cast<std::int64_t>(found.size()) >= query.limit) break;
        if (matches(*event, query, &named)) found.push_back(*event);
    }
    return found;
}

void append_event(State& state, std::string_view organisation, Event event)
{
    event.organisation = organisation;
    event.sequence = state.events.empty() ? 1 : state.events.back()->sequence + 1;
    event.digest = digest_of(event);
    event.chain = chain_of(state.events.empty() ? Digest{} : state.events.back()->chain, event);
    const auto org = state.names.find(event.organisation);
    if (org != state.names.end()) remember_names(state, org->second, event);
    state.events.push_back(std::make_shared<const Event>(std::move(event)));
}

// Of one organisation; `state` is shared with the transaction that they belong to.
class MemoryRecords final : public Records {
public:
    MemoryRecords(State& state, OrgId org) : state_{state}, org_{org} {}

    std::optional<Record> find(RecordKind kind, std::string_view key) const override
    {
        const auto& all = shelf(kind);
        const auto found = all.find(std::string{key});
        return found == all.end() ? std::nullopt : std::optional{found->second};
    }
    std::optional<Record> named(RecordKind kind, std::string_view name) const override
    {
        for (const auto& [key, record] : shelf(kind))
            if (record.name == name) return record;
        return {};
    }
    std::vector<Record> about(RecordKind kind, std::string_view ref) const override
    {
        std::vector<Record> found;
        for (const auto& [key, record] : shelf(kind))
            if (record.ref == ref) found.push_back(record);
        return found;
    }
    std::vector<Record> list(RecordKind kind, std::string_view after, std::int64_t limit) const override
    {
        std::vector<Record> found;
        const auto& all = shelf(kind);
        for (auto it = all.upper_bound(std::string{after});
             it != all.end() && static_cast<std::int64_t>(found.size()) < limit; ++it)
            found.push_back(it->second);
        return found;
    }
    std::int64_t count(RecordKind kind) const override { return static_cast<std::int64_t>(shelf(kind).size()); }

    Result<void> insert(RecordKind kind, const Record& record) override
    {
        if (shelf(kind).contains(record.key) || (record.name && named(kind, *record.name))) return taken("name");
        shelf(kind)[record.key] = record;
        return {};
    }
    Result<void> replace(RecordKind kind, const Record& record) override
    {
        if (!shelf(kind).contains(record.key))
            return Refusal{Reason::not_found, "id", "there is no such record", "read the list again"};
        const auto holder = record.name ? named(kind, *record.name) : std::nullopt;
        if (holder && holder->key != record.key) return taken("name");
        shelf(kind)[record.key] = record;
        return {};
    }
    void erase(RecordKind kind, std::string_view key) override { shelf(kind).erase(std::string{key}); }

private:
    std::map<std::string, Record>& shelf(RecordKind kind) const { return state_.records[kind][org_]; }

    State& state_;
    OrgId org_;
};

// One transaction; the port's class decides how much of it can be reached.
template<class Port>
class Transaction : public Port {
public:
    Transaction(std::shared_ptr<const State> state, OrgId org)
        : state_{std::make_shared<State>(*state)}, org_{org}, tenant_{&tenant_of(*state_, org)}, records_{*state_, org}
    {
    }
    Transaction(std::shared_ptr<State> state, OrgId org)
        : state_{std::move(state)}, org_{org}, tenant_{&tenant_of(*state_, org)}, records_{*state_, org}
    {
    }

    const Organisation& organisation() const override
    {
        organisation_ = tenant_->organisation;
        organisation_.user_count = static_cast<std::int64_t>(tenant_->users.size());
        organisation_.group_count = static_cast<std::int64_t>(tenant_->groups.size());
        return organisation_;
    }

    std::optional<User> user(const UserId& id) override { return find_user(tenant_->user_keys, id); }
    std::optional<User> user_named(std::string_view name) override
    {
        return find_user(tenant_->user_names, fold(name));
    }
    std::vector<User> users_with_external_id(std::string_view external_id) override
    {
        std::vector<User> found;
        for (const auto& [key, row] : tenant_->users) {
            if (row->external_id == external_id) found.push_back(seen(*row));
        }
        return found;
    }
    Found<User> users(const Query& query) override
    {
        return page<User>(tenant_->users, query, [&](const auto& row) { return seen(*row.second); });
    }
    void each_user(const Predicate* where, const std::function<bool(const User&)>& visit) override
    {
        for (const auto& [key, row] : tenant_->users) {
            const User user = seen(*row);
            if (where != nullptr && !holds(*where, searched(user))) continue;
            if (!visit(user)) return;
        }
    }
    std::vector<User> users_due_for_purge(Instant now, std::int64_t limit) override
    {
        std::vector<User> due;
        for (const auto& [key, row] : tenant_->users) {
            if (row->purge_at && *row->purge_at <= now && !row->standing.is_protected) due.push_back(seen(*row));
        }
        std::stable_sort(due.begin(), due.end(), [](const User& a, const User& b) { return a.purge_at < b.purge_at; });
        if (static_cast<std::int64_t>(due.size()) > limit) due.resize(static_cast<std::size_t>(limit));
        return due;
    }

    std::vector<User> administrators(std::int64_t limit) override
    {
        std::vector<User> found;
        for (const auto& [key, row] : tenant_->users) {
            if (static_cast<std::int64_t>(found.size()) == limit) break;
            if (row->standing.is_administrator && row->is_active()) found.push_back(seen(*row));
        }
        return found;
    }

    std::optional<Group> group(const GroupId& id) override { return find_group(tenant_->group_keys, id); }
    std::optional<Group> group_named(std::string_view name) override
    {
        return find_group(tenant_->group_names, fold(name));
    }
    Found<Group> groups(const Query& query) override
    {
        return page<Group>(tenant_->groups, query, [&](const auto& row) { return seen(row.first, *row.second); });
    }
    std::vector<Member> members(const GroupId& id) override
    {
        std::vector<Member> found;
        if (const auto* const values = member_values(id)) {
            for (const std::string& value : *values) found.push_back({value, kind_of(value)});
        }
        return found;
    }
    void each_member(const GroupId& id, std::string_view after,
                     const std::function<bool(const Member&)>& visit) override
    {
        const auto* const values = member_values(id);
        if (values == nullptr) return;
        for (auto value = values->upper_bound(std::string{after}); value != values->end(); ++value) {
            if (!visit({*value, kind_of(*value)})) return;
        }
    }
    bool has_member(const GroupId& id, std::string_view value) override
    {
        const auto* const values = member_values(id);
        return values != nullptr && values->contains(std::string{value});
    }
    std::vector<Group> groups_of(std::string_view member_value) override
    {
        std::vector<Group> found;
        const auto keys = tenant_->memberships.find(std::string{member_value});
        if (keys == tenant_->memberships.end()) return found;
        for (const std::int64_t key : keys->second) found.push_back(seen(key, *tenant_->groups.at(key)));
        return found;
    }

    std::vector<Membership> memberships_of(std::string_view member_value) override
    {
        std::map<std::int64_t, bool> direct_by_key;
        std::vector<std::string> to_walk{std::string{member_value}};
        for (std::size_t i = 0; i < to_walk.size(); ++i) {
            const auto keys = tenant_->memberships.find(to_walk[i]);
            if (keys == tenant_->memberships.end()) continue;
            for (const std::int64_t key : keys->second) {
                if (!direct_by_key.emplace(key, i == 0).second) continue;
                to_walk.push_back(to_text(tenant_->groups.at(key)->id));
            }
        }
        std::vector<Membership> found;
        for (const auto& [key, direct] : direct_by_key) {
            const Group& group = *tenant_->groups.at(key);
            found.push_back({group.id, group.display_name, direct});
        }
        return found;
    }

    using RecordsOfPort = std::conditional_t<std::is_base_of_v<WriteTxn, Port>, Records&, const Records&>;
    RecordsOfPort records() override { return records_; }
    DomainOwnership domain_ownership(std::string_view domain) override
    {
        DomainOwnership found;
        for (const auto& [org, shelf] : state_->records[RecordKind::domain]) {
            if (org == org_ && !shelf.empty()) found.names_domains = true;
            const auto record = shelf.find(std::string{domain});
            if (record == shelf.end()) continue;
            const Domain known = Domain::from_record(record->second);
            if (org == org_) {
                found.verified_here = known.is_verified();
                found.claimed_here = known.state == DomainState::claimed;
            } else {
                found.claimed_elsewhere |= known.state == DomainState::claimed;
            }
        }
        return found;
    }

    std::vector<Event> events(const EventQuery& query) override { return select(*state_, org_, query); }
    std::int64_t count(const EventQuery& query) override
    {
        EventQuery all = query;
        all.limit = std::numeric_limits<std::int64_t>::max();
        return static_cast<std::int64_t>(select(*state_, org_, all).size());
    }
    std::vector<ArchiveRecord> archived(const ArchiveQuery& query) override
    {
        std::vector<ArchiveRecord> found;
        for (const ArchiveRecord& record : tenant_->archive)
            if (matches(record, query)) found.push_back(record);
        if (query.newest_first) std::reverse(found.begin(), found.end());
        if (static_cast<std::int64_t>(found.size()) > query.limit) found.resize(static_cast<std::size_t>(query.limit));
        if (!query.with_history) return found;
        for (ArchiveRecord& record : found) {
            EventQuery its_history;
            its_history.limit = std::numeric_limits<std::int64_t>::max();
            its_history.target_id = to_text(record.user);
            record.history = events(its_history);
        }
        return found;
    }
    std::int64_t count(const ArchiveQuery& query) override
    {
        return std::count_if(tenant_->archive.begin(), tenant_->archive.end(),
                             [&](const ArchiveRecord& record) { return matches(record, query); });
    }

protected:
    // Rows as a reader sees them, with the store's own facts.
    User seen(User user) const
    {
        user.in_groups = tenant_->memberships.contains(to_text(user.id));
        return user;
    }
    Group seen(std::int64_t key, Group group) const
    {
        const auto values = tenant_->members.find(key);
        group.member_count = values == tenant_->members.end() ? 0 : static_cast<std::int64_t>(values->second.size());
        return group;
    }
    template<class Keys, class Key>
    std::optional<User> find_user(const Keys& keys, const Key& key) const
    {
        const auto found = keys.find(key);
        if (found == keys.end()) return {};
        return seen(*tenant_->users.at(found->second));
    }
    template<class Keys, class Key>
    std::optional<Group> find_group(const Keys& keys, const Key& key) const
    {
        const auto found = keys.find(key);
        if (found == keys.end()) return {};
        return seen(found->second, *tenant_->groups.at(found->second));
    }
    const std::set<std::string>* member_values(const GroupId& id) const
    {
        const auto key = tenant_->group_keys.find(id);
        if (key == tenant_->group_keys.end()) return nullptr;
        const auto found = tenant_->members.find(key->second);
        return found == tenant_->members.end() ? nullptr : &found->second;
    }
    Member::Kind kind_of(const std::string& value) const
    {
        const auto id = uuid_from(value);
        if (!id || to_text(*id) != value) return Member::Kind::unknown;
        if (tenant_->user_keys.contains(UserId{*id})) return Member::Kind::user;
        if (tenant_->group_keys.contains(GroupId{*id})) return Member::Kind::group;
        return Member::Kind::unknown;
    }
    // What a predicate is evaluated on: a user's is given the groups, a group's its members, which are not among their
    // attributes.
    bj::object searched(const User& user)
    {
        bj::object all = attributes_of(user);
        if (!user.in_groups) return all;
        bj::array groups;
        for (const Membership& each : memberships_of(to_text(user.id))) {
            groups.push_back(bj::object{{"value", to_text(each.group)},
                                        {"display", each.display_name},
                                        {"type", each.direct ? "direct" : "indirect"}});
        }
        all.emplace("groups", std::move(groups));
        return all;
    }
    bj::object searched(const Group& group) const
    {
        bj::object all = attributes_of(group);
        if (const auto* const values = member_values(group.id)) {
            bj::array members;
            for (const std::string& value : *values) members.push_back(bj::object{{"value", value}});
            all.emplace("members", std::move(members));
        }
        return all;
    }
    template<class T, class Rows, class See>
    Found<T> page(const Rows& rows, const Query& query, See see)
    {
        std::vector<std::pair<Position, T>> matching;
        const bool descending = query.sort != nullptr && query.sort->descending;
        for (const auto& row : rows) {
            T item = see(row);
            const bj::object all = searched(item);
            if (query.where != nullptr && !holds(*query.where, all)) continue;
            Position position{query.sort != nullptr ? sort_key_of(*query.sort, all) : SortKey{}, row.first};
            matching.emplace_back(std::move(position), std::move(item));
        }
        std::sort(matching.begin(), matching.end(),
                  [&](const auto& a, const auto& b) { return before(a.first, b.first, descending); });
        Found<T> found;
        if (query.count) found.total = static_cast<std::int64_t>(matching.size());
        std::int64_t match = 0;
        for (auto& [position, item] : matching) {
            if (query.after != nullptr && !before(*query.after, position, descending)) continue;
            if (match++ < query.offset || static_cast<std::int64_t>(found.items.size()) >= query.limit) continue;
            found.items.push_back(std::move(item));
            if (query.positions) found.positions.push_back(std::move(position));
        }
        return found;
    }

    std::shared_ptr<State> state_; // a reader's own copy: its rows are shared, and no record can be changed
    OrgId org_;
    const Tenant* tenant_;
    MemoryRecords records_;
    mutable Organisation organisation_;
};

class Writing final : public Transaction<WriteTxn> {
public:
    Writing(std::shared_ptr<State> state, OrgId org) : Transaction{state, org}, changed_{std::move(state)}
    {
        auto own = std::make_shared<Tenant>(*tenant_);
        changed_tenant_ = own.get();
        tenant_ = own.get();
        changed_->tenants[org] = std::move(own);
    }

    // After the registry has put another row of this organisation in place.
    void rebind()
    {
        auto own = std::make_shared<Tenant>(tenant_of(*changed_, org_));
        changed_tenant_ = own.get();
        tenant_ = own.get();
        changed_->tenants[org_] = std::move(own);
    }
    Tenant& own_tenant() { return *changed_tenant_; }

    void attempt(const std::function<Keep()>& work) override
    {
        const State state = *changed_;
        const Tenant tenant = *changed_tenant_;
        const auto undo = [&] {
            *changed_ = state;
            *changed_tenant_ = tenant;
        };
        try {
            if (work() == Keep::no) undo();
        } catch (...) {
            undo();
            throw;
        }
    }

    Result<void> insert(const User& user) override
    {
        if (tenant_->user_keys.contains(user.id)) return taken("id");
        TRY_ONLY(may_hold(user));
        const std::int64_t key = changed_tenant_->next_key++;
        changed_tenant_->user_keys[user.id] = key;
        changed_tenant_->user_names[fold(user.user_name)] = key;
        changed_tenant_->users[key] = std::make_shared<const User>(user);
        return {};
    }
    Result<void> replace(const User& after, std::int64_t known_version) override
    {
        const auto key = tenant_->user_keys.find(after.id);
        if (key == tenant_->user_keys.end()) return stale();
        const User& before = *tenant_->users.at(key->second);
        if (before.version != known_version) return stale();
        TRY_ONLY(may_hold(after));
        changed_tenant_->user_names.erase(fold(before.user_name));
        changed_tenant_->user_names[fold(after.user_name)] = key->second;
        changed_tenant_->users[key->second] = std::make_shared<const User>(after);
        return {};
    }
    void erase(const UserId& id) override
    {
        const auto key = tenant_->user_keys.find(id);
        if (key == tenant_->user_keys.end()) return;
        forget_memberships(to_text(id));
        changed_tenant_->user_names.erase(fold(tenant_->users.at(key->second)->user_name));
        changed_tenant_->users.erase(key->second);
        changed_tenant_->user_keys.erase(id);
    }

    Result<void> insert(const Group& group) override
    {
        if (tenant_->group_keys.contains(group.id)) return taken("id");
        if (tenant_->group_names.contains(fold(group.display_name))) return taken("displayName");
        const std::int64_t key = changed_tenant_->next_key++;
        changed_tenant_->group_keys[group.id] = key;
        changed_tenant_->group_names[fold(group.display_name)] = key;
        changed_tenant_->groups[key] = std::make_shared<const Group>(group);
        return {};
    }
    Result<void> replace(const Group& after, std::int64_t known_version) override
    {
        const auto key = tenant_->group_keys.find(after.id);
        if (key == tenant_->group_keys.end()) return stale();
        const Group& before = *tenant_->groups.at(key->second);
        if (before.version != known_version) return stale();
        const auto holder = tenant_->group_names.find(fold(after.display_name));
        if (holder != tenant_->group_names.end() && holder->second != key->second) return taken("displayName");
        changed_tenant_->group_names.erase(fold(before.display_name));
        changed_tenant_->group_names[fold(after.display_name)] = key->second;
        changed_tenant_->groups[key->second] = std::make_shared<const Group>(after);
        return {};
    }
    void erase(const GroupId& id) override
    {
        const auto key = tenant_->group_keys.find(id);
        if (key == tenant_->group_keys.end()) return;
        const std::int64_t its_key = key->second;
        remove_all_members(id);
        forget_memberships(to_text(id));
        changed_tenant_->group_names.erase(fold(tenant_->groups.at(its_key)->display_name));
        changed_tenant_->groups.erase(its_key);
        changed_tenant_->group_keys.erase(id);
    }

    std::vector<std::string> add_members(const GroupId& id, const std::vector<std::string>& values) override
    {
        std::vector<std::string> added;
        const auto key = tenant_->group_keys.find(id);
        if (key == tenant_->group_keys.end()) return added;
        for (const std::string& value : values) {
            if (!changed_tenant_->members[key->second].insert(value).second) continue;
            changed_tenant_->memberships[value].insert(key->second);
            added.push_back(value);
        }
        return added;
    }
    std::vector<std::string> remove_members(const GroupId& id, const std::vector<std::string>& values) override
    {
        std::vector<std::string> removed;
        const auto key = tenant_->group_keys.find(id);
        if (key == tenant_->group_keys.end()) return removed;
        for (const std::string& value : values) {
            if (forget_membership(key->second, value)) removed.push_back(value);
        }
        return removed;
    }
    std::vector<std::string> remove_all_members(const GroupId& id) override
    {
        const auto* const present = member_values(id);
        if (present == nullptr) return {};
        return remove_members(id, {present->begin(), present->end()});
    }

    void append(Event event) override { append_event(*changed_, tenant_->organisation.name, std::move(event)); }
    void archive(const ArchiveRecord& record) override
    {
        ArchiveRecord kept = record;
        kept.number = changed_->next_archive_number++;
        kept.history.clear();
        changed_tenant_->archive.push_back(std::move(kept));
    }
    Result<void> hold_archived(std::int64_t number, bool held) override
    {
        for (ArchiveRecord& record : changed_tenant_->archive) {
            if (record.number != number) continue;
            record.held = held;
            return {};
        }
        return Refusal{Reason::not_found, "id", "there is no such archive record", "read the list again"};
    }
    void erase_archived(std::int64_t number) override
    {
        std::erase_if(changed_tenant_->archive, [&](const ArchiveRecord& each) { return each.number == number; });
    }
    std::optional<std::int64_t> forget_events(Instant before, std::int64_t after, std::int64_t limit) override
    {
        std::optional<std::int64_t> last;
        for (Row<Event>& row : changed_->events) {
            if (limit == 0) break;
            if (row->organisation != tenant_->organisation.name || row->sequence <= after || row->at >= before)
                continue;
            last = row->sequence;
            row = without_details(*row);
            --limit;
        }
        return last;
    }

private:
    // Uniqueness, as the unique indexes of a database would have it.
    Result<void> may_hold(const User& user) const
    {
        const std::string folded = fold(user.user_name);
        for (const auto& [org, tenant] : state_->tenants) {
            if (state_->unique == AccountsUnique::organisation && org != org_) continue;
            const auto holder = tenant->user_names.find(folded);
            if (holder == tenant->user_names.end()) continue;
            if (org != org_ || tenant->users.at(holder->second)->id != user.id) return taken("userName");
        }
        if (!tenant_->organisation.policy.unique_external_id || !user.external_id) return {};
        for (const auto& [key, row] : tenant_->users) {
            if (row->id != user.id && row->external_id == user.external_id) return taken("externalId");
        }
        return {};
    }
    bool forget_membership(std::int64_t group_key, const std::string& value)
    {
        if (changed_tenant_->members[group_key].erase(value) == 0) return false;
        auto& groups = changed_tenant_->memberships[value];
        groups.erase(group_key);
        if (groups.empty()) changed_tenant_->memberships.erase(value);
        return true;
    }
    void forget_memberships(const std::string& value)
    {
        const auto found = tenant_->memberships.find(value);
        if (found == tenant_->memberships.end()) return;
        const std::set<std::int64_t> keys = found->second;
        for (const std::int64_t key : keys) forget_membership(key, value);
    }

    std::shared_ptr<State> changed_; // the same state as state_
    Tenant* changed_tenant_ = nullptr;
};

class MemoryRegistry final : public Registry {
public:
    explicit MemoryRegistry(State& state, std::function<void(OrgId)> replaced = {})
        : state_{state}, replaced_{std::move(replaced)}, server_records_{state, OrgId{}}
    {
    }

    std::vector<Organisation> organisations() override
    {
        std::vector<Organisation> all;
        for (const auto& [id, tenant] : state_.tenants) all.push_back(seen(*tenant));
        return all;
    }
    std::optional<Organisation> organisation(std::string_view name) override
    {
        const auto id = state_.names.find(std::string{name});
        if (id == state_.names.end()) return {};
        return organisation(id->second);
    }
    std::optional<Organisation> organisation(OrgId id) override
    {
        const auto found = state_.tenants.find(id);
        if (found == state_.tenants.end()) return {};
        return seen(*found->second);
    }
    Result<Organisation> create(const Organisation& wanted) override
    {
        if (!state_.burnt_names.insert(wanted.name).second) return taken("name");
        auto tenant = std::make_shared<Tenant>();
        tenant->organisation = wanted;
        tenant->organisation.id = OrgId{state_.next_organisation++};
        const Organisation made = seen(*tenant);
        state_.names[made.name] = made.id;
        state_.tenants[made.id] = std::move(tenant);
        return made;
    }
    void replace(const Organisation& after) override
    {
        auto tenant = std::make_shared<Tenant>(tenant_of(state_, after.id));
        const std::string name = tenant->organisation.name;
        tenant->organisation = after;
        tenant->organisation.name = name;
        state_.tenants[after.id] = std::move(tenant);
        if (replaced_) replaced_(after.id);
    }
    void erase(OrgId id) override
    {
        const std::string name = tenant_of(state_, id).organisation.name;
        for (Row<Event>& row : state_.events) {
            if (row->organisation != name) continue;
            row = without_details(*row);
        }
        std::erase_if(state_.tokens, [&](const auto& token) { return token.second.organisation == id; });
        state_.former_names.erase(id);
        for (auto& [kind, shelves] : state_.records) shelves.erase(id);
        state_.names.erase(name);
        state_.tenants.erase(id);
    }

    std::optional<Token> token(std::string_view public_id) override
    {
        const auto found = state_.tokens.find(std::string{public_id});
        if (found == state_.tokens.end()) return {};
        return found->second;
    }
    std::vector<Token> tokens(OrgId id) override
    {
        std::vector<Token> found;
        for (const auto& [public_id, token] : state_.tokens) {
            if (token.organisation == id) found.push_back(token);
        }
        std::stable_sort(found.begin(), found.end(),
                         [](const Token& a, const Token& b) { return a.created < b.created; });
        return found;
    }
    void insert(const Token& token) override
    {
        if (!state_.tokens.emplace(token.public_id, token).second) throw StorageFailed{"a token's id is there twice"};
    }
    void replace(const Token& token) override { state_.tokens.at(token.public_id) = token; }
    void touch(std::string_view public_id, Instant last_used) override
    {
        const auto found = state_.tokens.find(std::string{public_id});
        if (found != state_.tokens.end()) found->second.last_used = last_used;
    }

    std::vector<Event> events(const EventQuery& query) override { return select(state_, {}, query); }
    void append(std::string_view organisation, Event event) override
    {
        append_event(state_, organisation, std::move(event));
    }
    std::optional<std::string> note(std::string_view key) override
    {
        const auto found = state_.notes.find(std::string{key});
        if (found == state_.notes.end()) return {};
        return found->second;
    }
    void set_note(std::string_view key, std::string_view value) override { state_.notes[std::string{key}] = value; }

    std::vector<Owned<User>> users_named(std::string_view user_name) override
    {
        std::vector<Owned<User>> found;
        for (const auto& [id, tenant] : state_.tenants) {
            const auto key = tenant->user_names.find(fold(user_name));
            if (key == tenant->user_names.end()) continue;
            User user = *tenant->users.at(key->second);
            user.in_groups = tenant->memberships.contains(to_text(user.id));
            found.push_back({id, std::move(user)});
        }
        return found;
    }
    std::vector<Owned<User>> users_of_domain(std::string_view domain, std::string_view after,
                                             std::int64_t limit) override
    {
        std::map<std::pair<std::string, OrgId>, User> in_order;
        for (const auto& [id, tenant] : state_.tenants)
            for (const auto& [name, key] : tenant->user_names) {
                const auto parts = email_parts(name);
                if (parts && parts->domain == domain && name > after)
                    in_order.emplace(std::pair{name, id}, *tenant->users.at(key));
            }
        std::vector<Owned<User>> found;
        for (auto& [key, user] : in_order) {
            if (static_cast<std::int64_t>(found.size()) == limit) break;
            user.in_groups = tenant_of(state_, key.second).memberships.contains(to_text(user.id));
            found.push_back({key.second, std::move(user)});
        }
        return found;
    }
    std::vector<Owned<Record>> records_about(RecordKind kind, std::string_view ref) override
    {
        std::vector<Owned<Record>> found;
        for (const auto& [org, shelf] : state_.records[kind])
            for (const auto& [key, record] : shelf)
                if (record.ref == ref) found.push_back({org, record});
        return found;
    }
    std::vector<Owned<Record>> records_due(RecordKind kind, Instant now, std::int64_t limit) override
    {
        std::vector<Owned<Record>> due;
        for (const auto& [org, shelf] : state_.records[kind])
            for (const auto& [key, record] : shelf)
                if (record.due && *record.due <= now) due.push_back({org, record});
        std::stable_sort(due.begin(), due.end(),
                         [](const auto& a, const auto& b) { return a.value.due < b.value.due; });
        if (static_cast<std::int64_t>(due.size()) > limit) due.resize(static_cast<std::size_t>(limit));
        return due;
    }
    Records& server_records() override { return server_records_; }

private:
    static Organisation seen(const Tenant& tenant)
    {
        Organisation organisation = tenant.organisation;
        organisation.user_count = static_cast<std::int64_t>(tenant.users.size());
        organisation.group_count = static_cast<std::int64_t>(tenant.groups.size());
        return organisation;
    }

    State& state_;
    std::function<void(OrgId)> replaced_;
    MemoryRecords server_records_;
};

class MemoryAcross final : public AcrossTxn {
public:
    explicit MemoryAcross(std::shared_ptr<State> state)
        : state_{std::move(state)}, registry_{*state_, [this](OrgId org) {
                                                  if (const auto it = writes_.find(org); it != writes_.end())
                                                      it->second->rebind();
                                              }}
    {
    }

    Registry& registry() override { return registry_; }
    WriteTxn& of(OrgId org) override
    {
        auto& writing = writes_[org];
        if (!writing) writing = std::make_unique<Writing>(state_, org);
        return *writing;
    }
    void attempt(const std::function<Keep()>& work) override
    {
        const State state = *state_;
        std::map<OrgId, Tenant> tenants; // those that are changed in place
        for (const auto& [org, writing] : writes_) tenants.emplace(org, writing->own_tenant());
        const auto undo = [&] {
            *state_ = state;
            for (const auto& [org, writing] : writes_) {
                if (const auto before = tenants.find(org); before != tenants.end())
                    state_->tenants[org] = std::make_shared<const Tenant>(before->second);
                if (state_->tenants.contains(org)) writing->rebind();
            }
        };
        try {
            if (work() == Keep::no) undo();
        } catch (...) {
            undo();
            throw;
        }
    }

private:
    std::shared_ptr<State> state_;
    MemoryRegistry registry_;
    std::map<OrgId, std::unique_ptr<Writing>> writes_;
};

} // namespace

MemoryStore::MemoryStore(AccountsUnique unique)
{
    auto first = std::make_shared<State>();
    first->unique = unique;
    state_ = std::move(first);
}

MemoryStore::~MemoryStore() = default;

std::unique_ptr<ReadTxn> MemoryStore::read(OrgId org) { return std::make_unique<Transaction<ReadTxn>>(present(), org); }

void MemoryStore::write(OrgId org, const std::function<Keep(WriteTxn&)>& work)
{
    const std::lock_guard one_writer{writing_};
    auto copy = std::make_shared<State>(*present());
    Writing txn{copy, org};
    if (work(txn) == Keep::yes) keep(std::move(copy));
}

void MemoryStore::registry(const std::function<Keep(Registry&)>& work)
{
    const std::lock_guard one_writer{writing_};
    auto copy = std::make_shared<State>(*present());
    MemoryRegistry registry{*copy};
    if (work(registry) == Keep::yes) keep(std::move(copy));
}

void MemoryStore::across(const std::function<Keep(AcrossTxn&)>& work)
{
    const std::lock_guard one_writer{writing_};
    auto copy = std::make_shared<State>(*present());
    MemoryAcross txn{copy};
    if (work(txn) == Keep::yes) keep(std::move(copy));
}

void MemoryStore::read_registry(const std::function<void(Registry&)>& work)
{
    State copy = *present(); // what a reader changes against the contract is lost
    MemoryRegistry registry{copy};
    work(registry);
}

std::int64_t MemoryStore::change_mark()
{
    const std::lock_guard lock{state_mutex_};
    return change_mark_;
}

std::shared_ptr<const MemoryStore::State> MemoryStore::present()
{
    const std::lock_guard lock{state_mutex_};
    return state_;
}

void MemoryStore::keep(std::shared_ptr<const State> state)
{
    const std::lock_guard lock{state_mutex_};
    state_ = std::move(state);
    ++change_mark_;
}

OrgId make_organisation(Store& store, const Organisation& wanted)
{
    OrgId id;
    store.registry([&](Registry& registry) {
        const auto made = registry.create(wanted);
        if (!made) throw std::logic_error{"the organisation's name is taken"};
        id = made->id;
        return Keep::yes;
    });
    return id;
}

} // namespace core::testing
