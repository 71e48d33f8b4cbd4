// What only the store on SQLite promises: batches, faults, crashes, two processes, backup and check.
#include "storage/faulty_vfs.hpp"
#include "storage/test_world.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>
#include <sqlite3.h>

#include <atomic>
#include <csignal>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace storage;
using namespace storage::testing;
using core::Keep;

namespace {

struct World : SqliteWorld {
    core::OrgId org = organisation(store(), "acme");
};

struct FaultyWorld {
    Directory directory;
    Options options{.file = directory / "rollcall.db",
                    .create = true,
                    .accounts_unique = AccountsUnique::server,
                    .default_policy = {},
                    .read_limit = std::chrono::seconds{60},
                    .vfs = faulty_vfs()};
    std::unique_ptr<SqliteStore> sqlite = std::make_unique<SqliteStore>(options);
    core::OrgId org = organisation(*sqlite, "acme");
    ~FaultyWorld() { mend(); }
};

enum class Answer { none, kept, full, failed, other };

Answer answer_of(const std::exception_ptr& failure)
{
    if (!failure) return Answer::kept;
    try {
        std::rethrow_exception(failure);
    } catch (const core::StorageFull&) {
        return Answer::full;
    } catch (const core::StorageFailed&) {
        return Answer::failed;
    } catch (...) {
        return Answer::other;
    }
}

// The statements of every connection that is opened while this lives, as they are prepared.
class Watched {
public:
    Watched() { sqlite3_auto_extension(reinterpret_cast<void (*)()>(&watch_over)); }
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;
    ~Watched() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(&watch_over)); }

    std::set<std::string> taken() const { return std::exchange(seen(), {}); }

private:
    static std::set<std::string>& seen() // this thread's: its own connection reads inline
    {
        static thread_local std::set<std::string> statements;
        return statements;
    }
    static int see(unsigned, void*, void* statement, void*)
    {
        if (const char* text = sqlite3_sql(static_cast<sqlite3_stmt*>(statement))) seen().insert(text);
        return 0;
    }
    static int watch_over(sqlite3* connection, const char**, const sqlite3_api_routines*)
    {
        return sqlite3_trace_v2(connection, SQLITE_TRACE_STMT, &see, nullptr);
    }
};

// How many steps SQLite takes on this thread, over connections opened while this lives: work counted, not timed.
class Steps {
public:
    Steps() { sqlite3_auto_extension(reinterpret_cast<void (*)()>(&count_on)); }
    Steps(const Steps&) = delete;
    Steps& operator=(const Steps&) = delete;
    ~Steps() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(&count_on)); }

    std::int64_t of(const std::function<void()>& work) const
    {
        taken() = 0;
        work();
        return taken();
    }

private:
    static std::int64_t& taken()
    {
        static thread_local std::int64_t steps = 0;
        return steps;
    }
    static int count(unsigned, void*, void* statement, void*)
    {
        taken() += sqlite3_stmt_status(static_cast<sqlite3_stmt*>(statement), SQLITE_STMTSTATUS_VM_STEP, 1);
        return 0;
    }
    static int count_on(sqlite3* connection, const char**, const sqlite3_api_routines*)
    {
        return sqlite3_trace_v2(connection, SQLITE_TRACE_PROFILE, &count, nullptr);
    }
};

struct Batch {
    core::OrgId org;
    std::vector<WriteJob> jobs = {};
    std::vector<Answer> answers = {};

    void add(std::function<Keep(core::WriteTxn&)> work)
    {
        const std::size_t at = jobs.size();
        jobs.push_back({org, std::move(work), [this, at](std::exception_ptr failure) {
                            answers.resize(jobs.size(), Answer::none);
                            answers[at] = answer_of(failure);
                        }});
    }
    void add_user(std::string name)
    {
        add([made = user(std::move(name))](core::WriteTxn& txn) {
            txn.append(event(core::Activity::create_user, {core::TargetKind::user, core::to_text(made.id), "", {}}));
            return txn.insert(made).has_value() ? Keep::yes : Keep::no;
        });
    }
    long count(Answer answer) const { return std::count(answers.begin(), answers.end(), answer); }
};

