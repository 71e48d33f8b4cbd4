#include "conformance/load/answer.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace conformance::load;

TEST_CASE("an answer is known to end where its length says, in any case of the field names")
{
    struct Row {
        std::string bytes;
        Reading reading;
        int status;
        std::size_t body;
        bool closes;
    };
    const Row rows[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", Reading::complete, 200, 5, false},
        {"HTTP/1.1 201 Created\r\ncontent-length:  12 \r\nConnection: Close\r\n\r\n", Reading::complete, 201, 12, true},
        {"HTTP/1.1 204 No Content\r\n\r\n", Reading::complete, 204, 0, false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", Reading::incomplete, 0, 0, false},
        {"", Reading::incomplete, 0, 0, false},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Reading::broken, 200, 0, false},
        {"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n", Reading::broken, 200, 0, false},
        {"SSH-2.0-OpenSSH_9.2\r\n\r\n", Reading::broken, 0, 0, false},
        {std::string(65 * 1024, 'x'), Reading::broken, 0, 0, false},
    };
    for (const auto& row : rows) {
        INFO(row.bytes.substr(0, 80));
        AnswerHead head;
        REQUIRE(read_head(row.bytes, head) == row.reading);
        if (row.reading != Reading::complete) continue;
        CHECK(head.status == row.status);
        CHECK(head.body_bytes == row.body);
        CHECK(head.closes == row.closes);
    }
}
