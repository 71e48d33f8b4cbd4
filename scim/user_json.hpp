// Users as SCIM JSON: body → what a directory wants; the writable view that PATCH works on; and back to text.
#pragma once

#include "core/store.hpp"
#include "scim/projection.hpp"
#include "scim/resource_json.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace scim {

struct WantedUser {
    core::DesiredUser attributes; // active, unless the body says otherwise
    bool says_active = false;     // whether it does
};
// The whole of a user as a body describes it (RFC 7643 4.1): canonical, checked, values exactly as sent. A password is
// accepted and not kept. Refusals: read_resource's.
Result<WantedUser> wanted_user(boost::json::value body, const ResourceRules&);

// What a client may write of it, canonical names: what PATCH changes and wanted_user() reads again.
// In `storage`, which must outlive it: a monotonic resource makes a PATCH noticeably cheaper.
boost::json::object writable_view(const core::User&, boost::json::storage_ptr storage = {});

// The representation. `base` is the organisation's SCIM address. Without a projection the stored text goes out as it
// is, with `groups` after it: they are looked up at each read, and are part of neither version nor lastModified.
using Groups = std::vector<core::Membership>;
std::string render(const core::User&, const Groups&, std::string_view base, const Projection& = {});
// Looks the groups up where there are any and they are shown.
std::string shown(core::ReadTxn&, const core::User&, std::string_view base, const Projection&);
std::string location_of(const core::User&, std::string_view base);

} // namespace scim
