#include "scim/commands/common.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace scim::commands {
namespace {

core::Event event_of(const core::Token& token, const core::Context& context, core::Activity activity)
{
    core::Event event;
    event.at = context.now;
    event.actor = context.actor;
    event.activity = activity;
    event.target = {core::TargetKind::token, token.public_id, token.label, ""};
    event.request_id = context.request_id;
    return event;
}

boost::json::value user_value(const core::Token& token)
{
    return token.user ? boost::json::value(core::to_text(*token.user)) : boost::json::value{};
}

// A token that opens the management API, for one organisation or, a server-admin's, for all.
void create_admin(const Common& common, const std::string& org, const std::string& role_word, const std::string& label,
                  const std::string& expires)
{
    const auto role = core::admin_role_from(role_word);
    if (!role)
        throw Failure{Exit::usage,
                      "--admin: is no role; write server-admin, org-admin, compliance-officer or help-desk"};
    const bool is_for_all = *role == core::AdminRole::server_admin;
    if (is_for_all != org.empty())
        throw Failure{Exit::usage, is_for_all
                                       ? "--org: a server-admin belongs to no organisation; leave it out"
                                       : fmt::format("--org: name the organisation that the {} is for", role_word)};
    const auto context = operator_context(core::SystemClock{}.now());
    const auto opened = open(common);
    core::Token token;
    if (!is_for_all) token.organisation = opened.organisation(org).id;
    const auto fresh = core::make_token(opened.data.pepper(opened.has_tokens()), core::TokenKind::admin);
    token.public_id = fresh.public_id;
    token.mac = fresh.mac;
    token.role = *role;
    token.label = label;
    token.created = context.now;
    token.expires = expiry_from(expires, context.now);
    opened.store->registry([&](core::Registry& registry) {
        registry.insert(token);
        registry.append(org, event_of(token, context, core::Activity::create_token));
        return core::Keep::yes;
    });
    if (common.json)
        print_json(boost::json::object{
            {"id", token.public_id},
            {"secret", fresh.text.reveal()},
            {"role", role_word},
            {"expiresAt", token.expires ? boost::json::value(core::to_iso(*token.expires)) : boost::json::value{}}});
    else
        fmt::print("{}\n", fresh.text.reveal());
}

void create(const Common& common, const std::string& org, const std::string& scope_word, const std::string& label,
            const std::string& expires, const std::string& user)
{
    if (org.empty()) throw Failure{Exit::usage, "--org: is missing; name the organisation that the token opens"};
    const auto scope = core::scope_from(scope_word);
    if (!scope) throw Failure{Exit::usage, "--scope: is neither read nor write; write one of them"};
    const auto context = operator_context(core::SystemClock{}.now());
    const auto opened = open(common);
    const auto organisation = opened.organisation(org);
    const auto pepper = opened.data.pepper(opened.has_tokens());
    auto fresh = core::make_token(pepper);
    core::Token token;
    token.public_id = fresh.public_id;
    token.organisation = organisation.id;
    token.mac = fresh.mac;
    token.scope = *scope;
    if (!user.empty()) token.user = find_user(*opened.store->read(organisation.id), user).id;
    token.label = label;
    token.created = context.now;
    token.expires = expiry_from(expires, context.now);
    opened.store->registry([&](core::Registry& registry) {
        registry.insert(token);
        registry.append(organisation.name, event_of(token, context, core::Activity::create_token));
        return core::Keep::yes;
    });
    if (common.json)
        print_json(boost::json::object{
            {"id", token.public_id},
            {"secret", fresh.text.reveal()},
            {"user", user_value(token)},
            {"expiresAt", token.expires ? boost::json::value(core::to_iso(*token.expires)) : boost::json::value{}}});
    else
        fmt::print("{}\n", fresh.text.reveal());
}

std::string state_of(const core::Token& token, core::Instant now)
{
    if (token.revoked) return "revoked";
    return core::is_live(token, now) ? "live" : "expired";
}

void list(const Common& common, const std::string& org)
{
    const auto opened = open(common);
    const auto owner = org.empty() ? core::OrgId{} : opened.organisation(org).id;
    const auto now = core::SystemClock{}.now();
    std::vector<core::Token> tokens;
    opened.store->read_registry([&](core::Registry& registry) { tokens = registry.tokens(owner); });
    const auto iso = [](const std::optional<core::Instant>& at) { return at ? core::to_iso(*at) : std::string{}; };
    if (common.json) {
        boost::json::array items;
        for (const auto& t : tokens)
            items.push_back(
                {{"id", t.public_id},
                 {"kind", core::word(kind_of(t))},
                 {"role", t.role ? boost::json::value(core::word(*t.role)) : boost::json::value{}},
                 {"scope", t.role ? boost::json::value{} : boost::json::value(core::word(t.scope))},
                 {"user", user_value(t)},
                 {"label", t.label},
                 {"state", state_of(t, now)},
                 {"createdAt", core::to_iso(t.created)},
                 {"expiresAt", t.expires ? boost::json::value(iso(t.expires)) : boost::json::value{}},
                 {"lastUsedAt", t.last_used ? boost::json::value(iso(t.last_used)) : boost::json::value{}}});
        return print_json(items);
    }
    const auto txn = org.empty() ? nullptr : opened.store->read(owner);
    const auto user_of = [&](const core::Token& t) -> std::string {
        if (!t.user) return "";
        const auto found = txn->user(*t.user);
        return found ? found->user_name : core::to_text(*t.user); // the token outlives its user
    };
    Table table{{"ID", "OPENS", "STATE", "USER", "LABEL", "EXPIRES", "LAST USED"}};
    for (const auto& t : tokens)
        table.row(
            {t.public_id,
             t.role ? fmt::format("API as {}", core::word(*t.role)) : fmt::format("SCIM, {}", core::word(t.scope)),
             state_of(t, now), user_of(t), t.label, t.expires ? iso(t.expires) : "never",
             t.last_used ? iso(t.last_used) : "never"});
    table.print();
}

void revoke(const Common& common, const std::string& org, std::string id)
{
    const auto opened = open(common);
    const auto context = operator_context(core::SystemClock{}.now());
    if (const auto parts = core::token_parts(id)) id = parts->public_id; // a pasted token names itself
    opened.store->registry([&](core::Registry& registry) {
        auto token = registry.token(id);
        std::optional<core::Organisation> owner;
        if (token) owner = registry.organisation(token->organisation);
        const std::string of = owner ? owner->name : ""; // a server-admin's belongs to none
        const bool is_known = token && (owner || token->organisation == core::OrgId{});
        if (!is_known || (!org.empty() && of != org))
            throw Failure{
                Exit::not_found,
                fmt::format("there is no token {}; `rollcall token list --org NAME` shows those there are", id)};
        if (token->revoked) return core::Keep::no;
        token->revoked = context.now;
        registry.replace(*token);
        registry.append(of, event_of(*token, context, core::Activity::revoke_token));
        return core::Keep::yes;
    });
    opened.settle();
    if (!common.json) fmt::print("token {} is revoked\n", id);
}

} // namespace

