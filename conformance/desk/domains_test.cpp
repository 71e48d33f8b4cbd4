// Domains through the whole program: real DNS over UDP and TCP, from a name server that may lie, be slow, or say too
// much; and what a claimed domain means for another organisation's directory.
#include "conformance/desk/desk.hpp"
#include "conformance/desk/name_server.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include <chrono>
#include <thread>

using namespace desk;
using namespace std::chrono_literals;
namespace json = boost::json;
using Manner = NameServer::Manner;

namespace {

// Two organisations, `desk` and `other`, with an administrator each, and a name server that the program asks.
struct World {
    Desk d;
    NameServer dns;
    std::string admin, other_admin, other_token;

    explicit World(std::vector<std::string> settings = {})
    {
        d.said({"org", "create", "other"});
        admin = d.said({"token", "create", "--admin", "org-admin", "--org", "desk"});
        other_admin = d.said({"token", "create", "--admin", "org-admin", "--org", "other"});
        other_token = d.said({"token", "create", "--org", "other"});
        std::vector<std::string> flags{"--set", "dns.resolver=" + dns.address()};
        for (auto& each : settings) {
            flags.emplace_back("--set");
            flags.push_back(std::move(each));
        }
        d.serve({.flags = flags});
    }
    Answer api(const std::string& method, const std::string& org, const std::string& path, const std::string& body = {})
    {
        auto client = d.client_of(org, org == "desk" ? admin : other_admin);
        return client.send({.method = method,
                            .target = "/api/v1/orgs/" + org + "/domains" + path,
                            .headers = {{"Content-Type", "application/json"}},
                            .body = body,
                            .from_root = true});
    }
    Answer verify(const std::string& org = "desk") { return api("POST", org, "/contoso.com/verify"); }
    // Adds contoso.com and publishes its proof.
    void add(const std::string& org = "desk")
    {
        const auto made = api("POST", org, "", R"({"name":"contoso.com"})");
        REQUIRE(made.status == 201);
        const auto& record = made.json.at("record");
        dns.publish(std::string{record.at("name").as_string()},
                    {"v=spf1 -all", std::string{record.at("value").as_string()}});
    }
};

std::string text(const Answer& answer, const char* name)
{
    const auto& value = answer.json.at(name);
    return value.is_string() ? std::string{value.as_string()} : std::string{};
}

} // namespace

TEST_CASE(
    "S-173…S-176: a domain is verified over real DNS, claimed, and closed to other directories; the audit tells it")
{
    World w;
    w.add();
    REQUIRE(text(w.verify(), "state") == "verified");
    auto directory = w.d.client_of("other", w.other_token);
    CHECK(directory.post("/Users", user("early@contoso.com")).status == 201);
    CHECK(text(w.api("POST", "desk", "/contoso.com/claim"), "state") == "claimed");
    const auto refused = directory.post("/Users", user("late@contoso.com"));
    CHECK(refused.status == 403);
    CHECK_THAT(refused.body, Catch::Contains("claimed by another organisation") && !Catch::Contains("desk"));
    CHECK(w.d.client().post("/Users", user("late@contoso.com")).status == 201);
    CHECK(text(w.api("POST", "desk", "/contoso.com/release"), "state") == "verified");
    CHECK(directory.post("/Users", user("third@contoso.com")).status == 201);
    const auto told = w.d.said({"audit", "list", "--org", "desk"});
    for (const auto* const activity : {"addDomain", "verifyDomain", "claimDomain", "releaseDomain"})
        CHECK_THAT(told, Catch::Contains(activity));
}

TEST_CASE("DNS that lies, is slow, fails, answers garbage or 64 KiB verifies nothing, unverifies nothing, and holds up "
          "nobody")
{
    World w;
    w.add();
    struct Row {
        Manner manner;
        const char* problem;
    };
    const Row rows[] = {
        {Manner::lying, "TXT"},           {Manner::silent, "in time"}, {Manner::failing, "SERVFAIL"},
        {Manner::garbage, "name server"}, {Manner::too_long, "TXT"},
    };
    for (const bool is_verified : {false, true}) {
        w.dns.behave(Manner::honest);
        if (is_verified) REQUIRE(text(w.verify(), "state") == "verified");
        for (const auto& row : rows) {
            INFO(is_verified << ' ' << static_cast<int>(row.manner));
            w.dns.behave(row.manner);
            const auto begun = std::chrono::steady_clock::now();
            Answer answer;
            std::thread asking{[&] { answer = w.verify(); }};
            CHECK(w.d.client().get("/Users").status == 200); // while the name server lets us wait
            asking.join();
            CHECK(std::chrono::steady_clock::now() - begun < 9s);
            CHECK(answer.status == 200);
            CHECK(text(answer, "state") == (is_verified ? "verified" : "pending"));
            CHECK_THAT(text(answer, "problem"), Catch::Contains(row.problem));
        }
    }
}

TEST_CASE(
    "a verified domain is looked at again by itself, and is pending when its proof was gone for the days of grace")
{
    World w{{"domains.recheck=1s", "domains.grace=2s"}};
    w.add();
    REQUIRE(text(w.verify(), "state") == "verified");
    REQUIRE(text(w.api("POST", "desk", "/contoso.com/claim"), "state") == "claimed");
    w.dns.publish("_rollcall-challenge.contoso.com", {});
    Answer now;
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    do {
        now = w.api("GET", "desk", "/contoso.com");
        std::this_thread::sleep_for(100ms);
    } while (text(now, "state") == "claimed" && std::chrono::steady_clock::now() < deadline);
    CHECK(text(now, "state") == "pending");
    CHECK_THAT(w.d.said({"audit", "list", "--org", "desk"}), Catch::Contains("unverifyDomain"));
    CHECK_THAT(w.d.log(), Catch::Contains("domain.unverified"));
}

TEST_CASE("`rollcall domain` does on the data directory what the API does, beside a running server")
{
    World w;
    const auto command = [&](std::vector<std::string> words) {
        words.insert(words.begin(), "domain");
        words.insert(words.end(), {"--org", "desk"});
        return w.d.command(std::move(words), {{"ROLLCALL_DNS_RESOLVER", w.dns.address()}});
    };
    const auto made = command({"add", "Contoso.com", "--json"});
    REQUIRE(made.ended.code == 0);
    const auto record = json::parse(made.output).at("record");
    CHECK(command({"add", "contoso.com"}).ended.code == 1);
    CHECK(command({"add", "com"}).ended.code == 1);
    CHECK(command({"add", "not a name"}).ended.code == 2);
    CHECK(command({"verify", "contoso.com"}).ended.code == 1);
    w.dns.publish(std::string{record.at("name").as_string()}, {std::string{record.at("value").as_string()}});
    CHECK(command({"verify", "contoso.com"}).ended.code == 0);
    CHECK(command({"claim", "contoso.com"}).ended.code == 0);
    CHECK(text(w.api("GET", "desk", "/contoso.com"), "state") == "claimed");
    auto directory = w.d.client_of("other", w.other_token);
    CHECK(directory.post("/Users", user("ada@contoso.com")).status == 403);
    CHECK_THAT(command({"list"}).output, Catch::Contains("claimed"));
    CHECK(command({"release", "contoso.com"}).ended.code == 0);
    CHECK(command({"remove", "contoso.com"}).ended.code == 0);
    CHECK(command({"remove", "contoso.com"}).ended.code == 4);
    CHECK(w.api("GET", "desk", "/contoso.com").status == 404);
}
