#include "scim/outside/curl.hpp"
#include "scim/outside/testing/web_stub.hpp"

#include <catch2/catch.hpp>

#include <stdlib.h>

using namespace scim::outside;
using namespace scim::outside::testing;
using namespace std::chrono_literals;

namespace {

struct Desk {
    explicit Desk(const std::string& names = "DNS:localhost,IP:127.0.0.1", bool expired = false)
        : identity{identity_for(names, expired)}, ca{identity.authority}, web{identity}
    {
    }
    Fetch wish(const std::string& path) const
    {
        return {.url = web.url() + path, .ca_file = ca.path(), .longest = 5s, .private_addresses = true};
    }

    Identity identity;
    TemporaryFile ca;
    WebStub web;
};

} // namespace

TEST_CASE("a document is fetched over HTTPS from whom the CA file vouches for")
{
    Desk desk;
    desk.web.set("/doc", {.body = "{}"});
    const Fetched fetched = fetch(desk.wish("/doc"));
    INFO(fetched.trouble);
    CHECK(fetched.status == 200);
    CHECK(fetched.body == "{}");
    CHECK_FALSE(fetched.fresh.has_value());
    CHECK(fetch(desk.wish("/other")).status == 404);
    // The system's authorities do not know this one.
    Fetch stranger = desk.wish("/doc");
    stranger.ca_file.clear();
    CHECK(fetch(stranger).status == 0);
    CHECK(desk.web.asked("/doc") == 1);
}

TEST_CASE("a certificate of another name, or past its end, is not believed")
{
    Desk elsewhere{"DNS:elsewhere.example"};
    elsewhere.web.set("/doc", {});
    CHECK(fetch(elsewhere.wish("/doc")).status == 0);
    Desk late{"IP:127.0.0.1", true};
    late.web.set("/doc", {});
    CHECK(fetch(late.wish("/doc")).status == 0);
    CHECK(elsewhere.web.asked("/doc") + late.web.asked("/doc") == 0);
}

TEST_CASE("redirects are not followed")
{
    Desk desk;
    WebStub canary;
    const int status = GENERATE(301, 302, 303, 307, 308);
    desk.web.set("/doc", {.status = status, .fields = "Location: " + canary.url() + "/\r\n"});
    CHECK(fetch(desk.wish("/doc")).status == status);
    CHECK(canary.connections() == 0);
}

TEST_CASE("answers are bounded in size and time")
{
    Desk desk;
    desk.web.set("/most", {.body = std::string(1000, 'x')});
    desk.web.set("/more", {.body = std::string(1001, 'x')});
    desk.web.set("/endless", {.endless_bytes = 64 * 1024 * 1024});
    desk.web.set("/slow", {.body = "x", .hangs = true});
    const auto with_limit = [&](const std::string& path) {
        Fetch wish = desk.wish(path);
        wish.most_bytes = 1000;
        wish.longest = path == "/slow" ? core::Duration{300ms} : core::Duration{5s};
        return fetch(wish);
    };
    CHECK(with_limit("/most").body.size() == 1000);
    CHECK(with_limit("/more").trouble == "the answer is too large");
    CHECK(with_limit("/endless").trouble == "the answer is too large");
    const auto begun = std::chrono::steady_clock::now();
    CHECK(with_limit("/slow").status == 0);
    CHECK(std::chrono::steady_clock::now() - begun < 4s);
}

TEST_CASE("how long an answer is fresh is read from its header")
{
    struct Row {
        const char* fields;
        std::optional<core::Duration> fresh;
    };
    const auto row = GENERATE(values<Row>({
        {"", std::nullopt},
        {"Cache-Control: max-age=3600\r\n", 3600s},
        {"Cache-Control: private, Max-Age=86400\r\n", 86400s},
        {"Cache-Control: public,max-age=60,must-revalidate\r\n", 60s},
        {"Cache-Control: max-age=3600\r\nAge: 600\r\n", 3000s},
        {"Cache-Control: max-age=60\r\nAge: 600\r\n", 0s},
        {"Cache-Control: no-store\r\n", 0s},
        {"Cache-Control: no-cache, max-age=60\r\n", 0s},
        {"Cache-Control: s-maxage=60\r\n", std::nullopt},
        {"Cache-Control: max-age=-1\r\n", std::nullopt},
        {"Cache-Control: max-age=soon\r\n", std::nullopt},
        {"Cache-Control: max-age=99999999999999999999\r\n", std::nullopt},
    }));
    INFO(row.fields);
    Desk desk;
    desk.web.set("/doc", {.fields = row.fields});
    CHECK(fetch(desk.wish("/doc")).fresh == row.fresh);
}

