// A response as bytes. One function writes every header field, and it refuses what could split a response (Beast 1.81
// writes CR LF in a value as it stands: reliability.md F3).
#pragma once

#include "scim/http/message.hpp"

#include <string>
#include <string_view>

namespace scim::http {

// Appends "Name: value\r\n". False, and nothing appended, unless the name is a token and the value free of controls.
bool set_header(std::string& head, std::string_view name, std::string_view value);

struct Sending {
    bool without_body = false; // HEAD: the length of the body, not the body
    bool close = false;
    bool chunked = true; // how a body is sent whose length is not known; else it ends with the connection
    std::string_view date;
};

// Appends status line, fields and blank line. False when a field was refused; `out` is then not to be sent.
bool write_head(std::string& out, const Response&, const Sending&);
// Appends a chunk (RFC 9112 7.1); of nothing, none: that would be the last.
void write_chunk(std::string& out, std::string_view);
inline constexpr std::string_view last_chunk = "0\r\n\r\n";
// 204, 304 and 1xx have none (RFC 9110 6.4.1).
bool may_have_body(int status);
std::string_view reason(int status);
// "Sun, 22 Nov 2026 16:27:00 GMT" (RFC 9110 5.6.7)
std::string http_date(core::Instant);

} // namespace scim::http
