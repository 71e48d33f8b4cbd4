#include "core/base/json.hpp"
#include "core/policy.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <string_view>

using namespace core;
using namespace std::chrono_literals;

namespace {

constexpr std::array<std::string_view, 2> known_quirks{"op_case", "boolean_as_text"};

Result<void> set(Policy& policy, std::string_view key, std::string_view text)
{
    return set_policy_field(policy, key, text, known_quirks);
}

} // namespace

TEST_CASE("the policy's fields have the names and defaults of api.md")
{
    struct Row {
        std::string_view name;
        std::string_view text;
    };
    const std::array expected{Row{"retention", "30d"},
                              Row{"purgeInactiveAfter", "off"},
                              Row{"purgeDirectoryAbsentAfter", "30d"},
                              Row{"claimWindow", "14d"},
                              Row{"withdrawWindow", "14d"},
                              Row{"claimListLimit", "250"},
                              Row{"manualClaimLimit", "25"},
                              Row{"allowContentTransfer", "false"},
                              Row{"delayedClaims", "true"},
                              Row{"delayedCutoffDate", "2020-05-05"},
                              Row{"requireVerifiedDomain", "false"},
                              Row{"autoClaim", "false"},
                              Row{"groups", "true"},
                              Row{"quirkProfile", "entra"},
                              Row{"patchReply", "auto"},
                              Row{"uniqueExternalId", "false"},
                              Row{"invitations", "true"},
                              Row{"brake.share", "off"},
                              Row{"brake.count", "off"},
                              Row{"brake.window", "1h"},
                              Row{"brake.action", "hold"},
                              Row{"archiveRetention", "365d"},
                              Row{"requestLogRetention", "30d"},
                              Row{"auditRetention", "off"}};
    const Policy defaults;
    REQUIRE(policy_fields().size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        INFO(expected[i].name);
        CHECK(policy_fields()[i].name == expected[i].name);
        CHECK(policy_fields()[i].get(defaults) == expected[i].text);
        CHECK_FALSE(policy_fields()[i].help.empty());
    }
}

TEST_CASE("a field is set from text and printed as it is understood; what is out of range is refused by name")
{
    struct Row {
        std::string key;
        std::string text;
        std::string shown; // "" : refused
    };
    const auto row = GENERATE(values<Row>({
        {"retention", "10d", "10d"},
        {"retention", "PT48H", "2d"},
        {"retention", "0s", "0s"},
        {"retention", "36500d", "36500d"},
        {"retention", "36501d", ""},
        {"retention", "off", ""},
        {"retention", "-1d", ""},
        {"retention", "30", ""},
        {"purgeInactiveAfter", "90d", "90d"},
        {"purgeInactiveAfter", "off", "off"},
        {"purgeInactiveAfter", "36501d", ""},
        {"auditRetention", "null", "off"},
        {"claimWindow", "1s", "1s"},
        {"claimWindow", "0s", ""},
        {"claimListLimit", "1", "1"},
        {"claimListLimit", "0", ""},
        {"claimListLimit", "10000", "10000"},
        {"claimListLimit", "10001", ""},
        {"claimListLimit", "5x", ""},
        {"groups", "false", "false"},
        {"groups", "on", "true"},
        {"groups", "maybe", ""},
        {"delayedCutoffDate", "2024-02-29", "2024-02-29"},
        {"delayedCutoffDate", "2023-02-29", ""},
        {"delayedCutoffDate", "2024-02-29T10:00:00Z", "2024-02-29T10:00:00.000Z"},
        {"quirkProfile", "strict", "strict"},
        {"quirkProfile", "lax", ""},
        {"patchReply", "resource", "resource"},
        {"patchReply", "empty", "empty"},
        {"patchReply", "Empty", ""},
        {"brake.share", "0", "0.0"},
        {"brake.share", "0.25", "0.25"},
        {"brake.share", "1", "1.0"},
        {"brake.share", "1.01", ""},
        {"brake.share", "nan", ""},
        {"brake.share", "off", "off"},
        {"brake.count", "1", "1"},
        {"brake.count", "0", ""},
        {"brake.count", "off", "off"},
        {"brake.window", "5m", "5m"},
        {"brake.window", "0s", ""},
        {"brake.action", "park", "park"},
        {"brake.action", "stop", ""},
    }));
    INFO(row.key << " = " << row.text);
    Policy policy;
    const auto result = set(policy, row.key, row.text);
    CHECK(result.has_value() == !row.shown.empty());
    if (!result) {
        CHECK(result.error().reason == Reason::invalid_value);
        CHECK(result.error().field == row.key);
        CHECK_FALSE(result.error().remedy.empty());
        CHECK(policy == Policy{});
        return;
    }
    for (const PolicyField& field : policy_fields()) {
        if (field.name == row.key) CHECK(field.get(policy) == row.shown);
    }
}

