#include "scim/groups.hpp"

#include "core/actions/membership.hpp"
#include "core/base/text.hpp"
#include "scim/attribute_path.hpp"
#include "scim/entra/quirks.hpp"
#include "scim/filter.hpp"
#include "scim/group_json.hpp"
#include "scim/listing.hpp"
#include "scim/member_pieces.hpp"
#include "scim/patch.hpp"
#include "scim/requests.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

namespace scim::groups {

namespace json = boost::json;

namespace {

// With all members, in one text: for the answers to changes, which are put together while others wait to write.
std::string shown(core::ReadTxn& txn, const core::Group& group, std::string_view base, const Projection& projection)
{
    return filled(txn, outline(group, base, projection), std::string{base}, MemberView{projection});
}

using core::actions::MemberStep;

Error no_such_group() { return {HttpStatus::not_found, ScimType::none, "there is no group with this id"}; }

Result<void> check_groups_are_on(const Call& call)
{
    if (call.organisation->policy.groups) return {};
    return Error{HttpStatus::not_found, ScimType::none, "this organisation has groups switched off (policy groups)"};
}

Result<core::GroupId> id_of(const Call& call)
{
    TRY_ONLY(check_groups_are_on(call));
    const auto uuid = core::uuid_from(call.id);
    if (!uuid) return no_such_group();
    return core::GroupId{*uuid};
}

ResourceRules rules_of(const Call& call)
{
    return {call.schemas->groups, call.quirks->tolerance(), call.limits->name_characters, call.limits->resource_bytes};
}

Result<core::Group> present(core::ReadTxn& txn, const core::GroupId& id, const Preconditions& known)
{
    auto group = txn.group(id);
    if (!group) return no_such_group();
    TRY_ONLY(known.check(group->version));
    return *std::move(group);
}

// RFC 7644 3.5.1: the whole group. No longer than a few times the request that has just set all of it.
Answer ok(core::ReadTxn& txn, const core::Group& group, std::string_view base, const Projection& projection)
{
    return {HttpStatus::ok, shown(txn, group, base, projection), etag_of(group.version), ""};
}

Result<Answer> read_group(core::ReadTxn& txn, const core::GroupId& id, const std::string& base, const EntityTags& known,
                          const Projection& projection)
{
    const auto group = txn.group(id);
    if (!group) return no_such_group();
    if (known.match(group->version)) return Answer{HttpStatus::not_modified, "", etag_of(group->version), ""};
    Answer answer{HttpStatus::ok, outline(*group, base, projection), etag_of(group->version), ""};
    return in_pieces(txn, std::move(answer), base, MemberView{projection});
}

// The answer to a PATCH shows so many inside the write; a larger group is read after the commit.
constexpr std::int64_t most_members_shown = 500;

// --- PATCH: operations on `members` are deltas, all others go to the engine ---------------------

// A step as it is asked for; `where` picks from the members there are when its turn comes.
struct MemberChange {
    MemberStep step;
    std::optional<core::Predicate> where;
};
struct GroupPatch {
    std::vector<PatchOperation> operations; // without what concerns members
    bool has_operations = false;
    std::vector<MemberChange> changes;
};

bool same(std::string_view a, std::string_view b) { return core::same_ignoring_ascii_case(a, b); }

Error bad_members(std::string_view problem)
{
    return bad_request(ScimType::invalid_value, "members: " + std::string{problem});
}

json::value* member(json::object& object, std::string_view name)
{
    for (auto& pair : object)
        if (same(pair.key(), name)) return &pair.value();
    return nullptr;
}

// `members` as a whole: add, replace or remove.
Result<MemberChange> change_of_all(PatchKind kind, const json::value* value, const entra::Quirks& quirks,
                                   std::size_t name_characters)
{
    using Kind = MemberStep::Kind;
    switch (kind) {
    case PatchKind::add: {
        if (!value) return bad_members("add needs a value");
        TRY(auto ids, member_ids(*value, name_characters));
        return MemberChange{{Kind::add, std::move(ids)}, {}};
    }
    case PatchKind::replace: {
        if (!value) return bad_members("replace needs a value");
        if (value->is_null()) return MemberChange{{Kind::replace_all, {}}, {}};
        TRY(auto ids, member_ids(*value, name_characters));
        return MemberChange{{Kind::replace_all, std::move(ids)}, {}};
    }
    case PatchKind::remove: {
        if (!value) return MemberChange{{Kind::remove_all, {}}, {}};
        // A value that cannot be understood must never empty the group.
        if (!quirks.tolerance().remove_listed_values)
            return bad_members("remove takes no value; name the member in the path: members[value eq \"…\"]");
        TRY(auto ids, member_ids(*value, name_characters));
        quirks.count(entra::tolerated::remove_with_value);
        return MemberChange{{Kind::remove, std::move(ids)}, {}};
    }
    }
    return bad_members("unknown operation");
}

// `members[…]`: only removal makes sense, a member has nothing else to change.
Result<MemberChange> change_of_some(PatchKind kind, const AttributePath& path)
{
    if (kind != PatchKind::remove || !path.sub.empty())
        return bad_request(ScimType::mutability, "a member cannot be changed: remove it and add another");
    TRY(auto where,
        parse_value_filter(*path.filter, *built_in_schemas()->groups.core.find("members"), ScimType::invalid_path));
    const bool is_one_id = where.kind == core::Predicate::Kind::compare && where.comparison == core::Comparison::eq &&
                           where.attribute.name == "value" && std::holds_alternative<std::string>(where.literal);
    if (is_one_id) return MemberChange{{MemberStep::Kind::remove, {std::get<std::string>(where.literal)}}, {}};
    return MemberChange{{MemberStep::Kind::remove, {}}, std::move(where)};
}

std::optional<AttributePath> members_path(const PatchOperation& operation)
{
    if (!operation.path) return std::nullopt;
    auto path = read_path(*operation.path);
    if (!path || !same(path->name, "members") || !(path->urn.empty() || same(path->urn, group_urn)))
        return std::nullopt;
    return *std::move(path);
}

Result<GroupPatch> split(std::vector<PatchOperation> operations, const entra::Quirks& quirks,
                         std::size_t name_characters)
{
    GroupPatch patch;
    for (auto& operation : operations) {
        const json::value* value = operation.value ? &*operation.value : nullptr;
        if (const auto path = members_path(operation)) {
            if (!path->filter && !path->sub.empty())
                return bad_request(ScimType::mutability, "a member cannot be changed: remove it and add another");
            TRY(auto change, path->filter ? change_of_some(operation.kind, *path)
                                          : change_of_all(operation.kind, value, quirks, name_characters));
            patch.changes.push_back(std::move(change));
            continue;
        }
        if (!operation.path && operation.kind != PatchKind::remove && operation.value && operation.value->is_object()) {
            auto& object = operation.value->get_object();
            if (const auto* members = member(object, "members")) {
                TRY(auto change, change_of_all(operation.kind, members, quirks, name_characters));
                patch.changes.push_back(std::move(change));
                for (auto it = object.begin(); it != object.end(); ++it)
                    if (same(it->key(), "members")) {
                        object.stable_erase(it);
                        break;
                    }
                if (object.empty()) continue;
            }
        }
        patch.operations.push_back(std::move(operation));
    }
    patch.has_operations = !patch.operations.empty();
    return patch;
}

// --- what `members[…]` picks --------------------------------------------------------------------

using Picked = std::set<std::string>;

// The ids a filter can pick from, where it names them: `value eq "a" or value eq "b" and type eq "User"`.
std::optional<Picked> named_by(const core::Predicate& where)
{
    using Kind = core::Predicate::Kind;
    switch (where.kind) {
    case Kind::compare:
        if (where.comparison != core::Comparison::eq || where.attribute.name != "value") return std::nullopt;
        if (const auto* id = std::get_if<std::string>(&where.literal)) return Picked{*id};
        return std::nullopt;
    case Kind::any_of: {
        Picked all;
        for (const auto& child : where.children) {
            auto some = named_by(child);
            if (!some) return std::nullopt;
            all.merge(*some);
        }
        return all;
    }
    case Kind::all_of:
        for (const auto& child : where.children)
            if (auto some = named_by(child)) return some;
        return std::nullopt;
    case Kind::negation:
    case Kind::present:
    case Kind::within: return std::nullopt;
    }
    return std::nullopt;
}

core::Member member_here(core::ReadTxn& txn, const std::string& value)
{
    const auto uuid = core::uuid_from(value);
    if (uuid && txn.user(core::UserId{*uuid})) return {value, core::Member::Kind::user};
    if (uuid && txn.group(core::GroupId{*uuid})) return {value, core::Member::Kind::group};
    return {value, core::Member::Kind::unknown};
}

// A group's members while a request's steps are played, read when a filter first asks for all of them.
class PlayedMembers {
public:
    PlayedMembers(core::ReadTxn& txn, const core::GroupId& id, std::string_view base) : txn_{txn}, id_{id}, base_{base}
    {
    }

