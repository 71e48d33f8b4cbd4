#include "scim/filter.hpp"

#include "core/base/json.hpp"
#include "core/base/text.hpp"
#include "scim/attribute_path.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace scim {

namespace {

using core::AttributeRef;
using core::Comparison;
using core::Literal;
using core::Predicate;
using core::ValueKind;
using Kind = core::Predicate::Kind;

constexpr bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct Operator {
    std::string_view word;
    Comparison comparison;
};
constexpr Operator operators[] = {
    {"eq", Comparison::eq}, {"ne", Comparison::ne}, {"co", Comparison::co},
    {"sw", Comparison::sw}, {"ew", Comparison::ew}, {"gt", Comparison::gt},
    {"ge", Comparison::ge}, {"lt", Comparison::lt}, {"le", Comparison::le},
};

std::optional<Comparison> comparison_named(std::string_view word)
{
    for (const auto& row : operators)
        if (core::same_ignoring_ascii_case(row.word, word)) return row.comparison;
    return std::nullopt;
}
std::string_view word(Comparison comparison)
{
    for (const auto& row : operators)
        if (row.comparison == comparison) return row.word;
    return "eq";
}

constexpr bool looks_into_text(Comparison c)
{
    return c == Comparison::co || c == Comparison::sw || c == Comparison::ew;
}
constexpr bool has_an_order(Comparison c)
{
    return c == Comparison::gt || c == Comparison::ge || c == Comparison::lt || c == Comparison::le;
}
constexpr bool is_equality(Comparison c) { return c == Comparison::eq || c == Comparison::ne; }

// A literal before it is brought to its attribute's kind.
struct Written {
    enum class Form : std::uint8_t { string, number, boolean, null, word };
    Form form = Form::null;
    std::string text; // of a string, its value; else as written
    bool truth = false;
};

// A whole number or decimal that JSON would refuse ("01", "1.", "1e"): a slip, not a word.
bool is_number_like(std::string_view word)
{
    std::size_t i = 0;
    const auto digits = [&] {
        while (i < word.size() && is_digit(word[i])) ++i;
    };
    digits();
    if (i == 0) return false;
    if (i < word.size() && word[i] == '.') ++i, digits();
    if (i < word.size() && (word[i] == 'e' || word[i] == 'E')) {
        ++i;
        if (i < word.size() && (word[i] == '+' || word[i] == '-')) ++i;
        digits();
    }
    return i == word.size();
}

// entra.md, decisions: [A-Za-z0-9][A-Za-z0-9._:@+-]*
bool is_plain_word(std::string_view text)
{
    const auto alnum = [](char c) { return is_alpha(c) || is_digit(c); };
    return !text.empty() && alnum(text.front()) && std::all_of(text.begin(), text.end(), [&](char c) {
        return alnum(c) || std::string_view{"._:@+-"}.find(c) != std::string_view::npos;
    });
}

std::optional<bool> truth_of(std::string_view text)
{
    if (core::same_ignoring_ascii_case(text, "true")) return true;
    if (core::same_ignoring_ascii_case(text, "false")) return false;
    return std::nullopt;
}

// What a name in a filter has been found to mean.
struct Found {
    const Attribute* attribute = nullptr;
    const Attribute* sub = nullptr;
    std::string extension;
};

// Recursive descent; `depth_` counts every construct that recurses. Names are resolved against a resource's schema,
// or, inside a value path, against the sub-attributes of one attribute.
// What recurses answers true, or false with `error_` set, and builds its tree where it belongs: a Result or a tree on
// the stack of each level would make the deepest filter allowed too large for a small stack.
class Parser {
public:
    Parser(std::string_view text, const ResourceSchema* resource, const Attribute* inside, ScimType what,
           const FilterLimits& limits, bool unquoted_words, const ResourceSchema* also = nullptr)
        : text_{text}, resource_{resource}, also_{also}, inside_{inside}, what_{what}, limits_{limits},
          unquoted_{unquoted_words}
    {
    }

