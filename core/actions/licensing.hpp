// Licences and the users who hold them (requirements H). Seats are counted in the licence's own record, in the
// transaction that gives or takes them: two who come for the last one cannot both have it.
#pragma once

#include "core/actions/provision.hpp"
#include "core/licence.hpp"

#include <string>
#include <vector>

namespace core::actions {

// invalid_value (no name), taken.
Result<Licence> create_licence(WriteTxn&, const Context&, Licence);
// `after` with the stored `used`; not_found, taken, not_allowed (fewer seats than are taken).
Result<Licence> update_licence(WriteTxn&, const Context&, const Licence& after);
// not_allowed while a user holds it.
Result<void> delete_licence(WriteTxn&, const Context&, std::string_view id);

// Seats of the automatic licences for somebody who arrives; too_many with the number of seats. The ids, in order.
Result<std::vector<std::string>> take_automatic_licences(WriteTxn&);
// Gives back what a user held who is no more.
void give_licences_back(WriteTxn&, const User&);

// The user with exactly these licences: an event for each that comes or goes, one version further if any did.
// not_found, invalid_value (no such licence), too_many.
Result<User> set_licences(WriteTxn&, const Context&, const UserId&, const std::vector<std::string>& wanted);

} // namespace core::actions
