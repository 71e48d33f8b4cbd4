// What an organisation's own schemas never show (`returned`: never) is not told by its events and its archive either:
// a mask stands in its place, so that a change of it is still told.
#pragma once

#include "core/event.hpp"

#include <boost/json/object.hpp>

#include <string_view>
#include <vector>

namespace core::rules {

inline constexpr std::string_view mask = "***";

// `schemas`: Organisation::schemas.
std::vector<Change> masked(std::vector<Change>, std::string_view schemas);
boost::json::object masked(boost::json::object resource, std::string_view schemas);

} // namespace core::rules
