#include "scim/admin/users.hpp"

#include "core/actions/licensing.hpp"
#include "core/actions/people.hpp"
#include "core/base/json.hpp"
#include "core/base/text.hpp"
#include "core/claim.hpp"
#include "core/shelf.hpp"
#include "scim/admin/event_json.hpp"
#include "scim/admin/listing.hpp"
#include "scim/custom_schema.hpp"
#include "scim/user_json.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace scim::admin::users {
namespace {

namespace bj = boost::json;
using core::Predicate;
using core::rules::Verb;

constexpr std::size_t most_invited = 500; // in one call, which is one transaction

constexpr std::string_view statuses[] = {"active",   "verified",     "notVerified",
                                         "inactive", "delayedClaim", "convertedAway"};
constexpr std::string_view reasons[] = {"admin", "directory", "softDeleted", "directoryAbsent"};
constexpr std::string_view provenances[] = {"scim", "manual", "csv", "siteLink", "claim"};
constexpr std::string_view ways_in[] = {"manual", "siteLink"};
constexpr std::string_view problems[] = {"inactive", "notVerified", "convertedAway", "revoked"};

constexpr Need there = Need::required;
constexpr Need or_null = Need::nullable;
constexpr Field claim_fields[] = {
    {.name = "id", .help = "the claim", .need = there},
    {.name = "kind", .help = "immediate or delayed", .need = or_null},
    {.name = "until", .type = Type::instant, .help = "when the time to choose is over", .need = or_null},
    {.name = "daysLeft", .type = Type::integer, .help = "until then, begun ones counted", .need = or_null},
};
constexpr Shape claim_shape{"ClaimOfUser", claim_fields};
constexpr Field fields[] = {
    {.name = "id", .help = "for ever", .need = there},
    {.name = "userName", .help = "as the directory or an administrator says", .need = there},
    {.name = "originalUserName", .help = "while userName is a tombstone", .need = or_null},
    {.name = "displayName", .help = "what people read", .need = or_null},
    {.name = "externalId", .help = "the directory's id", .need = or_null},
    {.name = "status", .help = "where the account stands", .need = there, .words = statuses},
    {.name = "reason", .help = "why it is inactive", .need = or_null, .words = reasons},
    {.name = "provenance", .help = "how it came here", .need = there, .words = provenances},
    {.name = "licences", .type = Type::list, .help = "ids of the licences it has", .need = there},
    {.name = "protected", .type = Type::truth, .help = "a directory may not remove it", .need = there},
    {.name = "administrator", .type = Type::truth, .help = "of this organisation", .need = there},
    {.name = "signedInAt", .type = Type::instant, .help = "the first time", .need = or_null},
    {.name = "softDeletedAt", .type = Type::instant, .help = "when the directory deleted it", .need = or_null},
    {.name = "purgeAt", .type = Type::instant, .help = "when it will be purged", .need = or_null},
    {.name = "purgeHold", .help = "why it will not be, though it is due", .need = or_null},
    {.name = "claim",
     .type = Type::object,
     .help = "the claim it came or left by",
     .need = or_null,
     .shape = &claim_shape},
    {.name = "tokensValidAfter", .type = Type::instant, .help = "tokens issued up to then are void", .need = or_null},
    {.name = "createdAt", .type = Type::instant, .help = "when it came here", .need = there},
    {.name = "lastModified", .type = Type::instant, .help = "when it last changed", .need = there},
    {.name = "actions", .type = Type::list, .help = "the verbs that would work now", .need = there},
    {.name = "profile", .type = Type::object, .help = "its SCIM attributes; not in lists"},
};
constexpr Field new_fields[] = {
    {.name = "userName", .help = "an e-mail address, best", .need = there},
    {.name = "displayName", .help = "what people read"},
    {.name = "externalId", .help = "the directory's id, if there is one"},
    {.name = "name", .type = Type::object, .help = "givenName, familyName and so on"},
    {.name = "profile", .type = Type::object, .help = "further SCIM attributes, as /Schemas has them"},
    {.name = "provenance", .help = "manual where nothing is said", .words = ways_in},
    {.name = "invitation", .type = Type::truth, .help = "whether a mail goes out; true where nothing is said"},
};
constexpr Field patch_fields[] = {
    {.name = "userName", .help = "an e-mail address, best"},
    {.name = "displayName", .help = "what people read"},
    {.name = "externalId", .help = "the directory's id"},
    {.name = "name", .type = Type::object, .help = "givenName, familyName and so on"},
    {.name = "profile", .type = Type::object, .help = "further SCIM attributes, merged"},
    {.name = "administrator", .type = Type::truth, .help = "of this organisation"},
    {.name = "licences", .type = Type::list, .help = "ids of all licences the user shall have"},
};
constexpr Field token_status_fields[] = {
    {.name = "valid", .type = Type::truth, .help = "of a token issued at issuedAt, or now", .need = there},
    {.name = "tokensValidAfter", .type = Type::instant, .help = "tokens issued up to then are void", .need = or_null},
    {.name = "reason", .help = "why it is not valid", .need = or_null, .words = problems},
};
constexpr Field filter_fields[] = {
    {.name = "status", .help = "notVerified where nothing is said", .words = statuses},
    {.name = "q", .help = "the beginning of a name or address"},
    {.name = "domain", .help = "of the userName"},
    {.name = "provenance", .help = "how they came here", .words = provenances},
};
constexpr Shape filter_shape{"InviteFilter", filter_fields};
constexpr Field invite_fields[] = {
    {.name = "users", .type = Type::list, .help = "ids or userNames, at most 500"},
    {.name = "filter", .type = Type::object, .help = "instead of users", .shape = &filter_shape},
    {.name = "cursor", .help = "with a filter: `next` of the answer before"},
};
constexpr Field skipped_fields[] = {
    {.name = "user", .help = "as it was named", .need = there},
    {.name = "why", .help = "no invitation was written", .need = there},
};
constexpr Shape skipped_shape{"NotInvited", skipped_fields};
constexpr Field invited_fields[] = {
    {.name = "invited", .type = Type::integer, .help = "how many mails were written", .need = there},
    {.name = "skipped", .type = Type::list, .help = "who was not invited", .need = there, .shape = &skipped_shape},
    {.name = "next", .help = "for the rest of those the filter finds", .need = or_null},
};

constexpr Parameter filter_rows[] = {
    {"status", "where the account stands", statuses}, {"reason", "why it is inactive", reasons},
    {"q", "the beginning of a name or address"},      {"domain", "of the userName"},
    {"provenance", "how it came here", provenances},
};
constexpr Parameter issued_at[] = {{"issuedAt", "when the token in question was issued"}};

bj::string_view view(std::string_view text) { return {text.data(), text.size()}; }
bj::value text_or_null(const std::optional<std::string>& text) { return text ? bj::value(*text) : bj::value{}; }
bj::value time_or_null(const std::optional<core::Instant>& at)
{
    return at ? bj::value(core::to_iso(*at)) : bj::value{};
}

// The claim a user came by; of the one they left by, the organisation knows no more than that there is one.
bj::value claim_of(core::ReadTxn& txn, const core::User& user, core::Instant now)
{
    if (!user.standing.claim) return {};
    bj::object shown{{"id", *user.standing.claim}, {"kind", nullptr}, {"until", nullptr}, {"daysLeft", nullptr}};
    const auto claim = core::ReadShelf<core::Claim>{txn.records()}.find(*user.standing.claim);
    if (!claim) return shown;
    shown["kind"] = view(core::word(claim->kind));
    shown["until"] = core::to_iso(claim->until);
    if (claim->state == core::ClaimState::waiting)
        shown["daysLeft"] = std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::days>(claim->until - now).count());
    return shown;
}

