#include "scim/sweeper.hpp"

#include "core/actions/claiming.hpp"
#include "core/actions/retention.hpp"
#include "core/base/json.hpp"
#include "core/base/log.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace scim {
namespace {

using namespace std::chrono_literals;
using core::actions::ClockHold;
using core::actions::ClockVerdict;
using Steady = std::chrono::steady_clock;

constexpr auto heartbeat_every = 60s;
constexpr auto look_every = 1s;  // at most this late after a stop is asked for, or an interval has passed
constexpr auto retry_after = 2s; // while the disk refuses
constexpr auto longest_look_at_dns = 3s;

std::string why_held(ClockVerdict verdict, core::Instant now, std::optional<core::Instant> beat)
{
    return fmt::format("the clock {}: it says {}, the last heartbeat was at {}; nothing is purged until `rollcall "
                       "purge --confirm-clock` or 24 hours have passed",
                       verdict == ClockVerdict::went_back ? "went back" : "jumped forward", core::to_iso(now),
                       beat ? core::to_iso(*beat) : "never");
}

// Answers kept for their Idempotency-Key, when their time is over.
void forget_kept_answers(core::Store& store, core::Instant now)
{
    constexpr auto kind = core::RecordKind::kept_answer;
    constexpr std::int64_t batch = 500;
    for (std::size_t found = batch; found == batch;) {
        store.read_registry([&](core::Registry& registry) { found = registry.records_due(kind, now, batch).size(); });
        if (found == 0) return;
        store.registry([&](core::Registry& registry) {
            for (const auto& each : registry.records_due(kind, now, batch))
                registry.server_records().erase(kind, each.value.key);
            return core::Keep::yes;
        });
    }
}

} // namespace

std::optional<ClockHold> clock_hold(core::Registry& registry)
{
    const auto text = registry.note("clock_hold");
    if (!text || text->empty()) return std::nullopt;
    const auto read = core::json::read(*text);
    if (!read || !read->is_object()) return std::nullopt;
    const auto& o = read->as_object();
    const auto* since = o.if_contains("since");
    const auto* why = o.if_contains("why");
    if (!since || !since->is_string() || !why || !why->is_string()) return std::nullopt;
    return ClockHold{core::from_iso(std::string_view{since->as_string()}).value_or(core::Instant{}),
                     std::string{std::string_view{why->as_string()}}};
}

void set_clock_hold(core::Registry& registry, const ClockHold& hold)
{
    registry.set_note("clock_hold",
                      core::json::write(boost::json::object{{"since", core::to_iso(hold.since)}, {"why", hold.why}}));
}

void confirm_clock(core::Registry& registry, const core::Context& context)
{
    registry.set_note("clock_hold", "");
    beat(registry, context.now);
    core::Event event;
    event.at = context.now;
    event.actor = context.actor;
    event.activity = core::Activity::confirm_clock;
    event.request_id = context.request_id;
    registry.append("", std::move(event));
}

std::optional<core::Instant> last_heartbeat(core::Registry& registry)
{
    const auto text = registry.note("heartbeat");
    return text ? core::from_iso(*text) : std::nullopt;
}

void beat(core::Registry& registry, core::Instant now) { registry.set_note("heartbeat", core::to_iso(now)); }

Steady::duration rest_after(Steady::duration took, bool is_busy)
{
    constexpr Steady::duration longest = 1s; // a disk that takes seconds is not the sweep's doing
    return std::min(is_busy ? took * 120 : took, longest);
}

bool is_busy(std::uint64_t requests, Steady::duration in)
{
    return requests > 2 && static_cast<double>(requests) > 50 * std::chrono::duration<double>(in).count();
}

Swept sweep(core::Store& store, const WriteBatch& write, core::Instant now, const core::Actor& actor,
            std::int64_t batch, const Pause& pause)
{
    std::vector<core::Organisation> organisations;
    store.read_registry([&](core::Registry& registry) { organisations = registry.organisations(); });
    const core::Context context{now, actor, "sweep-" + core::to_iso(now)};
    const auto full = static_cast<std::size_t>(batch);
    Swept swept;
    for (std::int64_t last = batch; last == batch;) {
        bool is_due = false;
        store.read_registry(
            [&](core::Registry& registry) { is_due = !registry.records_due(core::RecordKind::claim, now, 1).empty(); });
        if (!is_due) break;
        const auto begun = Steady::now();
        store.across([&](core::AcrossTxn& txn) {
            last = core::actions::expire_due(txn, context, batch);
            return core::Keep::yes;
        });
        swept.expired_claims += last;
        if (last == batch && pause && !pause(Steady::now() - begun)) {
            swept.is_complete = false;
            return swept;
        }
    }
    for (const auto& organisation : organisations) {
        try {
            if (store.read(organisation.id)->users_due_for_purge(now, 1).empty()) continue;
            for (std::size_t last = full; last == full;) {
                Steady::duration took{};
                write(organisation.id, [&](core::WriteTxn& txn) {
                    const auto begun = Steady::now();
                    last = core::actions::purge_due(txn, context, batch).size();
                    took = Steady::now() - begun;
                    return core::Keep::yes;
                });
                swept.purged += static_cast<std::int64_t>(last);
                if (last == full && pause && !pause(took)) {
                    swept.is_complete = false;
                    return swept;
                }
            }
        } catch (const std::out_of_range&) {
            // The organisation was deleted between the list and its turn: nothing of it is left to purge.
        }
    }
    return swept;
}

