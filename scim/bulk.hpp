// POST /Bulk (RFC 7644 3.7): many changes of users and groups in one request. Each operation is planned by the same
// functions that answer it alone and fails by itself; all that is kept is durable with one commit.
#pragma once

#include "scim/call.hpp"

namespace scim::bulk {

// The ids of what is created are given before anything runs, so that a reference (`bulkId:…`) may point forwards and in
// circles. What is referred to comes first; whoever refers to what failed fails with 409; the members of a circle stand
// or fall together. 413 beyond ProtocolLimits::bulk_operations; 400 for an envelope that is none.
// Takes its time before the work too: not for a connection's thread.
Result<Work> run(const Call&);

} // namespace scim::bulk
