#include "core/token.hpp"

#include "core/words.hpp"

#include <array>

namespace core {

namespace {

constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::size_t id_length = 12;
constexpr std::size_t secret_length = 43; // 43 digits of 62 are 256.03 bits
constexpr std::size_t checksum_length = 6;
static_assert(scim_token_prefix.size() == admin_token_prefix.size());
constexpr std::size_t token_length = scim_token_prefix.size() + id_length + 1 + secret_length + checksum_length;
constexpr std::size_t id_at = scim_token_prefix.size();
constexpr std::size_t secret_at = id_at + id_length + 1;
constexpr std::size_t checksum_at = secret_at + secret_length;
constexpr Duration tolerated_clock_error = std::chrono::minutes{5};

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

NewToken make_token(std::span<const std::uint8_t> pepper, TokenKind kind)
{
    NewToken token;
    token.public_id = random_digits(id_length, 36);
    std::string text;
    text.reserve(token_length); // no copy of the secret is left behind by growth
    text.append(kind == TokenKind::scim ? scim_token_prefix : admin_token_prefix);
    text.append(token.public_id).append("_").append(random_digits(secret_length, 62));
    token.mac = hmac_sha256(pepper, std::string_view{text}.substr(secret_at));
    const auto sum = checksum(text);
    text.append(sum.data(), sum.size());
    token.text = Secret{std::move(text)};
    return token;
}

std::optional<TokenParts> token_parts(std::string_view presented)
{
    if (presented.size() != token_length) return {};
    const bool is_admin = presented.starts_with(admin_token_prefix);
    if (!is_admin && !presented.starts_with(scim_token_prefix)) return {};
    const TokenParts parts{is_admin ? TokenKind::admin : TokenKind::scim, presented.substr(id_at, id_length),
                           presented.substr(secret_at, secret_length)};
    if (presented[secret_at - 1] != '_' || !all_digits(parts.public_id, 36) || !all_digits(parts.secret, 62)) return {};
    const auto sum = checksum(presented.substr(0, checksum_at));
    if (!same_in_constant_time(presented.substr(checksum_at), {sum.data(), sum.size()})) return {};
    return parts;
}

bool token_matches(const Token& token, const TokenParts& presented, std::span<const std::uint8_t> pepper)
{
    const auto view = [](const Digest& digest) {
        return std::string_view{reinterpret_cast<const char*>(digest.data()), digest.size()};
    };
    const Digest mac = hmac_sha256(pepper, presented.secret);
    return same_in_constant_time(view(mac), view(token.mac)) && presented.kind == kind_of(token);
}

bool is_live(const Token& token, Instant now)
{
    if (token.revoked) return false;
    if (token.expires && now >= *token.expires) return false;
    return now >= token.created - tolerated_clock_error;
}

std::string_view word(Scope scope)
{
    switch (scope) {
    case Scope::read: return "read";
    case Scope::write: return "write";
    }
    return {};
}

std::optional<Scope> scope_from(std::string_view text)
{
    if (text == word(Scope::read)) return Scope::read;
    if (text == word(Scope::write)) return Scope::write;
    return {};
}

namespace {

constexpr Words<AdminRole, 4> roles{{{
    {AdminRole::server_admin, "server-admin"},
    {AdminRole::org_admin, "org-admin"},
    {AdminRole::compliance_officer, "compliance-officer"},
    {AdminRole::help_desk, "help-desk"},
}}};

} // namespace

std::string_view word(AdminRole role) { return roles.of(role); }
std::optional<AdminRole> admin_role_from(std::string_view text) { return roles.from(text); }

std::string_view word(TokenKind kind) { return kind == TokenKind::scim ? "scim" : "admin"; }

} // namespace core
