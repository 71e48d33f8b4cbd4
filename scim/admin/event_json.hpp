// Events as the API shows them: in a user's timeline and in the audit log.
#pragma once

#include "core/event.hpp"
#include "scim/admin/shape.hpp"

namespace scim::admin {

extern const Shape event_shape;

boost::json::object show(const core::Event&);

} // namespace scim::admin
