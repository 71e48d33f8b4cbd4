#include "core/base/json.hpp"
#include "core/base/text.hpp"
#include "scim/commands/common.hpp"

#include <fmt/format.h>
#include <fmt/os.h>

#include <csignal>
#include <cstdio>
#include <thread>

namespace scim::commands {
namespace {

volatile std::sig_atomic_t interrupted = 0;

boost::json::object as_json(const core::Event& e)
{
    boost::json::object target{{"id", e.target.id}};
    if (!e.target.name.empty()) target[e.target.kind == core::TargetKind::user ? "userName" : "name"] = e.target.name;
    if (!e.target.original_name.empty()) target["originalUserName"] = e.target.original_name;
    return {{"sequence", e.sequence},
            {"at", core::to_iso(e.at)},
            {"organisation", e.organisation},
            {"actor", {{"kind", e.actor.kind}, {"id", e.actor.id}}},
            {"category", core::category(e.activity)},
            {"activity", core::word(e.activity)},
            {"targets", boost::json::array{std::move(target)}},
            {"changes", core::to_json(e.changes)},
            {"requestId", e.request_id},
            {"payloadVersion", e.payload_version},
            {"chain", core::to_hex(e.chain)}};
}

void print_row(const core::Event& e)
{
    std::string changed;
    for (const auto& c : e.changes) changed += (changed.empty() ? "" : ",") + c.attribute;
    fmt::print("{}\t{}\t{}\t{}\t{}\t{}\t{}\n", e.sequence, core::to_iso(e.at), e.organisation, core::word(e.activity),
               e.target.name.empty() ? e.target.id : e.target.name, e.actor.kind + ":" + e.actor.id, changed);
}

// Everything in order of sequence, a page at a time.
void export_lines(const Common& common, const std::string& org, const std::string& file)
{
    const auto opened = open(common);
    std::optional<core::OrgId> only;
    if (!org.empty()) only = opened.organisation(org).id;
    std::optional<fmt::ostream> out;
    if (file != "-") out.emplace(fmt::output_file(file, fmt::file::WRONLY | fmt::file::CREATE | fmt::file::TRUNC));
    core::EventQuery query;
    for (;;) {
        std::vector<core::Event> events;
        if (only)
            events = opened.store->read(*only)->events(query);
        else
            opened.store->read_registry([&](core::Registry& registry) { events = registry.events(query); });
        if (events.empty()) return;
        for (const auto& e : events) {
            if (out)
                out->print("{}\n", core::json::write(as_json(e)));
            else
                print_json(as_json(e));
        }
        query.after = events.back().sequence;
    }
}

void verify(Common& common)
{
    const auto problems = open(common).store->check_chain();
    if (common.json) {
        boost::json::array items;
        for (const auto& p : problems) items.emplace_back(p);
        print_json(boost::json::object{{"sound", problems.empty()}, {"problems", std::move(items)}});
    } else {
        for (const auto& p : problems) fmt::print("{}\n", p);
        fmt::print("{}\n", problems.empty() ? "every event is as it was written, and none is missing between them"
                                            : "the audit was changed by something that is not this program");
    }
    if (!problems.empty()) common.exit_code = static_cast<int>(Exit::refused);
}

} // namespace

void add_audit(CLI::App& app, Common& common)
{
    auto* audit = app.add_subcommand("audit", "What happened: one event for each change");
    audit->require_subcommand(1);
    static std::string org, user, activity, since, until;
    static std::int64_t after = 0, limit = 0;
    static bool follow = false;
    auto* l = audit->add_subcommand(
        "list", "Events in order of sequence; with --follow for ever, the feed an application reads");
    l->add_option("--org", org, "Only this organisation's")->type_name("NAME");
    l->add_option("--user", user, "Only those about this user: id, userName or original userName");
    l->add_option("--activity", activity, "Only this activity, such as deleteUser");
    l->add_option("--since", since, "Only from this instant on");
    l->add_option("--until", until, "Only before this instant");
    l->add_option("--after", after, "Only with a greater sequence: where a reader left off")->type_name("SEQ");
    l->add_option("--limit", limit, "At most so many; 0 is all")->capture_default_str();
    l->add_flag("--follow", follow, "Wait for more; ends with Ctrl-C");
    add_data_option(*l, common);
    add_json_option(*l, common);
    l->callback([&] {
        const auto opened = open(common);
        core::EventQuery query;
        query.after = after;
        if (!user.empty()) (core::uuid_from(user) ? query.target_id : query.target_name) = user;
        if (!activity.empty()) {
            query.activity = core::activity_from(activity);
            if (!query.activity)
                throw Failure{Exit::usage, "--activity: is not an activity; for example createUser, updateUser, "
                                           "softDeleteUser, restoreUser, deleteUser, purgeUser"};
        }
        if (!since.empty()) query.since = instant_from("--since", since);
        if (!until.empty()) query.until = instant_from("--until", until);
        std::optional<core::OrgId> only;
        if (!org.empty()) only = opened.organisation(org).id;
        if (follow) {
            std::signal(SIGINT, [](int) { interrupted = 1; });
            std::signal(SIGTERM, [](int) { interrupted = 1; });
        }
        for (std::int64_t printed = 0; !interrupted;) {
            query.limit = limit > 0 ? std::min<std::int64_t>(1000, limit - printed) : 1000;
            std::vector<core::Event> events;
            if (only)
                events = opened.store->read(*only)->events(query);
            else
                opened.store->read_registry([&](core::Registry& registry) { events = registry.events(query); });
            for (const auto& e : events) {
                if (common.json)
                    print_json(as_json(e));
                else
                    print_row(e);
                query.after = e.sequence;
                ++printed;
            }
            std::fflush(stdout);
            if (limit > 0 && printed >= limit) break;
            if (!events.empty()) continue;
            if (!follow) break;
            std::this_thread::sleep_for(std::chrono::milliseconds{250});
        }
    });

    static std::string file;
    auto* e = audit->add_subcommand("export", "All events as JSON lines, oldest first");
    e->add_option("FILE", file, "Where to; - is standard output")->required();
    e->add_option("--org", org, "Only this organisation's")->type_name("NAME");
    add_data_option(*e, common);
    e->callback([&] { export_lines(common, org, file); });

    auto* v =
        audit->add_subcommand("verify", "Hold every event against the hash chain; ends with 1 if one was changed");
    add_data_option(*v, common);
    add_json_option(*v, common);
    v->callback([&] { verify(common); });
}

} // namespace scim::commands
