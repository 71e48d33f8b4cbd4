#include "core/actions/clients.hpp"

#include "core/credential.hpp"
#include "core/shelf.hpp"

#include <algorithm>

namespace core::actions {

namespace {

Refusal no_such_client() { return {Reason::not_found, "id", "there is no such client", ""}; }

void tell_of(WriteTxn& txn, const Context& context, Activity activity, const OauthClient& client,
             std::vector<Change> changes)
{
    Event event;
    event.at = context.now;
    event.actor = context.actor;
    event.activity = activity;
    event.target = {TargetKind::client, client.id, client.label, ""};
    event.request_id = context.request_id;
    event.changes = std::move(changes);
    txn.append(std::move(event));
}

Change was_not(std::string attribute, std::string_view value)
{
    return {std::move(attribute), {}, boost::json::value(boost::json::string_view{value.data(), value.size()})};
}

Change is_no_more(std::string attribute, std::string_view value)
{
    return {std::move(attribute), boost::json::value(boost::json::string_view{value.data(), value.size()}), {}};
}

void end_token(Registry& registry, std::string_view token_id, Instant now)
{
    auto token = registry.token(token_id);
    if (!token || token->revoked) return;
    token->revoked = now;
    registry.replace(*token);
}

} // namespace

Result<void> create_client(AcrossTxn& across, const Context& context, OrgId organisation, const OauthClient& client)
{
    WriteTxn& txn = across.of(organisation);
    TRY_ONLY(Shelf<OauthClient>{txn.records()}.insert(client));
    std::vector<Change> changes{was_not("label", client.label), was_not("scope", word(client.scope))};
    for (const auto& secret : client.secrets) changes.push_back(was_not("secret", secret.id));
    if (client.federation) {
        changes.push_back(was_not("federation.issuer", client.federation->issuer));
        changes.push_back(was_not("federation.subject", client.federation->subject));
        changes.push_back(was_not("federation.audience", client.federation->audience));
    }
    tell_of(txn, context, Activity::create_client, client, std::move(changes));
    return {};
}

Result<void> delete_client(AcrossTxn& across, const Context& context, OrgId organisation, std::string_view client_id)
{
    WriteTxn& txn = across.of(organisation);
    Shelf<OauthClient> shelf{txn.records()};
    const auto client = shelf.find(client_id);
    if (!client) return no_such_client();
    for (const auto& place : client->places) end_token(across.registry(), place.token_id, context.now);
    shelf.erase(client_id);
    tell_of(txn, context, Activity::delete_client, *client, {is_no_more("label", client->label)});
    return {};
}

Result<OauthClient> add_client_secret(AcrossTxn& across, const Context& context, OrgId organisation,
                                      std::string_view client_id, const ClientSecret& secret)
{
    WriteTxn& txn = across.of(organisation);
    Shelf<OauthClient> shelf{txn.records()};
    auto client = shelf.find(client_id);
    if (!client) return no_such_client();
    auto& secrets = client->secrets;
    if (secrets.size() >= most_client_secrets)
        std::erase_if(secrets, [&](const ClientSecret& each) { return !is_live(each, context.now); });
    if (secrets.size() >= most_client_secrets)
        return Refusal{Reason::too_many, "secrets", "the client has as many live secrets as one may have",
                       "delete one that is no longer used"};
    secrets.push_back(secret);
    TRY_ONLY(shelf.replace(*client));
    tell_of(txn, context, Activity::create_client_secret, *client, {was_not("secret", secret.id)});
    return *std::move(client);
}

Result<void> delete_client_secret(AcrossTxn& across, const Context& context, OrgId organisation,
                                  std::string_view client_id, std::string_view secret_id)
{
    WriteTxn& txn = across.of(organisation);
    Shelf<OauthClient> shelf{txn.records()};
    auto client = shelf.find(client_id);
    if (!client) return no_such_client();
    if (std::erase_if(client->secrets, [&](const ClientSecret& each) { return each.id == secret_id; }) == 0)
        return Refusal{Reason::not_found, "secret", "the client has no such secret", ""};
    for (auto& place : client->places) {
        if (place.secret_id != secret_id) continue;
        end_token(across.registry(), place.token_id, context.now);
        place.expires = std::min(place.expires, context.now); // free for the next
    }
    TRY_ONLY(shelf.replace(*client));
    tell_of(txn, context, Activity::delete_client_secret, *client, {is_no_more("secret", secret_id)});
    return {};
}

ExpectedAssertion expected_of(const Federation& federation)
{
    ExpectedAssertion expected;
    expected.issuer = federation.issuer;
    expected.subject = federation.subject;
    expected.audiences = {federation.audience};
    expected.once = federation.once;
    return expected;
}

Result<AccessToken> issue_token(AcrossTxn& across, const Context& context, OrgId organisation, const Grant& grant,
                                std::span<const std::uint8_t> pepper)
{
    const Refusal over{Reason::not_allowed, "client_id", "what was shown is no longer good", ""};
    Registry& registry = across.registry();
    const auto here = registry.organisation(organisation);
    if (!here || here->disabled) return over;
    WriteTxn& txn = across.of(organisation);
    Shelf<OauthClient> shelf{txn.records()};
    auto client = shelf.find(grant.client_id);
    if (!client || (grant.scope == Scope::write && client->scope == Scope::read)) return over;
    if (grant.federation) {
        if (client->federation != grant.federation) return over;
    } else {
        const auto secret =
            std::ranges::find_if(client->secrets, [&](const ClientSecret& s) { return s.id == grant.secret_id; });
        if (secret == client->secrets.end() || !is_live(*secret, context.now)) return over;
        secret->last_used = context.now;
    }

    auto& places = client->places;
    auto place = std::ranges::min_element(places, {}, &TokenPlace::expires);
    const bool is_used_again = place != places.end() && (place->expires <= context.now || places.size() >= most_places);
    if (!is_used_again) {
        places.push_back({credential::new_public_id(), {}, {}});
        place = places.end() - 1;
    }
    place->secret_id = grant.federation ? std::string{} : grant.secret_id;
    place->expires = context.now + grant.life;

    auto made = credential::make(scim_token_prefix, place->token_id, pepper);
    Token token;
    token.public_id = place->token_id;
    token.organisation = organisation;
    token.mac = made.mac;
    token.scope = grant.scope;
    token.label = client->label;
    token.created = context.now;
    token.expires = place->expires;
    if (is_used_again)
        registry.replace(token);
    else
        registry.insert(token);
    TRY_ONLY(shelf.replace(*client));
    tell_of(txn, context, Activity::issue_token, *client,
            {was_not("token", token.public_id), was_not("scope", word(token.scope)),
             was_not("expiresAt", to_iso(place->expires))});
    return AccessToken{std::move(made.text), place->expires};
}

} // namespace core::actions
