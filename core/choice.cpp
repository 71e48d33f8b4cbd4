#include "core/choice.hpp"

#include "core/base/sealer.hpp"
#include "core/record_doc.hpp"

namespace core {

Record to_record(const ChoiceLink& link)
{
    return {.key = link.digest, .name = link.claim, .ref = link.digest, .due = {}, .doc = boost::json::object{}};
}

ChoiceLink ChoiceLink::from_record(const Record& record)
{
    if (!record.name) doc::damaged("name");
    return {record.key, *record.name};
}

Secret choice_secret(std::span<const std::uint8_t> server_key, std::string_view claim)
{
    const Digest mac = hmac_sha256(server_key, std::string{"choice link "}.append(claim));
    return Secret{to_base64url({reinterpret_cast<const char*>(mac.data()), mac.size()})};
}

std::string digest_of_choice(std::string_view secret) { return to_hex(sha256(secret)); }

} // namespace core
