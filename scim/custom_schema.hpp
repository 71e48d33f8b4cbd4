// An organisation's own schema extensions (RFC 7643 7): read strictly, kept as one text with the organisation, and set
// beside the built-in schemas for its endpoints. What is accepted here is enforced by them; what they cannot enforce is
// refused here, so that /Schemas promises nothing else.
#pragma once

#include "core/organisation.hpp"
#include "scim/error.hpp"
#include "scim/schema.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace scim {

inline constexpr std::size_t most_custom_schemas = 16;           // of an organisation
inline constexpr std::size_t most_custom_attributes = 128;       // of a schema, sub-attributes included
inline constexpr std::size_t longest_schema_file = 256UL * 1024; // bytes

struct CustomSchema {
    std::string resource; // "User" or "Group"
    Schema schema;
};

// A definition in the form of RFC 7643 7; what it leaves out is as section 2.2 defaults it. 400 invalidValue names the
// place and the remedy: "attributes[2].type: …".
Result<CustomSchema> read_schema(const boost::json::value& definition, std::string_view resource);

// Whether it may stand beside those the organisation has: 409 uniqueness for a URN that is taken or would be mistaken
// for an attribute of another, 400 for one too many. One of the same URN is not counted when it is to be replaced.
Result<void> check_beside(const CustomSchema&, const std::vector<CustomSchema>& others, bool replaces);

// Organisation::schemas and back. Throws std::runtime_error for a text that nobody here has written.
std::vector<CustomSchema> custom_schemas(const core::Organisation&);
std::string text_of(const std::vector<CustomSchema>&);

// The built-in schemas and the organisation's own; the built-in ones themselves where it has none.
std::shared_ptr<const Schemas> schemas_of(const core::Organisation&);

// What a resource holds under the schema's URN, brought to the schema's spelling and order. 400 names what does not
// fit: a wrong type, a name the schema does not know or would not keep. For values that were stored before the schema
// was.
Result<boost::json::object> fitted(const boost::json::object& stored, const Schema&);

} // namespace scim
