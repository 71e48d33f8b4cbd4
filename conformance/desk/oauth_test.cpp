// OAuth 2.0 client credentials as Entra's connector uses them, against the real program: a secret, or an assertion of
// an issuer that the server asks for its keys over HTTPS. The client is curl, the issuer OpenSSL's own little web
// server.
#include "conformance/desk/desk.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <chrono>
#include <filesystem>
#include <fstream>

using namespace desk;
using namespace std::chrono_literals;
namespace bj = boost::json;

namespace {

struct Said {
    int status = 0;
    bj::value json;
};

// curl's answer to one request; the status comes on a line of its own behind the body.
Said curl(const Desk& d, const std::string& path, std::vector<std::string> arguments)
{
    std::vector<std::string> all{"-sS", "--cacert", d.ca(), "-w", "\n%{http_code}", "-m", "20"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    all.push_back("https://127.0.0.1:" + std::to_string(d.port()) + path);
    const auto ended = conformance::run({.program = "curl", .arguments = std::move(all)});
    INFO(ended.errors);
    REQUIRE(ended.ended == Ended{});
    const auto line = ended.output.rfind('\n');
    REQUIRE(line != std::string::npos);
    Said said{std::stoi(ended.output.substr(line + 1)), {}};
    boost::system::error_code failed;
    said.json = bj::parse(ended.output.substr(0, line), failed);
    return said;
}

std::string text_of(const bj::value& json, std::string_view name)
{
    return std::string{json.at(bj::string_view{name.data(), name.size()}).as_string()};
}

Said make_client(const Desk& d, const std::string& admin, const std::string& body)
{
    return curl(d, "/api/v1/orgs/desk/clients",
                {"-H", "Authorization: Bearer " + admin, "-H", "Content-Type: application/json", "-d", body});
}

int test_connection(const Desk& d, const std::string& token)
{
    return curl(d, "/orgs/desk/scim/v2/Users?filter=userName+eq+%22nobody%22", {"-H", "Authorization: Bearer " + token})
        .status;
}

std::string base64url(std::string_view bytes)
{
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    text.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                                         reinterpret_cast<const unsigned char*>(bytes.data()),
                                                         static_cast<int>(bytes.size()))));
    for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
    while (text.ends_with('=')) text.pop_back();
    return text;
}

// An RSA key, its public half as a JWK, and tokens signed with it.
class Issuer {
public:
    Issuer() : key_{EVP_RSA_gen(2048), &EVP_PKEY_free} { REQUIRE(key_ != nullptr); }

    std::string jwk() const
    {
        return R"({"kty":"RSA","kid":"k1","n":")" + number(OSSL_PKEY_PARAM_RSA_N) + R"(","e":")" +
               number(OSSL_PKEY_PARAM_RSA_E) + R"("})";
    }
    std::string assertion(const std::string& issuer, const std::string& subject) const
    {
        const auto now =
            std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()).time_since_epoch().count();
        const bj::object claims{
            {"iss", issuer}, {"sub", subject}, {"aud", "api://rollcall"}, {"iat", now}, {"exp", now + 300}};
        const auto text =
            base64url(R"({"alg":"RS256","kid":"k1","typ":"JWT"})") + "." + base64url(bj::serialize(claims));
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
        std::string signature(512, '\0');
        std::size_t length = signature.size();
        REQUIRE(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1);
        REQUIRE(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                               reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1);
        signature.resize(length);
        return text + "." + base64url(signature);
    }

private:
    std::string number(const char* name) const
    {
        BIGNUM* value = nullptr;
        REQUIRE(EVP_PKEY_get_bn_param(key_.get(), name, &value) == 1);
        std::string bytes(static_cast<std::size_t>(BN_num_bytes(value)), '\0');
        BN_bn2bin(value, reinterpret_cast<unsigned char*>(bytes.data()));
        BN_free(value);
        return base64url(bytes);
    }
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

} // namespace

