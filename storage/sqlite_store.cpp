#include "storage/sqlite_store.hpp"

#include "core/base/failpoint.hpp"
#include "core/base/log.hpp"
#include "storage/across.hpp"
#include "storage/migrations.hpp"
#include "storage/reads.hpp"
#include "storage/registry.hpp"
#include "storage/store_file.hpp"
#include "storage/writes.hpp"

#include <SQLiteCpp/Backup.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace storage {

struct SqliteStore::Inside {
    Inside(Options given, core::Policy defaults)
        : options{std::move(given)}, default_policy{std::move(defaults)}, writer{options.file, Role::writer,
                                                                                 default_policy, options.read_limit,
                                                                                 options.vfs}
    {
    }

    const Options options;
    const core::Policy default_policy;

    std::mutex writing; // guards `writer`
    Session writer;
    bool registry_touched = false; // by a job of the batch under way
    std::atomic<std::int64_t> registry_changes{0};
    std::atomic<std::int64_t> foreign_commits{0};

    std::mutex pool; // guards the two below
    std::vector<std::unique_ptr<Session>> readers;
    std::vector<Session*> idle; // the one used last on top: its pages are warm

    Session& borrow()
    {
        {
            const std::lock_guard lock{pool};
            if (!idle.empty()) {
                Session* const session = idle.back();
                idle.pop_back();
                return *session;
            }
        }
        auto made =
            std::make_unique<Session>(options.file, Role::reader, default_policy, options.read_limit, options.vfs);
        const std::lock_guard lock{pool};
        readers.push_back(std::move(made));
        idle.reserve(readers.size()); // giving back never allocates
        return *readers.back();
    }

    void give_back(Session& session)
    {
        const std::lock_guard lock{pool};
        idle.push_back(&session);
    }

    void note_foreign_commits() { foreign_commits.store(writer.foreign_commits()); }

    // In a transaction of its own; what `work` did is durable when this returns true.
    template<class Work>
    bool alone(const Work& work)
    {
        Connection& db = writer.db();
        db.begin_immediate();
        try {
            writer.refresh();
            note_foreign_commits();
            const core::Keep keep = work();
            if (!db.in_transaction()) throw core::StorageFailed{"SQLite has undone the transaction"};
            if (keep == core::Keep::yes) {
                FAILPOINT("before_commit");
                db.commit();
                FAILPOINT("after_commit_before_answer");
                return true;
            }
        } catch (...) {
            db.roll_back();
            writer.forget();
            throw;
        }
        db.roll_back();
        writer.forget();
        return false;
    }

    core::Keep run(const WriteJob& job)
    {
        if (!job.across) {
            Writes txn{writer, job.organisation};
            return job.work(txn);
        }
        Across txn{writer};
        const core::Keep keep = job.across(txn);
        registry_touched |= txn.has_changed_registry();
        return keep;
    }

    std::exception_ptr job_alone(const WriteJob& job)
    {
        try {
            alone([&] { return run(job); });
            return nullptr;
        } catch (...) {
            return std::current_exception();
        }
    }

    // Keeps or undoes the job's work by itself; the exception, if any, is the job's answer.
    std::exception_ptr job_under_savepoint(const WriteJob& job)
    {
        Connection& db = writer.db();
        std::exception_ptr failure;
        core::Keep keep = core::Keep::no;
        try {
            db.lend("SAVEPOINT job").run();
            keep = run(job);
            if (keep == core::Keep::yes && db.in_transaction()) db.lend("RELEASE job").run();
        } catch (...) {
            failure = std::current_exception();
            keep = core::Keep::no;
        }
        if (keep == core::Keep::yes || !db.in_transaction()) return failure;
        try {
            db.lend("ROLLBACK TO job").run();
            db.lend("RELEASE job").run();
        } catch (...) {
            db.roll_back(); // what cannot be undone by itself takes the batch with it
            if (!failure) failure = std::current_exception();
        }
        writer.forget();
        return failure;
    }

    // Without a savepoint, which costs a quarter of a write: most refusals come before anything was changed. False when
    // this one did not, or threw after a change: the batch must begin again, with savepoints.
    bool job_plainly(const WriteJob& job, std::exception_ptr& failure)
    {
        Connection& db = writer.db();
        const int changes = db.database().getTotalChanges();
        try {
            if (run(job) == core::Keep::yes) return true;
        } catch (...) {
            failure = std::current_exception();
        }
        return !db.in_transaction() || db.database().getTotalChanges() == changes;
    }

