// Which status a user has on arrival and after (requirements C; the state machine).
#pragma once

#include "core/user.hpp"

namespace core::rules {

// S-091, S-094, S-095, S-099: how they came and whether the domain of their address is verified here.
Status status_on_arrival(Provenance, bool domain_verified);
Status after_email_verification(Status); // S-093: not_verified → verified; others stay
Status after_sign_in(Status);            // S-098: verified → active; others stay

} // namespace core::rules
