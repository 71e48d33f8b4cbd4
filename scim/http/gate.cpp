#include "scim/http/gate.hpp"

#include "core/base/text.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace scim::http {
namespace {

Problem framing(int status, std::string_view detail) { return Problem{Count::framing, status, detail}; }

// Fields that mean one thing: a second one would let two readers disagree about which.
constexpr std::array<std::string_view, 17> single_fields{"authorization",
                                                         "content-encoding",
                                                         "content-length",
                                                         "content-range",
                                                         "content-type",
                                                         "date",
                                                         "expect",
                                                         "from",
                                                         "host",
                                                         "if-match",
                                                         "if-none-match",
                                                         "if-range",
                                                         "if-modified-since",
                                                         "if-unmodified-since",
                                                         "max-forwards",
                                                         "range",
                                                         "user-agent"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

// Calls `visit` with each trimmed element of a comma-separated list; stops and answers false when it does.
template<class Visit>
bool each_element(std::string_view list, Visit visit)
{
    while (true) {
        const auto comma = list.find(',');
        if (!visit(trimmed(list.substr(0, comma)))) return false;
        if (comma == std::string_view::npos) return true;
        list.remove_prefix(comma + 1);
    }
}

// Only `chunked`, alone and once, frames a body here.
std::optional<Problem> judge_transfer_encoding(std::string_view value)
{
    std::size_t codings = 0;
    std::size_t chunked = 0;
    bool last_is_chunked = false;
    const bool well_formed = each_element(value, [&](std::string_view coding) {
        ++codings;
        last_is_chunked = core::same_ignoring_ascii_case(coding, "chunked");
        chunked += last_is_chunked ? 1 : 0;
        return is_token(coding);
    });
    if (!well_formed || chunked > 1 || (chunked == 1 && !last_is_chunked))
        return framing(400, "Transfer-Encoding is malformed: the only coding accepted is chunked, once");
    if (codings > 1 || chunked == 0)
        return framing(501, "this transfer coding is not implemented: the only coding accepted is chunked");
    return std::nullopt;
}

std::optional<std::uint64_t> length_from(std::string_view digits)
{
    if (digits.empty() || digits.size() > 18 || !std::ranges::all_of(digits, is_digit)) return std::nullopt;
    std::uint64_t length = 0;
    for (const char digit : digits) length = length * 10 + static_cast<std::uint64_t>(digit - '0');
    return length;
}

std::optional<Problem> judge_target(std::string_view target, const Limits& limits)
{
    if (target.size() > limits.target_bytes) return Problem{Count::target_bytes, 414, "the request target is too long"};
    if (target.empty() || target.front() != '/')
        return framing(400, "the request target must be a path beginning with '/'");
    for (const char c : target) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte <= 0x20 || byte >= 0x7f)
            return framing(400, "the request target holds a raw control character, space or non-ASCII byte: "
                                "percent-encode it");
        if (c == '#') return framing(400, "the request target holds a fragment");
    }
    return std::nullopt;
}

bool is_host_name(std::string_view name)
{
    return !name.empty() && name.size() <= 253 && std::ranges::all_of(name, [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_';
    });
}

bool is_address_literal(std::string_view inside)
{
    return inside.size() >= 2 && inside.size() <= 45 && inside.find(':') != std::string_view::npos &&
           std::ranges::all_of(inside, [](char c) {
               return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
           });
}

} // namespace

bool is_token(std::string_view text)
{
    static constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               others.find(c) != std::string_view::npos;
    });
}

bool is_host(std::string_view host)
{
    std::string_view name = host;
    std::string_view port;
    bool has_port = false;
    if (host.starts_with('[')) {
        const auto end = host.find(']');
        if (end == std::string_view::npos || !is_address_literal(host.substr(1, end - 1))) return false;
        port = host.substr(end + 1);
        if (port.empty()) return true;
        if (port.front() != ':') return false;
        port.remove_prefix(1);
        has_port = true;
    } else {
        if (const auto colon = host.find(':'); colon != std::string_view::npos) {
            name = host.substr(0, colon);
            port = host.substr(colon + 1);
            has_port = true;
        }
        if (!is_host_name(name)) return false;
    }
    if (!has_port) return true;
    const auto number = port.size() <= 5 ? length_from(port) : std::nullopt;
    return number && *number >= 1 && *number <= 65535;
}

bool is_stuck_chunk(std::string_view unread)
{
    if (unread.starts_with("\r\n")) unread.remove_prefix(2); // the end of the chunk before
    const auto end = unread.find("\r\n");
    if (end == std::string_view::npos) return false;
    const auto line = unread.substr(0, end);
    const auto digits = line.substr(0, line.find_first_not_of("0123456789abcdefABCDEF"));
    const bool is_last = digits.find_first_not_of('0') == std::string_view::npos;
    return !is_last || unread.find("\r\n\r\n") != std::string_view::npos; // after the last comes the trailer
}

