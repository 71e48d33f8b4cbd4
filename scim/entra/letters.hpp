// Letters as the directory's functions count and change them: by code points of Unicode, independent of any locale.
// utf8proc stays behind this header.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace scim::entra {

bool is_utf8(std::string_view);
std::size_t characters(std::string_view); // code points; bytes that are no UTF-8 count one each
// `count` characters from `first` (0 is the first); what lies outside is left out.
std::string_view part(std::string_view text, std::size_t first, std::size_t count);

std::string lower(std::string_view); // simple case mapping, as .NET's invariant culture has it
std::string upper(std::string_view);
// "Zoë Łuczak-Strauß" → "Zoe Luczak-Strauss": accents go; ligatures and crossed letters become their Latin letters.
std::string without_diacritics(std::string_view);

// The closest of `known` for "did you mean …?", or empty when none is near. Letters compare without ASCII case.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);
bool same_word(std::string_view, std::string_view); // without ASCII case

} // namespace scim::entra
