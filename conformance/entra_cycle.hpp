// What Entra ID's provisioning connector sends, as it sends it, and what it must find afterwards: the rows E-01 to
// E-113 of its observed behaviour, its validators, and whole lives of users and groups in both dialects.
#pragma once

#include "conformance/check.hpp"

namespace conformance {

Checks entra_checks(); // all of the following

Checks entra_row_checks();       // E-01 … E-113, as far as one token can see them
Checks entra_life_checks();      // whole lives, verbose and aadOptscim062020
Checks entra_validator_checks(); // scimvalidator.microsoft.com, the gallery's tests, the Postman collections

namespace entra {

// A GUID as Entra writes one, and as it stands before a deleted user's name.
struct ObjectId {
    std::string dashed;
    std::string hex;
};
ObjectId new_object_id();

// "verbose" is the connector's default: one operation per attribute, capitalised, booleans as text. "compliant" is what
// the flag aadOptscim062020 makes of it.
enum class Dialect : unsigned char { verbose, compliant };

// Operations, to be put between the brackets of a PATCH message.
std::string set_active(Dialect, bool active);
std::string rename_user(Dialect, const std::string& name);
std::string add_members(Dialect, const std::vector<std::string>& ids);
std::vector<std::string> remove_members(Dialect, const std::vector<std::string>& ids); // one message each

std::string enterprise_path(std::string_view rest); // "/urn:…:User/department" for at()

} // namespace entra
} // namespace conformance
