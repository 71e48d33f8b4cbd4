// Filters (RFC 7644 3.4.2.2): text → core::Predicate with its attributes resolved. The whole grammar: ten operators,
// and/or/not, parentheses, value paths, URN-qualified names, JSON literals. Depth, length and nodes are bounded; the
// input is never echoed.
#pragma once

#include "core/predicate.hpp"
#include "scim/error.hpp"
#include "scim/schema.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace scim {

struct FilterLimits {
    std::size_t bytes = 4096;
    std::size_t depth = 32;
    std::size_t nodes = 128;
};

// 400 invalidFilter, with the position and, for an unknown attribute, the nearest known one.
// `unquoted_words`: Entra's unquoted literals are accepted as strings (entra.md, decisions).
// `also`: a schema whose attributes are known too. Of a search across kinds of resources: an attribute that only the
// other kind has is one without a value here (RFC 7644 3.4.2.1), and one that neither has is refused.
Result<core::Predicate> parse_filter(std::string_view text, const ResourceSchema&, const FilterLimits& = {},
                                     bool unquoted_words = false, const ResourceSchema* also = nullptr);
// The inside of a value path of `attribute` (the text between [ and ]), whose names are its sub-attributes. `what` is
// the scimType of a refusal: invalid_filter, or invalid_path for PATCH.
Result<core::Predicate> parse_value_filter(std::string_view text, const Attribute& attribute, ScimType what,
                                           const FilterLimits& = {});

// What sortBy names; a multi-valued complex attribute stands for its value. 400 invalidValue, with the nearest name.
Result<core::AttributeRef> resolve_attribute(std::string_view name, const ResourceSchema&,
                                             const ResourceSchema* also = nullptr);

// Prints a tree so that parsing it again gives an equal tree.
std::string print_filter(const core::Predicate&);

} // namespace scim
