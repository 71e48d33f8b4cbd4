// The gate between JSON text and the house, and the way back. Boost.JSON 1.81 lets through infinite and rounded
// numbers, duplicate names and NUL, and writes 0.1 as 1E-1 (reliability F5, F6); this reader and writer do not.
#pragma once

#include "core/base/result.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace core::json {

namespace bj = boost::json;

struct Limits {
    std::size_t depth = 16;
    std::size_t values = 100'000;
    std::size_t string_bytes = 64 * 1024;
};

// Strict RFC 8259, one pass. Refuses (Reason::invalid_value, detail with what and where): syntax errors, names that
// repeat in one object (compared without ASCII case, as SCIM does), U+0000, lone surrogates, invalid UTF-8, numbers
// that do not fit an int64, uint64 or finite double exactly as an integer or to a double's precision as a decimal, and
// anything past the limits.
Result<bj::value> read(std::string_view text, const Limits& = {}, bj::storage_ptr = {});

// Compact JSON. Integers as integers, decimals shortest-exact in plain notation where RFC 8259 allows, never 1E-1.
std::string write(const bj::value&);
std::string write(const bj::object&);
void append(std::string& out, const bj::value&);
// Appends `text` quoted and escaped.
void append_quoted(std::string& out, std::string_view text);

} // namespace core::json
