#include "scim/bulk_order.hpp"

#include <catch2/catch.hpp>

using Units = std::vector<std::vector<std::size_t>>;

namespace {

Units ordered(const Units& needs)
{
    return scim::bulk::in_order_of_need(
        needs.size(), [&](std::size_t i) -> const auto& { return needs[i]; });
}

} // namespace

TEST_CASE("what is needed comes first, else the order stays; circles come out together")
{
    struct Row {
        const char* what;
        Units needs;
        Units units;
    };
    const auto row = GENERATE(values<Row>({
        {"nothing", {}, {}},
        {"nobody needs anybody", {{}, {}, {}}, {{0}, {1}, {2}}},
        {"what is needed stands before", {{}, {0}}, {{0}, {1}}},
        {"what is needed stands behind", {{2}, {}, {}}, {{2}, {0}, {1}}},
        {"a chain from behind", {{1}, {2}, {3}, {}}, {{3}, {2}, {1}, {0}}},
        {"itself", {{0}, {}}, {{0}, {1}}},
        {"two in a circle", {{1}, {0}, {}}, {{0, 1}, {2}}},
        {"a circle and who needs it", {{2}, {}, {3}, {2, 1}}, {{1}, {2, 3}, {0}}},
        {"a circle that needs somebody", {{1, 2}, {0}, {}}, {{2}, {0, 1}}},
        {"two circles, one needs the other", {{1, 2}, {0}, {3}, {2}}, {{2, 3}, {0, 1}}},
        {"a circle within a circle", {{1}, {2}, {1, 0}}, {{0, 1, 2}}},
        {"two ways to one", {{1, 2}, {3}, {3}, {}}, {{3}, {1}, {2}, {0}}},
    }));
    INFO(row.what);
    CHECK(ordered(row.needs) == row.units);
}

TEST_CASE("a chain may be as long as the largest request, and so may a circle")
{
    constexpr std::size_t many = 10'000;
    Units chain(many);
    for (std::size_t i = 0; i + 1 < many; ++i) chain[i] = {i + 1};
    CHECK(ordered(chain).front() == std::vector<std::size_t>{many - 1});
    CHECK(ordered(chain).size() == many);
    chain.back() = {0};
    CHECK(ordered(chain).size() == 1);
}
