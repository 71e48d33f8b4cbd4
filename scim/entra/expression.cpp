#include "scim/entra/expression.hpp"

#include "scim/entra/letters.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <iterator>

namespace scim::entra {

namespace bj = boost::json;
using Node = Expression::Node;
using Kind = Node::Kind;

namespace {

Error wrong(std::string detail) { return bad_request(ScimType::invalid_value, std::move(detail)); }

// --- values -----------------------------------------------------------------------------------------------------

// What a call receives: `given` tells an empty argument from an absent value.
struct Argument {
    bool given = false;
    bj::value value;
};
using Arguments = std::span<const Argument>;
using Text = std::optional<std::string>; // nothing: absent

// The text of one value; lists of one are that one, as in the directory's portal.
Result<Text> text_of(const bj::value& value)
{
    switch (value.kind()) {
    case bj::kind::null: return Text{};
    case bj::kind::bool_: return Text{value.get_bool() ? "True" : "False"};
    case bj::kind::int64: return Text{std::to_string(value.get_int64())};
    case bj::kind::uint64: return Text{std::to_string(value.get_uint64())};
    case bj::kind::double_: return Text{fmt::format("{}", value.get_double())};
    case bj::kind::string: return Text{std::string{value.get_string()}};
    case bj::kind::array:
        if (value.get_array().empty()) return Text{};
        if (value.get_array().size() == 1) return text_of(value.get_array().front());
        return wrong("a value with several elements stands where one is wanted; choose one with Item, or Join them");
    case bj::kind::object: break;
    }
    return wrong("an object stands where a text is wanted");
}

Result<Text> text_of(const Argument& argument) { return text_of(argument.value); }

bj::value to_value(const Text& text) { return text ? bj::value(bj::string(*text)) : bj::value(nullptr); }

Result<bj::value> bounded(std::string text)
{
    if (text.size() > expression_limits.text_bytes)
        return wrong(fmt::format("the value grows beyond {} bytes", expression_limits.text_bytes));
    return bj::value(bj::string(text));
}

Result<std::int64_t> number_of(const Argument& argument, std::string_view what)
{
    TRY(const Text text, text_of(argument));
    std::int64_t number = 0;
    if (text) {
        const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), number);
        if (problem == std::errc{} && end == text->data() + text->size() && !text->empty()) return number;
    }
    return wrong(fmt::format("{} must be a whole number", what));
}

bool is_true(const Text& text) { return text && same_word(*text, "true"); }
bool is_empty(const bj::value& value)
{
    if (value.is_null()) return true;
    if (const auto* const text = value.if_string()) return text->empty();
    if (const auto* const list = value.if_array()) return list->empty();
    return false;
}

// The elements of a list; a single value is a list of one, an absent one a list of none.
bj::array list_of(const bj::value& value)
{
    if (const auto* const list = value.if_array()) return *list;
    if (value.is_null()) return {};
    bj::array one;
    one.push_back(value);
    return one;
}

// --- the functions ----------------------------------------------------------------------------------------------

using Apply = Result<bj::value> (*)(Arguments, const std::optional<Pattern>&);

Result<bj::value> append(Arguments a, const std::optional<Pattern>&)
{
    TRY(const Text source, text_of(a[0]));
    TRY(const Text suffix, text_of(a[1]));
    if (!source) return bj::value(nullptr); // nothing to put the suffix to: the directory sends nothing
    return bounded(*source + suffix.value_or(""));
}

Result<bj::value> coalesce(Arguments a, const std::optional<Pattern>&)
{
    for (const Argument& argument : a)
        if (!argument.value.is_null()) return argument.value;
    return bj::value(nullptr);
}

Result<bj::value> convert_to_bool(Arguments a, const std::optional<Pattern>&)
{
    TRY(const Text text, text_of(a[0]));
    if (!text) return bj::value(false);
    std::int64_t number = 0;
    const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (problem == std::errc{} && end == text->data() + text->size()) return bj::value(number != 0);
    return bj::value(is_true(text));
}

Result<bj::value> convert_to_hex(Arguments a, const std::optional<Pattern>&)
{
    TRY(const Text source, text_of(a[0]));
    if (!source) return bj::value(nullptr);
    std::string out;
    for (const char c : *source) fmt::format_to(std::back_inserter(out), "{:02X}", static_cast<unsigned char>(c));
    return bounded(std::move(out));
}

