#include "core/base/json.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>

namespace json = core::json;
namespace bj = boost::json;
using json::read;
using json::write;

namespace {

std::string round(std::string_view text)
{
    const auto value = read(text);
    return value ? write(*value) : "refused: " + value.error().detail;
}

bool refuses(std::string_view text, const json::Limits& limits = {})
{
    const auto value = read(text, limits);
    return !value && value.error().reason == core::Reason::invalid_value && !value.error().detail.empty();
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

rc::Gen<std::string> any_text()
{
    return rc::gen::map(
        rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(std::vector<std::string>{
            "a", "B", "\"", "\\", "\n", "\t", "\x01", "é", "日", "\xF0\x9F\x98\x80", "0123456789", "/"})),
        [](const std::vector<std::string>& parts) {
            std::string text;
            for (const auto& part : parts) text += part;
            return text;
        });
}

rc::Gen<bj::value> any_scalar()
{
    return rc::gen::oneOf(
        rc::gen::map(any_text(), [](const std::string& text) { return bj::value(bj::string_view{text}); }),
        rc::gen::map(rc::gen::arbitrary<std::int64_t>(), [](std::int64_t n) { return bj::value(n); }),
        rc::gen::map(rc::gen::inRange<std::uint64_t>(std::uint64_t{1} << 63, std::numeric_limits<std::uint64_t>::max()),
                     [](std::uint64_t n) { return bj::value(n); }),
        rc::gen::map(rc::gen::arbitrary<std::uint64_t>(),
                     [](std::uint64_t bits) {
                         double number = 0;
                         static_assert(sizeof bits == sizeof number);
                         std::memcpy(&number, &bits, sizeof bits);
                         return bj::value(std::isfinite(number) && std::fpclassify(number) != FP_SUBNORMAL ? number
                                                                                                           : 0.1);
                     }),
        rc::gen::element(bj::value(true), bj::value(false), bj::value(nullptr), bj::value(-0.0)));
}

// To be called within a property: a tree of at most four children a node.
bj::value any_value(int depth)
{
    const int kind = depth == 0 ? 0 : *rc::gen::inRange(0, 3);
    if (kind == 0) return *any_scalar();
    const int children = *rc::gen::inRange(0, 5);
    if (kind == 1) {
        bj::array array;
        for (int i = 0; i < children; ++i) array.push_back(any_value(depth - 1));
        return array;
    }
    bj::object object;
    for (int i = 0; i < children; ++i) object[std::to_string(i) + *any_text()] = any_value(depth - 1);
    return object;
}

} // namespace

TEST_CASE("numbers are read and written as they are")
{
    struct Row {
        std::string text;
        std::string written;
    };
    const auto row = GENERATE(values<Row>({
        {"0", "0"},
        {"-0", "-0"},
        {"-0.0", "-0"},
        {"0.0", "0.0"},
        {"5.0", "5.0"},
        {"0.1", "0.1"},
        {"-12.5", "-12.5"},
        {"1e2", "100.0"},
        {"1E-1", "0.1"},
        {"0.0000001", "0.0000001"},
        {"1e-8", "1e-08"},
        {"1e20", "100000000000000000000.0"},
        {"1e21", "1e+21"},
        {"1.7976931348623157e308", "1.7976931348623157e+308"},
        {"2.2250738585072014e-308", "2.2250738585072014e-308"},
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"9223372036854775808", "9223372036854775808"},
        {"18446744073709551615", "18446744073709551615"},
        {"0.30000000000000004", "0.30000000000000004"},
        {"123456789.12345679", "123456789.12345679"},
    }));
    CHECK(round(row.text) == row.written);
    CHECK(round("[" + row.text + "]") == "[" + row.written + "]");
}

TEST_CASE("integers keep their kind")
{
    CHECK(read("9223372036854775807")->is_int64());
    CHECK(read("9223372036854775808")->is_uint64());
    CHECK(read("-0")->is_double());
    CHECK(std::signbit(read("-0")->as_double()));
}

TEST_CASE("F5: numbers that JSON can spell and a machine cannot hold are refused")
{
    const auto text = GENERATE(as<std::string>{}, "18446744073709551616", "-9223372036854775809",
                               "100000000000000000000000000000000000000000", "1e400", "-1e400", "1e-400", "1.8e308",
                               "1e99999999999999999999");
    INFO(text);
    CHECK(refuses(text));
    CHECK(refuses("{\"a\":[1," + text + "]}"));
}

TEST_CASE("what is not JSON is refused")
{
    const auto text =
        GENERATE(as<std::string>{}, "", " ", "{", "[1,]", "{\"a\":1,}", "{'a':1}", "[1 2]", "nul", "NaN", "Infinity",
                 "01", "+1", "1.", ".5", "1e", "0x1", "\"a", "\"\\x\"", "\"\\u12\"", "\"tab\there\"", "[]x", "[] []",
                 "// c\n1", "/**/1", "\xEF\xBB\xBF[]", "\"\xFF\"", "\"\xC0\xAF\"", "\"\xED\xA0\x80\"", "\"\\ud800\"",
                 "\"\\udc00\"", "\"\\ud800\\u0041\"", "{\"\\ud800\":1}", "{1:2}", "]", "{\"a\"}", "{\"a\":}");
    INFO(text);
    CHECK(refuses(text));
}

