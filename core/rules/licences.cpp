#include "core/rules/licences.hpp"

#include <algorithm>
#include <iterator>

namespace core::rules {

namespace {

std::vector<std::string> each_once(std::vector<std::string> ids)
{
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
}

} // namespace

Result<Licence> take_seat(Licence licence)
{
    if (licence.seats && licence.used >= *licence.seats)
        return Refusal{Reason::too_many, "licences",
                       "all " + std::to_string(*licence.seats) + " seats of the licence " + licence.name + " are taken",
                       "add seats to the licence, or take it from a user who no longer needs it"};
    ++licence.used;
    return licence;
}

Licence give_seat_back(Licence licence)
{
    licence.used = std::max<std::int64_t>(0, licence.used - 1);
    return licence;
}

Result<Licence> with_seats(Licence licence, std::optional<std::int64_t> seats)
{
    if (seats && *seats < licence.used)
        return Refusal{Reason::not_allowed, "seats",
                       std::to_string(licence.used) + " seats of the licence " + licence.name + " are taken",
                       "take the licence from users first, or keep at least as many seats"};
    licence.seats = seats;
    return licence;
}

Exchange exchange(std::vector<std::string> has, std::vector<std::string> wants)
{
    has = each_once(std::move(has));
    wants = each_once(std::move(wants));
    Exchange found;
    std::set_difference(wants.begin(), wants.end(), has.begin(), has.end(), std::back_inserter(found.take));
    std::set_difference(has.begin(), has.end(), wants.begin(), wants.end(), std::back_inserter(found.give_back));
    return found;
}

} // namespace core::rules
