// A claimed user's own one-time link: what becomes of the old account (requirements D, decision 3). The secret in the
// path is the only credential; one that is wrong, used or too old is not there. As JSON below /api/v1, and as a small
// page without script for a browser.
#pragma once

#include "scim/admin/call.hpp"
#include "scim/admin/shape.hpp"

namespace scim::admin::choices {

extern const Shape shape;
extern const Shape choice_shape;
extern const Shape chosen_shape;

Result<Work> get(const Call&);
Result<Work> choose(const Call&);
Result<Work> page(const Call&);
Result<Work> submit(const Call&); // the page's form

} // namespace scim::admin::choices
