#include "certs/tls_context.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <sys/stat.h>
#include <thread>
#include <tuple>
#include <utility>

namespace certs {
namespace {

// What tells one state of a file from another without reading it.
struct Mark {
    bool there = false;
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
    auto operator<=>(const Mark&) const = default;
};

Mark mark_of(const std::filesystem::path& file)
{
    struct stat found {};
    if (stat(file.c_str(), &found) != 0) return {};
    return {true, found.st_ino, found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
}

using Marks = std::pair<Mark, Mark>;

} // namespace

struct Reloader::Inside {
    Inside(std::filesystem::path chain_file, std::filesystem::path key_file, Policy rules, Report reporter,
           std::chrono::milliseconds every)
        : chain{std::move(chain_file)}, key{std::move(key_file)}, policy{std::move(rules)}, report{std::move(reporter)},
          interval{every}, in_use{marks()}, context{make_context(chain, key, policy)}, expiry{expiry_of(chain)}
    {
    }

    Marks marks() const { return {mark_of(chain), mark_of(key)}; }

    // `asked`: by a person, who gets a report whatever comes of it; the watcher reports a bad state once, but tries it
    // again each time, because a file can be completed within the same tick of its timestamp, and a date can arrive.
    void look(bool asked)
    {
        const std::lock_guard one_at_a_time{looking};
        const Marks seen = marks(); // before reading: a change while reading is then seen next time
        if (!asked && seen == in_use) return;
        try {
            auto fresh = make_context(chain, key, policy);
            const auto until = expiry_of(chain);
            {
                const std::lock_guard guard{swapping};
                context = std::move(fresh);
                expiry = until;
            }
            in_use = seen;
            refused.reset();
            report(true, chain.string());
        } catch (const std::exception& bad) {
            if (!asked && refused == seen) return;
            refused = seen;
            report(false, bad.what());
        }
    }

    void watch(const std::stop_token& stop)
    {
        std::mutex waiting;
        std::condition_variable_any tick;
        std::unique_lock lock{waiting};
        while (!stop.stop_requested()) {
            tick.wait_for(lock, stop, interval, [] { return false; });
            if (!stop.stop_requested()) look(false);
        }
    }

    const std::filesystem::path chain;
    const std::filesystem::path key;
    const Policy policy;
    const Report report;
    const std::chrono::milliseconds interval;

    std::mutex looking; // guards the two marks
    Marks in_use;
    std::optional<Marks> refused;

    mutable std::mutex swapping; // guards what current() and expires() hand out
    std::shared_ptr<ssl_ctx_st> context;
    core::Instant expiry;

    std::jthread watcher; // last: it stops before anything it uses goes away
};

Reloader::Reloader(std::filesystem::path chain, std::filesystem::path key, Policy policy, Report report,
                   std::chrono::milliseconds interval)
    : inside_{
          std::make_unique<Inside>(std::move(chain), std::move(key), std::move(policy), std::move(report), interval)}
{
    inside_->watcher = std::jthread{[inside = inside_.get()](const std::stop_token& stop) { inside->watch(stop); }};
}

Reloader::~Reloader() = default;

std::shared_ptr<ssl_ctx_st> Reloader::current() const
{
    const std::lock_guard guard{inside_->swapping};
    return inside_->context;
}

void Reloader::reload_now() { inside_->look(true); }

core::Instant Reloader::expires() const
{
    const std::lock_guard guard{inside_->swapping};
    return inside_->expiry;
}

} // namespace certs
