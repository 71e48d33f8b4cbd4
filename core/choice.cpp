#include "core/choice.hpp"

#include "core/base/ids.hpp"
#include "core/base/sealer.hpp"

#include <algorithm>
#include <stdexcept>

namespace core {

namespace {

constexpr std::size_t id_size = 16, mac_size = 32;

std::string_view view(std::span<const std::uint8_t> bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace

Secret choice_secret(std::span<const std::uint8_t> server_key, std::string_view claim)
{
    const auto id = uuid_from(claim);
    if (!id) throw std::invalid_argument{"a claim's id is a UUID"};
    const Digest mac = hmac_sha256(server_key, std::string{"choice link "}.append(to_text(*id)));
    return Secret{to_base64url(std::string{view(id->bytes)}.append(view(mac)))};
}

std::optional<std::string> claim_of_choice(std::span<const std::uint8_t> server_key, std::string_view secret)
{
    if (secret.size() != (id_size + mac_size) * 4 / 3) return {};
    const auto bytes = from_base64url(secret);
    if (!bytes || bytes->size() != id_size + mac_size) return {};
    Uuid id;
    std::copy_n(bytes->begin(), id_size, id.bytes.begin());
    std::string claim = to_text(id);
    if (!same_in_constant_time(choice_secret(server_key, claim).reveal(), secret)) return {};
    return claim;
}

} // namespace core
