// /ServiceProviderConfig, /ResourceTypes, /Schemas, each by id too: generated from the attribute table and the limits
// in force; what they say is true and enforced. No transaction needed.
#pragma once

#include "scim/call.hpp"

namespace scim::discovery {

Result<Answer> service_provider_config(const Call&);
Result<Answer>
resource_types(const Call&);         // call.id: one of them; Group is absent where the policy switches groups off
Result<Answer> schemas(const Call&); // call.id: one of them

} // namespace scim::discovery
