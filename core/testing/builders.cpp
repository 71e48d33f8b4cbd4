#include "core/testing/builders.hpp"

namespace core::testing {

namespace bj = boost::json;

Uuid next_uuid()
{
    static SequentialIds ids;
    return ids.next();
}

UserBuilder::UserBuilder()
{
    user_.id = UserId{next_uuid()};
    user_.user_name = "user" + to_text(user_.id).substr(30) + "@example.com";
    user_.created = user_.last_modified = day(0);
    user_.profile = Profile{bj::object{{"schemas", bj::array{"urn:ietf:params:scim:schemas:core:2.0:User"}}}};
}

UserBuilder& UserBuilder::inactive(InactiveReason reason)
{
    user_.status = Status::inactive;
    user_.reason = reason;
    return *this;
}

UserBuilder& UserBuilder::soft_deleted(Instant at)
{
    inactive(InactiveReason::soft_deleted);
    user_.original_user_name = user_.user_name;
    user_.user_name = tombstone(user_.user_name);
    user_.soft_deleted_at = user_.tokens_valid_after = at;
    user_.purge_at = at + std::chrono::days{30};
    return *this;
}

UserBuilder& UserBuilder::with(std::string attribute, bj::value value)
{
    bj::object attributes = user_.profile.attributes();
    attributes.insert_or_assign(attribute, std::move(value));
    user_.profile = Profile{std::move(attributes)};
    return *this;
}

GroupBuilder::GroupBuilder()
{
    group_.id = GroupId{next_uuid()};
    group_.display_name = "Group " + to_text(group_.id).substr(30);
    group_.created = group_.last_modified = day(0);
    group_.profile = Profile{bj::object{{"schemas", bj::array{"urn:ietf:params:scim:schemas:core:2.0:Group"}}}};
}

GroupBuilder& GroupBuilder::with_id(GroupId id)
{
    group_.id = id;
    return *this;
}

GroupBuilder& GroupBuilder::named(std::string name)
{
    group_.display_name = std::move(name);
    return *this;
}

GroupBuilder& GroupBuilder::known_as(std::string id)
{
    group_.external_id = std::move(id);
    return *this;
}

OrganisationBuilder::OrganisationBuilder()
{
    organisation_.name = organisation_.display_name = "acme";
    organisation_.created = day(0);
}

OrganisationBuilder& OrganisationBuilder::named(std::string name)
{
    organisation_.display_name = name;
    organisation_.name = std::move(name);
    return *this;
}

OrganisationBuilder& OrganisationBuilder::with(const Policy& policy)
{
    organisation_.policy = policy;
    return *this;
}

OrganisationBuilder& OrganisationBuilder::disabled()
{
    organisation_.disabled = true;
    return *this;
}

DesiredUser desired(const User& user) { return {user.user_name, user.external_id, user.is_active(), user.profile}; }

DesiredGroup desired(const Group& group) { return {group.display_name, group.external_id, group.profile}; }

std::string tombstone(std::string_view user_name)
{
    std::string name;
    for (const char c : object_id) {
        if (c != '-') name.push_back(c);
    }
    return name.append(user_name);
}

} // namespace core::testing
