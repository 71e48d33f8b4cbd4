// The port between what decides and what keeps. A transaction belongs to one organisation: no method takes an
// organisation again. Refusals are returned (taken, stale); storage failures are thrown (StorageFull, StorageFailed).
// A transaction is for one thread at a time.
#pragma once

#include "core/archive.hpp"
#include "core/base/result.hpp"
#include "core/domain.hpp"
#include "core/event.hpp"
#include "core/group.hpp"
#include "core/organisation.hpp"
#include "core/predicate.hpp"
#include "core/record.hpp"
#include "core/sort.hpp"
#include "core/token.hpp"
#include "core/user.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace core {

// No room left on the device; nothing of the transaction was kept. Answered as 507.
struct StorageFull : std::runtime_error {
    using std::runtime_error::runtime_error;
};
// Any other failure of the medium, a damaged page, an interrupted statement.
struct StorageFailed : std::runtime_error {
    using std::runtime_error::runtime_error;
};
// A list or search that was given up because it took too long: the question's fault, not the medium's.
struct TookTooLong : StorageFailed {
    using StorageFailed::StorageFailed;
};

// Pages are in the order of `sort`; without one, of the store's internal key: stable, oldest first.
struct Query {
    const Predicate* where = nullptr; // none: all
    std::int64_t offset = 0;          // how many matches to skip
    std::int64_t limit = 100;         // 0: count only
    bool count = true;                // whether `total` is wanted: all matches, wherever the page begins
    const Sort* sort = nullptr;
    const Position* after = nullptr; // only what comes behind it; `offset` counts from there
    bool positions = false;          // whether `positions` are wanted
};
template<class T>
struct Found {
    std::vector<T> items;
    std::int64_t total = 0;
    std::vector<Position> positions; // of the items, one by one
};

struct EventQuery {
    std::int64_t after = 0; // sequence; ascending from there
    std::int64_t limit = 1000;
    std::optional<std::string> target_id = {};   // a user's or group's id
    std::optional<std::string> target_name = {}; // userName now or then, or original name; folded
    std::optional<Activity> activity = {};
    std::vector<Activity> activities = {}; // any of them; empty: all
    std::optional<std::string> actor_id = {};
    std::optional<std::string> request_id = {};
    std::optional<Instant> since = {};       // at >= since
    std::optional<Instant> until = {};       // at < until
    std::optional<std::int64_t> before = {}; // sequence: older than it
    bool newest_first = false;
};

class ReadTxn {
public:
    virtual ~ReadTxn() = default;
    virtual const Organisation& organisation() const = 0;

    virtual std::optional<User> user(const UserId&) = 0;
    virtual std::optional<User> user_named(std::string_view user_name) = 0; // folds by itself
    virtual std::vector<User> users_with_external_id(std::string_view external_id) = 0;
    virtual Found<User> users(const Query&) = 0; // understands `groups`, direct and around, in the predicate
    // Calls `visit` for each match in key order until it returns false; memory does not grow with the store.
    virtual void each_user(const Predicate* where, const std::function<bool(const User&)>& visit) = 0;
    // The same predicate as a list's would be, for one resource that may read members (`id eq … and members eq …`).
    // purge_at <= now and not protected, soonest first
    virtual std::vector<User> users_due_for_purge(Instant now, std::int64_t limit) = 0;
    virtual std::vector<User> administrators(std::int64_t limit) = 0; // the living ones, oldest first

    virtual std::optional<Group> group(const GroupId&) = 0;
    virtual std::optional<Group> group_named(std::string_view display_name) = 0;
    virtual Found<Group>
    groups(const Query&) = 0; // understands the attribute `members` / `members.value` in the predicate
    virtual std::vector<Member> members(const GroupId&) = 0; // in order of value
    // Calls `visit` for each member whose value comes after `after` ("": all), in order of value, until it returns
    // false; memory does not grow with the group.
    virtual void each_member(const GroupId&, std::string_view after,
                             const std::function<bool(const Member&)>& visit) = 0;
    virtual bool has_member(const GroupId&, std::string_view value) = 0;
    virtual std::vector<Group> groups_of(std::string_view member_value) = 0; // direct ones
    // Direct ones and those around them, each once and oldest first; groups may contain each other in circles.
    virtual std::vector<Membership> memberships_of(std::string_view member_value) = 0;

    virtual std::vector<Event> events(const EventQuery&) = 0; // this organisation's
    virtual std::int64_t count(const EventQuery&) = 0;        // however many its limit would show
    virtual std::vector<ArchiveRecord> archived(const ArchiveQuery&) = 0;
    virtual std::int64_t count(const ArchiveQuery&) = 0;

    virtual const Records& records() = 0; // of this organisation; typed by core/shelf.hpp
    // `domain` as core::ascii_domain spells it. One look-up in an index: every arriving user asks (S-176, S-177).
    virtual DomainOwnership domain_ownership(std::string_view domain) = 0;
};

enum class Keep : bool { no, yes }; // what becomes of the work when its function returns

class WriteTxn : public ReadTxn {
public:
    // Work that can be undone by itself: with Keep::no, or when it throws (the exception passes through), the
    // transaction is as it was before. May be nested.
    virtual void attempt(const std::function<Keep()>& work) = 0;