    Result<Predicate> whole()
    {
        if (text_.size() > limits_.bytes)
            return bad_request(what_, fmt::format("the filter is longer than {} bytes", limits_.bytes));
        skip_spaces();
        if (at_end()) return bad_request(what_, "the filter is empty");
        Predicate tree;
        if (!disjunction(tree)) return std::move(error_);
        skip_spaces();
        if (!at_end()) return error_at(at_, "expected \"and\", \"or\" or the end");
        return tree;
    }

    // The text is one attribute's name.
    Result<AttributeRef> name()
    {
        is_name_ = true;
        Found found;
        if (!resolve(text_, 0, found)) return std::move(error_);
        const Attribute& last = found.sub ? *found.sub : *found.attribute;
        if (last.type == Type::complex && last.multi_valued) found.sub = last.find_sub("value");
        return reference(found);
    }

private:
    Error error_at(std::size_t position, std::string_view problem) const
    {
        return bad_request(what_, is_name_ ? fmt::format("sortBy: {}", problem)
                                           : fmt::format("filter, position {}: {}", position + 1, problem));
    }
    bool refuse_at(std::size_t position, std::string_view problem)
    {
        error_ = error_at(position, problem);
        return false;
    }
    bool refuse(std::string_view problem) { return refuse_at(at_, problem); }
    bool at_end() const { return at_ >= text_.size(); }
    char here() const { return at_end() ? '\0' : text_[at_]; }
    void skip_spaces()
    {
        while (here() == ' ') ++at_;
    }
    // Whether " word " comes next; takes it with its spaces.
    bool take_joint(std::string_view joint)
    {
        std::size_t i = at_;
        while (i < text_.size() && text_[i] == ' ') ++i;
        if (i == at_ || text_.size() - i <= joint.size() || text_[i + joint.size()] != ' ' ||
            !core::same_ignoring_ascii_case(text_.substr(i, joint.size()), joint))
            return false;
        at_ = i + joint.size();
        skip_spaces();
        return true;
    }

    bool enter() { return ++depth_ <= limits_.depth || refuse(too_deep()); }
    std::string too_deep() const { return fmt::format("nested deeper than {} levels", limits_.depth); }
    bool count_node() { return ++nodes_ <= limits_.nodes || refuse(too_many()); }
    std::string too_many() const { return fmt::format("more than {} terms", limits_.nodes); }

    bool disjunction(Predicate& out) { return chain("or", Kind::any_of, &Parser::conjunction, out); }
    bool conjunction(Predicate& out) { return chain("and", Kind::all_of, &Parser::term, out); }

    bool chain(std::string_view joint, Kind kind, bool (Parser::*part)(Predicate&), Predicate& out)
    {
        if (!(this->*part)(out)) return false;
        if (!take_joint(joint)) return true;
        if (!count_node()) return false;
        put_under(kind, out);
        do {
            out.children.emplace_back();
            if (!(this->*part)(out.children.back())) return false;
        } while (take_joint(joint));
        return true;
    }

    // `tree` becomes the first child of a new tree in its own place.
    [[gnu::noinline]] static void put_under(Kind kind, Predicate& tree)
    {
        Predicate child = std::exchange(tree, Predicate{});
        tree.kind = kind;
        tree.children.push_back(std::move(child));
    }

    bool term(Predicate& out)
    {
        if (here() == '(') return group(out);
        if (!take_not()) return expression(out);
        if (!count_node()) return false;
        out.kind = Kind::negation;
        out.children.emplace_back();
        return group(out.children.back());
    }

    // "not" is the operator only before a parenthesis; stops there.
    bool take_not()
    {
        if (!core::same_ignoring_ascii_case(text_.substr(at_, 3), "not")) return false;
        const auto after = text_.find_first_not_of(' ', at_ + 3);
        if (after == std::string_view::npos || text_[after] != '(') return false;
        at_ = after;
        return true;
    }

