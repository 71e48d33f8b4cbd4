#include "scim/http/response_text.hpp"

#include <catch2/catch.hpp>

using namespace scim::http;

TEST_CASE("SEC-08: no header is written whose name or value holds a control character")
{
    std::string head = "before";
    for (int byte = 0; byte < 256; ++byte) {
        const bool control = (byte < 0x20 && byte != '\t') || byte == 0x7f;
        INFO(byte);
        std::string value = "a";
        value += static_cast<char>(byte);
        head = "before";
        CHECK(set_header(head, "Location", value) == !control);
        if (control) CHECK(head == "before");
    }
    head.clear();
    CHECK_FALSE(set_header(head, "X-A\r\nX-B", "c"));
    CHECK_FALSE(set_header(head, "", "c"));
    CHECK_FALSE(set_header(head, "X A", "c"));
    CHECK(head.empty());
    CHECK(set_header(head, "ETag", "W/\"1\""));
    CHECK(head == "ETag: W/\"1\"\r\n");
}

TEST_CASE("a head says date, type and length of what follows")
{
    Response response;
    response.body = "{}";
    response.headers = {{"ETag", "W/\"1\""}};
    Sending sending;
    sending.date = "Sun, 22 Nov 2026 16:27:00 GMT";
    std::string out;
    CHECK(write_head(out, response, sending));
    CHECK(out == "HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 16:27:00 GMT\r\n"
                 "Content-Type: application/scim+json\r\nContent-Length: 2\r\nETag: W/\"1\"\r\n\r\n");

    out.clear();
    response.status = 204;
    response.headers.clear();
    sending.close = true;
    CHECK(write_head(out, response, sending));
    CHECK(out == "HTTP/1.1 204 No Content\r\nDate: Sun, 22 Nov 2026 16:27:00 GMT\r\nConnection: close\r\n\r\n");

    out.clear();
    response.status = 404;
    response.body.clear();
    CHECK(write_head(out, response, Sending{.date = "x"}));
    CHECK(out == "HTTP/1.1 404 Not Found\r\nDate: x\r\nContent-Length: 0\r\n\r\n");

    out.clear();
    response.headers = {{"Location", "/a\r\nSet-Cookie: b"}};
    CHECK_FALSE(write_head(out, response, Sending{.date = "x"}));
}

TEST_CASE("dates are written as RFC 9110 5.6.7 says")
{
    using namespace std::chrono;
    CHECK(http_date(core::Instant{sys_days{year{1994} / November / 6}} + 8h + 49min + 37s + 999ms) ==
          "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(http_date(core::Instant{}) == "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST_CASE("only responses that may have a body have one")
{
    CHECK_FALSE(may_have_body(100));
    CHECK(may_have_body(200));
    CHECK_FALSE(may_have_body(204));
    CHECK_FALSE(may_have_body(304));
    CHECK(may_have_body(412));
}
