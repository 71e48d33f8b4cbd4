#include "core/base/sealer.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace core;

TEST_CASE("what was sealed is opened under the same key, purpose and context only")
{
    const std::vector<std::uint8_t> key(32, 7), other_key(32, 8);
    const Sealer sealer{key, "cursor"};
    const std::string sealed = sealer.seal("a position", "contoso");
    CHECK(sealed.find("position") == std::string::npos);
    CHECK(sealer.open(sealed, "contoso") == "a position");
    CHECK(Sealer(key, "cursor").open(sealed, "contoso") == "a position");
    CHECK_FALSE(sealer.open(sealed, "fabrikam"));
    CHECK_FALSE(Sealer(key, "another").open(sealed, "contoso"));
    CHECK_FALSE(Sealer(other_key, "cursor").open(sealed, "contoso"));
    CHECK(sealer.open(sealer.seal("x", ""), "") == "x");
}

TEST_CASE("no bit of what was sealed can be changed, nor any part left out")
{
    const Sealer sealer{std::vector<std::uint8_t>(32, 7), "cursor"};
    const std::string sealed = sealer.seal("a position", "contoso");
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        std::string forged = sealed;
        forged[bit / 8] = static_cast<char>(forged[bit / 8] ^ (1 << bit % 8));
        CHECK_FALSE(sealer.open(forged, "contoso"));
    }
    for (std::size_t size = 0; size < sealed.size(); ++size)
        CHECK_FALSE(sealer.open(std::string_view{sealed}.substr(0, size), "contoso"));
    CHECK_FALSE(sealer.open(sealed + "x", "contoso"));
}

TEST_CASE("bytes are written with the unreserved characters of addresses, in one way")
{
    for (const std::string_view bytes : {std::string_view{""}, std::string_view{"f"}, std::string_view{"fo"},
                                         std::string_view{"foo"}, std::string_view{"\xff\xfe\0\x3e", 4}})
        CHECK(from_base64url(to_base64url(bytes)) == bytes);
    CHECK(to_base64url("\xff\xfe") == "__4");
    for (const char* const text : {"=", "a", "__5", "__4=", "a b", "+/", "A"}) {
        INFO(text);
        CHECK_FALSE(from_base64url(text));
    }
}
