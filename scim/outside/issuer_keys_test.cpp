#include "core/testing/manual_clock.hpp"
#include "scim/outside/issuer_keys.hpp"
#include "scim/outside/testing/loopback.hpp"
#include "scim/outside/testing/signing.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

using namespace scim::outside;
using namespace scim::outside::testing;
using namespace std::chrono_literals;

namespace {

const std::string issuer = "https://login.example.com/tenant/v2.0";
const std::string discovery = issuer + "/.well-known/openid-configuration";
const std::string keys_url = "https://login.example.com/tenant/keys";

std::string discovery_document(const std::string& of = issuer, const std::string& keys = keys_url)
{
    return R"({"issuer":")" + of + R"(","jwks_uri":")" + keys + "\"}";
}

std::string set_with(const std::string& kid)
{
    static const SigningKey key = SigningKey::ec();
    return key_set(key.jwk(kid));
}

// An issuer whose documents and moods a test chooses.
struct Desk {
    explicit Desk(KeyTimes times = {}) : known{[this](const std::string& url) { return answer(url); }, times} {}

    Fetched answer(const std::string& url)
    {
        const std::lock_guard lock{mutex};
        ++asked[url];
        if (down) return {.trouble = "no connection"};
        const auto found = documents.find(url);
        return found == documents.end() ? Fetched{.status = 404} : found->second;
    }
    // The kid of the first key, "none" for an empty set, "null" when there are no keys to be had.
    static std::string name(const IssuerKeys::Keys& keys)
    {
        if (!keys) return "null";
        return keys->empty() ? "none" : keys->front().id;
    }
    std::string keys() { return name(known.keys(issuer, "", clock.now())); }
    // Looks for a key that is not there.
    std::string search()
    {
        const auto before = known.keys(issuer, "", clock.now());
        return name(known.newer(issuer, "", before, clock.now()));
    }
    int fetches() { return asked[keys_url]; }

    std::mutex mutex;
    std::map<std::string, Fetched> documents{{discovery, {.status = 200, .body = discovery_document()}},
                                             {keys_url, {.status = 200, .body = set_with("k1")}}};
    std::map<std::string, int> asked;
    bool down = false;
    core::testing::ManualClock clock;
    IssuerKeys known;
};

} // namespace

TEST_CASE("keys are found through the issuer's openid-configuration, or where one says they are")
{
    Desk desk;
    CHECK(desk.keys() == "k1");
    CHECK(desk.asked[discovery] == 1);
    CHECK(Desk::name(desk.known.keys(issuer, keys_url, desk.clock.now())) == "k1");
    CHECK(desk.asked[discovery] == 1);
    desk.documents["https://b.example/.well-known/openid-configuration"] = {
        .status = 200, .body = discovery_document("https://b.example/")};
    CHECK(Desk::name(desk.known.keys("https://b.example/", "", desk.clock.now())) == "k1");
}

TEST_CASE("a document that is not as it should be brings no keys")
{
    struct Row {
        const char* what;
        Fetched discovered;
        Fetched keys;
    };
    const Fetched good{.status = 200, .body = discovery_document()};
    const Fetched good_keys{.status = 200, .body = set_with("k1")};
    const auto row = GENERATE_COPY(values<Row>({
        {"no openid-configuration", {.status = 404}, good_keys},
        {"an error with a good body", {.status = 500, .body = discovery_document()}, good_keys},
        {"a redirect", {.status = 302, .body = discovery_document()}, good_keys},
        {"no JSON", {.status = 200, .body = "<html>"}, good_keys},
        {"a list", {.status = 200, .body = "[]"}, good_keys},
        {"another issuer's", {.status = 200, .body = discovery_document("https://evil.example")}, good_keys},
        {"the issuer twice",
         {.status = 200,
          .body = R"({"issuer":"https://evil.example","issuer":")" + issuer + R"(","jwks_uri":")" + keys_url + "\"}"},
         good_keys},
        {"no place of keys", {.status = 200, .body = R"({"issuer":")" + issuer + "\"}"}, good_keys},
        {"a place that is no text",
         {.status = 200, .body = R"({"issuer":")" + issuer + R"(","jwks_uri":1})"},
         good_keys},
        {"no keys there", good, {.status = 404}},
        {"keys that are no set", good, {.status = 200, .body = "{}"}},
        {"keys that are no JSON", good, {.status = 200, .body = ""}},
    }));
    INFO(row.what);
    Desk desk;
    desk.documents[discovery] = row.discovered;
    desk.documents[keys_url] = row.keys;
    CHECK(desk.keys() == "null");
}

TEST_CASE("keys are asked for again when they are no longer fresh, within bounds")
{
    struct Row {
        std::optional<core::Duration> said;
        core::Duration fresh;
    };
    const auto row = GENERATE(values<Row>({
        {std::nullopt, 1h},
        {2h, 2h},
        {0s, 5min},
        {1s, 5min},
        {24h, 24h},
        {8760h, 24h},
    }));
    Desk desk;
    desk.documents[keys_url].fresh = row.said;
    CHECK(desk.keys() == "k1");
    desk.documents[keys_url].body = set_with("k2");
    desk.clock.tick(row.fresh - 1ms);
    CHECK(desk.keys() == "k1");
    CHECK(desk.fetches() == 1);
    desk.clock.tick(1ms);
    CHECK(desk.keys() == "k2"); // a key that was taken back is gone
    CHECK(desk.fetches() == 2);
}

