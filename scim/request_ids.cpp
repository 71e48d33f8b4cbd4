#include "scim/request_ids.hpp"

#include "core/base/secrets.hpp"

#include <array>
#include <cstring>

namespace scim {

RequestIds::RequestIds()
{
    std::array<std::uint8_t, 8> random{};
    core::fill_random(random);
    std::memcpy(&seed_, random.data(), random.size());
}

std::string RequestIds::next()
{
    std::uint64_t x = seed_ + (counter_.fetch_add(1, std::memory_order_relaxed) + 1) * 0x9E3779B97F4A7C15ULL;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    x ^= x >> 31;
    constexpr char digits[] = "0123456789abcdef";
    std::string id(16, '0');
    for (auto it = id.rbegin(); it != id.rend(); ++it, x >>= 4) *it = digits[x & 15];
    return id;
}

} // namespace scim
