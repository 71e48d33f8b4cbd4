#include "scim/http/testing/running.hpp"

#include <catch2/catch.hpp>
#include <openssl/x509.h>

using namespace scim::http;
using namespace scim::http::testing;

namespace {

struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using Context = std::unique_ptr<SSL_CTX, Free>;
using Session = std::unique_ptr<SSL_SESSION, Free>;

Context client(int version)
{
    Context context{SSL_CTX_new(TLS_client_method())};
    SSL_CTX_set_min_proto_version(context.get(), version);
    SSL_CTX_set_max_proto_version(context.get(), version);
    return context;
}

} // namespace

TEST_CASE("SEC-07: renegotiation is refused and the server lives")
{
    Running running{true};
    const auto context = client(TLS1_2_VERSION);
    Peer peer{running.server.port(), true, context.get()};
    peer.send(get("/echo"));
    CHECK(peer.reply()->status == 200);
    SSL_renegotiate(peer.ssl());
    CHECK(SSL_do_handshake(peer.ssl()) != 1);
    CHECK(running.is_alive());
}

TEST_CASE("SEC-07: early data is neither offered nor read; the session itself is resumed")
{
    Running running{true};
    const auto context = client(TLS1_3_VERSION);
    Session session;
    {
        Peer first{running.server.port(), true, context.get()};
        first.send(get("/echo"));
        CHECK(first.reply()->status == 200);
        session.reset(SSL_get1_session(first.ssl()));
        SSL_set_shutdown(first.ssl(), SSL_SENT_SHUTDOWN); // or OpenSSL would forget the session with the connection
    }
    REQUIRE(SSL_SESSION_is_resumable(session.get()) == 1);
    CHECK(SSL_SESSION_get_max_early_data(session.get()) == 0);
    {
        Peer again{running.server.port(), true, context.get(), session.get()};
        REQUIRE(SSL_connect(again.ssl()) == 1);
        CHECK(SSL_session_reused(again.ssl()) == 1);
        again.send(get("/echo"));
        CHECK(again.reply()->status == 200);
        session.reset(SSL_get1_session(again.ssl()));
        SSL_set_shutdown(again.ssl(), SSL_SENT_SHUTDOWN);
    }
    // A client that sends it all the same.
    SSL_SESSION_set_max_early_data(session.get(), 16384);
    Peer eager{running.server.port(), true, context.get(), session.get()};
    const auto early = get("/early");
    std::size_t written = 0;
    if (SSL_write_early_data(eager.ssl(), early.data(), early.size(), &written) == 1) SSL_connect(eager.ssl());
    CHECK(SSL_get_early_data_status(eager.ssl()) != SSL_EARLY_DATA_ACCEPTED);
    const auto answered = running.application.answered();
    CHECK(std::find(answered.begin(), answered.end(), "/early") == answered.end());
    CHECK(running.is_alive());
}

TEST_CASE("SEC-07: what is no TLS is closed at once")
{
    Running running{true};
    const bool after_handshake = GENERATE(true, false);
    const std::string bytes = GENERATE(get("/echo"), std::string{"\x17\x03\x03\xff\xff"} + std::string(70'000, 'x'),
                                       std::string{"\x16\x03\x01\xff\xff\x01"} + std::string(70'000, 'x'),
                                       std::string(100, '\0'), std::string(100, '\x80'));
    INFO("after the handshake: " << after_handshake << ", first byte " << static_cast<int>(bytes[0]));
    Peer peer{running.server.port(), after_handshake};
    peer.send_raw(bytes);
    CHECK(peer.is_closed_within(soon));
    CHECK(eventually([&] { return running.server.open_connections() == 0; }, soon));
    if (!after_handshake) CHECK(running.server.count(Count::tls_failed) == 1);
    CHECK(running.application.answered().empty());
    CHECK(running.is_alive());
}

TEST_CASE("SEC-07: a connection that ends without saying so is an end like any other")
{
    Running running{true};
    const auto before = open_descriptors();
    for (const auto* sent : {"", "GET /ec", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhell"}) {
        Peer peer{running.server.port(), true};
        if (*sent != '\0') peer.send(sent);
        peer.half_close();
        CHECK(peer.is_closed_within(soon));
    }
    CHECK(running.application.answered().empty());
    CHECK(running.server.count(Count::tls_failed) == 0);
    CHECK(eventually([&] { return open_descriptors() <= before; }));
    CHECK(running.is_alive());
}

TEST_CASE("the context is asked for anew with each connection")
{
    Application application;
    const std::shared_ptr<SSL_CTX> contexts[] = {self_signed(), self_signed()};
    std::atomic<int> current{0};
    Options options;
    options.port = 0;
    Server server{options, application, [&] { return contexts[current]; }};
    server.start();
    const auto certificate = [](const Peer& peer) {
        X509* shown = SSL_get0_peer_certificate(peer.ssl());
        return std::string{reinterpret_cast<const char*>(X509_get0_pubkey_bitstr(shown)->data), 65};
    };
    Peer old{server.port(), true};
    const auto first = certificate(old);
    current = 1;
    Peer fresh{server.port(), true};
    CHECK(certificate(fresh) != first);
    old.send(get("/echo"));
    CHECK(old.reply()->status == 200);
}

TEST_CASE("a source without a context costs the connection alone")
{
    Application application;
    Options options;
    options.port = 0;
    Server server{options, application, []() -> std::shared_ptr<SSL_CTX> { return nullptr; }};
    server.start();
    Peer peer{server.port(), false};
    CHECK(peer.is_closed_within(soon));
    CHECK(server.open_connections() == 0);
}
