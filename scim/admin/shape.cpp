#include "scim/admin/shape.hpp"

#include "core/base/clock.hpp"
#include "core/base/text.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace scim::admin {
namespace {

namespace bj = boost::json;

std::string_view article(Type type)
{
    switch (type) {
    case Type::text: return "a text";
    case Type::integer: return "a whole number";
    case Type::number: return "a number";
    case Type::truth: return "true or false";
    case Type::instant: return "a time such as 2026-11-22T16:27:00Z";
    case Type::duration: return "a duration such as 30d, 12h or PT1H";
    case Type::object: return "an object";
    case Type::list: return "a list";
    case Type::any: return "any value";
    }
    return "";
}

bool is_of(const bj::value& value, const Field& field)
{
    switch (field.type) {
    case Type::text: return value.is_string();
    case Type::integer: return value.is_int64() || value.is_uint64();
    case Type::number: return value.is_number();
    case Type::truth: return value.is_bool();
    case Type::instant: return value.is_string() && core::from_iso(std::string_view{value.get_string()}).has_value();
    case Type::duration:
        return value.is_string() && core::duration_from(std::string_view{value.get_string()}).has_value();
    case Type::object: return value.is_object();
    case Type::list: return value.is_array();
    case Type::any: return true;
    }
    return false;
}

const Field* field_named(const Shape& shape, std::string_view name)
{
    const auto it =
        std::find_if(shape.fields.begin(), shape.fields.end(), [&](const auto& f) { return f.name == name; });
    return it == shape.fields.end() ? nullptr : &*it;
}

struct Checker {
    bool is_patch;
    std::vector<FieldProblem> problems;

    void object(const bj::object& o, const Shape& shape, const std::string& path)
    {
        for (const auto& [key, value] : o) {
            const std::string_view name{key};
            const Field* const field = field_named(shape, name);
            if (field == nullptr) {
                problems.push_back({path + std::string{name.substr(0, 60)}, unknown(shape, name)});
                continue;
            }
            if (value.is_null() && (is_patch || field->need != Need::required)) continue;
            this->value(value, *field, path + std::string{name});
        }
        if (is_patch) return;
        for (const auto& field : shape.fields)
            if (field.need == Need::required && !o.contains(bj::string_view{field.name.data(), field.name.size()}))
                problems.push_back({path + std::string{field.name}, "is required"});
    }

    void value(const bj::value& v, const Field& field, const std::string& path)
    {
        if (!is_of(v, field)) {
            problems.push_back({path, fmt::format("is not {}", article(field.type))});
            return;
        }
        if (!field.words.empty() && v.is_string() &&
            std::find(field.words.begin(), field.words.end(), std::string_view{v.get_string()}) == field.words.end()) {
            problems.push_back({path, fmt::format("is none of: {}", fmt::join(field.words, ", "))});
            return;
        }
        if (field.type == Type::object && field.shape != nullptr) object(v.get_object(), *field.shape, path + ".");
        if (field.type != Type::list) return;
        std::size_t i = 0;
        for (const bj::value& each : v.get_array()) {
            const auto at = fmt::format("{}[{}]", path, i++);
            if (field.shape == nullptr) {
                if (!each.is_string()) problems.push_back({at, "is not a text"});
            } else if (each.is_object()) {
                object(each.get_object(), *field.shape, at + ".");
            } else {
                problems.push_back({at, "is not an object"});
            }
        }
    }