// What must hold whatever went wrong before: as many users and events as were kept, a whole chain, a working store.
void check_sound(SqliteStore& store, core::OrgId org, long users)
{
    CHECK(store.check() == std::vector<std::string>{});
    const auto txn = store.read(org);
    CHECK(txn->users({}).total == users);
    CHECK(static_cast<long>(txn->users({.limit = 1000}).items.size()) == users);
    CHECK(static_cast<long>(txn->events({}).size()) == users);
}

#ifdef ROLLCALL_FAILPOINTS
// Runs `work` in a process of its own; the exit status as waitpid gives it.
int in_another_process(const std::function<void()>& work)
{
    const pid_t child = ::fork();
    if (child == 0) {
        std::signal(SIGABRT, SIG_DFL); // the test program's handler would report it as a failure of its own
        work();
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
}
#endif

} // namespace

TEST_CASE("a batch keeps each job's work by itself and answers after the one commit")
{
    World world;
    Batch batch{world.org};
    batch.add_user("bob");
    batch.add_user("BOB"); // refused: taken
    batch.add([](core::WriteTxn& txn) -> Keep {
        CHECK(txn.insert(user("half")).has_value());
        throw std::logic_error{"a bug"};
    });
    batch.add_user("eve");
    batch.jobs.push_back({core::OrgId{999}, [](core::WriteTxn&) { return Keep::yes; },
                          [&](std::exception_ptr failure) { CHECK(answer_of(failure) == Answer::other); }});
    world.sqlite->write_batch(batch.jobs);
    CHECK(batch.answers == std::vector{Answer::kept, Answer::kept, Answer::other, Answer::kept, Answer::none});
    CHECK_FALSE(world.sqlite->read(world.org)->user_named("half"));
    check_sound(*world.sqlite, world.org, 2);
}

TEST_CASE("a refusal that comes after a change undoes that job alone")
{
    World world;
    int runs = 0;
    Batch batch{world.org};
    batch.add_user("bob");
    batch.add([&](core::WriteTxn& txn) {
        ++runs;
        CHECK(txn.insert(user("half")).has_value());
        txn.append(event(core::Activity::create_user, {}));
        return Keep::no;
    });
    batch.add_user("eve");
    world.sqlite->write_batch(batch.jobs);
    CHECK(batch.count(Answer::kept) == 3);
    CHECK(runs == 2); // the batch began again
    CHECK_FALSE(world.sqlite->read(world.org)->user_named("half"));
    check_sound(*world.sqlite, world.org, 2);
}

TEST_CASE("a view does not change while others write")
{
    World world;
    REQUIRE(insert(world.store(), world.org, user("bob")));
    const auto before = world.store().read(world.org);
    CHECK(before->users({}).total == 1);
    REQUIRE(insert(world.store(), world.org, user("eve")));
    CHECK(before->users({}).total == 1);
    CHECK(before->users({}).items.size() == 1);
    CHECK_FALSE(before->user_named("eve"));
    CHECK(world.store().read(world.org)->users({}).total == 2);
}

TEST_CASE("REL-05: a full disk in the middle of a batch: nobody of it was told otherwise")
{
    const int nth = GENERATE(1, 2, 3, 5, 8);
    FaultyWorld world;
    REQUIRE(insert(*world.sqlite, world.org, user("before")));
    change(*world.sqlite, world.org, [](core::WriteTxn& txn) { txn.append(event(core::Activity::create_user, {})); });
    Batch batch{world.org};
    for (int i = 0; i < 8; ++i) batch.add_user("u" + std::to_string(i));
    break_at(Fault::disk_full, nth);
    world.sqlite->write_batch(batch.jobs);
    CHECK(has_broken());
    CHECK(batch.count(Answer::full) == 8);
    CHECK(world.sqlite->read(world.org)->users({}).total == 1); // readable while the disk is full
    mend();
    Batch after{world.org};
    after.add_user("after");
    world.sqlite->write_batch(after.jobs);
    CHECK(after.count(Answer::kept) == 1);
    check_sound(*world.sqlite, world.org, 2);
}

