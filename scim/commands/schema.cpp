#include "core/actions/membership.hpp"
#include "core/actions/provision.hpp"
#include "core/base/json.hpp"
#include "core/base/text.hpp"
#include "scim/commands/common.hpp"
#include "scim/custom_schema.hpp"
#include "scim/entra/tolerance.hpp"
#include "scim/group_json.hpp"
#include "scim/user_json.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <limits>
#include <optional>

namespace scim::commands {
namespace {

namespace json = boost::json;

[[noreturn]] void refuse(const std::string& what, const Error& error)
{
    throw Failure{Exit::refused, fmt::format("{}: {}", what, error.detail)};
}

CustomSchema read_file(const std::string& path, const std::string& resource)
{
    std::ifstream file;
    if (path != "-") {
        file.open(path, std::ios::binary);
        if (!file) throw Failure{Exit::cannot_open, fmt::format("{}: cannot be read", path)};
    }
    std::istream& in = path == "-" ? static_cast<std::istream&>(std::cin) : file;
    std::string text(longest_schema_file + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > longest_schema_file)
        throw Failure{Exit::refused, fmt::format("{}: is larger than {} bytes", path, longest_schema_file)};
    const auto definition = core::json::read(text);
    if (!definition) throw Failure{Exit::refused, fmt::format("{}: {}", path, definition.error().detail)};
    auto custom = read_schema(*definition, resource);
    if (!custom) refuse(path, custom.error());
    return *std::move(custom);
}

// Under which spelling a resource carries the URN; null where it does not.
const json::object* carried(const core::Profile& profile, std::string_view urn, std::string* key = nullptr)
{
    for (const auto& pair : profile.attributes()) {
        if (pair.key().size() != urn.size() || !core::same_ignoring_ascii_case(pair.key(), urn)) continue;
        if (key) *key = pair.key();
        return pair.value().if_object();
    }
    return nullptr;
}

template<class Visit>
void each_carrier(core::ReadTxn& txn, const CustomSchema& custom, const Visit& visit)
{
    if (custom.resource == "User") {
        txn.each_user(nullptr, [&](const core::User& user) {
            if (const auto* held = carried(user.profile, custom.schema.urn)) visit(user, *held);
            return true;
        });
        return;
    }
    constexpr std::int64_t page = 500;
    for (std::int64_t offset = 0;; offset += page) {
        const auto found = txn.groups({.where = nullptr, .offset = offset, .limit = page, .count = false});
        for (const auto& group : found.items)
            if (const auto* held = carried(group.profile, custom.schema.urn)) visit(group, *held);
        if (static_cast<std::int64_t>(found.items.size()) < page) return;
    }
}

// What was stored under the URN before it had a schema, or under the schema's former version.
struct Stored {
    std::int64_t carriers = 0;
    std::int64_t unfit = 0;
    std::string example; // why the first of them is unfit
    std::vector<core::Uuid> misspelt;
};

Stored look_at(core::ReadTxn& txn, const CustomSchema& custom)
{
    Stored stored;
    each_carrier(txn, custom, [&](const auto& resource, const json::object& held) {
        ++stored.carriers;
        const auto fits = fitted(held, custom.schema);
        if (!fits) {
            if (stored.unfit++ == 0)
                stored.example =
                    fmt::format("{} {}: {}", custom.resource, core::to_text(resource.id), fits.error().detail);
            return;
        }
        std::string key;
        carried(resource.profile, custom.schema.urn, &key);
        if (key != custom.schema.urn || *fits != held) stored.misspelt.push_back(resource.id.value);
    });
    return stored;
}

void check_stored(const Stored& stored, const std::string& urn)
{
    if (stored.unfit == 0) return;
    throw Failure{
        Exit::refused,
        fmt::format("{}: {} of {} resources hold values that do not fit, so nothing was changed (the first is "
                    "{}); widen the schema, or correct the values first",
                    urn, stored.unfit, stored.carriers, stored.example)};
}

// Names are compared without case and found with it: values that came before the schema are brought to its spelling,
// each as an update of its own, in transactions short enough for a server beside.
void respell(const Opened& opened, const core::Organisation& organisation, const CustomSchema& custom,
             const std::vector<core::Uuid>& ids, const core::Context& context)
{
    constexpr std::size_t batch = 200;
    entra::Tolerance tolerance;
    tolerance.store_unregistered_extensions = true;
    const auto schemas = schemas_of(organisation);
    const auto under_its_urn = [&](json::object view) {
        for (auto& pair : view)
            if (pair.key() != custom.schema.urn && core::same_ignoring_ascii_case(pair.key(), custom.schema.urn)) {
                json::value held = pair.value();
                view.erase(pair.key());
                view.emplace(custom.schema.urn, std::move(held));
                break;
            }
        return view;
    };
    ResourceRules rules{custom.resource == "User" ? schemas->users : schemas->groups, tolerance};
    rules.resource_bytes = std::numeric_limits<std::size_t>::max();
    rules.name_characters = rules.resource_bytes;
    for (std::size_t from = 0; from < ids.size(); from += batch)
        opened.store->write(organisation.id, [&](core::WriteTxn& txn) {
            for (std::size_t i = from; i < std::min(from + batch, ids.size()); ++i) {
                if (custom.resource == "User") {
                    const auto user = txn.user(core::UserId{ids[i]});
                    if (!user) continue;
                    const auto wanted = wanted_user(under_its_urn(writable_view(*user)), rules);
                    if (wanted) (void)core::actions::update_user(txn, context, *user, wanted->attributes);
                } else {
                    const auto group = txn.group(core::GroupId{ids[i]});
                    if (!group) continue;
                    const auto wanted = wanted_group(under_its_urn(writable_view(*group)), rules);
                    if (wanted)
                        (void)core::actions::update_group(txn, context, group->id, wanted->attributes, {},
                                                          group->version);
                }
            }
            return core::Keep::yes;
        });
}

json::value definition_of(const CustomSchema& custom) { return to_json(custom.schema); }

// Puts `after` in the place of the organisation's schema of this URN (none: takes it away), and tells of it.
void put(const Opened& opened, core::OrgId id, const std::string& urn, const std::optional<CustomSchema>& after,
         bool replaces, core::Activity activity, const core::Context& context)
{
    opened.store->registry([&](core::Registry& registry) {
        auto organisation = *registry.organisation(id);
        auto all = custom_schemas(organisation);
        json::value before;
        const auto there = std::find_if(all.begin(), all.end(), [&](const CustomSchema& each) {
            return core::same_ignoring_ascii_case(each.schema.urn, urn);
        });
        if (there != all.end()) before = definition_of(*there);
        if (after) {
            if (const auto fits = check_beside(*after, all, replaces); !fits) refuse(urn, fits.error());
            if (there != all.end())
                *there = *after;
            else
                all.push_back(*after);
        } else if (there != all.end()) {
            all.erase(there);
        }
        organisation.schemas = text_of(all);
        registry.replace(organisation);
        core::Event event;
        event.at = context.now;
        event.actor = context.actor;
        event.activity = activity;
        event.target = {core::TargetKind::organisation, organisation.name, organisation.name, ""};
        event.request_id = context.request_id;
        event.changes = {{urn, std::move(before), after ? definition_of(*after) : json::value{}}};
        registry.append(organisation.name, std::move(event));
        return core::Keep::yes;
    });
}

std::optional<CustomSchema> registered(const core::Organisation& organisation, const std::string& urn)
{
    for (auto& custom : custom_schemas(organisation))
        if (core::same_ignoring_ascii_case(custom.schema.urn, urn)) return custom;
    return std::nullopt;
}

CustomSchema must_be_registered(const core::Organisation& organisation, const std::string& urn)
{
    if (auto found = registered(organisation, urn)) return *std::move(found);
    std::vector<std::string> names;
    for (const auto& custom : custom_schemas(organisation)) names.push_back(custom.schema.urn);
    const std::vector<std::string_view> known{names.begin(), names.end()};
    const auto near = core::nearest(urn, known.data(), known.size());
    throw Failure{Exit::not_found,
                  fmt::format("{} has registered no schema {}; {}", organisation.name, urn,
                              near.empty() ? std::string{"`rollcall schema list` shows those there are"}
                                           : fmt::format("did you mean {}?", near))};
}

void add(const Common& common, const std::string& org, const std::string& path, const std::string& resource,
         bool replaces)
{
    const auto custom = read_file(path, resource);
    const auto opened = open(common);
    const auto organisation = opened.organisation(org);
    const auto context = operator_context(core::SystemClock{}.now());
    const auto& urn = custom.schema.urn;
    const auto former = registered(organisation, urn);
    if (const auto fits = check_beside(custom, custom_schemas(organisation), replaces); !fits)
        refuse(path, fits.error());
    check_stored(look_at(*opened.store->read(organisation.id), custom), urn);
    put(opened, organisation.id, urn, custom, replaces,
        former ? core::Activity::replace_schema : core::Activity::add_schema, context);
    opened.settle();
    // Until it took notice, a running server still kept what came under the URN as it came.
    const auto stored = look_at(*opened.store->read(organisation.id), custom);
    if (stored.unfit > 0) {
        put(opened, organisation.id, urn, former, true,
            former ? core::Activity::replace_schema : core::Activity::remove_schema, context);
        opened.settle();
        check_stored(stored, urn);
    }
    respell(opened, opened.organisation(org), custom, stored.misspelt, context);
    if (common.json)
        return print_json(json::object{{"id", urn},
                                       {"resource", custom.resource},
                                       {"replaced", former.has_value()},
                                       {"carriedBy", stored.carriers},
                                       {"respelt", stored.misspelt.size()}});
    fmt::print("{} {} for {}: {}", urn, former ? "replaced" : "registered", custom.resource,
               stored.carriers == 0 ? "no resource carries it yet\n"
                                    : fmt::format("{} resources carry it\n", stored.carriers));
}

void list(const Common& common, const std::string& org)
{
    const auto opened = open(common);
    const auto all = custom_schemas(opened.organisation(org));
    json::array items;
    Table table{{"URN", "NAME", "RESOURCE", "ATTRIBUTES"}};
    for (const auto& custom : all) {
        items.push_back({{"id", custom.schema.urn},
                         {"name", custom.schema.name},
                         {"resource", custom.resource},
                         {"attributes", custom.schema.attributes.size()}});
        table.row({custom.schema.urn, custom.schema.name, custom.resource,
                   fmt::format("{}", custom.schema.attributes.size())});
    }
    if (common.json) return print_json(items);
    table.print();
}

void show(const Common& common, const std::string& org, const std::string& urn)
{
    const auto opened = open(common);
    print_json(definition_of(must_be_registered(opened.organisation(org), urn)));
}

void remove(const Common& common, const std::string& org, const std::string& urn)
{
    const auto opened = open(common);
    const auto organisation = opened.organisation(org);
    const auto custom = must_be_registered(organisation, urn);
    const auto context = operator_context(core::SystemClock{}.now());
    const auto count_carriers = [&] {
        std::int64_t carriers = 0;
        each_carrier(*opened.store->read(organisation.id), custom,
                     [&](const auto&, const json::object&) { ++carriers; });
        return carriers;
    };
    const auto check_unused = [&](std::int64_t carriers) {
        if (carriers > 0)
            throw Failure{Exit::refused, fmt::format("{}: {} resources carry it; remove its values from them first "
                                                     "(PATCH remove with the URN as path)",
                                                     custom.schema.urn, carriers)};
    };
    check_unused(count_carriers());
    put(opened, organisation.id, custom.schema.urn, std::nullopt, false, core::Activity::remove_schema, context);
    opened.settle();
    // Until it took notice, a running server still wrote by the schema.
    if (const auto late = count_carriers(); late > 0) {
        put(opened, organisation.id, custom.schema.urn, custom, false, core::Activity::add_schema, context);
        opened.settle();
        check_unused(late);
    }
    if (common.json) return print_json(json::object{{"removed", custom.schema.urn}});
    fmt::print("{} removed\n", custom.schema.urn);
}

} // namespace

void add_schema(CLI::App& app, Common& common)
{
    static std::string org, file, urn, resource = "User";
    static bool replaces = false;
    auto* schema = app.add_subcommand("schema", "An organisation's own schema extensions (RFC 7643 7)");
    schema->require_subcommand(1);
    const auto verb = [&](const char* name, const char* help, std::function<void()> run) {
        auto* command = schema->add_subcommand(name, help);
        command->add_option("--org", org, "The organisation")->required()->type_name("NAME");
        add_data_option(*command, common);
        add_json_option(*command, common);
        command->callback(std::move(run));
        return command;
    };
    auto* a = verb("add", "Register a schema: listed, checked, filtered and projected from then on",
                   [&] { add(common, org, file, resource, replaces); });
    a->add_option("FILE", file, "The definition as JSON; - reads standard input")->required();
    a->add_option("--resource", resource, "What it extends: User or Group")->capture_default_str();
    a->add_flag("--replace", replaces, "Put it in the place of the version that is registered");
    a->footer("Refused, and nothing changed, when values that are stored under its URN do not fit.");
    verb("list", "The schemas that are registered", [&] { list(common, org); });
    verb("show", "One schema, with every characteristic", [&] { show(common, org, urn); })
        ->add_option("URN", urn, "Its id")
        ->required();
    verb("remove", "Take a schema away that no resource carries", [&] { remove(common, org, urn); })
        ->add_option("URN", urn, "Its id")
        ->required();
}

} // namespace scim::commands
