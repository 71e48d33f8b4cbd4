#include "core/actions/sweep.hpp"
#include "scim/commands/common.hpp"
#include "scim/sweeper.hpp"

#include <fmt/format.h>

namespace scim::commands {

void add_purge(CLI::App& app, Common& common)
{
    static bool dry_run = false, confirm = false;
    auto* purge = app.add_subcommand("purge", "Purge the users whose time has come, as the server's own sweep does");
    purge->add_flag("--dry-run", dry_run, "Say who would go, and change nothing");
    purge->add_flag("--confirm-clock", confirm, "The clock is right: end a hold that a jump of it began");
    add_data_option(*purge, common);
    add_json_option(*purge, common);
    purge->callback([&] {
        const auto opened = open(common);
        const auto context = operator_context(core::SystemClock{}.now());
        if (dry_run) {
            std::vector<core::Organisation> organisations;
            opened.store->read_registry([&](core::Registry& registry) { organisations = registry.organisations(); });
            Table table{{"ORGANISATION", "ID", "ORIGINAL NAME", "DUE SINCE"}};
            for (const auto& o : organisations)
                for (const auto& u : opened.store->read(o.id)->users_due_for_purge(context.now, 1'000'000)) {
                    const auto name = u.original_user_name.value_or(u.user_name);
                    if (common.json)
                        print_json(boost::json::object{{"organisation", o.name},
                                                       {"id", core::to_text(u.id)},
                                                       {"originalUserName", name},
                                                       {"purgeAt", core::to_iso(*u.purge_at)}});
                    else
                        table.row({o.name, core::to_text(u.id), name, core::to_iso(*u.purge_at)});
                }
            if (!common.json) table.print();
            return;
        }
        if (confirm) {
            opened.store->registry([&](core::Registry& registry) {
                confirm_clock(registry, context);
                return core::Keep::yes;
            });
        } else {
            std::optional<core::actions::ClockHold> hold;
            std::optional<core::Instant> beat_before;
            opened.store->read_registry([&](core::Registry& registry) {
                hold = clock_hold(registry);
                beat_before = last_heartbeat(registry);
            });
            if (hold) throw Failure{Exit::refused, hold->why};
            if (core::actions::judge_clock({context.now, beat_before, std::nullopt}) !=
                core::actions::ClockVerdict::fine)
                throw Failure{Exit::refused, fmt::format("the clock says {}, the server's last heartbeat was at {}; if "
                                                         "the clock is right, say --confirm-clock",
                                                         core::to_iso(context.now),
                                                         beat_before ? core::to_iso(*beat_before) : "never")};
        }
        const auto write = [&](core::OrgId org, const std::function<core::Keep(core::WriteTxn&)>& work) {
            opened.store->write(org, work);
        };
        const auto count = sweep(*opened.store, write, context.now, context.actor, 100).purged;
        if (common.json)
            print_json(boost::json::object{{"purged", count}});
        else
            fmt::print("{} users purged\n", count);
    });
}

} // namespace scim::commands
