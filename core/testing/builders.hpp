// Values as tests need them: `a_user().named("ada@example.com").inactive()`. A builder converts to what it builds.
#pragma once

#include "core/group.hpp"
#include "core/organisation.hpp"
#include "core/testing/manual_clock.hpp"
#include "core/user.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string>
#include <utility>

namespace core::testing {

// Ids for built values: unique in the process.
Uuid next_uuid();

class UserBuilder {
public:
    UserBuilder();

    UserBuilder& with_id(UserId id)
    {
        return set([&](User& u) { u.id = id; });
    }
    UserBuilder& named(std::string name)
    {
        return set([&](User& u) { u.user_name = std::move(name); });
    }
    UserBuilder& known_as(std::string id)
    {
        return set([&](User& u) { u.external_id = std::move(id); });
    }
    UserBuilder& with_status(Status status)
    {
        return set([&](User& u) { u.status = u.former_status = status; });
    }
    // Unassigned or blocked; what they were before stays their former status.
    UserBuilder& inactive(InactiveReason reason = InactiveReason::directory);
    // Renamed to a tombstone and inactive; due 30 days later.
    UserBuilder& soft_deleted(Instant at = day(0));
    UserBuilder& due(Instant at)
    {
        return set([&](User& u) { u.purge_at = at; });
    }
    UserBuilder& arrived_by(Provenance how)
    {
        return set([&](User& u) { u.provenance = how; });
    }
    UserBuilder& with(std::string attribute, boost::json::value value);
    UserBuilder& of_version(std::int64_t version)
    {
        return set([&](User& u) { u.version = version; });
    }

    User build() const { return user_; }
    operator User() const { return user_; }

private:
    template<class Change>
    UserBuilder& set(Change change)
    {
        change(user_);
        return *this;
    }
    User user_;
};
inline UserBuilder a_user() { return {}; }

class GroupBuilder {
public:
    GroupBuilder();

    GroupBuilder& with_id(GroupId id);
    GroupBuilder& named(std::string name);
    GroupBuilder& known_as(std::string id);

    Group build() const { return group_; }
    operator Group() const { return group_; }

private:
    Group group_;
};
inline GroupBuilder a_group() { return {}; }

class OrganisationBuilder {
public:
    OrganisationBuilder();

    OrganisationBuilder& named(std::string name);
    OrganisationBuilder& with(const Policy& policy);
    OrganisationBuilder& disabled();

    Organisation build() const { return organisation_; }
    operator Organisation() const { return organisation_; }

private:
    Organisation organisation_;
};
inline OrganisationBuilder an_organisation() { return {}; }

// What a directory would send to leave the user as it is; change what the test is about.
DesiredUser desired(const User&);
DesiredGroup desired(const Group&);

// The name a directory gives to a user it deletes: the digits of an object id, then the name.
std::string tombstone(std::string_view user_name);
inline constexpr std::string_view object_id = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";

} // namespace core::testing
