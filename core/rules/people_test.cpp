#include "core/rules/people.hpp"
#include "core/testing/builders.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <vector>

using namespace core;
using namespace core::testing;
using namespace std::chrono_literals;
using rules::Verb;
namespace bj = boost::json;

namespace {

const std::string name = "ada@example.com";

User with(Status status)
{
    User user = a_user().named(name).with_status(status);
    if (status == Status::inactive) {
        user.former_status = Status::verified;
        user.reason = InactiveReason::admin;
    }
    return user;
}

std::set<std::string> possible(const User& user, const rules::PersonFacts& facts = {}, const Policy& policy = {})
{
    std::set<std::string> words;
    for (const Verb verb : rules::all_verbs())
        if (!rules::refusal_of(verb, user, facts, policy)) words.emplace(rules::word(verb));
    return words;
}

rules::Decision done(Verb verb, const User& before, Instant now, const rules::PersonFacts& facts = {})
{
    const auto decision = rules::perform(verb, before, facts, {}, now);
    REQUIRE(decision.has_value());
    return *decision;
}

} // namespace

TEST_CASE("S-079, S-081, S-083, S-084, S-088, S-089: each status has its verbs, and no others work")
{
    struct Row {
        const char* what;
        User user;
        std::set<std::string> verbs;
    };
    User verified_protected = with(Status::verified);
    verified_protected.standing.is_protected = true;
    const std::vector<Row> rows{
        {"active: nothing is left to do", with(Status::active), {"sign-in", "deactivate", "purge", "protect"}},
        {"verified: ready, never signed in",
         with(Status::verified),
         {"sign-in", "deactivate", "purge", "invite", "protect"}},
        {"not verified", with(Status::not_verified), {"verify-email", "deactivate", "purge", "invite", "protect"}},
        {"inactive by an admin", with(Status::inactive), {"reactivate", "purge", "protect"}},
        {"inactive by the directory", a_user().inactive(), {"reactivate", "purge", "protect"}},
        {"absent from the directory",
         a_user().inactive(InactiveReason::directory_absent),
         {"reactivate", "purge", "protect"}},
        {"soft-deleted", a_user().soft_deleted(), {"restore", "purge", "protect"}},
        {"delayed claim", with(Status::delayed_claim), {"sign-in"}},
        {"converted away", with(Status::converted_away), {}},
        {"protected", verified_protected, {"sign-in", "deactivate", "invite", "unprotect"}},
    };
    for (const Row& row : rows) {
        INFO(row.what);
        CHECK(possible(row.user) == row.verbs);
    }
}

TEST_CASE("what cannot be done says why and what to do, and changes nothing")
{
    for (const Status status : {Status::active, Status::verified, Status::not_verified, Status::inactive,
                                Status::delayed_claim, Status::converted_away}) {
        const User user = with(status);
        for (const Verb verb : rules::all_verbs()) {
            INFO(word(status) << ' ' << rules::word(verb));
            const auto refusal = rules::refusal_of(verb, user, {}, {});
            const auto decision = rules::perform(verb, user, {}, {}, day(1));
            CHECK(decision.has_value() == !refusal);
            if (!refusal) continue;
            CHECK(decision.error().reason == Reason::not_allowed);
            CHECK_FALSE(refusal->detail.empty());
            CHECK_FALSE(refusal->remedy.empty());
        }
    }
}

TEST_CASE("S-098, S-169: the first sign-in makes a verified user active and is remembered; later ones change nothing")
{
    const auto first = done(Verb::sign_in, with(Status::verified), day(3));
    CHECK(first.changed);
    CHECK(first.activity == Activity::sign_in_user);
    CHECK(first.user.status == Status::active);
    CHECK(first.user.standing.signed_in_at == day(3));
    CHECK(first.user.version == 2);
    const auto again = done(Verb::sign_in, first.user, day(4));
    CHECK_FALSE(again.changed);
    CHECK(again.user == first.user);

    const auto active = done(Verb::sign_in, with(Status::active), day(3)); // S-099: active without any sign-in
    CHECK(active.changed);
    CHECK(active.user.status == Status::active);
}

