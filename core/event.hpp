// What happened: one event per change, appended in the change's own transaction. Audit log, archive, notifications and
// the feed to the application all read these, so that none can be forgotten or invented (HOUSE 4).
#pragma once

#include "core/base/clock.hpp"
#include "core/base/ids.hpp"
#include "core/base/secrets.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace core {

// Category and activity are the audit's words (S-215): a row of one table in event.cpp.
enum class Activity : std::uint8_t {
    create_user,
    update_user,
    deactivate_user,
    reactivate_user,
    soft_delete_user,
    restore_user,
    delete_user,
    purge_user,
    create_group,
    update_group,
    delete_group,
    add_members,
    remove_members,
    create_organisation,
    update_policy,
    disable_organisation,
    enable_organisation,
    delete_organisation,
    create_token,
    revoke_token,
    confirm_clock,
    change_mapping,
    add_schema,
    replace_schema,
    remove_schema,
    update_organisation,
    pause_organisation,
    resume_organisation,
    invite_user,
    sign_in_user,
    verify_email,
    protect_user,
    unprotect_user,
    appoint_administrator,
    dismiss_administrator,
    claim_user,
    convert_user,
    withdraw_claim,
    expire_claim,
    choose,
    remind_user,
    transfer_content,
    acknowledge_transfer,
    add_domain,
    verify_domain,
    unverify_domain,
    claim_domain,
    release_domain,
    remove_domain,
    create_client,
    delete_client,
    create_client_secret,
    delete_client_secret,
    issue_token,
    create_licence,
    update_licence,
    delete_licence,
    assign_licence,
    unassign_licence,
    start_import,
    finish_import,
    cancel_import,
    plan_sync,
    apply_sync,
    pull_brake,
    release_brake,
    discard_brake,
    hold_archive,
    unhold_archive,
    erase_archive,
    export_data,
    open_console,
    close_console,
};
std::string_view word(Activity);     // "softDeleteUser"
std::string_view category(Activity); // "userManagement", "groupManagement", … : a column of the table in event.cpp
std::optional<Activity> activity_from(std::string_view);
std::span<const std::string_view> activity_words();   // all of them, in the order of the table
std::span<const std::string_view> event_categories(); // each once

// Who did it: {"token", public id}, {"operator", "cli"}, {"server", "sweep"}.
struct Actor {
    std::string kind;
    std::string id;
    bool operator==(const Actor&) const = default;
};

// Before and after of one attribute; null where there was none. Secrets are masked by whoever makes the change.
struct Change {
    std::string attribute;
    boost::json::value before;
    boost::json::value after;
    bool operator==(const Change&) const = default;
};

// New ones at the end: a chain's links hold their numbers.
enum class TargetKind : std::uint8_t {
    none,
    user,
    group,
    organisation,
    token,
    domain,
    claim,
    licence,
    client,
    import,
    sync_plan,
    brake,
    archive
};
struct Target {
    TargetKind kind = TargetKind::none;
    std::string id;
    std::string name;          // userName, displayName or slug at that time
    std::string original_name; // of a user under a tombstone
    bool operator==(const Target&) const = default;
};

struct Event {
    std::int64_t sequence = 0; // store-wide; given by the store
    std::string organisation;  // slug; empty for the server's own
    Instant at{};
    Actor actor;
    Activity activity{};
    Target target;
    std::string request_id;
    int payload_version = 1;
    std::vector<Change> changes;
    Digest digest{}; // of what can be erased later: the target's names and the changes; given by the store
    Digest chain{};  // SHA-256 over the previous chain, the digest and the rest of this row; given by the store
    bool operator==(const Event&) const = default;
};

// The digest and the chain link as every store computes them. Personal data (names, changes) can be erased later and
// the chain over the kept digests still verifies. chain_of reads event.digest: fill it in first.
Digest digest_of(const Event&);
Digest chain_of(const Digest& previous, const Event&);
boost::json::array to_json(const std::vector<Change>&);
std::vector<Change> changes_from(const boost::json::array&);

} // namespace core