TEST_CASE("a disk that fails to write or to flush acknowledges nothing")
{
    struct Row {
        Fault fault;
        int nth;
    };
    const auto [fault, nth] = GENERATE(values<Row>(
        {{Fault::write_error, 1}, {Fault::write_error, 2}, {Fault::write_error, 7}, {Fault::sync_error, 1}}));
    FaultyWorld world;
    Batch batch{world.org};
    for (int i = 0; i < 8; ++i) batch.add_user("u" + std::to_string(i));
    break_at(fault, nth);
    world.sqlite->write_batch(batch.jobs);
    CHECK(has_broken());
    mend();
    const long kept = batch.count(Answer::kept);
    CHECK(kept + batch.count(Answer::failed) == 8);
    CHECK(kept < 8);
    check_sound(*world.sqlite, world.org, kept);
    world.sqlite = nullptr;
    world.sqlite = std::make_unique<SqliteStore>(world.options);
    check_sound(*world.sqlite, world.org, kept);
}

TEST_CASE("a batch that is lost to one job's fault is run again for the others")
{
    FaultyWorld world;
    Batch batch{world.org};
    batch.add_user("first");
    batch.add([](core::WriteTxn& txn) -> Keep { // more than the cache holds must be written before the commit
        break_at(Fault::disk_full, 1);
        const std::string large = R"({"displayName":")" + std::string(60'000, 'x') + "\"}";
        try {
            for (int i = 0; i < 400; ++i) { // 24 MB: the writer keeps 16
                const auto inserted = txn.insert(user("large" + std::to_string(i), large));
                if (!inserted) return Keep::no;
            }
        } catch (...) {
            mend();
            throw;
        }
        return Keep::yes;
    });
    batch.add_user("third");
    world.sqlite->write_batch(batch.jobs);
    CHECK(has_broken());
    CHECK(batch.answers == std::vector{Answer::kept, Answer::full, Answer::kept});
    check_sound(*world.sqlite, world.org, 2);
}

TEST_CASE("two processes write to one store")
{
    World world;
    constexpr int each = 30;
    world.sqlite = nullptr; // no connection crosses a fork
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    world.sqlite = std::make_unique<SqliteStore>(world.options);
    for (int i = 0; i < each; ++i) {
        Batch batch{world.org};
        batch.add_user((child == 0 ? "child" : "parent") + std::to_string(i));
        world.sqlite->write_batch(batch.jobs);
        if (child == 0 && batch.count(Answer::kept) != 1) ::_exit(1);
    }
    if (child == 0) ::_exit(0);
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
    check_sound(*world.sqlite, world.org, 2 * each);
}

TEST_CASE("what another process changes is seen at once")
{
    World world;
    REQUIRE(world.store().read(world.org)->organisation().disabled == false);
    const auto mark = world.store().change_mark();
    CHECK(world.store().change_mark() == mark);
    REQUIRE(insert(world.store(), world.org, user("bob")));
    CHECK(world.store().change_mark() == mark); // its own users do not spoil what is remembered of tokens

    SqliteStore other{world.options}; // as another process would
    other.registry([&](core::Registry& registry) {
        core::Organisation acme = *registry.organisation("acme");
        acme.disabled = true;
        registry.replace(acme);
        return Keep::yes;
    });
    REQUIRE(insert(other, world.org, user("eve")));
    CHECK(world.store().change_mark() > mark);
    CHECK(world.store().read(world.org)->organisation().disabled);
    CHECK(world.store().read(world.org)->users({}).total == 2);
    change(world.store(), world.org, [](core::WriteTxn& txn) {
        CHECK(txn.organisation().disabled);
        CHECK(txn.organisation().user_count == 2);
    });
}

