// Every number and switch that a rule uses (api.md, policy fields). Rules take their numbers from here, never from the
// air.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/result.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace core {

enum class PatchReply : std::uint8_t { automatic, resource, empty };
enum class BrakeAction : std::uint8_t { hold, park };

struct Brake {
    std::optional<double> share; // of the organisation's users, 0 to 1
    std::optional<std::int64_t> count;
    Duration window = std::chrono::hours{1};
    BrakeAction action = BrakeAction::hold;
    bool operator==(const Brake&) const = default;
};

struct Policy {
    Duration retention = std::chrono::days{30};   // soft delete to purge
    std::optional<Duration> purge_inactive_after; // off: an unassigned user is never purged (decision 5)
    std::optional<Duration> purge_directory_absent_after = std::chrono::days{30};
    Duration claim_window = std::chrono::days{14};
    Duration withdraw_window = std::chrono::days{14};
    std::int64_t claim_list_limit = 250;
    std::int64_t manual_claim_limit = 25;
    bool allow_content_transfer = false;
    bool delayed_claims = true;
    Instant delayed_cutoff_date = std::chrono::sys_days{std::chrono::year{2020} / 5 / 5};
    bool require_verified_domain = false;
    bool auto_claim = false;
    bool groups = true;
    std::string quirk_profile = "entra"; // "entra" or "strict"
    std::map<std::string, bool> quirks;  // single switches on top of the profile: "quirks.op_case"
    PatchReply patch_reply = PatchReply::automatic;
    bool unique_external_id = false;
    bool invitations = true;
    Brake brake;
    Duration archive_retention = std::chrono::days{365};
    Duration request_log_retention = std::chrono::days{30};
    std::optional<Duration> audit_retention; // none: kept for ever
    bool operator==(const Policy&) const = default;
};

// One row per field: the name as in api.md ("claimWindow", "brake.share"), its help, how to read and print it.
struct PolicyField {
    std::string_view name;
    std::string_view help;
    Result<void> (*set)(Policy&, std::string_view text); // refuses with the field named and the remedy
    std::string (*get)(const Policy&);                   // "30d", "off", "true"
};
std::span<const PolicyField> policy_fields();

// Sets one field from text, as `rollcall org policy NAME key=value` does. `quirks.NAME` sets or ("default") clears one
// quirk's switch; whether that quirk exists is the caller's to check (`known_quirks`). An unknown key is refused with
// the nearest known one.
Result<void> set_policy_field(Policy&, std::string_view key, std::string_view text,
                              std::span<const std::string_view> known_quirks);

// What differs from `defaults`, by api.md name, for storing; and back. from_json refuses unknown names.
boost::json::object to_json(const Policy&, const Policy& defaults);
Result<Policy> policy_from(const boost::json::object&, const Policy& defaults);

} // namespace core
