#include "core/rules/claims.hpp"
#include "core/testing/builders.hpp"

#include <catch2/catch.hpp>

using namespace core;
using namespace core::testing;
using namespace std::chrono_literals;
using rules::WhyNotClaimable;
using rules::WhyNotWithdrawable;

namespace {

rules::ClaimFacts verified()
{
    rules::ClaimFacts facts;
    facts.domain_verified_here = true;
    return facts;
}

Organisation former_of(OrganisationKind kind, Instant created)
{
    Organisation organisation = an_organisation();
    organisation.kind = kind;
    organisation.created = created;
    return organisation;
}

Claim a_claim(ClaimKind kind = ClaimKind::immediate)
{
    Claim claim;
    claim.id = "c-1";
    claim.address = "ada@example.com";
    claim.user = UserId{next_uuid()};
    claim.kind = kind;
    claim.made = day(0);
    claim.until = day(14);
    return claim;
}

} // namespace

TEST_CASE(
    "S-107, S-108, S-109, S-110, S-111, S-112, Q-07: each user that cannot be claimed has one reason, which is told")
{
    struct Row {
        const char* what;
        User user;
        rules::ClaimFacts facts;
        std::optional<WhyNotClaimable> why;
        const char* word;
    };
    const auto with = [](bool rules::ClaimFacts::*fact) {
        auto facts = verified();
        facts.*fact = true;
        return facts;
    };
    User shell = a_user().with_status(Status::converted_away);
    User waiting = a_user().with_status(Status::delayed_claim);
    User renamed = a_user();
    renamed.original_user_name = "ada@example.com";
    User safe = a_user(), admin = a_user();
    safe.standing.is_protected = true;
    admin.standing.is_administrator = true;
    const User ada = a_user();
    const Row rows[] = {
        {"any other user", ada, verified(), {}, ""},
        {"not verified", a_user().with_status(Status::not_verified), verified(), {}, ""},
        {"a domain that is not ours", ada, {}, WhyNotClaimable::domain_not_verified, "domainNotVerified"},
        {"one of our own", ada, with(&rules::ClaimFacts::is_here), WhyNotClaimable::already_here, "alreadyHere"},
        {"a domain claimed by another (Q-07: verified by another is no obstacle)", ada,
         with(&rules::ClaimFacts::domain_claimed_elsewhere), WhyNotClaimable::domain_claimed_elsewhere,
         "domainClaimedElsewhere"},
        {"single sign-on", ada, with(&rules::ClaimFacts::has_sso), WhyNotClaimable::sso_organisation,
         "ssoOrganisation"},
        {"a directory", ada, with(&rules::ClaimFacts::is_synchronised), WhyNotClaimable::synchronised_organisation,
         "synchronisedOrganisation"},
        {"a shell", shell, verified(), WhyNotClaimable::converted_away, "convertedAway"},
        {"claimed with a delay", waiting, verified(), WhyNotClaimable::already_claimed, "alreadyClaimed"},
        {"claimed immediately, no choice yet", ada, with(&rules::ClaimFacts::claim_waits),
         WhyNotClaimable::already_claimed, "alreadyClaimed"},
        {"soft-deleted", a_user().soft_deleted(day(0)), verified(), WhyNotClaimable::being_purged, "beingPurged"},
        {"under a tombstone", renamed, verified(), WhyNotClaimable::being_purged, "beingPurged"},
        {"inactive, purge due now", a_user().inactive().due(day(1)), verified(), WhyNotClaimable::being_purged,
         "beingPurged"},
        {"inactive, purge due in a millisecond", a_user().inactive().due(day(1) + 1ms), verified(), {}, ""},
        {"inactive without a clock", a_user().inactive(InactiveReason::admin), verified(), {}, ""},
        {"protected", safe, verified(), WhyNotClaimable::protected_user, "protectedUser"},
        {"an administrator", admin, verified(), WhyNotClaimable::administrator, "administrator"},
    };
    for (const Row& row : rows) {
        INFO(row.what);
        const auto why = rules::why_not_claimable(row.user, row.facts, day(1));
        CHECK(why == row.why);
        if (!why) continue;
        CHECK(rules::word(*why) == row.word);
        const Refusal refusal = rules::refusal_of(*why);
        CHECK_FALSE(refusal.detail.empty());
        CHECK_FALSE(refusal.remedy.empty());
    }
    // Whoever has not verified the domain learns nothing else about the user.
    rules::ClaimFacts all = with(&rules::ClaimFacts::has_sso);
    all.domain_verified_here = false;
    CHECK(rules::why_not_claimable(shell, all, day(1)) == WhyNotClaimable::domain_not_verified);
}

