#include "core/actions/sweep.hpp"

#include "core/base/failpoint.hpp"
#include "core/rules/lifecycle.hpp"

namespace core::actions {

namespace {

// REL-19.
constexpr Duration clocks_may_part_by = std::chrono::minutes{5};
constexpr Duration longest_rest = std::chrono::days{7};
constexpr Duration longest_hold = std::chrono::hours{24};

} // namespace

std::vector<User> purge_due(WriteTxn& txn, const Context& context, std::int64_t limit)
{
    std::vector<User> purged;
    for (User& user : txn.users_due_for_purge(context.now, limit)) {
        if (!rules::is_due_for_purge(user, context.now)) continue;
        remove_user(txn, context, user, DeletionCause::retention);
        FAILPOINT("mid_purge");
        purged.push_back(std::move(user));
    }
    return purged;
}

ClockVerdict judge_clock(const ClockFacts& facts)
{
    if (!facts.last_heartbeat) return ClockVerdict::fine; // the first start of all
    if (facts.steady_since_beat) {
        const Duration ahead = facts.wall_now - (*facts.last_heartbeat + *facts.steady_since_beat);
        if (ahead > clocks_may_part_by) return ClockVerdict::jumped_forward;
        if (ahead < -clocks_may_part_by) return ClockVerdict::went_back;
        return ClockVerdict::fine;
    }
    if (facts.wall_now < *facts.last_heartbeat) return ClockVerdict::went_back;
    if (facts.wall_now - *facts.last_heartbeat > longest_rest) return ClockVerdict::jumped_forward;
    return ClockVerdict::fine;
}

bool hold_is_over(const ClockHold&, bool confirmed, Duration steady_since_hold)
{
    return confirmed || steady_since_hold >= longest_hold;
}

} // namespace core::actions
