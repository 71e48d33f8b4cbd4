// A group and its members. Members are rows: a change of membership is a delta, never a rewritten list.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/ids.hpp"
#include "core/profile.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace core {

struct Group {
    GroupId id;
    std::string display_name; // unique in its organisation, compared by core::fold
    std::optional<std::string> external_id;
    Instant created{};
    Instant last_modified{};
    std::int64_t version = 1;
    std::int64_t member_count = 0; // a store's fact
    Profile profile;
    bool operator==(const Group&) const = default;
};

// `value` is text without a foreign key: a directory may name members this store has not met (entra.md, decisions).
struct Member {
    enum class Kind : std::uint8_t { unknown, user, group };
    std::string value;
    Kind kind = Kind::unknown; // looked up in this organisation when read
    bool operator==(const Member&) const = default;
};

// A group that somebody belongs to: named among its members, or (not `direct`) through a group that is.
struct Membership {
    GroupId group;
    std::string display_name;
    bool direct = true;
    bool operator==(const Membership&) const = default;
};

struct DesiredGroup {
    std::string display_name;
    std::optional<std::string> external_id;
    Profile profile;
};

// id, displayName, externalId, meta and the profile; without members, which a store resolves by itself.
boost::json::object attributes_of(const Group&);

} // namespace core
