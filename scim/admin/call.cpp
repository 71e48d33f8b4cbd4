#include "scim/admin/call.hpp"

#include "core/base/json.hpp"
#include "core/base/secrets.hpp"

namespace scim::admin {

core::Event event_of(const core::Context& context, core::Activity activity, core::Target target,
                     std::vector<core::Change> changes)
{
    core::Event event;
    event.at = context.now;
    event.actor = context.actor;
    event.activity = activity;
    event.target = std::move(target);
    event.request_id = context.request_id;
    event.changes = std::move(changes);
    return event;
}

Result<void> check_precondition(std::string_view if_match, std::string_view etag)
{
    if (if_match.empty()) return {};
    std::string_view rest = if_match;
    while (!rest.empty()) {
        const auto comma = rest.find(',');
        auto item = rest.substr(0, comma);
        while (item.starts_with(' ')) item.remove_prefix(1);
        while (item.ends_with(' ')) item.remove_suffix(1);
        if (item == "*" || item == etag) return {};
        rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
    }
    return Problem{HttpStatus::precondition_failed, "it has changed since the version that If-Match names",
                   "read it again, and repeat the change with its present ETag"};
}

std::string etag_of(const boost::json::object& thing)
{
    const auto digest = core::sha256(core::json::write(thing));
    return "\"" + core::to_hex(std::span{digest}.first(12)) + "\"";
}

} // namespace scim::admin
