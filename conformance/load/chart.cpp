#include "conformance/load/chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <stdexcept>

namespace conformance::load {
namespace {

constexpr double width = 860, height = 520;
constexpr double name_height = 14;
constexpr double left = 70, right = 640, top = 50, bottom = 470; // of the field; names stand to its right
constexpr std::array colours = {"#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf",
                                "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#003f5c", "#a05195"};

std::string escaped(const std::string& text)
{
    std::string out;
    for (const char c : text) switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        default: out += c;
        }
    return out;
}

// From whole powers of ten to whole powers of ten.
struct Axis {
    double low = std::numeric_limits<double>::max();
    double high = std::numeric_limits<double>::lowest();

    void include(double value)
    {
        low = std::min(low, std::floor(std::log10(value)));
        high = std::max(high, std::ceil(std::log10(value)));
    }
    double at(double value, double from, double to) const
    {
        const double span = std::max(1.0, high - low);
        return from + (std::log10(value) - low) / span * (to - from);
    }
};

bool can_be_drawn(const std::pair<double, double>& point) { return point.first > 0 && point.second > 0; }

} // namespace

std::string draw(const Chart& chart)
{
    Axis x, y;
    bool any = false;
    for (const auto& line : chart.lines)
        for (const auto& point : line.points) {
            if (!can_be_drawn(point)) continue;
            x.include(point.first);
            y.include(point.second);
            any = true;
        }
    if (!any) throw std::invalid_argument(chart.title + ": there is nothing to draw");

    std::string svg = fmt::format(
        R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" font-family="sans-serif" font-size="12">)"
        "\n<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n"
        "<text x=\"{2}\" y=\"26\" font-size=\"16\">{3}</text>\n",
        width, height, left, escaped(chart.title));
    auto out = std::back_inserter(svg);
    for (double power = x.low; power <= x.high; ++power) {
        const double at = x.at(std::pow(10, power), left, right);
        fmt::format_to(out,
                       "<path d=\"M{0:.1f} {1}V{2}\" stroke=\"#ddd\"/><text x=\"{0:.1f}\" y=\"{3}\" "
                       "text-anchor=\"middle\">{4:g}</text>\n",
                       at, top, bottom, bottom + 18, std::pow(10, power));
    }
    for (double power = y.low; power <= y.high; ++power) {
        const double at = y.at(std::pow(10, power), bottom, top);
        fmt::format_to(out,
                       "<path d=\"M{0} {1:.1f}H{2}\" stroke=\"#ddd\"/><text x=\"{3}\" y=\"{4:.1f}\" "
                       "text-anchor=\"end\">{5:g}</text>\n",
                       left, at, right, left - 6, at + 4, std::pow(10, power));
    }
    fmt::format_to(out, "<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", (left + right) / 2,
                   bottom + 38, escaped(chart.x));
    fmt::format_to(out, "<text x=\"{}\" y=\"{}\">{}</text>\n", left, top - 8, escaped(chart.y));

    // Names stand beside the ends of their lines, pushed apart where those meet.
    struct Name {
        double at;
        const Line* line;
    };
    std::vector<Name> names;
    for (const auto& line : chart.lines) {
        std::string path;
        double last = 0;
        for (const auto& point : line.points) {
            if (!can_be_drawn(point)) continue;
            last = y.at(point.second, bottom, top);
            path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x.at(point.first, left, right), last);
        }
        if (path.empty()) continue;
        fmt::format_to(out, "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"{}/>\n", path,
                       colours.at(line.colour % colours.size()), line.dashed ? " stroke-dasharray=\"5 4\"" : "");
        names.push_back({last, &line});
    }
    std::ranges::stable_sort(names, {}, &Name::at);
    double free_from = top - 20;
    for (auto& name : names) free_from = (name.at = std::max(name.at, free_from)) + name_height;
    double free_to = height - name_height;
    for (auto name = names.rbegin(); name != names.rend(); ++name)
        free_to = (name->at = std::min(name->at, free_to)) - name_height;
    for (const auto& name : names)
        fmt::format_to(out, "<text x=\"{}\" y=\"{:.1f}\" fill=\"{}\">{}</text>\n", right + 8, name.at + 4,
                       colours.at(name.line->colour % colours.size()), escaped(name.line->name));
    return svg + "</svg>\n";
}

} // namespace conformance::load
