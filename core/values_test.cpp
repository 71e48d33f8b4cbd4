#include "core/archive.hpp"
#include "core/domain.hpp"
#include "core/group.hpp"
#include "core/mail.hpp"
#include "core/organisation.hpp"
#include "core/profile.hpp"
#include "core/user.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <catch2/catch.hpp>

#include <string>

using namespace core;
namespace bj = boost::json;

TEST_CASE("the words of api.md are read and written in both directions")
{
    struct Row {
        Status status;
        std::string_view word;
    };
    for (const Row& row : {Row{Status::active, "active"}, Row{Status::verified, "verified"},
                           Row{Status::not_verified, "notVerified"}, Row{Status::inactive, "inactive"},
                           Row{Status::delayed_claim, "delayedClaim"}, Row{Status::converted_away, "convertedAway"}}) {
        CHECK(word(row.status) == row.word);
        CHECK(status_from(row.word) == row.status);
    }
    for (const auto reason : {InactiveReason::admin, InactiveReason::directory, InactiveReason::soft_deleted,
                              InactiveReason::directory_absent}) {
        CHECK(inactive_reason_from(word(reason)) == reason);
    }
    CHECK(word(InactiveReason::soft_deleted) == "softDeleted");
    for (const auto provenance :
         {Provenance::scim, Provenance::manual, Provenance::csv, Provenance::site_link, Provenance::claim}) {
        CHECK(provenance_from(word(provenance)) == provenance);
    }
    CHECK(word(Provenance::site_link) == "siteLink");
    CHECK_FALSE(status_from("Active"));
    CHECK_FALSE(inactive_reason_from(""));
    CHECK_FALSE(provenance_from("SCIM"));
    CHECK(word(DeletionCause::retention) == "retention");
    CHECK(word(OrganisationKind::personal) == "personal");
}

TEST_CASE("decision 8: active is false for inactive and converted-away users only")
{
    struct Row {
        Status status;
        bool active;
    };
    const auto row = GENERATE(values<Row>({{Status::active, true},
                                           {Status::verified, true},
                                           {Status::not_verified, true},
                                           {Status::delayed_claim, true},
                                           {Status::inactive, false},
                                           {Status::converted_away, false}}));
    User user;
    user.status = row.status;
    CHECK(user.is_active() == row.active);
    CHECK(attributes_of(user).at("active") == row.active);
}

