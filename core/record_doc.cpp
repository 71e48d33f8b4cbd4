#include "core/record_doc.hpp"

#include <stdexcept>

namespace core::doc {

namespace {

namespace bj = boost::json;

const bj::value* present(const bj::object& object, std::string_view name)
{
    const bj::value* const found = object.if_contains({name.data(), name.size()});
    return found == nullptr || found->is_null() ? nullptr : found;
}

} // namespace

void damaged(std::string_view name)
{
    throw std::runtime_error{"a stored record is damaged at '" + std::string{name} + "'"};
}

std::optional<std::string> maybe_text(const bj::object& object, std::string_view name)
{
    const bj::value* const found = present(object, name);
    if (found == nullptr) return std::nullopt;
    if (!found->is_string()) damaged(name);
    return std::string{std::string_view{found->get_string()}};
}

std::optional<std::int64_t> maybe_integer(const bj::object& object, std::string_view name)
{
    const bj::value* const found = present(object, name);
    if (found == nullptr) return std::nullopt;
    boost::system::error_code failed;
    const auto number = found->to_number<std::int64_t>(failed);
    if (failed) damaged(name);
    return number;
}

std::optional<Instant> maybe_instant(const bj::object& object, std::string_view name)
{
    const auto text = maybe_text(object, name);
    if (!text) return std::nullopt;
    const auto at = from_iso(*text);
    if (!at) damaged(name);
    return at;
}

std::string text(const bj::object& object, std::string_view name)
{
    auto found = maybe_text(object, name);
    if (!found) damaged(name);
    return *std::move(found);
}

std::int64_t integer(const bj::object& object, std::string_view name)
{
    const auto found = maybe_integer(object, name);
    if (!found) damaged(name);
    return *found;
}

bool truth(const bj::object& object, std::string_view name)
{
    const bj::value* const found = present(object, name);
    if (found == nullptr || !found->is_bool()) damaged(name);
    return found->get_bool();
}

Instant instant(const bj::object& object, std::string_view name)
{
    const auto found = maybe_instant(object, name);
    if (!found) damaged(name);
    return *found;
}

bj::value value(const std::optional<std::string>& text) { return text ? bj::value(*text) : bj::value{}; }
bj::value value(const std::optional<std::int64_t>& number) { return number ? bj::value(*number) : bj::value{}; }
bj::value value(Instant at) { return bj::value(to_iso(at)); }
bj::value value(const std::optional<Instant>& at) { return at ? value(*at) : bj::value{}; }

} // namespace core::doc
