#include "core/actions/people.hpp"
#include "core/actions/sweep.hpp"
#include "core/domain.hpp"
#include "core/shelf.hpp"
#include "core/testing/builders.hpp"
#include "core/testing/memory_store.hpp"

#include <boost/json/object.hpp>
#include <catch2/catch.hpp>

#include <string>

using namespace core;
using namespace core::testing;
using rules::Verb;

namespace {

const std::string name = "ada@example.com";

struct World {
    MemoryStore store;
    OrgId org = make_organisation(store, an_organisation());
    SequentialIds ids;
    int today = 0;

    // One request, kept when it succeeds.
    template<class Work>
    auto request(Work work)
    {
        using Answer = decltype(work(std::declval<WriteTxn&>(), std::declval<const Context&>()));
        std::optional<Answer> answer;
        ++today;
        const Context now{.now = day(today), .actor = {"admin", "abc"}, .request_id = "r" + std::to_string(today)};
        store.write(org, [&](WriteTxn& txn) {
            answer.emplace(work(txn, now));
            return answer->has_value() ? Keep::yes : Keep::no;
        });
        return *answer;
    }
    User put(const User& user)
    {
        REQUIRE(request([&](auto& txn, auto&) { return txn.insert(user); }).has_value());
        return user;
    }
    User put_administrator(const std::string& user_name)
    {
        User user = a_user().named(user_name).known_as(std::string{object_id});
        user.standing.is_administrator = true;
        return put(user);
    }
    auto perform(Verb verb, const UserId& id, std::optional<std::int64_t> known = {})
    {
        return request([&](auto& txn, auto& now) { return actions::perform(txn, now, verb, id, known); });
    }
    auto as_directory(const UserId& id, const std::string& user_name, bool active)
    {
        return request([&](auto& txn, auto& now) {
            DesiredUser wanted = desired(*txn.user(id));
            wanted.user_name = user_name;
            wanted.active = active;
            return actions::update_user(txn, now, id, wanted);
        });
    }
    auto remove_as_directory(const UserId& id)
    {
        return request([&](auto& txn, auto& now) { return actions::delete_user(txn, now, id); });
    }
    auto create(const std::string& user_name, bool invite = true, Provenance how = Provenance::manual)
    {
        return request([&](auto& txn, auto& now) {
            return actions::create_by_hand(txn, now, ids.next_user(), desired(a_user().named(user_name)), how, invite);
        });
    }
    void verify(const std::string& domain)
    {
        store.write(org, [&](WriteTxn& txn) {
            Domain made;
            made.name = domain;
            made.state = DomainState::verified;
            REQUIRE(Shelf<Domain>{txn.records()}.insert(made).has_value());
            return Keep::yes;
        });
    }
    void set(void (*change)(Policy&))
    {
        store.registry([&](Registry& registry) {
            Organisation acme = *registry.organisation("acme");
            change(acme.policy);
            registry.replace(acme);
            return Keep::yes;
        });
    }
    std::optional<User> user(const UserId& id) { return store.read(org)->user(id); }
    std::vector<Event> events() { return store.read(org)->events({}); }
    std::vector<QueuedMail> mails() { return ReadShelf<QueuedMail>{store.read(org)->records()}.list("", 100); }
};

} // namespace

TEST_CASE("S-085, S-086, S-093, S-098: from an invitation to the first sign-in, each step told by an event")
{
    World world;
    const auto made = world.create(name);
    REQUIRE(made.has_value());
    CHECK(made->status == Status::not_verified);
    CHECK(made->provenance == Provenance::manual);
    CHECK(world.perform(Verb::sign_in, made->id).error().reason == Reason::not_allowed);

    REQUIRE(world.perform(Verb::verify_email, made->id).has_value());
    const auto in = world.perform(Verb::sign_in, made->id);
    REQUIRE(in.has_value());
    CHECK(in->status == Status::active);
    CHECK(world.user(made->id) == *in);
    REQUIRE(world.perform(Verb::sign_in, made->id).has_value()); // no change, no event

    std::vector<Activity> told;
    for (const Event& event : world.events()) told.push_back(event.activity);
    CHECK(told ==
          std::vector{Activity::create_user, Activity::invite_user, Activity::verify_email, Activity::sign_in_user});
    const auto last = world.events().back();
    CHECK(last.actor == Actor{"admin", "abc"});
    CHECK(last.target.id == to_text(made->id));
    CHECK(last.changes.front() == Change{"status", "verified", "active"});
}

