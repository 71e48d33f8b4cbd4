// Randomness, digests and secrets. OpenSSL stays behind this header.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace core {

using Digest = std::array<std::uint8_t, 32>;

// From the kernel's generator (OpenSSL RAND_bytes); throws when it fails, never falls back.
void fill_random(std::span<std::uint8_t>);

Digest sha256(std::string_view);
Digest sha256(std::span<const std::string_view> parts); // as if joined
Digest hmac_sha256(std::span<const std::uint8_t> key, std::string_view);
bool same_in_constant_time(std::string_view, std::string_view);
std::string to_hex(std::span<const std::uint8_t>);

// A secret that cannot be streamed, formatted or compared by accident; its memory is cleared on destruction.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string value) : value_{std::move(value)} {}
    Secret(const Secret&) = default;
    Secret(Secret&&) noexcept;
    Secret& operator=(const Secret&);
    Secret& operator=(Secret&&) noexcept;
    ~Secret();
    // The one way to it; its name is what reviews grep for.
    std::string_view reveal() const { return value_; }
    bool empty() const { return value_.empty(); }

private:
    void wipe() noexcept;

    std::string value_;
};

} // namespace core
