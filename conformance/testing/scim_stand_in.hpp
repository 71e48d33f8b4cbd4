// A SCIM server in memory, small and correct as far as the checks can see, that can be made wrong in one way at a time:
// the proof that the checks pass where they should and fail where they must. Strict where RFCs leave a choice,
// forgiving where Entra needs it; nothing of it is part of the product.
#pragma once

#include "conformance/testing/stand_in.hpp"

#include <memory>
#include <string>

namespace conformance::testing {

enum class Fault : unsigned char {
    none,
    accepts_any_token,
    accepts_duplicates,
    answers_ok_to_post,
    answers_ok_to_unknown_path,
    appends_members_twice,
    applies_half_a_patch,
    breaks_memberships_when_inactive,
    bulk_forgets_bulk_ids,
    bulk_has_no_limits,
    bulk_ignores_fail_on_errors,
    bulk_ignores_versions,
    bulk_keeps_references,
    bulk_knows_no_later_references,
    bulk_stops_at_errors,
    changes_ids,
    compares_names_with_case,
    creates_nothing_for_filtered_paths,
    drops_siblings,
    drops_unmentioned_time_zone, // of times in filters: offsets ignored
    echoes_unknown_attributes,
    empties_group_on_remove_with_value,
    empty_filter_is_404,
    error_status_as_number,
    forgets_extensions,
    forgets_groups_of_users,
    forgets_outer_groups,
    forgets_location,
    hides_inactive_users,
    ignores_count,
    ignores_excluded_attributes,
    ignores_filters,
    ignores_if_match,
    ignores_not,
    ignores_searches, // their bodies
    ignores_sort,
    ignores_start_index,
    keeps_deleted_members,
    keeps_deleted_users,
    keeps_dotted_keys,
    keeps_tombstone_on_activation,
    keeps_two_primaries,
    lists_members_when_excluded,
    lists_an_attribute_twice,
    loses_external_id_on_rename,
    manager_as_text,
    me_without_location,
    merges_on_put,
    moves_modified_without_change,
    needs_lower_case_op,
    normalises_phone_numbers,
    or_before_and,
    refuses_json_media_type,
    refuses_successor,
    refuses_unknown_managers,
    says_total_of_page,
    says_wrong_list_schema,
    sends_404_as_html,
    sorts_absent_first,
    sends_no_www_authenticate,
    takes_any_cursor,
    text_booleans,
    turns_plus_into_space_late,
    vanishes_tombstones,
    value_path_mixes_elements,
    walks_in_circles,
    wrong_content_type,
};

class ScimStandIn {
public:
    explicit ScimStandIn(Fault = Fault::none, Listener::Security = Listener::plain);
    ~ScimStandIn();
    ScimStandIn(const ScimStandIn&) = delete;
    ScimStandIn& operator=(const ScimStandIn&) = delete;

    Endpoint endpoint() const;
    std::size_t resources() const; // users and groups that exist

private:
    struct Shop;
    std::unique_ptr<Shop> shop_;
};

} // namespace conformance::testing