    bool group(Predicate& out)
    {
        if (!enter()) return false;
        ++at_; // (
        skip_spaces();
        if (!disjunction(out)) return false;
        skip_spaces();
        if (here() != ')') return refuse("expected )");
        ++at_;
        --depth_;
        return true;
    }

    std::string_view take_until_delimiter()
    {
        const auto begin = at_;
        while (!at_end() && std::string_view{" ()[]\""}.find(here()) == std::string_view::npos) ++at_;
        return text_.substr(begin, at_ - begin);
    }

    // attribute op literal · attribute pr · attribute[…] · attribute[…].sub op literal
    [[gnu::noinline]] bool expression(Predicate& out)
    {
        const auto begin = at_;
        const auto name = take_until_delimiter();
        if (name.empty()) return refuse("expected an attribute");
        Found found;
        if (!resolve(name, begin, found)) return false;
        return here() == '[' ? value_path(found, out) : comparison(found, out);
    }

    bool comparison(const Found& found, Predicate& out)
    {
        if (!count_node()) return false;
        if (here() != ' ') return refuse("expected a space and an operator after the attribute");
        skip_spaces();
        const auto begin = at_;
        while (is_alpha(here())) ++at_;
        const auto op = text_.substr(begin, at_ - begin);
        if (core::same_ignoring_ascii_case(op, "pr")) {
            out.kind = Kind::present;
            out.attribute = reference(found);
            return true;
        }
        const auto comparison = comparison_named(op);
        if (!comparison) return refuse_at(begin, "expected an operator: eq, ne, co, sw, ew, gt, ge, lt, le or pr");
        if (here() != ' ') return refuse("expected a space and a value after the operator");
        skip_spaces();
        const auto value_at = at_;
        Written written;
        if (!literal(written)) return false;

        Found compared = found;
        const Attribute& last = found.sub ? *found.sub : *found.attribute;
        if (last.type == Type::complex) { // stands for its value
            compared.sub = last.find_sub("value");
            if (!compared.sub)
                return refuse_at(begin, fmt::format("{} has parts; compare one of them, such as {}.{}", last.name,
                                                    last.name, last.sub.front().name));
        }
        const Attribute& meant = compared.sub ? *compared.sub : *compared.attribute;
        if (meant.type == Type::binary && has_an_order(*comparison)) // RFC 7644 3.4.2.2
            return refuse_at(
                begin, fmt::format("{} is binary: it has no order, so gt, ge, lt and le do not apply", meant.name));
        out.kind = Kind::compare;
        out.attribute = reference(compared);
        out.comparison = *comparison;
        return bring(written, value_at, out);
    }

    bool value_path(const Found& found, Predicate& out)
    {
        if (inside_) return refuse("a value path may not stand inside another");
        if (found.sub) return refuse("a value path follows an attribute, not a sub-attribute");
        const Attribute& attribute = *found.attribute;
        if (attribute.type != Type::complex && !attribute.multi_valued)
            return refuse(fmt::format("{} has no parts to look into with [ ]", attribute.name));
        if (!enter() || !count_node()) return false;
        ++at_; // [
        skip_spaces();
        inside_ = found.attribute;
        Predicate inner;
        if (!disjunction(inner)) return false;
        skip_spaces();
        if (here() != ']') return refuse("expected ]");
        ++at_;
        if (here() == '.') {
            const auto begin = ++at_;
            Found sub;
            if (!resolve(take_until_delimiter(), begin, sub)) return false;
            if (inner.kind != Kind::all_of) put_under(Kind::all_of, inner);
            inner.children.emplace_back();
            if (!comparison(sub, inner.children.back())) return false;
        }
        inside_ = nullptr;
        --depth_;
        if (attribute.multi_valued) {
            out.kind = Kind::within;
            out.attribute = reference(found);
            out.children.push_back(std::move(inner));
        } else {
            rebase(inner, found); // the one element of a single-valued attribute is the attribute itself
            out = std::move(inner);
        }
        return true;
    }

