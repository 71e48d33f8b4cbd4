#include "scim/admin/organisations.hpp"

#include "core/actions/claiming.hpp"
#include "scim/admin/listing.hpp"

#include <fmt/format.h>

namespace scim::admin::organisations {
namespace {

namespace bj = boost::json;

constexpr std::string_view kinds[] = {"business", "personal"};
constexpr Field fields[] = {
    {.name = "name", .help = "its slug, for ever", .need = Need::required},
    {.name = "displayName", .help = "what people read", .need = Need::required},
    {.name = "kind", .help = "whose accounts they are", .need = Need::required, .words = kinds},
    {.name = "createdAt", .type = Type::instant, .help = "when it was made", .need = Need::required},
    {.name = "sso",
     .type = Type::truth,
     .help = "its users sign in elsewhere: they cannot be claimed",
     .need = Need::required},
    {.name = "directorySync",
     .type = Type::truth,
     .help = "a directory keeps its users: they cannot be claimed",
     .need = Need::required},
    {.name = "paused", .type = Type::truth, .help = "SCIM answers 503", .need = Need::required},
    {.name = "disabled", .type = Type::truth, .help = "its tokens answer 401", .need = Need::required},
    {.name = "users", .type = Type::integer, .help = "how many there are", .need = Need::required},
    {.name = "groups", .type = Type::integer, .help = "how many there are", .need = Need::required},
};
constexpr Field new_fields[] = {
    {.name = "name", .help = "1 to 63 of a-z, 0-9 and -; never changed, never used again", .need = Need::required},
    {.name = "displayName", .help = "what people read; the name where nothing is said"},
    {.name = "kind", .help = "business where nothing is said", .words = kinds},
    {.name = "sso", .type = Type::truth, .help = "whether its users sign in through a provider of its own"},
    {.name = "directorySync", .type = Type::truth, .help = "whether a directory keeps its users"},
};
constexpr Field patch_fields[] = {
    {.name = "displayName", .help = "what people read"},
    {.name = "kind", .help = "whose accounts they are", .words = kinds},
    {.name = "sso", .type = Type::truth, .help = "whether its users sign in through a provider of its own"},
    {.name = "directorySync", .type = Type::truth, .help = "whether a directory keeps its users"},
};

core::OrganisationKind kind_from(std::string_view text)
{
    return text == "personal" ? core::OrganisationKind::personal : core::OrganisationKind::business;
}

core::Target target_of(const core::Organisation& organisation)
{
    return {core::TargetKind::organisation, organisation.name, organisation.name, ""};
}

Answer answer_of(const core::Organisation& organisation, HttpStatus status = HttpStatus::ok)
{
    const auto shown = show(organisation);
    // Counters move with every user: what a change is checked against is what an administrator can change.
    bj::object versioned = shown;
    versioned.erase("users");
    versioned.erase("groups");
    return {.status = status, .body = shown, .etag = etag_of(versioned)};
}

Result<Work> change(const Call& call, core::Activity activity,
                    std::function<std::vector<core::Change>(core::Organisation&)> apply)
{
    const auto id = call.organisation->id;
    const auto if_match = call.request->header("if-match").value_or("");
    return Work{AcrossWork{[context = call.context, id, activity, apply = std::move(apply),
                            if_match = std::string{if_match}](core::AcrossTxn& txn) -> Result<Answer> {
        auto found = txn.registry().organisation(id);
        if (!found) return not_found("organisation");
        core::Organisation organisation = *std::move(found);
        TRY_ONLY(check_precondition(if_match, answer_of(organisation).etag));
        const auto changes = apply(organisation);
        if (changes.empty()) return answer_of(organisation);
        txn.registry().replace(organisation);
        txn.registry().append(organisation.name, event_of(context, activity, target_of(organisation), changes));
        return answer_of(organisation);
    }}};
}

} // namespace

const Shape shape{"Organisation", fields};
const Shape new_shape{"NewOrganisation", new_fields};
const Shape patch_shape{"OrganisationPatch", patch_fields};

bj::object show(const core::Organisation& o)
{
    return {{"name", o.name},
            {"displayName", o.display_name},
            {"kind", core::word(o.kind)},
            {"createdAt", core::to_iso(o.created)},
            {"sso", o.sso},
            {"directorySync", o.directory_sync},
            {"paused", o.paused},
            {"disabled", o.disabled},
            {"users", o.user_count},
            {"groups", o.group_count}};
}

Result<Work> list(const Call& call)
{
    static constexpr std::string_view sortable[] = {"name", "displayName", "kind", "createdAt", "users", "groups"};
    TRY(const ListAsked asked, list_asked(call, sortable));
    // short_list seals the cursor, which needs the call.
    std::vector<bj::object> all;
    call.services->store->read_registry([&](core::Registry& registry) {
        for (const auto& each : registry.organisations())
            if (call.admin.is_server_admin() || each.id == call.admin.organisation) all.push_back(show(each));
    });
    return Work{Answer{.body = short_list(call, asked, std::move(all))}};
}

Result<Work> create(const Call& call)
{
    core::Organisation wanted;
    wanted.name = text_of(call.body, "name").value_or("");
    if (!core::is_organisation_name(wanted.name))
        return wrong_field("name", "is not a slug", "use 1 to 63 of a-z, 0-9 and -");
    wanted.display_name = text_of(call.body, "displayName").value_or(wanted.name);
    wanted.kind = kind_from(text_of(call.body, "kind").value_or("business"));
    wanted.sso = truth_of(call.body, "sso").value_or(false);
    wanted.directory_sync = truth_of(call.body, "directorySync").value_or(false);
    wanted.created = call.context.now;
    wanted.policy = call.services->default_policy;
    return Work{AcrossWork{[context = call.context, wanted](core::AcrossTxn& txn) -> Result<Answer> {
        TRY_CORE(const core::Organisation made, txn.registry().create(wanted));
        txn.registry().append(made.name, event_of(context, core::Activity::create_organisation, target_of(made)));
        Answer answer = answer_of(made, HttpStatus::created);
        answer.location = "/api/v1/orgs/" + made.name;
        return answer;
    }}};
}

Result<Work> get(const Call&)
{
    return Work{ReadWork{[](core::ReadTxn& txn) -> Result<Answer> { return answer_of(txn.organisation()); }}};
}

Result<Work> patch(const Call& call)
{
    return change(call, core::Activity::update_organisation, [body = call.body](core::Organisation& o) {
        std::vector<core::Change> changes;
        const auto set = [&](std::string_view name, auto& member, auto wanted, const auto& shown) {
            if (!wanted || *wanted == member) return;
            changes.push_back({std::string{name}, shown(member), shown(*wanted)});
            member = *std::move(wanted);
        };
        const auto plain = [](const auto& value) { return bj::value(value); };
        set("displayName", o.display_name, text_of(body, "displayName"), plain);
        std::optional<core::OrganisationKind> kind;
        if (const auto text = text_of(body, "kind")) kind = kind_from(*text);
        set("kind", o.kind, kind, [](core::OrganisationKind k) {
            const auto text = core::word(k);
            return bj::value(bj::string_view{text.data(), text.size()});
        });
        set("sso", o.sso, truth_of(body, "sso"), plain);
        set("directorySync", o.directory_sync, truth_of(body, "directorySync"), plain);
        return changes;
    });
}

Result<Work> remove(const Call& call)
{
    const auto* const confirm = call.request->parameter("confirm");
    if (confirm == nullptr || confirm->value != call.organisation->name)
        return wrong_field("confirm", "is not the organisation's name",
                           fmt::format("all its users, groups, tokens and its archive go for good (S-077): to do it, "
                                       "say ?confirm={}",
                                       call.organisation->name));
    return Work{AcrossWork{[context = call.context,
                            id = call.organisation->id](core::AcrossTxn& txn) -> Result<Answer> {
        const auto found = txn.registry().organisation(id);
        if (!found) return not_found("organisation");
        core::actions::end_claims_of(txn, context, id);
        txn.registry().append(found->name, event_of(context, core::Activity::delete_organisation, target_of(*found)));
        txn.registry().erase(id);
        return Answer{.status = HttpStatus::no_content};
    }}};
}

namespace {

Result<Work> set_paused(const Call& call, bool paused)
{
    return change(call, paused ? core::Activity::pause_organisation : core::Activity::resume_organisation,
                  [paused](core::Organisation& o) {
                      std::vector<core::Change> changes;
                      if (o.paused != paused) changes.push_back({"paused", o.paused, paused});
                      o.paused = paused;
                      return changes;
                  });
}

} // namespace

Result<Work> pause(const Call& call) { return set_paused(call, true); }
Result<Work> resume(const Call& call) { return set_paused(call, false); }

} // namespace scim::admin::organisations