bj::object show(core::ReadTxn& txn, const core::User& user, core::Instant now)
{
    const bj::object& profile = user.profile.attributes();
    const bj::value* const display = profile.if_contains("displayName");
    const auto hold = core::rules::purge_hold(user);
    bj::array actions;
    for (const Verb verb : core::actions::possible_verbs(txn, user)) actions.push_back(view(core::rules::word(verb)));
    return {{"id", core::to_text(user.id)},
            {"userName", user.user_name},
            {"originalUserName", text_or_null(user.original_user_name)},
            {"displayName", display != nullptr ? *display : bj::value{}},
            {"externalId", text_or_null(user.external_id)},
            {"status", view(core::word(user.status))},
            {"reason", user.reason ? bj::value(view(core::word(*user.reason))) : bj::value{}},
            {"provenance", view(core::word(user.provenance))},
            {"licences", bj::array(user.standing.licences.begin(), user.standing.licences.end())},
            {"protected", user.standing.is_protected},
            {"administrator", user.standing.is_administrator},
            {"signedInAt", time_or_null(user.standing.signed_in_at)},
            {"softDeletedAt", time_or_null(user.soft_deleted_at)},
            {"purgeAt", time_or_null(user.purge_at)},
            {"purgeHold", hold ? bj::value(view(*hold)) : bj::value{}},
            {"claim", claim_of(txn, user, now)},
            {"tokensValidAfter", time_or_null(user.tokens_valid_after)},
            {"createdAt", core::to_iso(user.created)},
            {"lastModified", core::to_iso(user.last_modified)},
            {"actions", std::move(actions)}};
}

