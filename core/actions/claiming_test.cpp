#include "core/actions/claiming.hpp"
#include "core/actions/licensing.hpp"
#include "core/domain.hpp"
#include "core/mail.hpp"
#include "core/shelf.hpp"
#include "core/testing/builders.hpp"
#include "core/testing/memory_store.hpp"

#include <catch2/catch.hpp>

#include <functional>

using namespace core;
using namespace core::testing;
using namespace std::chrono_literals;

namespace {

// `ours` has verified example.com; `theirs` has the users.
struct World {
    MemoryStore store;
    SequentialIds ids;
    std::vector<std::uint8_t> key = std::vector<std::uint8_t>(32, 3);
    OrgId ours = organisation("ours", OrganisationKind::business);
    OrgId theirs = organisation("theirs", OrganisationKind::personal);
    OrgId third = organisation("third", OrganisationKind::business);
    Instant now = day(0);

    World()
    {
        domain(ours, "example.com", DomainState::verified);
        change(ours, [](Organisation& o) { o.policy.allow_content_transfer = true; });
    }

    OrgId organisation(const char* name, OrganisationKind kind)
    {
        Organisation made = an_organisation().named(name);
        made.kind = kind;
        made.created = std::chrono::sys_days{std::chrono::year{2019} / 1 / 1};
        return make_organisation(store, made);
    }
    void change(OrgId org, const std::function<void(Organisation&)>& how)
    {
        store.registry([&](Registry& registry) {
            auto organisation = *registry.organisation(org);
            how(organisation);
            registry.replace(organisation);
            return Keep::yes;
        });
    }
    void domain(OrgId org, const char* name, DomainState state)
    {
        store.write(org, [&](WriteTxn& txn) {
            Shelf<Domain> domains{txn.records()};
            domains.erase(name);
            Domain made;
            made.name = name;
            made.state = state;
            CHECK(domains.insert(made).has_value());
            return Keep::yes;
        });
    }
    User put(OrgId org, const User& user)
    {
        store.write(org, [&](WriteTxn& txn) {
            CHECK(txn.insert(user).has_value());
            return Keep::yes;
        });
        return user;
    }
    std::optional<User> user(OrgId org, const UserId& id) { return store.read(org)->user(id); }
    std::optional<User> named(OrgId org, const char* name) { return store.read(org)->user_named(name); }
    Context context() { return {.now = now, .actor = {"admin", "boss"}, .request_id = "r-1"}; }

    template<class Work>
    Result<Claim> run(const Work& work)
    {
        std::optional<Result<Claim>> result;
        store.across([&](AcrossTxn& txn) {
            result.emplace(work(txn));
            return result->has_value() ? Keep::yes : Keep::no;
        });
        return *result;
    }
    Result<Claim> claim(OrgId org, std::string address, std::optional<ClaimKind> kind = ClaimKind::immediate)
    {
        return run([&](AcrossTxn& txn) { return actions::claim(txn, context(), ids, org, {address, kind}); });
    }
    Result<Claim> withdraw(OrgId org, const std::string& id)
    {
        return run([&](AcrossTxn& txn) { return actions::withdraw(txn, context(), ids, org, id); });
    }
    Result<Claim> choose(const Claim& claim, Choice choice, std::string address = "")
    {
        return run([&](AcrossTxn& txn) { return actions::choose(txn, context(), ours, claim.id, choice, address); });
    }
    std::int64_t expire()
    {
        std::int64_t count = 0;
        store.across([&](AcrossTxn& txn) {
            count = actions::expire_due(txn, context(), 100);
            return Keep::yes;
        });
        return count;
    }
    std::vector<Event> events(OrgId org) { return store.read(org)->events({}); }
    std::size_t count(OrgId org, Activity activity)
    {
        std::size_t found = 0;
        for (const Event& each : events(org)) found += each.activity == activity ? 1U : 0U;
        return found;
    }
    std::optional<Owned<Claim>> behind(const Claim& claim)
    {
        std::optional<Owned<Claim>> found;
        store.read_registry([&](Registry& registry) {
            found = actions::claim_behind(registry, key, choice_secret(key, claim.id).reveal(), now);
        });
        return found;
    }
    std::vector<QueuedMail> mails() { return ReadShelf<QueuedMail>{store.read(ours)->records()}.list("", 100); }
};

} // namespace

