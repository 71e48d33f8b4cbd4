#include "scim/outside/dns_answer.hpp"
#include "scim/outside/testing/dns_stub.hpp"

#include <catch2/catch.hpp>

using namespace scim::outside;
using namespace scim::outside::testing;

namespace {

const DnsQuery query{
    .id = 1, .name = "contoso.example", .question = dns_name("contoso.example") + std::string{"\0\x10\0\x01", 4}};

std::string two(std::size_t value) { return {static_cast<char>(value >> 8), static_cast<char>(value & 255)}; }

// A message whose one answer has this owner, as it is on the wire.
std::string with_owner(const std::string& owner, std::size_t type = 16, const std::string& data = "\x01x")
{
    std::string message = encoded(query, {});
    message[7] = 1;
    return message + owner + two(type) + two(1) + two(0) + two(60) + two(data.size()) + data;
}

std::string owner_of(const std::string& message)
{
    const auto records = read_dns_answer(message);
    return records && records->size() == 1 ? records->front().owner : "?";
}

} // namespace

TEST_CASE("names are read in lower case, whole or by pointers to what stood before")
{
    CHECK(owner_of(with_owner("\xC0\x0C")) == "contoso.example");
    CHECK(owner_of(with_owner("\x03WWW\xC0\x0C")) == "www.contoso.example");
    CHECK(owner_of(with_owner("\x03WWW\xC0\x14")) == "www.example");
    CHECK(owner_of(with_owner(dns_name("A.b-c_d.Example"))) == "a.b-c_d.example");
    CHECK(owner_of(with_owner(std::string{"\0", 1})).empty()); // the root
}

TEST_CASE("a label that holds a dot is not two labels")
{
    CHECK(owner_of(with_owner(std::string{"\x0F"
                                          "contoso.example\0",
                                          17})) == "contoso\\046example");
    CHECK(owner_of(with_owner(std::string{"\x02\0\xFF\0", 4})) == "\\000\\255");
}

TEST_CASE("a name that is none ends the reading, whatever it leads to")
{
    struct Row {
        const char* what;
        std::string owner;
    };
    const std::string label = '\x3F' + std::string(63, 'x');
    const auto row = GENERATE_COPY(values<Row>({
        {"a pointer to itself", two(0xC000 + encoded(query, {}).size())},
        {"a pointer forwards", two(0xC000 + encoded(query, {}).size() + 4)},
        {"a pointer into the header", "\xC0\x02"},
        {"a pointer beyond the end", "\xFF\xFF"},
        {"half a pointer at the end of labels that lead to themselves", "\x01"
                                                                        "a" +
                                                                            two(0xC000 + encoded(query, {}).size())},
        {"an unknown kind of label", "\x40"},
        {"another unknown kind of label", "\x80"},
        {"a name of 256 bytes", label + label + label + label},
    }));
    INFO(row.what);
    CHECK_FALSE(read_dns_answer(with_owner(row.owner)).has_value());
}

TEST_CASE("a name of 255 bytes is the longest")
{
    const std::string label = '\x3F' + std::string(63, 'x');
    const std::string longest = label + label + label + '\x3D' + std::string(61, 'y') + '\0';
    REQUIRE(longest.size() == 255);
    CHECK(owner_of(with_owner(longest)).size() == 253);
    CHECK_FALSE(read_dns_answer(with_owner(label + label + label + '\x3E' + std::string(62, 'y') + '\0')).has_value());
}

TEST_CASE("every cut of a good message is refused, and none is read beyond its end")
{
    const std::string message =
        encoded(query, {.records = {alias("contoso.example", "b.example"), txt("b.example", {"one", "two"})}});
    REQUIRE(read_dns_answer(message).has_value());
    CHECK(read_dns_answer(message)->size() == 2);
    for (std::size_t size = 0; size < message.size(); ++size) {
        const std::vector<char> exact(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(size)); // for ASan
        CHECK_FALSE(read_dns_answer({exact.data(), exact.size()}).has_value());
    }
}

TEST_CASE("records fill their length exactly")
{
    CHECK(read_dns_answer(with_owner("\xC0\x0C", 16, std::string{"\0", 1}))->front().value.empty());
    CHECK_FALSE(read_dns_answer(with_owner("\xC0\x0C", 16, "")).has_value());
    CHECK_FALSE(read_dns_answer(with_owner("\xC0\x0C", 16, "\x02x")).has_value());
    CHECK_FALSE(read_dns_answer(with_owner("\xC0\x0C", 16, "\x01x\x05")).has_value());
    CHECK_FALSE(read_dns_answer(with_owner("\xC0\x0C", 5, dns_name("b.example") + "x")).has_value());
    CHECK_FALSE(read_dns_answer(with_owner("\xC0\x0C", 5, "\x01")).has_value());
    CHECK(read_dns_answer(with_owner("\xC0\x0C", 1, "\x7F"))->empty()); // not ours to read
}
