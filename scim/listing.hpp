// A list as a request asks for it (RFC 7644 3.4.2, RFC 9865): which resources, in which order, and which page of them,
// by index or by cursor. Cursors hold all they need, sealed: the server remembers nothing.
#pragma once

#include "core/indexed.hpp"
#include "core/sort.hpp"
#include "core/store.hpp"
#include "scim/call.hpp"
#include "scim/schema.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scim {

// Which resources of one kind, and in which order.
struct Selection {
    std::optional<core::Predicate> where;
    std::optional<core::Sort> sort;
};
// `also`: of a list across kinds, the schema of the other one: its attributes are known and have no value here.
// 400 invalidFilter; 400 invalidValue for sortBy and sortOrder.
Result<Selection> selection_asked(const Call&, const ResourceSchema&, core::Searched,
                                  const ResourceSchema* also = nullptr);

// A position among resources of several kinds: of equals, users come first.
struct Place {
    core::Searched kind = core::Searched::users;
    core::Position position;
};

// The page of a list. Plain values: outlives its Call, except that the cursors' seal is the server's.
class Paging {
public:
    // `endpoint` and `order_of` are what a cursor is good for: another list's is refused.
    // 400 invalidValue, invalidCount, invalidCursor, expiredCursor.
    static Result<Paging> asked(const Call&, std::string_view endpoint, const Selection& order_of);

    bool by_cursor() const { return by_cursor_; }
    std::int64_t start_index() const { return start_index_; }
    std::int64_t count() const { return count_; }
    // Where the page before ended; nothing on the first page of a walk.
    const Place* after() const { return after_ ? &*after_ : nullptr; }
    // Of a walk, the total that its first page has found; nothing on that page.
    std::optional<std::int64_t> total_known() const { return total_; }

    // What to ask a store for when there is one kind of resource. One more than the page tells whether another follows.
    core::Query query(const Selection&) const;

    // The answer. `last`: where the page ended, when more follow.
    Answer answer(std::int64_t total, const std::vector<std::string>& items, const std::optional<Place>& last) const;

    // The answer from what query() has found, `all` being how many there are when nothing was filtered.
    template<class T>
    Answer answer(core::Found<T> found, const Selection& selection, std::int64_t all, core::Searched kind,
                  const std::function<std::string(const T&)>& shown) const
    {
        std::optional<Place> last;
        if (by_cursor_ && static_cast<std::int64_t>(found.items.size()) > count_) {
            found.items.resize(static_cast<std::size_t>(count_));
            if (count_ > 0) last = Place{kind, std::move(found.positions[found.items.size() - 1])};
        }
        std::vector<std::string> items;
        items.reserve(found.items.size());
        for (const T& each : found.items) items.push_back(shown(each));
        return answer(!selection.where ? all : total_.value_or(found.total), items, last);
    }

private:
    std::string cursor(const Place&, std::int64_t total) const;
    Result<void> read_cursor(std::string_view text);

    bool by_cursor_ = false;
    std::int64_t start_index_ = 1;
    std::int64_t count_ = 0;
    std::optional<Place> after_;
    std::optional<std::int64_t> total_;
    const core::Sealer* sealer_ = nullptr;
    std::string context_; // of the seal: organisation, endpoint, filter and order
    core::Instant now_{};
    core::Duration lifetime_{};
};

} // namespace scim