Answer answer_of(core::ReadTxn& txn, const core::User& user, core::Instant now, HttpStatus status = HttpStatus::ok)
{
    bj::object shown = show(txn, user, now);
    bj::object profile = user.profile.attributes();
    profile.erase("schemas");
    shown["profile"] = std::move(profile);
    return {.status = status, .body = std::move(shown), .etag = scim::etag_of(user.version)};
}

// What is no UUID names nobody.
Result<core::UserId> id_of(const Call& call)
{
    const auto uuid = core::uuid_from(call.ids[0]);
    if (!uuid) return not_found("user");
    return core::UserId{*uuid};
}

// --- which users, in which order ---------------------------------------------------------------------------------

core::AttributeRef of_lifecycle(std::string name, core::ValueKind kind = core::ValueKind::text)
{
    return {.extension = std::string{core::lifecycle_urn},
            .name = std::move(name),
            .sub = {},
            .kind = kind,
            .case_exact = kind == core::ValueKind::text,
            .multi_valued = false};
}

core::AttributeRef of_core(std::string name, std::string sub = {}, core::ValueKind kind = core::ValueKind::text)
{
    return {.extension = {},
            .name = std::move(name),
            .sub = std::move(sub),
            .kind = kind,
            .case_exact = false,
            .multi_valued = false};
}

Predicate begins_with(const std::string& text)
{
    auto emails = of_core("emails", "value");
    emails.multi_valued = true;
    Predicate any{.kind = Predicate::Kind::any_of, .children = {}, .attribute = {}, .literal = {}};
    for (auto attribute : {of_core("userName"), of_core("displayName"), of_core("name", "familyName"),
                           of_core("name", "givenName"), std::move(emails)})
        any.children.push_back(Predicate::is(std::move(attribute), core::Comparison::sw, text));
    return any;
}

// The filters by their names; `value_of` gives what was asked, or nothing.
template<class ValueOf>
std::optional<Predicate> predicate_of(const ValueOf& value_of)
{
    std::vector<Predicate> all;
    for (const char* const name : {"status", "reason", "provenance"})
        if (const std::optional<std::string> value = value_of(name))
            all.push_back(Predicate::is(of_lifecycle(name), core::Comparison::eq, *value));
    if (const std::optional<std::string> q = value_of("q")) all.push_back(begins_with(*q));
    if (const std::optional<std::string> domain = value_of("domain"))
        all.push_back(Predicate::is(of_core("userName"), core::Comparison::ew, "@" + *domain));
    if (all.empty()) return std::nullopt;
    return Predicate{.kind = Predicate::Kind::all_of, .children = std::move(all), .attribute = {}, .literal = {}};
}

