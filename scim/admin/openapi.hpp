// The OpenAPI 3.1 document of this API, made from its route table and shapes: what is served and what is described are
// the same rows.
#pragma once

#include "scim/admin/call.hpp"

namespace scim::admin::openapi {

boost::json::object document(std::string_view origin);
Result<Work> get(const Call&);

} // namespace scim::admin::openapi
