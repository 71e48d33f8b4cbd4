#include "storage/query_sql.hpp"

#include "core/base/text.hpp"
#include "core/user.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace storage {

namespace {

using core::AttributeRef;
using core::Comparison;
using core::Predicate;
using core::Searched;
using core::ValueKind;

// A value as SQL sees it: an expression for its JSON type ('text', 'integer', 'real', 'true', 'false', 'null',
// 'object', 'array', or SQL's null when absent) and one for itself.
struct Value {
    std::string type;
    std::string value;
    std::string folded; // an expression already folded, where a column holds it
};

struct Column {
    std::string_view extension, name, sub;
    std::string_view sql;
    std::string_view folded;
    enum class Is { text, boolean, instant, complex } is = Is::text;
};

constexpr Column user_columns_known[] = {
    {"", "id", "", "id_text(u.id)", "", Column::Is::text},
    {"", "userName", "", "u.user_name", "u.folded_name", Column::Is::text},
    {"", "externalId", "", "u.external_id", "", Column::Is::text},
    {"", "active", "", "(u.status NOT IN ('inactive', 'convertedAway'))", "", Column::Is::boolean},
    {"", "meta", "", "", "", Column::Is::complex},
    {"", "meta", "resourceType", "'User'", "", Column::Is::text},
    {"", "meta", "created", "u.created", "", Column::Is::instant},
    {"", "meta", "lastModified", "u.last_modified", "", Column::Is::instant},
    {"", "meta", "version", "('W/\"' || u.version || '\"')", "", Column::Is::text},
    {core::lifecycle_urn, "status", "", "u.status", "", Column::Is::text},
    {core::lifecycle_urn, "reason", "", "u.reason", "", Column::Is::text},
    {core::lifecycle_urn, "provenance", "", "u.provenance", "", Column::Is::text},
    {core::lifecycle_urn, "softDeletedAt", "", "u.soft_deleted_at", "", Column::Is::instant},
    {core::lifecycle_urn, "purgeAt", "", "u.purge_at", "", Column::Is::instant},
    {core::lifecycle_urn, "originalUserName", "", "u.original_user_name", "u.folded_original", Column::Is::text},
    {core::lifecycle_urn, "tokensValidAfter", "", "u.tokens_valid_after", "", Column::Is::instant},
};

constexpr Column group_columns_known[] = {
    {"", "id", "", "id_text(g.id)", "", Column::Is::text},
    {"", "displayName", "", "g.display_name", "g.folded_name", Column::Is::text},
    {"", "externalId", "", "g.external_id", "", Column::Is::text},
    {"", "meta", "", "", "", Column::Is::complex},
    {"", "meta", "resourceType", "'Group'", "", Column::Is::text},
    {"", "meta", "created", "g.created", "", Column::Is::instant},
    {"", "meta", "lastModified", "g.last_modified", "", Column::Is::instant},
    {"", "meta", "version", "('W/\"' || g.version || '\"')", "", Column::Is::text},
};

const std::string complex_type = "'complex'"; // of a column that stands for parts: present, and equal to nothing

std::string_view operator_of(Comparison comparison)
{
    switch (comparison) {
    case Comparison::eq:
    case Comparison::ne: return "=";
    case Comparison::gt: return ">";
    case Comparison::ge: return ">=";
    case Comparison::lt: return "<";
    case Comparison::le: return "<=";
    case Comparison::co:
    case Comparison::sw:
    case Comparison::ew: return "";
    }
    return "";
}

class Compiler {
public:
    Compiler(Searched searched, int first, Over over)
        : searched_{searched}, over_{over}, profile_{searched == Searched::users ? "u.profile" : "g.profile"}
    {
        out_.first = first;
    }

    Fragment compile(const Predicate& predicate)
    {
        out_.sql = node(predicate);
        return std::move(out_);
    }

    Fragment compile(const core::Sort& sort)
    {
        const AttributeRef& by = sort.by;
        if (is_members(by) || is_groups(by)) { // rows of their own
            out_.sql = "NULL";
        } else if (const Column* const column = column_of(by)) {
            out_.sql = key_of(value_of(*column), by);
        } else {
            const std::string base = path_of(by.extension, by.name);
            out_.sql = by.multi_valued ? key_of_chosen(by, base)
                                       : key_of(value_at(by.sub.empty() ? base : base + step(by.sub)), by);
        }
        return std::move(out_);
    }

private:
    // What an inner tree's attributes are looked up in: an element of json_each, a row of group_members, a group that
    // was reached from a user, the one value at a path, or the columns that make up an attribute.
    struct Element {
        enum class Is { json_row, member_row, group_row, path, columns } is = Is::json_row;
        std::string path; // of the value, or the name of the attribute
    };

