#include "scim/http/testing/running.hpp"

#include <catch2/catch.hpp>

using namespace scim::http;
using namespace scim::http::testing;

TEST_CASE("a request is answered, over plain HTTP and over TLS")
{
    Running running{GENERATE(false, true)};
    auto peer = running.peer();
    peer.send(get("/echo?filter=a+b&x", "X-Seen: yes\r\n"));
    const auto reply = peer.reply();
    REQUIRE(reply);
    CHECK(reply->status == 200);
    CHECK(reply->body == "GET /echo host=localhost peer=127.0.0.1 ?filter=a b ?x x-seen=yes body=");
    CHECK(reply->field("content-type") == "text/plain");
    CHECK(reply->field("date").has_value());
    CHECK_FALSE(reply->field("connection").has_value());
    CHECK(running.server.count(Count::requests) == 1);
    CHECK(running.server.count(Count::connections) == 1);
    CHECK(running.server.open_connections() == 1);
}

TEST_CASE("a connection is kept for the next request, whatever the last one was")
{
    Running running{GENERATE(false, true)};
    auto peer = running.peer();
    const std::string body(100'000, 'x');
    for (int round = 0; round < 3; ++round) {
        peer.send(post("/echo", "first"));
        CHECK(peer.reply()->body.ends_with("body=first"));
        peer.send(post("/later", body));
        CHECK(peer.reply()->body.ends_with("body=" + body));
        peer.send(get("/refuse"));
        CHECK(peer.reply()->status == 401);
        peer.send(post("/refuse", std::string(60'000, 'y')));
        CHECK(peer.reply()->status == 401);
        peer.send(get("/big?n=300000"));
        CHECK(peer.reply()->body == std::string(300'000, 'b'));
    }
    CHECK(running.server.count(Count::connections) == 1);
}

TEST_CASE("pipelined requests are answered in order, in one piece or byte by byte")
{
    Running running{GENERATE(false, true)};
    auto peer = running.peer();
    std::string requests;
    for (int i = 0; i < 100; ++i)
        requests += i % 3 == 0 ? post("/later", std::to_string(i)) : get("/echo?n=" + std::to_string(i));
    SECTION("in one piece") { peer.send(requests); }
    SECTION("cut anywhere")
    {
        for (std::size_t at = 0; at < requests.size(); at += 7) peer.send(std::string_view{requests}.substr(at, 7));
    }
    for (int i = 0; i < 100; ++i) {
        const auto reply = peer.reply();
        REQUIRE(reply);
        CHECK(reply->body.find(i % 3 == 0 ? "body=" + std::to_string(i) : "?n=" + std::to_string(i) + " body=") !=
              std::string::npos);
    }
}

TEST_CASE("HEAD is answered like GET, without the body")
{
    Running running{GENERATE(false, true)};
    auto peer = running.peer();
    peer.send("HEAD /big?n=20000 HTTP/1.1\r\nHost: a\r\n\r\n" + get("/echo"));
    const auto head = peer.reply(true);
    REQUIRE(head);
    CHECK(head->status == 200);
    CHECK(head->field("content-length") == "20000");
    CHECK(peer.reply()->body.starts_with("GET /echo"));
}

TEST_CASE("a refusal has its body even if the request before it was a HEAD")
{
    Running running{false};
    auto peer = running.peer();
    peer.send("HEAD /echo HTTP/1.1\r\nHost: a\r\n\r\nrubbish\r\n\r\n");
    CHECK(peer.reply(true)->status == 200);
    const auto refusal = peer.reply();
    REQUIRE(refusal);
    CHECK(refusal->status == 400);
    CHECK_FALSE(refusal->body.empty());
    CHECK(peer.rest(soon) == "");
}

TEST_CASE("a chunked body arrives whole, its extensions and trailer dropped")
{
    Running running{GENERATE(false, true)};
    auto peer = running.peer();
    const std::string head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::string body =
        "5;name=\"value\";x\r\nhello\r\n1\r\n \r\nA\r\nworld12345\r\n0\r\nX-Trailer: seen?\r\n\r\n";
    SECTION("in one piece") { peer.send(head + body + get("/echo")); }
    SECTION("byte by byte")
    {
        for (const char c : head + body) peer.send({&c, 1});
        peer.send(get("/echo"));
    }
    CHECK(peer.reply()->body == "POST /echo host=a peer=127.0.0.1 body=hello world12345");
    CHECK(peer.reply()->body.starts_with("GET /echo"));
}

TEST_CASE("100 Continue is sent once the request is admitted, and only if the body is waited for")
{
    Running running{GENERATE(false, true)};
    auto peer = running.peer();
    const std::string fields = "Expect: 100-continue\r\n";
    const auto head_of = [&](const char* target, std::string_view body) {
        const auto whole = post(target, body, fields);
        return whole.substr(0, whole.size() - body.size());
    };
    SECTION("admitted")
    {
        peer.send(head_of("/echo", "hello"));
        CHECK(peer.reply()->status == 100);
        CHECK(peer.says_nothing_for(50ms));
        peer.send("hello");
        CHECK(peer.reply()->body.ends_with("body=hello"));
    }
    SECTION("the body is there already")
    {
        peer.send(post("/echo", "hello", fields));
        CHECK(peer.reply()->status == 200);
    }
    SECTION("refused")
    {
        peer.send(head_of("/refuse", "hello"));
        const auto reply = peer.reply();
        CHECK(reply->status == 401);
        CHECK(reply->field("connection") == "close");
        CHECK(peer.is_closed_within(soon));
    }
    SECTION("too long")
    {
        peer.send(head_of("/small", "hello, world"));
        CHECK(peer.reply()->status == 413);
        CHECK(peer.is_closed_within(soon));
    }
}

TEST_CASE("a client that asks for the end of the connection gets it after the answer")
{
    Running running{GENERATE(false, true)};
    const auto* request = GENERATE(
        "GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET /echo HTTP/1.0\r\nHost: a\r\n\r\n",
        "GET /echo HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", "GET /close HTTP/1.1\r\nHost: a\r\n\r\n");
    auto peer = running.peer();
    peer.send(std::string{request} + get("/probe"));
    const auto reply = peer.reply();
    CHECK(reply->status == 200);
    CHECK(reply->field("connection") == "close");
    CHECK(peer.rest(soon) == "");
    CHECK(running.application.answered().size() == 1);
}

TEST_CASE("a client that closes its side after asking is still answered")
{
    Running running{false};
    auto peer = running.peer();
    peer.send(get("/later"));
    peer.half_close();
    CHECK(peer.reply()->status == 200);
    CHECK(peer.is_closed_within(soon));
}

TEST_CASE("an empty line before a request is forgiven, once")
{
    Running running{false};
    auto peer = running.peer();
    peer.send("\r\n" + get("/echo"));
    CHECK(peer.reply()->status == 200);
    peer.send("\r");
    peer.send("\n" + get("/echo"));
    CHECK(peer.reply()->status == 200);
    peer.send("\r\n\r\n" + get("/echo"));
    CHECK(peer.reply()->status == 400);
    CHECK(peer.is_closed_within(soon));
}

TEST_CASE("an application that throws costs one 500 and no more")
{
    Running running{GENERATE(false, true)};
    const auto* path = GENERATE("/throw", "/throw-admit");
    auto peer = running.peer();
    peer.send(post(path, "hello"));
    const auto reply = peer.reply();
    CHECK(reply->status == 500);
    CHECK(reply->body.find("as the test asked") == std::string::npos);
    CHECK(peer.is_closed_within(soon));
    CHECK(running.is_alive());
    CHECK(running.server.count(Count::parser_exceptions) == 0);
}

TEST_CASE("SEC-08: an answer whose header would be split is not sent")
{
    Running running{GENERATE(false, true)};
    auto peer = running.peer();
    peer.send(post("/split", "c"));
    const auto reply = peer.reply();
    CHECK(reply->status == 500);
    CHECK(reply->head.find("Set-Cookie") == std::string::npos);
    CHECK(reply->head.find("Location") == std::string::npos);
    peer.send(get("/header", "X-V: /a%0d%0ab\r\n"));
    CHECK(peer.reply()->field("location") == "/a%0d%0ab");
}

TEST_CASE("SEC-09: nothing in a request overrides its method or path")
{
    Running running{false};
    auto peer = running.peer();
    peer.send(post("//a/./%2e%2e/b;c?_method=DELETE", "x",
                   "X-HTTP-Method-Override: DELETE\r\nX-HTTP-Method: PUT\r\nX-Original-URL: /other\r\n"));
    const auto reply = peer.reply();
    CHECK(reply->body.starts_with("POST //a/./%2e%2e/b;c host=localhost"));
    peer.send("TRACE /echo HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(peer.reply()->body.starts_with("TRACE /echo"));
    peer.send("FOO /echo HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(peer.reply()->body.starts_with("FOO /echo"));
}

TEST_CASE("a query that breaks the rules reaches the application as such, to be refused in its turn")
{
    Running running{false};
    auto peer = running.peer();
    peer.send(get("/echo?a=1&a=2"));
    CHECK(peer.reply()->body.find("bad-query") != std::string::npos);
}

TEST_CASE("X-Forwarded-For is believed from a trusted proxy alone")
{
    const bool trusted = GENERATE(true, false);
    Running running{false, {}, {trusted ? "127.0.0.0/8" : "10.0.0.1"}};
    auto peer = running.peer();
    peer.send(get("/echo", "X-Forwarded-For: 6.6.6.6, 203.0.113.9\r\nX-Forwarded-For: 127.0.0.3\r\n"));
    CHECK(peer.reply()->body.find(trusted ? " peer=203.0.113.9 " : " peer=127.0.0.1 ") != std::string::npos);
}

TEST_CASE("draining lets requests in flight finish, closes idle connections and takes no new ones")
{
    Running running{GENERATE(false, true)};
    auto idle = running.peer();
    idle.send(get("/echo"));
    CHECK(idle.reply()->status == 200);
    auto busy = running.peer();
    busy.send(get("/never"));
    REQUIRE(eventually([&] { return running.application.holds_answers(); }));

    const auto began = std::chrono::steady_clock::now();
    std::thread draining{[&] { running.server.drain(20s); }};
    CHECK(idle.is_closed_within(soon));
    CHECK(eventually([&] {
        try {
            running.peer();
            return false;
        } catch (const std::runtime_error&) {
            return true;
        }
    }));
    CHECK(
        eventually([&] { return running.server.open_connections() == 1; })); // who was turned away is seen to have gone
    running.application.release();
    const auto reply = busy.reply();
    CHECK(reply->body == "at last");
    CHECK(reply->field("connection") == "close");
    CHECK(busy.is_closed_within(soon));
    draining.join();
    CHECK(running.server.open_connections() == 0);
    CHECK(std::chrono::steady_clock::now() - began < 10s);
}

TEST_CASE("draining ends when its grace is over")
{
    Running running{false};
    auto busy = running.peer();
    busy.send(get("/never"));
    REQUIRE(eventually([&] { return running.application.holds_answers(); }));
    running.server.drain(100ms);
    CHECK(running.server.open_connections() == 1);
}

TEST_CASE("an answer that comes after its connection or its server has gone is dropped")
{
    Application application;
    {
        Options options;
        options.port = 0;
        options.threads = 1;
        Server server{options, application, {}};
        server.start();
        Peer peer{server.port(), false};
        peer.send(get("/never"));
        REQUIRE(eventually([&] { return application.holds_answers(); }));
        Peer other{server.port(), false};
        other.send(get("/never"));
        REQUIRE(eventually([&] { return application.answered().size() == 2; }));
    }
    application.release();
    CHECK_FALSE(application.holds_answers());
}

TEST_CASE("an address that cannot be bound is said so")
{
    Application application;
    Options options;
    options.port = 0;
    Server first{options, application, {}};
    options.port = first.port();
    CHECK_THROWS_AS(Server(options, application, {}), std::system_error);
    options.trusted_proxies = {"proxy.example"};
    CHECK_THROWS_AS(Server(options, application, {}), std::invalid_argument);
}