TEST_CASE("S-094, S-178: who is added by hand after the domain was verified is verified; before, not, and stays so")
{
    World world;
    const auto before = world.create("before@example.com");
    world.verify("example.com");
    CHECK(world.create("after@example.com")->status == Status::verified);
    CHECK(world.create("other@example.org")->status == Status::not_verified);
    CHECK(world.create("linked@example.org", true, Provenance::site_link)->status == Status::verified);
    CHECK(world.user(before->id)->status == Status::not_verified);
}

TEST_CASE("S-185, S-203: an invitation is written with its user, once, unless it is switched off here or everywhere")
{
    World world;
    const auto made = world.create(name);
    auto mails = world.mails();
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].kind == MailKind::invitation);
    CHECK(mails[0].state == MailState::waiting);
    CHECK(mails[0].to == name);
    CHECK(mails[0].user == to_text(made->id));
    CHECK(mails[0].due == made->created);
    CHECK(mails[0].attempts == 0);
    CHECK(world.perform(Verb::invite, made->id).error().field == "invitation"); // it has not been sent yet

    world.store.write(world.org, [&](WriteTxn& txn) {
        mails[0].state = MailState::sent;
        mails[0].due.reset();
        REQUIRE(Shelf<QueuedMail>{txn.records()}.replace(mails[0]).has_value());
        return Keep::yes;
    });
    CHECK(world.perform(Verb::invite, made->id).has_value());
    CHECK(world.mails().size() == 2);

    CHECK(world.create("quiet@example.com", false).has_value());
    CHECK(world.create("no-address").has_value());
    world.set([](Policy& policy) { policy.invitations = false; });
    CHECK(world.create("silent@example.com").has_value());
    CHECK(world.mails().size() == 2);
}

TEST_CASE("a directory's user who arrives not verified is invited, an active one is not")
{
    World world;
    world.verify("example.com");
    for (const char* const each : {"in@example.com", "out@example.org"})
        REQUIRE(world
                    .request([&](auto& txn, auto& now) {
                        return actions::create_user(txn, now, world.ids.next_user(), desired(a_user().named(each)));
                    })
                    .has_value());
    REQUIRE(world.mails().size() == 1);
    CHECK(world.mails()[0].to == "out@example.org");
}

TEST_CASE("S-087: nobody is created inactive by hand, and nothing is left of the attempt")
{
    World world;
    DesiredUser wanted = desired(a_user().named(name));
    wanted.active = false;
    const auto refused = world.request([&](auto& txn, auto& now) {
        return actions::create_by_hand(txn, now, world.ids.next_user(), wanted, Provenance::csv, true);
    });
    CHECK(refused.error().reason == Reason::invalid_value);
    CHECK_FALSE(world.store.read(world.org)->user_named(name));
    CHECK(world.mails().empty());
}

TEST_CASE("S-003: a user made by hand is matched and updated by a directory as any other")
{
    World world;
    const auto made = world.create(name);
    const auto updated = world.request([&](auto& txn, auto& now) {
        DesiredUser wanted = desired(*txn.user_named(name));
        wanted.external_id = std::string{object_id};
        return actions::update_user(txn, now, made->id, wanted);
    });
    REQUIRE(updated.has_value());
    CHECK(updated->user.provenance == Provenance::manual);
    CHECK(updated->user.external_id == object_id);
}

TEST_CASE("an administrator's restore is refused while another user has the original name, and the verb is not offered")
{
    World world;
    User gone = a_user().named(name).known_as(std::string{object_id}).soft_deleted(day(0));
    world.put(gone);
    const auto offered = [&] {
        const auto verbs = actions::possible_verbs(*world.store.read(world.org), *world.user(gone.id));
        return std::find(verbs.begin(), verbs.end(), Verb::restore) != verbs.end();
    };
    CHECK(offered());
    const User other = world.put(a_user().named(name));
    CHECK_FALSE(offered());
    CHECK(world.perform(Verb::restore, gone.id).error().field == "userName");
    REQUIRE(world.remove_as_directory(other.id).has_value());
    CHECK(world.perform(Verb::restore, gone.id)->user_name == name);
    CHECK(world.events().back().activity == Activity::restore_user);
}

