#include "scim/attribute_path.hpp"

#include <algorithm>

namespace scim {

namespace {

constexpr bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// ATTRNAME of RFC 7643 2.1; `$ref` is the one name that begins otherwise.
bool is_name(std::string_view text)
{
    if (!text.empty() && text.front() == '$') text.remove_prefix(1);
    if (text.empty() || !is_alpha(text.front())) return false;
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '_'; });
}

// "2.0", "1": the part of a schema's URN that stands before the resource's name.
bool is_version(std::string_view text)
{
    return !text.empty() && is_digit(text.front()) && is_digit(text.back()) &&
           std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c) || c == '.'; });
}

// Characters of a URI (RFC 3986) without those that would end or confuse a path.
bool is_urn(std::string_view text)
{
    constexpr std::string_view others = "-._~:/?#@!$&'*+,;=%";
    return is_alpha(text.front()) && std::all_of(text.begin(), text.end(), [&](char c) {
               return is_alpha(c) || is_digit(c) || others.find(c) != std::string_view::npos;
           });
}

std::string_view last_segment(std::string_view text)
{
    const auto colon = text.rfind(':');
    return colon == std::string_view::npos ? text : text.substr(colon + 1);
}

// The index of the `]` that closes the `[` at `open`; brackets inside JSON strings do not count.
std::size_t closing_bracket(std::string_view text, std::size_t open)
{
    bool quoted = false;
    for (std::size_t i = open + 1; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[') {
            return std::string_view::npos; // value paths do not nest
        } else if (c == ']') {
            return i;
        }
    }
    return std::string_view::npos;
}

Error invalid(const char* detail) { return bad_request(ScimType::invalid_path, detail); }

} // namespace

Result<AttributePath> read_path(std::string_view text)
{
    if (text.empty()) return invalid("the path is empty; leave it out or name an attribute");
    AttributePath path;

    const auto open = text.find('[');
    std::string_view head = text.substr(0, open);
    if (open != std::string_view::npos) {
        const auto close = closing_bracket(text, open);
        if (close == std::string_view::npos) return invalid("the path has a [ that is not closed by one ]");
        const auto inside = text.substr(open + 1, close - open - 1);
        if (inside.find_first_not_of(' ') == std::string_view::npos) return invalid("the path has an empty [ ]");
        path.filter.emplace(inside);
        const auto tail = text.substr(close + 1);
        if (!tail.empty()) {
            if (tail.front() != '.' || !is_name(tail.substr(1)))
                return invalid("after ] a path may only go on with a dot and the name of a sub-attribute");
            path.sub = tail.substr(1);
        }
    }

    if (const auto colon = head.rfind(':'); colon != std::string_view::npos) {
        const auto urn = head.substr(0, colon);
        const bool is_schema_alone = is_version(last_segment(urn)); // "…:2.0:User"
        if (is_schema_alone) {
            if (path.filter || !is_name(head.substr(colon + 1)) || !is_urn(head))
                return invalid("after a schema's URN a path goes on with a colon and the name of an attribute");
            path.urn = head;
            return path;
        }
        if (urn.empty() || !is_urn(urn)) return invalid("the path begins with something that is no schema URN");
        path.urn = urn;
        head.remove_prefix(colon + 1);
    }

    const auto dot = head.find('.');
    const auto name = head.substr(0, dot);
    if (!is_name(name)) return invalid("the path names no attribute: letters, digits, - and _ make a name");
    path.name = name;
    if (dot != std::string_view::npos) {
        if (path.filter) return invalid("a sub-attribute stands after the [ ], not before it");
        if (!is_name(head.substr(dot + 1))) return invalid("the path names no sub-attribute after its dot");
        path.sub = head.substr(dot + 1);
    }
    return path;
}

std::string to_text(const AttributePath& path)
{
    std::string text = path.urn;
    if (!text.empty() && !path.name.empty()) text += ':';
    text += path.name;
    if (path.filter) text.append("[").append(*path.filter).append("]");
    if (!path.sub.empty()) text.append(".").append(path.sub);
    return text;
}

} // namespace scim