Result<bj::value> convert_to_text(Arguments a, const std::optional<Pattern>&)
{
    TRY(const Text text, text_of(a[0]));
    return to_value(text);
}

Result<bj::value> count(Arguments a, const std::optional<Pattern>&)
{
    return bj::value(static_cast<std::int64_t>(list_of(a[0].value).size()));
}

Result<bj::value> ignore_if_empty(Arguments a, const std::optional<Pattern>&)
{
    return is_empty(a[0].value) ? bj::value(nullptr) : a[0].value;
}

Result<bj::value> iif(Arguments a, const std::optional<Pattern>&)
{
    TRY(const Text condition, text_of(a[0]));
    return is_true(condition) ? a[1].value : a[2].value;
}

Result<bj::value> is_null(Arguments a, const std::optional<Pattern>&) { return bj::value(a[0].value.is_null()); }
Result<bj::value> is_null_or_empty(Arguments a, const std::optional<Pattern>&)
{
    return bj::value(is_empty(a[0].value));
}
Result<bj::value> is_present(Arguments a, const std::optional<Pattern>&) { return bj::value(!is_empty(a[0].value)); }
Result<bj::value> is_string(Arguments a, const std::optional<Pattern>&) { return bj::value(a[0].value.is_string()); }

Result<bj::value> item(Arguments a, const std::optional<Pattern>&)
{
    TRY(const std::int64_t index, number_of(a[1], "the index of Item"));
    const bj::array list = list_of(a[0].value);
    if (index < 1) return wrong("the index of Item begins with 1");
    if (static_cast<std::uint64_t>(index) > list.size()) return bj::value(nullptr);
    return list[static_cast<std::size_t>(index) - 1];
}

// Empty and absent values are left out with their separator, as in the directory's example
// Join(", ", "", [surname], [givenName]) = "Doe, John".
Result<bj::value> join(Arguments a, const std::optional<Pattern>&)
{
    TRY(const Text separator, text_of(a[0]));
    std::string out;
    bool any = false;
    for (const Argument& argument : a.subspan(1))
        for (const bj::value& element : list_of(argument.value)) {
            TRY(const Text text, text_of(element));
            if (!text || text->empty()) continue;
            if (any) out += separator.value_or("");
            out += *text;
            any = true;
            if (out.size() > expression_limits.text_bytes) return bounded(std::move(out));
        }
    return any ? bounded(std::move(out)) : Result<bj::value>{bj::value(nullptr)};
}

Result<bj::value> left(Arguments a, const std::optional<Pattern>&)
{
    TRY(const Text source, text_of(a[0]));
    TRY(const std::int64_t wanted, number_of(a[1], "the second argument of Left"));
    if (!source) return bj::value("");
    if (wanted < 0) return to_value(source);
    return bj::value(part(*source, 0, static_cast<std::size_t>(wanted)));
}

Result<bj::value> right(Arguments a, const std::optional<Pattern>&)
{
    TRY(const Text source, text_of(a[0]));
    TRY(const std::int64_t wanted, number_of(a[1], "the second argument of Right"));
    if (!source) return bj::value("");
    const std::size_t all = characters(*source);
    if (wanted < 0 || static_cast<std::uint64_t>(wanted) >= all) return to_value(source);
    return bj::value(part(*source, all - static_cast<std::size_t>(wanted), all));
}

Result<bj::value> mid(Arguments a, const std::optional<Pattern>&)
{
    TRY(const Text source, text_of(a[0]));
    TRY(const std::int64_t start, number_of(a[1], "the second argument of Mid"));
    TRY(const std::int64_t length, number_of(a[2], "the third argument of Mid"));
    if (start < 1) return wrong("Mid begins to count with 1");
    if (length < 0) return wrong("the length that Mid takes must not be negative");
    if (!source) return bj::value(nullptr);
    return bj::value(part(*source, static_cast<std::size_t>(start) - 1, static_cast<std::size_t>(length)));
}

Result<bj::value> normalize_diacritics(Arguments a, const std::optional<Pattern>&)
{
    TRY(const Text source, text_of(a[0]));
    return source ? bounded(without_diacritics(*source)) : Result<bj::value>{bj::value(nullptr)};
}

Result<bj::value> negation(Arguments a, const std::optional<Pattern>&)
{
    TRY(const Text source, text_of(a[0]));
    return bj::value(!is_true(source));
}

