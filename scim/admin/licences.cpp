#include "scim/admin/licences.hpp"

#include "core/actions/licensing.hpp"
#include "core/shelf.hpp"
#include "scim/admin/listing.hpp"

#include <fmt/format.h>

namespace scim::admin::licences {
namespace {

namespace bj = boost::json;
using core::Licence;

constexpr std::size_t most_name = 256;
constexpr Field fields[] = {
    {.name = "id", .help = "its key", .need = Need::required},
    {.name = "name", .help = "unique in the organisation", .need = Need::required},
    {.name = "seats", .type = Type::integer, .help = "null: as many as wanted", .need = Need::nullable},
    {.name = "used", .type = Type::integer, .help = "how many are taken", .need = Need::required},
    {.name = "automatic", .type = Type::truth, .help = "whether everybody who arrives gets it", .need = Need::required},
    {.name = "createdAt", .type = Type::instant, .help = "when it was made", .need = Need::required},
};
constexpr Field new_fields[] = {
    {.name = "name", .help = "unique in the organisation", .need = Need::required},
    {.name = "seats", .type = Type::integer, .help = "null or nothing: as many as wanted"},
    {.name = "automatic", .type = Type::truth, .help = "whether everybody who arrives gets it"},
};
constexpr Field patch_fields[] = {
    {.name = "name", .help = "unique in the organisation"},
    {.name = "seats", .type = Type::integer, .help = "null: as many as wanted"},
    {.name = "automatic", .type = Type::truth, .help = "whether everybody who arrives gets it"},
};

bj::object show(const Licence& licence)
{
    return {{"id", licence.id},
            {"name", licence.name},
            {"seats", licence.seats ? bj::value(*licence.seats) : bj::value{}},
            {"used", licence.used},
            {"automatic", licence.is_automatic},
            {"createdAt", core::to_iso(licence.created)}};
}

// Seats move with every user: a change is checked against what an administrator can change.
std::string etag(const Licence& licence)
{
    bj::object versioned = show(licence);
    versioned.erase("used");
    return etag_of(versioned);
}

Answer answer_of(const Licence& licence) { return {.body = show(licence), .etag = etag(licence)}; }

// Takes over what the body says.
Result<void> apply(const bj::object& body, Licence& licence)
{
    if (const auto name = text_of(body, "name")) licence.name = *name;
    if (licence.name.empty() || licence.name.size() > most_name)
        return wrong_field("name", fmt::format("is not 1 to {} bytes long", most_name));
    if (body.contains("seats")) licence.seats = integer_of(body, "seats");
    if (licence.seats && *licence.seats < 0)
        return wrong_field("seats", "is below 0", "write a number, or null for no limit");
    licence.is_automatic = truth_of(body, "automatic").value_or(licence.is_automatic);
    return {};
}

} // namespace

const Shape shape{"Licence", fields};
const Shape new_shape{"NewLicence", new_fields};
const Shape patch_shape{"LicencePatch", patch_fields};

Result<Work> list(const Call& call)
{
    static constexpr std::string_view sortable[] = {"name", "seats", "used", "automatic", "createdAt"};
    TRY(const ListAsked asked, list_asked(call, sortable));
    constexpr std::int64_t all_of_them = 10'000;
    const auto txn = call.services->store->read(call.organisation->id);
    std::vector<bj::object> all;
    for (const auto& each : core::ReadShelf<Licence>{txn->records()}.list("", all_of_them)) all.push_back(show(each));
    return Work{Answer{.body = short_list(call, asked, std::move(all))}};
}

Result<Work> create(const Call& call)
{
    Licence wanted;
    wanted.id = core::to_text(call.services->ids->next());
    TRY_ONLY(apply(call.body, wanted));
    return Work{WriteWork{
        [context = call.context, wanted, name = call.organisation->name](core::WriteTxn& txn) -> Result<Answer> {
            TRY_CORE(const Licence made, core::actions::create_licence(txn, context, wanted));
            Answer answer = answer_of(made);
            answer.status = HttpStatus::created;
            answer.location = fmt::format("/api/v1/orgs/{}/licences/{}", name, made.id);
            return answer;
        }}};
}

Result<Work> get(const Call& call)
{
    return Work{ReadWork{[id = call.ids[0]](core::ReadTxn& txn) -> Result<Answer> {
        const auto found = core::ReadShelf<Licence>{txn.records()}.find(id);
        if (!found) return not_found("licence");
        return answer_of(*found);
    }}};
}

Result<Work> patch(const Call& call)
{
    return Work{WriteWork{
        [context = call.context, id = call.ids[0], body = call.body,
         if_match = std::string{call.request->header("if-match").value_or("")}](core::WriteTxn& txn) -> Result<Answer> {
            auto licence = core::Shelf<Licence>{txn.records()}.find(id);
            if (!licence) return not_found("licence");
            TRY_ONLY(check_precondition(if_match, etag(*licence)));
            TRY_ONLY(apply(body, *licence));
            TRY_CORE(const Licence after, core::actions::update_licence(txn, context, *licence));
            return answer_of(after);
        }}};
}

Result<Work> remove(const Call& call)
{
    return Work{WriteWork{
        [context = call.context, id = call.ids[0],
         if_match = std::string{call.request->header("if-match").value_or("")}](core::WriteTxn& txn) -> Result<Answer> {
            const auto licence = core::Shelf<Licence>{txn.records()}.find(id);
            if (!licence) return not_found("licence");
            TRY_ONLY(check_precondition(if_match, etag(*licence)));
            TRY_CORE_ONLY(core::actions::delete_licence(txn, context, id));
            return Answer{.status = HttpStatus::no_content};
        }}};
}

} // namespace scim::admin::licences
