#include "scim/error.hpp"

#include <catch2/catch.hpp>

namespace scim {
namespace {

TEST_CASE("every refusal of the domain has one status and scimType")
{
    struct Row {
        core::Reason reason;
        HttpStatus status;
        ScimType type;
    };
    const auto row = GENERATE(values<Row>({
        {core::Reason::invalid_value, HttpStatus::bad_request, ScimType::invalid_value},
        {core::Reason::not_found, HttpStatus::not_found, ScimType::none},
        {core::Reason::taken, HttpStatus::conflict, ScimType::uniqueness},
        {core::Reason::not_allowed, HttpStatus::forbidden, ScimType::none},
        {core::Reason::too_late, HttpStatus::conflict, ScimType::none},
        {core::Reason::mutability, HttpStatus::bad_request, ScimType::mutability},
        {core::Reason::stale, HttpStatus::precondition_failed, ScimType::none},
        {core::Reason::too_many, HttpStatus::bad_request, ScimType::too_many},
    }));
    const Error error = from({row.reason, "userName", "is not as it should be", "change it"});
    CHECK(error.status == row.status);
    CHECK(error.type == row.type);
    CHECK(error.detail == "userName: is not as it should be; change it");
}

TEST_CASE("a detail that names its field is not given the name twice")
{
    CHECK(from({core::Reason::taken, "userName", "userName is taken", ""}).detail == "userName is taken");
}

TEST_CASE("E-113: an error is rendered with its status as text and the request's id in the detail")
{
    CHECK(render({HttpStatus::conflict, ScimType::uniqueness, "say \"when\""}, "0f3c") ==
          R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","scimType":"uniqueness",)"
          R"x("detail":"say \"when\" (request 0f3c)"})x");
    CHECK(render({HttpStatus::not_found, ScimType::none, "no such user"}, "") ==
          R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404","detail":"no such user"})");
}

} // namespace
} // namespace scim
