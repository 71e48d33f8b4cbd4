#include "scim/outside/seen_once.hpp"

#include <array>

namespace scim::outside {

bool SeenOnce::is_first(std::string_view who, std::string_view name, core::Instant until, core::Instant now)
{
    // The length keeps two parts from being taken for two others.
    const std::string length = std::to_string(who.size());
    const std::array<std::string_view, 4> parts{length, ":", who, name};
    const core::Digest digest = core::sha256(parts);
    const std::lock_guard lock{mutex_};
    while (!by_end_.empty() && by_end_.begin()->first <= now) {
        names_.erase(by_end_.begin()->second);
        by_end_.erase(by_end_.begin());
    }
    if (names_.contains(digest) || names_.size() >= most_) return false;
    if (until <= now) return true; // nothing to remember: it is over
    names_.insert(digest);
    by_end_.emplace(until, digest);
    return true;
}

std::size_t SeenOnce::size() const
{
    const std::lock_guard lock{mutex_};
    return names_.size();
}

} // namespace scim::outside