    template<class Bound>
    std::string parameter(const Bound& value)
    {
        out_.parameters.emplace_back(value);
        return fmt::format("?{}", out_.first + static_cast<int>(out_.parameters.size()) - 1);
    }

    static std::string key_of(const Value& value, const AttributeRef& by)
    {
        switch (by.kind) {
        case ValueKind::text:
            return fmt::format("CASE {} WHEN 'text' THEN substr({}, 1, {}) END", value.type, text_key(value, by),
                               core::sort_characters);
        case ValueKind::boolean: return fmt::format("CASE {} WHEN 'true' THEN 1 WHEN 'false' THEN 0 END", value.type);
        case ValueKind::instant: return fmt::format("CASE {} WHEN 'text' THEN {} END", value.type, instant_key(value));
        case ValueKind::number:
            return fmt::format("CASE WHEN {} IN ('integer', 'real') THEN {} END", value.type, value.value);
        case ValueKind::complex: return "NULL";
        }
        return "NULL";
    }

    // Of the primary element, else of the first.
    std::string key_of_chosen(const AttributeRef& by, const std::string& path)
    {
        const Element row{Element::Is::json_row, {}};
        const std::string at = parameter(path);
        const std::string key = key_of(value_in(row, by.sub.empty() ? "value" : by.sub), by);
        return fmt::format("(SELECT {} FROM json_each({}, {}) AS x ORDER BY ({} = 'true') IS TRUE DESC, x.id LIMIT 1)",
                           key, profile_, at, value_in(row, "primary").type);
    }

    // The parser of SQLite keeps a stack of 100 symbols, and every open parenthesis, NOT and operator waits on it. So
    // the deepest part stands first, where only parentheses wait before it, and a negation follows what it negates: 32
    // levels and 128 nodes fit in any shape.
    struct Part {
        std::string sql;
        int depth = 0;
    };

    std::string node(const Predicate& predicate, const Element* element = nullptr)
    {
        return part(predicate, element).sql;
    }

    Part part(const Predicate& predicate, const Element* element)
    {
        switch (predicate.kind) {
        case Predicate::Kind::all_of: return joined(predicate, element, " AND ", "1");
        case Predicate::Kind::any_of: return joined(predicate, element, " OR ", "0");
        case Predicate::Kind::negation: {
            const Part inner = part(predicate.children.front(), element);
            return {negated(inner.sql), inner.depth + 1};
        }
        case Predicate::Kind::compare: return {comparison(predicate, element), 0};
        case Predicate::Kind::present: return {presence(predicate.attribute, element), 0};
        case Predicate::Kind::within: return {within(predicate), depth_of(predicate)};
        }
        return {"0", 0};
    }