    // taken (userName, or externalId where the policy says unique).
    virtual Result<void> insert(const User&) = 0;
    // Replaces the row of after.id. taken as above; stale if the stored version is not `known_version`. A store may
    // skip what did not change.
    virtual Result<void> replace(const User& after, std::int64_t known_version) = 0;
    // The row, its e-mails and every membership that names it. References to it from other users' profiles (manager)
    // stay as text.
    virtual void erase(const UserId&) = 0;

    virtual Result<void> insert(const Group&) = 0;                                    // taken (displayName)
    virtual Result<void> replace(const Group& after, std::int64_t known_version) = 0; // taken, stale; members untouched
    virtual void erase(const GroupId&) = 0; // with its member rows and its memberships
    // Deltas. Both return what really changed; adding a present or removing an absent value is no change.
    virtual std::vector<std::string> add_members(const GroupId&, const std::vector<std::string>& values) = 0;
    virtual std::vector<std::string> remove_members(const GroupId&, const std::vector<std::string>& values) = 0;
    virtual std::vector<std::string> remove_all_members(const GroupId&) = 0;

    Records& records() override = 0;

    virtual void append(Event) = 0; // organisation, sequence, digest and chain are filled in here
    virtual void archive(const ArchiveRecord&) = 0;
    virtual Result<void> hold_archived(std::int64_t number, bool held) = 0; // not_found
    virtual void erase_archived(std::int64_t number) = 0;
    // Names and changes of the organisation's events from before `before` are erased where they stand; the chain goes
    // on verifying. In order of sequence from behind `after`, at most `limit`; the last one's sequence, or nothing when
    // there was none.
    virtual std::optional<std::int64_t> forget_events(Instant before, std::int64_t after, std::int64_t limit) = 0;
};

template<class T>
struct Owned {
    OrgId organisation;
    T value;
};

// Organisations and tokens: what must be known before it is known whose transaction to open, and the store's own
// memory.
class Registry {
public:
    virtual ~Registry() = default;
    virtual std::vector<Organisation> organisations() = 0;
    virtual std::optional<Organisation> organisation(std::string_view name) = 0;
    virtual std::optional<Organisation> organisation(OrgId) = 0;
    virtual Result<Organisation> create(const Organisation&) = 0; // taken: the name lives or has lived
    virtual void replace(const Organisation&) = 0;                // all but id, name and counters
    virtual void erase(OrgId) = 0;                                // with all that is its; the name stays burnt

    virtual std::optional<Token> token(std::string_view public_id) = 0;
    virtual std::vector<Token> tokens(OrgId) = 0; // OrgId{}: those of server-admins
    virtual void insert(const Token&) = 0;
    virtual void replace(const Token&) = 0;
    virtual void touch(std::string_view public_id, Instant last_used) = 0;

    // All organisations' events in order of sequence, and the chain's end.
    virtual std::vector<Event> events(const EventQuery&) = 0;
    virtual void append(std::string_view organisation, Event) = 0;
    // Small facts of the server itself: "heartbeat", "clock_hold", …
    virtual std::optional<std::string> note(std::string_view key) = 0;
    virtual void set_note(std::string_view key, std::string_view value) = 0;

    // Across organisations: who has this name (one, or one in each organisation, as accounts.unique says), and which
    // records are about a thing, or due by `now` (soonest first).
    virtual std::vector<Owned<User>> users_named(std::string_view user_name) = 0; // folds by itself
    // Whose userName lies in this domain, in order of name, behind `after` (a folded name; "": all).
    virtual std::vector<Owned<User>> users_of_domain(std::string_view domain, std::string_view after,
                                                     std::int64_t limit) = 0;
    virtual std::vector<Owned<Record>> records_about(RecordKind, std::string_view ref) = 0;
    virtual std::vector<Owned<Record>> records_due(RecordKind, Instant now, std::int64_t limit) = 0;
    virtual Records& server_records() = 0; // those of no organisation
};

// Several organisations in one transaction. Claims are made in it (HOUSE 4), and the management API changes
// organisations and tokens in it.
class AcrossTxn {
public:
    virtual ~AcrossTxn() = default;
    virtual Registry& registry() = 0;
    // Throws std::out_of_range for an unknown organisation. The reference holds as long as the transaction.
    virtual WriteTxn& of(OrgId) = 0;
    // As WriteTxn::attempt, over all of them.
    virtual void attempt(const std::function<Keep()>& work) = 0;
};

class Store {
public:
    virtual ~Store() = default;
    // One consistent view. From any thread; the transaction stays on that thread. Throws std::out_of_range for an
    // unknown organisation.
    virtual std::unique_ptr<ReadTxn> read(OrgId) = 0;
    // Runs `work` in a transaction of its own and returns when it is durable (Keep::yes) or undone (Keep::no, or an
    // exception, which passes through).
    virtual void write(OrgId, const std::function<Keep(WriteTxn&)>& work) = 0;
    virtual void registry(const std::function<Keep(Registry&)>& work) = 0;      // the same, for the registry
    virtual void across(const std::function<Keep(AcrossTxn&)>& work) = 0;       // the same, for several organisations
    virtual void read_registry(const std::function<void(Registry&)>& work) = 0; // no method that changes may be called
    // Grows whenever another process or thread may have changed the store: caches compare it before they trust
    // themselves.
    virtual std::int64_t change_mark() = 0;
};

} // namespace core
