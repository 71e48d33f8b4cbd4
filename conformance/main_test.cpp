#include "conformance/process.hpp"
#include "conformance/testing/scim_stand_in.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace conformance;
using testing::Fault;
using testing::Listener;
using testing::ScimStandIn;

namespace {

Finished runner(const Endpoint& endpoint, std::vector<std::string> more, const std::string& program = RUNNER)
{
    std::vector<std::string> arguments{"--url", endpoint.url, "--token", endpoint.token};
    if (!endpoint.ca_file.empty()) arguments.insert(arguments.end(), {"--ca", endpoint.ca_file});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run({.program = program, .arguments = std::move(arguments)}, std::chrono::seconds(60));
}

std::string last_line_of(const std::string& text)
{
    const auto end = text.find_last_not_of('\n');
    const auto begin = text.rfind('\n', end);
    return text.substr(begin + 1, end - begin);
}

} // namespace

TEST_CASE("the runner ends with the numbers, and its exit code tells passed from failed")
{
    const ScimStandIn good(Fault::none, Listener::with_tls);
    const auto passed = runner(good.endpoint(), {"--only", "create,E-01"});
    CHECK(passed.ended == Ended{0, 0});
    CHECK(last_line_of(passed.output) == "2 passed, 0 failed");

    const ScimStandIn bad(Fault::forgets_location);
    const auto failed = runner(bad.endpoint(), {"--only", "create-location,create"});
    CHECK(failed.ended == Ended{1, 0});
    CHECK(last_line_of(failed.output) == "1 passed, 1 failed");
    CHECK(failed.output.find("FAILED create-location") != std::string::npos);
    CHECK(failed.output.find("rule:     RFC 7644 3.3") != std::string::npos);
    CHECK(failed.output.find("> POST /scim/v2/Users") != std::string::npos);
    CHECK(failed.output.find("< 201 Created") != std::string::npos);
    CHECK(failed.output.find(bad.endpoint().token) == std::string::npos);
}

TEST_CASE("the runner says when it could not run")
{
    const ScimStandIn server;
    auto endpoint = server.endpoint();
    CHECK(runner(endpoint, {"--only", "no-such-check"}).ended == Ended{2, 0});
    CHECK(runner(endpoint, {"--suite", "no-such-suite"}).ended == Ended{2, 0});
    CHECK(run({.program = RUNNER}).ended == Ended{2, 0});

    endpoint.token = "wrong";
    const auto refused = runner(endpoint, {});
    CHECK(refused.ended == Ended{2, 0});
    CHECK(refused.errors.find("refuses the token") != std::string::npos);

    endpoint.url = "http://127.0.0.1:" + std::to_string(free_port());
    CHECK(runner(endpoint, {}).ended == Ended{2, 0});

    const ScimStandIn tls(Fault::none, Listener::with_tls);
    endpoint = tls.endpoint();
    endpoint.ca_file.clear();
    const auto untrusted = runner(endpoint, {"--only", "create"});
    CHECK(untrusted.ended == Ended{2, 0});
    CHECK(untrusted.errors.find("certificate") != std::string::npos);
    CHECK(runner(endpoint, {"--only", "create", "--insecure"}).ended == Ended{0, 0});
}

TEST_CASE("the runner lists its checks without a server")
{
    const auto listed = run({.program = RUNNER, .arguments = {"--list", "--suite", "entra"}});
    CHECK(listed.ended == Ended{0, 0});
    CHECK(listed.output.find("E-91") != std::string::npos);
    CHECK(listed.output.find("filter-eq") == std::string::npos);
}

TEST_CASE("a report as JSON is JSON, and goes where it is told")
{
    const ScimStandIn server(Fault::changes_ids);
    const TemporaryDirectory directory;
    const auto file = (directory.path() / "report").string();
    const auto done = runner(server.endpoint(), {"--only", "E-34,E-01", "--format", "json", "--output", file});
    CHECK(done.ended == Ended{1, 0});
    CHECK(last_line_of(done.output) == "1 passed, 1 failed");
    const auto report = boost::json::parse(contents_of(file));
    CHECK(report.at("failed") == 1);
    CHECK(report.at("checks").as_array().size() == 2);
    CHECK(contents_of(file).find(server.endpoint().token) == std::string::npos);
    CHECK(runner(server.endpoint(), {"--only", "E-01", "--output", "/nonexistent/report"}).ended == Ended{2, 0});
}

TEST_CASE("a report as HTML shows what a server sent, and runs none of it")
{
    const Listener hostile([](const testing::Heard& heard) {
        if (heard.target.find("count=1") != std::string::npos) return testing::Said{.status = 200, .body = "{}"};
        return testing::Said{.status = 500, .body = "<script>alert('x')</script>\x1b[2J"};
    });
    const auto done = runner({.url = hostile.url(), .token = "t"}, {"--only", "create", "--format", "html"});
    CHECK(done.ended == Ended{1, 0});
    CHECK(done.output.find("<script>") == std::string::npos);
    CHECK(done.output.find("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;") != std::string::npos);
    CHECK(done.output.find('\x1b') == std::string::npos);
    CHECK(done.output.find("src=") == std::string::npos);
    CHECK(last_line_of(done.errors) == "0 passed, 1 failed");
}

TEST_CASE("the smoke test passes on a good server over HTTPS, and leaves nothing")
{
    const ScimStandIn server(Fault::none, Listener::with_tls);
    const auto done = runner(server.endpoint(), {}, SMOKE);
    INFO(done.output << done.errors);
    CHECK(done.ended == Ended{0, 0});
    CHECK(last_line_of(done.output) == "15 passed, 0 failed");
    CHECK(server.resources() == 0);
}

TEST_CASE("the smoke test fails on a bad server, and says when it could not run")
{
    const ScimStandIn hides(Fault::hides_inactive_users);
    const auto done = runner(hides.endpoint(), {}, SMOKE);
    CHECK(done.ended == Ended{1, 0});
    CHECK(last_line_of(done.output) == "14 passed, 1 failed");
    CHECK(done.output.find("FAILED  the disabled user is still found") != std::string::npos);
    CHECK(hides.resources() == 0);

    const ScimStandIn keeps(Fault::empties_group_on_remove_with_value);
    CHECK(runner(keeps.endpoint(), {}, SMOKE).ended == Ended{0, 0}); // one member: it cannot see that
    CHECK(runner({.url = "http://127.0.0.1:" + std::to_string(free_port()), .token = "t"}, {}, SMOKE).ended ==
          Ended{2, 0});
    CHECK(run({.program = SMOKE}).ended == Ended{2, 0});
}