struct Sortable {
    std::string_view name;
    core::AttributeRef (*attribute)();
};
const Sortable sortable_rows[] = {
    {"userName", [] { return of_core("userName"); }},
    {"displayName", [] { return of_core("displayName"); }},
    {"externalId",
     [] {
         auto attribute = of_core("externalId");
         attribute.case_exact = true;
         return attribute;
     }},
    {"status", [] { return of_lifecycle("status"); }},
    {"reason", [] { return of_lifecycle("reason"); }},
    {"provenance", [] { return of_lifecycle("provenance"); }},
    {"softDeletedAt", [] { return of_lifecycle("softDeletedAt", core::ValueKind::instant); }},
    {"purgeAt", [] { return of_lifecycle("purgeAt", core::ValueKind::instant); }},
    {"createdAt", [] { return of_core("meta", "created", core::ValueKind::instant); }},
    {"lastModified", [] { return of_core("meta", "lastModified", core::ValueKind::instant); }},
};

Result<std::optional<core::Sort>> sort_of(const ListAsked& asked)
{
    if (asked.sort.empty()) return std::optional<core::Sort>{};
    if (asked.sort.size() > 1)
        return wrong_field("sort", "names several fields", "this list is sorted by one; equals come by arrival");
    for (const Sortable& row : sortable_rows)
        if (row.name == asked.sort.front().name)
            return std::optional{core::Sort{row.attribute(), asked.sort.front().descending}};
    return std::optional<core::Sort>{};
}

// A position as the inside of a cursor: [row] or [row, key].
std::string text_of_position(const core::Position& position)
{
    bj::array parts{position.row};
    if (const auto* const whole = std::get_if<std::int64_t>(&position.key)) parts.emplace_back(*whole);
    if (const auto* const fraction = std::get_if<double>(&position.key)) parts.emplace_back(*fraction);
    if (const auto* const text = std::get_if<std::string>(&position.key)) parts.emplace_back(*text);
    return core::json::write(parts);
}

std::optional<core::Position> position_from(const std::string& text)
{
    if (text.empty()) return std::nullopt;
    const auto read = core::json::read(text);
    if (!read || !read->is_array() || read->get_array().empty() || !read->get_array()[0].is_int64())
        return std::nullopt;
    const bj::array& parts = read->get_array();
    core::Position position;
    position.row = parts[0].get_int64();
    if (parts.size() > 1) {
        if (parts[1].is_int64()) position.key = parts[1].get_int64();
        if (parts[1].is_double()) position.key = parts[1].get_double();
        if (parts[1].is_string()) position.key = std::string{std::string_view{parts[1].get_string()}};
    }
    return position;
}

// --- what a body makes of a user ---------------------------------------------------------------------------------

Problem from_scim(const Error& error)
{
    return {error.status, error.detail, "see the organisation's /Schemas for the attributes"};
}

// Names that no attribute has are refused here: the protocol would let them pass and keep nothing of them.
Result<void> check_names(const bj::object& profile, const ResourceSchema& schema)
{
    for (const auto& [key, value] : profile) {
        const std::string_view name{key};
        if (name == "active")
            return wrong_field("profile.active", "is not set here", "deactivate or reactivate the user");
        if (schema.find(name) != nullptr || schema.extension(name) != nullptr) continue;
        const auto names = schema.names();
        const std::vector<std::string_view> known{names.begin(), names.end()};
        const auto near = core::nearest(name, known.data(), known.size());
        return wrong_field(fmt::format("profile.{}", name.substr(0, 60)), "is not an attribute of users",
                           near.empty() ? "see the organisation's /Schemas" : fmt::format("did you mean {}?", near));
    }
    return {};
}

// RFC 7396.
void merge(bj::object& into, const bj::object& patch)
{
    for (const auto& [key, value] : patch) {
        if (value.is_null()) {
            into.erase(key);
            continue;
        }
        if (!value.is_object()) {
            into.insert_or_assign(key, value);
            continue;
        }
        bj::value& inner = into[key];
        if (!inner.is_object()) inner = bj::object{};
        merge(inner.get_object(), value.get_object());
    }
}

