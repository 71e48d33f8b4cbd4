// Lists as the API has them: {"items", "next", "total"}; `limit`, `cursor`, `sort` and the filters of the route. A
// cursor is sealed and bound to path and filters: nobody can forge one, or use one elsewhere.
#pragma once

#include "core/shelf.hpp"
#include "scim/admin/call.hpp"
#include "scim/admin/shape.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace scim::admin {

struct SortField {
    std::string name;
    bool descending = false;
};

struct ListAsked {
    std::int64_t limit = 50;
    std::string after; // what the cursor of the page before held; "": from the beginning
    std::vector<SortField> sort;
    std::string binding; // what a cursor is bound to
};
// 400 for a limit that is no number from 1 to `most`, a foreign or forged cursor, a field that cannot be sorted by.
Result<ListAsked> list_asked(const Call&, std::span<const std::string_view> sortable = {}, std::int64_t usual = 50,
                             std::int64_t most = 200);
// One of the route's filters as sent; nothing when it was not.
std::optional<std::string> filter_of(const Call&, std::string_view name);
Result<std::optional<core::Instant>> instant_filter(const Call&, std::string_view name);

// `next`: what list_asked will give back as `after`; nothing at the end.
boost::json::object list_answer(const Call&, const ListAsked&, boost::json::array items,
                                const std::optional<std::string>& next, std::int64_t total);
// A list short enough to be sorted and cut in memory (organisations, tokens, domains: bounded by what people make).
boost::json::object short_list(const Call&, const ListAsked&, std::vector<boost::json::object> all);

// Records in order of key, a page at a time; `wanted` (none: all) is asked for each, and the total counts those alone,
// so a filter reads them all: for kinds that stay small.
template<class T>
boost::json::object record_list(const Call& call, const ListAsked& asked, const core::ReadShelf<T>& shelf,
                                const std::function<bool(const T&)>& wanted,
                                const std::function<boost::json::object(const T&)>& show)
{
    constexpr std::int64_t chunk = 500;
    boost::json::array items;
    std::optional<std::string> next;
    std::int64_t total = wanted ? 0 : shelf.count();
    bool is_full = false;
    std::string last;
    for (std::string after = wanted ? std::string{} : asked.after; !is_full || wanted;) {
        const auto values = shelf.list(after, wanted ? chunk : asked.limit + 1);
        for (const T& each : values) {
            const std::string key = to_record(each).key;
            after = key;
            if (wanted && !wanted(each)) continue;
            if (wanted) ++total;
            if (key <= asked.after) continue;
            if (static_cast<std::int64_t>(items.size()) == asked.limit) {
                if (!is_full) next = last;
                is_full = true;
                continue;
            }
            items.push_back(show(each));
            last = key;
        }
        if (static_cast<std::int64_t>(values.size()) < (wanted ? chunk : asked.limit + 1)) break;
    }
    return list_answer(call, asked, std::move(items), next, total);
}

} // namespace scim::admin
