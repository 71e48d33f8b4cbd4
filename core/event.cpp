#include "core/event.hpp"

#include "core/base/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <array>
#include <iterator>
#include <stdexcept>
#include <vector>

namespace core {

namespace {

namespace bj = boost::json;

struct Row {
    Activity activity;
    std::string_view word;
    std::string_view category;
};
constexpr Row rows[] = {
    {Activity::create_user, "createUser", "userManagement"},
    {Activity::update_user, "updateUser", "userManagement"},
    {Activity::deactivate_user, "deactivateUser", "userManagement"},
    {Activity::reactivate_user, "reactivateUser", "userManagement"},
    {Activity::soft_delete_user, "softDeleteUser", "userManagement"},
    {Activity::restore_user, "restoreUser", "userManagement"},
    {Activity::delete_user, "deleteUser", "userManagement"},
    {Activity::purge_user, "purgeUser", "userManagement"},
    {Activity::create_group, "createGroup", "groupManagement"},
    {Activity::update_group, "updateGroup", "groupManagement"},
    {Activity::delete_group, "deleteGroup", "groupManagement"},
    {Activity::add_members, "addMembers", "groupManagement"},
    {Activity::remove_members, "removeMembers", "groupManagement"},
    {Activity::create_organisation, "createOrganisation", "organisationManagement"},
    {Activity::update_policy, "updatePolicy", "organisationManagement"},
    {Activity::disable_organisation, "disableOrganisation", "organisationManagement"},
    {Activity::enable_organisation, "enableOrganisation", "organisationManagement"},
    {Activity::delete_organisation, "deleteOrganisation", "organisationManagement"},
    {Activity::create_token, "createToken", "tokenManagement"},
    {Activity::revoke_token, "revokeToken", "tokenManagement"},
    {Activity::confirm_clock, "confirmClock", "server"},
    {Activity::change_mapping, "changeMapping", "organisationManagement"},
    {Activity::add_schema, "addSchema", "organisationManagement"},
    {Activity::replace_schema, "replaceSchema", "organisationManagement"},
    {Activity::remove_schema, "removeSchema", "organisationManagement"},
    {Activity::update_organisation, "updateOrganisation", "organisationManagement"},
    {Activity::pause_organisation, "pauseOrganisation", "organisationManagement"},
    {Activity::resume_organisation, "resumeOrganisation", "organisationManagement"},
    {Activity::invite_user, "inviteUser", "userManagement"},
    {Activity::sign_in_user, "signInUser", "userManagement"},
    {Activity::verify_email, "verifyEmail", "userManagement"},
    {Activity::protect_user, "protectUser", "userManagement"},
    {Activity::unprotect_user, "unprotectUser", "userManagement"},
    {Activity::appoint_administrator, "appointAdministrator", "userManagement"},
    {Activity::dismiss_administrator, "dismissAdministrator", "userManagement"},
    {Activity::claim_user, "claimUser", "claimManagement"},
    {Activity::convert_user, "convertUser", "claimManagement"},
    {Activity::withdraw_claim, "withdrawClaim", "claimManagement"},
    {Activity::expire_claim, "expireClaim", "claimManagement"},
    {Activity::choose, "choose", "claimManagement"},
    {Activity::remind_user, "remindUser", "claimManagement"},
    {Activity::transfer_content, "transferContent", "claimManagement"},
    {Activity::acknowledge_transfer, "acknowledgeTransfer", "claimManagement"},
    {Activity::add_domain, "addDomain", "domainManagement"},
    {Activity::verify_domain, "verifyDomain", "domainManagement"},
    {Activity::unverify_domain, "unverifyDomain", "domainManagement"},
    {Activity::claim_domain, "claimDomain", "domainManagement"},
    {Activity::release_domain, "releaseDomain", "domainManagement"},
    {Activity::remove_domain, "removeDomain", "domainManagement"},
    {Activity::create_client, "createClient", "tokenManagement"},
    {Activity::delete_client, "deleteClient", "tokenManagement"},
    {Activity::create_client_secret, "createClientSecret", "tokenManagement"},
    {Activity::delete_client_secret, "deleteClientSecret", "tokenManagement"},
    {Activity::issue_token, "issueToken", "tokenManagement"},
    {Activity::create_licence, "createLicence", "licenceManagement"},
    {Activity::update_licence, "updateLicence", "licenceManagement"},
    {Activity::delete_licence, "deleteLicence", "licenceManagement"},
    {Activity::assign_licence, "assignLicence", "licenceManagement"},
    {Activity::unassign_licence, "unassignLicence", "licenceManagement"},
    {Activity::start_import, "startImport", "synchronisation"},
    {Activity::finish_import, "finishImport", "synchronisation"},
    {Activity::cancel_import, "cancelImport", "synchronisation"},
    {Activity::plan_sync, "planSync", "synchronisation"},
    {Activity::apply_sync, "applySync", "synchronisation"},
    {Activity::pull_brake, "pullBrake", "synchronisation"},
    {Activity::release_brake, "releaseBrake", "synchronisation"},
    {Activity::discard_brake, "discardBrake", "synchronisation"},
    {Activity::hold_archive, "holdArchive", "retention"},
    {Activity::unhold_archive, "unholdArchive", "retention"},
    {Activity::erase_archive, "eraseArchive", "retention"},
    {Activity::export_data, "exportData", "retention"},
    {Activity::open_console, "openConsole", "tokenManagement"},
    {Activity::close_console, "closeConsole", "tokenManagement"},
};

const Row& row_of(Activity activity)
{
    for (const Row& row : rows) {
        if (row.activity == activity) return row;
    }
    throw std::logic_error{"an activity without a row"};
}

std::string_view view(const Digest& digest) { return {reinterpret_cast<const char*>(digest.data()), digest.size()}; }

std::string text_at(const bj::object& object, std::string_view name)
{
    const bj::value* const value = object.if_contains({name.data(), name.size()});
    if (value == nullptr || !value->is_string()) throw std::runtime_error{"a stored change is damaged"};
    return std::string{value->get_string().data(), value->get_string().size()};
}

bj::value value_at(const bj::object& object, std::string_view name)
{
    const bj::value* const value = object.if_contains({name.data(), name.size()});
    return value == nullptr ? bj::value{} : *value;
}

} // namespace

std::string_view word(Activity activity) { return row_of(activity).word; }

std::string_view category(Activity activity) { return row_of(activity).category; }

std::span<const std::string_view> activity_words()
{
    static const auto words = [] {
        std::array<std::string_view, std::size(rows)> all;
        std::transform(std::begin(rows), std::end(rows), all.begin(), [](const Row& row) { return row.word; });
        return all;
    }();
    return words;
}

std::span<const std::string_view> event_categories()
{
    static const auto categories = [] {
        std::vector<std::string_view> all;
        for (const Row& row : rows)
            if (std::find(all.begin(), all.end(), row.category) == all.end()) all.push_back(row.category);
        return all;
    }();
    return categories;
}

std::optional<Activity> activity_from(std::string_view word)
{
    for (const Row& row : rows) {
        if (row.word == word) return row.activity;
    }
    return {};
}

// Both are digests of JSON arrays: every part is delimited, and no two rows spell the same text.
Digest digest_of(const Event& event)
{
    std::string text = "[";
    json::append_quoted(text, event.target.name);
    text.push_back(',');
    json::append_quoted(text, event.target.original_name);
    text.push_back(',');
    json::append(text, to_json(event.changes));
    text.push_back(']');
    return sha256(text);
}

Digest chain_of(const Digest& previous, const Event& event)
{
    std::string text = "[" + std::to_string(event.sequence) + ',' + std::to_string(event.payload_version) + ',' +
                       std::to_string(event.at.time_since_epoch().count()) + ',' +
                       std::to_string(static_cast<int>(event.target.kind));
    for (const std::string_view part :
         {std::string_view{event.organisation}, std::string_view{event.actor.kind}, std::string_view{event.actor.id},
          word(event.activity), std::string_view{event.target.id}, std::string_view{event.request_id}}) {
        text.push_back(',');
        json::append_quoted(text, part);
    }
    text.push_back(']');
    const std::string_view parts[] = {view(previous), view(event.digest), text};
    return sha256(parts);
}

bj::array to_json(const std::vector<Change>& changes)
{
    bj::array array;
    array.reserve(changes.size());
    for (const Change& change : changes) {
        array.push_back(
            bj::object{{"attribute", change.attribute}, {"before", change.before}, {"after", change.after}});
    }
    return array;
}

std::vector<Change> changes_from(const bj::array& array)
{
    std::vector<Change> changes;
    changes.reserve(array.size());
    for (const bj::value& element : array) {
        if (!element.is_object()) throw std::runtime_error{"a stored change is damaged"};
        const bj::object& object = element.get_object();
        changes.push_back({text_at(object, "attribute"), value_at(object, "before"), value_at(object, "after")});
    }
    return changes;
}

} // namespace core
