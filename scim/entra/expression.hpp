// The expression language of Entra's attribute mappings: `Switch([IsSoftDeleted], , "False", "True", "True", "False")`.
// Literals "…" (with \" and \\), whole numbers, [attribute], nested calls, empty arguments, and one comparison as the
// condition of IIF and CBool. Names of functions and attributes are read in any case. An expression gives the same
// value for the same user always: functions of chance or of the clock are refused by name.
#pragma once

#include "scim/entra/pattern.hpp"
#include "scim/error.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace scim::entra {

// A user of the directory: Entra's own names of the attributes ("objectId", "mobile"), as azure_users makes it. Absent
// and null mean the same.
using AzureObject = boost::json::object;

struct ExpressionLimits {
    std::size_t bytes = 8192;
    std::size_t depth = 32;
    std::size_t parts = 512;
    std::size_t text_bytes = 64 * 1024; // of any value on the way
};
inline constexpr ExpressionLimits expression_limits;

struct FunctionInfo {
    std::string_view name;
    std::string_view arguments; // "source, suffix"
};
std::vector<FunctionInfo> known_functions();
// The attributes of a user that the directory offers as sources. Besides these: extension_<32 hex digits>_<name>.
std::span<const std::string_view> known_sources();
// The canonical spelling of a source, or nothing.
std::optional<std::string_view> source_named(std::string_view in_any_case);

// True for a user who is unassigned or out of scope, deleted or blocked: what the directory computes as IsSoftDeleted.
bool is_soft_deleted(const AzureObject&);

// Immutable.
class Expression {
public:
    // 400 invalidValue with the position; for an unknown function or attribute the nearest known one.
    static Result<Expression> parse(std::string_view text);
    // Null: the directory would send nothing. Refuses (invalidValue) what cannot be computed for this user.
    Result<boost::json::value> evaluate(const AzureObject&) const;

    const std::string& text() const { return text_; }
    std::vector<std::string_view> sources() const; // the attributes it reads, each once

    struct Function;
    struct Node {
        enum class Kind : std::uint8_t { nothing, text, number, attribute, call, comparison };
        Kind kind = Kind::nothing;
        std::string text; // a literal, or an attribute's canonical name
        std::int64_t number = 0;
        const Function* function = nullptr;
        std::string_view comparison;    // "=", "<>", "<", "<=", ">", ">="
        std::optional<Pattern> pattern; // of a Replace with a regular expression
        std::vector<Node> children;
    };

private:
    std::string text_;
    Node root_;
};

} // namespace scim::entra
