// /orgs/{org}/policy: every number and switch that a rule uses. A merge patch; null puts a field back to the server's
// default, or switches off what can be off.
#pragma once

#include "scim/admin/call.hpp"
#include "scim/admin/shape.hpp"

namespace scim::admin::policy {

extern const Shape shape;

Result<Work> get(const Call&);
Result<Work> patch(const Call&);

boost::json::object show(const core::Policy&);

} // namespace scim::admin::policy
