#include "scim/commands/common.hpp"

#include <fmt/format.h>

namespace scim::commands {
namespace {

Config load(const Common& common)
{
    ConfigSources sources;
    if (!common.config.empty()) sources.file = common.config;
    sources.environment = rollcall_environment();
    return load_config(sources);
}

} // namespace

void add_config(CLI::App& app, Common& common)
{
    auto* config = app.add_subcommand("config", "The server's configuration: file < environment < flags");
    config->require_subcommand(1);
    static bool markdown = false;

    auto* check = config->add_subcommand("check", "Read it, and name everything that is wrong");
    check->add_option("--config", common.config, "The configuration file (TOML)")->type_name("FILE");
    check->callback([&] {
        load(common);
        fmt::print("the configuration is good\n");
    });

    auto* print = config->add_subcommand("print", "Every key with the value in force");
    print->add_option("--config", common.config, "The configuration file (TOML)")->type_name("FILE");
    add_json_option(*print, common);
    print->callback([&] {
        const auto loaded = load(common);
        if (common.json) {
            boost::json::object all;
            for (const auto& key : config_keys()) all[key.name] = key.get(loaded, key.name);
            return print_json(all);
        }
        for (const auto& key : config_keys()) fmt::print("{} = \"{}\"\n", key.name, key.get(loaded, key.name));
    });

    auto* help = config->add_subcommand("help", "Every key: type, default, meaning");
    help->add_flag("--markdown", markdown, "As the table in the README");
    help->callback([&] {
        const Config defaults;
        if (markdown) fmt::print("| key | default | meaning |\n|---|---|---|\n");
        for (const auto& key : config_keys()) {
            const auto value = key.get(defaults, key.name);
            if (markdown)
                fmt::print("| `{}` | {} | {} |\n", key.name, value.empty() ? "" : "`" + value + "`", key.help);
            else
                fmt::print("{} ({}, default {})\n    {}\n    environment: {}\n", key.name, key.type,
                           value.empty() ? "empty" : value, key.help, environment_name(key.name));
        }
    });
}

} // namespace scim::commands