TEST_CASE("S-120, S-121, S-151, S-202: an immediate claim gives the user to the claiming organisation at once, and "
          "leaves a shell behind; both sides' events tell their own part")
{
    World w;
    const User ada = w.put(w.theirs, a_user().named("Ada@example.com").with("displayName", "Ada"));
    const auto claim = w.claim(w.ours, "ada@EXAMPLE.com");
    REQUIRE(claim.has_value());
    CHECK(claim->address == "Ada@example.com");
    CHECK(claim->until == day(14));
    CHECK(claim->acknowledged_by == "boss"); // S-140

    const auto here = w.user(w.ours, claim->user);
    REQUIRE(here);
    CHECK(here->user_name == "Ada@example.com");
    CHECK(here->status == Status::active);
    CHECK(here->standing.claim == claim->id);
    CHECK(here->id != ada.id);
    const auto shell = w.user(w.theirs, ada.id);
    REQUIRE(shell);
    CHECK(shell->status == Status::converted_away);
    CHECK(rules::is_shell_address(shell->user_name));
    CHECK_FALSE(w.named(w.theirs, "ada@example.com"));

    CHECK(w.count(w.ours, Activity::claim_user) == 1);
    CHECK(w.count(w.theirs, Activity::convert_user) == 1);
    for (const Event& each : w.events(w.theirs)) {
        CHECK(each.actor == Actor{"server", "claim"}); // who took the user is not told
        for (const Change& change : each.changes) CHECK(change.after != boost::json::value("ours"));
    }
    const auto mails = w.mails();
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].kind == MailKind::claim_notice);
    CHECK(mails[0].to == "Ada@example.com");
    CHECK(mails[0].due == day(0));
    const auto link = w.behind(*claim);
    REQUIRE(link);
    CHECK(link->organisation == w.ours);
    CHECK(link->value.id == claim->id);
    // The store holds nothing of the link's secret.
    const Secret secret = choice_secret(w.key, claim->id);
    CHECK(secret.reveal().size() == 64);
    for (const auto kind : {RecordKind::mail, RecordKind::claim})
        for (const Record& each : w.store.read(w.ours)->records().list(kind, "", 10)) {
            CHECK(each.key != secret.reveal());
            for (const auto& field : each.doc)
                CHECK(field.value() !=
                      boost::json::value(boost::json::string_view{secret.reveal().data(), secret.reveal().size()}));
        }
}

TEST_CASE("a claim is refused with its reason, and changes nothing")
{
    World w;
    const User ada = w.put(w.theirs, a_user().named("ada@example.com"));
    w.put(w.ours, a_user().named("own@example.com"));
    w.put(w.theirs, a_user().named("eve@other.example"));
    const User purged = w.put(w.theirs, a_user().named("gone@example.com").inactive().due(day(0)));
    const auto refusal = [&](const char* address, std::optional<ClaimKind> kind = {}) {
        const auto refused = w.claim(w.ours, address, kind);
        REQUIRE_FALSE(refused.has_value());
        return refused.error();
    };
    CHECK(refusal("nobody").reason == Reason::invalid_value);
    CHECK(refusal("nobody@example.com").reason == Reason::not_found);
    CHECK(refusal("own@example.com").detail == rules::refusal_of(rules::WhyNotClaimable::already_here).detail);
    CHECK(refusal("gone@example.com").detail == rules::refusal_of(rules::WhyNotClaimable::being_purged).detail);
    // Of a domain that is not ours, nothing is told: neither that the address lives nor that it does not.
    CHECK(refusal("eve@other.example").detail == refusal("nobody@other.example").detail);
    w.change(w.ours, [](Organisation& o) { o.policy.delayed_claims = false; });
    CHECK(refusal("ada@example.com", ClaimKind::delayed).field == "kind");
    w.domain(w.third, "example.com", DomainState::verified); // no obstacle
    w.domain(w.theirs, "example.com", DomainState::claimed);
    CHECK(refusal("ada@example.com").detail ==
          rules::refusal_of(rules::WhyNotClaimable::domain_claimed_elsewhere).detail);
    w.domain(w.theirs, "example.com", DomainState::verified);
    w.change(w.theirs, [](Organisation& o) { o.sso = true; });
    CHECK(refusal("ada@example.com").detail == rules::refusal_of(rules::WhyNotClaimable::sso_organisation).detail);
    w.change(w.theirs, [](Organisation& o) { o.sso = false, o.directory_sync = true; });
    CHECK(refusal("ada@example.com").detail ==
          rules::refusal_of(rules::WhyNotClaimable::synchronised_organisation).detail);
    const auto unknown_licence = w.run([&](AcrossTxn& txn) {
        return actions::claim(txn, w.context(), w.ids, w.ours, {"ada@example.com", {}, {"none"}});
    });
    CHECK(unknown_licence.error().field == "licences");
    CHECK(w.user(w.theirs, ada.id) == ada);
    CHECK(w.user(w.theirs, purged.id) == purged);
    CHECK(w.mails().empty());
    CHECK(w.events(w.ours).empty());
    CHECK(w.events(w.theirs).empty());
}

