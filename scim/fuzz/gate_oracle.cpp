#include "scim/fuzz/gate_oracle.hpp"

#include "scim/http/parser.hpp"

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <cstdlib>
#include <optional>

namespace scim::fuzz {

using namespace http;

namespace {

std::string lower(std::string_view text)
{
    std::string copy{text};
    for (char& c : copy)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return copy;
}

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t");
    return first == std::string_view::npos ? std::string_view{}
                                           : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// --- the naive reader: lines, and what RFC 9112 says of them ---

struct Read {
    bool chunked = false;
    std::uint64_t length = 0;
};

// Nothing when it is no head of a request that can be read in one way only.
std::optional<Read> read_head(std::string_view head)
{
    Read result;
    int hosts = 0;
    int lengths = 0;
    int codings = 0;
    if (!head.ends_with("\r\n\r\n")) return std::nullopt;
    const auto first_line = head.substr(0, head.find("\r\n"));
    const bool is_1_0 = first_line.ends_with(" HTTP/1.0");
    if (!is_1_0 && !first_line.ends_with(" HTTP/1.1")) return std::nullopt;
    if (std::count(first_line.begin(), first_line.end(), ' ') != 2) return std::nullopt;
    for (auto rest = head.substr(first_line.size() + 2); rest != "\r\n";) {
        const auto line = rest.substr(0, rest.find("\r\n"));
        rest.remove_prefix(line.size() + 2);
        const auto colon = line.find(':');
        if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
            return std::nullopt; // no blank before the colon, no folding
        const auto is_printed = [](char c) {
            return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
        };
        if (!std::all_of(line.begin(), line.end(), is_printed)) return std::nullopt;
        const auto name = lower(line.substr(0, colon));
        const auto value = trimmed(line.substr(colon + 1));
        hosts += name == "host" ? 1 : 0;
        if (name == "content-length") {
            ++lengths;
            if (value.empty() || value.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
            result.length = std::strtoull(std::string{value}.c_str(), nullptr, 10);
        } else if (name == "transfer-encoding") {
            ++codings;
            if (lower(value) != "chunked") return std::nullopt;
            result.chunked = true;
        }
    }
    if (hosts != 1 || lengths + codings > 1 || (is_1_0 && codings != 0)) return std::nullopt;
    return result;
}

struct Body {
    std::string bytes;
    std::size_t end = 0; // where the next request begins
};

// Nothing when the bytes are no whole body.
std::optional<Body> read_body(std::string_view bytes, const Read& head)
{
    if (!head.chunked) {
        if (bytes.size() < head.length) return std::nullopt;
        return Body{std::string{bytes.substr(0, head.length)}, static_cast<std::size_t>(head.length)};
    }
    Body body;
    const auto line = [&]() -> std::optional<std::string_view> {
        const auto end = bytes.find("\r\n", body.end);
        if (end == std::string_view::npos) return std::nullopt;
        const auto text = bytes.substr(body.end, end - body.end);
        body.end = end + 2;
        return text;
    };
    while (true) {
        const auto first = line();
        if (!first) return std::nullopt;
        const auto digits = first->substr(0, first->find_first_not_of("0123456789abcdefABCDEF"));
        if (digits.empty()) return std::nullopt;
        const auto significant = digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
        if (significant.size() > 15) return std::nullopt;
        const auto size = std::strtoull(std::string{digits}.c_str(), nullptr, 16);
        if (size == 0) break;
        if (size > bytes.size() - body.end) return std::nullopt;
        body.bytes.append(bytes.substr(body.end, size));
        body.end += size;
        if (line() != std::string_view{}) return std::nullopt;
    }
    while (true) {
        const auto trailer = line();
        if (!trailer) return std::nullopt;
        if (trailer->empty()) return body;
    }
}

} // namespace

bool is_framed_as_read(std::string_view bytes, const Framed& framed)
{
    if (!framed.is_judged) return framed.fate != Fate::accepted;
    const auto head = read_head(bytes.substr(0, framed.head));
    if (!head || head->chunked != framed.chunked || head->length != framed.content_length) return false;
    if (!framed.is_within_limits) return false;
    if (framed.fate != Fate::accepted) return true;
    const auto body = read_body(bytes.substr(framed.head), *head);
    return body && body->bytes == framed.body && framed.head + body->end == framed.end;
}

bool is_cut_alike(const Framed& whole, const Framed& in_pieces)
{
    if ((whole.fate == Fate::accepted) != (in_pieces.fate == Fate::accepted)) return false;
    return whole.fate != Fate::accepted ||
           (whole.head == in_pieces.head && whole.body == in_pieces.body && whole.end == in_pieces.end);
}

Framed through_the_gate(std::string_view bytes, std::size_t step, const Limits& limits)
{
    Framed result;
    HeadScanner scanner{limits};
    std::size_t arrived = 0;
    while (result.head == 0) {
        if (arrived == bytes.size()) return Framed{.fate = Fate::incomplete};
        arrived = std::min(arrived + step, bytes.size());
        const auto length = scanner.advance(bytes.substr(0, arrived));
        if (!length) return result;
        result.head = *length;
    }
    Request request;
    RequestParser parser{request};
    parser.eager(false);
    parser.header_limit(static_cast<std::uint32_t>(limits.read_buffer_bytes));
    boost::beast::error_code error;
    for (std::size_t used = 0; used < result.head && !error && !parser.is_header_done();)
        used += parser.put(boost::asio::const_buffer{bytes.data() + used, result.head - used}, error);
    if (error || !parser.is_header_done()) return result;
    const auto framing = judge({parser.method(), parser.target(), parser.version(), request.headers}, limits);
    if (!framing) return result;

    result.is_judged = true;
    result.chunked = framing->chunked;
    result.content_length = framing->content_length;
    result.is_within_limits =
        request.headers.size() <= limits.header_fields && parser.target().size() <= limits.target_bytes;

    parser.cap_body(limits.body_bytes);
    std::size_t begin = result.head;
    while (!parser.is_done()) {
        if (!framing->chunked && framing->content_length > limits.body_bytes) return result;
        error = {};
        const auto unread = bytes.substr(begin, arrived - begin);
        const bool waits = framing->chunked && is_short_last_chunk(unread);
        const auto used = waits ? 0 : parser.put(boost::asio::const_buffer{unread.data(), unread.size()}, error);
        begin += used;
        const bool needs_more = error == boost::beast::http::error::need_more;
        if (error && !needs_more) return result;
        if (needs_more && used == 0 && framing->chunked && is_stuck_chunk(bytes.substr(begin, arrived - begin)))
            return result;
        result.is_within_limits = result.is_within_limits && request.body.size() <= limits.body_bytes;
        if (parser.is_done()) break;
        if (used == 0 && arrived == bytes.size()) {
            result.fate = Fate::incomplete;
            return result;
        }
        if (used == 0) arrived = std::min(arrived + step, bytes.size());
    }
    result.fate = Fate::accepted;
    result.body = request.body;
    result.end = begin;
    return result;
}

} // namespace scim::fuzz
