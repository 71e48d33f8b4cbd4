// A picture of how costs grow: lines over two logarithmic axes, as SVG that browsers and READMEs show.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace conformance::load {

struct Line {
    std::string name{};
    std::vector<std::pair<double, double>> points{}; // both above 0; others are left out
    bool dashed = false;
    std::size_t colour = 0; // lines that belong together share one
};
struct Chart {
    std::string title{};
    std::string x{};
    std::string y{};
    std::vector<Line> lines{};
};
// Throws std::invalid_argument when there is no point to draw.
std::string draw(const Chart&);

} // namespace conformance::load