bool is_short_last_chunk(std::string_view unread)
{
    constexpr std::string_view least = "0\r\n\r\n";
    return unread.size() < least.size() && unread.starts_with('0');
}

boost::system::result<std::size_t, Problem> HeadScanner::advance(std::string_view bytes)
{
    const auto too_long = [&]() -> Problem {
        // An endless target shows as a first line that does not end.
        if (lines_ == 0) {
            const auto line = bytes.substr(0, bytes.find('\n'));
            const auto space = line.find(' ');
            if (space != std::string_view::npos) {
                const auto target = line.substr(space + 1);
                if (target.substr(0, target.find(' ')).size() > limits_->target_bytes)
                    return Problem{Count::target_bytes, 414, "the request target is too long"};
            }
        }
        return Problem{Count::header_bytes, 431, "the header section is too long"};
    };

    while (scanned_ < bytes.size()) {
        const auto* at = static_cast<const char*>(std::memchr(bytes.data() + scanned_, '\n', bytes.size() - scanned_));
        if (at == nullptr) {
            scanned_ = bytes.size();
            break;
        }
        const auto end = static_cast<std::size_t>(at - bytes.data());
        if (end >= limits_->header_bytes) return too_long();
        if (end == line_ || bytes[end - 1] != '\r') return framing(400, "a line of the header ends in a bare LF");
        const bool blank = end == line_ + 1;
        if (blank && lines_ == 0) return framing(400, "the request line is empty");
        if (blank) return end + 1;
        if (is_space(bytes[line_])) return framing(400, "a folded field or a space before the request line");
        if (lines_ > limits_->header_fields)
            return Problem{Count::header_fields, 431, "the header section has too many fields"};
        ++lines_;
        line_ = scanned_ = end + 1;
    }
    if (bytes.size() >= limits_->header_bytes) return too_long();
    return std::size_t{0};
}

boost::system::result<Framing, Problem> judge(const Head& head, const Limits& limits)
{
    if (!is_token(head.method)) return framing(400, "the method is not a token");
    if (head.method.size() > 32) return framing(501, "this method is not implemented");
    if (auto problem = judge_target(head.target, limits)) return *problem;
    if (head.version != 10 && head.version != 11) return framing(505, "use HTTP/1.1");
    if (head.headers.size() > limits.header_fields)
        return Problem{Count::header_fields, 431, "the header section has too many fields"};

    Framing result;
    result.keep_alive = result.takes_chunks = head.version == 11;
    bool has_host = false;
    std::optional<std::string_view> transfer_encoding;
    std::optional<std::string_view> content_length;
    std::optional<std::string_view> expect;
    std::uint32_t seen = 0;

    for (const auto& [name, value] : head.headers) {
        for (std::size_t i = 0; i < single_fields.size(); ++i) {
            if (name != single_fields[i]) continue;
            if ((seen & (1U << i)) != 0) return framing(400, "a field that may appear once is repeated");
            seen |= 1U << i;
        }
        if (name == "host") {
            has_host = true;
            result.host = value;
        } else if (name == "content-length") {
            content_length = value;
        } else if (name == "transfer-encoding") {
            if (transfer_encoding) return framing(400, "Transfer-Encoding is repeated");
            transfer_encoding = value;
        } else if (name == "expect") {
            expect = value;
        } else if (name == "connection") {
            each_element(value, [&](std::string_view option) {
                if (core::same_ignoring_ascii_case(option, "close")) result.keep_alive = false;
                return true;
            });
        }
    }

    if (!has_host) return framing(400, "the Host field is missing");
    if (!is_host(result.host)) return framing(400, "the Host field is not a host name with an optional port");
    if (transfer_encoding) {
        if (content_length) return framing(400, "Transfer-Encoding and Content-Length exclude each other");
        if (head.version == 10) return framing(400, "Transfer-Encoding needs HTTP/1.1");
        if (auto problem = judge_transfer_encoding(*transfer_encoding)) return *problem;
        result.chunked = true;
    }
    if (content_length) {
        const auto length = length_from(*content_length);
        if (!length) return framing(400, "Content-Length is not a number");
        result.content_length = *length;
    }
    const bool wants_body = head.method == "POST" || head.method == "PUT" || head.method == "PATCH";
    if (wants_body && !content_length && !transfer_encoding)
        return framing(411, "the length of the body is missing: send Content-Length or Transfer-Encoding: chunked");
    if (expect && head.version == 11) {
        if (!core::same_ignoring_ascii_case(*expect, "100-continue"))
            return framing(417, "the only expectation understood is 100-continue");
        result.expects_continue = result.chunked || result.content_length > 0;
    }
    return result;
}

} // namespace scim::http
