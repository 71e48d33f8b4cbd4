#include "conformance/load/answer.hpp"

#include <algorithm>
#include <charconv>

namespace conformance::load {
namespace {

constexpr std::size_t largest_head = 64 * 1024;

bool same_word(std::string_view a, std::string_view b)
{
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

template<class Number>
bool read_number(std::string_view text, Number& number)
{
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

} // namespace

Reading read_head(std::string_view bytes, AnswerHead& head)
{
    const auto end = bytes.find("\r\n\r\n");
    if (end == bytes.npos) return bytes.size() > largest_head ? Reading::broken : Reading::incomplete;
    const auto lines = bytes.substr(0, end + 2);
    head = {.status = 0, .head_bytes = end + 4, .body_bytes = 0, .closes = false};
    if (!lines.starts_with("HTTP/1.") || lines.size() < 14 || !read_number(lines.substr(9, 3), head.status))
        return Reading::broken;
    bool has_length = head.status == 204 || head.status == 304;
    for (auto at = lines.find("\r\n") + 2; at < lines.size();) {
        const auto stop = lines.find("\r\n", at);
        const auto line = lines.substr(at, stop - at);
        at = stop + 2;
        const auto colon = line.find(':');
        if (colon == line.npos) return Reading::broken;
        auto value = line.substr(colon + 1);
        while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
        while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
        if (same_word(line.substr(0, colon), "content-length")) {
            if (!read_number(value, head.body_bytes)) return Reading::broken;
            has_length = true;
        } else if (same_word(line.substr(0, colon), "connection")) {
            head.closes = same_word(value, "close");
        }
    }
    return has_length ? Reading::complete : Reading::broken;
}

} // namespace conformance::load