TEST_CASE("S-116: where nothing is said, the kind is the one that lets content come along")
{
    World w;
    w.put(w.theirs, a_user().named("ada@example.com"));
    w.put(w.third, a_user().named("bob@example.com"));
    CHECK(w.claim(w.ours, "ada@example.com", {})->kind == ClaimKind::delayed);
    CHECK(w.claim(w.ours, "bob@example.com", {})->kind == ClaimKind::immediate); // business: no content
}

TEST_CASE("two organisations cannot claim the same user: the second is refused until the first claim is over")
{
    World w;
    w.domain(w.third, "example.com", DomainState::verified);
    w.put(w.theirs, a_user().named("ada@example.com"));
    const auto first = w.claim(w.ours, "ada@example.com");
    REQUIRE(first.has_value());
    const auto second = w.claim(w.third, "ada@example.com");
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().detail == rules::refusal_of(rules::WhyNotClaimable::already_claimed).detail);
    // The shell is nobody's either.
    const auto shell = w.claim(w.third, w.user(w.theirs, first->former.user)->user_name);
    CHECK_FALSE(shell.has_value());
    REQUIRE(w.choose(*first, Choice::remove).has_value());
    CHECK(w.claim(w.third, "ada@example.com").has_value());
}

TEST_CASE("S-148, S-106: changing the address keeps the old account, which is what it was before")
{
    World w;
    const User ada = w.put(w.theirs, a_user().named("ada@example.com").with_status(Status::verified));
    w.put(w.third, a_user().named("taken@home.example"));
    w.domain(w.third, "third.example", DomainState::claimed);
    const auto claim = w.claim(w.ours, "ada@example.com");
    REQUIRE(claim.has_value());
    for (const auto& [address, reason] : {std::pair{"", Reason::invalid_value},
                                          {"ada", Reason::invalid_value},
                                          {"ada@home", Reason::invalid_value},
                                          {"a b@home.example", Reason::invalid_value},
                                          {"new@example.com", Reason::invalid_value},
                                          {"x@y.convert-user.local", Reason::invalid_value},
                                          {"ada@third.example", Reason::invalid_value},
                                          {"taken@home.example", Reason::taken}}) {
        INFO(address);
        const auto refused = w.choose(*claim, Choice::change_address, address);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().reason == reason);
        CHECK(refused.error().field == "address");
        CHECK(w.behind(*claim)); // the link is still good
    }
    const auto done = w.choose(*claim, Choice::change_address, "ada@home.example");
    REQUIRE(done.has_value());
    CHECK(done->state == ClaimState::done);
    CHECK(done->choice == Choice::change_address);
    const auto kept = w.user(w.theirs, ada.id);
    REQUIRE(kept);
    CHECK(kept->user_name == "ada@home.example");
    CHECK(kept->status == Status::verified);
    CHECK_FALSE(kept->standing.claim);
    CHECK_FALSE(w.behind(*claim)); // one time
    CHECK(w.choose(*claim, Choice::remove).error().reason == Reason::not_allowed);
    CHECK(w.count(w.ours, Activity::choose) == 1);
    CHECK(w.count(w.theirs, Activity::choose) == 1);
}

