#include "core/actions/claiming.hpp"
#include "scim/commands/common.hpp"
#include "scim/entra/quirks.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace scim::commands {
namespace {

boost::json::object as_json(const core::Organisation& o, bool with_policy)
{
    boost::json::object out{
        {"name", o.name},         {"displayName", o.display_name},        {"kind", core::word(o.kind)},
        {"disabled", o.disabled}, {"createdAt", core::to_iso(o.created)}, {"users", o.user_count},
        {"groups", o.group_count}};
    if (with_policy) {
        boost::json::object policy;
        for (const auto& field : core::policy_fields()) policy[field.name] = field.get(o.policy);
        for (const auto& [quirk, on] : o.policy.quirks) policy["quirks." + quirk] = on;
        out["policy"] = std::move(policy);
    }
    return out;
}

void append_event(core::Registry& registry, const core::Organisation& o, const core::Context& context,
                  core::Activity activity, std::vector<core::Change> changes = {})
{
    core::Event event;
    event.at = context.now;
    event.actor = context.actor;
    event.activity = activity;
    event.target = {core::TargetKind::organisation, o.name, o.name, ""};
    event.request_id = context.request_id;
    event.changes = std::move(changes);
    registry.append(o.name, std::move(event));
}

void create(const Common& common, const std::string& name, const std::string& display_name)
{
    if (!core::is_organisation_name(name))
        throw Failure{Exit::refused,
                      fmt::format("name: {} cannot name an organisation; use 1 to 63 of a-z, 0-9 and -", name)};
    const auto opened = open(common, true);
    const auto context = operator_context(core::SystemClock{}.now());
    core::Organisation made;
    opened.store->registry([&](core::Registry& registry) {
        core::Organisation o;
        o.name = name;
        o.display_name = display_name.empty() ? name : display_name;
        o.created = context.now;
        const auto done = registry.create(o);
        if (!done) fail(done.error());
        made = *done;
        append_event(registry, made, context, core::Activity::create_organisation);
        return core::Keep::yes;
    });
    if (common.json)
        print_json(as_json(made, false));
    else
        fmt::print("organisation {} made; a token for it: rollcall token create --org {} --data {}\n", name, name,
                   common.data);
}

void list(const Common& common)
{
    const auto opened = open(common);
    std::vector<core::Organisation> all;
    opened.store->read_registry([&](core::Registry& registry) { all = registry.organisations(); });
    if (common.json) {
        boost::json::array items;
        for (const auto& o : all) items.push_back(as_json(o, false));
        return print_json(items);
    }
    Table table{{"NAME", "USERS", "GROUPS", "STATE", "CREATED"}};
    for (const auto& o : all)
        table.row({o.name, fmt::format("{}", o.user_count), fmt::format("{}", o.group_count),
                   o.disabled ? "disabled" : "live", core::to_iso(o.created)});
    table.print();
}

void show(const Common& common, const std::string& name)
{
    const auto opened = open(common);
    const auto o = opened.organisation(name);
    if (common.json) return print_json(as_json(o, true));
    Table table{{"FIELD", "VALUE"}};
    table.row({"name", o.name});
    table.row({"displayName", o.display_name});
    table.row({"kind", std::string{core::word(o.kind)}});
    table.row({"state", o.disabled ? "disabled" : "live"});
    table.row({"createdAt", core::to_iso(o.created)});
    table.row({"users", fmt::format("{}", o.user_count)});
    table.row({"groups", fmt::format("{}", o.group_count)});
    for (const auto& field : core::policy_fields())
        table.row({"policy." + std::string{field.name}, field.get(o.policy)});
    for (const auto& [quirk, on] : o.policy.quirks) table.row({"policy.quirks." + quirk, on ? "on" : "off"});
    table.print();
}

void policy(const Common& common, const std::string& name, const std::vector<std::string>& settings)
{
    const auto opened = open(common);
    auto o = opened.organisation(name);
    if (!settings.empty()) {
        const auto context = operator_context(core::SystemClock{}.now());
        opened.store->registry([&](core::Registry& registry) {
            o = *registry.organisation(o.id);
            std::vector<core::Change> changes;
            for (const auto& setting : settings) {
                const auto equals = setting.find('=');
                if (equals == setting.npos)
                    throw Failure{Exit::usage,
                                  fmt::format("{}: is not key=value; write for example retention=30d", setting)};
                const auto key = setting.substr(0, equals);
                const auto before = o.policy;
                auto text = setting.substr(equals + 1);
                if (text == "default") // the server's; a quirk's own `default` is its profile's
                    for (const auto& field : core::policy_fields())
                        if (field.name == key) text = field.get(opened.store->default_policy());
                const auto done = core::set_policy_field(o.policy, key, text, entra::quirk_names());
                if (!done) fail(done.error());
                if (!(before == o.policy))
                    changes.push_back({"policy." + key, nullptr, boost::json::string_view{text}});
            }
            registry.replace(o);
            if (!changes.empty()) append_event(registry, o, context, core::Activity::update_policy, std::move(changes));
            return core::Keep::yes;
        });
        opened.settle();
    }
    if (common.json) return print_json(as_json(o, true).at("policy"));
    Table table{{"FIELD", "VALUE", "MEANING"}};
    for (const auto& field : core::policy_fields())
        table.row({std::string{field.name}, field.get(o.policy), std::string{field.help}});
    for (const auto& quirk : entra::quirk_table()) {
        const auto it = o.policy.quirks.find(std::string{quirk.name});
        table.row({"quirks." + std::string{quirk.name},
                   it == o.policy.quirks.end() ? "by profile"
                   : it->second                ? "on"
                                               : "off",
                   std::string{quirk.help}});
    }
    table.print();
}

void set_disabled(const Common& common, const std::string& name, bool disabled)
{
    const auto opened = open(common);
    const auto context = operator_context(core::SystemClock{}.now());
    const auto id = opened.organisation(name).id;
    opened.store->registry([&](core::Registry& registry) {
        auto o = *registry.organisation(id);
        if (o.disabled == disabled) return core::Keep::no;
        o.disabled = disabled;
        registry.replace(o);
        append_event(registry, o, context,
                     disabled ? core::Activity::disable_organisation : core::Activity::enable_organisation);
        return core::Keep::yes;
    });
    opened.settle();
    if (!common.json)
        fmt::print("organisation {} is {}\n", name, disabled ? "disabled: its tokens answer 401" : "live");
}

void remove(const Common& common, const std::string& name, bool confirmed)
{
    const auto opened = open(common);
    const auto o = opened.organisation(name);
    if (!confirmed)
        throw Failure{Exit::refused, fmt::format("{} has {} users and {} groups, and all of it would go for good, its "
                                                 "archive too (S-077); say --yes to do it",
                                                 name, o.user_count, o.group_count)};
    const auto context = operator_context(core::SystemClock{}.now());
    opened.store->across([&](core::AcrossTxn& txn) {
        core::Registry& registry = txn.registry();
        core::actions::end_claims_of(txn, context, o.id);
        append_event(registry, o, context, core::Activity::delete_organisation);
        registry.erase(o.id);
        return core::Keep::yes;
    });
    opened.settle();
    if (!common.json) fmt::print("organisation {} is gone; its name will not be used again\n", name);
}

} // namespace

