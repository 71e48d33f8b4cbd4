#include "certs/dev_certs.hpp"
#include "certs/pair.hpp"
#include "certs/testing.hpp"

#include <catch2/catch.hpp>

#include <sys/stat.h>

using namespace certs;
using namespace certs::testing;
using std::chrono::days;
using std::chrono::system_clock;

namespace {

mode_t mode_of(const std::filesystem::path& file)
{
    struct stat found {};
    REQUIRE(stat(file.c_str(), &found) == 0);
    return found.st_mode & 07777;
}

// Verifies the leaf against the CA as a client would, for a name and for an address.
int verify(const DevCertificate& made, const char* host, const char* address)
{
    const auto chain = read_chain(made.chain);
    const auto ca = read_chain(made.ca);
    const std::unique_ptr<X509_STORE, Freed<X509_STORE_free>> store{X509_STORE_new()};
    X509_STORE_add_cert(store.get(), ca.front().get());
    const std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>> context{X509_STORE_CTX_new()};
    X509_STORE_CTX_init(context.get(), store.get(), chain.front().get(), nullptr);
    X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SSL_SERVER);
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_X509_STRICT);
    if (host) X509_VERIFY_PARAM_set1_host(rules, host, 0);
    if (address) X509_VERIFY_PARAM_set1_ip_asc(rules, address);
    X509_verify_cert(context.get());
    return X509_STORE_CTX_get_error(context.get());
}

} // namespace

TEST_CASE(
    "the development certificate is trusted through its CA for localhost, 127.0.0.1 and ::1, and for nothing else")
{
    const Folder folder;
    const auto made = make_dev_certificate(folder / "tls");
    CHECK(verify(made, "localhost", nullptr) == X509_V_OK);
    CHECK(verify(made, nullptr, "127.0.0.1") == X509_V_OK);
    CHECK(verify(made, nullptr, "::1") == X509_V_OK);
    CHECK(verify(made, "example.com", nullptr) == X509_V_ERR_HOSTNAME_MISMATCH);
    CHECK(verify(made, nullptr, "127.0.0.2") == X509_V_ERR_IP_ADDRESS_MISMATCH);
    CHECK_FALSE(shake(*make_context(made.chain, made.key, {})).suite.empty());
}

TEST_CASE("the development CA lives ten years, the leaf 397 days, both on P-256, and the chain is leaf then CA")
{
    const Folder folder;
    const auto made = make_dev_certificate(folder / "tls");
    const auto chain = read_chain(made.chain);
    const auto ca = read_chain(made.ca);
    REQUIRE(chain.size() == 2);
    REQUIRE(ca.size() == 1);
    CHECK(X509_cmp(chain[1].get(), ca[0].get()) == 0);
    const auto left = [](const CertPtr& certificate) {
        return std::chrono::round<days>(not_after(*certificate) - system_clock::now());
    };
    CHECK(left(ca[0]) == days{3650});
    CHECK(left(chain[0]) == days{397});
    for (const auto* certificate : {chain[0].get(), ca[0].get()}) {
        CHECK(EVP_PKEY_get_bits(X509_get0_pubkey(certificate)) == 256);
        CHECK(not_before(*certificate) < system_clock::now());
    }
    char name[64] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(ca[0].get()), NID_commonName, name, sizeof name);
    CHECK(std::string{name} == "Rollcall development CA");
    CHECK(X509_check_ca(ca[0].get()) == 1);
    CHECK(X509_check_ca(chain[0].get()) == 0);
    CHECK((X509_get_extended_key_usage(chain[0].get()) & XKU_SSL_SERVER) != 0);
}

TEST_CASE("a stolen development CA cannot vouch for another name")
{
    const Folder folder;
    auto made = make_dev_certificate(folder / "tls");
    const auto ca = read_chain(made.ca);
    const auto ca_key = read_key(folder / "tls/ca.key");
    const auto key = ec_key();
    Wish wish = a_wish();
    wish.common_name = "login.example.com";
    wish.alternative_names = "DNS:login.example.com";
    put(made.chain, to_pem(*issue(wish, *key, ca[0].get(), *ca_key)));
    CHECK(verify(made, "login.example.com", nullptr) == X509_V_ERR_PERMITTED_VIOLATION);
}