#ifdef ROLLCALL_FAILPOINTS
TEST_CASE("REL-02: a crash keeps all of a batch or nothing of it")
{
    struct Row {
        const char* failpoint;
        long kept;
    };
    const auto row = GENERATE(values<Row>({{"before_commit", 0}, {"after_commit_before_answer", 3}}));
    World world;
    world.sqlite = nullptr;
    const int status = in_another_process([&] {
        SqliteStore store{world.options};
        ::setenv("ROLLCALL_FAILPOINT", row.failpoint, 1);
        Batch batch{world.org};
        for (int i = 0; i < 3; ++i) batch.add_user("u" + std::to_string(i));
        store.write_batch(batch.jobs);
    });
    CHECK(WIFSIGNALED(status));
    SqliteStore store{world.options};
    check_sound(store, world.org, row.kept);
}

TEST_CASE("REL-02: a crash in the middle of a checkpoint or a backup costs nothing")
{
    const std::string failpoint = GENERATE("mid_checkpoint", "mid_backup");
    World world;
    Batch batch{world.org};
    const std::string large = R"({"displayName":")" + std::string(50'000, 'x') + "\"}";
    batch.add([&](core::WriteTxn& txn) {
        for (int i = 0; i < 120; ++i) { // more pages than one step of a backup copies
            if (!txn.insert(user("u" + std::to_string(i), large)).has_value()) return Keep::no;
            txn.append(event(core::Activity::create_user, {}));
        }
        return Keep::yes;
    });
    world.sqlite->write_batch(batch.jobs);
    world.sqlite = nullptr;
    const int status = in_another_process([&] {
        SqliteStore store{world.options};
        organisation(store, "more");
        ::setenv("ROLLCALL_FAILPOINT", failpoint.c_str(), 1);
        if (failpoint == "mid_backup")
            store.backup_to(world.directory / "copy.db");
        else
            store.checkpoint();
    });
    CHECK(WIFSIGNALED(status));
    CHECK_FALSE(std::filesystem::exists(world.directory / "copy.db"));
    SqliteStore store{world.options};
    check_sound(store, world.org, 120);
}
#endif

