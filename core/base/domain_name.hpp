// Domain names in the one spelling in which the house compares them: ASCII (IDNA 2008, mapped as UTS 46 says), lower
// case, without the last dot. libidn2 stays behind this header.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace core {

// Nothing for what is no host name: empty or overlong labels, other letters than a-z, 0-9 and '-' once it is ASCII, an
// address in digits, a label that IDNA refuses.
std::optional<std::string> ascii_domain(std::string_view);

// The domain of an e-mail address or user name; nothing when it has none.
std::optional<std::string> domain_of(std::string_view address);

} // namespace core
