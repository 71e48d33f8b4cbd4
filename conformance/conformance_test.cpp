#include "conformance/check.hpp"
#include "conformance/entra_cycle.hpp"
#include "conformance/protocol_checks.hpp"
#include "conformance/report.hpp"
#include "conformance/testing/scim_stand_in.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

using namespace conformance;
using testing::Fault;
using testing::ScimStandIn;

namespace {

Checks all_checks()
{
    auto checks = protocol_checks();
    auto entra = entra_checks();
    checks.insert(checks.end(), entra.begin(), entra.end());
    return checks;
}

Checks some_checks(const std::set<std::string>& ids)
{
    auto checks = all_checks();
    std::erase_if(checks, [&](const Check& check) { return ids.count(check.id) == 0; });
    REQUIRE(checks.size() == ids.size());
    return checks;
}

} // namespace

TEST_CASE("a server without a fault passes every check, and keeps nothing of it")
{
    const ScimStandIn server;
    const auto report = run_checks(server.endpoint(), all_checks(), {});
    for (const auto& outcome : report.outcomes) {
        if (outcome.verdict == Verdict::failed) FAIL_CHECK(describe(outcome));
        CHECK(outcome.verdict != Verdict::skipped);
    }
    CHECK(report.left_behind.empty());
    CHECK(server.resources() == 0);
}

