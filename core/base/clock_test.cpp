#include "core/base/clock.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <string>

using core::Duration;
using core::duration_from;
using core::from_iso;
using core::Instant;
using core::to_iso;
using namespace std::chrono_literals;

TEST_CASE("an instant is written in UTC with milliseconds")
{
    CHECK(to_iso(Instant{0ms}) == "1970-01-01T00:00:00.000Z");
    CHECK(to_iso(Instant{-1ms}) == "1969-12-31T23:59:59.999Z");
    CHECK(to_iso(std::chrono::sys_days{std::chrono::year{2024} / 2 / 29} + 16h + 27min + 5s + 7ms) ==
          "2024-02-29T16:27:05.007Z");
    CHECK(to_iso(std::chrono::sys_days{std::chrono::year{9999} / 12 / 31} + 0ms) == "9999-12-31T00:00:00.000Z");
    CHECK(to_iso(std::chrono::sys_days{std::chrono::year{12345} / 1 / 1} + 0ms) == "12345-01-01T00:00:00.000Z");
}

TEST_CASE("a time is read with Z or an offset, with or without a fraction")
{
    struct Row {
        std::string text;
        std::string means;
    };
    const auto row = GENERATE(values<Row>({
        {"2026-11-22T16:27:00Z", "2026-11-22T16:27:00.000Z"},
        {"2026-11-22T16:27:00.5Z", "2026-11-22T16:27:00.500Z"},
        {"2026-11-22T16:27:00.1239999Z", "2026-11-22T16:27:00.123Z"},
        {"2026-11-22T16:27:00+02:00", "2026-11-22T14:27:00.000Z"},
        {"2026-11-22T16:27:00-05:30", "2026-11-22T21:57:00.000Z"},
        {"2026-11-22T16:27:00-14:00", "2026-11-23T06:27:00.000Z"},
        {"2026-12-31T24:00:00Z", "2027-01-01T00:00:00.000Z"},
        {"0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"},
    }));
    INFO(row.text);
    const auto instant = from_iso(row.text);
    REQUIRE(instant);
    CHECK(to_iso(*instant) == row.means);
}

TEST_CASE("what is not a time of XML Schema with a zone is refused")
{
    const auto text = GENERATE(
        as<std::string>{}, "", "2026-11-22", "2026-11-22T16:27:00", "2026-11-22T16:27Z", "2026-11-22 16:27:00Z",
        "2026-11-22t16:27:00z", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-01-32T00:00:00Z", "2026-11-22T24:00:01Z", "2026-11-22T25:00:00Z", "2026-11-22T16:60:00Z",
        "2026-11-22T16:27:60Z", "2026-11-22T16:27:00.Z", "2026-11-22T16:27:00+14:01", "2026-11-22T16:27:00+1:00",
        "2026-11-22T16:27:00+00:60", "2026-11-22T16:27:00ZZ", "2026-11-22T16:27:00Z ", " 2026-11-22T16:27:00Z",
        "-2026-11-22T16:27:00Z", "12026-11-22T16:27:00Z", "9999-12-31T23:59:59-01:00", "0000-01-01T00:00:00+01:00");
    INFO(text);
    CHECK_FALSE(from_iso(text));
}

TEST_CASE("every instant of four-digit years survives being written and read")
{
    const auto first = (std::chrono::sys_days{std::chrono::year{0} / 1 / 1} + 0ms).time_since_epoch().count();
    const auto last = (std::chrono::sys_days{std::chrono::year{9999} / 12 / 31} + 24h - 1ms).time_since_epoch().count();
    CHECK(rc::check([=] {
        const Instant instant{Duration{*rc::gen::inRange(first, last + 1)}};
        RC_ASSERT(from_iso(to_iso(instant)) == instant);
    }));
    CHECK(from_iso(to_iso(Instant{Duration{first}})) == Instant{Duration{first}});
    CHECK(from_iso(to_iso(Instant{Duration{last}})) == Instant{Duration{last}});
}

TEST_CASE("a duration is a number with a unit, or ISO 8601")
{
    struct Row {
        std::string text;
        Duration means;
    };
    const auto row = GENERATE(values<Row>({
        {"30d", 30 * 24h},
        {"12h", 12h},
        {"5m", 5min},
        {"90s", 90s},
        {"250ms", 250ms},
        {"0s", 0s},
        {"P30D", 30 * 24h},
        {"P2W", 14 * 24h},
        {"PT1H30M", 90min},
        {"P1DT0.25S", 24h + 250ms},
        {"PT0.005S", 5ms},
        {"PT36H", 36h},
    }));
    INFO(row.text);
    CHECK(duration_from(row.text) == row.means);
}

TEST_CASE("what is not a duration of fixed length is refused")
{
    const auto text = GENERATE(as<std::string>{}, "", "30", "d", "-30d", "+30d", "30 d", "1.5h", "30D", "30days",
                               "1h30m", "P", "PT", "P1DT", "P1Y", "P1M", "P1H", "PT1D", "PT1M1H", "PT1H1H", "P1W1D",
                               "P1D1W", "PT1.H", "PT1.5M", "PT0.0001S", "PT.5S", "PT1.S", "P-1D", "p30d",
                               "99999999999999999999d", "9223372036854775807d", "PT9223372036854775807S");
    INFO(text);
    CHECK_FALSE(duration_from(text));
}

TEST_CASE("a duration is written in its shortest exact spelling")
{
    CHECK(core::to_text(Duration{30 * 24h}) == "30d");
    CHECK(core::to_text(Duration{90s}) == "90s");
    CHECK(core::to_text(Duration{60s}) == "1m");
    CHECK(core::to_text(Duration{1500ms}) == "1500ms");
    CHECK(core::to_text(Duration{25h}) == "25h");
    CHECK(core::to_text(Duration{0}) == "0s");
}

TEST_CASE("every duration survives being written and read")
{
    CHECK(rc::check([] {
        const Duration duration{*rc::gen::inRange<std::int64_t>(0, std::numeric_limits<std::int64_t>::max())};
        RC_ASSERT(duration_from(core::to_text(duration)) == duration);
        const Duration whole{*rc::gen::inRange<std::int64_t>(0, 1'000'000) *
                             *rc::gen::elementOf(std::vector<std::int64_t>{1'000, 60'000, 3'600'000, 86'400'000})};
        RC_ASSERT(duration_from(core::to_text(whole)) == whole);
    }));
}

TEST_CASE("the system's clock goes by wall time")
{
    const auto before = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    const Instant now = core::SystemClock{}.now();
    CHECK(now >= before);
    CHECK(now <= before + 1min);
}