TEST_CASE("S-113, S-116, S-117, S-118, S-119, S-124, S-125, S-126, S-127, Q-11: delayed claims are for the content of "
          "personal accounts, up to the cut-off date, where both settings allow it")
{
    const Instant cutoff = std::chrono::sys_days{std::chrono::year{2020} / 5 / 5};
    struct Row {
        const char* what;
        OrganisationKind kind;
        Instant created;
        bool content, delayed;
        bool may_wait;
    };
    const auto row = GENERATE_COPY(values<Row>({
        {"personal, old", OrganisationKind::personal, cutoff - 24h, true, true, true},
        {"content setting off", OrganisationKind::personal, cutoff - 24h, false, true, false},
        {"delayed claims off", OrganisationKind::personal, cutoff - 24h, true, false, false},
        {"business", OrganisationKind::business, cutoff - 24h, true, true, false},
        {"the last moment of the day itself", OrganisationKind::personal, cutoff + 24h - 1ms, true, true, true},
        {"the day after", OrganisationKind::personal, cutoff + 24h, true, true, false},
    }));
    INFO(row.what);
    Policy policy;
    policy.allow_content_transfer = row.content;
    policy.delayed_claims = row.delayed;
    const auto kinds = rules::kinds_of(former_of(row.kind, row.created), policy);
    CHECK(kinds.front() == ClaimKind::immediate); // S-120: always possible
    CHECK((kinds.back() == ClaimKind::delayed) == row.may_wait);
}

TEST_CASE("S-126: a cut-off with a time of day is that moment")
{
    Policy policy;
    policy.allow_content_transfer = true;
    policy.delayed_cutoff_date = day(0);
    CHECK(rules::kinds_of(former_of(OrganisationKind::personal, day(0)), policy).size() == 2);
    CHECK(rules::kinds_of(former_of(OrganisationKind::personal, day(0) + 1ms), policy).size() == 1);
}

TEST_CASE("S-092, S-096, S-097, S-100, S-101, S-102, S-103, S-105, Q-09: the former status is kept, and raised to "
          "verified where the domain is verified here")
{
    struct Row {
        Status before, with_domain, without;
    };
    for (const auto& row : {Row{Status::not_verified, Status::verified, Status::not_verified},
                            Row{Status::verified, Status::verified, Status::verified},
                            Row{Status::active, Status::active, Status::active}}) {
        INFO(word(row.before));
        const User user = a_user().with_status(row.before);
        CHECK(rules::status_after_claim(user, true) == row.with_domain);
        CHECK(rules::status_after_claim(user, false) == row.without);
        // Nobody arrives inactive (S-087): what the former organisation blocked comes as it was before that.
        const User blocked = a_user().with_status(row.before).inactive();
        CHECK(rules::status_after_claim(blocked, true) == row.with_domain);
        CHECK(rules::status_after_claim(blocked, false) == row.without);
    }
}

