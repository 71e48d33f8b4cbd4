// What remains of a deleted or purged user (S-212): the last state, the original name, the history, and until when.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/ids.hpp"
#include "core/event.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace core {

enum class DeletionCause : std::uint8_t { directory, retention, admin };
std::string_view word(DeletionCause);

struct ArchiveRecord {
    std::int64_t number = 0; // given by the store
    UserId user;
    std::string user_name;          // the last one, perhaps a tombstone
    std::string original_user_name; // what people knew it by
    std::string external_id;
    DeletionCause cause = DeletionCause::directory;
    Instant deleted_at{};
    Instant keep_until{};
    boost::json::object last_state; // attributes_of(user) and its groups
    std::vector<Event> history;     // filled in by the store from its own events when read
};

} // namespace core