// `resource` with what the body says of it: the profile first, the fields of their own above it.
void merge_body(bj::object& resource, const bj::object& body)
{
    if (const bj::value* const profile = member(body, "profile")) merge(resource, profile->get_object());
    bj::object own;
    for (const char* const name : {"userName", "displayName", "externalId", "name"})
        if (const bj::value* const value = body.if_contains(name)) own[name] = *value;
    merge(resource, own);
}

Result<void> check_profile(const bj::object& body, const ResourceSchema& schema)
{
    const bj::value* const profile = member(body, "profile");
    return profile == nullptr ? Result<void>{} : check_names(profile->get_object(), schema);
}

// What has come from a directory with an extension nobody registered stays when an administrator changes a name.
const entra::Tolerance& tolerance()
{
    static constexpr entra::Tolerance keeps_what_is_there{.store_unregistered_extensions = true};
    return keeps_what_is_there;
}

Result<core::DesiredUser> desired_of(bj::object resource, const ResourceSchema& schema)
{
    auto wanted = wanted_user(std::move(resource), {schema, tolerance()});
    if (!wanted) return from_scim(wanted.error());
    return std::move(wanted->attributes);
}

Result<core::User> patched(core::WriteTxn& txn, const core::Context& context, const core::User& before,
                           const bj::object& body)
{
    const auto schemas = schemas_of(txn.organisation());
    const ResourceSchema& schema = schemas->users;
    TRY_ONLY(check_profile(body, schema));
    bj::object resource = writable_view(before);
    merge_body(resource, body);
    TRY(core::DesiredUser desired, desired_of(std::move(resource), schema));
    desired.active = before.is_active();
    if (schema.has_immutable) {
        const auto kept = keep_immutable(before.profile, desired.profile, schema, Omitted::is_removed);
        if (!kept) return from_scim(kept.error());
    }
    TRY_CORE(core::User user, core::actions::change_by_hand(txn, context, before, desired));
    if (const auto administrator = truth_of(body, "administrator")) {
        TRY_CORE(user, core::actions::set_administrator(txn, context, user, *administrator));
    }
    if (const bj::value* const licences = body.if_contains("licences")) {
        std::vector<std::string> wanted;
        if (licences->is_array())
            for (const bj::value& each : licences->get_array())
                wanted.emplace_back(std::string_view{each.get_string()});
        TRY_CORE(user, core::actions::set_licences(txn, context, user.id, wanted));
    }
    return user;
}

// --- invitations -------------------------------------------------------------------------------------------------

std::optional<core::User> user_called(core::ReadTxn& txn, const std::string& name_or_id)
{
    if (const auto uuid = core::uuid_from(name_or_id)) return txn.user(core::UserId{*uuid});
    return txn.user_named(name_or_id);
}

struct Invited {
    std::int64_t count = 0;
    bj::array skipped;

    void one(core::WriteTxn& txn, const core::Context& context, const std::string& called, const core::User& user)
    {
        const auto invited = core::actions::perform(txn, context, Verb::invite, user.id);
        if (invited)
            ++count;
        else
            skip(called, invited.error().detail);
    }
    void skip(const std::string& called, const std::string& why)
    {
        skipped.push_back({{"user", called}, {"why", why}});
    }
};

} // namespace

const Shape shape{"User", fields};
const Shape new_shape{"NewUser", new_fields};
const Shape patch_shape{"UserPatch", patch_fields};
const Shape token_status_shape{"TokenStatus", token_status_fields};
const Shape invite_shape{"Invite", invite_fields};
const Shape invited_shape{"Invited", invited_fields};
constinit const std::span<const Parameter> list_filters{filter_rows};
constinit const std::span<const Parameter> token_status_query{issued_at};

