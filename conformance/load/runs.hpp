// One side's answer to one load, measured from outside: latencies, CPU for a request, memory.
#pragma once

#include "conformance/load/contestants.hpp"
#include "conformance/load/figures.hpp"

#include <utility>
#include <vector>

namespace conformance::load {

struct Run {
    Outcome outcome;
    double cpu = 0; // seconds for 1000 requests
    double resident = 0;
};

Run measure(Contestant&, const Shape&, std::size_t connections, const Bounds&);

template<class Pick>
double median_of(const std::vector<Run>& runs, Pick pick)
{
    std::vector<double> values;
    for (const auto& run : runs) values.push_back(pick(run));
    return median(std::move(values));
}

// The median over rounds of ours/floor: both were measured within the same seconds.
template<class Pick>
double ratio_of(const std::vector<Run>& ours, const std::vector<Run>& floor, Pick pick)
{
    std::vector<double> values;
    for (std::size_t i = 0; i < ours.size(); ++i)
        if (pick(floor[i]) > 0) values.push_back(pick(ours[i]) / pick(floor[i]));
    return median(std::move(values));
}

inline double rps(const Run& run) { return run.outcome.rps; }
inline double p50(const Run& run) { return run.outcome.all.p50; }
inline double p99(const Run& run) { return run.outcome.all.p99; }
inline double cpu(const Run& run) { return run.cpu; }

} // namespace conformance::load
