#include "core/base/text.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

namespace core {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

// The length of the longest prefix that is ASCII, eight bytes at a time.
std::size_t ascii_prefix(std::string_view text)
{
    std::size_t i = 0;
    for (; i + 8 <= text.size(); i += 8) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, text.data() + i, 8);
        if ((eight & 0x8080808080808080U) != 0) break;
    }
    while (i < text.size() && static_cast<unsigned char>(text[i]) < 0x80) ++i;
    return i;
}

std::string ascii_lower(std::string_view text)
{
    std::string lowered{text};
    for (char& c : lowered) c = lower(c);
    return lowered;
}

// One pass of NFKC_Casefold; nothing when `text` is not UTF-8.
std::optional<std::string> nfkc_casefold_once(const std::string& text)
{
    constexpr auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT |
                                                            UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
    utf8proc_uint8_t* raw = nullptr;
    const auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                     static_cast<utf8proc_ssize_t>(text.size()), &raw, options);
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned{raw, &std::free};
    if (length == UTF8PROC_ERROR_NOMEM) throw std::bad_alloc{};
    if (length < 0) return {};
    return std::string{reinterpret_cast<const char*>(owned.get()), static_cast<std::size_t>(length)};
}

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit)
{
    const std::size_t gap = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
    if (gap > limit) return limit + 1;
    // Optimal string alignment: three rows, a swap of neighbours counts as one edit.
    std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substitution = last[j - 1] + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, substitution});
            const bool swapped =
                i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
            if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
        std::swap(before_last, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

} // namespace

std::string fold(std::string_view text)
{
    if (ascii_prefix(text) == text.size()) return ascii_lower(text);
    std::string folded{text};
    // Folding a few letters yields text that composes anew: repeat until it stands still, so that fold(fold(x)) is
    // fold(x) and an index never disagrees with itself. Two rounds are the rule; the bound is a seat belt.
    for (int round = 0; round < 8; ++round) {
        auto next = nfkc_casefold_once(folded);
        if (!next) return ascii_lower(text);
        if (*next == folded) break;
        folded = *std::move(next);
    }
    return folded;
}

std::string_view fold_version() { return utf8proc_unicode_version(); }

bool is_utf8(std::string_view text)
{
    text.remove_prefix(ascii_prefix(text));
    while (!text.empty()) {
        utf8proc_int32_t code_point = 0;
        const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                             static_cast<utf8proc_ssize_t>(text.size()), &code_point);
        if (length <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(length));
        text.remove_prefix(ascii_prefix(text));
    }
    return true;
}

bool same_ignoring_ascii_case(std::string_view a, std::string_view b)
{
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<EmailParts> email_parts(std::string_view address)
{
    const auto at = address.rfind('@');
    if (at == std::string_view::npos || at == 0 || at + 1 == address.size()) return {};
    return EmailParts{address.substr(0, at), address.substr(at + 1)};
}

std::string_view nearest(std::string_view word, const std::string_view* known, std::size_t count)
{
    constexpr std::size_t longest_sensible = 64; // nobody mistypes that much; bounds the work for hostile input
    if (word.empty() || word.size() > longest_sensible) return {};
    const std::size_t limit = std::max<std::size_t>(2, word.size() / 3);
    std::string_view best;
    std::size_t best_distance = limit + 1;
    for (std::size_t i = 0; i < count; ++i) {
        if (known[i].size() > 2 * longest_sensible) continue;
        const std::size_t distance = edit_distance(word, known[i], limit);
        if (distance < best_distance && distance < word.size()) {
            best = known[i];
            best_distance = distance;
        }
    }
    return best;
}

} // namespace core
