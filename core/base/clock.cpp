#include "core/base/clock.hpp"

#include <array>
#include <charconv>
#include <cstdint>

namespace core {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Reads fixed-width decimal fields from left to right; fails once and stays failed.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_{text} {}

    int digits(std::size_t count)
    {
        if (rest_.size() < count) return fail();
        int value = 0;
        for (const char c : rest_.substr(0, count)) {
            if (c < '0' || c > '9') return fail();
            value = value * 10 + (c - '0');
        }
        rest_.remove_prefix(count);
        return value;
    }
    void expect(char c)
    {
        if (!take(c)) fail();
    }
    bool take(char c)
    {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    // The digits after a decimal point as milliseconds; what is finer is cut off.
    int fraction()
    {
        int value = 0;
        std::size_t count = 0;
        for (; count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9'; ++count) {
            if (count < 3) value = value * 10 + (rest_[count] - '0');
        }
        if (count == 0) return fail();
        for (std::size_t i = count; i < 3; ++i) value *= 10;
        rest_.remove_prefix(count);
        return value;
    }
    bool ok() const { return ok_; }
    bool at_end() const { return rest_.empty(); }

private:
    int fail()
    {
        ok_ = false;
        rest_ = {};
        return 0;
    }

    std::string_view rest_;
    bool ok_ = true;
};

void put(char* to, std::int64_t value, int width)
{
    for (int i = width - 1; i >= 0; --i) {
        to[i] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
}

constexpr auto first_instant = std::chrono::sys_days{std::chrono::year{0} / 1 / 1};
constexpr auto end_of_instants = std::chrono::sys_days{std::chrono::year{10000} / 1 / 1};

struct Unit {
    std::string_view suffix;
    std::int64_t milliseconds;
};
// Largest first: the first that divides a duration spells it shortest.
constexpr std::array<Unit, 5> units{{
    {"d", 86'400'000},
    {"h", 3'600'000},
    {"m", 60'000},
    {"s", 1'000},
    {"ms", 1},
}};

// `count` units added to `total`, unless that is more than a Duration holds.
bool add(std::int64_t& total, std::int64_t count, std::int64_t unit)
{
    std::int64_t product = 0;
    return !__builtin_mul_overflow(count, unit, &product) && !__builtin_add_overflow(total, product, &total);
}

std::optional<std::int64_t> take_number(std::string_view& text)
{
    std::int64_t value = 0;
    if (text.empty() || text.front() < '0' || text.front() > '9') return {};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) return {};
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

// PnW, or PnDTnHnMn.nS with at least one part, in that order. Years and months have no fixed length: refused.
std::optional<Duration> iso_duration(std::string_view text)
{
    text.remove_prefix(1);
    struct Part {
        char letter;
        bool of_time;
        std::int64_t unit;
    };
    constexpr std::array<Part, 5> parts{{{'W', false, 7 * units[0].milliseconds},
                                         {'D', false, units[0].milliseconds},
                                         {'H', true, units[1].milliseconds},
                                         {'M', true, units[2].milliseconds},
                                         {'S', true, units[3].milliseconds}}};
    std::int64_t total = 0;
    std::size_t next = 0;
    bool in_time = false;
    bool any = false;
    while (!text.empty()) {
        if (text.front() == 'T') {
            if (in_time || text.size() == 1) return {};
            in_time = true;
            text.remove_prefix(1);
        }
        const auto count = take_number(text);
        if (!count || text.empty()) return {};
        int thousandths = 0;
        const bool fractional = text.front() == '.';
        if (fractional) {
            const auto end = text.find('S');
            if (end == std::string_view::npos || end < 2 || end > 4) return {}; // finer than a millisecond
            Reader reader{text.substr(1, end - 1)};
            thousandths = reader.fraction();
            if (!reader.ok() || !reader.at_end()) return {};
            text.remove_prefix(end);
        }
        while (next < parts.size() && !(parts[next].letter == text.front() && parts[next].of_time == in_time)) ++next;
        if (next == parts.size()) return {};
        if (!add(total, *count, parts[next].unit) || !add(total, thousandths, 1)) return {};
        text.remove_prefix(1);
        if (parts[next].letter == 'W' && !text.empty()) return {}; // weeks stand alone
        ++next;
        any = true;
    }
    if (!any) return {};
    return Duration{total};
}

} // namespace

Instant SystemClock::now() const { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

std::string to_iso(Instant instant)
{
    const auto day = std::chrono::floor<days>(instant);
    const std::chrono::year_month_day date{day};
    const auto time = (instant - day).count();
    const int year = static_cast<int>(date.year());

    std::string text = "0000-00-00T00:00:00.000Z";
    if (year >= 0 && year <= 9999) put(text.data(), year, 4);
    put(text.data() + 5, static_cast<unsigned>(date.month()), 2);
    put(text.data() + 8, static_cast<unsigned>(date.day()), 2);
    put(text.data() + 11, time / 3'600'000, 2);
    put(text.data() + 14, time / 60'000 % 60, 2);
    put(text.data() + 17, time / 1'000 % 60, 2);
    put(text.data() + 20, time % 1'000, 3);
    // Beyond four digits xsd:dateTime writes the year as long as it is.
    if (year < 0 || year > 9999) text.replace(0, 4, std::to_string(year));
    return text;
}

std::optional<Instant> from_iso(std::string_view text)
{
    Reader reader{text};
    const int year = reader.digits(4);
    reader.expect('-');
    const int month = reader.digits(2);
    reader.expect('-');
    const int day = reader.digits(2);
    reader.expect('T');
    const int hour = reader.digits(2);
    reader.expect(':');
    const int minute = reader.digits(2);
    reader.expect(':');
    const int second = reader.digits(2);
    const int millisecond = reader.take('.') ? reader.fraction() : 0;

    Duration offset{};
    if (!reader.take('Z')) {
        const int sign = reader.take('-') ? -1 : 1;
        if (sign == 1) reader.expect('+');
        const int hours_off = reader.digits(2);
        reader.expect(':');
        const int minutes_off = reader.digits(2);
        if (minutes_off > 59 || hours_off * 60 + minutes_off > 14 * 60) return {}; // as XML Schema bounds it
        offset = sign * (hours{hours_off} + minutes{minutes_off});
    }
    if (!reader.ok() || !reader.at_end()) return {};

    const auto date = std::chrono::year{year} / month / day;
    const bool end_of_day = hour == 24 && minute == 0 && second == 0 && millisecond == 0;
    if (!date.ok() || (hour > 23 && !end_of_day) || minute > 59 || second > 59) return {};
    const Instant instant =
        std::chrono::sys_days{date} + hours{hour} + minutes{minute} + seconds{second} + Duration{millisecond} - offset;
    if (instant < first_instant || instant >= end_of_instants) return {};
    return instant;
}

std::optional<Duration> duration_from(std::string_view text)
{
    if (!text.empty() && text.front() == 'P') return iso_duration(text);
    const auto count = take_number(text);
    if (!count) return {};
    for (const Unit& unit : units) {
        if (text != unit.suffix) continue;
        std::int64_t total = 0;
        if (!add(total, *count, unit.milliseconds)) return {};
        return Duration{total};
    }
    return {};
}

std::string to_text(Duration duration)
{
    if (duration == Duration::zero()) return "0s";
    for (const Unit& unit : units) {
        if (duration.count() % unit.milliseconds == 0) {
            return std::to_string(duration.count() / unit.milliseconds).append(unit.suffix);
        }
    }
    return {};
}

} // namespace core
