#include "scim/admin/tokens.hpp"

#include "scim/admin/listing.hpp"

#include <fmt/format.h>

namespace scim::admin::tokens {
namespace {

namespace bj = boost::json;

constexpr std::string_view kinds[] = {"scim", "admin"};
constexpr std::string_view scopes[] = {"read", "write"};
constexpr std::string_view roles[] = {"org-admin", "compliance-officer", "help-desk"};
constexpr std::string_view states[] = {"live", "expired", "revoked"};
constexpr core::Duration usual_life = std::chrono::days{365};
constexpr core::Duration longest_life = std::chrono::days{3 * 366};

constexpr Field fields[] = {
    {.name = "id", .help = "its public part", .need = Need::required},
    {.name = "kind", .help = "what it opens", .need = Need::required, .words = kinds},
    {.name = "role", .help = "of an admin token", .need = Need::nullable},
    {.name = "scope", .help = "of a SCIM token", .need = Need::nullable, .words = scopes},
    {.name = "user", .help = "the one user it was made for", .need = Need::nullable},
    {.name = "label", .help = "what it is for", .need = Need::required},
    {.name = "state", .help = "whether it opens anything", .need = Need::required, .words = states},
    {.name = "createdAt", .type = Type::instant, .help = "when it was made", .need = Need::required},
    {.name = "expiresAt", .type = Type::instant, .help = "null: never", .need = Need::nullable},
    {.name = "lastUsedAt", .type = Type::instant, .help = "to the minute", .need = Need::nullable},
};
constexpr Field made_fields[] = {
    {.name = "id", .help = "its public part", .need = Need::required},
    {.name = "kind", .help = "what it opens", .need = Need::required, .words = kinds},
    {.name = "role", .help = "of an admin token", .need = Need::nullable},
    {.name = "scope", .help = "of a SCIM token", .need = Need::nullable, .words = scopes},
    {.name = "user", .help = "the one user it was made for", .need = Need::nullable},
    {.name = "label", .help = "what it is for", .need = Need::required},
    {.name = "state", .help = "whether it opens anything", .need = Need::required, .words = states},
    {.name = "createdAt", .type = Type::instant, .help = "when it was made", .need = Need::required},
    {.name = "expiresAt", .type = Type::instant, .help = "null: never", .need = Need::nullable},
    {.name = "lastUsedAt", .type = Type::instant, .help = "to the minute", .need = Need::nullable},
    {.name = "secret", .help = "the token itself: shown this once", .need = Need::required},
};
constexpr Field new_fields[] = {
    {.name = "kind", .help = "what it shall open; scim where nothing is said", .words = kinds},
    {.name = "role", .help = "of an admin token", .words = roles},
    {.name = "scope", .help = "of a SCIM token; write where nothing is said", .words = scopes},
    {.name = "label", .help = "what it is for"},
    {.name = "expiresAt", .type = Type::instant, .help = "at most three years ahead; a year where nothing is said"},
};

std::string_view state_of(const core::Token& token, core::Instant now)
{
    if (token.revoked) return "revoked";
    return core::is_live(token, now) ? "live" : "expired";
}

bj::object show(const core::Token& token, core::Instant now)
{
    const auto at = [](const std::optional<core::Instant>& instant) {
        return instant ? bj::value(core::to_iso(*instant)) : bj::value{};
    };
    const auto text = [](std::string_view word) { return bj::value(bj::string_view{word.data(), word.size()}); };
    return {{"id", token.public_id},
            {"kind", text(core::word(kind_of(token)))},
            {"role", token.role ? text(core::word(*token.role)) : bj::value{}},
            {"scope", token.role ? bj::value{} : text(core::word(token.scope))},
            {"user", token.user ? bj::value(core::to_text(*token.user)) : bj::value{}},
            {"label", token.label},
            {"state", text(state_of(token, now))},
            {"createdAt", core::to_iso(token.created)},
            {"expiresAt", at(token.expires)},
            {"lastUsedAt", at(token.last_used)}};
}

core::Target target_of(const core::Token& token) { return {core::TargetKind::token, token.public_id, token.label, ""}; }

} // namespace

const Shape shape{"Token", fields};
const Shape new_shape{"NewToken", new_fields};
const Shape made_shape{"MadeToken", made_fields};

Result<Work> list(const Call& call)
{
    static constexpr std::string_view sortable[] = {"id",    "kind",      "role",      "label",
                                                    "state", "createdAt", "expiresAt", "lastUsedAt"};
    TRY(const ListAsked asked, list_asked(call, sortable));
    std::vector<bj::object> all;
    call.services->store->read_registry([&](core::Registry& registry) {
        for (const auto& each : registry.tokens(call.organisation->id)) all.push_back(show(each, call.context.now));
    });
    return Work{Answer{.body = short_list(call, asked, std::move(all))}};
}

Result<Work> create(const Call& call)
{
    const bool is_admin = text_of(call.body, "kind").value_or("scim") == "admin";
    const auto role = text_of(call.body, "role");
    if (is_admin && !role) return wrong_field("role", "is required of an admin token", "give one of its roles");
    if (!is_admin && role) return wrong_field("role", "belongs to admin tokens", "leave it out, or set kind to admin");
    if (is_admin && member(call.body, "scope") != nullptr)
        return wrong_field("scope", "belongs to SCIM tokens", "leave it out: the role says what it may");

    auto fresh = core::make_token(call.services->pepper, is_admin ? core::TokenKind::admin : core::TokenKind::scim);
    core::Token token;
    token.public_id = fresh.public_id;
    token.mac = fresh.mac;
    token.organisation = call.organisation->id;
    if (is_admin)
        token.role = core::admin_role_from(*role);
    else
        token.scope = core::scope_from(text_of(call.body, "scope").value_or("write")).value_or(core::Scope::write);
    token.label = text_of(call.body, "label").value_or("");
    token.created = call.context.now;
    token.expires = call.context.now + usual_life;
    if (const auto text = text_of(call.body, "expiresAt")) token.expires = core::from_iso(*text);
    if (!token.expires || *token.expires <= call.context.now || *token.expires > call.context.now + longest_life)
        return wrong_field("expiresAt", "is not ahead of now by at most three years", "choose a time in between");

    return Work{AcrossWork{[context = call.context, token, secret = fresh.text,
                            name = call.organisation->name](core::AcrossTxn& txn) -> Result<Answer> {
        txn.registry().insert(token);
        txn.registry().append(name, event_of(context, core::Activity::create_token, target_of(token)));
        bj::object shown = show(token, context.now);
        shown["secret"] = bj::string_view{secret.reveal().data(), secret.reveal().size()};
        return Answer{.status = HttpStatus::created,
                      .body = std::move(shown),
                      .location = fmt::format("/api/v1/orgs/{}/tokens/{}", name, token.public_id)};
    }}};
}

Result<Work> revoke(const Call& call)
{
    return Work{AcrossWork{[context = call.context, id = call.ids[0],
                            organisation = *call.organisation](core::AcrossTxn& txn) -> Result<Answer> {
        auto token = txn.registry().token(id);
        if (!token || token->organisation != organisation.id) return not_found("token");
        if (token->revoked) return Answer{.status = HttpStatus::no_content};
        token->revoked = context.now;
        txn.registry().replace(*token);
        txn.registry().append(organisation.name, event_of(context, core::Activity::revoke_token, target_of(*token)));
        return Answer{.status = HttpStatus::no_content};
    }}};
}

} // namespace scim::admin::tokens
