#include "core/actions/domains.hpp"
#include "core/base/text.hpp"
#include "core/shelf.hpp"
#include "core/testing/builders.hpp"
#include "core/testing/memory_store.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace core;
using namespace core::testing;

namespace {

// A name server by hand.
class Zone final : public TxtResolver {
public:
    TxtAnswer look_up(std::string_view name, Duration) override
    {
        ++asked;
        if (trouble) return *trouble;
        const auto found = records.find(std::string{name});
        if (found == records.end()) return DnsProblem::no_such_name;
        return found->second;
    }
    std::map<std::string, std::vector<std::string>> records;
    std::optional<DnsProblem> trouble;
    int asked = 0;
};

struct World {
    MemoryStore store;
    OrgId ours = make_organisation(store, an_organisation().named("ours"));
    OrgId theirs = make_organisation(store, an_organisation().named("theirs"));
    Zone dns;
    SequentialIds ids;
    int today = 0;

    Context context() { return {.now = day(today), .actor = {"admin", "a"}, .request_id = "r"}; }
    template<class Work>
    auto in(OrgId org, Work work)
    {
        using Answer = decltype(work(std::declval<WriteTxn&>()));
        std::optional<Answer> answer;
        store.write(org, [&](WriteTxn& txn) {
            answer.emplace(work(txn));
            return answer->has_value() ? Keep::yes : Keep::no;
        });
        return *answer;
    }
    Result<Domain> add(OrgId org, const std::string& name)
    {
        return in(org, [&](WriteTxn& txn) { return actions::add_domain(txn, context(), name); });
    }
    Result<Domain> verify(OrgId org, const std::string& name)
    {
        const auto answer = dns.look_up(rules::challenge_name(name), std::chrono::seconds{1});
        return in(org, [&](WriteTxn& txn) { return actions::check_domain(txn, context(), name, answer, {}); });
    }
    Result<Domain> claim(OrgId org, const std::string& name)
    {
        return in(org, [&](WriteTxn& txn) { return actions::claim_domain(txn, context(), name); });
    }
    Result<Domain> release(OrgId org, const std::string& name)
    {
        return in(org, [&](WriteTxn& txn) { return actions::release_domain(txn, context(), name); });
    }
    void publish(OrgId org, const std::string& name)
    {
        const auto domain = find(org, name);
        REQUIRE(domain);
        dns.records[rules::challenge_name(name)].push_back(domain->proof);
    }
    // Added, published, verified.
    void own(OrgId org, const std::string& name)
    {
        REQUIRE(add(org, name).has_value());
        publish(org, name);
        REQUIRE(verify(org, name)->is_verified());
    }
    std::optional<Domain> find(OrgId org, const std::string& name)
    {
        const auto txn = store.read(org);
        return ReadShelf<Domain>{txn->records()}.find(name);
    }
    Result<User> join(OrgId org, const std::string& name)
    {
        const DesiredUser wanted = desired(a_user().named(name));
        return in(org, [&](WriteTxn& txn) { return actions::create_user(txn, context(), ids.next_user(), wanted); });
    }
    Result<actions::Updated> rename(OrgId org, const User& user, const std::string& name, bool active = true)
    {
        return in(org, [&](WriteTxn& txn) {
            DesiredUser wanted = desired(*txn.user(user.id));
            wanted.user_name = name;
            wanted.active = active;
            return actions::update_user(txn, context(), user.id, wanted);
        });
    }
    void require_verified(OrgId org)
    {
        store.registry([&](Registry& registry) {
            auto organisation = *registry.organisation(org);
            organisation.policy.require_verified_domain = true;
            registry.replace(organisation);
            return Keep::yes;
        });
    }
    std::optional<actions::Rechecked> recheck()
    {
        const auto write = [&](OrgId org, const auto& work) { store.write(org, work); };
        return actions::recheck_next(store, write, dns, context(), {}, std::chrono::seconds{1});
    }
    std::vector<std::string_view> told(OrgId org)
    {
        std::vector<std::string_view> words;
        for (const auto& event : store.read(org)->events({}))
            if (event.target.kind == TargetKind::domain) words.push_back(word(event.activity));
        return words;
    }
};

} // namespace