TEST_CASE("a refusal says what is wrong and where")
{
    const auto value = read("[1, 2, x]");
    REQUIRE_FALSE(value.has_value());
    CHECK(value.error().detail.find("byte 7") != std::string::npos);
    const auto repeated = read(R"({"userName":"a","USERNAME":"b"})");
    REQUIRE_FALSE(repeated.has_value());
    CHECK(repeated.error().field == "USERNAME");
}

TEST_CASE("F5: a name may stand once in an object, whatever its case")
{
    CHECK(refuses(R"({"a":1,"a":1})"));
    CHECK(refuses(R"({"userName":1,"x":2,"username":3})"));
    CHECK(refuses(R"({"\u0061":1,"a":1})"));
    CHECK(refuses(R"({"outer":{"a":1,"b":2,"A":3}})"));
    CHECK(refuses(R"([{"a":1},{"b":{"c":1,"C":1}}])"));
    CHECK(refuses(R"({"":1,"":1})"));
    CHECK(round(R"({"a":{"a":{"a":1}},"b":{"a":1}})") == R"({"a":{"a":{"a":1}},"b":{"a":1}})");
    CHECK(round(R"([{"a":1},{"a":1}])") == R"([{"a":1},{"a":1}])");
    CHECK(round(R"({"É":1,"é":2})") == R"({"É":1,"é":2})"); // case beyond ASCII is another name in SCIM
}

TEST_CASE("a repeated name is found in objects of every size, in any place")
{
    for (const std::size_t size : {2U, 15U, 16U, 17U, 18U, 100U, 5'000U}) {
        for (const std::size_t place : {std::size_t{0}, (size - 1) / 2, size - 2}) {
            std::string text = "{";
            for (std::size_t i = 0; i + 1 < size; ++i) text += "\"name" + std::to_string(i) + "\":1,";
            const std::string all_different = text + "\"last\":1}";
            INFO(size << " names, the one at " << place << " again");
            CHECK(read(all_different).has_value());
            CHECK(refuses(text + "\"NAME" + std::to_string(place) + "\":1}"));
        }
    }
}

TEST_CASE("F5: the character U+0000 is refused in values and names")
{
    CHECK(refuses(R"("a\u0000b")"));
    CHECK(refuses(R"({"a\u0000":1})"));
    CHECK(refuses(R"(["plain text before it \u0000"])"));
    CHECK(refuses(std::string("\"a\0b\"", 5)));
}

TEST_CASE("depth, number of values and length of texts are limited, both sides of the edge")
{
    CHECK(read(nested(16)).has_value());
    CHECK(refuses(nested(17)));
    CHECK(refuses(std::string(100'000, '[')));

    json::Limits limits;
    limits.values = 4;
    CHECK(read("[1,2,3]", limits).has_value()); // the array counts as well
    CHECK(refuses("[1,2,3,4]", limits));
    CHECK(read(R"({"a":{"b":[null]}})", limits).has_value());
    CHECK(refuses(R"({"a":{"b":[[],[]]}})", limits));

    limits = {};
    limits.string_bytes = 10;
    CHECK(read("\"0123456789\"", limits).has_value());
    CHECK(refuses("\"0123456789a\"", limits));
    CHECK(read("{\"0123456789\":1}", limits).has_value());
    CHECK(refuses("{\"0123456789a\":1}", limits));
    CHECK(read(R"("01234567\n\n")", limits).has_value()); // counted as it is, not as it is spelled
    CHECK(refuses(R"("01234567\n\n\n")", limits));

    const std::string long_text(64 * 1024, 'a');
    CHECK(read("\"" + long_text + "\"").has_value());
    CHECK(refuses("\"" + long_text + "a\""));
    CHECK(refuses("\"\\n" + long_text + "\""));
}

TEST_CASE("texts are written so that they are read as they were")
{
    CHECK(round(R"("\u00e9\ud83d\ude00\/\b\f\n\r\t\"\\\u001f")") ==
          "\"é\xF0\x9F\x98\x80/\\b\\f\\n\\r\\t\\\"\\\\\\u001f\"");
    for (std::size_t length = 0; length < 20; ++length) {
        for (std::size_t at = 0; at < length; ++at) {
            for (const char c : {'"', '\\', '\n', '\x1f', '\x7f', '!', '[', ']'}) {
                std::string text(length, 'x');
                text[at] = c;
                std::string quoted;
                json::append_quoted(quoted, text);
                const auto back = read(quoted);
                REQUIRE(back.has_value());
                REQUIRE(back->as_string() == bj::string_view{text});
            }
        }
    }
}

TEST_CASE("infinities, should one ever be made, are written as null")
{
    CHECK(write(bj::value(std::numeric_limits<double>::infinity())) == "null");
    CHECK(write(bj::value(std::numeric_limits<double>::quiet_NaN())) == "null");
}

TEST_CASE("every value survives being written and read")
{
    CHECK(rc::check([] {
        const bj::value value = any_value(3);
        const std::string text = write(value);
        const auto back = read(text);
        RC_ASSERT(back.has_value());
        RC_ASSERT(*back == value);
        RC_ASSERT(write(*back) == text);
    }));
}

TEST_CASE("no text makes the reader fall over")
{
    CHECK(rc::check([] {
        const auto text = *rc::gen::container<std::string>(
            rc::gen::elementOf(std::string{"{}[]\",:\\u0019aeE+-.tfn \n\xC3\xA9\xED\x00", 29}));
        const auto value = read(text);
        if (value) RC_ASSERT(read(write(*value)).has_value());
    }));
}
