#include "certs/tls_context.hpp"
#include "core/base/log.hpp"
#include "scim/admin/service.hpp"
#include "scim/admin/token_endpoint.hpp"
#include "scim/app.hpp"
#include "scim/commands/common.hpp"
#include "scim/outside/assertion_verifier.hpp"
#include "scim/outside/txt_resolver.hpp"
#include "scim/sweeper.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <future>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace scim::commands {
namespace {

struct ServeFlags {
    std::string listen, tls_cert, tls_key;
    std::vector<std::string> settings;
    bool plain_http = false;
};

Config configuration(const Common& common, const ServeFlags& flags)
{
    ConfigSources sources;
    if (!common.config.empty()) sources.file = common.config;
    sources.environment = rollcall_environment();
    for (const auto& setting : flags.settings) {
        const auto equals = setting.find('=');
        if (equals == setting.npos)
            throw Failure{Exit::usage,
                          fmt::format("--set {}: is not key=value; write for example --set log.level=debug", setting)};
        sources.flags.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
    }
    if (!flags.listen.empty()) sources.flags.emplace_back("server.listen", flags.listen);
    if (!flags.tls_cert.empty()) sources.flags.emplace_back("tls.cert", flags.tls_cert);
    if (!flags.tls_key.empty()) sources.flags.emplace_back("tls.key", flags.tls_key);
    return load_config(sources);
}

// The certificate to serve with: the configured one, or the development one beside the data.
void choose_certificate(Config& config, const DataDir& data)
{
    if (config.tls_cert.empty() != config.tls_key.empty())
        throw Failure{Exit::cannot_open,
                      "tls.cert and tls.key go together; set both, or neither and run `rollcall cert dev`"};
    if (!config.tls_cert.empty()) return;
    config.tls_cert = data.tls() / "server.crt";
    config.tls_key = data.tls() / "server.key";
    if (!std::filesystem::exists(config.tls_cert) || !std::filesystem::exists(config.tls_key))
        throw Failure{Exit::cannot_open,
                      fmt::format("there is no certificate to serve HTTPS with; make one for development with "
                                  "`rollcall cert dev --data {}`, or name yours with --tls-cert and --tls-key",
                                  data.path().string())};
}

// One write of the sweep, through the writer like any other, waited for.
void write_and_wait(storage::Writer& writer, core::OrgId org, const std::function<core::Keep(core::WriteTxn&)>& work)
{
    std::promise<void> done;
    auto ended = done.get_future();
    const bool taken = writer.submit({org, work, [&done](std::exception_ptr failed) {
                                          if (failed)
                                              done.set_exception(failed);
                                          else
                                              done.set_value();
                                      }});
    if (!taken) throw core::StorageFailed{"the write queue is full"};
    ended.get();
}

boost::json::object status_of(const Config& config, const storage::SqliteStore& store, const Sweeper& sweeper,
                              const std::optional<certs::Reloader>& certificate, const core::Clock& clock,
                              core::Instant started)
{
    const auto at = [](const std::optional<core::Instant>& instant) {
        return instant ? boost::json::value(core::to_iso(*instant)) : boost::json::value{};
    };
    const auto held = sweeper.held();
    const auto uptime = std::chrono::floor<std::chrono::seconds>(clock.now() - started);
    return {{"version", ROLLCALL_VERSION},
            {"startedAt", core::to_iso(started)},
            {"uptime", core::to_text(core::Duration{uptime})},
            {"store", {{"schema", store.schema_version()}, {"bytes", store.bytes()}}},
            {"sweep",
             {{"purged", sweeper.purged()},
              {"held", held ? boost::json::value(*held) : boost::json::value{}},
              {"lastAt", at(sweeper.last_sweep())},
              {"interval", core::to_text(config.sweep_interval)}}},
            {"certificateExpiresAt",
             certificate ? boost::json::value(
                               core::to_iso(std::chrono::floor<std::chrono::milliseconds>(certificate->expires())))
                         : boost::json::value{}}};
}

void raise_descriptor_limit()
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int serve(const Common& common, const ServeFlags& flags)
{
    // Signals are taken by this thread alone, in the loop below; every thread made from here on inherits the mask.
    sigset_t signals;
    ::sigemptyset(&signals);
    for (const int s : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&signals, s);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN); // a file-size limit is a full disk, not a death
    ::umask(0077);
    raise_descriptor_limit();