Result<Work> list(const Call& call)
{
    static const std::vector<std::string_view> sortable = [] {
        std::vector<std::string_view> names;
        for (const Sortable& row : sortable_rows) names.push_back(row.name);
        return names;
    }();
    TRY(const ListAsked asked, list_asked(call, sortable));
    TRY(const auto sort, sort_of(asked));
    const auto where = predicate_of([&](const char* name) { return filter_of(call, name); });
    return Work{ReadWork{[call, asked, sort, where](core::ReadTxn& txn) -> Result<Answer> {
        const auto after = position_from(asked.after);
        core::Query query;
        query.where = where ? &*where : nullptr;
        query.sort = sort ? &*sort : nullptr;
        query.after = after ? &*after : nullptr;
        query.limit = asked.limit + 1; // one more tells whether another page follows
        query.count = where.has_value();
        query.positions = true;
        auto found = txn.users(query);
        std::optional<std::string> next;
        if (static_cast<std::int64_t>(found.items.size()) > asked.limit) {
            found.items.pop_back();
            next = text_of_position(found.positions[found.items.size() - 1]);
        }
        bj::array items;
        for (const core::User& user : found.items) items.push_back(show(txn, user, call.context.now));
        const std::int64_t total = where ? found.total : txn.organisation().user_count;
        return Answer{.body = list_answer(call, asked, std::move(items), next, total)};
    }}};
}

Result<Work> create(const Call& call)
{
    const auto how = core::provenance_from(text_of(call.body, "provenance").value_or("manual"));
    const bool invite = truth_of(call.body, "invitation").value_or(true);
    return Work{WriteWork{[context = call.context, body = call.body, id = call.services->ids->next_user(), how, invite,
                           path = call.organisation->name](core::WriteTxn& txn) -> Result<Answer> {
        const auto schemas = schemas_of(txn.organisation());
        // Of `active` the rule has its own word: nobody is created inactive (S-087).
        bj::object resource;
        if (const bj::value* const profile = member(body, "profile"); profile != nullptr) {
            bj::object named = profile->get_object();
            named.erase("active");
            TRY_ONLY(check_names(named, schemas->users));
        }
        merge_body(resource, body);
        TRY(const core::DesiredUser desired, desired_of(std::move(resource), schemas->users));
        TRY_CORE(const core::User user, core::actions::create_by_hand(txn, context, id, desired, *how, invite));
        Answer answer = answer_of(txn, user, context.now, HttpStatus::created);
        answer.location = fmt::format("/api/v1/orgs/{}/users/{}", path, core::to_text(user.id));
        return answer;
    }}};
}

Result<Work> get(const Call& call)
{
    TRY(const auto id, id_of(call));
    return Work{ReadWork{[id, now = call.context.now](core::ReadTxn& txn) -> Result<Answer> {
        const auto user = txn.user(id);
        if (!user) return not_found("user");
        return answer_of(txn, *user, now);
    }}};
}

Result<Work> patch(const Call& call)
{
    TRY(const auto id, id_of(call));
    if (const bj::value* const value = call.body.if_contains("administrator"); value != nullptr && value->is_null())
        return wrong_field("administrator", "is true or false", "leave it out to leave it as it is");
    return Work{WriteWork{
        [context = call.context, id, body = call.body,
         if_match = std::string{call.request->header("if-match").value_or("")}](core::WriteTxn& txn) -> Result<Answer> {
            const auto before = txn.user(id);
            if (!before) return not_found("user");
            TRY_ONLY(check_precondition(if_match, scim::etag_of(before->version)));
            TRY(const core::User user, patched(txn, context, *before, body));
            return answer_of(txn, user, context.now);
        }}};
}

Result<Work> perform(const Call& call, Verb verb)
{
    TRY(const auto id, id_of(call));
    return Work{WriteWork{
        [context = call.context, id, verb,
         if_match = std::string{call.request->header("if-match").value_or("")}](core::WriteTxn& txn) -> Result<Answer> {
            const auto before = txn.user(id);
            if (!before) return not_found("user");
            TRY_ONLY(check_precondition(if_match, scim::etag_of(before->version)));
            TRY_CORE(const core::User user, core::actions::perform(txn, context, verb, id));
            if (verb == Verb::purge) return Answer{.status = HttpStatus::no_content};
            return answer_of(txn, user, context.now);
        }}};
}