TEST_CASE("http is spoken with loopback alone, and only when that is allowed")
{
    WebStub web;
    web.set("/doc", {.body = "{}"});
    CHECK(fetch({.url = web.url() + "/doc", .private_addresses = true}).status == 0);
    CHECK(fetch({.url = web.url() + "/doc", .plain_loopback = true}).status == 200);
    CHECK(fetch({.url = web.url("127.0.0.2") + "/doc", .private_addresses = true, .plain_loopback = true}).status == 0);
    CHECK(web.connections() == 1);
}

TEST_CASE("a proxy of the environment is not asked")
{
    WebStub canary;
    ::setenv("https_proxy", canary.url().c_str(), 1);
    ::setenv("all_proxy", canary.url().c_str(), 1);
    Desk desk;
    desk.web.set("/doc", {});
    CHECK(fetch(desk.wish("/doc")).status == 200);
    ::unsetenv("https_proxy");
    ::unsetenv("all_proxy");
    CHECK(canary.connections() == 0);
}

TEST_CASE("no spelling of a URL leads to an address that is not public (API7)")
{
    // Both listen on everything that could be meant; the second one's certificate is good.
    const WebStub canary;
    const Desk desk;
    std::vector<std::string> urls;
    for (const std::uint16_t port : {canary.port(), desk.web.port()}) {
        const std::string at = ":" + std::to_string(port) + "/doc";
        for (const char* const start : {"https://127.0.0.1",
                                        "https://localhost",
                                        "https://LOCALHOST",
                                        "https://localhost.",
                                        "https://127.1",
                                        "https://127.0.1",
                                        "https://2130706433",
                                        "https://0x7f000001",
                                        "https://0x7f.1",
                                        "https://0177.0.0.1",
                                        "https://127.0.0.2",
                                        "https://127.255.255.254",
                                        "https://0.0.0.0",
                                        "https://0",
                                        "https://[::1]",
                                        "https://[0:0:0:0:0:0:0:1]",
                                        "https://[::ffff:127.0.0.1]",
                                        "https://[::ffff:7f00:1]",
                                        "https://[::]",
                                        "https://[::127.0.0.1]",
                                        "https://10.0.0.1",
                                        "https://169.254.169.254",
                                        "https://192.168.0.1",
                                        "https://172.16.0.1",
                                        "https://100.64.0.1",
                                        "https://[fe80::1]",
                                        "https://[fc00::1]",
                                        "https://[64:ff9b::7f00:1]",
                                        "https://[2002:7f00:1::]",
                                        "https://[ff02::1]",
                                        "http://127.0.0.1",
                                        "http://localhost",
                                        "https://user@127.0.0.1",
                                        "https://user:password@127.0.0.1",
                                        "https://%6cocalhost",
                                        "https:127.0.0.1",
                                        "https:/127.0.0.1",
                                        "//127.0.0.1",
                                        "127.0.0.1",
                                        "ftp://127.0.0.1",
                                        "file:///etc/passwd?",
                                        "gopher://127.0.0.1",
                                        "dict://127.0.0.1",
                                        "ldap://127.0.0.1",
                                        "telnet://127.0.0.1",
                                        "https://127.0.0.1\t",
                                        "https://127.0.0.1 "})
            urls.push_back(start + at);
    }
    CHECK(urls.size() >= 40);
    for (const std::string& url : urls) {
        INFO(url);
        CHECK(fetch({.url = url, .ca_file = desk.ca.path(), .longest = 500ms}).status == 0);
    }
    CHECK(canary.connections() == 0);
    CHECK(desk.web.connections() == 0);
    // And were it not for that, they would.
    CHECK(fetch(desk.wish("/doc")).status == 404);
    Fetch odd = desk.wish("/doc");
    odd.url = "https://2130706433:" + std::to_string(desk.web.port()) + "/doc";
    fetch(odd);
    CHECK(desk.web.connections() == 2);
}

TEST_CASE("what is wrong with a URL is known before anyone is asked")
{
    CHECK(problem_with_url("https://login.example.com/a/v2.0", false).empty());
    CHECK(problem_with_url("https://login.example.com:8443/keys?p=1", false).empty());
    CHECK_FALSE(problem_with_url("", false).empty());
    CHECK_FALSE(problem_with_url("https://", false).empty());
    CHECK_FALSE(problem_with_url("http://login.example.com", true).empty());
    CHECK_FALSE(problem_with_url("http://127.0.0.1", false).empty());
    CHECK(problem_with_url("http://127.0.0.1:80/x", true).empty());
    CHECK_FALSE(problem_with_url("https://a@b", false).empty());
    CHECK_FALSE(problem_with_url("https://b/#c", false).empty());
    CHECK_FALSE(problem_with_url("https://b\r\nHost: c", false).empty());
}