    void play(const MemberStep& step)
    {
        if (members_)
            play_now(step);
        else
            waiting_.push_back(&step);
    }

    // Whom the filter picks. What it names is looked up; else each member is looked at, and there is an end to that.
    Result<std::vector<std::string>> picked(const core::Predicate& where)
    {
        std::vector<std::string> ids;
        const auto look_at = [&](const core::Member& member) {
            if (core::holds_for_element(where, member_object(member, base_))) ids.push_back(member.value);
        };
        if (const auto named = named_by(where)) { // whether they are members is seen when they are taken out
            for (const auto& value : *named) look_at(member_here(txn_, value));
            return ids;
        }
        if (!members_) read();
        looks_ += members_->size();
        if (looks_ > members_->size() && looks_ > most_looks)
            return bad_request(ScimType::too_many,
                               "these filters look at more members than the server is willing to; name the members by "
                               "members[value eq \"…\"], or send fewer filters in one request");
        for (const auto& [value, kind] : *members_) look_at({value, kind});
        return ids;
    }

private:
    // One filter may look at a group of any size, several at this many members together.
    static constexpr std::size_t most_looks = 100'000;

    void read()
    {
        members_.emplace();
        txn_.each_member(id_, "", [&](const core::Member& member) {
            members_->emplace_hint(members_->end(), member.value, member.kind);
            return true;
        });
        for (const auto* step : waiting_) play_now(*step);
        waiting_.clear();
    }

