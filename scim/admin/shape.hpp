// What a body or an answer looks like, as a table: bodies are checked against it, the OpenAPI document is made from it,
// and a test holds live answers against it. One description, so that the three cannot drift apart.
#pragma once

#include "scim/admin/problem.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace scim::admin {

enum class Type : std::uint8_t {
    text,
    integer,
    number,
    truth,
    instant,  // ISO-8601 with a zone
    duration, // "30d", ISO-8601
    object,   // of `shape`; any members where there is none
    list,     // of objects of `shape`, or of texts where there is none
    any,
};

enum class Need : std::uint8_t { optional, required, nullable }; // nullable: there, and perhaps null

struct Shape;
struct Field {
    std::string_view name;
    Type type = Type::text;
    std::string_view help;
    Need need = Need::optional;
    const Shape* shape = nullptr;
    std::span<const std::string_view> words = {}; // the only values a text may have
};
struct Shape {
    std::string_view name; // in the OpenAPI document's components
    std::span<const Field> fields;
};

// A body against its shape: every problem at once, unknown fields with a suggestion. With `is_patch`, nothing is
// required and null is allowed everywhere (RFC 7396).
Result<void> check(const boost::json::object&, const Shape&, bool is_patch = false);
// What a live answer has that its shape does not tell, or lacks: one sentence each; for tests.
std::vector<std::string> differences(const boost::json::value&, const Shape&);

boost::json::object json_schema(const Shape&); // JSON Schema 2020-12, as OpenAPI 3.1 has it
// Every shape that `shape` leads to, itself included.
void each_shape(const Shape&, const std::function<void(const Shape&)>& visit);

// Of a body that was checked: the member, or nothing where it is absent or null.
const boost::json::value* member(const boost::json::object&, std::string_view name);
std::optional<std::string> text_of(const boost::json::object&, std::string_view name);
std::optional<bool> truth_of(const boost::json::object&, std::string_view name);
std::optional<std::int64_t> integer_of(const boost::json::object&, std::string_view name);

} // namespace scim::admin
