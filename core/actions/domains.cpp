#include "core/actions/domains.hpp"

#include "core/actions/refusals.hpp"
#include "core/base/domain_name.hpp"
#include "core/base/sealer.hpp"
#include "core/base/secrets.hpp"
#include "core/shelf.hpp"

#include <array>

namespace core::actions {

namespace {

void tell(WriteTxn& txn, const Context& context, Activity activity, const std::string& name,
          std::optional<DomainState> before, std::optional<DomainState> after)
{
    const auto shown = [](const std::optional<DomainState>& state) {
        if (!state) return boost::json::value{};
        const auto text = word(*state);
        return boost::json::value(boost::json::string_view{text.data(), text.size()});
    };
    Event event;
    event.at = context.now;
    event.actor = context.actor;
    event.activity = activity;
    event.target = {TargetKind::domain, name, name, ""};
    event.request_id = context.request_id;
    event.changes.push_back({"state", shown(before), shown(after)});
    txn.append(std::move(event));
}

std::string new_proof()
{
    std::array<std::uint8_t, 32> random{};
    fill_random(random);
    return rules::proof_from(to_base64url({reinterpret_cast<const char*>(random.data()), random.size()}));
}

rules::TxtLook look_at(const TxtAnswer& answer)
{
    if (answer) return {*answer, {}, true};
    return {{}, std::string{explanation(answer.error())}, !is_worth_another_try(answer.error())};
}

Result<rules::CheckedDomain> checked(WriteTxn& txn, const Context& context, std::string_view name,
                                     const TxtAnswer& answer, const rules::DomainChecks& checks)
{
    Shelf<Domain> shelf{txn.records()};
    const auto before = shelf.find(name);
    if (!before) return not_found("domain");
    rules::CheckedDomain after = rules::check(*before, look_at(answer), checks, context.now);
    TRY_ONLY(shelf.replace(after.domain));
    switch (after.turn) {
    case rules::DomainTurn::none: break;
    case rules::DomainTurn::verified:
        tell(txn, context, Activity::verify_domain, before->name, before->state, after.domain.state);
        break;
    case rules::DomainTurn::unverified:
        tell(txn, context, Activity::unverify_domain, before->name, before->state, after.domain.state);
        break;
    }
    return after;
}

// Nothing is written, and nothing told, where nothing changes.
Result<Domain> move(WriteTxn& txn, const Context& context, Activity activity, const Domain& before, const Domain& after)
{
    if (after == before) return before;
    TRY_ONLY(Shelf<Domain>{txn.records()}.replace(after));
    tell(txn, context, activity, before.name, before.state, after.state);
    return after;
}

} // namespace

Result<Domain> add_domain(WriteTxn& txn, const Context& context, std::string_view name)
{
    Domain domain;
    TRY(domain.name, rules::domain_to_add(name));
    domain.proof = new_proof();
    domain.created = context.now;
    if (!Shelf<Domain>{txn.records()}.insert(domain))
        return Refusal{Reason::taken, "name", "this organisation has the domain already", "read it instead"};
    tell(txn, context, Activity::add_domain, domain.name, std::nullopt, domain.state);
    return domain;
}

Result<Domain> check_domain(WriteTxn& txn, const Context& context, std::string_view name, const TxtAnswer& answer,
                            const rules::DomainChecks& checks)
{
    TRY(rules::CheckedDomain after, checked(txn, context, name, answer, checks));
    return std::move(after.domain);
}

Result<Domain> claim_domain(WriteTxn& txn, const Context& context, std::string_view name)
{
    const auto before = Shelf<Domain>{txn.records()}.find(name);
    if (!before) return not_found("domain");
    TRY(const Domain after, rules::claim(*before, txn.domain_ownership(name)));
    return move(txn, context, Activity::claim_domain, *before, after);
}

Result<Domain> release_domain(WriteTxn& txn, const Context& context, std::string_view name)
{
    const auto before = Shelf<Domain>{txn.records()}.find(name);
    if (!before) return not_found("domain");
    TRY(const Domain after, rules::release(*before));
    return move(txn, context, Activity::release_domain, *before, after);
}

Result<void> remove_domain(WriteTxn& txn, const Context& context, std::string_view name)
{
    Shelf<Domain> shelf{txn.records()};
    const auto before = shelf.find(name);
    if (!before) return not_found("domain");
    shelf.erase(before->name);
    tell(txn, context, Activity::remove_domain, before->name, before->state, std::nullopt);
    return {};
}

std::optional<Rechecked> recheck_next(Store& store, const WriteInOrganisation& write, TxtResolver& resolver,
                                      const Context& context, const rules::DomainChecks& checks, Duration longest)
{
    std::vector<Owned<Record>> due;
    store.read_registry([&](Registry& registry) { due = registry.records_due(RecordKind::domain, context.now, 1); });
    if (due.empty()) return std::nullopt;
    const std::string name = due.front().value.key;
    const TxtAnswer answer = resolver.look_up(rules::challenge_name(name), longest);
    std::optional<Rechecked> done;
    write(due.front().organisation, [&](WriteTxn& txn) {
        const auto after = checked(txn, context, name, answer, checks);
        if (!after) return Keep::no; // removed meanwhile
        done = Rechecked{after->domain, after->turn};
        return Keep::yes;
    });
    return done;
}

} // namespace core::actions
