// rollcall-bench: the server beside a floor, in turn, within the same minutes. `./dev bench` runs it.
#include "conformance/load/goals.hpp"
#include "conformance/load/measurements.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>

namespace {

using namespace conformance::load;

struct Measurement {
    const char* name;
    void (*run)(const Plan&, Results&);
    const char* help;
};
constexpr std::array measurements = {
    Measurement{"compare", compare, "every scenario against the floor (goals 1, 2, 3, 4, 6)"},
    Measurement{"slow-flush", slow_flush, "POST when a flush takes 2 ms more (goal 10)"},
    Measurement{"beside", beside, "reads beside writes (goal 11)"},
    Measurement{"durable", durable, "each POST waits for its flush; needs strace (goal 12)"},
    Measurement{"memory", memory, "memory for each open TLS connection (goal 14)"},
    Measurement{"cold", cold, "start to the first 200 (goal 16)"},
    Measurement{"sweep", sweep, "a purge sweep with nothing due (goal 17)"},
    Measurement{"tls", tls, "full handshakes and resumption (goal 19)"},
    Measurement{"scan", scan_beside, "reads beside scans"},
    Measurement{"initial-sync", initial_sync, "Entra's first sync of --sync-users (goal 20)"},
    Measurement{"tenants", tenants, "100 tenants at 25 requests/s each (goal 21)"},
    Measurement{"purge", purge, "what growth says of purges alone, at each of --sizes (goal 18)"},
    Measurement{"growth", growth, "cost against users at each of --sizes (goals 5, 9, 13, 15, 16, 18)"},
};

std::string to_json(const Results& results)
{
    std::string text = "{\"rows\":[";
    for (std::size_t i = 0; i < results.rows.size(); ++i) {
        const auto& row = results.rows[i];
        text += fmt::format(R"({}{{"scenario":"{}","connections":{},"side":"{}","rps":{:.2f},"p50_ms":{:.4f},)"
                            R"("p99_ms":{:.4f},"cpu_s_per_1000":{:.5f},"rss_mib":{:.1f},"bad":{}}})",
                            i ? "," : "", row.scenario, row.connections, row.side, row.rps, row.p50, row.p99, row.cpu,
                            row.resident, row.bad);
    }
    text += "],\"findings\":{";
    const char* comma = "";
    for (const auto& [name, value] : results.findings)
        text += fmt::format("{}\"{}\":{:.5f}", std::exchange(comma, ","), name, value);
    text += "},\"goals\":[";
    comma = "";
    for (const auto& goal : goals()) {
        const auto verdict = judge(goal, results.findings);
        if (verdict == Verdict::not_measured) continue;
        text += fmt::format(R"({}{{"goal":{},"what":"{}","measured":{:.4f},"base":{},"stretch":{},"verdict":"{}"}})",
                            std::exchange(comma, ","), goal.number, goal.what,
                            results.findings.at(std::string{goal.finding}), goal.base, goal.stretch, word(verdict));
    }
    return text + "]}\n";
}

} // namespace

