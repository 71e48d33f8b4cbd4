#include "scim/admin/status.hpp"

namespace scim::admin::status {
namespace {

constexpr Field store_fields[] = {
    {.name = "schema", .type = Type::integer, .help = "the version of its tables", .need = Need::required},
    {.name = "bytes", .type = Type::integer, .help = "of its files", .need = Need::required},
};
constexpr Shape store_shape{"StoreStatus", store_fields};
constexpr Field sweep_fields[] = {
    {.name = "purged", .type = Type::integer, .help = "users since the start", .need = Need::required},
    {.name = "held", .help = "why purging waits", .need = Need::nullable},
    {.name = "lastAt", .type = Type::instant, .help = "when it last looked", .need = Need::nullable},
    {.name = "interval", .type = Type::duration, .help = "how often it looks", .need = Need::required},
};
constexpr Shape sweep_shape{"SweepStatus", sweep_fields};
constexpr Field count_fields[] = {
    {.name = "total", .type = Type::integer, .help = "how many there are", .need = Need::required},
    {.name = "paused", .type = Type::integer, .help = "of them paused", .need = Need::required},
    {.name = "disabled", .type = Type::integer, .help = "of them disabled", .need = Need::required},
    {.name = "users", .type = Type::integer, .help = "in all of them", .need = Need::required},
};
constexpr Shape count_shape{"OrganisationsStatus", count_fields};
constexpr Field fields[] = {
    {.name = "version", .help = "of the program", .need = Need::required},
    {.name = "startedAt", .type = Type::instant, .help = "when it began", .need = Need::required},
    {.name = "uptime", .type = Type::duration, .help = "since then", .need = Need::required},
    {.name = "store", .type = Type::object, .help = "the store", .need = Need::required, .shape = &store_shape},
    {.name = "sweep", .type = Type::object, .help = "the sweep", .need = Need::required, .shape = &sweep_shape},
    {.name = "certificateExpiresAt", .type = Type::instant, .help = "null: plain HTTP", .need = Need::nullable},
    {.name = "organisations",
     .type = Type::object,
     .help = "how many of each",
     .need = Need::required,
     .shape = &count_shape},
    {.name = "brakes", .type = Type::integer, .help = "in force", .need = Need::required},
};

} // namespace

const Shape shape{"Status", fields};

Result<Work> get(const Call& call)
{
    return Work{ReadRegistryWork{[services = call.services](core::Registry& registry) -> Result<Answer> {
        boost::json::object body = services->status();
        std::int64_t total = 0, paused = 0, disabled = 0, users = 0;
        for (const auto& each : registry.organisations()) {
            ++total;
            paused += each.paused ? 1 : 0;
            disabled += each.disabled ? 1 : 0;
            users += each.user_count;
        }
        body["organisations"] = {{"total", total}, {"paused", paused}, {"disabled", disabled}, {"users", users}};
        // Brakes are records about the organisation's own name while they are in force.
        std::int64_t brakes = 0;
        for (const auto& each : registry.organisations())
            brakes += static_cast<std::int64_t>(registry.records_about(core::RecordKind::brake, each.name).size());
        body["brakes"] = brakes;
        return Answer{.body = std::move(body)};
    }}};
}

} // namespace scim::admin::status
