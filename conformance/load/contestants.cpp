#include "conformance/load/contestants.hpp"

#include "conformance/load/connection.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <stdexcept>
#include <thread>
#include <utility>

namespace conformance::load {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

std::string run_or_throw(const std::filesystem::path& program, std::vector<std::string> arguments)
{
    const auto done = run({.program = program.string(), .arguments = arguments});
    if (done.ended != Ended{})
        throw std::runtime_error(fmt::format("{} {}: {}", program.filename().string(), fmt::join(arguments, " "),
                                             done.errors.empty() ? done.output : done.errors));
    auto text = done.output;
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    return text;
}

void must(bool done, const char* what)
{
    if (!done) throw std::runtime_error(std::string{"certificate: "} + what);
}

} // namespace

Certificate make_certificate(const std::filesystem::path& folder)
{
    const Certificate files{.chain = folder / "bench.crt", .key = folder / "bench.key"};
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_EC_gen("P-256"), EVP_PKEY_free};
    const std::unique_ptr<X509, decltype(&X509_free)> certificate{X509_new(), X509_free};
    must(key && certificate, "out of memory");
    X509* made = certificate.get();
    X509_set_version(made, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
    X509_gmtime_adj(X509_getm_notBefore(made), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made), 30L * 24 * 3600);
    const auto* name = reinterpret_cast<const unsigned char*>("localhost");
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC, name, -1, -1, 0);
    X509_set_issuer_name(made, X509_get_subject_name(made));
    X509_set_pubkey(made, key.get());
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, made, made, nullptr, nullptr, 0);
    X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, &context, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    must(names != nullptr && X509_add_ext(made, names, -1) == 1, "names");
    X509_EXTENSION_free(names);
    must(X509_sign(made, key.get(), EVP_sha256()) > 0, "signature");
    const auto write = [](const std::filesystem::path& file, const auto& into) {
        FILE* out = std::fopen(file.c_str(), "wx");
        must(out && into(out) == 1, "cannot be written");
        std::fclose(out);
        std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    };
    write(files.key,
          [&](FILE* out) { return PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
    write(files.chain, [&](FILE* out) { return PEM_write_X509(out, made); });
    return files;
}

Contestant::Contestant(std::string name, std::string base, std::string token, std::filesystem::path log, Launch launch,
                       Programs programs)
    : name_{std::move(name)}, log_{std::move(log)}, launch_{std::move(launch)}, programs_{std::move(programs)}
{
    target_.host = "127.0.0.1";
    target_.base = std::move(base);
    target_.token = std::move(token);
}

double Contestant::start(const Start& how)
{
    target_.port = free_port();
    std::filesystem::remove(log_);
    Command command = launch_(target_.port);
    command.log = log_;
    for (const auto& setting : how.settings) command.arguments.insert(command.arguments.end(), {"--set", setting});
    if (!how.prefix.empty()) {
        command.arguments.insert(command.arguments.begin(), command.program);
        command.arguments.insert(command.arguments.begin(), how.prefix.begin() + 1, how.prefix.end());
        command.program = how.prefix.front();
    }
    if (how.slow_flush_us > 0) {
        command.environment.emplace_back("LD_PRELOAD", programs_.slow_flush.string());
        command.environment.emplace_back("SLOW_FLUSH_US", std::to_string(how.slow_flush_us));
    }
    std::vector<StoredUser> any;
    if (!users_.empty()) any.push_back(users_.back()); // purges begin at the front
    Shape shape;
    shape.scenario = any.empty() ? Scenario::miss : Scenario::get;
    Workload first{target_, shape, any, 1};
    std::string request;
    first.next(0, request);

    const auto context = client_context();
    const auto begin = Clock::now();
    process_ = std::make_unique<Process>(std::move(command));
    std::string trouble;
    while (Clock::now() - begin < 20s && process_->is_running()) {
        try {
            Connection connection{target_, context.get(), 5s};
            if (const int status = connection.exchange(request); status == 200)
                return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
            else
                trouble = fmt::format("answers {}", status);
        } catch (const std::runtime_error& not_yet) {
            trouble = not_yet.what();
        }
        std::this_thread::sleep_for(500us);
    }
    const bool ended = !process_->is_running();
    throw std::runtime_error(fmt::format("{} {}: {}\n{}", name_, ended ? "ended" : "does not answer", trouble,
                                         contents_of(log_).substr(0, 2000)));
}

void Contestant::stop()
{
    if (process_) process_->terminate();
    process_.reset();
}

void Contestant::seed(std::size_t users) { users_ = load::seed(target_, users, 16, "seed"); }

Outcome Contestant::run(const Shape& wanted, std::size_t connections, const Bounds& bounds, const Watch& watch)
{
    Shape shape = wanted;
    shape.first_patch = patches_;
    auto outcome = drive(target_, shape, users_, connections, bounds, watch);
    if (shape.scenario == Scenario::patch) patches_ = outcome.patches;
    // An access line for every request fills a disk: what has been read by nobody so far will not be.
    std::error_code ignored;
    std::filesystem::resize_file(log_, 0, ignored);
    return outcome;
}

Contestant make_floor(std::string name, const Programs& programs, const std::filesystem::path& folder,
                      const Certificate& certificate, Commits commits)
{
    const std::string token = "floor-token";
    std::filesystem::create_directories(folder);
    const auto launch = [=, program = programs.floor, store = folder / "floor.db"](std::uint16_t port) {
        Command command{.program = program.string(),
                        .arguments = {"--port", std::to_string(port), "--threads",
                                      std::to_string(std::max(1U, std::thread::hardware_concurrency())), "--tls-cert",
                                      certificate.chain.string(), "--tls-key", certificate.key.string(), "--store",
                                      store.string(), "--token", token}};
        if (commits == Commits::one_a_write) command.arguments.emplace_back("--no-group");
        return command;
    };
    return {std::move(name), "/scim/v2", token, folder / "floor.log", launch, programs};
}

Contestant make_server(const Programs& programs, const std::filesystem::path& folder, const Certificate& certificate)
{
    const std::string data = (folder / "data").string();
    std::filesystem::create_directories(folder);
    run_or_throw(programs.server, {"org", "create", "bench", "--data", data});
    const std::string token = run_or_throw(programs.server, {"token", "create", "--org", "bench", "--data", data});
    const auto launch = [=, program = programs.server](std::uint16_t port) {
        return Command{.program = program.string(),
                       .arguments = {"serve", "--data", data, "--listen", fmt::format("127.0.0.1:{}", port),
                                     "--tls-cert", certificate.chain.string(), "--tls-key", certificate.key.string()}};
    };
    return {"rollcall", "/orgs/bench/scim/v2", token, folder / "server.log", launch, programs};
}

Shape::Tenant add_organisation(const Programs& programs, const std::filesystem::path& folder, const std::string& name)
{
    const std::string data = (folder / "data").string();
    run_or_throw(programs.server, {"org", "create", name, "--data", data});
    return {"/orgs/" + name + "/scim/v2",
            run_or_throw(programs.server, {"token", "create", "--org", name, "--data", data})};
}

void set_policy(const Programs& programs, const std::filesystem::path& folder, const std::string& setting)
{
    run_or_throw(programs.server, {"org", "policy", "bench", setting, "--data", (folder / "data").string()});
}

} // namespace conformance::load
