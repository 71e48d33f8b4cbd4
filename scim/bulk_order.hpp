// In which order things run that need each other: what is needed comes first, else the order they stand in. Things that
// need each other in a circle come out together.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace scim::bulk {

using Needs = std::function<const std::vector<std::size_t>&(std::size_t)>;
// Every number below `count` once. Tarjan's strongly connected components, without recursion: a chain may be as long
// as a request.
std::vector<std::vector<std::size_t>> in_order_of_need(std::size_t count, const Needs& needs);

} // namespace scim::bulk
