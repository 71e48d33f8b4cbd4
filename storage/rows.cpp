#include "storage/rows.hpp"

#include "core/base/json.hpp"
#include "core/base/text.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

namespace storage {

namespace {

// A word that this program did not write: the row is damaged, or by a program that this one does not know.
template<class T>
T known_word(std::optional<T> value, const char* column)
{
    if (!value) throw core::StorageFailed{fmt::format("unknown word in column {}", column)};
    return *value;
}

template<class Tag>
core::Id<Tag> id_at(const Loan& row, int column)
{
    core::Id<Tag> id;
    const auto bytes = row.blob(column);
    if (bytes.size() != id.value.bytes.size()) throw core::StorageFailed{"an id is not 16 bytes"};
    std::memcpy(id.value.bytes.data(), bytes.data(), bytes.size());
    return id;
}

core::Digest digest_at(const Loan& row, int column)
{
    core::Digest digest{};
    const auto bytes = row.blob(column);
    if (bytes.size() != digest.size()) throw core::StorageFailed{"a digest is not 32 bytes"};
    std::memcpy(digest.data(), bytes.data(), bytes.size());
    return digest;
}

std::optional<std::string> maybe_text_at(const Loan& row, int column)
{
    if (row.is_null(column)) return std::nullopt;
    return row.text(column);
}

std::optional<core::OrganisationKind> organisation_kind_from(std::string_view text)
{
    for (const auto kind : {core::OrganisationKind::business, core::OrganisationKind::personal})
        if (core::word(kind) == text) return kind;
    return std::nullopt;
}

std::optional<core::DeletionCause> cause_from(std::string_view text)
{
    using core::DeletionCause;
    for (const auto cause : {DeletionCause::directory, DeletionCause::retention, DeletionCause::admin})
        if (core::word(cause) == text) return cause;
    return std::nullopt;
}

std::optional<core::TargetKind> target_kind_from(std::string_view text)
{
    using core::TargetKind;
    for (const auto kind :
         {TargetKind::none, TargetKind::user, TargetKind::group, TargetKind::organisation, TargetKind::token,
          TargetKind::domain, TargetKind::claim, TargetKind::licence, TargetKind::client, TargetKind::import,
          TargetKind::sync_plan, TargetKind::brake, TargetKind::archive})
        if (word(kind) == text) return kind;
    return std::nullopt;
}

} // namespace

std::string_view word(core::TargetKind kind)
{
    switch (kind) {
    case core::TargetKind::none: return "none";
    case core::TargetKind::user: return "user";
    case core::TargetKind::group: return "group";
    case core::TargetKind::organisation: return "organisation";
    case core::TargetKind::token: return "token";
    case core::TargetKind::domain: return "domain";
    case core::TargetKind::claim: return "claim";
    case core::TargetKind::licence: return "licence";
    case core::TargetKind::client: return "client";
    case core::TargetKind::import: return "import";
    case core::TargetKind::sync_plan: return "syncPlan";
    case core::TargetKind::brake: return "brake";
    case core::TargetKind::archive: return "archive";
    }
    return "none";
}

core::Instant instant_at(const Loan& row, int column) { return core::Instant{core::Duration{row.integer(column)}}; }

std::optional<core::Instant> maybe_instant_at(const Loan& row, int column)
{
    if (row.is_null(column)) return std::nullopt;
    return instant_at(row, column);
}

boost::json::value stored_json(const std::string& text)
{
    constexpr core::json::Limits whatever_was_stored{.depth = 64,
                                                     .values = std::numeric_limits<std::size_t>::max(),
                                                     .string_bytes = std::numeric_limits<std::size_t>::max()};
    auto value = core::json::read(text, whatever_was_stored);
    if (!value) throw core::StorageFailed{"a stored document is damaged"};
    return *std::move(value);
}

boost::json::object stored_object(const std::string& text)
{
    boost::json::value value = stored_json(text);
    if (!value.is_object()) throw core::StorageFailed{"a stored document is not an object"};
    return std::move(value.get_object());
}

const std::string user_columns =
    "u.pk, u.id, u.user_name, u.external_id, u.status, u.reason, u.former_status, u.provenance, u.original_user_name,"
    " u.soft_deleted_at, u.purge_at, u.tokens_valid_after, u.created, u.last_modified, u.version, u.in_groups, "
    "u.profile, u.standing";

StoredUser user_from(const Loan& row)
{
    StoredUser stored{.pk = row.integer(0), .user = {}};
    core::User& user = stored.user;
    user.id = id_at<core::UserTag>(row, 1);
    user.user_name = row.text(2);
    user.external_id = maybe_text_at(row, 3);
    user.status = known_word(core::status_from(row.text(4)), "status");
    if (!row.is_null(5)) user.reason = known_word(core::inactive_reason_from(row.text(5)), "reason");
    user.former_status = known_word(core::status_from(row.text(6)), "former_status");
    user.provenance = known_word(core::provenance_from(row.text(7)), "provenance");
    user.original_user_name = maybe_text_at(row, 8);
    user.soft_deleted_at = maybe_instant_at(row, 9);
    user.purge_at = maybe_instant_at(row, 10);
    user.tokens_valid_after = maybe_instant_at(row, 11);
    user.created = instant_at(row, 12);
    user.last_modified = instant_at(row, 13);
    user.version = row.integer(14);
    user.in_groups = row.integer(15) != 0;
    user.profile = core::Profile::from_store(row.text(16));
    if (!row.is_text(17, {})) user.standing = core::standing_from(row.text(17));
    return stored;
}

const std::string group_columns =
    "g.pk, g.id, g.display_name, g.external_id, g.created, g.last_modified, g.version, g.member_count, g.profile";

StoredGroup group_from(const Loan& row)
{
    StoredGroup stored{.pk = row.integer(0), .group = {}};
    core::Group& group = stored.group;
    group.id = id_at<core::GroupTag>(row, 1);
    group.display_name = row.text(2);
    group.external_id = maybe_text_at(row, 3);
    group.created = instant_at(row, 4);
    group.last_modified = instant_at(row, 5);
    group.version = row.integer(6);
    group.member_count = row.integer(7);
    group.profile = core::Profile::from_store(row.text(8));
    return stored;
}

core::GroupId group_id_at(const Loan& row, int column) { return id_at<core::GroupTag>(row, column); }

const std::string event_columns =
    "e.seq, coalesce(o.name, ''), e.at, e.actor_kind, e.actor_id, e.activity, e.target_kind, e.target_id, "
    "e.target_name, e.target_original, e.request_id, e.payload_version, e.changes, e.digest, e.chain";

core::Event event_from(const Loan& row)
{
    core::Event event;
    event.sequence = row.integer(0);
    event.organisation = row.text(1);
    event.at = instant_at(row, 2);
    event.actor.kind = row.text(3);
    event.actor.id = row.text(4);
    event.activity = known_word(core::activity_from(row.text(5)), "activity");
    event.target.kind = known_word(target_kind_from(row.text(6)), "target_kind");
    event.target.id = row.text(7);
    event.target.name = row.text(8);
    event.target.original_name = row.text(9);
    event.request_id = row.text(10);
    event.payload_version = static_cast<int>(row.integer(11));
    if (!row.is_null(12)) {
        const boost::json::value changes = stored_json(row.text(12));
        if (!changes.is_array()) throw core::StorageFailed{"an event's changes are not an array"};
        event.changes = core::changes_from(changes.get_array());
    }
    event.digest = digest_at(row, 13);
    event.chain = digest_at(row, 14);
    return event;
}

const std::string archive_columns = "a.number, a.user_id, a.user_name, a.original_user_name, a.external_id, a.cause, "
                                    "a.deleted_at, a.keep_until, a.last_state, a.held";

core::ArchiveRecord archive_from(const Loan& row)
{
    core::ArchiveRecord record;
    record.number = row.integer(0);
    record.user = id_at<core::UserTag>(row, 1);
    record.user_name = row.text(2);
    record.original_user_name = row.text(3);
    record.external_id = row.text(4);
    record.cause = known_word(cause_from(row.text(5)), "cause");
    record.deleted_at = instant_at(row, 6);
    record.keep_until = instant_at(row, 7);
    record.last_state = stored_object(row.text(8));
    record.held = row.integer(9) != 0;
    return record;
}

const std::string token_columns =
    "t.public_id, t.org, t.mac, t.scope, t.label, t.created, t.expires, t.last_used, t.revoked, t.user_id, t.role";

core::Token token_from(const Loan& row)
{
    core::Token token;
    token.public_id = row.text(0);
    token.organisation = core::OrgId{row.integer(1)}; // 0 for NULL
    token.mac = digest_at(row, 2);
    token.scope = known_word(core::scope_from(row.text(3)), "scope");
    token.label = row.text(4);
    token.created = instant_at(row, 5);
    token.expires = maybe_instant_at(row, 6);
    token.last_used = maybe_instant_at(row, 7);
    token.revoked = maybe_instant_at(row, 8);
    if (!row.is_null(9)) token.user = id_at<core::UserTag>(row, 9);
    if (!row.is_null(10)) token.role = known_word(core::admin_role_from(row.text(10)), "role");
    return token;
}

const std::string organisation_columns =
    "o.pk, o.name, o.display_name, o.kind, o.disabled, o.created, o.user_count, "
    "o.group_count, o.policy, o.mapping, o.schemas, o.sso, o.directory_sync, o.paused";

void read_organisation(const Loan& row, StoredOrganisation& known, const core::Policy& defaults)
{
    core::Organisation& organisation = known.organisation;
    organisation.id = core::OrgId{row.integer(0)};
    organisation.name = row.text(1);
    organisation.display_name = row.text(2);
    organisation.kind = known_word(organisation_kind_from(row.text(3)), "kind");
    organisation.disabled = row.integer(4) != 0;
    organisation.created = instant_at(row, 5);
    organisation.user_count = row.integer(6);
    organisation.group_count = row.integer(7);
    if (!row.is_text(8, known.policy_text)) {
        std::string text = row.text(8);
        auto policy = core::policy_from(stored_object(text), defaults);
        if (!policy) throw core::StorageFailed{fmt::format("stored policy: {}", policy.error().detail)};
        organisation.policy = *std::move(policy);
        known.policy_text = std::move(text);
    }
    if (!row.is_text(9, known.mapping_text)) {
        std::string text = row.text(9);
        organisation.mapping = stored_object(text);
        known.mapping_text = std::move(text);
    }
    if (!row.is_text(10, organisation.schemas)) organisation.schemas = row.text(10);
    organisation.sso = row.integer(11) != 0;
    organisation.directory_sync = row.integer(12) != 0;
    organisation.paused = row.integer(13) != 0;
}

std::vector<std::string> email_keys(const core::User& user, const std::string& folded_name)
{
    std::vector<std::string> keys;
    const boost::json::value* const emails = user.profile.attributes().if_contains("emails");
    if (emails == nullptr || !emails->is_array()) return keys;
    for (const boost::json::value& element : emails->get_array()) {
        const boost::json::value* value = &element;
        if (const auto* const object = element.if_object()) value = object->if_contains("value");
        if (value == nullptr || !value->is_string()) continue;
        std::string key = core::fold(value->get_string());
        if (key != folded_name) keys.push_back(std::move(key));
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    return keys;
}

} // namespace storage
