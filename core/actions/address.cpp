#include "core/actions/address.hpp"

#include "core/base/text.hpp"
#include "core/domain.hpp"
#include "core/shelf.hpp"

namespace core::actions {

Result<bool> arrival_at(WriteTxn& txn, std::string_view user_name, Provenance how)
{
    const ReadShelf<Domain> domains{txn.records()};
    if (domains.count() == 0) return how == Provenance::scim; // remembered by the store: most have none
    const auto parts = email_parts(user_name);
    if (!parts) return false;
    const auto domain = domains.find(fold(parts->domain));
    return domain && domain->is_verified();
}

} // namespace core::actions
