#include "certs/testing.hpp"
#include "certs/tls_context.hpp"

#include <catch2/catch.hpp>

using namespace certs;
using namespace certs::testing;
using Catch::Contains;

namespace {

struct Files {
    Folder folder;
    std::filesystem::path chain = folder / "chain.pem";
    std::filesystem::path key = folder / "key.pem";
    explicit Files(const Pem& pem)
    {
        put(chain, pem.chain);
        put(key, pem.key);
    }
    std::shared_ptr<SSL_CTX> context(const Policy& policy = {}) const { return make_context(chain, key, policy); }
    std::string refusal() const
    try {
        context();
        return {};
    } catch (const BadCertificate& bad) {
        return bad.what();
    }
};

Wish valid(std::chrono::hours from, std::chrono::hours until)
{
    Wish wish = a_wish();
    const auto now = std::chrono::system_clock::now();
    wish.from = now + from;
    wish.until = now + until;
    return wish;
}

} // namespace

TEST_CASE("TLS-02 keys that are too short, of another kind or of another certificate are refused by rule and remedy")
{
    struct Row {
        const char* what;
        Pem pem;
        const char* said;
    };
    const auto good = self_signed(ec_key());
    const auto other = self_signed(ec_key());
    const auto ed25519 = KeyPtr{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};
    const Wish wish = a_wish();
    // Ed25519 signs without a digest of its own, so an ECDSA key signs this one.
    const auto signer = ec_key();
    const Row rows[] = {
        {"RSA 1024", self_signed(rsa_key(1024)), "the RSA key has 1024 bits"},
        {"RSA 2047", self_signed(rsa_key(2047)), "the RSA key has 2047 bits"},
        {"P-192", self_signed(ec_key("P-192")), "the elliptic-curve key has 192 bits"},
        {"P-224", self_signed(ec_key("P-224")), "the elliptic-curve key has 224 bits"},
        {"Ed25519", {to_pem(*issue(wish, *ed25519, nullptr, *signer)), to_pem(*ed25519)}, "neither RSA nor elliptic"},
        {"another's key", {good.chain, other.key}, "does not belong to the certificate"},
        {"exchanged", {good.key, good.chain}, "holds a private key and no certificate"},
        {"certificate as key", {good.chain, good.chain}, "holds no readable private key"},
        {"empty chain", {"", good.key}, "holds no PEM certificate"},
        {"empty key", {good.chain, ""}, "holds no readable private key"},
        {"half a chain", {good.chain.substr(0, good.chain.size() / 2), good.key}, "ends in the middle of a PEM block"},
        {"half a marker", {good.chain.substr(0, good.chain.size() - 4), good.key}, "ends in the middle"},
        {"half a key", {good.chain, good.key.substr(0, good.key.size() / 2)}, "ends in the middle of a PEM block"},
        {"half an intermediate", {good.chain + other.chain.substr(0, 200), good.key}, "ends in the middle"},
        {"a damaged intermediate",
         {good.chain + "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", good.key},
         "certificate 2 cannot be read"},
        {"expired", self_signed(ec_key(), valid(std::chrono::hours{-48}, std::chrono::hours{-1})), "expired on 20"},
        {"not yet valid", self_signed(ec_key(), valid(std::chrono::hours{1}, std::chrono::hours{48})),
         "not valid before 20"},
    };
    for (const auto& row : rows) {
        INFO(row.what);
        CHECK_THAT(Files{row.pem}.refusal(), Contains(row.said));
    }
}

TEST_CASE("TLS-02 keys at the limit are accepted and shake hands on TLS 1.2 and 1.3")
{
    for (const auto& pem : {self_signed(rsa_key(2048)), self_signed(ec_key("P-256")), self_signed(ec_key("P-384"))}) {
        const Files files{pem};
        const auto context = files.context();
        CHECK(shake(*context, {.version = TLS1_2_VERSION}).version == "TLSv1.2");
        CHECK(shake(*context, {.version = TLS1_3_VERSION}).version == "TLSv1.3");
    }
}

