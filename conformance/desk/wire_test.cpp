// The server as the network sees it: certificates, shutdown, forged hosts, hostile bodies, slow peers.
#include "conformance/desk/desk.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include <atomic>
#include <csignal>
#include <fstream>
#include <set>
#include <thread>

using namespace desk;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

// A new pair beside the running one, by the program's own means, moved into place.
void new_certificate(const Desk& d, const fs::path& scratch)
{
    fs::remove_all(scratch);
    fs::create_directories(scratch / "tls");
    for (const auto* file : {"ca.crt", "ca.key"}) fs::copy_file(d.data() / "tls" / file, scratch / "tls" / file);
    const auto made =
        conformance::run({.program = program(), .arguments = {"cert", "dev", "--data", scratch.string()}}, 30s);
    REQUIRE(made.ended == Ended{});
}

std::string serial_of(const Desk& d)
{
    const auto shown =
        conformance::run({.program = "sh",
                          .arguments = {"-c", "openssl s_client -connect 127.0.0.1:" + std::to_string(d.port()) +
                                                  " </dev/null 2>/dev/null | openssl x509 -noout -serial"}},
                         20s);
    return shown.output;
}

std::int64_t memory_of(const Process& process)
{
    std::ifstream status{"/proc/" + std::to_string(process.pid()) + "/status"};
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmRSS:")) return std::stoll(line.substr(6)) * 1024;
    return 0;
}

Answer post_text(Client& client, const std::string& body)
{
    return client.send(
        {.method = "POST", .target = "/Users", .headers = {{"Content-Type", "application/scim+json"}}, .body = body});
}

} // namespace

TEST_CASE("TLS-03: a new certificate is taken up without a lost request, on SIGHUP and when the files change; a bad "
          "pair is not")
{
    Desk d;
    d.serve();
    std::atomic<bool> stop{false};
    std::atomic<int> served{0}, lost{0};
    std::jthread load{[&] {
        while (!stop) {
            auto client = d.client(); // a handshake for each request: new and old certificates are of one CA
            try {
                (client.get("/Users?count=0").status == 200 ? served : lost)++;
            } catch (const conformance::Unreachable&) {
                ++lost;
            }
        }
    }};
    const auto scratch = d.path() / "scratch";
    auto serial = serial_of(d);
    for (int reload = 0; reload < 20; ++reload) {
        INFO("reload " << reload);
        new_certificate(d, scratch);
        fs::rename(scratch / "tls" / "server.key", d.data() / "tls" / "server.key");
        fs::rename(scratch / "tls" / "server.crt", d.data() / "tls" / "server.crt");
        if (reload % 2 == 0) d.server().send_signal(SIGHUP);
        REQUIRE(conformance::wait_until([&] { return serial_of(d) != serial; }, 5s));
        serial = serial_of(d);
    }
    // Half a file: reported, and the old one stays.
    const auto whole = conformance::contents_of(d.data() / "tls" / "server.crt");
    std::ofstream{d.data() / "tls" / "server.crt"} << whole.substr(0, whole.size() / 3);
    d.server().send_signal(SIGHUP);
    CHECK(conformance::wait_until([&] { return d.log().find("certificate.refused") != std::string::npos; }, 5s));
    CHECK(serial_of(d) == serial);
    stop = true;
    load.join();
    CHECK(lost == 0);
    CHECK(served > 50);
}