    enum class Savepoints : bool { no, yes };
    enum class Fate : std::uint8_t {
        decided,          // every answer is known
        needs_savepoints, // undone; one job's work must be undone by itself
        lost,             // undone by SQLite; only the culprit's answer, if there is one, is known
    };

    // One commit for all.
    Fate together(std::vector<WriteJob>& jobs, std::vector<std::exception_ptr>& answers, Savepoints savepoints)
    {
        Connection& db = writer.db();
        const auto undone = [&](Fate fate) {
            db.roll_back();
            writer.forget();
            std::fill(answers.begin(), answers.end(), nullptr);
            return fate;
        };
        try {
            db.begin_immediate();
            writer.refresh();
            note_foreign_commits();
        } catch (...) {
            undone(Fate::decided);
            std::fill(answers.begin(), answers.end(), std::current_exception());
            return Fate::decided;
        }
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            if (savepoints == Savepoints::yes)
                answers[i] = job_under_savepoint(jobs[i]);
            else if (!job_plainly(jobs[i], answers[i]))
                return undone(Fate::needs_savepoints);
            if (db.in_transaction()) continue;
            const std::exception_ptr culprit =
                answers[i] ? answers[i]
                           : std::make_exception_ptr(core::StorageFailed{"SQLite has undone the transaction"});
            undone(Fate::lost);
            answers[i] = culprit;
            return Fate::lost;
        }
        try {
            FAILPOINT("before_commit");
            db.commit();
            FAILPOINT("after_commit_before_answer");
            return Fate::decided;
        } catch (...) {
            undone(Fate::lost);
            if (jobs.size() == 1) answers.front() = std::current_exception();
            return Fate::lost;
        }
    }
};

namespace {

// Begins a consistent view and ends it; stands first among the bases of ReadTransaction.
template<class Inside>
class View {
public:
    explicit View(Inside& inside) : inside_{inside}, session_{inside.borrow()}
    {
        try {
            session_.db().begin();
            session_.refresh();
        } catch (...) {
            session_.db().roll_back();
            inside_.give_back(session_);
            throw;
        }
    }
    View(const View&) = delete;
    View& operator=(const View&) = delete;
    ~View()
    {
        try {
            session_.db().commit();
        } catch (const std::exception&) { // a view has nothing to lose
            session_.db().roll_back();
        }
        inside_.give_back(session_);
    }
    Session& session() { return session_; }

private:
    Inside& inside_;
    Session& session_;
};

template<class Inside>
class ReadTransaction final : private View<Inside>, public Reads<core::ReadTxn> {
public:
    ReadTransaction(Inside& inside, core::OrgId org) : View<Inside>{inside}, Reads{View<Inside>::session(), org} {}
};

} // namespace

SqliteStore::SqliteStore(Options options)
{
    try {
        const bool exists = std::filesystem::exists(std::filesystem::symlink_status(options.file));
        if (!exists && !options.create)
            throw CannotOpen{fmt::format("{} does not exist: `rollcall serve` creates it", options.file.string())};
        if (!exists) make_store_file(options);
        judge_store_file(options.file);
        bring_up_to_date(options);
        auto defaults = settle_default_policy(options);
        inside_ = std::make_unique<Inside>(std::move(options), std::move(defaults));
    } catch (const core::StorageFull& e) {
        throw CannotOpen{fmt::format("no room on the device: {}", e.what())};
    } catch (const core::StorageFailed& e) {
        throw CannotOpen{e.what()};
    }
}

SqliteStore::~SqliteStore() = default;

const core::Policy& SqliteStore::default_policy() const { return inside_->default_policy; }

std::unique_ptr<core::ReadTxn> SqliteStore::read(core::OrgId org)
{
    return std::make_unique<ReadTransaction<Inside>>(*inside_, org);
}

void SqliteStore::write(core::OrgId org, const std::function<core::Keep(core::WriteTxn&)>& work)
{
    const std::lock_guard lock{inside_->writing};
    inside_->alone([&] {
        Writes txn{inside_->writer, org};
        return work(txn);
    });
}

void SqliteStore::registry(const std::function<core::Keep(core::Registry&)>& work)
{
    const std::lock_guard lock{inside_->writing};
    const bool kept = inside_->alone([&] {
        SqliteRegistry registry{inside_->writer};
        return work(registry);
    });
    if (kept) ++inside_->registry_changes;
}

