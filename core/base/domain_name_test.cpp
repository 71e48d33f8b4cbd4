#include "core/base/domain_name.hpp"

#include <catch2/catch.hpp>

using namespace core;

TEST_CASE("a domain has one spelling, however it is written")
{
    struct Row {
        const char* written;
        const char* meant;
    };
    const auto row = GENERATE(values<Row>({
        {"contoso.com", "contoso.com"},
        {"Contoso.COM", "contoso.com"},
        {"contoso.com.", "contoso.com"},
        {"a-b.c0.example", "a-b.c0.example"},
        {"b\u00fccher.example", "xn--bcher-kva.example"},
        {"B\u00dcCHER.example", "xn--bcher-kva.example"},
        {"bu\u0308cher.example", "xn--bcher-kva.example"}, // decomposed
        {"xn--bcher-kva.example", "xn--bcher-kva.example"},
        {"XN--BCHER-KVA.EXAMPLE", "xn--bcher-kva.example"},
        {"fa\u00df.example", "xn--fa-hia.example"}, // sharp s is a letter of its own
        {"contoso\u3002com", "contoso.com"},        // ideographic full stop
        {"\uff43ontoso.com", "contoso.com"},        // full width
        {"com", "com"},
    }));
    INFO(row.written);
    CHECK(ascii_domain(row.written) == std::string{row.meant});
}

TEST_CASE("what is no host name has no spelling")
{
    const std::string label(63, 'a');
    const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'b');
    REQUIRE(longest.size() == 253);
    CHECK(ascii_domain(longest) == longest);
    CHECK_FALSE(ascii_domain(longest + "b"));
    CHECK(ascii_domain(label + ".example"));
    CHECK_FALSE(ascii_domain(label + "a.example"));
    for (const std::string text :
         {"", ".", "..", "a..b", ".a", "a_b.example", "-a.example", "a-.example", "a b.example", "192.0.2.1",
          "[192.0.2.1]", "a/b.example", "a@b.example", "xn--a.example", "xn--.example", "\xff.example", "*.example",
          "a.b..", "\u2028.example"}) {
        INFO(text);
        CHECK_FALSE(ascii_domain(text));
    }
    CHECK_FALSE(ascii_domain(std::string{"a.example\0.b", 12}));
}

TEST_CASE("an address lies in what stands behind its last @, also when the fold is needed to see it")
{
    CHECK(domain_of("Ada@Contoso.com") == "contoso.com");
    CHECK(domain_of("\"a@b\"@contoso.com") == "contoso.com");
    CHECK(domain_of("ada\uff20contoso.com") == "contoso.com"); // full width @
    CHECK(domain_of("ada@b\u00fccher.example") == "xn--bcher-kva.example");
    CHECK_FALSE(domain_of("ada"));
    CHECK_FALSE(domain_of("ada@"));
    CHECK_FALSE(domain_of("@contoso.com"));
    CHECK_FALSE(domain_of("ada@con toso.com"));
}
