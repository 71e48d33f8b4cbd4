// /orgs/{org}/claimable and /orgs/{org}/claims (requirements D and E): whom an organisation may claim, claiming them,
// and what became of it.
#pragma once

#include "core/claim.hpp"
#include "scim/admin/call.hpp"
#include "scim/admin/shape.hpp"

namespace scim::admin::claims {

extern const Shape claimable_shape;
extern const Shape shape;
extern const Shape new_shape;
extern const Shape made_shape;

Result<Work> claimable(const Call&); // filters `domain`, `claimable`
Result<Work> list(const Call&);      // filter `state`
Result<Work> create(const Call&);    // 201 with one result per user; 409 when nobody could be claimed
Result<Work> get(const Call&);
Result<Work> withdraw(const Call&);
Result<Work> remind(const Call&);
Result<Work> acknowledge_transfer(const Call&);

} // namespace scim::admin::claims