TEST_CASE("each fault of a server fails the checks that are about it")
{
    struct Row {
        Fault fault;
        std::set<std::string> fails;
    };
    const auto row = GENERATE(values<Row>({
        {Fault::accepts_any_token, {"http-no-token", "http-wrong-token", "E-05"}},
        {Fault::accepts_duplicates, {"create-duplicate", "E-19", "E-65", "E-74", "E-96", "E-110", "V-02"}},
        {Fault::answers_ok_to_post, {"create", "E-13", "E-22"}},
        {Fault::answers_ok_to_unknown_path, {"http-unknown-endpoint", "E-113"}},
        {Fault::appends_members_twice, {"patch-group-add-same", "E-79", "life-group-verbose"}},
        {Fault::applies_half_a_patch, {"patch-atomic", "E-66"}},
        {Fault::breaks_memberships_when_inactive, {"E-90", "E-95", "E-98", "life-group-compliant"}},
        {Fault::bulk_forgets_bulk_ids, {"bulk-create", "bulk-reference"}},
        {Fault::bulk_has_no_limits, {"bulk-too-many", "bulk-too-large"}},
        {Fault::bulk_ignores_fail_on_errors, {"bulk-fail-on-errors"}},
        {Fault::bulk_ignores_versions, {"bulk-version"}},
        {Fault::bulk_keeps_references,
         {"bulk-reference", "bulk-reference-path", "bulk-reference-unknown", "bulk-circle"}},
        {Fault::bulk_knows_no_later_references, {"bulk-reference"}},
        {Fault::bulk_stops_at_errors, {"bulk-go-on", "bulk-no-method", "bulk-nested", "bulk-reference-unknown"}},
        {Fault::changes_ids, {"E-34", "E-91", "patch-replace-simple", "life-whole-verbose"}},
        {Fault::compares_names_with_case, {"filter-username", "create-duplicate-case", "E-19", "E-24", "E-76"}},
        {Fault::creates_nothing_for_filtered_paths, {"E-42", "E-44", "E-45", "E-48", "V-07"}},
        {Fault::drops_siblings, {"patch-add-complex", "patch-replace-complex"}},
        {Fault::drops_unmentioned_time_zone, {"filter-date-offset-exact"}},
        {Fault::echoes_unknown_attributes, {"create-unknown-attribute", "E-23"}},
        {Fault::empties_group_on_remove_with_value, {"E-80", "E-82", "life-group-verbose"}},
        {Fault::empty_filter_is_404, {"filter-none-is-200", "E-01", "E-02", "E-03", "life-whole-compliant"}},
        {Fault::error_status_as_number, {"http-error-shape", "E-31", "E-113"}},
        {Fault::forgets_extensions, {"discovery-extension-values"}},
        {Fault::forgets_groups_of_users, {"user-groups", "user-groups-nested"}},
        {Fault::forgets_outer_groups, {"user-groups-nested"}},
        {Fault::forgets_location, {"create-location", "E-13"}},
        {Fault::hides_inactive_users, {"E-34", "E-98", "E-103", "V-09", "life-adoption-verbose"}},
        {Fault::ignores_count, {"page-shape", "page-count-zero", "E-106", "E-107"}},
        {Fault::ignores_excluded_attributes, {"excluded", "group-excluded", "E-75", "V-14-15"}},
        {Fault::ignores_filters, {"filter-eq", "filter-none-is-200", "filter-bad-words", "E-24", "E-32"}},
        {Fault::ignores_if_match, {"etag-patch-wrong", "etag-put-wrong", "etag-delete-wrong"}},
        {Fault::ignores_not, {"filter-not", "filter-pr-not", "filter-not-and", "filter-path-not"}},
        {Fault::ignores_start_index, {"page-walk", "page-beyond", "E-105", "G-pagination"}},
        {Fault::ignores_searches, {"search-post", "search-attributes", "search-root"}},
        {Fault::ignores_sort, {"sort", "sort-absent", "sort-primary", "sort-pages", "sort-unknown"}},
        {Fault::keeps_deleted_members, {"E-100", "life-group-verbose"}},
        {Fault::keeps_deleted_users, {"delete", "E-100", "E-101", "V-13"}},
        {Fault::keeps_dotted_keys, {"E-39", "E-40", "E-41"}},
        {Fault::keeps_tombstone_on_activation, {"E-95-active-alone"}},
        {Fault::keeps_two_primaries, {"patch-add-primary"}},
        {Fault::lists_members_when_excluded, {"group-excluded", "E-75", "V-14-15"}},
        {Fault::lists_an_attribute_twice, {"discovery-extensions-whole"}},
        {Fault::loses_external_id_on_rename, {"E-91", "E-93", "E-95", "life-whole-verbose"}},
        {Fault::manager_as_text, {"E-54", "E-55", "G-manager"}},
        {Fault::me_without_location, {"me"}},
        {Fault::merges_on_put, {"replace-drops"}},
        {Fault::moves_modified_without_change, {"patch-add-same", "E-67"}},
        {Fault::needs_lower_case_op, {"E-34", "E-37", "E-38", "E-77", "life-whole-verbose"}},
        {Fault::normalises_phone_numbers, {"create-values"}},
        {Fault::or_before_and, {"filter-precedence"}},
        {Fault::refuses_json_media_type, {"http-json-media-type", "E-22", "PM-put"}},
        {Fault::refuses_successor, {"E-94", "life-successor-verbose"}},
        {Fault::refuses_unknown_managers, {"E-59"}},
        {Fault::says_total_of_page, {"page-shape", "E-107"}},
        {Fault::says_wrong_list_schema, {"list", "E-01", "discovery-schemas"}},
        {Fault::sends_404_as_html, {"http-unknown-id", "E-31", "E-70", "E-113"}},
        {Fault::sends_no_www_authenticate, {"http-no-token", "E-05"}},
        {Fault::sorts_absent_first, {"sort-absent"}},
        {Fault::takes_any_cursor, {"cursor-forged"}},
        {Fault::text_booleans, {"create-inactive", "E-15", "E-34", "E-91"}},
        {Fault::turns_plus_into_space_late, {"E-28"}},
        {Fault::value_path_mixes_elements, {"filter-path-one-element"}},
        {Fault::vanishes_tombstones, {"E-91", "E-93", "life-whole-compliant"}},
        {Fault::walks_in_circles, {"cursor-walk"}},
        {Fault::wrong_content_type, {"http-media-type", "E-113", "list"}},
    }));
    const ScimStandIn server(row.fault);
    const auto report = run_checks(server.endpoint(), some_checks(row.fails), {});
    for (const auto& outcome : report.outcomes) {
        INFO("fault " << static_cast<int>(row.fault) << ", check " << outcome.id);
        CHECK(outcome.verdict == Verdict::failed);
        CHECK_FALSE(outcome.expected.empty());
    }
}

TEST_CASE("no two checks have the same id, and each names its rule")
{
    std::set<std::string> ids;
    const auto checks = all_checks();
    for (const auto& check : checks) {
        CHECK(ids.insert(check.id).second);
        CHECK_FALSE(check.title.empty());
        CHECK_FALSE(check.source.empty());
    }
    CHECK(protocol_checks().size() >= 110);
}