TEST_CASE("each added domain has a proof of its own that nobody can guess")
{
    World w;
    const auto a = w.add(w.ours, "contoso.com"), b = w.add(w.theirs, "Contoso.COM"), c = w.add(w.ours, "fabrikam.com");
    REQUIRE((a && b && c));
    CHECK(b->name == "contoso.com");
    CHECK(a->proof != b->proof);
    CHECK(a->proof != c->proof);
    CHECK(a->proof.size() == std::string{"rollcall-domain-verification="}.size() + 43); // 256 bits
    CHECK(a->state == DomainState::pending);
    CHECK(w.add(w.ours, "CONTOSO.com.").error().reason == Reason::taken);
}

TEST_CASE(
    "S-173, S-175, S-180: a domain is added, verified, claimed, released, claimed again and removed; each is told once")
{
    World w;
    REQUIRE(w.add(w.ours, "contoso.com").has_value());
    CHECK(w.claim(w.ours, "contoso.com").error().reason == Reason::not_allowed);
    CHECK_FALSE(w.verify(w.ours, "contoso.com")->is_verified());
    w.publish(w.ours, "contoso.com");
    CHECK(w.verify(w.ours, "contoso.com")->state == DomainState::verified);
    CHECK(w.verify(w.ours, "contoso.com")->state == DomainState::verified); // nothing new
    CHECK(w.claim(w.ours, "contoso.com")->state == DomainState::claimed);
    CHECK(w.claim(w.ours, "contoso.com")->state == DomainState::claimed);
    CHECK(w.release(w.ours, "contoso.com")->state == DomainState::verified);
    CHECK(w.claim(w.ours, "contoso.com")->state == DomainState::claimed);
    CHECK(w.in(w.ours, [&](WriteTxn& txn) {
               return actions::remove_domain(txn, w.context(), "contoso.com");
           }).has_value());
    CHECK(w.verify(w.ours, "contoso.com").error().reason == Reason::not_found);
    CHECK(w.claim(w.ours, "contoso.com").error().reason == Reason::not_found);
    CHECK(w.told(w.ours) == std::vector<std::string_view>{"addDomain", "verifyDomain", "claimDomain", "releaseDomain",
                                                          "claimDomain", "removeDomain"});
}

TEST_CASE("S-179, Q-07: two organisations may verify one domain; the claim of one is the end of the other's")
{
    World w;
    w.own(w.ours, "contoso.com");
    w.own(w.theirs, "contoso.com");
    REQUIRE(w.claim(w.theirs, "contoso.com").has_value());
    CHECK(w.claim(w.ours, "contoso.com").error().reason == Reason::not_allowed);
    CHECK(w.join(w.ours, "ada@contoso.com").error().reason == Reason::not_allowed);
    CHECK(w.join(w.theirs, "ada@contoso.com").has_value());
    REQUIRE(w.release(w.theirs, "contoso.com").has_value());
    CHECK(w.join(w.ours, "bob@contoso.com").has_value());
    CHECK(w.claim(w.ours, "contoso.com").has_value());
}

TEST_CASE("S-176: users of a domain claimed elsewhere cannot be created here nor renamed to it, but those here can go "
          "and return")
{
    World w;
    const User ada = *w.join(w.ours, "ada@contoso.com");
    const User eve = *w.join(w.ours, "eve@elsewhere.com");
    w.own(w.theirs, "contoso.com");
    REQUIRE(w.claim(w.theirs, "contoso.com").has_value());
    for (const char* const name :
         {"bob@contoso.com", "bob@CONTOSO.COM", "bob@contoso.com.", "bob\uff20contoso.com", "bob@contoso\u3002com"}) {
        INFO(name);
        const auto refused = w.join(w.ours, name);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().reason == Reason::not_allowed);
        CHECK(refused.error().detail.find("theirs") == std::string::npos); // nothing of the other organisation
    }
    CHECK(w.join(w.ours, "bob@mail.contoso.com").has_value()); // another domain
    CHECK(w.rename(w.ours, eve, "eve@contoso.com").error().reason == Reason::not_allowed);
    CHECK(w.rename(w.ours, eve, "eve@fabrikam.com").has_value());

    CHECK(w.rename(w.ours, ada, "ADA@contoso.com").has_value());
    CHECK(w.rename(w.ours, ada, tombstone("ada@contoso.com"), false)->user.is_soft_deleted());
    const auto back = w.rename(w.ours, ada, "ada@contoso.com");
    REQUIRE(back.has_value());
    CHECK(back->user.is_active());
}

