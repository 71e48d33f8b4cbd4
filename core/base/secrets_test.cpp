#include "core/base/secrets.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <set>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

using core::Secret;
using core::to_hex;

namespace {

std::span<const std::uint8_t> bytes(const std::string& text)
{
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

} // namespace

TEST_CASE("SHA-256 gives the values of FIPS 180-4")
{
    CHECK(to_hex(core::sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(to_hex(core::sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    const std::array<std::string_view, 3> parts{"a", "", "bc"};
    CHECK(core::sha256(parts) == core::sha256("abc"));
}

TEST_CASE("HMAC-SHA-256 gives the values of RFC 4231, whatever key came before")
{
    const std::string expected_1 = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
    const std::string expected_2 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    const std::string expected_6 = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54";
    const std::string key_6(131, '\xaa');
    for (int round = 0; round < 2; ++round) {
        CHECK(to_hex(core::hmac_sha256(bytes(std::string(20, '\x0b')), "Hi There")) == expected_1);
        CHECK(to_hex(core::hmac_sha256(bytes("Jefe"), "what do ya want for nothing?")) == expected_2);
        CHECK(to_hex(core::hmac_sha256(bytes(key_6), "Test Using Larger Than Block-Size Key - Hash Key First")) ==
              expected_6);
        CHECK(to_hex(core::hmac_sha256({}, "")) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    }
}

TEST_CASE("digests are made on many threads at once")
{
    std::vector<std::jthread> threads;
    std::array<bool, 4> right{};
    for (std::size_t i = 0; i < right.size(); ++i) {
        threads.emplace_back([&right, i] {
            const std::string key(i + 1, 'k');
            const auto mac = core::hmac_sha256(bytes(key), "text");
            const auto digest = core::sha256("text");
            right[i] = true;
            for (int n = 0; n < 500; ++n) {
                right[i] = right[i] && core::hmac_sha256(bytes(key), "text") == mac && core::sha256("text") == digest;
            }
        });
    }
    threads.clear();
    for (const bool one : right) CHECK(one);
}

TEST_CASE("randomness does not repeat itself")
{
    std::set<std::array<std::uint8_t, 16>> seen;
    for (int i = 0; i < 1'000; ++i) {
        std::array<std::uint8_t, 16> bytes{};
        core::fill_random(bytes);
        CHECK(seen.insert(bytes).second);
    }
}

TEST_CASE("texts are compared in constant time by content and length")
{
    CHECK(core::same_in_constant_time("", ""));
    CHECK(core::same_in_constant_time("secret", "secret"));
    CHECK_FALSE(core::same_in_constant_time("secret", "secreT"));
    CHECK_FALSE(core::same_in_constant_time("secret", "secret "));
}

TEST_CASE("a secret is passed on by value and leaves nothing behind where it was")
{
    Secret first{"short"};
    const char* const at = first.reveal().data();
    Secret second{std::move(first)};
    CHECK(second.reveal() == "short");
    CHECK(first.empty()); // NOLINT: what a moved-from secret shows is the point
    CHECK(std::string(at, 5) == std::string(5, '\0'));
    Secret third;
    third = second;
    CHECK(third.reveal() == "short");
    third = std::move(second);
    CHECK(third.reveal() == "short");
    CHECK(second.empty()); // NOLINT
}

template<class T>
concept Streamable = requires(std::ostream& out, const T& value)
{
    out << value;
};
template<class T>
concept Comparable = requires(const T& a, const T& b)
{
    a == b;
};

TEST_CASE("a secret cannot be streamed, compared or taken for text")
{
    STATIC_REQUIRE_FALSE(Streamable<Secret>);
    STATIC_REQUIRE_FALSE(Comparable<Secret>);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<Secret, std::string>);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<std::string, Secret>);
}
