#include "core/base/domain_name.hpp"

#include "core/base/text.hpp"

#include <algorithm>
#include <idn2.h>
#include <memory>

namespace core {

namespace {

constexpr std::size_t longest_name = 253;
constexpr std::size_t longest_label = 63;

bool is_ascii(std::string_view text)
{
    return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// In lower case.
bool is_label(std::string_view label)
{
    if (label.empty() || label.size() > longest_label || label.front() == '-' || label.back() == '-') return false;
    return std::all_of(label.begin(), label.end(),
                       [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; });
}

bool is_host_name(std::string_view name)
{
    if (name.empty() || name.size() > longest_name) return false;
    for (;;) {
        const auto dot = name.find('.');
        const auto label = name.substr(0, dot);
        if (!is_label(label)) return false;
        if (dot == name.npos) return !std::all_of(label.begin(), label.end(), is_digit); // 192.0.2.1 is no name
        name.remove_prefix(dot + 1);
    }
}

} // namespace

std::optional<std::string> ascii_domain(std::string_view text)
{
    if (text.size() > 4 * longest_name || text.find('\0') != text.npos) return std::nullopt;
    std::string name{text};
    std::transform(name.begin(), name.end(), name.begin(), lower);
    if (!is_ascii(name) || name.starts_with("xn--") || name.find(".xn--") != name.npos) {
        char* made = nullptr;
        if (idn2_to_ascii_8z(name.c_str(), &made, IDN2_NONTRANSITIONAL) != IDN2_OK) return std::nullopt;
        const std::unique_ptr<char, void (*)(void*)> owned{made, idn2_free};
        name = made;
    }
    if (name.ends_with('.')) name.pop_back();
    if (!is_host_name(name)) return std::nullopt;
    return name;
}

std::optional<std::string> domain_of(std::string_view address)
{
    // The fold knows letters that stand for '@' and for other letters: names are compared by it, so it comes first.
    if (!is_ascii(address)) {
        const std::string folded = fold(address);
        const auto parts = email_parts(folded);
        return parts ? ascii_domain(parts->domain) : std::nullopt;
    }
    const auto parts = email_parts(address);
    return parts ? ascii_domain(parts->domain) : std::nullopt;
}

} // namespace core
