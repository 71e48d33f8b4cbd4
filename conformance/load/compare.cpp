#include "conformance/load/measurements.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <utility>

namespace conformance::load {
namespace {

struct Run {
    Outcome outcome;
    double cpu = 0; // seconds for 1000 requests
    double resident = 0;
};

Run measure(Contestant& side, const Shape& shape, std::size_t connections, const Bounds& bounds)
{
    double before = 0;
    double after = 0;
    const Watch watch{.begins = [&] { before = cpu_seconds(side.pid()); },
                      .ends = [&] { after = cpu_seconds(side.pid()); },
                      .answer = {}};
    Run run;
    run.outcome = side.run(shape, connections, bounds, watch);
    if (run.outcome.requests > 0) run.cpu = (after - before) * 1000 / static_cast<double>(run.outcome.requests);
    run.resident = static_cast<double>(memory_of(side.pid()).resident) / 1024;
    return run;
}

template<class Pick>
double median_of(const std::vector<Run>& runs, Pick pick)
{
    std::vector<double> values;
    for (const auto& run : runs) values.push_back(pick(run));
    return median(std::move(values));
}

// The median over rounds of ours/floor: both were measured within the same seconds.
template<class Pick>
double ratio_of(const std::vector<Run>& ours, const std::vector<Run>& floor, Pick pick)
{
    std::vector<double> values;
    for (std::size_t i = 0; i < ours.size(); ++i)
        if (pick(floor[i]) > 0) values.push_back(pick(ours[i]) / pick(floor[i]));
    return median(std::move(values));
}

double rps(const Run& run) { return run.outcome.rps; }
double p50(const Run& run) { return run.outcome.all.p50; }
double p99(const Run& run) { return run.outcome.all.p99; }
double cpu(const Run& run) { return run.cpu; }

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

} // namespace conformance::load
