// Domains of an organisation: facts from the store and from DNS → rules/domains → the record and its event. No
// transaction is open while DNS is asked: the answer is brought into one, and judged by what stands there then.
#pragma once

#include "core/actions/provision.hpp"
#include "core/domain.hpp"
#include "core/outside.hpp"
#include "core/rules/domains.hpp"
#include "core/store.hpp"

#include <functional>
#include <optional>
#include <string_view>

namespace core::actions {

// `name` as a person writes it. invalid_value, taken.
Result<Domain> add_domain(WriteTxn&, const Context&, std::string_view name);
// These take the name as it is kept; not_found.
Result<Domain> check_domain(WriteTxn&, const Context&, std::string_view name, const TxtAnswer&,
                            const rules::DomainChecks&);
Result<Domain> claim_domain(WriteTxn&, const Context&, std::string_view name);
Result<Domain> release_domain(WriteTxn&, const Context&, std::string_view name);
Result<void> remove_domain(WriteTxn&, const Context&, std::string_view name); // from any state

// Looks at the one domain of the store that has waited longest, if its time has come; false when none is due.
// `write` runs its work in a transaction of that organisation.
using WriteInOrganisation = std::function<void(OrgId, const std::function<Keep(WriteTxn&)>&)>;
struct Rechecked {
    Domain domain;
    rules::DomainTurn turn;
};
std::optional<Rechecked> recheck_next(Store&, const WriteInOrganisation& write, TxtResolver&, const Context&,
                                      const rules::DomainChecks&, Duration longest);

} // namespace core::actions
