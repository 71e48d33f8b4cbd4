// /Groups (RFC 7644 3.2-3.6); members are deltas. Each function parses and validates now and returns the work that
// needs a transaction. The call outlives neither function nor work: what the work needs, it keeps.
#pragma once

#include "scim/call.hpp"

namespace scim::groups {

Result<Work> list(const Call&); // filter, sortBy, sortOrder, startIndex, count, cursor, attributes, excludedAttributes
Result<Work> get(const Call&);  // If-None-Match 304
Result<Work> create(const Call&); // 201, Location, ETag
Result<Work> put(const Call&);    // If-Match 412
Result<Work> patch(const Call&);  // 204, or 200 with the resource by policy patchReply
Result<Work> remove(const Call&); // 204; unknown 404

} // namespace scim::groups