TEST_CASE("keys are readable by their owner alone, whatever the umask, and nothing temporary stays")
{
    const Folder folder;
    const mode_t before = umask(0);
    const auto made = make_dev_certificate(folder / "deep/tls");
    umask(before);
    CHECK(mode_of(folder / "deep/tls") == 0700);
    CHECK(mode_of(made.key) == 0600);
    CHECK(mode_of(folder / "deep/tls/ca.key") == 0600);
    CHECK(mode_of(made.chain) == 0644);
    CHECK(mode_of(made.ca) == 0644);
    const std::filesystem::directory_iterator files{folder / "deep/tls"};
    CHECK(std::distance(begin(files), end(files)) == 4);
}

TEST_CASE("a second run changes nothing; a missing or damaged leaf is made anew by the same CA")
{
    const Folder folder;
    const auto made = make_dev_certificate(folder / "tls");
    const auto ca = text_of(made.ca);
    const auto leaf = text_of(made.chain);
    const auto key = text_of(made.key);
    make_dev_certificate(folder / "tls");
    CHECK(text_of(made.ca) == ca);
    CHECK(text_of(made.chain) == leaf);
    CHECK(text_of(made.key) == key);

    SECTION("chain missing") { std::filesystem::remove(made.chain); }
    SECTION("key missing") { std::filesystem::remove(made.key); }
    SECTION("half a chain") { put(made.chain, leaf.substr(0, 300)); }
    SECTION("another key") { put(made.key, to_pem(*ec_key())); }
    make_dev_certificate(folder / "tls");
    CHECK(text_of(made.ca) == ca);
    CHECK(text_of(made.chain) != leaf);
    CHECK(verify(made, "localhost", nullptr) == X509_V_OK);
    CHECK_NOTHROW(make_context(made.chain, made.key, {}));
}

TEST_CASE("a good leaf outlives its CA's key; without a usable CA a new leaf gets a new one")
{
    const Folder folder;
    const auto made = make_dev_certificate(folder / "tls");
    const auto ca = text_of(made.ca);
    const auto leaf = text_of(made.chain);
    std::filesystem::remove(folder / "tls/ca.key");
    make_dev_certificate(folder / "tls");
    CHECK(text_of(made.chain) == leaf);
    std::filesystem::remove(made.key);
    make_dev_certificate(folder / "tls");
    CHECK(text_of(made.ca) != ca);
    CHECK(verify(made, "localhost", nullptr) == X509_V_OK);
}

TEST_CASE("a leaf about to expire is renewed; one with more than thirty days left is kept")
{
    struct Row {
        int days_left;
        bool kept;
    };
    for (const auto& row : {Row{29, false}, Row{31, true}}) {
        INFO(row.days_left);
        const Folder folder;
        const auto made = make_dev_certificate(folder / "tls");
        const auto ca = read_chain(made.ca);
        const auto ca_key = read_key(folder / "tls/ca.key");
        const auto key = ec_key();
        Wish wish = a_wish();
        wish.until = system_clock::now() + days{row.days_left};
        const auto leaf = to_pem(*issue(wish, *key, ca[0].get(), *ca_key));
        put(made.chain, leaf);
        put(made.key, to_pem(*key));
        make_dev_certificate(folder / "tls");
        CHECK((text_of(made.chain) == leaf) == row.kept);
    }
}

TEST_CASE("somebody's real certificate in the place of ours is not overwritten")
{
    const Folder folder;
    const auto made = make_dev_certificate(folder / "tls");
    const auto foreign = self_signed(ec_key());
    put(made.chain, foreign.chain);
    CHECK_THROWS_WITH(make_dev_certificate(folder / "tls"), Catch::Contains("is not replaced"));
    CHECK(text_of(made.chain) == foreign.chain);
}

TEST_CASE("a place that cannot be written is an error that names it")
{
    const Folder folder;
    put(folder / "file", "in the way");
    CHECK_THROWS_WITH(make_dev_certificate(folder / "file"), Catch::Contains("file is not a folder"));
    CHECK_THROWS(make_dev_certificate(folder / "file/tls"));
}
