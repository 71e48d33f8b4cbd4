// /orgs/{org}/audit: every change that was made, by whom, to what; and the same as CSV and JSON lines, streamed.
#pragma once

#include "scim/admin/call.hpp"

#include <span>

namespace scim::admin {
struct Parameter;
}

namespace scim::admin::audit {

std::span<const Parameter> filters();

Result<Work> list(const Call&);         // newest first
Result<Work> export_csv(const Call&);   // oldest first, as are the lines
Result<Work> export_lines(const Call&); // an object a line, as the list shows it (event_json), with chain and digest

} // namespace scim::admin::audit
