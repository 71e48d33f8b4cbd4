#include "scim/listing.hpp"

#include "core/base/sealer.hpp"
#include "core/base/text.hpp"
#include "scim/filter.hpp"
#include "scim/requests.hpp"
#include "scim/resource_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace scim {

namespace {

// The whole attribute is looked at: `emails` stands for emails.value, `name` for nothing.
Result<core::AttributeRef> sortable(core::AttributeRef by, core::Searched searched)
{
    const auto refuse = [](std::string_view problem) {
        return bad_request(ScimType::invalid_value, fmt::format("sortBy: {}", problem));
    };
    if (by.name == "meta" && by.sub == "location") return refuse("meta.location cannot be sorted by; sort by id");
    if (searched == core::Searched::groups && by.extension.empty() && by.name == "members")
        return refuse("a group is not sorted by its members");
    if (searched == core::Searched::users && by.extension.empty() && by.name == "groups")
        return refuse("a user is not sorted by their groups");
    if (by.kind == core::ValueKind::complex)
        return refuse(fmt::format("{} has parts; sort by one of them, as {}.part", by.name, by.name));
    return by;
}

Result<std::optional<core::Sort>> sort_asked(const Call& call, const ResourceSchema& schema, core::Searched searched,
                                             const ResourceSchema* also)
{
    bool descending = false;
    if (const auto* order = call.request->parameter("sortOrder"); order != nullptr && !order->value.empty()) {
        descending = core::same_ignoring_ascii_case(order->value, "descending");
        if (!descending && !core::same_ignoring_ascii_case(order->value, "ascending"))
            return bad_request(ScimType::invalid_value, "sortOrder: must be ascending or descending");
    }
    const auto* by = call.request->parameter("sortBy");
    if (by == nullptr || by->value.empty()) return std::optional<core::Sort>{};
    TRY(auto named, resolve_attribute(by->value, schema, also));
    TRY(auto attribute, sortable(std::move(named), searched));
    return std::optional{core::Sort{std::move(attribute), descending}};
}

// --- what a cursor holds: fixed width, then the key's text

void put(std::string& out, std::int64_t number)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        out += static_cast<char>(static_cast<std::uint64_t>(number) >> shift & 255);
}

class Reader {
public:
    explicit Reader(std::string_view bytes) : rest_{bytes} {}
    std::uint8_t byte()
    {
        if (rest_.empty()) return ok_ = false, std::uint8_t{0};
        const auto value = static_cast<std::uint8_t>(rest_.front());
        rest_.remove_prefix(1);
        return value;
    }
    std::int64_t number()
    {
        std::uint64_t value = 0;
        for (int i = 0; i < 8; ++i) value = value << 8 | byte();
        return static_cast<std::int64_t>(value);
    }
    std::string rest() { return std::string{std::exchange(rest_, {})}; }
    bool is_done() const { return ok_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool ok_ = true;
};

constexpr std::uint8_t cursor_version = 1;
enum class KeyKind : std::uint8_t { nothing, whole, fraction, text };

Error invalid_cursor()
{
    // Whatever is wrong with it, the answer is the same (RFC 9865 5.2).
    return bad_request(ScimType::invalid_cursor,
                       "the cursor is not one that this list has given; begin again with an empty cursor");
}

} // namespace

Result<Selection> selection_asked(const Call& call, const ResourceSchema& schema, core::Searched searched,
                                  const ResourceSchema* also)
{
    TRY(auto where, filter_asked(call, schema, searched, also));
    TRY(auto sort, sort_asked(call, schema, searched, also));
    return Selection{std::move(where), std::move(sort)};
}

