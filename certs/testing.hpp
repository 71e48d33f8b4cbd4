// For the tests of this room: a folder of their own, pairs of every kind, and handshakes in memory.
#pragma once

#include "certs/issue.hpp"
#include "certs/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <fstream>
#include <stdexcept>
#include <stdlib.h>
#include <string>

namespace certs::testing {

class Folder {
public:
    Folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "rollcall-certs-XXXXXX").string();
        if (!mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
        path = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    std::filesystem::path operator/(const char* name) const { return path / name; }
    std::filesystem::path path;
};

inline void put(const std::filesystem::path& file, const std::string& text)
{
    const auto next = file.string() + ".next";
    std::ofstream{next, std::ios::binary} << text;
    std::filesystem::rename(next, file);
}

inline std::string text_of(const std::filesystem::path& file)
{
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

struct Pem {
    std::string chain;
    std::string key;
};

inline KeyPtr ec_key(const char* curve = "P-256") { return KeyPtr{EVP_EC_gen(curve)}; }
inline KeyPtr rsa_key(unsigned bits) { return KeyPtr{EVP_RSA_gen(bits)}; }

inline Wish a_wish()
{
    const auto now = std::chrono::system_clock::now();
    return {.common_name = "localhost",
            .from = now - std::chrono::hours{1},
            .until = now + std::chrono::hours{24},
            .authority = false,
            .alternative_names = "DNS:localhost"};
}

inline Pem self_signed(const KeyPtr& key, const Wish& wish = a_wish())
{
    return {to_pem(*issue(wish, *key, nullptr, *key)), to_pem(*key)};
}

// What the client saw; `suite` empty: the handshake failed.
struct Handshake {
    std::string suite;
    std::string version;
    std::string group;
    std::string protocol;
    std::string serial;
    bool reused = false;
    bool compressed = false;
    std::shared_ptr<SSL_SESSION> session = {};
};

struct Client {
    int version = 0;         // 0: any
    std::string suites = {}; // TLS 1.2; empty: OpenSSL's own
    std::string groups = {}; // empty: OpenSSL's own
    std::string alpn = {};   // in wire form
    bool tickets = true;
    std::shared_ptr<SSL_SESSION> session = {};
};

// A whole handshake and one byte each way over a pair of BIOs in memory.
inline Handshake shake(SSL_CTX& server_context, const Client& wish = {})
{
    const std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>> context{SSL_CTX_new(TLS_client_method())};
    SSL_CTX_set_security_level(context.get(), 0); // the server is on trial, not this client
    SSL_CTX_set_min_proto_version(context.get(), wish.version);
    SSL_CTX_set_max_proto_version(context.get(), wish.version);
    if (!wish.tickets) SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET);
    if (!wish.suites.empty() && SSL_CTX_set_cipher_list(context.get(), wish.suites.c_str()) != 1)
        throw std::runtime_error("unknown suite " + wish.suites);
    if (!wish.groups.empty() && SSL_CTX_set1_groups_list(context.get(), wish.groups.c_str()) != 1)
        throw std::runtime_error("unknown groups " + wish.groups);
    const SslPtr client{SSL_new(context.get())};
    const SslPtr server{SSL_new(&server_context)};
    BIO* near = nullptr;
    BIO* far = nullptr;
    BIO_new_bio_pair(&near, 1 << 16, &far, 1 << 16);
    SSL_set_bio(client.get(), near, near);
    SSL_set_bio(server.get(), far, far);
    SSL_set_connect_state(client.get());
    SSL_set_accept_state(server.get());
    if (!wish.alpn.empty())
        SSL_set_alpn_protos(client.get(), reinterpret_cast<const unsigned char*>(wish.alpn.data()),
                            static_cast<unsigned>(wish.alpn.size()));
    if (wish.session) SSL_set_session(client.get(), wish.session.get());
    for (int i = 0; i < 10; ++i) {
        SSL_do_handshake(client.get());
        SSL_do_handshake(server.get());
    }
    ERR_clear_error();
    if (!SSL_is_init_finished(client.get()) || !SSL_is_init_finished(server.get())) return {};
    char byte = 'x';
    SSL_write(server.get(), &byte, 1);
    SSL_read(client.get(), &byte, 1); // takes the tickets of TLS 1.3
    const unsigned char* protocol = nullptr;
    unsigned protocol_size = 0;
    SSL_get0_alpn_selected(client.get(), &protocol, &protocol_size);
    const std::unique_ptr<BIGNUM, Freed<BN_free>> serial{
        ASN1_INTEGER_to_BN(X509_get0_serialNumber(SSL_get0_peer_certificate(client.get())), nullptr)};
    char* hex = BN_bn2hex(serial.get());
    Handshake seen{.suite = SSL_get_cipher_name(client.get()),
                   .version = SSL_get_version(client.get()),
                   .group = OBJ_nid2sn(static_cast<int>(SSL_get_negotiated_group(client.get()))),
                   .protocol = {reinterpret_cast<const char*>(protocol), protocol_size},
                   .serial = hex,
                   .reused = SSL_session_reused(client.get()) == 1,
                   .compressed = SSL_get_current_compression(client.get()) != nullptr,
                   .session = {SSL_get1_session(client.get()), SSL_SESSION_free}};
    OPENSSL_free(hex);
    SSL_shutdown(client.get()); // without it OpenSSL takes the session for broken
    SSL_shutdown(server.get());
    return seen;
}

} // namespace certs::testing
