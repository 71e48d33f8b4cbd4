#include "core/policy.hpp"

#include "core/base/json.hpp"
#include "core/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace core {

namespace {

namespace bj = boost::json;
using std::chrono::days;
using std::chrono::seconds;

constexpr Duration longest = days{36'500};

// A field's name as a template argument, so that one function per field can name it in a refusal.
template<std::size_t size>
struct Name {
    std::array<char, size> text{};
    consteval Name(const char (&literal)[size]) { std::copy_n(literal, size, text.begin()); }
    constexpr std::string_view view() const { return {text.data(), size - 1}; }
};

// A way from the policy to one of its members, or to a member of its brake.
template<auto member>
auto& at(Policy& policy)
{
    if constexpr (requires { policy.*member; }) {
        return policy.*member;
    } else {
        return policy.brake.*member;
    }
}
template<auto member>
const auto& at(const Policy& policy)
{
    if constexpr (requires { policy.*member; }) {
        return policy.*member;
    } else {
        return policy.brake.*member;
    }
}

Refusal refused(std::string_view field, std::string_view text, std::string remedy)
{
    constexpr std::size_t shown = 60;
    return Refusal{Reason::invalid_value, std::string{field},
                   "'" + std::string{text.substr(0, shown)} + "' is not a value of " + std::string{field},
                   std::move(remedy)};
}

bool means_none(std::string_view text) { return text == "off" || text == "none" || text == "null" || text == "never"; }

std::optional<bool> truth_from(std::string_view text)
{
    if (text == "true" || text == "on") return true;
    if (text == "false" || text == "off") return false;
    return {};
}

template<class Number>
std::optional<Number> number_from(std::string_view text)
{
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return {};
    return number;
}

std::string text_of(double number) { return json::write(bj::value(number)); }

// The makers of rows: one per type of field. The refusal of each says what would have been accepted.

template<Name name, auto member, std::int64_t least_seconds = 0>
constexpr PolicyField duration(std::string_view help)
{
    return {name.view(), help,
            [](Policy& p, std::string_view text) -> Result<void> {
                const auto value = duration_from(text);
                if (!value || *value < seconds{least_seconds} || *value > longest) {
                    return refused(name.view(), text,
                                   "give a duration such as 30d, 12h or 90s, from " +
                                       to_text(Duration{seconds{least_seconds}}) + " to " + to_text(longest));
                }
                at<member>(p) = *value;
                return {};
            },
            [](const Policy& p) { return to_text(at<member>(p)); }};
}

template<Name name, auto member>
constexpr PolicyField optional_duration(std::string_view help)
{
    return {name.view(), help,
            [](Policy& p, std::string_view text) -> Result<void> {
                const auto value = duration_from(text);
                if (!means_none(text) && (!value || *value > longest)) {
                    return refused(name.view(), text, "give off, or a duration such as 30d, up to " + to_text(longest));
                }
                at<member>(p) = value;
                return {};
            },
            [](const Policy& p) { return at<member>(p) ? to_text(*at<member>(p)) : std::string{"off"}; }};
}

template<Name name, auto member>
constexpr PolicyField truth(std::string_view help)
{
    return {name.view(), help,
            [](Policy& p, std::string_view text) -> Result<void> {
                const auto value = truth_from(text);
                if (!value) return refused(name.view(), text, "give true or false");
                at<member>(p) = *value;
                return {};
            },
            [](const Policy& p) { return std::string{at<member>(p) ? "true" : "false"}; }};
}

template<Name name, auto member, std::int64_t least, std::int64_t most>
constexpr PolicyField count(std::string_view help)
{
    return {name.view(), help,
            [](Policy& p, std::string_view text) -> Result<void> {
                const auto value = number_from<std::int64_t>(text);
                if (!value || *value < least || *value > most) {
                    return refused(name.view(), text,
                                   "give a whole number from " + std::to_string(least) + " to " + std::to_string(most));
                }
                at<member>(p) = *value;
                return {};
            },
            [](const Policy& p) { return std::to_string(at<member>(p)); }};
}

// The words an enum (or a text) may take, in order of its values.
template<Name name, auto member, auto first, auto second, Name first_word, Name second_word>
constexpr PolicyField either(std::string_view help)
{
    return {
        name.view(), help,
        [](Policy& p, std::string_view text) -> Result<void> {
            if (text != first_word.view() && text != second_word.view()) {
                return refused(name.view(), text,
                               "give " + std::string{first_word.view()} + " or " + std::string{second_word.view()});
            }
            at<member>(p) = text == first_word.view() ? first : second;
            return {};
        },
        [](const Policy& p) { return std::string{at<member>(p) == first ? first_word.view() : second_word.view()}; }};
}

Result<void> set_cutoff(Policy& policy, std::string_view text)
{
    auto value = from_iso(text);
    if (!value) value = from_iso(std::string{text} + "T00:00:00Z");
    if (!value) return refused("delayedCutoffDate", text, "give a date such as 2020-05-05, or a time with its zone");
    policy.delayed_cutoff_date = *value;
    return {};
}

std::string get_cutoff(const Policy& policy)
{
    constexpr std::size_t date_length = 10;
    const std::string text = to_iso(policy.delayed_cutoff_date);
    return text.ends_with("T00:00:00.000Z") ? text.substr(0, date_length) : text;
}

Result<void> set_quirk_profile(Policy& policy, std::string_view text)
{
    if (text != "entra" && text != "strict") return refused("quirkProfile", text, "give entra or strict");
    policy.quirk_profile = text;
    return {};
}

Result<void> set_patch_reply(Policy& policy, std::string_view text)
{
    if (text == "auto") {
        policy.patch_reply = PatchReply::automatic;
    } else if (text == "resource") {
        policy.patch_reply = PatchReply::resource;
    } else if (text == "empty") {
        policy.patch_reply = PatchReply::empty;
    } else {
        return refused("patchReply", text, "give auto, resource or empty");
    }
    return {};
}

std::string get_patch_reply(const Policy& policy)
{
    switch (policy.patch_reply) {
    case PatchReply::automatic: return "auto";
    case PatchReply::resource: return "resource";
    case PatchReply::empty: return "empty";
    }
    return {};
}

Result<void> set_share(Policy& policy, std::string_view text)
{
    const auto value = number_from<double>(text);
    if (!means_none(text) && !(value && *value >= 0 && *value <= 1)) {
        return refused("brake.share", text, "give off, or a share from 0 to 1 such as 0.1");
    }
    policy.brake.share = value;
    return {};
}

Result<void> set_count(Policy& policy, std::string_view text)
{
    constexpr std::int64_t most = 1'000'000'000;
    const auto value = number_from<std::int64_t>(text);
    if (!means_none(text) && !(value && *value >= 1 && *value <= most)) {
        return refused("brake.count", text, "give off, or a whole number from 1 to " + std::to_string(most));
    }
    policy.brake.count = value;
    return {};
}

constexpr std::array fields{
    duration<"retention", &Policy::retention>("how long a soft-deleted user can be restored before the purge"),
    optional_duration<"purgeInactiveAfter", &Policy::purge_inactive_after>(
        "when an unassigned or blocked user is purged; off: never"),
    optional_duration<"purgeDirectoryAbsentAfter", &Policy::purge_directory_absent_after>(
        "when a user that a full directory sync did not find is purged; off: never"),
    duration<"claimWindow", &Policy::claim_window, 1>("how long a user with a delayed claim may choose"),
    duration<"withdrawWindow", &Policy::withdraw_window>("how long a claim may be withdrawn"),
    count<"claimListLimit", &Policy::claim_list_limit, 1, 10'000>("how many claimable users one page lists"),
    count<"manualClaimLimit", &Policy::manual_claim_limit, 1, 10'000>("how many users one manual claim may name"),
    truth<"allowContentTransfer", &Policy::allow_content_transfer>("whether a claimed user may bring content along"),
    truth<"delayedClaims", &Policy::delayed_claims>("whether this organisation may claim users with a delay"),
    PolicyField{"delayedCutoffDate", "organisations created after this day give no users to delayed claims", set_cutoff,
                get_cutoff},
    truth<"requireVerifiedDomain", &Policy::require_verified_domain>("whether a user's domain must be verified here"),
    truth<"autoClaim", &Policy::auto_claim>("whether creating a claimable user claims it at once"),
    truth<"groups", &Policy::groups>("whether /Groups exists"),
    PolicyField{"quirkProfile", "which of a directory's oddities are forgiven: entra or strict", set_quirk_profile,
                [](const Policy& p) { return p.quirk_profile; }},
    PolicyField{"patchReply", "what a PATCH answers: auto (users 200, groups 204), resource or empty", set_patch_reply,
                get_patch_reply},
    truth<"uniqueExternalId", &Policy::unique_external_id>("whether an externalId may be held by one user only"),
    truth<"invitations", &Policy::invitations>("whether new users are invited by mail"),
    PolicyField{"brake.share", "the share of users whose removal within the window pulls the brake; off: none",
                set_share, [](const Policy& p) { return p.brake.share ? text_of(*p.brake.share) : "off"; }},
    PolicyField{"brake.count", "the number of users whose removal within the window pulls the brake; off: none",
                set_count, [](const Policy& p) { return p.brake.count ? std::to_string(*p.brake.count) : "off"; }},
    duration<"brake.window", &Brake::window, 1>("the time over which the brake counts removals"),
    either<"brake.action", &Brake::action, BrakeAction::hold, BrakeAction::park, "hold", "park">(
        "what the brake does: hold answers 503, park accepts and applies when released"),
    duration<"archiveRetention", &Policy::archive_retention>("how long the archive keeps a deleted user"),
    duration<"requestLogRetention", &Policy::request_log_retention>("how long the provisioning log is kept"),
    optional_duration<"auditRetention", &Policy::audit_retention>("how long the audit log is kept; off: for ever"),
};

constexpr std::string_view quirk_prefix = "quirks.";

const PolicyField* field_named(std::string_view name)
{
    const auto* const found = std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return f.name == name; });
    return found == fields.end() ? nullptr : &*found;
}

