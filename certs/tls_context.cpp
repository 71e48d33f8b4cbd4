#include "certs/tls_context.hpp"

#include "certs/openssl.hpp"
#include "certs/pair.hpp"

#include <openssl/ssl.h>

#include <array>

namespace certs {
namespace {

// Entra's list for TLS 1.2, in its order; the CBC half only on request.
constexpr auto gcm_suites = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
                            "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384";
constexpr auto cbc_suites = ":ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA384:"
                            "ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES256-SHA384";
constexpr auto suites_13 = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr std::array<unsigned char, 8> session_context = {'r', 'o', 'l', 'l', 'c', 'a', 'l', 'l'};
constexpr long sessions_kept = 10'000;
constexpr long session_seconds = 2 * 60 * 60;

int version_of(const std::string& text)
{
    if (text == "1.2") return TLS1_2_VERSION;
    if (text == "1.3") return TLS1_3_VERSION;
    throw BadCertificate{"TLS version \"" + text + "\": write \"1.2\" or \"1.3\""};
}

// Only HTTP/1.1 is spoken here; a peer that insists on something else learns it in the handshake (RFC 7301).
int choose_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                    unsigned int offered_size, void*)
{
    static constexpr std::array<unsigned char, 9> ours = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    unsigned char* chosen = nullptr;
    const int found =
        SSL_select_next_proto(&chosen, size, ours.data(), static_cast<unsigned>(ours.size()), offered, offered_size);
    if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

void must(bool done, const char* what)
{
    if (!done) throw BadCertificate{std::string{"TLS: "} + what + ": " + openssl_reason()};
}

} // namespace

std::shared_ptr<ssl_ctx_st> make_context(const std::filesystem::path& chain, const std::filesystem::path& key,
                                         const Policy& policy)
{
    const Pair pair = read_pair(chain, key);
    const int lowest = version_of(policy.minimum);
    const int highest = version_of(policy.maximum);
    if (lowest > highest) throw BadCertificate{"TLS: the lowest version is above the highest"};

    const std::shared_ptr<SSL_CTX> made{SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
    must(made != nullptr, "no context");
    SSL_CTX* context = made.get();
    SSL_CTX_set_security_level(context, 2); // whatever this machine's openssl.cnf says
    must(SSL_CTX_set_min_proto_version(context, lowest) == 1 && SSL_CTX_set_max_proto_version(context, highest) == 1,
         "versions");
    // A file from /etc may have switched things off or on; what is not named here is OpenSSL's own default.
    SSL_CTX_clear_options(context, SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_3 | SSL_OP_NO_TICKET |
                                       SSL_OP_ALLOW_CLIENT_RENEGOTIATION | SSL_OP_PRIORITIZE_CHACHA);
    // Many clients close the socket without close_notify; the length of every message is known, so nothing is lost.
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS); // an idle connection gives back its 32 KiB of record buffers
    const std::string suites = policy.cbc_suites ? std::string{gcm_suites} + cbc_suites : gcm_suites;
    must(SSL_CTX_set_cipher_list(context, suites.c_str()) == 1 && SSL_CTX_set_ciphersuites(context, suites_13) == 1,
         "suites");
    must(SSL_CTX_set1_groups_list(context, "X25519:P-256") == 1, "groups");

    // Resumption: stateless tickets, and a bounded cache for TLS 1.2 clients that know only session ids.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
    SSL_CTX_sess_set_cache_size(context, sessions_kept);
    SSL_CTX_set_timeout(context, session_seconds);
    must(SSL_CTX_set_session_id_context(context, session_context.data(), session_context.size()) == 1, "sessions");
    must(SSL_CTX_set_num_tickets(context, 1) == 1, "tickets");
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);

    must(SSL_CTX_use_certificate(context, pair.chain.front().get()) == 1, "certificate");
    for (std::size_t i = 1; i < pair.chain.size(); ++i)
        must(SSL_CTX_add1_chain_cert(context, pair.chain[i].get()) == 1, "intermediate certificate");
    must(SSL_CTX_use_PrivateKey(context, pair.key.get()) == 1, "key");
    return made;
}

core::Instant expiry_of(const std::filesystem::path& chain) { return not_after(*read_chain(chain).front()); }

} // namespace certs
