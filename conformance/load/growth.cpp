// What costs grow with the number of users: the same questions at each size, on fresh stores.
#include "conformance/client.hpp"
#include "conformance/load/chart.hpp"
#include "conformance/load/measurements.hpp"
#include "conformance/load/runs.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <stdexcept>
#include <thread>

namespace conformance::load {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

struct Question {
    Scenario scenario;
    std::size_t connections;
    bool floor_too; // the floor answers it as well
    std::uint64_t requests = 5'000'000;
};
// What grows the store comes last.
constexpr std::array questions = {
    Question{Scenario::get, 8, true},    Question{Scenario::filter, 8, true},    Question{Scenario::first, 1, true},
    Question{Scenario::middle, 1, true}, Question{Scenario::last, 1, true},      Question{Scenario::cursor, 1, false},
    Question{Scenario::sort, 1, false},  Question{Scenario::sort_any, 1, false}, Question{Scenario::contains, 1, false},
    Question{Scenario::patch, 8, true},  Question{Scenario::post, 8, true},      Question{Scenario::bulk, 1, false, 50},
};

Client client_of(const Contestant& side)
{
    const auto& target = side.target();
    return Client{{.url = fmt::format("https://{}:{}{}", target.host, target.port, target.base),
                   .token = target.token,
                   .insecure = true,
                   .timeout = 60s}};
}

std::int64_t total_of(const Contestant& side)
{
    return client_of(side).get("/Users?count=0").json.at("totalResults").to_number<std::int64_t>();
}

// A group of that many of the side's users.
std::string make_group(Client& client, const std::vector<StoredUser>& users, std::size_t members)
{
    constexpr std::size_t at_once = 1000;
    const auto group =
        client.post("/Groups", json::object{{"schemas", json::array{"urn:ietf:params:scim:schemas:core:2.0:Group"}},
                                            {"displayName", fmt::format("bench group of {}", members)}});
    if (group.status != 201) throw std::runtime_error("POST /Groups: " + group.body);
    const std::string id{group.json.at("id").as_string()};
    for (std::size_t i = 0; i < members; i += at_once) {
        json::array values;
        for (std::size_t k = i; k < std::min(i + at_once, members); ++k)
            values.push_back(json::object{{"value", users[users.size() - 1 - k].id}});
        const auto added = client.patch(
            "/Groups/" + id,
            json::object{
                {"schemas", json::array{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}},
                {"Operations", json::array{json::object{{"op", "Add"}, {"path", "members"}, {"value", values}}}}});
        if (added.status >= 300) throw std::runtime_error("PATCH /Groups: " + added.body);
    }
    return id;
}

// KiB of the store's tables and indexes, by whether they keep history or the present.
struct Disk {
    double present = 0;
    double history = 0;
};
Disk disk_of(const std::filesystem::path& store)
{
    Disk disk;
    sqlite3* db = nullptr;
    sqlite3_stmt* rows = nullptr;
    constexpr auto sql =
        "SELECT s.tbl_name IN ('events', 'former_names', 'archive'), sum(d.pgsize) / 1024.0 FROM dbstat AS d "
        "JOIN sqlite_schema AS s ON s.name = d.name WHERE d.aggregate = TRUE GROUP BY 1";
    if (sqlite3_open_v2(store.c_str(), &db, SQLITE_OPEN_READONLY, nullptr) != SQLITE_OK ||
        sqlite3_prepare_v2(db, sql, -1, &rows, nullptr) != SQLITE_OK)
        fmt::print("  disk: not measured: {}\n", sqlite3_errmsg(db));
    while (rows != nullptr && sqlite3_step(rows) == SQLITE_ROW)
        (sqlite3_column_int(rows, 0) == 0 ? disk.present : disk.history) = sqlite3_column_double(rows, 1);
    sqlite3_finalize(rows);
    sqlite3_close_v2(db);
    return disk;
}

struct Size { // what was seen at one number of users
    std::size_t users = 0;
    std::map<std::string, Run> ours{}, floor{};
    double group_small = 0, group_large = 0; // CPU s/1k
    double memory = 0;                       // anonymous, MiB
    double disk = 0;                         // KiB for each user, without history
    double start = 0;                        // ms
    double purge_cpu = 0;                    // s for 100 users
    double purge_p99 = 0;                    // over that of the same GETs alone
};

// The median round by CPU.
Run middle(std::vector<Run> runs)
{
    std::ranges::sort(runs, {}, &Run::cpu);
    return runs[runs.size() / 2];
}

class Grown {
public:
    Grown(const Plan& plan, std::size_t users, Results& results)
        : plan_{plan}, results_{results}, folder_{plan.folder / fmt::format("growth-{}", users)},
          floor_{make_floor("floor", plan.programs, folder_ / "floor", plan.certificate)},
          ours_{make_server(plan.programs, folder_ / "ours", plan.certificate)}
    {
        seen_.users = users;
        set_policy(plan.programs, folder_ / "ours", "retention=1s");
    }