int main(int argc, char** argv)
try {
    CLI::App app{"Runs rollcall and a floor in turn on this machine and judges the goals of docs/performance.md.\n"
                 "Exit code: 0 all measured goals reach their base, 1 some do not, 2 nothing could be measured."};
    const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    Plan plan;
    plan.programs = {.server = here / "rollcall",
                     .floor = here / "rollcall-floor-scim",
                     .slow_flush = here / "librollcall_slow_flush.so"};
    std::vector<std::string> wanted;
    std::vector<std::string> scenarios = {"get", "filter", "miss", "list", "patch", "post", "sync", "mixed"};
    bool quick = false;
    bool with_slow_flush = false;
    double seconds = 3;
    std::string json_file;
    std::string keep;
    std::string help = "What to measure (compare unless named; all: everything):";
    for (const auto& each : measurements) help += fmt::format("\n  {:<13}{}", each.name, each.help);
    app.add_option("WHAT", wanted, help);
    app.add_flag("--quick", quick, "One second, 3 rounds, 8 connections (and 64 for post): under two minutes");
    auto* scenario_option = app.add_option("--scenarios", scenarios, "Comma-separated")->delimiter(',');
    auto* connection_option = app.add_option("--connections", plan.connections, "Comma-separated")->delimiter(',');
    auto* round_option = app.add_option("--rounds", plan.rounds)->check(CLI::Range(1, 1000));
    auto* second_option = app.add_option("--seconds", seconds, "Of each run")->check(CLI::Range(0.1, 600.0));
    app.add_option("--users", plan.users, "Stored before each measurement")
        ->capture_default_str()
        ->check(CLI::Range(100, 10'000'000));
    app.add_option("--sizes", plan.sizes, "Of growth: users stored, fewest first; 1000000 takes some ten minutes more")
        ->delimiter(',')
        ->capture_default_str()
        ->check(CLI::Range(1'000, 10'000'000));
    app.add_option("--picture", plan.picture, "Of growth: draw cost against users into this SVG");
    app.add_option("--sync-users", plan.sync_users)->capture_default_str()->check(CLI::Range(100, 10'000'000));
    app.add_flag("--slow-flush", with_slow_flush, "Measure slow-flush too");
    app.add_option("--server", plan.programs.server, "The rollcall program")->capture_default_str();
    app.add_flag("--self-check", plan.self_check, "The floor against a second floor: shows this machine's noise");
    app.add_option("--json", json_file, "Also write everything to this file");
    app.add_option("--folder", keep, "Where stores and logs are made (a temporary folder); the disk matters");
    CLI11_PARSE(app, argc, argv);

    if (wanted.empty()) wanted = {"compare"};
    if (with_slow_flush) wanted.emplace_back("slow-flush");
    const bool all = std::ranges::count(wanted, "all") > 0;
    for (const auto& name : wanted)
        if (name != "all" && std::ranges::none_of(measurements, [&](const auto& m) { return name == m.name; }))
            throw std::invalid_argument("nothing is called " + name + "; see --help");
    for (const auto& name : scenarios) {
        const auto scenario = scenario_from(name);
        if (!scenario) throw std::invalid_argument("there is no scenario " + name);
        plan.scenarios.push_back(*scenario);
    }
    // What grows the store comes last: the others are measured at the size that was asked for.
    std::ranges::stable_partition(plan.scenarios, [](Scenario s) { return !grows_the_store(s); });
    if (quick) {
        if (second_option->empty()) seconds = 1;
        if (round_option->empty()) plan.rounds = 3;
        if (connection_option->empty()) plan.connections = {8};
        if (scenario_option->empty() && connection_option->empty()) plan.quick_post_connections = 64;
    }
    plan.time = std::chrono::milliseconds{static_cast<std::int64_t>(seconds * 1000)};
    for (const auto& program :
         {plan.self_check ? plan.programs.floor : plan.programs.server, plan.programs.floor, plan.programs.slow_flush})
        if (!std::filesystem::exists(program))
            throw std::invalid_argument(program.string() +
                                        " is missing; build it first (targets rollcall and bench_programs)");
    plan.programs.slow_flush = std::filesystem::absolute(plan.programs.slow_flush);

    std::optional<conformance::TemporaryDirectory> temporary;
    if (keep.empty())
        plan.folder = temporary.emplace("rollcall-bench").path();
    else
        std::filesystem::create_directories(plan.folder = keep);
    plan.certificate = make_certificate(plan.folder);

    Results results;
    for (const auto& each : measurements)
        if (all || std::ranges::count(wanted, each.name) > 0) {
            each.run(plan, results);
            std::fflush(stdout);
        }
    const auto judgement = judge_all(results.findings);
    fmt::print("\n{}", judgement.text);
    if (!json_file.empty()) {
        std::ofstream out{json_file};
        out << to_json(results);
        if (!out.flush()) throw std::runtime_error(json_file + " cannot be written");
    }
    if (results.bad > 0) {
        fmt::print("\n{} bad answers or socket errors: rows with any are no results\n", results.bad);
        return 2;
    }
    return judgement.base_reached ? 0 : 1;
} catch (const std::exception& failure) {
    fmt::print(stderr, "rollcall-bench: {}\n", failure.what());
    return 2;
}
