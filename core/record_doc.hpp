// Reading a record's document back, field by field. What is missing or of another type was not written by us: thrown.
// Private to core's value types.
#pragma once

#include "core/base/clock.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace core::doc {

std::string text(const boost::json::object&, std::string_view name);
std::int64_t integer(const boost::json::object&, std::string_view name);
bool truth(const boost::json::object&, std::string_view name);
Instant instant(const boost::json::object&, std::string_view name); // kept as ISO-8601

// Absent and null alike: nothing.
std::optional<std::string> maybe_text(const boost::json::object&, std::string_view name);
std::optional<std::int64_t> maybe_integer(const boost::json::object&, std::string_view name);
std::optional<Instant> maybe_instant(const boost::json::object&, std::string_view name);

boost::json::value value(const std::optional<std::string>&);
boost::json::value value(const std::optional<std::int64_t>&);
boost::json::value value(Instant);
boost::json::value value(const std::optional<Instant>&);

[[noreturn]] void damaged(std::string_view name);

} // namespace core::doc
