#include "core/rules/tombstone.hpp"

#include "core/base/text.hpp"

#include <algorithm>

namespace core::rules {
namespace {

constexpr std::size_t digits = 32;

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// An object id as a directory writes it, 8-4-4-4-12 or without dashes, against its 32 digits.
bool is_same_object(std::string_view prefix, std::string_view external_id)
{
    std::string undashed;
    for (const char c : external_id)
        if (c != '-') undashed += c;
    return same_ignoring_ascii_case(prefix, undashed);
}

} // namespace

std::optional<std::string> original_behind(std::string_view user_name, std::string_view known_name,
                                           std::string_view external_id)
{
    if (user_name.size() <= digits) return std::nullopt;
    const auto prefix = user_name.substr(0, digits);
    const auto rest = user_name.substr(digits);
    if (!std::all_of(prefix.begin(), prefix.end(), is_hex)) return std::nullopt;
    if (fold(rest) == fold(known_name)) return std::string{known_name}; // in the spelling it had
    if (is_same_object(prefix, external_id)) return std::string{rest};
    return std::nullopt;
}

} // namespace core::rules