TEST_CASE("E-10, E-11: curl gets a token for a client's secret, works with it, and both end when the secret is deleted")
{
    Desk d;
    const auto admin = d.said({"token", "create", "--admin", "org-admin", "--org", "desk"});
    d.serve();
    const auto made = make_client(d, admin, R"({"label":"Entra"})");
    REQUIRE(made.status == 201);
    const auto id = text_of(made.json, "id"), secret = text_of(made.json, "secret");
    CHECK(text_of(made.json, "tokenUrl").ends_with("/oauth2/token"));

    std::string token;
    for (const auto& credentials :
         {std::vector<std::string>{"-u", id + ":" + secret},
          {"-d", "client_id=" + id, "-d", "client_secret=" + secret},
          {"-u", id + ":" + secret, "-d", "client_id=" + id, "-d", "client_secret=" + secret}}) {
        auto arguments = credentials;
        arguments.insert(arguments.end(), {"-d", "grant_type=client_credentials"});
        const auto answer = curl(d, "/oauth2/token", std::move(arguments));
        REQUIRE(answer.status == 200);
        CHECK(text_of(answer.json, "token_type") == "Bearer");
        CHECK(answer.json.at("expires_in") == 3600);
        token = text_of(answer.json, "access_token");
        CHECK(test_connection(d, token) == 200);
    }
    CHECK(d.log().find(secret) == std::string::npos);
    CHECK(d.log().find(token) == std::string::npos);

    const auto secret_id = text_of(made.json.at("secrets").at(0), "id");
    CHECK(curl(d, "/api/v1/orgs/desk/clients/" + id + "/secrets/" + secret_id,
               {"-X", "DELETE", "-H", "Authorization: Bearer " + admin})
              .status == 204);
    CHECK(conformance::wait_until([&] { return test_connection(d, token) == 401; }, 1s));
    const auto refused = curl(d, "/oauth2/token", {"-u", id + ":" + secret, "-d", "grant_type=client_credentials"});
    CHECK(refused.status == 401);
    CHECK(text_of(refused.json, "error") == "invalid_client");
    d.stop();
    require_sound(d);
}

TEST_CASE("E-12: a federated client gets a token for an assertion that its issuer's published keys prove")
{
    Desk d;
    const auto admin = d.said({"token", "create", "--admin", "org-admin", "--org", "desk"});
    const auto port = std::to_string(conformance::free_port());
    const auto url = "https://127.0.0.1:" + port;
    const Issuer issuer, impostor;
    const auto documents = d.path() / "issuer";
    std::filesystem::create_directories(documents / ".well-known");
    std::ofstream{documents / ".well-known" / "openid-configuration"} << R"({"issuer":")" << url << R"(","jwks_uri":")"
                                                                      << url << R"(/keys"})";
    std::ofstream{documents / "keys"} << R"({"keys":[)" << issuer.jwk() << "]}";
    conformance::Process web{
        {.program = "sh",
         .arguments = {"-c",
                       "cd \"$1\" && exec openssl s_server -quiet -WWW -accept 127.0.0.1:$2 -cert \"$3\" -key \"$4\"",
                       "issuer", documents.string(), port, (d.data() / "tls" / "server.crt").string(),
                       (d.data() / "tls" / "server.key").string()},
         .log = d.path() / "issuer.log"}};
    REQUIRE(conformance::wait_until_ready(web, url + "/keys", d.ca(), 20s));
    d.serve({.flags = {"--set", "oauth.ca=" + d.ca(), "--set", "oauth.private_addresses=true"}});

    const auto made = make_client(d, admin,
                                  R"({"label":"WIF","federation":{"issuer":")" + url +
                                      R"(","subject":"spn","audience":"api://rollcall"}})");
    REQUIRE(made.status == 201);
    CHECK(made.json.at("secret").is_null());
    const auto present = [&](const std::string& assertion) {
        return curl(d, "/oauth2/token",
                    {"-d", "grant_type=client_credentials", "-d", "client_id=" + text_of(made.json, "id"),
                     "--data-urlencode", "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                     "-d", "client_assertion=" + assertion});
    };
    const auto answer = present(issuer.assertion(url, "spn"));
    INFO(d.log());
    REQUIRE(answer.status == 200);
    CHECK(test_connection(d, text_of(answer.json, "access_token")) == 200);
    for (const auto& wrong : {issuer.assertion(url, "other"), impostor.assertion(url, "spn"),
                              issuer.assertion("https://elsewhere.example", "spn"), std::string{"a.b.c"}}) {
        const auto refused = present(wrong);
        CHECK(refused.status == 401);
        CHECK(text_of(refused.json, "error") == "invalid_client");
    }
    d.stop();
    require_sound(d);
}