TEST_CASE("a user as one object has the names that a filter uses")
{
    User user;
    user.user_name = "ada@example.com";
    user.external_id = "e1";
    user.created = Instant{Duration{0}};
    user.last_modified = Instant{Duration{1'500}};
    user.version = 7;
    user.profile = Profile{bj::object{{"schemas", bj::array{"urn:x"}}, {"displayName", "Ada"}}};

    bj::object all = attributes_of(user);
    CHECK(all.at("id") == "00000000-0000-0000-0000-000000000000");
    CHECK(all.at("userName") == "ada@example.com");
    CHECK(all.at("externalId") == "e1");
    CHECK(all.at("displayName") == "Ada");
    CHECK(all.at("meta") == bj::value{{"resourceType", "User"},
                                      {"created", "1970-01-01T00:00:00.000Z"},
                                      {"lastModified", "1970-01-01T00:00:01.500Z"},
                                      {"version", "W/\"7\""}});
    CHECK(all.at(bj::string_view{lifecycle_urn.data(), lifecycle_urn.size()}) ==
          bj::value(bj::object{{"status", "active"}, {"provenance", "scim"}}));
    CHECK(all.size() == 8);

    user.external_id.reset();
    user.status = Status::inactive;
    user.reason = InactiveReason::soft_deleted;
    user.soft_deleted_at = user.purge_at = user.tokens_valid_after = Instant{Duration{0}};
    user.original_user_name = "ada";
    all = attributes_of(user);
    CHECK_FALSE(all.contains("externalId"));
    CHECK(all.at(bj::string_view{lifecycle_urn.data(), lifecycle_urn.size()}) ==
          bj::value{{"status", "inactive"},
                    {"reason", "softDeleted"},
                    {"provenance", "scim"},
                    {"softDeletedAt", "1970-01-01T00:00:00.000Z"},
                    {"purgeAt", "1970-01-01T00:00:00.000Z"},
                    {"originalUserName", "ada"},
                    {"tokensValidAfter", "1970-01-01T00:00:00.000Z"}});
}

TEST_CASE("a group as one object has no members")
{
    Group group;
    group.display_name = "Crew";
    group.external_id = "g1";
    group.profile = Profile{bj::object{{"schemas", bj::array{"urn:g"}}}};
    const bj::object all = attributes_of(group);
    CHECK(all.at("displayName") == "Crew");
    CHECK(all.at("externalId") == "g1");
    CHECK(all.at("meta").at("resourceType") == "Group");
    CHECK(all.at("schemas") == bj::array{"urn:g"});
    CHECK_FALSE(all.contains("members"));
}

TEST_CASE("a profile is its text, parsed when somebody asks")
{
    const Profile made{bj::object{{"a", 1}, {"b", bj::array{0.1, "x"}}}};
    CHECK(made.text() == R"({"a":1,"b":[0.1,"x"]})");
    const Profile kept = Profile::from_store(made.text());
    CHECK(kept == made);
    CHECK(kept.attributes() == made.attributes());
    CHECK(Profile{}.attributes().empty());
    CHECK_THROWS_AS(Profile::from_store("{\"a\":").attributes(), std::runtime_error);
    CHECK_THROWS_AS(Profile::from_store("[]").attributes(), std::runtime_error);
}

TEST_CASE("a profile outlives the memory its attributes came in")
{
    Profile kept;
    {
        bj::monotonic_resource memory;
        bj::object attributes{&memory};
        attributes["name"] = "a text that is too long to be stored inside of the string itself";
        kept = Profile{std::move(attributes)};
    }
    CHECK(kept.attributes().at("name") == "a text that is too long to be stored inside of the string itself");
}

TEST_CASE("an organisation's name is a slug of 1 to 63 characters")
{
    CHECK(is_organisation_name("a"));
    CHECK(is_organisation_name("acme-2"));
    CHECK(is_organisation_name(std::string(63, 'a')));
    CHECK_FALSE(is_organisation_name(std::string(64, 'a')));
    for (const char* bad : {"", "Acme", "acme inc", "acme.com", "acme_1", "é", "a/b"})
        CHECK_FALSE(is_organisation_name(bad));
}

TEST_CASE("a domain is kept as a record under its name")
{
    core::Domain domain;
    domain.name = "example.com";
    domain.proof = "rollcall-domain-verification=abc";
    domain.created = core::Instant{core::Duration{5}};
    CHECK(core::Domain::from_record(to_record(domain)) == domain);
    domain.state = core::DomainState::claimed;
    domain.verified_at = domain.checked_at = core::Instant{core::Duration{9}};
    domain.problem = "no such name";
    domain.failing_since = core::Instant{core::Duration{7}};
    domain.recheck_at = core::Instant{core::Duration{11}};
    const core::Record record = to_record(domain);
    CHECK(core::Domain::from_record(record) == domain);
    CHECK(record.key == "example.com");
    CHECK(record.ref == "example.com");
    CHECK(record.due == domain.recheck_at);

    core::Record damaged = record;
    damaged.doc["state"] = "half";
    CHECK_THROWS(core::Domain::from_record(damaged));
    damaged.doc.erase("state");
    CHECK_THROWS(core::Domain::from_record(damaged));
}

TEST_CASE("a mail that waits is kept as a record under its id, found by whom it is about and when it is due")
{
    core::QueuedMail mail;
    mail.id = "0190b0a0-0000-7000-8000-000000000001";
    mail.kind = core::MailKind::claim_notice;
    mail.to = "ada@example.com";
    mail.created = core::Instant{core::Duration{5}};
    CHECK(core::QueuedMail::from_record(to_record(mail)) == mail);
    mail.user = "0190b0a0-0000-7000-8000-000000000002";
    mail.to_name = "Ada";
    mail.words = {{"organisation", "Acme"}};
    mail.due = core::Instant{core::Duration{9}};
    mail.attempts = 3;
    mail.last_error = "no route";
    CHECK(core::QueuedMail::from_record(to_record(mail)) == mail);
    CHECK(to_record(mail).key == mail.id);
    CHECK(to_record(mail).ref == mail.user);
    CHECK(to_record(mail).due == mail.due);
    mail.state = core::MailState::sent;
    mail.due.reset();
    mail.sent_at = core::Instant{core::Duration{11}};
    CHECK(core::QueuedMail::from_record(to_record(mail)) == mail);

    auto damaged = to_record(mail);
    damaged.doc["state"] = "lost";
    CHECK_THROWS_AS(core::QueuedMail::from_record(damaged), std::runtime_error);
}
