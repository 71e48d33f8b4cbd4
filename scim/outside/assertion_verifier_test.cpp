#include "core/testing/manual_clock.hpp"
#include "scim/outside/assertion_verifier.hpp"
#include "scim/outside/testing/signing.hpp"
#include "scim/outside/testing/web_stub.hpp"

#include <catch2/catch.hpp>

using namespace scim::outside;
using namespace scim::outside::testing;
using namespace std::chrono_literals;

namespace {

// An issuer with a certificate and two documents, as Entra's is one; and whom it vouches for.
struct Desk {
    explicit Desk(VerifierOptions options = {.private_addresses = true})
        : identity{identity_for()}, ca{identity.authority}, web{identity}
    {
        options.ca_file = ca.path();
        verifier.emplace(options);
        issuer = web.url() + "/tenant/v2.0";
        web.set("/tenant/v2.0/.well-known/openid-configuration",
                {.body = R"({"issuer":")" + issuer + R"(","jwks_uri":")" + web.url() + "/keys\"}"});
        publish("k1");
    }
    void publish(const std::string& kid) { web.set("/keys", {.body = key_set(key.jwk(kid))}); }
    std::string jwt(const std::string& kid = "k1", const std::string& id = "1") const
    {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(clock.now().time_since_epoch()).count();
        return token(R"({"alg":"ES256","typ":"JWT","kid":")" + kid + "\"}",
                     R"({"iss":")" + issuer + R"(","sub":"app","aud":"api://rollcall","jti":")" + id + R"(","iat":)" +
                         std::to_string(seconds) + ",\"exp\":" + std::to_string(seconds + 3600) + "}",
                     key, "ES256");
    }
    std::string said(const std::string& jwt, bool once = false)
    {
        const auto answer = verifier->verify(
            jwt, {.issuer = issuer, .subject = "app", .audiences = {"api://rollcall"}, .once = once}, clock.now());
        return answer ? "believed" : std::string{word(answer.error())};
    }

    Identity identity;
    TemporaryFile ca;
    WebStub web;
    std::string issuer;
    SigningKey key = SigningKey::ec();
    core::testing::ManualClock clock;
    std::optional<FederatedVerifier> verifier; // holds a mutex, so it is made in its place
};

} // namespace

TEST_CASE("E-12: an assertion is held against the keys that its issuer publishes over HTTPS")
{
    Desk desk;
    CHECK(desk.said(desk.jwt()) == "believed");
    CHECK(desk.said(desk.jwt()) == "believed");
    CHECK(desk.web.asked("/keys") == 1);
}

TEST_CASE("AUTH-20: key rotation is followed, and a storm of unknown keys is one question to the issuer")
{
    Desk desk;
    CHECK(desk.said(desk.jwt("k1")) == "believed");
    desk.publish("k2");
    CHECK(desk.said(desk.jwt("k2")) == "believed");
    CHECK(desk.said(desk.jwt("k1")) == "key");
    CHECK(desk.web.asked("/keys") == 2);
    for (int i = 0; i < 200; ++i) CHECK(desk.said(desk.jwt("x" + std::to_string(i))) == "key");
    CHECK(desk.web.asked("/keys") == 2);
}

TEST_CASE("what is refused without a key troubles nobody")
{
    Desk desk;
    const std::string claims = R"({"iss":"https://other","sub":"app","aud":"api://rollcall","exp":9999999999})";
    CHECK(desk.said(token(R"({"alg":"ES256","kid":"k1"})", claims, desk.key, "ES256")) == "issuer");
    CHECK(desk.said("a.b.c") == "malformed");
    CHECK(desk.web.connections() == 0);
}

TEST_CASE("an issuer that is down, or somebody else, or not public, has no keys to be had")
{
    Desk down;
    down.web.set("/keys", {.status = 503});
    CHECK(down.said(down.jwt()) == "keysUnavailable");
    Desk inside{{.private_addresses = false}};
    CHECK(inside.said(inside.jwt()) == "keysUnavailable");
    CHECK(inside.web.connections() == 0);
    Desk large{{.document_bytes = 100, .private_addresses = true}};
    CHECK(large.said(large.jwt()) == "keysUnavailable");
}

TEST_CASE(
    "AUTH-21: an assertion that is good for one time is refused the second time, and a forged one does not use it up")
{
    Desk desk;
    const std::string jwt = desk.jwt("k1", "only");
    std::string forged = jwt;
    const auto at = forged.rfind('.') + 1;
    forged[at] = forged[at] == 'A' ? 'B' : 'A';
    CHECK(desk.said(forged, true) == "signature");
    CHECK(desk.said(jwt, true) == "believed");
    CHECK(desk.said(jwt, true) == "replayed");
    CHECK(desk.said(jwt, false) == "believed"); // where the issuer's client keeps its token for an hour
    CHECK(desk.said(desk.jwt("k1", "next"), true) == "believed");
    desk.clock.tick(1h + 1min);
    CHECK(desk.said(jwt, true) == "expired");
}

TEST_CASE("an issuer is an https URL without a query")
{
    const VerifierOptions options;
    CHECK(problem_with_issuer("https://login.microsoftonline.com/6b29fc40-ca47-1067-b31d-00dd010662da/v2.0", options)
              .empty());
    CHECK_FALSE(problem_with_issuer("https://login.example.com/?a", options).empty());
    CHECK_FALSE(problem_with_issuer("http://127.0.0.1", options).empty());
    CHECK(problem_with_issuer("http://127.0.0.1:1", {.plain_loopback = true}).empty());
    CHECK_FALSE(problem_with_issuer("login.example.com", options).empty());
}
