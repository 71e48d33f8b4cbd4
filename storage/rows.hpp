// Rows ↔ values. Column lists stand beside the functions that read them; a list and its reader change together.
#pragma once

#include "core/store.hpp"
#include "storage/sqlite.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace storage {

inline std::int64_t milliseconds(core::Instant at) { return at.time_since_epoch().count(); }
inline std::optional<std::int64_t> milliseconds(const std::optional<core::Instant>& at)
{
    return at ? std::optional{milliseconds(*at)} : std::nullopt;
}
core::Instant instant_at(const Loan&, int column);
std::optional<core::Instant> maybe_instant_at(const Loan&, int column);

struct StoredUser {
    std::int64_t pk = 0;
    core::User user;
};
extern const std::string user_columns; // of table users, alias u
inline constexpr int user_column_count = 18;
StoredUser user_from(const Loan&);

struct StoredGroup {
    std::int64_t pk = 0;
    core::Group group;
};
extern const std::string group_columns; // of table groups, alias g
StoredGroup group_from(const Loan&);
core::GroupId group_id_at(const Loan&, int column);

extern const std::string event_columns; // of table events, alias e, with organisations, alias o
core::Event event_from(const Loan&);

extern const std::string archive_columns; // without history
core::ArchiveRecord archive_from(const Loan&);

extern const std::string token_columns;
core::Token token_from(const Loan&);

extern const std::string organisation_columns;
// Keeps `known`'s policy and mapping where their texts are as before: parsing them costs more than the row.
struct StoredOrganisation {
    core::Organisation organisation;
    std::string policy_text;
    std::string mapping_text;
};
void read_organisation(const Loan&, StoredOrganisation& known, const core::Policy& defaults);

// What the stored text says; a damaged one is StorageFailed.
boost::json::value stored_json(const std::string& text);
boost::json::object stored_object(const std::string& text);
std::string_view word(core::TargetKind);

// The folded e-mail values by which a user is found besides their name, sorted, each once.
std::vector<std::string> email_keys(const core::User&, const std::string& folded_name);

} // namespace storage
