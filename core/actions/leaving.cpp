#include "core/actions/leaving.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <stdexcept>

namespace core::actions {

boost::json::array names_of(const std::vector<Group>& groups)
{
    boost::json::array array;
    for (const Group& group : groups) {
        array.push_back(boost::json::object{{"value", to_text(group.id)}, {"display", group.display_name}});
    }
    return array;
}

void move_on(WriteTxn& txn, const Context& context, std::vector<Group> groups)
{
    for (Group& group : groups) {
        const std::int64_t known_version = group.version++;
        group.last_modified = std::max(group.last_modified, context.now);
        --group.member_count;
        if (!txn.replace(group, known_version)) throw std::logic_error{"a group changed within its own transaction"};
    }
}

} // namespace core::actions
