#define PCRE2_CODE_UNIT_WIDTH 8

#include "scim/entra/pattern.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <new>
#include <pcre2.h>
#include <span>

namespace scim::entra {
namespace {

constexpr std::size_t longest_pattern = 1024;
constexpr std::uint32_t most_steps = 100'000; // of one match; PCRE2 counts its internal match() calls
constexpr std::uint32_t most_kilobytes = 1024;

struct Freer {
    void operator()(pcre2_code* code) const { pcre2_code_free(code); }
    void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
    void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};

std::string message_of(int code)
{
    std::array<PCRE2_UCHAR, 160> text{};
    pcre2_get_error_message(code, text.data(), text.size());
    return reinterpret_cast<const char*>(text.data());
}

Error too_long()
{
    return bad_request(ScimType::invalid_value, "the value that Replace makes is too long; shorten the replacement");
}

} // namespace

struct Pattern::Code {
    std::unique_ptr<pcre2_code, Freer> code;
    std::unique_ptr<pcre2_match_context, Freer> context;

    // The number of the group, or 0. 0 is the whole match and has no name.
    int group(std::string_view name) const
    {
        const std::string terminated{name};
        const int number =
            pcre2_substring_number_from_name(code.get(), reinterpret_cast<PCRE2_SPTR>(terminated.c_str()));
        return number > 0 ? number : 0;
    }
};

namespace {

using Data = std::unique_ptr<pcre2_match_data, Freer>;

// The offsets of one match: pairs of begin and end; PCRE2_UNSET for a group that took no part.
struct Match {
    std::span<const PCRE2_SIZE> offsets;

    std::optional<std::string_view> group(std::string_view text, std::size_t number) const
    {
        if (2 * number + 1 >= offsets.size() || offsets[2 * number] == PCRE2_UNSET) return std::nullopt;
        return text.substr(offsets[2 * number], offsets[2 * number + 1] - offsets[2 * number]);
    }
};

// Calls `visit(Match)` for each match from left to right, as .NET walks them: after an empty match one character is
// stepped over. `visit` returns false to stop.
template<class Code, class Visit>
Result<void> each_match(const Code& code, std::string_view text, Visit visit)
{
    const Data data{pcre2_match_data_create_from_pattern(code.code.get(), nullptr)};
    if (!data) throw std::bad_alloc{};
    for (std::size_t from = 0; from <= text.size();) {
        const int found = pcre2_match(code.code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from,
                                      from == 0 ? 0 : PCRE2_NO_UTF_CHECK, data.get(), code.context.get());
        if (found == PCRE2_ERROR_NOMATCH) return {};
        if (found == PCRE2_ERROR_MATCHLIMIT || found == PCRE2_ERROR_DEPTHLIMIT || found == PCRE2_ERROR_HEAPLIMIT)
            return bad_request(ScimType::invalid_value,
                               "the regular expression of Replace takes too many steps; avoid nested repetitions");
        if (found < 0)
            return bad_request(ScimType::invalid_value,
                               fmt::format("the regular expression of Replace failed: {}", message_of(found)));
        const Match match{{pcre2_get_ovector_pointer(data.get()), 2 * pcre2_get_ovector_count(data.get())}};
        if (match.offsets[1] < match.offsets[0]) // \K inside a look-ahead: no such match makes progress
            return bad_request(ScimType::invalid_value, "\\K is not allowed in a regular expression of Replace");
        if (!visit(match)) return {};
        from = match.offsets[1];
        if (match.offsets[0] == match.offsets[1]) {
            ++from;
            while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0U) == 0x80U) ++from;
        }
    }
    return {};
}