TEST_CASE("S-104, S-145: a user with a delayed claim signs in to choose, and stays in that status")
{
    const auto decision = done(Verb::sign_in, with(Status::delayed_claim), day(3));
    CHECK(decision.user.status == Status::delayed_claim);
    CHECK(decision.user.standing.signed_in_at == day(3));
}

TEST_CASE("S-074, S-085: who is inactive or not verified may not sign in, whatever the reason")
{
    CHECK_FALSE(rules::may_sign_in(Status::not_verified));
    CHECK_FALSE(rules::may_sign_in(Status::inactive));
    CHECK_FALSE(rules::may_sign_in(Status::converted_away));
    CHECK(rules::may_sign_in(Status::active));
    CHECK(rules::may_sign_in(Status::verified));
    CHECK(rules::may_sign_in(Status::delayed_claim));
    for (const auto reason : {InactiveReason::admin, InactiveReason::directory, InactiveReason::directory_absent,
                              InactiveReason::soft_deleted}) {
        const User user = a_user().inactive(reason);
        CHECK(rules::perform(Verb::sign_in, user, {}, {}, day(1)).has_error());
    }
}

TEST_CASE("S-093: an e-mail verification makes a user verified, once")
{
    const auto decision = done(Verb::verify_email, with(Status::not_verified), day(3));
    CHECK(decision.user.status == Status::verified);
    CHECK(decision.activity == Activity::verify_email);
    CHECK(rules::perform(Verb::verify_email, decision.user, {}, {}, day(4)).has_error());
}

TEST_CASE("S-088, S-208: an admin's deactivation voids tokens, keeps the former status, and starts no purge clock")
{
    const Status before = GENERATE(Status::active, Status::verified, Status::not_verified);
    Policy policy;
    policy.purge_inactive_after = 90 * 24h; // is of those whom a directory has left out (decision 5)
    const auto decision = rules::perform(Verb::deactivate, with(before), {}, policy, day(3));
    REQUIRE(decision.has_value());
    CHECK(decision->activity == Activity::deactivate_user);
    CHECK(decision->user.status == Status::inactive);
    CHECK(decision->user.reason == InactiveReason::admin);
    CHECK(decision->user.former_status == before);
    CHECK(decision->user.tokens_valid_after == day(3));
    CHECK_FALSE(decision->user.purge_at);

    const auto back = done(Verb::reactivate, decision->user, day(4));
    CHECK(back.activity == Activity::reactivate_user);
    CHECK(back.user.status == before);
    CHECK_FALSE(back.user.reason);
    CHECK(back.user.tokens_valid_after == day(3)); // S-210, Q-22: what was revoked stays so
}

TEST_CASE("S-076: who was absent from the directory and comes back is not deleted")
{
    User user = a_user().inactive(InactiveReason::directory_absent);
    user.purge_at = day(30);
    const auto back = done(Verb::reactivate, user, day(29));
    CHECK_FALSE(back.user.purge_at);
    CHECK_FALSE(rules::is_due_for_purge(back.user, day(400)));
}

TEST_CASE("decision 6, S-208, S-209, S-210: a token is valid by its user's status and its own age, to the millisecond")
{
    User user = with(Status::active);
    CHECK(rules::token_problem(user, {}).empty());
    CHECK(rules::token_problem(user, day(-100)).empty());
    user.tokens_valid_after = day(3);
    CHECK(rules::token_problem(user, {}).empty());
    CHECK(rules::token_problem(user, day(3) + 1ms).empty());
    CHECK(rules::token_problem(user, day(3)) == "revoked");
    CHECK(rules::token_problem(user, day(2)) == "revoked");
    for (const Status status : {Status::inactive, Status::not_verified, Status::converted_away}) {
        user.status = status;
        CHECK(rules::token_problem(user, day(9)) == word(status));
    }
    user.status = Status::delayed_claim;
    CHECK(rules::token_problem(user, day(9)).empty());
}

