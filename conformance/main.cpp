// rollcall-conformance: checks any SCIM 2.0 server from outside.
#include "conformance/check.hpp"
#include "conformance/entra_cycle.hpp"
#include "conformance/protocol_checks.hpp"
#include "conformance/report.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using namespace conformance;

constexpr int all_passed = 0;
constexpr int some_failed = 1;
constexpr int could_not_run = 2;

struct Options {
    Endpoint endpoint;
    std::string token_file;
    std::string suite = "all";
    std::string format = "text";
    std::string output;
    std::vector<std::string> only;
    bool list = false;
    double seconds = 10;
};

Checks chosen(const Options& options)
{
    Checks checks;
    if (options.suite != "entra") checks = protocol_checks();
    if (options.suite != "protocol") {
        auto entra = entra_checks();
        checks.insert(checks.end(), std::make_move_iterator(entra.begin()), std::make_move_iterator(entra.end()));
    }
    if (options.only.empty()) return checks;
    for (const auto& id : options.only) {
        const bool is_known = std::any_of(checks.begin(), checks.end(), [&](const Check& c) { return c.id == id; });
        if (!is_known)
            throw CannotRun(fmt::format("no check \"{}\" in suite {}; --list shows them", id, options.suite));
    }
    std::erase_if(checks, [&](const Check& check) {
        return std::find(options.only.begin(), options.only.end(), check.id) == options.only.end();
    });
    return checks;
}

// Beside the report: where one is, and each failure as it happens. On standard error, so that a report on standard
// output stays a report.
class Progress {
public:
    Progress(std::size_t total, bool tells_failures)
        : total_(total), tells_failures_(tells_failures), is_terminal_(::isatty(STDERR_FILENO) == 1)
    {
    }

    void operator()(const Outcome& outcome)
    {
        ++done_;
        if (outcome.verdict == Verdict::failed && tells_failures_) {
            clear();
            fmt::print(stderr, "FAILED {}\n", describe(outcome));
        }
        if (is_terminal_) {
            fmt::print(stderr, "\r\x1b[K{}/{} {}", done_, total_, outcome.id);
            if (done_ == total_) clear();
        }
        std::fflush(stderr);
    }

private:
    void clear() const
    {
        if (is_terminal_) fmt::print(stderr, "\r\x1b[K");
    }

    std::size_t total_;
    std::size_t done_ = 0;
    bool tells_failures_;
    bool is_terminal_;
};

std::string first_line_of(const std::string& file)
{
    std::ifstream in(file);
    std::string line;
    if (!std::getline(in, line)) throw CannotRun(fmt::format("cannot read the token from {}", file));
    return line;
}

int run(Options options)
{
    const auto checks = chosen(options);
    if (options.list) {
        for (const auto& check : checks) fmt::print("{:28} {} ({})\n", check.id, check.title, check.source);
        return all_passed;
    }
    if (options.endpoint.url.empty()) throw CannotRun("--url is missing: the tenant URL of the server");
    if (!options.token_file.empty()) options.endpoint.token = first_line_of(options.token_file);
    if (options.endpoint.token.empty()) {
        if (const char* token = std::getenv("SCIM_TOKEN")) options.endpoint.token = token;
    }
    options.endpoint.timeout = std::chrono::milliseconds(static_cast<long>(options.seconds * 1000));

    const bool to_file = !options.output.empty();
    std::ofstream file;
    if (to_file) {
        file.open(options.output, std::ios::binary);
        if (!file) throw CannotRun(fmt::format("cannot write {}", options.output));
    }
    const bool report_tells = options.format == "text" && !to_file;
    Progress progress(checks.size(), !report_tells);
    auto report = run_checks(options.endpoint, checks, [&](const Outcome& outcome) { progress(outcome); });
    report.suite = options.suite;

    const auto text = options.format == "json"   ? as_json(report)
                      : options.format == "html" ? as_html(report)
                                                 : as_text(report);
    if (to_file) {
        file << text;
        file.close();
        if (!file) throw CannotRun(fmt::format("cannot write {}", options.output));
        fmt::print("{}\n", last_line(report));
    } else {
        fmt::print("{}", text);
        if (!report_tells) fmt::print(stderr, "{}\n", last_line(report));
    }
    return report.count(Verdict::failed) == 0 ? all_passed : some_failed;
}

} // namespace

int main(int argc, char** argv)
{
    Options options;
    CLI::App app(
        "Checks a SCIM 2.0 server from outside: the RFCs section by section, and the life of users and groups as "
        "Entra ID's connector plays it.\nWhat it makes on the server it deletes again. Exit code: 0 all passed, "
        "1 some failed, 2 could not run.",
        "rollcall-conformance");
    app.add_option("--url", options.endpoint.url, "Tenant URL, e.g. https://host/orgs/NAME/scim/v2");
    app.add_option("--token", options.endpoint.token, "Bearer token (or the environment's SCIM_TOKEN)");
    app.add_option("--token-file", options.token_file, "File whose first line is the token")->excludes("--token");
    app.add_option("--ca", options.endpoint.ca_file, "CA certificates (PEM) to trust instead of the system's");
    app.add_flag("--insecure", options.endpoint.insecure, "Do not check the certificate; loopback only");
    app.add_option("--suite", options.suite, "Which checks")
        ->check(CLI::IsMember({"protocol", "entra", "all"}))
        ->capture_default_str();
    app.add_option("--format", options.format, "Of the report")
        ->check(CLI::IsMember({"text", "json", "html"}))
        ->capture_default_str();
    app.add_option("--output", options.output, "File for the report; standard output without it");
    app.add_option("--only", options.only, "Ids of the checks to run")->delimiter(',');
    app.add_flag("--list", options.list, "Print the checks and end");
    app.add_option("--timeout", options.seconds, "Seconds to wait for an answer")
        ->check(CLI::Range(0.1, 600.0))
        ->capture_default_str();
    try {
        app.parse(argc, argv);
        return run(options);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? all_passed : could_not_run;
    } catch (const std::exception& trouble) {
        fmt::print(stderr, "could not run: {}\n", trouble.what());
        return could_not_run;
    }
}
