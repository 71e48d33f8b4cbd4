#include "core/actions/membership.hpp"

#include "core/actions/leaving.hpp"
#include "core/actions/refusals.hpp"
#include "core/actions/telling.hpp"
#include "core/rules/changes.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace core::actions {

namespace {

namespace bj = boost::json;

bj::array as_json(const std::vector<std::string>& values)
{
    bj::array array;
    array.reserve(values.size());
    for (const std::string& value : values) array.push_back(bj::value(value));
    return array;
}

// What a request's steps come to in the end: a member added and removed again was never there.
class NetChange {
public:
    void added(const std::vector<std::string>& values) { count(values, +1); }
    void removed(const std::vector<std::string>& values) { count(values, -1); }
    std::vector<std::string> added() const { return with(+1); }
    std::vector<std::string> removed() const { return with(-1); }

private:
    void count(const std::vector<std::string>& values, int direction)
    {
        for (const std::string& value : values) balance_[value] += direction;
    }
    std::vector<std::string> with(int balance) const
    {
        std::vector<std::string> values;
        for (const auto& [value, its_balance] : balance_) {
            if (its_balance == balance) values.push_back(value);
        }
        return values;
    }

    std::map<std::string, int> balance_; // a store reports real changes only, so a balance is -1, 0 or 1
};

void replace_all(WriteTxn& txn, const GroupId& id, const std::vector<std::string>& values, NetChange& net)
{
    const std::set<std::string> wanted(values.begin(), values.end());
    std::vector<std::string> leaving;
    for (const Member& member : txn.members(id)) {
        if (!wanted.contains(member.value)) leaving.push_back(member.value);
    }
    net.removed(txn.remove_members(id, leaving));
    net.added(txn.add_members(id, values));
}

void take(WriteTxn& txn, const GroupId& id, const MemberStep& step, NetChange& net)
{
    switch (step.kind) {
    case MemberStep::Kind::add: net.added(txn.add_members(id, step.values)); return;
    case MemberStep::Kind::remove: net.removed(txn.remove_members(id, step.values)); return;
    case MemberStep::Kind::remove_all: net.removed(txn.remove_all_members(id)); return;
    case MemberStep::Kind::replace_all: replace_all(txn, id, step.values, net); return;
    }
}

void tell_membership(WriteTxn& txn, const Context& context, const Group& group, const NetChange& net)
{
    if (const auto added = net.added(); !added.empty()) {
        tell(txn, context, Activity::add_members, group, {{"members", nullptr, as_json(added)}});
    }
    if (const auto removed = net.removed(); !removed.empty()) {
        tell(txn, context, Activity::remove_members, group, {{"members", as_json(removed), nullptr}});
    }
}

} // namespace

Result<Group> create_group(WriteTxn& txn, const Context& context, GroupId id, const DesiredGroup& wanted,
                           const std::vector<std::string>& members)
{
    Group group;
    group.id = id;
    group.display_name = wanted.display_name;
    group.external_id = wanted.external_id;
    group.created = group.last_modified = context.now;
    group.profile = wanted.profile;
    TRY_ONLY(txn.insert(group));
    const auto added = txn.add_members(id, members);
    group.member_count = static_cast<std::int64_t>(added.size());

    std::vector<Change> changes = rules::changes_between(nullptr, &group);
    if (!added.empty()) changes.push_back({"members", nullptr, as_json(added)});
    tell(txn, context, Activity::create_group, group, std::move(changes));
    return group;
}

Result<UpdatedGroup> update_group(WriteTxn& txn, const Context& context, const GroupId& id,
                                  const std::optional<DesiredGroup>& wanted, const std::vector<MemberStep>& steps,
                                  std::optional<std::int64_t> known_version)
{
    const auto before = txn.group(id);
    if (!before) return not_found("group");
    TRY_ONLY(must_be_known(before->version, known_version));

    Group group = *before;
    if (wanted) {
        group.display_name = wanted->display_name;
        group.external_id = wanted->external_id;
        if (!rules::same_attributes(group.profile, wanted->profile)) group.profile = wanted->profile;
    }
    const bool attributes_changed = group != *before;
    const auto move_on = [&] {
        ++group.version;
        group.last_modified = std::max(group.last_modified, context.now);
        return txn.replace(group, before->version);
    };
    // First what can be refused, so that a refusal finds the members untouched.
    if (attributes_changed) {
        TRY_ONLY(move_on());
        tell(txn, context, Activity::update_group, group, rules::changes_between(&*before, &group));
    }

    NetChange net;
    for (const MemberStep& step : steps) take(txn, id, step, net);
    const std::size_t added = net.added().size();
    const std::size_t removed = net.removed().size();
    const bool members_changed = added + removed > 0;
    group.member_count += static_cast<std::int64_t>(added) - static_cast<std::int64_t>(removed);
    if (members_changed && !attributes_changed) TRY_ONLY(move_on());
    tell_membership(txn, context, group, net);
    return UpdatedGroup{std::move(group), attributes_changed || members_changed};
}

Result<void> delete_group(WriteTxn& txn, const Context& context, const GroupId& id,
                          std::optional<std::int64_t> known_version)
{
    const auto group = txn.group(id);
    if (!group) return not_found("group");
    TRY_ONLY(must_be_known(group->version, known_version));
    std::vector<Change> changes = rules::changes_between(&*group, nullptr);
    const auto members = txn.remove_all_members(id);
    if (!members.empty()) changes.push_back({"members", as_json(members), nullptr});
    auto around = txn.groups_of(to_text(id));
    if (!around.empty()) changes.push_back({"groups", names_of(around), nullptr});
    txn.erase(id);
    move_on(txn, context, std::move(around));
    tell(txn, context, Activity::delete_group, *group, std::move(changes));
    return {};
}

} // namespace core::actions
