#include "scim/http/response_text.hpp"

#include "scim/http/gate.hpp"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace scim::http {

bool set_header(std::string& head, std::string_view name, std::string_view value)
{
    const bool clean = std::ranges::none_of(value, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && byte != '\t') || byte == 0x7f;
    });
    if (!clean || !is_token(name)) return false;
    head.append(name).append(": ").append(value).append("\r\n");
    return true;
}

bool may_have_body(int status) { return status >= 200 && status != 204 && status != 304; }

std::string_view reason(int status)
{
    switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "Status";
    }
}

bool write_head(std::string& out, const Response& response, const Sending& sending)
{
    fmt::format_to(std::back_inserter(out), FMT_COMPILE("HTTP/1.1 {} {}\r\n"), response.status,
                   reason(response.status));
    bool clean = set_header(out, "Date", sending.date);
    const bool has_body = may_have_body(response.status);
    if (has_body && (!response.body.empty() || response.more) && !response.content_type.empty())
        clean = set_header(out, "Content-Type", response.content_type) && clean;
    if (has_body && response.more)
        out += sending.chunked ? "Transfer-Encoding: chunked\r\n" : "";
    else if (has_body)
        fmt::format_to(std::back_inserter(out), FMT_COMPILE("Content-Length: {}\r\n"), response.body.size());
    for (const auto& [name, value] : response.headers) clean = set_header(out, name, value) && clean;
    if (sending.close) out += "Connection: close\r\n";
    out += "\r\n";
    return clean;
}

void write_chunk(std::string& out, std::string_view data)
{
    if (data.empty()) return;
    fmt::format_to(std::back_inserter(out), FMT_COMPILE("{:x}\r\n"), data.size());
    out.append(data).append("\r\n");
}

std::string http_date(core::Instant now)
{
    using namespace std::chrono;
    static constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = floor<std::chrono::days>(now);
    const year_month_day date{day};
    const hh_mm_ss time{floor<seconds>(now - day)};
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", days[weekday{day}.c_encoding()],
                       static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1],
                       static_cast<int>(date.year()), time.hours().count(), time.minutes().count(),
                       time.seconds().count());
}

} // namespace scim::http
