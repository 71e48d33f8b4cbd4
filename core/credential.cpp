#include "core/credential.hpp"

#include <array>

namespace core::credential {

namespace {

constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::size_t id_length = 12;
constexpr std::size_t secret_length = 43; // 43 digits of 62 are 256.03 bits
constexpr std::size_t checksum_length = 6;
constexpr std::size_t whole_length = prefix_length + id_length + 1 + secret_length + checksum_length;
constexpr std::size_t id_at = prefix_length;
constexpr std::size_t secret_at = id_at + id_length + 1;
constexpr std::size_t checksum_at = secret_at + secret_length;

// `count` random digits to the base, each equally likely: bytes above the last whole multiple are thrown away.
std::string random_digits(std::size_t count, unsigned base)
{
    const unsigned usable = 256 / base * base;
    std::string text;
    text.reserve(count);
    std::array<std::uint8_t, 64> bytes;
    while (text.size() < count) {
        fill_random(bytes);
        for (const std::uint8_t byte : bytes) {
            if (byte < usable && text.size() < count) text.push_back(digits[byte % base]);
        }
    }
    return text;
}

// Thirty-two bits of SHA-256 over everything before it: enough to catch typing errors, and it hides nothing.
std::array<char, checksum_length> checksum(std::string_view before)
{
    const Digest digest = sha256(before);
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i) number = number << 8 | digest[i];
    std::array<char, checksum_length> text;
    for (auto c = text.rbegin(); c != text.rend(); ++c) {
        *c = digits[number % 62];
        number /= 62;
    }
    return text;
}

bool all_digits(std::string_view text, unsigned base)
{
    return text.find_first_not_of(digits.substr(0, base)) == std::string_view::npos;
}

} // namespace

std::string new_public_id() { return random_digits(id_length, 36); }

Made make(std::string_view prefix, std::string_view public_id, std::span<const std::uint8_t> pepper)
{
    Made made;
    std::string text;
    text.reserve(whole_length); // no copy of the secret is left behind by growth
    text.append(prefix).append(public_id).append("_").append(random_digits(secret_length, 62));
    made.mac = hmac_sha256(pepper, std::string_view{text}.substr(secret_at));
    const auto sum = checksum(text);
    text.append(sum.data(), sum.size());
    made.text = Secret{std::move(text)};
    return made;
}

std::optional<Parts> parts(std::string_view presented, std::string_view prefix)
{
    if (presented.size() != whole_length || !presented.starts_with(prefix)) return {};
    const Parts parts{presented.substr(id_at, id_length), presented.substr(secret_at, secret_length)};
    if (presented[secret_at - 1] != '_' || !all_digits(parts.public_id, 36) || !all_digits(parts.secret, 62)) return {};
    const auto sum = checksum(presented.substr(0, checksum_at));
    if (!same_in_constant_time(presented.substr(checksum_at), {sum.data(), sum.size()})) return {};
    return parts;
}

bool matches(const Digest& expected, std::string_view secret, std::span<const std::uint8_t> pepper)
{
    const auto view = [](const Digest& digest) {
        return std::string_view{reinterpret_cast<const char*>(digest.data()), digest.size()};
    };
    return same_in_constant_time(view(hmac_sha256(pepper, secret)), view(expected));
}

} // namespace core::credential
