// /orgs/{org}/licences: what an organisation can give to its users.
#pragma once

#include "scim/admin/call.hpp"
#include "scim/admin/shape.hpp"

namespace scim::admin::licences {

extern const Shape shape, new_shape, patch_shape;

Result<Work> list(const Call&);
Result<Work> create(const Call&);
Result<Work> get(const Call&);
Result<Work> patch(const Call&);
Result<Work> remove(const Call&);

} // namespace scim::admin::licences
