// OAuth clients and their token endpoint without sockets, on a real store: E-10 to E-12, AUTH-21, and what ends a
// token. The issuer of the federated ones is a web server on loopback, over real TLS.
#include "core/oauth_client.hpp"
#include "core/shelf.hpp"
#include "scim/admin/clients.hpp"
#include "scim/outside/assertion_verifier.hpp"
#include "scim/outside/testing/signing.hpp"
#include "scim/outside/testing/web_stub.hpp"
#include "scim/testing/api_desk.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <set>

using namespace scim;
using core::AdminRole;
using http::Method;
using testing::ApiAnswer;
namespace bj = boost::json;
namespace stub = scim::outside::testing;

namespace {

constexpr const char* token_path = "/oauth2/token";
constexpr const char* form_type = "application/x-www-form-urlencoded";

std::string base64(std::string_view bytes)
{
    std::string url = stub::base64url(bytes);
    for (char& c : url) c = c == '-' ? '+' : c == '_' ? '/' : c;
    while (url.size() % 4 != 0) url.push_back('=');
    return url;
}

std::string basic(const std::string& id, const std::string& secret) { return "Basic " + base64(id + ":" + secret); }

struct Made {
    std::string id, secret, secret_id;
};

struct TokenDesk : testing::ApiDesk {
    core::OrgId ours = organisation("ours");
    std::string admin = admin_token(AdminRole::org_admin, ours);
    std::string clients = "/api/v1/orgs/ours/clients";

    Made client(const std::string& body = R"({"label":"Entra"})")
    {
        const auto made = api(Method::post, clients, admin, body);
        REQUIRE(made.status == 201);
        CHECK(admin::differences(made.json, admin::clients::made_shape).empty());
        Made all{std::string{made.json.at("id").as_string()}, {}, {}};
        if (made.json.at("secret").is_string()) {
            all.secret = made.json.at("secret").as_string();
            all.secret_id = made.json.at("secrets").at(0).at("id").as_string();
        }
        return all;
    }
    ApiAnswer ask_for_token(const std::string& body, const std::string& authorization = {},
                            const std::string& peer = "127.0.0.1")
    {
        auto request = testing::request_for(Method::post, token_path, authorization);
        request.headers.emplace_back("content-type", form_type);
        request.body = body;
        request.peer = peer;
        ApiAnswer answer{ask(std::move(request)), {}};
        if (auto read = core::json::read(answer.body)) answer.json = *std::move(read);
        CHECK(testing::header(answer, "Cache-Control") == "no-store");
        CHECK(answer.content_type == "application/json");
        return answer;
    }
    std::string token_for(const Made& made, const std::string& more = {})
    {
        const auto answer = ask_for_token("grant_type=client_credentials" + more, basic(made.id, made.secret));
        REQUIRE(answer.status == 200);
        return std::string{answer.json.at("access_token").as_string()};
    }
    int scim(const std::string& token, Method method = Method::get)
    {
        callers.look_for_changes(); // as the server does, five times a second
        auto request = testing::request_for(method, "/orgs/ours/scim/v2/Users", "Bearer " + token);
        if (method == Method::post)
            request.body = R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"a@x.example"})";
        return ask(std::move(request)).status;
    }
    void change(const std::string& id, const std::function<void(core::OauthClient&)>& to)
    {
        store.write(ours, [&](core::WriteTxn& txn) {
            core::Shelf<core::OauthClient> shelf{txn.records()};
            auto client = shelf.find(id);
            REQUIRE(client);
            to(*client);
            REQUIRE(shelf.replace(*client).has_value());
            return core::Keep::yes;
        });
    }
    std::size_t rows()
    {
        std::size_t count = 0;
        store.read_registry([&](core::Registry& registry) { count = registry.tokens(ours).size(); });
        return count;
    }
};

std::string error_of(const ApiAnswer& answer)
{
    const auto* const error = answer.json.is_object() ? answer.json.as_object().if_contains("error") : nullptr;
    return error != nullptr ? std::string{error->as_string()} : std::string{};
}

} // namespace

