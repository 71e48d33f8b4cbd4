#include "scim/admin/claims.hpp"

#include "core/actions/claiming.hpp"
#include "core/base/text.hpp"
#include "core/domain.hpp"
#include "scim/admin/listing.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace scim::admin::claims {
namespace {

namespace bj = boost::json;

constexpr std::string_view kinds[] = {"immediate", "delayed"};
constexpr std::string_view states[] = {"waiting", "done", "withdrawn", "expired"};
constexpr std::string_view choices[] = {"changeAddress", "delete", "transfer", "rename"};
constexpr std::string_view transfers[] = {"none", "pending", "acknowledged"};

constexpr Field claimable_fields[] = {
    {.name = "address", .help = "the user's", .need = Need::required},
    {.name = "domain", .help = "one that this organisation has verified", .need = Need::required},
    {.name = "claimable", .type = Type::truth, .help = "whether the user can be claimed now", .need = Need::required},
    {.name = "why", .help = "why not", .need = Need::nullable},
    {.name = "kinds", .type = Type::list, .help = "how: immediate, delayed", .need = Need::required},
};
constexpr Field fields[] = {
    {.name = "id", .help = "of the claim", .need = Need::required},
    {.name = "address", .help = "of the user who was claimed", .need = Need::required},
    {.name = "user", .help = "the user's id in this organisation", .need = Need::required},
    {.name = "kind", .help = "immediate, or with time to choose first", .need = Need::required, .words = kinds},
    {.name = "state", .help = "waiting: for the user's choice", .need = Need::required, .words = states},
    {.name = "choice", .help = "what becomes of the old account", .need = Need::nullable, .words = choices},
    {.name = "options", .type = Type::list, .help = "what the user may choose now", .need = Need::required},
    {.name = "createdAt", .type = Type::instant, .help = "when it was made", .need = Need::required},
    {.name = "until", .type = Type::instant, .help = "then the default is taken", .need = Need::required},
    {.name = "daysLeft", .type = Type::integer, .help = "to choose; begun ones count", .need = Need::required},
    {.name = "endedAt", .type = Type::instant, .help = "when the waiting was over", .need = Need::nullable},
    {.name = "content", .help = "pending: the application moves it", .need = Need::required, .words = transfers},
    {.name = "licences", .type = Type::list, .help = "named for the user", .need = Need::required},
    {.name = "acknowledgedBy", .help = "who said that it is permanent", .need = Need::required},
    {.name = "withdrawable", .type = Type::truth, .help = "whether it can be taken back now", .need = Need::required},
    {.name = "why", .help = "why it cannot", .need = Need::nullable},
};
constexpr Field new_fields[] = {
    {.name = "users",
     .type = Type::any,
     .help = "a list of addresses, or of {name, address}; as many as manualClaimLimit says",
     .need = Need::required},
    {.name = "kind", .help = "where nothing is said, delayed for whom content may be moved", .words = kinds},
    {.name = "acknowledged",
     .type = Type::truth,
     .help = "true: the claim is permanent, and that is understood",
     .need = Need::required},
    {.name = "licences", .type = Type::list, .help = "ids of licences for these users"},
};
constexpr Field id_fields[] = {{.name = "id", .help = "of the claim", .need = Need::required}};
constexpr Shape id_shape{"ClaimId", id_fields};
constexpr Field error_fields[] = {
    {.name = "field", .help = "what was wrong", .need = Need::required},
    {.name = "detail", .help = "why not", .need = Need::required},
    {.name = "remedy", .help = "what to do", .need = Need::required},
};
constexpr Shape error_shape{"ClaimError", error_fields};
constexpr Field result_fields[] = {
    {.name = "address", .help = "as asked", .need = Need::required},
    {.name = "claim", .type = Type::object, .help = "the one made", .need = Need::nullable, .shape = &id_shape},
    {.name = "error", .type = Type::object, .help = "why none was made", .need = Need::nullable, .shape = &error_shape},
};
constexpr Shape result_shape{"ClaimResult", result_fields};
constexpr Field made_fields[] = {{.name = "results",
                                  .type = Type::list,
                                  .help = "one for each user, in the order of the request",
                                  .need = Need::required,
                                  .shape = &result_shape}};

bj::value text(std::string_view word) { return bj::string_view{word.data(), word.size()}; }

using Organisations = std::set<core::OrgId>;
Organisations organisations_of(core::Registry& registry)
{
    Organisations all;
    for (const auto& each : registry.organisations()) all.insert(each.id);
    return all;
}

bj::object show(core::ReadTxn& ours, const Organisations& existing, const core::Claim& claim, core::Instant now)
{
    const bool waits = claim.state == core::ClaimState::waiting && now < claim.until;
    bj::array options, licences;
    if (waits)
        for (const auto option : core::rules::options_of(claim)) options.push_back(text(core::word(option)));
    for (const auto& each : claim.licences) licences.push_back(text(each));
    const auto why = core::actions::why_not_withdrawable(ours, existing.contains(claim.losing), claim, now);
    return {{"id", claim.id},
            {"address", claim.address},
            {"user", core::to_text(claim.user)},
            {"kind", text(core::word(claim.kind))},
            {"state", text(core::word(claim.state))},
            {"choice", claim.choice ? text(core::word(*claim.choice)) : bj::value{}},
            {"options", std::move(options)},
            {"createdAt", core::to_iso(claim.made)},
            {"until", core::to_iso(claim.until)},
            {"daysLeft", waits ? core::rules::days_left(claim.until, now) : 0},
            {"endedAt", claim.ended ? bj::value(core::to_iso(*claim.ended)) : bj::value{}},
            {"content", text(core::word(claim.content))},
            {"licences", std::move(licences)},
            {"acknowledgedBy", claim.acknowledged_by},
            {"withdrawable", !why},
            {"why", why ? text(core::rules::word(*why)) : bj::value{}}};
}

// --- the list of who may be claimed --------------------------------------------------------------------------

// Where a page ended, and how many there were on the first: counting is work for all of them, a page for its own.
struct Place {
    std::int64_t total = -1;
    std::string domain;
    std::string name; // folded
};
std::string to_text(const Place& place) { return fmt::format("{}\n{}\n{}", place.total, place.domain, place.name); }
Place place_from(std::string_view cursor)
{
    Place place;
    const auto first = cursor.find('\n');
    if (first == cursor.npos) return place;
    const auto second = cursor.find('\n', first + 1);
    std::from_chars(cursor.data(), cursor.data() + first, place.total);
    place.domain = cursor.substr(first + 1, second - first - 1);
    place.name = cursor.substr(second + 1);
    return place;
}

struct ClaimableAsked {
    ListAsked list;
    std::vector<std::string> domains; // verified here, in order
    std::optional<bool> claimable;
};

bj::object show(const core::Owned<core::User>& owner, std::string_view domain,
                const core::actions::ClaimView::Seen& seen)
{
    bj::array how;
    for (const auto kind : seen.kinds) how.push_back(text(core::word(kind)));
    return {{"address", core::rules::address_of(owner.value)},
            {"domain", text(domain)},
            {"claimable", !seen.why},
            {"why", seen.why ? text(core::rules::word(*seen.why)) : bj::value{}},
            {"kinds", std::move(how)}};
}

// All users elsewhere whose address lies in one of the domains, those behind `from`; until `visit` returns false.
void each_elsewhere(core::Registry& registry, core::actions::ClaimView& view, const ClaimableAsked& asked,
                    const Place& from,
                    const std::function<bool(const core::Owned<core::User>&, const std::string& domain,
                                             const core::actions::ClaimView::Seen&)>& visit)
{
    constexpr std::int64_t chunk = 500;
    auto domain = asked.domains.begin();
    if (!from.domain.empty()) domain = std::find(asked.domains.begin(), asked.domains.end(), from.domain);
    for (; domain != asked.domains.end(); ++domain) {
        std::string after = *domain == from.domain ? from.name : std::string{};
        for (std::size_t found = chunk; found == chunk;) {
            const auto owners = registry.users_of_domain(*domain, after, chunk);
            found = owners.size();
            for (const auto& owner : owners) {
                after = core::fold(owner.value.user_name);
                if (owner.organisation == view.claiming().id) continue;
                const auto seen = view.look_at(owner);
                if (asked.claimable && *asked.claimable == seen.why.has_value()) continue;
                if (!visit(owner, *domain, seen)) return;
            }
        }
    }
}

} // namespace

