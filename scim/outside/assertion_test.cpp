#include "scim/outside/assertion.hpp"
#include "scim/outside/testing/signing.hpp"

#include <catch2/catch.hpp>

#include <functional>

using namespace scim::outside;
using namespace scim::outside::testing;
using namespace std::chrono_literals;
using core::AssertionProblem;

namespace {

constexpr core::Instant now{1'800'000'000s};
const std::string issuer = "https://login.example.com/6b29fc40-ca47-1067-b31d-00dd010662da/v2.0";
const std::string subject = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
const std::string audience = "api://rollcall/.default";

// Made once: RSA keys take their time.
struct Keys {
    SigningKey rsa = SigningKey::rsa();
    SigningKey other_rsa = SigningKey::rsa();
    SigningKey weak_rsa = SigningKey::rsa(1024);
    SigningKey nearly_rsa = SigningKey::rsa(2040);
    SigningKey p256 = SigningKey::ec("P-256");
    SigningKey p384 = SigningKey::ec("P-384");
    SigningKey p521 = SigningKey::ec("P-521");
    SigningKey koblitz = SigningKey::ec("secp256k1");
};
const Keys& keys()
{
    static const Keys made;
    return made;
}

core::ExpectedAssertion expected()
{
    return {.issuer = issuer, .subject = subject, .audiences = {"api://rollcall", audience}};
}

std::string header(const std::string& algorithm = "RS256", const std::string& kid = "k1", const std::string& more = "")
{
    return R"({"typ":"JWT","alg":")" + algorithm + R"(","kid":")" + kid + "\"" + more + "}";
}

// Claims with one member replaced (an empty text leaves it out), or with something put behind them.
std::string claims(const std::string& name = "", const std::string& value = "", const std::string& more = "")
{
    std::vector<std::pair<std::string, std::string>> all{
        {"iss", "\"" + issuer + "\""}, {"sub", "\"" + subject + "\""}, {"aud", "\"" + audience + "\""},
        {"exp", "1800003600"},         {"nbf", "1799999900"},          {"iat", "1799999900"},
        {"jti", "\"id-1\""},
    };
    bool known = false;
    for (auto& [member, text] : all) {
        if (member != name) continue;
        text = value;
        known = true;
    }
    if (!known && !name.empty()) all.emplace_back(name, value);
    std::string text = "{";
    for (const auto& [member, what] : all)
        if (!what.empty()) text += (text.size() > 1 ? ",\"" : "\"") + member + "\":" + what;
    return text + more + "}";
}

std::string set()
{
    return key_set(keys().rsa.jwk("k1", R"("use":"sig","alg":"RS256")") + "," +
                   keys().other_rsa.jwk("any", R"("key_ops":["verify"])") + "," + keys().p256.jwk("e256") + "," +
                   keys().p384.jwk("e384") + "," + keys().p521.jwk("e521"));
}

std::string good() { return token(header(), claims(), keys().rsa, "RS256"); }

// Nothing: it was believed.
std::optional<AssertionProblem> problem(const std::string& jwt, const std::string& published = set(),
                                        const core::ExpectedAssertion& wish = expected(), core::Instant at = now)
{
    const auto read = read_key_set(published);
    REQUIRE(read.has_value());
    const core::AssertionAnswer answer = verify_assertion(jwt, wish, *read, at);
    return answer ? std::nullopt : std::optional{answer.error()};
}

std::string said(std::optional<AssertionProblem> problem) { return problem ? std::string{word(*problem)} : "believed"; }

// One letter of the alphabet further on: other bits.
std::string with_changed(std::string text, std::size_t at)
{
    text[at] = text[at] == 'A' ? 'B' : 'A';
    return text;
}

// The last letter of a part carries bits that are not used: set them.
std::string with_loose_bits(const std::string& part)
{
    static const std::string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    REQUIRE(part.size() % 4 != 0);
    std::string changed = part;
    changed.back() = letters[letters.find(part.back()) + 1];
    return changed;
}

std::string part(const std::string& jwt, int which)
{
    std::size_t begin = 0;
    for (int i = 0; i < which; ++i) begin = jwt.find('.', begin) + 1;
    return jwt.substr(begin, jwt.find('.', begin) - begin);
}

std::string joined(const std::string& a, const std::string& b, const std::string& c) { return a + "." + b + "." + c; }

struct Vector {
    std::string what;
    AssertionProblem problem;
    std::function<std::string()> jwt;
    std::function<std::string()> published = set;
};

const std::vector<Vector>& negative_vectors()
{
    const auto with_claims = [](const std::string& text) {
        return [text] { return token(header(), text, keys().rsa, "RS256"); };
    };
    const auto with_claim = [=](const std::string& name, const std::string& value) {
        return with_claims(claims(name, value));
    };
    const auto with_header = [](const std::string& text) {
        return [text] { return token(text, claims(), keys().rsa, "RS256"); };
    };
    const auto signed_with = [](const SigningKey& key, const std::string& algorithm, const std::string& kid = "k1") {
        return [&key, algorithm, kid] { return token(header(algorithm, kid), claims(), key, algorithm); };
    };
    const auto published_as = [](const SigningKey& key, const std::string& more) {
        return [&key, more] { return key_set(key.jwk("k1", more)); };
    };
    static const std::vector<Vector> table{
        // --- algorithms
        {"none, without a signature", AssertionProblem::algorithm,
         [] { return joined(base64url(R"({"alg":"none","typ":"JWT"})"), base64url(claims()), ""); }},
        {"none, with the good signature", AssertionProblem::algorithm, with_header(header("none"))},
        {"None", AssertionProblem::algorithm, with_header(header("None"))},
        {"nOnE", AssertionProblem::algorithm, with_header(header("nOnE"))},
        {"HS256 with the public key's PEM as secret", AssertionProblem::algorithm,
         [] { return hmac_token(header("HS256"), claims(), keys().rsa.public_pem()); }},
        {"HS256 with the JWK's text as secret", AssertionProblem::algorithm,
         [] { return hmac_token(header("HS256"), claims(), keys().rsa.jwk("k1")); }},
        {"HS256 with a published symmetric key", AssertionProblem::algorithm,
         [] { return hmac_token(header("HS256"), claims(), "0123456789abcdef0123456789abcdef"); },
         [] {
             return key_set(R"({"kty":"oct","kid":"k1","k":")" + base64url("0123456789abcdef0123456789abcdef") + "\"}");
         }},
        {"an algorithm that nobody knows", AssertionProblem::algorithm, with_header(header("RS257"))},
        {"the algorithm in lower case", AssertionProblem::algorithm, with_header(header("rs256"))},
        {"no algorithm", AssertionProblem::algorithm, with_header(R"({"typ":"JWT","kid":"k1"})")},
        {"an algorithm that is no text", AssertionProblem::algorithm,
         with_header(R"({"typ":"JWT","alg":256,"kid":"k1"})")},
        {"an algorithm that is a list", AssertionProblem::algorithm,
         with_header(R"({"typ":"JWT","alg":["RS256"],"kid":"k1"})")},
        {"an encryption's name", AssertionProblem::algorithm, with_header(header("RSA-OAEP"))},
        {"EdDSA, which is not on the list", AssertionProblem::algorithm, with_header(header("EdDSA"))},
        {"ES256K, which is not on the list", AssertionProblem::algorithm, signed_with(keys().koblitz, "ES256K")},
        // --- signatures
        {"another key's signature", AssertionProblem::signature, signed_with(keys().other_rsa, "RS256")},
        {"the signature's first letter changed", AssertionProblem::signature,
         [] { return joined(part(good(), 0), part(good(), 1), with_changed(part(good(), 2), 0)); }},
        {"one bit of the claims changed", AssertionProblem::signature,
         [] {
             const std::string other = claims("nbf", "1799999901");
             return joined(part(good(), 0), base64url(other), part(good(), 2));
         }},
        {"one bit of the header changed", AssertionProblem::signature,
         [] { return joined(base64url(header("RS256", "k1", R"(,"x":1)")), part(good(), 1), part(good(), 2)); }},
        {"the signature cut short", AssertionProblem::signature,
         [] { return joined(part(good(), 0), part(good(), 1), part(good(), 2).substr(0, 340)); }},
        {"a signature longer than its key", AssertionProblem::signature,
         [] {
             const std::string text = part(good(), 0) + "." + part(good(), 1);
             return text + "." + base64url(keys().rsa.signature("RS256", text) + '\0');
         }},
        {"no signature", AssertionProblem::signature, [] { return joined(part(good(), 0), part(good(), 1), ""); }},
        {"zeros for a signature", AssertionProblem::signature,
         [] { return joined(part(good(), 0), part(good(), 1), base64url(std::string(256, '\0'))); }},
        {"signed as RS512 under the name of RS256", AssertionProblem::signature,
         [] { return token(header("RS256"), claims(), keys().rsa, "RS512"); }},
        {"signed as PS256 under the name of RS256", AssertionProblem::signature,
         [] { return token(header("RS256"), claims(), keys().rsa, "PS256"); }},
        {"an EC signature in DER", AssertionProblem::signature,
         [] {
             const std::string text = base64url(header("ES256", "e256")) + "." + base64url(claims());
             return text + "." + base64url("\x30\x44" + keys().p256.signature("ES256", text));
         }},
        {"r and s are zero (CVE-2022-21449)", AssertionProblem::signature,
         [] {
             return joined(base64url(header("ES256", "e256")), base64url(claims()), base64url(std::string(64, '\0')));
         }},
        {"an EC signature by another key of the curve", AssertionProblem::signature,
         [] {
             static const SigningKey stranger = SigningKey::ec("P-256");
             return token(header("ES256", "e256"), claims(), stranger, "ES256");
         }},
        // --- keys
        {"an unknown kid", AssertionProblem::key, signed_with(keys().rsa, "RS256", "k2")},
        {"a kid that is a path", AssertionProblem::key, signed_with(keys().rsa, "RS256", "../../../../dev/null")},
        {"a kid that is SQL", AssertionProblem::key, signed_with(keys().rsa, "RS256", "k1' OR '1'='1")},
        {"a kid in other letters", AssertionProblem::key, signed_with(keys().rsa, "RS256", "K1")},
        {"a kid with a space behind", AssertionProblem::key, signed_with(keys().rsa, "RS256", "k1 ")},
        {"a kid that is no text", AssertionProblem::header, with_header(R"({"typ":"JWT","alg":"RS256","kid":1})")},
        {"an empty kid", AssertionProblem::header, signed_with(keys().rsa, "RS256", "")},
        {"an endless kid", AssertionProblem::header, signed_with(keys().rsa, "RS256", std::string(257, 'k'))},
        {"no kid where several keys would do", AssertionProblem::key,
         [] { return token(R"({"typ":"JWT","alg":"RS256"})", claims(), keys().rsa, "RS256"); },
         [] { return key_set(keys().rsa.jwk("k1") + "," + keys().other_rsa.jwk("k2")); }},
        {"one kid for two keys", AssertionProblem::key, signed_with(keys().rsa, "RS256"),
         [] { return key_set(keys().rsa.jwk("k1") + "," + keys().other_rsa.jwk("k1")); }},
        {"RSA of 1024 bits", AssertionProblem::key, signed_with(keys().weak_rsa, "RS256"),
         published_as(keys().weak_rsa, "")},
        {"RSA of 2040 bits", AssertionProblem::key, signed_with(keys().nearly_rsa, "RS256"),
         published_as(keys().nearly_rsa, "")},
        {"a key meant for RS512", AssertionProblem::key, signed_with(keys().rsa, "RS256"),
         published_as(keys().rsa, R"("alg":"RS512")")},
        {"a key meant for encryption", AssertionProblem::key, signed_with(keys().rsa, "RS256"),
         published_as(keys().rsa, R"("use":"enc")")},
        {"a key that may only sign", AssertionProblem::key, signed_with(keys().rsa, "RS256"),
         published_as(keys().rsa, R"("key_ops":["sign"])")},
        {"a key that may do nothing", AssertionProblem::key, signed_with(keys().rsa, "RS256"),
         published_as(keys().rsa, R"("key_ops":[])")},
        {"a private key in public", AssertionProblem::key, signed_with(keys().rsa, "RS256"),
         published_as(keys().rsa, R"("d":"AQAB")")},
        {"ES256 with a key on P-384", AssertionProblem::key, signed_with(keys().p384, "ES256", "e384")},
        {"ES384 with a key on P-256", AssertionProblem::key, signed_with(keys().p256, "ES384", "e256")},
        {"RS256 with the kid of an EC key", AssertionProblem::key, signed_with(keys().rsa, "RS256", "e256")},
        {"ES256 with the kid of an RSA key", AssertionProblem::key, signed_with(keys().p256, "ES256", "k1")},
        {"a key on secp256k1 under the name of P-256", AssertionProblem::key, signed_with(keys().koblitz, "ES256"),
         [] {
             std::string jwk = keys().koblitz.jwk("k1");
             jwk.replace(jwk.find("secp256k1"), 9, "P-256");
             return key_set(jwk);
         }},
        {"an RSA key that says it is EC", AssertionProblem::key, signed_with(keys().rsa, "RS256"),
         [] {
             std::string jwk = keys().rsa.jwk("k1");
             jwk.replace(jwk.find("RSA"), 3, "EC");
             return key_set(jwk);
         }},
        {"an RSA key with the exponent 1", AssertionProblem::key, signed_with(keys().rsa, "RS256"),
         [] {
             std::string jwk = keys().rsa.jwk("k1");
             jwk.replace(jwk.find("AQAB"), 4, "AQ");
             return key_set(jwk);
         }},
        {"an empty key set", AssertionProblem::key, good, [] { return key_set(""); }},
        // --- header
        {"crit", AssertionProblem::header, with_header(header("RS256", "k1", R"(,"crit":["exp"],"exp":1)"))},
        {"an empty crit", AssertionProblem::header, with_header(header("RS256", "k1", R"(,"crit":[])"))},
        {"b64 of RFC 7797", AssertionProblem::header, with_header(header("RS256", "k1", R"(,"b64":false)"))},
        {"a key of its own", AssertionProblem::header,
         [] {
             return token(header("RS256", "k1", ",\"jwk\":" + keys().other_rsa.jwk("k1")), claims(), keys().other_rsa,
                          "RS256");
         }},
        {"the place of a key of its own", AssertionProblem::header,
         with_header(header("RS256", "k1", R"(,"jku":"https://evil.example/keys")"))},
        {"the place of a certificate of its own", AssertionProblem::header,
         with_header(header("RS256", "k1", R"(,"x5u":"https://evil.example/cert")"))},
        {"a certificate of its own", AssertionProblem::header,
         with_header(header("RS256", "k1", R"(,"x5c":["MIIB"])"))},
        {"compressed", AssertionProblem::header, with_header(header("RS256", "k1", R"(,"zip":"DEF")"))},
        {"nested", AssertionProblem::header, with_header(header("RS256", "k1", R"(,"cty":"JWT")"))},
        {"an access token", AssertionProblem::header, with_header(R"({"typ":"at+jwt","alg":"RS256","kid":"k1"})")},
        {"a proof of possession", AssertionProblem::header,
         with_header(R"({"typ":"dpop+jwt","alg":"RS256","kid":"k1"})")},
        {"a type that is no text", AssertionProblem::header, with_header(R"({"typ":true,"alg":"RS256","kid":"k1"})")},
        // --- who, to whom
        {"another issuer", AssertionProblem::issuer, with_claim("iss", "\"https://login.example.com/other/v2.0\"")},
        {"the issuer with a slash behind", AssertionProblem::issuer, with_claim("iss", "\"" + issuer + "/\"")},
        {"the issuer in other letters", AssertionProblem::issuer,
         with_claim("iss", R"("https://LOGIN.example.com/6b29fc40-ca47-1067-b31d-00dd010662da/v2.0")")},
        {"no issuer", AssertionProblem::issuer, with_claim("iss", "")},
        {"an issuer that is a list", AssertionProblem::claims, with_claim("iss", "[\"" + issuer + "\"]")},
        {"another subject", AssertionProblem::subject, with_claim("sub", R"("00000000-0000-0000-0000-000000000000")")},
        {"no subject", AssertionProblem::subject, with_claim("sub", "")},
        {"a subject that is null", AssertionProblem::claims, with_claim("sub", "null")},
        {"an empty subject", AssertionProblem::claims, with_claim("sub", "\"\"")},
        {"another audience", AssertionProblem::audience, with_claim("aud", R"("api://another")")},
        {"a longer audience", AssertionProblem::audience, with_claim("aud", R"("api://rollcall/.defaults")")},
        {"no audience", AssertionProblem::audience, with_claim("aud", "")},
        {"an empty list of audiences", AssertionProblem::audience, with_claim("aud", "[]")},
        {"a list of other audiences", AssertionProblem::audience, with_claim("aud", R"(["a","b"])")},
        {"an audience that is a number", AssertionProblem::claims, with_claim("aud", "1")},
        {"an audience that is an object", AssertionProblem::claims, with_claim("aud", R"({"0":"api://rollcall"})")},
        {"a number among the audiences", AssertionProblem::claims, with_claim("aud", R"(["api://rollcall",1])")},
        // --- when
        {"expired", AssertionProblem::expired, with_claim("exp", "1799999939")},
        {"expired a minute ago to the second", AssertionProblem::expired, with_claim("exp", "1799999940")},
        {"no expiry", AssertionProblem::lifetime, with_claim("exp", "")},
        {"an expiry that is text", AssertionProblem::claims, with_claim("exp", "\"1800003600\"")},
        {"an expiry that is null", AssertionProblem::claims, with_claim("exp", "null")},
        {"a negative expiry", AssertionProblem::claims, with_claim("exp", "-1")},
        {"an expiry beyond all calendars", AssertionProblem::claims, with_claim("exp", "9e18")},
        {"good for longer than a day", AssertionProblem::lifetime, with_claim("exp", "1800086301")},
        {"good for longer than a day, without saying from when", AssertionProblem::lifetime,
         [] {
             return token(header(),
                          "{\"iss\":\"" + issuer + "\",\"sub\":\"" + subject + "\",\"aud\":\"" + audience +
                              "\",\"exp\":1800086401}",
                          keys().rsa, "RS256");
         }},
        {"expires before it was issued", AssertionProblem::lifetime,
         with_claims(claims("exp", "1799999990", R"(,"x":1)")
                         .replace(claims("exp", "1799999990").find("\"iat\":1799999900"), 16, "\"iat\":1799999999"))},
        {"not yet", AssertionProblem::not_yet, with_claim("nbf", "1800000061")},
        {"issued in the future", AssertionProblem::not_yet, with_claim("iat", "1800000061")},
        {"a beginning that is text", AssertionProblem::claims, with_claim("nbf", "\"soon\"")},
        {"an issue date that is an object", AssertionProblem::claims, with_claim("iat", "{}")},
        {"an id that is a number", AssertionProblem::claims, with_claim("jti", "1")},
        {"an endless id", AssertionProblem::claims, with_claim("jti", "\"" + std::string(257, 'x') + "\"")},
        // --- form
        {"nothing", AssertionProblem::malformed, [] { return std::string{}; }},
        {"two parts", AssertionProblem::malformed, [] { return part(good(), 0) + "." + part(good(), 1); }},
        {"four parts", AssertionProblem::malformed, [] { return good() + ".AAAA"; }},
        {"five parts, as an encrypted one has", AssertionProblem::malformed, [] { return good() + ".AAAA.AAAA"; }},
        {"JSON serialisation", AssertionProblem::malformed,
         [] {
             return R"({"protected":")" + part(good(), 0) + R"(","payload":")" + part(good(), 1) +
                    R"(","signature":")" + part(good(), 2) + "\"}";
         }},
        {"a space in front", AssertionProblem::malformed, [] { return " " + good(); }},
        {"a line end behind", AssertionProblem::malformed, [] { return good() + "\n"; }},
        {"padding behind", AssertionProblem::malformed, [] { return good() + "=="; }},
        {"the alphabet of plain base64", AssertionProblem::malformed,
         [] {
             // A signature with a letter that the two alphabets spell differently.
             std::string jwt = good();
             for (int i = 0; part(jwt, 2).find('-') == std::string::npos && i < 100; ++i)
                 jwt = token(header(), claims("jti", "\"" + std::to_string(i) + "\""), keys().rsa, "RS256");
             const auto at = jwt.rfind('-');
             return jwt.replace(at, 1, "+");
         }},
        {"loose bits behind the signature", AssertionProblem::malformed,
         [] { return joined(part(good(), 0), part(good(), 1), with_loose_bits(part(good(), 2))); }},
        {"loose bits behind the claims", AssertionProblem::malformed,
         [] {
             std::string text = claims();
             while (text.size() % 3 == 0) text.insert(1, " ");
             const std::string jwt = token(header(), text, keys().rsa, "RS256");
             return joined(part(jwt, 0), with_loose_bits(part(jwt, 1)), part(jwt, 2));
         }},
        {"one letter too many", AssertionProblem::malformed,
         [] { return joined(part(good(), 0), part(good(), 1), part(good(), 2) + "AAA"); }},
        {"a header that is no JSON", AssertionProblem::malformed, with_header("alg=RS256")},
        {"a header that is a list", AssertionProblem::malformed, with_header(R"(["RS256"])")},
        {"a header with a name twice", AssertionProblem::malformed,
         with_header(R"({"alg":"RS256","alg":"none","kid":"k1"})")},
        {"a header with something behind", AssertionProblem::malformed, with_header(header() + "x")},
        {"claims that are no JSON", AssertionProblem::malformed, with_claims("iss=x")},
        {"claims that are a text", AssertionProblem::malformed, with_claims("\"claims\"")},
        {"claims with a name twice", AssertionProblem::malformed,
         with_claims(claims("", "", R"(,"sub":"00000000-0000-0000-0000-000000000000")"))},
        {"claims with a name twice, in other letters", AssertionProblem::malformed,
         with_claims(claims("", "", R"(,"SUB":"x")"))},
        {"claims that are not UTF-8", AssertionProblem::malformed, with_claims(claims("x", "\"\xFF\""))},
        {"claims with a NUL", AssertionProblem::malformed, with_claims(claims("x", R"("\u0000")"))},
        {"claims nested without end", AssertionProblem::malformed,
         with_claims(claims("x", std::string(100, '[') + std::string(100, ']')))},
        {"64 KiB", AssertionProblem::too_large, with_claim("x", "\"" + std::string(48 * 1024, 'x') + "\"")},
        {"a letter more than 16 KiB", AssertionProblem::too_large, [] { return std::string(16 * 1024 + 1, 'A'); }},
    };
    return table;
}

} // namespace

TEST_CASE("AUTH-20: an assertion that is right is believed, by every algorithm on the list")
{
    struct Row {
        const char* algorithm;
        const SigningKey& key;
        const char* kid;
    };
    const Keys& all = keys();
    for (const Row& row : std::initializer_list<Row>{{"RS256", all.rsa, "k1"},
                                                     {"RS256", all.other_rsa, "any"},
                                                     {"RS384", all.other_rsa, "any"},
                                                     {"RS512", all.other_rsa, "any"},
                                                     {"PS256", all.other_rsa, "any"},
                                                     {"PS384", all.other_rsa, "any"},
                                                     {"PS512", all.other_rsa, "any"},
                                                     {"ES256", all.p256, "e256"},
                                                     {"ES384", all.p384, "e384"},
                                                     {"ES512", all.p521, "e521"}}) {
        INFO(row.algorithm << ' ' << row.kid);
        CHECK(said(problem(token(header(row.algorithm, row.kid), claims(), row.key, row.algorithm))) == "believed");
    }
    const auto answer = verify_assertion(good(), expected(), *read_key_set(set()), now);
    REQUIRE(answer.has_value());
    CHECK(answer->issuer == issuer);
    CHECK(answer->subject == subject);
    CHECK(answer->audience == audience);
    CHECK(answer->id == "id-1");
    CHECK(answer->key_id == "k1");
    CHECK(answer->expires == core::Instant{1'800'003'600s});
    CHECK(answer->issued == core::Instant{1'799'999'900s});
}

TEST_CASE("AUTH-20: what differs from it in one thing is refused")
{
    const auto& table = negative_vectors();
    CHECK(table.size() >= 60);
    REQUIRE(said(problem(good())) == "believed");
    for (const Vector& vector : table) {
        INFO(vector.what);
        CHECK(said(problem(vector.jwt(), vector.published())) == word(vector.problem));
    }
}

TEST_CASE("AUTH-20: what may differ is believed")
{
    struct Row {
        const char* what;
        std::string jwt;
        std::string published;
    };
    const Keys& all = keys();
    const auto with = [&](const std::string& text) { return token(header(), text, all.rsa, "RS256"); };
    for (const Row& row : std::initializer_list<Row>{
             {"no type", token(R"({"alg":"RS256","kid":"k1"})", claims(), all.rsa, "RS256"), set()},
             {"a type in other letters", token(R"({"typ":"jwt","alg":"RS256","kid":"k1"})", claims(), all.rsa, "RS256"),
              set()},
             {"the type of RFC 7523's successor",
              token(R"({"typ":"client-authentication+jwt","alg":"RS256","kid":"k1"})", claims(), all.rsa, "RS256"),
              set()},
             {"a thumbprint beside the kid",
              token(header("RS256", "k1", R"(,"x5t":"abc")"), claims(), all.rsa, "RS256"), set()},
             {"no kid where one key alone fits", token(R"({"alg":"ES384"})", claims(), all.p384, "ES384"), set()},
             {"the same key twice", good(), key_set(all.rsa.jwk("k1") + "," + all.rsa.jwk("k1"))},
             {"keys of unknown kinds beside it", good(),
              key_set(R"({"kty":"OKP","crv":"Ed25519","x":"AA","kid":"k1"},{"kty":"LMS"},{},)" + all.rsa.jwk("k1"))},
             {"the other audience", with(claims("aud", R"("api://rollcall")")), set()},
             {"ours among several audiences", with(claims("aud", R"(["x","api://rollcall"])")), set()},
             {"no id", with(claims("jti", "")), set()},
             {"no beginning", with(claims("nbf", "")), set()},
             {"no issue date", with(claims("iat", "")), set()},
             {"claims of the issuer's own", with(claims("tid", R"({"a":[1,2]})")), set()},
             {"a time with a fraction", with(claims("exp", "1800003600.5")), set()},
             {"expired within the leeway", with(claims("exp", "1799999941")), set()},
             {"begins within the leeway", with(claims("nbf", "1800000060")), set()},
             {"issued within the leeway", with(claims("iat", "1800000060")), set()},
             {"good for a day", with(claims("exp", "1800086300")), set()},
         }) {
        INFO(row.what);
        CHECK(said(problem(row.jwt, row.published)) == "believed");
    }
    const SigningKey three = SigningKey::rsa(2048, 3);
    CHECK(said(problem(token(header(), claims(), three, "RS256"), key_set(three.jwk("k1")))) == "believed");
}

TEST_CASE("an expectation with a hole in it believes nobody")
{
    const std::string empty_issuer = token(header(), claims("iss", "\"\""), keys().rsa, "RS256");
    auto wish = expected();
    wish.issuer.clear();
    CHECK(problem(good(), set(), wish) == AssertionProblem::issuer);
    CHECK(problem(empty_issuer, set(), wish).has_value());
    CHECK(problem(token(header(), claims("iss", ""), keys().rsa, "RS256"), set(), wish) == AssertionProblem::issuer);
    wish = expected();
    wish.subject.clear();
    CHECK(problem(token(header(), claims("sub", ""), keys().rsa, "RS256"), set(), wish) == AssertionProblem::subject);
    wish = expected();
    wish.audiences.clear();
    CHECK(problem(good(), set(), wish) == AssertionProblem::audience);
    wish.audiences = {""};
    CHECK(problem(token(header(), claims("aud", "\"\""), keys().rsa, "RS256"), set(), wish) ==
          AssertionProblem::audience);
    wish = expected();
    wish.once = true;
    CHECK(problem(token(header(), claims("jti", ""), keys().rsa, "RS256"), set(), wish) == AssertionProblem::claims);
}

TEST_CASE("a key set is read, or is none")
{
    CHECK_FALSE(read_key_set("").has_value());
    CHECK_FALSE(read_key_set("[]").has_value());
    CHECK_FALSE(read_key_set("{}").has_value());
    CHECK_FALSE(read_key_set(R"({"keys":{}})").has_value());
    CHECK_FALSE(read_key_set(R"({"keys":[1]})").has_value());
    CHECK_FALSE(read_key_set(R"({"keys":[],"keys":[]})").has_value());
    CHECK_FALSE(read_key_set("<html>").has_value());
    REQUIRE(read_key_set(R"({"keys":[]})").has_value());
    CHECK(read_key_set(set())->size() == 5);
    std::string many;
    for (int i = 0; i < 101; ++i) many += (i > 0 ? "," : "") + keys().p256.jwk("k" + std::to_string(i));
    CHECK(read_key_set(key_set(many))->size() == 100);
}
