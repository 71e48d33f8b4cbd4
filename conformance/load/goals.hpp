// The goals as a table: what is measured, what must hold at every release (base), and what would be remarkable
// (stretch). The numbers are those of the goals in docs/performance.md.
#pragma once

#include "conformance/load/figures.hpp"

#include <span>
#include <string>
#include <string_view>

namespace conformance::load {

enum class Better { smaller, larger };
enum class Verdict { not_measured, missed, base, stretch };

struct Goal {
    int number;
    std::string_view what;
    std::string_view finding; // its name in Findings
    double base;
    double stretch;
    Better better;
    std::string_view unit;
};
std::span<const Goal> goals();
Verdict judge(const Goal&, const Findings&);
std::string_view word(Verdict);

// A line for each goal that was measured, and whether all of those reach their base.
struct Judgement {
    std::string text{};
    bool base_reached = true;
};
Judgement judge_all(const Findings&);

} // namespace conformance::load