    static std::string unknown(const Shape& shape, std::string_view name)
    {
        std::vector<std::string_view> names;
        for (const auto& field : shape.fields) names.push_back(field.name);
        const auto near = core::nearest(name, names.data(), names.size());
        return near.empty() ? "is not a field of this body" : fmt::format("is unknown: did you mean {}?", near);
    }
};

bj::string_view view(std::string_view text) { return {text.data(), text.size()}; }

bj::object field_schema(const Field& field)
{
    const auto reference = [](const Shape& shape) {
        return bj::object{{"$ref", "#/components/schemas/" + std::string{shape.name}}};
    };
    bj::object out;
    switch (field.type) {
    case Type::text: out["type"] = "string"; break;
    case Type::integer: out["type"] = "integer"; break;
    case Type::number: out["type"] = "number"; break;
    case Type::truth: out["type"] = "boolean"; break;
    case Type::instant:
        out["type"] = "string";
        out["format"] = "date-time";
        break;
    case Type::duration: out["type"] = "string"; break;
    case Type::object:
        if (field.shape != nullptr)
            out = reference(*field.shape);
        else
            out["type"] = "object";
        break;
    case Type::list:
        out["type"] = "array";
        out["items"] = field.shape != nullptr ? reference(*field.shape) : bj::object{{"type", "string"}};
        break;
    case Type::any: break;
    }
    if (!field.words.empty()) {
        bj::array words;
        for (const auto word : field.words) words.push_back(view(word));
        if (field.need == Need::nullable) words.push_back(nullptr);
        out["enum"] = std::move(words);
    }
    if (field.need == Need::nullable) {
        if (out.contains("$ref"))
            out = bj::object{{"anyOf", bj::array{out, bj::object{{"type", "null"}}}}};
        else if (const auto* const type = out.if_contains("type"))
            out["type"] = bj::array{*type, "null"};
    }
    out["description"] = view(field.help);
    return out;
}

} // namespace

Result<void> check(const bj::object& body, const Shape& shape, bool is_patch)
{
    Checker checker{is_patch, {}};
    checker.object(body, shape, "");
    if (checker.problems.empty()) return {};
    Problem problem{HttpStatus::bad_request, "",
                    "see the fields of " + std::string{shape.name} + " in /api/v1/openapi.json"};
    problem.detail = checker.problems.size() == 1
                         ? checker.problems.front().field + " " + checker.problems.front().problem
                         : fmt::format("{} fields of the body are wrong", checker.problems.size());
    problem.errors = std::move(checker.problems);
    return problem;
}

std::vector<std::string> differences(const bj::value& answer, const Shape& shape)
{
    if (!answer.is_object()) return {"the answer is not an object"};
    Checker checker{false, {}};
    checker.object(answer.get_object(), shape, "");
    for (const auto& field : shape.fields)
        if (field.need == Need::nullable && !answer.get_object().contains(view(field.name)))
            checker.problems.push_back({std::string{field.name}, "is missing (null is allowed)"});
    std::vector<std::string> found;
    for (const auto& each : checker.problems) found.push_back(each.field + " " + each.problem);
    return found;
}

bj::object json_schema(const Shape& shape)
{
    bj::object properties;
    bj::array required;
    for (const auto& field : shape.fields) {
        properties[view(field.name)] = field_schema(field);
        if (field.need != Need::optional) required.push_back(view(field.name));
    }
    bj::object out{{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) out["required"] = std::move(required);
    return out;
}

void each_shape(const Shape& shape, const std::function<void(const Shape&)>& visit)
{
    visit(shape);
    for (const auto& field : shape.fields)
        if (field.shape != nullptr) each_shape(*field.shape, visit);
}

const bj::value* member(const bj::object& object, std::string_view name)
{
    const auto* const found = object.if_contains(view(name));
    return found == nullptr || found->is_null() ? nullptr : found;
}

std::optional<std::string> text_of(const bj::object& object, std::string_view name)
{
    const auto* const found = member(object, name);
    if (found == nullptr || !found->is_string()) return std::nullopt;
    return std::string{std::string_view{found->get_string()}};
}

std::optional<bool> truth_of(const bj::object& object, std::string_view name)
{
    const auto* const found = member(object, name);
    if (found == nullptr || !found->is_bool()) return std::nullopt;
    return found->get_bool();
}

std::optional<std::int64_t> integer_of(const bj::object& object, std::string_view name)
{
    const auto* const found = member(object, name);
    if (found == nullptr) return std::nullopt;
    boost::system::error_code failed;
    const auto number = found->to_number<std::int64_t>(failed);
    return failed ? std::nullopt : std::optional{number};
}

} // namespace scim::admin
