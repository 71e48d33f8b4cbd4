// Several organisations in the one transaction that the session is in.
#pragma once

#include "storage/registry.hpp"
#include "storage/writes.hpp"

#include <memory>
#include <unordered_map>

namespace storage {

class Across final : public core::AcrossTxn {
public:
    explicit Across(Session& session) : session_{session}, registry_{session} {}

    core::Registry& registry() override { return registry_; }
    core::WriteTxn& of(core::OrgId) override;
    void attempt(const std::function<core::Keep()>& work) override;
    // Whether organisations or tokens were changed: what others remember of them is old.
    bool has_changed_registry() const { return registry_.has_changed(); }

private:
    Session& session_;
    SqliteRegistry registry_;
    std::unordered_map<std::int64_t, std::unique_ptr<Writes>> writes_;
};

} // namespace storage
