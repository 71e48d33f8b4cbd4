// /status: how the server is doing, for those who run it.
#pragma once

#include "scim/admin/call.hpp"
#include "scim/admin/shape.hpp"

namespace scim::admin::status {

extern const Shape shape;

Result<Work> get(const Call&);

} // namespace scim::admin::status
