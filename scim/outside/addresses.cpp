#include "scim/outside/addresses.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <netinet/in.h>
#include <optional>
#include <sys/socket.h>

namespace scim::outside {
namespace {

struct Range4 {
    std::uint32_t base;
    int bits;
};

constexpr std::uint32_t v4(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d)
{
    return a << 24 | b << 16 | c << 8 | d;
}

// IANA's registry of special-purpose addresses, as far as it is not globally reachable.
constexpr Range4 special4[] = {
    {v4(0, 0, 0, 0), 8},      {v4(10, 0, 0, 0), 8},     {v4(100, 64, 0, 0), 10}, {v4(127, 0, 0, 0), 8},
    {v4(169, 254, 0, 0), 16}, {v4(172, 16, 0, 0), 12},  {v4(192, 0, 0, 0), 24},  {v4(192, 0, 2, 0), 24},
    {v4(192, 88, 99, 0), 24}, {v4(192, 168, 0, 0), 16}, {v4(198, 18, 0, 0), 15}, {v4(198, 51, 100, 0), 24},
    {v4(203, 0, 113, 0), 24}, {v4(224, 0, 0, 0), 4},    {v4(240, 0, 0, 0), 4},
};

bool is_public4(std::uint32_t address)
{
    return std::none_of(std::begin(special4), std::end(special4), [&](const Range4& range) {
        return address >> (32 - range.bits) == range.base >> (32 - range.bits);
    });
}

using Bytes6 = std::array<std::uint8_t, 16>;

std::uint32_t four_at(const Bytes6& bytes, std::size_t at)
{
    return v4(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]);
}

bool starts_with(const Bytes6& bytes, std::initializer_list<std::uint8_t> prefix)
{
    return std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

// The IPv4 address inside: mapped, or translated by NAT64 (RFC 6052).
std::optional<std::uint32_t> inner4(const Bytes6& bytes)
{
    if (starts_with(bytes, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}) ||
        starts_with(bytes, {0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0}))
        return four_at(bytes, 12);
    return std::nullopt;
}

bool is_public6(const Bytes6& bytes)
{
    if (const auto inner = inner4(bytes)) return is_public4(*inner);
    if ((bytes[0] & 0xE0) != 0x20) return false;                                  // 2000::/3 alone is handed out
    if (starts_with(bytes, {0x20, 0x01}) && (bytes[2] & 0xFE) == 0) return false; // 2001::/23, Teredo among them
    if (starts_with(bytes, {0x20, 0x01, 0x0D, 0xB8})) return false;               // documentation
    if (starts_with(bytes, {0x3F, 0xFF}) && (bytes[2] & 0xF0) == 0) return false; // documentation, 3fff::/20
    if (starts_with(bytes, {0x20, 0x02})) return is_public4(four_at(bytes, 2));   // 6to4
    return true;
}

std::optional<std::uint32_t> as4(const sockaddr& address)
{
    if (address.sa_family != AF_INET) return std::nullopt;
    sockaddr_in in{};
    std::memcpy(&in, &address, sizeof in);
    return ntohl(in.sin_addr.s_addr);
}

std::optional<Bytes6> as6(const sockaddr& address)
{
    if (address.sa_family != AF_INET6) return std::nullopt;
    sockaddr_in6 in{};
    std::memcpy(&in, &address, sizeof in);
    Bytes6 bytes;
    std::copy_n(in.sin6_addr.s6_addr, 16, bytes.begin());
    return bytes;
}

} // namespace

bool is_public(const sockaddr& address)
{
    if (const auto four = as4(address)) return is_public4(*four);
    if (const auto six = as6(address)) return is_public6(*six);
    return false;
}

bool is_loopback(const sockaddr& address)
{
    if (const auto four = as4(address)) return *four >> 24 == 127;
    if (const auto six = as6(address)) return *six == Bytes6{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    return false;
}

} // namespace scim::outside
