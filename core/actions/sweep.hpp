// What time alone brings: the purge of users whose purge_at has come. Idempotent; bounded batches; a clock that jumped
// holds it (REL-19).
#pragma once

#include "core/actions/provision.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace core::actions {

// Purges up to `limit` due users of the transaction's organisation; each gets an archive record and a purge_user event.
// Re-checks purge_at inside the transaction: a user restored at the last second stays. Returns whom it purged.
std::vector<User> purge_due(WriteTxn&, const Context&, std::int64_t limit);

// Whether purging must wait because the clock cannot be trusted. Pure; the caller keeps the state in the store's notes.
struct ClockFacts {
    Instant wall_now{};
    std::optional<Instant>
        last_heartbeat; // wall time of the last beat on disk (another run's, or this one's a minute ago)
    std::optional<Duration> steady_since_beat; // steady time since that beat, when this process wrote it
};
enum class ClockVerdict : std::uint8_t { fine, jumped_forward, went_back };
// While running: wall and steady clock part by more than 5 minutes. At start: a gap of more than 7 days since the last
// heartbeat, or a clock behind it.
ClockVerdict judge_clock(const ClockFacts&);

struct ClockHold {
    Instant since{}; // wall time when it began
    std::string why; // for /readyz and the operator
};
// A hold ends by an operator's confirmation or after 24 hours of steady time.
bool hold_is_over(const ClockHold&, bool confirmed, Duration steady_since_hold);

} // namespace core::actions
