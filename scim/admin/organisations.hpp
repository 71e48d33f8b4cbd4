// /orgs: organisations, their policy, and the pause switch.
#pragma once

#include "scim/admin/call.hpp"
#include "scim/admin/shape.hpp"

namespace scim::admin::organisations {

extern const Shape shape, new_shape, patch_shape;

Result<Work> list(const Call&); // a server-admin's: all; else their own
Result<Work> create(const Call&);
Result<Work> get(const Call&);
Result<Work> patch(const Call&);
Result<Work> remove(const Call&); // with ?confirm=NAME
Result<Work> pause(const Call&);
Result<Work> resume(const Call&);

boost::json::object show(const core::Organisation&);

} // namespace scim::admin::organisations
