#include "scim/entra/quirks.hpp"

#include "scim/attribute_path.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

namespace scim::entra {

namespace json = boost::json;

namespace {

// This room sees no schema (HOUSE 1), on purpose: a repair knows what Entra's connector writes, not what a resource may
// be. So the few names it needs are here, each with its reason.
constexpr std::string_view enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
// Attributes that Entra writes under the enterprise URN, and sometimes without it; none is a name of the core User.
constexpr std::string_view enterprise_names[] = {"employeeNumber", "costCenter", "organization",
                                                 "division",       "department", "manager"};
// Names that cannot be the first half of a dotted key: an element would have to be chosen.
constexpr std::string_view multi_valued_names[] = {"emails", "phoneNumbers", "ims",   "photos",           "addresses",
                                                   "groups", "entitlements", "roles", "x509Certificates", "members"};
// A JSON value nests deeper than any resource only to do harm; repairs look no further.
constexpr int deepest = 4;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same(std::string_view a, std::string_view b)
{
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

template<std::size_t n>
bool is_one_of(std::string_view name, const std::string_view (&names)[n])
{
    return std::any_of(std::begin(names), std::end(names), [&](std::string_view known) { return same(name, known); });
}

bool begins_with_urn(std::string_view text) { return text.size() > 4 && same(text.substr(0, 4), "urn:"); }

bool is_core_urn(std::string_view urn)
{
    return same(urn, "urn:ietf:params:scim:schemas:core:2.0:User") ||
           same(urn, "urn:ietf:params:scim:schemas:core:2.0:Group");
}

// "…:2.0:User": the segment before the last is a version.
bool is_schema_urn(std::string_view urn)
{
    const auto last = urn.rfind(':');
    if (last == std::string_view::npos || last == 0) return false;
    const auto before = urn.rfind(':', last - 1);
    if (before == std::string_view::npos) return false;
    const auto version = urn.substr(before + 1, last - before - 1);
    return !version.empty() &&
           std::all_of(version.begin(), version.end(), [](char c) { return is_digit(c) || c == '.'; });
}

json::value* member(json::object& object, std::string_view name)
{
    if (auto* exact = object.if_contains(name)) return exact;
    const auto found =
        std::find_if(object.begin(), object.end(), [&](const auto& pair) { return same(pair.key(), name); });
    return found == object.end() ? nullptr : &found->value();
}

json::object& object_at(json::object& parent, std::string_view name)
{
    auto* there = member(parent, name);
    if (!there) there = &parent.emplace(name, json::object(parent.storage())).first->value();
    if (!there->is_object()) *there = json::object(parent.storage());
    return there->get_object();
}

void set(json::object& object, std::string_view name, json::value value)
{
    if (auto* there = member(object, name))
        *there = std::move(value);
    else
        object.emplace(name, std::move(value));
}

// Takes the members that `belongs_elsewhere` picks out of the object, in their order.
template<class Pick>
std::vector<std::pair<std::string, json::value>> take_out(json::object& object, Pick belongs_elsewhere)
{
    std::vector<std::pair<std::string, json::value>> taken;
    if (std::none_of(object.begin(), object.end(), [&](const auto& pair) { return belongs_elsewhere(pair.key()); }))
        return taken;
    json::object kept(object.storage());
    for (auto& pair : object) {
        if (belongs_elsewhere(pair.key()))
            taken.emplace_back(pair.key(), std::move(pair.value()));
        else
            kept.emplace(pair.key(), std::move(pair.value()));
    }
    object = std::move(kept);
    return taken;
}

// Rewrites the names of members by `repaired` (nothing: leave it).
template<class Repair>
bool rename_members(json::object& object, Repair repaired)
{
    if (std::none_of(object.begin(), object.end(), [&](const auto& pair) { return repaired(pair.key()).has_value(); }))
        return false;
    json::object renamed(object.storage());
    for (auto& pair : object) {
        const auto better = repaired(pair.key());
        renamed.emplace(better ? std::string_view{*better} : std::string_view{pair.key()}, std::move(pair.value()));
    }
    object = std::move(renamed);
    return true;
}

enum class Kind { user, group };

// One PATCH operation under repair. Its path is read at most once for each spelling.
class Operation {
public:
    explicit Operation(json::object& members) : members_{members} { reread(); }

    json::string* op()
    {
        auto* found = member(members_, "op");
        return found ? found->if_string() : nullptr;
    }
    bool is(std::string_view kind)
    {
        const auto* text = op();
        return text && same(*text, kind);
    }
    json::value* value() { return member(members_, "value"); }
    json::string* path_text()
    {
        auto* found = member(members_, "path");
        return found ? found->if_string() : nullptr;
    }
    // Nothing where there is no path, or one that cannot be read.
    const AttributePath* path() const { return path_ ? &*path_ : nullptr; }
    bool has_path()
    {
        auto* found = member(members_, "path");
        return found && !found->is_null();
    }
    void set_path(const AttributePath& path) { set_path_text(to_text(path)); }
    void set_path_text(std::string_view text)
    {
        set(members_, "path", json::string(text, members_.storage()));
        reread();
    }
    void drop() { is_dropped_ = true; }
    bool is_dropped() const { return is_dropped_; }

private:
    void reread()
    {
        path_.reset();
        const auto* text = path_text();
        if (!text) return;
        if (auto read = read_path(*text)) path_ = *std::move(read);
    }

    json::object& members_;
    std::optional<AttributePath> path_;
    bool is_dropped_ = false;
};

// --- malformed_schema_urn -----------------------------------------------------------------------
// The documentation's own example leaves a colon out of the extension's URN (E-14).
//   sent:  {"schemas": ["urn:…:extension:enterprise:2.0User"], "urn:…:extension:enterprise:2.0User": {"department":
//   "A"}} meant: {"schemas": ["urn:…:extension:enterprise:2.0:User"], "urn:…:extension:enterprise:2.0:User": {…}}
std::optional<std::string> with_the_colon(std::string_view text)
{
    if (!begins_with_urn(text)) return std::nullopt;
    for (const std::string_view name : {"User", "Group"}) {
        const auto at = text.rfind(name);
        if (at == std::string_view::npos || at < 4 || !is_digit(text[at - 1]) || text[at - 2] != '.' ||
            !is_digit(text[at - 3]) || text[at - 4] != ':')
            continue;
        if (const auto end = at + name.size(); end != text.size() && text[end] != ':') continue;
        return std::string(text.substr(0, at)).append(":").append(text.substr(at));
    }
    return std::nullopt;
}
bool mend_urn_in_path(Operation& operation, Kind)
{
    const auto* text = operation.path_text();
    const auto better = text ? with_the_colon(*text) : std::nullopt;
    if (better) operation.set_path_text(*better);
    return better.has_value();
}
bool mend_urns(json::object& resource, Kind)
{
    bool fired = rename_members(resource, [](std::string_view key) { return with_the_colon(key); });
    auto* schemas = member(resource, "schemas");
    if (!schemas || !schemas->is_array()) return fired;
    for (auto& urn : schemas->get_array()) {
        const auto better = urn.is_string() ? with_the_colon(urn.get_string()) : std::nullopt;
        if (!better) continue;
        urn = *better;
        fired = true;
    }
    return fired;
}

// --- urn_dot ------------------------------------------------------------------------------------
// Jobs of the old kind (`customappsso`) put a dot before an extension's attribute (entra.md 2.5).
//   sent:  {"op": "replace", "path": "urn:…:enterprise:2.0:User.department", "value": "A"}
//   meant: {"op": "replace", "path": "urn:…:enterprise:2.0:User:department", "value": "A"}
std::optional<std::string> with_a_colon_for_the_dot(std::string_view text)
{
    if (!begins_with_urn(text)) return std::nullopt;
    const auto colon = text.substr(0, text.find('[')).rfind(':');
    const auto dot = text.find('.', colon);
    if (dot == std::string_view::npos || dot + 1 == text.size() || !is_schema_urn(text.substr(0, dot)))
        return std::nullopt;
    std::string better{text};
    better[dot] = ':';
    return better;
}
bool mend_dot_in_path(Operation& operation, Kind)
{
    const auto* text = operation.path_text();
    const auto better = text ? with_a_colon_for_the_dot(*text) : std::nullopt;
    if (better) operation.set_path_text(*better);
    return better.has_value();
}
bool mend_dots(json::object& resource, Kind)
{
    return rename_members(resource, [](std::string_view key) { return with_a_colon_for_the_dot(key); });
}

// --- op_case ------------------------------------------------------------------------------------
// The default dialect capitalises the operation (U1, E-34).
//   sent:  {"op": "Replace", "path": "displayName", "value": "Babs"}
//   meant: {"op": "replace", "path": "displayName", "value": "Babs"}
bool lower_op(Operation& operation, Kind)
{
    auto* op = operation.op();
    if (!op) return false;
    for (const std::string_view known : {"add", "remove", "replace"}) {
        if (!same(*op, known) || *op == known) continue;
        *op = known;
        return true;
    }
    return false;
}

// --- dotted_keys --------------------------------------------------------------------------------
// The compliant dialect names sub-attributes by a dot inside a pathless value (U6, U7, E-39 to E-41).
//   sent:  {"op": "replace", "value": {"name.givenName": "Barbara", "name.familyName": "Jensen"}}
//   meant: {"op": "replace", "value": {"name": {"givenName": "Barbara", "familyName": "Jensen"}}}
bool is_dotted(std::string_view key)
{
    const auto dot = key.find('.');
    if (dot == 0 || dot == std::string_view::npos || dot + 1 == key.size()) return false;
    if (key.find_first_of(":[", 0) != std::string_view::npos || key.find('.', dot + 1) != std::string_view::npos)
        return false;
    return !is_one_of(key.substr(0, dot), multi_valued_names);
}
bool nest_dotted_keys(json::object& resource, Kind kind)
{
    bool fired = false;
    for (auto& [key, value] : take_out(resource, is_dotted)) {
        const auto dot = key.find('.');
        set(object_at(resource, std::string_view{key}.substr(0, dot)), std::string_view{key}.substr(dot + 1),
            std::move(value));
        fired = true;
    }
    for (auto& pair : resource)
        if (begins_with_urn(pair.key()) && pair.value().is_object())
            fired = nest_dotted_keys(pair.value().get_object(), kind) || fired;
    return fired;
}

// --- urn_keys -----------------------------------------------------------------------------------
// … and an extension's attribute by its whole URN (U6, E-39).
//   sent:  {"op": "replace", "value": {"urn:…:enterprise:2.0:User:employeeNumber": "701984"}}
//   meant: {"op": "replace", "value": {"urn:…:enterprise:2.0:User": {"employeeNumber": "701984"}}}
bool is_urn_key(std::string_view key)
{
    return begins_with_urn(key) && key.find('[') == std::string_view::npos &&
           is_schema_urn(key.substr(0, key.rfind(':'))) && read_path(key).has_value();
}
bool nest_urn_keys(json::object& resource, Kind)
{
    auto keyed = take_out(resource, is_urn_key);
    for (auto& [key, value] : keyed) {
        const auto path = *read_path(key);
        auto& home = is_core_urn(path.urn) ? resource : object_at(resource, path.urn);
        if (path.sub.empty())
            set(home, path.name, std::move(value));
        else
            set(object_at(home, path.name), path.sub, std::move(value));
    }
    return !keyed.empty();
}

// --- enterprise_without_urn ---------------------------------------------------------------------
// Enterprise attributes named as if they were the core User's (U17, E-54; the documentation's POST example).
//   sent:  {"op": "add", "path": "manager", "value": {"value": "2819c223"}}
//   meant: {"op": "add", "path": "urn:…:enterprise:2.0:User:manager", "value": {"value": "2819c223"}}
bool add_enterprise_urn_to_path(Operation& operation, Kind kind)
{
    const auto* path = operation.path();
    if (kind != Kind::user || !path || !path->urn.empty() || !is_one_of(path->name, enterprise_names)) return false;
    AttributePath better = *path;
    better.urn = enterprise;
    operation.set_path(better);
    return true;
}
bool move_under_enterprise_urn(json::object& resource, Kind kind)
{
    if (kind != Kind::user) return false;
    auto misplaced = take_out(resource, [](std::string_view key) { return is_one_of(key, enterprise_names); });
    for (auto& [key, value] : misplaced) {
        auto& extension = object_at(resource, enterprise);
        if (!member(extension, key)) extension.emplace(key, std::move(value));
    }
    return !misplaced.empty();
}

// --- untyped_primary ----------------------------------------------------------------------------
// A validator that found no canonical types wrote the value of a phone number into `primary` as well (U14).
//   sent:  {"op": "replace", "path": "phoneNumbers[type eq \"untyped\"].primary", "value": "555-0100"}
//   meant: nothing: the number itself arrives in an operation of its own
std::optional<bool> boolean_in(std::string_view text)
{
    if (same(text, "true")) return true;
    if (same(text, "false")) return false;
    return std::nullopt;
}
bool drop_untyped_primary(Operation& operation, Kind)
{
    const auto* path = operation.path();
    if (!path || !path->filter || !same(path->sub, "primary")) return false;
    if (path->filter->find("\"untyped\"") == std::string::npos) return false;
    const auto* value = operation.value();
    if (!value || !value->is_string() || boolean_in(value->get_string())) return false;
    operation.drop();
    return true;
}

// --- boolean_as_text ----------------------------------------------------------------------------
// The default mapping of `active` is text; so is `primary` in role expressions, even inside a path's filter
// (U1, U3, U13, E-15 to E-17, E-34, E-48). These two are known here; the booleans of an organisation's own schemas are
// read where its schemas are (resource_json).
//   sent:  {"op": "replace", "path": "active", "value": "False"}
//   meant: {"op": "replace", "path": "active", "value": false}
//   sent:  {"op": "replace", "path": "roles[primary eq \"True\"].value", "value": "Admin"}
//   meant: {"op": "replace", "path": "roles[primary eq true].value", "value": "Admin"}
bool to_boolean(json::value& value)
{
    const auto meant = value.is_string() ? boolean_in(value.get_string()) : std::nullopt;
    if (meant) value = *meant;
    return meant.has_value();
}
bool to_booleans_below(json::value& value, int depth)
{
    bool fired = false;
    if (depth > deepest) return fired;
    if (auto* list = value.if_array())
        for (auto& element : *list) fired = to_booleans_below(element, depth + 1) || fired;
    if (auto* object = value.if_object())
        for (auto& pair : *object)
            fired =
                (same(pair.key(), "primary") ? to_boolean(pair.value()) : to_booleans_below(pair.value(), depth + 1)) ||
                fired;
    return fired;
}
// primary eq "True" → primary eq true, outside of quotes and whatever the spaces.
std::optional<std::string> filter_with_booleans(const std::string& filter)
{
    struct Word {
        std::size_t begin, end;
    };
    std::vector<Word> words; // quoted strings count as one
    for (std::size_t i = 0; i < filter.size();) {
        const std::size_t begin = i;
        if (filter[i] == '"') {
            for (++i; i < filter.size() && filter[i] != '"'; ++i)
                if (filter[i] == '\\') ++i;
            i = std::min(i + 1, filter.size());
        } else if (filter[i] == ' ' || filter[i] == '(' || filter[i] == ')') {
            ++i;
            continue;
        } else {
            while (i < filter.size() && std::string_view{" ()\""}.find(filter[i]) == std::string_view::npos) ++i;
        }
        words.push_back({begin, i});
    }
    const auto text = [&](const Word& word) {
        return std::string_view{filter}.substr(word.begin, word.end - word.begin);
    };
    std::string better = filter;
    for (std::size_t i = words.size(); i-- > 2;) { // from behind, so that positions stay true
        const auto literal = text(words[i]);
        if (literal.size() < 2 || literal.front() != '"' || !same(text(words[i - 2]), "primary")) continue;
        if (!same(text(words[i - 1]), "eq") && !same(text(words[i - 1]), "ne")) continue;
        if (const auto meant = boolean_in(literal.substr(1, literal.size() - 2)))
            better.replace(words[i].begin, literal.size(), *meant ? "true" : "false");
    }
    if (better == filter) return std::nullopt;
    return better;
}
bool is_active(const AttributePath& path)
{
    return same(path.name, "active") && path.sub.empty() && !path.filter && (path.urn.empty() || is_core_urn(path.urn));
}
bool to_booleans_at_path(Operation& operation, Kind)
{
    const auto* path = operation.path();
    if (!path) return false;
    bool fired = false;
    if (auto* value = operation.value())
        fired = is_active(*path) || same(path->sub, "primary") ? to_boolean(*value) : to_booleans_below(*value, 1);
    if (!path->filter) return fired;
    if (auto better = filter_with_booleans(*path->filter)) {
        AttributePath mended = *path;
        mended.filter = std::move(better);
        operation.set_path(mended);
        fired = true;
    }
    return fired;
}
bool to_booleans(json::object& resource, Kind)
{
    bool fired = false;
    for (auto& pair : resource) {
        if (same(pair.key(), "active"))
            fired = to_boolean(pair.value()) || fired;
        else if (!begins_with_urn(pair.key()))
            fired = to_booleans_below(pair.value(), 1) || fired;
    }
    return fired;
}

// --- manager_shapes -----------------------------------------------------------------------------
// A manager comes as a bare id, as an array of one, as a reference alone; his removal as "", as an object with an empty
// value, as [], or with a filter on an attribute that has one value only (U17 to U20, E-54 to E-58).
//   sent:  {"op": "add", "path": "urn:…:enterprise:2.0:User:manager", "value": "2819c223"}
//          {"op": "add", "path": "urn:…:enterprise:2.0:User:manager", "value": [{"value": "2819c223"}]}
//          {"op": "add", "path": "urn:…:enterprise:2.0:User:manager", "value": {"$ref": "../Users/2819c223"}}
//   meant: {"op": "add", "path": "urn:…:enterprise:2.0:User:manager", "value": {"value": "2819c223"}}
//   sent:  {"op": "replace", "path": "urn:…:enterprise:2.0:User:manager", "value": {"value": ""}}
//   meant: {"op": "replace", "path": "urn:…:enterprise:2.0:User:manager", "value": null}
//   sent:  {"op": "remove", "path": "urn:…:enterprise:2.0:User:manager[value eq \"2819c223\"]"}
//   meant: {"op": "remove", "path": "urn:…:enterprise:2.0:User:manager"}
bool is_empty(const json::value& value) { return value.is_null() || (value.is_string() && value.get_string().empty()); }

bool shape_manager(json::value& manager)
{
    bool fired = false;
    if (auto* list = manager.if_array()) {
        json::value first = list->empty() ? json::value(nullptr) : std::move(list->front());
        manager = std::move(first);
        fired = true;
    }
    if (manager.is_string()) {
        if (is_empty(manager)) {
            manager = nullptr;
        } else {
            json::object shaped(manager.storage());
            shaped.emplace("value", std::move(manager));
            manager = std::move(shaped);
        }
        return true;
    }
    auto* object = manager.if_object();
    if (!object) return fired;
    if (const auto* id = member(*object, "value")) {
        if (!is_empty(*id)) return fired;
        manager = nullptr;
        return true;
    }
    if (const auto* reference = member(*object, "$ref"); reference && reference->is_string()) {
        const std::string_view url = reference->get_string();
        const auto id = url.substr(url.rfind('/') + 1); // npos + 1 is 0: the whole
        if (id.empty()) return fired;
        object->emplace("value", json::string(id, object->storage()));
        return true;
    }
    return fired;
}
bool shape_manager_at_path(Operation& operation, Kind)
{
    const auto* path = operation.path();
    if (!path || !same(path->urn, enterprise) || !same(path->name, "manager")) return false;
    bool fired = false;
    if (auto* value = operation.value(); value && path->sub.empty()) fired = shape_manager(*value);
    if (path->filter) {
        AttributePath better = *path;
        better.filter.reset();
        operation.set_path(better);
        fired = true;
    }
    return fired;
}
bool shape_managers(json::object& resource, Kind)
{
    auto* extension = member(resource, enterprise);
    auto* manager = extension && extension->is_object() ? member(extension->get_object(), "manager") : nullptr;
    return manager && shape_manager(*manager);
}

// --- bare_member --------------------------------------------------------------------------------
// Members as bare ids (G8).
//   sent:  {"op": "add", "path": "members", "value": "2819c223"}
//   meant: {"op": "add", "path": "members", "value": [{"value": "2819c223"}]}
bool shape_members(json::value& members)
{
    if (is_empty(members)) return false;
    bool fired = false;
    if (members.is_string()) {
        json::array list(members.storage());
        list.push_back(std::move(members));
        members = std::move(list);
    }
    auto* list = members.if_array();
    if (!list) return fired;
    for (auto& element : *list) {
        if (!element.is_string() || is_empty(element)) continue;
        json::object shaped(element.storage());
        shaped.emplace("value", std::move(element));
        element = std::move(shaped);
        fired = true;
    }
    return fired;
}
bool shape_members_at_path(Operation& operation, Kind kind)
{
    const auto* path = operation.path();
    if (kind != Kind::group || !path || !same(path->name, "members") || path->filter || !path->sub.empty())
        return false;
    auto* value = operation.value();
    // E-84: a bare text that is to be removed may be anything; left alone, it is refused.
    return value && !(operation.is("remove") && value->is_string()) && shape_members(*value);
}
bool shape_all_members(json::object& resource, Kind kind)
{
    auto* members = kind == Kind::group ? member(resource, "members") : nullptr;
    return members && shape_members(*members);
}

// --- empty_value_clears -------------------------------------------------------------------------
// An empty text stands for "no value" (U22, E-60; RFC 7643 2.5 knows null and [] only). Not for `active`, which is
// never empty, and not for a group's members: a malformed value must not clear them.
//   sent:  {"op": "replace", "path": "title", "value": ""}
//   meant: {"op": "replace", "path": "title", "value": null}
bool empty_to_null(json::value& value, int depth)
{
    if (value.is_string() && is_empty(value)) {
        value = nullptr;
        return true;
    }
    bool fired = false;
    if (depth > deepest) return fired;
    if (auto* list = value.if_array())
        for (auto& element : *list) fired = empty_to_null(element, depth + 1) || fired;
    if (auto* object = value.if_object())
        for (auto& pair : *object) fired = empty_to_null(pair.value(), depth + 1) || fired;
    return fired;
}
bool clear_at_path(Operation& operation, Kind kind)
{
    const auto* path = operation.path();
    auto* value = operation.value();
    if (!path || !value || operation.is("remove") || is_active(*path)) return false;
    if (kind == Kind::group && same(path->name, "members")) return false;
    return empty_to_null(*value, 1);
}
bool clear_in(json::object& resource, Kind kind)
{
    bool fired = false;
    for (auto& pair : resource) {
        if (same(pair.key(), "active") || (kind == Kind::group && same(pair.key(), "members"))) continue;
        fired = empty_to_null(pair.value(), 1) || fired;
    }
    return fired;
}

// --- the table ----------------------------------------------------------------------------------

// A row repairs, or allows. `at_path` sees an operation that has a path, `in_value` the object of one that has none and
// the bodies of POST and PUT, `any` every operation.
struct Row {
    QuirkInfo info;
    bool (*any)(Operation&, Kind) = nullptr;
    bool (*at_path)(Operation&, Kind) = nullptr;
    bool (*in_value)(json::object&, Kind) = nullptr;
    bool Tolerance::*allows = nullptr;
};

// In the order they are applied: spelling first, then where a value belongs, then its shape.
constexpr Row rows[] = {
    {.info = {"malformed_schema_urn", "A schema URN that lacks the colon before User or Group is mended."},
     .at_path = mend_urn_in_path,
     .in_value = mend_urns},
    {.info = {"urn_dot", "A dot between an extension's URN and its attribute is read as a colon."},
     .at_path = mend_dot_in_path,
     .in_value = mend_dots},
    {.info = {"op_case", "PATCH operations may be capitalised: Add, Remove, Replace."}, .any = lower_op},
    {.info = {"dotted_keys", "Inside a value, name.givenName is read as givenName inside name."},
     .in_value = nest_dotted_keys},
    {.info = {"urn_keys", "Inside a value, an attribute under its whole URN is read as one of that extension."},
     .in_value = nest_urn_keys},
    {.info = {"enterprise_without_urn", "manager, department and the other enterprise attributes may lack their URN."},
     .at_path = add_enterprise_urn_to_path,
     .in_value = move_under_enterprise_urn},
    {.info = {"untyped_primary", "A text written to primary of an element of type \"untyped\" is left out."},
     .at_path = drop_untyped_primary},
    {.info = {tolerated::boolean_as_text, "active, primary (also inside a path) and the booleans of registered "
                                          "extensions may be the texts \"True\" and \"False\"."},
     .at_path = to_booleans_at_path,
     .in_value = to_booleans,
     .allows = &Tolerance::boolean_texts},
    {.info = {"manager_shapes", "A manager may be a bare id, an array or a reference, and empty to be removed."},
     .at_path = shape_manager_at_path,
     .in_value = shape_managers},
    {.info = {"bare_member", "A group's members may be bare ids."},
     .at_path = shape_members_at_path,
     .in_value = shape_all_members},
    {.info = {"empty_value_clears", "An empty text clears the attribute, as null does."},
     .at_path = clear_at_path,
     .in_value = clear_in},
    {.info = {tolerated::no_operations, "A PATCH with an empty list of operations changes nothing and succeeds."},
     .allows = &Tolerance::allow_no_operations},
    {.info = {tolerated::unmatched_filter_creates,
              "A value for attr[filter].sub where no element matches creates the element."},
     .allows = &Tolerance::create_unmatched_element},
    {.info = {tolerated::remove_with_value, "Removing a list of values removes only those, not the whole attribute."},
     .allows = &Tolerance::remove_listed_values},
    {.info = {tolerated::unknown_path_ignored, "A PATCH path to an unknown attribute is ignored."},
     .allows = &Tolerance::ignore_unknown_path},
    {.info = {tolerated::unregistered_extension, "Attributes of an extension without a registered schema are kept."},
     .allows = &Tolerance::store_unregistered_extensions},
    {.info = {tolerated::unquoted_filter_word, "One unquoted word is accepted as a text in filters."},
     .allows = &Tolerance::unquoted_filter_words},
    {.info = {tolerated::doubled_slash, "One doubled slash after the base address is accepted."},
     .allows = &Tolerance::doubled_slash},
    {.info = {tolerated::lifecycle_schema_hidden, "The schema listing leaves out the read-only lifecycle extension."},
     .allows = &Tolerance::hide_lifecycle_schema},
};

constexpr auto infos = [] {
    std::array<QuirkInfo, std::size(rows)> all{};
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = rows[i].info;
    return all;
}();
constexpr auto names = [] {
    std::array<std::string_view, std::size(rows)> all{};
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = rows[i].info.name;
    return all;
}();

std::size_t row_of(std::string_view name)
{
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

Kind kind_of(std::string_view resource_type) { return resource_type == "Group" ? Kind::group : Kind::user; }

bool repair(const Row& row, Operation& operation, Kind kind)
{
    if (operation.is_dropped()) return false;
    if (row.any) return row.any(operation, kind);
    if (operation.has_path()) return row.at_path && row.at_path(operation, kind);
    auto* value = operation.value();
    return row.in_value && value && value->is_object() && row.in_value(value->get_object(), kind);
}

} // namespace

std::span<const QuirkInfo> quirk_table() { return infos; }
std::span<const std::string_view> quirk_names() { return names; }

Quirks::Quirks(std::string_view profile, const std::map<std::string, bool>& switches)
{
    static_assert(std::size(rows) <= most);
    std::fill_n(on_.begin(), std::size(rows), profile == "entra");
    for (const auto& [name, on] : switches)
        if (const auto row = row_of(name); row < std::size(rows)) on_[row] = on;
    for (std::size_t i = 0; i < std::size(rows); ++i)
        if (rows[i].allows) tolerance_.*rows[i].allows = on_[i];
}

bool Quirks::is_on(std::string_view name) const
{
    const auto row = row_of(name);
    return row < std::size(rows) && on_[row];
}

json::value Quirks::repair_patch(json::value body, std::string_view resource_type,
                                 std::vector<std::string_view>& fired) const
{
    auto* message = body.if_object();
    auto* list = message ? member(*message, "Operations") : nullptr;
    if (!list || !list->is_array()) return body;
    auto& sent = list->get_array();
    if (sent.empty() && tolerance_.allow_no_operations) note(row_of(tolerated::no_operations), fired);

    std::vector<Operation> operations;
    operations.reserve(sent.size());
    for (auto& each : sent)
        if (auto* object = each.if_object()) operations.emplace_back(*object);

    const Kind kind = kind_of(resource_type);
    bool some_dropped = false;
    for (std::size_t i = 0; i < std::size(rows); ++i) {
        if (!on_[i]) continue;
        bool repaired = false;
        for (auto& operation : operations) {
            repaired = repair(rows[i], operation, kind) || repaired;
            some_dropped = some_dropped || operation.is_dropped();
        }
        if (repaired) note(i, fired);
    }
    if (some_dropped) {
        std::size_t next = 0;
        json::array kept(sent.storage());
        for (auto& each : sent)
            if (!each.is_object() || !operations[next++].is_dropped()) kept.push_back(std::move(each));
        sent = std::move(kept);
    }
    return body;
}

json::value Quirks::repair_resource(json::value body, std::string_view resource_type,
                                    std::vector<std::string_view>& fired) const
{
    auto* resource = body.if_object();
    if (!resource) return body;
    const Kind kind = kind_of(resource_type);
    for (std::size_t i = 0; i < std::size(rows); ++i)
        if (on_[i] && rows[i].in_value && rows[i].in_value(*resource, kind)) note(i, fired);
    return body;
}

// sent:  GET /orgs/contoso/scim/v2//Users (E-07)
// meant: GET /orgs/contoso/scim/v2/Users
std::string_view Quirks::repair_path(std::string_view below_base, std::vector<std::string_view>& fired) const
{
    const bool is_doubled = below_base.starts_with("//") && !below_base.starts_with("///");
    if (!is_doubled || !tolerance_.doubled_slash) return below_base;
    note(row_of(tolerated::doubled_slash), fired);
    return below_base.substr(1);
}

void Quirks::note(std::size_t row, std::vector<std::string_view>& fired) const
{
    counts_[row].fetch_add(1, std::memory_order_relaxed);
    fired.push_back(names[row]);
}

void Quirks::count(std::string_view name) const
{
    if (const auto row = row_of(name); row < std::size(rows)) counts_[row].fetch_add(1, std::memory_order_relaxed);
}

std::uint64_t Quirks::count_of(std::string_view name) const
{
    const auto row = row_of(name);
    return row < std::size(rows) ? counts_[row].load(std::memory_order_relaxed) : 0;
}

void Quirks::take_counts_from(const Quirks& before)
{
    for (std::size_t i = 0; i < std::size(rows); ++i)
        counts_[i].store(before.counts_[i].load(std::memory_order_relaxed), std::memory_order_relaxed);
}

} // namespace scim::entra
