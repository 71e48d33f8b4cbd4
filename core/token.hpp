// Bearer tokens: rc_<public id>_<secret><checksum>. The public id finds the row, the secret is stored only as
// HMAC-SHA-256 under a key outside the database, the checksum refuses typing errors before any look-up.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/ids.hpp"
#include "core/base/secrets.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace core {

enum class Scope : std::uint8_t { read, write };

struct Token {
    std::string public_id; // [0-9a-z]{12}
    OrgId organisation;
    Digest mac{}; // HMAC of the whole secret part
    Scope scope = Scope::write;
    std::optional<UserId> user; // made for this one user: the subject that /Me stands for
    std::string label;
    Instant created{};
    std::optional<Instant> expires;   // none: never
    std::optional<Instant> last_used; // to the minute
    std::optional<Instant> revoked;
};

inline constexpr std::string_view scim_token_prefix = "rc_";

struct NewToken {
    std::string public_id;
    Secret text; // what the administrator pastes; shown once
    Digest mac{};
};
NewToken make_token(std::span<const std::uint8_t> pepper);

struct TokenParts {
    std::string_view public_id;
    std::string_view secret;
};
// Shape and checksum only; nothing for anything that cannot be a token of ours.
std::optional<TokenParts> token_parts(std::string_view presented);
bool token_matches(const Token&, std::string_view secret, std::span<const std::uint8_t> pepper); // constant time
// Not revoked and not expired; a clock that went behind `created` by more than five minutes fails closed (REL-19).
bool is_live(const Token&, Instant now);

std::string_view word(Scope);
std::optional<Scope> scope_from(std::string_view);

} // namespace core
