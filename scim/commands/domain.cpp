#include "core/actions/domains.hpp"
#include "core/base/domain_name.hpp"
#include "core/shelf.hpp"
#include "scim/commands/common.hpp"
#include "scim/outside/txt_resolver.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace scim::commands {
namespace {

boost::json::object as_json(const core::Domain& d)
{
    const auto at = [](const std::optional<core::Instant>& instant) {
        return instant ? boost::json::value(core::to_iso(*instant)) : boost::json::value{};
    };
    const auto state = core::word(d.state);
    return {{"name", d.name},
            {"state", boost::json::string_view{state.data(), state.size()}},
            {"record", {{"type", "TXT"}, {"name", core::rules::challenge_name(d.name)}, {"value", d.proof}}},
            {"createdAt", core::to_iso(d.created)},
            {"verifiedAt", at(d.verified_at)},
            {"checkedAt", at(d.checked_at)},
            {"problem", d.problem.empty() ? boost::json::value{} : boost::json::value(d.problem)}};
}

using Action = std::function<core::Result<core::Domain>(core::WriteTxn&, const core::Context&, const std::string&)>;

// The domain as the action leaves it; Failure where it refuses.
core::Domain run(const Opened& opened, const std::string& org, const std::string& written, const Action& action)
{
    const auto name = core::ascii_domain(written);
    if (!name)
        throw Failure{Exit::usage, fmt::format("{}: is not a domain name; write for example contoso.com", written)};
    std::optional<core::Domain> done;
    opened.store->write(opened.organisation(org).id, [&](core::WriteTxn& txn) {
        auto result = action(txn, operator_context(core::SystemClock{}.now()), *name);
        if (!result) fail(result.error());
        done = *std::move(result);
        return core::Keep::yes;
    });
    opened.settle();
    return *done;
}

void print(const Common& common, const core::Domain& domain)
{
    if (common.json) return print_json(as_json(domain));
    fmt::print("{} is {}\n", domain.name, core::word(domain.state));
    if (domain.is_verified()) return;
    if (!domain.problem.empty()) fmt::print("problem: {}\n", domain.problem);
    fmt::print("to prove it, add this record to its DNS, then run `rollcall domain verify`:\n  {}. TXT \"{}\"\n",
               core::rules::challenge_name(domain.name), domain.proof);
}

core::Domain verify(const Common& common, const Opened& opened, const std::string& org, const std::string& name,
                    std::string resolver)
{
    ConfigSources sources;
    if (!common.config.empty()) sources.file = common.config;
    sources.environment = rollcall_environment();
    const Config config = load_config(sources);
    if (resolver.empty()) resolver = config.dns_resolver;
    if (!outside::is_resolver(resolver))
        throw Failure{Exit::usage, "--resolver: is no address of a name server; write for example 192.0.2.1:53"};
    const auto ascii = core::ascii_domain(name).value_or("");
    if (!core::ReadShelf<core::Domain>{opened.store->read(opened.organisation(org).id)->records()}.find(ascii))
        fail({core::Reason::not_found, "name", "the organisation has no such domain", "add it first"});
    outside::AresTxtResolver dns{{.servers = resolver}};
    const auto answer = dns.look_up(core::rules::challenge_name(ascii), std::chrono::seconds{5});
    return run(opened, org, name, [&](core::WriteTxn& txn, const core::Context& context, const std::string& kept) {
        return core::actions::check_domain(txn, context, kept, answer, config.domain_checks);
    });
}

void list(const Common& common, const std::string& org)
{
    const auto opened = open(common);
    const auto txn = opened.store->read(opened.organisation(org).id);
    const core::ReadShelf<core::Domain> shelf{txn->records()};
    boost::json::array items;
    Table table{{"DOMAIN", "STATE", "CHECKED", "PROBLEM"}};
    std::string after;
    for (;;) {
        const auto some = shelf.list(after, 500);
        if (some.empty()) break;
        after = some.back().name;
        for (const auto& d : some) {
            items.push_back(as_json(d));
            table.row({d.name, std::string{core::word(d.state)}, d.checked_at ? core::to_iso(*d.checked_at) : "never",
                       d.problem});
        }
    }
    if (common.json) return print_json(items);
    table.print();
}

} // namespace

void add_domain(CLI::App& app, Common& common)
{
    auto* domain = app.add_subcommand("domain", "Domains of an organisation: proven by DNS, claimed, released");
    domain->require_subcommand(1);
    static std::string org, name, resolver;
    const auto verb = [&](const char* word, const char* help, std::function<void()> what, bool named = true) {
        auto* command = domain->add_subcommand(word, help);
        if (named) command->add_option("DOMAIN", name, "What stands behind the @ of its users' addresses")->required();
        command->add_option("--org", org, "The organisation")->required()->type_name("NAME");
        add_data_option(*command, common);
        add_json_option(*command, common);
        command->callback(std::move(what));
        return command;
    };
    verb("add", "Add a domain; prints the TXT record that proves it",
         [&] { print(common, run(open(common), org, name, core::actions::add_domain)); });
    verb(
        "list", "Its domains", [&] { list(common, org); }, false);
    verb("verify", "Ask DNS for the proof now; ends with 1 when it is not there",
         [&] {
             const auto checked = verify(common, open(common), org, name, resolver);
             print(common, checked);
             if (!checked.is_verified()) common.exit_code = static_cast<int>(Exit::refused);
         })
        ->add_option("--resolver", resolver, "The name server to ask; else dns.resolver")
        ->type_name("HOST:PORT");
    verb("claim", "Keep its users from joining another organisation",
         [&] { print(common, run(open(common), org, name, core::actions::claim_domain)); });
    verb("release", "Undo the claim; the domain stays verified",
         [&] { print(common, run(open(common), org, name, core::actions::release_domain)); });
    verb("remove", "Remove it, whatever its state", [&] {
        std::string removed;
        run(open(common), org, name, [&](core::WriteTxn& txn, const core::Context& context, const std::string& ascii) {
            const auto done = core::actions::remove_domain(txn, context, ascii);
            core::Domain gone;
            gone.name = removed = ascii;
            return done ? core::Result<core::Domain>{gone} : core::Result<core::Domain>{done.error()};
        });
        if (!common.json) fmt::print("{} is removed\n", removed);
    });
}

} // namespace scim::commands