TEST_CASE("a certificate that is not one for servers, or is the CA itself, is refused")
{
    Wish client = a_wish();
    client.purpose = "clientAuth";
    CHECK_THAT(Files{self_signed(ec_key(), client)}.refusal(), Contains("not one for a TLS server"));
    Wish ca = a_wish();
    ca.authority = true;
    CHECK_THAT(Files{self_signed(ec_key(), ca)}.refusal(), Contains("not one for a TLS server"));
}

TEST_CASE("a missing file, a folder and an encrypted key are refused by name")
{
    const Files files{self_signed(ec_key())};
    CHECK_THROWS_WITH(make_context(files.folder / "absent.pem", files.key, {}), Contains("absent.pem: cannot be read"));
    CHECK_THROWS_WITH(make_context(files.chain, files.folder.path, {}), Contains("cannot be read"));
    const auto key = ec_key();
    const BioPtr memory{BIO_new(BIO_s_mem())};
    char password[] = "hidden";
    PEM_write_bio_PKCS8PrivateKey(memory.get(), key.get(), EVP_aes_128_cbc(), password, 6, nullptr, nullptr);
    char* text = nullptr;
    const auto size = static_cast<std::size_t>(BIO_get_mem_data(memory.get(), &text));
    put(files.key, {text, size});
    CHECK_THAT(files.refusal(), Contains("the key is encrypted"));
}

TEST_CASE("TLS-02 on TLS 1.2 each suite of Entra's list alone succeeds, and every other one fails")
{
    const Files ecdsa{self_signed(ec_key())};
    const Files rsa{self_signed(rsa_key(2048))};
    struct Row {
        const char* suite;
        bool by_default;
        bool with_cbc;
    };
    const Row rows[] = {
        {"ECDHE-ECDSA-AES128-GCM-SHA256", true, true},
        {"ECDHE-ECDSA-AES256-GCM-SHA384", true, true},
        {"ECDHE-RSA-AES128-GCM-SHA256", true, true},
        {"ECDHE-RSA-AES256-GCM-SHA384", true, true},
        {"ECDHE-ECDSA-AES128-SHA256", false, true},
        {"ECDHE-ECDSA-AES256-SHA384", false, true},
        {"ECDHE-RSA-AES128-SHA256", false, true},
        {"ECDHE-RSA-AES256-SHA384", false, true},
        {"ECDHE-ECDSA-CHACHA20-POLY1305", false, false},
        {"ECDHE-RSA-CHACHA20-POLY1305", false, false},
        {"ECDHE-ECDSA-AES128-SHA", false, false},
        {"ECDHE-RSA-AES256-SHA", false, false},
        {"ECDHE-ECDSA-AES128-CCM", false, false},
        {"AES128-GCM-SHA256", false, false},
        {"AES256-SHA", false, false},
        {"DHE-RSA-AES128-GCM-SHA256", false, false},
        {"ECDHE-RSA-NULL-SHA", false, false},
    };
    for (const auto& row : rows) {
        INFO(row.suite);
        const bool needs_ecdsa = std::string_view{row.suite}.find("ECDSA") != std::string_view::npos;
        const auto& files = needs_ecdsa ? ecdsa : rsa;
        const Client client{.version = TLS1_2_VERSION, .suites = row.suite};
        CHECK((shake(*files.context(), client).suite == row.suite) == row.by_default);
        CHECK((shake(*files.context({.cbc_suites = true}), client).suite == row.suite) == row.with_cbc);
    }
}

TEST_CASE("the server's order of suites decides, not the client's")
{
    const Files files{self_signed(ec_key())};
    const Client backwards{.version = TLS1_2_VERSION,
                           .suites = "ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384:"
                                     "ECDHE-ECDSA-AES128-GCM-SHA256"};
    CHECK(shake(*files.context({.cbc_suites = true}), backwards).suite == "ECDHE-ECDSA-AES128-GCM-SHA256");
    CHECK(shake(*files.context(), {.version = TLS1_3_VERSION}).suite == "TLS_AES_128_GCM_SHA256");
}