    Config config = configuration(common, flags);
    core::log::set_level(config.log_level);
    const auto endpoint = endpoint_of(config);
    if (flags.plain_http && !endpoint.is_loopback() && !config.allow_plain)
        throw Failure{
            Exit::cannot_open,
            "--plain-http listens on loopback only; put the proxy on this machine, or set listen.allow_plain = true"};

    // The world, in order; leaving scope takes it down in reverse.
    const DataDir data{common.data, true};
    const ServerLock lock{data};
    if (!flags.plain_http) choose_certificate(config, data);
    const core::SystemClock clock;

    storage::Options options;
    options.file = data.database();
    options.accounts_unique = config.accounts_unique;
    options.default_policy = config.policy;
    storage::SqliteStore store{options};
    bool has_tokens = false;
    store.read_registry([&](core::Registry& registry) {
        has_tokens = !registry.tokens(core::OrgId{}).empty();
        for (const auto& o : registry.organisations()) has_tokens |= !registry.tokens(o.id).empty();
    });
    for (const auto& warning : data.loose_modes()) core::log::warning("file.mode", {{"what", warning}});

    const auto key = data.pepper(has_tokens);
    Callers callers{store, key, {config.requests_per_second, config.requests_burst, config.failed_authentications}};
    storage::Writer writer{store, config.writer};
    ScanPool scans{static_cast<std::size_t>(config.scan_threads), static_cast<std::size_t>(config.scan_queue)};
    App app{config, store, writer, scans, callers, clock, core::Sealer{key, "cursor"}};

    const core::Sealer admin_cursors{key, "admin cursor"}, kept_answers{key, "kept answer"};
    core::SystemIds ids;
    outside::AresTxtResolver resolver{{.servers = config.dns_resolver}};
    outside::VerifierOptions issuers;
    issuers.ca_file = config.oauth_ca.string();
    issuers.private_addresses = config.oauth_private_addresses;
    outside::FederatedVerifier assertions{issuers};
    admin::Admins admins{store, key, callers};
    admin::Services services{
        .store = &store,
        .clock = &clock,
        .ids = &ids,
        .pepper = key,
        .cursors = &admin_cursors,
        .default_policy = store.default_policy(),
        .status = {},
        .resolver = &resolver,
        .domain_checks = config.domain_checks,
        .problem_with_issuer = [&](const std::string& url) { return outside::problem_with_issuer(url, issuers); }};
    ScanPool admin_pool{static_cast<std::size_t>(config.admin_threads), static_cast<std::size_t>(config.admin_queue)};
    const admin::Service::SubmitWrite submit_write = [&](auto work, auto done) {
        return writer.submit({.organisation = {}, .work = {}, .done = std::move(done), .across = std::move(work)});
    };
    admin::Service management{
        {.public_url = config.public_url, .body_bytes = config.http.body_bytes, .access_log = config.access_log},
        services,
        admins,
        callers,
        admin_pool,
        submit_write,
        kept_answers};
    app.add_annex("/api/v1", management);
    app.add_annex("/choices", management);
    admin::TokenEndpoint tokens{
        {.life = config.oauth_token_time}, services, callers, admin_pool, submit_write, assertions};
    app.add_annex("/oauth2", tokens);

