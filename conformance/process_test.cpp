#include "conformance/process.hpp"
#include "conformance/testing/stand_in.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <fstream>
#include <string>

using namespace conformance;
using namespace std::chrono_literals;

TEST_CASE("a program runs to its end, with its arguments and environment, and its output is kept")
{
    const auto done = run({.program = "sh",
                           .arguments = {"-c", "echo \"$1 $COLOUR\"; echo trouble >&2; exit 3", "sh", "a b"},
                           .environment = {{"COLOUR", "red"}}});
    CHECK(done.ended == Ended{3, 0});
    CHECK(done.output == "a b red\n");
    CHECK(done.errors == "trouble\n");
}

TEST_CASE("a program that cannot be started is an exception, one that takes too long is killed")
{
    CHECK_THROWS_AS(run({.program = "/nonexistent/program"}), std::system_error);
    CHECK(run({.program = "sleep", .arguments = {"60"}}, 20ms).ended == Ended{0, SIGKILL});
}

TEST_CASE("a child can be signalled, killed, and never outlives its object")
{
    pid_t left = 0;
    {
        Process child({.program = "sleep", .arguments = {"60"}});
        left = child.pid();
        CHECK(child.is_running());
        CHECK_FALSE(child.wait(1ms));
    }
    CHECK(::kill(left, 0) != 0);

    Process child({.program = "sleep", .arguments = {"60"}});
    CHECK(child.terminate() == Ended{0, SIGTERM});
    CHECK(child.terminate() == Ended{0, SIGTERM}); // nothing more happens to it
    Process other({.program = "sleep", .arguments = {"60"}});
    CHECK(other.kill() == Ended{0, SIGKILL});
}

TEST_CASE("ready is what answers 200, as long as the process lives")
{
    int asked = 0;
    const testing::Listener server(
        [&](const testing::Heard&) { return testing::Said{.status = ++asked < 3 ? 503 : 200}; });
    Process child({.program = "sleep", .arguments = {"60"}});
    CHECK(wait_until_ready(child, server.url() + "/readyz", "", 5s));
    CHECK(asked == 3);
    child.kill();
    CHECK_FALSE(wait_until_ready(child, server.url() + "/readyz", "", 5s));
}

TEST_CASE("a pattern in the log can be waited for")
{
    const TemporaryDirectory directory;
    const auto log = directory.path() / "log";
    Process child({.program = "sh", .arguments = {"-c", "echo listening; echo error >&2; sleep 60"}, .log = log});
    CHECK(wait_until_logged(child, "listening", 5s));
    CHECK(wait_until_logged(child, "error", 5s));
    CHECK_FALSE(wait_until_logged(child, "nothing of the kind", 20ms));
}

TEST_CASE("a temporary directory goes with all that is in it")
{
    std::filesystem::path path;
    {
        const TemporaryDirectory directory;
        path = directory.path();
        std::ofstream(path / "file") << "x";
        CHECK(contents_of(path / "file") == "x");
    }
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a free port can be bound")
{
    const auto port = free_port();
    CHECK(port > 0);
}