Result<bj::value> redact(Arguments a, const std::optional<Pattern>&)
{
    return a[0].value;
} // of the logs, not the value

Result<bj::value> remove_duplicates(Arguments a, const std::optional<Pattern>&)
{
    bj::array out;
    for (const bj::value& element : list_of(a[0].value))
        if (std::find(out.begin(), out.end(), element) == out.end()) out.push_back(element);
    return bj::value(std::move(out));
}

Result<std::string> replace_each(std::string_view in, std::string_view old, std::string_view with)
{
    std::string out;
    for (;;) {
        const auto found = in.find(old);
        out += in.substr(0, found);
        if (out.size() > expression_limits.text_bytes) break;
        if (found == std::string_view::npos) return out;
        out += with;
        in.remove_prefix(found + old.size());
    }
    return wrong(fmt::format("the value that Replace makes grows beyond {} bytes", expression_limits.text_bytes));
}

// Replace(source, oldValue, regexPattern, regexGroupName, replacementValue, replacementAttributeName, template)
Result<bj::value> replace(Arguments given, const std::optional<Pattern>& pattern)
{
    std::array<Argument, 7> a;
    std::copy(given.begin(), given.end(), a.begin());
    TRY(const Text source, text_of(a[0]));
    TRY(const Text old, text_of(a[1]));
    TRY(const Text group, text_of(a[3]));
    TRY(const Text replacement, text_of(a[4]));
    TRY(const Text other, text_of(a[5]));
    TRY(const Text frame, text_of(a[6]));
    const std::size_t most = expression_limits.text_bytes;
    if (pattern && a[5].given) {
        if (source && !source->empty()) return to_value(source);
        if (!other) return bj::value(nullptr);
        TRY(const Text found, pattern->group_in_first_match(*other, group.value_or("")));
        return to_value(found);
    }
    if (!source) return bj::value(nullptr);
    if (pattern && a[3].given) {
        TRY(std::string out, pattern->replace_group(*source, group.value_or(""), replacement.value_or(""), most));
        return bounded(std::move(out));
    }
    if (pattern) {
        TRY(std::string out, pattern->replace_all(*source, replacement.value_or(""), most));
        return bounded(std::move(out));
    }
    if (!old || old->empty()) return wrong("the oldValue of Replace is empty: there is nothing to look for");
    if (a[6].given) {
        TRY(std::string out, replace_each(frame.value_or(""), *old, *source));
        return bounded(std::move(out));
    }
    TRY(std::string out, replace_each(*source, *old, replacement.value_or("")));
    return bounded(std::move(out));
}

// One assignment of an application role: {id, value, displayName}, or the role's name alone.
struct Role {
    std::string value;
    std::string name;
};

Result<std::vector<Role>> roles_of(const bj::value& assignments)
{
    const auto text = [](const bj::object& object, std::string_view key) -> std::string {
        const auto* const value = object.if_contains(key);
        return value && value->is_string() ? std::string{value->get_string()} : std::string{};
    };
    std::vector<Role> roles;
    for (const bj::value& element : list_of(assignments)) {
        Role role;
        if (const auto* const object = element.if_object()) {
            role = {text(*object, "value"), text(*object, "displayName")};
            if (role.value.empty()) role.value = role.name;
            if (role.name.empty()) role.name = role.value;
        } else {
            TRY(const Text name, text_of(element));
            role = {name.value_or(""), name.value_or("")};
        }
        if (role.value.empty()) return wrong("an element of appRoleAssignments has neither value nor displayName");
        roles.push_back(std::move(role));
    }
    return roles;
}

// The directory gives no promise which of several it takes; here it is always the first.
Result<bj::value> single_role(Arguments a, const std::optional<Pattern>&)
{
    TRY(const std::vector<Role> roles, roles_of(a[0].value));
    return roles.empty() ? bj::value(nullptr) : bj::value(bj::string(roles.front().value));
}

Result<bj::value> complex_roles(Arguments a, std::string_view name_key)
{
    TRY(const std::vector<Role> roles, roles_of(a[0].value));
    if (roles.empty()) return bj::value(nullptr);
    bj::array out;
    for (const Role& role : roles)
        out.push_back(bj::object{{"primary", false},
                                 {"type", "WindowsAzureActiveDirectoryRole"},
                                 {name_key, role.name},
                                 {"value", role.value}});
    return bj::value(std::move(out));
}

