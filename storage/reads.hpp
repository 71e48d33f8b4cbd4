// What both kinds of transaction read. One implementation for two bases of the port: the reading transaction and the
// writing one (instantiated in reads.cpp).
#pragma once

#include "storage/query_sql.hpp"
#include "storage/records.hpp"
#include "storage/session.hpp"

#include <type_traits>
#include <vector>

namespace storage {

// Events of all organisations, or of one; of one target by id, or by any name it has or had.
std::vector<core::Event> events_of(Connection&, std::optional<core::OrgId>, const core::EventQuery&);
std::int64_t count_events_of(Connection&, std::optional<core::OrgId>, const core::EventQuery&);

// user_blocks counts an organisation's users by the upper bits of their internal keys.
inline constexpr int block_bits = 10;
// A place in the order of arrival: so many rows behind the first of a block.
struct Block {
    std::int64_t first_row = 0;
    std::int64_t skip = 0;
};

template<class Port>
class Reads : public Port {
public:
    const core::Organisation& organisation() const override { return session_.organisation(org_); }

    std::optional<core::User> user(const core::UserId&) override;
    std::optional<core::User> user_named(std::string_view user_name) override;
    std::vector<core::User> users_with_external_id(std::string_view external_id) override;
    core::Found<core::User> users(const core::Query&) override;
    void each_user(const core::Predicate* where, const std::function<bool(const core::User&)>& visit) override;
    std::vector<core::User> users_due_for_purge(core::Instant now, std::int64_t limit) override;
    std::vector<core::User> administrators(std::int64_t limit) override;

    std::optional<core::Group> group(const core::GroupId&) override;
    std::optional<core::Group> group_named(std::string_view display_name) override;
    core::Found<core::Group> groups(const core::Query&) override;
    std::vector<core::Member> members(const core::GroupId&) override;
    void each_member(const core::GroupId&, std::string_view after,
                     const std::function<bool(const core::Member&)>& visit) override;
    bool has_member(const core::GroupId&, std::string_view value) override;
    std::vector<core::Group> groups_of(std::string_view member_value) override;
    std::vector<core::Membership> memberships_of(std::string_view member_value) override;

    std::vector<core::Event> events(const core::EventQuery&) override;
    std::int64_t count(const core::EventQuery&) override;
    std::vector<core::ArchiveRecord> archived(const core::ArchiveQuery&) override;
    std::int64_t count(const core::ArchiveQuery&) override;

    using RecordsOfPort =
        std::conditional_t<std::is_base_of_v<core::WriteTxn, Port>, core::Records&, const core::Records&>;
    RecordsOfPort records() override { return records_; }
    core::DomainOwnership domain_ownership(std::string_view domain) override;

protected:
    // `org` exists; the session is inside a transaction.
    Reads(Session& session, core::OrgId org) : session_{session}, org_{org}, records_{session, org.value}
    {
        session_.organisation(org);
    }

    std::optional<StoredUser> stored_user(const core::UserId&);
    std::optional<StoredGroup> stored_group(const core::GroupId&);
    Connection& db() { return session_.db(); }

    Session& session_;
    const core::OrgId org_;

private:
    SqliteRecords records_;

    bool should_walk(const core::Query&, bool& is_own);
    std::vector<core::Position> sorted_users(const core::Query&);
    core::Found<core::User> users_at(std::vector<core::Position> page, bool positions);
    core::Found<core::User> users_in_order_of_arrival(const core::Query&);
    Block block_of(std::int64_t offset);
    core::Found<core::Group> groups_at(std::vector<core::Position> page, bool positions);
    std::vector<core::Position> sorted_groups(const core::Query&);
    std::vector<core::Position> groups_in_order_of_arrival(const core::Query&);
    std::vector<StoredUser> users_for(const core::IndexSeed&);
    std::vector<StoredGroup> groups_for(const core::IndexSeed&);
    bool user_matches(const core::Predicate&, const StoredUser&);
    bool group_matches(const core::Predicate&, const StoredGroup&);
};

extern template class Reads<core::ReadTxn>;
extern template class Reads<core::WriteTxn>;

} // namespace storage