void SqliteStore::across(const std::function<core::Keep(core::AcrossTxn&)>& work)
{
    const std::lock_guard lock{inside_->writing};
    bool has_changed = false;
    const bool kept = inside_->alone([&] {
        Across txn{inside_->writer};
        const core::Keep keep = work(txn);
        has_changed = txn.has_changed_registry();
        return keep;
    });
    if (kept && has_changed) ++inside_->registry_changes;
}

void SqliteStore::read_registry(const std::function<void(core::Registry&)>& work)
{
    View view{*inside_};
    SqliteRegistry registry{view.session()};
    work(registry);
}

std::int64_t SqliteStore::change_mark()
{
    // While a write runs, its beginning has just looked.
    if (const std::unique_lock lock{inside_->writing, std::try_to_lock}; lock.owns_lock()) {
        inside_->writer.refresh();
        inside_->note_foreign_commits();
    }
    return inside_->registry_changes.load() + inside_->foreign_commits.load();
}

void SqliteStore::write_batch(std::vector<WriteJob>& jobs)
{
    std::vector<std::exception_ptr> answers(jobs.size());
    {
        const std::lock_guard lock{inside_->writing};
        auto fate = inside_->together(jobs, answers, Inside::Savepoints::no);
        if (fate == Inside::Fate::needs_savepoints) fate = inside_->together(jobs, answers, Inside::Savepoints::yes);
        if (fate == Inside::Fate::lost)
            for (std::size_t i = 0; i < jobs.size(); ++i)
                if (!answers[i]) answers[i] = inside_->job_alone(jobs[i]);
        // After the commit, or others would remember what was before it; in vain when it was undone.
        if (std::exchange(inside_->registry_touched, false)) ++inside_->registry_changes;
    }
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        try {
            jobs[i].done(std::move(answers[i]));
        } catch (const std::exception& e) { // one receiver's failure is not the others'
            core::log::error("answer_lost", {{"why", e.what()}});
        }
    }
}

void SqliteStore::backup_to(const std::filesystem::path& target)
{
    constexpr int pages_a_step = 1024;
    std::filesystem::path draft = target;
    draft += ".part";
    ::unlink(draft.c_str());
    const int made = ::open(draft.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (made < 0) throw core::StorageFailed{fmt::format("cannot create the backup: {}", std::strerror(errno))};
    ::close(made);
    try {
        {
            View view{*inside_}; // one view for the whole copy: writers go on beside it
            SQLite::Database copy{draft.string(), SQLite::OPEN_READWRITE};
            SQLite::Backup backup{copy, view.session().db().database()};
            while (backup.executeStep(pages_a_step) != SQLITE_DONE) FAILPOINT("mid_backup");
        }
        if (::rename(draft.c_str(), target.c_str()) != 0)
            throw core::StorageFailed{fmt::format("cannot name the backup: {}", std::strerror(errno))};
    } catch (const SQLite::Exception& e) {
        ::unlink(draft.c_str());
        if (e.getErrorCode() == SQLITE_FULL) throw core::StorageFull{"no room for the backup"};
        throw core::StorageFailed{fmt::format("the backup failed: {}", e.what())};
    } catch (...) {
        ::unlink(draft.c_str());
        throw;
    }
    const auto directory = target.parent_path().empty() ? std::filesystem::path{"."} : target.parent_path();
    if (const int opened = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); opened >= 0) {
        ::fsync(opened);
        ::close(opened);
    }
}

