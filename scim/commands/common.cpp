#include "scim/commands/common.hpp"

#include "core/base/json.hpp"
#include "core/base/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <thread>
#include <unistd.h>

namespace scim::commands {

void fail(const core::Refusal& refusal)
{
    const auto text = fmt::format("{}{}{}{}", refusal.field, refusal.field.empty() ? "" : ": ", refusal.detail,
                                  refusal.remedy.empty() ? "" : "; " + refusal.remedy);
    throw Failure{refusal.reason == core::Reason::not_found ? Exit::not_found : Exit::refused, text};
}

void add_data_option(CLI::App& command, Common& common)
{
    command.add_option("--data", common.data, "The data directory")->type_name("DIR")->capture_default_str();
    command.add_option("--config", common.config, "The configuration file (TOML)")->type_name("FILE");
}

void add_json_option(CLI::App& command, Common& common)
{
    command.add_flag("--json", common.json, "Print JSON instead of a table");
}

Opened open(const Common& common, bool create)
{
    ConfigSources sources;
    if (!common.config.empty()) sources.file = common.config;
    sources.environment = rollcall_environment();
    const Config config = load_config(sources);
    DataDir data{common.data, create};
    if (!create && !std::filesystem::exists(data.database()))
        throw Failure{Exit::cannot_open, fmt::format("{}: there is no store yet; `rollcall serve --data {}` or "
                                                     "`rollcall org create NAME --data {}` makes one",
                                                     data.database().string(), common.data, common.data)};
    storage::Options options;
    options.file = data.database();
    options.create = create;
    auto store = std::make_unique<storage::SqliteStore>(std::move(options));
    return Opened{std::move(data), std::move(store)};
}

core::Organisation Opened::organisation(const std::string& name) const
{
    std::optional<core::Organisation> found;
    std::vector<std::string> names;
    store->read_registry([&](core::Registry& registry) {
        found = registry.organisation(name);
        for (const auto& o : registry.organisations()) names.push_back(o.name);
    });
    if (found) return *found;
    const std::vector<std::string_view> views{names.begin(), names.end()};
    const auto near = core::nearest(name, views.data(), views.size());
    throw Failure{Exit::not_found,
                  fmt::format("there is no organisation named {}; {}", name,
                              !near.empty() ? fmt::format("did you mean {}?", near)
                                            : std::string{"`rollcall org list` shows those there are"})};
}

bool Opened::has_tokens() const
{
    bool any = false;
    store->read_registry([&](core::Registry& registry) {
        any = !registry.tokens(core::OrgId{}).empty();
        for (const auto& o : registry.organisations()) any |= !registry.tokens(o.id).empty();
    });
    return any;
}

void Opened::settle() const
{
    if (ServerLock::is_held(data)) std::this_thread::sleep_for(std::chrono::milliseconds{400});
}

core::User find_user(core::ReadTxn& txn, const std::string& name_or_id)
{
    if (const auto uuid = core::uuid_from(name_or_id))
        if (auto user = txn.user(core::UserId{*uuid})) return std::move(*user);
    if (auto user = txn.user_named(name_or_id)) return std::move(*user);
    if (auto found = txn.users_with_external_id(name_or_id); found.size() == 1) return std::move(found.front());
    throw Failure{Exit::not_found, "there is no such user in this organisation; name it by userName, id or externalId"};
}

core::Context operator_context(core::Instant now)
{
    core::SystemIds ids;
    return core::Context{now, {"operator", "command line"}, "cli-" + core::to_text(ids.next())};
}

std::optional<core::Instant> expiry_from(std::string_view text, core::Instant now)
{
    if (text == "never") return std::nullopt;
    const auto duration = core::duration_from(text);
    if (!duration || *duration <= core::Duration::zero())
        throw Failure{Exit::usage, "--expires: is not a duration; write for example 365d, 12h or never"};
    return now + *duration;
}

core::Instant instant_from(std::string_view flag, std::string_view text)
{
    if (const auto instant = core::from_iso(text)) return *instant;
    if (const auto day = core::from_iso(std::string{text} + "T00:00:00Z")) return *day;
    throw Failure{Exit::usage,
                  fmt::format("{}: is not a date; write for example 2026-11-22 or 2026-11-22T16:00:00Z", flag)};
}

void Table::print() const
{
    const bool terminal = ::isatty(STDOUT_FILENO) != 0;
    std::vector<std::size_t> width(head_.size());
    const auto widen = [&](const std::vector<std::string>& cells) {
        for (std::size_t i = 0; i < cells.size() && i < width.size(); ++i)
            width[i] = std::max(width[i], cells[i].size());
    };
    widen(head_);
    for (const auto& r : rows_) widen(r);
    const auto line = [&](const std::vector<std::string>& cells) {
        std::string text;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const bool last = i + 1 == cells.size();
            text += terminal && !last ? fmt::format("{:{}}  ", cells[i], width[i])
                                      : cells[i] + (last       ? ""
                                                    : terminal ? "  "
                                                               : "\t");
        }
        fmt::print("{}\n", text);
    };
    line(head_);
    for (const auto& r : rows_) line(r);
}

void print_json(const boost::json::value& value) { fmt::print("{}\n", core::json::write(value)); }

} // namespace scim::commands