TEST_CASE("an administrator's purge archives the user, says who did it, and knows the version that was meant")
{
    World world;
    const User ada = world.put(a_user().named(name));
    CHECK(world.perform(Verb::purge, ada.id, 7).error().reason == Reason::stale);
    CHECK(world.perform(Verb::purge, UserId{next_uuid()}).error().reason == Reason::not_found);
    REQUIRE(world.perform(Verb::purge, ada.id).has_value());
    CHECK_FALSE(world.user(ada.id));
    const auto archived = world.store.read(world.org)->archived({.name_or_id = name});
    REQUIRE(archived.size() == 1);
    CHECK(archived[0].cause == DeletionCause::admin);
    CHECK(world.events().size() == 1);
}

TEST_CASE("TEN-05: a directory may neither deactivate, soft-delete, rename to a tombstone nor delete a protected user")
{
    World world;
    const User ada = world.put(a_user().named(name).known_as(std::string{object_id}));
    REQUIRE(world.perform(Verb::protect, ada.id).has_value());
    const auto before = *world.user(ada.id);
    CHECK(world.as_directory(ada.id, name, false).error().reason == Reason::guarded);
    CHECK(world.as_directory(ada.id, tombstone(name), true).error().reason == Reason::guarded);
    CHECK(world.as_directory(ada.id, tombstone(name), false).error().reason == Reason::guarded);
    CHECK(world.remove_as_directory(ada.id).error().reason == Reason::guarded);
    CHECK(world.perform(Verb::purge, ada.id).error().reason == Reason::not_allowed);
    CHECK(world.user(ada.id) == before);
    CHECK(world.as_directory(ada.id, "countess@example.com", true).has_value()); // a rename is none of these

    REQUIRE(world.perform(Verb::unprotect, ada.id).has_value());
    CHECK(world.as_directory(ada.id, "countess@example.com", false).has_value());
    CHECK(world.remove_as_directory(ada.id).has_value());
}

TEST_CASE("TEN-05: the sweep leaves a protected user, and purges them when the protection is lifted")
{
    World world;
    const User gone = world.put(a_user().named(name).soft_deleted(day(0)));
    REQUIRE(world.perform(Verb::protect, gone.id).has_value());
    const auto sweep = [&] {
        std::size_t purged = 0;
        world.store.write(world.org, [&](WriteTxn& txn) {
            purged =
                actions::purge_due(txn, {.now = day(400), .actor = {"server", "sweep"}, .request_id = {}}, 10).size();
            return Keep::yes;
        });
        return purged;
    };
    CHECK(sweep() == 0);
    REQUIRE(world.perform(Verb::unprotect, gone.id).has_value());
    CHECK(sweep() == 1);
}

TEST_CASE("TEN-09: the last living administrator stays, whoever asks; with a second one either may go")
{
    World world;
    const User first = world.put_administrator("first@example.com");
    CHECK(world.as_directory(first.id, first.user_name, false).error().reason == Reason::guarded);
    CHECK(world.as_directory(first.id, tombstone(first.user_name), false).error().reason == Reason::guarded);
    CHECK(world.remove_as_directory(first.id).error().reason == Reason::guarded);
    CHECK(world.perform(Verb::deactivate, first.id).error().field == "administrator");
    CHECK(world.perform(Verb::purge, first.id).error().field == "administrator");

    const User second = world.put_administrator("second@example.com");
    CHECK(world.as_directory(first.id, first.user_name, false).has_value());
    CHECK(world.perform(Verb::deactivate, second.id).error().field == "administrator"); // now the last one
    REQUIRE(world.perform(Verb::reactivate, first.id).has_value());
    const auto dismissed = world.request(
        [&](auto& txn, auto& now) { return actions::set_administrator(txn, now, *txn.user(second.id), false); });
    REQUIRE(dismissed.has_value());
    CHECK(world.events().back().activity == Activity::dismiss_administrator);
    CHECK(world
              .request([&](auto& txn, auto& now) {
                  return actions::set_administrator(txn, now, *txn.user(first.id), false);
              })
              .has_error());
}

TEST_CASE("S-073, S-209, S-210: tokens are void from a deactivation on, and a reactivation does not revive them")
{
    World world;
    const User ada = world.put(a_user().named(name));
    const Instant issued = day(world.today);
    REQUIRE(world.perform(Verb::deactivate, ada.id).has_value());
    CHECK(rules::token_problem(*world.user(ada.id), day(400)) == "inactive");
    REQUIRE(world.perform(Verb::reactivate, ada.id).has_value());
    const User back = *world.user(ada.id);
    CHECK(rules::token_problem(back, issued) == "revoked");
    CHECK(rules::token_problem(back, day(world.today)).empty());
}