TEST_CASE("an unknown field is refused with the nearest known one")
{
    Policy policy;
    const auto result = set(policy, "retenton", "1d");
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().remedy == "did you mean 'retention'?");
    CHECK_FALSE(set(policy, "something else", "1d").has_value());
}

TEST_CASE("a quirk is switched on, off or back to its profile")
{
    Policy policy;
    CHECK(set(policy, "quirks.op_case", "off").has_value());
    CHECK(policy.quirks == std::map<std::string, bool>{{"op_case", false}});
    CHECK(set(policy, "quirks.op_case", "on").has_value());
    CHECK(policy.quirks.at("op_case"));
    CHECK(set(policy, "quirks.op_case", "default").has_value());
    CHECK(policy.quirks.empty());
    CHECK_FALSE(set(policy, "quirks.op_case", "perhaps").has_value());
    const auto unknown = set(policy, "quirks.op_cases", "on");
    REQUIRE_FALSE(unknown.has_value());
    CHECK(unknown.error().field == "quirks.op_cases");
    CHECK(unknown.error().remedy == "did you mean 'op_case'?");
}

TEST_CASE("only what differs from the defaults is stored, and it comes back")
{
    Policy defaults;
    defaults.retention = 20 * 24h;
    defaults.quirks = {{"boolean_as_text", false}};
    CHECK(to_json(defaults, defaults).empty());

    Policy policy;
    CHECK(set(policy, "groups", "false").has_value());
    CHECK(set(policy, "claimListLimit", "100").has_value());
    CHECK(set(policy, "brake.share", "0.1").has_value());
    CHECK(set(policy, "purgeDirectoryAbsentAfter", "off").has_value());
    CHECK(set(policy, "delayedCutoffDate", "2024-01-01").has_value());
    CHECK(set(policy, "quirks.op_case", "off").has_value());
    const auto stored = to_json(policy, defaults);
    CHECK(json::write(stored) == R"({"retention":"30d","purgeDirectoryAbsentAfter":null,"claimListLimit":100,)"
                                 R"("delayedCutoffDate":"2024-01-01","groups":false,"brake.share":0.1,)"
                                 R"("quirks":{"op_case":false,"boolean_as_text":null}})");
    const auto back = policy_from(stored, defaults);
    REQUIRE(back.has_value());
    CHECK(*back == policy);
}

TEST_CASE("a stored policy with an unknown or impossible field is refused")
{
    CHECK_FALSE(policy_from({{"retentoin", "1d"}}, {}).has_value());
    CHECK_FALSE(policy_from({{"retention", 5}}, {}).has_value());
    CHECK_FALSE(policy_from({{"groups", nullptr}}, {}).has_value());
    CHECK(policy_from({{"auditRetention", nullptr}}, {}).has_value());
    CHECK_FALSE(policy_from({{"quirks", 1}}, {}).has_value());
    CHECK_FALSE(policy_from({{"quirks", boost::json::object{{"a", 1}}}}, {}).has_value());
}
