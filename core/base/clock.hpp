// Time as the house uses it: an Instant is UTC with milliseconds. Rules receive the time; only the edges read a clock.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace core {

using Duration = std::chrono::milliseconds;
using Instant = std::chrono::sys_time<Duration>;

// Reads from any thread.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Instant now() const = 0;
};

class SystemClock final : public Clock {
public:
    Instant now() const override;
};

// "2026-11-22T16:27:00.000Z": always UTC, always milliseconds (RFC 7643 2.3.5, xsd:dateTime).
std::string to_iso(Instant);
// Reads xsd:dateTime with `Z` or an offset, with or without fraction; a missing zone is refused. Nothing for anything
// else.
std::optional<Instant> from_iso(std::string_view);

// "30d", "14d", "12h", "90s", "250ms", "5m", or ISO-8601 ("P30D", "PT1H30M"). Nothing for anything else or negative.
std::optional<Duration> duration_from(std::string_view);
// The shortest exact spelling: "30d", "90s", "1500ms".
std::string to_text(Duration);

} // namespace core