TEST_CASE("S-148: deleting the old account archives it under the name that people knew")
{
    World w;
    const User ada = w.put(w.theirs, a_user().named("ada@example.com"));
    const auto claim = w.claim(w.ours, "ada@example.com");
    REQUIRE(w.choose(*claim, Choice::remove).has_value());
    CHECK_FALSE(w.user(w.theirs, ada.id));
    const auto archived = w.store.read(w.theirs)->archived({.name_or_id = "ada@example.com"});
    REQUIRE(archived.size() == 1);
    CHECK(archived[0].user == ada.id);
    CHECK(archived[0].original_user_name == "ada@example.com");
    CHECK(w.named(w.ours, "ada@example.com"));
}

TEST_CASE("S-122, S-149: with a delayed claim content may be moved: the shell stays until the application has done it")
{
    World w;
    const User ada = w.put(w.theirs, a_user().named("ada@example.com"));
    const auto claim = w.claim(w.ours, "ada@example.com", ClaimKind::delayed);
    REQUIRE(claim.has_value());
    CHECK(w.user(w.ours, claim->user)->status == Status::delayed_claim);
    const auto acknowledge = [&] {
        return w.run(
            [&](AcrossTxn& txn) { return actions::acknowledge_transfer(txn, w.context(), w.ours, claim->id); });
    };
    CHECK(acknowledge().error().reason == Reason::not_allowed);
    w.now = day(3);
    const auto chosen = w.choose(*claim, Choice::transfer);
    REQUIRE(chosen.has_value());
    CHECK(chosen->content == ContentTransfer::pending);
    CHECK(w.user(w.ours, claim->user)->status == Status::active);
    CHECK(w.user(w.theirs, ada.id)->status == Status::converted_away);
    std::vector<Event> asked;
    for (const Event& each : w.events(w.ours))
        if (each.activity == Activity::transfer_content) asked.push_back(each);
    REQUIRE(asked.size() == 1);
    CHECK(asked[0].changes[0].before == boost::json::value(to_text(ada.id)));
    CHECK(asked[0].changes[0].after == boost::json::value(to_text(claim->user)));
    w.now = day(300); // it may take its time
    CHECK(w.expire() == 0);
    CHECK(w.user(w.theirs, ada.id));
    REQUIRE(acknowledge().has_value());
    CHECK_FALSE(w.user(w.theirs, ada.id));
    CHECK(acknowledge().error().reason == Reason::not_allowed);
}

TEST_CASE(
    "S-150, S-201, Q-12: whoever has licences of a business organisation may only be renamed there, and keeps them")
{
    World w;
    User ada = a_user().named("ada@example.com");
    ada.standing.licences = {"paid"};
    w.put(w.third, ada);
    const auto claim = w.claim(w.ours, "ada@example.com");
    REQUIRE(claim->rename_only);
    CHECK(w.choose(*claim, Choice::remove).error().reason == Reason::invalid_value);
    REQUIRE(w.choose(*claim, Choice::rename, "ada.old@third.example").has_value());
    const auto kept = w.user(w.third, ada.id);
    CHECK(kept->user_name == "ada.old@third.example");
    CHECK(kept->standing.licences == std::vector<std::string>{"paid"});
    CHECK(w.user(w.ours, claim->user)->standing.licences.empty());
}

TEST_CASE("S-090, S-123: after 14 days the default is taken, not a millisecond before, and once")
{
    World w;
    const User ada = w.put(w.theirs, a_user().named("ada@example.com"));
    const User bob = w.put(w.theirs, a_user().named("bob@example.com"));
    const auto delayed = w.claim(w.ours, "ada@example.com", ClaimKind::delayed);
    const auto immediate = w.claim(w.ours, "bob@example.com");
    w.now = day(14) - 1ms;
    CHECK(w.expire() == 0);
    w.now = day(14);
    CHECK_FALSE(w.behind(*delayed));
    CHECK(w.choose(*delayed, Choice::remove).error().reason == Reason::too_late);
    CHECK(w.expire() == 2);
    CHECK(w.expire() == 0);
    const auto find = [&](const Claim& claim) {
        return *ReadShelf<Claim>{w.store.read(w.ours)->records()}.find(claim.id);
    };
    CHECK(find(*delayed).state == ClaimState::expired);
    CHECK(find(*delayed).content == ContentTransfer::pending);
    CHECK(w.user(w.ours, delayed->user)->status == Status::active);
    CHECK(w.user(w.theirs, ada.id)); // until the content has moved
    CHECK(find(*immediate).state == ClaimState::expired);
    CHECK_FALSE(w.user(w.theirs, bob.id));
    CHECK(w.store.read(w.theirs)->archived({.name_or_id = "bob@example.com"}).size() == 1);
    CHECK(w.count(w.ours, Activity::expire_claim) == 2);
}

