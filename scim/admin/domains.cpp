#include "scim/admin/domains.hpp"

#include "core/actions/domains.hpp"
#include "core/base/domain_name.hpp"
#include "core/shelf.hpp"
#include "scim/admin/listing.hpp"
#include "scim/admin/routes.hpp"

#include <fmt/format.h>

namespace scim::admin::domains {
namespace {

namespace bj = boost::json;

constexpr std::string_view states[] = {"pending", "verified", "claimed"};
constexpr Field record_fields[] = {
    {.name = "type", .help = "TXT", .need = Need::required},
    {.name = "name", .help = "where the record has to stand", .need = Need::required},
    {.name = "value", .help = "what it has to hold, to the letter", .need = Need::required},
};
const Shape record_shape{"DomainRecord", record_fields};
constexpr Field fields[] = {
    {.name = "name", .help = "in ASCII: an internationalised domain in its xn-- form", .need = Need::required},
    {.name = "state", .help = "how far it has come", .need = Need::required, .words = states},
    {.name = "record",
     .type = Type::object,
     .help = "what proves it in DNS",
     .need = Need::required,
     .shape = &record_shape},
    {.name = "createdAt", .type = Type::instant, .help = "when it was added", .need = Need::required},
    {.name = "verifiedAt", .type = Type::instant, .help = "null: it is not", .need = Need::nullable},
    {.name = "checkedAt",
     .type = Type::instant,
     .help = "when DNS was last asked; null: never",
     .need = Need::nullable},
    {.name = "problem", .help = "why the last look did not find the proof; null: it did", .need = Need::nullable},
    {.name = "failingSince",
     .type = Type::instant,
     .help = "of a verified domain: since when its proof is gone",
     .need = Need::nullable},
    {.name = "recheckAt", .type = Type::instant, .help = "when DNS is asked again by itself", .need = Need::nullable},
};
constexpr Field new_fields[] = {
    {.name = "name", .help = "what stands behind the @ of its users' addresses", .need = Need::required},
};
constexpr Parameter filter_rows[] = {{"state", "only domains in this state", states}};

bj::object show(const core::Domain& domain)
{
    const auto at = [](const std::optional<core::Instant>& instant) {
        return instant ? bj::value(core::to_iso(*instant)) : bj::value{};
    };
    const auto state = core::word(domain.state);
    return {{"name", domain.name},
            {"state", bj::string_view{state.data(), state.size()}},
            {"record", {{"type", "TXT"}, {"name", core::rules::challenge_name(domain.name)}, {"value", domain.proof}}},
            {"createdAt", core::to_iso(domain.created)},
            {"verifiedAt", at(domain.verified_at)},
            {"checkedAt", at(domain.checked_at)},
            {"problem", domain.problem.empty() ? bj::value{} : bj::value(domain.problem)},
            {"failingSince", at(domain.failing_since)},
            {"recheckAt", at(domain.recheck_at)}};
}

Answer answer_of(const core::Domain& domain)
{
    auto shown = show(domain);
    auto etag = etag_of(shown);
    return {.body = std::move(shown), .etag = std::move(etag)};
}

// What stands in the path, as domains are kept; what is no domain is none of ours.
Result<std::string> name_of(const Call& call)
{
    auto name = core::ascii_domain(call.ids[0]);
    if (!name) return not_found("domain");
    return *std::move(name);
}

Result<core::Domain> must_find(core::ReadTxn& txn, std::string_view name)
{
    auto domain = core::ReadShelf<core::Domain>{txn.records()}.find(name);
    if (!domain) return not_found("domain");
    return *std::move(domain);
}

using Action = core::Result<core::Domain> (*)(core::WriteTxn&, const core::Context&, std::string_view name);

Result<Work> act(const Call& call, Action action)
{
    TRY(const std::string name, name_of(call));
    return Work{WriteWork{[context = call.context, name, action](core::WriteTxn& txn) -> Result<Answer> {
        TRY_CORE(const core::Domain domain, action(txn, context, name));
        return answer_of(domain);
    }}};
}

} // namespace

const Shape shape{"Domain", fields};
const Shape new_shape{"NewDomain", new_fields};
const std::span<const Parameter> filters{filter_rows};

Result<Work> list(const Call& call)
{
    static constexpr std::string_view sortable[] = {"name", "state", "createdAt", "verifiedAt", "checkedAt"};
    TRY(const ListAsked asked, list_asked(call, sortable));
    return Work{ReadWork{[call, asked, state = filter_of(call, "state")](core::ReadTxn& txn) -> Result<Answer> {
        std::vector<bj::object> all;
        const core::ReadShelf<core::Domain> shelf{txn.records()};
        constexpr std::int64_t stride = 500;
        std::string after;
        for (std::size_t found = stride; found == stride;) {
            const auto some = shelf.list(after, stride);
            found = some.size();
            for (const auto& domain : some)
                if (!state || core::word(domain.state) == *state) all.push_back(show(domain));
            if (!some.empty()) after = some.back().name;
        }
        return Answer{.body = short_list(call, asked, std::move(all))};
    }}};
}

Result<Work> add(const Call& call)
{
    return Work{WriteWork{[context = call.context, organisation = call.organisation->name,
                           name = text_of(call.body, "name").value_or("")](core::WriteTxn& txn) -> Result<Answer> {
        TRY_CORE(const core::Domain domain, core::actions::add_domain(txn, context, name));
        Answer answer = answer_of(domain);
        answer.status = HttpStatus::created;
        answer.location = fmt::format("/api/v1/orgs/{}/domains/{}", organisation, domain.name);
        return answer;
    }}};
}

Result<Work> get(const Call& call)
{
    TRY(const std::string name, name_of(call));
    return Work{ReadWork{[name](core::ReadTxn& txn) -> Result<Answer> {
        TRY(const core::Domain domain, must_find(txn, name));
        return answer_of(domain);
    }}};
}

Result<Work> remove(const Call& call)
{
    TRY(const std::string name, name_of(call));
    const std::string if_match{call.request->header("if-match").value_or("")};
    return Work{WriteWork{[context = call.context, name, if_match](core::WriteTxn& txn) -> Result<Answer> {
        TRY(const core::Domain domain, must_find(txn, name));
        TRY_ONLY(check_precondition(if_match, answer_of(domain).etag));
        TRY_CORE_ONLY(core::actions::remove_domain(txn, context, name));
        return Answer{.status = HttpStatus::no_content};
    }}};
}

Result<Work> verify(const Call& call)
{
    TRY(const std::string name, name_of(call));
    const auto* const services = call.services;
    if (services->resolver == nullptr)
        return Problem{HttpStatus::unavailable, "this server has no way to ask DNS",
                       "its operator must set dns.resolver"};
    return Work{
        OutsideWork{[services, context = call.context, name, organisation = call.organisation->id]() -> Result<Answer> {
            // Whoever does not have the domain cannot make the server ask for it.
            TRY_ONLY(must_find(*services->store->read(organisation), name));
            const auto found = services->resolver->look_up(core::rules::challenge_name(name), services->dns_time);
            std::optional<core::Result<core::Domain>> checked;
            services->store->write(organisation, [&](core::WriteTxn& txn) {
                checked.emplace(core::actions::check_domain(txn, context, name, found, services->domain_checks));
                return *checked ? core::Keep::yes : core::Keep::no;
            });
            TRY_CORE(const core::Domain domain, *checked);
            return answer_of(domain);
        }}};
}

Result<Work> claim(const Call& call) { return act(call, core::actions::claim_domain); }
Result<Work> release(const Call& call) { return act(call, core::actions::release_domain); }

} // namespace scim::admin::domains
