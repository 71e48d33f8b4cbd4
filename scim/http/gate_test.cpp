#include "scim/http/gate.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace scim::http;

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

// 200 stands for "let through".
int status_of(const Head& head, const Limits& limits = {})
{
    const auto judged = judge(head, limits);
    return judged ? 200 : judged.error().status;
}

int status_of(const char* method, std::string_view target, Fields fields, unsigned version = 11)
{
    return status_of(Head{method, target, version, fields});
}

// The status that the scanner gives to the whole text, fed whole and byte by byte; 0 while it is incomplete.
int scanned(std::string_view text, const Limits& limits = {})
{
    const auto status = [](const auto& result) { return result ? (*result != 0 ? 200 : 0) : result.error().status; };
    HeadScanner whole{limits};
    const int at_once = status(whole.advance(text));
    HeadScanner slow{limits};
    int bytewise = 0;
    for (std::size_t n = 1; n <= text.size() && bytewise == 0; ++n) bytewise = status(slow.advance(text.substr(0, n)));
    CHECK(at_once == bytewise);
    return at_once;
}

} // namespace

TEST_CASE("F2: a request is framed by one rule or refused")
{
    struct Row {
        const char* method;
        Fields fields;
        unsigned version;
        int status;
    };
    const auto row = GENERATE(values<Row>({
        {"GET", {}, 11, 200},
        {"GET", {{"content-length", "0"}}, 11, 200},
        {"POST", {{"content-length", "5"}}, 11, 200},
        {"POST", {{"content-length", "5"}}, 10, 200},
        {"POST", {{"content-length", "007"}}, 11, 200},
        {"POST", {{"transfer-encoding", "chunked"}}, 11, 200},
        {"POST", {{"transfer-encoding", "Chunked"}}, 11, 200},
        {"POST", {}, 11, 411},
        {"PUT", {}, 11, 411},
        {"PATCH", {}, 10, 411},
        {"DELETE", {}, 11, 200},
        {"POST", {{"content-length", ""}}, 11, 400},
        {"POST", {{"content-length", "+5"}}, 11, 400},
        {"POST", {{"content-length", "-5"}}, 11, 400},
        {"POST", {{"content-length", "5,5"}}, 11, 400},
        {"POST", {{"content-length", "5, 5"}}, 11, 400},
        {"POST", {{"content-length", "0x5"}}, 11, 400},
        {"POST", {{"content-length", "5 5"}}, 11, 400},
        {"POST", {{"content-length", "5.0"}}, 11, 400},
        {"POST", {{"content-length", "18446744073709551616"}}, 11, 400},
        {"POST", {{"content-length", "5"}, {"content-length", "5"}}, 11, 400},
        {"POST", {{"content-length", "5"}, {"content-length", "6"}}, 11, 400},
        {"POST", {{"content-length", "5"}, {"transfer-encoding", "chunked"}}, 11, 400},
        {"POST", {{"transfer-encoding", "chunked"}, {"content-length", "5"}}, 11, 400},
        {"POST", {{"transfer-encoding", "gzip"}, {"content-length", "5"}}, 11, 400},
        {"POST", {{"transfer-encoding", "chunked"}}, 10, 400},
        {"POST", {{"transfer-encoding", "gzip"}}, 10, 400},
        {"POST", {{"transfer-encoding", "gzip"}}, 11, 501},
        {"POST", {{"transfer-encoding", "identity"}}, 11, 501},
        {"POST", {{"transfer-encoding", "xchunked"}}, 11, 501},
        {"POST", {{"transfer-encoding", "chunkedx"}}, 11, 501},
        {"POST", {{"transfer-encoding", "gzip, chunked"}}, 11, 501},
        {"POST", {{"transfer-encoding", "chunked, identity"}}, 11, 400},
        {"POST", {{"transfer-encoding", "chunked, chunked"}}, 11, 400},
        {"POST", {{"transfer-encoding", "chunked,"}}, 11, 400},
        {"POST", {{"transfer-encoding", ",chunked"}}, 11, 400},
        {"POST", {{"transfer-encoding", "chunked;q=1"}}, 11, 400},
        {"POST", {{"transfer-encoding", "\"chunked\""}}, 11, 400},
        {"POST", {{"transfer-encoding", ""}}, 11, 400},
        {"POST", {{"transfer-encoding", "chunked"}, {"transfer-encoding", "chunked"}}, 11, 400},
        {"POST", {{"transfer-encoding", "gzip"}, {"transfer-encoding", "chunked"}}, 11, 400},
        {"GET", {{"transfer-encoding", "gzip"}}, 11, 501},
        {"POST", {{"content-length", "5"}, {"expect", "100-continue"}}, 11, 200},
        {"POST", {{"content-length", "5"}, {"expect", "100-Continue"}}, 11, 200},
        {"POST", {{"content-length", "5"}, {"expect", "200-ok"}}, 11, 417},
        {"POST", {{"content-length", "5"}, {"expect", "200-ok"}}, 10, 200},
        {"GET", {{"expect", ""}}, 11, 417},
        {"GET", {}, 12, 505},
        {"GET", {}, 20, 505},
    }));
    Fields fields = row.fields;
    fields.insert(fields.begin(), {"host", "localhost"});
    std::string text;
    for (const auto& [name, value] : row.fields) text += name + ": " + value + "; ";
    INFO(row.method << ' ' << text << row.version);
    CHECK(status_of(row.method, "/", fields, row.version) == row.status);
}