    // `name[familyName eq "x"]` means name.familyName eq "x".
    static void rebase(Predicate& tree, const Found& onto)
    {
        for (auto& child : tree.children) rebase(child, onto);
        if (tree.kind != Kind::compare && tree.kind != Kind::present) return;
        tree.attribute.sub = std::move(tree.attribute.name);
        tree.attribute.name = onto.attribute->name;
        tree.attribute.extension = onto.extension;
    }

    bool resolve(std::string_view name, std::size_t begin, Found& found)
    {
        const auto path = read_path(name);
        if (!path || path->name.empty() || path->filter) return refuse_unknown(name, begin);
        if (inside_) {
            if (!path->urn.empty() || !path->sub.empty()) return refuse_unknown(name, begin);
            found.attribute = inside_->find_sub(path->name);
            if (!found.attribute && inside_->sub.empty() && core::same_ignoring_ascii_case(path->name, "value"))
                found.attribute = inside_;
        } else {
            found = attribute_of(*resource_, *path);
            if (!found.attribute && also_) found = attribute_of(*also_, *path);
            if (!found.attribute && !is_name_ && !path->urn.empty() && !knows_schema(path->urn))
                return refuse_at(begin, "unknown attribute: no schema with this URN is registered, so what is kept "
                                        "under it cannot be filtered; the operator can register one: rollcall schema "
                                        "add");
        }
        if (!found.attribute) return refuse_unknown(name, begin);
        if (!path->sub.empty()) {
            found.sub = found.attribute->find_sub(path->sub);
            if (!found.sub) return refuse_unknown(name, begin);
        }
        const bool is_secret =
            found.attribute->returned == Returned::never || (found.sub && found.sub->returned == Returned::never);
        if (!is_secret) return true;
        if (is_name_) return refuse_at(begin, "this attribute is never shown and cannot be sorted by");
        // RFC 7644 3.12: in an address it would also end in logs. In a PATCH path it would tell what is never shown.
        error_ = error_at(begin, "this attribute is never shown and cannot be filtered");
        if (what_ == ScimType::invalid_filter) error_.status = HttpStatus::forbidden, error_.type = ScimType::sensitive;
        return false;
    }

    bool knows_schema(std::string_view urn) const
    {
        const auto is_of = [&](const ResourceSchema* resource) {
            return resource && (core::same_ignoring_ascii_case(urn, resource->core.urn) || resource->extension(urn));
        };
        return is_of(resource_) || is_of(also_);
    }

    static Found attribute_of(const ResourceSchema& resource, const AttributePath& path)
    {
        if (path.urn.empty()) {
            const auto* const attribute = resource.find(path.name);
            return attribute ? Found{attribute, nullptr, {}} : bare_extension_attribute(resource, path.name);
        }
        if (core::same_ignoring_ascii_case(path.urn, resource.core.urn))
            return {resource.core.find(path.name), nullptr, {}};
        if (const auto* const extension = resource.extension(path.urn))
            return {extension->find(path.name), nullptr, extension->urn};
        return {};
    }

    static Found bare_extension_attribute(const ResourceSchema& resource, std::string_view name)
    {
        for (const auto& bare : resource.bare_extension_names) {
            if (!core::same_ignoring_ascii_case(bare, name)) continue;
            for (const auto& extension : resource.extensions)
                if (const auto* attribute = extension.find(name)) return {attribute, nullptr, extension.urn};
        }
        return {};
    }

    // The name itself is not repeated: it may be anything.
    bool refuse_unknown(std::string_view name, std::size_t begin)
    {
        constexpr std::size_t longest_guessed = 128; // the search for the nearest name is quadratic
        std::vector<std::string> names;
        if (inside_) {
            for (const auto& sub : inside_->sub) names.push_back(sub.name);
        } else {
            names = resource_->names();
            if (also_)
                for (auto& other : also_->names()) names.push_back(std::move(other));
        }
        std::string_view near;
        if (name.size() <= longest_guessed) {
            const std::vector<std::string_view> known{names.begin(), names.end()};
            near = core::nearest(name, known.data(), known.size());
            if (near.empty()) near = of_an_extension(name, known);
        }
        if (near.empty()) return refuse_at(begin, "unknown attribute");
        return refuse_at(begin, fmt::format("unknown attribute; did you mean {}?", near));
    }

