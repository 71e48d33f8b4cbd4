#include "conformance/protocol_checks.hpp"

#include <iterator>

namespace conformance {

Checks protocol_checks()
{
    Checks all;
    for (auto make :
         {discovery_checks, http_checks, resource_checks, filter_checks, patch_checks, bulk_checks, list_checks}) {
        auto some = make();
        all.insert(all.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
    }
    return all;
}

} // namespace conformance
