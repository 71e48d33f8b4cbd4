#include "core/actions/sweep.hpp"

#include "core/rules/lifecycle.hpp"

namespace core::actions {
namespace {

using namespace std::chrono_literals;

constexpr Duration most_apart = 5min; // between wall and steady clock over one beat (REL-19)
constexpr Duration longest_absence = std::chrono::days{7};
constexpr Duration hold_ends_by_itself = 24h; // of steady time

} // namespace

std::vector<User> purge_due(WriteTxn& txn, const Context& context, std::int64_t limit)
{
    std::vector<User> purged;
    for (auto& user : txn.users_due_for_purge(context.now, limit)) {
        if (!rules::is_due_for_purge(user, context.now)) continue;
        remove_user(txn, context, user, DeletionCause::retention);
        purged.push_back(std::move(user));
    }
    return purged;
}

ClockVerdict judge_clock(const ClockFacts& facts)
{
    if (!facts.last_heartbeat) return ClockVerdict::fine; // the first start ever
    const Duration wall = facts.wall_now - *facts.last_heartbeat;
    if (facts.steady_since_beat) {
        const Duration apart = wall - *facts.steady_since_beat;
        if (apart > most_apart) return ClockVerdict::jumped_forward;
        if (apart < -most_apart) return ClockVerdict::went_back;
        return ClockVerdict::fine;
    }
    // At start nothing says how long the server was off; a small step back is a clock being set right at boot.
    if (wall < -most_apart) return ClockVerdict::went_back;
    if (wall > longest_absence) return ClockVerdict::jumped_forward;
    return ClockVerdict::fine;
}

bool hold_is_over(const ClockHold&, bool confirmed, Duration steady_since_hold)
{
    return confirmed || steady_since_hold >= hold_ends_by_itself;
}

} // namespace core::actions
