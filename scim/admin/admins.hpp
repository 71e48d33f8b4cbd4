// Who may call the management API: admin tokens. Read from the store at each call, so that what is revoked or expired
// ends at once; a SCIM token is nobody here (AUTH-08).
#pragma once

#include "core/store.hpp"
#include "scim/admin/call.hpp"
#include "scim/callers.hpp"

namespace scim::admin {

class Admins {
public:
    Admins(core::Store& store, std::vector<std::uint8_t> pepper, Callers& callers)
        : store_{store}, pepper_{std::move(pepper)}, callers_{callers}
    {
    }

    // The holder, or nothing: unknown, wrong, revoked, expired, of a disabled organisation, a SCIM token.
    std::optional<Admin> admin(std::string_view presented_token, core::Instant now);

private:
    core::Store& store_;
    const std::vector<std::uint8_t> pepper_;
    Callers& callers_; // told of each use, which is written with those of SCIM tokens
};

} // namespace scim::admin
