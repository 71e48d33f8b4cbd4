// The 32 hexadecimal digits that a directory puts before a deleted user's name (S-063, Q-18, E-91).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace core::rules {

// The original name behind `user_name`, when it is 32 hex digits directly followed by `known_name` (compared folded),
// the name the user had before. Digits that agree with `external_id` without its dashes put it beyond doubt: then what
// follows them may be any non-empty name, and that is what is returned.
std::optional<std::string> original_behind(std::string_view user_name, std::string_view known_name,
                                           std::string_view external_id);

} // namespace core::rules
