#include "conformance/load/goals.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace conformance::load;

TEST_CASE("a goal is judged at its limits, whichever way is better")
{
    struct Row {
        Better better;
        double measured;
        Verdict verdict;
    };
    const Row rows[] = {
        {Better::smaller, 1.30, Verdict::stretch}, {Better::smaller, 1.31, Verdict::base},
        {Better::smaller, 1.80, Verdict::base},    {Better::smaller, 1.81, Verdict::missed},
        {Better::larger, 1.80, Verdict::stretch},  {Better::larger, 1.79, Verdict::base},
        {Better::larger, 1.30, Verdict::base},     {Better::larger, 1.29, Verdict::missed},
    };
    for (const auto& row : rows) {
        INFO(row.measured);
        const bool small = row.better == Better::smaller;
        const Goal goal{1, "g", "g", small ? 1.8 : 1.3, small ? 1.3 : 1.8, row.better, "x"};
        CHECK(judge(goal, {{"g", row.measured}}) == row.verdict);
        CHECK(judge(goal, {}) == Verdict::not_measured);
    }
}

TEST_CASE("every goal's stretch is at least as hard as its base, and each finding is judged once")
{
    std::set<std::string_view> seen;
    for (const auto& goal : goals()) {
        INFO(goal.what);
        CHECK((goal.better == Better::smaller ? goal.stretch <= goal.base : goal.stretch >= goal.base));
        CHECK(seen.insert(goal.finding).second);
    }
}

TEST_CASE("one missed goal is enough for the whole not to reach base; what was not measured is not judged")
{
    CHECK(judge_all({}).base_reached);
    CHECK(judge_all({{"cpu/get/8", 1.5}}).base_reached);
    const auto missed = judge_all({{"cpu/get/8", 1.5}, {"cpu/post/8", 2.5}});
    CHECK_FALSE(missed.base_reached);
    CHECK_THAT(missed.text, Catch::Contains("base met"));
    CHECK_THAT(missed.text, Catch::Contains("NOT MET"));
    CHECK_THAT(missed.text, !Catch::Contains("sweep"));
}
