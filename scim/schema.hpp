// The one attribute table (RFC 7643 4, 7, 8.7): what discovery shows, what validation enforces, what filters resolve,
// what projection drops.
#pragma once

#include "core/predicate.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace scim {

enum class Type : std::uint8_t { string, boolean, decimal, integer, date_time, binary, reference, complex };
enum class Mutability : std::uint8_t { read_only, read_write, immutable, write_only };
enum class Returned : std::uint8_t { always, never, by_default, request };
enum class Uniqueness : std::uint8_t { none, server, global };

inline constexpr std::string_view user_urn = "urn:ietf:params:scim:schemas:core:2.0:User";
inline constexpr std::string_view group_urn = "urn:ietf:params:scim:schemas:core:2.0:Group";
inline constexpr std::string_view enterprise_urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
inline constexpr std::string_view directory_group_urn =
    "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"; // accepted in `schemas`, means nothing
inline constexpr std::string_view patch_op_urn = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
inline constexpr std::string_view search_request_urn = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
inline constexpr std::string_view list_response_urn = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
inline constexpr std::string_view error_urn = "urn:ietf:params:scim:api:messages:2.0:Error";

struct Attribute {
    std::string name;
    std::string description;
    Type type = Type::string;
    bool multi_valued = false;
    bool required = false;
    bool case_exact = false;
    Mutability mutability = Mutability::read_write;
    Returned returned = Returned::by_default;
    Uniqueness uniqueness = Uniqueness::none;
    std::vector<std::string> canonical_values;
    std::vector<std::string> reference_types;
    bool listed = true;         // whether /Schemas shows it; see README, "what discovery leaves out"
    std::vector<Attribute> sub; // of a complex one

    const Attribute* find_sub(std::string_view name_in_any_case) const;
};

struct Schema {
    std::string urn;
    std::string name;
    std::string description;
    std::vector<Attribute> attributes;

    const Attribute* find(std::string_view name_in_any_case) const;
};

// What one kind of resource is made of: the core schema, its extensions, and the common attributes (id, externalId,
// meta, schemas) that discovery does not list.
struct ResourceSchema {
    std::string name;     // "User"
    std::string endpoint; // "/Users"
    std::string description;
    Schema core;
    std::vector<Schema> extensions;
    std::vector<Attribute> common;
    // Attributes of an extension that a filter may also name without the URN ("manager eq …").
    std::vector<std::string> bare_extension_names;
    // Facts about the extensions that spare everybody else a look: values are stored that are not shown by default, and
    // values that cannot be changed once set.
    bool hides_stored = false;
    bool has_immutable = false;

    const Schema* extension(std::string_view urn_in_any_case) const;
    // A top-level attribute of the core schema or a common one.
    const Attribute* find(std::string_view name_in_any_case) const;
    // Every name a filter or path may begin with, for "did you mean".
    std::vector<std::string> names() const;
};

// What an organisation's resources are made of. Endpoints take it from their Call.
struct Schemas {
    ResourceSchema users;
    ResourceSchema groups;
};
const std::shared_ptr<const Schemas>& built_in_schemas();

// The built-in ones alone.
const ResourceSchema& user_schema();  // core User, enterprise, lifecycle (read-only, returned on request)
const ResourceSchema& group_schema(); // core Group

core::ValueKind kind_of(const Attribute&);

// As discovery shows it: id, name, description and the listed attributes with all their characteristics.
boost::json::object to_json(const Schema&);

std::string_view word(Type);       // "dateTime"
std::string_view word(Mutability); // "readOnly"
std::string_view word(Returned);   // "default"
std::string_view word(Uniqueness); // "server"

} // namespace scim