TEST_CASE("S-089, S-104, S-120: who is claimed immediately is a user at once, who is claimed with a delay waits; what "
          "describes the person comes along and nothing of the former organisation")
{
    User before =
        a_user().named("ada@example.com").known_as("E-1").with("displayName", "Ada").with("title", "Countess");
    before = [&] {
        User user = before;
        auto attributes = user.profile.attributes();
        attributes["roles"] = boost::json::array{"boss"};
        attributes["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"] =
            boost::json::object{{"department", "Engines"}};
        attributes["schemas"].as_array().emplace_back("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User");
        user.profile = Profile{attributes};
        user.tokens_valid_after = day(-3);
        return user;
    }();
    Claim claim = a_claim();
    claim.licences = {"l-1"};
    const auto now = rules::newcomer(before, claim, true, day(0));
    CHECK(now.activity == Activity::claim_user);
    CHECK(now.user.id == claim.user);
    CHECK(now.user.user_name == "ada@example.com");
    CHECK(now.user.provenance == Provenance::claim);
    CHECK(now.user.status == Status::active);
    CHECK_FALSE(now.user.external_id);
    CHECK_FALSE(now.user.tokens_valid_after);
    CHECK(now.user.standing.claim == claim.id);
    CHECK(now.user.version == 1);
    CHECK(now.user.profile.text() ==
          R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"displayName":"Ada","title":"Countess"})");

    const auto later = rules::newcomer(before, a_claim(ClaimKind::delayed), true, day(0));
    CHECK(later.user.status == Status::delayed_claim);
    CHECK(later.user.former_status == Status::active);
    CHECK(later.user.is_active());

    // S-090, S-106: the status changes with the choice, to what it would have been.
    const auto settled = rules::settled(later.user, day(3));
    CHECK(settled.user.status == Status::active);
    CHECK(settled.user.version == 2);
    CHECK_FALSE(rules::settled(now.user, day(3)).changed);
    // S-098: who has signed in meanwhile is active, not merely verified.
    User signed_in =
        rules::newcomer(a_user().with_status(Status::verified), a_claim(ClaimKind::delayed), true, day(0)).user;
    CHECK(rules::settled(signed_in, day(3)).user.status == Status::verified);
    signed_in.standing.signed_in_at = day(2);
    CHECK(rules::settled(signed_in, day(3)).user.status == Status::active);
}

TEST_CASE("S-151, S-155: the account left behind has an address of its own, and everything back after a withdrawal")
{
    User before = a_user().named("ada@example.com").inactive(InactiveReason::directory).due(day(50));
    before.former_status = Status::verified;
    before.standing.claim = "an older one";
    Claim claim = a_claim();
    claim.former = rules::former_account(before);
    const auto shell = rules::shell_of(before, claim, day(1));
    CHECK(shell.activity == Activity::convert_user);
    CHECK(shell.user.id == before.id);
    CHECK(shell.user.user_name == "ada." + to_text(before.id).substr(24) + "@example.com.convert-user.local");
    CHECK(rules::is_shell_address(shell.user.user_name));
    CHECK(shell.user.original_user_name == "ada@example.com");
    CHECK(shell.user.status == Status::converted_away);
    CHECK_FALSE(shell.user.is_active());
    CHECK_FALSE(rules::is_due_for_purge(shell.user, day(400)));
    CHECK(shell.user.tokens_valid_after == day(1));
    CHECK(shell.user.standing.claim == claim.id);

    const auto back = rules::given_back(shell.user, claim, day(2));
    User expected = before;
    expected.version = 3;
    expected.last_modified = day(2);
    expected.tokens_valid_after = day(1); // decision 6: never back
    CHECK(back.user == expected);

    const auto kept = rules::kept_under(shell.user, claim, "ada@home.example", day(2));
    expected.user_name = "ada@home.example";
    CHECK(kept.user == expected);
}

TEST_CASE("S-151: what is no shell's address does not look like one")
{
    CHECK(rules::is_shell_address("a@b.convert-user.local"));
    CHECK(rules::is_shell_address("a@b.Convert-User.LOCAL"));
    for (const char* const other :
         {"", ".convert-user.local", "a@convert-user.local", "a@b.convert-user.local.example", "convert-user.local"})
        CHECK_FALSE(rules::is_shell_address(other));
}

