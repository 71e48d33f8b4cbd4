// The few OpenSSL objects that certs handles, as owning types, and its error queue as text. Private to this room.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace certs {

template<auto Free>
struct Freed {
    template<class T>
    void operator()(T* object) const
    {
        Free(object);
    }
};
using BioPtr = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using CertPtr = std::unique_ptr<X509, Freed<X509_free>>;
using SslPtr = std::unique_ptr<SSL, Freed<SSL_free>>;

// What OpenSSL has to say about the last failure; empties its queue.
std::string openssl_reason();

} // namespace certs
