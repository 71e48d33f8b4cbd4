// The numbered .sql files of migrations/, built into the program and applied in order, each in one transaction that
// also records it. The schema version is SQLite's user_version: the number of the last file applied.
#pragma once

#include "storage/sqlite.hpp"

#include <cstdint>
#include <span>

namespace storage {

struct Migration {
    const char* name; // "001_first"
    const char* sql;
};
std::span<const Migration> migrations();
inline std::int64_t newest_schema() { return static_cast<std::int64_t>(migrations().size()); }

// Brings the file from its version to the newest. Two processes may try at once: one does it.
void migrate(Connection& maintenance, std::span<const Migration> = migrations());
std::int64_t stored_schema(Connection&);

} // namespace storage
