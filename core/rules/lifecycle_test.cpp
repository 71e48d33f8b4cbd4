#include "core/rules/lifecycle.hpp"
#include "core/testing/builders.hpp"

#include <boost/json/array.hpp>
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <string>
#include <vector>

using namespace core;
using namespace core::testing;
using namespace std::chrono_literals;
namespace bj = boost::json;

namespace {

const std::string name = "ada@example.com";
const std::string other_name = "countess@example.com";

// What a directory sends next: a name, `active`, and the rest as it is.
struct Step {
    std::string user_name;
    bool active;
};

rules::Decision after(const User& before, const Step& step, Instant now, const Policy& policy = {})
{
    DesiredUser wanted = desired(before);
    wanted.user_name = step.user_name;
    wanted.active = step.active;
    return rules::update(before, wanted, policy, now);
}

const Change* change_of(const rules::Decision& decision, std::string_view attribute)
{
    for (const Change& change : decision.changes) {
        if (change.attribute == attribute) return &change;
    }
    return nullptr;
}

User ada() { return a_user().named(name).known_as(std::string{object_id}); }

void check_soft_deleted(const User& user, Instant since, const Policy& policy = {})
{
    CHECK(user.user_name == tombstone(name));
    CHECK(user.original_user_name == name);
    CHECK(user.status == Status::inactive);
    CHECK(user.reason == InactiveReason::soft_deleted);
    CHECK(user.soft_deleted_at == since);
    CHECK(user.purge_at == since + policy.retention);
    CHECK(user.tokens_valid_after == since);
}

void check_living(const User& user, const std::string& user_name)
{
    CHECK(user.user_name == user_name);
    CHECK_FALSE(user.original_user_name);
    CHECK(user.is_active());
    CHECK_FALSE(user.reason);
    CHECK_FALSE(user.soft_deleted_at);
    CHECK_FALSE(user.purge_at);
}

} // namespace

TEST_CASE(
    "S-002, S-099, E-103: a directory's user arrives active where the domain is verified, or inactive if it says so")
{
    struct Row {
        bool active;
        bool domain_verified;
        Status status;
        Status former;
    };
    const auto row = GENERATE(values<Row>({
        {true, true, Status::active, Status::active},
        {true, false, Status::not_verified, Status::not_verified},
        {false, true, Status::inactive, Status::active},
        {false, false, Status::inactive, Status::not_verified},
    }));
    DesiredUser wanted = desired(ada());
    wanted.active = row.active;
    const UserId id{next_uuid()};
    const auto decision = rules::arrive(id, wanted, row.domain_verified, {}, day(1));
    const User& user = decision.user;
    CHECK(decision.changed);
    CHECK(decision.activity == Activity::create_user);
    CHECK(user.id == id);
    CHECK(user.user_name == name);
    CHECK(user.external_id == object_id);
    CHECK(user.status == row.status);
    CHECK(user.former_status == row.former);
    CHECK(user.reason.has_value() == !row.active);
    CHECK(user.provenance == Provenance::scim);
    CHECK(user.created == day(1));
    CHECK(user.last_modified == day(1));
    CHECK(user.version == 1);
    CHECK_FALSE(user.purge_at);
    REQUIRE(change_of(decision, "userName"));
    CHECK(change_of(decision, "userName")->before.is_null());
    CHECK(change_of(decision, "userName")->after == bj::string_view{name});
    CHECK(change_of(decision, "active")->after == row.active);
    CHECK(change_of(decision, "schemas"));
    CHECK_FALSE(change_of(decision, "purgeAt"));
}

