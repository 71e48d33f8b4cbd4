// Answers that are made while they are sent.
#include "scim/http/testing/running.hpp"

#include <catch2/catch.hpp>

using namespace scim::http;
using namespace scim::http::testing;

namespace {

std::string pieces(std::size_t count)
{
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all.append(50'000, static_cast<char>('a' + i % 26));
    return all;
}

Limits hurried()
{
    Limits limits;
    limits.write_time = 500ms;
    return limits;
}

} // namespace

TEST_CASE("an answer in pieces arrives chunked and whole, and the connection goes on")
{
    Running running{GENERATE(false, true)};
    auto peer = running.peer();
    peer.send(get("/pieces?n=40") + get("/pieces?n=2") + get("/echo", "Connection: close\r\n"));
    for (const std::size_t count : {40U, 2U}) {
        const auto head = peer.reply();
        REQUIRE(head);
        CHECK(head->status == 200);
        CHECK(head->field("transfer-encoding") == "chunked");
        CHECK_FALSE(head->field("content-length"));
        CHECK(head->field("content-type") == "text/plain");
        CHECK(peer.chunked() == pieces(count));
    }
    CHECK(peer.reply()->body.starts_with("GET /echo"));
    CHECK(running.application.pieces_made() == 40 - 1 + 2 - 1);
    CHECK(eventually([&] { return running.application.sources_alive() == 0; }));
    CHECK(running.server.count(Count::broken_answers) == 0);
}

TEST_CASE("HTTP/1.0 gets the pieces as they are, and the end with the connection's")
{
    Running running{GENERATE(false, true)};
    auto peer = running.peer();
    peer.send("GET /pieces?n=5 HTTP/1.0\r\nHost: a\r\n\r\n");
    const auto head = peer.reply();
    REQUIRE(head);
    CHECK_FALSE(head->field("transfer-encoding"));
    CHECK_FALSE(head->field("content-length"));
    CHECK(head->field("connection") == "close");
    CHECK(peer.rest(10s) == pieces(5));
    CHECK(peer.was_told_goodbye() == running.tls);
    CHECK(running.server.count(Count::broken_answers) == 0);
}

TEST_CASE("HEAD asks for no piece")
{
    Running running{GENERATE(false, true)};
    auto peer = running.peer();
    peer.send("HEAD /pieces?n=5 HTTP/1.1\r\nHost: a\r\n\r\n" + get("/echo"));
    CHECK(peer.reply(true)->status == 200);
    CHECK(peer.reply()->body.starts_with("GET /echo"));
    CHECK(running.application.pieces_made() == 0);
    CHECK(eventually([&] { return running.application.sources_alive() == 0; }));
}

TEST_CASE("an answer that breaks off is seen to be broken")
{
    Running running{GENERATE(false, true)};
    auto peer = running.peer();
    const bool chunked = GENERATE(true, false);
    peer.send(chunked ? get("/pieces?n=5&broken=3") : "GET /pieces?n=5&broken=3 HTTP/1.0\r\nHost: a\r\n\r\n");
    REQUIRE(peer.reply());
    if (chunked) CHECK_FALSE(peer.chunked());
    const auto rest = peer.rest(10s);
    REQUIRE(rest);
    CHECK(rest->size() < 5 * 50'000);
    CHECK(peer.was_cut_off());
    CHECK(running.server.count(Count::broken_answers) == 1);
    CHECK(eventually([&] { return running.application.sources_alive() == 0; }));
    CHECK(running.is_alive());
}

TEST_CASE("nothing is made before the socket takes it, and a reader who is too slow is cut off in time")
{
    Running running{GENERATE(false, true), hurried()};
    auto peer = running.peer();
    peer.send(get("/pieces?n=10000")); // 500 MB
    REQUIRE(peer.reply());
    // Nobody reads on: what is made is what the two socket buffers hold, a few MiB.
    CHECK(eventually([&] { return running.server.count(Count::broken_answers) == 1; }, 10s));
    CHECK(running.application.pieces_made() < 1000);
    CHECK(running.server.count(Count::write_time) == 1);
    CHECK(eventually([&] { return running.application.sources_alive() == 0; }));
    CHECK(running.is_alive());
}

TEST_CASE("a peer that goes away in the middle leaves nothing behind")
{
    Running running{GENERATE(false, true)};
    {
        auto peer = running.peer();
        peer.send(get("/pieces?n=10000"));
        REQUIRE(peer.reply());
    }
    CHECK(eventually([&] { return running.server.open_connections() == 0; }, 10s));
    CHECK(eventually([&] { return running.application.sources_alive() == 0; }));
    CHECK(running.server.count(Count::broken_answers) == 1);
}
