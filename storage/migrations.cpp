#include "storage/migrations.hpp"

#include "core/base/failpoint.hpp"

#include <fmt/format.h>

namespace storage {

std::int64_t stored_schema(Connection& connection)
{
    Loan version = connection.lend("PRAGMA user_version");
    version.row();
    return version.integer(0);
}

void migrate(Connection& maintenance, std::span<const Migration> known)
{
    while (stored_schema(maintenance) < static_cast<std::int64_t>(known.size())) {
        maintenance.begin_immediate();
        try {
            const auto from = static_cast<std::size_t>(stored_schema(maintenance)); // now under the lock
            if (from < known.size()) {
                const Migration& next = known[from];
                maintenance.execute(next.sql);
                FAILPOINT("mid_migration");
                maintenance.execute(fmt::format("INSERT INTO facts(key, value) VALUES('migration {}', "
                                                "strftime('%Y-%m-%dT%H:%M:%SZ')); PRAGMA user_version={}",
                                                next.name, from + 1));
            }
            maintenance.commit();
        } catch (...) {
            maintenance.roll_back();
            throw;
        }
    }
}

} // namespace storage
