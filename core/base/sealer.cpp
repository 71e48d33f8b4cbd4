#include "core/base/sealer.hpp"

#include "core/base/secrets.hpp"

#include <openssl/evp.h>

#include <memory>
#include <stdexcept>

namespace core {

namespace {

constexpr int tag_size = 16;

struct FreeCipher {
    void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER, FreeCipher>;
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

void must(bool succeeded, const char* what)
{
    if (!succeeded) throw std::runtime_error{std::string{"OpenSSL failed: "} + what};
}

const EVP_CIPHER* siv()
{
    static const Cipher cipher{EVP_CIPHER_fetch(nullptr, "AES-128-SIV", nullptr)}; // two keys of 128 bits
    must(cipher != nullptr, "fetching AES-SIV");
    return cipher.get();
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

} // namespace

Sealer::Sealer(std::span<const std::uint8_t> server_key, std::string_view purpose)
    : key_{hmac_sha256(server_key, purpose)}
{
}

std::string Sealer::seal(std::string_view text, std::string_view context) const
{
    const Context cipher{EVP_CIPHER_CTX_new()};
    must(cipher != nullptr, "a cipher context");
    std::string sealed(tag_size + text.size(), '\0');
    int length = 0;
    must(EVP_EncryptInit_ex(cipher.get(), siv(), nullptr, key_.data(), nullptr) == 1, "beginning to seal");
    must(EVP_EncryptUpdate(cipher.get(), nullptr, &length, bytes_of(context), static_cast<int>(context.size())) == 1,
         "sealing with a context");
    must(EVP_EncryptUpdate(cipher.get(), bytes_of(sealed) + tag_size, &length, bytes_of(text),
                           static_cast<int>(text.size())) == 1,
         "sealing");
    must(EVP_EncryptFinal_ex(cipher.get(), bytes_of(sealed) + sealed.size(), &length) == 1, "ending to seal");
    must(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, sealed.data()) == 1, "a seal's tag");
    return sealed;
}

std::optional<std::string> Sealer::open(std::string_view sealed, std::string_view context) const
{
    if (sealed.size() <= tag_size) return std::nullopt;
    const Context cipher{EVP_CIPHER_CTX_new()};
    must(cipher != nullptr, "a cipher context");
    std::string tag{sealed.substr(0, tag_size)};
    const std::string_view body = sealed.substr(tag_size);
    std::string text(body.size(), '\0');
    int length = 0;
    must(EVP_DecryptInit_ex(cipher.get(), siv(), nullptr, key_.data(), nullptr) == 1, "beginning to open");
    must(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) == 1, "a seal's tag");
    must(EVP_DecryptUpdate(cipher.get(), nullptr, &length, bytes_of(context), static_cast<int>(context.size())) == 1,
         "opening with a context");
    if (EVP_DecryptUpdate(cipher.get(), bytes_of(text), &length, bytes_of(body), static_cast<int>(body.size())) != 1)
        return std::nullopt;
    return text;
}

namespace {

constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

} // namespace

std::string to_base64url(std::string_view bytes)
{
    std::string text;
    text.reserve((bytes.size() * 4 + 2) / 3);
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const char c : bytes) {
        held = held << 8 | static_cast<unsigned char>(c);
        for (bits += 8; bits >= 6; bits -= 6) text += letters[held >> (bits - 6) & 63];
    }
    if (bits > 0) text += letters[held << (6 - bits) & 63];
    return text;
}

std::optional<std::string> from_base64url(std::string_view text)
{
    std::string bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const char c : text) {
        const auto value = letters.find(c);
        if (value == letters.npos) return std::nullopt;
        held = held << 6 | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        bytes += static_cast<char>(held >> bits & 255);
    }
    // Neither a lone letter nor bits that nothing has set: each text has one spelling.
    if (bits >= 6 || (held & ((1U << bits) - 1)) != 0) return std::nullopt;
    return bytes;
}

} // namespace core
