#include "storage/sqlite.hpp"
#include "storage/test_world.hpp"

#include <catch2/catch.hpp>
#include <sqlite3.h>

#include <chrono>

using namespace storage;
using namespace storage::testing;

namespace {

void run(Connection& connection, const std::string& sql) { connection.lend_composed(sql).run(); }

std::string text(Connection& connection, const std::string& sql)
{
    Loan row = connection.lend_composed(sql);
    return row.row() && !row.is_null(0) ? row.text(0) : "null";
}

} // namespace

TEST_CASE("after its set-up a connection can change rows and nothing else")
{
    const SqliteWorld world;
    Connection writer{world.options.file, Role::writer};
    run(writer, "INSERT INTO notes(key, value) VALUES('a', 'b')");
    for (const char* const forbidden : {
             "ATTACH '/tmp/elsewhere.db' AS other",
             "PRAGMA user_version=9",
             "PRAGMA journal_mode=DELETE",
             "PRAGMA data_version=3",
             "CREATE TABLE t(x)",
             "CREATE TEMP TABLE t(x)",
             "CREATE INDEX i ON notes(value)",
             "CREATE TRIGGER t AFTER INSERT ON notes BEGIN DELETE FROM notes; END",
             "ALTER TABLE notes ADD COLUMN x",
             "DROP TABLE notes",
             "VACUUM",
             "REINDEX",
             "ANALYZE",
             "SELECT load_extension('x')",
         }) {
        INFO(forbidden);
        CHECK_THROWS_AS(run(writer, forbidden), core::StorageFailed);
    }
    CHECK(text(writer, "SELECT value FROM notes") == "b");
    Connection reader{world.options.file, Role::reader};
    CHECK_THROWS_AS(run(reader, "INSERT INTO notes(key, value) VALUES('c', 'd')"), core::StorageFailed);
}

TEST_CASE("the house's functions answer in SQL as they do in the program")
{
    const SqliteWorld world;
    Connection db{world.options.file, Role::reader};
    CHECK(text(db, "SELECT fold('Stra\u00dfe')") == "strasse");
    CHECK(text(db, "SELECT fold(NULL)") == "null");
    CHECK(text(db, "SELECT instant('2026-01-01T01:00:00+01:00')") == std::to_string(day(0).time_since_epoch().count()));
    CHECK(text(db, "SELECT instant('yesterday')") == "null");
    CHECK(text(db, "SELECT iso(0)") == "1970-01-01T00:00:00.000Z");
    CHECK(text(db, "SELECT id_text(id_blob('0190163d-8694-739b-aea5-966c26f8ad91'))") ==
          "0190163d-8694-739b-aea5-966c26f8ad91");
    CHECK(text(db, "SELECT id_blob('0190163D-8694-739b-aea5-966c26f8ad91')") == "null");
    CHECK(text(db, "SELECT id_text(x'00')") == "null");
}

TEST_CASE("a statement ends at its deadline")
{
    const SqliteWorld world;
    Connection db{world.options.file, Role::reader};
    const std::string endless =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    db.set_deadline(std::chrono::milliseconds{20});
    CHECK_THROWS_AS(run(db, endless), core::StorageFailed);
    db.set_deadline(std::nullopt);
    CHECK(text(db, "SELECT 1") == "1");
}

TEST_CASE("a reader keeps 256 KiB of pages, however much it reads")
{
    const SqliteWorld world;
    Connection writer{world.options.file, Role::writer};
    // In the log, which is not mapped; 4 MiB, so that no checkpoint takes it from there.
    run(writer, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
                "INSERT INTO notes(key, value) SELECT 'note ' || i, hex(zeroblob(2048)) FROM n");
    Connection reader{world.options.file, Role::reader};
    CHECK(text(reader, "SELECT sum(length(value)) FROM notes WHERE key LIKE 'note %'") == "4096000");
    int bytes = 0;
    int unused = 0;
    sqlite3_db_status(reader.database().getHandle(), SQLITE_DBSTATUS_CACHE_USED, &bytes, &unused, 0);
    CHECK(bytes > 0);
    CHECK(bytes < 384 * 1024); // with SQLite's own headers of the pages
}

TEST_CASE("one statement can be on loan twice")
{
    const SqliteWorld world;
    Connection db{world.options.file, Role::reader};
    const char* const sql = "SELECT ?1 UNION SELECT 'z' ORDER BY 1";
    const std::string a = "a", b = "b";
    Loan first = db.lend(sql);
    first.bind(1, a);
    REQUIRE(first.row());
    {
        Loan second = db.lend(sql);
        second.bind(1, b);
        REQUIRE(second.row());
        CHECK(second.text(0) == "b");
    }
    CHECK(first.text(0) == "a");
    REQUIRE(first.row());
    CHECK(first.text(0) == "z");
}
