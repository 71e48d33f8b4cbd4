// A report as text, JSON or one self-contained HTML page.
#pragma once

#include "conformance/check.hpp"

#include <string>
#include <string_view>

namespace conformance {

// "12 passed, 1 failed", and ", 2 skipped" when there are any.
std::string last_line(const Report&);

// One failed check with its request, answer and rule; several lines.
std::string describe(const Outcome&);
std::string as_text(const Report&); // ends with last_line()
std::string as_json(const Report&);
std::string as_html(const Report&);

std::string html_escape(std::string_view);

} // namespace conformance
