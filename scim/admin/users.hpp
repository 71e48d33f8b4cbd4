// /orgs/{org}/users: the users as administrators see and manage them, what the application reports of them, and the
// invitations; /orgs/{org}/mails: what waits to be sent. The verbs and what forbids them are core/rules/people.
#pragma once

#include "core/rules/people.hpp"
#include "scim/admin/call.hpp"
#include "scim/admin/routes.hpp"
#include "scim/admin/shape.hpp"

namespace scim::admin::users {

extern const Shape shape, new_shape, patch_shape, token_status_shape, invite_shape, invited_shape;
extern const std::span<const Parameter> list_filters, token_status_query;

Result<Work> list(const Call&);
Result<Work> create(const Call&); // by hand
Result<Work> get(const Call&);
Result<Work> patch(const Call&);  // a merge patch
Result<Work> remove(const Call&); // as the verb purge
Result<Work> perform(const Call&, core::rules::Verb);
template<core::rules::Verb verb>
Result<Work> perform(const Call& call)
{
    return perform(call, verb);
}
Result<Work> timeline(const Call&); // newest first; of somebody who has gone, too
Result<Work> token_status(const Call&);
Result<Work> invite_many(const Call&);

} // namespace scim::admin::users

namespace scim::admin::mails {

extern const Shape shape;
extern const std::span<const Parameter> list_filters;

Result<Work> list(const Call&);

} // namespace scim::admin::mails
