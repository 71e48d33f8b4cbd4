// A thread with its io_context, the connections that live on it, and one coarse clock for all their deadlines: arming a
// timer for every read and write would cost more than the reads and writes. Included by server.cpp alone.
#pragma once

#include "core/base/log.hpp"
#include "scim/http/proxies.hpp"
#include "scim/http/response_text.hpp"
#include "scim/http/seats.hpp"
#include "scim/http/server.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <exception>
#include <string>
#include <thread>

namespace scim::http {

// One cache line and more of its own, so that threads do not count on each other's.
class alignas(64) Counters {
public:
    void add(Count count) { counts_[static_cast<std::size_t>(count)].fetch_add(1, std::memory_order_relaxed); }
    std::uint64_t operator[](Count count) const
    {
        return counts_[static_cast<std::size_t>(count)].load(std::memory_order_relaxed);
    }

private:
    std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(Count::end)> counts_{};
};

// A header must fit into the read buffer, and that must stay under the 64 KiB at which Beast throws (F1).
inline Options within_reason(Options options)
{
    auto& limits = options.limits;
    limits.read_buffer_bytes = std::clamp<std::size_t>(limits.read_buffer_bytes, 1024, 63 * 1024);
    limits.header_bytes = std::min(limits.header_bytes, limits.read_buffer_bytes);
    return options;
}

// What all connections share.
struct Shared {
    Shared(Options chosen, Service& application)
        : options{within_reason(std::move(chosen))}, service{application}, proxies{options.trusted_proxies},
          seats{options.limits}
    {
    }

    const Options options;
    Service& service;
    const Proxies proxies;
    Seats seats;
    std::atomic<bool> drains{false};
};

// What the clock of a worker watches. On the worker's thread only.
class Watched : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    using Steady = std::chrono::steady_clock;
    virtual ~Watched() = default;
    virtual void on_tick(Steady::time_point now) = 0;
    virtual void on_drain() = 0;
};

class Worker {
public:
    explicit Worker(Shared& all) : shared{all} {}
    ~Worker() { stop(); }

    void start()
    {
        thread_ = std::thread{[this] { run(); }};
    }

    void stop()
    {
        stops_ = true;
        context.stop();
        if (thread_.joinable()) thread_.join();
    }

    void watch(Watched& connection)
    {
        watched_.push_back(connection);
        if (!ticks_) tick();
    }

    void drain()
    {
        for (auto& connection : watched_) connection.on_drain();
    }

    // For the Date field: made once a second.
    std::string_view date()
    {
        const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
        if (now != date_of_) {
            date_of_ = now;
            date_ = http_date(now);
        }
        return date_;
    }

    Shared& shared;
    Counters counters;

private:
    static constexpr std::chrono::milliseconds tick_length{250};

    // F1: whatever leaves a handler is logged and counted, and the others are served on.
    void run()
    {
        while (!stops_) {
            try {
                context.run();
            } catch (const std::exception& error) {
                counters.add(Count::parser_exceptions);
                core::log::error("connection_exception", {{"what", error.what()}});
            } catch (...) {
                counters.add(Count::parser_exceptions);
                core::log::error("connection_exception", {{"what", "not a std::exception"}});
            }
        }
    }

    void tick()
    {
        ticks_ = !watched_.empty();
        if (!ticks_) return;
        clock_.expires_after(tick_length);
        clock_.async_wait([this](boost::system::error_code) {
            const auto now = Watched::Steady::now();
            for (auto& connection : watched_) connection.on_tick(now);
            tick();
        });
    }

    boost::intrusive::list<Watched, boost::intrusive::constant_time_size<false>>
        watched_; // before the context: it ends last
    bool ticks_ = false;
    std::chrono::sys_seconds date_of_{};
    std::string date_;
    std::atomic<bool> stops_{false};

public:
    boost::asio::io_context context{1};

private:
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context.get_executor()};
    boost::asio::steady_timer clock_{context};
    std::thread thread_;
};

} // namespace scim::http
