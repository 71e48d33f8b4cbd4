#include "conformance/load/flushes.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

namespace conformance::load {
namespace {

std::optional<double> number_at(std::string_view text)
{
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} ? std::optional{number} : std::nullopt;
}

// "4242 1795366555.123456 fdatasync(7) = 0 <0.000123>", or with "<... fdatasync resumed>) = 0 <0.000123>": the time is
// that of the call in the first form and that of the return in the second.
std::optional<Span> flush_in(std::string_view line)
{
    const auto call = line.find("sync");
    const auto done = line.find(" = 0 <");
    const auto pid_end = line.find(' ');
    if (call == line.npos || done == line.npos || pid_end == line.npos) return std::nullopt;
    const auto stamp_begin = line.find_first_not_of(' ', pid_end);
    const auto stamp = number_at(line.substr(stamp_begin));
    const auto took = number_at(line.substr(done + 6));
    if (!stamp || !took) return std::nullopt;
    const bool resumed = line.find("resumed>") != line.npos;
    return resumed ? Span{*stamp - *took, *stamp} : Span{*stamp, *stamp + *took};
}

} // namespace

double wall_seconds()
{
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::vector<Span> flushes_in(std::string_view trace)
{
    std::vector<Span> flushes;
    while (!trace.empty()) {
        const auto end = std::min(trace.find('\n'), trace.size());
        if (const auto flush = flush_in(trace.substr(0, end))) flushes.push_back(*flush);
        trace.remove_prefix(std::min(end + 1, trace.size()));
    }
    return flushes;
}

std::size_t covered(const std::vector<Span>& asked, const std::vector<Span>& flushes)
{
    return static_cast<std::size_t>(std::ranges::count_if(asked, [&](const Span& ask) {
        return std::ranges::any_of(flushes,
                                   [&](const Span& flush) { return flush.begin >= ask.begin && flush.end <= ask.end; });
    }));
}

} // namespace conformance::load
