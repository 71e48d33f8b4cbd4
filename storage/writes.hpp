// The writing transaction of one organisation. The savepoint or transaction around it is its caller's.
#pragma once

#include "storage/reads.hpp"

namespace storage {

// Appends with sequence, digest and chain. The server's own events have organisation 0 and no slug.
void append_event(Session&, std::int64_t org, const std::string& organisation, core::Event);

// Runs `work` under a savepoint: with Keep::no, or when it throws, what it did is undone.
void attempt_in(Session&, const std::function<core::Keep()>& work);

class Writes final : public Reads<core::WriteTxn> {
public:
    Writes(Session& session, core::OrgId org) : Reads{session, org} {}

    void attempt(const std::function<core::Keep()>& work) override;
    void forget_last_read() { last_read_.reset(); } // others have undone something

    std::optional<core::User> user(const core::UserId&) override; // remembers, for the replace that follows

    core::Result<void> insert(const core::User&) override;
    core::Result<void> replace(const core::User& after, std::int64_t known_version) override;
    void erase(const core::UserId&) override;

    core::Result<void> insert(const core::Group&) override;
    core::Result<void> replace(const core::Group& after, std::int64_t known_version) override;
    void erase(const core::GroupId&) override;
    std::vector<std::string> add_members(const core::GroupId&, const std::vector<std::string>& values) override;
    std::vector<std::string> remove_members(const core::GroupId&, const std::vector<std::string>& values) override;
    std::vector<std::string> remove_all_members(const core::GroupId&) override;

    void append(core::Event) override;
    void archive(const core::ArchiveRecord&) override;
    core::Result<void> hold_archived(std::int64_t number, bool held) override;
    void erase_archived(std::int64_t number) override;
    std::optional<std::int64_t> forget_events(core::Instant before, std::int64_t after, std::int64_t limit) override;

private:
    std::optional<StoredUser> before_of(const core::UserId&);
    core::Result<void> write_identity(std::int64_t pk, const core::User&, const std::string& folded_name);
    void write_state(std::int64_t pk, const core::User&, bool with_profile);
    void write_standing(std::int64_t pk, const core::Standing&);
    void follow_names(std::int64_t pk, const core::User& before, const core::User& after,
                      const std::string& folded_name);
    core::Refusal taken_user(const core::User&);
    void add_email(const std::string& folded, std::int64_t pk);
    void remove_email(const std::string& folded, std::int64_t pk);
    void remember_former_name(const std::string& name, const std::string& target_id);
    void count_users(std::int64_t difference);
    void count_arrival(std::int64_t pk); // of the user with this key
    void count_departure(std::int64_t pk);
    void count_groups(std::int64_t difference);
    void leave_groups(const std::string& value);
    bool is_in_some_group(const std::string& value);
    void set_in_groups(const std::string& value, bool in_groups);
    void count_members(std::int64_t group, std::int64_t difference);

    std::optional<StoredUser> last_read_;
};

} // namespace storage
