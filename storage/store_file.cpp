#include "storage/store_file.hpp"

#include "core/base/json.hpp"
#include "core/base/secrets.hpp"
#include "core/base/text.hpp"
#include "storage/migrations.hpp"
#include "storage/rows.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <span>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace storage {

namespace {

namespace fs = std::filesystem;

class File {
public:
    File(const fs::path& path, int flags, mode_t mode = 0) : descriptor_{::open(path.c_str(), flags | O_CLOEXEC, mode)}
    {
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File()
    {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    bool is_open() const { return descriptor_ >= 0; }
    int descriptor() const { return descriptor_; }
    bool read(std::span<std::uint8_t> into, std::uint64_t offset) const
    {
        return ::pread(descriptor_, into.data(), into.size(), static_cast<off_t>(offset)) ==
               static_cast<ssize_t>(into.size());
    }

private:
    int descriptor_;
};

std::uint32_t big_endian(std::span<const std::uint8_t> bytes, std::size_t at)
{
    return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 | std::uint32_t{bytes[at + 2]} << 8 |
           std::uint32_t{bytes[at + 3]};
}

// SQLite's file format: the first 100 bytes of page 1.
using Header = std::array<std::uint8_t, 100>;
constexpr std::string_view magic{"SQLite format 3\0", 16};

bool has_magic(const Header& header) { return std::memcmp(header.data(), magic.data(), magic.size()) == 0; }
std::uint32_t page_size(const Header& header)
{
    const std::uint32_t stored = std::uint32_t{header[16]} << 8 | header[17];
    return stored == 1 ? 65536 : stored;
}
std::uint32_t page_count(const Header& header) { return big_endian(header, 28); }
std::uint32_t schema_of(const Header& header) { return big_endian(header, 60); }
std::uint32_t application_of(const Header& header) { return big_endian(header, 68); }

[[noreturn]] void refuse_newer(const fs::path& file, std::int64_t schema)
{
    throw CannotOpen{fmt::format("{} has schema {}, this program knows up to {}: use a newer rollcall, or restore the "
                                 "backup made before the upgrade",
                                 file.string(), schema, newest_schema())};
}

// SQLite replays a write-ahead log that lies beside a database without asking whose it is. A log of ours carries our
// application id in each copy of page 1, has our page size, and never leaves the database smaller than it was.
void judge_log(const fs::path& file, const Header& header)
{
    fs::path log_path = file;
    log_path += "-wal";
    const File log{log_path, O_RDONLY};
    if (!log.is_open()) return;
    std::array<std::uint8_t, 32> head{};
    if (!log.read(head, 0)) return; // shorter than its header: SQLite will not read it either
    constexpr std::uint32_t log_magic = 0x377f0682;
    if ((big_endian(head, 0) & ~1U) != log_magic) return;
    const CannotOpen foreign{
        fmt::format("{} is the log of another database: move it away, then start again", log_path.string())};
    const std::uint32_t size = big_endian(head, 8);
    if (size != page_size(header)) throw foreign;
    std::array<std::uint8_t, 24> frame{};
    bool first_page_is_foreign = false;
    // Of the newest commit: a crash in the middle of a checkpoint leaves a file that is ahead of the older ones.
    std::uint32_t pages_in_the_end = 0;
    for (std::uint64_t at = head.size(); log.read(frame, at); at += frame.size() + size) {
        if (std::memcmp(frame.data() + 8, head.data() + 16, 8) != 0) break; // salts of an earlier round: the end
        if (big_endian(frame, 0) == 1) {
            Header first_page{};
            if (!log.read(first_page, at + frame.size())) break;
            first_page_is_foreign = !has_magic(first_page) || application_of(first_page) != application_id;
        }
        const std::uint32_t pages_after_commit = big_endian(frame, 4);
        if (pages_after_commit == 0) continue;
        if (first_page_is_foreign) throw foreign;
        pages_in_the_end = pages_after_commit;
    }
    if (pages_in_the_end != 0 && pages_in_the_end < page_count(header)) throw foreign;
}

std::string fact(Connection& connection, const char* key)
{
    Loan row = connection.lend("SELECT value FROM facts WHERE key = ?1");
    row.bind_copy(1, key);
    return row.row() ? row.text(0) : std::string{};
}

void set_fact(Connection& connection, const char* key, std::string_view value)
{
    Loan row =
        connection.lend("INSERT INTO facts(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = ?2");
    row.bind_copy(1, key).bind_copy(2, value).run();
}

template<class Work>
void in_one_transaction(Connection& connection, const Work& work)
{
    connection.begin_immediate();
    try {
        work();
        connection.commit();
    } catch (...) {
        connection.roll_back();
        throw;
    }
}

std::string names_of_duplicates(Connection& connection, const char* sql)
{
    std::string names;
    Loan rows = connection.lend(sql);
    while (rows.row()) {
        if (!names.empty()) names += ", ";
        names += rows.text(0);
    }
    return names;
}

void apply_accounts_unique(Connection& connection, AccountsUnique wanted)
{
    const char* const word = wanted == AccountsUnique::server ? "server" : "organisation";
    if (fact(connection, "accounts_unique") == word) return;
    in_one_transaction(connection, [&] {
        if (wanted == AccountsUnique::server) {
            const std::string duplicates =
                names_of_duplicates(connection, "SELECT min(user_name) FROM users GROUP BY folded_name HAVING "
                                                "count(*) > 1 ORDER BY folded_name LIMIT 100");
            if (!duplicates.empty())
                throw CannotOpen{fmt::format("accounts.unique = \"server\" is not possible: these userNames live in "
                                             "more than one organisation: {}. Remove or rename them, or set "
                                             "accounts.unique = \"organisation\"",
                                             duplicates)};
            connection.execute("UPDATE users SET unique_scope = 0");
        } else {
            connection.execute("UPDATE users SET unique_scope = org");
        }
        set_fact(connection, "accounts_unique", word);
    });
}

// Another Unicode version may fold new characters together: every folded column is made again.
void apply_fold_version(Connection& connection)
{
    const std::string stored = fact(connection, "fold_version");
    if (stored == core::fold_version()) return;
    in_one_transaction(connection, [&] {
        const std::string duplicates =
            names_of_duplicates(connection, "SELECT min(user_name) FROM users GROUP BY unique_scope, fold(user_name) "
                                            "HAVING count(*) > 1 LIMIT 100") +
            names_of_duplicates(connection, "SELECT min(display_name) FROM groups GROUP BY org, fold(display_name) "
                                            "HAVING count(*) > 1 LIMIT 100");
        if (!duplicates.empty())
            throw CannotOpen{fmt::format("Unicode {} (the store was written with {}) makes these names equal to "
                                         "others: {}. Rename them with the former program first",
                                         core::fold_version(), stored, duplicates)};
        // In two steps, so that no new value meets an old one on its way.
        connection.execute(
            "UPDATE users SET folded_name = char(0) || pk; UPDATE groups SET folded_name = char(0) || pk;"
            "UPDATE users SET folded_name = fold(user_name), folded_original = fold(original_user_name);"
            "UPDATE users SET folded_domain = mail_domain(folded_name);"
            "UPDATE groups SET folded_name = fold(display_name);"
            "UPDATE OR IGNORE former_names SET folded = fold(folded);"
            "UPDATE archive SET folded_name = fold(user_name), "
            "folded_original = fold(original_user_name);"
            "DELETE FROM user_emails");
        static const std::string all = "SELECT " + user_columns + ", u.org, u.folded_name FROM users AS u";
        Loan users = connection.lend(all.c_str());
        Loan email = connection.lend("INSERT INTO user_emails(org, folded, user) VALUES(?1, ?2, ?3)");
        while (users.row()) {
            const StoredUser each = user_from(users);
            for (const std::string& key : email_keys(each.user, users.text(user_column_count + 1))) {
                email.bind(1, users.integer(user_column_count)).bind(2, key).bind(3, each.pk).run();
                email.again();
            }
        }
        set_fact(connection, "fold_version", core::fold_version());
    });
}

} // namespace

void judge_store_file(const fs::path& file)
{
    const auto refuse = [&](std::string_view why) { throw CannotOpen{fmt::format("{} {}", file.string(), why)}; };
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return refuse(fmt::format("cannot be looked at: {}", std::strerror(errno)));
    if (S_ISDIR(status.st_mode)) return refuse("is a directory, not a store: name another data directory");
    if (!S_ISREG(status.st_mode)) return refuse("is not a file: name another data directory");
    if (::geteuid() != 0 && status.st_uid != ::geteuid())
        return refuse("belongs to another user: run rollcall as its owner, or change the owner");
    constexpr mode_t any_write = S_IWUSR | S_IWGRP | S_IWOTH;
    if ((status.st_mode & any_write) == 0 || ::access(file.c_str(), R_OK | W_OK) != 0)
        return refuse("is read-only: make it writable for its owner (mode 0600)");
    if (status.st_size == 0) return refuse("is empty: restore a backup, or remove it to begin anew");
    const File opened{file, O_RDONLY};
    if (!opened.is_open()) return refuse(fmt::format("cannot be read: {}", std::strerror(errno)));
    Header header{};
    if (!opened.read(header, 0) || !has_magic(header))
        return refuse("is not an SQLite database, or its header is damaged: restore a backup");
    if (application_of(header) != application_id)
        return refuse("is the database of another application: name another data directory");
    const std::uint32_t size = page_size(header);
    if (size < 512 || (size & (size - 1)) != 0) return refuse("has a damaged header: restore a backup");
    if (schema_of(header) > newest_schema()) refuse_newer(file, schema_of(header));
    judge_log(file, header);
}

void make_store_file(const Options& options)
{
    const fs::path& file = options.file;
    for (const char* const suffix : {"-wal", "-journal"}) {
        fs::path leftover = file;
        leftover += suffix;
        if (fs::exists(leftover))
            throw CannotOpen{fmt::format("{} lies there without its database: restore the database, or move it away",
                                         leftover.string())};
    }
    std::array<std::uint8_t, 8> random{};
    core::fill_random(random);
    fs::path draft = file;
    draft += ".new-" + core::to_hex(random);
    {
        const File made{draft, O_RDWR | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR};
        if (!made.is_open()) throw CannotOpen{fmt::format("cannot create {}: {}", file.string(), std::strerror(errno))};
    }
    try {
        {
            Connection connection{draft, Role::maintenance, options.vfs};
            connection.execute(fmt::format("PRAGMA application_id={}; PRAGMA journal_mode=WAL", application_id));
            migrate(connection);
            set_fact(connection, "fold_version", core::fold_version());
            apply_accounts_unique(connection, options.accounts_unique.value_or(AccountsUnique::server));
        }
        // A link, not a rename: it never replaces a store that another process made meanwhile.
        if (::link(draft.c_str(), file.c_str()) != 0 && errno != EEXIST)
            throw CannotOpen{fmt::format("cannot create {}: {}", file.string(), std::strerror(errno))};
    } catch (...) {
        for (const char* const suffix : {"", "-wal", "-shm"}) ::unlink((draft.string() + suffix).c_str());
        throw;
    }
    ::unlink(draft.c_str());
    const File directory{file.parent_path().empty() ? fs::path{"."} : file.parent_path(), O_RDONLY | O_DIRECTORY};
    if (directory.is_open()) ::fsync(directory.descriptor());
}

void bring_up_to_date(const Options& options)
{
    Connection connection{options.file, Role::maintenance, options.vfs};
    const std::int64_t schema = stored_schema(connection); // the log may know more than the header did
    if (schema > newest_schema()) refuse_newer(options.file, schema);
    migrate(connection);
    apply_fold_version(connection);
    if (options.accounts_unique) apply_accounts_unique(connection, *options.accounts_unique);
}

core::Policy settle_default_policy(const Options& options)
{
    Connection connection{options.file, Role::maintenance, options.vfs};
    const std::string stored = fact(connection, "policy_defaults");
    if (options.default_policy) {
        const std::string given = core::json::write(core::to_json(*options.default_policy, core::Policy{}));
        if (given != stored) set_fact(connection, "policy_defaults", given);
        return *options.default_policy;
    }
    if (stored.empty()) return {};
    const auto read = core::json::read(stored);
    const auto policy = read && read->is_object() ? core::policy_from(read->as_object(), core::Policy{})
                                                  : core::Result<core::Policy>{core::Policy{}};
    if (!policy)
        throw CannotOpen{
            fmt::format("{} remembers policy defaults that this program does not know ({}): start the server once",
                        options.file.string(), policy.error().detail)};
    return *policy;
}

} // namespace storage
