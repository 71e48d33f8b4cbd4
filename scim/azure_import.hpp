// Users of the directory from a file into an organisation, through the very code that answers the connector's POST and
// PATCH: what an import leaves is what a synchronisation would have left, to the byte.
#pragma once

#include "core/actions/provision.hpp"
#include "core/base/ids.hpp"
#include "core/store.hpp"
#include "scim/entra/mapping.hpp"
#include "scim/error.hpp"
#include "scim/schema.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <istream>
#include <string>
#include <vector>

namespace scim {

struct ImportCounts {
    std::int64_t rows = 0; // users in the file, the wrong ones included; the sum of those below but `references`
    std::int64_t created = 0;
    std::int64_t updated = 0;
    std::int64_t unchanged = 0;
    std::int64_t deactivated = 0; // updated, and active no longer
    std::int64_t skipped = 0; // blocked, unassigned or deleted in the directory and never seen here: it sends no such
    std::int64_t failed = 0;
    std::int64_t references = 0; // managers set, in a second pass over the file
    bool operator==(const ImportCounts&) const = default;
};

struct ImportFailure {
    std::size_t line = 0;
    std::string reason; // begins with "line N: "
};

struct ImportReport {
    ImportCounts counts;
    std::vector<ImportFailure> failures; // the first ImportOptions::failures_kept of them
    std::vector<std::string> warnings;
    bool whole = true; // false: the file broke off, and what stood behind the break was not read
};

struct ImportOptions {
    bool dry_run = false;    // nothing is kept; the counts are those of a real run
    std::size_t batch = 200; // users per commit
    std::size_t failures_kept = 1000;
    std::function<void(const ImportCounts&)> progress; // after each batch
};

// The organisation's mapping, its targets checked against the User schema. 400 invalidValue names the target and the
// nearest attribute.
Result<entra::Mapping> mapping_of(const core::Organisation&);
// The same for overrides that somebody wants to store.
Result<entra::Mapping> check_mapping(const boost::json::object& overrides, const ResourceSchema& users);

// Each user is matched by userName, then by externalId where that is the object id; found: a PATCH of all mapped
// values; not found: a POST. Refuses (nothing done) a mapping or file that cannot be used at all. A real run commits
// batch by batch and can be repeated: what was done is unchanged then. A dry run is one transaction that is undone, so
// it holds the store's write lock until it ends. The stream must be seekable where the mapping has a manager row.
Result<ImportReport> import_azure_users(core::Store&, const core::Organisation&, core::IdSource&, const core::Context&,
                                        std::istream&, const ImportOptions&);

} // namespace scim
