// Names that may come once: what makes a copied assertion worthless while it would still be good.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/secrets.hpp"

#include <cstddef>
#include <mutex>
#include <set>
#include <string_view>
#include <utility>

namespace scim::outside {

// Forgets each name when its time is over, and everything when the program ends. Bounded: when it is full of names that
// are still good, new ones are refused, because forgetting one would let its copy in. From any thread.
class SeenOnce {
public:
    explicit SeenOnce(std::size_t most = 100'000) : most_{most} {}
    // Whether `name` of `who` comes for the first time; it is remembered until `until`.
    bool is_first(std::string_view who, std::string_view name, core::Instant until, core::Instant now);
    std::size_t size() const;

private:
    std::size_t most_;
    mutable std::mutex mutex_;
    std::set<core::Digest> names_;
    std::set<std::pair<core::Instant, core::Digest>> by_end_;
};

} // namespace scim::outside
