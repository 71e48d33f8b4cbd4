#include "core/rules/domains.hpp"
#include "core/testing/builders.hpp"

#include <catch2/catch.hpp>

using namespace core;
using namespace core::testing;
using rules::DomainTurn;
using rules::TxtLook;
using rules::Way;

namespace {

const Duration a_moment = std::chrono::milliseconds{1};

Domain a_domain(DomainState state = DomainState::pending)
{
    Domain domain;
    domain.name = "contoso.com";
    domain.state = state;
    domain.proof = rules::proof_from("abc");
    domain.created = day(0);
    if (domain.is_verified()) domain.verified_at = day(0);
    return domain;
}

const TxtLook gone{{}, "the name does not exist", true};
const TxtLook no_answer{{}, "the name server did not answer in time", false};
const TxtLook proven{{"v=spf1 -all", a_domain().proof}, "", true};

} // namespace

TEST_CASE("S-175: what may be added is a domain below a top-level one, in one spelling")
{
    CHECK(*rules::domain_to_add("Contoso.COM.") == "contoso.com");
    CHECK(*rules::domain_to_add("b\u00fccher.example") == "xn--bcher-kva.example");
    for (const char* const wrong : {"", "com", "not a domain", "ada@contoso.com", "192.0.2.1", "a_b.example"}) {
        INFO(wrong);
        const auto refused = rules::domain_to_add(wrong);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().reason == Reason::invalid_value);
        CHECK(refused.error().field == "name");
        CHECK_FALSE(refused.error().remedy.empty());
    }
}

TEST_CASE("S-173, S-175: one TXT record that is the proof to the letter verifies a domain, and nothing else does")
{
    const std::string proof = a_domain().proof;
    struct Row {
        const char* what;
        TxtLook look;
        bool verifies;
    };
    const auto row = GENERATE_COPY(values<Row>({
        {"the proof alone", {{proof}, "", true}, true},
        {"the proof among others", {{"a", proof, "b"}, "", true}, true},
        {"pasted with its quotation marks", {{" \"" + proof + "\" "}, "", true}, true},
        {"in capitals", {{"ROLLCALL-DOMAIN-VERIFICATION=ABC"}, "", true}, false},
        {"more behind it", {{proof + "d"}, "", true}, false},
        {"cut short", {{proof.substr(0, proof.size() - 1)}, "", true}, false},
        {"somebody else's", {{rules::proof_from("xyz")}, "", true}, false},
        {"inside another text", {{"x " + proof}, "", true}, false},
        {"no record", gone, false},
        {"no answer", no_answer, false},
    }));
    INFO(row.what);
    const auto checked = rules::check(a_domain(), row.look, {}, day(1));
    CHECK(checked.domain.is_verified() == row.verifies);
    CHECK(checked.domain.checked_at == day(1));
    CHECK(checked.domain.problem.empty() == row.verifies);
    CHECK((checked.turn == DomainTurn::verified) == row.verifies);
    CHECK(checked.domain.verified_at.has_value() == row.verifies);
    CHECK(checked.domain.recheck_at.has_value() == row.verifies);
}

TEST_CASE("a verified domain whose proof is gone stays verified for seven days of failed checks, then it is pending")
{
    const auto state = GENERATE(DomainState::verified, DomainState::claimed);
    const rules::DomainChecks checks;
    auto checked = rules::check(a_domain(state), gone, checks, day(10));
    CHECK(checked.domain.state == state);
    CHECK(checked.domain.failing_since == day(10));
    CHECK(checked.domain.recheck_at == day(11));
    CHECK_FALSE(checked.domain.problem.empty());

    const auto before_the_end = rules::check(checked.domain, gone, checks, day(17) - a_moment);
    CHECK(before_the_end.domain.state == state);
    CHECK(before_the_end.turn == DomainTurn::none);
    CHECK(before_the_end.domain.recheck_at == day(17)); // no later than the end

    const auto at_the_end = rules::check(before_the_end.domain, gone, checks, day(17));
    CHECK(at_the_end.domain.state == DomainState::pending);
    CHECK(at_the_end.turn == DomainTurn::unverified);
    CHECK_FALSE(at_the_end.domain.recheck_at);
    CHECK_FALSE(at_the_end.domain.failing_since);
    CHECK_FALSE(at_the_end.domain.verified_at);
}

TEST_CASE("one good check within the seven days begins them anew")
{
    auto domain = rules::check(a_domain(DomainState::claimed), gone, {}, day(10)).domain;
    domain = rules::check(domain, proven, {}, day(16)).domain;
    CHECK(domain.state == DomainState::claimed);
    CHECK_FALSE(domain.failing_since);
    CHECK(domain.problem.empty());
    domain = rules::check(domain, gone, {}, day(18)).domain;
    CHECK(domain.state == DomainState::claimed);
    CHECK(domain.failing_since == day(18));
}

