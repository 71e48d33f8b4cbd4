#include "core/rules/tombstone.hpp"

#include "core/base/text.hpp"

#include <algorithm>
#include <iterator>

namespace core::rules {

namespace {

constexpr std::size_t prefix_length = 32; // an object id without its dashes

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

std::string without_dashes(std::string_view text)
{
    std::string bare;
    std::copy_if(text.begin(), text.end(), std::back_inserter(bare), [](char c) { return c != '-'; });
    return bare;
}

} // namespace

std::optional<std::string> original_behind(std::string_view user_name, std::string_view known_name,
                                           std::string_view external_id)
{
    if (user_name.size() <= prefix_length) return {};
    const std::string_view digits = user_name.substr(0, prefix_length);
    if (!std::all_of(digits.begin(), digits.end(), is_hex)) return {};
    const std::string_view rest = user_name.substr(prefix_length);
    if (fold(rest) == fold(known_name)) return std::string{known_name};
    if (same_ignoring_ascii_case(digits, without_dashes(external_id))) return std::string{rest};
    return {};
}

} // namespace core::rules
