#include "scim/entra/letters.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <numeric>
#include <utility>
#include <vector>

namespace scim::entra {
namespace {

// One step over `text`: the code point, or a negative number where the bytes are no UTF-8 (then one byte is taken).
utf8proc_int32_t take(std::string_view& text)
{
    utf8proc_int32_t point = -1;
    const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                         static_cast<utf8proc_ssize_t>(text.size()), &point);
    if (length <= 0) {
        text.remove_prefix(1);
        return -1;
    }
    text.remove_prefix(static_cast<std::size_t>(length));
    return point;
}

void put(std::string& out, utf8proc_int32_t point)
{
    std::array<utf8proc_uint8_t, 4> bytes{};
    const auto length = utf8proc_encode_char(point, bytes.data());
    out.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(length));
}

template<class Change>
std::string each(std::string_view text, Change change)
{
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const char byte = text.front();
        const auto point = take(text);
        if (point < 0)
            out.push_back(byte);
        else
            change(out, point);
    }
    return out;
}

char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Letters that Unicode does not take apart but the directory does.
struct Latin {
    utf8proc_int32_t from;
    std::string_view to;
};
constexpr Latin latin[] = {
    {0x00C6, "AE"}, {0x00E6, "ae"}, {0x00D8, "OE"}, {0x00F8, "oe"}, {0x0152, "OE"},
    {0x0153, "oe"}, {0x00DF, "ss"}, {0x0141, "L"},  {0x0142, "l"},  {0x0131, "i"},
};

std::string normalized(std::string_view text, utf8proc_option_t form)
{
    utf8proc_uint8_t* made = nullptr;
    const auto length =
        utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                     &made, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | form));
    if (length < 0) return std::string{text}; // no UTF-8: the readers keep such text out
    std::string out{reinterpret_cast<const char*>(made), static_cast<std::size_t>(length)};
    std::free(made); // utf8proc allocates with malloc
    return out;
}

} // namespace

bool is_utf8(std::string_view text)
{
    while (!text.empty())
        if (take(text) < 0) return false;
    return true;
}

std::size_t characters(std::string_view text)
{
    std::size_t count = 0;
    for (; !text.empty(); ++count) take(text);
    return count;
}

std::string_view part(std::string_view text, std::size_t first, std::size_t count)
{
    for (; first > 0 && !text.empty(); --first) take(text);
    std::string_view rest = text;
    for (; count > 0 && !rest.empty(); --count) take(rest);
    return text.substr(0, text.size() - rest.size());
}

std::string lower(std::string_view text)
{
    return each(text, [](std::string& out, utf8proc_int32_t point) { put(out, utf8proc_tolower(point)); });
}

std::string upper(std::string_view text)
{
    return each(text, [](std::string& out, utf8proc_int32_t point) { put(out, utf8proc_toupper(point)); });
}

std::string without_diacritics(std::string_view text)
{
    const std::string apart = normalized(text, UTF8PROC_DECOMPOSE);
    const std::string bare = each(apart, [](std::string& out, utf8proc_int32_t point) {
        if (utf8proc_category(point) == UTF8PROC_CATEGORY_MN) return;
        const auto* const found =
            std::find_if(std::begin(latin), std::end(latin), [&](const Latin& letter) { return letter.from == point; });
        if (found != std::end(latin))
            out += found->to;
        else
            put(out, point);
    });
    return normalized(bare, UTF8PROC_COMPOSE); // puts together again what was no accent (Hangul)
}

bool same_word(std::string_view a, std::string_view b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> known)
{
    if (word.empty() || word.size() > 64) return {};
    std::string_view best;
    std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const std::string_view candidate : known) {
        std::vector<std::size_t> row(candidate.size() + 1);
        std::iota(row.begin(), row.end(), std::size_t{0});
        for (std::size_t i = 0; i < word.size(); ++i) {
            std::size_t diagonal = std::exchange(row[0], i + 1);
            for (std::size_t j = 0; j < candidate.size(); ++j) {
                const std::size_t swap = diagonal + (ascii_lower(word[i]) != ascii_lower(candidate[j]));
                diagonal = row[j + 1];
                row[j + 1] = std::min({swap, row[j] + 1, row[j + 1] + 1});
            }
        }
        if (row.back() < best_distance && row.back() < word.size()) {
            best_distance = row.back();
            best = candidate;
        }
    }
    return best;
}

} // namespace scim::entra
