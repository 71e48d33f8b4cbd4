// Ids as distinct types. Outside they are opaque UUID text; inside 16 bytes; stores key rows by integers of their own.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace core {

struct Uuid {
    std::array<std::uint8_t, 16> bytes{};
    auto operator<=>(const Uuid&) const = default;
};
std::string to_text(const Uuid&);                // 36 characters, lower case
std::optional<Uuid> uuid_from(std::string_view); // any case, with dashes only

template<class Tag>
struct Id {
    Uuid value;
    auto operator<=>(const Id&) const = default;
};
template<class Tag>
std::string to_text(const Id<Tag>& id)
{
    return to_text(id.value);
}

using UserId = Id<struct UserTag>;
using GroupId = Id<struct GroupTag>;

// The key of an organisation inside one store; never shown outside (there it is the slug).
struct OrgId {
    std::int64_t value{};
    auto operator<=>(const OrgId&) const = default;
};

// Where new ids come from. The system's are UUID version 7 (RFC 9562): time first, so that new rows land beside each
// other in an index, then 74 random bits from the kernel. Callable from any thread.
class IdSource {
public:
    virtual ~IdSource() = default;
    virtual Uuid next() = 0;
    UserId next_user() { return UserId{next()}; }
    GroupId next_group() { return GroupId{next()}; }
};

class SystemIds final : public IdSource {
public:
    Uuid next() override;
};

} // namespace core

template<class Tag>
struct std::hash<core::Id<Tag>> {
    std::size_t operator()(const core::Id<Tag>& id) const noexcept
    {
        std::size_t h = 1469598103934665603ULL;
        for (auto b : id.value.bytes) h = (h ^ b) * 1099511628211ULL;
        return h;
    }
};