    // "department" is near "urn:…:User:department": the URN was forgotten.
    static std::string_view of_an_extension(std::string_view name, const std::vector<std::string_view>& known)
    {
        for (const auto candidate : known) {
            const auto colon = candidate.rfind(':');
            if (colon != std::string_view::npos && core::same_ignoring_ascii_case(candidate.substr(colon + 1), name))
                return candidate;
        }
        return {};
    }

    AttributeRef reference(const Found& found) const
    {
        const Attribute& last = found.sub ? *found.sub : *found.attribute;
        AttributeRef attribute;
        attribute.extension = found.extension;
        attribute.name = found.attribute == inside_ ? "value" : found.attribute->name;
        if (found.sub) attribute.sub = found.sub->name;
        attribute.kind = kind_of(last);
        attribute.case_exact = last.case_exact;
        attribute.multi_valued = found.attribute->multi_valued && found.attribute != inside_;
        return attribute;
    }

    bool literal(Written& written)
    {
        const auto begin = at_;
        if (here() == '"') {
            ++at_;
            while (!at_end() && here() != '"') at_ += here() == '\\' ? 2 : 1;
            if (at_end()) return refuse_at(begin, "the string has no closing quote");
            ++at_;
            const auto read = core::json::read(text_.substr(begin, at_ - begin));
            if (!read || !read->is_string()) return refuse_at(begin, "the string is not a JSON string");
            written.form = Written::Form::string;
            written.text = std::string_view{read->get_string()};
        } else {
            const auto token = take_until_delimiter();
            written.text = token;
            if (token == "true" || token == "false") {
                written.form = Written::Form::boolean;
                written.truth = token == "true";
            } else if (token == "null") {
                written.form = Written::Form::null;
            } else if (is_json_number(token)) {
                written.form = Written::Form::number;
            } else if (unquoted_ && is_plain_word(token) && !is_number_like(token)) {
                written.form = Written::Form::word;
            } else {
                return refuse_at(begin,
                                 "expected a value: a \"string\" in double quotes, a number, true, false or null");
            }
        }
        if (!at_end() && std::string_view{" )]"}.find(here()) == std::string_view::npos)
            return refuse("unexpected character after the value");
        return true;
    }

    static bool is_json_number(std::string_view token)
    {
        if (token.empty() || !(is_digit(token.front()) || token.front() == '-')) return false;
        const auto read = core::json::read(token);
        return read && read->is_number();
    }

    // Brings the literal to the kind of out's attribute.
    bool bring(const Written& written, std::size_t value_at, Predicate& out)
    {
        const AttributeRef& attribute = out.attribute;
        const auto wrong = [&](std::string_view problem) {
            return refuse_at(value_at, fmt::format("{}{}{} {}", attribute.name, attribute.sub.empty() ? "" : ".",
                                                   attribute.sub, problem));
        };
        const auto is = [&](Literal literal) {
            out.literal = std::move(literal);
            return true;
        };
        const auto form = written.form;
        const bool is_text = form == Written::Form::string || form == Written::Form::word;
        if (form == Written::Form::null) {
            if (!is_equality(out.comparison)) return wrong("can be compared with null by eq and ne only");
            return is(nullptr);
        }
        switch (attribute.kind) {
        case ValueKind::text:
            if (is_text) return is(written.text);
            if (unquoted_ && form == Written::Form::number && is_plain_word(written.text)) return is(written.text);
            return wrong("is text: write the value in double quotes");
        case ValueKind::boolean:
            if (!is_equality(out.comparison)) return wrong("is a boolean: compare it with eq or ne");
            if (form == Written::Form::boolean) return is(written.truth);
            if (unquoted_ && is_text)
                if (const auto truth = truth_of(written.text)) return is(*truth);
            return wrong("is a boolean: compare it with true or false, without quotes");
        case ValueKind::number: {
            if (looks_into_text(out.comparison)) return wrong("is a number: co, sw and ew look into text");
            if (form != Written::Form::number) return wrong("is a number: compare it with one");
            const auto number = core::json::read(written.text);
            if (number && number->is_int64()) return is(number->get_int64());
            if (number && number->is_double()) return is(number->get_double());
            return wrong("is compared with a number that is too large");
        }
        case ValueKind::instant:
            if (looks_into_text(out.comparison)) return wrong("is a time: co, sw and ew look into text");
            if (is_text)
                if (const auto instant = core::from_iso(written.text)) return is(*instant);
            return wrong("is a time: compare it with one such as \"2026-11-22T16:27:00Z\"");
        case ValueKind::complex: break;
        }
        return wrong("cannot be compared");
    }

