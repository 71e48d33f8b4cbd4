#include "scim/admin/clients.hpp"

#include "core/actions/clients.hpp"
#include "core/shelf.hpp"
#include "scim/admin/listing.hpp"

#include <fmt/format.h>

namespace scim::admin::clients {
namespace {

namespace bj = boost::json;

constexpr std::string_view scopes[] = {"read", "write"};
constexpr std::string_view states[] = {"live", "expired"};
constexpr std::size_t most_label = 200, most_url = 2000;

constexpr Field secret_fields[] = {
    {.name = "id", .help = "its public part", .need = Need::required},
    {.name = "state", .help = "whether it is still taken", .need = Need::required, .words = states},
    {.name = "createdAt", .type = Type::instant, .help = "when it was made", .need = Need::required},
    {.name = "expiresAt", .type = Type::instant, .help = "when it ends", .need = Need::required},
    {.name = "lastUsedAt", .type = Type::instant, .help = "when it last got a token", .need = Need::nullable},
};
constexpr Field made_secret_fields[] = {
    {.name = "id", .help = "its public part", .need = Need::required},
    {.name = "state", .help = "whether it is still taken", .need = Need::required, .words = states},
    {.name = "createdAt", .type = Type::instant, .help = "when it was made", .need = Need::required},
    {.name = "expiresAt", .type = Type::instant, .help = "when it ends", .need = Need::required},
    {.name = "lastUsedAt", .type = Type::instant, .help = "when it last got a token", .need = Need::nullable},
    {.name = "secret", .help = "the secret itself: shown this once", .need = Need::required},
};
const Shape secret_shape{"ClientSecret", secret_fields};

constexpr Field federation_fields[] = {
    {.name = "issuer", .help = "`iss`: an https address", .need = Need::required},
    {.name = "subject", .help = "`sub`", .need = Need::required},
    {.name = "audience", .help = "what `aud` must name", .need = Need::required},
    {.name = "once", .type = Type::truth, .help = "whether an assertion is good for one time only (`jti`); usually no"},
};
const Shape federation_shape{"Federation", federation_fields};

constexpr std::string_view secret_help = "its first secret, shown this once; null where it is federated";
const Field fields[] = {
    {.name = "id", .help = "the client_id", .need = Need::required},
    {.name = "label", .help = "what it is", .need = Need::required},
    {.name = "scope", .help = "the most its tokens may do", .need = Need::required, .words = scopes},
    {.name = "createdAt", .type = Type::instant, .help = "when it was made", .need = Need::required},
    {.name = "tokenUrl", .help = "where it gets its tokens", .need = Need::required},
    {.name = "secrets", .type = Type::list, .help = "oldest first", .need = Need::required, .shape = &secret_shape},
    {.name = "federation",
     .type = Type::object,
     .help = "whose word is taken for it",
     .need = Need::nullable,
     .shape = &federation_shape},
};
const Field made_fields[] = {
    fields[0], fields[1], fields[2], fields[3],
    fields[4], fields[5], fields[6], {.name = "secret", .help = secret_help, .need = Need::nullable},
};
const Field new_fields[] = {
    {.name = "label", .help = "what it is"},
    {.name = "scope", .help = "the most its tokens may do; write where nothing is said", .words = scopes},
    {.name = "expiresAt", .type = Type::instant, .help = "of its first secret; a year ahead where nothing is said"},
    {.name = "federation",
     .type = Type::object,
     .help = "let an issuer vouch for it, instead of a secret",
     .shape = &federation_shape},
};
constexpr Field new_secret_fields[] = {
    {.name = "expiresAt", .type = Type::instant, .help = "one to three years ahead; a year where nothing is said"},
};

bj::value text(std::string_view word) { return bj::value(bj::string_view{word.data(), word.size()}); }

bj::object show(const core::ClientSecret& secret, core::Instant now)
{
    return {{"id", secret.id},
            {"state", text(core::is_live(secret, now) ? "live" : "expired")},
            {"createdAt", core::to_iso(secret.created)},
            {"expiresAt", core::to_iso(secret.expires)},
            {"lastUsedAt", secret.last_used ? bj::value(core::to_iso(*secret.last_used)) : bj::value{}}};
}

bj::object show(const core::OauthClient& client, core::Instant now, const std::string& origin)
{
    bj::array secrets;
    for (const auto& each : client.secrets) secrets.push_back(show(each, now));
    bj::value federation;
    if (client.federation)
        federation = bj::object{{"issuer", client.federation->issuer},
                                {"subject", client.federation->subject},
                                {"audience", client.federation->audience},
                                {"once", client.federation->once}};
    return {{"id", client.id},
            {"label", client.label},
            {"scope", text(core::word(client.scope))},
            {"createdAt", core::to_iso(client.created)},
            {"tokenUrl", origin + "/oauth2/token"},
            {"secrets", std::move(secrets)},
            {"federation", std::move(federation)}};
}

struct Fresh {
    core::ClientSecret secret;
    core::Secret text;
};
Result<Fresh> fresh_secret(const Call& call)
{
    const auto now = call.context.now;
    core::Instant expires = now + core::least_secret_life;
    if (const auto asked = text_of(call.body, "expiresAt")) expires = core::from_iso(*asked).value_or(now);
    if (expires < now + core::least_secret_life || expires > now + core::longest_secret_life)
        return wrong_field("expiresAt", "is not ahead of now by one to three years", "choose a time in between");
    auto made = core::make_client_secret(call.services->pepper);
    return Fresh{{made.id, made.mac, now, expires, {}}, std::move(made.text)};
}

Result<std::optional<core::Federation>> federation_of(const Call& call)
{
    const auto* const asked = member(call.body, "federation");
    if (asked == nullptr) return std::optional<core::Federation>{};
    const auto& object = asked->get_object();
    core::Federation federation{text_of(object, "issuer").value_or(""), text_of(object, "subject").value_or(""),
                                text_of(object, "audience").value_or(""), truth_of(object, "once").value_or(false)};
    for (const auto& [name, value] :
         {std::pair{"federation.subject", &federation.subject}, std::pair{"federation.audience", &federation.audience},
          std::pair{"federation.issuer", &federation.issuer}})
        if (value->empty() || value->size() > most_url)
            return wrong_field(name, "is empty or too long", "write it as the issuer's assertions have it");
    if (auto problem = call.services->problem_with_issuer(federation.issuer); !problem.empty())
        return wrong_field("federation.issuer", std::move(problem), "give the issuer's https address, as its `iss` is");
    return std::optional{std::move(federation)};
}

} // namespace

const Shape shape{"Client", fields};
const Shape new_shape{"NewClient", new_fields};
const Shape made_shape{"MadeClient", made_fields};
const Shape new_secret_shape{"NewClientSecret", new_secret_fields};
const Shape made_secret_shape{"MadeClientSecret", made_secret_fields};

Result<Work> list(const Call& call)
{
    TRY(const ListAsked asked, list_asked(call));
    return Work{ReadWork{[call, asked](core::ReadTxn& txn) -> Result<Answer> {
        const core::ReadShelf<core::OauthClient> shelf{txn.records()};
        return Answer{.body =
                          record_list<core::OauthClient>(call, asked, shelf, {}, [&](const core::OauthClient& client) {
                              return show(client, call.context.now, call.origin);
                          })};
    }}};
}

Result<Work> get(const Call& call)
{
    return Work{ReadWork{
        [now = call.context.now, id = call.ids[0], origin = call.origin](core::ReadTxn& txn) -> Result<Answer> {
            const auto client = core::ReadShelf<core::OauthClient>{txn.records()}.find(id);
            if (!client) return not_found("client");
            return Answer{.body = show(*client, now, origin)};
        }}};
}

Result<Work> create(const Call& call)
{
    core::OauthClient client;
    client.id = core::to_text(call.services->ids->next());
    client.label = text_of(call.body, "label").value_or("");
    if (client.label.size() > most_label) return wrong_field("label", "is too long", "write at most 200 bytes");
    client.scope = core::scope_from(text_of(call.body, "scope").value_or("write")).value_or(core::Scope::write);
    client.created = call.context.now;
    TRY(auto federation, federation_of(call));
    client.federation = std::move(federation);
    core::Secret secret;
    if (!client.federation) {
        TRY(Fresh fresh, fresh_secret(call));
        client.secrets.push_back(fresh.secret);
        secret = std::move(fresh.text);
    } else if (member(call.body, "expiresAt") != nullptr) {
        return wrong_field("expiresAt", "is of a secret, and a federated client is made without one",
                           "leave it out; give the client a secret afterwards if it needs one");
    }
    return Work{AcrossWork{[context = call.context, client, secret, organisation = *call.organisation,
                            origin = call.origin](core::AcrossTxn& txn) -> Result<Answer> {
        TRY_CORE_ONLY(core::actions::create_client(txn, context, organisation.id, client));
        bj::object shown = show(client, context.now, origin);
        shown["secret"] = secret.empty() ? bj::value{} : text(secret.reveal());
        return Answer{.status = HttpStatus::created,
                      .body = std::move(shown),
                      .location = fmt::format("/api/v1/orgs/{}/clients/{}", organisation.name, client.id)};
    }}};
}

Result<Work> remove(const Call& call)
{
    return Work{AcrossWork{[context = call.context, id = call.ids[0],
                            organisation = call.organisation->id](core::AcrossTxn& txn) -> Result<Answer> {
        TRY_CORE_ONLY(core::actions::delete_client(txn, context, organisation, id));
        return Answer{.status = HttpStatus::no_content};
    }}};
}

Result<Work> create_secret(const Call& call)
{
    TRY(const Fresh fresh, fresh_secret(call));
    return Work{AcrossWork{[context = call.context, id = call.ids[0], fresh,
                            organisation = *call.organisation](core::AcrossTxn& txn) -> Result<Answer> {
        TRY_CORE_ONLY(core::actions::add_client_secret(txn, context, organisation.id, id, fresh.secret));
        bj::object shown = show(fresh.secret, context.now);
        shown["secret"] = text(fresh.text.reveal());
        return Answer{.status = HttpStatus::created,
                      .body = std::move(shown),
                      .location =
                          fmt::format("/api/v1/orgs/{}/clients/{}/secrets/{}", organisation.name, id, fresh.secret.id)};
    }}};
}

Result<Work> remove_secret(const Call& call)
{
    return Work{AcrossWork{[context = call.context, id = call.ids[0], secret = call.ids[1],
                            organisation = call.organisation->id](core::AcrossTxn& txn) -> Result<Answer> {
        TRY_CORE_ONLY(core::actions::delete_client_secret(txn, context, organisation, id, secret));
        return Answer{.status = HttpStatus::no_content};
    }}};
}

} // namespace scim::admin::clients