TEST_CASE("F3: a field that means one thing comes once; others may repeat")
{
    for (const auto* name :
         {"host", "authorization", "content-length", "content-type", "content-encoding", "if-match", "if-none-match",
          "if-modified-since", "if-unmodified-since", "expect", "range", "user-agent", "transfer-encoding"}) {
        INFO(name);
        const std::string value = std::string_view{name} == "host" ? "a" : "1";
        Fields fields{{"host", "a"}, {name, value}};
        if (std::string_view{name} != "host") fields.emplace_back(name, value);
        CHECK(status_of("GET", "/", fields) == 400);
    }
    CHECK(status_of("GET", "/", {{"host", "a"}, {"accept", "x"}, {"accept", "y"}, {"via", "1"}, {"via", "2"}}) == 200);
}

TEST_CASE("F3: a request names one well-formed host")
{
    CHECK(status_of("GET", "/", {}) == 400);
    CHECK(status_of("GET", "/", {}, 10) == 400);
    for (const auto* good : {"a", "localhost:8443", "scim.example.org", "10.0.0.1", "10.0.0.1:1", "[::1]",
                             "[::1]:65535", "[2001:db8::192.0.2.1]:443", "under_score.example", "EXAMPLE.org"}) {
        INFO(good);
        CHECK(is_host(good));
        CHECK(status_of("GET", "/", {{"host", good}}) == 200);
    }
    for (const auto* bad : {"",      ":",          "a:",   ":80",   "a:0",      "a:65536", "a:+1",
                            "a:1:2", "a:99999999", "a b",  "a,b",   "a/b",      "user@a",  "a?b",
                            "a#b",   "http://a",   "[::1", "::1",   "[::1]x",   "[::1]:",  "[zz]",
                            "[]",    "[1]",        "a\\b", "a%20b", "\xc3\xa4", "a\"",     "<a>"}) {
        INFO(bad);
        CHECK_FALSE(is_host(bad));
        CHECK(status_of("GET", "/", {{"host", bad}}) == 400);
    }
    CHECK(is_host(std::string(253, 'a')));
    CHECK_FALSE(is_host(std::string(254, 'a')));
}

TEST_CASE("F3: a target is a path of visible ASCII")
{
    const Fields host{{"host", "a"}};
    for (const auto* good : {"/", "/?", "/a?filter=b[c]\"'<>{}|\\^`", "//a", "/a;b", "/%00"}) {
        INFO(good);
        CHECK(status_of("GET", good, host) == 200);
    }
    using namespace std::string_view_literals;
    for (const auto bad : {""sv, "*"sv, "a"sv, "http://a/"sv, "HTTPS://a/b"sv, "a:443"sv, "?a"sv, "/#"sv, "/a?b#c"sv,
                           "/\xc3\xa4"sv, "/\x80"sv, "/ "sv, "/\t"sv, "/\0"sv, "/\x7f"sv, "/\r"sv, "/\x01"sv}) {
        INFO(bad);
        CHECK(status_of("GET", bad, host) == 400);
    }
    const Limits limits;
    CHECK(status_of("GET", "/" + std::string(limits.target_bytes - 2, 'a'), host) == 200);
    CHECK(status_of("GET", "/" + std::string(limits.target_bytes - 1, 'a'), host) == 200);
    CHECK(status_of("GET", "/" + std::string(limits.target_bytes, 'a'), host) == 414);
}

TEST_CASE("a method is a token of at most 32 characters; which ones are served is the router's business")
{
    const Fields host{{"host", "a"}};
    CHECK(status_of("FOO", "/", host) == 200);
    CHECK(status_of("get", "/", host) == 200);
    CHECK(status_of(std::string(32, 'A').c_str(), "/", host) == 200);
    CHECK(status_of(std::string(33, 'A').c_str(), "/", host) == 501);
    CHECK(status_of("", "/", host) == 400);
    CHECK(status_of("G(T", "/", host) == 400);
    CHECK(status_of("G\xc3T", "/", host) == 400);
}

TEST_CASE("what follows the request is read from Connection and the version")
{
    struct Row {
        Fields connection;
        unsigned version;
        bool keep_alive;
    };
    const auto row = GENERATE(values<Row>({
        {{}, 11, true},
        {{{"connection", "keep-alive"}}, 11, true},
        {{{"connection", "close"}}, 11, false},
        {{{"connection", "Upgrade, CLOSE"}}, 11, false},
        {{{"connection", "keep-alive"}, {"connection", "close"}}, 11, false},
        {{{"connection", "closed"}}, 11, true},
        {{}, 10, false},
        {{{"connection", "keep-alive"}}, 10, false},
    }));
    Fields fields = row.connection;
    fields.emplace_back("host", "a");
    const auto judged = judge(Head{"GET", "/", row.version, fields}, Limits{});
    REQUIRE(judged.has_value());
    CHECK(judged->keep_alive == row.keep_alive);
}

