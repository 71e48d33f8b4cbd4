#include "core/user.hpp"

#include "core/base/json.hpp"
#include "core/record_doc.hpp"
#include "core/words.hpp"

#include <boost/json/array.hpp>

#include <stdexcept>

namespace core {

namespace {

namespace bj = boost::json;

constexpr Words<Status, 6> statuses{{{
    {Status::active, "active"},
    {Status::verified, "verified"},
    {Status::not_verified, "notVerified"},
    {Status::inactive, "inactive"},
    {Status::delayed_claim, "delayedClaim"},
    {Status::converted_away, "convertedAway"},
}}};

constexpr Words<InactiveReason, 4> inactive_reasons{{{
    {InactiveReason::admin, "admin"},
    {InactiveReason::directory, "directory"},
    {InactiveReason::soft_deleted, "softDeleted"},
    {InactiveReason::directory_absent, "directoryAbsent"},
}}};

constexpr Words<Provenance, 5> provenances{{{
    {Provenance::scim, "scim"},
    {Provenance::manual, "manual"},
    {Provenance::csv, "csv"},
    {Provenance::site_link, "siteLink"},
    {Provenance::claim, "claim"},
}}};

bj::string_view view(std::string_view text) { return {text.data(), text.size()}; }

} // namespace

std::string_view word(Status status) { return statuses.of(status); }
std::string_view word(InactiveReason reason) { return inactive_reasons.of(reason); }
std::string_view word(Provenance provenance) { return provenances.of(provenance); }
std::optional<Status> status_from(std::string_view text) { return statuses.from(text); }
std::optional<InactiveReason> inactive_reason_from(std::string_view text) { return inactive_reasons.from(text); }
std::optional<Provenance> provenance_from(std::string_view text) { return provenances.from(text); }

std::string to_text(const Standing& standing)
{
    bj::object out;
    if (standing.is_protected) out["protected"] = true;
    if (standing.is_administrator) out["administrator"] = true;
    if (standing.signed_in_at) out["signedInAt"] = to_iso(*standing.signed_in_at);
    if (!standing.licences.empty()) out["licences"] = bj::array(standing.licences.begin(), standing.licences.end());
    if (standing.claim) out["claim"] = *standing.claim;
    return out.empty() ? std::string{} : json::write(out);
}

Standing standing_from(std::string_view text)
{
    Standing standing;
    if (text.empty()) return standing;
    const auto read = json::read(text);
    if (!read || !read->is_object()) doc::damaged("standing");
    const bj::object& o = read->get_object();
    standing.is_protected = o.contains("protected");
    standing.is_administrator = o.contains("administrator");
    standing.signed_in_at = doc::maybe_instant(o, "signedInAt");
    if (const bj::value* const licences = o.if_contains("licences")) {
        if (!licences->is_array()) doc::damaged("licences");
        for (const bj::value& each : licences->get_array()) {
            if (!each.is_string()) doc::damaged("licences");
            standing.licences.emplace_back(std::string_view{each.get_string()});
        }
    }
    standing.claim = doc::maybe_text(o, "claim");
    return standing;
}

bj::object attributes_of(const User& user)
{
    const bj::object& profile = user.profile.attributes();
    bj::object all;
    all.reserve(profile.size() + 6);
    all.emplace("id", to_text(user.id));
    all.emplace("userName", user.user_name);
    if (user.external_id) all.emplace("externalId", *user.external_id);
    all.emplace("active", user.is_active());
    all.emplace("meta", bj::object{{"resourceType", "User"},
                                   {"created", to_iso(user.created)},
                                   {"lastModified", to_iso(user.last_modified)},
                                   {"version", "W/\"" + std::to_string(user.version) + "\""}});

    bj::object lifecycle;
    lifecycle.emplace("status", view(word(user.status)));
    if (user.reason) lifecycle.emplace("reason", view(word(*user.reason)));
    lifecycle.emplace("provenance", view(word(user.provenance)));
    if (user.soft_deleted_at) lifecycle.emplace("softDeletedAt", to_iso(*user.soft_deleted_at));
    if (user.purge_at) lifecycle.emplace("purgeAt", to_iso(*user.purge_at));
    if (user.original_user_name) lifecycle.emplace("originalUserName", *user.original_user_name);
    if (user.tokens_valid_after) lifecycle.emplace("tokensValidAfter", to_iso(*user.tokens_valid_after));
    all.emplace(view(lifecycle_urn), std::move(lifecycle));

    for (const auto& attribute : profile) all.emplace(attribute.key(), attribute.value());
    return all;
}

} // namespace core