TEST_CASE("S-147, S-148, S-149, S-150: what a user may choose depends on the kind of the claim")
{
    using Choices = std::vector<Choice>;
    const auto options = [](const Claim& claim) {
        const auto all = rules::options_of(claim);
        return Choices{all.begin(), all.end()};
    };
    CHECK(options(a_claim()) == Choices{Choice::change_address, Choice::remove});
    CHECK(options(a_claim(ClaimKind::delayed)) == Choices{Choice::change_address, Choice::remove, Choice::transfer});
    Claim renaming = a_claim();
    renaming.rename_only = true;
    CHECK(options(renaming) == Choices{Choice::rename});
    // Q-12: the case itself: a paid licence in a business organisation.
    User licensed = a_user();
    licensed.standing.licences = {"paid"};
    CHECK(rules::may_only_be_renamed(licensed, former_of(OrganisationKind::business, day(0))));
    CHECK_FALSE(rules::may_only_be_renamed(licensed, former_of(OrganisationKind::personal, day(0))));
    CHECK_FALSE(rules::may_only_be_renamed(a_user(), former_of(OrganisationKind::business, day(0))));
}

TEST_CASE("S-121, S-122, S-123: a choice can be made until the time is over, among the options, once; then the default "
          "is taken")
{
    const Claim claim = a_claim();
    CHECK(rules::may_choose(claim, Choice::remove, day(14) - 1ms).has_value());
    CHECK(rules::may_choose(claim, Choice::remove, day(14)).error().reason == Reason::too_late);
    CHECK(rules::may_choose(claim, Choice::transfer, day(1)).error().reason == Reason::invalid_value);
    CHECK(rules::may_choose(a_claim(ClaimKind::delayed), Choice::transfer, day(1)).has_value());
    for (const auto state : {ClaimState::done, ClaimState::withdrawn, ClaimState::expired}) {
        Claim over = claim;
        over.state = state;
        CHECK(rules::may_choose(over, Choice::remove, day(1)).error().reason == Reason::not_allowed);
    }
    CHECK(rules::default_choice(ClaimKind::delayed) == Choice::transfer);
    CHECK(rules::default_choice(ClaimKind::immediate) == Choice::remove);
}

TEST_CASE("S-156, S-157, S-158, S-159, S-160, S-161, S-162, S-163, S-169, Q-08, Q-16: a claim may be withdrawn for 14 "
          "days, until the user signs in, unless the domain is claimed")
{
    struct Row {
        const char* what;
        ClaimState state;
        bool signed_in, domain_claimed;
        Instant now;
        std::optional<WhyNotWithdrawable> why;
    };
    using State = ClaimState;
    const auto kind = GENERATE(ClaimKind::immediate, ClaimKind::delayed);
    const auto row = GENERATE(values<Row>({
        {"row 1: signed in and chosen", State::done, true, false, day(1), WhyNotWithdrawable::choice_made},
        {"chosen by the link", State::done, false, false, day(1), WhyNotWithdrawable::choice_made},
        {"signed in, not chosen", State::waiting, true, false, day(1), WhyNotWithdrawable::signed_in},
        {"row 2: 14 days have passed", State::waiting, false, false, day(15), WhyNotWithdrawable::window_over},
        {"exactly 14 days", State::waiting, false, false, day(14), WhyNotWithdrawable::window_over},
        {"row 3: a millisecond less", State::waiting, false, false, day(14) - 1ms, {}},
        {"at once", State::waiting, false, false, day(0), {}},
        {"expired", State::expired, false, false, day(1), WhyNotWithdrawable::window_over},
        {"withdrawn", State::withdrawn, false, false, day(1), WhyNotWithdrawable::already_withdrawn},
        {"the domain is claimed here", State::waiting, false, true, day(1), WhyNotWithdrawable::domain_claimed},
    }));
    INFO(row.what);
    Claim claim = a_claim(kind);
    claim.state = row.state;
    rules::WithdrawFacts facts;
    facts.has_signed_in = row.signed_in;
    facts.domain_claimed_here = row.domain_claimed;
    CHECK(rules::why_not_withdrawable(claim, facts, Policy{}, row.now) == row.why);
    if (row.why) CHECK_FALSE(rules::refusal_of(*row.why).remedy.empty());
}

