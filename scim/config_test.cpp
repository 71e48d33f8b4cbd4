#include "scim/config.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <set>

using namespace scim;
using namespace std::chrono_literals;

namespace {

struct TempFile {
    std::filesystem::path path;
    explicit TempFile(std::string_view text)
    {
        std::string name = (std::filesystem::temp_directory_path() / "rollcall-config-XXXXXX").string();
        const int file = ::mkstemp(name.data());
        REQUIRE(file >= 0);
        path = name;
        std::ofstream{path} << text;
    }
    ~TempFile() { std::filesystem::remove(path); }
};

std::string problems_of(const ConfigSources& sources)
{
    try {
        load_config(sources);
    } catch (const BadConfig& e) {
        return e.what();
    }
    return "";
}

} // namespace

TEST_CASE("a file is below the environment, and the environment below a flag")
{
    const TempFile file{"[limits]\nidle_time = \"10s\"\nconnections = 7\nwrite_queue = 9\n"};
    ConfigSources sources;
    sources.file = file.path;
    CHECK(load_config(sources).http.idle_time == 10s);
    sources.environment = {{"ROLLCALL_LIMITS_IDLE_TIME", "20s"}};
    CHECK(load_config(sources).http.idle_time == 20s);
    sources.flags = {{"limits.idle_time", "30s"}};
    const auto config = load_config(sources);
    CHECK(config.http.idle_time == 30s);
    CHECK(config.http.connections == 7);
    CHECK(config.writer.queue == 9);
}

TEST_CASE("every key of the table can be written back from its own printed default")
{
    const Config defaults;
    std::set<std::string> seen;
    for (const auto& key : config_keys()) {
        INFO(key.name);
        CHECK(seen.insert(key.name).second);
        CHECK_FALSE(key.help.empty());
        Config config;
        CHECK(key.set(config, key.name, key.get(defaults, key.name)).has_value());
        CHECK(key.get(config, key.name) == key.get(defaults, key.name));
    }
}

