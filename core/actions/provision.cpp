#include "core/actions/provision.hpp"

#include "core/rules/lifecycle.hpp"

namespace core::actions {
namespace {

Refusal no_such_user()
{
    return {Reason::not_found, "id", "there is no such user", "find the user by userName or externalId"};
}

Refusal stale()
{
    return {Reason::stale, "version", "the user has changed since it was read", "read it again and repeat the change"};
}

Result<User> must_find(ReadTxn& txn, const UserId& id, std::optional<std::int64_t> known_version)
{
    auto user = txn.user(id);
    if (!user) return no_such_user();
    if (known_version && *known_version != user->version) return stale();
    return *std::move(user);
}

Event event_of(const Context& context, Activity activity, const User& user, std::vector<Change> changes)
{
    Event event;
    event.at = context.now;
    event.actor = context.actor;
    event.activity = activity;
    event.target = {TargetKind::user, to_text(user.id), user.user_name, user.original_user_name.value_or("")};
    event.request_id = context.request_id;
    event.changes = std::move(changes);
    return event;
}

} // namespace

Result<User> create_user(WriteTxn& txn, const Context& context, UserId id, const DesiredUser& wanted)
{
    auto decision = rules::arrive(id, wanted, context.domain_verified, txn.organisation().policy, context.now);
    TRY_ONLY(txn.insert(decision.user));
    txn.append(event_of(context, decision.activity, decision.user, std::move(decision.changes)));
    return std::move(decision.user);
}

Result<Updated> update_user(WriteTxn& txn, const Context& context, const UserId& id, const DesiredUser& wanted,
                            std::optional<std::int64_t> known_version)
{
    TRY(const User before, must_find(txn, id, known_version));
    auto decision = rules::update(before, wanted, txn.organisation().policy, context.now);
    if (!decision.changed) return Updated{std::move(decision.user), false};
    TRY_ONLY(txn.replace(decision.user, before.version));
    txn.append(event_of(context, decision.activity, decision.user, std::move(decision.changes)));
    return Updated{std::move(decision.user), true};
}

void remove_user(WriteTxn& txn, const Context& context, const User& user, DeletionCause cause)
{
    auto record = rules::archive_of(user, cause, txn.organisation().policy, context.now);
    boost::json::array groups;
    for (const auto& group : txn.groups_of(to_text(user.id)))
        groups.push_back({{"value", to_text(group.id)}, {"display", group.display_name}});
    record.last_state["groups"] = std::move(groups);
    txn.archive(record);
    txn.erase(user.id);
    txn.append(
        event_of(context, cause == DeletionCause::retention ? Activity::purge_user : Activity::delete_user, user, {}));
}

Result<void> delete_user(WriteTxn& txn, const Context& context, const UserId& id,
                         std::optional<std::int64_t> known_version)
{
    TRY(const User user, must_find(txn, id, known_version));
    remove_user(txn, context, user, context.actor.kind == "operator" ? DeletionCause::admin : DeletionCause::directory);
    return {};
}

Result<User> restore_user(WriteTxn& txn, const Context& context, const UserId& id)
{
    TRY(const User before, must_find(txn, id, std::nullopt));
    TRY(auto decision, rules::restore(before, txn.organisation().policy, context.now));
    TRY_ONLY(txn.replace(decision.user, before.version));
    txn.append(event_of(context, decision.activity, decision.user, std::move(decision.changes)));
    return std::move(decision.user);
}

} // namespace core::actions
