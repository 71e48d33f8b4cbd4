#include "scim/http/bearer.hpp"

#include <catch2/catch.hpp>

using scim::http::credentials_from;

TEST_CASE("AUTH-01: the Authorization field is a scheme, spaces and one credential")
{
    struct Row {
        const char* value;
        const char* scheme; // empty: refused
        const char* text;
        bool bearer;
    };
    const auto row = GENERATE(values<Row>({
        {"Bearer rc_abc.def-1_2~3+4/5==", "Bearer", "rc_abc.def-1_2~3+4/5==", true},
        {"bearer x", "bearer", "x", true},
        {"BEARER   x", "BEARER", "x", true},
        {"Basic dXNlcjpwYXNz", "Basic", "dXNlcjpwYXNz", false},
        {"", "", "", false},
        {"Bearer", "", "", false},
        {"Bearer ", "", "", false},
        {"Bearer ==", "", "", false},
        {" Bearer x", "", "", false},
        {"Bearer\tx", "", "", false},
        {"Bearer x y", "", "", false},
        {"Bearer x, Bearer y", "", "", false},
        {"Bearer x=y", "", "", false},
        {"Bear(er x", "", "", false},
        {"Bearer \xc3\xa4", "", "", false},
    }));
    INFO(row.value);
    const auto credentials = credentials_from(row.value);
    REQUIRE(credentials.has_value() == (*row.scheme != '\0'));
    if (!credentials) return;
    CHECK(credentials->scheme == row.scheme);
    CHECK(credentials->text == row.text);
    CHECK(credentials->is_bearer() == row.bearer);
}