TEST_CASE("S-162: the window is the policy's; whoever is past the time to choose has moved in any case")
{
    Policy policy;
    policy.withdraw_window = 24h;
    CHECK_FALSE(rules::why_not_withdrawable(a_claim(), {}, policy, day(1) - 1ms));
    CHECK(rules::why_not_withdrawable(a_claim(), {}, policy, day(1)) == WhyNotWithdrawable::window_over);
    policy.withdraw_window = 24h * 30;
    CHECK_FALSE(rules::why_not_withdrawable(a_claim(), {}, policy, day(14) - 1ms));
    CHECK(rules::why_not_withdrawable(a_claim(), {}, policy, day(14)) == WhyNotWithdrawable::window_over);
    rules::WithdrawFacts gone;
    gone.former_organisation_exists = false;
    CHECK(rules::why_not_withdrawable(a_claim(), gone, Policy{}, day(1)) ==
          WhyNotWithdrawable::former_organisation_gone);
}

TEST_CASE(
    "S-145, S-152, S-153, Q-10: shells and users whose choice is awaited are left alone, and it is said until when")
{
    CHECK_FALSE(rules::why_untouchable(a_user(), {}, day(0)));
    const auto shell = rules::why_untouchable(a_user().with_status(Status::converted_away), {}, day(0));
    REQUIRE(shell);
    CHECK(shell->reason == Reason::not_allowed);
    const auto waiting = rules::why_untouchable(a_user().with_status(Status::delayed_claim), day(14), day(13));
    REQUIRE(waiting);
    CHECK(waiting->detail.find("1 day is left, until 2026-01-15T12:00:00.000Z") != std::string::npos);
    CHECK(rules::why_untouchable(a_user().with_status(Status::delayed_claim), day(14), day(2))
              ->detail.find("12 days are left") != std::string::npos);
}

TEST_CASE("days left count as begun")
{
    CHECK(rules::days_left(day(14), day(0)) == 14);
    CHECK(rules::days_left(day(14), day(0) + 1ms) == 14);
    CHECK(rules::days_left(day(14), day(13)) == 1);
    CHECK(rules::days_left(day(14), day(14) - 1ms) == 1);
    CHECK(rules::days_left(day(14), day(14)) == 0);
    CHECK(rules::days_left(day(14), day(20)) == 0);
}

TEST_CASE("a claim comes back from its record as it was")
{
    Claim claim = a_claim(ClaimKind::delayed);
    claim.losing = OrgId{7};
    claim.former = {UserId{next_uuid()}, Status::inactive, InactiveReason::directory, Status::verified, day(40), "c-0"};
    claim.licences = {"l-1", "l-2"};
    claim.acknowledged_by = "token";
    CHECK(to_record(claim).due == day(14));
    CHECK(to_record(claim).ref == claim.id);
    CHECK(Claim::from_record(to_record(claim)) == claim);
    claim.state = ClaimState::done;
    claim.choice = Choice::transfer;
    claim.content = ContentTransfer::pending;
    claim.ended = day(2);
    claim.rename_only = true;
    CHECK_FALSE(to_record(claim).due);
    CHECK(Claim::from_record(to_record(claim)) == claim);
    Record damaged = to_record(claim);
    damaged.doc["kind"] = "sudden";
    CHECK_THROWS(Claim::from_record(damaged));
}
