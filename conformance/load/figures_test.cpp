#include "conformance/load/figures.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <unistd.h>

using namespace conformance::load;

TEST_CASE("a median is the middle one, or the mean of the two in the middle")
{
    CHECK(median({3, 1, 2}) == 2);
    CHECK(median({4, 1, 2, 3}) == 2.5);
    CHECK(median({7}) == 7);
    CHECK(median({}) == 0);
}

TEST_CASE("a process's CPU clock runs while it works, and a process that is not there is an error")
{
    const double before = cpu_seconds(getpid());
    volatile unsigned long sum = 0;
    while (cpu_seconds(getpid()) < before + 0.02) sum = sum + 1;
    CHECK(cpu_seconds(getpid()) >= before + 0.02);
    CHECK_THROWS_AS(cpu_seconds(1 << 22), std::runtime_error);
}

TEST_CASE("memory that a process has touched is in its figures")
{
    const auto before = memory_of(getpid());
    CHECK(before.resident > 0);
    const std::vector<char> touched(32 << 20, 'x');
    CHECK(memory_of(getpid()).anonymous >= before.anonymous + 30 * 1024);
    CHECK(touched.back() == 'x');
}
