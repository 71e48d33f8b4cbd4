// The server's own hand on the calendar: a thread that purges due users, beats the heart that the clock guard compares
// with (REL-19), asks DNS about verified domains again, and writes what is kept in memory between times (tokens' last
// use).
#pragma once

#include "core/actions/domains.hpp"
#include "core/actions/sweep.hpp"
#include "core/base/clock.hpp"
#include "core/store.hpp"
#include "scim/callers.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace scim {

// The hold as the store's notes keep it, for the server and the command line alike.
std::optional<core::actions::ClockHold> clock_hold(core::Registry&);
void set_clock_hold(core::Registry&, const core::actions::ClockHold&);
// Ends a hold by an operator's word: the present time becomes the new baseline, and an event says who said so.
void confirm_clock(core::Registry&, const core::Context&);
std::optional<core::Instant> last_heartbeat(core::Registry&);
void beat(core::Registry&, core::Instant now);

// Takes the default for claims whose time to choose is over, then purges everything due, organisation by organisation,
// in batches; `write` runs one batch in a transaction. `pause`, if there is one, is called between two batches with the
// time that the work of the last took (not its wait for the writer and the disk), and ends the sweep by returning
// false.
using WriteBatch = std::function<void(core::OrgId, const std::function<core::Keep(core::WriteTxn&)>&)>;
using Pause = std::function<bool(std::chrono::steady_clock::duration took)>;
struct Swept {
    std::int64_t purged = 0;
    std::int64_t expired_claims = 0;
    bool is_complete = true; // false: `pause` has ended it, and more may be due
};
Swept sweep(core::Store&, const WriteBatch& write, core::Instant now, const core::Actor&, std::int64_t batch,
            const Pause& pause = {});
// Archive records whose time is over and that nobody holds; what events older than auditRetention tell. `forgotten`
// remembers between sweeps how far that has come in each organisation.
using Forgotten = std::map<core::OrgId, std::int64_t>;
void sweep_retention(core::Store&, const WriteBatch& write, core::Instant now, const core::Actor&, Forgotten& forgotten,
                     const Pause& pause = {});
// How long the server's own sweep rests after a batch. While others ask it works for less than a hundredth of the time,
// so that fewer than one request in a hundred can meet it at all; in a quiet moment for half of it.
std::chrono::steady_clock::duration rest_after(std::chrono::steady_clock::duration took, bool is_busy);
// Whether so many requests in so long a time are work and not a trickle: more than 50 a second, and more than two.
bool is_busy(std::uint64_t requests, std::chrono::steady_clock::duration in);

class Sweeper {
public:
    struct Options {
        core::Duration interval = std::chrono::seconds{60};
        std::int64_t batch = 10;
        bool jump_guard = true;
        std::function<std::uint64_t()> requests = {}; // how many there have been; none: nobody else asks
        core::TxtResolver* resolver = nullptr;        // none: domains are not looked at again
        core::rules::DomainChecks domain_checks = {};
    };
    // `healthy_write` hears of each heartbeat that was kept: the proof that the disk takes writes again.
    Sweeper(core::Store&, WriteBatch, const core::Clock&, Callers&, Options, std::function<void()> healthy_write);
    ~Sweeper();

    // For /readyz: why purging waits, if it does.
    std::optional<std::string> held() const;
    std::int64_t purged() const { return purged_; }
    std::optional<core::Instant> last_sweep() const; // when it last looked for due users
    // Something is wrong with the disk: beat again soon instead of in a minute.
    void retry_soon();

private:
    void run();
    using Steady = std::chrono::steady_clock::time_point;
    void guard_clock(core::Instant wall, Steady);
    void write_last_used();
    void once_a_minute(core::Instant wall, Steady);
    bool purge(core::Instant wall);
    void recheck_domain(core::Instant wall);

    core::Store& store_;
    WriteBatch write_;
    const core::Clock& clock_;
    Callers& callers_;
    const Options options_;
    std::function<void()> healthy_write_;

    // The last beat of this process, for comparing the two clocks.
    core::Instant beat_wall_{};
    std::chrono::steady_clock::time_point beat_steady_{};
    std::chrono::steady_clock::time_point hold_steady_{};
    bool has_beaten_ = false;
    bool is_held_here_ = false;

    Forgotten forgotten_;
    std::atomic<std::int64_t> purged_{0};
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::string held_;
    std::optional<core::Instant> last_sweep_;
    bool stopping_ = false;
    bool soon_ = false;
    std::thread thread_;
};

} // namespace scim
