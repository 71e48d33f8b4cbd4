// Bearer tokens: rc_<public id>_<secret><checksum>, ra_… for administrators. The public id finds the row, the secret is
// stored only as HMAC-SHA-256 under a key outside the database, the checksum refuses typing errors before any look-up.
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
// Who an admin credential makes its holder (api.md). It opens the management API and nothing else, a SCIM token SCIM
// and nothing else (AUTH-08).
enum class AdminRole : std::uint8_t { server_admin, org_admin, compliance_officer, help_desk };

struct Token {
    std::string public_id; // [0-9a-z]{12}
    OrgId organisation;    // 0: a server-admin's, who belongs to none
    Digest mac{};          // HMAC of the whole secret part
    Scope scope = Scope::write;
    std::optional<AdminRole> role; // an admin credential; none: a SCIM token
    std::optional<UserId> user;    // made for this one user: the subject that /Me stands for
    std::string label;
    Instant created{};
    std::optional<Instant> expires;   // none: never
    std::optional<Instant> last_used; // to the minute
    std::optional<Instant> revoked;
};

enum class TokenKind : std::uint8_t { scim, admin };
inline constexpr std::string_view scim_token_prefix = "rc_";
inline constexpr std::string_view admin_token_prefix = "ra_"; // as long as the other
inline TokenKind kind_of(const Token& token) { return token.role ? TokenKind::admin : TokenKind::scim; }

struct NewToken {
    std::string public_id;
    Secret text; // what the administrator pastes; shown once
    Digest mac{};
};
NewToken make_token(std::span<const std::uint8_t> pepper, TokenKind = TokenKind::scim);

struct TokenParts {
    TokenKind kind;
    std::string_view public_id;
    std::string_view secret;
};
// Shape and checksum only; nothing for anything that cannot be a token of ours.
std::optional<TokenParts> token_parts(std::string_view presented);
// The secret in constant time, and the kind: a row is never opened under the other's prefix.
bool token_matches(const Token&, const TokenParts&, std::span<const std::uint8_t> pepper);
// Not revoked and not expired; a clock that went behind `created` by more than five minutes fails closed (REL-19).
bool is_live(const Token&, Instant now);

std::string_view word(Scope);
std::optional<Scope> scope_from(std::string_view);
std::string_view word(AdminRole); // "server-admin"
std::optional<AdminRole> admin_role_from(std::string_view);
std::string_view word(TokenKind); // "scim", "admin"

} // namespace core
