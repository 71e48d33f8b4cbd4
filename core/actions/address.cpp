#include "core/actions/address.hpp"

#include "core/base/domain_name.hpp"
#include "core/rules/domains.hpp"

namespace core::actions {

Result<bool> arrival_at(WriteTxn& txn, std::string_view user_name, Provenance how)
{
    const auto domain = domain_of(user_name);
    const DomainOwnership ownership = txn.domain_ownership(domain.value_or(""));
    const auto way = how == Provenance::scim ? rules::Way::directory : rules::Way::administrator;
    TRY_ONLY(rules::may_join(domain, ownership, txn.organisation().policy, way));
    return rules::counts_as_verified(ownership, how);
}

} // namespace core::actions
