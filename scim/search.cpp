#include "scim/search.hpp"

#include "core/base/text.hpp"
#include "scim/group_json.hpp"
#include "scim/groups.hpp"
#include "scim/listing.hpp"
#include "scim/member_pieces.hpp"
#include "scim/projection.hpp"
#include "scim/requests.hpp"
#include "scim/user_json.hpp"
#include "scim/users.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace scim::search {

namespace {

namespace json = boost::json;

// --- the body of a search as the parameters of a list -------------------------------------------

enum class Holds : std::uint8_t { text, number, texts };
struct Member {
    const char* name;
    Holds holds;
};
constexpr Member members[] = {
    {"attributes", Holds::texts}, {"excludedAttributes", Holds::texts},
    {"filter", Holds::text},      {"sortBy", Holds::text},
    {"sortOrder", Holds::text},   {"startIndex", Holds::number},
    {"count", Holds::number},     {"cursor", Holds::text},
};

const Member* member_named(std::string_view name)
{
    const auto* const found = std::find_if(std::begin(members), std::end(members), [&](const Member& member) {
        return core::same_ignoring_ascii_case(member.name, name);
    });
    return found == std::end(members) ? nullptr : found;
}

Error wrong(const Member& member, std::string_view right)
{
    const bool is_count = std::string_view{member.name} == "count";
    return bad_request(is_count ? ScimType::invalid_count : ScimType::invalid_value,
                       fmt::format("{}: must be {}", member.name, right));
}

Result<std::string> parameter_of(const Member& member, const json::value& value)
{
    switch (member.holds) {
    case Holds::text:
        if (value.is_string()) return std::string{std::string_view{value.get_string()}};
        return wrong(member, "text");
    case Holds::number:
        if (value.is_int64()) return std::to_string(value.get_int64());
        return wrong(member, "a whole number");
    case Holds::texts: {
        std::string joined;
        if (value.is_string()) return std::string{std::string_view{value.get_string()}};
        if (!value.is_array()) return wrong(member, "a list of names");
        for (const auto& each : value.get_array()) {
            if (!each.is_string()) return wrong(member, "a list of names");
            if (!joined.empty()) joined += ',';
            joined += std::string_view{each.get_string()};
        }
        return joined;
    }
    }
    return wrong(member, "something else");
}

// RFC 7644 3.4.3: the message says what it is.
Result<void> check_is_search(const json::object& body)
{
    for (const auto& pair : body) {
        if (!core::same_ignoring_ascii_case(pair.key(), "schemas")) continue;
        if (!pair.value().is_array()) break;
        for (const auto& urn : pair.value().get_array())
            if (urn.is_string() && core::same_ignoring_ascii_case(urn.get_string(), search_request_urn)) return {};
    }
    return bad_request(ScimType::invalid_syntax,
                       fmt::format("schemas must list {}: this is where searches are sent", search_request_urn));
}

// The request as a list's: what the address has after its '?' is of no meaning here.
Result<http::Request> as_list(const Call& call)
{
    TRY(const auto body, read_body(call));
    TRY_ONLY(check_is_search(body.get_object()));
    http::Request request;
    request.method = http::Method::get;
    for (const auto& pair : body.get_object()) {
        const auto* const member = member_named(pair.key());
        if (member == nullptr || pair.value().is_null()) continue;
        if (request.parameter(member->name) != nullptr)
            return bad_request(ScimType::invalid_syntax, fmt::format("{} is there twice", member->name));
        TRY(auto text, parameter_of(*member, pair.value()));
        request.query.push_back({member->name, std::move(text), true});
    }
    return request;
}

Result<Work> searched(const Call& call, Result<Work> (*list)(const Call&))
{
    TRY(const auto request, as_list(call));
    Call asked = call;
    asked.request = &request;
    return list(asked);
}

// --- users and groups in one list ---------------------------------------------------------------

// What a work across kinds needs: each kind's own meaning of the filter and the order.
struct Across {
    Selection users;
    std::optional<Selection> groups; // none: groups are switched off
    Paging paging;
    std::string base;
    Projection users_shown;
    Projection groups_shown;

