#include "scim/http/target.hpp"

#include "core/base/text.hpp"

#include <algorithm>

namespace scim::http {
namespace {

constexpr std::size_t most_parameters = 64;

int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::string> decoded(std::string_view raw, bool plus_is_space)
{
    std::string text;
    text.reserve(raw.size());
    for (std::size_t i = 0; i < raw.size(); ++i) {
        if (raw[i] == '+' && plus_is_space) {
            text += ' ';
        } else if (raw[i] == '%') {
            if (raw.size() - i < 3) return std::nullopt;
            const int high = hex_digit(raw[i + 1]);
            const int low = hex_digit(raw[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            text += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            text += raw[i];
        }
    }
    return text;
}

// UTF-8 without C0 controls, DEL and C1 controls (U+0080 to U+009F: C2 80 to C2 9F).
bool is_clean(std::string_view text)
{
    bool plain_ascii = true;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte < 0x20 || byte == 0x7f) return false;
        if (byte < 0x80) continue;
        plain_ascii = false;
        if (byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) return false;
    }
    return plain_ascii || core::is_utf8(text);
}

// What is wrong with the piece, or nothing when it was added.
std::string_view add_parameter(std::string_view piece, std::vector<Parameter>& query)
{
    if (query.size() == most_parameters) return "the query has more than 64 parameters";
    const auto equals = piece.find('=');
    const bool has_value = equals != std::string_view::npos;
    auto name = decoded(piece.substr(0, equals), true);
    auto value = decoded(has_value ? piece.substr(equals + 1) : std::string_view{}, true);
    if (!name || !value)
        return "the query holds a % that is not followed by two hex digits: write %25 for a percent sign";
    if (!is_clean(*name) || !is_clean(*value)) return "the query is not UTF-8 text without control characters";
    if (name->empty()) return "the query holds a parameter without a name";
    if (std::ranges::any_of(query, [&](const Parameter& other) { return other.name == *name; }))
        return "the query repeats a parameter: send each once";
    query.push_back(Parameter{std::move(*name), std::move(*value), has_value});
    return {};
}

} // namespace

Target split_target(std::string_view target)
{
    Target result;
    const auto mark = target.find('?');
    result.path = target.substr(0, mark);
    if (mark == std::string_view::npos) return result;
    std::string_view rest = target.substr(mark + 1);
    while (!rest.empty()) {
        const auto end = rest.find('&');
        const auto piece = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        if (piece.empty()) continue;
        result.query_problem = add_parameter(piece, result.query);
        if (result.query_problem.empty()) continue;
        result.query.clear();
        break;
    }
    return result;
}

std::optional<std::string> decode_segment(std::string_view raw)
{
    auto text = decoded(raw, false);
    if (!text || text->empty() || !is_clean(*text)) return std::nullopt;
    if (*text == "." || *text == ".." || text->find_first_of("/\\") != std::string::npos) return std::nullopt;
    return text;
}

} // namespace scim::http
