#include "core/actions/membership.hpp"

#include <algorithm>
#include <set>

namespace core::actions {
namespace {

using boost::json::value;

Event event_of(const Context& context, Activity activity, const Group& group, std::vector<Change> changes)
{
    Event event;
    event.at = context.now;
    event.actor = context.actor;
    event.activity = activity;
    event.target = {TargetKind::group, to_text(group.id), group.display_name, ""};
    event.request_id = context.request_id;
    event.changes = std::move(changes);
    return event;
}

Result<Group> must_find(ReadTxn& txn, const GroupId& id, std::optional<std::int64_t> known_version)
{
    auto group = txn.group(id);
    if (!group)
        return Refusal{Reason::not_found, "id", "there is no such group",
                       "find the group by displayName or externalId"};
    if (known_version && *known_version != group->version)
        return Refusal{Reason::stale, "version", "the group has changed since it was read",
                       "read it again and repeat the change"};
    return *std::move(group);
}

value texts(const std::set<std::string>& values)
{
    if (values.empty()) return nullptr;
    boost::json::array all;
    for (const auto& v : values) all.emplace_back(boost::json::string_view{v});
    return all;
}

// What a request did to the membership as a whole: a member added and removed again is no change.
struct Delta {
    std::set<std::string> added;
    std::set<std::string> removed;

    void add(const std::vector<std::string>& values)
    {
        for (const auto& v : values)
            if (removed.erase(v) == 0) added.insert(v);
    }
    void remove(const std::vector<std::string>& values)
    {
        for (const auto& v : values)
            if (added.erase(v) == 0) removed.insert(v);
    }
    bool empty() const { return added.empty() && removed.empty(); }
    // Removed ones stand before, added ones after.
    void note_in(std::vector<Change>& changes) const
    {
        if (!empty()) changes.push_back({"members", texts(removed), texts(added)});
    }
};

void run(WriteTxn& txn, const GroupId& id, const MemberStep& step, Delta& delta)
{
    switch (step.kind) {
    case MemberStep::Kind::add: delta.add(txn.add_members(id, step.values)); return;
    case MemberStep::Kind::remove: delta.remove(txn.remove_members(id, step.values)); return;
    case MemberStep::Kind::remove_all: delta.remove(txn.remove_all_members(id)); return;
    case MemberStep::Kind::replace_all: {
        const std::set<std::string> wanted{step.values.begin(), step.values.end()};
        std::vector<std::string> gone;
        for (const auto& member : txn.members(id))
            if (!wanted.contains(member.value)) gone.push_back(member.value);
        delta.remove(txn.remove_members(id, gone));
        delta.add(txn.add_members(id, {wanted.begin(), wanted.end()}));
        return;
    }
    }
}

void note_attributes(const Group* before, const Group& after, std::vector<Change>& changes)
{
    const auto note = [&](std::string_view name, value was, value is) {
        if (was != is) changes.push_back({std::string{name}, std::move(was), std::move(is)});
    };
    const auto text = [](const std::optional<std::string>& t) {
        return t ? value(boost::json::string_view{*t}) : value{};
    };
    note("displayName", before ? value(boost::json::string_view{before->display_name}) : value{},
         value(boost::json::string_view{after.display_name}));
    note("externalId", before ? text(before->external_id) : value{}, text(after.external_id));
    const boost::json::object nothing;
    const auto& was = before ? before->profile.attributes() : nothing;
    const auto& is = after.profile.attributes();
    for (const auto& [name, old_value] : was) note(name, old_value, is.contains(name) ? is.at(name) : value{});
    for (const auto& [name, new_value] : is)
        if (!was.contains(name)) note(name, value{}, new_value);
}

} // namespace

Result<Group> create_group(WriteTxn& txn, const Context& context, GroupId id, const DesiredGroup& wanted,
                           const std::vector<std::string>& members)
{
    Group group;
    group.id = id;
    group.display_name = wanted.display_name;
    group.external_id = wanted.external_id;
    group.profile = wanted.profile;
    group.created = group.last_modified = context.now;
    TRY_ONLY(txn.insert(group));
    Delta delta;
    delta.add(txn.add_members(id, members));
    group.member_count = static_cast<std::int64_t>(delta.added.size());
    std::vector<Change> changes;
    note_attributes(nullptr, group, changes);
    delta.note_in(changes);
    txn.append(event_of(context, Activity::create_group, group, std::move(changes)));
    return group;
}

Result<UpdatedGroup> update_group(WriteTxn& txn, const Context& context, const GroupId& id,
                                  const std::optional<DesiredGroup>& wanted, const std::vector<MemberStep>& steps,
                                  std::optional<std::int64_t> known_version)
{
    TRY(const Group before, must_find(txn, id, known_version));
    Group after = before;
    if (wanted) {
        after.display_name = wanted->display_name;
        after.external_id = wanted->external_id;
        after.profile = wanted->profile;
    }
    Delta delta;
    for (const auto& step : steps) run(txn, id, step, delta);
    std::vector<Change> changes;
    if (!(after == before)) note_attributes(&before, after, changes);
    const bool attributes_changed = !changes.empty();
    delta.note_in(changes);
    if (changes.empty()) return UpdatedGroup{before, false};

    after.member_count = before.member_count + static_cast<std::int64_t>(delta.added.size()) -
                         static_cast<std::int64_t>(delta.removed.size());
    after.version = before.version + 1;
    after.last_modified = std::max(context.now, before.last_modified);
    TRY_ONLY(txn.replace(after, before.version));
    const auto activity = attributes_changed || (!delta.added.empty() && !delta.removed.empty())
                              ? Activity::update_group
                          : delta.removed.empty() ? Activity::add_members
                                                  : Activity::remove_members;
    txn.append(event_of(context, activity, after, std::move(changes)));
    return UpdatedGroup{std::move(after), true};
}

Result<void> delete_group(WriteTxn& txn, const Context& context, const GroupId& id,
                          std::optional<std::int64_t> known_version)
{
    TRY(const Group group, must_find(txn, id, known_version));
    txn.erase(id);
    txn.append(event_of(context, Activity::delete_group, group, {}));
    return {};
}

} // namespace core::actions