// The two differ in the key of the role's name, as their documented requests do.
Result<bj::value> additive_roles(Arguments a, const std::optional<Pattern>&) { return complex_roles(a, "displayName"); }
Result<bj::value> assertive_roles(Arguments a, const std::optional<Pattern>&) { return complex_roles(a, "display"); }

Result<bj::value> split(Arguments a, const std::optional<Pattern>&)
{
    TRY(const Text source, text_of(a[0]));
    TRY(const Text delimiter, text_of(a[1]));
    if (!source) return bj::value(nullptr);
    if (!delimiter || delimiter->empty()) return wrong("Split needs a delimiter");
    bj::array out;
    for (std::string_view rest = *source;;) {
        const auto end = rest.find(*delimiter);
        std::string_view piece = rest.substr(0, end);
        while (piece.starts_with(' ')) piece.remove_prefix(1);
        while (piece.ends_with(' ')) piece.remove_suffix(1);
        if (!piece.empty()) out.push_back(bj::string(piece));
        if (end == std::string_view::npos) break;
        rest.remove_prefix(end + delimiter->size());
    }
    return bj::value(std::move(out));
}

Result<bj::value> strip_spaces(Arguments a, const std::optional<Pattern>&)
{
    TRY(Text source, text_of(a[0]));
    if (source) std::erase(*source, ' ');
    return to_value(source);
}

Result<bj::value> trim(Arguments a, const std::optional<Pattern>&)
{
    TRY(const Text source, text_of(a[0]));
    if (!source) return bj::value(nullptr);
    std::string_view text = *source;
    constexpr std::string_view blank = " \t\r\n\f\v";
    text.remove_prefix(std::min(text.find_first_not_of(blank), text.size()));
    text = text.substr(0, text.find_last_not_of(blank) + 1);
    return bj::value(text);
}

// Switch(source, default, key, value, …): keys compare with case; an absent source matches the key "".
Result<bj::value> choose(Arguments a, const std::optional<Pattern>&)
{
    TRY(const Text source, text_of(a[0]));
    for (std::size_t i = 2; i + 1 < a.size(); i += 2) {
        TRY(const Text key, text_of(a[i]));
        if (key.value_or("") == source.value_or("")) return a[i + 1].value;
    }
    return a[1].value;
}

Result<bj::value> to_lower(Arguments a, const std::optional<Pattern>&)
{
    TRY(const Text source, text_of(a[0]));
    return source ? bounded(lower(*source)) : Result<bj::value>{bj::value(nullptr)};
}

Result<bj::value> to_upper(Arguments a, const std::optional<Pattern>&)
{
    TRY(const Text source, text_of(a[0]));
    return source ? bounded(upper(*source)) : Result<bj::value>{bj::value(nullptr)};
}

Result<bj::value> word(Arguments a, const std::optional<Pattern>&)
{
    TRY(const Text source, text_of(a[0]));
    TRY(std::int64_t wanted, number_of(a[1], "the second argument of Word"));
    TRY(const Text delimiters, text_of(a[2]));
    std::string_view rest = source ? std::string_view{*source} : std::string_view{};
    while (wanted >= 1 && !rest.empty()) {
        rest.remove_prefix(std::min(rest.find_first_not_of(delimiters.value_or("")), rest.size()));
        const auto end = std::min(rest.find_first_of(delimiters.value_or("")), rest.size());
        if (--wanted == 0) return bj::value(rest.substr(0, end));
        rest.remove_prefix(end);
    }
    return bj::value("");
}

} // namespace

struct Expression::Function {
    std::string_view name;
    std::string_view arguments;
    std::size_t least;
    std::size_t most;
    Apply apply;
};

