// Groups as SCIM JSON. Members are rows of their own: a group's text is put together from its profile and, where they
// are shown, its members.
#pragma once

#include "core/group.hpp"
#include "scim/projection.hpp"
#include "scim/resource_json.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace scim {

struct WantedGroup {
    core::DesiredGroup attributes;
    std::vector<std::string> members; // as sent, in order
};
// Refusals: read_resource's and member_ids'.
Result<WantedGroup> wanted_group(boost::json::value body, const ResourceRules&);

// The ids in a list of members, or in one member. 400 invalidValue for anything else: a member that cannot be
// understood is never skipped, because a list without it would mean something else.
Result<std::vector<std::string>> member_ids(const boost::json::value&, std::size_t name_characters);

// What PATCH changes, without members.
boost::json::object writable_view(const core::Group&);

// {"value":…,"$ref":…,"type":"User"}; an id that is met nowhere here has its value alone.
boost::json::object member_object(const core::Member&, std::string_view base);

// Which parts of each member are shown.
struct MemberView {
    bool value = true, reference = true, type = true;

    MemberView() = default;
    explicit MemberView(const Projection&);
    bool shows_any() const { return value || reference || type; }
};
// Whether there was anything to append: a member without parts that are shown is left out.
bool append_member(std::string& out, const core::Member&, std::string_view base, const MemberView&);

// `members`: null where they are not shown (and need not be read).
std::string render(const core::Group&, const std::vector<core::Member>* members, std::string_view base,
                   const Projection& = {});
// With a mark and the group's id where its members belong, if they are shown: for MemberPieces to put them there. JSON
// text holds no such byte.
inline constexpr char member_mark = '\0';
std::string outline(const core::Group&, std::string_view base, const Projection&);
std::string location_of(const core::Group&, std::string_view base);

} // namespace scim
