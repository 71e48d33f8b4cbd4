#include "core/actions/telling.hpp"

#include "core/rules/masking.hpp"

#include <utility>

namespace core::actions {

namespace {

void tell_about(WriteTxn& txn, const Context& context, Activity activity, Target target, std::vector<Change> changes)
{
    Event event;
    event.at = context.now;
    event.actor = context.actor;
    event.activity = activity;
    event.target = std::move(target);
    event.request_id = context.request_id;
    event.changes = rules::masked(std::move(changes), txn.organisation().schemas);
    txn.append(std::move(event));
}

} // namespace

void tell(WriteTxn& txn, const Context& context, Activity activity, const User& user, std::vector<Change> changes)
{
    tell_about(txn, context, activity,
               {TargetKind::user, to_text(user.id), user.user_name, user.original_user_name.value_or("")},
               std::move(changes));
}

void tell(WriteTxn& txn, const Context& context, Activity activity, const Group& group, std::vector<Change> changes)
{
    tell_about(txn, context, activity, {TargetKind::group, to_text(group.id), group.display_name, {}},
               std::move(changes));
}

void tell(WriteTxn& txn, const Context& context, Activity activity, const Licence& licence, std::vector<Change> changes)
{
    tell_about(txn, context, activity, {TargetKind::licence, licence.id, licence.name, {}}, std::move(changes));
}

} // namespace core::actions
