// Text that goes out and comes back: nobody can read, change or invent it. AES-SIV (RFC 5297), which needs no nonce:
// the same text seals to the same bytes. From any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace core {

class Sealer {
public:
    // A key of its own for each `purpose`, derived from the server's.
    Sealer(std::span<const std::uint8_t> server_key, std::string_view purpose);

    // `context` is not part of what is sealed, but only with the same one it is opened again.
    std::string seal(std::string_view text, std::string_view context) const;
    std::optional<std::string> open(std::string_view sealed, std::string_view context) const;

private:
    std::array<std::uint8_t, 32> key_{};
};

// RFC 4648 5, without padding: letters, digits, '-' and '_' only.
std::string to_base64url(std::string_view bytes);
std::optional<std::string> from_base64url(std::string_view); // nothing for what to_base64url cannot have written

} // namespace core
