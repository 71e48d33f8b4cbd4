// Regular expressions for the directory's Replace(): its dialect (named groups `(?<name>…)`, `${name}` in the
// replacement), with a bound on the work of each match. PCRE2 stays behind this header.
#pragma once

#include "scim/error.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace scim::entra {

// Immutable; usable from several threads at once.
class Pattern {
public:
    // 400 invalidValue with the position, for what is no pattern or longer than 1,024 bytes.
    static Result<Pattern> compile(std::string_view text);

    bool has_group(std::string_view name) const;

    // Each refuses (invalidValue) when a match takes more steps than the bound or the text would grow beyond `most`.
    // `replacement` may hold $1, ${name}, $0, $& and $$.
    Result<std::string> replace_all(std::string_view text, std::string_view replacement, std::size_t most) const;
    // Only what the named group matched is replaced, by `value` as it is.
    Result<std::string> replace_group(std::string_view text, std::string_view group, std::string_view value,
                                      std::size_t most) const;
    // What the named group matched in the first match.
    Result<std::optional<std::string>> group_in_first_match(std::string_view text, std::string_view group) const;

private:
    struct Code;
    explicit Pattern(std::shared_ptr<const Code> code) : code_{std::move(code)} {}
    std::shared_ptr<const Code> code_; // shared: expressions are copied, the compiled code is immutable
};

} // namespace scim::entra