TEST_CASE(
    "AUTH-20: a key that nobody knows is looked for at once, and then once a minute however often it is asked for")
{
    Desk desk;
    CHECK(desk.keys() == "k1");
    desk.documents[keys_url].body = set_with("k2"); // rotated without notice
    CHECK(desk.search() == "k2");
    CHECK(desk.fetches() == 2);
    for (int i = 0; i < 1000; ++i) desk.search();
    CHECK(desk.fetches() == 2);
    desk.clock.tick(1min - 1ms);
    desk.search();
    CHECK(desk.fetches() == 2);
    desk.clock.tick(1ms);
    for (int i = 0; i < 1000; ++i) desk.search();
    CHECK(desk.fetches() == 3);
}

TEST_CASE("AUTH-20: while the issuer is down its keys stay good for two days, and it is asked once a minute")
{
    Desk desk;
    CHECK(desk.keys() == "k1");
    desk.down = true;
    desk.clock.tick(1h);
    for (int i = 0; i < 1000; ++i) CHECK(desk.keys() == "k1");
    CHECK(desk.asked[discovery] == 2);
    desk.clock.tick(1min);
    CHECK(desk.keys() == "k1");
    CHECK(desk.asked[discovery] == 3);
    desk.clock.tick(46h + 58min);
    CHECK(desk.keys() == "k1");
    desk.clock.tick(1min); // 48 hours since they came
    CHECK(desk.keys() == "null");
    desk.down = false;
    CHECK(desk.keys() == "null");
    desk.clock.tick(1min);
    CHECK(desk.keys() == "k1");
}

TEST_CASE("an issuer that was down from the beginning is asked again after a minute")
{
    Desk desk;
    desk.down = true;
    CHECK(desk.keys() == "null");
    desk.down = false;
    desk.clock.tick(1min - 1ms);
    CHECK(desk.keys() == "null");
    CHECK(desk.asked[discovery] == 1);
    desk.clock.tick(1ms);
    CHECK(desk.keys() == "k1");
}

TEST_CASE("a failing search keeps the keys that are there")
{
    Desk desk;
    CHECK(desk.keys() == "k1");
    desk.down = true;
    CHECK(desk.search() == "k1");
    CHECK(desk.asked[discovery] == 2);
    CHECK(desk.search() == "k1");
    CHECK(desk.asked[discovery] == 2);
}

TEST_CASE("a clock that is set back neither stops the asking nor the keys")
{
    Desk desk;
    CHECK(desk.keys() == "k1");
    desk.clock.tick(-720h);
    desk.documents[keys_url].body = set_with("k2");
    CHECK(desk.keys() == "k2");
    CHECK(desk.search() == "k2");
}

TEST_CASE("issuers are remembered up to a number; who was not asked for longest goes")
{
    Desk desk{{.issuers = 3}};
    for (int i = 0; i < 3; ++i) {
        desk.known.keys("https://i" + std::to_string(i), keys_url, desk.clock.now());
        desk.clock.tick(1s);
    }
    CHECK(desk.fetches() == 3);
    desk.known.keys("https://i0", keys_url, desk.clock.now());
    CHECK(desk.fetches() == 3);
    desk.clock.tick(1s);
    desk.known.keys("https://i3", keys_url, desk.clock.now());
    desk.known.keys("https://i0", keys_url, desk.clock.now());
    CHECK(desk.fetches() == 4);
    desk.known.keys("https://i1", keys_url, desk.clock.now());
    CHECK(desk.fetches() == 5);
}

TEST_CASE("many who need keys at once fetch them once; those who have some do not wait")
{
    std::atomic<int> inside{0};
    std::atomic<int> fetches{0};
    std::atomic<bool> open{false};
    IssuerKeys known{[&](const std::string&) {
        ++fetches;
        ++inside;
        eventually([&] { return open.load(); });
        --inside;
        return Fetched{.status = 200, .body = set_with("k1")};
    }};
    const core::Instant now = core::testing::day(0);
    std::atomic<int> got{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] {
            if (known.keys(issuer, keys_url, now)) ++got;
        });
    REQUIRE(eventually([&] { return inside == 1; }));
    open = true;
    for (std::thread& thread : threads) thread.join();
    CHECK(got == 8);
    CHECK(fetches == 1);

    open = false;
    std::thread slow{[&] { known.keys(issuer, keys_url, now + 2h); }};
    REQUIRE(eventually([&] { return inside == 1; }));
    CHECK(known.keys(issuer, keys_url, now + 2h) != nullptr); // while the other one still asks
    CHECK(fetches == 2);
    open = true;
    slow.join();
}
