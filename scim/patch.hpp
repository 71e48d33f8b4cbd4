// PATCH (RFC 7644 3.5.2) over JSON resources: operations in order, all or nothing. The engine is strict; what Entra
// sends otherwise is repaired before (scim/entra/quirks) or allowed by a named tolerance.
#pragma once

#include "scim/entra/tolerance.hpp"
#include "scim/error.hpp"
#include "scim/schema.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace scim {

enum class PatchKind : std::uint8_t { add, remove, replace };

struct PatchOperation {
    PatchKind kind{};
    std::optional<std::string> path; // as sent after repairs
    std::optional<boost::json::value> value;
};

// The PatchOp message; names of its members are compared without case. 400 invalidSyntax: no PatchOp schema, no
// Operations, an unknown op; 400 invalidValue: add or replace without a value; 413 beyond `most`.
Result<std::vector<PatchOperation>> read_patch(const boost::json::value& body, std::size_t most,
                                               const entra::Tolerance&);

// Applies all to `resource` (the writable view with canonical names) and validates each written value against the
// schema: types, mutability (400 mutability), no target (400 noTarget), required attributes. At most one `primary`
// stays. Nothing half done: the result is a new object. A detail begins with the operation it is about and never echoes
// the request. `tolerated` receives the name of each tolerance that was made use of, once (entra::tolerated::…), for
// the counters and the log.
Result<boost::json::object> apply_patch(boost::json::object resource, const std::vector<PatchOperation>&,
                                        const ResourceSchema&, const entra::Tolerance&,
                                        std::vector<std::string_view>* tolerated = nullptr);

} // namespace scim