TEST_CASE("a backup is a store of its own, whole and for its owner only")
{
    World world;
    Batch batch{world.org};
    for (int i = 0; i < 20; ++i) batch.add_user("u" + std::to_string(i));
    world.sqlite->write_batch(batch.jobs);
    std::thread writer{[&] {
        for (int i = 0; i < 20; ++i) {
            Batch more{world.org};
            more.add_user("more" + std::to_string(i));
            world.sqlite->write_batch(more.jobs);
        }
    }};
    world.sqlite->backup_to(world.directory / "copy.db");
    writer.join();
    struct stat status {};
    REQUIRE(::stat((world.directory / "copy.db").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    Options options = world.options;
    options.file = world.directory / "copy.db";
    SqliteStore copy{options};
    const auto users = copy.read(world.org)->users({}).total;
    CHECK(users >= 20);
    check_sound(copy, world.org, users);
    check_sound(*world.sqlite, world.org, 40);
}

TEST_CASE("check finds what was changed behind the store's back")
{
    World world;
    Batch batch{world.org};
    for (int i = 0; i < 5; ++i) batch.add_user("u" + std::to_string(i));
    world.sqlite->write_batch(batch.jobs);
    REQUIRE(world.sqlite->check().empty());
    const char* const tampering = GENERATE(
        "UPDATE events SET at = at + 1 WHERE seq = 2", "UPDATE events SET changes = '[]' WHERE seq = 2",
        "UPDATE events SET target_name = 'eve' WHERE seq = 2", "DELETE FROM events WHERE seq = 2",
        "UPDATE organisations SET user_count = 4", "UPDATE user_blocks SET users = 9", "DELETE FROM user_blocks",
        "UPDATE users SET in_groups = 1 WHERE pk = 1", "INSERT INTO user_emails(org, folded, user) VALUES(1, 'x', 99)",
        "UPDATE users SET org = 77 WHERE pk = 1");
    {
        SQLite::Database behind{world.options.file.string(), SQLite::OPEN_READWRITE};
        behind.exec(tampering);
    }
    INFO(tampering);
    CHECK_FALSE(world.sqlite->check().empty());
}

TEST_CASE("changes that were erased leave the chain whole")
{
    World world;
    Batch batch{world.org};
    batch.add_user("bob");
    world.sqlite->write_batch(batch.jobs);
    world.store().registry([&](core::Registry& registry) {
        registry.erase(world.org);
        registry.append("acme", event(core::Activity::delete_organisation, {}));
        return Keep::yes;
    });
    CHECK(world.sqlite->check() == std::vector<std::string>{});
    world.store().read_registry([](core::Registry& registry) {
        const auto events = registry.events({});
        REQUIRE(events.size() == 2);
        CHECK(events[0].changes.empty());
        CHECK(events[1].organisation == "acme");
    });
}

TEST_CASE("pages over several blocks of keys begin where they should, with gaps and neighbours, after a restart too")
{
    SqliteWorld world;
    const core::OrgId org = organisation(world.store(), "acme");
    const core::OrgId neighbour = organisation(world.store(), "neighbour");
    std::vector<core::UserId> living;
    change(world.store(), org, [&](core::WriteTxn& txn) {
        for (int n = 0; n < 3000; ++n) {
            const core::User made = user("u" + std::to_string(n));
            REQUIRE(txn.insert(made).has_value());
            living.push_back(made.id);
        }
    });
    change(world.store(), neighbour, [](core::WriteTxn& txn) {
        for (int n = 0; n < 1500; ++n) REQUIRE(txn.insert(user("n" + std::to_string(n))).has_value());
    });
    change(world.store(), org, [&](core::WriteTxn& txn) {
        for (std::size_t n = 900; n < 2200; ++n) txn.erase(living[n]); // the second block goes whole
        for (int n = 0; n < 700; ++n) {
            const core::User made = user("late" + std::to_string(n));
            REQUIRE(txn.insert(made).has_value());
            living.push_back(made.id);
        }
    });
    living.erase(living.begin() + 900, living.begin() + 2200);
    world.reopen();
    const auto txn = world.store().read(org);
    const auto count = static_cast<std::int64_t>(living.size());
    REQUIRE(txn->organisation().user_count == count);
    for (std::int64_t offset = 0; offset <= count + 1; offset += offset % 100 == 0 ? 1 : 33) {
        core::Query query;
        query.offset = offset;
        query.limit = 1;
        const auto found = txn->users(query).items;
        INFO(offset);
        REQUIRE(found.size() == (offset < count ? 1 : 0));
        if (offset < count) CHECK(found.front().id == living[static_cast<std::size_t>(offset)]);
    }
    CHECK(world.sqlite->check().empty());
}

TEST_CASE("lists in the order of external ids are read from the index of them, and nothing is sorted")
{
    World world;
    change(world.store(), world.org, [](core::WriteTxn& txn) {
        for (const char* name : {"a", "b", "c", "d"}) {
            core::User made = user(name);
            core::Group made_group = group(name);
            if (*name < 'c') made.external_id = made_group.external_id = std::string{"x-"} + name;
            REQUIRE(txn.insert(made).has_value());
            REQUIRE(txn.insert(made_group).has_value());
        }
    });
    const Watched watched;
    world.reopen();
    const auto txn = world.store().read(world.org);
    watched.taken();
    const core::Position at_value{std::string{"x-a"}, 1}, at_nothing{{}, 3};
    for (const bool descending : {false, true})
        for (const core::Position* after : {static_cast<const core::Position*>(nullptr), &at_value, &at_nothing})
            for (const std::int64_t offset : {0, 1, 3}) {
                const core::Sort sort{{.extension = {}, .name = "externalId", .sub = {}, .case_exact = true},
                                      descending};
                core::Query query;
                query.sort = &sort;
                query.after = after;
                query.offset = offset;
                txn->users(query);
                txn->groups(query);
            }
    SQLite::Database db{(world.directory / "rollcall.db").string()};
    int ordered = 0;
    for (const std::string& sql : watched.taken()) {
        if (sql.find("external_id IS") == std::string::npos) continue; // not the page: its rows, the counters
        INFO(sql);
        SQLite::Statement plan{db, "EXPLAIN QUERY PLAN " + sql};
        std::string steps;
        while (plan.executeStep()) steps += plan.getColumn(3).getString() + '\n';
        INFO(steps);
        const bool of_those_without = sql.find("external_id IS NULL") != std::string::npos;
        CHECK(steps.find("USE TEMP B-TREE") == std::string::npos);
        CHECK(steps.find("SCAN") == std::string::npos);
        CHECK((steps.find("COVERING INDEX users_by_external (org=?") != std::string::npos ||
               steps.find("COVERING INDEX groups_by_external (org=?") != std::string::npos) == !of_those_without);
        ++ordered;
    }
    CHECK(ordered >= 16); // both kinds; with and without; from the beginning and behind a position; both ways
}

TEST_CASE("a page of 100 users takes no more work at the end of 20,000 than at the beginning, by number or by position")
{
    constexpr std::int64_t users = 20'000;
    const Steps steps;
    SqliteWorld world;
    const core::OrgId org = organisation(world.store(), "acme");
    change(world.store(), org, [](core::WriteTxn& txn) {
        for (int n = 0; n < users; ++n) REQUIRE(txn.insert(user("u" + std::to_string(n * 7919 % users))).has_value());
    });
    const auto txn = world.store().read(org);
    const core::Sort by_name{{.extension = {}, .name = "userName", .sub = {}}, false};
    std::optional<core::Position> end;
    const auto page = [&](std::int64_t offset, const core::Sort* sort, const core::Position* after) {
        return steps.of([&] {
            core::Query query;
            query.offset = offset;
            query.sort = sort;
            query.after = after;
            query.positions = true;
            const auto found = txn->users(query);
            CHECK(found.items.size() == 100);
            end = found.positions.back();
        });
    };
    const auto first = page(0, nullptr, nullptr);
    REQUIRE(first > 100);
    CHECK(page(users - 100, nullptr, nullptr) < 4 * first); // at most one block of keys is walked through
    CHECK(page(users / 2, nullptr, nullptr) < 4 * first);

    const auto first_sorted = page(0, &by_name, nullptr);
    page(users - 200, &by_name, nullptr);
    const auto behind = *end;
    CHECK(page(0, &by_name, &behind) < 2 * first_sorted);
    page(users - 200, nullptr, nullptr);
    const auto last = *end;
    CHECK(page(0, nullptr, &last) < 2 * first);
}

TEST_CASE("one member more or less takes as much work in a group of 20,000 as in one of 10")
{
    const Steps steps;
    SqliteWorld world;
    const core::OrgId org = organisation(world.store(), "acme");
    const auto work_in = [&](int members) {
        const core::Group made = group("g" + std::to_string(members));
        std::vector<std::string> values;
        for (int n = 0; n < members; ++n) values.push_back("m" + std::to_string(n));
        change(world.store(), org, [&](core::WriteTxn& txn) {
            REQUIRE(txn.insert(made).has_value());
            txn.add_members(made.id, values);
        });
        return steps.of([&] {
            change(world.store(), org,
                   [&](core::WriteTxn& txn) { CHECK(txn.add_members(made.id, {"one more"}).size() == 1); });
            change(world.store(), org,
                   [&](core::WriteTxn& txn) { CHECK(txn.remove_members(made.id, {"one more"}).size() == 1); });
            CHECK_FALSE(world.store().read(org)->has_member(made.id, "one more"));
        });
    };
    const auto small = work_in(10);
    REQUIRE(small > 10);
    CHECK(2 * work_in(20'000) < 3 * small);
}

TEST_CASE("REL-21: walks over 20,000 users beside 500 deletions and 500 creations miss no survivor and repeat none")
{
    constexpr std::size_t users = 20'000, changes = 500;
    SqliteWorld world;
    const core::OrgId org = organisation(world.store(), "acme");
    std::vector<core::UserId> ids;
    change(world.store(), org, [&](core::WriteTxn& txn) {
        for (std::size_t n = 0; n < users; ++n) {
            const core::User made = user("u" + std::to_string(n * 7919 % users));
            REQUIRE(txn.insert(made).has_value());
            ids.push_back(made.id);
        }
    });
    std::set<core::UserId> gone;
    for (std::size_t n = 0; n < changes; ++n) gone.insert(ids[n * 37 % users]);

    std::atomic<int> walking{2};
    std::atomic<int> pages{0};
    // Changes go on as long as somebody walks, spread over the walk.
    const auto paced = [&](std::size_t n) {
        while (walking > 0 && static_cast<std::size_t>(pages) < n * 2 * (users / 100) / changes)
            std::this_thread::yield();
    };
    std::thread deleting{[&] {
        std::size_t n = 0;
        for (const core::UserId& id : gone) {
            paced(n++);
            change(world.store(), org, [&](core::WriteTxn& txn) { txn.erase(id); });
        }
    }};
    std::thread creating{[&] {
        for (std::size_t n = 0; n < changes; ++n) {
            paced(n);
            insert(world.store(), org, user("new" + std::to_string(n)));
        }
    }};
    const auto walk = [&](const core::Sort* sort) {
        std::map<core::UserId, int> seen;
        std::optional<core::Position> after;
        for (;;) {
            core::Query query;
            query.sort = sort;
            query.after = after ? &*after : nullptr;
            query.count = false;
            query.positions = true;
            auto page = world.store().read(org)->users(query);
            ++pages;
            for (const core::User& each : page.items) ++seen[each.id];
            if (page.items.size() < 100) break;
            after = page.positions.back();
        }
        --walking;
        return seen;
    };
    const core::Sort by_name{{.extension = {}, .name = "userName", .sub = {}}, true};
    std::map<core::UserId, int> seen_by_name;
    std::thread second{[&] { seen_by_name = walk(&by_name); }};
    const auto seen = walk(nullptr);
    second.join();
    deleting.join();
    creating.join();
    CHECK(gone.size() == changes);
    const std::map<core::UserId, int>* const walks[] = {&seen, &seen_by_name};
    for (const auto* const each : walks) {
        std::size_t missed = 0, repeated = 0;
        for (const core::UserId& id : ids) missed += gone.contains(id) || each->contains(id) ? 0 : 1;
        for (const auto& [id, times] : *each) repeated += times > 1 ? 1 : 0;
        CHECK(missed == 0);
        CHECK(repeated == 0);
    }
    CHECK(world.store().read(org)->organisation().user_count == static_cast<std::int64_t>(users));
    CHECK(world.sqlite->check().empty());
}

TEST_CASE("a checkpoint empties the log")
{
    World world;
    REQUIRE(insert(world.store(), world.org, user("bob")));
    std::filesystem::path log = world.options.file;
    log += "-wal";
    CHECK(std::filesystem::file_size(log) > 0);
    world.sqlite->checkpoint();
    CHECK(std::filesystem::file_size(log) == 0);
    CHECK(world.store().read(world.org)->user_named("bob"));
}

TEST_CASE("a search that takes too long ends, and the next one works")
{
    World world;
    world.options.read_limit = std::chrono::milliseconds{0};
    change(world.store(), world.org, [](core::WriteTxn& txn) {
        for (int i = 0; i < 3000; ++i) REQUIRE(txn.insert(user("u" + std::to_string(i))).has_value());
    });
    world.reopen();
    const core::Predicate where =
        core::Predicate::is({.extension = {}, .name = "title", .sub = {}}, core::Comparison::co, std::string{"x"});
    const auto txn = world.store().read(world.org);
    CHECK_THROWS_AS(txn->users({.where = &where}), core::TookTooLong);
    CHECK(txn->user_named("u7"));
    CHECK(world.store().read(world.org)->user_named("u8"));
}