TEST_CASE("S-155, S-161, S-171: withdrawn, the user is back in the former organisation as they were")
{
    World w;
    User before = a_user().named("ada@example.com").inactive(InactiveReason::admin);
    before.former_status = Status::verified;
    const User ada = w.put(w.theirs, before);
    const auto kind = GENERATE(ClaimKind::immediate, ClaimKind::delayed);
    const auto claim = w.claim(w.ours, "ada@example.com", kind);
    REQUIRE(claim.has_value());
    w.now = day(14) - 1ms;
    CHECK(w.withdraw(w.third, claim->id).error().reason == Reason::not_found);
    CHECK(w.withdraw(w.theirs, claim->id).error().reason == Reason::not_found);
    const auto back = w.withdraw(w.ours, claim->id);
    REQUIRE(back.has_value());
    CHECK(back->state == ClaimState::withdrawn);
    CHECK_FALSE(w.user(w.ours, claim->user));
    const auto again = w.user(w.theirs, ada.id);
    REQUIRE(again);
    CHECK(again->user_name == ada.user_name);
    CHECK(again->status == ada.status);
    CHECK(again->reason == ada.reason);
    CHECK(again->former_status == ada.former_status);
    CHECK_FALSE(again->standing.claim);
    CHECK_FALSE(again->original_user_name);
    CHECK_FALSE(w.behind(*claim));
    CHECK(w.mails().back().kind == MailKind::claim_withdrawn);
    CHECK(w.withdraw(w.ours, claim->id).error().reason == Reason::not_allowed);
    CHECK(w.store.read(w.ours)->archived({}).empty()); // nobody was deleted
    w.now = day(40);
    CHECK(w.expire() == 0);
}

TEST_CASE("S-156, S-157, S-163, S-164, S-169: no way back after a sign-in; with the domain claimed, not until it is "
          "released")
{
    World w;
    w.put(w.theirs, a_user().named("ada@example.com"));
    const auto claim = w.claim(w.ours, "ada@example.com");
    w.domain(w.ours, "example.com", DomainState::claimed);
    CHECK(w.withdraw(w.ours, claim->id).error().detail ==
          rules::refusal_of(rules::WhyNotWithdrawable::domain_claimed).detail);
    w.domain(w.ours, "example.com", DomainState::verified);
    w.store.write(w.ours, [&](WriteTxn& txn) {
        User user = *txn.user(claim->user);
        user.standing.signed_in_at = w.now;
        ++user.version;
        CHECK(txn.replace(user, user.version - 1).has_value());
        return Keep::yes;
    });
    CHECK(w.withdraw(w.ours, claim->id).error().detail ==
          rules::refusal_of(rules::WhyNotWithdrawable::signed_in).detail);
}

TEST_CASE("S-154: a claimed user whom the claiming organisation has deleted can still be given back")
{
    World w;
    const User ada = w.put(w.theirs, a_user().named("ada@example.com"));
    const auto claim = w.claim(w.ours, "ada@example.com");
    w.store.write(w.ours, [&](WriteTxn& txn) {
        CHECK(actions::delete_user(txn, w.context(), claim->user).has_value());
        return Keep::yes;
    });
    SECTION("while the address is free")
    {
        REQUIRE(w.withdraw(w.ours, claim->id).has_value());
        CHECK(w.user(w.theirs, ada.id)->user_name == "ada@example.com");
    }
    SECTION("not when somebody else has it")
    {
        w.put(w.third, a_user().named("ada@example.com"));
        CHECK(w.withdraw(w.ours, claim->id).error().reason == Reason::taken);
    }
    SECTION("after 14 days the shell goes, whatever the kind")
    {
        w.now = day(14);
        CHECK(w.expire() == 1);
        CHECK_FALSE(w.user(w.theirs, ada.id));
    }
}