const Shape claimable_shape{"Claimable", claimable_fields};
const Shape shape{"Claim", fields};
const Shape new_shape{"NewClaims", new_fields};
const Shape made_shape{"MadeClaims", made_fields};

Result<Work> claimable(const Call& call)
{
    static constexpr std::string_view sortable[] = {"domain"};
    const std::int64_t limit = call.organisation->policy.claim_list_limit;
    ClaimableAsked asked;
    TRY(asked.list, list_asked(call, sortable, limit, limit));
    if (const auto only = filter_of(call, "claimable")) asked.claimable = *only == "true";
    const auto only = filter_of(call, "domain");
    {
        const auto txn = call.services->store->read(call.organisation->id);
        const core::ReadShelf<core::Domain> domains{txn->records()};
        constexpr std::int64_t page = 500;
        std::string after;
        for (std::size_t found = page; found == page;) {
            const auto some = domains.list(after, page);
            found = some.size();
            for (const auto& each : some) {
                after = each.name;
                if (each.is_verified() && (!only || core::fold(*only) == each.name)) asked.domains.push_back(each.name);
            }
        }
    }
    std::sort(asked.domains.begin(), asked.domains.end());
    if (!asked.list.sort.empty() && asked.list.sort.front().descending)
        std::reverse(asked.domains.begin(), asked.domains.end());
    return Work{ReadRegistryWork{[call, asked = std::move(asked)](core::Registry& registry) -> Result<Answer> {
        core::actions::ClaimView view{registry, *call.organisation, call.context.now};
        Place from = place_from(asked.list.after);
        if (from.total < 0) {
            from.total = 0;
            each_elsewhere(registry, view, asked, {}, [&](const auto&, const auto&, const auto&) {
                ++from.total;
                return true;
            });
        }
        bj::array items;
        std::optional<std::string> next;
        Place last{from.total, {}, {}};
        each_elsewhere(registry, view, asked, from, [&](const auto& owner, const auto& domain, const auto& seen) {
            if (std::ssize(items) == asked.list.limit) {
                next = to_text(last);
                return false;
            }
            items.push_back(show(owner, domain, seen));
            last.domain = domain;
            last.name = core::fold(owner.value.user_name);
            return true;
        });
        return Answer{.body = list_answer(call, asked.list, std::move(items), next, from.total)};
    }}};
}