TEST_CASE("TLS-02, E-114: TLS 1.2 and 1.3 are spoken, the named suites one by one, and nothing older or weaker")
{
    Desk d;
    d.serve();
    const auto shakes = [&](const std::string& options) {
        return conformance::run(
                   {.program = "sh",
                    .arguments = {"-c", "openssl s_client -connect 127.0.0.1:" + std::to_string(d.port()) +
                                            " -CAfile " + d.ca() + " -verify_return_error " + options + " </dev/null"}},
                   20s)
                   .ended == Ended{};
    };
    CHECK(shakes("-tls1_3"));
    CHECK(shakes("-tls1_2"));
    CHECK_FALSE(shakes("-tls1_1 -cipher 'ALL:@SECLEVEL=0'"));
    CHECK_FALSE(shakes("-tls1 -cipher 'ALL:@SECLEVEL=0'"));
    for (const auto* suite : {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"}) {
        INFO(suite);
        CHECK(shakes("-tls1_2 -cipher " + std::string{suite}));
    }
    for (const auto* suite : {"ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES128-SHA",
                              "AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"}) {
        INFO(suite);
        CHECK_FALSE(shakes("-tls1_2 -cipher " + std::string{suite}));
    }
}

TEST_CASE("SIGTERM drains: what was begun is answered, the process ends with 0 and the WAL is in the file")
{
    Desk d;
    d.serve();
    std::atomic<int> answered{0}, odd{0};
    std::atomic<bool> stop{false};
    {
        std::vector<std::jthread> writers;
        for (int w = 0; w < 4; ++w)
            writers.emplace_back([&, w] {
                auto client = d.client();
                for (int i = 0; !stop; ++i) {
                    try {
                        (client.post("/Users", user("d" + std::to_string(w) + "-" + std::to_string(i) + "@x.example"))
                                     .status == 201
                             ? answered
                             : odd)++;
                    } catch (const conformance::Unreachable&) {
                        return;
                    }
                }
            });
        CHECK(conformance::wait_until([&] { return answered > 40; }, 20s));
        CHECK(d.stop() == Ended{});
        stop = true;
    }
    CHECK(odd == 0);
    const auto wal = d.data() / "rollcall.db-wal";
    CHECK((!fs::exists(wal) || fs::file_size(wal) == 0));
    require_sound(d);
    d.serve();
    CHECK(d.client().get("/Users?count=0").json.at("totalResults").as_int64() >= answered);
}

TEST_CASE("a forged Host is answered 421 and never appears in a location; public_url always does")
{
    Desk d;
    d.serve();
    auto client = d.client();
    const auto forged =
        client.raw("GET " + client.base() + "/Users HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer " +
                   d.token() + "\r\n\r\n");
    CHECK(forged.status == 421);
    CHECK(forged.body.find("evil") == std::string::npos);
    const auto made = client.post("/Users", user("here@x.example"));
    REQUIRE(made.status == 201);
    CHECK(*made.header("Location") == d.url() + "/Users/" + id_of(made));
    CHECK(made.json.at("meta").at("location").as_string() == *made.header("Location"));
    CHECK(d.stop() == Ended{});

    d.serve({.flags = {"--set", "server.public_url=https://scim.example.com", "--set",
                       "server.allowed_hosts=other.example"}});
    auto again = d.client();
    const auto id = id_of(made);
    const auto location = "https://scim.example.com/orgs/desk/scim/v2/Users/" + id;
    CHECK(again.get("/Users/" + id).json.at("meta").at("location").as_string() == location);
    for (const auto* host : {"scim.example.com", "other.example", "OTHER.example:8443"}) {
        INFO(host);
        const auto answer =
            again.raw("GET " + again.base() + "/Users/" + id + " HTTP/1.1\r\nHost: " + host +
                      "\r\nX-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\nAuthorization: Bearer " +
                      d.token() + "\r\n\r\n");
        CHECK(answer.status == 200);
        CHECK(answer.json.at("meta").at("location").as_string() == location);
    }
}

TEST_CASE("DOS-02: hostile JSON is 400 or an exact round trip, quickly, in bounded memory, and the process lives")
{
    Desk d;
    d.serve();
    auto client = d.client();
    REQUIRE(client.get("/Users").status == 200);
    const auto before = memory_of(d.server());
    const auto repeat = [](std::string_view unit, std::size_t bytes) {
        std::string text;
        while (text.size() + unit.size() <= bytes) text += unit;
        return text;
    };
    const std::string head =
        R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"h@x.example","x":)";
    std::vector<std::pair<std::string, std::string>> bodies;
    for (const std::size_t depth : {100U, 1000U, 10'000U, 100'000U, 400'000U})
        bodies.emplace_back("depth " + std::to_string(depth),
                            head + std::string(depth, '[') + std::string(depth, ']') + "}");
    constexpr std::size_t nearly = 1024 * 1024 - 200;
    bodies.emplace_back("arrays", head + "[" + repeat("[],", nearly) + "[]]}");
    bodies.emplace_back("ones", head + "[" + repeat("1,", nearly) + "1]}");
    bodies.emplace_back("long key", R"({")" + std::string(70'000, 'k') + R"(":1,"userName":"h@x.example"})");
    std::string keys = "{";
    for (int i = 0; i < 100'001; ++i) keys += "\"" + std::to_string(i) + "\":1,";
    bodies.emplace_back("many keys", keys + R"("userName":"h@x.example"})");
    for (const auto* tail : {R"("a","USERNAME":"b@x.example"})", R"("a\u0000b"})", R"("\ud800"})", R"(1e400})",
                             R"(18446744073709551616})", R"(NaN})", R"([1,]})", R"({"a":1,"a":2}})"})
        bodies.emplace_back(tail, head + tail);
    bodies.emplace_back("5,000 digits", head + std::string(5000, '9') + "}");
    bodies.emplace_back("not UTF-8", head + "\"\xff\xfe\"}");
    for (const auto& [what, body] : bodies) {
        INFO(what);
        const auto begun = std::chrono::steady_clock::now();
        const auto answer = post_text(client, body);
        CHECK(answer.status == 400);
        CHECK(answer.json.at("status").as_string() == "400");
        CHECK(std::chrono::steady_clock::now() - begun < 1s); // coarse: a stuck parser, not a benchmark
    }
    CHECK(memory_of(d.server()) - before < 64 * 1024 * 1024);
    CHECK(client.get("/Users?count=0").json.at("totalResults").as_int64() == 0);
    CHECK(d.server().is_running());
}

TEST_CASE("bad bodies and headers are refused with the status that names them, and nothing is stored")
{
    Desk d;
    d.serve();
    auto client = d.client();
    const auto body = boost::json::serialize(user("b@x.example"));
    struct Row {
        const char* what;
        conformance::Headers headers;
        std::string body;
        int status;
    };
    for (const auto& row : std::vector<Row>{
             {"text/plain", {{"Content-Type", "text/plain"}}, body, 415},
             {"gzip", {{"Content-Type", "application/scim+json"}, {"Content-Encoding", "gzip"}}, body, 415},
             {"not JSON", {{"Content-Type", "application/scim+json"}}, "userName=b", 400},
             {"an array", {{"Content-Type", "application/scim+json"}}, "[" + body + "]", 400},
             {"too long", {{"Content-Type", "application/scim+json"}}, body + std::string(1024 * 1024, ' '), 413},
             {"no userName", {{"Content-Type", "application/json"}}, R"({"displayName":"x"})", 400},
             {"userName of 257 characters",
              {{"Content-Type", "application/json"}},
              R"({"userName":")" + std::string(257, 'u') + R"("})",
              400},
         }) {
        INFO(row.what);
        const auto answer =
            client.send({.method = "POST", .target = "/Users", .headers = row.headers, .body = row.body});
        CHECK(answer.status == row.status);
        CHECK(*answer.header("Content-Type") == "application/scim+json");
        CHECK(answer.json.at("schemas").at(0).as_string() == "urn:ietf:params:scim:api:messages:2.0:Error");
        CHECK_THAT(std::string{answer.json.at("detail").as_string()}, Catch::Contains("request "));
        client.disconnect();
    }
    CHECK(client.get("/Users?count=0").json.at("totalResults").as_int64() == 0);
    CHECK(client.send({.method = "POST", .target = "/Users", .body = body}).status ==
          201); // no Content-Type at all is accepted
    CHECK(client
              .send({.method = "POST",
                     .target = "/Users",
                     .headers = {{"Content-Type", "application/json; charset=utf-8"}},
                     .body = R"({"userName":")" + std::string(256, 'u') + R"("})"})
              .status == 201);
}

TEST_CASE("paths of what is not there yet answer as SCIM errors")
{
    Desk d;
    d.serve();
    auto client = d.client();
    for (const auto& [method, path, status] : {std::tuple{"GET", "/Nothing", 404},
                                               {"GET", "/Me", 501},
                                               {"GET", "/Devices", 404},
                                               {"PATCH", "/Users", 405},
                                               {"DELETE", "/Schemas", 405}}) {
        INFO(method << " " << path);
        const auto answer = client.send({.method = method, .target = path});
        CHECK(answer.status == status);
        CHECK(answer.json.at("status").as_string() == std::to_string(status));
        if (status == 405) CHECK(answer.header("Allow") != nullptr);
    }
    const auto options = client.send({.method = "OPTIONS", .target = "/Users"});
    CHECK(options.status == 204);
    CHECK_THAT(*options.header("Allow"), Catch::Contains("POST"));
}

TEST_CASE("the base address and the searches answer to their methods, with a slash or without")
{
    Desk d;
    d.serve();
    auto client = d.client();
    REQUIRE(client.post("/Users", boost::json::parse(R"({"userName":"bob"})")).status == 201);
    for (const char* const path : {"", "/"}) {
        const auto all = client.get(path);
        REQUIRE(all.status == 200);
        CHECK(all.json.at("totalResults").as_int64() == 1);
        CHECK(client.send({.method = "HEAD", .target = path}).status == 200);
        const auto options = client.send({.method = "OPTIONS", .target = path});
        CHECK(options.status == 204);
        CHECK(*options.header("Allow") == "GET, HEAD, OPTIONS");
        CHECK(*client.send({.method = "DELETE", .target = path}).header("Allow") == "GET, HEAD, OPTIONS");
    }
    for (const char* const path : {"/.search", "/Users/.search", "/Groups/.search"}) {
        INFO(path);
        const auto found = client.post(
            path, boost::json::parse(R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]})"));
        CHECK(found.status == 200);
        CHECK(*client.send({.method = "OPTIONS", .target = path}).header("Allow") == "POST, OPTIONS");
        const auto get = client.get(path);
        CHECK(get.status == 405);
        CHECK(*get.header("Allow") == "POST, OPTIONS");
    }
    CHECK(client.get("//").status == 404);
}

TEST_CASE("RFC 9865: a walk by cursor over HTTPS survives a restart and leaves nobody out")
{
    Desk d;
    d.serve();
    std::set<std::string> names;
    for (int i = 0; i < 25; ++i) {
        const auto name = "user" + std::to_string(i);
        const boost::json::value body{{"userName", name}};
        REQUIRE(d.client().post("/Users", body).status == 201);
        names.insert(name);
    }
    std::string cursor;
    for (int page = 0; page < 3; ++page) {
        auto client = d.client();
        const auto answer = client.get("/Users?count=10&sortBy=userName&cursor=" + cursor);
        REQUIRE(answer.status == 200);
        CHECK(answer.json.at("totalResults").as_int64() == 25);
        CHECK(answer.json.as_object().if_contains("startIndex") == nullptr);
        for (const auto& user : answer.json.at("Resources").as_array())
            CHECK(names.erase(std::string{std::string_view{user.at("userName").as_string()}}) == 1);
        const auto* const next = answer.json.as_object().if_contains("nextCursor");
        CHECK((next != nullptr) == (page < 2));
        if (next == nullptr) break;
        cursor = std::string{std::string_view{next->as_string()}};
        d.stop();
        d.serve();
    }
    CHECK(names.empty());
    CHECK(d.client().get("/Users?count=10&cursor=" + cursor).json.at("scimType").as_string() == "invalidCursor");
}

TEST_CASE("SEC-05: slow headers, slow bodies and slow reads leave the service available")
{
    const auto mode = GENERATE(as<std::string>{}, "-H", "-B", "-X");
    INFO(mode);
    Desk d;
    d.serve({.flags = {"--set", "limits.header_time=3s", "--set", "limits.body_time=3s", "--set", "limits.idle_time=5s",
                       "--set", "limits.write_time=3s"}});
    std::atomic<bool> stop{false};
    std::atomic<int> probes{0}, failures{0};
    std::atomic<std::int64_t> slowest{0};
    std::jthread probe{[&] {
        while (!stop) {
            try {
                auto client = d.client();
                const auto begun = std::chrono::steady_clock::now();
                if (client.get("/Users?count=0").status != 200) ++failures;
                const auto took =
                    std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun)
                        .count();
                if (took > slowest) slowest = took;
            } catch (const conformance::Unreachable&) {
                ++failures;
            }
            ++probes;
        }
    }};
    // 300 slow connections: under limits.connections_per_address, so that the probe, from the same address, is let in.
    std::vector<std::string> arguments = {
        mode, "-c", "300", "-r", "100", "-i", "2", "-l", "8", "-p", "2", "-u", d.url() + "/Users"};
    if (mode == "-X") arguments.insert(arguments.end(), {"-k", "1", "-w", "512", "-y", "1024", "-n", "5", "-z", "32"});
    const auto finished = conformance::run({.program = "slowhttptest", .arguments = arguments}, 60s);
    stop = true;
    probe.join();
    INFO(finished.output);
    CHECK(failures == 0);
    CHECK(probes > 5);
    CHECK(slowest < 2000); // coarse: available, on a machine that runs the attack, too
    CHECK(conformance::wait_until([&] { return d.client().get("/Users?count=0").status == 200; }, 2s));
}

TEST_CASE("limits have counters, shown to whom the operator allows it")
{
    Desk d;
    d.serve();
    const auto page = [&] { return d.client_of("desk", "").send({.target = "/metrics", .from_root = true}); };
    CHECK(page().status == 401); // off, it is a path like any other
    CHECK(d.stop() == Ended{});
    d.serve({.flags = {"--set", "server.metrics=yes"}});
    auto client = d.client();
    CHECK(client.get("/Users?filter=" + conformance::query_escape("nonsense eq")).status == 400);
    CHECK(client.send({.method = "POST", .target = "/Users", .body = std::string(1024 * 1024 + 1, ' ')}).status == 413);
    client.disconnect();
    CHECK(client.send({.target = "/Users?x=" + std::string(9000, 'x')}).status == 414);
    const auto body = page().body;
    for (const auto* line :
         {"rollcall_refusals_total{scimType=\"invalidFilter\"} 1\n", "rollcall_wire_total{what=\"body_bytes\"} 1\n",
          "rollcall_wire_total{what=\"target_bytes\"} 1\n", "rollcall_quirks_total{quirk=\"op_case\"} 0\n",
          "rollcall_purging_held 0\n"}) {
        INFO(body);
        CHECK_THAT(body, Catch::Contains(line));
    }
    const auto id = id_of(client.post("/Groups", group("large")));
    const auto refused =
        client.send({.method = "PUT", .target = "/Groups/" + id, .body = std::string(1024 * 1024 + 1, ' ')});
    CHECK(refused.status == 413);
    CHECK_THAT(refused.body, Catch::Contains("PATCH"));
}
