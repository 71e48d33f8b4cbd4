// The gate between Beast's parser and everything else (reliability.md F2, F3): what Beast 1.81 frames unsafely or
// leaves to us is refused here, by pure functions. Every refusal ends the connection, so that the bytes after a request
// whose length two readers could see differently are never read as a request.
#pragma once

#include "scim/http/server.hpp"

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace scim::http {

struct Problem {
    Count count;
    int status;
    std::string_view detail; // constant text: nothing of the request is echoed
};

// Finds the end of a header section while it arrives, line by line, and refuses what no parser should see: lines that
// end in a bare LF, folded fields, too many bytes or fields, a target that is too long. Linear in the bytes, however
// they are cut.
class HeadScanner {
public:
    explicit HeadScanner(const Limits& limits) : limits_{&limits} {}
    // `bytes` begins where the request begins and grows from call to call. The length of the whole section, blank line
    // included, or 0 while it is incomplete.
    boost::system::result<std::size_t, Problem> advance(std::string_view bytes);

private:
    const Limits* limits_;
    std::size_t line_ = 0;    // where the current line begins
    std::size_t scanned_ = 0; // bytes already looked at
    std::size_t lines_ = 0;   // complete lines, the request line included
};

// A parsed header section. Names in lower case.
struct Head {
    std::string_view method;
    std::string_view target;
    unsigned version = 11; // 10 or 11
    std::span<const std::pair<std::string, std::string>> headers;
};

// How the request is framed and what the connection does after it.
struct Framing {
    bool chunked = false;
    std::uint64_t content_length = 0;
    bool expects_continue = false;
    bool keep_alive = true;
    bool takes_chunks = true; // HTTP/1.1: knows the chunked coding
    std::string_view host;
};

boost::system::result<Framing, Problem> judge(const Head&, const Limits&);

// Whether bytes that Beast's parser wants more of, at the place of a chunk's first line, can only get worse: the line
// is complete, so what it waits for is the end of a quoted extension, and the line has already ended for everybody
// else.
bool is_stuck_chunk(std::string_view unread);
// Unread bytes that may be the last chunk's line, and too few to end a body. Beast 1.81 asserts that it is not asked
// about that line again with fewer than five bytes; a body that is not over has more to come, so waiting costs nothing.
bool is_short_last_chunk(std::string_view unread);

// "example.org", "10.0.0.1:8443", "[::1]:8443": the shape alone; which hosts are ours is the application's business.
bool is_host(std::string_view);
// The method of RFC 9110 5.6.2: letters, digits and !#$%&'*+-.^_`|~
bool is_token(std::string_view);

} // namespace scim::http
