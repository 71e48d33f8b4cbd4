#include "scim/admin/listing.hpp"

#include "core/base/json.hpp"
#include "core/base/text.hpp"
#include "scim/admin/routes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

namespace scim::admin {
namespace {

namespace bj = boost::json;

Result<std::int64_t> number_of(std::string_view name, std::string_view text, std::int64_t least, std::int64_t most)
{
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < least || number > most)
        return wrong_field(name, fmt::format("is not a whole number from {} to {}", least, most));
    return number;
}

// null before everything, then by kind, then by value: a total order for whatever stands in one field.
bool is_before(const bj::value& a, const bj::value& b)
{
    if (a.kind() != b.kind() && !(a.is_number() && b.is_number())) return a.kind() < b.kind();
    if (a.is_string())
        return core::fold(std::string_view{a.get_string()}) < core::fold(std::string_view{b.get_string()});
    if (a.is_bool()) return a.get_bool() < b.get_bool();
    if (a.is_number()) return a.to_number<double>() < b.to_number<double>();
    return false;
}

} // namespace

Result<ListAsked> list_asked(const Call& call, std::span<const std::string_view> sortable, std::int64_t usual,
                             std::int64_t most)
{
    ListAsked asked;
    asked.limit = usual;
    asked.binding = call.request->path;
    for (const auto& each : call.request->query)
        if (each.name != "cursor" && each.name != "limit")
            asked.binding += fmt::format("&{}={}", each.name, each.value);
    if (const auto* const limit = call.request->parameter("limit")) {
        TRY(asked.limit, number_of("limit", limit->value, 1, most));
    }
    if (const auto* const sort = call.request->parameter("sort")) {
        std::string_view rest = sort->value;
        while (!rest.empty()) {
            const auto comma = rest.find(',');
            auto name = rest.substr(0, comma);
            const bool descending = name.starts_with('-');
            if (descending) name.remove_prefix(1);
            if (std::find(sortable.begin(), sortable.end(), name) == sortable.end()) {
                const auto near = core::nearest(name, sortable.data(), sortable.size());
                return wrong_field("sort", fmt::format("by '{}' is not possible here", name.substr(0, 60)),
                                   near.empty() ? fmt::format("this list sorts by: {}", fmt::join(sortable, ", "))
                                                : fmt::format("did you mean {}?", near));
            }
            asked.sort.push_back({std::string{name}, descending});
            rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
        }
    }
    if (const auto* const cursor = call.request->parameter("cursor")) {
        const auto sealed = core::from_base64url(cursor->value);
        auto opened = sealed ? call.services->cursors->open(*sealed, "admin " + asked.binding) : std::nullopt;
        if (!opened)
            return wrong_field("cursor", "is not one that this list has given out",
                               "begin without a cursor; a cursor holds for the same path and filters only");
        asked.after = *std::move(opened);
    }
    return asked;
}

std::optional<std::string> filter_of(const Call& call, std::string_view name)
{
    const auto* const found = call.request->parameter(name);
    return found == nullptr ? std::nullopt : std::optional{found->value};
}

Result<std::optional<core::Instant>> instant_filter(const Call& call, std::string_view name)
{
    const auto text = filter_of(call, name);
    if (!text) return std::optional<core::Instant>{};
    const auto at = core::from_iso(*text);
    if (!at) return wrong_field(name, "is not a time", "write for example 2026-11-22T16:27:00Z");
    return at;
}

bj::object list_answer(const Call& call, const ListAsked& asked, bj::array items,
                       const std::optional<std::string>& next, std::int64_t total)
{
    return {{"items", std::move(items)},
            {"next", next ? bj::value(core::to_base64url(call.services->cursors->seal(*next, "admin " + asked.binding)))
                          : bj::value{}},
            {"total", total}};
}

bj::object short_list(const Call& call, const ListAsked& asked, std::vector<bj::object> all)
{
    std::stable_sort(all.begin(), all.end(), [&](const bj::object& a, const bj::object& b) {
        for (const auto& field : asked.sort) {
            const bj::value none;
            const auto at = [&](const bj::object& o) -> const bj::value& {
                const auto* const found = o.if_contains(field.name);
                return found == nullptr ? none : *found;
            };
            if (is_before(at(a), at(b))) return !field.descending;
            if (is_before(at(b), at(a))) return field.descending;
        }
        return false;
    });
    std::size_t from = 0;
    std::from_chars(asked.after.data(), asked.after.data() + asked.after.size(), from);
    from = std::min(from, all.size());
    const std::size_t to = std::min(all.size(), from + static_cast<std::size_t>(asked.limit));
    bj::array items;
    for (std::size_t i = from; i < to; ++i) items.push_back(std::move(all[i]));
    return list_answer(call, asked, std::move(items),
                       to < all.size() ? std::optional{std::to_string(to)} : std::nullopt,
                       static_cast<std::int64_t>(all.size()));
}

} // namespace scim::admin