TEST_CASE("S-058, S-064, S-065, S-072, E-91, E-92: tombstone and deactivation together are a soft delete, in whatever "
          "order they come")
{
    struct Row {
        const char* how;
        std::vector<Step> steps;
    };
    const auto row = GENERATE(values<Row>({
        {"one PATCH", {{tombstone(name), false}}},
        {"the rename first", {{tombstone(name), true}, {tombstone(name), false}}},
        {"the deactivation first", {{name, false}, {tombstone(name), false}}},
        {"the rename, back, and both", {{tombstone(name), true}, {name, true}, {tombstone(name), false}}},
        {"after an earlier deletion and restore", {{tombstone(name), false}, {name, true}, {tombstone(name), false}}},
    }));
    INFO(row.how);
    const User before = a_user().named(name).known_as(std::string{object_id}).with_status(Status::verified);
    User user = before;
    rules::Decision decision;
    for (std::size_t i = 0; i < row.steps.size(); ++i) {
        decision = after(user, row.steps[i], day(static_cast<int>(i) + 1));
        CHECK(decision.changed);
        user = decision.user;
    }
    // The clock starts when both hold.
    check_soft_deleted(user, day(static_cast<int>(row.steps.size())));
    CHECK(user.former_status == Status::verified);
    CHECK(user.id == before.id);
    CHECK(user.external_id == before.external_id);
    CHECK(user.profile == before.profile);
    CHECK(decision.activity == Activity::soft_delete_user);
    REQUIRE(change_of(decision, "purgeAt"));
    CHECK(change_of(decision, "reason")->after == "softDeleted");
}

TEST_CASE("E-91: the events' changes name every attribute that changed, with before and after")
{
    const auto decision = after(ada(), {tombstone(name), false}, day(1));
    std::vector<std::string> attributes;
    for (const Change& change : decision.changes) attributes.push_back(change.attribute);
    CHECK(attributes == std::vector<std::string>{"userName", "active", "status", "reason", "originalUserName",
                                                 "softDeletedAt", "purgeAt", "tokensValidAfter"});
    CHECK(*change_of(decision, "userName") == Change{"userName", bj::value(name), bj::value(tombstone(name))});
    CHECK(*change_of(decision, "active") == Change{"active", true, false});
    CHECK(*change_of(decision, "originalUserName") == Change{"originalUserName", nullptr, bj::value(name)});
    CHECK(*change_of(decision, "status") == Change{"status", "active", "inactive"});
}

TEST_CASE("a rename to a tombstone alone deletes nobody")
{
    const auto decision = after(ada(), {tombstone(name), true}, day(1));
    CHECK(decision.activity == Activity::update_user);
    CHECK(decision.user.is_active());
    CHECK(decision.user.original_user_name == name);
    CHECK_FALSE(decision.user.soft_deleted_at);
    CHECK_FALSE(decision.user.purge_at);
    CHECK_FALSE(decision.user.tokens_valid_after);

    const auto back = after(decision.user, {name, true}, day(2));
    check_living(back.user, name);
    CHECK(back.activity == Activity::update_user);
}

TEST_CASE("any other rename together with a deactivation is a plain rename and a deactivation")
{
    const auto decision = after(ada(), {std::string(32, 'a') + other_name, false}, day(1));
    CHECK(decision.activity == Activity::deactivate_user);
    CHECK(decision.user.user_name == std::string(32, 'a') + other_name);
    CHECK_FALSE(decision.user.original_user_name);
    CHECK(decision.user.reason == InactiveReason::directory);
    CHECK_FALSE(decision.user.purge_at);
}

TEST_CASE("a tombstone that the external id vouches for may hide a new name, even one set in the same step")
{
    User user = a_user().named(name);
    DesiredUser wanted = desired(user);
    wanted.user_name = tombstone(other_name);
    wanted.external_id = std::string{object_id};
    wanted.active = false;
    const auto decision = rules::update(user, wanted, {}, day(1));
    CHECK(decision.activity == Activity::soft_delete_user);
    CHECK(decision.user.original_user_name == other_name);
}

