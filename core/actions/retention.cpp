#include "core/actions/retention.hpp"

#include "core/actions/refusals.hpp"

namespace core::actions {

namespace {

// By number: the record's names go with it, and must not stay behind in the event that tells of it.
void tell(WriteTxn& txn, const Context& context, Activity activity, std::int64_t number, std::vector<Change> changes)
{
    Event event;
    event.at = context.now;
    event.actor = context.actor;
    event.activity = activity;
    event.target = {TargetKind::archive, std::to_string(number), "", ""};
    event.request_id = context.request_id;
    event.changes = std::move(changes);
    txn.append(std::move(event));
}

} // namespace

Result<ArchiveRecord> hold_archived(WriteTxn& txn, const Context& context, std::int64_t number, bool held)
{
    auto found = txn.archived({.number = number});
    if (found.empty()) return not_found("archive record");
    ArchiveRecord record = std::move(found.front());
    if (record.held == held) return record;
    TRY_ONLY(txn.hold_archived(number, held));
    tell(txn, context, held ? Activity::hold_archive : Activity::unhold_archive, number, {{"hold", record.held, held}});
    record.held = held;
    return record;
}

std::int64_t erase_due_archive(WriteTxn& txn, const Context& context, std::int64_t limit)
{
    const auto due = txn.archived({.due = context.now, .with_history = false, .limit = limit});
    for (const ArchiveRecord& record : due) {
        txn.erase_archived(record.number);
        tell(txn, context, Activity::erase_archive, record.number, {});
    }
    return static_cast<std::int64_t>(due.size());
}

std::optional<std::int64_t> forget_old_events(WriteTxn& txn, Instant now, std::int64_t after, std::int64_t limit)
{
    const auto& retention = txn.organisation().policy.audit_retention;
    if (!retention) return std::nullopt;
    return txn.forget_events(now - *retention, after, limit);
}

} // namespace core::actions
