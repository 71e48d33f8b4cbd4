#include "core/token.hpp"

#include "core/credential.hpp"
#include "core/words.hpp"

namespace core {

namespace {

static_assert(scim_token_prefix.size() == credential::prefix_length);
static_assert(admin_token_prefix.size() == credential::prefix_length);
constexpr Duration tolerated_clock_error = std::chrono::minutes{5};

} // namespace

NewToken make_token(std::span<const std::uint8_t> pepper, TokenKind kind)
{
    NewToken token;
    token.public_id = credential::new_public_id();
    auto made =
        credential::make(kind == TokenKind::scim ? scim_token_prefix : admin_token_prefix, token.public_id, pepper);
    token.text = std::move(made.text);
    token.mac = made.mac;
    return token;
}

std::optional<TokenParts> token_parts(std::string_view presented)
{
    const bool is_admin = presented.starts_with(admin_token_prefix);
    const auto parts = credential::parts(presented, is_admin ? admin_token_prefix : scim_token_prefix);
    if (!parts) return {};
    return TokenParts{is_admin ? TokenKind::admin : TokenKind::scim, parts->public_id, parts->secret};
}

bool token_matches(const Token& token, const TokenParts& presented, std::span<const std::uint8_t> pepper)
{
    return credential::matches(token.mac, presented.secret, pepper) && presented.kind == kind_of(token);
}

bool is_live(const Token& token, Instant now)
{
    if (token.revoked) return false;
    if (token.expires && now >= *token.expires) return false;
    return now >= token.created - tolerated_clock_error;
}

std::string_view word(Scope scope)
{
    switch (scope) {
    case Scope::read: return "read";
    case Scope::write: return "write";
    }
    return {};
}

std::optional<Scope> scope_from(std::string_view text)
{
    if (text == word(Scope::read)) return Scope::read;
    if (text == word(Scope::write)) return Scope::write;
    return {};
}

namespace {

constexpr Words<AdminRole, 4> roles{{{
    {AdminRole::server_admin, "server-admin"},
    {AdminRole::org_admin, "org-admin"},
    {AdminRole::compliance_officer, "compliance-officer"},
    {AdminRole::help_desk, "help-desk"},
}}};

} // namespace

std::string_view word(AdminRole role) { return roles.of(role); }
std::optional<AdminRole> admin_role_from(std::string_view text) { return roles.from(text); }

std::string_view word(TokenKind kind) { return kind == TokenKind::scim ? "scim" : "admin"; }

} // namespace core
