#include "core/base/json.hpp"
#include "scim/azure_import.hpp"
#include "scim/commands/common.hpp"
#include "scim/custom_schema.hpp"
#include "scim/entra/expression.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <unistd.h>

namespace scim::commands {
namespace {

boost::json::object as_json(const ImportReport& report, bool dry_run)
{
    const ImportCounts& counts = report.counts;
    boost::json::array failures;
    for (const auto& failure : report.failures)
        failures.push_back({{"line", failure.line}, {"reason", failure.reason}});
    boost::json::array warnings;
    for (const auto& warning : report.warnings) warnings.emplace_back(warning);
    return {{"dryRun", dry_run},
            {"whole", report.whole},
            {"rows", counts.rows},
            {"created", counts.created},
            {"updated", counts.updated},
            {"unchanged", counts.unchanged},
            {"deactivated", counts.deactivated},
            {"skipped", counts.skipped},
            {"failed", counts.failed},
            {"references", counts.references},
            {"failures", std::move(failures)},
            {"warnings", std::move(warnings)}};
}

void print(const ImportReport& report, bool dry_run)
{
    for (const auto& failure : report.failures) fmt::print(stderr, "failed: {}\n", failure.reason);
    const auto untold = report.counts.failed - static_cast<std::int64_t>(report.failures.size());
    if (untold > 0) fmt::print(stderr, "failed: {} more\n", untold);
    for (const auto& warning : report.warnings) fmt::print(stderr, "note: {}\n", warning);
    if (!report.whole) fmt::print(stderr, "note: the file broke off there; what stands behind it was not read\n");
    const ImportCounts& counts = report.counts;
    fmt::print("{}{} users: {} created, {} updated, {} unchanged, {} deactivated, {} skipped, {} failed\n",
               dry_run ? "dry run, nothing changed: " : "", counts.rows, counts.created, counts.updated,
               counts.unchanged, counts.deactivated, counts.skipped, counts.failed);
}

void import_azure(Common& common, const std::string& org, const std::string& path, bool dry_run)
{
    const auto opened = open(common);
    const auto organisation = opened.organisation(org);
    std::ifstream file;
    if (path != "-") {
        file.open(path, std::ios::binary);
        if (!file) throw Failure{Exit::cannot_open, fmt::format("{}: the file cannot be read", path)};
    }
    core::SystemIds ids;
    ImportOptions options;
    options.dry_run = dry_run;
    const bool terminal = ::isatty(STDERR_FILENO) != 0;
    if (terminal) options.progress = [](const ImportCounts& counts) { fmt::print(stderr, "\r{} users", counts.rows); };
    const auto report =
        import_azure_users(*opened.store, organisation, ids, operator_context(core::SystemClock{}.now()),
                           path == "-" ? static_cast<std::istream&>(std::cin) : file, options);
    if (terminal) fmt::print(stderr, "\r\x1b[K");
    if (!report) throw Failure{Exit::refused, fmt::format("{}: {}", path, report.error().detail)};
    if (common.json)
        print_json(as_json(*report, dry_run));
    else
        print(*report, dry_run);
    if (report->counts.failed > 0 || !report->whole) common.exit_code = static_cast<int>(Exit::refused);
}

struct MappingChange {
    std::vector<std::string> set; // target=expression
    std::vector<std::string> drop;
    std::string preset;
    bool reset = false;
    bool any() const { return reset || !set.empty() || !drop.empty() || !preset.empty(); }
};

boost::json::object changed(boost::json::object overrides, const MappingChange& change)
{
    if (change.reset) overrides.clear();
    if (!change.preset.empty()) overrides["preset"] = change.preset;
    for (const auto& text : change.set) {
        const auto equals = text.find('=');
        if (equals == std::string::npos)
            throw Failure{Exit::usage,
                          fmt::format("{}: is not TARGET=EXPRESSION; write for example title=[jobTitle]", text)};
        overrides[text.substr(0, equals)] = text.substr(equals + 1);
    }
    for (const auto& target : change.drop) overrides[target] = nullptr;
    return overrides;
}

void mapping(const Common& common, const std::string& name, const MappingChange& change)
{
    const auto opened = open(common);
    auto organisation = opened.organisation(name);
    const auto checked = [&](const boost::json::object& overrides) {
        auto made = check_mapping(overrides, schemas_of(organisation)->users);
        if (!made) throw Failure{Exit::refused, made.error().detail};
        return *std::move(made);
    };
    if (change.any()) {
        const auto context = operator_context(core::SystemClock{}.now());
        opened.store->registry([&](core::Registry& registry) {
            organisation = *registry.organisation(organisation.id);
            auto after = changed(organisation.mapping, change);
            checked(after);
            if (after == organisation.mapping) return core::Keep::no;
            core::Event event;
            event.at = context.now;
            event.actor = context.actor;
            event.activity = core::Activity::change_mapping;
            event.target = {core::TargetKind::organisation, organisation.name, organisation.name, ""};
            event.request_id = context.request_id;
            event.changes = {{"mapping", organisation.mapping, after}};
            organisation.mapping = std::move(after);
            registry.replace(organisation);
            registry.append(organisation.name, std::move(event));
            return core::Keep::yes;
        });
        opened.settle();
    }
    const auto by = checked(organisation.mapping);
    boost::json::array rows;
    Table table{{"TARGET", "SOURCE", "FROM"}};
    for (const auto& line : by.lines()) {
        const std::string_view from = line.overridden ? "this organisation" : "the defaults";
        rows.push_back({{"target", line.target}, {"source", line.source.text()}, {"overridden", line.overridden}});
        table.row({line.target, line.source.text(), std::string{from}});
    }
    boost::json::array warnings;
    for (const auto& warning : by.warnings()) warnings.emplace_back(warning);
    if (common.json) return print_json(boost::json::object{{"rows", rows}, {"warnings", warnings}});
    table.print();
    for (const auto& warning : by.warnings()) fmt::print(stderr, "note: {}\n", warning);
}

} // namespace

void add_import(CLI::App& app, Common& common)
{
    static std::string org, file, name;
    static bool dry_run = false;
    static MappingChange change;
    auto* import = app.add_subcommand("import", "Bring users in from a file");
    import->require_subcommand(1);
    auto* azure = import->add_subcommand("azure", "Users of Entra ID (Azure AD): Microsoft Graph's JSON or the "
                                                  "portal's CSV, mapped as `rollcall org mapping` shows");
    azure->add_option("FILE", file, "The file; - reads standard input")->required();
    azure->add_option("--org", org, "The organisation")->required()->type_name("NAME");
    azure->add_flag("--dry-run", dry_run, "Say what would happen, and change nothing; writers wait meanwhile");
    azure->footer("Exit code 1 when users failed or the file broke off; the others are imported all the same, and a "
                  "second run leaves them unchanged.");
    add_data_option(*azure, common);
    add_json_option(*azure, common);
    azure->callback([&] { import_azure(common, org, file, dry_run); });

    auto* show = app.get_subcommand("org")->add_subcommand(
        "mapping", "The attribute mapping that imports use: show it, change it, reset it");
    show->add_option("NAME", name, "The organisation's name")->required();
    show->add_option("TARGET=EXPRESSION", change.set, "Rows to set, as title=[jobTitle]");
    show->add_option("--drop", change.drop, "Targets that are not to be filled")->type_name("TARGET");
    show->add_option("--preset", change.preset, "The rows to begin with: all, default or generic");
    show->add_flag("--reset", change.reset, "Back to the defaults, before anything else is set");
    add_data_option(*show, common);
    add_json_option(*show, common);
    show->callback([&] { mapping(common, name, change); });
}

} // namespace scim::commands
