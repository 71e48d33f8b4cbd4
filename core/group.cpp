#include "core/group.hpp"

namespace core {

boost::json::object attributes_of(const Group& group)
{
    const boost::json::object& profile = group.profile.attributes();
    boost::json::object all;
    all.reserve(profile.size() + 4);
    all.emplace("id", to_text(group.id));
    all.emplace("displayName", group.display_name);
    if (group.external_id) all.emplace("externalId", *group.external_id);
    all.emplace("meta", boost::json::object{{"resourceType", "Group"},
                                            {"created", to_iso(group.created)},
                                            {"lastModified", to_iso(group.last_modified)},
                                            {"version", "W/\"" + std::to_string(group.version) + "\""}});
    for (const auto& attribute : profile) all.emplace(attribute.key(), attribute.value());
    return all;
}

} // namespace core
