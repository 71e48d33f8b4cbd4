// CSV (RFC 4180) that a spreadsheet cannot be made to run: a cell that begins with = + - @, a tab or a carriage return
// gets an apostrophe in front, whoever's text it is.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace scim::admin {

void append_cell(std::string& out, std::string_view text);
void append_row(std::string& out, std::initializer_list<std::string_view> cells); // ends with CR LF

} // namespace scim::admin