Refusal unknown(std::string_view key, std::span<const std::string_view> known)
{
    constexpr std::size_t shown = 60;
    const std::string_view suggestion = nearest(key, known.data(), known.size());
    std::string remedy = suggestion.empty() ? "see the policy's fields in the documentation"
                                            : "did you mean '" + std::string{suggestion} + "'?";
    return Refusal{Reason::invalid_value, std::string{key.substr(0, shown)}, "the policy has no such field",
                   std::move(remedy)};
}

std::vector<std::string_view> field_names()
{
    std::vector<std::string_view> names;
    for (const PolicyField& field : fields) names.push_back(field.name);
    return names;
}

// A field's text as the JSON that a reader expects: true, 250, null, "30d".
bj::value json_of(const std::string& text)
{
    if (text == "true" || text == "false") return text == "true";
    if (text == "off") return nullptr;
    if (const auto whole = number_from<std::int64_t>(text)) return *whole;
    if (const auto decimal = number_from<double>(text)) return *decimal;
    return bj::value(text);
}

std::string text_of(const bj::value& value)
{
    if (value.is_null()) return "null";
    if (const auto* const text = value.if_string()) return std::string{text->data(), text->size()};
    return json::write(value);
}

Result<void> read_quirks(Policy& policy, const bj::value& value)
{
    const bj::object* const quirks = value.if_object();
    if (quirks == nullptr) return Refusal{Reason::invalid_value, "quirks", "quirks is not an object", "give names"};
    for (const auto& [key, setting] : *quirks) {
        const std::string name{key.data(), key.size()};
        if (setting.is_null()) {
            policy.quirks.erase(name);
        } else if (setting.is_bool()) {
            policy.quirks[name] = setting.get_bool();
        } else {
            return refused(std::string{quirk_prefix} + name, text_of(setting), "give true, false or null");
        }
    }
    return {};
}

} // namespace