    // Goal 18 alone: no floor, no other questions.
    Size only_purge()
    {
        ours_.start();
        ours_.seed(seen_.users);
        purge();
        forget();
        return std::move(seen_);
    }

    Size go()
    {
        for (auto* side : {&floor_, &ours_}) {
            side->start();
            side->seed(seen_.users);
        }
        seen_.disk =
            (restart(), disk_of(folder_ / "ours" / "data" / "rollcall.db").present) / static_cast<double>(seen_.users);
        std::vector<double> starts;
        for (int i = 0; i < 5; ++i) starts.push_back(restart());
        seen_.start = median(starts);
        fmt::print("\n{} users: start {:.1f} ms, {:.2f} KiB of disk for each, without history\n", seen_.users,
                   seen_.start, seen_.disk);
        for (const auto& question : questions) {
            if (question.scenario == Scenario::patch) groups(); // reads are over: memory is what they left
            ask(question);
        }
        purge();
        forget();
        return std::move(seen_);
    }

private:
    void forget()
    {
        floor_.stop();
        ours_.stop();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    double restart(std::vector<std::string> settings = {})
    {
        ours_.stop();
        return ours_.start({.slow_flush_us = 0, .prefix = {}, .settings = std::move(settings)});
    }

    Shape shape_of(Scenario scenario, int round) const
    {
        Shape shape;
        shape.scenario = scenario;
        shape.tag = fmt::format("{}r{}u{}", scenario == Scenario::bulk ? "bulk" : "post", round, seen_.users);
        shape.stored = seen_.users;
        return shape;
    }

    Run one(Contestant& side, const Shape& shape, std::size_t connections, std::uint64_t requests)
    {
        const Bounds bounds{.time = plan_.time, .requests = requests, .patience = 60s};
        auto run = measure(side, shape, connections, bounds);
        results_.bad += run.outcome.bad();
        if (run.outcome.bad() > 0) fmt::print("  {}: first bad answer: {}\n", side.name(), run.outcome.first_bad);
        return run;
    }

    void ask(const Question& question)
    {
        std::vector<Run> a, b;
        for (int round = 0; round < plan_.rounds; ++round) {
            const auto shape = shape_of(question.scenario, round);
            if (question.floor_too) b.push_back(one(floor_, shape, question.connections, question.requests));
            a.push_back(one(ours_, shape, question.connections, question.requests));
        }
        const std::string name{word(question.scenario)};
        const Run ours = seen_.ours[name] = middle(a);
        fmt::print("  {:<13}{:>3} conn  p50 {:>9.3f} ms  p99 {:>9.3f} ms  CPU {:>9.4f} s/1k", name,
                   question.connections, ours.outcome.all.p50, ours.outcome.all.p99, ours.cpu);
        if (question.floor_too) {
            const Run floor = seen_.floor[name] = middle(b);
            fmt::print("   floor p50 {:>9.3f} ms  CPU {:>9.4f} s/1k", floor.outcome.all.p50, floor.cpu);
        }
        fmt::print("\n");
        std::fflush(stdout);
    }

    void groups()
    {
        seen_.memory = static_cast<double>(memory_of(ours_.pid()).anonymous) / 1024;
        auto client = client_of(ours_);
        const std::size_t many = std::min<std::size_t>(50'000, seen_.users / 2);
        const auto cost = [&](std::size_t members) {
            Shape shape = shape_of(Scenario::group_member, 0);
            shape.group = make_group(client, ours_.users(), members);
            std::vector<Run> runs;
            for (int round = 0; round < plan_.rounds; ++round) runs.push_back(one(ours_, shape, 8, 5'000'000));
            return middle(runs).cpu;
        };
        seen_.group_small = cost(10);
        seen_.group_large = cost(many);
        fmt::print("  one member more or less: CPU {:.4f} s/1k in a group of 10, {:.4f} s/1k in one of {}; anonymous "
                   "memory after "
                   "reads {:.1f} MiB\n",
                   seen_.group_small, seen_.group_large, many, seen_.memory);
    }

    // Soft-deletes users whose retention is a second, and watches the server's own sweep purge them. Both times GETs
    // are asked of a server that has just been started, so that only the sweep differs.
    void purge()
    {
        const std::size_t due = std::min<std::size_t>(10'000, seen_.users / 2);
        const std::vector<StoredUser> kept(ours_.users().begin() + static_cast<std::ptrdiff_t>(due),
                                           ours_.users().end());
        const Bounds bounds{.time = plan_.time, .requests = 5'000'000, .patience = 60s};
        const Shape shape = shape_of(Scenario::get, 0);
        restart();
        const auto alone = drive(ours_.target(), shape, kept, 8, bounds);
        const auto before = total_of(ours_);
        soft_delete(0, due);
        restart({"sweep.interval=100ms"}); // the first sweep begins with the server
        const auto beside = drive(ours_.target(), shape, kept, 8, bounds);
        wait_for(before - static_cast<std::int64_t>(due));
        seen_.purge_p99 = alone.all.p99 > 0 ? beside.all.p99 / alone.all.p99 : 0;

        // The cost alone: the same number again, without anybody asking.
        const std::size_t again = due / 2;
        restart();
        soft_delete(due, again);
        restart({"sweep.interval=100ms"});
        const double begun = cpu_seconds(ours_.pid());
        wait_for(before - static_cast<std::int64_t>(due + again));
        seen_.purge_cpu = (cpu_seconds(ours_.pid()) - begun) / static_cast<double>(again) * 100;
        fmt::print("  purge: {} due users gone; {:.2f} ms of CPU for 100 of them; p99 of GETs meanwhile {:.2f} ms, "
                   "alone {:.2f} ms\n",
                   due + again, seen_.purge_cpu * 1000, beside.all.p99, alone.all.p99);
    }

    // As Entra does it, from this place in the circle of users on; then past their retention.
    void soft_delete(std::size_t first, std::size_t count)
    {
        Shape shape = shape_of(Scenario::soft_delete, 0);
        shape.first_patch = first;
        const Bounds enough{.time = 10min, .requests = count, .patience = 60s};
        results_.bad += drive(ours_.target(), shape, ours_.users(), 8, enough).bad();
        std::this_thread::sleep_for(1500ms);
    }

    void wait_for(std::int64_t total)
    {
        for (int i = 0; i < 300; ++i) {
            if (total_of(ours_) <= total) return;
            std::this_thread::sleep_for(100ms);
        }
        throw std::runtime_error("the sweep leaves due users behind");
    }

    const Plan& plan_;
    Results& results_;
    std::filesystem::path folder_;
    Contestant floor_;
    Contestant ours_;
    Size seen_{};
};

void draw_growth(const std::filesystem::path& file, const std::vector<Size>& sizes)
{
    Chart chart{.title = "Cost of a request against users stored (ours; dashed: the bare floor)",
                .x = "users",
                .y = "CPU ms a request",
                .lines = {}};
    std::size_t colour = 0;
    for (const auto& question : questions) {
        const std::string name{word(question.scenario)};
        Line ours{.name = name, .points = {}, .dashed = false, .colour = colour};
        Line floor{.name = name + ", floor", .points = {}, .dashed = true, .colour = colour++};
        for (const auto& size : sizes) {
            ours.points.emplace_back(size.users, size.ours.at(name).cpu);
            if (question.floor_too) floor.points.emplace_back(size.users, size.floor.at(name).cpu);
        }
        chart.lines.push_back(std::move(ours));
        if (question.floor_too) chart.lines.push_back(std::move(floor));
    }
    std::ofstream out{file};
    out << draw(chart);
    if (!out.flush()) throw std::runtime_error(file.string() + " cannot be written");
    fmt::print("\ndrawn: {}\n", file.string());
}

void tell_purge(const std::vector<Size>& sizes, Results& results)
{
    results.findings["growth/purge_p99"] = sizes.back().purge_p99;
    if (sizes.size() > 1) results.findings["growth/purge"] = sizes.back().purge_cpu / sizes.front().purge_cpu;
}

} // namespace

void purge(const Plan& plan, Results& results)
{
    if (plan.self_check) return; // the floor purges nobody
    std::vector<Size> sizes;
    for (const auto users : plan.sizes) sizes.push_back(Grown{plan, users, results}.only_purge());
    tell_purge(sizes, results);
}

void growth(const Plan& plan, Results& results)
{
    if (plan.self_check) return;
    std::vector<Size> sizes;
    for (const auto users : plan.sizes) sizes.push_back(Grown{plan, users, results}.go());
    const auto& most = sizes.back();
    auto& findings = results.findings;
    findings["growth/last_ms"] = most.ours.at("last").outcome.all.p50;
    findings["growth/last_over_first"] = most.ours.at("last").outcome.all.p50 / most.ours.at("first").outcome.all.p50;
    findings["growth/memory"] = most.memory;
    findings["growth/disk"] = most.disk;
    findings["growth/start"] = most.start;
    findings["growth/group"] = most.group_large / most.group_small;
    tell_purge(sizes, results);
    if (sizes.size() > 1) {
        const auto& fewest = sizes.front();
        for (const auto* name : {"get", "filter", "patch", "post"})
            findings[fmt::format("growth/cpu/{}", name)] = most.ours.at(name).cpu / fewest.ours.at(name).cpu;
        findings["growth/memory_ratio"] = most.memory / fewest.memory;
    }
    if (!plan.picture.empty()) draw_growth(plan.picture, sizes);
}

} // namespace conformance::load
