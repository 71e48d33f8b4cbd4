// JSON → resource → JSON: a body that is accepted makes a stored text that is read again as the same resource, and so
// is the representation that a client gets and sends back.
#include "core/base/json.hpp"
#include "scim/entra/quirks.hpp"
#include "scim/group_json.hpp"
#include "scim/user_json.hpp"

#include <cstdlib>

namespace {

constexpr std::string_view base = "https://scim.example/orgs/x/scim/v2";

void must(bool holds)
{
    if (!holds) std::abort();
}

boost::json::value read(std::string_view text)
{
    auto value = core::json::read(text, {64, 1'000'000, 1U << 20}); // an answer may be longer than what was asked
    must(value.has_value());
    return *std::move(value);
}

core::Profile profile_from(std::string_view text) { return core::Profile{read(text).as_object()}; }

void try_user(const boost::json::value& body, const scim::ResourceRules& rules)
{
    const auto wanted = scim::wanted_user(body, rules);
    if (!wanted) return;
    const auto& first = wanted->attributes;
    must(!first.user_name.empty());
    core::User user;
    user.user_name = first.user_name;
    user.external_id = first.external_id;
    user.status = first.active ? core::Status::active : core::Status::inactive;
    if (!first.active) user.reason = core::InactiveReason::directory;
    user.profile = profile_from(first.profile.text());
    const auto again = scim::wanted_user(read(scim::render(user, {}, base)), rules);
    must(again.has_value());
    must(again->attributes.user_name == first.user_name && again->attributes.external_id == first.external_id);
    must(again->attributes.active == first.active && again->attributes.profile.text() == first.profile.text());
    const auto viewed = scim::wanted_user(scim::writable_view(user), rules);
    must(viewed && viewed->attributes.profile.text() == first.profile.text());
}

void try_group(const boost::json::value& body, const scim::ResourceRules& rules)
{
    const auto wanted = scim::wanted_group(body, rules);
    if (!wanted) return;
    const auto& first = wanted->attributes;
    must(!first.display_name.empty());
    core::Group group;
    group.display_name = first.display_name;
    group.external_id = first.external_id;
    group.profile = profile_from(first.profile.text());
    std::vector<core::Member> members;
    for (const auto& id : wanted->members) members.push_back({id, core::Member::Kind::unknown});
    const auto again = scim::wanted_group(read(scim::render(group, &members, base)), rules);
    must(again && again->attributes.display_name == first.display_name &&
         again->attributes.external_id == first.external_id && again->members == wanted->members &&
         again->attributes.profile.text() == first.profile.text());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    const auto body = core::json::read({reinterpret_cast<const char*>(data), size});
    if (!body) return 0;
    for (const char* profile : {"entra", "strict"}) {
        const scim::entra::Quirks quirks{profile, {}};
        try_user(*body, {scim::user_schema(), quirks.tolerance()});
        try_group(*body, {scim::group_schema(), quirks.tolerance()});
    }
    return 0;
}
