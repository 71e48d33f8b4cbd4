// The one-time link by which a claimed user says what becomes of the old account. Its secret is the claim's id and a
// code that only the server's key can make: a mail may hold it, a reminder hold it again, and the store holds nothing.
// One time: with the choice the claim waits no more.
#pragma once

#include "core/base/secrets.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace core {

// 64 characters of base64url: 16 bytes of id, 32 of HMAC-SHA-256. `claim`: the id, a UUID.
Secret choice_secret(std::span<const std::uint8_t> server_key, std::string_view claim);
// The claim that a secret made with this key is for; nothing for anything else.
std::optional<std::string> claim_of_choice(std::span<const std::uint8_t> server_key, std::string_view secret);

} // namespace core
