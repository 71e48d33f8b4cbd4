#include "storage/sqlite.hpp"

#include "core/base/clock.hpp"
#include "core/base/ids.hpp"
#include "core/base/text.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <cstring>
#include <sys/resource.h>

namespace storage {

namespace {

constexpr int busy_milliseconds = 5000;
constexpr std::size_t composed_statements_kept = 64;
constexpr int instructions_between_looks_at_the_clock = 2'000;
// Checkpoints are paid by the writer: fewer and larger ones write a page that changed often only once.
constexpr int pages_before_checkpoint = 4000;

std::string_view text_argument(sqlite3_value* value)
{
    const auto* const text = reinterpret_cast<const char*>(sqlite3_value_text(value));
    return text == nullptr ? std::string_view{}
                           : std::string_view{text, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

void give_text(sqlite3_context* context, const std::string& text)
{
    sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

// fold(text): the house's one fold.
void fold(sqlite3_context* context, int, sqlite3_value** arguments)
{
    if (sqlite3_value_type(arguments[0]) == SQLITE_NULL) return sqlite3_result_null(context);
    give_text(context, core::fold(text_argument(arguments[0])));
}

// mail_domain(text): what stands behind the last '@', or null when it is no address.
void mail_domain(sqlite3_context* context, int, sqlite3_value** arguments)
{
    const auto parts = core::email_parts(text_argument(arguments[0]));
    if (!parts) return sqlite3_result_null(context);
    give_text(context, std::string{parts->domain});
}

// instant(text): milliseconds, or null when it is not a date-time.
void instant(sqlite3_context* context, int, sqlite3_value** arguments)
{
    const auto at = core::from_iso(text_argument(arguments[0]));
    if (!at) return sqlite3_result_null(context);
    sqlite3_result_int64(context, at->time_since_epoch().count());
}

// iso(milliseconds): the text an instant has outside.
void iso(sqlite3_context* context, int, sqlite3_value** arguments)
{
    if (sqlite3_value_type(arguments[0]) == SQLITE_NULL) return sqlite3_result_null(context);
    give_text(context, core::to_iso(core::Instant{core::Duration{sqlite3_value_int64(arguments[0])}}));
}

// id_text(blob): the text an id has outside.
void id_text(sqlite3_context* context, int, sqlite3_value** arguments)
{
    core::Uuid id;
    if (sqlite3_value_bytes(arguments[0]) != static_cast<int>(id.bytes.size())) return sqlite3_result_null(context);
    std::memcpy(id.bytes.data(), sqlite3_value_blob(arguments[0]), id.bytes.size());
    give_text(context, core::to_text(id));
}

// id_blob(text): 16 bytes, or null unless `text` is exactly how an id is written outside.
void id_blob(sqlite3_context* context, int, sqlite3_value** arguments)
{
    const auto text = text_argument(arguments[0]);
    const auto id = core::uuid_from(text);
    if (!id || core::to_text(*id) != text) return sqlite3_result_null(context);
    sqlite3_result_blob(context, id->bytes.data(), static_cast<int>(id->bytes.size()), SQLITE_TRANSIENT);
}

// What runs after the set-up: reading, changing rows, transactions. No schema change, no ATTACH, no PRAGMA.
int allow(void*, int action, const char* first, const char* second, const char*, const char*)
{
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    case SQLITE_FUNCTION:
        return second != nullptr && sqlite3_stricmp(second, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_PRAGMA: // read without argument; prepared again should another process have migrated
        return sqlite3_stricmp(first, "data_version") == 0 && second == nullptr ? SQLITE_OK : SQLITE_DENY;
    default: return SQLITE_DENY;
    }
}

} // namespace

Loan::Loan(Connection& connection, SQLite::Statement& statement, bool& lent)
    : connection_{connection}, statement_{statement}, lent_{lent}
{
    lent_ = true;
}

Loan::~Loan()
{
    statement_.tryReset();
    lent_ = false;
}

Loan& Loan::bind(int index, std::int64_t value)
{
    statement_.bind(index, value);
    return *this;
}

Loan& Loan::bind(int index, double value)
{
    statement_.bind(index, value);
    return *this;
}

Loan& Loan::bind(int index, const std::string& value)
{
    statement_.bindNoCopy(index, value);
    return *this;
}

Loan& Loan::bind(int index, const std::optional<std::string>& value)
{
    if (value)
        statement_.bindNoCopy(index, *value);
    else
        statement_.bind(index);
    return *this;
}

Loan& Loan::bind(int index, const std::optional<std::int64_t>& value)
{
    if (value)
        statement_.bind(index, *value);
    else
        statement_.bind(index);
    return *this;
}

Loan& Loan::bind_blob(int index, std::span<const std::uint8_t> value)
{
    statement_.bindNoCopy(index, value.data(), static_cast<int>(value.size()));
    return *this;
}

Loan& Loan::bind_copy(int index, std::string_view value)
{
    statement_.bind(index, std::string{value});
    return *this;
}

int Loan::parameters() const { return statement_.getBindParameterCount(); }

bool Loan::row()
{
    const int code = statement_.tryExecuteStep();
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    connection_.raise(code);
}

void Loan::run()
{
    while (row()) {}
}

int Loan::changes() { return connection_.database().getChanges(); }

bool Loan::run_unless_taken()
{
    const int code = statement_.tryExecuteStep();
    if (code == SQLITE_DONE) return true;
    const int extended = connection_.database().getExtendedErrorCode();
    if (code == SQLITE_CONSTRAINT && extended == SQLITE_CONSTRAINT_UNIQUE) return false;
    connection_.raise(code);
}

void Loan::again() { statement_.tryReset(); }

Loan::Kind Loan::kind(int column) const
{
    switch (statement_.getColumn(column).getType()) {
    case SQLITE_INTEGER: return Kind::integer;
    case SQLITE_FLOAT: return Kind::real;
    case SQLITE_TEXT: return Kind::text;
    case SQLITE_BLOB: return Kind::blob;
    default: return Kind::null; // SQLITE_NULL, the fifth of five
    }
}

double Loan::real(int column) const { return statement_.getColumn(column).getDouble(); }

std::int64_t Loan::integer(int column) const { return statement_.getColumn(column).getInt64(); }

std::string Loan::text(int column) const { return statement_.getColumn(column).getString(); }

bool Loan::is_null(int column) const { return statement_.isColumnNull(column); }

bool Loan::is_text(int column, std::string_view expected) const
{
    const auto value = statement_.getColumn(column);
    const auto* const data = static_cast<const char*>(value.getBlob());
    return std::string_view{data, static_cast<std::size_t>(value.getBytes())} == expected;
}

std::span<const std::uint8_t> Loan::blob(int column) const
{
    const auto value = statement_.getColumn(column);
    const auto* const data = static_cast<const std::uint8_t*>(value.getBlob());
    return {data, static_cast<std::size_t>(value.getBytes())};
}

namespace {

// SQLite counts its memory under a lock that all connections share, for figures that nobody here asks for. Before the
// first connection, or not at all: a program that uses SQLite otherwise (a test) may have been first.
const bool counts_no_memory = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK;

int open_flags(Role role)
{
    // NOMUTEX: a connection serves one thread at a time, so SQLite need not lock it.
    return SQLITE_OPEN_NOMUTEX | (role == Role::reader ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
}

} // namespace

Connection::Connection(const std::filesystem::path& file, Role role, const std::string& vfs)
try : database_{file.string(), open_flags(role), busy_milliseconds, vfs} {
    sqlite3* const handle = database_.getHandle();
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    execute("PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;"
            "PRAGMA synchronous=FULL;");
    constexpr int pure = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    sqlite3_create_function(handle, "fold", 1, pure, nullptr, fold, nullptr, nullptr);
    sqlite3_create_function(handle, "mail_domain", 1, pure, nullptr, mail_domain, nullptr, nullptr);
    sqlite3_create_function(handle, "instant", 1, pure, nullptr, instant, nullptr, nullptr);
    sqlite3_create_function(handle, "iso", 1, pure, nullptr, iso, nullptr, nullptr);
    sqlite3_create_function(handle, "id_text", 1, pure, nullptr, id_text, nullptr, nullptr);
    sqlite3_create_function(handle, "id_blob", 1, pure, nullptr, id_blob, nullptr, nullptr);
    if (role == Role::maintenance) return;
    execute("PRAGMA mmap_size=268435456");
    // The writer's changed pages, and what they stand on. A reader has the kernel's pages: mapped, and beyond the map
    // at the cost of a small copy. A cache of its own would forget them at every commit of the writer's.
    execute(role == Role::writer ? "PRAGMA cache_size=-16384" : "PRAGMA cache_size=-256");
    sqlite3_wal_autocheckpoint(handle, pages_before_checkpoint);
    sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_progress_handler(handle, instructions_between_looks_at_the_clock, past_deadline, this);
    data_version(); // reads the header: what is not a database fails here
    sqlite3_set_authorizer(handle, allow, nullptr);
} catch (const SQLite::Exception& e) {
    throw core::StorageFailed{fmt::format("cannot open the database: {}", e.what())};
}

Connection::~Connection() = default;

Loan Connection::lend_from(std::list<Kept>& kept, const std::string& sql)
{
    for (Kept& each : kept)
        if (!each.lent) return {*this, each.statement, each.lent};
    try {
        kept.push_back({SQLite::Statement{database_, sql}});
    } catch (const SQLite::Exception& e) {
        raise(e.getErrorCode());
    }
    return {*this, kept.back().statement, kept.back().lent};
}

Loan Connection::lend(const char* sql)
{
    auto& kept = by_address_[sql];
    for (Kept& each : kept)
        if (!each.lent) return {*this, each.statement, each.lent};
    return lend_from(kept, sql);
}

Loan Connection::lend_composed(const std::string& sql)
{
    if (by_text_.size() >= composed_statements_kept && !by_text_.contains(sql))
        std::erase_if(by_text_, [](const auto& entry) {
            for (const Kept& each : entry.second)
                if (each.lent) return false;
            return true;
        });
    return lend_from(by_text_[sql], sql);
}

void Connection::execute(const std::string& sql)
{
    try {
        database_.exec(sql);
    } catch (const SQLite::Exception& e) {
        raise(e.getErrorCode());
    }
}

void Connection::begin() { lend("BEGIN DEFERRED").run(); }

void Connection::begin_immediate() { lend("BEGIN IMMEDIATE").run(); }

void Connection::commit() { lend("COMMIT").run(); }

void Connection::roll_back() noexcept
{
    if (in_transaction()) database_.tryExec("ROLLBACK");
}

bool Connection::in_transaction() const { return sqlite3_get_autocommit(database_.getHandle()) == 0; }

std::int64_t Connection::data_version()
{
    Loan version = lend("PRAGMA data_version");
    version.row();
    return version.integer(0);
}

std::int64_t Connection::last_row_id() const { return database_.getLastInsertRowid(); }

std::string_view Connection::unique_index() const
{
    // "UNIQUE constraint failed: users.unique_scope, users.folded_name"
    const std::string_view message = database_.getErrorMsg();
    const auto last = message.rfind(' ');
    return last == std::string_view::npos ? message : message.substr(last + 1);
}

void Connection::set_deadline(std::optional<std::chrono::milliseconds> from_now)
{
    using Steady = std::chrono::steady_clock;
    deadline_ = from_now ? Steady::now() + *from_now : Steady::time_point::max();
}

int Connection::past_deadline(void* connection)
{
    const auto& self = *static_cast<const Connection*>(connection);
    if (self.deadline_ == std::chrono::steady_clock::time_point::max()) return 0;
    return std::chrono::steady_clock::now() > self.deadline_ ? 1 : 0;
}

void Connection::interrupt() { sqlite3_interrupt(database_.getHandle()); }

// A write that fails under a limit on file sizes has met that limit: SQLite has lost the system's error number by then.
static bool is_size_limit(int extended_code)
{
    rlimit limit{};
    return extended_code == SQLITE_IOERR_WRITE && ::getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
           limit.rlim_cur != RLIM_INFINITY;
}

void Connection::raise(int code)
{
    sqlite3* const handle = database_.getHandle();
    const int system = sqlite3_system_errno(handle);
    const std::string message = fmt::format("SQLite: {} (code {}, system {})", sqlite3_errmsg(handle),
                                            sqlite3_extended_errcode(handle), system);
    const bool no_room = (code & 0xff) == SQLITE_IOERR && (system == ENOSPC || system == EDQUOT || system == EFBIG);
    if ((code & 0xff) == SQLITE_FULL || no_room || is_size_limit(sqlite3_extended_errcode(handle)))
        throw core::StorageFull{message};
    if ((code & 0xff) == SQLITE_INTERRUPT && past_deadline(this) != 0) throw core::TookTooLong{message};
    throw core::StorageFailed{message};
}

} // namespace storage
