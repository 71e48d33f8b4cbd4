// What the store costs by itself: run by hand, beside the floor of bare SQLite. Prints microseconds of CPU per
// operation. usage: storage_measure DIR [USERS]
#include "core/base/json.hpp"
#include "storage/sqlite_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <sys/resource.h>
#include <vector>

namespace {

using core::Keep;

double cpu_microseconds()
{
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
           static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

// The median of five rounds.
void report(const char* what, int times, const std::function<void()>& work)
{
    std::vector<double> rounds;
    for (int round = 0; round < 5; ++round) {
        const double before = cpu_microseconds();
        for (int i = 0; i < times; ++i) work();
        rounds.push_back((cpu_microseconds() - before) / times);
    }
    std::sort(rounds.begin(), rounds.end());
    fmt::print("{:<40} {:8.2f} us\n", what, rounds[2]);
    std::fflush(stdout);
}

class Work {
public:
    explicit Work(storage::SqliteStore& store) : store_{store}
    {
        store_.registry([&](core::Registry& registry) {
            core::Organisation made;
            made.name = "acme";
            org_ = registry.create(made)->id;
            return Keep::yes;
        });
    }

    core::OrgId org() const { return org_; }
    const std::vector<core::UserId>& users() const { return users_; }
    static std::string name(std::size_t n) { return fmt::format("user{}@contoso.example", n); }

    storage::WriteJob insertion()
    {
        const std::size_t n = next_++;
        core::User user;
        user.id = ids_.next_user();
        user.user_name = name(n);
        user.external_id = core::to_text(ids_.next());
        user.created = user.last_modified = clock_.now();
        user.profile = core::Profile{
            core::json::read(
                fmt::format(R"({{"displayName":"User {0}","emails":[{{"type":"work","value":"u{0}@mail"}}],)"
                            R"("padding":"{1}"}})",
                            n, std::string(900, 'x')))
                ->as_object()};
        users_.push_back(user.id);
        return {org_,
                [user, this](core::WriteTxn& txn) {
                    if (!txn.insert(user)) std::abort();
                    txn.append(event(core::Activity::create_user, user));
                    return Keep::yes;
                },
                [](std::exception_ptr failure) {
                    if (failure) std::rethrow_exception(failure);
                }};
    }

    storage::WriteJob deactivation(const core::UserId& id)
    {
        return {org_,
                [id, this](core::WriteTxn& txn) {
                    core::User user = *txn.user(id);
                    user.status = user.is_active() ? core::Status::inactive : core::Status::active;
                    user.reason.reset();
                    if (!user.is_active()) user.reason = core::InactiveReason::directory;
                    user.last_modified = clock_.now();
                    user.version += 1;
                    if (!txn.replace(user, user.version - 1)) std::abort();
                    txn.append(event(core::Activity::deactivate_user, user));
                    return Keep::yes;
                },
                [](std::exception_ptr failure) {
                    if (failure) std::rethrow_exception(failure);
                }};
    }

private:
    core::Event event(core::Activity activity, const core::User& user) const
    {
        core::Event made;
        made.at = user.last_modified;
        made.actor = {"token", "abcdefghijkl"};
        made.activity = activity;
        made.target = {core::TargetKind::user, core::to_text(user.id), user.user_name, {}};
        made.request_id = "0190163d-8694-739b-aea5-966c26f8ad91";
        made.changes = {{"active", true, false}};
        return made;
    }

    storage::SqliteStore& store_;
    core::OrgId org_;
    core::SystemIds ids_;
    core::SystemClock clock_;
    std::vector<core::UserId> users_;
    std::size_t next_ = 0;
};

} // namespace

int main(int argc, char** argv)
{
    if (argc < 2) {
        fmt::print(stderr, "usage: storage_measure DIR [USERS]\n");
        return 2;
    }
    const int users = argc > 2 ? std::atoi(argv[2]) : 10'000;
    storage::Options options;
    options.file = std::filesystem::path{argv[1]} / "measure.db";
    for (const char* const suffix : {"", "-wal", "-shm"}) std::filesystem::remove(options.file.string() + suffix);
    storage::SqliteStore store{options};
    Work work{store};
    std::mt19937 random{42};
    const auto any_user = [&] { return work.users()[random() % work.users().size()]; };
    const auto any_name = [&] { return Work::name(random() % work.users().size()); };

    std::vector<storage::WriteJob> jobs;
    for (int n = 0; n < users; n += static_cast<int>(jobs.size())) {
        jobs.clear();
        for (int i = 0; i < 64; ++i) jobs.push_back(work.insertion());
        store.write_batch(jobs);
    }
    for (const int batch : {1, 8, 64}) {
        const int times = 1024 / batch;
        std::vector<std::vector<storage::WriteJob>> prepared(static_cast<std::size_t>(times) * 5);
        for (auto& each : prepared)
            for (int i = 0; i < batch; ++i) each.push_back(work.insertion());
        std::size_t next = 0;
        report(fmt::format("insert, {} in a commit: each commit", batch).c_str(), times,
               [&] { store.write_batch(prepared[next++]); });
    }
    for (const int batch : {1, 8, 64})
        report(fmt::format("deactivate, {} in a commit: each commit", batch).c_str(), 1024 / batch, [&] {
            jobs.clear();
            for (int i = 0; i < batch; ++i) jobs.push_back(work.deactivation(any_user()));
            store.write_batch(jobs);
        });
    report("read transaction, empty", 20'000, [&] { store.read(work.org()); });
    report("user by id", 20'000, [&] {
        if (!store.read(work.org())->user(any_user())) std::abort();
    });
    report("user by name", 20'000, [&] {
        if (!store.read(work.org())->user_named(any_name())) std::abort();
    });
    report("userName eq", 20'000, [&] {
        const auto where =
            core::Predicate::is({.extension = {}, .name = "userName", .sub = {}}, core::Comparison::eq, any_name());
        if (store.read(work.org())->users({.where = &where}).total != 1) std::abort();
    });
    report("userName eq, nobody", 20'000, [&] {
        const auto where = core::Predicate::is({.extension = {}, .name = "userName", .sub = {}}, core::Comparison::eq,
                                               std::string{"nobody"});
        if (store.read(work.org())->users({.where = &where}).total != 0) std::abort();
    });
    report("first 100", 500, [&] { store.read(work.org())->users({}); });
    const auto count = static_cast<std::int64_t>(work.users().size());
    const core::Sort by_name{{.extension = {}, .name = "userName", .sub = {}}, false};
    const core::Sort by_display_name{{.extension = {}, .name = "displayName", .sub = {}}, false};
    const auto page = [&](std::int64_t offset, const core::Sort* sort, const core::Position* after = nullptr) {
        core::Query query;
        query.offset = offset;
        query.sort = sort;
        query.after = after;
        query.positions = true;
        return store.read(work.org())->users(query).positions;
    };
    report("middle 100", 200, [&] { page(count / 2, nullptr); });
    report("last 100", 200, [&] { page(count - 100, nullptr); });
    const auto middle = page(count / 2, nullptr).back();
    report("100 behind a position in the middle", 200, [&] { page(0, nullptr, &middle); });
    report("sorted by userName, first 100", 200, [&] { page(0, &by_name); });
    report("sorted by userName, last 100", 10, [&] { page(count - 100, &by_name); });
    const auto middle_name = page(count / 2, &by_name).back();
    report("sorted by userName, 100 behind a position", 200, [&] { page(0, &by_name, &middle_name); });
    report("sorted by displayName, first 100", 3, [&] { page(0, &by_display_name); });
    report("title co (scan)", 3, [&] {
        const auto where =
            core::Predicate::is({.extension = {}, .name = "title", .sub = {}}, core::Comparison::co, std::string{"x"});
        store.read(work.org())->users({.where = &where});
    });
    report("change mark", 20'000, [&] { store.change_mark(); });
    report("purge sweep, nothing due", 20'000,
           [&] { store.read(work.org())->users_due_for_purge(core::Instant{}, 100); });
    return 0;
}
