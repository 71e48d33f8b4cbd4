#include "core/base/text.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>
#include <utf8proc.h>

#include <array>
#include <string>

using core::fold;
using core::is_utf8;

namespace {

std::string utf8(std::int32_t code_point)
{
    std::array<utf8proc_uint8_t, 4> bytes;
    const auto length = utf8proc_encode_char(code_point, bytes.data());
    return {reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(length)};
}

} // namespace

TEST_CASE("names that SCIM compares without case fold to the same text")
{
    struct Row {
        std::string a;
        std::string b;
    };
    const auto row = GENERATE(values<Row>({
        {"Ada@Example.COM", "ada@example.com"},
        {"JÜRGEN", "jürgen"},
        {"ju\xCC\x88rgen", "jürgen"}, // combining diaeresis
        {"STRASSE", "straße"},
        {"ＡＤＡ", "ada"}, // full width
        {"ΣΊΣΥΦΟΣ", "σίσυφοσ"},
        {"ﬁ", "FI"},
        {"a\xC2\xAD"
         "b",
         "ab"}, // soft hyphen
    }));
    INFO(row.a << " and " << row.b);
    CHECK(fold(row.a) == fold(row.b));
}

TEST_CASE("names that differ in more than case stay apart")
{
    CHECK(fold("ada") != fold("adá"));
    CHECK(fold("o'neil") != fold("oneil"));
    CHECK(fold("a b") != fold("ab"));
}

TEST_CASE("the short way for ASCII gives what the long way gives")
{
    CHECK(rc::check([] {
        const auto text = *rc::gen::container<std::string>(rc::gen::inRange<char>(1, 127));
        const std::string marked = text + "é"; // forces the long way
        RC_ASSERT(fold(text) + "é" == fold(marked));
    }));
}

TEST_CASE("folding what is folded changes nothing, for every character there is")
{
    for (std::int32_t code_point = 0x80; code_point <= 0x10FFFF; ++code_point) {
        if (code_point >= 0xD800 && code_point <= 0xDFFF) continue;
        const std::string once = fold("a" + utf8(code_point) + "b");
        if (fold(once) != once) {
            CAPTURE(code_point);
            CHECK(fold(once) == once);
        }
    }
    SUCCEED("every code point was tried");
}

TEST_CASE("what is not UTF-8 is lowered in its ASCII letters only")
{
    CHECK(fold("AB\xFF"
               "C") == "ab\xFF"
                       "c");
}

TEST_CASE("a store can remember the Unicode version behind the fold") { CHECK_FALSE(core::fold_version().empty()); }

TEST_CASE("UTF-8 is told from what is not")
{
    for (const char* good :
         {"", "plain", "é", "日本語 text and more", "\xF0\x9F\x98\x80", "\xEF\xBF\xBF", "12345678é"}) {
        INFO(good);
        CHECK(is_utf8(good));
    }
    for (const char* bad : {"\x80", "\xC3", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                            "\xF5\x80\x80\x80", "abcdefgh\xFF", "\xC3\x28", "\xE2\x82", "\xF0\x9F\x98"}) {
        INFO(core::fold(bad));
        CHECK_FALSE(is_utf8(bad));
    }
}

TEST_CASE("an address has a part before and a part after its last at sign")
{
    const auto parts = core::email_parts("\"a@b\"@example.com");
    REQUIRE(parts);
    CHECK(parts->local == "\"a@b\"");
    CHECK(parts->domain == "example.com");
    for (const char* bad : {"", "@", "a@", "@b", "plain"}) CHECK_FALSE(core::email_parts(bad));
}

TEST_CASE("ASCII case is ignored, and nothing else")
{
    CHECK(core::same_ignoring_ascii_case("UserName", "username"));
    CHECK_FALSE(core::same_ignoring_ascii_case("userName", "userNames"));
    CHECK_FALSE(core::same_ignoring_ascii_case("[", "{"));
    CHECK_FALSE(core::same_ignoring_ascii_case("É", "é"));
}

TEST_CASE("the nearest known word is suggested, a far one is not")
{
    constexpr std::array<std::string_view, 4> known{"userName", "displayName", "retention", "externalId"};
    const auto nearest = [&](std::string_view word) { return core::nearest(word, known.data(), known.size()); };
    CHECK(nearest("usrName") == "userName");
    CHECK(nearest("USERNAME") == "userName");
    CHECK(nearest("retnetion") == "retention");
    CHECK(nearest("externalIdent") == "externalId");
    CHECK(nearest("nonsense") == "");
    CHECK(nearest("") == "");
    CHECK(nearest("u") == "");
    CHECK(nearest(std::string(100'000, 'u')) == "");
}