TEST_CASE("versions below 1.2 fail always, and the policy narrows the rest")
{
    const Files files{self_signed(ec_key())};
    struct Row {
        const char* minimum;
        const char* maximum;
        bool takes_12;
        bool takes_13;
    };
    for (const auto& row : {Row{"1.2", "1.3", true, true}, {"1.2", "1.2", true, false}, {"1.3", "1.3", false, true}}) {
        INFO(row.minimum << " to " << row.maximum);
        const auto context = files.context({.minimum = row.minimum, .maximum = row.maximum});
        CHECK(shake(*context, {.version = TLS1_1_VERSION}).suite.empty());
        CHECK(shake(*context, {.version = TLS1_2_VERSION}).suite.empty() == !row.takes_12);
        CHECK(shake(*context, {.version = TLS1_3_VERSION}).suite.empty() == !row.takes_13);
    }
    CHECK_THROWS_WITH(files.context({.minimum = "1.1"}), Contains("write \"1.2\" or \"1.3\""));
    CHECK_THROWS_WITH(files.context({.minimum = "1.3", .maximum = "1.2"}), Contains("above the highest"));
}

TEST_CASE("key exchange is X25519 or P-256; compression and other protocols than http/1.1 are not spoken")
{
    const Files files{self_signed(ec_key())};
    const auto context = files.context();
    CHECK(shake(*context, {.version = TLS1_2_VERSION, .groups = "P-256:X25519"}).group == "X25519");
    CHECK(shake(*context, {.groups = "X25519:P-256"}).group == "X25519");
    CHECK(shake(*context, {.groups = "P-256"}).group == "prime256v1");
    CHECK(shake(*context, {.groups = "P-521"}).suite.empty());
    CHECK_FALSE(shake(*context, {.version = TLS1_2_VERSION}).compressed);
    CHECK(shake(*context).protocol.empty());
    CHECK(shake(*context, {.alpn = "\x02h2\x08http/1.1"}).protocol == "http/1.1");
    CHECK(shake(*context, {.alpn = "\x02h2"}).suite.empty());
    CHECK((SSL_CTX_get_options(context.get()) & SSL_OP_NO_RENEGOTIATION) != 0);
}

TEST_CASE("a session is resumed by ticket on 1.3 and 1.2, and by id on 1.2 for clients without tickets")
{
    const Files files{self_signed(ec_key())};
    const auto context = files.context();
    struct Row {
        int version;
        bool tickets;
    };
    for (const auto& row : {Row{TLS1_3_VERSION, true}, {TLS1_2_VERSION, true}, {TLS1_2_VERSION, false}}) {
        INFO(row.version << (row.tickets ? " with" : " without") << " tickets");
        const auto first = shake(*context, {.version = row.version, .tickets = row.tickets});
        CHECK_FALSE(first.reused);
        CHECK(shake(*context, {.version = row.version, .tickets = row.tickets, .session = first.session}).reused);
        const auto other = files.context(); // another context has other keys: a full handshake, not a failure
        const auto elsewhere =
            shake(*other, {.version = row.version, .tickets = row.tickets, .session = first.session});
        CHECK_FALSE(elsewhere.suite.empty());
        CHECK_FALSE(elsewhere.reused);
    }
}

TEST_CASE("the expiry of a chain is that of its first certificate")
{
    Wish wish = a_wish();
    wish.until = std::chrono::sys_days{std::chrono::year{2031} / 5 / 6} + std::chrono::hours{7};
    const Files files{self_signed(ec_key(), wish)};
    CHECK(expiry_of(files.chain) ==
          core::Instant{wish.until.time_since_epoch() / std::chrono::milliseconds{1} * std::chrono::milliseconds{1}});
}
