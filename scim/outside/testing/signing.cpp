#include "scim/outside/testing/signing.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <stdexcept>
#include <vector>

namespace scim::outside::testing {
namespace {

std::string number_of(const EVP_PKEY& key, const char* name, int bytes)
{
    BIGNUM* number = nullptr;
    if (EVP_PKEY_get_bn_param(&key, name, &number) != 1) throw std::runtime_error{"no such part of a key"};
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> held{number, BN_free};
    std::string text(static_cast<std::size_t>(bytes > 0 ? bytes : BN_num_bytes(number)), '\0');
    BN_bn2binpad(number, reinterpret_cast<unsigned char*>(text.data()), static_cast<int>(text.size()));
    return text;
}

const EVP_MD* digest_of(const std::string& algorithm)
{
    if (algorithm.ends_with("384")) return EVP_sha384();
    return algorithm.ends_with("512") ? EVP_sha512() : EVP_sha256();
}

int coordinate_bytes(const std::string& curve) { return curve == "P-521" ? 66 : curve == "P-384" ? 48 : 32; }

} // namespace

SigningKey SigningKey::rsa(unsigned bits, unsigned exponent)
{
    SigningKey made;
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context{
        EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr), EVP_PKEY_CTX_free};
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> e{BN_new(), BN_free};
    BN_set_word(e.get(), exponent);
    EVP_PKEY* key = nullptr;
    if (EVP_PKEY_keygen_init(context.get()) != 1 ||
        EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), static_cast<int>(bits)) != 1 ||
        EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context.get(), e.get()) != 1 || EVP_PKEY_generate(context.get(), &key) != 1)
        throw std::runtime_error{"no RSA key"};
    made.key_ = {key, EVP_PKEY_free};
    return made;
}

SigningKey SigningKey::ec(const std::string& curve)
{
    SigningKey made;
    made.key_ = {EVP_EC_gen(curve.c_str()), EVP_PKEY_free};
    if (!made.key_) throw std::runtime_error{"no EC key"};
    made.curve_ = curve;
    return made;
}

std::string SigningKey::jwk(const std::string& kid, const std::string& more) const
{
    std::string text = "{\"kid\":\"" + kid + "\",";
    if (curve_.empty())
        text += "\"kty\":\"RSA\",\"n\":\"" + base64url(number_of(*key_, OSSL_PKEY_PARAM_RSA_N, 0)) + "\",\"e\":\"" +
                base64url(number_of(*key_, OSSL_PKEY_PARAM_RSA_E, 0)) + "\"";
    else
        text += "\"kty\":\"EC\",\"crv\":\"" + curve_ + "\",\"x\":\"" +
                base64url(number_of(*key_, OSSL_PKEY_PARAM_EC_PUB_X, coordinate_bytes(curve_))) + "\",\"y\":\"" +
                base64url(number_of(*key_, OSSL_PKEY_PARAM_EC_PUB_Y, coordinate_bytes(curve_))) + "\"";
    return text + (more.empty() ? "" : "," + more) + "}";
}

std::string SigningKey::signature(const std::string& algorithm, std::string_view text) const
{
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
    EVP_PKEY_CTX* padding = nullptr;
    if (EVP_DigestSignInit(context.get(), &padding, digest_of(algorithm), nullptr, key_.get()) != 1)
        throw std::runtime_error{"no signature"};
    if (algorithm.starts_with("PS")) {
        EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(padding, RSA_PSS_SALTLEN_DIGEST);
    }
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    std::size_t size = 0;
    EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size());
    std::vector<unsigned char> made(size);
    if (EVP_DigestSign(context.get(), made.data(), &size, bytes, text.size()) != 1)
        throw std::runtime_error{"no signature"};
    if (curve_.empty()) return {reinterpret_cast<const char*>(made.data()), size};
    // RFC 7518 3.4: not the DER that OpenSSL makes, but the two numbers.
    const unsigned char* at = made.data();
    const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> numbers{
        d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)), ECDSA_SIG_free};
    const int half = coordinate_bytes(curve_);
    std::string raw(static_cast<std::size_t>(half) * 2, '\0');
    auto* into = reinterpret_cast<unsigned char*>(raw.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(numbers.get()), into, half);
    BN_bn2binpad(ECDSA_SIG_get0_s(numbers.get()), into + half, half);
    return raw;
}

std::string SigningKey::public_pem() const
{
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> memory{BIO_new(BIO_s_mem()), BIO_free_all};
    PEM_write_bio_PUBKEY(memory.get(), key_.get());
    char* text = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

std::string base64url(std::string_view bytes)
{
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
    const int size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    while (text.ends_with('=')) text.pop_back();
    for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
    return text;
}

std::string key_set(const std::string& keys) { return "{\"keys\":[" + keys + "]}"; }

std::string token(const std::string& header, const std::string& claims, const SigningKey& key,
                  const std::string& algorithm)
{
    const std::string text = base64url(header) + '.' + base64url(claims);
    return text + '.' + base64url(key.signature(algorithm, text));
}

std::string hmac_token(const std::string& header, const std::string& claims, const std::string& secret)
{
    const std::string text = base64url(header) + '.' + base64url(claims);
    std::array<unsigned char, 64> made{};
    unsigned size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), made.data(), &size);
    return text + '.' + base64url({reinterpret_cast<const char*>(made.data()), size});
}

} // namespace scim::outside::testing
