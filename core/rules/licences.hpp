// Who gets a licence, and whether a seat is left for them (requirements H).
#pragma once

#include "core/base/result.hpp"
#include "core/licence.hpp"

#include <string>
#include <vector>

namespace core::rules {

// The licence with one seat more taken; too_many with the number of seats when all are.
Result<Licence> take_seat(Licence);
// The licence with one seat given back.
Licence give_seat_back(Licence);
// Fewer seats than are taken is refused (not_allowed), with the number.
Result<Licence> with_seats(Licence, std::optional<std::int64_t> seats);

// What to take and what to give back to come from one set of licences to another; both in order, each once.
struct Exchange {
    std::vector<std::string> take, give_back;
};
Exchange exchange(std::vector<std::string> has, std::vector<std::string> wants);

} // namespace core::rules
