// The make of every credential: PREFIX<public id>_<secret><checksum>. Shared by bearer tokens (core/token.hpp) and the
// secrets of OAuth clients (core/oauth_client.hpp); for those two alone.
#pragma once

#include "core/base/secrets.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace core::credential {

inline constexpr std::size_t prefix_length = 3;

std::string new_public_id(); // [0-9a-z]{12}

struct Made {
    Secret text;
    Digest mac{}; // HMAC of the secret part
};
Made make(std::string_view prefix, std::string_view public_id, std::span<const std::uint8_t> pepper);

struct Parts {
    std::string_view public_id;
    std::string_view secret;
};
// Shape and checksum only; nothing for anything that make cannot have made with this prefix.
std::optional<Parts> parts(std::string_view presented, std::string_view prefix);
// In constant time.
bool matches(const Digest& mac, std::string_view secret, std::span<const std::uint8_t> pepper);

} // namespace core::credential
