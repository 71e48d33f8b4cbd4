#include "conformance/load/chart.hpp"

#include <catch2/catch.hpp>

using namespace conformance::load;
using Catch::Contains;

TEST_CASE("a picture has each line with its name, and ten times as much is a step of the same size everywhere")
{
    const auto svg = draw({.title = "cost < users",
                           .x = "users",
                           .y = "ms",
                           .lines = {{.name = "get & filter", .points = {{10, 1}, {100, 10}, {1000, 100}}},
                                     {.name = "floor", .points = {{10, 1}, {1000, 1}}, .dashed = true, .colour = 1}}});
    CHECK_THAT(svg, Contains("cost &lt; users") && Contains("get &amp; filter") && Contains(">floor<"));
    CHECK_THAT(svg, Contains("M70.0 470.0L355.0 260.0L640.0 50.0")); // equal steps for equal factors
    CHECK_THAT(
        svg,
        Contains("M70.0 470.0L640.0 470.0\" fill=\"none\" stroke=\"#d62728\" stroke-width=\"2\" stroke-dasharray"));
    for (const auto* tick : {">10<", ">100<", ">1000<", ">1<"}) CHECK_THAT(svg, Contains(tick));
}

TEST_CASE("what a logarithm cannot show is left out, and a picture of nothing is refused")
{
    const auto svg =
        draw({.title = "t", .x = "", .y = "", .lines = {{.name = "a", .points = {{0, 1}, {10, 0}, {10, 5}}}}});
    CHECK_THAT(svg, !Contains("nan") && !Contains("inf"));
    CHECK_THROWS_AS(draw({.title = "t", .x = "", .y = "", .lines = {{.name = "a", .points = {{1, 0}}}}}),
                    std::invalid_argument);
}

TEST_CASE("the names of many lines that end in one place stand one below the other, all inside the picture")
{
    Chart chart{.title = "t", .x = "", .y = "", .lines = {}};
    for (int i = 0; i < 20; ++i)
        chart.lines.push_back({.name = "line " + std::to_string(i), .points = {{1, 100}, {10, 1}}});
    const auto svg = draw(chart);
    double before = 0;
    for (std::size_t at = svg.find(">line "); at != svg.npos; at = svg.find(">line ", at + 1)) {
        const auto y = svg.rfind(" y=\"", at) + 4;
        const double place = std::stod(svg.substr(y));
        CHECK(place - before > 13);
        CHECK(place < 520);
        before = place;
    }
}