TEST_CASE("E-10: client credentials by Basic, in the body, or both get a bearer token that opens SCIM")
{
    TokenDesk d;
    const auto client = d.client();
    CHECK(client.secret.starts_with("rs_"));
    const std::string grant = "grant_type=client_credentials";
    const std::string in_body = grant + "&client_id=" + client.id + "&client_secret=" + client.secret;
    for (const auto& [body, header] : {std::pair{grant, basic(client.id, client.secret)},
                                       {in_body, std::string{}},
                                       {in_body, basic(client.id, client.secret)},
                                       {grant + "&client_id=" + client.id, basic(client.id, client.secret)},
                                       {grant + "&scope=&resource=x", basic(client.id, client.secret)}}) {
        INFO(body);
        const auto answer = d.ask_for_token(body, header);
        REQUIRE(answer.status == 200);
        CHECK(answer.json.at("token_type") == "Bearer");
        CHECK(answer.json.at("expires_in") == 3600);
        CHECK(answer.json.at("scope") == "write");
        const std::string token{answer.json.at("access_token").as_string()};
        CHECK(token.starts_with("rc_"));
        CHECK(d.scim(token) == 200);
    }
    CHECK(d.scim(d.token_for(client), Method::post) == 201);
    const auto shown = d.api(Method::get, d.clients + "/" + client.id, d.admin);
    CHECK(shown.json.at("secrets").at(0).at("lastUsedAt").is_string());
    CHECK(shown.body.find(client.secret) == std::string::npos);
}

TEST_CASE("RFC 6749 2.3.1: the parts of Basic are form-encoded")
{
    TokenDesk d;
    const auto client = d.client();
    std::string encoded;
    for (const char c : client.secret) encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    CHECK(d.ask_for_token("grant_type=client_credentials", basic(client.id, encoded)).status == 200);
    CHECK(d.ask_for_token("grant_type=client_credentials", basic(client.id, "%zz" + client.secret)).status == 401);
}

TEST_CASE("E-11, AUTH-21: whatever is wrong with client or secret, the answer is one and the same")
{
    TokenDesk d;
    const auto client = d.client(), other = d.client(), expired = d.client(), deleted = d.client();
    d.change(expired.id, [&](core::OauthClient& c) { c.secrets[0].expires = d.clock.now(); });
    CHECK(d.api(Method::del, d.clients + "/" + deleted.id + "/secrets/" + deleted.secret_id, d.admin).status == 204);
    std::string wrong = client.secret;
    wrong[30] = wrong[30] == 'a' ? 'b' : 'a';
    const auto closed = d.organisation("closed");
    const auto closed_admin = d.admin_token(AdminRole::org_admin, closed);
    const auto theirs = d.api(Method::post, "/api/v1/orgs/closed/clients", closed_admin, "{}");
    REQUIRE(theirs.status == 201);
    d.store.registry([&](core::Registry& registry) {
        auto o = *registry.organisation(closed);
        o.disabled = true;
        registry.replace(o);
        return core::Keep::yes;
    });
    const std::string good_token = d.token_for(client);
    std::set<std::string> bodies;
    int peer = 0;
    for (const auto& header :
         {basic(client.id, wrong), basic(client.id, other.secret), basic(client.id, ""), basic(client.id, "x"),
          basic("", client.secret), basic("0190b0a0-0000-7000-8000-000000000001", client.secret), basic("", ""),
          basic(expired.id, expired.secret), basic(deleted.id, deleted.secret), basic(client.id, good_token),
          basic(client.id, d.admin), basic("' OR 1=1 --", client.secret),
          basic(std::string{theirs.json.at("id").as_string()}, std::string{theirs.json.at("secret").as_string()}),
          std::string{"Basic"}, std::string{"Basic !"}, std::string{"Basic " + base64("nocolon")},
          "Bearer " + client.secret, std::string{}}) {
        const auto answer = d.ask_for_token("grant_type=client_credentials", header, fmt::format("10.0.0.{}", ++peer));
        INFO(header);
        CHECK(answer.status == 401);
        CHECK(error_of(answer) == "invalid_client");
        CHECK(testing::header(answer, "WWW-Authenticate").starts_with("Basic realm="));
        bodies.insert(answer.body);
    }
    CHECK(bodies.size() == 1);
    CHECK(d.ask_for_token("grant_type=client_credentials", basic(client.id, client.secret)).status == 200);
}

