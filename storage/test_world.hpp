// What the tests of this room stand on: a directory that goes with its test, a store in it, users and groups in few
// words.
#pragma once

#include "core/base/json.hpp"
#include "core/testing/memory_store.hpp"
#include "storage/sqlite_store.hpp"

#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

namespace storage::testing {

inline core::Instant day(int n)
{
    return core::Instant{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}} + std::chrono::days{n};
}

class Directory {
public:
    Directory()
    {
        std::string pattern = (std::filesystem::temp_directory_path() / "rollcall-storage-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"no temporary directory"};
        path_ = pattern;
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    ~Directory()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::filesystem::path operator/(const char* name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

inline core::Uuid next_uuid()
{
    static std::atomic<std::uint32_t> last{0};
    const std::uint32_t n = ++last;
    core::Uuid id;
    id.bytes[6] = 0x70;
    id.bytes[8] = 0x80;
    const auto process = static_cast<std::uint32_t>(::getpid()); // forked ones count on from the same number
    for (std::size_t i = 0; i < 4; ++i) id.bytes[9 + i % 3] ^= static_cast<std::uint8_t>(process >> (8 * i));
    for (std::size_t i = 0; i < 4; ++i) id.bytes[12 + i] = static_cast<std::uint8_t>(n >> (8 * (3 - i)));
    return id;
}

inline core::Profile profile(std::string_view json)
{
    auto value = core::json::read(json);
    if (!value) throw std::logic_error{value.error().detail};
    return core::Profile{value->as_object()};
}

inline core::User user(std::string name, std::string_view json = "{}")
{
    core::User made;
    made.id = core::UserId{next_uuid()};
    made.user_name = std::move(name);
    made.created = day(0);
    made.last_modified = day(0);
    made.profile = profile(json);
    return made;
}

inline core::Group group(std::string name)
{
    core::Group made;
    made.id = core::GroupId{next_uuid()};
    made.display_name = std::move(name);
    made.created = day(0);
    made.last_modified = day(0);
    return made;
}

inline core::Event event(core::Activity activity, core::Target target, core::Instant at = day(0))
{
    core::Event made;
    made.at = at;
    made.actor = {"token", "abc"};
    made.activity = activity;
    made.target = std::move(target);
    made.request_id = "r-1";
    made.changes = {{"active", true, false}};
    return made;
}

inline core::OrgId organisation(core::Store& store, std::string name)
{
    core::OrgId id;
    store.registry([&](core::Registry& registry) {
        core::Organisation made;
        made.name = std::move(name);
        made.display_name = "An organisation";
        made.created = day(0);
        id = registry.create(made)->id;
        return core::Keep::yes;
    });
    return id;
}

// Writes that must be kept.
template<class Work>
void change(core::Store& store, core::OrgId org, const Work& work)
{
    store.write(org, [&](core::WriteTxn& txn) {
        work(txn);
        return core::Keep::yes;
    });
}

inline bool insert(core::Store& store, core::OrgId org, const core::User& made)
{
    bool inserted = false;
    store.write(org, [&](core::WriteTxn& txn) {
        inserted = txn.insert(made).has_value();
        return inserted ? core::Keep::yes : core::Keep::no;
    });
    return inserted;
}

// A store of its own in a directory of its own.
struct SqliteWorld {
    Directory directory;
    Options options{.file = directory / "rollcall.db",
                    .create = true,
                    .accounts_unique = AccountsUnique::server,
                    .default_policy = core::Policy{},
                    .read_limit = std::chrono::seconds{60},
                    .vfs = {}};
    std::unique_ptr<SqliteStore> sqlite = std::make_unique<SqliteStore>(options);
    core::Store& store() { return *sqlite; }
    void reopen()
    {
        sqlite.reset();
        sqlite = std::make_unique<SqliteStore>(options);
    }
};

struct MemoryWorld {
    core::testing::MemoryStore memory;
    core::Store& store() { return memory; }
};

} // namespace storage::testing
