#include "core/rules/changes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <utility>

namespace core::rules {

namespace {

namespace bj = boost::json;

void note(std::vector<Change>& changes, std::string_view attribute, bj::value before, bj::value after)
{
    if (before == after) return;
    changes.push_back({std::string{attribute}, std::move(before), std::move(after)});
}

void note_profiles(std::vector<Change>& changes, const Profile* before, const Profile* after)
{
    if (before != nullptr && after != nullptr && *before == *after) return;
    static const bj::object none;
    const bj::object& old = before == nullptr ? none : before->attributes();
    const bj::object& fresh = after == nullptr ? none : after->attributes();
    for (const auto& [name, value] : old) {
        const bj::value* const now = fresh.if_contains(name);
        note(changes, {name.data(), name.size()}, value, now == nullptr ? bj::value() : *now);
    }
    for (const auto& [name, value] : fresh) {
        if (!old.contains(name)) note(changes, {name.data(), name.size()}, nullptr, value);
    }
}

template<class T>
bj::value json_of(const std::optional<T>& value)
{
    if (!value) return nullptr;
    if constexpr (std::is_same_v<T, Instant>) {
        return bj::value(to_iso(*value));
    } else if constexpr (std::is_enum_v<T>) {
        const std::string_view text = word(*value);
        return bj::value(bj::string_view{text.data(), text.size()});
    } else {
        return bj::value(*value);
    }
}

template<class T, class Get>
void note_field(std::vector<Change>& changes, std::string_view attribute, const T* before, const T* after, Get get)
{
    note(changes, attribute, before == nullptr ? bj::value() : json_of(std::optional{get(*before)}),
         after == nullptr ? bj::value() : json_of(std::optional{get(*after)}));
}

bj::value json_of(const std::vector<std::string>& texts) { return bj::array(texts.begin(), texts.end()); }

// Only what differs from the state before, which for a newcomer is nothing at all: most users have none of it.
void note_standing(std::vector<Change>& changes, const User* before, const User* after)
{
    static const Standing none;
    const Standing& old = before == nullptr ? none : before->standing;
    const Standing& fresh = after == nullptr ? none : after->standing;
    if (old == fresh) return;
    note(changes, "protected", old.is_protected, fresh.is_protected);
    note(changes, "administrator", old.is_administrator, fresh.is_administrator);
    note(changes, "signedInAt", json_of(old.signed_in_at), json_of(fresh.signed_in_at));
    note(changes, "licences", json_of(old.licences), json_of(fresh.licences));
    note(changes, "claim", json_of(old.claim), json_of(fresh.claim));
}

const Profile* profile_of(const auto* holder) { return holder == nullptr ? nullptr : &holder->profile; }

} // namespace

std::vector<Change> changes_between(const User* before, const User* after)
{
    std::vector<Change> changes;
    const auto field = [&](std::string_view attribute, auto get) {
        note_field(changes, attribute, before, after, get);
    };
    field("userName", [](const User& user) { return user.user_name; });
    field("externalId", [](const User& user) { return user.external_id; });
    field("active", [](const User& user) { return user.is_active(); });
    note_profiles(changes, profile_of(before), profile_of(after));
    field("status", [](const User& user) { return user.status; });
    field("reason", [](const User& user) { return user.reason; });
    field("originalUserName", [](const User& user) { return user.original_user_name; });
    field("softDeletedAt", [](const User& user) { return user.soft_deleted_at; });
    field("purgeAt", [](const User& user) { return user.purge_at; });
    field("tokensValidAfter", [](const User& user) { return user.tokens_valid_after; });
    note_standing(changes, before, after);
    return changes;
}

std::vector<Change> changes_between(const Group* before, const Group* after)
{
    std::vector<Change> changes;
    const auto field = [&](std::string_view attribute, auto get) {
        note_field(changes, attribute, before, after, get);
    };
    field("displayName", [](const Group& group) { return group.display_name; });
    field("externalId", [](const Group& group) { return group.external_id; });
    note_profiles(changes, profile_of(before), profile_of(after));
    return changes;
}

bool same_attributes(const Profile& a, const Profile& b) { return a == b || a.attributes() == b.attributes(); }

} // namespace core::rules
