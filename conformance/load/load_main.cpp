// rollcall-load: loads a SCIM server on this machine, or fills it with users. One JSON line as result.
#include "conformance/load/driver.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <fstream>

namespace {

using namespace conformance::load;

std::vector<StoredUser> read_users(const std::string& file)
{
    std::vector<StoredUser> users;
    std::ifstream in{file};
    for (std::string line; std::getline(in, line);)
        if (const auto tab = line.find('\t'); tab != line.npos)
            users.push_back({.id = line.substr(0, tab), .user_name = line.substr(tab + 1)});
    return users;
}

} // namespace

int main(int argc, char** argv)
try {
    CLI::App app{
        "Loads a SCIM server on this machine over HTTPS and prints one line of JSON; `seed` fills it with users."};
    app.require_subcommand(1);
    std::string url;
    std::string token;
    std::string users_file;
    std::size_t connections = 8;

    Shape shape;
    std::string scenario = "get";
    double seconds = 3;
    std::uint64_t requests = 1'000'000;
    auto* run = app.add_subcommand("run", "One scenario, bounded in time and count");
    run->add_option("--scenario", scenario, "get filter miss list patch post sync mixed beside")->capture_default_str();
    run->add_option("--seconds", seconds)->capture_default_str()->check(CLI::Range(0.1, 3600.0));
    run->add_option("--requests", requests, "At most this many")->capture_default_str();
    run->add_option("--tag", shape.tag, "Makes new users unlike those of other runs")->capture_default_str();
    run->add_option("--page", shape.page, "Users a page of list")->capture_default_str();
    run->add_option("--pages", shape.pages, "Pages that list asks for")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    run->add_option("--writers", shape.writers, "Connections of beside that post")->capture_default_str();
    run->add_option("--first-patch", shape.first_patch, "Where the circle of patches goes on")->capture_default_str();

    std::size_t count = 10'000;
    std::string prefix = "seed";
    auto* fill = app.add_subcommand("seed", "POSTs users and writes their ID<TAB>USERNAME lines");
    fill->add_option("--count", count)->capture_default_str();
    fill->add_option("--prefix", prefix)->capture_default_str();

    for (auto* each : {run, fill}) {
        each->add_option("--url", url, "SCIM root, e.g. https://127.0.0.1:8443/orgs/default/scim/v2")->required();
        each->add_option("--token", token, "Bearer token")->envname("ROLLCALL_LOAD_TOKEN")->required();
        each->add_option("--connections", connections)->capture_default_str()->check(CLI::Range(1, 10'000));
    }
    run->add_option("--users", users_file, "File of ID<TAB>USERNAME lines, as `seed` writes it");
    fill->add_option("--users", users_file, "Where to write them")->required();
    CLI11_PARSE(app, argc, argv);

    const Target target = target_from(url, token);
    if (fill->parsed()) {
        const auto users = seed(target, count, connections, prefix);
        std::ofstream out{users_file};
        for (const auto& user : users) out << user.id << '\t' << user.user_name << '\n';
        if (!out.flush()) throw std::runtime_error(users_file + " cannot be written");
        fmt::print("{{\"users\":{}}}\n", users.size());
        return 0;
    }
    const auto wanted = scenario_from(scenario);
    if (!wanted) throw std::invalid_argument("there is no scenario " + scenario);
    shape.scenario = *wanted;
    const Bounds bounds{.time = std::chrono::milliseconds{static_cast<std::int64_t>(seconds * 1000)},
                        .requests = requests,
                        .patience = std::chrono::seconds{30}};
    const auto outcome = drive(target, shape, read_users(users_file), connections, bounds);
    fmt::print("{}\n", to_json(outcome, shape, connections));
    if (outcome.bad() > 0) fmt::print(stderr, "first bad answer: {}\n", outcome.first_bad);
    return outcome.bad() == 0 ? 0 : 1;
} catch (const std::exception& failure) {
    fmt::print(stderr, "rollcall-load: {}\n", failure.what());
    return 2;
}