void sweep_retention(core::Store& store, const WriteBatch& write, core::Instant now, const core::Actor& actor,
                     Forgotten& forgotten, const Pause& pause)
{
    constexpr std::int64_t batch = 100;
    std::vector<core::Organisation> organisations;
    store.read_registry([&](core::Registry& registry) { organisations = registry.organisations(); });
    const core::Context context{now, actor, "sweep-" + core::to_iso(now)};
    // Runs `work` until it says that nothing is left; false when `pause` has ended it.
    const auto in_batches = [&](core::OrgId org, const std::function<bool(core::WriteTxn&)>& work) {
        for (bool goes_on = true; goes_on;) {
            Steady::duration took{};
            write(org, [&](core::WriteTxn& txn) {
                const auto begun = Steady::now();
                goes_on = work(txn);
                took = Steady::now() - begun;
                return core::Keep::yes;
            });
            if (goes_on && pause && !pause(took)) return false;
        }
        return true;
    };
    for (const auto& organisation : organisations) {
        try {
            const core::ArchiveQuery due{.due = now, .with_history = false, .limit = 1};
            if (!store.read(organisation.id)->archived(due).empty() &&
                !in_batches(organisation.id, [&](core::WriteTxn& txn) {
                    return core::actions::erase_due_archive(txn, context, batch) == batch;
                }))
                return;
            if (!organisation.policy.audit_retention) continue;
            auto& after = forgotten[organisation.id];
            const core::EventQuery old{.after = after, .limit = 1, .until = now - *organisation.policy.audit_retention};
            if (store.read(organisation.id)->events(old).empty()) continue;
            if (!in_batches(organisation.id, [&](core::WriteTxn& txn) {
                    const auto last = core::actions::forget_old_events(txn, now, after, batch);
                    after = last.value_or(after);
                    return last.has_value();
                }))
                return;
        } catch (const std::out_of_range&) {
            forgotten.erase(organisation.id); // deleted meanwhile, with all that was its
        }
    }
}

Sweeper::Sweeper(core::Store& store, WriteBatch write, const core::Clock& clock, Callers& callers, Options options,
                 std::function<void()> healthy_write)
    : store_{store}, write_{std::move(write)}, clock_{clock}, callers_{callers}, options_{options},
      healthy_write_{std::move(healthy_write)}, thread_{[this] { run(); }}
{
}

Sweeper::~Sweeper()
{
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
    try {
        // The last minute's uses of tokens; no heartbeat, which only a guarded turn may write.
        write_last_used();
    } catch (const std::exception& e) {
        core::log::error("sweep.failed", {{"why", e.what()}});
    }
}

std::optional<std::string> Sweeper::held() const
{
    const std::lock_guard lock{mutex_};
    return held_.empty() ? std::nullopt : std::optional{held_};
}

std::optional<core::Instant> Sweeper::last_sweep() const
{
    const std::lock_guard lock{mutex_};
    return last_sweep_;
}

void Sweeper::retry_soon()
{
    const std::lock_guard lock{mutex_};
    soon_ = true;
}

void Sweeper::run()
{
    auto next_beat = std::chrono::steady_clock::now();
    auto next_sweep =
        next_beat + std::min<core::Duration>(options_.interval, 1s); // soon after the start, then by the interval
    bool goes_on = false; // a sweep that is not complete: after a look at the clocks, and without waiting
    std::unique_lock lock{mutex_};
    while (!stopping_) {
        if (std::exchange(soon_, false))
            next_beat = std::min(next_beat, std::chrono::steady_clock::now() + retry_after);
        lock.unlock();
        const auto now = std::chrono::steady_clock::now();
        goes_on = false;
        try {
            // Both clocks are read once a turn: a jump between two readings must not slip into the baseline.
            const auto wall = clock_.now();
            if (options_.jump_guard) guard_clock(wall, now);
            if (now >= next_beat) {
                next_beat = now + retry_after; // again soon, should the next line throw
                once_a_minute(wall, now);
                next_beat = now + heartbeat_every;
            }
            if (!held()) recheck_domain(wall); // a clock that jumped would use up a domain's days of grace
            if (now >= next_sweep) {
                next_sweep = now + options_.interval;
                if (!held() && !purge(wall)) {
                    next_sweep = now;
                    goes_on = true;
                }
            }
        } catch (const std::exception& e) {
            // The sweep is tried again at its next turn; nothing of a failed batch was kept.
            core::log::error("sweep.failed", {{"why", e.what()}});
        }
        lock.lock();
        if (!goes_on)
            wake_.wait_for(lock, std::min<core::Duration>(look_every, options_.interval), [this] { return stopping_; });
    }
}

