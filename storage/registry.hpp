// Organisations, tokens and notes: the registry of one session, inside a transaction of its caller's.
#pragma once

#include "storage/records.hpp"

namespace storage {

class SqliteRegistry final : public core::Registry {
public:
    explicit SqliteRegistry(Session& session) : session_{session}, server_records_{session, 0} {}

    std::vector<core::Organisation> organisations() override;
    std::optional<core::Organisation> organisation(std::string_view name) override;
    std::optional<core::Organisation> organisation(core::OrgId) override;
    core::Result<core::Organisation> create(const core::Organisation&) override;
    void replace(const core::Organisation&) override;
    void erase(core::OrgId) override;

    std::optional<core::Token> token(std::string_view public_id) override;
    std::vector<core::Token> tokens(core::OrgId) override;
    void insert(const core::Token&) override;
    void replace(const core::Token&) override;
    void touch(std::string_view public_id, core::Instant last_used) override;

    std::vector<core::Event> events(const core::EventQuery&) override;
    void append(std::string_view organisation, core::Event) override;
    std::optional<std::string> note(std::string_view key) override;
    void set_note(std::string_view key, std::string_view value) override;

    std::vector<core::Owned<core::User>> users_named(std::string_view user_name) override;
    std::vector<core::Owned<core::User>> users_of_domain(std::string_view domain, std::string_view after,
                                                         std::int64_t limit) override;
    std::vector<core::Owned<core::Record>> records_about(core::RecordKind, std::string_view ref) override;
    std::vector<core::Owned<core::Record>> records_due(core::RecordKind, core::Instant now,
                                                       std::int64_t limit) override;
    core::Records& server_records() override { return server_records_; }

    bool has_changed() const { return has_changed_; } // organisations or tokens

private:
    Connection& db() { return session_.db(); }
    std::optional<core::Organisation> one(Loan&);

    Session& session_;
    SqliteRecords server_records_;
    bool has_changed_ = false;
};

} // namespace storage