Result<Work> remove(const Call& call) { return perform(call, Verb::purge); }

Result<Work> timeline(const Call& call)
{
    TRY(const ListAsked asked, list_asked(call));
    TRY(const auto id, id_of(call));
    return Work{ReadWork{[call, asked, id](core::ReadTxn& txn) -> Result<Answer> {
        core::EventQuery query;
        query.target_id = core::to_text(id);
        query.newest_first = true;
        const std::int64_t total = txn.count(query);
        if (total == 0 && !txn.user(id)) return not_found("user");
        query.limit = asked.limit + 1;
        if (const auto after = position_from(asked.after)) query.before = after->row;
        auto events = txn.events(query);
        std::optional<std::string> next;
        if (static_cast<std::int64_t>(events.size()) > asked.limit) {
            events.pop_back();
            next = text_of_position({{}, events.back().sequence});
        }
        bj::array items;
        for (const core::Event& event : events) items.push_back(admin::show(event));
        return Answer{.body = list_answer(call, asked, std::move(items), next, total)};
    }}};
}

Result<Work> token_status(const Call& call)
{
    TRY(const auto id, id_of(call));
    TRY(const auto issued, instant_filter(call, "issuedAt"));
    return Work{ReadWork{[id, issued](core::ReadTxn& txn) -> Result<Answer> {
        const auto user = txn.user(id);
        if (!user) return not_found("user");
        const std::string_view problem = core::rules::token_problem(*user, issued);
        return Answer{.body = bj::object{{"valid", problem.empty()},
                                         {"tokensValidAfter", time_or_null(user->tokens_valid_after)},
                                         {"reason", problem.empty() ? bj::value{} : bj::value(view(problem))}}};
    }}};
}

Result<Work> invite_many(const Call& call)
{
    const bj::value* const users = member(call.body, "users");
    const bj::value* const filter = member(call.body, "filter");
    if ((users == nullptr) == (filter == nullptr))
        return wrong_field("users", "or filter is needed, and not both", "name the users, or say which");
    if (users != nullptr) {
        if (member(call.body, "cursor") != nullptr) return wrong_field("cursor", "belongs to a filter", "leave it out");
        std::vector<std::string> called;
        for (const bj::value& each : users->get_array()) called.emplace_back(std::string_view{each.get_string()});
        if (called.size() > most_invited)
            return wrong_field("users", fmt::format("are more than {}", most_invited), "send them in several calls");
        return Work{WriteWork{[context = call.context, called](core::WriteTxn& txn) -> Result<Answer> {
            Invited invited;
            for (const std::string& each : called) {
                if (const auto user = user_called(txn, each))
                    invited.one(txn, context, each, *user);
                else
                    invited.skip(each, "there is no such user");
            }
            return Answer{.body = bj::object{
                              {"invited", invited.count}, {"skipped", std::move(invited.skipped)}, {"next", nullptr}}};
        }}};
    }
    const bj::object asked = filter->get_object();
    const std::string binding = "invite " + call.organisation->name + core::json::write(asked);
    std::optional<core::Position> after;
    if (const auto cursor = text_of(call.body, "cursor")) {
        const auto sealed = core::from_base64url(*cursor);
        const auto opened = sealed ? call.services->cursors->open(*sealed, binding) : std::nullopt;
        if (opened) after = position_from(*opened);
        if (!after) return wrong_field("cursor", "is not one that this filter has given out", "begin without a cursor");
    }
    const auto where = predicate_of([&](std::string_view name) -> std::optional<std::string> {
        if (name == "status") return text_of(asked, name).value_or("notVerified");
        return text_of(asked, name);
    });
    return Work{WriteWork{[context = call.context, where, after, binding,
                           cursors = call.services->cursors](core::WriteTxn& txn) -> Result<Answer> {
        core::Query query;
        query.where = &*where;
        query.after = after ? &*after : nullptr;
        query.limit = static_cast<std::int64_t>(most_invited) + 1;
        query.count = false;
        query.positions = true;
        auto found = txn.users(query);
        bj::value next;
        if (found.items.size() > most_invited) {
            found.items.pop_back();
            next =
                core::to_base64url(cursors->seal(text_of_position(found.positions[found.items.size() - 1]), binding));
        }
        Invited invited;
        for (const core::User& user : found.items) invited.one(txn, context, core::to_text(user.id), user);
        return Answer{.body = bj::object{{"invited", invited.count},
                                         {"skipped", std::move(invited.skipped)},
                                         {"next", std::move(next)}}};
    }}};
}

} // namespace scim::admin::users

