#include "scim/testing/desk.hpp"

#include "core/base/json.hpp"
#include "core/base/sealer.hpp"
#include "core/testing/builders.hpp"
#include "scim/bulk.hpp"
#include "scim/custom_schema.hpp"
#include "scim/discovery.hpp"
#include "scim/groups.hpp"
#include "scim/search.hpp"
#include "scim/users.hpp"

#include <boost/json/parse.hpp>

#include <chrono>
#include <stdexcept>

namespace scim::testing {

namespace json = boost::json;
using http::Method;

struct Desk::World {
    explicit World(core::testing::AccountsUnique unique) : store{unique} {}

    core::testing::MemoryStore store;
    core::testing::ManualClock clock;
    core::testing::SequentialIds ids;
    ProtocolLimits limits;
    core::Sealer cursors{std::vector<std::uint8_t>(32, 7), "cursor"};
    std::uint64_t requests = 0;
};

namespace {

std::vector<http::Parameter> split_query(std::string_view query)
{
    std::vector<http::Parameter> parameters;
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto item = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        const auto equals = item.find('=');
        if (equals == std::string_view::npos)
            parameters.push_back({std::string{item}, "", false});
        else
            parameters.push_back({std::string{item.substr(0, equals)}, std::string{item.substr(equals + 1)}, true});
    }
    return parameters;
}

using Plan = Result<Work> (*)(const Call&);
using Show = Result<Answer> (*)(const Call&);

Plan plan_for(Method method, std::string_view folder, std::string_view id)
{
    if (folder == "Bulk") return method == Method::post ? bulk::run : nullptr;
    if (method == Method::get && folder.empty()) return search::list;
    if (method == Method::post && folder == ".search") return search::everything;
    if (method == Method::post && id == ".search") return folder == "Users" ? search::users : search::groups;
    const bool has_id = !id.empty();
    if (folder == "Users") {
        if (!has_id) return method == Method::get ? users::list : method == Method::post ? users::create : nullptr;
        if (method == Method::get) return users::get;
        if (method == Method::put) return users::put;
        if (method == Method::patch) return users::patch;
        if (method == Method::del) return users::remove;
    }
    if (folder == "Groups") {
        if (!has_id) return method == Method::get ? groups::list : method == Method::post ? groups::create : nullptr;
        if (method == Method::get) return groups::get;
        if (method == Method::put) return groups::put;
        if (method == Method::patch) return groups::patch;
        if (method == Method::del) return groups::remove;
    }
    return nullptr;
}

Show show_for(Method method, std::string_view folder)
{
    if (method != Method::get) return nullptr;
    if (folder == "ServiceProviderConfig") return discovery::service_provider_config;
    if (folder == "ResourceTypes") return discovery::resource_types;
    if (folder == "Schemas") return discovery::schemas;
    return nullptr;
}

Reply reply_of(Result<Answer> result, std::string_view request_id)
{
    Reply reply;
    if (result) {
        reply.status = static_cast<int>(result->status);
        reply.text = std::move(result->body);
        reply.etag = std::move(result->etag);
        reply.location = std::move(result->location);
    } else {
        reply.status = static_cast<int>(result.error().status);
        reply.text = render(result.error(), request_id);
    }
    if (!reply.text.empty()) reply.body = json::parse(reply.text);
    return reply;
}

} // namespace

const json::value& Reply::at(std::string_view pointer) const
{
    static const json::value nothing;
    boost::system::error_code ec;
    const auto* found = body.find_pointer(pointer, ec);
    return found && !ec ? *found : nothing;
}

std::int64_t Reply::total() const
{
    const auto& total = at("/totalResults");
    return total.is_int64() ? total.get_int64() : -1;
}

std::string Reply::word_at(std::string_view name) const
{
    if (!body.is_object()) return {};
    const auto* value = body.get_object().if_contains(name);
    return value && value->is_string() ? std::string{std::string_view{value->get_string()}} : std::string{};
}

Desk::Desk(core::Policy policy, core::testing::AccountsUnique unique)
    : Desk{std::make_shared<World>(unique), "contoso", std::move(policy)}
{
}

Desk::Desk(std::shared_ptr<World> world, std::string name, core::Policy policy) : world_{std::move(world)}
{
    organisation_ = core::testing::an_organisation().named(std::move(name)).with(policy);
    organisation_.id = core::testing::make_organisation(world_->store, organisation_);
    quirks_ = std::make_shared<entra::Quirks>(policy.quirk_profile, policy.quirks);
}