namespace {

constexpr std::size_t many = 256;
constexpr Expression::Function functions[] = {
    {"Append", "source, suffix", 2, 2, append},
    {"AppRoleAssignmentsComplex", "[appRoleAssignments]", 1, 1, additive_roles},
    {"AssertiveAppRoleAssignmentsComplex", "[appRoleAssignments]", 1, 1, assertive_roles},
    {"CBool", "expression", 1, 1, convert_to_bool},
    {"Coalesce", "source1, source2, …, defaultValue", 1, many, coalesce},
    {"ConvertToUTF8Hex", "source", 1, 1, convert_to_hex},
    {"Count", "attribute", 1, 1, count},
    {"CStr", "value", 1, 1, convert_to_text},
    {"IgnoreFlowIfNullOrEmpty", "expression", 1, 1, ignore_if_empty},
    {"IIF", "condition, valueIfTrue, valueIfFalse", 3, 3, iif},
    {"IsNull", "expression", 1, 1, is_null},
    {"IsNullOrEmpty", "expression", 1, 1, is_null_or_empty},
    {"IsPresent", "expression", 1, 1, is_present},
    {"IsString", "expression", 1, 1, is_string},
    {"Item", "attribute, index", 2, 2, item},
    {"Join", "separator, source1, source2, …", 2, many, join},
    {"Left", "source, count", 2, 2, left},
    {"Mid", "source, start, length", 3, 3, mid},
    {"NormalizeDiacritics", "source", 1, 1, normalize_diacritics},
    {"Not", "source", 1, 1, negation},
    {"Redact", "value", 1, 1, redact},
    {"RemoveDuplicates", "attribute", 1, 1, remove_duplicates},
    {"Replace", "source, oldValue, regexPattern, regexGroupName, replacementValue, replacementAttributeName, template",
     2, 7, replace},
    {"Right", "source, count", 2, 2, right},
    {"SingleAppRoleAssignment", "[appRoleAssignments]", 1, 1, single_role},
    {"Split", "source, delimiter", 2, 2, split},
    {"StripSpaces", "source", 1, 1, strip_spaces},
    {"Switch", "source, defaultValue, key1, value1, …", 4, many, choose},
    {"ToLower", "source, culture", 1, 2, to_lower},
    {"ToUpper", "source, culture", 1, 2, to_upper},
    {"Trim", "source", 1, 1, trim},
    {"Word", "source, number, delimiters", 3, 3, word},
};

// Functions of the directory that this program refuses, and why.
struct Refused {
    std::string_view name;
    std::string_view why;
};
constexpr std::string_view chance = "it gives another value at every run, so that a user would never come to rest";
constexpr std::string_view dates = "dates are not computed here";
constexpr std::string_view rare = "it is not among the functions that user mappings need";
constexpr Refused refused[] = {
    {"BitAnd", rare},
    {"CDate", dates},
    {"ConvertToBase64", rare},
    {"DateAdd", dates},
    {"DateDiff", dates},
    {"DateFromNum", dates},
    {"FormatDateTime", dates},
    {"Guid", chance},
    {"InStr", rare},
    {"Now", chance},
    {"NumFromDate", dates},
    {"PCase", rare},
    {"RandomString", chance},
    {"SelectUniqueValue", "it needs a look into the target, which the directory itself only does for other targets"},
};

constexpr std::string_view sources_table[] = {
    "accountEnabled",
    "ageGroup",
    "alternateEmailAddress",
    "appRoleAssignments",
    "city",
    "companyName",
    "consentProvidedForMinor",
    "costCenter",
    "country",
    "createdDateTime",
    "creationType",
    "deletedDateTime",
    "department",
    "directorySynced",
    "displayName",
    "division",
    "employeeHireDate",
    "employeeId",
    "employeeLeaveDateTime",
    "employeeType",
    "extensionAttribute1",
    "extensionAttribute2",
    "extensionAttribute3",
    "extensionAttribute4",
    "extensionAttribute5",
    "extensionAttribute6",
    "extensionAttribute7",
    "extensionAttribute8",
    "extensionAttribute9",
    "extensionAttribute10",
    "extensionAttribute11",
    "extensionAttribute12",
    "extensionAttribute13",
    "extensionAttribute14",
    "extensionAttribute15",
    "facsimileTelephoneNumber",
    "givenName",
    "identityIssuer",
    "immutableId",
    "invitationState",
    "isAssigned",
    "IsSoftDeleted",
    "jobTitle",
    "legalAgeGroupClassification",
    "mail",
    "mailNickname",
    "manager",
    "mobile",
    "objectId",
    "onPremisesDistinguishedName",
    "onPremisesDomainName",
    "onPremisesSamAccountName",
    "onPremisesSecurityIdentifier",
    "onPremisesUserPrincipalName",
    "otherMails",
    "physicalDeliveryOfficeName",
    "postalCode",
    "preferredLanguage",
    "proxyAddresses",
    "showInAddressList",
    "sipProxyAddress",
    "state",
    "streetAddress",
    "surname",
    "telephoneNumber",
    "usageLocation",
    "userPrincipalName",
    "userType",
};

std::string suggestion(std::string_view word, std::span<const std::string_view> known)
{
    const auto near = nearest(word, known);
    return near.empty() ? std::string{} : fmt::format("; did you mean {}?", near);
}

// --- reading ----------------------------------------------------------------------------------------------------

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Reader {
public:
    explicit Reader(std::string_view text) : text_{text} {}

    // A whole mapping: an expression, or the bare name of an attribute (what the portal calls a direct mapping).
    Result<Node> mapping()
    {
        skip_blanks();
        if (at_ == text_.size()) return wrong("the expression is empty");
        TRY(Node node, value(0));
        skip_blanks();
        if (at_ != text_.size()) return unexpected("the end of the expression");
        return node;
    }

private:
    Error unexpected(std::string_view wanted) const
    {
        if (at_ >= text_.size()) return wrong(fmt::format("the expression ends where {} should follow", wanted));
        return wrong(fmt::format("the expression is wrong at character {}: {} is expected there", at_ + 1, wanted));
    }

    void skip_blanks()
    {
        while (at_ < text_.size() &&
               (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r' || text_[at_] == '\n'))
            ++at_;
    }
    bool is_at(char c) const { return at_ < text_.size() && text_[at_] == c; }
    bool skip(char c)
    {
        skip_blanks();
        if (!is_at(c)) return false;
        ++at_;
        return true;
    }

    Result<Node> value(std::size_t depth)
    {
        if (depth > expression_limits.depth)
            return wrong(fmt::format("the expression is nested deeper than {} calls", expression_limits.depth));
        if (++parts_ > expression_limits.parts)
            return wrong(fmt::format("the expression has more than {} parts", expression_limits.parts));
        skip_blanks();
        if (is_at('"')) return literal();
        if (is_at('[')) return attribute();
        if (at_ < text_.size() && (is_digit(text_[at_]) || is_at('-'))) return number();
        if (at_ < text_.size() && is_letter(text_[at_])) return call_or_name(depth);
        return unexpected("a function, an [attribute], a \"text\" or a number");
    }

    Result<Node> literal()
    {
        const std::size_t begin = at_++;
        Node node;
        node.kind = Kind::text;
        while (at_ < text_.size() && text_[at_] != '"') {
            const bool escaped =
                text_[at_] == '\\' && at_ + 1 < text_.size() && (text_[at_ + 1] == '"' || text_[at_ + 1] == '\\');
            if (escaped) ++at_; // any other backslash is itself: "\d+"
            node.text += text_[at_++];
        }
        if (at_ == text_.size())
            return wrong(fmt::format("the text that begins at character {} has no closing quote", begin + 1));
        ++at_;
        return node;
    }

    Result<Node> number()
    {
        Node node;
        node.kind = Kind::number;
        const char* const begin = text_.data() + at_;
        const auto [end, problem] = std::from_chars(begin, text_.data() + text_.size(), node.number);
        if (problem != std::errc{}) return unexpected("a whole number");
        at_ += static_cast<std::size_t>(end - begin);
        return node;
    }

    Result<Node> attribute()
    {
        const auto end = text_.find(']', at_);
        if (end == std::string_view::npos)
            return wrong(fmt::format("the attribute that begins at character {} has no closing bracket", at_ + 1));
        std::string_view name = text_.substr(at_ + 1, end - at_ - 1);
        while (name.starts_with(' ')) name.remove_prefix(1);
        while (name.ends_with(' ')) name.remove_suffix(1);
        at_ = end + 1;
        return source(name);
    }

    Result<Node> source(std::string_view name)
    {
        Node node;
        node.kind = Kind::attribute;
        const auto known = source_named(name);
        if (!known)
            return wrong(fmt::format("the directory has no attribute of this name for users at character {}{}", at_,
                                     suggestion(name, sources_table)));
        node.text = std::string{*known};
        return node;
    }

    Result<Node> call_or_name(std::size_t depth)
    {
        const std::size_t begin = at_;
        while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
        const std::string_view name = text_.substr(begin, at_ - begin);
        skip_blanks();
        if (!is_at('(')) {
            if (depth == 0) return source(name);
            return wrong(fmt::format("the word at character {} stands alone: write an attribute as [{}], a text in "
                                     "quotes",
                                     begin + 1, source_named(name).value_or("name")));
        }
        const auto* const function = std::find_if(std::begin(functions), std::end(functions),
                                                  [&](const auto& row) { return same_word(row.name, name); });
        if (function == std::end(functions)) return unknown_function(name, begin);
        ++at_;
        Node node;
        node.kind = Kind::call;
        node.function = function;
        TRY_ONLY(arguments(node, depth));
        TRY_ONLY(check(node));
        return node;
    }

    static Error unknown_function(std::string_view name, std::size_t begin)
    {
        for (const Refused& row : refused)
            if (same_word(row.name, name))
                return wrong(fmt::format("{} cannot be used here: {}; known are: {}", row.name, row.why, names()));
        std::vector<std::string_view> known;
        for (const auto& row : functions) known.push_back(row.name);
        return wrong(fmt::format("unknown function at character {}{}; known are: {}", begin + 1,
                                 suggestion(name, known), names()));
    }

    static std::string names()
    {
        std::string out;
        for (const auto& row : functions) out += fmt::format("{}{}", out.empty() ? "" : ", ", row.name);
        return out;
    }

    Result<void> arguments(Node& node, std::size_t depth)
    {
        if (skip(')')) return {};
        for (;;) {
            skip_blanks();
            if (is_at(',') || is_at(')')) {
                node.children.emplace_back(); // an empty argument
                if (++parts_ > expression_limits.parts)
                    return wrong(fmt::format("the expression has more than {} parts", expression_limits.parts));
            } else {
                TRY(Node child, comparable(depth + 1));
                node.children.push_back(std::move(child));
            }
            if (skip(')')) return {};
            if (!skip(',')) return unexpected("a comma or a closing parenthesis");
        }
    }

    // An argument: a value, or two with a comparison between them.
    Result<Node> comparable(std::size_t depth)
    {
        TRY(Node node, value(depth));
        skip_blanks();
        for (const std::string_view sign : {"<>", "<=", ">=", "=", "<", ">"}) {
            if (!text_.substr(at_).starts_with(sign)) continue;
            at_ += sign.size();
            TRY(Node other, value(depth));
            Node both;
            both.kind = Kind::comparison;
            both.comparison = sign;
            both.children.push_back(std::move(node));
            both.children.push_back(std::move(other));
            return both;
        }
        return node;
    }

    static Result<void> check(Node& node)
    {
        const auto& function = *node.function;
        const std::size_t count = node.children.size();
        if (count < function.least || count > function.most)
            return wrong(fmt::format("{} is called with {} argument{}; it is {}({})", function.name, count,
                                     count == 1 ? "" : "s", function.name, function.arguments));
        if (function.apply == choose && count % 2 != 0)
            return wrong("Switch needs its keys and values in pairs: Switch(source, defaultValue, key1, value1, …)");
        if (function.apply == replace) return check_replace(node);
        return {};
    }

    // Which of the documented forms is it? The pattern is made ready once.
    static Result<void> check_replace(Node& node)
    {
        const auto given = [&](std::size_t i) {
            return i < node.children.size() && node.children[i].kind != Kind::nothing;
        };
        const bool old = given(1);
        const bool regex = given(2);
        const bool group = given(3);
        const bool value = given(4);
        const bool other = given(5);
        const bool frame = given(6);
        const bool plain = old && !regex && !group && !other && (value != frame);
        const bool pattern = regex && !old && !frame && ((value && !other) || (group && other && !value));
        if (!given(0) || (!plain && !pattern))
            return wrong("Replace knows these forms: oldValue with replacementValue; oldValue with template; "
                         "regexPattern with replacementValue; regexPattern, regexGroupName and replacementValue; "
                         "regexPattern, regexGroupName and replacementAttributeName");
        if (!regex) return {};
        if (node.children[2].kind != Kind::text) return wrong("the regexPattern of Replace must be a text in quotes");
        TRY(Pattern ready, Pattern::compile(node.children[2].text));
        if (group) {
            if (node.children[3].kind != Kind::text)
                return wrong("the regexGroupName of Replace must be a text in quotes");
            if (!ready.has_group(node.children[3].text))
                return wrong("the regexPattern of Replace has no group of that name: write it as (?<name>…)");
        }
        node.pattern = std::move(ready);
        return {};
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t parts_ = 0;
};

// --- computing --------------------------------------------------------------------------------------------------

Result<bj::value> compute(const Node& node, const AzureObject& user);

bool compare(std::string_view sign, const std::string& a, const std::string& b)
{
    const auto number = [](const std::string& text) -> std::optional<std::int64_t> {
        std::int64_t read = 0;
        const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), read);
        if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
        return read;
    };
    const auto left_number = number(a);
    const auto right_number = number(b);
    const auto order = left_number && right_number ? *left_number <=> *right_number : a.compare(b) <=> 0;
    if (sign == "=") return order == 0;
    if (sign == "<>") return order != 0;
    if (sign == "<") return order < 0;
    if (sign == "<=") return order <= 0;
    if (sign == ">") return order > 0;
    return order >= 0;
}

Result<bj::value> call(const Node& node, const AzureObject& user)
{
    std::vector<Argument> arguments;
    arguments.reserve(node.children.size());
    for (const Node& child : node.children) {
        TRY(bj::value value, compute(child, user));
        arguments.push_back({child.kind != Kind::nothing, std::move(value)});
    }
    return node.function->apply(arguments, node.pattern);
}

Result<bj::value> compute(const Node& node, const AzureObject& user)
{
    switch (node.kind) {
    case Kind::nothing: return bj::value(nullptr);
    case Kind::text: return bj::value(bj::string(node.text));
    case Kind::number: return bj::value(node.number);
    case Kind::attribute: {
        if (node.text == "IsSoftDeleted") return bj::value(is_soft_deleted(user));
        const auto* const found = user.if_contains(node.text);
        return found ? *found : bj::value(nullptr);
    }
    case Kind::call: return call(node, user);
    case Kind::comparison: {
        TRY(const bj::value first, compute(node.children[0], user));
        TRY(const bj::value second, compute(node.children[1], user));
        TRY(const Text a, text_of(first));
        TRY(const Text b, text_of(second));
        return bj::value(compare(node.comparison, a.value_or(""), b.value_or("")));
    }
    }
    return bj::value(nullptr);
}

void collect(const Node& node, std::vector<std::string_view>& out)
{
    if (node.kind == Kind::attribute && std::find(out.begin(), out.end(), node.text) == out.end())
        out.push_back(node.text);
    for (const Node& child : node.children) collect(child, out);
}

} // namespace

std::vector<FunctionInfo> known_functions()
{
    std::vector<FunctionInfo> out;
    for (const auto& row : functions) out.push_back({row.name, row.arguments});
    return out;
}

std::span<const std::string_view> known_sources() { return sources_table; }

std::optional<std::string_view> source_named(std::string_view name)
{
    for (const std::string_view known : sources_table)
        if (same_word(known, name)) return known;
    // A directory extension belongs to an application: extension_<its id without dashes>_<name>.
    constexpr std::string_view prefix = "extension_";
    if (!name.starts_with(prefix) || name.size() < prefix.size() + 34 || name.size() > 256) return std::nullopt;
    const auto is_hex = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); };
    const std::string_view id = name.substr(prefix.size(), 32);
    const std::string_view rest = name.substr(prefix.size() + 32);
    if (!std::all_of(id.begin(), id.end(), is_hex) || rest.front() != '_') return std::nullopt;
    if (!std::all_of(rest.begin(), rest.end(), [](char c) { return is_letter(c) || is_digit(c); })) return std::nullopt;
    return name;
}

