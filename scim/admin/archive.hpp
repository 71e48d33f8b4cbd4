// /orgs/{org}/archive: what is kept of deleted users, for compliance officers; found by the name people knew them by
// (S-214). A record is kept until keepUntil, a held one until it is let go.
#pragma once

#include "scim/admin/call.hpp"
#include "scim/admin/shape.hpp"

#include <span>

namespace scim::admin {
struct Parameter;
}

namespace scim::admin::archive {

extern const Shape shape, whole_shape;
extern const std::span<const Parameter> filters;

Result<Work> list(const Call&); // newest first, without last state and history
Result<Work> get(const Call&);
Result<Work> hold(const Call&);
Result<Work> unhold(const Call&);

} // namespace scim::admin::archive
