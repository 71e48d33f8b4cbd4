#include "conformance/client.hpp"
#include "conformance/testing/stand_in.hpp"

#include <catch2/catch.hpp>

#include <string>

using conformance::Client;
using conformance::query_escape;
using conformance::testing::Heard;
using conformance::testing::Listener;
using conformance::testing::Said;

TEST_CASE("the client sends the path below the base URL, the query flag of the URL, and the bearer")
{
    Heard heard;
    const Listener server([&](const Heard& request) {
        heard = request;
        return Said{.status = 200, .body = R"({"answer":42})"};
    });
    Client client({.url = server.url() + "/scim/v2/?aadOptscim062020", .token = "secret"});
    std::vector<conformance::Exchange> seen;
    client.on_exchange([&](const conformance::Exchange& e) { seen.push_back(e); });

    const auto answer = client.get("/Users?count=1");
    CHECK(answer.status == 200);
    CHECK(answer.json.at("answer") == 42);
    CHECK(heard.target == "/scim/v2/Users?count=1&aadOptscim062020");
    CHECK(*conformance::find_header(heard.headers, "authorization") == "Bearer secret");

    REQUIRE(seen.size() == 1);
    CHECK(*conformance::find_header(seen[0].request.headers, "authorization") == "Bearer ***");

    client.send({.target = "/readyz", .headers = {{"Authorization", ""}}, .from_root = true});
    CHECK(heard.target == "/readyz");
    CHECK(conformance::find_header(heard.headers, "authorization") == nullptr);
    CHECK(conformance::find_header(heard.headers, "user-agent") == nullptr);
}

TEST_CASE("the client keeps its connection, and makes a new one when the server has closed it")
{
    bool close = false;
    const Listener server([&](const Heard&) { return Said{.status = 204, .close = close}; });
    Client client({.url = server.url()});
    client.get("/a");
    client.get("/b");
    CHECK(server.connections() == 1);
    close = true;
    client.get("/c");
    CHECK(client.get("/d").status == 204);
    CHECK(server.connections() == 2);
}

TEST_CASE("a body goes out as JSON with its length, raw bytes go out as they are")
{
    Heard heard;
    const Listener server([&](const Heard& request) {
        heard = request;
        return Said{.status = 200, .body = "no JSON"};
    });
    Client client({.url = server.url()});
    const auto answer = client.post("/Users", {{"userName", "b"}});
    CHECK(heard.body == R"({"userName":"b"})");
    CHECK(*conformance::find_header(heard.headers, "content-length") == "16");
    CHECK_FALSE(answer.is_json);
    CHECK(client.raw("GET /x HTTP/1.1\r\nHost: h\r\n\r\n").status == 200);
    CHECK(heard.target == "/x");
    CHECK(client.raw_until_closed("GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").ends_with("no JSON"));
}

TEST_CASE("a server that is not there, or never answers, is unreachable")
{
    std::string nobody;
    {
        const Listener server([](const Heard&) { return Said{}; });
        nobody = server.url();
    }
    CHECK_THROWS_AS(Client({.url = nobody}).get("/"), conformance::Unreachable);

    const Listener mute([](const Heard&) { return Said{.silent = true}; });
    Client client({.url = mute.url(), .timeout = std::chrono::milliseconds(100)});
    CHECK_THROWS_AS(client.get("/"), conformance::Unreachable);
}

TEST_CASE("an URL that cannot work is refused at once")
{
    CHECK_THROWS_AS(Client({.url = "ftp://host/"}), std::invalid_argument);
    CHECK_THROWS_AS(Client({.url = "https:///x"}), std::invalid_argument);
    CHECK_THROWS_AS(Client({.url = "https://[::1/x"}), std::invalid_argument);
    CHECK_THROWS_AS(Client({.url = "https://example.com/x", .insecure = true}), std::invalid_argument);
    CHECK_THROWS_AS(Client({.url = "https://localhost/x", .ca_file = "/nonexistent.pem"}), std::invalid_argument);
    CHECK(Client({.url = "https://[::1]:8443/x/", .insecure = true}).base() == "/x");
}

TEST_CASE("a certificate is checked against the CA that was named")
{
    const Listener server([](const Heard&) { return Said{.status = 200}; }, Listener::with_tls);
    CHECK(Client({.url = server.url(), .ca_file = server.ca_file()}).get("/").status == 200);
    CHECK(Client({.url = server.url(), .insecure = true}).get("/").status == 200);
    CHECK_THROWS_AS(Client({.url = server.url()}).get("/"), conformance::Unreachable);
}

TEST_CASE("a query is escaped as .NET does it")
{
    CHECK(query_escape(R"(emails[type eq "work"].value eq "a+b@x.se")") ==
          "emails%5Btype+eq+%22work%22%5D.value+eq+%22a%2Bb%40x.se%22");
}
