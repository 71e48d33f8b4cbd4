#include "scim/group_json.hpp"

#include "core/base/json.hpp"
#include "core/base/text.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <utility>

namespace scim {

namespace json = boost::json;

namespace {

// "/Users/", "User" for a user; nothing for an id of unknown kind.
std::string_view folder_of(core::Member::Kind kind)
{
    switch (kind) {
    case core::Member::Kind::unknown: return "";
    case core::Member::Kind::user: return "/Users/";
    case core::Member::Kind::group: return "/Groups/";
    }
    return "";
}
std::string_view type_of(core::Member::Kind kind)
{
    switch (kind) {
    case core::Member::Kind::unknown: return "";
    case core::Member::Kind::user: return "User";
    case core::Member::Kind::group: return "Group";
    }
    return "";
}

Error bad_members(std::string_view problem)
{
    return bad_request(ScimType::invalid_value, "members: " + std::string{problem});
}

Result<std::string> member_id(const json::value& element, std::size_t name_characters)
{
    constexpr auto remedy = "each member must be an object with its id as value; nothing was changed";
    if (!element.is_object()) return bad_members(remedy);
    for (const auto& pair : element.get_object()) {
        if (!core::same_ignoring_ascii_case(pair.key(), "value")) continue;
        if (!pair.value().is_string() || pair.value().get_string().empty()) return bad_members(remedy);
        const std::string_view id = pair.value().get_string();
        const auto characters = std::count_if(id.begin(), id.end(), [](char c) { return (c & 0xC0) != 0x80; });
        if (static_cast<std::size_t>(characters) > name_characters)
            return bad_members("an id is longer than " + std::to_string(name_characters) + " characters");
        return std::string{id};
    }
    return bad_members(remedy);
}

json::object full_object(const core::Group& group, std::string_view location)
{
    const json::object& profile = group.profile.attributes();
    json::object full;
    full.reserve(profile.size() + 6);
    if (const auto* schemas = profile.if_contains("schemas"))
        full.emplace("schemas", *schemas);
    else
        full.emplace("schemas", json::array{group_urn});
    full.emplace("id", core::to_text(group.id));
    if (group.external_id) full.emplace("externalId", *group.external_id);
    full.emplace("displayName", group.display_name);
    for (const auto& pair : profile)
        if (pair.key() != "schemas") full.emplace(pair.key(), pair.value());
    full.emplace("meta", meta_object({"Group", group.created, group.last_modified, group.version, location}));
    return full;
}

} // namespace

Result<std::vector<std::string>> member_ids(const json::value& value, std::size_t name_characters)
{
    std::vector<std::string> ids;
    if (!value.is_array()) {
        TRY(auto id, member_id(value, name_characters));
        ids.push_back(std::move(id));
        return ids;
    }
    ids.reserve(value.get_array().size());
    for (const auto& element : value.get_array()) {
        TRY(auto id, member_id(element, name_characters));
        ids.push_back(std::move(id));
    }
    return ids;
}

Result<WantedGroup> wanted_group(json::value body, const ResourceRules& rules)
{
    WantedGroup wanted;
    if (auto* object = body.if_object()) {
        const auto members = std::find_if(object->begin(), object->end(), [](const auto& pair) {
            return core::same_ignoring_ascii_case(pair.key(), "members");
        });
        if (members != object->end()) {
            if (!members->value().is_array() && !members->value().is_null()) return bad_members("must be a list");
            if (members->value().is_array()) {
                TRY(wanted.members, member_ids(members->value(), rules.name_characters));
            }
            object->stable_erase(members);
        }
    }
    TRY(json::object attributes, read_resource(std::move(body), rules));
    json::object profile(attributes.storage());
    for (auto& pair : attributes) {
        const std::string_view name = pair.key();
        auto& value = pair.value();
        if (name == "displayName") {
            wanted.attributes.display_name = std::string_view{value.get_string()};
        } else if (name == "externalId") {
            wanted.attributes.external_id.emplace(std::string_view{value.get_string()});
        } else {
            profile.emplace(name, std::move(value));
        }
    }
    wanted.attributes.profile = core::Profile{with_schemas(std::move(profile), rules.schema)};
    TRY_ONLY(check_size(wanted.attributes.profile, rules));
    return wanted;
}

json::object writable_view(const core::Group& group)
{
    json::object view;
    view.emplace("displayName", group.display_name);
    if (group.external_id) view.emplace("externalId", *group.external_id);
    for (const auto& pair : group.profile.attributes())
        if (pair.key() != "schemas") view.emplace(pair.key(), pair.value());
    return view;
}

json::object member_object(const core::Member& member, std::string_view base)
{
    json::object object{{"value", member.value}};
    if (const auto folder = folder_of(member.kind); !folder.empty()) {
        object.emplace("$ref", std::string{base}.append(folder).append(member.value));
        object.emplace("type", type_of(member.kind));
    }
    return object;
}

std::string location_of(const core::Group& group, std::string_view base)
{
    return std::string{base}.append("/Groups/").append(core::to_text(group.id));
}

namespace {

std::string without_members(const core::Group& group, std::string_view base, const Projection& projection,
                            std::size_t reserved)
{
    const std::string location = location_of(group, base);
    const bool as_stored = projection.is_default() || projection.only_leaves_out("members");
    std::string_view schemas, rest;
    if (!as_stored || !split_profile(group.profile.text(), schemas, rest))
        return core::json::write(projection.apply(full_object(group, location)));

    std::string out;
    out.reserve(group.profile.text().size() + group.display_name.size() + location.size() + 320 + reserved);
    out.append("{").append(schemas).append(R"(,"id":")").append(core::to_text(group.id)).append("\"");
    if (group.external_id) {
        out += R"(,"externalId":)";
        core::json::append_quoted(out, *group.external_id);
    }
    out += R"(,"displayName":)";
    core::json::append_quoted(out, group.display_name);
    if (!rest.empty()) out.append(",").append(rest);
    out += ',';
    append_meta(out, {"Group", group.created, group.last_modified, group.version, location});
    out += '}';
    return out;
}

} // namespace

