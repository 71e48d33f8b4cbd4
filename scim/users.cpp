#include "scim/users.hpp"

#include "core/actions/claiming.hpp"
#include "core/actions/provision.hpp"
#include "scim/entra/quirks.hpp"
#include "scim/listing.hpp"
#include "scim/patch.hpp"
#include "scim/requests.hpp"
#include "scim/user_json.hpp"

#include <boost/json/monotonic_resource.hpp>

#include <utility>

namespace scim::users {

namespace {

Error no_such_user() { return {HttpStatus::not_found, ScimType::none, "there is no user with this id"}; }

// What is no UUID names nobody.
Result<core::UserId> id_of(const Call& call)
{
    const auto uuid = core::uuid_from(call.id);
    if (!uuid) return no_such_user();
    return core::UserId{*uuid};
}

ResourceRules rules_of(const Call& call)
{
    return {call.schemas->users, call.quirks->tolerance(), call.limits->name_characters, call.limits->resource_bytes};
}

// The user of a request that changes it, in the version the client knows.
Result<core::User> present(core::ReadTxn& txn, const core::UserId& id, const Preconditions& known)
{
    auto user = txn.user(id);
    if (!user) return no_such_user();
    TRY_ONLY(known.check(user->version));
    return *std::move(user);
}

Answer ok(core::ReadTxn& txn, const core::User& user, std::string_view base, const Projection& projection)
{
    return {HttpStatus::ok, shown(txn, user, base, projection), etag_of(user.version), ""};
}

Answer created(core::ReadTxn& txn, const core::User& user, std::string_view base, const Projection& projection)
{
    return {HttpStatus::created, shown(txn, user, base, projection.after_write(nullptr, user.profile)),
            etag_of(user.version), location_of(user, base)};
}

// Decision 2: where the policy says autoClaim, a name that lives elsewhere is claimed. Not in a Bulk, whose operations
// stay within their organisation: there the refusal offers the claim.
AcrossWork create_or_claim(const Call& call, const core::DesiredUser& wanted)
{
    return [id = call.ids->next_user(), ids = call.ids, org = call.organisation->id, wanted, context = call.context,
            base = call.base,
            projection = Projection::from(*call.request, call.schemas->users)](core::AcrossTxn& txn) -> Result<Answer> {
        core::WriteTxn& ours = txn.of(org);
        std::optional<core::Result<core::User>> user;
        txn.attempt([&] {
            user.emplace(core::actions::create_user(ours, context, id, wanted));
            return user->has_value() ? core::Keep::yes : core::Keep::no;
        });
        if (!*user && user->error().reason == core::Reason::taken && user->error().field == "userName")
            user.emplace(core::actions::claim_instead(txn, context, *ids, org, wanted, core::Refusal{user->error()}));
        if (!*user) return from(user->error());
        return created(ours, **user, base, projection);
    };
}

} // namespace

Result<Work> list(const Call& call)
{
    TRY(auto selection, selection_asked(call, call.schemas->users, core::Searched::users));
    TRY(auto paging, Paging::asked(call, "Users", selection));
    Work work;
    const bool is_indexed = selection.where && core::finds_by_index(*selection.where, core::Searched::users);
    work.lane = is_indexed ? Lane::inline_read : Lane::scan;
    work.read = [selection = std::move(selection), paging = std::move(paging), base = call.base,
                 projection =
                     Projection::from(*call.request, call.schemas->users)](core::ReadTxn& txn) -> Result<Answer> {
        return paging.answer<core::User>(txn.users(paging.query(selection)), selection, txn.organisation().user_count,
                                         core::Searched::users,
                                         [&](const core::User& user) { return shown(txn, user, base, projection); });
    };
    return work;
}

Result<Work> get(const Call& call)
{
    TRY(const auto id, id_of(call));
    Work work;
    work.lane = Lane::inline_read;
    work.read = [id, base = call.base, known = EntityTags{call.request->header("if-none-match")},
                 projection =
                     Projection::from(*call.request, call.schemas->users)](core::ReadTxn& txn) -> Result<Answer> {
        const auto user = txn.user(id);
        if (!user) return no_such_user();
        if (known.match(user->version)) return Answer{HttpStatus::not_modified, "", etag_of(user->version), ""};
        return ok(txn, *user, base, projection);
    };
    return work;
}

Result<Work> create(const Call& call)
{
    TRY(auto body, read_resource_body(call, call.schemas->users));
    TRY(auto wanted, wanted_user(std::move(body), rules_of(call)));
    Work work;
    work.lane = Lane::write;
    if (call.organisation->policy.auto_claim) work.across = create_or_claim(call, wanted.attributes);
    work.write =
        [id = call.ids->next_user(), wanted = std::move(wanted.attributes), context = call.context, base = call.base,
         projection = Projection::from(*call.request, call.schemas->users)](core::WriteTxn& txn) -> Result<Answer> {
        const auto user = core::actions::create_user(txn, context, id, wanted);
        if (!user) return from(user.error());
        return created(txn, *user, base, projection);
    };
    return work;
}

Result<Work> put(const Call& call)
{
    TRY(const auto id, id_of(call));
    TRY(auto body, read_resource_body(call, call.schemas->users));
    TRY(auto wanted, wanted_user(std::move(body), rules_of(call)));
    Work work;
    work.lane = Lane::write;
    work.write = [id, wanted = std::move(wanted), context = call.context, base = call.base,
                  known = Preconditions{*call.request}, rules = rules_of(call),
                  projection =
                      Projection::from(*call.request, call.schemas->users)](core::WriteTxn& txn) -> Result<Answer> {
        TRY(const auto before, present(txn, id, known));
        core::DesiredUser desired = wanted.attributes;
        if (!wanted.says_active) desired.active = before.is_active();
        if (rules.schema.has_immutable)
            TRY_ONLY(keep_immutable(before.profile, desired.profile, rules.schema, Omitted::is_kept));
        const auto updated = core::actions::update_user(txn, context, before, desired);
        if (!updated) return from(updated.error());
        return ok(txn, updated->user, base, projection.after_write(nullptr, updated->user.profile));
    };
    return work;
}

Result<Work> patch(const Call& call)
{
    TRY(const auto id, id_of(call));
    TRY(const auto body, read_patch_body(call, call.schemas->users));
    TRY(auto operations, read_patch(body, call.limits->patch_operations, call.quirks->tolerance()));
    auto projection = Projection::from(*call.request, call.schemas->users);
    // RFC 7644 3.5.2: who asks for attributes gets them.
    const bool is_silent = call.organisation->policy.patch_reply == core::PatchReply::empty && !projection.asks();
    Work work;
    work.lane = Lane::write;
    work.write = [id, operations = std::move(operations), context = call.context, base = call.base,
                  known = Preconditions{*call.request}, projection = std::move(projection), is_silent,
                  quirks = call.quirks, rules = rules_of(call)](core::WriteTxn& txn) -> Result<Answer> {
        TRY(const auto before, present(txn, id, known));
        std::vector<std::string_view> tolerated;
        // Everything between the stored text and the new one lives here, and is never freed piece by piece.
        unsigned char first_block[16 * 1024];
        boost::json::monotonic_resource arena{first_block, sizeof first_block};
        TRY(auto patched,
            apply_patch(writable_view(before, &arena), operations, rules.schema, rules.tolerance, &tolerated));
        TRY(auto wanted, wanted_user(std::move(patched), rules));
        if (!wanted.says_active) wanted.attributes.active = before.is_active();
        if (rules.schema.has_immutable)
            TRY_ONLY(keep_immutable(before.profile, wanted.attributes.profile, rules.schema, Omitted::is_removed));
        const auto updated = core::actions::update_user(txn, context, before, wanted.attributes);
        if (!updated) return from(updated.error());
        for (const auto name : tolerated) quirks->count(name);
        log_quirks(context.request_id, tolerated);
        if (is_silent) return Answer{HttpStatus::no_content, "", etag_of(updated->user.version), ""};
        return ok(txn, updated->user, base, projection.after_write(&before.profile, updated->user.profile));
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
        const auto gone = core::actions::delete_user(txn, context, id, before.version);
        if (!gone) return from(gone.error());
        return Answer{HttpStatus::no_content, "", "", ""};
    };
    return work;
}

} // namespace scim::users