namespace scim::admin::mails {
namespace {

namespace bj = boost::json;

constexpr std::string_view kinds[] = {"invitation", "activation", "claimNotice", "claimReminder", "claimWithdrawn"};
constexpr std::string_view states[] = {"waiting", "sent", "failed"};
constexpr Field fields[] = {
    {.name = "id", .help = "in order of writing", .need = Need::required},
    {.name = "to", .help = "the address", .need = Need::required},
    {.name = "kind", .help = "what it tells", .need = Need::required, .words = kinds},
    {.name = "user", .help = "whom it is about", .need = Need::nullable},
    {.name = "state", .help = "what became of it", .need = Need::required, .words = states},
    {.name = "createdAt", .type = Type::instant, .help = "when it was written", .need = Need::required},
    {.name = "due", .type = Type::instant, .help = "when it is tried next", .need = Need::nullable},
    {.name = "attempts", .type = Type::integer, .help = "how often it was tried", .need = Need::required},
    {.name = "lastError", .help = "why it was not sent", .need = Need::nullable},
    {.name = "sentAt", .type = Type::instant, .help = "when the mail server took it", .need = Need::nullable},
};
constexpr Parameter filter_rows[] = {
    {"state", "what became of it", states},
    {"kind", "what it tells", kinds},
    {"user", "the id of whom it is about"},
};

bj::object show(const core::QueuedMail& mail)
{
    const auto at = [](const std::optional<core::Instant>& time) {
        return time ? bj::value(core::to_iso(*time)) : bj::value{};
    };
    const auto text = [](std::string_view word) { return bj::value(bj::string_view{word.data(), word.size()}); };
    return {{"id", mail.id},
            {"to", mail.to},
            {"kind", text(core::word(mail.kind))},
            {"user", mail.user ? bj::value(*mail.user) : bj::value{}},
            {"state", text(core::word(mail.state))},
            {"createdAt", core::to_iso(mail.created)},
            {"due", at(mail.due)},
            {"attempts", mail.attempts},
            {"lastError", mail.last_error.empty() ? bj::value{} : bj::value(mail.last_error)},
            {"sentAt", at(mail.sent_at)}};
}

} // namespace

const Shape shape{"Mail", fields};
constinit const std::span<const Parameter> list_filters{filter_rows};

Result<Work> list(const Call& call)
{
    TRY(const ListAsked asked, list_asked(call));
    const auto state = filter_of(call, "state");
    const auto kind = filter_of(call, "kind");
    const auto user = filter_of(call, "user");
    std::function<bool(const core::QueuedMail&)> wanted;
    if (state || kind || user)
        wanted = [=](const core::QueuedMail& mail) {
            return (!state || core::word(mail.state) == *state) && (!kind || core::word(mail.kind) == *kind) &&
                   (!user || mail.user == *user);
        };
    return Work{ReadWork{[call, asked, wanted](core::ReadTxn& txn) -> Result<Answer> {
        return Answer{.body = record_list<core::QueuedMail>(
                          call, asked, core::ReadShelf<core::QueuedMail>{txn.records()}, wanted, show)};
    }}};
}

} // namespace scim::admin::mails
