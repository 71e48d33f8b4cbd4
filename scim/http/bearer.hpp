// The Authorization field as scheme and credentials (RFC 9110 11.6.2). That the field comes once is the gate's
// business.
#pragma once

#include <optional>
#include <string_view>

namespace scim::http {

struct Credentials {
    std::string_view scheme; // as sent: compare without case, or use is_bearer
    std::string_view text;

    bool is_bearer() const;
};

// Nothing unless the value is a token, spaces and token68 text (RFC 6750 2.1): what holds a comma, a space or a control
// is not a credential.
std::optional<Credentials> credentials_from(std::string_view authorization);

} // namespace scim::http