Result<Work> list(const Call& call)
{
    TRY(const ListAsked asked, list_asked(call));
    const auto state = filter_of(call, "state");
    Organisations existing;
    call.services->store->read_registry([&](core::Registry& registry) { existing = organisations_of(registry); });
    return Work{ReadWork{[call, asked, existing = std::move(existing), state](core::ReadTxn& txn) -> Result<Answer> {
        std::function<bool(const core::Claim&)> wanted;
        if (state) wanted = [&](const core::Claim& claim) { return core::word(claim.state) == *state; };
        return Answer{.body = record_list<core::Claim>(
                          call, asked, core::ReadShelf<core::Claim>{txn.records()}, wanted,
                          [&](const core::Claim& claim) { return show(txn, existing, claim, call.context.now); })};
    }}};
}

Result<Work> get(const Call& call)
{
    Organisations existing;
    call.services->store->read_registry([&](core::Registry& registry) { existing = organisations_of(registry); });
    return Work{ReadWork{[existing = std::move(existing), id = call.ids[0],
                          now = call.context.now](core::ReadTxn& txn) -> Result<Answer> {
        const auto claim = core::ReadShelf<core::Claim>{txn.records()}.find(id);
        if (!claim) return not_found("claim");
        return Answer{.body = show(txn, existing, *claim, now)};
    }}};
}

