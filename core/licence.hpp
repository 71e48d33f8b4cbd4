// A licence that an organisation gives to its users (requirements H, api.md `/orgs/{org}/licences`): so many seats,
// given by hand or, where it is automatic, to everybody who arrives.
#pragma once

#include "core/record.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace core {

struct Licence {
    static constexpr RecordKind record_kind = RecordKind::licence;

    std::string id;                    // UUID text
    std::string name;                  // unique in its organisation, whatever the case
    std::optional<std::int64_t> seats; // none: as many as wanted
    std::int64_t used = 0;
    bool is_automatic = false;
    Instant created{};

    static Licence from_record(const Record&);
    bool operator==(const Licence&) const = default;
};
Record to_record(const Licence&); // key: the id; name: folded

} // namespace core
