// Text as names and domains need it. One fold serves everything that SCIM compares without case.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace core {

// NFKC case fold (utf8proc). ASCII takes a short way with the same result. Input that is not UTF-8 is returned
// lower-cased byte by byte in its ASCII letters only; the gates keep such input out.
std::string fold(std::string_view);
// The Unicode version behind fold(), e.g. "14.0.0": a store remembers it, because its indexes were built with it.
std::string_view fold_version();

bool is_utf8(std::string_view);
bool same_ignoring_ascii_case(std::string_view, std::string_view);

struct EmailParts {
    std::string_view local;
    std::string_view domain;
};
// Splits at the last '@'; nothing unless both sides are non-empty.
std::optional<EmailParts> email_parts(std::string_view address);

// The closest of `known` to `word` for "did you mean …?", or empty when none is near (edit distance at most 2, or a
// third of its length).
std::string_view nearest(std::string_view word, const std::string_view* known, std::size_t count);

} // namespace core