TEST_CASE("the defaults are the limits that are promised")
{
    const Config c;
    CHECK(c.http.header_bytes == 16 * 1024);
    CHECK(c.http.header_fields == 64);
    CHECK(c.http.target_bytes == 8 * 1024);
    CHECK(c.http.read_buffer_bytes == 32 * 1024);
    CHECK(c.http.body_bytes == 1024 * 1024);
    CHECK(c.http.raw_slack_bytes == 64 * 1024);
    CHECK(c.protocol.json_depth == 16);
    CHECK(c.protocol.json_values == 100'000);
    CHECK(c.protocol.json_string_bytes == 64 * 1024);
    CHECK(c.protocol.filter_bytes == 4096);
    CHECK(c.protocol.filter_depth == 32);
    CHECK(c.protocol.filter_nodes == 128);
    CHECK(c.protocol.patch_operations == 1000);
    CHECK(c.protocol.page_default == 100);
    CHECK(c.protocol.page_most == 200);
    CHECK(c.http.handshake_time == 10s);
    CHECK(c.http.header_time == 10s);
    CHECK(c.http.body_time == 30s);
    CHECK(c.http.idle_time == 120s);
    CHECK(c.http.write_time == 30s);
    CHECK(c.http.handler_time == 10s);
    CHECK(c.http.connections == 4096);
    CHECK(c.http.connections_per_address == 512);
    CHECK(c.http.connections_unauthenticated == 1024);
    CHECK(c.requests_per_second == 0);
    CHECK(c.failed_authentications == 20);
    CHECK(c.memory_bytes == 512LL * 1024 * 1024);
    CHECK(c.sweep_interval == 60s);
    CHECK(c.clock_jump_guard);
}

TEST_CASE("an unknown key is an error with a suggestion, in the file and in the environment")
{
    const TempFile file{"[limits]\nidle_tmie = \"10s\"\n"};
    ConfigSources sources;
    sources.file = file.path;
    CHECK_THAT(problems_of(sources),
               Catch::Contains("limits.idle_tmie") && Catch::Contains("did you mean limits.idle_time?"));
    CHECK_THAT(problems_of({std::nullopt, {{"ROLLCALL_LIMITS_IDLE_TMIE", "10s"}}, {}}),
               Catch::Contains("ROLLCALL_LIMITS_IDLE_TMIE") &&
                   Catch::Contains("did you mean ROLLCALL_LIMITS_IDLE_TIME?"));
    CHECK_THAT(problems_of({std::nullopt, {}, {{"sweep.intervall", "10s"}}}),
               Catch::Contains("did you mean sweep.interval?"));
}

TEST_CASE("all errors are reported together, each with its key and remedy")
{
    const TempFile file{
        "log.level = \"loud\"\n[server]\nlisten = \"here\"\npublic_url = "
        "\"scim.example.com\"\n[limits]\nread_buffer_bytes = \"64KiB\"\n"
        "idle_time = 5\n[policy]\nretention = \"soon\"\nretentoin = \"1d\"\n[policy.quirks]\nop_cast = true\n"};
    ConfigSources sources;
    sources.file = file.path;
    const auto problems = problems_of(sources);
    for (const auto* part :
         {"log.level", "debug, info, warning, error", "server.public_url", "limits.read_buffer_bytes",
          "limits.idle_time", "policy.retention", "policy.retentoin", "policy.quirks.op_cast"}) {
        INFO(part);
        CHECK_THAT(problems, Catch::Contains(part));
    }
}

TEST_CASE("a number is read with its unit and kept inside its range")
{
    struct Row {
        const char* key;
        const char* text;
        bool good;
    };
    const auto row = GENERATE(values<Row>({
        {"limits.body_bytes", "2MiB", true},
        {"limits.body_bytes", "2 MiB", true},
        {"limits.body_bytes", "1023", false},
        {"limits.body_bytes", "1024", true},
        {"limits.body_bytes", "-1", false},
        {"limits.body_bytes", "1e6", false},
        {"limits.body_bytes", "99999999999999999999", false},
        {"limits.read_buffer_bytes", "63KiB", true},
        {"limits.read_buffer_bytes", "64512", true},
        {"limits.read_buffer_bytes", "64513", false},
        {"limits.header_time", "0s", false},
        {"limits.header_time", "1ms", true},
        {"tls.minimum", "1.1", false},
        {"tls.minimum", "1.3", true},
        {"accounts.unique", "organisation", true},
        {"accounts.unique", "organization", false},
        {"server.public_url", "https://scim.example.com", true},
        {"server.public_url", "https://scim.example.com/", true},
        {"server.public_url", "https://scim.example.com/path", false},
        {"server.public_url", "https://a b", false},
        {"server.public_url", "ftp://scim.example.com", false},
    }));
    INFO(row.key << " = " << row.text);
    CHECK(problems_of({std::nullopt, {}, {{row.key, row.text}}}).empty() == row.good);
}

TEST_CASE("keys that contradict each other are refused")
{
    CHECK_THAT(problems_of({std::nullopt, {}, {{"tls.minimum", "1.3"}, {"tls.maximum", "1.2"}}}),
               Catch::Contains("tls.minimum"));
    CHECK_THAT(problems_of({std::nullopt, {}, {{"limits.page_default", "300"}}}),
               Catch::Contains("limits.page_default"));
}

TEST_CASE("a file that is not TOML names the line")
{
    const TempFile file{"[limits]\nidle_time = \n"};
    ConfigSources sources;
    sources.file = file.path;
    CHECK_THAT(problems_of(sources), Catch::Contains("line 2"));
    sources.file = "/nonexistent/rollcall.toml";
    CHECK_THAT(problems_of(sources), Catch::Contains("/nonexistent/rollcall.toml"));
}

TEST_CASE("an address and port are read, or refused with an example")
{
    struct Row {
        const char* text;
        const char* address; // nullptr: refused
        int port;
        bool loopback;
    };
    const auto row = GENERATE(values<Row>({
        {"127.0.0.1:8443", "127.0.0.1", 8443, true},
        {"localhost:1", "127.0.0.1", 1, true},
        {"[::1]:8443", "::1", 8443, true},
        {"[::]:443", "::", 443, false},
        {"0.0.0.0:0", "0.0.0.0", 0, false},
        {"::1:8443", nullptr, 0, false},
        {"8443", nullptr, 0, false},
        {"127.0.0.1:", nullptr, 0, false},
        {"127.0.0.1:65536", nullptr, 0, false},
        {"127.0.0.1:84x", nullptr, 0, false},
    }));
    INFO(row.text);
    Config config;
    config.listen = row.text;
    if (row.address == nullptr) {
        CHECK_THROWS_AS(endpoint_of(config), BadConfig);
        return;
    }
    const auto endpoint = endpoint_of(config);
    CHECK(endpoint.address == row.address);
    CHECK(endpoint.port == row.port);
    CHECK(endpoint.is_loopback() == row.loopback);
}