bool is_soft_deleted(const AzureObject& user)
{
    const auto says = [&](std::string_view name, bool what) {
        const auto* const value = user.if_contains(name);
        if (!value) return false;
        if (const auto* const flag = value->if_bool()) return *flag == what;
        if (const auto* const text = value->if_string()) return same_word(*text, what ? "true" : "false");
        return false;
    };
    if (says("IsSoftDeleted", true) || says("accountEnabled", false) || says("isAssigned", false)) return true;
    const auto* const deleted = user.if_contains("deletedDateTime");
    return deleted && deleted->is_string() && !deleted->get_string().empty();
}

Result<Expression> Expression::parse(std::string_view text)
{
    if (text.size() > expression_limits.bytes)
        return wrong(fmt::format("the expression is longer than {} bytes", expression_limits.bytes));
    if (!is_utf8(text)) return wrong("the expression is not valid UTF-8");
    TRY(Node root, Reader{text}.mapping());
    Expression made;
    made.text_ = std::string{text};
    made.root_ = std::move(root);
    return made;
}

Result<bj::value> Expression::evaluate(const AzureObject& user) const { return compute(root_, user); }

std::vector<std::string_view> Expression::sources() const
{
    std::vector<std::string_view> out;
    collect(root_, out);
    return out;
}

} // namespace scim::entra
