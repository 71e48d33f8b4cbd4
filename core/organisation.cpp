#include "core/organisation.hpp"

#include <algorithm>

namespace core {

bool is_organisation_name(std::string_view name)
{
    constexpr std::size_t longest = 63;
    const auto is_allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    return !name.empty() && name.size() <= longest && std::all_of(name.begin(), name.end(), is_allowed);
}

std::string_view word(OrganisationKind kind)
{
    switch (kind) {
    case OrganisationKind::business: return "business";
    case OrganisationKind::personal: return "personal";
    }
    return {};
}

} // namespace core
