// The target of a request, split by our own rules (reliability.md F7): Boost.URL refuses the raw brackets and quotes
// that SCIM clients send in filters, and accepts NUL and invalid UTF-8 once decoded.
#pragma once

#include "scim/http/message.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace scim::http {

struct Target {
    std::string_view path; // raw, up to '?'
    std::vector<Parameter> query;
    std::string_view query_problem; // empty: the query kept the rules
};

// Parameters are separated by '&', empty pieces are skipped, `+` is a space, then %XX once. The query is refused as a
// whole when a % is not followed by two hex digits, when a name or value is not UTF-8 or holds a control, when a name
// is empty or comes twice (compared with its case: "filter" and "Filter" are two names), or beyond 64 parameters.
Target split_target(std::string_view target);

// One segment of a path, decoded once. Nothing for what could be read as structure or trick later on: %2F, %5C, %00 and
// other controls, "." and "..", a lone %, invalid UTF-8. `+` stays a plus.
std::optional<std::string> decode_segment(std::string_view raw);

} // namespace scim::http
