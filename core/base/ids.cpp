#include "core/base/ids.hpp"

#include "core/base/secrets.hpp"

#include <chrono>
#include <span>

namespace core {

namespace {

constexpr char hex[] = "0123456789abcdef";
constexpr bool is_dash_at(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

} // namespace

std::string to_text(const Uuid& uuid)
{
    std::string text(36, '-');
    std::size_t at = 0;
    for (const std::uint8_t byte : uuid.bytes) {
        if (is_dash_at(at)) ++at;
        text[at++] = hex[byte >> 4];
        text[at++] = hex[byte & 15];
    }
    return text;
}

std::optional<Uuid> uuid_from(std::string_view text)
{
    if (text.size() != 36) return {};
    Uuid uuid;
    std::size_t digit = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_dash_at(i)) {
            if (text[i] != '-') return {};
            continue;
        }
        const int value = hex_value(text[i]);
        if (value < 0) return {};
        auto& byte = uuid.bytes[digit / 2];
        byte = static_cast<std::uint8_t>(byte << 4 | value);
        ++digit;
    }
    return uuid;
}

Uuid SystemIds::next()
{
    using std::chrono::milliseconds;
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    auto time = static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(since_1970).count());
    Uuid uuid;
    for (std::size_t i = 6; i-- > 0; time >>= 8) uuid.bytes[i] = static_cast<std::uint8_t>(time);
    fill_random(std::span{uuid.bytes}.subspan(6));
    uuid.bytes[6] = static_cast<std::uint8_t>((uuid.bytes[6] & 0x0F) | 0x70); // version 7
    uuid.bytes[8] = static_cast<std::uint8_t>((uuid.bytes[8] & 0x3F) | 0x80); // variant of RFC 9562
    return uuid;
}

} // namespace core