Result<Paging> Paging::asked(const Call& call, std::string_view endpoint, const Selection& order_of)
{
    const auto* cursor = call.request->parameter("cursor");
    TRY(const auto page, page_asked(call, cursor != nullptr ? ScimType::invalid_count : ScimType::invalid_value));
    Paging paging;
    paging.start_index_ = page.start_index;
    paging.count_ = page.count;
    if (cursor == nullptr) return paging;
    if (call.request->parameter("startIndex") != nullptr)
        return bad_request(ScimType::invalid_value, "startIndex and cursor are two ways to page: send one of them");
    paging.by_cursor_ = true;
    paging.sealer_ = call.cursors;
    paging.now_ = call.context.now;
    paging.lifetime_ = call.limits->cursor_time;
    put(paging.context_, call.organisation->id.value);
    paging.context_.append(endpoint).append("\n");
    if (order_of.where) paging.context_ += print_filter(*order_of.where);
    if (order_of.sort) {
        const auto& by = order_of.sort->by;
        paging.context_ +=
            fmt::format("\n{}:{}.{}{}", by.extension, by.name, by.sub, order_of.sort->descending ? " descending" : "");
    }
    if (!cursor->value.empty()) TRY_ONLY(paging.read_cursor(cursor->value));
    return paging;
}

core::Query Paging::query(const Selection& selection) const
{
    core::Query query;
    query.where = selection.where ? &*selection.where : nullptr;
    query.sort = selection.sort ? &*selection.sort : nullptr;
    query.limit = count_;
    if (!by_cursor_) {
        query.offset = start_index_ - 1;
        return query;
    }
    if (count_ > 0) query.limit = count_ + 1;
    query.after = after_ ? &after_->position : nullptr;
    query.positions = true;
    query.count = !total_;
    return query;
}

Answer Paging::answer(std::int64_t total, const std::vector<std::string>& items, const std::optional<Place>& last) const
{
    Answer answer;
    answer.body = by_cursor_ ? walk_response(total, last ? cursor(*last, total) : std::string{}, items)
                             : list_response(total, start_index_, items);
    return answer;
}

std::string Paging::cursor(const Place& place, std::int64_t total) const
{
    std::string bytes;
    bytes += static_cast<char>(cursor_version);
    put(bytes, (now_ + lifetime_).time_since_epoch().count());
    put(bytes, count_);
    put(bytes, total);
    bytes += static_cast<char>(place.kind);
    put(bytes, place.position.row);
    const auto& key = place.position.key;
    const auto put_kind = [&](KeyKind kind) { bytes += static_cast<char>(kind); };
    if (const auto* const whole = std::get_if<std::int64_t>(&key)) {
        put_kind(KeyKind::whole);
        put(bytes, *whole);
    } else if (const auto* const fraction = std::get_if<double>(&key)) {
        put_kind(KeyKind::fraction);
        std::int64_t bits = 0;
        std::memcpy(&bits, fraction, sizeof bits);
        put(bytes, bits);
    } else if (const auto* const text = std::get_if<std::string>(&key)) {
        put_kind(KeyKind::text);
        bytes += *text;
    } else {
        put_kind(KeyKind::nothing);
    }
    return core::to_base64url(sealer_->seal(bytes, context_));
}

Result<void> Paging::read_cursor(std::string_view text)
{
    const auto sealed = core::from_base64url(text);
    const auto bytes = sealed ? sealer_->open(*sealed, context_) : std::nullopt;
    if (!bytes) return invalid_cursor();
    Reader reader{*bytes};
    if (reader.byte() != cursor_version) return invalid_cursor();
    const core::Instant expires{core::Duration{reader.number()}};
    const auto count = reader.number();
    total_ = reader.number();
    Place place;
    place.kind = static_cast<core::Searched>(reader.byte());
    place.position.row = reader.number();
    switch (static_cast<KeyKind>(reader.byte())) {
    case KeyKind::nothing: break;
    case KeyKind::whole: place.position.key = reader.number(); break;
    case KeyKind::fraction: {
        const std::int64_t bits = reader.number();
        double fraction = 0;
        std::memcpy(&fraction, &bits, sizeof fraction);
        place.position.key = fraction;
        break;
    }
    case KeyKind::text: place.position.key = reader.rest(); break;
    }
    if (!reader.is_done()) return invalid_cursor();
    if (now_ >= expires)
        return bad_request(ScimType::expired_cursor,
                           "the cursor has expired (pagination.cursorTimeout); begin again with an empty cursor");
    if (count != count_)
        return bad_request(ScimType::invalid_count,
                           fmt::format("count must be {}, as in the request that began this walk", count));
    after_ = std::move(place);
    return {};
}

} // namespace scim