void add_org(CLI::App& app, Common& common)
{
    auto* org = app.add_subcommand("org", "Organisations: one for each customer");
    org->require_subcommand(1);
    static std::string name, display_name;
    static std::vector<std::string> settings;
    static bool yes = false;
    const auto verb = [&](const char* word, const char* help, std::function<void()> run, bool named = true) {
        auto* command = org->add_subcommand(word, help);
        if (named) command->add_option("NAME", name, "The organisation's name: 1 to 63 of a-z, 0-9 and -")->required();
        add_data_option(*command, common);
        add_json_option(*command, common);
        command->callback(std::move(run));
        return command;
    };
    verb("create", "Make an organisation; the name is for ever", [&] {
        create(common, name, display_name);
    })->add_option("--display-name", display_name, "What people call it");
    verb(
        "list", "All organisations", [&] { list(common); }, false);
    verb("show", "One organisation and its policy", [&] { show(common, name); });
    verb("policy", "Show or set the numbers and switches its rules use", [&] { policy(common, name, settings); })
        ->add_option("key=value", settings,
                     "For example retention=30d groups=false quirks.op_case=off; `default` puts one back");
    verb("disable", "Answer 401 to all its tokens until it is enabled again",
         [&] { set_disabled(common, name, true); });
    verb("enable", "Undo disable", [&] { set_disabled(common, name, false); });
    verb("delete", "Remove it with all its users, groups, tokens and archive", [&] {
        remove(common, name, yes);
    })->add_flag("--yes", yes, "I mean it");
}

} // namespace scim::commands