TEST_CASE("decision 6: an admin's deactivation never moves the time of valid tokens back")
{
    User user = with(Status::active);
    user.tokens_valid_after = day(10);
    CHECK(done(Verb::deactivate, user, day(5)).user.tokens_valid_after == day(10));
    CHECK(done(Verb::deactivate, user, day(11)).user.tokens_valid_after == day(11));
}

TEST_CASE("S-087: nobody is created inactive by hand, from a file or through the API; a directory may (E-103)")
{
    DesiredUser wanted = desired(a_user().named(name));
    for (const auto how : {Provenance::manual, Provenance::csv, Provenance::site_link}) {
        wanted.active = false;
        const auto refused = rules::enter(UserId{next_uuid()}, wanted, how, true, {}, day(1));
        REQUIRE(refused.has_error());
        CHECK(refused.error().reason == Reason::invalid_value);
        CHECK(refused.error().field == "active");
        wanted.active = true;
        CHECK(rules::enter(UserId{next_uuid()}, wanted, how, true, {}, day(1)).has_value());
    }
}

TEST_CASE("S-082, S-091, S-094, S-095: who enters by hand, file or site link has the status of their way in")
{
    struct Row {
        Provenance how;
        bool domain_verified;
        Status status;
    };
    const auto row = GENERATE(values<Row>({
        {Provenance::manual, true, Status::verified},
        {Provenance::manual, false, Status::not_verified},
        {Provenance::csv, true, Status::verified},
        {Provenance::csv, false, Status::not_verified},
        {Provenance::site_link, true, Status::verified},
        {Provenance::site_link, false, Status::verified},
    }));
    const DesiredUser wanted = desired(a_user().named(name));
    const auto decision = rules::enter(UserId{next_uuid()}, wanted, row.how, row.domain_verified, {}, day(1));
    REQUIRE(decision.has_value());
    CHECK(decision->user.status == row.status);
    CHECK(decision->user.provenance == row.how);
    CHECK(decision->activity == Activity::create_user);
    // S-098: the first sign-in makes active whom it may.
    const auto in = rules::perform(Verb::sign_in, decision->user, {}, {}, day(2));
    CHECK(in.has_value() == (row.status == Status::verified));
}

TEST_CASE("TEN-05, TEN-09: what a directory may not do to a protected user or the last administrator")
{
    const User plain = a_user().named(name).known_as(std::string{object_id});
    const User gone = a_user().named(name).known_as(std::string{object_id}).soft_deleted();
    User renamed = plain, tombstoned = plain, inactive = plain, changed = plain;
    renamed.user_name = "countess@example.com";
    tombstoned.user_name = tombstone(name);
    tombstoned.original_user_name = name;
    inactive.status = Status::inactive;
    inactive.reason = InactiveReason::directory;
    changed.profile = Profile{bj::object{{"title", "Countess"}}};
    struct Row {
        const char* what;
        User before;
        std::optional<User> after;
        bool allowed;
    };
    const std::vector<Row> rows{
        {"a rename", plain, renamed, true},         {"an attribute", plain, changed, true},
        {"a reactivation", inactive, plain, true},  {"a restore", gone, plain, true},
        {"a deactivation", plain, inactive, false}, {"a rename to a tombstone", plain, tombstoned, false},
        {"a soft delete", plain, gone, false},      {"a soft delete of somebody inactive", inactive, gone, false},
        {"a deletion", plain, std::nullopt, false}, {"a deletion of somebody soft-deleted", gone, std::nullopt, false},
    };
    for (const Row& row : rows) {
        INFO(row.what);
        const User* const after = row.after ? &*row.after : nullptr;
        CHECK(rules::check_directory(row.before, after, {}).has_value());
        User kept = row.before;
        kept.standing.is_protected = true;
        const auto verdict = rules::check_directory(kept, after, {});
        CHECK(verdict.has_value() == row.allowed);
        if (!row.allowed) CHECK(verdict.error().reason == Reason::guarded);
        CHECK(rules::check_directory(row.before, after, {.is_last_administrator = true}).has_value() == row.allowed);
    }
}

