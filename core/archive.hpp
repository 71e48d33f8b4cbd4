// What remains of a deleted or purged user (S-212): the last state, the original name, the history, and until when.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/ids.hpp"
#include "core/event.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
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
    bool held = false;              // kept beyond keep_until, until a compliance officer lets go
    boost::json::object last_state; // attributes_of(user) and its groups
    std::vector<Event> history;     // filled in by the store from its own events when read
};

// Oldest first by number; `newest_first` turns that round.
struct ArchiveQuery {
    std::string name_or_id = {};       // present or original userName, folded; or the user's id; "": all
    std::string external_id = {};      // "": all
    std::optional<Instant> since = {}; // deleted at >= since
    std::optional<Instant> until = {}; // deleted at < until
    std::optional<Instant> due = {};   // only what may go by then: keep_until <= due, and not held
    std::optional<std::int64_t> number = {};
    std::int64_t after = 0;
    std::optional<std::int64_t> before = {};
    bool newest_first = false;
    bool with_history = true;
    std::int64_t limit = 100;
};

} // namespace core
