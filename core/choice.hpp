// The one-time link by which a claimed user says what becomes of the old account. Its secret is made of the server's
// key and the claim, so that a mail can hold it (and a reminder hold it again) while the store keeps its digest alone.
#pragma once

#include "core/base/secrets.hpp"
#include "core/record.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace core {

struct ChoiceLink {
    static constexpr RecordKind record_kind = RecordKind::choice_link;

    std::string digest; // of the secret, in hex; the key, and the ref it is found by across organisations
    std::string claim;

    static ChoiceLink from_record(const Record&);
    bool operator==(const ChoiceLink&) const = default;
};
Record to_record(const ChoiceLink&); // name: the claim; one link each

// 43 characters of base64url, 256 bits. Nobody without the server's key can make it.
Secret choice_secret(std::span<const std::uint8_t> server_key, std::string_view claim);
std::string digest_of_choice(std::string_view secret);

} // namespace core
