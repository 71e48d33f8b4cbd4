// The records of a DNS message (RFC 1035 4.1), read without believing it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace scim::outside {

struct AnswerRecord {
    std::string owner; // in lower case, without the last dot; bytes that no host name has as \123
    bool is_alias = false;
    std::string value; // the joined strings of a TXT, or the target of a CNAME, written as the owner is
};

// TXT and CNAME records of the answer section, in their order; the others are passed over. Nothing when the message is
// not what it says it is.
std::optional<std::vector<AnswerRecord>> read_dns_answer(std::string_view message);

} // namespace scim::outside
