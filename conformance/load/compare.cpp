#include "conformance/load/measurements.hpp"
#include "conformance/load/runs.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <utility>

namespace conformance::load {
namespace {

Row row_of(const std::string& scenario, std::size_t connections, const Contestant& side, const std::vector<Run>& runs)
{
    Row row{.scenario = scenario,
            .connections = connections,
            .side = side.name(),
            .rps = median_of(runs, rps),
            .p50 = median_of(runs, p50),
            .p99 = median_of(runs, p99),
            .cpu = median_of(runs, cpu),
            .resident = runs.back().resident};
    for (const auto& run : runs) row.bad += run.outcome.bad();
    return row;
}

void print_head()
{
    fmt::print("{:<9}{:>5}  {:<10}{:>9}{:>9}{:>9}{:>9}{:>9}{:>6}   ours/floor: req/s   p50   p99   CPU\n", "scenario",
               "conn", "side", "req/s", "p50 ms", "p99 ms", "CPU s/1k", "RSS MiB", "bad");
}

void print_row(const Row& row)
{
    fmt::print("{:<9}{:>5}  {:<10}{:>9.0f}{:>9.2f}{:>9.2f}{:>9.4f}{:>9.1f}{:>6}", row.scenario, row.connections,
               row.side, row.rps, row.p50, row.p99, row.cpu, row.resident, row.bad);
}

struct Pairing {
    Contestant& ours;
    Contestant& floor;
};

// Runs both sides in turn, the order swapped each round, and reports one line for each.
std::pair<std::vector<Run>, std::vector<Run>> take_turns(const Pairing& sides, const Plan& plan, Scenario scenario,
                                                         std::size_t connections)
{
    std::vector<Run> ours;
    std::vector<Run> floor;
    const Bounds bounds{.time = plan.time, .requests = 5'000'000, .patience = std::chrono::seconds{30}};
    for (int round = 0; round < plan.rounds; ++round) {
        Shape shape;
        shape.scenario = scenario;
        shape.tag = fmt::format("{}{}r{}", word(scenario), connections, round);
        shape.pages = std::max<std::size_t>(1, std::min<std::size_t>(50, plan.users / shape.page));
        const auto one = [&](Contestant& side, std::vector<Run>& into) {
            into.push_back(measure(side, shape, connections, bounds));
        };
        if (round % 2 == 0) one(sides.floor, floor);
        one(sides.ours, ours);
        if (round % 2 == 1) one(sides.floor, floor);
    }
    return {std::move(ours), std::move(floor)};
}

void tell_bad(const std::vector<Run>& runs, const Contestant& side, Results& results)
{
    for (const auto& run : runs) {
        results.bad += run.outcome.bad();
        if (run.outcome.bad() == 0) continue;
        fmt::print("  {}: first bad answer: {}\n", side.name(), run.outcome.first_bad);
        return;
    }
}

void print_split(const char* what, const std::vector<Run>& ours, const std::vector<Run>& floor,
                 Latencies Outcome::*which)
{
    const auto half = [&](const Run& run) { return (run.outcome.*which).p50; };
    const auto tail = [&](const Run& run) { return (run.outcome.*which).p99; };
    fmt::print("{:>14}  {:<6} p50 {:.2f} ms, p99 {:.2f} ms; floor p50 {:.2f} ms, p99 {:.2f} ms\n", "", what,
               median_of(ours, half), median_of(ours, tail), median_of(floor, half), median_of(floor, tail));
}

} // namespace

Contestant our_side(const Plan& plan, const char* folder)
{
    const auto below = plan.folder / folder;
    return plan.self_check ? make_floor("floor 2", plan.programs, below, plan.certificate)
                           : make_server(plan.programs, below, plan.certificate);
}

void compare(const Plan& plan, Results& results)
{
    auto floor = make_floor("floor", plan.programs, plan.folder / "compare-floor", plan.certificate);
    auto ours = our_side(plan, "compare-ours");
    for (auto* side : {&floor, &ours}) {
        side->start();
        side->seed(plan.users);
    }
    fmt::print("{} users on each side, {} rounds of {} ms in turn\n", plan.users, plan.rounds, plan.time.count());
    print_head();
    for (const auto scenario : plan.scenarios) {
        auto counts = plan.connections;
        if (scenario == Scenario::post && plan.quick_post_connections > 0)
            counts.push_back(plan.quick_post_connections);
        for (const auto connections : counts) {
            const auto [a, b] = take_turns({ours, floor}, plan, scenario, connections);
            const std::string name{word(scenario)};
            for (const auto& [side, runs] : {std::pair{&floor, &b}, std::pair{&ours, &a}}) {
                results.rows.push_back(row_of(name, connections, *side, *runs));
                print_row(results.rows.back());
                if (side == &floor) fmt::print("\n");
            }
            const double rps_ratio = ratio_of(a, b, rps);
            const double cpu_ratio = ratio_of(a, b, cpu);
            fmt::print("{:>19.2f}{:>6.2f}{:>6.2f}{:>6.2f}\n", rps_ratio, ratio_of(a, b, p50), ratio_of(a, b, p99),
                       cpu_ratio);
            if (scenario == Scenario::mixed || scenario == Scenario::sync || scenario == Scenario::beside) {
                print_split("reads", a, b, &Outcome::reads);
                print_split("writes", a, b, &Outcome::writes);
            }
            results.findings[fmt::format("rps/{}/{}", name, connections)] = rps_ratio;
            results.findings[fmt::format("cpu/{}/{}", name, connections)] = cpu_ratio;
            tell_bad(a, ours, results);
            tell_bad(b, floor, results);
            std::fflush(stdout);
        }
    }
}

void slow_flush(const Plan& plan, Results& results)
{
    constexpr std::size_t connections = 64;
    auto floor = make_floor("floor", plan.programs, plan.folder / "slow-floor", plan.certificate, Commits::one_a_write);
    auto ours = our_side(plan, "slow-ours");
    for (auto* side : {&floor, &ours}) {
        side->start();
        side->seed(plan.users);
        side->stop();
        side->start({.slow_flush_us = 2000});
    }
    fmt::print("\nPOST when a flush takes 2 ms more; the floor commits each write alone\n");
    const auto [a, b] = take_turns({ours, floor}, plan, Scenario::post, connections);
    print_head();
    results.rows.push_back(row_of("slow post", connections, floor, b));
    print_row(results.rows.back());
    results.rows.push_back(row_of("slow post", connections, ours, a));
    fmt::print("\n");
    print_row(results.rows.back());
    fmt::print("{:>19.2f}{:>6.2f}{:>6.2f}{:>6.2f}\n", ratio_of(a, b, rps), ratio_of(a, b, p50), ratio_of(a, b, p99),
               ratio_of(a, b, cpu));
    results.findings["slow/rps"] = ratio_of(a, b, rps);
    results.findings["slow/p99"] = median_of(a, p99);
    tell_bad(a, ours, results);
    tell_bad(b, floor, results);
}

void beside(const Plan& plan, Results& results)
{
    auto ours = our_side(plan, "beside");
    ours.start();
    ours.seed(plan.users);
    ours.stop();
    ours.start({.slow_flush_us = 2000});
    const Bounds bounds{.time = plan.time, .requests = 5'000'000, .patience = std::chrono::seconds{30}};
    std::vector<double> alone;
    std::vector<double> together;
    std::vector<double> ratios;
    for (int round = 0; round < plan.rounds; ++round) {
        Shape shape;
        shape.scenario = Scenario::get;
        const auto quiet = ours.run(shape, 8, bounds);
        shape.scenario = Scenario::beside;
        shape.tag = fmt::format("beside{}", round);
        shape.writers = 8;
        const auto busy = ours.run(shape, 16, bounds);
        results.bad += quiet.bad() + busy.bad();
        alone.push_back(quiet.reads.p99);
        together.push_back(busy.reads.p99);
        if (quiet.reads.p99 > 0) ratios.push_back(busy.reads.p99 / quiet.reads.p99);
    }
    results.findings["beside/p99"] = median(ratios);
    fmt::print("\nGETs on 8 connections, p99: alone {:.2f} ms; beside 8 posting connections whose flushes take 2 ms "
               "more {:.2f} ms\n",
               median(alone), median(together));
}

void scan_beside(const Plan& plan, Results& results)
{
    auto ours = our_side(plan, "scan");
    ours.start();
    ours.seed(plan.users);
    const Bounds bounds{.time = plan.time, .requests = 5'000'000, .patience = std::chrono::seconds{30}};
    std::vector<double> alone, together, ratios, scans;
    for (int round = 0; round < plan.rounds; ++round) {
        Shape shape;
        shape.scenario = Scenario::get;
        const auto quiet = ours.run(shape, 8, bounds);
        shape.scenario = Scenario::scan_beside;
        shape.writers = 1;
        const auto busy = ours.run(shape, 9, bounds);
        results.bad += quiet.bad() + busy.bad();
        alone.push_back(quiet.reads.p99);
        together.push_back(busy.reads.p99);
        scans.push_back(busy.writes.p50);
        if (quiet.reads.p99 > 0) ratios.push_back(busy.reads.p99 / quiet.reads.p99);
    }
    results.findings["scan/p99"] = median(ratios);
    fmt::print("\nGETs on 8 connections, p99: alone {:.2f} ms; beside a connection that scans {} users for nothing, "
               "{:.1f} ms each time, {:.2f} ms\n",
               median(alone), plan.users, median(scans), median(together));
}

void initial_sync(const Plan& plan, Results& results)
{
    const std::size_t users = plan.sync_users;
    auto floor = make_floor("floor", plan.programs, plan.folder / "sync-floor", plan.certificate);
    auto ours = our_side(plan, "sync-ours");
    Shape shape;
    shape.scenario = Scenario::sync;
    shape.tag = "initial";
    const Bounds bounds{.time = std::chrono::minutes{30}, .requests = 2 * users, .patience = std::chrono::seconds{30}};
    std::vector<Run> a, b;
    for (const auto& [side, into] : {std::pair{&floor, &b}, std::pair{&ours, &a}}) {
        side->start();
        into->push_back(measure(*side, shape, 8, bounds));
        tell_bad(*into, *side, results);
    }
    const auto seconds = [](const Run& run) { return run.outcome.seconds; };
    results.findings["initial/time"] = ratio_of(a, b, seconds);
    results.findings["initial/cpu"] = ratio_of(a, b, cpu);
    const double requests = static_cast<double>(2 * users) / 1000;
    fmt::print("\ninitial sync of {} users on 8 connections: {} {:.1f} s, {:.1f} CPU s; floor {:.1f} s, {:.1f} CPU s\n",
               users, ours.name(), median_of(a, seconds), median_of(a, cpu) * requests, median_of(b, seconds),
               median_of(b, cpu) * requests);
}

void tenants(const Plan& plan, Results& results)
{
    if (plan.self_check) return; // the floor has one
    constexpr std::size_t count = 100;
    constexpr double rate = 25;
    auto ours = make_server(plan.programs, plan.folder / "tenants", plan.certificate);
    Shape shape;
    shape.scenario = Scenario::sync;
    shape.tag = "tenant";
    shape.rate = rate;
    for (std::size_t i = 0; i < count; ++i)
        shape.tenants.push_back(add_organisation(plan.programs, plan.folder / "tenants", fmt::format("tenant-{}", i)));
    ours.start({.slow_flush_us = 2000});
    const Bounds bounds{.time = std::max<std::chrono::milliseconds>(plan.time, std::chrono::seconds{10}),
                        .requests = 5'000'000,
                        .patience = std::chrono::seconds{30}};
    const auto run = measure(ours, shape, count, bounds);
    tell_bad({run}, ours, results);
    const double cores = run.cpu / 1000 * run.outcome.rps;
    results.findings["tenants/p99"] = run.outcome.all.p99;
    results.findings["tenants/errors"] = static_cast<double>(run.outcome.bad());
    results.findings["tenants/cores"] = cores;
    fmt::print("\n{} tenants at {} requests/s each, flush +2 ms: {:.0f} requests/s answered, p50 {:.1f} ms, p99 {:.1f} "
               "ms, {} errors, {:.2f} cores\n",
               count, rate, run.outcome.rps, run.outcome.all.p50, run.outcome.all.p99, run.outcome.bad(), cores);
}

} // namespace conformance::load