MemberView::MemberView(const Projection& projection)
    : value{projection.shows("members", "value")}, reference{projection.shows("members", "$ref")},
      type{projection.shows("members", "type")}
{
}

bool append_member(std::string& out, const core::Member& member, std::string_view base, const MemberView& view)
{
    const auto begin = out.size();
    const auto open = [&](std::string_view name) { out.append(out.size() == begin ? "{" : ",").append(name); };
    if (view.value) {
        open(R"("value":)");
        core::json::append_quoted(out, member.value);
    }
    if (const auto folder = folder_of(member.kind); !folder.empty()) { // of a user or group: its value is a plain id
        if (view.reference) {
            open(R"("$ref":)");
            core::json::append_quoted(out, std::string{base}.append(folder).append(member.value));
        }
        if (view.type) {
            open(R"("type":")");
            out.append(type_of(member.kind)).append("\"");
        }
    }
    if (out.size() == begin) return false;
    out += '}';
    return true;
}

std::string render(const core::Group& group, const std::vector<core::Member>* members, std::string_view base,
                   const Projection& projection)
{
    const MemberView view{projection};
    if (!members || !view.shows_any()) return without_members(group, base, projection, 0);
    std::string out = without_members(group, base, projection, members->size() * (base.size() + 120));
    out.back() = ',';
    out += R"("members":[)";
    for (const auto& member : *members)
        if (append_member(out, member, base, view)) out += ',';
    if (out.back() == ',') out.pop_back();
    out += "]}";
    return out;
}

std::string outline(const core::Group& group, std::string_view base, const Projection& projection)
{
    std::string out = without_members(group, base, projection, 64);
    if (!MemberView{projection}.shows_any()) return out;
    out.back() = ',';
    out.append(R"("members":[)");
    out += member_mark;
    out.append(core::to_text(group.id)).append("]}");
    return out;
}

} // namespace scim
