// The attribute mappings of the directory's portal as a table that the program itself applies: a user of the directory
// → the SCIM user that the provisioning connector would send (S-029…S-045).
#pragma once

#include "scim/attribute_path.hpp"
#include "scim/entra/expression.hpp"
#include "scim/error.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace scim::entra {

enum class Block : std::uint8_t { by_default, optional }; // S-029: filled by default, or further available

struct MappingRow {
    std::string_view source; // an expression; `[name]` alone is what the portal calls direct
    std::string_view target; // a SCIM path
    Block block;
    std::string_view purpose;
};

// "all": the 6 default rows and the 9 optional ones (what an import uses unless told otherwise: a file has what it
// has, and what a user lacks stays absent). "default": the 6 alone. "generic": the 22 rows of an application that the
// portal's gallery does not know.
std::span<const MappingRow> mapping_rows(); // the 15: S-030…S-044
std::span<const MappingRow> generic_rows(); // the 22
std::span<const std::string_view> preset_names();

// One value for one place of the SCIM user.
struct MappedValue {
    const struct MappingLine* line = nullptr;
    boost::json::value value;
};

struct MappingLine {
    Expression source;
    std::string target; // as written in the table or the override
    AttributePath path;
    std::string filter_name; // of `emails[type eq "work"].value`: "type"
    boost::json::value filter_value;
    bool overridden = false;
};

// One organisation's mapping: a preset and the organisation's own changes on top. Immutable.
class Mapping {
public:
    // `overrides`: target → expression, or null to drop the row; "preset" → the name of a preset. Empty: the
    // defaults, so resetting an organisation's mapping (S-027) is storing {}. 400 invalidValue names the target.
    static Result<Mapping> from(const boost::json::object& overrides);

    // The user as the connector's POST carries it: schemas, core and extension attributes, typed elements made as
    // needed; `active` and `primary` as booleans. Without userName it refuses. References (manager) are not in it:
    // the connector sends them later.
    Result<boost::json::object> apply(const AzureObject&) const;
    // The same values one by one, for a PATCH; absent ones are left out, since the directory sends no nulls.
    Result<std::vector<MappedValue>> values(const AzureObject&) const;
    // The manager's object id in the directory, where the mapping has a row for it.
    Result<std::optional<std::string>> manager(const AzureObject&) const;
    bool has_manager() const;

    std::span<const MappingLine> lines() const { return lines_; }
    // What an administrator should know before relying on it (S-012, S-013, S-016).
    std::vector<std::string> warnings() const;
    bool is_default() const; // no row differs from its preset's

private:
    std::vector<MappingLine> lines_; // in the order of the table, own rows last
    std::string_view preset_;
};

} // namespace scim::entra
