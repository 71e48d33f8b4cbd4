#include "certs/issue.hpp"

#include <openssl/pem.h>
#include <openssl/rand.h>

#include <array>
#include <stdexcept>

namespace certs {
namespace {

void must(bool done, const char* what)
{
    if (!done) throw std::runtime_error(std::string{"certificate: "} + what + ": " + openssl_reason());
}

void add(X509& certificate, X509V3_CTX& context, int nid, const std::string& value)
{
    if (value.empty()) return;
    std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>> extension{
        X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str())};
    must(extension && X509_add_ext(&certificate, extension.get(), -1) == 1, value.c_str());
}

void set_random_serial(X509& certificate)
{
    std::array<unsigned char, 16> bytes{};
    must(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1, "no randomness");
    bytes[0] = static_cast<unsigned char>((bytes[0] & 0x3f) | 0x40); // positive, and never shorter than 16 bytes
    std::unique_ptr<BIGNUM, Freed<BN_free>> number{BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr)};
    must(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(&certificate)), "serial number");
}

template<class Write>
std::string pem(Write write)
{
    const BioPtr memory{BIO_new(BIO_s_mem())};
    must(memory && write(memory.get()) == 1, "cannot be written as PEM");
    char* text = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

} // namespace

CertPtr issue(const Wish& wish, EVP_PKEY& subject_key, X509* issuer, EVP_PKEY& issuer_key)
{
    using std::chrono::system_clock;
    CertPtr certificate{X509_new()};
    must(certificate != nullptr, "out of memory");
    X509& made = *certificate;
    must(X509_set_version(&made, X509_VERSION_3) == 1, "version");
    set_random_serial(made);
    must(ASN1_TIME_set(X509_getm_notBefore(&made), system_clock::to_time_t(wish.from)) &&
             ASN1_TIME_set(X509_getm_notAfter(&made), system_clock::to_time_t(wish.until)),
         "validity");
    X509_NAME* subject = X509_get_subject_name(&made);
    must(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(wish.common_name.c_str()), -1, -1, 0) == 1,
         "subject");
    must(X509_set_issuer_name(&made, issuer ? X509_get_subject_name(issuer) : subject) == 1, "issuer");
    must(X509_set_pubkey(&made, &subject_key) == 1, "public key");

    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer ? issuer : &made, &made, nullptr, nullptr, 0);
    add(made, context, NID_basic_constraints, wish.authority ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE");
    add(made, context, NID_key_usage, wish.authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
    if (!wish.authority) add(made, context, NID_ext_key_usage, wish.purpose);
    add(made, context, NID_subject_key_identifier, "hash");
    if (issuer) add(made, context, NID_authority_key_identifier, "keyid:always");
    add(made, context, NID_subject_alt_name, wish.alternative_names);
    add(made, context, NID_name_constraints, wish.name_constraints);
    must(X509_sign(&made, &issuer_key, EVP_sha256()) > 0, "signature");
    return certificate;
}

std::string to_pem(X509& certificate)
{
    return pem([&](BIO* out) { return PEM_write_bio_X509(out, &certificate); });
}

std::string to_pem(EVP_PKEY& key)
{
    return pem(
        [&](BIO* out) { return PEM_write_bio_PKCS8PrivateKey(out, &key, nullptr, nullptr, 0, nullptr, nullptr); });
}

} // namespace certs