TEST_CASE("a tombstone over an already inactive user starts the clock and keeps the former status")
{
    const auto reason = GENERATE(InactiveReason::admin, InactiveReason::directory, InactiveReason::directory_absent);
    User before =
        a_user().named(name).known_as(std::string{object_id}).with_status(Status::not_verified).inactive(reason);
    before.tokens_valid_after = day(-5);
    const auto decision = after(before, {tombstone(name), false}, day(1));
    check_soft_deleted(decision.user, day(1));
    CHECK(decision.user.former_status == Status::not_verified);
    CHECK(decision.activity == Activity::soft_delete_user);
    CHECK_FALSE(change_of(decision, "active"));
}

TEST_CASE("E-67: the same request again changes nothing, and no clock starts anew")
{
    const auto step =
        GENERATE(values<Step>({{tombstone(name), false}, {name, false}, {name, true}, {tombstone(name), true}}));
    const User once = after(ada(), step, day(1)).user;
    const auto twice = after(once, step, day(2));
    CHECK_FALSE(twice.changed);
    CHECK(twice.user == once);
    CHECK(twice.changes.empty());
}

TEST_CASE("E-67: attributes in another order are the same attributes")
{
    User before = ada();
    before.profile = Profile{bj::object{{"a", 1}, {"b", 2}}};
    DesiredUser wanted = desired(before);
    wanted.profile = Profile{bj::object{{"b", 2}, {"a", 1}}};
    CHECK_FALSE(rules::update(before, wanted, {}, day(1)).changed);
    wanted.profile = Profile{bj::object{{"b", 2}, {"a", 3}, {"c", nullptr}}};
    const auto decision = rules::update(before, wanted, {}, day(1));
    CHECK(decision.changes == std::vector<Change>{{"a", 1, 3}});
}

TEST_CASE("S-060, S-066, E-95: the restore rows of decision 7")
{
    struct Row {
        const char* what;
        Step step;
        Activity activity;
        std::string user_name;
        bool restored;
    };
    const auto row = GENERATE(values<Row>({
        {"active set true alone: the original name comes back",
         {tombstone(name), true},
         Activity::restore_user,
         name,
         true},
        {"name set back alone: the clock stops, still inactive", {name, false}, Activity::update_user, name, false},
        {"both", {name, true}, Activity::restore_user, name, true},
        {"active and a new name", {other_name, true}, Activity::restore_user, other_name, true},
        {"a new name alone: as set back", {other_name, false}, Activity::update_user, other_name, false},
    }));
    INFO(row.what);
    const User before =
        a_user().named(name).known_as(std::string{object_id}).with_status(Status::verified).soft_deleted(day(0));
    const auto decision = after(before, row.step, day(5));
    CHECK(decision.changed);
    CHECK(decision.activity == row.activity);
    if (row.restored) {
        check_living(decision.user, row.user_name);
        CHECK(decision.user.status == Status::verified);
    } else {
        CHECK(decision.user.user_name == row.user_name);
        CHECK_FALSE(decision.user.original_user_name);
        CHECK(decision.user.status == Status::inactive);
        CHECK(decision.user.reason == InactiveReason::directory);
        CHECK_FALSE(decision.user.soft_deleted_at);
        CHECK_FALSE(decision.user.purge_at);
        CHECK(decision.user.former_status == Status::verified);
        const auto later = after(decision.user, {row.user_name, true}, day(6));
        CHECK(later.activity == Activity::reactivate_user);
        check_living(later.user, row.user_name);
    }
    // Decision 6: what was revoked stays revoked.
    CHECK(decision.user.tokens_valid_after == before.tokens_valid_after);
}

TEST_CASE("a restore in two requests ends as one does, in either order")
{
    const User before = a_user().named(name).known_as(std::string{object_id}).soft_deleted(day(0));
    const User name_first = after(after(before, {name, false}, day(1)).user, {name, true}, day(2)).user;
    const User active_first = after(before, {tombstone(name), true}, day(1)).user;
    check_living(name_first, name);
    check_living(active_first, name);
    CHECK_FALSE(after(active_first, {name, true}, day(2)).changed);
}

