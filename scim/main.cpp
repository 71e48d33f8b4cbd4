// rollcall: the server and its operator's commands.
#include "core/base/log.hpp"
#include "scim/commands/common.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <stdexcept>
#include <system_error>

namespace {

constexpr auto footer =
    R"(Exit codes: 0 done; 1 refused, with the reason; 2 wrong usage or configuration; 3 the data directory, store or certificate
cannot be used; 4 the named thing does not exist; 5 failed.
Times are ISO 8601 in UTC. `rollcall config help` lists the configuration; every command has --help.)";

int complain(scim::commands::Exit code, const char* what)
{
    core::log::flush();
    fmt::print(stderr, "rollcall: {}\n", what);
    return static_cast<int>(code);
}

} // namespace

int main(int argc, char** argv)
{
    using namespace scim::commands;
    CLI::App app{"Rollcall: a SCIM 2.0 provisioning endpoint for Microsoft Entra ID"};
    app.name("rollcall");
    app.footer(footer);
    app.require_subcommand(1);
    app.set_help_all_flag("--help-all", "Help of every command");
    Common common;
    add_serve(app, common);
    add_cert(app, common);
    add_org(app, common);
    add_token(app, common);
    add_domain(app, common);
    add_user(app, common);
    add_audit(app, common);
    add_archive(app, common);
    add_import(app, common);
    add_purge(app, common);
    add_schema(app, common);
    add_store(app, common);
    add_config(app, common);
    app.add_subcommand("version", "The version")->callback([] { fmt::print("rollcall {}\n", ROLLCALL_VERSION); });

    try {
        app.parse(argc, argv);
        core::log::flush();
        return common.exit_code;
    } catch (const CLI::ParseError& e) {
        const int code = app.exit(e);
        return code == 0 ? 0 : static_cast<int>(Exit::usage);
    } catch (const Failure& e) {
        return complain(e.code, e.what());
    } catch (const scim::BadConfig& e) {
        return complain(Exit::usage, e.what());
    } catch (const scim::BadDataDir& e) {
        return complain(Exit::cannot_open, e.what());
    } catch (const storage::CannotOpen& e) {
        return complain(Exit::cannot_open, e.what());
    } catch (const certs::BadCertificate& e) {
        return complain(Exit::cannot_open, e.what());
    } catch (const std::invalid_argument& e) { // an address in server.trusted_proxies
        return complain(Exit::usage, e.what());
    } catch (const std::system_error& e) {
        return complain(Exit::cannot_open, e.what());
    } catch (const std::exception& e) {
        return complain(Exit::failed, e.what());
    }
}
