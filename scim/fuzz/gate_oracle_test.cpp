// An oracle that never says no proves nothing: each fault that a gate could have is planted here and must be seen.
#include "scim/fuzz/gate_oracle.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <string>

using namespace scim::fuzz;
using scim::http::Limits;

namespace {

const std::string with_length = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
const std::string chunked =
    "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;n=v\r\nlo\r\n0\r\nT: v\r\n\r\n";
const std::string without_body = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

Framed framed(const std::string& bytes) { return through_the_gate(bytes, bytes.size(), Limits{}); }

// A gate that let these bytes through with a body of so many bytes behind the head.
Framed let_through(const std::string& bytes, std::uint64_t length, bool is_chunked = false, std::string body = {})
{
    const auto head = bytes.find("\r\n\r\n") + 4;
    if (!is_chunked) body = bytes.substr(head, length);
    return {.fate = Fate::accepted,
            .is_judged = true,
            .head = head,
            .chunked = is_chunked,
            .content_length = length,
            .is_within_limits = true,
            .body = body,
            .end = is_chunked ? bytes.size() : head + length};
}

} // namespace

TEST_CASE("the oracle agrees with the gate on what both can read, whole, cut and followed by another request")
{
    for (const auto& bytes : {with_length, chunked, without_body, with_length + without_body, chunked + with_length}) {
        INFO(bytes);
        const auto whole = framed(bytes);
        REQUIRE(whole.fate == Fate::accepted);
        CHECK(is_framed_as_read(bytes, whole));
        for (const std::size_t step : {1U, 2U, 7U, 64U}) {
            const auto in_pieces = through_the_gate(bytes, step, Limits{});
            CHECK(is_framed_as_read(bytes, in_pieces));
            CHECK(is_cut_alike(whole, in_pieces));
        }
    }
    const auto cut_short = with_length.substr(0, with_length.size() - 1);
    CHECK(framed(cut_short).fate == Fate::incomplete);
    CHECK(is_framed_as_read(cut_short, framed(cut_short)));
    const std::string two_lengths =
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 4\r\n\r\nhello";
    CHECK(framed(two_lengths).fate == Fate::refused);
    CHECK(is_framed_as_read(two_lengths, framed(two_lengths)));
}

TEST_CASE("the oracle sees a gate that frames a request wrongly")
{
    struct Row {
        const char* fault;
        std::function<void(Framed&)> plant;
    };
    const auto bytes = GENERATE(as<std::string>{}, with_length, chunked);
    const auto row = GENERATE(values<Row>({
        {"a byte of the next request in the body", [](Framed& f) { f.body += 'G'; }},
        {"a byte of the body lost", [](Framed& f) { f.body.pop_back(); }},
        {"a byte of the body changed", [](Framed& f) { f.body[0] = 'j'; }},
        {"the next request begins a byte late", [](Framed& f) { ++f.end; }},
        {"the next request begins a byte early", [](Framed& f) { --f.end; }},
        {"the head ends a line early", [](Framed& f) { f.head -= 2; }},
        {"the head ends late", [](Framed& f) { ++f.head; }},
        {"the other framing", [](Framed& f) { f.chunked = !f.chunked; }},
        {"another length", [](Framed& f) { ++f.content_length; }},
        {"more than the limits allow", [](Framed& f) { f.is_within_limits = false; }},
        {"accepted without a look at the head", [](Framed& f) { f.is_judged = false; }},
    }));
    INFO(row.fault);
    auto planted = framed(bytes + without_body);
    REQUIRE(is_framed_as_read(bytes + without_body, planted));
    row.plant(planted);
    CHECK_FALSE(is_framed_as_read(bytes + without_body, planted));
}

TEST_CASE("the oracle sees a gate that lets through what can be read in two ways")
{
    struct Row {
        const char* fields; // behind the request line
        std::uint64_t length;
        bool is_chunked = false;
    };
    const auto row = GENERATE(values<Row>({
        {"Host: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n", 5},
        {"Host: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n", 0, true},
        {"Host: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 0, true},
        {"Host: x\r\nTransfer-Encoding: gzip, chunked\r\n", 0, true},
        {"Host: x\r\nTransfer-Encoding: identity\r\n", 0},
        {"Host: x\r\nContent-Length: +5\r\n", 5},
        {"Host: x\r\nContent-Length: 0x5\r\n", 5},
        {"Host: x\r\nContent-Length:\r\n", 0},
        {"Host: x\r\nContent-Length : 5\r\n", 5},
        {"Host: x\r\n folded: y\r\n", 0},
        {"Host: x\r\nno colon\r\n", 0},
        {"Host: x\r\nA: b\x01\r\n", 0},
        {"Host: x\r\nHost: y\r\n", 0},
        {"", 0},
    }));
    const std::string bytes = "POST /a HTTP/1.1\r\n" + std::string{row.fields} + "\r\n" +
                              (row.is_chunked ? "5\r\nhello\r\n0\r\n\r\n" : "hello");
    INFO(bytes);
    CHECK_FALSE(is_framed_as_read(bytes, let_through(bytes, row.length, row.is_chunked, "hello")));
    CHECK(framed(bytes).fate != Fate::accepted);
}

TEST_CASE("the oracle sees a chunked body of a wrong shape, and chunks for those who do not know them")
{
    const std::string head = "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const std::string body :
         {"5\r\nhelloX\r\n0\r\n\r\n", "g\r\nhello\r\n0\r\n\r\n", "\r\nhello\r\n0\r\n\r\n",
          "10000000000000005\r\nhello\r\n0\r\n\r\n", "6\r\nhello\r\n0\r\n\r\n", "5\r\nhello\r\n0\r\n"}) {
        INFO(body);
        CHECK_FALSE(is_framed_as_read(head + body, let_through(head + body, 0, true, "hello")));
        CHECK(framed(head + body).fate != Fate::accepted);
    }
    const std::string old = "POST /a HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    CHECK_FALSE(is_framed_as_read(old, let_through(old, 0, true, "hello")));
    CHECK(framed(old).fate != Fate::accepted);
}

TEST_CASE("the oracle sees a gate that is of another mind when the bytes come in pieces")
{
    const auto whole = framed(with_length);
    for (const auto& plant : std::vector<std::function<void(Framed&)>>{
             [](Framed& f) { f.fate = Fate::incomplete; }, [](Framed& f) { f.fate = Fate::refused; },
             [](Framed& f) { ++f.head; }, [](Framed& f) { f.body += 'x'; }, [](Framed& f) { ++f.end; }}) {
        auto planted = whole;
        plant(planted);
        CHECK_FALSE(is_cut_alike(whole, planted));
        CHECK_FALSE(is_cut_alike(planted, whole));
    }
}