TEST_CASE("S-059: a user is due after 30 days of soft deletion and not a millisecond before")
{
    const User user = after(ada(), {tombstone(name), false}, day(0)).user;
    CHECK_FALSE(rules::is_due_for_purge(user, day(0)));
    CHECK_FALSE(rules::is_due_for_purge(user, day(30) - 1ms));
    CHECK(rules::is_due_for_purge(user, day(30)));
    CHECK(rules::is_due_for_purge(user, day(400)));
}

TEST_CASE("decision 7: a user past the purge time that is still there can be restored")
{
    const User user = after(ada(), {tombstone(name), false}, day(0)).user;
    const auto decision = after(user, {name, true}, day(31));
    CHECK(decision.activity == Activity::restore_user);
    check_living(decision.user, name);
    CHECK_FALSE(rules::is_due_for_purge(decision.user, day(400)));
    CHECK(rules::restore(user, {}, day(31)).has_value());
}

TEST_CASE("the retention of the day of the deletion counts, not a later one")
{
    Policy ten_days;
    ten_days.retention = 10 * 24h;
    const User user = after(ada(), {tombstone(name), false}, day(0), ten_days).user;
    CHECK(user.purge_at == day(10));
    DesiredUser wanted = desired(user);
    wanted.profile = Profile{bj::object{{"title", "x"}}};
    const auto later = rules::update(user, wanted, Policy{}, day(5));
    CHECK(later.changed);
    CHECK(later.activity == Activity::update_user);
    CHECK(later.user.purge_at == day(10));
    CHECK(later.user.soft_deleted_at == day(0));
}

TEST_CASE(
    "S-009, S-010, E-97, decision 5: unassign or block makes inactive, with a purge clock only if the policy sets one")
{
    Policy policy;
    const bool with_clock = GENERATE(false, true);
    if (with_clock) policy.purge_inactive_after = 90 * 24h;
    const User before = a_user().named(name).with_status(Status::not_verified);
    const auto decision = after(before, {name, false}, day(1), policy);
    CHECK(decision.activity == Activity::deactivate_user);
    CHECK(decision.user.user_name == name);
    CHECK(decision.user.reason == InactiveReason::directory);
    CHECK(decision.user.former_status == Status::not_verified);
    CHECK(decision.user.tokens_valid_after == day(1));
    CHECK(decision.user.purge_at == (with_clock ? std::optional{day(91)} : std::nullopt));
    CHECK(rules::is_due_for_purge(decision.user, day(91)) == with_clock);
    CHECK_FALSE(rules::is_due_for_purge(decision.user, day(91) - 1ms));

    const auto back = after(decision.user, {name, true}, day(2), policy);
    CHECK(back.activity == Activity::reactivate_user);
    check_living(back.user, name);
    CHECK(back.user.status == Status::not_verified);
    CHECK(back.user.tokens_valid_after == day(1));
}

TEST_CASE("name set back under a policy with a purge clock for inactive users starts that clock")
{
    Policy policy;
    policy.purge_inactive_after = 90 * 24h;
    const User before = a_user().named(name).soft_deleted(day(0));
    CHECK(after(before, {name, false}, day(5), policy).user.purge_at == day(95));
}

TEST_CASE("decision 6: the time before which tokens are void only ever moves forward")
{
    User before = ada();
    before.tokens_valid_after = day(10);
    CHECK(after(before, {name, false}, day(5)).user.tokens_valid_after == day(10)); // the clock went back
    CHECK(after(before, {tombstone(name), false}, day(5)).user.tokens_valid_after == day(10));
    CHECK(after(before, {name, false}, day(11)).user.tokens_valid_after == day(11));
}

TEST_CASE("S-003, E-99: an existing user is adopted by its external id")
{
    const User before = a_user().named(name).arrived_by(Provenance::manual);
    DesiredUser wanted = desired(before);
    wanted.external_id = std::string{object_id};
    const auto decision = rules::update(before, wanted, {}, day(1));
    CHECK(decision.changed);
    CHECK(decision.activity == Activity::update_user);
    CHECK(decision.user.external_id == object_id);
    CHECK(decision.user.id == before.id);
    CHECK(decision.user.provenance == Provenance::manual);
    CHECK(decision.user.version == before.version + 1);
    CHECK(decision.user.last_modified == day(1));
    CHECK(decision.changes.size() == 1);
}

