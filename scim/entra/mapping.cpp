#include "scim/entra/mapping.hpp"

#include "scim/entra/letters.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace scim::entra {

namespace bj = boost::json;

namespace {

constexpr std::string_view core_urn = "urn:ietf:params:scim:schemas:core:2.0:User";
constexpr std::string_view enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
constexpr std::string_view soft_deleted = R"(Switch([IsSoftDeleted], , "False", "True", "True", "False"))";

constexpr MappingRow table[] = {
    {"[userPrincipalName]", "userName", Block::by_default, "the name a user signs in with; matched first (S-030)"},
    {soft_deleted, "active", Block::by_default, "false for the unassigned, blocked and deleted (S-031)"},
    {"[displayName]", "displayName", Block::by_default, "the name shown to others (S-032)"},
    {"[surname]", "name.familyName", Block::by_default, "family name (S-033)"},
    {"[givenName]", "name.givenName", Block::by_default, "given name (S-034)"},
    {"[objectId]", "externalId", Block::by_default, "the directory's lasting id; matched second (S-035)"},
    {"[jobTitle]", "title", Block::optional, "job title (S-036)"},
    {"[usageLocation]", R"(addresses[type eq "work"].country)", Block::optional, "country of use (S-037)"},
    {"[city]", R"(addresses[type eq "work"].locality)", Block::optional, "city (S-038)"},
    {"[streetAddress]", R"(addresses[type eq "work"].streetAddress)", Block::optional, "street (S-039)"},
    {"[state]", R"(addresses[type eq "work"].region)", Block::optional, "state or province (S-040)"},
    {"[postalCode]", R"(addresses[type eq "work"].postalCode)", Block::optional, "postal code (S-041)"},
    {"[telephoneNumber]", R"(phoneNumbers[type eq "work"].value)", Block::optional, "telephone at work (S-042)"},
    {"[mobile]", R"(phoneNumbers[type eq "mobile"].value)", Block::optional, "mobile telephone (S-043)"},
    {"[facsimileTelephoneNumber]", R"(phoneNumbers[type eq "fax"].value)", Block::optional, "fax (S-044)"},
};

constexpr std::string_view manager_target = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";
constexpr MappingRow generic[] = {
    {"[userPrincipalName]", "userName", Block::by_default, "the name a user signs in with; matched first"},
    {soft_deleted, "active", Block::by_default, "false for the unassigned, blocked and deleted"},
    {"[displayName]", "displayName", Block::by_default, "the name shown to others"},
    {"[jobTitle]", "title", Block::by_default, "job title"},
    {"[mail]", R"(emails[type eq "work"].value)", Block::by_default, "e-mail at work"},
    {"[preferredLanguage]", "preferredLanguage", Block::by_default, "language"},
    {"[givenName]", "name.givenName", Block::by_default, "given name"},
    {"[surname]", "name.familyName", Block::by_default, "family name"},
    {R"(Join(" ", [givenName], [surname]))", "name.formatted", Block::by_default, "the whole name"},
    {"[physicalDeliveryOfficeName]", R"(addresses[type eq "work"].formatted)", Block::by_default, "office"},
    {"[streetAddress]", R"(addresses[type eq "work"].streetAddress)", Block::by_default, "street"},
    {"[city]", R"(addresses[type eq "work"].locality)", Block::by_default, "city"},
    {"[state]", R"(addresses[type eq "work"].region)", Block::by_default, "state or province"},
    {"[postalCode]", R"(addresses[type eq "work"].postalCode)", Block::by_default, "postal code"},
    {"[country]", R"(addresses[type eq "work"].country)", Block::by_default, "country"},
    {"[telephoneNumber]", R"(phoneNumbers[type eq "work"].value)", Block::by_default, "telephone at work"},
    {"[mobile]", R"(phoneNumbers[type eq "mobile"].value)", Block::by_default, "mobile telephone"},
    {"[facsimileTelephoneNumber]", R"(phoneNumbers[type eq "fax"].value)", Block::by_default, "fax"},
    {"[mailNickname]", "externalId", Block::by_default, "the mailbox's alias: not unique, better [objectId]"},
    {"[employeeId]", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber", Block::by_default,
     "personnel number"},
    {"[department]", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", Block::by_default,
     "department"},
    {"[manager]", manager_target, Block::by_default, "the manager, sent after both users exist"},
};

constexpr std::string_view presets[] = {"all", "default", "generic"};

Error wrong(std::string detail) { return bad_request(ScimType::invalid_value, std::move(detail)); }
Error about(std::string_view target, const Error& error)
{
    return {error.status, error.type, fmt::format("the mapping of {}: {}", target, error.detail)};
}

// Two spellings of one target: names compare without case, blanks in a filter do not count.
bool same_target(const AttributePath& a, const AttributePath& b)
{
    const auto bare = [](const std::optional<std::string>& filter) {
        std::string out = filter.value_or("");
        std::erase(out, ' ');
        return out;
    };
    return same_word(a.urn, b.urn) && same_word(a.name, b.name) && same_word(a.sub, b.sub) &&
           same_word(bare(a.filter), bare(b.filter));
}

bool is_manager(const AttributePath& path)
{
    return same_word(path.name, "manager") && (path.urn.empty() || same_word(path.urn, enterprise));
}

std::string_view trimmed(std::string_view text)
{
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

// The filters that mappings know: `type eq "work"` and `primary eq true` (the portal writes "True").
Result<void> read_filter(MappingLine& line)
{
    if (!line.path.filter) return {};
    const std::string_view text = trimmed(*line.path.filter);
    const auto blank = text.find(' ');
    const std::string_view name = text.substr(0, blank);
    std::string_view rest = blank == std::string_view::npos ? std::string_view{} : trimmed(text.substr(blank));
    if (!same_word(rest.substr(0, 3), "eq "))
        return wrong(R"(its filter must be like [type eq "work"] or [primary eq true])");
    rest = trimmed(rest.substr(3));
    const bool quoted = rest.size() >= 2 && rest.front() == '"' && rest.back() == '"';
    const std::string_view value = quoted ? rest.substr(1, rest.size() - 2) : rest;
    if (same_word(name, "primary") && (same_word(value, "true") || same_word(value, "false"))) {
        line.filter_name = "primary";
        line.filter_value = same_word(value, "true");
    } else if (same_word(name, "type") && quoted && !value.empty() &&
               value.find_first_of("\"\\") == std::string_view::npos) {
        line.filter_name = "type";
        line.filter_value = bj::string(value);
    } else {
        return wrong(R"(its filter must be like [type eq "work"] or [primary eq true])");
    }
    if (line.path.sub.empty()) return wrong("after the filter a sub-attribute must follow, as in .value");
    return {};
}

Result<MappingLine> read_line(std::string_view target, std::string_view source)
{
    MappingLine line;
    line.target = std::string{target};
    auto path = read_path(target);
    if (!path) return about(target, path.error());
    line.path = *std::move(path);
    if (line.path.name.empty())
        return wrong(fmt::format("the mapping of {}: a target names an attribute, not a whole schema", target));
    if (auto filter = read_filter(line); !filter) return about(target, filter.error());
    auto expression = Expression::parse(source);
    if (!expression) return about(target, expression.error());
    line.source = *std::move(expression);
    return line;
}

bool is_boolean_target(const AttributePath& path)
{
    return path.urn.empty() && (same_word(path.name, "active") || same_word(path.sub, "primary"));
}

// What a request carries for `value`: nothing for absent and empty ones.
Result<bj::value> for_wire(const MappingLine& line, bj::value value)
{
    if (value.is_null() || (value.is_string() && value.get_string().empty())) return bj::value(nullptr);
    if (is_boolean_target(line.path)) {
        if (value.is_bool()) return value;
        const auto* const text = value.if_string();
        if (text && same_word(*text, "true")) return bj::value(true);
        if (text && same_word(*text, "false")) return bj::value(false);
        return wrong(fmt::format("the mapping of {} must give True or False", line.target));
    }
    if (auto* const list = value.if_array()) {
        if (list->empty()) return bj::value(nullptr);
        const bool whole_attribute = line.path.sub.empty() && !line.path.filter;
        if (whole_attribute) return value;
        if (list->size() == 1) return for_wire(line, std::move(list->front()));
        return wrong(fmt::format("the mapping of {} gives several values where one is wanted", line.target));
    }
    if (value.is_object())
        return wrong(fmt::format("the mapping of {} gives an object where a text is wanted", line.target));
    if (value.is_bool()) return bj::value(value.get_bool() ? "True" : "False");
    if (value.is_int64()) return bj::value(bj::string(std::to_string(value.get_int64())));
    if (value.is_uint64()) return bj::value(bj::string(std::to_string(value.get_uint64())));
    if (value.is_double()) return bj::value(bj::string(fmt::format("{}", value.get_double())));
    return value;
}

bj::object& object_at(bj::object& in, std::string_view key)
{
    bj::value& place = in[key];
    if (!place.is_object()) place.emplace_object();
    return place.get_object();
}

// The element of a multi-valued attribute that the line's filter selects, made when there is none. The connector marks
// the e-mail address at work as the primary one; nothing else gets a mark that the filter does not name.
bj::object& element_at(bj::object& in, const MappingLine& line)
{
    bj::value& place = in[line.path.name];
    if (!place.is_array()) place.emplace_array();
    for (bj::value& element : place.get_array()) {
        const auto* const found = element.get_object().if_contains(line.filter_name);
        if (found && *found == line.filter_value) return element.get_object();
    }
    bj::object made;
    if (line.path.name == "emails" && line.filter_value == bj::value("work")) made["primary"] = true;
    made[line.filter_name] = line.filter_value;
    place.get_array().push_back(std::move(made));
    return place.get_array().back().get_object();
}

void put(bj::object& user, const MappedValue& mapped)
{
    const MappingLine& line = *mapped.line;
    const AttributePath& path = line.path;
    const bool is_core = path.urn.empty() || same_word(path.urn, core_urn);
    bj::object& home = is_core ? user : object_at(user, path.urn);
    if (path.filter)
        element_at(home, line)[path.sub] = mapped.value;
    else if (!path.sub.empty())
        object_at(home, path.name)[path.sub] = mapped.value;
    else
        home[path.name] = mapped.value;
}

} // namespace

std::span<const MappingRow> mapping_rows() { return table; }
std::span<const MappingRow> generic_rows() { return generic; }
std::span<const std::string_view> preset_names() { return presets; }

Result<Mapping> Mapping::from(const bj::object& overrides)
{
    Mapping mapping;
    mapping.preset_ = presets[0];
    if (const auto* const preset = overrides.if_contains("preset")) {
        const auto* const name = preset->if_string();
        const auto* const found =
            name ? std::find(std::begin(presets), std::end(presets), std::string_view{*name}) : std::end(presets);
        if (found == std::end(presets)) return wrong(fmt::format("preset must be one of {}", fmt::join(presets, ", ")));
        mapping.preset_ = *found;
    }
    const std::span<const MappingRow> rows = mapping.preset_ == "generic" ? generic_rows() : mapping_rows();
    for (const MappingRow& row : rows) {
        if (mapping.preset_ == "default" && row.block != Block::by_default) continue;
        TRY(MappingLine line, read_line(row.target, row.source));
        mapping.lines_.push_back(std::move(line));
    }
    for (const auto& [target, source] : overrides) {
        if (target == "preset") continue;
        if (!source.is_null() && !source.is_string())
            return wrong(fmt::format("the mapping of {} must be an expression in quotes, or null to drop the row",
                                     std::string_view{target}));
        TRY(MappingLine line, read_line(target, source.is_null() ? R"("")" : std::string_view{source.get_string()}));
        line.overridden = true;
        const auto found = std::find_if(mapping.lines_.begin(), mapping.lines_.end(),
                                        [&](const MappingLine& other) { return same_target(other.path, line.path); });
        if (found != mapping.lines_.end() && found->overridden)
            return wrong(fmt::format("{} is mapped twice", std::string_view{target}));
        if (source.is_null()) {
            if (found == mapping.lines_.end())
                return wrong(fmt::format("{} is not mapped, so there is no row to drop", std::string_view{target}));
            if (same_word(line.path.name, "userName"))
                return wrong("the row of userName cannot be dropped: every user needs a name");
            mapping.lines_.erase(found);
        } else if (found != mapping.lines_.end()) {
            line.overridden = line.source.text() != found->source.text();
            *found = std::move(line);
        } else {
            mapping.lines_.push_back(std::move(line));
        }
    }
    return mapping;
}

Result<std::vector<MappedValue>> Mapping::values(const AzureObject& user) const
{
    std::vector<MappedValue> out;
    for (const MappingLine& line : lines_) {
        if (is_manager(line.path)) continue;
        auto computed = line.source.evaluate(user);
        if (!computed) return about(line.target, computed.error());
        TRY(bj::value value, for_wire(line, *std::move(computed)));
        if (!value.is_null()) out.push_back({&line, std::move(value)});
    }
    const bool named = std::any_of(out.begin(), out.end(), [](const MappedValue& mapped) {
        return same_word(mapped.line->path.name, "userName");
    });
    if (!named) return wrong("the mapping gives this user no userName; see that the source of userName has a value");
    return out;
}

Result<bj::object> Mapping::apply(const AzureObject& user) const
{
    TRY(const std::vector<MappedValue> mapped, values(user));
    bj::object out;
    out["schemas"] = bj::array{core_urn, enterprise};
    for (const MappedValue& value : mapped) put(out, value);
    out["meta"] = bj::object{{"resourceType", "User"}};
    return out;
}

bool Mapping::has_manager() const
{
    return std::any_of(lines_.begin(), lines_.end(), [](const MappingLine& line) { return is_manager(line.path); });
}

Result<std::optional<std::string>> Mapping::manager(const AzureObject& user) const
{
    for (const MappingLine& line : lines_) {
        if (!is_manager(line.path)) continue;
        auto computed = line.source.evaluate(user);
        if (!computed) return about(line.target, computed.error());
        TRY(const bj::value value, for_wire(line, *std::move(computed)));
        if (value.is_string()) return std::optional<std::string>{std::string{value.get_string()}};
    }
    return std::optional<std::string>{};
}

std::vector<std::string> Mapping::warnings() const
{
    const auto source_of = [&](std::string_view target) -> const MappingLine* {
        const auto found = std::find_if(lines_.begin(), lines_.end(), [&](const MappingLine& line) {
            return line.path.urn.empty() && same_word(line.path.name, target) && line.path.sub.empty();
        });
        return found == lines_.end() ? nullptr : &*found;
    };
    const auto reads = [](const MappingLine* line, std::string_view source) {
        if (!line) return false;
        const auto sources = line->source.sources();
        return std::find(sources.begin(), sources.end(), source) != sources.end();
    };
    std::vector<std::string> out;
    const MappingLine* const name = source_of("userName");
    if (name && name->overridden)
        out.push_back("userName no longer comes from the default source: users are matched by userName first, so "
                      "everybody whose value differs from the stored one is matched by externalId alone or created a "
                      "second time; make the same change in the portal");
    if (!reads(source_of("active"), "IsSoftDeleted"))
        out.push_back("active does not read [IsSoftDeleted]: users who are blocked, unassigned or deleted in the "
                      "directory keep their access here");
    if (!reads(source_of("externalId"), "objectId"))
        out.push_back("externalId does not come from [objectId]: only the object id is unique and outlives a change "
                      "of name");
    return out;
}

bool Mapping::is_default() const
{
    const std::size_t rows =
        preset_ == "generic" ? std::size(generic)
        : preset_ == "all"
            ? std::size(table)
            : static_cast<std::size_t>(std::count_if(std::begin(table), std::end(table), [](const MappingRow& row) {
                  return row.block == Block::by_default;
              }));
    return lines_.size() == rows &&
           std::none_of(lines_.begin(), lines_.end(), [](const MappingLine& line) { return line.overridden; });
}

} // namespace scim::entra
