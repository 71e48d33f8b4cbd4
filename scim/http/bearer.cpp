#include "scim/http/bearer.hpp"

#include "core/base/text.hpp"
#include "scim/http/gate.hpp"

#include <algorithm>

namespace scim::http {
namespace {

bool is_token68(std::string_view text)
{
    while (text.ends_with('=')) text.remove_suffix(1);
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
               c == '_' || c == '~' || c == '+' || c == '/';
    });
}

} // namespace

bool Credentials::is_bearer() const { return core::same_ignoring_ascii_case(scheme, "bearer"); }

std::optional<Credentials> credentials_from(std::string_view authorization)
{
    const auto space = authorization.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    const auto begin = authorization.find_first_not_of(' ', space);
    if (begin == std::string_view::npos) return std::nullopt;
    const Credentials result{authorization.substr(0, space), authorization.substr(begin)};
    if (!is_token(result.scheme) || !is_token68(result.text)) return std::nullopt;
    return result;
}

} // namespace scim::http
