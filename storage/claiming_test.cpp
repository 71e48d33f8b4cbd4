// Whatever three organisations do to each other's users, in whatever order: nobody has two owners, nobody is lost, and
// no shell is left without the claim that will end it. On every store there is.
#include "core/actions/claiming.hpp"
#include "core/actions/provision.hpp"
#include "core/domain.hpp"
#include "core/shelf.hpp"
#include "storage/test_world.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <csignal>
#include <map>
#include <stdexcept>
#include <sys/wait.h>
#include <tuple>

using namespace storage::testing;
using core::Keep;

namespace {

struct Ids final : core::IdSource {
    core::Uuid next() override { return next_uuid(); }
};

template<class World>
struct Neighbours : World {
    std::vector<core::OrgId> organisations;
    std::vector<std::string> addresses;
    std::map<std::string, bool> living; // by address: what must be true
    std::vector<core::Owned<core::Claim>> claims;
    core::Instant now = day(0);
    Ids ids;

    Neighbours()
    {
        for (const char* const name : {"one", "two", "three"}) {
            const auto org = organisation(this->store(), name);
            organisations.push_back(org);
            this->store().registry([&](core::Registry& registry) {
                auto made = *registry.organisation(org);
                made.kind = core::OrganisationKind::personal;
                made.created = core::Instant{};
                made.policy.allow_content_transfer = true;
                registry.replace(made);
                return Keep::yes;
            });
            change(this->store(), org, [](core::WriteTxn& txn) {
                core::Domain domain;
                domain.name = "example.com";
                domain.state = core::DomainState::verified;
                REQUIRE(core::Shelf<core::Domain>{txn.records()}.insert(domain).has_value());
            });
        }
    }

    core::Context context() const { return {.now = now, .actor = {"admin", "a"}, .request_id = "r"}; }
    core::OrgId org(std::uint8_t n) const { return organisations[n % organisations.size()]; }

    std::vector<core::Owned<core::User>> owners(const std::string& address)
    {
        std::vector<core::Owned<core::User>> found;
        this->store().read_registry([&](core::Registry& registry) { found = registry.users_named(address); });
        return found;
    }
    bool across(const std::function<bool(core::AcrossTxn&)>& work)
    {
        bool kept = false;
        this->store().across([&](core::AcrossTxn& txn) {
            kept = work(txn);
            return kept ? Keep::yes : Keep::no;
        });
        return kept;
    }
    std::vector<core::Owned<core::Claim>> all_claims()
    {
        std::vector<core::Owned<core::Claim>> all;
        for (const auto& each : organisations)
            for (auto& claim : core::ReadShelf<core::Claim>{this->store().read(each)->records()}.list("", 1000))
                all.push_back({each, std::move(claim)});
        return all;
    }

    void step(std::uint8_t what, std::uint8_t who, std::uint8_t which)
    {
        const std::string& address = addresses[which % addresses.size()];
        const auto* const claim = claims.empty() ? nullptr : &claims[which % claims.size()];
        switch (what % 9) {
        case 0:
        case 1: living[address] |= insert(this->store(), org(who), user(address)); break;
        case 2:
        case 3:
            across([&](core::AcrossTxn& txn) {
                const auto kind = who % 2 == 0 ? core::ClaimKind::immediate : core::ClaimKind::delayed;
                auto made = core::actions::claim(txn, context(), ids, org(who), {address, kind});
                if (made) claims.push_back({org(who), *made});
                return made.has_value();
            });
            break;
        case 4: // also by whom it is none of their business
            if (claim == nullptr) break;
            if (across([&](core::AcrossTxn& txn) {
                    return core::actions::withdraw(txn, context(), ids, org(who), claim->value.id).has_value();
                }))
                living[claim->value.address] = true;
            break;
        case 5:
            if (claim == nullptr) break;
            across([&](core::AcrossTxn& txn) {
                const auto left = core::rules::options_of(claim->value);
                return core::actions::choose(txn, context(), claim->organisation, claim->value.id,
                                             left[who % left.size()], "kept-" + claim->value.id + "@home.example")
                    .has_value();
            });
            break;
        case 6:
            now += std::chrono::hours{24 * (who % 10)};
            across([&](core::AcrossTxn& txn) { return core::actions::expire_due(txn, context(), 3) > 0; });
            break;
        case 7:
            for (const auto& owner : owners(address))
                this->store().write(owner.organisation, [&](core::WriteTxn& txn) {
                    const bool gone = core::actions::delete_user(txn, context(), owner.value.id).has_value();
                    if (gone) living[address] = false;
                    return gone ? Keep::yes : Keep::no;
                });
            break;
        case 8:
            if (claim == nullptr) break;
            across([&](core::AcrossTxn& txn) {
                return core::actions::acknowledge_transfer(txn, context(), claim->organisation, claim->value.id)
                    .has_value();
            });
            break;
        default: break;
        }
    }

