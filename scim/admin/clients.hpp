// /orgs/{org}/clients: the programs that get their access tokens from /oauth2/token, and their secrets. A secret is in
// the answer that made it and nowhere else.
#pragma once

#include "scim/admin/call.hpp"
#include "scim/admin/shape.hpp"

namespace scim::admin::clients {

extern const Shape shape, new_shape, made_shape, new_secret_shape, made_secret_shape;

Result<Work> list(const Call&);
Result<Work> get(const Call&);
Result<Work> create(const Call&);
Result<Work> remove(const Call&);
Result<Work> create_secret(const Call&);
Result<Work> remove_secret(const Call&);

} // namespace scim::admin::clients