TEST_CASE("trouble on the way to DNS never takes a domain away, however long it lasts")
{
    auto domain = a_domain(DomainState::claimed);
    for (int i = 1; i < 60; ++i) {
        const auto checked = rules::check(domain, no_answer, {}, day(i));
        CHECK(checked.turn == DomainTurn::none);
        CHECK(checked.domain.recheck_at == day(i) + std::chrono::hours{1});
        domain = checked.domain;
    }
    CHECK(domain.state == DomainState::claimed);
    CHECK_FALSE(domain.failing_since);
    // Nor does it lengthen or shorten the days of grace.
    domain = rules::check(domain, gone, {}, day(60)).domain;
    domain = rules::check(domain, no_answer, {}, day(68)).domain;
    CHECK(domain.state == DomainState::claimed);
    CHECK(rules::check(domain, gone, {}, day(68)).turn == DomainTurn::unverified);
}

TEST_CASE("S-174, S-176, S-179, Q-07: a domain is claimed where it is verified and nobody else has claimed it")
{
    struct Row {
        DomainState state;
        bool claimed_elsewhere;
        bool allowed;
    };
    const auto row = GENERATE(values<Row>({
        {DomainState::pending, false, false},
        {DomainState::pending, true, false},
        {DomainState::verified, false, true},
        {DomainState::verified, true, false},
        {DomainState::claimed, false, true}, // again: nothing changes
    }));
    INFO(word(row.state) << ' ' << row.claimed_elsewhere);
    const auto claimed = rules::claim(a_domain(row.state), {.claimed_elsewhere = row.claimed_elsewhere});
    REQUIRE(claimed.has_value() == row.allowed);
    if (claimed) CHECK(claimed->state == DomainState::claimed);
    if (!claimed) CHECK(claimed.error().reason == Reason::not_allowed);
}

TEST_CASE("S-180: a claim can be released and made again")
{
    const auto released = rules::release(a_domain(DomainState::claimed));
    REQUIRE(released.has_value());
    CHECK(*released == a_domain(DomainState::verified));
    CHECK(*rules::claim(*released, {}) == a_domain(DomainState::claimed));
    CHECK(*rules::release(*released) == *released);
    CHECK(rules::release(a_domain()).error().reason == Reason::not_allowed);
}

TEST_CASE("S-176, S-179: who may come by an address of a domain")
{
    struct Row {
        const char* what;
        std::optional<std::string> domain;
        DomainOwnership ownership;
        bool requires_verified;
        bool directory_may;
        bool administrator_may;
    };
    const std::string d = "contoso.com";
    const auto row = GENERATE_COPY(values<Row>({
        {"nobody's domain", d, {}, false, true, true},
        {"nobody's domain, a verified one required", d, {}, true, false, true},
        {"no domain at all", std::nullopt, {}, false, true, true},
        {"no domain at all, a verified one required", std::nullopt, {}, true, false, true},
        {"verified here", d, {.verified_here = true}, true, true, true},
        {"claimed here", d, {.verified_here = true, .claimed_here = true}, true, true, true},
        {"claimed elsewhere", d, {.claimed_elsewhere = true}, false, false, false},
        {"verified here, claimed elsewhere", d, {.verified_here = true, .claimed_elsewhere = true}, true, false, false},
    }));
    INFO(row.what);
    Policy policy;
    policy.require_verified_domain = row.requires_verified;
    for (const auto way : {Way::directory, Way::administrator}) {
        const auto joined = rules::may_join(row.domain, row.ownership, policy, way);
        CHECK(joined.has_value() == (way == Way::directory ? row.directory_may : row.administrator_may));
        if (joined) continue;
        CHECK(joined.error().reason == Reason::not_allowed);
        CHECK(joined.error().field == "userName");
        CHECK_FALSE(joined.error().remedy.empty());
    }
}

TEST_CASE("a tombstone and the way back from it are no new address")
{
    const User ada = a_user().named("ada@contoso.com");
    User renamed = ada;
    renamed.user_name = "lovelace@contoso.com";
    CHECK(rules::is_new_address(ada, renamed));
    User recased = ada;
    recased.user_name = "ADA@contoso.com";
    CHECK_FALSE(rules::is_new_address(ada, recased));
    CHECK_FALSE(rules::is_new_address(ada, ada));
    User buried = ada;
    buried.user_name = tombstone("ada@contoso.com");
    buried.original_user_name = "ada@contoso.com";
    CHECK_FALSE(rules::is_new_address(ada, buried));
    CHECK_FALSE(rules::is_new_address(buried, ada));
    CHECK_FALSE(rules::is_new_address(buried, recased));
    CHECK(rules::is_new_address(buried, renamed));
}

TEST_CASE("S-091, S-099, S-177, S-178: whether the domain counts as verified when somebody arrives")
{
    struct Row {
        DomainOwnership ownership;
        Provenance how;
        bool counts;
    };
    const DomainOwnership none, pending{.names_domains = true}, verified{.verified_here = true, .names_domains = true};
    const auto row = GENERATE_COPY(values<Row>({
        {none, Provenance::scim, true}, // who has named no domain leaves it to the directory
        {none, Provenance::manual, false},
        {none, Provenance::csv, false},
        {pending, Provenance::scim, false},
        {pending, Provenance::manual, false},
        {verified, Provenance::scim, true},
        {verified, Provenance::manual, true},
    }));
    INFO(word(row.how) << ' ' << row.ownership.names_domains << row.ownership.verified_here);
    CHECK(rules::counts_as_verified(row.ownership, row.how) == row.counts);
}
