// What users and groups have in common as JSON: a body as a client sends it → one object with canonical names in the
// schema's order, checked; and the pieces of text that answers are put together from.
#pragma once

#include "core/base/clock.hpp"
#include "core/profile.hpp"
#include "scim/entra/tolerance.hpp"
#include "scim/error.hpp"
#include "scim/schema.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace scim {

struct ResourceRules {
    const ResourceSchema& schema;
    const entra::Tolerance& tolerance;
    std::size_t name_characters = 256;                     // of names and ids, counted as code points
    std::size_t resource_bytes = std::size_t{1024} * 1024; // of the text that is kept
};

// Canonical names, in the schema's order, whatever the order sent: equal resources make equal text.
// Dropped: null, "", [], {} (all mean "no value"), read-only and write-only attributes, unknown attributes, `schemas`.
// 400 invalidValue, naming the attribute: a wrong type, a name or id too long, a required attribute without a value (of
// an extension: once anything of it is present), two primaries. Extensions without a registered schema are kept where
// that is tolerated; their URNs go to `unregistered`, when given.
Result<boost::json::object> read_resource(boost::json::value body, const ResourceRules&,
                                          std::vector<std::string>* unregistered = nullptr);

// The attributes of one extension alone, in the same way.
Result<boost::json::object> read_extension(boost::json::object attributes, const Schema&);

// Turns the texts "True" and "False", in any case, into what they mean wherever the attribute or a part of it is
// boolean; whether there was any. For where that is tolerated.
bool read_boolean_texts(boost::json::value&, const Attribute&);
bool has_boolean_text(const boost::json::value&, const Attribute&);

// RFC 7644 3.5.1 and 3.5.2 for what is immutable: 400 mutability where `wanted` changes a value that is set, or (in a
// PATCH) takes it away. A PUT that leaves one out does not assert it, and it stays. For schemas that have any.
enum class Omitted : bool { is_kept, is_removed };
Result<void> keep_immutable(const core::Profile& before, core::Profile& wanted, const ResourceSchema&, Omitted);

// 400 invalidValue for a profile that is larger than the rules allow.
Result<void> check_size(const core::Profile&, const ResourceRules&);

// {"schemas":[…], and the rest of `attributes`}: the core URN, and those of the extensions that are present.
boost::json::object with_schemas(boost::json::object attributes, const ResourceSchema&);

// The profile's text in two: `"schemas":[…]`, and the other members without braces (perhaps none). False when the text
// does not begin with schemas.
bool split_profile(std::string_view profile, std::string_view& schemas, std::string_view& rest);

std::string etag_of(std::int64_t version); // W/"3"

struct MetaText {
    std::string_view resource_type;
    core::Instant created;
    core::Instant last_modified;
    std::int64_t version;
    std::string_view location;
};
void append_meta(std::string& out, const MetaText&); // "meta":{…}
boost::json::object meta_object(const MetaText&);

// {"schemas":[ListResponse],"totalResults":…,"startIndex":…,"itemsPerPage":…,"Resources":[…]} around the items' text.
std::string list_response(std::int64_t total, std::int64_t start_index, std::span<const std::string> items);
// A page of a walk by cursor (RFC 9865 2): nextCursor, unless empty, in the place of startIndex.
std::string walk_response(std::int64_t total, std::string_view next_cursor, std::span<const std::string> items);

} // namespace scim