    std::string_view text_;
    const ResourceSchema* resource_;
    const ResourceSchema* also_;
    const Attribute* inside_;
    ScimType what_;
    const FilterLimits& limits_;
    bool unquoted_;
    bool is_name_ = false;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
    std::size_t nodes_ = 0;
    Error error_{HttpStatus::bad_request, ScimType::none, {}};
};

void print(std::string& out, const AttributeRef& attribute)
{
    if (!attribute.extension.empty()) out.append(attribute.extension).append(":");
    out += attribute.name;
    if (!attribute.sub.empty()) out.append(".").append(attribute.sub);
}

void print(std::string& out, const Literal& literal)
{
    struct Printer {
        std::string& out;
        void operator()(std::nullptr_t) const { out += "null"; }
        void operator()(bool value) const { out += value ? "true" : "false"; }
        void operator()(std::int64_t value) const { out += std::to_string(value); }
        void operator()(double value) const { core::json::append(out, value); }
        void operator()(const std::string& value) const { core::json::append_quoted(out, value); }
        void operator()(core::Instant value) const { core::json::append_quoted(out, core::to_iso(value)); }
    };
    std::visit(Printer{out}, literal);
}

bool is_chain(const Predicate& tree) { return tree.kind == Kind::all_of || tree.kind == Kind::any_of; }

void print(std::string& out, const Predicate& tree)
{
    switch (tree.kind) {
    case Kind::all_of:
    case Kind::any_of: {
        bool first = true;
        for (const auto& child : tree.children) {
            if (!first) out += tree.kind == Kind::all_of ? " and " : " or ";
            first = false;
            if (is_chain(child)) out += '(';
            print(out, child);
            if (is_chain(child)) out += ')';
        }
        return;
    }
    case Kind::negation:
        out += "not (";
        print(out, tree.children.front());
        out += ')';
        return;
    case Kind::compare:
        print(out, tree.attribute);
        out.append(" ").append(word(tree.comparison)).append(" ");
        print(out, tree.literal);
        return;
    case Kind::present:
        print(out, tree.attribute);
        out += " pr";
        return;
    case Kind::within:
        print(out, tree.attribute);
        out += '[';
        print(out, tree.children.front());
        out += ']';
        return;
    }
}

} // namespace

Result<Predicate> parse_filter(std::string_view text, const ResourceSchema& resource, const FilterLimits& limits,
                               bool unquoted_words, const ResourceSchema* also)
{
    return Parser{text, &resource, nullptr, ScimType::invalid_filter, limits, unquoted_words, also}.whole();
}

Result<AttributeRef> resolve_attribute(std::string_view name, const ResourceSchema& resource,
                                       const ResourceSchema* also)
{
    const FilterLimits limits;
    return Parser{name, &resource, nullptr, ScimType::invalid_value, limits, false, also}.name();
}

Result<Predicate> parse_value_filter(std::string_view text, const Attribute& attribute, ScimType what,
                                     const FilterLimits& limits)
{
    return Parser{text, nullptr, &attribute, what, limits, false}.whole();
}

std::string print_filter(const Predicate& tree)
{
    std::string out;
    print(out, tree);
    return out;
}

} // namespace scim
