#include "scim/user_json.hpp"

#include "core/base/json.hpp"

#include <boost/json/array.hpp>

#include <utility>

namespace scim {

namespace json = boost::json;

namespace {

std::string address_of(const core::Membership& group, std::string_view base)
{
    return std::string{base}.append("/Groups/").append(core::to_text(group.group));
}
std::string_view type_of(const core::Membership& group) { return group.direct ? "direct" : "indirect"; }

void append_groups(std::string& out, const Groups& groups, std::string_view base)
{
    out += R"("groups":[)";
    for (const auto& group : groups) {
        if (&group != &groups.front()) out += ',';
        out.append(R"({"value":")").append(core::to_text(group.group)).append(R"(","$ref":)");
        core::json::append_quoted(out, address_of(group, base));
        out += R"(,"display":)";
        core::json::append_quoted(out, group.display_name);
        out.append(R"(,"type":")").append(type_of(group)).append("\"}");
    }
    out += "],";
}

json::array groups_array(const Groups& groups, std::string_view base)
{
    json::array array;
    array.reserve(groups.size());
    for (const auto& group : groups)
        array.push_back(json::object{{"value", core::to_text(group.group)},
                                     {"$ref", address_of(group, base)},
                                     {"display", group.display_name},
                                     {"type", type_of(group)}});
    return array;
}

// Everything that may be shown, for a projection to choose from.
json::object full_object(const core::User& user, const Groups& groups, std::string_view base, std::string_view location,
                         const Projection& projection)
{
    json::object profile = user.profile.attributes();
    json::object full;
    full.reserve(profile.size() + 7);
    json::array schemas;
    if (auto* stored = profile.if_contains("schemas"); stored && stored->is_array())
        schemas = stored->get_array();
    else
        schemas.emplace_back(user_urn);
    const bool with_lifecycle = projection.asks_for_extension(core::lifecycle_urn);
    if (with_lifecycle) schemas.emplace_back(core::lifecycle_urn);
    full.emplace("schemas", std::move(schemas));
    full.emplace("id", core::to_text(user.id));
    if (user.external_id) full.emplace("externalId", *user.external_id);
    full.emplace("userName", user.user_name);
    full.emplace("active", user.is_active());
    for (auto& pair : profile)
        if (pair.key() != "schemas") full.emplace(pair.key(), std::move(pair.value()));
    if (!groups.empty()) full.emplace("groups", groups_array(groups, base));
    if (with_lifecycle) {
        json::object attributes = core::attributes_of(user);
        if (auto* lifecycle = attributes.if_contains(core::lifecycle_urn))
            full.emplace(core::lifecycle_urn, std::move(*lifecycle));
    }
    full.emplace("meta", meta_object({"User", user.created, user.last_modified, user.version, location}));
    return full;
}

} // namespace

Result<WantedUser> wanted_user(json::value body, const ResourceRules& rules)
{
    TRY(json::object attributes, read_resource(std::move(body), rules));
    WantedUser wanted;
    core::DesiredUser& user = wanted.attributes;
    json::object profile(attributes.storage());
    profile.reserve(attributes.size() + 1);
    for (auto& pair : attributes) {
        const std::string_view name = pair.key();
        if (name == "userName")
            user.user_name = std::string_view{pair.value().get_string()};
        else if (name == "externalId")
            user.external_id.emplace(std::string_view{pair.value().get_string()});
        else if (name == "active")
            user.active = pair.value().get_bool(), wanted.says_active = true;
        else
            profile.emplace(name, std::move(pair.value()));
    }
    user.profile = core::Profile{with_schemas(std::move(profile), rules.schema)};
    TRY_ONLY(check_size(user.profile, rules));
    return wanted;
}

json::object writable_view(const core::User& user, json::storage_ptr storage)
{
    json::object profile = user.profile.attributes_in(storage);
    json::object view(std::move(storage));
    view.reserve(profile.size() + 3);
    view.emplace("userName", user.user_name);
    if (user.external_id) view.emplace("externalId", *user.external_id);
    view.emplace("active", user.is_active());
    for (auto& pair : profile)
        if (pair.key() != "schemas") view.emplace(pair.key(), std::move(pair.value()));
    return view;
}

std::string location_of(const core::User& user, std::string_view base)
{
    std::string location;
    location.reserve(base.size() + 44);
    return location.append(base).append("/Users/").append(core::to_text(user.id));
}

std::string shown(core::ReadTxn& txn, const core::User& user, std::string_view base, const Projection& projection)
{
    if (!user.in_groups || !txn.organisation().policy.groups || !projection.shows("groups"))
        return render(user, {}, base, projection);
    return render(user, txn.memberships_of(core::to_text(user.id)), base, projection);
}

std::string render(const core::User& user, const Groups& groups, std::string_view base, const Projection& projection)
{
    const std::string location = location_of(user, base);
    const bool as_stored = projection.is_default() || (groups.empty() && projection.only_leaves_out("groups"));
    std::string_view schemas, rest;
    if (!as_stored || !split_profile(user.profile.text(), schemas, rest))
        return core::json::write(projection.apply(full_object(user, groups, base, location, projection)));

    std::string out;
    out.reserve(user.profile.text().size() + user.user_name.size() + location.size() + 320 +
                groups.size() * (base.size() + 160));
    out.append("{").append(schemas).append(R"(,"id":")").append(core::to_text(user.id)).append("\"");
    if (user.external_id) {
        out += R"(,"externalId":)";
        core::json::append_quoted(out, *user.external_id);
    }
    out += R"(,"userName":)";
    core::json::append_quoted(out, user.user_name);
    out.append(user.is_active() ? R"(,"active":true,)" : R"(,"active":false,)");
    if (!rest.empty()) out.append(rest).append(",");
    if (!groups.empty()) append_groups(out, groups, base);
    append_meta(out, {"User", user.created, user.last_modified, user.version, location});
    out += '}';
    return out;
}

} // namespace scim
