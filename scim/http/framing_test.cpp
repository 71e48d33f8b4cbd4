#include "scim/http/testing/running.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace scim::http;
using namespace scim::http::testing;
using namespace std::string_view_literals;

namespace {

struct Case {
    std::string_view request;
    int status;
};

constexpr std::string_view chunked_head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

// Whole requests as bytes. Each is refused with the status, and the connection ends with that answer.
const std::vector<Case> refused{
    // two lengths, or none
    {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\nhello", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 6\r\n\r\nhello", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\nhello", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\nhello", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5 5\r\n\r\nhello", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\nhello", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: five\r\n\r\nhello", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551621\r\n\r\nhello", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\n\r\n", 411},
    {"PUT /echo HTTP/1.1\r\nHost: a\r\n\r\n", 411},
    {"PATCH /echo HTTP/1.1\r\nHost: a\r\n\r\n", 411},
    // transfer codings
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\nhello", 501},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\nhello", 501},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501},
    {"GET /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n0\r\n\r\n", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0b"
     "chunked\r\n\r\n0\r\n\r\n",
     400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400},
    {"POST /echo HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    // chunks
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\nhello\r\n0\r\n\r\n", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n",
     400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=\"\r\nhello\r\n0\r\n\r\n", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0;a=\"\r\n\r\n", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;\r\nhello\r\n0\r\n\r\n", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n",
     400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nHost: b\r\n\r\n", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nAuthorization: b\r\n\r\n", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nno colon\r\n\r\n", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n", 413},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\nhello\r\n0\r\n\r\n", 413},
    // who and where
    {"GET /echo HTTP/1.1\r\n\r\n", 400},
    {"GET /echo HTTP/1.0\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost:\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\nAuthorization: Bearer y\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: a\r\nIf-Match: \"x\"\r\nIf-Match: \"y\"\r\n\r\n", 400},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Type: a/b\r\nContent-Type: c/d\r\n\r\n", 400},
    {"GET http://a/echo HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET https://b/echo HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET echo HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /echo#x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /echo\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /echo\0 HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"GET /echo\x7f HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    // the request line
    {"GET  /echo HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /echo  HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET\t/echo HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {" GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /echo HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
    {"GET /echo\r\nHost: a\r\n\r\n", 400},
    {"GET /echo http/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /echo HTTP/1.10\r\nHost: a\r\n\r\n", 400},
    {"GET /echo HTTP/11\r\nHost: a\r\n\r\n", 400},
    {"GET /echo HTTP/1.2\r\nHost: a\r\n\r\n", 505},
    {"GET /echo HTTP/0.9\r\nHost: a\r\n\r\n", 505},
    {"GET /echo HTTP/2.0\r\nHost: a\r\n\r\n", 505},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
    {"G(T /echo HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG /echo HTTP/1.1\r\nHost: a\r\n\r\n", 501},
    {"\x16\x03\x01\x02\r\n\r\n", 400},
    // lines
    {"GET /echo HTTP/1.1\nHost: a\n\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: a\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"sv, 400},
    {"GET /echo HTTP/1.1\r\nHost: a\r\nX: a\x7f\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: a\r\nX: a\r\n folded\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\n Host: a\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: a\r\n: empty\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: a\r\nX Y: z\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: a\r\nX\xc3\xa4: z\r\n\r\n", 400},
    // expectations
    {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 200-ok\r\n\r\nhello", 417},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue, x\r\n\r\nhello", 417},
};

} // namespace

TEST_CASE("SEC-02: a request that two readers could frame differently is refused, and nothing after it is answered")
{
    REQUIRE(refused.size() >= 60);
    const bool tls = GENERATE(false, true);
    Running running{tls};
    for (const auto& [request, status] : refused) {
        INFO((tls ? "TLS: " : "plain: ") << request);
        auto peer = running.peer();
        peer.send(std::string{request} + get("/probe"));
        const auto reply = peer.reply();
        REQUIRE(reply);
        CHECK(reply->status == status);
        CHECK(reply->field("connection") == "close");
        CHECK_FALSE(reply->body.empty());
        CHECK(peer.rest(soon) == "");
    }
    CHECK(running.application.answered().empty());
    CHECK(running.server.count(Count::parser_exceptions) == 0);
    CHECK(running.server.count(Count::framing) + running.server.count(Count::body_bytes) == refused.size());
    CHECK(running.is_alive());
}

TEST_CASE("SEC-02: what is refused in one piece is refused byte by byte")
{
    Running running{false};
    for (const auto& [request, status] : refused) {
        INFO(request);
        auto peer = running.peer();
        for (const char c : std::string{request} + get("/probe"))
            if (!peer.send({&c, 1})) break;
        const auto reply = peer.reply();
        REQUIRE(reply);
        CHECK(reply->status == status);
        CHECK(peer.rest(soon) == "");
    }
    CHECK(running.application.answered().empty());
}

TEST_CASE("SEC-02: requests that are merely unusual are answered")
{
    const std::vector<std::string_view> accepted{
        "GET /echo HTTP/1.1\r\nHOST:a\r\n\r\n",
        "GET /echo HTTP/1.1\r\nHost:\t a \t\r\n\r\n",
        "GET /echo HTTP/1.1\r\nHost: a\r\nX: \xc3\xa4\r\nY:\r\n\r\n",
        "GET /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
        "DELETE /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 05\r\n\r\nhello",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0005\r\nhello\r\n000\r\n\r\n",
        "GET /echo HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        "GET /echo?f=[\"a\"]{|}<>\\^` HTTP/1.1\r\nHost: a\r\n\r\n",
        "get /echo HTTP/1.1\r\nHost: a\r\n\r\n",
    };
    Running running{false};
    for (const auto request : accepted) {
        INFO(request);
        auto peer = running.peer();
        peer.send(std::string{request} + get("/probe"));
        CHECK(peer.reply()->status == 200);
        CHECK(peer.reply()->body.starts_with("GET /probe"));
    }
    Running with_tls{true}; // where every record is read by itself
    for (const auto request : accepted) {
        INFO("byte by byte: " << request);
        auto peer = with_tls.peer();
        for (const char c : std::string{request} + get("/probe")) peer.send({&c, 1});
        const auto reply = peer.reply();
        REQUIRE(reply);
        CHECK(reply->status == 200);
        CHECK(peer.reply()->body.starts_with("GET /probe"));
    }
}

namespace {

// F1: what ends a server that lets Beast's parser loose on a trailer.
std::string bomb(int kind)
{
    std::string bytes{chunked_head};
    bytes += "0\r\n";
    if (kind == 0) bytes += "X: " + std::string(100'000, 'v') + "\r\n";
    if (kind == 1) bytes += std::string(100'000, 'N') + ": v\r\n";
    if (kind == 2)
        for (int i = 0; i < 20'000; ++i) bytes += "a: b\r\n";
    return bytes + "\r\n" + get("/probe");
}

} // namespace

TEST_CASE("SEC-01: a trailer bomb costs its sender the connection and nobody else anything")
{
    const bool tls = GENERATE(false, true);
    Running running{tls};
    REQUIRE(running.is_alive());
    REQUIRE(eventually([&] { return running.server.open_connections() == 0; }));
    const auto before = open_descriptors();
    const auto memory_before = resident_bytes();
    const std::string bombs[] = {bomb(0), bomb(1), bomb(2)};
    for (int round = 0; round < 1000; ++round) {
        auto peer = running.peer();
        peer.send(bombs[round % 3]);
        const auto began = std::chrono::steady_clock::now();
        const auto said = peer.rest(2 * soon);
        INFO("round " << round);
        REQUIRE(said);
        REQUIRE(std::chrono::steady_clock::now() - began < soon);
        REQUIRE((said->empty() || said->starts_with("HTTP/1.1 400")));
    }
    CHECK(running.is_alive());
    CHECK(running.server.count(Count::parser_exceptions) == 0);
    CHECK(running.server.count(Count::read_buffer_bytes) == 1000);
    CHECK(running.application.answered() == std::vector<std::string>{"/echo", "/echo"});
    CHECK(eventually([&] { return open_descriptors() <= before; }));
#ifndef __SANITIZE_ADDRESS__ // which keeps what is freed
    CHECK(resident_bytes() <= memory_before + 8 * 1024 * 1024);
#else
    CHECK(memory_before > 0);
#endif
}