void Desk::register_schema(std::string_view definition, std::string_view resource)
{
    auto read = read_schema(json::parse(definition), resource);
    if (!read) throw std::invalid_argument{read.error().detail};
    auto all = custom_schemas(organisation_);
    if (const auto fits = check_beside(*read, all, false); !fits) throw std::invalid_argument{fits.error().detail};
    all.push_back(*std::move(read));
    organisation_.schemas = text_of(all);
    schemas_ = schemas_of(organisation_);
    world_->store.registry([&](core::Registry& registry) {
        auto kept = *registry.organisation(organisation_.id);
        kept.schemas = organisation_.schemas;
        registry.replace(kept);
        return core::Keep::yes;
    });
}

Desk Desk::neighbour(std::string name, core::Policy policy) const
{
    return Desk{world_, std::move(name), std::move(policy)};
}

core::testing::ManualClock& Desk::clock() const { return world_->clock; }
core::testing::MemoryStore& Desk::store() const { return world_->store; }

Reply Desk::ask(Method method, std::string_view path, std::vector<http::Parameter> query, std::string body,
                Fields headers) const
{
    http::Request request;
    request.method = method;
    request.path = path;
    request.query = std::move(query);
    request.body = std::move(body);
    for (const auto& header : headers) request.headers.push_back(header);

    world_->clock.tick(std::chrono::seconds{1});
    Call call;
    call.context.now = world_->clock.now();
    call.context.actor = {"token", "desk"};
    call.context.request_id = "request-" + std::to_string(++world_->requests);
    call.organisation = &organisation_;
    call.base = base;
    call.request = &request;
    call.ids = &world_->ids;
    call.limits = &world_->limits;
    call.quirks = quirks_.get();
    call.cursors = &world_->cursors;
    call.schemas = schemas_.get();

    path.remove_prefix(1);
    const auto slash = path.find('/');
    const auto folder = path.substr(0, slash);
    if (slash != std::string_view::npos) call.id = path.substr(slash + 1);

    if (const auto show = show_for(method, folder)) return reply_of(show(call), call.context.request_id);
    const auto plan = plan_for(method, folder, call.id);
    if (!plan) throw std::invalid_argument{"no such route"};
    auto work = plan(call);
    if (!work) return reply_of(work.error(), call.context.request_id);

    Reply reply;
    bool is_read_later = false;
    if (work->lane == Lane::write) {
        world_->store.write(organisation_.id, [&](core::WriteTxn& txn) {
            auto result = work->write(txn);
            const auto keep = result ? core::Keep::yes : core::Keep::no;
            is_read_later = result && result->is_read_later;
            reply = reply_of(std::move(result), call.context.request_id);
            return keep;
        });
    }
    if (work->lane != Lane::write || is_read_later) {
        const auto txn = world_->store.read(organisation_.id);
        auto result = work->read(*txn);
        if (result && result->rest)
            while (result->rest(*txn, result->body)) {}
        reply = reply_of(std::move(result), call.context.request_id);
    }
    reply.lane = work->lane;
    return reply;
}

Reply Desk::get(std::string_view path, Fields headers) const
{
    const auto mark = std::min(path.find('?'), path.size());
    return ask(Method::get, path.substr(0, mark), split_query(path.substr(std::min(mark + 1, path.size()))), "",
               headers);
}
Reply Desk::post(std::string_view path, std::string body, Fields headers) const
{
    const auto mark = std::min(path.find('?'), path.size());
    return ask(Method::post, path.substr(0, mark), split_query(path.substr(std::min(mark + 1, path.size()))),
               std::move(body), headers);
}
Reply Desk::put(std::string_view path, std::string body, Fields headers) const
{
    return ask(Method::put, path, {}, std::move(body), headers);
}
Reply Desk::patch(std::string_view path, std::string body, Fields headers) const
{
    const auto mark = std::min(path.find('?'), path.size());
    return ask(Method::patch, path.substr(0, mark), split_query(path.substr(std::min(mark + 1, path.size()))),
               std::move(body), headers);
}
Reply Desk::del(std::string_view path, Fields headers) const { return ask(Method::del, path, {}, "", headers); }

Reply Desk::find(std::string_view path, std::string filter) const
{
    return ask(Method::get, path, {{"filter", std::move(filter), true}}, "", {});
}

Reply Desk::operate(std::string_view path, std::string_view operations) const
{
    std::string body = R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":)";
    return patch(path, body.append(operations).append("}"));
}

core::Policy strict_policy()
{
    core::Policy policy;
    policy.quirk_profile = "strict";
    return policy;
}

} // namespace scim::testing
