#include "core/base/log.hpp"
#include "scim/http/seats.hpp"
#include "scim/http/testing/running.hpp"

#include <catch2/catch.hpp>

#include <deque>
#include <sys/resource.h>
#include <unistd.h>

using namespace scim::http;
using namespace scim::http::testing;

namespace {

struct Answer {
    int status;
    std::uint64_t counted;
    bool closed;
};

// Sends the bytes on a connection of their own: what comes back, and by how much the counter has grown.
Answer ask(Running& running, const std::string& bytes, Count count)
{
    const auto before = running.server.count(count);
    auto peer = running.peer();
    peer.send(bytes);
    const auto reply = peer.reply();
    if (!reply) return {0, 0, true};
    const bool closes = reply->field("connection") == "close";
    if (closes) CHECK(peer.is_closed_within(soon));
    return {reply->status, running.server.count(count) - before, closes};
}

void check_refused(const Answer& answer, int status)
{
    CHECK(answer.status == status);
    CHECK(answer.counted == 1);
    CHECK(answer.closed);
}

void check_passed(const Answer& answer)
{
    CHECK(answer.status == 200);
    CHECK(answer.counted == 0);
    CHECK_FALSE(answer.closed);
}

std::string filled_to(std::string head, std::size_t bytes, const std::string& tail)
{
    head.append(bytes - head.size() - tail.size(), 'x');
    return head + tail;
}

const std::string chunked_head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

// What has 300 ms is over within a second more.
constexpr auto short_time = 300ms;
constexpr auto in_time = short_time + soon;

} // namespace

TEST_CASE("a header section of 16 KiB is read, one byte more is 431")
{
    Running running{GENERATE(false, true)};
    const auto of = [](std::size_t bytes) {
        return filled_to("GET /echo HTTP/1.1\r\nHost: a\r\nX: ", bytes, "\r\n\r\n");
    };
    check_passed(ask(running, of(16 * 1024 - 1), Count::header_bytes));
    check_passed(ask(running, of(16 * 1024), Count::header_bytes));
    check_refused(ask(running, of(16 * 1024 + 1), Count::header_bytes), 431);
    check_refused(ask(running, of(1024 * 1024), Count::header_bytes), 431);
}

TEST_CASE("a header limit beyond the read buffer ends with the buffer")
{
    Limits limits;
    limits.header_bytes = 100 * 1024;
    Running running{false, limits};
    const auto of = [](std::size_t bytes) {
        return filled_to("GET /echo HTTP/1.1\r\nHost: a\r\nX: ", bytes, "\r\n\r\n");
    };
    check_passed(ask(running, of(32 * 1024), Count::header_bytes));
    check_refused(ask(running, of(32 * 1024 + 1), Count::header_bytes), 431);
}

TEST_CASE("64 fields are read, one more is 431")
{
    Running running{false};
    const auto of = [](int fields) {
        std::string others;
        for (int i = 1; i < fields; ++i) others += "X: y\r\n";
        return get("/echo", others);
    };
    check_passed(ask(running, of(63), Count::header_fields));
    check_passed(ask(running, of(64), Count::header_fields));
    check_refused(ask(running, of(65), Count::header_fields), 431);
}

TEST_CASE("a target of 8 KiB is read, one byte more is 414")
{
    Running running{false};
    const auto of = [](std::size_t bytes) { return get(filled_to("/", bytes, "")); };
    check_passed(ask(running, of(8 * 1024 - 1), Count::target_bytes));
    check_passed(ask(running, of(8 * 1024), Count::target_bytes));
    check_refused(ask(running, of(8 * 1024 + 1), Count::target_bytes), 414);
    check_refused(ask(running, of(20 * 1024), Count::target_bytes), 414);
}

