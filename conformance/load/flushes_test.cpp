#include "conformance/load/flushes.hpp"

#include <catch2/catch.hpp>

using namespace conformance::load;

TEST_CASE("flushes are read from whole and from interrupted lines of a trace, and failed ones are not counted")
{
    const auto flushes = flushes_in("4242 1000.500000 fdatasync(7) = 0 <0.250000>\n"
                                    "4242 1001.000000 fdatasync(7 <unfinished ...>\n"
                                    "4243 1002.000000 fsync(9) = -1 EIO (Input/output error) <0.100000>\n"
                                    "4242 1003.000000 <... fdatasync resumed>) = 0 <0.500000>\n"
                                    "4242  1004.000000 +++ exited with 0 +++\n"
                                    "4244 1005.000000 fsync(3) = 0 <0.125000>");
    REQUIRE(flushes.size() == 3);
    CHECK(flushes[0].begin == 1000.5);
    CHECK(flushes[0].end == 1000.75);
    CHECK(flushes[1].begin == 1002.5);
    CHECK(flushes[1].end == 1003.0);
    CHECK(flushes[2].begin == 1005.0);
    CHECK(flushes_in("").empty());
}

TEST_CASE("an answer is covered only by a flush that began after it was asked for and ended before it came")
{
    const std::vector<Span> asked = {{10, 20}};
    CHECK(covered(asked, {{11, 19}}) == 1);
    CHECK(covered(asked, {{10, 20}}) == 1);
    CHECK(covered(asked, {{9, 19}}) == 0);
    CHECK(covered(asked, {{11, 21}}) == 0);
    CHECK(covered(asked, {}) == 0);
    CHECK(covered({{10, 20}, {30, 40}}, {{11, 12}, {13, 14}}) == 1);
}
