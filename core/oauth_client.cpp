#include "core/oauth_client.hpp"

#include "core/base/sealer.hpp"
#include "core/credential.hpp"
#include "core/record_doc.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace core {

namespace bj = boost::json;

namespace {

static_assert(client_secret_prefix.size() == credential::prefix_length);

std::string text_of(const Digest& digest)
{
    return to_base64url({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

Digest digest_from(const bj::object& object, std::string_view name)
{
    const auto bytes = from_base64url(doc::text(object, name));
    Digest digest{};
    if (!bytes || bytes->size() != digest.size()) doc::damaged(name);
    std::copy(bytes->begin(), bytes->end(), digest.begin());
    return digest;
}

const bj::array& list(const bj::object& object, std::string_view name)
{
    const auto* found = object.if_contains(bj::string_view{name.data(), name.size()});
    if (found == nullptr || !found->is_array()) doc::damaged(name);
    return found->get_array();
}

const bj::object& entry(const bj::value& value, std::string_view name)
{
    if (!value.is_object()) doc::damaged(name);
    return value.get_object();
}

} // namespace

Record to_record(const OauthClient& client)
{
    bj::array secrets, places;
    for (const auto& each : client.secrets)
        secrets.push_back(bj::object{{"id", each.id},
                                     {"mac", text_of(each.mac)},
                                     {"createdAt", doc::value(each.created)},
                                     {"expiresAt", doc::value(each.expires)},
                                     {"lastUsedAt", doc::value(each.last_used)}});
    for (const auto& each : client.places)
        places.push_back(
            bj::object{{"token", each.token_id}, {"secret", each.secret_id}, {"expiresAt", doc::value(each.expires)}});
    bj::value federation;
    if (client.federation)
        federation = bj::object{{"issuer", client.federation->issuer},
                                {"subject", client.federation->subject},
                                {"audience", client.federation->audience},
                                {"once", client.federation->once}};
    const auto scope = word(client.scope);
    return {.key = client.id,
            .name = {},
            .ref = client.id,
            .due = {},
            .doc = {{"label", client.label},
                    {"scope", bj::string_view{scope.data(), scope.size()}},
                    {"createdAt", doc::value(client.created)},
                    {"secrets", std::move(secrets)},
                    {"federation", std::move(federation)},
                    {"places", std::move(places)}}};
}

OauthClient OauthClient::from_record(const Record& record)
{
    OauthClient client;
    client.id = record.key;
    client.label = doc::text(record.doc, "label");
    const auto scope = scope_from(doc::text(record.doc, "scope"));
    if (!scope) doc::damaged("scope");
    client.scope = *scope;
    client.created = doc::instant(record.doc, "createdAt");
    for (const auto& each : list(record.doc, "secrets")) {
        const auto& object = entry(each, "secrets");
        client.secrets.push_back({doc::text(object, "id"), digest_from(object, "mac"),
                                  doc::instant(object, "createdAt"), doc::instant(object, "expiresAt"),
                                  doc::maybe_instant(object, "lastUsedAt")});
    }
    for (const auto& each : list(record.doc, "places")) {
        const auto& object = entry(each, "places");
        client.places.push_back(
            {doc::text(object, "token"), doc::text(object, "secret"), doc::instant(object, "expiresAt")});
    }
    if (const auto* federation = record.doc.if_contains("federation");
        federation != nullptr && !federation->is_null()) {
        const auto& object = entry(*federation, "federation");
        client.federation = Federation{doc::text(object, "issuer"), doc::text(object, "subject"),
                                       doc::text(object, "audience"), doc::truth(object, "once")};
    }
    return client;
}

NewClientSecret make_client_secret(std::span<const std::uint8_t> pepper)
{
    NewClientSecret secret;
    secret.id = credential::new_public_id();
    auto made = credential::make(client_secret_prefix, secret.id, pepper);
    secret.text = std::move(made.text);
    secret.mac = made.mac;
    return secret;
}

std::optional<std::string_view> client_secret_id(std::string_view text)
{
    const auto parts = credential::parts(text, client_secret_prefix);
    if (!parts) return std::nullopt;
    return parts->public_id;
}

bool is_live(const ClientSecret& secret, Instant now) { return now < secret.expires; }

std::optional<std::string> secret_presented(const OauthClient* client, std::string_view text,
                                            std::span<const std::uint8_t> pepper, Instant now)
{
    const auto parts = credential::parts(text, client_secret_prefix);
    const ClientSecret nobody;
    const ClientSecret* asked = nullptr;
    if (client != nullptr && parts)
        for (const auto& each : client->secrets)
            if (each.id == parts->public_id) asked = &each;
    // One comparison, whoever asks: where there is nothing to compare with, with nothing.
    const bool is_right =
        credential::matches(asked != nullptr ? asked->mac : nobody.mac, parts ? parts->secret : text, pepper);
    if (asked == nullptr || !is_right || !is_live(*asked, now)) return std::nullopt;
    return asked->id;
}

} // namespace core
