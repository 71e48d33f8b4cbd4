// What may and may not be opened as a store (REL-10), and how older files, folds and settings are brought up to date.
#include "core/base/secrets.hpp"
#include "core/base/text.hpp"
#include "storage/migrations.hpp"
#include "storage/test_world.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <map>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace storage;
using namespace storage::testing;
namespace fs = std::filesystem;

namespace {

std::string contents(const fs::path& file)
{
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

void write_file(const fs::path& file, std::string_view bytes) { std::ofstream{file, std::ios::binary} << bytes; }

// Every file of the directory with its bytes.
std::map<std::string, std::string> snapshot(const fs::path& directory)
{
    std::map<std::string, std::string> all;
    for (const auto& entry : fs::directory_iterator{directory})
        all[entry.path().filename()] = entry.is_regular_file() ? contents(entry.path()) : "directory";
    return all;
}

// Why the file is refused; empty when it opens. Whatever lies there must lie there unchanged after a refusal.
std::string refusal(const fs::path& file, AccountsUnique unique = AccountsUnique::server)
{
    Options options;
    options.file = file;
    options.accounts_unique = unique;
    const auto before = snapshot(file.parent_path());
    try {
        const SqliteStore store{options};
        return {};
    } catch (const CannotOpen& e) {
        CHECK(snapshot(file.parent_path()) == before);
        return e.what();
    }
}

void make_store(const fs::path& file)
{
    Options options;
    options.file = file;
    SqliteStore store{options};
    insert(store, organisation(store, "acme"), user("bob"));
}

void patch_header(const fs::path& file, std::streamoff at, std::string_view bytes)
{
    std::fstream out{file, std::ios::binary | std::ios::in | std::ios::out};
    out.seekp(at);
    out << bytes;
}

using Catch::Contains;

} // namespace

TEST_CASE("a store that is absent is made whole, for its owner only")
{
    const Directory directory;
    make_store(directory / "rollcall.db");
    struct stat status {};
    REQUIRE(::stat((directory / "rollcall.db").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    CHECK(snapshot((directory / "rollcall.db").parent_path()).size() == 1); // no draft, no log left
    Options options;
    options.file = directory / "rollcall.db";
    CHECK(SqliteStore{options}.schema_version() == newest_schema());
    options.file = directory / "other.db";
    options.create = false;
    CHECK_THROWS_WITH(SqliteStore{options}, Contains("does not exist"));
    CHECK_FALSE(fs::exists(options.file));
}

TEST_CASE("REL-10: what is not a store of ours is refused by name and left as it was")
{
    const Directory directory;
    const fs::path file = directory / "rollcall.db";

    SECTION("a directory")
    {
        fs::create_directory(file);
        CHECK_THAT(refusal(file), Contains("is a directory"));
    }
    SECTION("an empty file")
    {
        write_file(file, "");
        CHECK_THAT(refusal(file), Contains("is empty"));
    }
    SECTION("a text")
    {
        write_file(file, std::string(5000, 'x'));
        CHECK_THAT(refusal(file), Contains("not an SQLite database"));
    }
    SECTION("a file that ends within its header")
    {
        write_file(file, "SQLite format 3");
        CHECK_THAT(refusal(file), Contains("header is damaged"));
    }
    SECTION("another application's database")
    {
        SQLite::Database other{file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
        other.exec("CREATE TABLE t(x)");
        CHECK_THAT(refusal(file), Contains("another application"));
    }
    SECTION("a newer schema")
    {
        make_store(file);
        patch_header(file, 60, std::string{"\0\0\x03\xe7", 4});
        CHECK_THAT(refusal(file), Contains("has schema 999"));
    }
    SECTION("a damaged header")
    {
        make_store(file);
        patch_header(file, 16, std::string{"\x03\x07", 2}); // a page size that cannot be
        CHECK_THAT(refusal(file), Contains("damaged header"));
    }
    SECTION("a read-only file")
    {
        make_store(file);
        fs::permissions(file, fs::perms::owner_read);
        CHECK_THAT(refusal(file), Contains("read-only"));
    }
    SECTION("a log without its database")
    {
        write_file(directory / "rollcall.db-wal", "something");
        CHECK_THAT(refusal(file), Contains("without its database"));
    }
    SECTION("the log of another database")
    {
        make_store(file);
        SQLite::Database other{(directory / "other.db").string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
        other.exec("PRAGMA journal_mode=WAL; CREATE TABLE t(x); INSERT INTO t VALUES(1)");
        fs::copy_file(directory / "other.db-wal", directory / "rollcall.db-wal");
        CHECK_THAT(refusal(file), Contains("log of another database"));
    }
}

TEST_CASE("REL-01: a log whose older commits a checkpoint has overtaken, as a crash between the two leaves it, is a "
          "store's own")
{
    SqliteWorld world;
    const auto org = organisation(world.store(), "ours");
    for (int i = 0; i < 60; ++i) // each a commit, the file growing under them
        REQUIRE(insert(world.store(), org,
                       user("grown" + std::to_string(i), R"({"displayName":")" + std::string(3000, 'x') + "\"}")));
    const Directory crashed;
    fs::copy_file(world.directory / "rollcall.db-wal", crashed / "rollcall.db-wal");
    world.sqlite->checkpoint();
    fs::copy_file(world.directory / "rollcall.db", crashed / "rollcall.db");
    Options options;
    options.file = crashed / "rollcall.db";
    SqliteStore reopened{options};
    CHECK(reopened.check().empty());
    CHECK(reopened.read(org)->users({}).total == 60);
}

TEST_CASE("a store's own log, left by a crash, is read")
{
    const Directory directory;
    const fs::path file = directory / "rollcall.db";
    make_store(file);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        Options options;
        options.file = file;
        SqliteStore store{options};
        organisation(store, "second");
        ::_exit(0); // without closing: the log stays
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(fs::exists(directory / "rollcall.db-wal"));
    Options options;
    options.file = file;
    SqliteStore store{options};
    store.read_registry([](core::Registry& registry) { CHECK(registry.organisations().size() == 2); });
}

TEST_CASE("an older file opens with a newer program")
{
    const Directory directory;
    const fs::path file = directory / "rollcall.db";
    make_store(file);
    const std::vector<Migration> with_next = [] {
        std::vector<Migration> all{migrations().begin(), migrations().end()};
        all.push_back({"next", "CREATE TABLE brand_new(x INTEGER) STRICT; INSERT INTO brand_new VALUES(1);"});
        return all;
    }();
    {
        Connection connection{file, Role::maintenance};
        migrate(connection, with_next);
        CHECK(stored_schema(connection) == newest_schema() + 1);
        Loan recorded = connection.lend("SELECT count(*) FROM facts WHERE key = 'migration next'");
        REQUIRE(recorded.row());
        CHECK(recorded.integer(0) == 1);
    }
    CHECK_THAT(refusal(file), Contains(fmt::format("has schema {}", with_next.size())));
}

TEST_CASE("REL-11: a file of the first release opens with its tokens as they were")
{
    const Directory directory;
    Options options;
    options.file = directory / "rollcall.db";
    {
        SQLite::Database made{options.file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
        made.exec(fmt::format("PRAGMA application_id={}; PRAGMA journal_mode=WAL", application_id));
    }
    {
        Connection connection{options.file, Role::maintenance};
        migrate(connection, migrations().first(1));
        connection.execute(fmt::format("INSERT INTO facts VALUES('fold_version', '{}'), ('accounts_unique', 'server')",
                                       core::fold_version()));
        connection.execute(
            "INSERT INTO organisations(name, display_name, kind, disabled, created, policy, mapping) "
            "VALUES('acme', 'Acme', 'business', 0, 0, '{}', '{}');"
            "INSERT INTO tokens VALUES('abcdefghijkl', 1, zeroblob(32), 'read', 'Entra', 7, 9, 8, NULL)");
    }
    SqliteStore store{options};
    CHECK(store.schema_version() == newest_schema());
    CHECK(store.check().empty());
    store.read_registry([](core::Registry& registry) {
        const auto token = registry.token("abcdefghijkl");
        REQUIRE(token);
        CHECK(token->scope == core::Scope::read);
        CHECK(token->label == "Entra");
        CHECK(token->created == core::Instant{core::Duration{7}});
        CHECK(token->expires == core::Instant{core::Duration{9}});
        CHECK(token->last_used == core::Instant{core::Duration{8}});
        CHECK_FALSE(token->revoked);
        CHECK_FALSE(token->user); // made before tokens could be one user's
        CHECK_FALSE(token->role); // and before there were administrators
    });
}

TEST_CASE("a file of the first release opens, and what it holds is there")
{
    const Directory directory;
    const fs::path file = directory / "rollcall.db";
    {
        write_file(file, "");
        Connection connection{file, Role::maintenance};
        connection.execute("PRAGMA application_id=0x526F6C6C; PRAGMA journal_mode=WAL");
        migrate(connection, migrations().first(1));
        connection.execute(
            fmt::format("INSERT INTO facts(key, value) VALUES('fold_version', '{}'), "
                        "('accounts_unique', 'server'); "
                        "INSERT INTO organisations(name, display_name, kind, disabled, created, policy, "
                        "mapping, user_count) VALUES('acme', 'Acme', 'business', 0, 7, '{{}}', "
                        "'{{\"title\":\"jobTitle\"}}', 1); "
                        "INSERT INTO users(org, id, user_name, unique_scope, folded_name, status, "
                        "former_status, provenance, created, last_modified, version, in_groups, profile) "
                        "VALUES(1, x'00000000000000000000000000000001', 'Bob', 0, 'bob', 'active', "
                        "'active', 'scim', 7, 8, 3, 0, '{{}}')",
                        core::fold_version()));
    }
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
    Options options;
    options.file = file;
    SqliteStore store{options};
    store.read_registry([](core::Registry& registry) {
        const auto acme = registry.organisation("acme");
        REQUIRE(acme);
        CHECK(acme->display_name == "Acme");
        CHECK(acme->mapping == boost::json::object{{"title", "jobTitle"}});
        CHECK(acme->schemas.empty());
        CHECK(acme->user_count == 1);
    });
    const auto bob = store.read(core::OrgId{1})->user_named("BOB");
    REQUIRE(bob);
    CHECK(bob->version == 3);
    core::Query second;
    second.offset = 1;
    CHECK(store.read(core::OrgId{1})->users(second).items.empty()); // the users of then are counted in blocks
    CHECK(store.check().empty());
}

TEST_CASE("a migration that fails leaves the file at the schema it had")
{
    const Directory directory;
    const fs::path file = directory / "rollcall.db";
    make_store(file);
    std::vector<Migration> broken{migrations().begin(), migrations().end()};
    broken.push_back({"broken", "CREATE TABLE half(x INTEGER) STRICT; INSERT INTO nowhere VALUES(1);"});
    {
        Connection connection{file, Role::maintenance};
        CHECK_THROWS_AS(migrate(connection, broken), core::StorageFailed);
        CHECK(stored_schema(connection) == newest_schema());
        Loan half = connection.lend("SELECT count(*) FROM sqlite_schema WHERE name = 'half'");
        REQUIRE(half.row());
        CHECK(half.integer(0) == 0);
    }
    CHECK(refusal(file).empty());
}

TEST_CASE("accounts.unique can be changed while no name lives twice")
{
    const Directory directory;
    Options options;
    options.file = directory / "rollcall.db";
    options.accounts_unique = AccountsUnique::organisation;
    {
        SqliteStore store{options};
        const core::OrgId a = organisation(store, "a"), b = organisation(store, "b");
        CHECK(insert(store, a, user("bob")));
        CHECK(insert(store, b, user("BOB")));
        CHECK_FALSE(insert(store, b, user("Bob")));
        CHECK(insert(store, b, user("eve")));
        CHECK(store.read(a)->user_named("bob"));
        CHECK(store.read(b)->user_named("bob")->user_name == "BOB");
    }
    options.accounts_unique = AccountsUnique::server;
    CHECK_THROWS_WITH(SqliteStore{options},
                      Contains("accounts.unique") && Contains("bob", Catch::CaseSensitive::No) && !Contains("eve"));
    options.accounts_unique = AccountsUnique::organisation;
    {
        SqliteStore store{options};
        core::OrgId b{};
        store.read_registry([&](core::Registry& registry) { b = registry.organisation("b")->id; });
        change(store, b, [](core::WriteTxn& txn) { txn.erase(txn.user_named("bob")->id); });
    }
    options.accounts_unique = AccountsUnique::server;
    SqliteStore store{options};
    core::OrgId b{};
    store.read_registry([&](core::Registry& registry) { b = registry.organisation("b")->id; });
    CHECK_FALSE(insert(store, b, user("Bob")));
    CHECK(store.read(b)->user_named("EVE"));
    CHECK_FALSE(store.read(b)->user_named("bob"));
}

TEST_CASE("a store written with another Unicode version is folded anew")
{
    const Directory directory;
    Options options;
    options.file = directory / "rollcall.db";
    {
        SqliteStore store{options};
        const core::OrgId acme = organisation(store, "acme");
        REQUIRE(insert(store, acme, user("Bob", R"({"emails":[{"value":"B@x"}]})")));
        REQUIRE(insert(store, acme, user("Eve@Example.com")));
    }
    {
        Connection connection{options.file, Role::maintenance};
        connection.execute("UPDATE facts SET value = '1.0.0' WHERE key = 'fold_version';"
                           "UPDATE users SET folded_name = 'old ' || folded_name, folded_domain = 'old';"
                           "DELETE FROM user_emails");
    }
    SqliteStore store{options};
    CHECK(store.read(core::OrgId{1})->user_named("bob"));
    store.read_registry(
        [](core::Registry& registry) { CHECK(registry.users_of_domain("example.com", "", 9).size() == 1); });
    CHECK(store.check().empty());
    Connection connection{options.file, Role::maintenance};
    Loan version =
        connection.lend("SELECT value, (SELECT folded FROM user_emails) FROM facts WHERE key = 'fold_version'");
    REQUIRE(version.row());
    CHECK(version.text(0) == core::fold_version());
    CHECK(version.text(1) == "b@x");
}

TEST_CASE("names that a new Unicode version makes equal keep the store closed")
{
    const Directory directory;
    Options options;
    options.file = directory / "rollcall.db";
    {
        SqliteStore store{options};
        const core::OrgId acme = organisation(store, "acme");
        REQUIRE(insert(store, acme, user("bob")));
        REQUIRE(insert(store, acme, user("eve")));
    }
    {
        Connection connection{options.file, Role::maintenance};
        connection.execute("UPDATE facts SET value = '1.0.0' WHERE key = 'fold_version';"
                           "UPDATE users SET user_name = 'BOB' WHERE user_name = 'eve'");
    }
    CHECK_THAT(refusal(options.file), Contains("Unicode") && Contains("bob", Catch::CaseSensitive::No));
}

TEST_CASE("REL-02: a crash in the middle of a migration leaves no store behind")
{
    const Directory directory;
    const fs::path file = directory / "rollcall.db";
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        std::signal(SIGABRT, SIG_DFL);
        ::setenv("ROLLCALL_FAILPOINT", "mid_migration", 1);
        make_store(file);
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
#ifdef ROLLCALL_FAILPOINTS
    CHECK(WIFSIGNALED(status));
    CHECK_FALSE(fs::exists(file));
#endif
    CHECK(refusal(file).empty());
}
