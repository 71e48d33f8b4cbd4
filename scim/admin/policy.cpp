#include "scim/admin/policy.hpp"

#include "core/base/json.hpp"
#include "scim/entra/quirks.hpp"

#include <fmt/format.h>

#include <charconv>

namespace scim::admin::policy {
namespace {

namespace bj = boost::json;

constexpr std::string_view profiles[] = {"entra", "strict"};
constexpr std::string_view replies[] = {"auto", "resource", "empty"};
constexpr std::string_view brake_actions[] = {"hold", "park"};

// Types of the API; names, help and values come from core::policy_fields(), which a test holds this table against.
constexpr Field brake_fields[] = {
    {.name = "share", .type = Type::number, .help = "of the users, 0 to 1; null: none", .need = Need::nullable},
    {.name = "count", .type = Type::integer, .help = "of users; null: none", .need = Need::nullable},
    {.name = "window", .type = Type::duration, .help = "over which removals count", .need = Need::required},
    {.name = "action", .help = "what it does", .need = Need::required, .words = brake_actions},
};
constexpr Shape brake_shape{"Brake", brake_fields};
constexpr Need there = Need::required;
constexpr Field fields[] = {
    {"retention", Type::duration, "how long a soft-deleted user can be restored", there},
    {"purgeInactiveAfter", Type::text, "when an unassigned or blocked user is purged; off: never", there},
    {"purgeDirectoryAbsentAfter", Type::text, "when a user that a full sync did not find is purged; off: never", there},
    {"claimWindow", Type::duration, "how long a user with a delayed claim may choose", there},
    {"withdrawWindow", Type::duration, "how long a claim may be withdrawn", there},
    {"claimListLimit", Type::integer, "how many claimable users one page lists", there},
    {"manualClaimLimit", Type::integer, "how many users one manual claim may name", there},
    {"allowContentTransfer", Type::truth, "whether a claimed user may bring content along", there},
    {"delayedClaims", Type::truth, "whether users may be claimed with a delay", there},
    {"delayedCutoffDate", Type::text, "organisations made after this day give no users to delayed claims", there},
    {"requireVerifiedDomain", Type::truth, "whether a user's domain must be verified here", there},
    {"autoClaim", Type::truth, "whether creating a claimable user claims it", there},
    {"groups", Type::truth, "whether /Groups exists", there},
    {"quirkProfile", Type::text, "which oddities of a directory are forgiven", there, nullptr, profiles},
    {"patchReply", Type::text, "what a PATCH answers", there, nullptr, replies},
    {"uniqueExternalId", Type::truth, "whether an externalId may be held by one user only", there},
    {"invitations", Type::truth, "whether new users are invited by mail", there},
    {"brake", Type::object, "the brake on removals", there, &brake_shape},
    {"archiveRetention", Type::duration, "how long the archive keeps a deleted user", there},
    {"requestLogRetention", Type::duration, "how long the provisioning log is kept", there},
    {"auditRetention", Type::duration, "how long the audit log is kept; null: for ever", Need::nullable},
    {"quirks", Type::object, "single switches on top of the profile: name to true or false", there},
};

bj::value value_of(const core::PolicyField& field, const core::Policy& policy)
{
    const std::string text = field.get(policy);
    const bool may_be_null = field.name == "auditRetention" || field.name.starts_with("brake.");
    if (text == "off" && may_be_null) return nullptr;
    if (text == "true" || text == "false") return text == "true";
    auto number = core::json::read(text);
    if (number && number->is_number()) return *std::move(number);
    return bj::value(text);
}

// As the policy's own reader takes it; nothing for null.
std::optional<std::string> text_from(const bj::value& value)
{
    if (value.is_null()) return std::nullopt;
    if (value.is_string()) return std::string{std::string_view{value.get_string()}};
    return core::json::write(value);
}

struct Setting {
    std::string key;
    std::optional<std::string> text; // none: back to the default, or off
};

std::vector<Setting> settings_of(const bj::object& body)
{
    std::vector<Setting> all;
    for (const auto& [name, value] : body) {
        const std::string key{std::string_view{name}};
        if ((key == "brake" || key == "quirks") && value.is_object()) {
            for (const auto& [inner, v] : value.get_object())
                all.push_back({key + "." + std::string{std::string_view{inner}}, text_from(v)});
        } else if (key == "brake" || key == "quirks") { // null: all of it
            if (key == "brake")
                for (const auto* const inner : {"share", "count", "window", "action"})
                    all.push_back({std::string{"brake."} + inner, std::nullopt});
            else
                all.push_back({"quirks", std::nullopt});
        } else {
            all.push_back({key, text_from(value)});
        }
    }
    return all;
}

Result<void> apply(core::Policy& policy, const Setting& setting, const core::Policy& defaults)
{
    if (setting.key == "quirks") {
        policy.quirks.clear();
        return {};
    }
    std::string text = setting.text.value_or("default"); // a quirk's own default is its profile's
    if (!setting.text)
        for (const auto& field : core::policy_fields())
            if (field.name == setting.key) text = field.get(defaults);
    TRY_CORE_ONLY(core::set_policy_field(policy, setting.key, text, entra::quirk_names()));
    return {};
}

Answer answer_of(const core::Policy& policy)
{
    const auto shown = show(policy);
    return {.body = shown, .etag = etag_of(shown)};
}

} // namespace

const Shape shape{"Policy", fields};

bj::object show(const core::Policy& policy)
{
    bj::object out;
    bj::object brake;
    for (const auto& field : core::policy_fields()) {
        auto value = value_of(field, policy);
        const auto name = field.name;
        if (name.starts_with("brake."))
            brake[bj::string_view{name.data() + 6, name.size() - 6}] = std::move(value);
        else
            out[bj::string_view{name.data(), name.size()}] = std::move(value);
    }
    out["brake"] = std::move(brake);
    bj::object quirks;
    for (const auto& [name, on] : policy.quirks) quirks[name] = on;
    out["quirks"] = std::move(quirks);
    return out;
}

Result<Work> get(const Call&)
{
    return Work{ReadWork{[](core::ReadTxn& txn) -> Result<Answer> { return answer_of(txn.organisation().policy); }}};
}

Result<Work> patch(const Call& call)
{
    const auto settings = settings_of(call.body);
    const std::string if_match{call.request->header("if-match").value_or("")};
    return Work{AcrossWork{[context = call.context, id = call.organisation->id, settings, if_match,
                            defaults = call.services->default_policy](core::AcrossTxn& txn) -> Result<Answer> {
        auto found = txn.registry().organisation(id);
        if (!found) return not_found("organisation");
        core::Organisation organisation = *std::move(found);
        TRY_ONLY(check_precondition(if_match, answer_of(organisation.policy).etag));
        const auto before = organisation.policy;
        for (const auto& setting : settings) TRY_ONLY(apply(organisation.policy, setting, defaults));
        std::vector<core::Change> changes;
        for (const auto& field : core::policy_fields())
            if (field.get(before) != field.get(organisation.policy))
                changes.push_back({"policy." + std::string{field.name}, value_of(field, before),
                                   value_of(field, organisation.policy)});
        if (before.quirks != organisation.policy.quirks)
            changes.push_back({"policy.quirks", show(before).at("quirks"), show(organisation.policy).at("quirks")});
        if (changes.empty()) return answer_of(organisation.policy);
        txn.registry().replace(organisation);
        txn.registry().append(organisation.name,
                              event_of(context, core::Activity::update_policy,
                                       {core::TargetKind::organisation, organisation.name, organisation.name, ""},
                                       std::move(changes)));
        return answer_of(organisation.policy);
    }}};
}

} // namespace scim::admin::policy