// Appends `replacement` with its references filled in from `match`.
template<class Code>
void expand(std::string& out, std::string_view replacement, std::string_view text, const Match& match, const Code& code)
{
    while (!replacement.empty()) {
        const auto dollar = replacement.find('$');
        out += replacement.substr(0, dollar);
        if (dollar == std::string_view::npos) return;
        replacement.remove_prefix(dollar + 1);
        if (replacement.starts_with('$') || replacement.starts_with('&')) {
            out += replacement.front() == '$' ? std::string_view{"$"} : match.group(text, 0).value_or("");
            replacement.remove_prefix(1);
            continue;
        }
        std::string_view name;
        std::size_t length = 0;
        if (replacement.starts_with('{')) {
            const auto end = replacement.find('}');
            if (end != std::string_view::npos) {
                name = replacement.substr(1, end - 1);
                length = end + 1;
            }
        } else {
            length = std::min(replacement.find_first_not_of("0123456789"), replacement.size());
            name = replacement.substr(0, length);
        }
        std::size_t number = 0;
        const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), number);
        const bool numbered = problem == std::errc{} && end == name.data() + name.size();
        if (!numbered) number = static_cast<std::size_t>(code.group(name));
        if (name.empty() || (number == 0 && !numbered) || 2 * number + 1 >= match.offsets.size()) {
            out += '$'; // no such group: the text stays as it is, as in .NET
            continue;
        }
        out += match.group(text, number).value_or("");
        replacement.remove_prefix(length);
    }
}

} // namespace

Result<Pattern> Pattern::compile(std::string_view text)
{
    if (text.size() > longest_pattern)
        return bad_request(ScimType::invalid_value,
                           fmt::format("a regular expression may be {} bytes long at most", longest_pattern));
    int problem = 0;
    PCRE2_SIZE where = 0;
    auto code = std::make_shared<Code>();
    code->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                                   PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &problem, &where, nullptr));
    if (!code->code)
        return bad_request(ScimType::invalid_value, fmt::format("the regular expression is wrong at character {}: {}",
                                                                where, message_of(problem)));
    code->context.reset(pcre2_match_context_create(nullptr));
    if (!code->context) throw std::bad_alloc{};
    pcre2_set_match_limit(code->context.get(), most_steps);
    pcre2_set_depth_limit(code->context.get(), most_steps);
    pcre2_set_heap_limit(code->context.get(), most_kilobytes);
    return Pattern{std::move(code)};
}

bool Pattern::has_group(std::string_view name) const { return code_->group(name) > 0; }

Result<std::string> Pattern::replace_all(std::string_view text, std::string_view replacement, std::size_t most) const
{
    std::string out;
    std::size_t copied = 0;
    TRY_ONLY(each_match(*code_, text, [&](const Match& match) {
        out += text.substr(copied, match.offsets[0] - copied);
        expand(out, replacement, text, match, *code_);
        copied = match.offsets[1];
        return out.size() <= most;
    }));
    if (out.size() + text.size() - copied > most) return too_long();
    out += text.substr(copied);
    return out;
}

Result<std::string> Pattern::replace_group(std::string_view text, std::string_view group, std::string_view value,
                                           std::size_t most) const
{
    const auto number = static_cast<std::size_t>(code_->group(group));
    std::string out;
    std::size_t copied = 0;
    TRY_ONLY(each_match(*code_, text, [&](const Match& match) {
        const std::size_t begin = match.offsets[2 * number];
        if (begin == PCRE2_UNSET || begin < copied) return true;
        out += text.substr(copied, begin - copied);
        out += value;
        copied = match.offsets[2 * number + 1];
        return out.size() <= most;
    }));
    if (out.size() + text.size() - copied > most) return too_long();
    out += text.substr(copied);
    return out;
}

Result<std::optional<std::string>> Pattern::group_in_first_match(std::string_view text, std::string_view group) const
{
    std::optional<std::string> found;
    TRY_ONLY(each_match(*code_, text, [&](const Match& match) {
        if (const auto inside = match.group(text, static_cast<std::size_t>(code_->group(group))))
            found = std::string{*inside};
        return false;
    }));
    return found;
}

} // namespace scim::entra
