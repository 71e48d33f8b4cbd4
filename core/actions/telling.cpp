#include "core/actions/telling.hpp"

#include <utility>

namespace core::actions {

namespace {

Event event_about(const Context& context, Activity activity, Target target, std::vector<Change> changes)
{
    Event event;
    event.at = context.now;
    event.actor = context.actor;
    event.activity = activity;
    event.target = std::move(target);
    event.request_id = context.request_id;
    event.changes = std::move(changes);
    return event;
}

} // namespace

Event event_of(const Context& context, Activity activity, const User& user, std::vector<Change> changes)
{
    return event_about(context, activity,
                       {TargetKind::user, to_text(user.id), user.user_name, user.original_user_name.value_or("")},
                       std::move(changes));
}

Event event_of(const Context& context, Activity activity, const Group& group, std::vector<Change> changes)
{
    return event_about(context, activity, {TargetKind::group, to_text(group.id), group.display_name, {}},
                       std::move(changes));
}

} // namespace core::actions