namespace {

Result<std::vector<std::string>> addresses_in(const Call& call)
{
    const auto wrong = [](std::string problem) {
        return wrong_field("users", std::move(problem), "send a list of addresses, or of {name, address}");
    };
    const bj::value* const users = member(call.body, "users");
    if (users == nullptr || !users->is_array() || users->get_array().empty()) return wrong("is no list of users");
    const auto most = call.organisation->policy.manual_claim_limit;
    if (std::ssize(users->get_array()) > most)
        return wrong_field("users", fmt::format("names more than {} users", most),
                           "claim them in several requests, or import them");
    std::vector<std::string> addresses;
    for (const bj::value& each : users->get_array()) {
        if (each.is_string()) {
            addresses.emplace_back(std::string_view{each.get_string()});
            continue;
        }
        const auto* const address = each.is_object() ? each.get_object().if_contains("address") : nullptr;
        if (address == nullptr || !address->is_string()) return wrong("has an element without an address");
        for (const auto& pair : each.get_object())
            if (pair.key() != "name" && pair.key() != "address") return wrong("has an element with unknown members");
        addresses.emplace_back(std::string_view{address->get_string()});
    }
    return addresses;
}

Result<std::vector<std::string>> licences_in(const Call& call)
{
    std::vector<std::string> licences;
    if (const bj::value* const all = member(call.body, "licences"))
        for (const bj::value& each : all->get_array()) licences.emplace_back(std::string_view{each.get_string()});
    return licences;
}

// One of the verbs below a claim: the action, then the claim as it is now.
using Act = core::Result<core::Claim> (*)(core::AcrossTxn&, const core::Context&, core::IdSource&, core::OrgId,
                                          std::string_view);
Result<Work> act(const Call& call, Act action)
{
    return Work{AcrossWork{[context = call.context, services = call.services, org = call.organisation->id,
                            id = call.ids[0], action](core::AcrossTxn& txn) -> Result<Answer> {
        TRY_CORE(const core::Claim claim, action(txn, context, *services->ids, org, id));
        return Answer{.body = show(txn.of(org), organisations_of(txn.registry()), claim, context.now)};
    }}};
}

} // namespace

Result<Work> create(const Call& call)
{
    if (!truth_of(call.body, "acknowledged").value_or(false))
        return wrong_field("acknowledged", "is not true",
                           "a claim is permanent: say that you know it, with \"acknowledged\": true");
    TRY(const auto addresses, addresses_in(call));
    TRY(const auto licences, licences_in(call));
    std::optional<core::ClaimKind> kind;
    if (const auto word = text_of(call.body, "kind")) kind = core::claim_kind_from(*word);
    return Work{AcrossWork{[context = call.context, services = call.services, org = call.organisation->id, addresses,
                            licences, kind](core::AcrossTxn& txn) -> Result<Answer> {
        bj::array results;
        Problem refused = conflict("none of these users could be claimed", "see errors");
        bool any = false;
        for (const auto& address : addresses) {
            std::optional<core::Result<core::Claim>> claim;
            txn.attempt([&] {
                claim.emplace(core::actions::claim(txn, context, *services->ids, org, {address, kind, licences}));
                return claim->has_value() ? core::Keep::yes : core::Keep::no;
            });
            bj::object result{{"address", address}, {"claim", nullptr}, {"error", nullptr}};
            if (*claim) {
                any = true;
                result["claim"] = bj::object{{"id", (*claim)->id}};
            } else {
                const core::Refusal& why = claim->error();
                result["error"] = bj::object{{"field", why.field}, {"detail", why.detail}, {"remedy", why.remedy}};
                refused.errors.push_back({address, why.detail});
                if (addresses.size() == 1) refused.detail = why.detail, refused.remedy = why.remedy;
            }
            results.push_back(std::move(result));
        }
        if (!any) return refused;
        return Answer{.status = HttpStatus::created, .body = bj::object{{"results", std::move(results)}}};
    }}};
}

Result<Work> withdraw(const Call& call) { return act(call, core::actions::withdraw); }
Result<Work> remind(const Call& call) { return act(call, core::actions::remind); }
Result<Work> acknowledge_transfer(const Call& call)
{
    return act(call, [](core::AcrossTxn& txn, const core::Context& context, core::IdSource&, core::OrgId org,
                        std::string_view id) { return core::actions::acknowledge_transfer(txn, context, org, id); });
}

} // namespace scim::admin::claims
