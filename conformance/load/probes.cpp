// Goals that one number answers: durability, memory for a connection, start, sweep, handshakes.
#include "conformance/load/connection.hpp"
#include "conformance/load/flushes.hpp"
#include "conformance/load/measurements.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <memory>
#include <stdexcept>
#include <thread>

namespace conformance::load {
namespace {

using namespace std::chrono_literals;

std::string request_of(const Contestant& side, Scenario scenario, std::string tag)
{
    Shape shape;
    shape.scenario = scenario;
    shape.tag = std::move(tag);
    std::string request;
    Workload{side.target(), shape, side.users(), 1}.next(0, request);
    return request;
}

// Closes are handled after the peer has gone: give the server a moment before its clock is read.
void settle() { std::this_thread::sleep_for(100ms); }

double handshake_us(const Contestant& side, SSL_CTX* context, int count)
{
    settle();
    const double before = cpu_seconds(side.pid());
    for (int i = 0; i < count; ++i) Connection{side.target(), context, 5s};
    settle();
    return (cpu_seconds(side.pid()) - before) * 1e6 / count;
}

bool resumes(const Contestant& side, int highest_version)
{
    const auto context = client_context(highest_version);
    Connection first{side.target(), context.get(), 5s};
    first.exchange(request_of(side, Scenario::miss, "")); // TLS 1.3 sends its tickets after the handshake
    const auto session = first.session();
    Connection second{side.target(), context.get(), 5s, session.get()};
    return second.resumed();
}

} // namespace

void tls(const Plan& plan, Results& results)
{
    constexpr int handshakes = 100;
    auto floor = make_floor("floor", plan.programs, plan.folder / "tls-floor", plan.certificate);
    auto ours = our_side(plan, "tls-ours");
    floor.start();
    ours.start();
    const auto context = client_context();
    std::vector<double> a;
    std::vector<double> b;
    std::vector<double> ratios;
    for (int round = 0; round < 2 * plan.rounds; ++round) {
        if (round % 2 == 0) b.push_back(handshake_us(floor, context.get(), handshakes));
        a.push_back(handshake_us(ours, context.get(), handshakes));
        if (round % 2 == 1) b.push_back(handshake_us(floor, context.get(), handshakes));
        ratios.push_back(a.back() / b.back());
    }
    const bool on_13 = resumes(ours, TLS1_3_VERSION);
    const bool on_12 = !plan.self_check && resumes(ours, TLS1_2_VERSION);
    results.findings["tls/full"] = median(ratios);
    results.findings["tls/resumed13"] = on_13;
    if (!plan.self_check) results.findings["tls/resumed12"] = on_12; // the floor speaks 1.3 only
    fmt::print("\nTLS connection with a full handshake, server's CPU: {} {:.0f} us, floor {:.0f} us; resumption: "
               "1.3 {}, 1.2 {}, floor {}\n",
               ours.name(), median(a), median(b), on_13 ? "yes" : "no", on_12 ? "yes" : "no",
               resumes(floor, TLS1_3_VERSION) ? "yes" : "no");
}

void memory(const Plan& plan, Results& results)
{
    constexpr std::size_t count = 400; // under the limit for one address
    auto ours = our_side(plan, "memory");
    ours.start();
    ours.seed(plan.users);
    const auto context = client_context();
    const auto request = request_of(ours, Scenario::get, "");
    const auto open = [&](std::size_t connections) {
        std::vector<std::unique_ptr<Connection>> open_ones;
        for (std::size_t i = 0; i < connections; ++i) {
            open_ones.push_back(std::make_unique<Connection>(ours.target(), context.get(), 5s));
            if (const int status = open_ones.back()->exchange(request); status != 200)
                throw std::runtime_error(fmt::format("connection {}: {}", i, status));
        }
        settle();
        return memory_of(ours.pid());
    };
    open(16); // what is made once, for the first connections, is no connection's
    settle();
    const auto before = memory_of(ours.pid());
    const auto with = open(count);
    const double each = static_cast<double>(with.anonymous - before.anonymous) / static_cast<double>(count);
    results.findings["memory/connection"] = each;
    fmt::print("\nmemory: {:.1f} KiB for each of {} open TLS connections that have asked once; anonymous memory with "
               "{} users {:.1f} MiB, resident {:.1f} MiB\n",
               each, count, plan.users, static_cast<double>(before.anonymous) / 1024,
               static_cast<double>(before.resident) / 1024);
}

void cold(const Plan& plan, Results& results)
{
    auto floor = make_floor("floor", plan.programs, plan.folder / "cold-floor", plan.certificate);
    auto ours = our_side(plan, "cold-ours");
    std::vector<double> a;
    std::vector<double> b;
    for (auto* side : {&floor, &ours}) {
        side->start();
        side->seed(plan.users);
        side->stop();
    }
    for (int i = 0; i < 7; ++i)
        for (const auto& [side, into] : {std::pair{&floor, &b}, std::pair{&ours, &a}}) {
            into->push_back(side->start());
            side->stop();
        }
    results.findings["cold/start"] = median(a);
    fmt::print("\nstart with {} users, from exec to the first 200 over HTTPS (median of 7): {} {:.1f} ms, floor {:.1f} "
               "ms\n",
               plan.users, ours.name(), median(a), median(b));
}

// From outside a sweep cannot be timed by itself. So the server is made to sweep every 10 ms while nobody asks
// anything: what that costs more than a server that does not sweep is the cost of sweeps (and of waking up for them).
void sweep(const Plan& plan, Results& results)
{
    if (plan.self_check) return; // the floor has none
    auto ours = make_server(plan.programs, plan.folder / "sweep", plan.certificate);
    ours.start();
    ours.seed(plan.users);
    ours.stop();
    constexpr auto interval = 10ms;
    const auto watched = std::max<std::chrono::milliseconds>(plan.time, 2s);
    const auto idle_cpu = [&](const std::string& every) {
        ours.start({.slow_flush_us = 0, .prefix = {}, .settings = {"sweep.interval=" + every}});
        std::this_thread::sleep_for(1500ms); // past the first sweep
        const double before = cpu_seconds(ours.pid());
        std::this_thread::sleep_for(watched);
        const double used = cpu_seconds(ours.pid()) - before;
        ours.stop();
        return used;
    };
    const double sweeps = static_cast<double>(watched / interval);
    const double busy = idle_cpu("10ms");
    const double idle = idle_cpu("1h");
    const double each = std::max(0.0, busy - idle) * 1e6 / sweeps;
    results.findings["sweep/cpu"] = each;
    fmt::print("\npurge sweep with nothing due, {} users: {:.1f} us of CPU (a server that sweeps every 10 ms against "
               "one that does not; wake-ups included)\n",
               plan.users, each);
}

void durable(const Plan& plan, Results& results)
{
    constexpr int posts = 50;
    try {
        run({.program = "strace", .arguments = {"-V"}});
    } catch (const std::system_error&) {
        fmt::print("\ndurable: not measured, strace is not installed\n");
        return;
    }
    const auto trace = plan.folder / "durable.strace";
    auto ours = our_side(plan, "durable");
    // -D: the tracer stands aside and the server is our own child, so that stopping it stops it.
    ours.start({.slow_flush_us = 0,
                .prefix = {"strace", "-D", "-f", "-ttt", "-T", "-e", "trace=fsync,fdatasync", "-o", trace.string()},
                .settings = {}});
    std::vector<Span> asked;
    {
        Connection connection{ours.target(), client_context().get(), 10s};
        for (int i = 0; i < posts; ++i) {
            const auto request = request_of(ours, Scenario::post, fmt::format("durable{}", i));
            const double begin = wall_seconds();
            if (const int status = connection.exchange(request); status != 201)
                throw std::runtime_error(fmt::format("POST: {}", status));
            asked.push_back({begin, wall_seconds()});
        }
    }
    ours.stop();
    settle(); // for the tracer's last lines
    const auto flushes = flushes_in(contents_of(trace));
    const auto kept = covered(asked, flushes);
    results.findings["durable/share"] = static_cast<double>(kept) / posts;
    fmt::print("\ndurable: {} of {} POSTs had a flush that began after the request and ended before its answer ({} "
               "flushes seen)\n",
               kept, posts, flushes.size());
}

} // namespace conformance::load
