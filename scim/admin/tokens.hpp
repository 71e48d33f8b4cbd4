// /orgs/{org}/tokens: SCIM tokens and admin tokens of an organisation. The secret is in the POST's answer and nowhere
// else. A server-admin's tokens are made with the command line alone.
#pragma once

#include "scim/admin/call.hpp"
#include "scim/admin/shape.hpp"

namespace scim::admin::tokens {

extern const Shape shape, new_shape, made_shape;

Result<Work> list(const Call&);
Result<Work> create(const Call&);
Result<Work> revoke(const Call&);

} // namespace scim::admin::tokens
