#include "scim/http/proxies.hpp"

#include <catch2/catch.hpp>

using scim::http::Proxies;

TEST_CASE("the client behind trusted proxies is the last address that is not one of them")
{
    const Proxies proxies{{"10.0.0.7", "192.168.0.0/20", "fd00::/8"}};
    struct Row {
        const char* list;
        const char* client;
    };
    const auto row = GENERATE(values<Row>({
        {"203.0.113.9", "203.0.113.9"},
        {"6.6.6.6, 203.0.113.9", "203.0.113.9"},
        {"6.6.6.6,203.0.113.9 , 192.168.15.255", "203.0.113.9"},
        {"203.0.113.9, 192.168.16.0", "192.168.16.0"},
        {"2001:db8::1, fd12::1", "2001:db8::1"},
        {"203.0.113.9, rubbish", "10.0.0.7"},
        {"203.0.113.9,", "10.0.0.7"},
        {"10.0.0.7", "10.0.0.7"},
        {"", "10.0.0.7"},
        {"203.0.113.9:80", "10.0.0.7"},
    }));
    INFO(row.list);
    CHECK(proxies.client_of("10.0.0.7", row.list) == row.client);
}

TEST_CASE("a proxy is trusted by address or network, in either form of an IPv4 address")
{
    const Proxies proxies{{"10.0.0.7", "192.168.0.0/20", "fd00::/8"}};
    CHECK(proxies.are_trusted("10.0.0.7"));
    CHECK(proxies.are_trusted("::ffff:10.0.0.7"));
    CHECK(proxies.are_trusted("192.168.15.255"));
    CHECK(proxies.are_trusted("fdff::1"));
    CHECK_FALSE(proxies.are_trusted("10.0.0.8"));
    CHECK_FALSE(proxies.are_trusted("192.168.16.0"));
    CHECK_FALSE(proxies.are_trusted("fe00::1"));
    CHECK_FALSE(proxies.are_trusted("not an address"));
    CHECK_FALSE(Proxies{{}}.are_trusted("127.0.0.1"));
}

TEST_CASE("a trusted proxy that is no address is refused by name")
{
    const auto* text = GENERATE("proxy.example", "10.0.0.0/33", "10.0.0.0/", "fd00::/129", "10.0.0.0/8x", "");
    CHECK_THROWS_WITH((Proxies{{text}}), Catch::Contains(std::string{"'"} + text + "'"));
}
