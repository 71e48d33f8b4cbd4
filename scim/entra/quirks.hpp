// Entra's oddities, and only they: an ordered table of named repairs. Each has a name, a switch, a counter, a comment
// with both payloads (as sent, as meant) and a captured conversation in captures/, walked by a test. With profile
// "strict" none fires.
#pragma once

#include "scim/entra/tolerance.hpp"
#include "scim/error.hpp"

#include <boost/json/value.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace scim::entra {

struct QuirkInfo {
    std::string_view name; // "op_case"
    std::string_view help; // one sentence for an administrator
};
std::span<const QuirkInfo> quirk_table();
std::span<const std::string_view> quirk_names();

// One organisation's switches, and how often each quirk has fired. Thread-safe to read and count; made anew when the
// policy changes (counters move over).
class Quirks {
public:
    // profile "entra": all on; "strict": all off; then the single switches on top. A switch of an unknown name does
    // nothing: whoever sets a policy refuses it, with quirk_names().
    Quirks(std::string_view profile, const std::map<std::string, bool>& switches);

    bool is_on(std::string_view name) const;
    const Tolerance& tolerance() const { return tolerance_; }

    // Rewrites a PATCH body from what was sent to what was meant; counts what fired (once a request) and appends the
    // names to `fired` (for the debug log). `resource_type`: "User" or "Group". Never refuses: what it does not know it
    // leaves to the strict engine.
    boost::json::value repair_patch(boost::json::value body, std::string_view resource_type,
                                    std::vector<std::string_view>& fired) const;
    // The same for POST and PUT bodies: string booleans, empty strings, bare manager …
    boost::json::value repair_resource(boost::json::value body, std::string_view resource_type,
                                       std::vector<std::string_view>& fired) const;
    // A path below the base: one doubled slash.
    std::string_view repair_path(std::string_view below_base, std::vector<std::string_view>& fired) const;

    void count(std::string_view name) const; // for quirks that the engines meet by tolerance (names: tolerated::…)
    std::uint64_t count_of(std::string_view name) const;
    void take_counts_from(const Quirks&);

private:
    void note(std::size_t row, std::vector<std::string_view>& fired) const;

    static constexpr std::size_t most = 32;
    std::array<bool, most> on_{};
    mutable std::array<std::atomic<std::uint64_t>, most> counts_{};
    Tolerance tolerance_;
};

} // namespace scim::entra