TEST_CASE("S-146, S-204: a user who has yet to choose can be reminded, by mail with the same link")
{
    World w;
    w.put(w.theirs, a_user().named("ada@example.com"));
    const auto claim = w.claim(w.ours, "ada@example.com", ClaimKind::delayed);
    const auto remind = [&] {
        return w.run([&](AcrossTxn& txn) { return actions::remind(txn, w.context(), w.ids, w.ours, claim->id); });
    };
    REQUIRE(remind().has_value());
    CHECK(w.mails().size() == 2);
    CHECK(w.mails().back().kind == MailKind::claim_reminder);
    CHECK(w.behind(*claim));
    CHECK(w.count(w.ours, Activity::remind_user) == 1);
    REQUIRE(w.choose(*claim, Choice::remove).has_value());
    CHECK(remind().error().reason == Reason::not_allowed);
}

TEST_CASE("an organisation that goes leaves no shell behind that nobody could delete")
{
    World w;
    const User ada = w.put(w.theirs, a_user().named("ada@example.com"));
    const User bob = w.put(w.theirs, a_user().named("bob@example.com"));
    REQUIRE(w.claim(w.ours, "ada@example.com").has_value());
    const auto moving = w.claim(w.ours, "bob@example.com", ClaimKind::delayed);
    REQUIRE(w.choose(*moving, Choice::transfer).has_value());
    w.store.across([&](AcrossTxn& txn) {
        actions::end_claims_of(txn, w.context(), w.ours);
        txn.registry().erase(w.ours);
        return Keep::yes;
    });
    CHECK(w.user(w.theirs, ada.id)->user_name == "ada@example.com");
    CHECK(w.user(w.theirs, ada.id)->status == Status::active);
    CHECK_FALSE(w.user(w.theirs, bob.id));
    CHECK(w.store.read(w.theirs)->archived({.name_or_id = "bob@example.com"}).size() == 1);
}

TEST_CASE("when the former organisation has gone, the claim runs to its end without it")
{
    World w;
    w.put(w.theirs, a_user().named("ada@example.com"));
    const auto claim = w.claim(w.ours, "ada@example.com", ClaimKind::delayed);
    w.store.registry([&](Registry& registry) {
        registry.erase(w.theirs);
        return Keep::yes;
    });
    CHECK(w.withdraw(w.ours, claim->id).error().detail ==
          rules::refusal_of(rules::WhyNotWithdrawable::former_organisation_gone).detail);
    CHECK(w.choose(*claim, Choice::change_address, "ada@home.example").error().reason == Reason::not_found);
    w.now = day(14);
    CHECK(w.expire() == 1);
    CHECK(w.user(w.ours, claim->user)->status == Status::active);
}

TEST_CASE(
    "S-138, S-139, S-195, S-196, S-198: claimed users get the automatic licences and those that were named, while "
    "there are seats, and give them back with a withdrawal")
{
    World w;
    w.put(w.theirs, a_user().named("ada@example.com"));
    w.put(w.theirs, a_user().named("bob@example.com"));
    const auto licence = [&](const char* id, bool automatic, std::int64_t seats) {
        w.store.write(w.ours, [&](WriteTxn& txn) {
            Licence made;
            made.id = made.name = id;
            made.is_automatic = automatic;
            made.seats = seats;
            CHECK(actions::create_licence(txn, w.context(), made).has_value());
            return Keep::yes;
        });
    };
    licence("all", true, 10);
    licence("one", false, 1);
    const auto claim = [&](const char* address) {
        return w.run([&](AcrossTxn& txn) {
            return actions::claim(txn, w.context(), w.ids, w.ours, {address, {}, {"one"}});
        });
    };
    const auto used = [&](const char* id) {
        return ReadShelf<Licence>{w.store.read(w.ours)->records()}.find(id)->used;
    };
    const auto ada = claim("ada@example.com");
    REQUIRE(ada.has_value());
    CHECK(w.user(w.ours, ada->user)->standing.licences == std::vector<std::string>{"all", "one"});
    CHECK(claim("bob@example.com").error().reason == Reason::too_many);
    CHECK(w.named(w.theirs, "bob@example.com")); // nothing of it was kept
    CHECK(used("all") == 1);
    REQUIRE(w.withdraw(w.ours, ada->id).has_value());
    CHECK(used("all") == 0);
    CHECK(used("one") == 0);
    CHECK(claim("bob@example.com").has_value());
}
