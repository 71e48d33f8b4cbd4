#include "core/rules/tombstone.hpp"

#include <catch2/catch.hpp>

#include <string>

using core::rules::original_behind;

namespace {

const std::string digits = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
const std::string object_id = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";

} // namespace

TEST_CASE("S-063, Q-18, E-91: a tombstone is 32 hexadecimal digits directly before the name")
{
    struct Row {
        const char* why;
        std::string user_name;
        std::string known_name;
        std::string external_id;
        std::string original; // "": no tombstone
    };
    const auto row = GENERATE(values<Row>({
        {"digits, then the name", digits + "ada@x.org", "ada@x.org", "", "ada@x.org"},
        {"upper-case digits", "0F1E2D3C4B5A69788796A5B4C3D2E1F0ada@x.org", "ada@x.org", "", "ada@x.org"},
        {"the name in another case keeps its known spelling", digits + "ada@X.org", "Ada@x.org", "", "Ada@x.org"},
        {"digits of another object, the known name", std::string(32, 'a') + "ada@x.org", "ada@x.org", object_id,
         "ada@x.org"},
        {"digits of this object, another name", digits + "eve@x.org", "ada@x.org", object_id, "eve@x.org"},
        {"digits of this object in upper case", digits + "eve@x.org", "ada@x.org",
         "0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0", "eve@x.org"},
        {"digits of this object without dashes", digits + "eve@x.org", "ada@x.org", digits, "eve@x.org"},
        {"digits of another object, another name", std::string(32, 'a') + "eve@x.org", "ada@x.org", object_id, ""},
        {"another name, no external id", digits + "eve@x.org", "ada@x.org", "", ""},
        {"31 digits", digits.substr(1) + "ada@x.org", "ada@x.org", "", ""},
        {"33 digits", "0" + digits + "ada@x.org", "ada@x.org", "", ""},
        {"a letter that is no digit", "g" + digits.substr(1) + "ada@x.org", "ada@x.org", "", ""},
        {"a separator", digits + "-ada@x.org", "ada@x.org", "", ""},
        {"with dashes", object_id + "ada@x.org", "ada@x.org", "", ""},
        {"digits alone", digits, "ada@x.org", object_id, ""},
        {"digits alone, nameless before", digits, "", "", ""},
        {"the name itself", "ada@x.org", "ada@x.org", object_id, ""},
        {"a name that begins with digits", digits.substr(0, 4) + "@x.org", digits.substr(0, 4) + "@x.org", "", ""},
        {"nothing", "", "", "", ""},
    }));
    INFO(row.why);
    CHECK(original_behind(row.user_name, row.known_name, row.external_id).value_or("") == row.original);
}
