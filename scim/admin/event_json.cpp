#include "scim/admin/event_json.hpp"

#include <boost/json/array.hpp>

namespace scim::admin {
namespace {

namespace bj = boost::json;

constexpr Need there = Need::required;
constexpr Field actor_fields[] = {
    {.name = "kind", .help = "admin, token, operator, server, user", .need = there},
    {.name = "id", .help = "of the token, or which part of the server", .need = there},
};
constexpr Shape actor_shape{"Actor", actor_fields};
constexpr Field target_fields[] = {
    {.name = "id", .help = "what it was done to", .need = there},
    {.name = "userName", .help = "the name at that time; of other things, theirs", .need = there},
    {.name = "originalUserName", .help = "of a user under a tombstone", .need = Need::nullable},
};
constexpr Shape target_shape{"Target", target_fields};
constexpr Field change_fields[] = {
    {.name = "attribute", .help = "what changed", .need = there},
    {.name = "before", .type = Type::any, .help = "null: there was none", .need = Need::nullable},
    {.name = "after", .type = Type::any, .help = "null: there is none", .need = Need::nullable},
};
constexpr Shape change_shape{"Change", change_fields};
constexpr Field fields[] = {
    {.name = "sequence", .type = Type::integer, .help = "its place in the store's one order", .need = there},
    {.name = "at", .type = Type::instant, .help = "when", .need = there},
    {.name = "actor", .type = Type::object, .help = "who", .need = there, .shape = &actor_shape},
    {.name = "category", .help = "what kind of thing was done", .need = there},
    {.name = "activity", .help = "what was done", .need = there},
    {.name = "targets", .type = Type::list, .help = "to what", .need = there, .shape = &target_shape},
    {.name = "changes", .type = Type::list, .help = "what changed by it", .need = there, .shape = &change_shape},
    {.name = "requestId", .help = "of the request that did it", .need = there},
};

bj::string_view view(std::string_view text) { return {text.data(), text.size()}; }

} // namespace

const Shape event_shape{"Event", fields};

bj::object show(const core::Event& event)
{
    const core::Target& target = event.target;
    const bj::object shown_target{
        {"id", target.id},
        {"userName", target.name},
        {"originalUserName", target.original_name.empty() ? bj::value{} : bj::value(target.original_name)}};
    return {{"sequence", event.sequence},
            {"at", core::to_iso(event.at)},
            {"actor", bj::object{{"kind", event.actor.kind}, {"id", event.actor.id}}},
            {"category", view(core::category(event.activity))},
            {"activity", view(core::word(event.activity))},
            {"targets", bj::array{shown_target}},
            {"changes", core::to_json(event.changes)},
            {"requestId", event.request_id}};
}

} // namespace scim::admin