    Part joined(const Predicate& predicate, const Element* element, std::string_view between, const char* if_none)
    {
        std::vector<Part> parts;
        for (const Predicate& child : predicate.children) parts.push_back(part(child, element));
        if (parts.empty()) return {if_none, 0};
        std::stable_sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.depth > b.depth; });
        std::string sql = "(";
        for (const Part& each : parts) {
            if (sql.size() > 1) sql += between;
            sql += each.sql;
        }
        return {sql + ")", parts.front().depth + 1};
    }

    static int depth_of(const Predicate& predicate)
    {
        int deepest = 0;
        for (const Predicate& child : predicate.children) deepest = std::max(deepest, depth_of(child) + 1);
        return deepest;
    }

    // What is negated is always whole by itself: in parentheses, a literal, or negated.
    static std::string negated(const std::string& sql) { return sql + " IS FALSE"; }

    // `eq null` is "not present", and `ne` the negation of `eq`.
    std::string comparison(const Predicate& predicate, const Element* element)
    {
        const bool differs = predicate.comparison == Comparison::ne;
        std::string holds;
        if (std::holds_alternative<std::nullptr_t>(predicate.literal)) {
            if (predicate.comparison != Comparison::eq && !differs) return "0";
            holds = negated(presence(predicate.attribute, element));
        } else if (const auto* const id =
                       element == nullptr && is_groups(predicate.attribute) ? id_of_group(predicate, false) : nullptr) {
            holds = is_inside(*id);
        } else {
            holds = any_value(predicate.attribute, element, [&](const Value& value) {
                return test(value, predicate.attribute, differs ? Comparison::eq : predicate.comparison,
                            predicate.literal);
            });
        }
        return differs ? negated(holds) : holds;
    }

    std::string presence(const AttributeRef& attribute, const Element* element)
    {
        const bool whole = element == nullptr && attribute.sub.empty();
        if (whole && is_members(attribute)) return "EXISTS(SELECT 1 FROM group_members AS m WHERE m.grp = g.pk)";
        if (whole && is_groups(attribute)) return "u.in_groups";
        if (whole && column_of(attribute) == nullptr)
            return truth(has_value(value_at(path_of(attribute.extension, attribute.name))));
        return any_value(attribute, element, has_value);
    }

    static std::string has_value(const Value& value)
    {
        if (value.type == complex_type) return "1";
        return fmt::format("CASE {} WHEN 'null' THEN 0 WHEN 'text' THEN {} <> '' WHEN 'array' THEN {} <> '[]' "
                           "WHEN 'object' THEN {} <> '{{}}' ELSE {} IS NOT NULL END",
                           value.type, value.value, value.value, value.value, value.type);
    }

    std::string within(const Predicate& predicate)
    {
        const AttributeRef& attribute = predicate.attribute;
        const Predicate& inner = predicate.children.front();
        if (is_members(attribute)) {
            const Element row{Element::Is::member_row, {}};
            return fmt::format("EXISTS(SELECT 1 FROM group_members AS m WHERE {} AND m.grp = g.pk)", node(inner, &row));
        }
        if (is_groups(attribute)) {
            const auto* const id = inner.comparison == Comparison::eq ? id_of_group(inner, true) : nullptr;
            if (id != nullptr) return is_inside(*id);
            const Element row{Element::Is::group_row, {}};
            return reaches(node(inner, &row));
        }
        if (column_of(attribute) != nullptr) { // only meta has parts
            const Element columns{Element::Is::columns, attribute.name};
            return node(inner, &columns);
        }
        const std::string path = path_of(attribute.extension, attribute.name);
        if (!attribute.multi_valued) {
            const Element one{Element::Is::path, path};
            const std::string at = parameter(path);
            return fmt::format("({} AND coalesce(json_type({}, {}), 'null') <> 'null')", node(inner, &one), profile_,
                               at);
        }
        const Element row{Element::Is::json_row, {}};
        const std::string at = parameter(path);
        return fmt::format("EXISTS(SELECT 1 FROM json_each({}, {}) AS x WHERE {})", profile_, at, node(inner, &row));
    }

    template<class Test>
    std::string any_value(const AttributeRef& attribute, const Element* element, const Test& test_of)
    {
        if (element != nullptr) return truth(test_of(value_in(*element, attribute.name)));
        if (is_members(attribute))
            return fmt::format("EXISTS(SELECT 1 FROM group_members AS m WHERE m.grp = g.pk AND {})",
                               attribute.sub.empty() || attribute.sub == "value"
                                   ? truth(test_of(Value{"'text'", "m.value", ""}))
                                   : "0");
        if (is_groups(attribute)) {
            const Element row{Element::Is::group_row, {}};
            return reaches(truth(test_of(value_in(row, attribute.sub.empty() ? "value" : attribute.sub))));
        }
        if (const Column* const column = column_of(attribute)) return truth(test_of(value_of(*column)));
        const std::string base = path_of(attribute.extension, attribute.name);
        if (attribute.multi_valued) {
            const Element row{Element::Is::json_row, {}};
            const std::string at = parameter(base);
            return fmt::format("EXISTS(SELECT 1 FROM json_each({}, {}) AS x WHERE {})", profile_, at,
                               truth(test_of(value_in(row, attribute.sub.empty() ? "value" : attribute.sub))));
        }
        return truth(test_of(value_at(attribute.sub.empty() ? base : base + step(attribute.sub))));
    }

    static std::string truth(const std::string& test) { return fmt::format("(({}) IS TRUE)", test); }

    Value value_at(const std::string& path)
    {
        const std::string at = parameter(path);
        return {fmt::format("json_type({}, {})", profile_, at), fmt::format("json_extract({}, {})", profile_, at), ""};
    }

    Value value_in(const Element& element, const std::string& name)
    {
        if (element.is == Element::Is::path) return value_at(element.path + step(name));
        if (element.is == Element::Is::columns) {
            const Column* const column = column_of({.extension = {}, .name = element.path, .sub = name});
            return column == nullptr ? Value{"NULL", "NULL", ""} : value_of(*column);
        }
        if (element.is == Element::Is::member_row)
            return name == "value" ? Value{"'text'", "m.value", ""} : Value{"NULL", "NULL", ""};
        if (element.is == Element::Is::group_row) {
            if (name == "value") return {"'text'", "id_text(g.id)", ""};
            if (name == "display") return {"'text'", "g.display_name", "g.folded_name"};
            if (name == "type") return {"'text'", "CASE r.direct WHEN 1 THEN 'direct' ELSE 'indirect' END", ""};
            return {"NULL", "NULL", ""};
        }
        const std::string at = parameter("$" + step(name));
        const bool bare_counts = name == "value"; // an element that is no object is its own value
        return {fmt::format("CASE x.type WHEN 'object' THEN json_type(x.value, {}) ELSE {} END", at,
                            bare_counts ? "x.type" : "NULL"),
                fmt::format("CASE x.type WHEN 'object' THEN json_extract(x.value, {}) ELSE {} END", at,
                            bare_counts ? "x.value" : "NULL"),
                ""};
    }

    static Value value_of(const Column& column)
    {
        const std::string sql{column.sql};
        switch (column.is) {
        case Column::Is::text:
            return {fmt::format("CASE WHEN {} IS NOT NULL THEN 'text' END", sql), sql, std::string{column.folded}};
        case Column::Is::boolean: return {fmt::format("CASE {} WHEN 1 THEN 'true' ELSE 'false' END", sql), sql, ""};
        case Column::Is::instant: // outside it is text; only an order needs the number, and `test` takes it from here
            return {fmt::format("CASE WHEN {} IS NOT NULL THEN 'text' END", sql), fmt::format("iso({})", sql), sql};
        case Column::Is::complex: return {complex_type, "NULL", ""};
        }
        return {"NULL", "NULL", ""};
    }

    std::string test(const Value& value, const AttributeRef& attribute, Comparison comparison,
                     const core::Literal& literal)
    {
        if (const auto* const text = std::get_if<std::string>(&literal))
            return text_test(value, attribute, comparison, *text);
        const std::string_view sign = operator_of(comparison);
        if (sign.empty()) return "0"; // co, sw, ew are for text
        if (const auto* const truth_wanted = std::get_if<bool>(&literal))
            return comparison == Comparison::eq ? fmt::format("{} = '{}'", value.type, *truth_wanted ? "true" : "false")
                                                : "0";
        if (const auto* const at = std::get_if<core::Instant>(&literal)) {
            return fmt::format("{} = 'text' AND {} {} {}", value.type, instant_key(value), sign,
                               parameter(std::int64_t{at->time_since_epoch().count()}));
        }
        const auto* const whole = std::get_if<std::int64_t>(&literal);
        const auto* const fraction = std::get_if<double>(&literal);
        if (whole == nullptr && fraction == nullptr) return "0";
        return fmt::format("{} IN ('integer', 'real') AND {} {} {}", value.type, value.value, sign,
                           whole != nullptr ? parameter(*whole) : parameter(*fraction));
    }

    // A column of instants holds milliseconds; outside it is text.
    static bool is_instant_column(const Value& value) { return value.value.starts_with("iso("); }
    static std::string instant_key(const Value& value)
    {
        return is_instant_column(value) ? value.folded : fmt::format("instant({})", value.value);
    }
    static std::string text_key(const Value& value, const AttributeRef& attribute)
    {
        if (attribute.case_exact) return value.value;
        return value.folded.empty() || is_instant_column(value) ? fmt::format("fold({})", value.value) : value.folded;
    }

    std::string text_test(const Value& value, const AttributeRef& attribute, Comparison comparison,
                          const std::string& literal)
    {
        const std::string key = text_key(value, attribute);
        const std::string wanted = attribute.case_exact ? literal : core::fold(literal);
        const std::string is_text = fmt::format("{} = 'text'", value.type);
        const std::string_view sign = operator_of(comparison);
        if (!sign.empty()) return fmt::format("{} AND {} {} {}", is_text, key, sign, parameter(wanted));
        if (wanted.empty()) return is_text;
        const std::string literal_at = parameter(wanted);
        if (comparison == Comparison::co) return fmt::format("{} AND instr({}, {}) > 0", is_text, key, literal_at);
        if (comparison == Comparison::sw)
            return fmt::format("{} AND substr({}, 1, length({})) = {}", is_text, key, literal_at, literal_at);
        return fmt::format("{} AND length({}) >= length({}) AND substr({}, -length({})) = {}", is_text, key, literal_at,
                           key, literal_at, literal_at);
    }

    bool is_members(const AttributeRef& attribute) const
    {
        return searched_ == Searched::groups && attribute.extension.empty() && attribute.name == "members";
    }

    bool is_groups(const AttributeRef& attribute) const
    {
        return searched_ == Searched::users && attribute.extension.empty() && attribute.name == "groups";
    }

    // Whether one of the user's groups, direct or around those, satisfies `test`, which sees it as `g`, and as `r` how
    // it was reached. Walks up from the user: most are in few groups, and many in none.
    static std::string reaches(const std::string& test)
    {
        return fmt::format("(u.in_groups AND EXISTS(WITH RECURSIVE reached(grp, direct) AS ("
                           "SELECT m.grp, 1 FROM group_members AS m WHERE m.org = u.org AND m.value = id_text(u.id) "
                           "UNION SELECT m.grp, 0 FROM reached JOIN groups AS i ON i.pk = reached.grp "
                           "JOIN group_members AS m ON m.org = i.org AND m.value = id_text(i.id)) "
                           "SELECT 1 FROM (SELECT grp, max(direct) AS direct FROM reached GROUP BY grp) AS r "
                           "JOIN groups AS g ON g.pk = r.grp WHERE {}))",
                           test);
    }

    // The group that a comparison of `groups` names by its id. `inside`: within groups[…].
    const std::string* id_of_group(const Predicate& predicate, bool inside) const
    {
        const AttributeRef& attribute = predicate.attribute;
        const bool is_id = inside ? attribute.name == "value" : attribute.sub.empty() || attribute.sub == "value";
        if (over_ != Over::all || predicate.kind != Predicate::Kind::compare || !is_id || !attribute.case_exact)
            return nullptr;
        const bool is_equality = predicate.comparison == Comparison::eq || predicate.comparison == Comparison::ne;
        return is_equality ? std::get_if<std::string>(&predicate.literal) : nullptr;
    }

    // Whether the user is inside this group, or inside a group inside it. Walks down, once for all users: the answer is
    // found through the keys of members and users, whatever the number of users.
    std::string is_inside(const std::string& id)
    {
        return fmt::format("(u.id IN (WITH RECURSIVE inside(grp) AS ("
                           "SELECT pk FROM groups WHERE id = id_blob({}) AND org = ?1 "
                           "UNION SELECT i.pk FROM inside JOIN group_members AS m ON m.grp = inside.grp "
                           "JOIN groups AS i ON i.id = id_blob(m.value) AND i.org = ?1) "
                           "SELECT id_blob(m.value) FROM inside JOIN group_members AS m ON m.grp = inside.grp "
                           "WHERE id_blob(m.value) IS NOT NULL))",
                           parameter(id));
    }

    const Column* column_of(const AttributeRef& attribute) const
    {
        const auto search = [&](const auto& columns) -> const Column* {
            for (const Column& column : columns)
                if (column.extension == attribute.extension && column.name == attribute.name &&
                    column.sub == attribute.sub)
                    return &column;
            return nullptr;
        };
        return searched_ == Searched::users ? search(user_columns_known) : search(group_columns_known);
    }

    static std::string step(const std::string& name) { return fmt::format(".\"{}\"", name); }
    static std::string path_of(const std::string& extension, const std::string& name)
    {
        return "$" + (extension.empty() ? std::string{} : step(extension)) + step(name);
    }

    Searched searched_;
    Over over_;
    std::string profile_;
    Fragment out_;
};

} // namespace

void Fragment::bind_to(Loan& loan) const
{
    int index = first;
    const int last = loan.parameters(); // a test that is plainly false may have left its parameters unused
    for (const Parameter& parameter : parameters) {
        if (index > last) return;
        std::visit([&](const auto& value) { loan.bind(index, value); }, parameter);
        ++index;
    }
}

Fragment condition_for(const Predicate& predicate, Searched searched, int first, Over over)
{
    return Compiler{searched, first, over}.compile(predicate);
}

Fragment sort_key_for(const core::Sort& sort, Searched searched, int first)
{
    return Compiler{searched, first, Over::all}.compile(sort);
}

} // namespace storage