TEST_CASE("S-177, S-178: verified first and synchronised then is active; the other way round is not verified")
{
    World w;
    CHECK(w.join(w.ours, "first@contoso.com")->status == Status::active); // no domain is named yet
    REQUIRE(w.add(w.ours, "contoso.com").has_value());
    CHECK(w.join(w.ours, "early@contoso.com")->status == Status::not_verified);
    w.publish(w.ours, "contoso.com");
    REQUIRE(w.verify(w.ours, "contoso.com")->is_verified());
    CHECK(w.join(w.ours, "late@contoso.com")->status == Status::active);
    CHECK(w.join(w.ours, "other@fabrikam.com")->status == Status::not_verified);
}

TEST_CASE("an organisation that requires it takes users of its verified domains only, and lets go of all")
{
    World w;
    const User ada = *w.join(w.ours, "ada@fabrikam.com");
    w.own(w.ours, "contoso.com");
    w.require_verified(w.ours);
    CHECK(w.join(w.ours, "bob@contoso.com").has_value());
    CHECK(w.join(w.ours, "bob@fabrikam.com").error().reason == Reason::not_allowed);
    CHECK(w.join(w.ours, "bob").error().reason == Reason::not_allowed);
    CHECK(w.rename(w.ours, ada, "lovelace@fabrikam.com").error().reason == Reason::not_allowed);
    CHECK(w.rename(w.ours, ada, tombstone("ada@fabrikam.com"), false).has_value());
    CHECK(w.rename(w.ours, ada, "ada@fabrikam.com").has_value());
    CHECK(w.rename(w.ours, ada, "ada@contoso.com").has_value());
    CHECK(w.join(w.theirs, "bob@fabrikam.com").has_value()); // their policy is their own
}

TEST_CASE("verified domains are looked at again when their time has come, one at a time, the longest waiting first")
{
    World w;
    w.own(w.ours, "a.example");
    w.today = 1;
    w.own(w.theirs, "b.example");
    REQUIRE(w.add(w.ours, "pending.example").has_value());
    w.dns.asked = 0;
    w.today = 0;
    CHECK_FALSE(w.recheck().has_value());
    CHECK(w.dns.asked == 0);
    w.today = 2;
    CHECK(w.recheck()->domain.name == "a.example");
    CHECK(w.recheck()->domain.name == "b.example");
    CHECK_FALSE(w.recheck().has_value());
    CHECK(w.dns.asked == 2);
}

TEST_CASE("a claimed domain whose record is gone is given up after seven days, and its users may join elsewhere")
{
    World w;
    w.own(w.ours, "contoso.com");
    REQUIRE(w.claim(w.ours, "contoso.com").has_value());
    w.dns.records.clear();
    for (w.today = 1; w.today < 8; ++w.today) {
        const auto looked = w.recheck();
        REQUIRE(looked);
        CHECK(looked->turn == rules::DomainTurn::none);
        CHECK_FALSE(w.join(w.theirs, "bob@contoso.com").has_value());
    }
    w.dns.trouble = DnsProblem::server_failure; // the day of days: nobody can tell
    CHECK(w.recheck()->turn == rules::DomainTurn::none);
    w.dns.trouble.reset();
    w.today = 9;
    CHECK(w.recheck()->turn == rules::DomainTurn::unverified);
    CHECK(w.find(w.ours, "contoso.com")->state == DomainState::pending);
    CHECK(w.told(w.ours).back() == "unverifyDomain");
    CHECK(w.join(w.theirs, "bob@contoso.com").has_value());
    w.today = 99;
    CHECK_FALSE(w.recheck().has_value());
}
