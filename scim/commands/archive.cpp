#include "core/base/json.hpp"
#include "scim/commands/common.hpp"

#include <fmt/format.h>
#include <fmt/os.h>

namespace scim::commands {
namespace {

boost::json::object as_json(const core::ArchiveRecord& r)
{
    boost::json::array history;
    for (const auto& e : r.history)
        history.push_back({{"sequence", e.sequence},
                           {"at", core::to_iso(e.at)},
                           {"activity", core::word(e.activity)},
                           {"actor", {{"kind", e.actor.kind}, {"id", e.actor.id}}},
                           {"requestId", e.request_id},
                           {"changes", core::to_json(e.changes)}});
    return {{"id", r.number},
            {"userId", core::to_text(r.user)},
            {"userName", r.user_name},
            {"originalUserName", r.original_user_name},
            {"externalId", r.external_id},
            {"cause", core::word(r.cause)},
            {"deletedAt", core::to_iso(r.deleted_at)},
            {"keepUntil", core::to_iso(r.keep_until)},
            {"hold", r.held},
            {"lastState", r.last_state},
            {"history", std::move(history)}};
}

// A page at a time: the archive may be larger than memory.
void each(core::ReadTxn& txn, const std::string& name, const std::function<void(const core::ArchiveRecord&)>& visit)
{
    std::int64_t after = 0;
    for (;;) {
        const auto records = txn.archived({.name_or_id = name, .after = after, .limit = 200});
        if (records.empty()) return;
        for (const auto& r : records) visit(r);
        after = records.back().number;
    }
}

} // namespace

void add_archive(CLI::App& app, Common& common)
{
    auto* archive = app.add_subcommand("archive", "What remains of deleted and purged users");
    archive->require_subcommand(1);
    static std::string org, name, file;
    const auto verb = [&](const char* word, const char* help, std::function<void()> run) {
        auto* command = archive->add_subcommand(word, help);
        command->add_option("--org", org, "The organisation")->required()->type_name("NAME");
        add_data_option(*command, common);
        add_json_option(*command, common);
        command->callback(std::move(run));
        return command;
    };
    verb("list", "The records, oldest first", [&] {
        const auto opened = open(common);
        const auto txn = opened.store->read(opened.organisation(org).id);
        Table table{{"RECORD", "ORIGINAL NAME", "USER ID", "CAUSE", "DELETED", "KEEP UNTIL"}};
        each(*txn, name, [&](const core::ArchiveRecord& r) {
            if (common.json)
                print_json(as_json(r));
            else
                table.row({fmt::format("{}", r.number), r.original_user_name, core::to_text(r.user),
                           std::string{core::word(r.cause)}, core::to_iso(r.deleted_at), core::to_iso(r.keep_until)});
        });
        if (!common.json) table.print();
    })->add_option("--name", name, "Only this user: present or original userName, id");
    verb("show", "Everything that is kept of one user, as JSON",
         [&] {
             const auto opened = open(common);
             const auto txn = opened.store->read(opened.organisation(org).id);
             bool any = false;
             each(*txn, name, [&](const core::ArchiveRecord& r) {
                 any = true;
                 print_json(as_json(r));
             });
             if (!any)
                 throw Failure{Exit::not_found, "the archive of this organisation knows no such user; name it by "
                                                "original userName, last userName or id"};
         })
        ->add_option("USER", name, "Original userName, last userName or id")
        ->required();
    verb("export", "All records as JSON lines",
         [&] {
             const auto opened = open(common);
             const auto txn = opened.store->read(opened.organisation(org).id);
             if (file == "-") return each(*txn, "", [&](const core::ArchiveRecord& r) { print_json(as_json(r)); });
             auto out = fmt::output_file(file, fmt::file::WRONLY | fmt::file::CREATE | fmt::file::TRUNC);
             each(*txn, "", [&](const core::ArchiveRecord& r) { out.print("{}\n", core::json::write(as_json(r))); });
         })
        ->add_option("FILE", file, "Where to; - is standard output")
        ->required();
}

} // namespace scim::commands
