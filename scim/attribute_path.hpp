// Attribute names and paths as requests write them: `userName`, `NAME.familyname`, `urn:…:User:department`, and in
// PATCH `emails[type eq "work"].value`. Text → parts; resolving against a schema is a second step (scim/schema), so
// that the entra room can look at paths without knowing schemas.
#pragma once

#include "scim/error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace scim {

// The parts as written. "urn:ietf:…:2.0:User:name.familyName" → urn, "name", "familyName". A URN alone has an empty
// name.
struct AttributePath {
    std::string urn; // as sent; empty when none
    std::string name;
    std::optional<std::string> filter; // the text between [ and ], unparsed
    std::string sub;
    bool operator==(const AttributePath&) const = default;
};

// 400 invalidPath for anything else. A URN ends at its last colon before the name; a version dot ("2.0:User") belongs
// to the URN.
Result<AttributePath> read_path(std::string_view text);
std::string to_text(const AttributePath&);

} // namespace scim