// True when nothing that was due is left. In turns of `look_every`, so that hearts beat and clocks are watched beside a
// long sweep.
bool Sweeper::purge(core::Instant wall)
{
    const auto until = std::chrono::steady_clock::now() + look_every;
    {
        const std::lock_guard lock{mutex_};
        last_sweep_ = wall;
    }
    forget_kept_answers(store_, wall);
    const auto requests = [&] { return options_.requests ? options_.requests() : 0; };
    auto seen = requests();
    auto since = std::chrono::steady_clock::now();
    const auto pause = [&](std::chrono::steady_clock::duration took) {
        const auto now = std::chrono::steady_clock::now();
        const auto asked = requests();
        const bool busy = is_busy(asked - seen, now - since);
        seen = asked;
        since = now;
        std::unique_lock lock{mutex_};
        wake_.wait_for(lock, rest_after(took, busy), [this] { return stopping_; });
        return !stopping_ && std::chrono::steady_clock::now() < until;
    };
    const auto swept = sweep(store_, write_, wall, {"server", "sweep"}, options_.batch, pause);
    purged_ += swept.purged;
    if (swept.purged > 0) core::log::info("sweep.purged", {{"users", swept.purged}});
    sweep_retention(store_, write_, wall, {"server", "sweep"}, forgotten_, pause);
    if (swept.expired_claims > 0) core::log::info("sweep.expired", {{"claims", swept.expired_claims}});
    return swept.is_complete;
}

// One a turn: a name server that is slow delays the heart by seconds, never by minutes.
void Sweeper::recheck_domain(core::Instant wall)
{
    if (options_.resolver == nullptr) return;
    const core::Context context{wall, {"server", "sweep"}, "sweep-" + core::to_iso(wall)};
    const auto looked = core::actions::recheck_next(store_, write_, *options_.resolver, context, options_.domain_checks,
                                                    longest_look_at_dns);
    if (!looked) return;
    const auto state = core::word(looked->domain.state);
    if (looked->turn == core::rules::DomainTurn::unverified)
        core::log::warning("domain.unverified", {{"domain", looked->domain.name}});
    else if (!looked->domain.problem.empty())
        core::log::warning("domain.unproven",
                           {{"domain", looked->domain.name}, {"state", state}, {"why", looked->domain.problem}});
}

void Sweeper::guard_clock(core::Instant wall, Steady steady)
{
    std::optional<ClockHold> hold;
    std::optional<core::Instant> stored_beat;
    store_.read_registry([&](core::Registry& registry) {
        hold = clock_hold(registry);
        stored_beat = last_heartbeat(registry);
    });
    if (hold) {
        if (!std::exchange(is_held_here_, true)) hold_steady_ = steady;
        if (core::actions::hold_is_over(*hold, false,
                                        std::chrono::duration_cast<core::Duration>(steady - hold_steady_))) {
            store_.registry([&](core::Registry& registry) {
                registry.set_note("clock_hold", "");
                beat(registry, wall);
                return core::Keep::yes;
            });
            hold.reset();
        }
    }
    if (!hold && std::exchange(is_held_here_, false)) { // over, or confirmed by an operator: measure anew from here
        beat_wall_ = wall;
        beat_steady_ = steady;
        has_beaten_ = true;
        core::log::info("clock.confirmed");
    }
    if (!hold) {
        const core::actions::ClockFacts facts{
            wall, has_beaten_ ? std::optional{beat_wall_} : stored_beat,
            has_beaten_ ? std::optional{std::chrono::duration_cast<core::Duration>(steady - beat_steady_)}
                        : std::nullopt};
        const auto verdict = core::actions::judge_clock(facts);
        if (verdict != ClockVerdict::fine) {
            hold = ClockHold{wall, why_held(verdict, wall, facts.last_heartbeat)};
            store_.registry([&](core::Registry& registry) {
                set_clock_hold(registry, *hold);
                return core::Keep::yes;
            });
            is_held_here_ = true;
            hold_steady_ = steady;
            core::log::warning("clock.held", {{"why", hold->why}});
        } else if (!has_beaten_) {
            beat_wall_ = wall;
            beat_steady_ = steady;
            has_beaten_ = true;
        }
    }
    const std::lock_guard lock{mutex_};
    held_ = hold ? hold->why : std::string{};
}

void Sweeper::write_last_used()
{
    const auto used = callers_.take_last_used();
    if (used.empty()) return;
    store_.registry([&](core::Registry& registry) {
        for (const auto& [token, at] : used) registry.touch(token, at);
        return core::Keep::yes;
    });
}

void Sweeper::once_a_minute(core::Instant wall, Steady steady)
{
    store_.registry([&](core::Registry& registry) {
        beat(registry, wall);
        return core::Keep::yes;
    });
    write_last_used();
    healthy_write_();
    if (!is_held_here_) { // slow drift between the clocks is not a jump: compare over one beat only
        beat_wall_ = wall;
        beat_steady_ = steady;
        has_beaten_ = true;
    }
}

} // namespace scim
