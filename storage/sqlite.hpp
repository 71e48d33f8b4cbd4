// One SQLite connection as this room uses it, thin over SQLiteCpp: set up once, locked by an authorizer, statements
// prepared once and lent out, SQLite's codes turned into the port's exceptions. A connection serves one thread at a
// time; only interrupt() may come from another.
#pragma once

#include "core/store.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

struct sqlite3;

namespace storage {

class Connection;

// A prepared statement on loan; returned, its cursor cleared, when it goes out of scope. Its bindings stay: whoever
// borrows it next binds every parameter. Texts and blobs are bound without copying and must live until then.
class Loan {
public:
    Loan(Connection&, SQLite::Statement&, bool& lent);
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan();

    Loan& bind(int index, std::int64_t);
    Loan& bind(int index, double);
    Loan& bind(int index, const std::string&);
    Loan& bind(int index, std::string&&) = delete;
    Loan& bind(int index, const char*) = delete;
    Loan& bind(int index, const std::optional<std::string>&);
    Loan& bind(int index, std::optional<std::string>&&) = delete;
    Loan& bind(int index, const std::optional<std::int64_t>&);
    Loan& bind_blob(int index, std::span<const std::uint8_t>);
    Loan& bind_copy(int index, std::string_view); // for texts that do not live as long

    int parameters() const; // the highest number in the statement
    bool row();             // one step; false at the end
    void run();             // to the end, without rows
    int changes();          // rows the last run() touched
    // Runs; false when a unique index refused. Connection::unique_index() then tells which.
    [[nodiscard]] bool run_unless_taken();
    void again(); // for the next round with some bindings new

    enum class Kind : std::uint8_t { null, integer, real, text, blob };
    Kind kind(int column) const;
    std::int64_t integer(int column) const;
    double real(int column) const;
    std::string text(int column) const;
    bool is_null(int column) const;
    bool is_text(int column, std::string_view) const; // compares without copying
    std::span<const std::uint8_t> blob(int column) const;

private:
    Connection& connection_;
    SQLite::Statement& statement_;
    bool& lent_;
};

enum class Role : std::uint8_t { reader, writer, maintenance }; // maintenance: no authorizer, may change the schema

class Connection {
public:
    Connection(const std::filesystem::path&, Role, const std::string& vfs = {});
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    // `sql` is a literal: statements are kept by its address.
    Loan lend(const char* sql);
    // For text that was put together (filters); the last few are kept.
    Loan lend_composed(const std::string& sql);
    void execute(const std::string& sql); // any number of statements, no rows

    void begin();           // DEFERRED: one consistent view
    void begin_immediate(); // the write lock, now
    void commit();          // throws StorageFull, StorageFailed; the transaction may still be open
    void roll_back() noexcept;
    bool in_transaction() const;

    std::int64_t data_version(); // moves when another connection has committed
    std::int64_t last_row_id() const;
    std::string_view unique_index() const; // "users.folded_name" after a refusal, by its last column

    // Statements begun from now on end with TookTooLong past the limit; none without.
    void set_deadline(std::optional<std::chrono::milliseconds> from_now);
    void interrupt();
    SQLite::Database& database() { return database_; }
    [[noreturn]] void raise(int code);

private:
    struct Kept {
        SQLite::Statement statement;
        bool lent = false;
    };
    SQLite::Database database_;
    std::unordered_map<const char*, std::list<Kept>> by_address_;
    std::unordered_map<std::string, std::list<Kept>> by_text_;
    std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();

    Loan lend_from(std::list<Kept>&, const std::string& sql);
    static int past_deadline(void* connection);
};

inline constexpr std::int32_t application_id = 0x526F6C6C; // "Roll"

} // namespace storage
