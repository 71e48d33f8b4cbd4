#include "core/actions/people.hpp"
#include "core/actions/provision.hpp"
#include "scim/commands/common.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace scim::commands {
namespace {

boost::json::object summary(const core::User& u)
{
    const auto iso = [](const std::optional<core::Instant>& at) {
        return at ? boost::json::value(core::to_iso(*at)) : boost::json::value{};
    };
    boost::json::object out{{"id", core::to_text(u.id)},
                            {"userName", u.user_name},
                            {"status", core::word(u.status)},
                            {"reason", u.reason ? boost::json::value(core::word(*u.reason)) : boost::json::value{}},
                            {"provenance", core::word(u.provenance)},
                            {"softDeletedAt", iso(u.soft_deleted_at)},
                            {"purgeAt", iso(u.purge_at)}};
    if (u.external_id) out["externalId"] = *u.external_id;
    if (u.original_user_name) out["originalUserName"] = *u.original_user_name;
    return out;
}

void list(const Common& common, const std::string& org, const std::string& status_word)
{
    const auto opened = open(common);
    std::optional<core::Status> status;
    if (!status_word.empty()) {
        status = core::status_from(status_word);
        if (!status)
            throw Failure{Exit::usage, "--status: is not a status; write active, verified, notVerified, inactive, "
                                       "delayedClaim or convertedAway"};
    }
    const auto txn = opened.store->read(opened.organisation(org).id);
    Table table{{"ID", "USERNAME", "STATUS", "REASON", "PURGE AT"}};
    // JSON goes out a line at a time: a million users need no memory.
    txn->each_user(nullptr, [&](const core::User& u) {
        if (status && u.status != *status) return true;
        if (common.json)
            print_json(summary(u));
        else
            table.row({core::to_text(u.id), u.user_name, std::string{core::word(u.status)},
                       u.reason ? std::string{core::word(*u.reason)} : "",
                       u.purge_at ? core::to_iso(*u.purge_at) : ""});
        return true;
    });
    if (!common.json) table.print();
}

void show(const Common& common, const std::string& org, const std::string& who)
{
    const auto opened = open(common);
    const auto txn = opened.store->read(opened.organisation(org).id);
    const auto user = find_user(*txn, who);
    auto all = core::attributes_of(user);
    boost::json::array groups;
    for (const auto& g : txn->groups_of(core::to_text(user.id)))
        groups.push_back({{"value", core::to_text(g.id)}, {"display", g.display_name}});
    all["groups"] = std::move(groups);
    print_json(all);
}

// One verb of rules/people on the data directory, as the management API does it.
void perform(const Common& common, const std::string& org, const std::string& who, core::rules::Verb verb,
             const char* done_in_words)
{
    const auto opened = open(common);
    const auto organisation = opened.organisation(org);
    const auto context = operator_context(core::SystemClock{}.now());
    std::optional<core::User> after;
    opened.store->write(organisation.id, [&](core::WriteTxn& txn) {
        const auto done = core::actions::perform(txn, context, verb, find_user(txn, who).id);
        if (!done) fail(done.error());
        after = *done;
        return core::Keep::yes;
    });
    if (common.json)
        print_json(summary(*after));
    else
        fmt::print("{} is {}: {}\n", after->user_name, done_in_words, core::word(after->status));
}

} // namespace

void add_user(CLI::App& app, Common& common)
{
    auto* user = app.add_subcommand("user", "Users of an organisation");
    user->require_subcommand(1);
    static std::string org, who, status;
    const auto verb = [&](const char* word, const char* help, bool named, std::function<void()> run) {
        auto* command = user->add_subcommand(word, help);
        if (named) command->add_option("USER", who, "userName, id or externalId")->required();
        command->add_option("--org", org, "The organisation")->required()->type_name("NAME");
        add_data_option(*command, common);
        add_json_option(*command, common);
        command->callback(std::move(run));
        return command;
    };
    verb("list", "All users; with --json one object a line", false, [&] {
        list(common, org, status);
    })->add_option("--status", status, "Only those in this status");
    verb("show", "One user with all attributes, as JSON", true, [&] { show(common, org, who); });
    using core::rules::Verb;
    const auto change = [&](Verb which, const char* help, const char* done_in_words) {
        verb(std::string{core::rules::word(which)}.c_str(), help, true,
             [&common, which, done_in_words] { perform(common, org, who, which, done_in_words); });
    };
    change(Verb::restore, "Bring a soft-deleted user back: former status, original name", "restored");
    change(Verb::deactivate, "No sign-in any more, and every token void", "deactivated");
    change(Verb::reactivate, "Take a deactivation back; tokens stay void", "reactivated");
    change(Verb::protect, "Keep a directory from deactivating or deleting the user", "protected");
    change(Verb::unprotect, "Let a directory remove the user again", "not protected any more");
    change(Verb::purge, "Delete for good; the archive keeps the last state", "purged");
}

} // namespace scim::commands
