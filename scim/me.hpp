// /Me (RFC 7644 3.11): another name for the user that the caller's token was made for. Without such a user, and for
// POST, which would create a second one: 501.
#pragma once

#include "scim/call.hpp"

namespace scim::me {

Result<Work> get(const Call&);
Result<Work> put(const Call&);
Result<Work> patch(const Call&);
Result<Work> remove(const Call&);
Result<Answer> create(const Call&);

// Any work of a caller whose token is one user's: refused when the user is no more (404), is not active, or was
// deactivated after the token was made (403). Looked at in the work's own transaction.
Work as_subject(const Subject&, Work);

} // namespace scim::me