    void play_now(const MemberStep& step)
    {
        using Kind = MemberStep::Kind;
        if (step.kind == Kind::remove_all || step.kind == Kind::replace_all) members_->clear();
        if (step.kind == Kind::remove)
            for (const auto& value : step.values) members_->erase(value);
        else
            for (const auto& value : step.values) members_->emplace(value, member_here(txn_, value).kind);
    }

    core::ReadTxn& txn_;
    const core::GroupId& id_;
    std::string_view base_;
    std::optional<std::map<std::string, core::Member::Kind>> members_;
    std::vector<const MemberStep*> waiting_; // played before anybody asked
    std::size_t looks_ = 0;
};

// Turns `where` into ids by playing the steps before it.
Result<std::vector<MemberStep>> resolved(core::ReadTxn& txn, const core::GroupId& id,
                                         const std::vector<MemberChange>& changes, std::string_view base)
{
    std::vector<MemberStep> steps;
    steps.reserve(changes.size()); // the steps that wait to be played are pointed at
    PlayedMembers members{txn, id, base};
    for (const auto& change : changes) {
        steps.push_back(change.step);
        if (change.where) {
            TRY(steps.back().values, members.picked(*change.where));
        }
        members.play(steps.back());
    }
    return steps;
}

} // namespace

Result<Work> list(const Call& call)
{
    TRY_ONLY(check_groups_are_on(call));
    TRY(auto selection, selection_asked(call, call.schemas->groups, core::Searched::groups));
    TRY(auto paging, Paging::asked(call, "Groups", selection));
    auto projection = Projection::from(*call.request, call.schemas->groups);
    const bool is_small = selection.where && core::finds_by_index(*selection.where, core::Searched::groups) &&
                          !projection.shows("members");
    Work work;
    work.lane = is_small ? Lane::inline_read : Lane::scan;
    work.read = [selection = std::move(selection), paging = std::move(paging), base = call.base,
                 projection = std::move(projection)](core::ReadTxn& txn) -> Result<Answer> {
        Answer answer = paging.answer<core::Group>(
            txn.groups(paging.query(selection)), selection, txn.organisation().group_count, core::Searched::groups,
            [&](const core::Group& group) { return outline(group, base, projection); });
        return in_pieces(txn, std::move(answer), base, MemberView{projection});
    };
    return work;
}

Result<Work> get(const Call& call)
{
    TRY(const auto id, id_of(call));
    auto projection = Projection::from(*call.request, call.schemas->groups);
    Work work;
    work.lane = projection.shows("members") ? Lane::scan : Lane::inline_read; // a group may have any number of members
    work.read = [id, base = call.base, known = EntityTags{call.request->header("if-none-match")},
                 projection = std::move(projection)](core::ReadTxn& txn) -> Result<Answer> {
        return read_group(txn, id, base, known, projection);
    };
    return work;
}

Result<Work> create(const Call& call)
{
    TRY_ONLY(check_groups_are_on(call));
    TRY(auto body, read_resource_body(call, call.schemas->groups));
    TRY(auto wanted, wanted_group(std::move(body), rules_of(call)));
    Work work;
    work.lane = Lane::write;
    work.write = [id = call.ids->next_group(), wanted = std::move(wanted), context = call.context, base = call.base,
                  projection =
                      Projection::from(*call.request, call.schemas->groups)](core::WriteTxn& txn) -> Result<Answer> {
        const auto group = core::actions::create_group(txn, context, id, wanted.attributes, wanted.members);
        if (!group) return from(group.error());
        return Answer{HttpStatus::created, shown(txn, *group, base, projection.after_write(nullptr, group->profile)),
                      etag_of(group->version), location_of(*group, base)};
    };
    return work;
}

Result<Work> put(const Call& call)
{
    TRY(const auto id, id_of(call));
    TRY(auto body, read_resource_body(call, call.schemas->groups));
    TRY(auto wanted, wanted_group(std::move(body), rules_of(call)));
    std::vector<MemberStep> steps{{MemberStep::Kind::replace_all, std::move(wanted.members)}};
    Work work;
    work.lane = Lane::write;
    work.write = [id, wanted = std::move(wanted.attributes), steps = std::move(steps), context = call.context,
                  base = call.base, known = Preconditions{*call.request}, rules = rules_of(call),
                  projection =
                      Projection::from(*call.request, call.schemas->groups)](core::WriteTxn& txn) -> Result<Answer> {
        TRY(const auto before, present(txn, id, known));
        std::optional<core::DesiredGroup> attributes{wanted};
        if (rules.schema.has_immutable)
            TRY_ONLY(keep_immutable(before.profile, attributes->profile, rules.schema, Omitted::is_kept));
        const auto updated = core::actions::update_group(txn, context, id, attributes, steps, before.version);
        if (!updated) return from(updated.error());
        return ok(txn, updated->group, base, projection.after_write(nullptr, updated->group.profile));
    };
    return work;
}

Result<Work> patch(const Call& call)
{
    TRY(const auto id, id_of(call));
    TRY(const auto body, read_patch_body(call, call.schemas->groups));
    TRY(auto operations, read_patch(body, call.limits->patch_operations, call.quirks->tolerance()));
    TRY(auto asked, split(std::move(operations), *call.quirks, call.limits->name_characters));
    auto projection = Projection::from(*call.request, call.schemas->groups);
    // RFC 7644 3.5.2: who asks for attributes gets them.
    const bool is_silent = call.organisation->policy.patch_reply != core::PatchReply::resource && !projection.asks();
    Work work;
    work.lane = Lane::write;
    const auto shown_later = std::make_shared<Projection>(); // as the write leaves it
    work.read = [id, base = call.base, shown_later](core::ReadTxn& txn) -> Result<Answer> {
        return read_group(txn, id, base, {}, *shown_later);
    };
    work.write = [id, asked = std::move(asked), context = call.context, base = call.base, shown_later,
                  known = Preconditions{*call.request}, projection = std::move(projection), is_silent,
                  quirks = call.quirks, rules = rules_of(call)](core::WriteTxn& txn) -> Result<Answer> {
        TRY(const auto before, present(txn, id, known));
        std::optional<core::DesiredGroup> attributes;
        std::vector<std::string_view> tolerated;
        if (asked.has_operations) {
            TRY(auto patched,
                apply_patch(writable_view(before), asked.operations, rules.schema, rules.tolerance, &tolerated));
            TRY(auto wanted, wanted_group(std::move(patched), rules));
            attributes = std::move(wanted.attributes);
            if (rules.schema.has_immutable)
                TRY_ONLY(keep_immutable(before.profile, attributes->profile, rules.schema, Omitted::is_removed));
        }
        TRY(const auto steps, resolved(txn, id, asked.changes, base));
        const auto updated = core::actions::update_group(txn, context, id, attributes, steps, before.version);
        if (!updated) return from(updated.error());
        for (const auto name : tolerated) quirks->count(name);
        log_quirks(context.request_id, tolerated);
        Answer silent{HttpStatus::no_content, "", etag_of(updated->group.version), ""};
        if (is_silent) return silent;
        auto shown = projection.after_write(&before.profile, updated->group.profile);
        if (updated->group.member_count <= most_members_shown || !shown.shows("members"))
            return ok(txn, updated->group, base, shown);
        *shown_later = std::move(shown);
        silent.is_read_later = true;
        return silent;
    };
    return work;
}

Result<Work> remove(const Call& call)
{
    TRY(const auto id, id_of(call));
    Work work;
    work.lane = Lane::write;
    work.write = [id, context = call.context,
                  known = Preconditions{*call.request}](core::WriteTxn& txn) -> Result<Answer> {
        TRY(const auto before, present(txn, id, known));
        const auto gone = core::actions::delete_group(txn, context, id, before.version);
        if (!gone) return from(gone.error());
        return Answer{HttpStatus::no_content, "", "", ""};
    };
    return work;
}

} // namespace scim::groups
