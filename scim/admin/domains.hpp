// /orgs/{org}/domains: added, proven by a TXT record, claimed and released. A domain in a path may be written in any
// of its spellings.
#pragma once

#include "scim/admin/call.hpp"
#include "scim/admin/shape.hpp"

#include <span>

namespace scim::admin {
struct Parameter;
}

namespace scim::admin::domains {

extern const Shape shape, new_shape;
extern const std::span<const Parameter> filters;

Result<Work> list(const Call&);
Result<Work> add(const Call&);
Result<Work> get(const Call&);
Result<Work> remove(const Call&);
Result<Work> verify(const Call&); // asks DNS now: 200 with the outcome, whatever it is
Result<Work> claim(const Call&);
Result<Work> release(const Call&);

} // namespace scim::admin::domains
