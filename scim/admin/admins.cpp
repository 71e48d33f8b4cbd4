#include "scim/admin/admins.hpp"

namespace scim::admin {

std::optional<Admin> Admins::admin(std::string_view presented, core::Instant now)
{
    const auto parts = core::token_parts(presented);
    if (!parts || parts->kind != core::TokenKind::admin) return std::nullopt;
    std::optional<core::Token> token;
    bool is_open = false;
    store_.read_registry([&](core::Registry& registry) {
        token = registry.token(parts->public_id);
        if (!token || !token->role) return;
        if (*token->role == core::AdminRole::server_admin) {
            is_open = token->organisation == core::OrgId{};
            return;
        }
        const auto organisation = registry.organisation(token->organisation);
        is_open = organisation && !organisation->disabled;
    });
    if (!token || !is_open || !core::token_matches(*token, *parts, pepper_) || !core::is_live(*token, now))
        return std::nullopt;
    callers_.note_use(token->public_id, now);
    return Admin{token->public_id, *token->role, token->organisation};
}

} // namespace scim::admin