    // Throws what is wrong.
    static void holds(bool fact, const char* what)
    {
        if (!fact) throw std::logic_error{what};
    }
    void check()
    {
        for (const auto& [address, is_living] : living)
            holds(owners(address).size() == (is_living ? 1U : 0U), "an address has not the owner that it should");
        std::size_t shells = 0;
        for (const auto& each : organisations)
            this->store().read(each)->each_user(nullptr, [&](const core::User& user) {
                if (user.status == core::Status::converted_away) ++shells;
                holds((user.status == core::Status::converted_away) == core::rules::is_shell_address(user.user_name),
                      "a shell looks like none, or another like one");
                return true;
            });
        std::size_t expected = 0;
        for (const auto& each : all_claims()) {
            const core::Claim& claim = each.value;
            const bool has_shell =
                claim.state == core::ClaimState::waiting || claim.content == core::ContentTransfer::pending;
            expected += has_shell ? 1U : 0U;
            const auto old = this->store().read(claim.losing)->user(claim.former.user);
            if (has_shell)
                holds(old && old->status == core::Status::converted_away, "a claim is open and its shell is gone");
            if (claim.state == core::ClaimState::withdrawn) continue; // theirs again, to claim or to delete
            const auto fresh = this->store().read(each.organisation)->user(claim.user);
            if (fresh)
                holds(fresh->status != core::Status::delayed_claim || claim.state == core::ClaimState::waiting,
                      "somebody waits for a choice that nobody will make");
        }
        holds(shells == expected, "a shell has no claim that will end it");
    }
};

} // namespace

TEMPLATE_TEST_CASE(
    "after any sequence of claims, withdrawals, choices, expiries and deletions among three organisations "
    "every address has at most one owner, and no user is lost",
    "[claims]", SqliteWorld, MemoryWorld)
{
    CHECK(rc::check("one owner, nobody lost", [] {
        Neighbours<TestType> world;
        world.addresses = {"ada@example.com", "bob@example.com", "eve@example.com"};
        const auto steps = *rc::gen::resize(
            60, rc::gen::arbitrary<std::vector<std::tuple<std::uint8_t, std::uint8_t, std::uint8_t>>>());
        for (const auto& [what, who, which] : steps) {
            world.step(what, who, which);
            world.check();
        }
    }));
}

#ifdef ROLLCALL_FAILPOINTS
TEST_CASE("REL-02: killed in a claim or in the middle of an expiry, everybody has one owner", "[claims]")
{
    const auto place = GENERATE(as<std::string>{}, "before_commit:1", "after_commit_before_answer:1", "before_commit:4",
                                "after_commit_before_answer:4", "mid_expiry:1", "mid_expiry:2");
    INFO(place);
    Neighbours<SqliteWorld> world;
    world.addresses = {"ada@example.com", "bob@example.com", "eve@example.com", "joe@example.com"};
    for (const auto& address : world.addresses) {
        REQUIRE(insert(world.store(), world.organisations[0], user(address)));
        world.living[address] = true;
    }
    world.sqlite.reset(); // no connection crosses a fork
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        std::signal(SIGABRT, SIG_DFL); // the test program's handler would report it as a failure of its own
        ::setenv("ROLLCALL_FAILPOINT", place.c_str(), 1);
        world.sqlite = std::make_unique<storage::SqliteStore>(world.options);
        for (std::uint8_t which = 0; which < 4; ++which) world.step(2, which % 2 == 0 ? 1 : 2, which); // 4 claims
        world.step(4, 1, 0);                                                                           // withdrawn
        world.step(5, 1, 1);                                                                           // chosen
        world.step(2, 2, 0); // claimed again, by another
        world.now += std::chrono::days{20};
        world.step(6, 0, 0); // the others expire
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGABRT); // the place was reached
    world.sqlite = std::make_unique<storage::SqliteStore>(world.options);
    CHECK(world.sqlite->check().empty());
    CHECK_NOTHROW(world.check());
}
#endif