    bool is_sorted() const { return users.sort.has_value(); }
    bool descending() const { return is_sorted() && users.sort->descending; }
    std::string shown(core::ReadTxn& txn, const core::User& user) const
    {
        return scim::shown(txn, user, base, users_shown);
    }
    // With a mark where the members belong: they are read while the answer is sent.
    std::string shown(core::ReadTxn&, const core::Group& group) const { return outline(group, base, groups_shown); }
};

core::Query query_of(const Selection& selection)
{
    core::Query query;
    query.where = selection.where ? &*selection.where : nullptr;
    query.sort = selection.sort ? &*selection.sort : nullptr;
    return query;
}

// In the order of arrival: users, and where they end, groups.
Answer page_by_index(core::ReadTxn& txn, const Across& across)
{
    auto query = query_of(across.users);
    query.offset = across.paging.start_index() - 1;
    query.limit = across.paging.count();
    const auto users = txn.users(query);
    std::vector<std::string> items;
    for (const auto& user : users.items) items.push_back(across.shown(txn, user));
    std::int64_t total = users.total;
    if (across.groups) {
        auto rest = query_of(*across.groups);
        rest.offset = std::max<std::int64_t>(query.offset - users.total, 0);
        rest.limit = query.limit - static_cast<std::int64_t>(items.size());
        const auto groups = txn.groups(rest);
        for (const auto& group : groups.items) items.push_back(across.shown(txn, group));
        total += groups.total;
    }
    return across.paging.answer(total, items, {});
}

// Where one kind's part of a walk begins: of resources that sort alike, users come before groups.
std::optional<core::Position> begins_after(const Place& place, core::Searched kind, bool descending)
{
    if (place.kind == kind) return place.position;
    constexpr std::int64_t before_all = -1;
    constexpr std::int64_t behind_all = std::numeric_limits<std::int64_t>::max();
    const bool have_passed = (kind == core::Searched::users) != descending; // those that sort alike
    return core::Position{place.position.key, have_passed != descending ? behind_all : before_all};
}

bool precedes(const Place& a, const Place& b, bool descending)
{
    const auto order = core::in_order(a.position.key, b.position.key);
    if (order != 0) return descending ? order > 0 : order < 0;
    if (a.kind != b.kind) return descending ? a.kind > b.kind : a.kind < b.kind;
    return core::before(a.position, b.position, descending);
}

// Both kinds from the same place on, as far as `limit`, put in one order; of that, what stands behind `skip`.
Answer page_by_merging(core::ReadTxn& txn, const Across& across, std::int64_t skip, std::int64_t limit)
{
    const bool descending = across.descending();
    const Place* const after = across.paging.after();
    std::optional<core::Position> users_after, groups_after;
    if (after != nullptr) {
        users_after = begins_after(*after, core::Searched::users, descending);
        groups_after = begins_after(*after, core::Searched::groups, descending);
    }
    const auto ask = [&](const Selection& selection, const std::optional<core::Position>& from) {
        auto query = query_of(selection);
        query.limit = limit;
        query.positions = true;
        query.count = !across.paging.total_known();
        query.after = from ? &*from : nullptr;
        return query;
    };
    const auto users = txn.users(ask(across.users, users_after));
    core::Found<core::Group> groups;
    if (across.groups) groups = txn.groups(ask(*across.groups, groups_after));

    std::vector<std::pair<Place, std::size_t>> merged;
    merged.reserve(users.items.size() + groups.items.size());
    for (std::size_t i = 0; i < users.positions.size(); ++i)
        merged.push_back({{core::Searched::users, users.positions[i]}, i});
    for (std::size_t i = 0; i < groups.positions.size(); ++i)
        merged.push_back({{core::Searched::groups, groups.positions[i]}, i});
    std::sort(merged.begin(), merged.end(),
              [&](const auto& a, const auto& b) { return precedes(a.first, b.first, descending); });

    std::vector<std::string> items;
    const auto begin = static_cast<std::size_t>(std::min(skip, static_cast<std::int64_t>(merged.size())));
    const auto end = std::min(merged.size(), begin + static_cast<std::size_t>(across.paging.count()));
    for (auto i = begin; i < end; ++i) {
        const auto& [place, index] = merged[i];
        items.push_back(place.kind == core::Searched::users ? across.shown(txn, users.items[index])
                                                            : across.shown(txn, groups.items[index]));
    }
    std::optional<Place> last;
    if (across.paging.by_cursor() && end < merged.size() && end > begin) last = merged[end - 1].first;
    const auto counted = users.total + groups.total;
    return across.paging.answer(across.paging.total_known().value_or(counted), items, last);
}

} // namespace

Result<Work> users(const Call& call) { return searched(call, users::list); }
Result<Work> groups(const Call& call) { return searched(call, groups::list); }
Result<Work> everything(const Call& call) { return searched(call, list); }

Result<Work> list(const Call& call)
{
    const auto& schemas = *call.schemas;
    const bool with_groups = call.organisation->policy.groups;
    Across across;
    TRY(across.users,
        selection_asked(call, schemas.users, core::Searched::users, with_groups ? &schemas.groups : nullptr));
    if (with_groups) {
        TRY(auto selection, selection_asked(call, schemas.groups, core::Searched::groups, &schemas.users));
        across.groups = std::move(selection);
    }
    TRY(across.paging, Paging::asked(call, "", across.users));
    across.base = call.base;
    across.users_shown = Projection::from(*call.request, schemas.users);
    across.groups_shown = Projection::from(*call.request, schemas.groups);
    const auto skip = across.paging.start_index() - 1;
    const auto count = across.paging.count();
    const bool is_merged = across.is_sorted() || across.paging.by_cursor();
    if (is_merged && skip > deepest_sorted - count)
        return bad_request(ScimType::too_many,
                           fmt::format("a sorted list of users and groups together is paged by startIndex as far as "
                                       "{}; walk it with a cursor",
                                       deepest_sorted));
    Work work;
    work.lane = Lane::scan;
    work.read = [across = std::move(across), is_merged, skip, count](core::ReadTxn& txn) -> Result<Answer> {
        const auto one_more = across.paging.by_cursor() && count > 0 ? 1 : 0;
        const auto limit = count == 0 ? 0 : skip + count + one_more;
        auto page = is_merged ? page_by_merging(txn, across, skip, limit) : page_by_index(txn, across);
        return in_pieces(txn, std::move(page), across.base, MemberView{across.groups_shown});
    };
    return work;
}

} // namespace scim::search
