// What an organisation keeps of those who have gone, and for how long: archive records until keepUntil, unless they are
// held; what events tell until the policy's auditRetention. The time is given.
#pragma once

#include "core/actions/provision.hpp"
#include "core/archive.hpp"
#include "core/store.hpp"

#include <cstdint>
#include <optional>

namespace core::actions {

// S-213: a compliance officer's hand over a record. A held one stays when keepUntil has passed, until it is let go.
// not_found. To hold what is held changes nothing.
Result<ArchiveRecord> hold_archived(WriteTxn&, const Context&, std::int64_t number, bool held);

// At most `limit` records whose time is over; how many went. Each is told of by its number alone.
std::int64_t erase_due_archive(WriteTxn&, const Context&, std::int64_t limit);

// Erases the names and changes of events older than auditRetention, at most `limit` from behind the sequence `after`.
// The last one's sequence, from where the next call goes on; nothing when none was left.
std::optional<std::int64_t> forget_old_events(WriteTxn&, Instant now, std::int64_t after, std::int64_t limit);

} // namespace core::actions