void add_token(CLI::App& app, Common& common)
{
    auto* token = app.add_subcommand("token", "Bearer tokens: SCIM tokens of an organisation, and admin tokens");
    token->require_subcommand(1);
    static std::string org, scope = "write", label, expires = "365d", user, id, admin;

    auto* c = token->add_subcommand("create", "Make a token and print it, alone and once, on standard output");
    c->add_option("--org", org, "The organisation it opens")->type_name("NAME");
    auto* scope_option = c->add_option("--scope", scope, "read or write")->capture_default_str();
    auto* user_option =
        c->add_option("--user", user,
                      "The one user it is for, by userName, id or externalId: it opens /Me and nothing of others")
            ->type_name("USER");
    c->add_option("--admin", admin,
                  "Makes a token for the management API instead: server-admin (of all), org-admin, compliance-officer "
                  "or help-desk (of --org)")
        ->type_name("ROLE")
        ->excludes(scope_option)
        ->excludes(user_option);
    c->add_option("--label", label, "What it is for");
    c->add_option("--expires", expires, "How long it lives: 365d, 12h, never")->capture_default_str();
    add_data_option(*c, common);
    add_json_option(*c, common);
    c->callback([&] {
        if (admin.empty())
            create(common, org, scope, label, expires, user);
        else
            create_admin(common, org, admin, label, expires);
    });

    auto* l = token->add_subcommand("list", "Its tokens, without their secrets");
    l->add_option("--org", org, "The organisation; none: the tokens of server-admins")->type_name("NAME");
    add_data_option(*l, common);
    add_json_option(*l, common);
    l->callback([&] { list(common, org); });

    auto* r = token->add_subcommand("revoke", "End a token; a running server obeys within a second");
    r->add_option("ID", id, "The token's public id, or the token itself")->required();
    r->add_option("--org", org, "Only if it is this organisation's")->type_name("NAME");
    add_data_option(*r, common);
    add_json_option(*r, common);
    r->callback([&] { revoke(common, org, id); });
}

} // namespace scim::commands