namespace {

constexpr std::size_t most_findings = 100;

void check_pages(Connection& db, std::vector<std::string>& findings)
{
    Loan rows = db.lend("PRAGMA integrity_check(100)");
    while (rows.row())
        if (!rows.is_text(0, "ok")) findings.push_back("integrity: " + rows.text(0));
}

void check_references(Connection& db, std::vector<std::string>& findings)
{
    {
        Loan rows = db.lend("PRAGMA foreign_key_check");
        while (rows.row() && findings.size() < most_findings)
            findings.push_back(fmt::format("reference: a row of {} names none of {}", rows.text(0), rows.text(2)));
    }
    struct Fact {
        const char* finding;
        const char* sql;
    };
    constexpr Fact facts[] = {
        {"count: users of organisation ", "SELECT name FROM organisations AS o WHERE user_count <> "
                                          "(SELECT count(*) FROM users WHERE org = o.pk)"},
        {"count: users in a block of keys of organisation ",
         "SELECT DISTINCT coalesce(o.name, '') FROM (SELECT org, pk >> 10 AS block, count(*) AS users FROM users "
         "GROUP BY 1, 2) AS a FULL JOIN user_blocks AS b ON b.org = a.org AND b.block = a.block LEFT JOIN "
         "organisations AS o ON o.pk = coalesce(a.org, b.org) WHERE a.users IS NOT b.users"},
        {"count: groups of organisation ", "SELECT name FROM organisations AS o WHERE group_count <> "
                                           "(SELECT count(*) FROM groups WHERE org = o.pk)"},
        {"count: members of group ", "SELECT id_text(id) FROM groups AS g WHERE member_count <> "
                                     "(SELECT count(*) FROM group_members WHERE grp = g.pk)"},
        {"reference: an e-mail row without its user ", "SELECT user FROM user_emails AS m WHERE NOT EXISTS "
                                                       "(SELECT 1 FROM users WHERE pk = m.user AND org = m.org)"},
        {"flag: in_groups of user ", "SELECT id_text(id) FROM users AS u WHERE in_groups <> EXISTS (SELECT 1 FROM "
                                     "group_members WHERE org = u.org AND value = id_text(u.id))"},
    };
    for (const Fact& fact : facts) {
        Loan rows = db.lend(fact.sql);
        while (rows.row() && findings.size() < most_findings) findings.push_back(fact.finding + rows.text(0));
    }
}

void check_events(Connection& db, std::vector<std::string>& findings)
{
    static const std::string sql =
        "SELECT " + event_columns + " FROM events AS e LEFT JOIN organisations AS o ON o.pk = e.org ORDER BY e.seq";
    Loan rows = db.lend(sql.c_str());
    core::Digest previous{};
    while (rows.row() && findings.size() < most_findings) {
        const core::Event event = event_from(rows);
        if (core::chain_of(previous, event) != event.chain)
            findings.push_back(fmt::format("events: {} was changed, or one before it removed", event.sequence));
        const bool erased = rows.is_null(12);
        if (!erased && core::digest_of(event) != event.digest)
            findings.push_back(
                fmt::format("events: the names or changes of {} are not those that were written", event.sequence));
        previous = event.chain;
    }
}

} // namespace

namespace {

using Look = void (*)(Connection&, std::vector<std::string>& findings);

std::vector<std::string> findings_of(const Options& options, std::initializer_list<Look> looks)
{
    std::vector<std::string> findings;
    Connection db{options.file, Role::maintenance, options.vfs};
    db.begin();
    for (const auto look : looks) {
        try {
            look(db, findings);
        } catch (const core::StorageFailed& e) { // what cannot be read is what was looked for
            findings.push_back(fmt::format("unreadable: {}", e.what()));
        }
    }
    db.roll_back();
    return findings;
}

} // namespace

std::vector<std::string> SqliteStore::check()
{
    return findings_of(inside_->options, {check_pages, check_references, check_events});
}

std::vector<std::string> SqliteStore::check_chain() { return findings_of(inside_->options, {check_events}); }

void SqliteStore::checkpoint()
{
    const std::lock_guard lock{inside_->writing};
    sqlite3* const handle = inside_->writer.db().database().getHandle();
    sqlite3_wal_checkpoint_v2(handle, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    FAILPOINT("mid_checkpoint");
    const int code = sqlite3_wal_checkpoint_v2(handle, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    // Readers in the way: the log is in the file as far as they let it, the rest follows at the next one.
    if (code != SQLITE_OK && code != SQLITE_BUSY) inside_->writer.db().raise(code);
}

void SqliteStore::interrupt_reads()
{
    const std::lock_guard lock{inside_->pool};
    for (const auto& session : inside_->readers) session->db().interrupt();
}

std::int64_t SqliteStore::bytes() const
{
    std::int64_t all = 0;
    for (const char* const suffix : {"", "-wal", "-shm"}) {
        std::error_code failed;
        const auto size = std::filesystem::file_size(inside_->options.file.string() + suffix, failed);
        if (!failed) all += static_cast<std::int64_t>(size);
    }
    return all;
}

std::int64_t SqliteStore::schema_version() const { return newest_schema(); }

} // namespace storage