TEST_CASE("TEN-09: the last administrator is neither deactivated, nor purged, nor dismissed by anybody")
{
    User user = with(Status::active);
    user.standing.is_administrator = true;
    const rules::PersonFacts last{.is_last_administrator = true};
    CHECK(rules::perform(Verb::deactivate, user, last, {}, day(1)).has_error());
    CHECK(rules::perform(Verb::purge, user, last, {}, day(1)).has_error());
    CHECK(rules::appoint(user, false, last, day(1)).has_error());
    CHECK(rules::perform(Verb::deactivate, user, {}, {}, day(1)).has_value());
    const auto dismissed = rules::appoint(user, false, {}, day(1));
    REQUIRE(dismissed.has_value());
    CHECK(dismissed->activity == Activity::dismiss_administrator);
    CHECK(dismissed->changes == std::vector<Change>{{"administrator", true, false}});
    const auto appointed = rules::appoint(dismissed->user, true, {}, day(2));
    REQUIRE(appointed.has_value());
    CHECK(appointed->activity == Activity::appoint_administrator);
    CHECK_FALSE(rules::appoint(appointed->user, true, {}, day(3))->changed);
}

TEST_CASE("TEN-05: a protected user is not purged by time, and it is said why")
{
    User user = a_user().soft_deleted(day(0));
    CHECK(rules::is_due_for_purge(user, day(30)));
    CHECK_FALSE(rules::purge_hold(user));
    user = done(Verb::protect, user, day(1)).user;
    CHECK_FALSE(rules::is_due_for_purge(user, day(400)));
    CHECK(rules::purge_hold(user) == "the user is protected");
    CHECK(rules::is_due_for_purge(done(Verb::unprotect, user, day(2)).user, day(30)));
}

TEST_CASE("S-203, S-205: who has an address, and is not yet in, is invited, once at a time and unless switched off")
{
    const User user = with(Status::not_verified);
    Policy silent;
    silent.invitations = false;
    CHECK_FALSE(rules::refusal_of(Verb::invite, user, {}, {}));
    CHECK(rules::refusal_of(Verb::invite, user, {}, silent)->field == "invitations");
    CHECK(rules::refusal_of(Verb::invite, user, {.invitation_waits = true}, {})->field == "invitation");
    CHECK(rules::refusal_of(Verb::invite, a_user().named("jyoung").with_status(Status::not_verified), {}, {})->field ==
          "emails");
}

TEST_CASE("S-014: mail goes to the user name where it is an address, else to the primary e-mail value")
{
    const auto emails = [](const char* text) {
        return a_user().named("jyoung").with("emails", bj::parse(text)).build();
    };
    CHECK(rules::mail_address_of(a_user().named(name).with("emails", bj::array{bj::object{{"value", "x@y"}}})) == name);
    CHECK(rules::mail_address_of(emails(R"([{"value":"a@x"},{"value":"b@x","primary":true}])")) == "b@x");
    CHECK(rules::mail_address_of(emails(R"([{"value":"none"},{"type":"work"},{"value":"a@x"},{"value":"b@x"}])")) ==
          "a@x");
    CHECK_FALSE(rules::mail_address_of(emails("[]")));
    CHECK_FALSE(rules::mail_address_of(a_user().named("jyoung")));
}

TEST_CASE("S-145, Q-10: a user with a delayed claim, and a shell, are not an administrator's to change")
{
    for (const Status status : {Status::delayed_claim, Status::converted_away}) {
        const User user = with(status);
        CHECK(rules::change(user, desired(user), {}, day(1)).has_error());
        CHECK(rules::appoint(user, true, {}, day(1)).has_error());
    }
}
