// Time and ids by hand.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/ids.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>

namespace core::testing {

// Noon of a day in 2026 plus what the test adds.
inline Instant day(int number)
{
    using namespace std::chrono;
    return sys_days{year{2026} / January / 1} + hours{12} + days{number};
}

// Stands still until it is moved. From any thread.
class ManualClock final : public Clock {
public:
    explicit ManualClock(Instant start = day(0)) : now_{start} {}
    Instant now() const override { return now_.load(); }
    void set(Instant instant) { now_.store(instant); }
    void tick(Duration by) { now_.store(now_.load() + by); }

private:
    std::atomic<Instant> now_;
};

// 00000000-0000-7000-8000-000000000001 and on. From any thread.
class SequentialIds final : public IdSource {
public:
    Uuid next() override
    {
        std::uint64_t number = ++last_;
        Uuid uuid;
        uuid.bytes[6] = 0x70;
        uuid.bytes[8] = 0x80;
        for (std::size_t i = 16; i-- > 9; number >>= 8) uuid.bytes[i] = static_cast<std::uint8_t>(number);
        return uuid;
    }

private:
    std::atomic<std::uint64_t> last_{0};
};

} // namespace core::testing
