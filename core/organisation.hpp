// An organisation: one customer's tenant. Its name is a slug, never changed, never reused.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/ids.hpp"
#include "core/policy.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace core {

enum class OrganisationKind : std::uint8_t { business, personal };

struct Organisation {
    OrgId id;
    std::string name; // [a-z0-9-]{1,63}
    std::string display_name;
    OrganisationKind kind = OrganisationKind::business;
    bool disabled = false;       // its tokens answer 401 while it is
    bool paused = false;         // SCIM answers 503 with Retry-After while it is
    bool sso = false;            // its users sign in through a provider of its own: they cannot be claimed (S-108)
    bool directory_sync = false; // a directory keeps its users: they cannot be claimed (S-111)
    Instant created{};
    Policy policy;
    boost::json::object
        mapping;         // overrides of the Azure attribute mapping: target → source expression; empty: the defaults
    std::string schemas; // its own extensions, as scim/custom_schema writes and reads them; empty: none
    std::int64_t user_count = 0; // counters kept in the writing transaction; totals never count rows
    std::int64_t group_count = 0;
};

bool is_organisation_name(std::string_view);
std::string_view word(OrganisationKind);

} // namespace core
