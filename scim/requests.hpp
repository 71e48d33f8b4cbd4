// What the endpoints read from a request besides its path: the body, the page, the filter, entity tags.
#pragma once

#include "core/indexed.hpp"
#include "scim/call.hpp"
#include "scim/schema.hpp"

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace scim {

// The JSON of the body; 400 invalidSyntax.
Result<boost::json::value> read_body(const Call&);
// The same with the organisation's repairs, counted and logged.
Result<boost::json::value> read_resource_body(const Call&, const ResourceSchema&);
Result<boost::json::value> read_patch_body(const Call&, const ResourceSchema&);
// A debug line for each quirk that helped.
void log_quirks(std::string_view request_id, const std::vector<std::string_view>& fired);

struct PageAsked {
    std::int64_t start_index = 1; // at least 1
    std::int64_t count = 0;       // 0 to ProtocolLimits::page_most
};
// RFC 7644 3.4.2.4: below 1 counts as 1, below 0 as 0, too many as the most; 400 for what is no number.
Result<PageAsked> page_asked(const Call&, ScimType bad_count = ScimType::invalid_value);

// The filter, if one was sent; 400 invalidFilter, also for what no store can look up: a member's type, meta.location.
// `also`: of a search across kinds, see parse_filter.
Result<std::optional<core::Predicate>> filter_asked(const Call&, const ResourceSchema&, core::Searched,
                                                    const ResourceSchema* also = nullptr);

// If-Match and If-None-Match (RFC 7644 3.14): `*` or a list, compared weakly.
class EntityTags {
public:
    EntityTags() = default;
    explicit EntityTags(std::optional<std::string_view> header);
    bool given() const { return given_; }
    bool match(std::int64_t version) const;

private:
    bool given_ = false;
    std::string list_;
};
// Both headers of a request that changes something (RFC 9110 13.2.2): 412 when If-Match does not name this version, or
// If-None-Match does.
class Preconditions {
public:
    explicit Preconditions(const http::Request&);
    Result<void> check(std::int64_t version) const;

private:
    EntityTags match_, none_match_;
};

} // namespace scim