std::span<const PolicyField> policy_fields() { return fields; }

Result<void> set_policy_field(Policy& policy, std::string_view key, std::string_view text,
                              std::span<const std::string_view> known_quirks)
{
    if (key.starts_with(quirk_prefix)) {
        const std::string_view quirk = key.substr(quirk_prefix.size());
        if (std::find(known_quirks.begin(), known_quirks.end(), quirk) == known_quirks.end()) {
            Refusal refusal = unknown(quirk, known_quirks);
            refusal.field = std::string{quirk_prefix} + refusal.field;
            refusal.detail = "there is no such quirk";
            return refusal;
        }
        if (text == "default") {
            policy.quirks.erase(std::string{quirk});
            return {};
        }
        const auto value = truth_from(text);
        if (!value) return refused(key, text, "give on, off or default");
        policy.quirks[std::string{quirk}] = *value;
        return {};
    }
    const PolicyField* const field = field_named(key);
    if (field == nullptr) return unknown(key, field_names());
    return field->set(policy, text);
}

bj::object to_json(const Policy& policy, const Policy& defaults)
{
    bj::object differences;
    for (const PolicyField& field : fields) {
        const std::string text = field.get(policy);
        if (text == field.get(defaults)) continue;
        differences.emplace(bj::string_view{field.name.data(), field.name.size()}, json_of(text));
    }
    bj::object quirks;
    for (const auto& [name, on] : policy.quirks) {
        const auto known = defaults.quirks.find(name);
        if (known == defaults.quirks.end() || known->second != on) quirks.emplace(name, on);
    }
    for (const auto& [name, on] : defaults.quirks) {
        if (!policy.quirks.contains(name)) quirks.emplace(name, nullptr);
    }
    if (!quirks.empty()) differences.emplace("quirks", std::move(quirks));
    return differences;
}

Result<Policy> policy_from(const bj::object& stored, const Policy& defaults)
{
    Policy policy = defaults;
    for (const auto& [key, value] : stored) {
        const std::string_view name{key.data(), key.size()};
        if (name == "quirks") {
            TRY_ONLY(read_quirks(policy, value));
            continue;
        }
        const PolicyField* const field = field_named(name);
        if (field == nullptr) return unknown(name, field_names());
        TRY_ONLY(field->set(policy, text_of(value)));
    }
    return policy;
}

} // namespace core
