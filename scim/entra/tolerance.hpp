// What the strict engines may let pass, one switch each, set from an organisation's profile and its single switches by
// scim/entra/quirks. The protocol's code asks these and never for a profile's name.
#pragma once

#include <string_view>

namespace scim::entra {

struct Tolerance {
    bool unquoted_filter_words = false; // externalId eq jyoung
    bool create_unmatched_element =
        false; // replace emails[type eq "work"].value with no work element creates it (decisions)
    bool ignore_unknown_path =
        false; // an explicit PATCH path to an unknown attribute is a logged no-op, not invalidPath
    bool remove_listed_values = false; // remove of a multi-valued attribute with a value list removes only those
    bool allow_no_operations = false;  // Operations: [] is a no-op 200
    bool store_unregistered_extensions = false; // urn:…:extension:X:2.0:User:attr without a registered schema is kept
    bool hide_lifecycle_schema = false;         // /Schemas does not list the lifecycle extension
    bool doubled_slash = false;                 // one doubled slash after the base
    bool boolean_texts = false;                 // booleans of a registered extension as "True" and "False"
};

// The quirk behind each tolerance, for Quirks::count() where an engine has made use of it.
namespace tolerated {
inline constexpr std::string_view unquoted_filter_word = "unquoted_filter_word";
inline constexpr std::string_view unmatched_filter_creates = "unmatched_filter_creates";
inline constexpr std::string_view unknown_path_ignored = "unknown_path_ignored";
inline constexpr std::string_view remove_with_value = "remove_with_value";
inline constexpr std::string_view no_operations = "no_operations";
inline constexpr std::string_view unregistered_extension = "unregistered_extension";
inline constexpr std::string_view lifecycle_schema_hidden = "lifecycle_schema_hidden";
inline constexpr std::string_view doubled_slash = "doubled_slash";
inline constexpr std::string_view boolean_as_text = "boolean_as_text";
} // namespace tolerated

} // namespace scim::entra
