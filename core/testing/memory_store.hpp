// A store in memory that keeps every promise of core/store.hpp but durability: for tests, and as the second opinion of
// the store contract. A transaction works on a copy; what it keeps replaces the state as a whole. Rows are shared
// between the copies, so a copy costs pointers.
#pragma once

#include "core/store.hpp"

#include <memory>
#include <mutex>

namespace core::testing {

enum class AccountsUnique : std::uint8_t { server, organisation };

class MemoryStore final : public Store {
public:
    explicit MemoryStore(AccountsUnique = AccountsUnique::server);
    ~MemoryStore() override;

    std::unique_ptr<ReadTxn> read(OrgId) override;
    void write(OrgId, const std::function<Keep(WriteTxn&)>& work) override;
    void registry(const std::function<Keep(Registry&)>& work) override;
    void across(const std::function<Keep(AcrossTxn&)>& work) override;
    void read_registry(const std::function<void(Registry&)>& work) override;
    std::int64_t change_mark() override;

    struct State;

private:
    std::shared_ptr<const State> present();
    void keep(std::shared_ptr<const State>);

    std::mutex writing_; // one writer at a time, for the length of its work
    std::mutex state_mutex_;
    std::shared_ptr<const State> state_;
    std::int64_t change_mark_ = 0;
};

// A store's organisation, made in one line.
OrgId make_organisation(Store&, const Organisation&);

} // namespace core::testing