TEST_CASE("a secret ends at its instant: good a millisecond before, not at it")
{
    const std::vector<std::uint8_t> pepper(32, 7);
    const auto made = core::make_client_secret(pepper);
    core::OauthClient client;
    const core::Instant now{std::chrono::days{20'000}};
    client.secrets.push_back({made.id, made.mac, now - std::chrono::days{365}, now, {}});
    CHECK(core::secret_presented(&client, made.text.reveal(), pepper, now - core::Duration{1}) == made.id);
    CHECK_FALSE(core::secret_presented(&client, made.text.reveal(), pepper, now));
    CHECK_FALSE(core::secret_presented(nullptr, made.text.reveal(), pepper, now - core::Duration{1}));
    const std::vector<std::uint8_t> other_pepper(32, 8);
    CHECK_FALSE(core::secret_presented(&client, made.text.reveal(), other_pepper, now - core::Duration{1}));
}

TEST_CASE("AUTH-21: guessing is answered 429 after a while, and the right secret is still let through")
{
    TokenDesk d;
    const auto client = d.client(), other = d.client();
    int refused = 0;
    for (int i = 0; i < 25; ++i) {
        const auto answer = d.ask_for_token("grant_type=client_credentials", basic(client.id, "guess"), "10.1.1.1");
        if (answer.status != 429) continue;
        ++refused;
        CHECK(testing::header(answer, "Retry-After") == "60");
    }
    CHECK(refused == 5); // twenty a minute
    CHECK(d.ask_for_token("grant_type=client_credentials", basic(client.id, client.secret), "10.1.1.1").status == 200);
    // From many addresses at one secret: they cannot all know another client's by chance.
    int slowed = 0;
    for (int i = 0; i < 25; ++i)
        slowed += d.ask_for_token("grant_type=client_credentials", basic(client.id, other.secret),
                                  fmt::format("10.2.0.{}", i))
                      .status == 429;
    CHECK(slowed == 5);
    CHECK(d.ask_for_token("grant_type=client_credentials", basic(other.id, other.secret)).status == 200);
}

TEST_CASE("AUTH-21: a token has no more scope than its client, and less where less was asked for")
{
    TokenDesk d;
    const auto reader = d.client(R"({"scope":"read"})"), writer = d.client();
    const std::string grant = "grant_type=client_credentials";
    for (const auto* const more : {"&scope=write", "&scope=read+write", "&scope=admin", "&scope=read%20Read"}) {
        INFO(more);
        const auto answer = d.ask_for_token(grant + more, basic(reader.id, reader.secret));
        CHECK(answer.status == 400);
        CHECK(error_of(answer) == "invalid_scope");
    }
    for (const auto& token :
         {d.token_for(reader), d.token_for(reader, "&scope=read"), d.token_for(writer, "&scope=read")}) {
        CHECK(d.scim(token) == 200);
        CHECK(d.scim(token, Method::post) == 403);
    }
    const auto both = d.ask_for_token(grant + "&scope=read+write", basic(writer.id, writer.secret));
    CHECK(both.json.at("scope") == "write");
}

TEST_CASE("RFC 6749 5.2: a request that is none is told what is wrong with it")
{
    TokenDesk d;
    const auto client = d.client();
    const auto header = basic(client.id, client.secret);
    struct Row {
        const char* body;
        const char* error;
    };
    for (const auto& row : {
             Row{"", "invalid_request"},
             Row{"grant_type=", "invalid_request"},
             Row{"grant_type=password", "unsupported_grant_type"},
             Row{"grant_type=authorization_code&code=x", "unsupported_grant_type"},
             Row{"grant_type=client_credentials&grant_type=client_credentials", "invalid_request"},
             Row{"grant_type=client_credentials&client_id=another", "invalid_request"},
             Row{"grant_type=client_credentials&client_secret=another", "invalid_request"},
             Row{"grant_type=client_credentials&client_assertion=a.b.c", "invalid_request"},
             Row{"grant_type=client_credentials&client_assertion_type=jwt", "invalid_request"},
             Row{"grant_type=client_credentials&client_assertion=a.b.c&client_assertion_type="
                 "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer",
                 "invalid_request"},
             Row{"grant_type=client_credentials&x=%zz", "invalid_request"},
             Row{"grant_type=client_credentials&x=%00", "invalid_request"},
         }) {
        INFO(row.body);
        const auto answer = d.ask_for_token(row.body, header);
        CHECK(answer.status == 400);
        CHECK(error_of(answer) == row.error);
    }
    auto in_address = testing::request_for(Method::post, token_path, header);
    in_address.headers.emplace_back("content-type", form_type);
    in_address.query = http::split_target("/?client_secret=x").query;
    in_address.body = "grant_type=client_credentials";
    CHECK(d.ask(std::move(in_address)).status == 400);
    auto json = testing::request_for(Method::post, token_path, header);
    json.headers.emplace_back("content-type", "application/json");
    json.body = R"({"grant_type":"client_credentials"})";
    CHECK(d.ask(std::move(json)).status == 400);
    const auto get = d.ask(testing::request_for(Method::get, token_path, header));
    CHECK(get.status == 405);
    CHECK(testing::header(get, "Allow") == "POST, OPTIONS");
    CHECK(d.ask(testing::request_for(Method::options, token_path, "")).status == 204);
    CHECK(d.ask(testing::request_for(Method::post, "/oauth2/tokens", header)).status == 404);
}

TEST_CASE("AUTH-08: no credential of OAuth opens another door than its own")
{
    TokenDesk d;
    const auto client = d.client();
    const auto token = d.token_for(client);
    for (const auto& credentials : {"Bearer " + client.secret, basic(client.id, client.secret), basic(client.id, token),
                                    std::string{"Bearer a.b.c"}})
        for (const auto method : {Method::get, Method::post}) {
            auto request = testing::request_for(method, "/orgs/ours/scim/v2/Users", credentials);
            request.peer = "10.3.0.1";
            CHECK(d.ask(std::move(request)).status == 401);
        }
    for (const auto& route : admin::routes()) {
        if (!route.tag.needs_token) continue;
        for (const auto method : {Method::get, Method::post, Method::patch, Method::del}) {
            if (!route.methods.has(method)) continue;
            for (const auto& credentials : {"Bearer " + client.secret, "Bearer " + token, std::string{"Bearer a.b.c"},
                                            basic(client.id, client.secret)}) {
                auto request = testing::request_for(method, std::string{route.tag.path}, credentials);
                const auto status = d.ask(std::move(request)).status;
                CHECK((status == 401 || status == 429));
            }
        }
    }
    d.organisation("theirs");
    CHECK(d.ask(testing::request_for(Method::get, "/orgs/theirs/scim/v2/Users", "Bearer " + token)).status == 404);
}

TEST_CASE("several secrets live at once; ending one ends the tokens it has got, and no others")
{
    TokenDesk d;
    const auto client = d.client();
    const auto more = d.api(Method::post, d.clients + "/" + client.id + "/secrets", d.admin);
    REQUIRE(more.status == 201);
    CHECK(admin::differences(more.json, admin::clients::made_secret_shape).empty());
    const Made second{client.id, std::string{more.json.at("secret").as_string()},
                      std::string{more.json.at("id").as_string()}};
    const auto by_first = d.token_for(client), by_second = d.token_for(second);
    CHECK(d.scim(by_first) == 200);
    CHECK(d.scim(by_second) == 200);
    const std::string one = d.clients + "/" + client.id + "/secrets/";
    CHECK(d.api(Method::del, one + client.secret_id, d.admin).status == 204);
    CHECK(d.api(Method::del, one + client.secret_id, d.admin).status == 404);
    CHECK(d.scim(by_first) == 401);
    CHECK(d.scim(by_second) == 200);
    CHECK(d.ask_for_token("grant_type=client_credentials", basic(client.id, client.secret)).status == 401);

    const auto third = d.token_for(second); // takes the place of the one that has ended
    CHECK(d.scim(by_first) == 401);
    CHECK(d.scim(third) == 200);
    CHECK(d.api(Method::del, d.clients + "/" + client.id, d.admin).status == 204);
    for (const auto& token : {by_second, third}) CHECK(d.scim(token) == 401);
    CHECK(d.api(Method::get, d.clients + "/" + client.id, d.admin).status == 404);
    CHECK(d.ask_for_token("grant_type=client_credentials", basic(second.id, second.secret)).status == 401);
}

TEST_CASE("access tokens do not pile up: the next one takes the place of one that is over")
{
    TokenDesk d;
    const auto client = d.client();
    const auto before = d.rows();
    for (int i = 0; i < 5; ++i) {
        const auto token = d.token_for(client);
        CHECK(d.scim(token) == 200);
        d.change(client.id, [&](core::OauthClient& c) { c.places[0].expires = d.clock.now(); });
        d.store.registry([&](core::Registry& registry) {
            auto row = *registry.token(core::token_parts(token)->public_id);
            row.expires = d.clock.now();
            registry.replace(row);
            return core::Keep::yes;
        });
        CHECK(d.scim(token) == 401);
    }
    CHECK(d.rows() == before + 1);
    std::vector<std::string> live;
    for (std::size_t i = 0; i < core::actions::most_places + 2; ++i) live.push_back(d.token_for(client));
    CHECK(d.rows() == before + core::actions::most_places);
    std::size_t open = 0;
    for (const auto& token : live) open += d.scim(token) == 200;
    CHECK(open == core::actions::most_places); // the oldest have ended
    CHECK(d.scim(live.back()) == 200);
}

TEST_CASE("the secrets of a client live one to three years, and are eight at most")
{
    TokenDesk d;
    const auto client = d.client();
    const std::string path = d.clients + "/" + client.id + "/secrets";
    const auto until = [&](core::Duration ahead) {
        return fmt::format(R"({{"expiresAt":"{}"}})", core::to_iso(d.clock.now() + ahead));
    };
    constexpr auto slack = std::chrono::minutes{5};
    CHECK(d.api(Method::post, path, d.admin, until(core::least_secret_life - slack)).status == 400);
    CHECK(d.api(Method::post, path, d.admin, until(core::least_secret_life + slack)).status == 201);
    CHECK(d.api(Method::post, path, d.admin, until(core::longest_secret_life - slack)).status == 201);
    CHECK(d.api(Method::post, path, d.admin, until(core::longest_secret_life + slack)).status == 400);
    for (std::size_t i = 3; i < core::most_client_secrets; ++i) CHECK(d.api(Method::post, path, d.admin).status == 201);
    CHECK(d.api(Method::post, path, d.admin).status >= 400);
    d.change(client.id, [&](core::OauthClient& c) { c.secrets[3].expires = d.clock.now(); });
    CHECK(d.api(Method::post, path, d.admin).status == 201); // an expired one makes room
    CHECK(d.api(Method::post, d.clients + "/0190b0a0-0000-7000-8000-000000000001/secrets", d.admin).status == 404);

    const auto all = d.api(Method::get, d.clients, d.admin);
    CHECK(all.json.at("total") == 1);
    CHECK(admin::differences(all.json.at("items").at(0), admin::clients::shape).empty());
    for (const auto* const body :
         {R"({"federation":{"issuer":"http://x","subject":"s","audience":"a"}})",
          R"({"federation":{"issuer":"https://x","subject":"","audience":"a"}})",
          R"({"federation":{"issuer":"https://x"}})",
          R"({"federation":{"issuer":"https://x","subject":"s","audience":"a"},"expiresAt":"2028-01-01T00:00:00Z"})",
          R"({"scope":"admin"})"})
        CHECK(d.api(Method::post, d.clients, d.admin, body).status == 400);
}

TEST_CASE("what happens to clients is told as events, without their secrets")
{
    TokenDesk d;
    const auto client = d.client();
    const auto token = d.token_for(client);
    d.api(Method::post, d.clients + "/" + client.id + "/secrets", d.admin);
    d.api(Method::del, d.clients + "/" + client.id + "/secrets/" + client.secret_id, d.admin);
    d.api(Method::del, d.clients + "/" + client.id, d.admin);
    std::vector<core::Activity> told;
    for (const auto& event : d.store.read(d.ours)->events({})) {
        if (event.target.kind != core::TargetKind::client) continue;
        told.push_back(event.activity);
        CHECK(event.target.id == client.id);
        const auto text = core::json::write(core::to_json(event.changes));
        for (const auto& secret : {client.secret, token}) CHECK(text.find(secret.substr(16, 43)) == std::string::npos);
        if (event.activity == core::Activity::issue_token) CHECK(event.actor == core::Actor{"client", client.id});
    }
    CHECK(told == std::vector{core::Activity::create_client, core::Activity::issue_token,
                              core::Activity::create_client_secret, core::Activity::delete_client_secret,
                              core::Activity::delete_client});
}

namespace {

// An issuer with one key, on loopback over TLS, and a client that trusts it.
struct FederatedDesk : TokenDesk {
    stub::Identity identity = stub::identity_for();
    stub::TemporaryFile authority{identity.authority};
    stub::WebStub web{identity};
    stub::SigningKey key = stub::SigningKey::rsa();
    outside::FederatedVerifier real{{.ca_file = authority.path(), .private_addresses = true}};
    std::string issuer = web.url();
    Made federated;

    explicit FederatedDesk(bool once = false)
    {
        web.set("/.well-known/openid-configuration",
                {.body = fmt::format(R"({{"issuer":"{0}","jwks_uri":"{0}/keys"}})", issuer)});
        web.set("/keys", {.body = stub::key_set(key.jwk("k1"))});
        verifier.ask = [this](auto jwt, const auto& expected, auto now) { return real.verify(jwt, expected, now); };
        federated = client(fmt::format(
            R"({{"label":"WIF","federation":{{"issuer":"{}","subject":"spn","audience":"api://rollcall","once":{}}}}})",
            issuer, once));
        CHECK(federated.secret.empty());
    }
    std::string assertion(const std::string& iss, const std::string& sub, const std::string& aud,
                          const std::string& kid = "k1", const std::string& jti = "1")
    {
        const auto seconds = std::chrono::floor<std::chrono::seconds>(clock.now()).time_since_epoch().count();
        return stub::token(fmt::format(R"({{"alg":"RS256","kid":"{}","typ":"JWT"}})", kid),
                           fmt::format(R"({{"iss":"{}","sub":"{}","aud":"{}","iat":{},"exp":{},"jti":"{}"}})", iss, sub,
                                       aud, seconds, seconds + 300, jti),
                           key, "RS256");
    }
    ApiAnswer present(const std::string& jwt, const std::string& id, const std::string& peer = "127.0.0.1")
    {
        return ask_for_token("grant_type=client_credentials&client_id=" + id + "&client_assertion=" + jwt +
                                 "&client_assertion_type="
                                 "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer",
                             {}, peer);
    }
};

} // namespace

TEST_CASE("E-12: a client assertion of the configured issuer gets a token; of a wrong aud, iss, sub or kid none")
{
    FederatedDesk d;
    const auto good = d.assertion(d.issuer, "spn", "api://rollcall");
    const auto answer = d.present(good, d.federated.id);
    REQUIRE(answer.status == 200);
    CHECK(d.scim(std::string{answer.json.at("access_token").as_string()}) == 200);
    CHECK(d.present(good, d.federated.id).status == 200); // Entra sends one more than once
    CHECK(d.web.asked("/keys") == 1);

    const auto secretive = d.client();
    auto forged = good;
    forged[forged.size() - 10] = forged[forged.size() - 10] == 'A' ? 'B' : 'A';
    std::set<std::string> bodies;
    int peer = 0;
    for (const auto& [jwt, id] : {
             std::pair{d.assertion("https://elsewhere.example", "spn", "api://rollcall"), d.federated.id},
             {d.assertion(d.issuer, "other", "api://rollcall"), d.federated.id},
             {d.assertion(d.issuer, "spn", "api://other"), d.federated.id},
             {d.assertion(d.issuer, "spn", "api://rollcall", "k2"), d.federated.id},
             {forged, d.federated.id},
             {std::string{"a.b.c"}, d.federated.id},
             {good, secretive.id},
             {good, std::string{"0190b0a0-0000-7000-8000-000000000001"}},
             {good, std::string{}},
         }) {
        const auto refused = d.present(jwt, id, fmt::format("10.0.1.{}", ++peer));
        CHECK(refused.status == 401);
        CHECK(error_of(refused) == "invalid_client");
        bodies.insert(refused.body);
    }
    CHECK(bodies.size() == 1);

    CHECK(d.ask_for_token("grant_type=client_credentials", basic(d.federated.id, "x")).status == 401);
    CHECK(d.api(Method::del, d.clients + "/" + d.federated.id, d.admin).status == 204);
    CHECK(d.present(good, d.federated.id).status == 401);
    CHECK(d.scim(std::string{answer.json.at("access_token").as_string()}) == 401);
}

TEST_CASE("AUTH-21: where an assertion is good once, its replay is refused as everything else")
{
    FederatedDesk d{true};
    const auto first = d.assertion(d.issuer, "spn", "api://rollcall", "k1", "one");
    CHECK(d.present(first, d.federated.id).status == 200);
    CHECK(error_of(d.present(first, d.federated.id)) == "invalid_client");
    CHECK(d.present(d.assertion(d.issuer, "spn", "api://rollcall", "k1", "two"), d.federated.id).status == 200);
}
