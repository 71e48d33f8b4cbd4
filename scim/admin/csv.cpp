#include "scim/admin/csv.hpp"

namespace scim::admin {

void append_cell(std::string& out, std::string_view text)
{
    const bool is_formula = !text.empty() && std::string_view{"=+-@\t\r"}.find(text.front()) != std::string_view::npos;
    if (!is_formula && text.find_first_of(",\"\r\n") == text.npos) {
        out += text;
        return;
    }
    out += '"';
    if (is_formula) out += '\'';
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    out += '"';
}

void append_row(std::string& out, std::initializer_list<std::string_view> cells)
{
    bool is_first = true;
    for (const auto cell : cells) {
        if (!is_first) out += ',';
        is_first = false;
        append_cell(out, cell);
    }
    out += "\r\n";
}

} // namespace scim::admin