TEST_CASE("a converted-away shell is not this directory's to activate, deactivate or delete softly")
{
    User before = a_user().named(name).known_as(std::string{object_id});
    before.status = Status::converted_away;
    for (const Step& step : {Step{name, true}, Step{name, false}, Step{tombstone(name), false}}) {
        const auto decision = after(before, step, day(1));
        CHECK(decision.user.status == Status::converted_away);
        CHECK_FALSE(decision.user.purge_at);
        CHECK_FALSE(decision.user.soft_deleted_at);
    }
}

TEST_CASE("an operator restores the soft-deleted and nobody else")
{
    const User gone = a_user().named(name).soft_deleted(day(0));
    const auto restored = rules::restore(gone, {}, day(3));
    REQUIRE(restored.has_value());
    check_living(restored->user, name);
    CHECK(restored->activity == Activity::restore_user);
    for (const User& user :
         {a_user().build(), a_user().inactive().build(), a_user().inactive(InactiveReason::admin).build()}) {
        const auto refused = rules::restore(user, {}, day(3));
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().reason == Reason::not_allowed);
    }
}

TEST_CASE("S-212, S-214: the archive keeps the last state, the original name and until when")
{
    Policy policy;
    policy.archive_retention = 100 * 24h;
    const User gone = a_user().named(name).known_as("e1").with("title", "Countess").soft_deleted(day(0));
    const auto record = rules::archive_of(gone, DeletionCause::retention, policy, day(30));
    CHECK(record.user == gone.id);
    CHECK(record.user_name == tombstone(name));
    CHECK(record.original_user_name == name);
    CHECK(record.external_id == "e1");
    CHECK(record.cause == DeletionCause::retention);
    CHECK(record.deleted_at == day(30));
    CHECK(record.keep_until == day(130));
    CHECK(record.last_state == attributes_of(gone));
    CHECK(rules::archive_of(a_user().named(name), DeletionCause::admin, policy, day(1)).original_user_name == name);
}

TEST_CASE("whatever a directory sends, the fields of a life agree with each other")
{
    CHECK(rc::check([] {
        Policy policy;
        if (*rc::gen::arbitrary<bool>()) policy.purge_inactive_after = 7 * 24h;
        User user = a_user().named(name).known_as(std::string{object_id});
        for (int today = 1; today < 12; ++today) {
            const Step step{*rc::gen::elementOf(std::vector<std::string>{name, other_name, tombstone(name),
                                                                         tombstone(other_name), "AAda@example.com"}),
                            *rc::gen::arbitrary<bool>()};
            const User before = user;
            const auto decision = after(before, step, day(today), policy);
            user = decision.user;
            RC_ASSERT((user.is_active() == step.active));
            RC_ASSERT((user.reason.has_value() == (user.status == Status::inactive)));
            RC_ASSERT(((user.reason == InactiveReason::soft_deleted) == user.is_soft_deleted()));
            RC_ASSERT((user.is_soft_deleted() == (!user.is_active() && user.original_user_name.has_value())));
            RC_ASSERT((!user.is_soft_deleted() || user.purge_at == *user.soft_deleted_at + policy.retention));
            RC_ASSERT((!user.is_active() || !user.purge_at));
            RC_ASSERT((user.former_status == Status::active));
            RC_ASSERT((user.tokens_valid_after >= before.tokens_valid_after));
            RC_ASSERT((!(before.is_active() && !user.is_active()) || user.tokens_valid_after == day(today)));
            RC_ASSERT((decision.changed == (user != before)));
            RC_ASSERT((decision.changed == !decision.changes.empty()));
            RC_ASSERT((user.version == before.version + (decision.changed ? 1 : 0)));
        }
    }));
}