TEST_CASE("the body's cap is the route's: ten bytes are read, one more is 413 with the route's words")
{
    Running running{GENERATE(false, true)};
    check_passed(ask(running, post("/small", std::string(9, 'x')), Count::body_bytes));
    check_passed(ask(running, post("/small", std::string(10, 'x')), Count::body_bytes));
    check_refused(ask(running, post("/small", std::string(11, 'x')), Count::body_bytes), 413);
    check_refused(ask(running, post("/small", std::string(200'000, 'x')), Count::body_bytes), 413);
    const std::string head = "POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    check_passed(ask(running, head + "5\r\nhello\r\n4\r\nworl\r\n0\r\n\r\n", Count::body_bytes));
    check_passed(ask(running, head + "5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n", Count::body_bytes));
    check_refused(ask(running, head + "5\r\nhello\r\n6\r\nworld!\r\n0\r\n\r\n", Count::body_bytes), 413);

    auto peer = running.peer();
    peer.send(post("/small", std::string(11, 'x')));
    CHECK(peer.reply()->body == "ten bytes are enough");
}

TEST_CASE("a body of 1 MiB is read, one byte more is 413")
{
    Running running{false};
    check_passed(ask(running, post("/echo", std::string(1024 * 1024, 'x')), Count::body_bytes));
    check_refused(ask(running, post("/echo", std::string(1024 * 1024 + 1, 'x')), Count::body_bytes), 413);
}

TEST_CASE("chunks may cost 64 KiB beyond the body's cap, one byte more is 413")
{
    Running running{false};
    const std::string head = "POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    const auto of = [&](std::size_t bytes) {
        std::string body;
        const std::string tail = "0\r\n\r\n";
        const std::size_t wanted = bytes - head.size() - tail.size();
        // 12 KiB an extension, each well below the read buffer; the last one fits to the byte.
        while (wanted - body.size() > 24 * 1024) body += filled_to("1;", 12 * 1024, "\r\nx\r\n");
        body += filled_to("1;", wanted - body.size(), "\r\nx\r\n");
        return head + body + tail;
    };
    const std::size_t most = 10 + 64 * 1024;
    check_passed(ask(running, of(most - 1), Count::raw_bytes));
    check_passed(ask(running, of(most), Count::raw_bytes));
    check_refused(ask(running, of(most + 1), Count::raw_bytes), 413);
}

TEST_CASE("a trailer must fit into the read buffer of 32 KiB, one byte more is 400")
{
    Running running{false};
    const auto of = [](std::size_t bytes) { return chunked_head + filled_to("0\r\nX: ", bytes, "\r\n\r\n"); };
    // Beast takes the field's value in one piece, and the whole trailer has to be in the buffer.
    check_passed(ask(running, of(32 * 1024 - 1), Count::read_buffer_bytes));
    check_passed(ask(running, of(32 * 1024), Count::read_buffer_bytes));
    check_refused(ask(running, of(32 * 1024 + 1), Count::read_buffer_bytes), 400);
}

TEST_CASE("a header that does not arrive is 408 if it has begun, and just the end if it has not")
{
    Limits limits;
    limits.header_time = short_time;
    Running running{GENERATE(false, true), limits};
    SECTION("begun")
    {
        auto peer = running.peer();
        peer.send("GET /echo HT");
        const auto reply = peer.reply(false, in_time);
        REQUIRE(reply);
        CHECK(reply->status == 408);
        CHECK(peer.is_closed_within(soon));
        CHECK(running.server.count(Count::header_time) == 1);
    }
    SECTION("dripping")
    {
        auto peer = running.peer();
        const auto began = std::chrono::steady_clock::now();
        while (peer.says_nothing_for(20ms) && std::chrono::steady_clock::now() - began < 10s) peer.send("X");
        CHECK(peer.reply()->status == 408);
        CHECK(std::chrono::steady_clock::now() - began < in_time);
    }
    SECTION("begun in the second request")
    {
        auto peer = running.peer();
        peer.send(get("/echo"));
        CHECK(peer.reply()->status == 200);
        peer.send("G");
        CHECK(peer.reply(false, in_time)->status == 408);
    }
    SECTION("not begun")
    {
        auto peer = running.peer();
        CHECK(peer.rest(in_time) == "");
        CHECK(running.server.count(Count::idle_time) == 1);
    }
}

TEST_CASE("a body that does not arrive is 408")
{
    Limits limits;
    limits.body_time = short_time;
    Running running{GENERATE(false, true), limits};
    const std::string begun = GENERATE("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhell",
                                       "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n",
                                       "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhell");
    auto peer = running.peer();
    peer.send(begun);
    const auto reply = peer.reply(false, in_time);
    REQUIRE(reply);
    CHECK(reply->status == 408);
    CHECK(peer.is_closed_within(soon));
    CHECK(running.server.count(Count::body_time) == 1);
    CHECK(running.application.answered().empty());
}

TEST_CASE("the body of a refused request is not waited for longer than any other")
{
    Limits limits;
    limits.body_time = short_time;
    Running running{false, limits};
    auto peer = running.peer();
    peer.send("POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhell");
    CHECK(peer.reply()->status == 401);
    CHECK(peer.rest(in_time) == "");
    CHECK(running.server.count(Count::body_time) == 1);
}

TEST_CASE("a connection that asks nothing more is closed")
{
    Limits limits;
    limits.idle_time = short_time;
    Running running{GENERATE(false, true), limits};
    auto peer = running.peer();
    peer.send(get("/echo"));
    CHECK(peer.reply()->status == 200);
    CHECK(peer.rest(in_time) == "");
    CHECK(running.server.count(Count::idle_time) == 1);
}

TEST_CASE("a client that does not read its answer is left")
{
    Limits limits;
    limits.write_time = short_time;
    Running running{GENERATE(false, true), limits};
    auto peer = running.peer();
    peer.send(get("/big?n=50000000"));
    CHECK(eventually([&] { return running.server.count(Count::write_time) == 1; }, in_time + soon));
    CHECK(eventually([&] { return running.server.open_connections() == 0; }));
}

TEST_CASE("a handshake that does not come is the end")
{
    Limits limits;
    limits.handshake_time = short_time;
    Running running{true, limits};
    Peer peer{running.server.port(), false};
    peer.send_raw("\x16\x03\x01");
    CHECK(peer.is_closed_within(in_time));
    CHECK(running.server.count(Count::handshake_time) == 1);
    CHECK(running.is_alive());
}

TEST_CASE("an answer that does not come is 503, and what comes later is dropped")
{
    Limits limits;
    limits.handler_time = short_time;
    Running running{GENERATE(false, true), limits};
    auto peer = running.peer();
    peer.send(get("/never"));
    const auto reply = peer.reply(false, in_time);
    REQUIRE(reply);
    CHECK(reply->status == 503);
    CHECK(running.server.count(Count::handler_time) == 1);
    running.application.release();
    peer.send(get("/echo"));
    CHECK(peer.reply()->body.starts_with("GET /echo"));
}

TEST_CASE("seats are limited in all, by address and for those not yet known, and are given back")
{
    Limits limits;
    limits.connections = 5;
    limits.connections_per_address = 2;
    limits.connections_unauthenticated = 3;
    Seats seats{limits};
    std::deque<Seat> taken;
    const auto take = [&](const char* address, bool proxy = false) -> std::optional<Count> {
        auto seat = seats.take(address, proxy);
        if (!seat) return seat.error();
        taken.push_back(std::move(*seat));
        return std::nullopt;
    };
    CHECK_FALSE(take("a"));
    CHECK_FALSE(take("a"));
    CHECK(take("a") == Count::connections_per_address);
    CHECK_FALSE(take("b"));
    CHECK(take("c") == Count::connections_unauthenticated);
    taken[0].becomes_known();
    taken[0].becomes_known();
    CHECK_FALSE(take("p", true));
    taken[1].becomes_known();
    CHECK_FALSE(take("p", true));
    CHECK(seats.taken() == 5);
    CHECK(take("d") == Count::connections_limit);
    taken[2].becomes_known();
    taken.pop_front();
    CHECK_FALSE(take("a"));
    taken.clear();
    CHECK(seats.taken() == 0);
    CHECK(seats.wait_until_empty(0ms));
    for (int i = 0; i < 2; ++i) CHECK_FALSE(take("a"));
    CHECK_FALSE(seats.wait_until_empty(1ms));
}

TEST_CASE("a connection beyond a limit is accepted, closed and counted; the next after one ends is served")
{
    Limits limits;
    const auto count =
        GENERATE(Count::connections_limit, Count::connections_per_address, Count::connections_unauthenticated);
    if (count == Count::connections_limit) limits.connections = 3;
    if (count == Count::connections_per_address) limits.connections_per_address = 3;
    if (count == Count::connections_unauthenticated) limits.connections_unauthenticated = 3;
    Running running{false, limits};
    std::deque<Peer> peers;
    for (int i = 0; i < 3; ++i) {
        peers.push_back(running.peer());
        peers.back().send(get("/echo"));
        CHECK(peers.back().reply()->status == 200);
    }
    CHECK(running.server.count(count) == 0);
    auto excess = running.peer();
    CHECK(excess.is_closed_within(soon));
    CHECK(running.server.count(count) == 1);
    if (count == Count::connections_unauthenticated) {
        peers.front().send(get("/known"));
        CHECK(peers.front().reply()->status == 200);
    } else {
        peers.pop_front();
        REQUIRE(eventually([&] { return running.server.open_connections() == 2; }));
    }
    CHECK(running.is_alive());
}

TEST_CASE("without descriptors accepting pauses, does not spin, and resumes")
{
    Running running{false};
    REQUIRE(running.is_alive());
    REQUIRE(eventually([&] { return running.server.open_connections() == 0; }));
    auto first = running.peer();
    first.send(get("/echo"));
    REQUIRE(first.reply()->status == 200);

    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    rlimit tight = before;
    tight.rlim_cur = 256;
    const auto cpu = [] {
        rusage usage{};
        ::getrusage(RUSAGE_SELF, &usage);
        return std::chrono::seconds{usage.ru_utime.tv_sec + usage.ru_stime.tv_sec} +
               std::chrono::microseconds{usage.ru_utime.tv_usec + usage.ru_stime.tv_usec};
    };

    core::log::warning("descriptors_will_run_out"); // the log opens what it needs
    core::log::flush();

    // Checks wait until descriptors are back: the sanitizers and the test's own reports need some.
    ::setrlimit(RLIMIT_NOFILE, &tight);
    std::vector<int> fillers;
    for (int filler = ::dup(first.descriptor()); filler >= 0; filler = ::dup(first.descriptor()))
        fillers.push_back(filler);
    ::close(fillers.back()); // for the client's own
    fillers.pop_back();
    auto late = running.peer();
    late.send(get("/echo"));
    const auto cpu_before = cpu();
    const bool silent = late.says_nothing_for(600ms);
    const auto spent = cpu() - cpu_before;
    first.send(get("/echo"));
    const auto served = first.reply();
    ::setrlimit(RLIMIT_NOFILE, &before);
    for (const int filler : fillers) ::close(filler);

    CHECK(silent);
    CHECK(spent < 150ms);
    REQUIRE(served);
    CHECK(served->status == 200);
    const auto reply = late.reply();
    REQUIRE(reply);
    CHECK(reply->status == 200);
    CHECK(running.is_alive());
}
