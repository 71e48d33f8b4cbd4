// The refusals that several actions share.
#pragma once

#include "core/base/result.hpp"

#include <cstdint>
#include <optional>

namespace core::actions {

inline Refusal not_found(const char* what)
{
    return {Reason::not_found, "id", std::string{"there is no such "} + what, "look it up again"};
}

// The caller's `known` version, if one was given, must be the present one.
inline Result<void> must_be_known(std::int64_t present, std::optional<std::int64_t> known)
{
    if (!known || *known == present) return {};
    return Refusal{Reason::stale, "version", "it has changed since that version was read", "read it again"};
}

} // namespace core::actions
