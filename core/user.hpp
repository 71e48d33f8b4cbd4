// A user of one organisation (requirements: state machine, decisions 5-9; api.md names).
#pragma once

#include "core/base/clock.hpp"
#include "core/base/ids.hpp"
#include "core/profile.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core {

enum class Status : std::uint8_t { active, verified, not_verified, inactive, delayed_claim, converted_away };
// Why a user is inactive. `directory`: unassigned or blocked (on the wire they cannot be told apart).
enum class InactiveReason : std::uint8_t { admin, directory, soft_deleted, directory_absent };
enum class Provenance : std::uint8_t { scim, manual, csv, site_link, claim };

// What a user has here besides what a directory says of them.
struct Standing {
    bool is_protected = false;           // SCIM may neither deactivate nor delete them (TEN-05)
    bool is_administrator = false;       // the last living one of an organisation is as if protected (TEN-09)
    std::optional<Instant> signed_in_at; // first sign-in in this organisation (S-098, S-169)
    std::vector<std::string> licences;   // keys of the organisation's licences, in order
    std::optional<std::string> claim;    // key of the claim they came by, or left by
    bool operator==(const Standing&) const = default;
};

struct User {
    UserId id;
    std::string user_name;                  // as sent; compared by core::fold
    std::optional<std::string> external_id; // opaque, compared with case
    Status status = Status::active;
    std::optional<InactiveReason> reason;  // set if and only if status is inactive
    Status former_status = Status::active; // where reactivation leads; never inactive
    Provenance provenance = Provenance::scim;
    std::optional<std::string> original_user_name; // set while user_name is a tombstone
    std::optional<Instant> soft_deleted_at;        // set while soft-deleted
    std::optional<Instant> purge_at;               // when the purge is due; none: never
    std::optional<Instant> tokens_valid_after;     // tokens issued up to then are void; only moves forward (decision 6)
    Instant created{};
    Instant last_modified{};
    std::int64_t version = 1; // grows by one with each visible change; the ETag is W/"version"
    bool in_groups = false;   // a store's fact: spares the look-up of `groups`
    Standing standing;
    Profile profile;

    // SCIM `active` (decision 8): false only for inactive and converted_away.
    bool is_active() const { return status != Status::inactive && status != Status::converted_away; }
    bool is_soft_deleted() const { return soft_deleted_at.has_value(); }
    bool operator==(const User&) const = default;
};

// What a directory wants a user to be, after parsing, quirks and schema: the whole of it, never a part.
struct DesiredUser {
    std::string user_name;
    std::optional<std::string> external_id;
    bool active = true;
    Profile profile;
};

// The words of api.md: "notVerified", "softDeleted", "siteLink" …
std::string_view word(Status);
std::string_view word(InactiveReason);
std::string_view word(Provenance);
std::optional<Status> status_from(std::string_view);
std::optional<InactiveReason> inactive_reason_from(std::string_view);
std::optional<Provenance> provenance_from(std::string_view);

inline constexpr std::string_view lifecycle_urn = "urn:rollcall:params:scim:schemas:extension:lifecycle:2.0:User";

// A standing as it is stored: "" where there is nothing in it.
std::string to_text(const Standing&);
Standing standing_from(std::string_view); // throws std::runtime_error for what no program of ours wrote

// The user as one JSON object with the names a filter uses: id, userName, externalId, active, meta (resourceType,
// created, lastModified, version; no location), the lifecycle extension, and the profile's attributes. What a Predicate
// is evaluated on.
boost::json::object attributes_of(const User&);

} // namespace core
