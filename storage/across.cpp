#include "storage/across.hpp"

namespace storage {

core::WriteTxn& Across::of(core::OrgId org)
{
    auto& writes = writes_[org.value];
    if (!writes) writes = std::make_unique<Writes>(session_, org);
    return *writes;
}

void Across::attempt(const std::function<core::Keep()>& work)
{
    attempt_in(session_, work);
    // Whatever was read may have been undone.
    for (auto& [org, writes] : writes_)
        if (writes) writes->forget_last_read();
}

} // namespace storage