TEST_CASE("100-continue is expected only before a body")
{
    const auto expects = [](Fields fields, unsigned version) {
        fields.emplace_back("host", "a");
        fields.emplace_back("expect", "100-continue");
        return judge(Head{"POST", "/", version, fields}, Limits{})->expects_continue;
    };
    CHECK(expects({{"content-length", "1"}}, 11));
    CHECK(expects({{"transfer-encoding", "chunked"}}, 11));
    CHECK_FALSE(expects({{"content-length", "0"}}, 11));
    CHECK_FALSE(expects({{"content-length", "1"}}, 10));
}

TEST_CASE("the header section ends at the first blank line, however it is cut")
{
    CHECK(scanned("GET / HTTP/1.1\r\nHost: a\r\n\r\n") == 200);
    CHECK(scanned("GET / HTTP/1.1\r\nHost: a\r\n\r") == 0);
    const Limits limits;
    HeadScanner scanner{limits};
    const auto length = scanner.advance("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /next");
    REQUIRE(length.has_value());
    CHECK(*length == 27);
    CHECK(scanned("GET / HTTP/1.1\nHost: a\n\n") == 400);
    CHECK(scanned("GET / HTTP/1.1\r\nHost: a\n\r\n") == 400);
    CHECK(scanned("GET / HTTP/1.1\r\nHost: a\r\n\n") == 400);
    CHECK(scanned("\n") == 400);
    CHECK(scanned("\r\nGET / HTTP/1.1\r\n\r\n") == 400);
    CHECK(scanned(" GET / HTTP/1.1\r\n\r\n") == 400);
    CHECK(scanned("GET / HTTP/1.1\r\n Host: a\r\n\r\n") == 400);
    CHECK(scanned("GET / HTTP/1.1\r\nHost: a\r\n\tb\r\n\r\n") == 400);
}

TEST_CASE("limits of the header section hold at their boundary")
{
    Limits limits;
    const auto of_size = [](std::size_t bytes) {
        std::string text = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
        text.append(bytes - text.size() - 4, 'x');
        return text + "\r\n\r\n";
    };
    CHECK(scanned(of_size(limits.header_bytes - 1)) == 200);
    CHECK(scanned(of_size(limits.header_bytes)) == 200);
    CHECK(scanned(of_size(limits.header_bytes + 1)) == 431);
    CHECK(scanned(of_size(limits.header_bytes).substr(0, limits.header_bytes - 1)) == 0);
    CHECK(scanned("GET /" + std::string(limits.header_bytes, 'a')) == 414);
    CHECK(scanned(std::string(limits.header_bytes, 'a')) == 431);
    CHECK(scanned("GET / HTTP/1.1\r\nX: " + std::string(limits.header_bytes, 'a')) == 431);

    const auto with_fields = [](std::size_t fields) {
        std::string text = "GET / HTTP/1.1\r\n";
        for (std::size_t i = 0; i < fields; ++i) text += "X: y\r\n";
        return text + "\r\n";
    };
    CHECK(scanned(with_fields(limits.header_fields - 1)) == 200);
    CHECK(scanned(with_fields(limits.header_fields)) == 200);
    CHECK(scanned(with_fields(limits.header_fields + 1)) == 431);
    CHECK(scanned(with_fields(0)) == 200);
}

TEST_CASE("F2: a chunk's first line ends where it ends, quotes or not")
{
    CHECK(is_stuck_chunk("5;a=\"\r\nhello"));
    CHECK(is_stuck_chunk("\r\n5;a=\"\r\nhello"));
    CHECK(is_stuck_chunk("0;a=\"\r\n\r\n"));
    CHECK(is_stuck_chunk("000;a=\"\r\nX: y\r\n\r\n"));
    CHECK_FALSE(is_stuck_chunk(""));
    CHECK_FALSE(is_stuck_chunk("\r\n"));
    CHECK_FALSE(is_stuck_chunk("\r\n5"));
    CHECK_FALSE(is_stuck_chunk("5;a=\"b\"\r"));
    CHECK_FALSE(is_stuck_chunk("0\r\nX: y\r\n"));
    CHECK_FALSE(is_stuck_chunk("0\r\n\r"));
}

TEST_CASE("the last chunk's line is not asked about before the body can end")
{
    for (const auto* few : {"0", "0\r", "0\r\n", "0\r\n\r", "00\r\n"}) CHECK(is_short_last_chunk(few));
    for (const auto* enough : {"", "0\r\n\r\n", "0\r\nX:", "5\r\n", "\r\n0\r"})
        CHECK_FALSE(is_short_last_chunk(enough));
}