    std::atomic<std::int64_t> reloads{0}, refused_reloads{0};
    std::optional<certs::Reloader> certificate;
    if (!flags.plain_http) {
        certificate.emplace(config.tls_cert, config.tls_key, config.tls, [&](bool swapped, const std::string& what) {
            ++(swapped ? reloads : refused_reloads);
            if (swapped)
                core::log::info("certificate.reloaded", {{"what", what}});
            else
                core::log::error("certificate.refused", {{"what", what}});
        });
        const auto days = std::chrono::floor<std::chrono::days>(certificate->expires() - clock.now()).count();
        if (days < 30) core::log::warning("certificate.expires", {{"days", days}});
    }
    http::Server server{{endpoint.address, endpoint.port, config.threads, config.http, config.trusted_proxies},
                        app,
                        certificate ? http::Server::TlsSource{[&] { return certificate->current(); }}
                                    : http::Server::TlsSource{}};
    Sweeper sweeper{store,
                    [&](core::OrgId org, const auto& work) { write_and_wait(writer, org, work); },
                    clock,
                    callers,
                    {config.sweep_interval, config.sweep_batch, config.clock_jump_guard,
                     [&] { return server.count(http::Count::requests); }, &resolver, config.domain_checks},
                    [&] { app.storage_is_well(); }};
    app.ask_for_figures([&](Figures& figures) {
        for (std::size_t i = 0; i < static_cast<std::size_t>(http::Count::end); ++i)
            figures.emplace_back(fmt::format("wire_total{{what=\"{}\"}}", http::word(static_cast<http::Count>(i))),
                                 static_cast<std::int64_t>(server.count(static_cast<http::Count>(i))));
        figures.emplace_back("connections_open", static_cast<std::int64_t>(server.open_connections()));
        figures.emplace_back("certificate_reloads_total", reloads);
        figures.emplace_back("certificate_refused_total", refused_reloads);
        if (certificate)
            figures.emplace_back(
                "certificate_expires_in_seconds",
                std::chrono::floor<std::chrono::seconds>(certificate->expires() - clock.now()).count());
        figures.emplace_back("purged_users_total", sweeper.purged());
        figures.emplace_back("purging_held", sweeper.held() ? 1 : 0);
    });
    const auto started = clock.now();
    services.status = [&] { return status_of(config, store, sweeper, certificate, clock, started); };
    app.ask_for_hold([&] { return sweeper.held(); });
    app.ask_for_retry([&] { sweeper.retry_soon(); });
    // Caches trust themselves for a quarter second at most: revocation, expiry and disabling take effect within one.
    std::jthread watch{[&](std::stop_token stop) {
        while (!stop.stop_requested()) {
            try {
                callers.look_for_changes();
            } catch (const std::exception& e) {
                core::log::error("watch.failed", {{"why", e.what()}});
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{200});
        }
    }};

    server.start();
    const auto host = endpoint.address.find(':') == std::string::npos ? endpoint.address : "[" + endpoint.address + "]";
    core::log::info("listening",
                    {{"url", fmt::format("{}://{}:{}", flags.plain_http ? "http" : "https", host, server.port())},
                     {"process", ::getpid()},
                     {"version", ROLLCALL_VERSION}});

    for (;;) {
        int signal = 0;
        if (::sigwait(&signals, &signal) != 0) continue;
        if (signal == SIGHUP) {
            if (certificate) certificate->reload_now();
            continue;
        }
        break;
    }
    core::log::info("draining");
    std::signal(SIGTERM, SIG_DFL); // a second one ends at once: what was acknowledged is on disk
    std::signal(SIGINT, SIG_DFL);
    ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
    app.begin_draining();
    server.drain(config.drain_time);
    scans.drain();
    admin_pool.drain();
    writer.drain();
    store.interrupt_reads();
    watch.request_stop();
    watch.join();
    store.checkpoint();
    core::log::info("stopped");
    core::log::flush();
    return 0;
}

} // namespace

void add_serve(CLI::App& app, Common& common)
{
    static ServeFlags flags;
    auto* command = app.add_subcommand("serve", "Serve SCIM over HTTPS; makes the store if there is none");
    command->add_option("--data", common.data, "The data directory")->type_name("DIR")->capture_default_str();
    command->add_option("--listen", flags.listen, "Address and port; port 0 takes any free one")
        ->type_name("ADDRESS:PORT");
    command->add_option("--config", common.config, "The configuration file (TOML)")->type_name("FILE");
    command->add_option("--tls-cert", flags.tls_cert, "Certificate chain, PEM")->type_name("FILE");
    command->add_option("--tls-key", flags.tls_key, "Its key, PEM")->type_name("FILE");
    command->add_flag("--plain-http", flags.plain_http, "Serve HTTP, for a proxy on this machine that does the TLS");
    command->add_option("--set", flags.settings, "Any key of the configuration, as key=value; may be repeated")
        ->type_name("KEY=VALUE");
    command->callback([&] { common.exit_code = serve(common, flags); });
}

} // namespace scim::commands
