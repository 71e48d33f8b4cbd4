#include "certs/pair.hpp"

#include "certs/tls_context.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>

namespace certs {
namespace {

constexpr std::size_t largest_file = 1024 * 1024; // a chain is a few kilobytes; a disk image is not a chain

[[noreturn]] void refuse(const std::filesystem::path& file, std::string_view rule, std::string_view remedy)
{
    throw BadCertificate{fmt::format("{}: {}; {}", file.string(), rule, remedy)};
}

std::string read_whole(const std::filesystem::path& file)
{
    errno = 0;
    std::ifstream in{file, std::ios::binary};
    if (!in || std::filesystem::is_directory(file)) {
        const auto why = errno ? std::generic_category().message(errno) : std::string{"not a file"};
        refuse(file, "cannot be read (" + why + ")", "check the path and that this user may read it");
    }
    std::string text{std::istreambuf_iterator<char>{in}, {}};
    if (text.size() > largest_file) refuse(file, "is larger than 1 MiB", "name a PEM file");
    return text;
}

BioPtr over(const std::string& text)
{
    ERR_clear_error();
    return BioPtr{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

// Whether the text ends within a PEM block: a block begun and not ended, or a marker cut off.
bool is_half_written(std::string_view text)
{
    constexpr std::string_view end = "-----END ";
    const auto last = text.rfind(end);
    if (last == text.npos) return text.find("-----") != text.npos;
    const auto tail = text.substr(last + end.size());
    const auto closing = tail.find("-----");
    return closing == tail.npos || tail.find("---", closing + 5) != tail.npos;
}

// An encrypted key would make OpenSSL ask at the terminal; a server has nobody to ask.
int no_password(char*, int, int, void* asked)
{
    *static_cast<bool*>(asked) = true;
    return -1;
}

core::Instant instant_of(const ASN1_TIME& time)
{
    std::tm parts{};
    if (ASN1_TIME_to_tm(&time, &parts) != 1) throw BadCertificate{"a certificate has an unreadable date"};
    return core::Instant{std::chrono::seconds{timegm(&parts)}};
}

std::string day(core::Instant at)
{
    const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(at)};
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()));
}

void check_strength(const std::filesystem::path& file, const EVP_PKEY& key)
{
    const int bits = EVP_PKEY_get_bits(&key);
    constexpr auto remedy = "use RSA of 2048 bits or more, or an elliptic curve of 256 bits or more (P-256)";
    switch (EVP_PKEY_get_base_id(&key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
        if (bits < 2048) refuse(file, fmt::format("the RSA key has {} bits", bits), remedy);
        return;
    case EVP_PKEY_EC:
        if (bits < 256) refuse(file, fmt::format("the elliptic-curve key has {} bits", bits), remedy);
        return;
    default: refuse(file, "the key is neither RSA nor elliptic-curve (ECDSA)", remedy);
    }
}

void check_leaf(const std::filesystem::path& file, X509& leaf)
{
    const auto now = std::chrono::system_clock::now();
    if (not_after(leaf) <= now)
        refuse(file, "the certificate expired on " + day(not_after(leaf)), "install a renewed certificate");
    if (not_before(leaf) > now)
        refuse(file, "the certificate is not valid before " + day(not_before(leaf)), "check this machine's clock");
    EVP_PKEY* key = X509_get0_pubkey(&leaf);
    if (!key) refuse(file, "the certificate's public key cannot be read", "install another certificate");
    check_strength(file, *key);
    if (X509_check_purpose(&leaf, X509_PURPOSE_SSL_SERVER, 0) != 1)
        refuse(file, "the first certificate is not one for a TLS server",
               "put the server's own certificate first, then the intermediates");
}

} // namespace

std::vector<CertPtr> read_chain(const std::filesystem::path& file)
{
    const std::string text = read_whole(file);
    if (is_half_written(text)) refuse(file, "ends in the middle of a PEM block", "it may still be being written");
    const BioPtr in = over(text);
    std::vector<CertPtr> chain;
    while (CertPtr next{PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)}) chain.push_back(std::move(next));
    const auto error = ERR_peek_last_error();
    if (ERR_GET_LIB(error) != ERR_LIB_PEM || ERR_GET_REASON(error) != PEM_R_NO_START_LINE)
        refuse(file, fmt::format("certificate {} cannot be read ({})", chain.size() + 1, openssl_reason()),
               "install an undamaged PEM file");
    ERR_clear_error();
    if (chain.empty())
        refuse(file,
               text.find("PRIVATE KEY-----") != text.npos ? "holds a private key and no certificate"
                                                          : "holds no PEM certificate",
               "name the chain file as certificate and the key file as key");
    return chain;
}

KeyPtr read_key(const std::filesystem::path& file)
{
    const std::string text = read_whole(file);
    if (is_half_written(text)) refuse(file, "ends in the middle of a PEM block", "it may still be being written");
    const BioPtr in = over(text);
    bool password_asked = false;
    KeyPtr key{PEM_read_bio_PrivateKey(in.get(), nullptr, no_password, &password_asked)};
    if (password_asked)
        refuse(file, "the key is encrypted", "store it without a password, readable by this user alone");
    const std::string reason = key ? std::string{} : openssl_reason();
    ERR_clear_error();
    if (!key)
        refuse(file, "holds no readable private key (" + reason + ")",
               "name the chain file as certificate and the key file as key");
    return key;
}

core::Instant not_before(const X509& certificate) { return instant_of(*X509_get0_notBefore(&certificate)); }
core::Instant not_after(const X509& certificate) { return instant_of(*X509_get0_notAfter(&certificate)); }

Pair read_pair(const std::filesystem::path& chain_file, const std::filesystem::path& key_file)
{
    Pair pair{.chain = read_chain(chain_file), .key = read_key(key_file)};
    check_leaf(chain_file, *pair.chain.front());
    check_strength(key_file, *pair.key);
    const bool belongs = X509_check_private_key(pair.chain.front().get(), pair.key.get()) == 1;
    ERR_clear_error();
    if (!belongs)
        refuse(key_file, "the key does not belong to the certificate in " + chain_file.string(),
               "install the two files of one pair");
    return pair;
}

} // namespace certs
