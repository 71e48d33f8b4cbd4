// A mail as it goes over the wire (RFC 5322, MIME): nothing that is put into it can become a field or a mail of its
// own.
#pragma once

#include "core/base/result.hpp"
#include "core/outside.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace scim::outside {

// The address as envelope and fields carry it: the local part in quotes where it must be. Nothing for what is none, or
// not in ASCII.
std::optional<std::string> mail_address(std::string_view);

// Header and text, lines ending in CR LF. Refuses (Reason::invalid_value, field named) addresses that are none, control
// characters in names and subject, a message id that is none, and what is not UTF-8 or too long.
core::Result<std::string> compose(const core::Mail&);

} // namespace scim::outside
