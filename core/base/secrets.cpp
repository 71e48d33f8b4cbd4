#include "core/base/secrets.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <memory>
#include <stdexcept>

namespace core {

namespace {

void must(bool succeeded, const char* what)
{
    if (!succeeded) throw std::runtime_error{std::string{"OpenSSL failed: "} + what};
}

template<class T, void (*free)(T*)>
struct Freed {
    void operator()(T* pointer) const { free(pointer); }
};
using MdContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX, EVP_MD_CTX_free>>;
using Md = std::unique_ptr<EVP_MD, Freed<EVP_MD, EVP_MD_free>>;
using Mac = std::unique_ptr<EVP_MAC, Freed<EVP_MAC, EVP_MAC_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, Freed<EVP_MAC_CTX, EVP_MAC_CTX_free>>;

// Fetching an algorithm takes OpenSSL 3 several times as long as a short digest: fetched once per process, and one
// context per thread is used again and again.
const EVP_MD* sha256_algorithm()
{
    static const Md algorithm{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
    must(algorithm != nullptr, "fetching SHA-256");
    return algorithm.get();
}

EVP_MD_CTX* digest_context()
{
    thread_local const MdContext context{EVP_MD_CTX_new()};
    must(context != nullptr, "a digest context");
    return context.get();
}

EVP_MAC_CTX* hmac_context()
{
    thread_local const MacContext context = [] {
        static const Mac algorithm{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
        must(algorithm != nullptr, "fetching HMAC");
        MacContext fresh{EVP_MAC_CTX_new(algorithm.get())};
        must(fresh != nullptr, "an HMAC context");
        char digest[] = "SHA256";
        const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                         OSSL_PARAM_construct_end()};
        must(EVP_MAC_CTX_set_params(fresh.get(), parameters) == 1, "choosing SHA-256 for HMAC");
        return fresh;
    }();
    return context.get();
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

} // namespace

void fill_random(std::span<std::uint8_t> target)
{
    must(RAND_bytes(target.data(), static_cast<int>(target.size())) == 1, "random bytes");
}

Digest sha256(std::string_view text) { return sha256(std::span{&text, 1}); }

Digest sha256(std::span<const std::string_view> parts)
{
    EVP_MD_CTX* const context = digest_context();
    must(EVP_DigestInit_ex2(context, sha256_algorithm(), nullptr) == 1, "beginning a digest");
    for (const std::string_view part : parts) {
        must(EVP_DigestUpdate(context, part.data(), part.size()) == 1, "a digest");
    }
    Digest digest;
    must(EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1, "ending a digest");
    return digest;
}

Digest hmac_sha256(std::span<const std::uint8_t> key, std::string_view text)
{
    EVP_MAC_CTX* const context = hmac_context();
    // A null key would mean "the one before".
    static constexpr std::uint8_t no_key{};
    const std::uint8_t* const key_bytes = key.empty() ? &no_key : key.data();
    must(EVP_MAC_init(context, key_bytes, key.size(), nullptr) == 1, "beginning an HMAC");
    must(EVP_MAC_update(context, bytes_of(text), text.size()) == 1, "an HMAC");
    Digest digest;
    std::size_t length = 0;
    must(EVP_MAC_final(context, digest.data(), &length, digest.size()) == 1 && length == digest.size(),
         "ending an HMAC");
    return digest;
}

bool same_in_constant_time(std::string_view a, std::string_view b)
{
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string to_hex(std::span<const std::uint8_t> bytes)
{
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const std::uint8_t byte : bytes) {
        text.push_back(digits[byte >> 4]);
        text.push_back(digits[byte & 15]);
    }
    return text;
}

Secret::Secret(Secret&& other) noexcept : value_{std::move(other.value_)}
{
    other.wipe(); // a short string was copied, not moved
}

Secret& Secret::operator=(const Secret& other)
{
    if (this != &other) {
        wipe();
        value_ = other.value_;
    }
    return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept
{
    if (this != &other) {
        wipe();
        value_ = std::move(other.value_);
        other.wipe();
    }
    return *this;
}

Secret::~Secret() { wipe(); }

void Secret::wipe() noexcept
{
    value_.resize(value_.capacity()); // within the capacity: allocates nothing
    OPENSSL_cleanse(value_.data(), value_.size());
    value_.clear();
}

} // namespace core
