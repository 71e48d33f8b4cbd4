#include "core/rules/status.hpp"

#include <catch2/catch.hpp>

using namespace core;

TEST_CASE("S-091, S-094, S-095, S-099: how a user came and whether the domain is verified decide the status")
{
    struct Row {
        Provenance how;
        bool domain_verified;
        Status status;
    };
    const auto row = GENERATE(values<Row>({
        {Provenance::scim, true, Status::active},
        {Provenance::scim, false, Status::not_verified},
        {Provenance::manual, true, Status::verified},
        {Provenance::manual, false, Status::not_verified},
        {Provenance::csv, true, Status::verified},
        {Provenance::csv, false, Status::not_verified},
        {Provenance::site_link, true, Status::verified},
        {Provenance::site_link, false, Status::verified},
        {Provenance::claim, true, Status::verified},
        {Provenance::claim, false, Status::not_verified},
    }));
    INFO(word(row.how) << ' ' << row.domain_verified);
    CHECK(rules::status_on_arrival(row.how, row.domain_verified) == row.status);
}

TEST_CASE("S-093, S-098: verification and sign-in move the status they are meant for, and no other")
{
    struct Row {
        Status before;
        Status verified;
        Status signed_in;
    };
    const auto row = GENERATE(values<Row>({
        {Status::not_verified, Status::verified, Status::not_verified},
        {Status::verified, Status::verified, Status::active},
        {Status::active, Status::active, Status::active},
        {Status::inactive, Status::inactive, Status::inactive},
        {Status::delayed_claim, Status::delayed_claim, Status::delayed_claim},
        {Status::converted_away, Status::converted_away, Status::converted_away},
    }));
    CHECK(rules::after_email_verification(row.before) == row.verified);
    CHECK(rules::after_sign_in(row.before) == row.signed_in);
}
