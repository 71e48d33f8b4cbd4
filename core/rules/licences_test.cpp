#include "core/rules/licences.hpp"

#include <catch2/catch.hpp>

using namespace core;
using rules::exchange;

namespace {

Licence licence(std::optional<std::int64_t> seats, std::int64_t used)
{
    Licence made;
    made.id = "1";
    made.name = "Calling";
    made.seats = seats;
    made.used = used;
    return made;
}

} // namespace

TEST_CASE("S-198: a seat is taken until none is left, and the refusal names their number")
{
    struct Row {
        std::optional<std::int64_t> seats;
        std::int64_t used;
        bool is_left;
    };
    const auto row =
        GENERATE(values<Row>({{10, 0, true}, {10, 9, true}, {10, 10, false}, {0, 0, false}, {{}, 1'000'000, true}}));
    const auto taken = rules::take_seat(licence(row.seats, row.used));
    REQUIRE(taken.has_value() == row.is_left);
    if (taken) {
        CHECK(taken->used == row.used + 1);
        CHECK(rules::give_seat_back(*taken).used == row.used);
    } else {
        CHECK(taken.error().reason == Reason::too_many);
        CHECK(taken.error().detail == "all " + std::to_string(*row.seats) + " seats of the licence Calling are taken");
    }
}

TEST_CASE("a licence cannot have fewer seats than are taken")
{
    CHECK(rules::with_seats(licence(10, 5), 5)->seats == 5);
    CHECK(rules::with_seats(licence(10, 5), std::nullopt)->seats == std::nullopt);
    const auto refused = rules::with_seats(licence(10, 5), 4);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().reason == Reason::not_allowed);
    CHECK(refused.error().field == "seats");
}

TEST_CASE("from one set of licences to another, each seat changes hands once")
{
    using Ids = std::vector<std::string>;
    CHECK(exchange({"a", "b"}, {"b", "c", "c"}).take == Ids{"c"});
    CHECK(exchange({"a", "b"}, {"b", "c"}).give_back == Ids{"a"});
    CHECK(exchange({"a"}, {"a"}).take.empty());
    CHECK(exchange({}, {"b", "a"}).take == Ids{"a", "b"});
    CHECK(exchange({"b", "a", "a"}, {}).give_back == Ids{"a", "b"});
}
