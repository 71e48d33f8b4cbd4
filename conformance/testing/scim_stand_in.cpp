#include "conformance/testing/scim_stand_in.hpp"

#include "conformance/check.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <cstdio>
#include <ctime>
#include <map>
#include <optional>
#include <set>

namespace conformance::testing {
namespace {

using Array = boost::json::array;
using Object = boost::json::object;

constexpr std::string_view base = "/scim/v2";
constexpr std::string_view token = "stand-in-token";

struct Refuse {
    int status;
    std::string type;
};

// --- names -------------------------------------------------------------------------------------------------------
const std::set<std::string, std::less<>> multi_valued{"emails",       "phoneNumbers", "addresses", "roles",  "ims",
                                                      "entitlements", "photos",       "members",   "schemas"};
constexpr std::array names{"schemas",
                           "id",
                           "externalId",
                           "meta",
                           "userName",
                           "displayName",
                           "nickName",
                           "profileUrl",
                           "title",
                           "userType",
                           "preferredLanguage",
                           "locale",
                           "timezone",
                           "active",
                           "name",
                           "formatted",
                           "familyName",
                           "givenName",
                           "middleName",
                           "honorificPrefix",
                           "honorificSuffix",
                           "emails",
                           "phoneNumbers",
                           "addresses",
                           "roles",
                           "ims",
                           "entitlements",
                           "photos",
                           "members",
                           "value",
                           "type",
                           "primary",
                           "display",
                           "streetAddress",
                           "locality",
                           "region",
                           "postalCode",
                           "country",
                           "employeeNumber",
                           "costCenter",
                           "organization",
                           "division",
                           "department",
                           "manager",
                           "$ref",
                           "resourceType",
                           "created",
                           "lastModified",
                           "location",
                           "version",
                           "password"};

std::string canonical(std::string_view name)
{
    for (const char* known : names) {
        if (lower(known) == lower(name)) return known;
    }
    if (lower(name) == lower(enterprise_urn)) return std::string(enterprise_urn);
    return std::string(name);
}

bool is_known(std::string_view name)
{
    const auto right = canonical(name);
    return right.starts_with("urn:") || std::find(names.begin(), names.end(), right) != names.end();
}

Json* find(Object& object, std::string_view name)
{
    for (auto& member : object) {
        if (lower(member.key()) == lower(name)) return &member.value();
    }
    return nullptr;
}
const Json* find(const Object& object, std::string_view name) { return find(const_cast<Object&>(object), name); }

std::string text_of(const Object& object, std::string_view name)
{
    const auto* value = find(object, name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

bool is_empty(const Json& value)
{
    if (value.is_null()) return true;
    if (const auto* text = value.if_string()) return text->empty();
    if (const auto* array = value.if_array()) return array->empty();
    if (const auto* object = value.if_object()) return object->empty();
    return false;
}

// --- filters -----------------------------------------------------------------------------------------------------
struct Node {
    enum Kind { both, either, negation, comparison, element } kind = comparison;
    std::string path; // lower case, URN taken off: "name.familyname"; an extension's as "urn\nname"
    std::string op;
    Json literal;
    std::vector<Node> below;
};

std::string resolved(std::string_view name)
{
    const auto text = lower(name);
    const auto enterprise = lower(enterprise_urn) + ":";
    const auto core = lower(user_urn) + ":";
    if (text.starts_with(enterprise)) return lower(enterprise_urn) + "\n" + text.substr(enterprise.size());
    if (text.starts_with(core)) return text.substr(core.size());
    if (text == "manager") return lower(enterprise_urn) + "\nmanager";
    return text;
}

class FilterReader {
public:
    FilterReader(std::string_view text, Fault fault) : rest_(text), fault_(fault) {}

    Node read()
    {
        auto node = read_or();
        skip();
        if (!rest_.empty()) bad();
        return node;
    }

private:
    [[noreturn]] static void bad() { throw Refuse{400, "invalidFilter"}; }
    void skip()
    {
        while (rest_.starts_with(' ')) rest_.remove_prefix(1);
    }
    bool take(std::string_view symbol)
    {
        skip();
        if (!rest_.starts_with(symbol)) return false;
        rest_.remove_prefix(symbol.size());
        return true;
    }
    std::string_view peek_word()
    {
        skip();
        return rest_.substr(0, std::min(rest_.find_first_of(" ()[]\""), rest_.size()));
    }
    bool take_word(std::string_view word)
    {
        if (lower(peek_word()) != word) return false;
        rest_.remove_prefix(word.size());
        return true;
    }
    Node list(Node::Kind kind, std::string_view word, Node (FilterReader::*part)())
    {
        Node node{kind, {}, {}, {}, {(this->*part)()}};
        while (take_word(word)) node.below.push_back((this->*part)());
        if (node.below.size() > 1) return node;
        Node alone = std::move(node.below[0]);
        return alone;
    }
    Node read_or()
    {
        return fault_ == Fault::or_before_and ? list(Node::both, "and", &FilterReader::read_or_inner)
                                              : list(Node::either, "or", &FilterReader::read_and);
    }
    Node read_or_inner() { return list(Node::either, "or", &FilterReader::read_one); }
    Node read_and() { return list(Node::both, "and", &FilterReader::read_one); }
    Node read_one()
    {
        if (take_word("not")) {
            if (!take("(")) bad();
            Node inner = read_or();
            if (!take(")")) bad();
            return fault_ == Fault::ignores_not ? inner : Node{Node::negation, {}, {}, {}, {inner}};
        }
        if (take("(")) {
            Node inner = read_or();
            if (!take(")")) bad();
            return inner;
        }
        const auto word = peek_word();
        if (word.empty() || (std::isalpha(static_cast<unsigned char>(word[0])) == 0 && word[0] != '$')) bad();
        Node node{Node::comparison, resolved(word), {}, {}, {}};
        rest_.remove_prefix(word.size());
        if (rest_.starts_with('[')) {
            rest_.remove_prefix(1);
            node.kind = Node::element;
            node.below.push_back(read_or());
            if (!take("]")) bad();
            if (rest_.starts_with('.')) { // Entra: emails[type eq "work"].value eq "x"
                const auto sub = peek_word();
                rest_.remove_prefix(sub.size());
                Node compared{Node::comparison, lower(sub.substr(1)), {}, {}, {}};
                finish(compared);
                node.below[0] = Node{Node::both, {}, {}, {}, {node.below[0], compared}};
            }
            return node;
        }
        finish(node);
        return node;
    }
    void finish(Node& node)
    {
        node.op = lower(peek_word());
        rest_.remove_prefix(node.op.size());
        if (node.op == "pr") return;
        if (std::set<std::string>{"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"}.count(node.op) == 0) bad();
        skip();
        std::size_t size = 0;
        if (rest_.starts_with('"')) {
            for (size = 1; size < rest_.size() && rest_[size] != '"'; ++size) {
                if (rest_[size] == '\\') ++size;
            }
            ++size;
        } else {
            size = peek_word().size();
        }
        if (size == 0 || size > rest_.size()) bad();
        boost::system::error_code error;
        node.literal = boost::json::parse(rest_.substr(0, size), error);
        if (error) bad();
        if (node.literal.is_bool() && node.op != "eq" && node.op != "ne") bad();
        rest_.remove_prefix(size);
    }

    std::string_view rest_;
    Fault fault_;
};

void gather(const Json& value, std::vector<const Json*>& into)
{
    if (const auto* array = value.if_array()) {
        for (const auto& element : *array) gather(element, into);
    } else if (const auto* object = value.if_object(); object != nullptr && find(*object, "value") != nullptr) {
        into.push_back(find(*object, "value"));
    } else {
        into.push_back(&value);
    }
}

void collect(const Json& value, std::string_view path, std::vector<const Json*>& into)
{
    if (path.empty()) {
        gather(value, into);
    } else if (const auto* array = value.if_array()) {
        for (const auto& element : *array) collect(element, path, into);
    } else if (const auto* object = value.if_object()) {
        const auto end = std::min(path.find_first_of(path.starts_with("urn:") ? "\n" : "."), path.size());
        const auto* member = find(*object, path.substr(0, end));
        if (member != nullptr) collect(*member, path.substr(std::min(end + 1, path.size())), into);
    }
}

// Microseconds since 1970; 0 for what is no time.
std::int64_t instant(const std::string& text, Fault fault)
{
    std::tm tm{};
    int used = 0;
    if (std::sscanf(text.c_str(), "%d-%d-%dT%d:%d:%d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
                    &tm.tm_sec, &used) != 6) {
        return 0;
    }
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    std::int64_t micro = 0;
    std::size_t at_char = static_cast<std::size_t>(used);
    if (at_char < text.size() && text[at_char] == '.') {
        std::int64_t unit = 100'000;
        while (++at_char < text.size() && std::isdigit(static_cast<unsigned char>(text[at_char])) != 0) {
            micro += (text[at_char] - '0') * unit;
            unit /= 10;
        }
    }
    int hours = 0;
    int minutes = 0;
    if (fault == Fault::drops_unmentioned_time_zone || at_char >= text.size() ||
        std::sscanf(text.c_str() + at_char, "%d:%d", &hours, &minutes) != 2) {
        hours = minutes = 0;
    }
    const auto offset = hours * 3600 + (text[std::min(at_char, text.size() - 1)] == '-' ? -minutes : minutes) * 60;
    return (static_cast<std::int64_t>(::timegm(&tm)) - offset) * 1'000'000 + micro;
}

bool compares(const Json& value, const Node& node, Fault fault)
{
    const auto ordered = [&](auto a, auto b) {
        return node.op == "eq"   ? a == b
               : node.op == "gt" ? a > b
               : node.op == "ge" ? a >= b
               : node.op == "lt" ? a < b
                                 : node.op == "le" && a <= b;
    };
    if (value.is_bool()) {
        if (node.literal.is_string()) return lower(node.literal.get_string()) == (value.get_bool() ? "true" : "false");
        return node.literal.is_bool() && value == node.literal;
    }
    if (!value.is_string() || !node.literal.is_string()) return value == node.literal && node.op == "eq";
    std::string a(value.get_string());
    std::string b(node.literal.get_string());
    if (node.path == "meta.created" || node.path == "meta.lastmodified")
        return ordered(instant(a, fault), instant(b, fault));
    const bool exact = node.path == "id" || node.path == "externalid" || fault == Fault::compares_names_with_case;
    if (!exact) {
        a = lower(a);
        b = lower(b);
    }
    if (node.op == "co") return a.find(b) != std::string::npos;
    if (node.op == "sw") return a.starts_with(b);
    if (node.op == "ew") return a.ends_with(b);
    return ordered(a, b);
}

bool holds(const Json& resource, const Node& node, Fault fault)
{
    const auto below = [&](const Node& n) { return holds(resource, n, fault); };
    switch (node.kind) {
    case Node::both: return std::all_of(node.below.begin(), node.below.end(), below);
    case Node::either: return std::any_of(node.below.begin(), node.below.end(), below);
    case Node::negation: return !below(node.below[0]);
    case Node::element: {
        const auto* object = resource.if_object();
        const auto* value = object == nullptr ? nullptr : find(*object, node.path);
        if (value == nullptr) return false;
        if (fault == Fault::value_path_mixes_elements && node.below[0].kind == Node::both) {
            return std::all_of(node.below[0].below.begin(), node.below[0].below.end(), [&](const Node& part) {
                return std::any_of(value->as_array().begin(), value->as_array().end(),
                                   [&](const Json& element) { return holds(element, part, fault); });
            });
        }
        if (const auto* array = value->if_array()) {
            return std::any_of(array->begin(), array->end(),
                               [&](const Json& element) { return holds(element, node.below[0], fault); });
        }
        return holds(*value, node.below[0], fault);
    }
    case Node::comparison: break;
    }
    std::vector<const Json*> values;
    collect(resource, node.path, values);
    if (node.op == "pr") {
        return std::any_of(values.begin(), values.end(), [](const Json* value) { return !is_empty(*value); });
    }
    if (node.op == "ne") {
        Node eq = node;
        eq.op = "eq";
        return !holds(resource, eq, fault);
    }
    return std::any_of(values.begin(), values.end(), [&](const Json* value) { return compares(*value, node, fault); });
}

// --- values ------------------------------------------------------------------------------------------------------
// The value of an attribute as it is stored: canonical names, booleans as booleans. Throws Refuse.
Json cleaned(const std::string& name, const Json& value, Fault fault)
{
    if (value.is_null()) return nullptr;
    if (name == "active" || name == "primary") {
        if (value.is_bool()) return value;
        const auto text = value.is_string() ? lower(value.get_string()) : "";
        if (text.empty() && value.is_string()) return nullptr;
        if (text != "true" && text != "false") throw Refuse{400, "invalidValue"};
        return text == "true";
    }
    if (name == "manager" && fault != Fault::manager_as_text) {
        if (value.is_string()) return value.get_string().empty() ? Json() : Json(Object{{"value", value}});
        if (value.is_array()) return value.get_array().empty() ? Json() : cleaned(name, value.get_array()[0], fault);
    }
    const bool wants_list = multi_valued.count(name) == 1;
    if (wants_list && name == "members" && value.is_string()) return Array{Object{{"value", value}}};
    if (wants_list && value.is_object()) return cleaned(name, Array{value}, fault);
    if (const auto* array = value.if_array()) {
        if (!wants_list) throw Refuse{400, "invalidValue"};
        Array result;
        for (const auto& element : *array) {
            result.push_back(element.is_object() ? cleaned("", element, fault) : element);
        }
        return result;
    }
    if (wants_list && !(value.is_string() && value.get_string().empty())) throw Refuse{400, "invalidValue"};
    if (const auto* object = value.if_object()) {
        Object result;
        for (const auto& member : *object) {
            const auto right = canonical(member.key());
            if (right == "$ref") continue;
            auto part = cleaned(right, member.value(), fault);
            if (!is_empty(part)) result[right] = std::move(part);
        }
        return result;
    }
    const bool is_complex = name == "name" || name == "manager";
    if (!value.is_string() || (is_complex && fault != Fault::manager_as_text && !value.get_string().empty())) {
        throw Refuse{400, "invalidValue"};
    }
    if (name == "value" && fault == Fault::normalises_phone_numbers) {
        std::string digits(value.get_string());
        if (digits.find('@') == std::string::npos && digits.find('(') != std::string::npos) {
            std::erase_if(digits, [](char c) { return c == ' ' || c == '(' || c == ')' || c == '-'; });
            return Json(boost::json::string(digits));
        }
    }
    return value;
}

// At most one primary: the last that was written.
void settle_primary(Array& list, const Json* written)
{
    for (auto& element : list) {
        auto* object = element.if_object();
        auto* primary = object == nullptr || &element == written ? nullptr : find(*object, "primary");
        if (primary != nullptr && primary->is_bool()) *primary = false;
    }
}

void tidy(Object& object)
{
    std::vector<std::string> gone;
    for (auto& member : object) {
        if (auto* array = member.value().if_array()) {
            for (auto it = array->begin(); it != array->end();) {
                auto* element = it->if_object();
                if (element != nullptr) tidy(*element);
                const bool hollow = element != nullptr && element->empty();
                it = hollow ? array->erase(it) : it + 1;
            }
        }
        if (auto* below = member.value().if_object()) tidy(*below);
        if (is_empty(member.value())) gone.push_back(member.key());
    }
    for (const auto& name : gone) object.erase(name);
}

struct Path {
    std::string urn; // of an extension, or ""
    std::string name;
    std::optional<Node> filter;
    std::string sub;
};

Path read_path(std::string text, Fault fault)
{
    Path path;
    const auto enterprise = lower(enterprise_urn) + ":";
    const auto core = lower(user_urn) + ":";
    if (lower(text).starts_with(core)) {
        text = text.substr(core.size());
    } else if (lower(text).starts_with(enterprise)) {
        path.urn = enterprise_urn;
        text = text.substr(enterprise.size());
    } else if (text.starts_with("urn:")) {
        const auto colon = text.rfind(':');
        path.urn = text.substr(0, colon);
        text = text.substr(colon + 1);
    }
    if (const auto open = text.find('['); open != std::string::npos) {
        const auto close = text.rfind(']');
        if (close == std::string::npos) throw Refuse{400, "invalidPath"};
        path.filter = FilterReader(text.substr(open + 1, close - open - 1), fault).read();
        path.name = text.substr(0, open);
        if (close + 1 < text.size()) path.sub = text.substr(close + 2);
    } else {
        const auto dot = std::min(text.find('.'), text.size());
        path.name = text.substr(0, dot);
        if (dot < text.size()) path.sub = text.substr(dot + 1);
    }
    if (path.name.find(' ') != std::string::npos || path.name.empty()) throw Refuse{400, "invalidPath"};
    path.name = path.urn.empty() || path.urn == enterprise_urn ? canonical(path.name) : path.name;
    path.sub = canonical(path.sub);
    if (path.name == "manager") path.urn = enterprise_urn;
    return path;
}

// What a condition "type eq "work"" wants a new element to be.
void fulfil(Object& element, const Node& node)
{
    if (node.kind == Node::comparison && node.op == "eq") {
        element[canonical(node.path)] = cleaned(canonical(node.path), node.literal, Fault::none);
    }
    for (const auto& part : node.below) fulfil(element, part);
}

class Patcher {
public:
    Patcher(Object& resource, Fault fault) : resource_(resource), fault_(fault) {}

    void run(const Object& operation)
    {
        const auto op =
            fault_ == Fault::needs_lower_case_op ? text_of(operation, "op") : lower(text_of(operation, "op"));
        if (op != "add" && op != "remove" && op != "replace") throw Refuse{400, "invalidSyntax"};
        const auto* value = find(operation, "value");
        const auto path = text_of(operation, "path");
        if (op != "remove" && value == nullptr) throw Refuse{400, "invalidValue"};
        if (!path.empty()) {
            one(op, path, value);
        } else if (op == "remove") {
            throw Refuse{400, "noTarget"};
        } else {
            if (!value->is_object()) throw Refuse{400, "invalidValue"};
            for (const auto& member : value->get_object()) pathless(op, std::string(member.key()), member.value());
        }
    }

private:
    void pathless(const std::string& op, const std::string& key, const Json& value)
    {
        if (fault_ == Fault::keeps_dotted_keys && (key.find('.') != std::string::npos && !key.starts_with("urn:"))) {
            resource_[key] = value;
        } else if (lower(key) == lower(enterprise_urn) && value.is_object()) {
            for (const auto& member : value.get_object())
                one(op, key + ":" + std::string(member.key()), &member.value());
        } else if (is_known(read_path(key, fault_).name) || key.starts_with("urn:")) {
            one(op, key, &value);
        }
    }

    void one(const std::string& op, const std::string& text, const Json* value)
    {
        const auto path = read_path(text, fault_);
        if (path.name == "id" || path.name == "meta" || path.name == "schemas" || path.name == "groups")
            throw Refuse{400, "mutability"};
        if (path.urn.empty() && !is_known(path.name)) return;
        Object* home = &resource_;
        if (!path.urn.empty()) {
            auto& extension = resource_[path.urn];
            if (!extension.is_object()) extension = Object{};
            home = &extension.get_object();
        }
        if (path.filter) {
            filtered(*home, op, path, value);
        } else if (op == "remove") {
            remove(*home, path, value);
        } else if (!path.sub.empty()) {
            auto& owner = (*home)[path.name];
            if (!owner.is_object()) owner = Object{};
            set(owner.get_object(), path.sub, *value);
        } else {
            write(*home, op, path.name, *value);
        }
        tidy(resource_);
    }

    void set(Object& owner, const std::string& name, const Json& value)
    {
        auto clean = cleaned(name, value, fault_);
        if (is_empty(clean)) {
            owner.erase(name);
        } else {
            owner[name] = std::move(clean);
        }
    }

    void write(Object& home, const std::string& op, const std::string& name, const Json& value)
    {
        auto clean = cleaned(name, value, fault_);
        auto* present = find(home, name);
        if (clean.is_object() && !is_empty(clean) && present != nullptr && present->is_object() &&
            fault_ != Fault::drops_siblings) {
            for (const auto& member : clean.get_object()) present->get_object()[member.key()] = member.value();
        } else if (op == "add" && clean.is_array() && present != nullptr && present->is_array()) {
            for (const auto& element : clean.get_array()) append(present->get_array(), element, name);
        } else if (clean.is_array() && name == "members") {
            Array list;
            for (const auto& element : clean.get_array()) append(list, element, name);
            home[name] = std::move(list);
        } else {
            set(home, name, clean);
        }
    }

    void append(Array& list, const Json& element, const std::string& name)
    {
        const bool twice = fault_ == Fault::appends_members_twice && name == "members";
        const auto same = [&](const Json& other) {
            return name == "members" ? text_at(other, "/value") == text_at(element, "/value") : other == element;
        };
        if (!twice && std::any_of(list.begin(), list.end(), same)) return;
        list.push_back(element);
        if (at(element, "/primary") != nullptr && *at(element, "/primary") == Json(true) &&
            fault_ != Fault::keeps_two_primaries) {
            settle_primary(list, &list.back());
        }
    }

    void remove(Object& home, const Path& path, const Json* value)
    {
        if (path.name == "userName" || (path.name == "displayName" && resource_.contains("members"))) {
            throw Refuse{400, "mutability"};
        }
        auto* present = find(home, path.name);
        if (value != nullptr && path.name == "members") {
            const Array asked = value->is_array() ? value->get_array() : Array{*value};
            for (const auto& element : asked) {
                if (text_at(element, "/value").empty()) throw Refuse{400, "invalidValue"};
            }
            if (present == nullptr) return;
            auto& list = present->as_array();
            for (const auto& element : asked) {
                const auto gone = text_at(element, "/value");
                for (auto it = list.begin(); it != list.end();)
                    it = text_at(*it, "/value") == gone ? list.erase(it) : it + 1;
            }
            if (fault_ == Fault::empties_group_on_remove_with_value) list.clear();
            return;
        }
        if (present == nullptr) return;
        if (path.sub.empty()) {
            home.erase(path.name);
        } else if (present->is_object()) {
            present->get_object().erase(path.sub);
        }
    }

    void filtered(Object& home, const std::string& op, const Path& path, const Json* value)
    {
        auto& list = home[path.name];
        if (list.is_object()) { // manager[value eq "x"]
            if (op == "remove" && holds(list, *path.filter, fault_)) home.erase(path.name);
            return;
        }
        if (!list.is_array()) list = Array{};
        auto& array = list.get_array();
        if (op == "remove" && path.sub.empty()) {
            for (auto it = array.begin(); it != array.end();) {
                it = holds(*it, *path.filter, fault_) ? array.erase(it) : it + 1;
            }
            return;
        }
        bool found = false;
        for (auto& element : array) {
            if (!holds(element, *path.filter, fault_)) continue;
            found = true;
            touch(array, element, op, path, value);
        }
        if (found || op == "remove") return;
        if (path.sub.empty() || fault_ == Fault::creates_nothing_for_filtered_paths) throw Refuse{400, "noTarget"};
        Object element;
        fulfil(element, *path.filter);
        array.push_back(std::move(element));
        touch(array, array.back(), op, path, value);
    }

    void touch(Array& list, Json& element, const std::string& op, const Path& path, const Json* value)
    {
        auto& object = element.as_object();
        if (op == "remove") {
            object.erase(path.sub);
        } else if (path.sub.empty()) {
            const auto clean = cleaned("", *value, fault_);
            for (const auto& member : clean.as_object()) object[member.key()] = member.value();
        } else {
            set(object, path.sub, *value);
        }
        const auto* primary = find(object, "primary");
        if (primary != nullptr && *primary == Json(true)) settle_primary(list, &element);
    }

    Object& resource_;
    Fault fault_;
};

// --- discovery ---------------------------------------------------------------------------------------------------
Object attribute(std::string_view name, std::string_view type, bool multi, std::string_view subs)
{
    Object result{{"name", name},
                  {"type", type},
                  {"multiValued", multi},
                  {"required", name == "userName"},
                  {"caseExact", name == "externalId"},
                  {"mutability", "readWrite"},
                  {"returned", "default"},
                  {"uniqueness", name == "userName" ? "server" : "none"},
                  {"description", name}};
    if (!subs.empty()) {
        Array list;
        while (!subs.empty()) {
            const auto end = std::min(subs.find(' '), subs.size());
            const auto sub = subs.substr(0, end);
            auto part = attribute(sub, sub == "primary" ? "boolean" : "string", false, "");
            if (sub == "type") part["canonicalValues"] = Array{"work", "home", "other", "mobile", "fax"};
            list.push_back(std::move(part));
            subs.remove_prefix(std::min(end + 1, subs.size()));
        }
        result["subAttributes"] = std::move(list);
    }
    return result;
}

Array schemas()
{
    Array user;
    for (const char* name : {"userName", "externalId", "displayName", "nickName", "profileUrl", "title", "userType",
                             "preferredLanguage", "locale", "timezone"}) {
        user.push_back(attribute(name, "string", false, ""));
    }
    user.push_back(attribute("active", "boolean", false, ""));
    user.push_back(attribute("name", "complex", false,
                             "formatted familyName givenName middleName honorificPrefix honorificSuffix"));
    for (const char* name : {"emails", "phoneNumbers", "roles"}) {
        user.push_back(attribute(name, "complex", true, "value display type primary"));
    }
    user.push_back(attribute("addresses", "complex", true,
                             "formatted streetAddress locality region postalCode country type primary"));
    user.push_back(attribute("groups", "complex", true, "value display type"));
    user.back().as_object()["mutability"] = "readOnly";
    Array enterprise;
    for (const char* name : {"employeeNumber", "costCenter", "organization", "division", "department"}) {
        enterprise.push_back(attribute(name, "string", false, ""));
    }
    enterprise.push_back(attribute("manager", "complex", false, "value displayName"));
    Array group{attribute("displayName", "string", false, ""), attribute("externalId", "string", false, ""),
                attribute("members", "complex", true, "value type")};
    Array all;
    const auto add = [&](std::string_view urn, const char* name, Array attributes) {
        all.push_back(Object{
            {"schemas", Array{"urn:ietf:params:scim:schemas:core:2.0:Schema"}},
            {"id", urn},
            {"name", name},
            {"attributes", std::move(attributes)},
            {"meta", Object{{"resourceType", "Schema"}, {"location", fmt::format("{}/Schemas/{}", base, urn)}}}});
    };
    add(user_urn, "User", std::move(user));
    add(enterprise_urn, "EnterpriseUser", std::move(enterprise));
    add(group_urn, "Group", std::move(group));
    return all;
}

Array resource_types()
{
    Array all;
    for (const char* name : {"User", "Group"}) {
        Object type{{"schemas", Array{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"}},
                    {"id", name},
                    {"name", name},
                    {"endpoint", fmt::format("/{}s", name)},
                    {"schema", name == std::string_view("User") ? user_urn : group_urn},
                    {"meta", Object{{"resourceType", "ResourceType"},
                                    {"location", fmt::format("{}/ResourceTypes/{}", base, name)}}}};
        if (name == std::string_view("User")) {
            type["schemaExtensions"] = Array{Object{{"schema", enterprise_urn}, {"required", false}}};
        }
        all.push_back(std::move(type));
    }
    return all;
}

Object provider_config()
{
    return body(R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch":{"supported":true},"bulk":{"supported":true,"maxOperations":20,"maxPayloadSize":65536},
        "filter":{"supported":true,"maxResults":200},"changePassword":{"supported":false},"sort":{"supported":true},
        "pagination":{"cursor":true,"index":true,"defaultPaginationMethod":"index"},
        "etag":{"supported":true},
        "authenticationSchemes":[{"type":"oauthbearertoken","name":"Bearer","description":"A token"}],
        "meta":{"resourceType":"ServiceProviderConfig","location":"$1/ServiceProviderConfig"}})",
                base)
        .as_object();
}

// --- requests ----------------------------------------------------------------------------------------------------
std::string decoded(std::string_view text, Fault fault)
{
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            result += ' ';
        } else if (text[i] == '%' && i + 2 < text.size()) {
            const auto byte = static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
            result += byte == '+' && fault == Fault::turns_plus_into_space_late ? ' ' : byte;
            i += 2;
        } else {
            result += text[i];
        }
    }
    return result;
}

struct Asked {
    std::string method;
    std::vector<std::string> place; // {"Users", "id"}
    std::map<std::string, std::string> query;
    const Heard* heard{};
};

Asked understand(const Heard& heard, Fault fault)
{
    Asked asked{heard.method, {}, {}, &heard};
    const auto mark = std::min(heard.target.find('?'), heard.target.size());
    std::string_view path = std::string_view(heard.target).substr(0, mark);
    if (!path.starts_with(base)) throw Refuse{404, ""};
    path.remove_prefix(base.size());
    while (path.starts_with('/')) path.remove_prefix(1);
    while (!path.empty()) {
        const auto end = std::min(path.find('/'), path.size());
        asked.place.push_back(decoded(path.substr(0, end), fault));
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    std::string_view query = std::string_view(heard.target).substr(std::min(mark + 1, heard.target.size()));
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto piece = query.substr(0, end);
        const auto equals = std::min(piece.find('='), piece.size());
        asked.query[std::string(piece.substr(0, equals))] =
            decoded(piece.substr(std::min(equals + 1, piece.size())), fault);
        query.remove_prefix(std::min(end + 1, query.size()));
    }
    return asked;
}

std::vector<std::string> name_list(const std::string& text)
{
    std::vector<std::string> list;
    std::string word;
    int depth = 0;
    for (const char c : text + ",") {
        if (c == '[') ++depth;
        if (c == ',' && depth == 0) {
            list.push_back(word);
            word.clear();
        } else if (depth == 0) {
            word += c;
        }
        if (c == ']') --depth;
    }
    return list;
}

void keep_or_drop(const Object& from, Object& to, const std::string& name, bool keep, Fault fault)
{
    const auto path = read_path(name, fault);
    const auto top = path.urn.empty() ? path.name : path.urn;
    const auto* value = find(from, top);
    if (value == nullptr) return;
    const auto sub = path.urn.empty() ? path.sub : path.name;
    if (sub.empty()) {
        if (keep) to[top] = *value;
        if (!keep) to.erase(top);
        return;
    }
    const auto one = [&](const Json& element, Json base_value) -> Json {
        const auto* object = element.if_object();
        auto result = base_value.is_object() ? base_value.get_object() : Object{};
        const auto* part = object == nullptr ? nullptr : find(*object, sub);
        if (keep && part != nullptr) result[canonical(sub)] = *part;
        if (!keep) result.erase(canonical(sub));
        return result;
    };
    const Json present = to.contains(top) ? to[top] : Json();
    if (const auto* array = value->if_array()) {
        Array list;
        for (std::size_t i = 0; i < array->size(); ++i) {
            list.push_back(one((*array)[i], present.is_array() ? present.get_array()[i] : Json()));
        }
        to[top] = std::move(list);
    } else {
        to[top] = one(*value, present);
    }
}

} // namespace

struct ScimStandIn::Shop {
    struct Resource {
        std::string id;
        Object body; // as stored, without id, meta and schemas
        std::string created;
        std::string modified;
        int version = 1;
        std::string original; // name of a soft-deleted user
    };
    using Shelf = std::vector<Resource>;

    Shop(Fault wanted, Listener::Security security)
        : fault(wanted), listener([this](const Heard& heard) { return answer(heard); }, security)
    {
    }

    bool is(Fault asked) const { return fault == asked; }

    Said answer(const Heard& heard)
    {
        Said said;
        try {
            said = serve(heard);
        } catch (const Refuse& refuse) {
            Object error{{"schemas", Array{error_urn}}, {"detail", "refused: what you sent cannot be done"}};
            error["status"] = std::to_string(refuse.status);
            if (is(Fault::error_status_as_number)) error["status"] = refuse.status;
            if (!refuse.type.empty()) error["scimType"] = refuse.type;
            said.status = refuse.status;
            said.body = boost::json::serialize(error);
            if (refuse.status == 401 && !is(Fault::sends_no_www_authenticate)) {
                said.headers.push_back({"WWW-Authenticate", "Bearer"});
            }
            if (refuse.status == 405) said.headers.push_back({"Allow", "GET"});
            if (refuse.status == 404 && is(Fault::sends_404_as_html)) {
                said.body = "<html>not found</html>";
                said.content_type = "text/html";
            }
        }
        if (is(Fault::wrong_content_type)) said.content_type = "application/json";
        if (is(Fault::text_booleans)) {
            for (const auto& [from, to] : {std::pair{"\"active\":true", "\"active\":\"True\""},
                                           std::pair{"\"active\":false", "\"active\":\"False\""}}) {
                for (auto found = said.body.find(from); found != std::string::npos; found = said.body.find(from)) {
                    said.body.replace(found, std::string_view(from).size(), to);
                }
            }
        }
        existing = users.size() + group_shelf.size();
        return said;
    }

    Said serve(const Heard& heard)
    {
        auto asked = understand(heard, fault);
        const auto* authorization = find_header(heard.headers, "authorization");
        const bool known = authorization != nullptr && *authorization == fmt::format("Bearer {}", token);
        if (!known && !is(Fault::accepts_any_token)) throw Refuse{401, ""};
        const auto kind = asked.place.empty() ? "" : asked.place[0];
        const auto id = asked.place.size() > 1 ? asked.place[1] : "";
        if (asked.place.size() > 2) throw Refuse{404, ""};
        if (!asked.place.empty() && asked.place.back() == ".search") {
            if (asked.method != "POST") throw Refuse{405, ""};
            take_parameters(asked);
            if (kind != "Users" && kind != "Groups") return list_all(asked);
            return list(asked, kind == "Users" ? users : group_shelf, kind == "Users" ? "User" : "Group");
        }
        if (kind == "Users") return resource(asked, users, "User", id);
        if (kind == "Groups") return resource(asked, group_shelf, "Group", id);
        if (kind == "Bulk" && asked.method == "POST") return bulk(asked);
        if (kind == "Me" && asked.method == "GET") return me(asked);
        if (is(Fault::answers_ok_to_unknown_path) && kind != "Schemas" && kind != "ResourceTypes" &&
            kind != "ServiceProviderConfig") {
            return {.status = 200, .body = "{}"};
        }
        const bool is_discovery = kind == "ServiceProviderConfig" || kind == "ResourceTypes" || kind == "Schemas";
        if (!is_discovery) throw Refuse{404, ""};
        if (asked.method != "GET") throw Refuse{405, ""};
        if (kind == "ServiceProviderConfig") return {.body = boost::json::serialize(provider_config())};
        auto all = kind == "Schemas" ? schemas() : resource_types();
        if (kind == "Schemas" && is(Fault::lists_an_attribute_twice)) {
            auto& attributes = all[1].as_object()["attributes"].as_array(); // of the extension
            attributes.push_back(Json(attributes.front()));
        }
        if (id.empty()) return listing(all, all.size(), 1);
        for (const auto& one : all) {
            if (text_at(one, "/id") == id) return {.body = boost::json::serialize(one)};
        }
        throw Refuse{404, ""};
    }

    Said listing(const Array& page, std::size_t total, std::int64_t start) const
    {
        Object list{{"schemas", Array{is(Fault::says_wrong_list_schema) ? "urn:example:list" : list_response_urn}},
                    {"totalResults", is(Fault::says_total_of_page) ? page.size() : total},
                    {"startIndex", start},
                    {"itemsPerPage", page.size()},
                    {"Resources", page}};
        return {.body = boost::json::serialize(list)};
    }

    Said resource(const Asked& asked, Shelf& shelf, const char* type, const std::string& id)
    {
        if (id.empty()) {
            if (asked.method == "GET" || asked.method == "HEAD") return list(asked, shelf, type);
            if (asked.method == "POST") return create(asked, shelf, type);
            throw Refuse{405, ""};
        }
        if (asked.method == "POST" || asked.method == "OPTIONS") throw Refuse{405, ""};
        const auto found = std::find_if(shelf.begin(), shelf.end(), [&](const Resource& r) { return r.id == id; });
        if (found == shelf.end() || (is(Fault::vanishes_tombstones) && !found->original.empty())) throw Refuse{404, ""};
        const auto tag = etag(*found);
        if (const auto* match = find_header(asked.heard->headers, "if-match");
            match != nullptr && *match != "*" && *match != tag && !is(Fault::ignores_if_match)) {
            throw Refuse{412, ""};
        }
        if (asked.method == "GET" || asked.method == "HEAD") {
            const auto* none_match = find_header(asked.heard->headers, "if-none-match");
            if (none_match != nullptr && *none_match == tag) return {.status = 304};
            return shown(*found, asked, type, 200);
        }
        if (asked.method == "DELETE") return remove(shelf, found);
        if (asked.method == "PUT") return replace(asked, shelf, *found, type);
        if (asked.method == "PATCH") return patch(asked, shelf, *found, type);
        throw Refuse{405, ""};
    }

    // Whoever came last is the caller.
    Said me(const Asked& asked) const
    {
        if (users.empty()) throw Refuse{501, ""};
        auto said = shown(users.back(), asked, "User", 200);
        if (!is(Fault::me_without_location)) said.headers.push_back({"Location", location(users.back(), "User")});
        return said;
    }

    // Operations that wait for what others create have their turn again and again; a circle ends with 409.
    Said bulk(const Asked& asked)
    {
        if (asked.heard->body.size() > 65536 && !is(Fault::bulk_has_no_limits)) throw Refuse{413, ""};
        const auto message = parsed(asked).as_object();
        const auto* sent = find(message, "Operations");
        if (sent == nullptr || !sent->is_array()) throw Refuse{400, "invalidSyntax"};
        const auto& operations = sent->get_array();
        if (operations.size() > 20 && !is(Fault::bulk_has_no_limits)) throw Refuse{413, ""};
        const auto* most = find(message, "failOnErrors");
        const auto allowed = most != nullptr && !is(Fault::bulk_ignores_fail_on_errors)
                                 ? static_cast<std::size_t>(most->as_int64())
                                 : operations.size() + 1;
        std::map<std::string, std::string> ids; // of what is created, by bulkId
        std::map<std::size_t, Object> results;
        std::size_t errors = 0;
        for (bool moved = true; moved;) {
            moved = false;
            for (std::size_t i = 0; i < operations.size() && errors < allowed; ++i) {
                if (results.contains(i)) continue;
                auto text = boost::json::serialize(operations[i]);
                if (!is(Fault::bulk_keeps_references))
                    for (const auto& [name, id] : ids) replace_all(text, "bulkId:" + name, id);
                const bool waits = text.find("bulkId:") != std::string::npos && !is(Fault::bulk_keeps_references);
                if (waits && !is(Fault::bulk_knows_no_later_references) && creates_another(operations, ids, text, i))
                    continue;
                results[i] = waits ? failed_operation({409, ""}) : carry_out(asked, boost::json::parse(text), ids);
                moved = true;
                if (text_of(results[i], "status")[0] != '2') ++errors;
                if (errors > 0 && is(Fault::bulk_stops_at_errors)) errors = allowed;
            }
        }
        Array told;
        for (std::size_t i = 0; i < operations.size(); ++i) {
            if (!results.contains(i) && errors < allowed) results[i] = failed_operation({409, ""});
            if (!results.contains(i)) continue;
            auto& result = results[i];
            for (const char* name : {"method", "bulkId"}) {
                const auto text = text_at(operations[i], fmt::format("/{}", name));
                if (!text.empty() && !(is(Fault::bulk_forgets_bulk_ids) && name[0] == 'b')) result[name] = text;
            }
            told.push_back(result);
        }
        return {.body = boost::json::serialize(Object{
                    {"schemas", Array{"urn:ietf:params:scim:api:messages:2.0:BulkResponse"}}, {"Operations", told}})};
    }

    static void replace_all(std::string& text, const std::string& from, const std::string& to)
    {
        for (auto found = text.find(from + "\""); found != std::string::npos; found = text.find(from + "\""))
            text.replace(found, from.size(), to);
    }

    // Whether an operation that has not had its turn will create what is referred to.
    static bool creates_another(const Array& operations, const std::map<std::string, std::string>& ids,
                                const std::string& text, std::size_t but)
    {
        for (std::size_t i = 0; i < operations.size(); ++i) {
            const auto name = text_at(operations[i], "/bulkId");
            if (i != but && !name.empty() && !ids.contains(name) &&
                text.find("bulkId:" + name + "\"") != std::string::npos)
                return true;
        }
        return false;
    }

    static Object failed_operation(const Refuse& refuse)
    {
        const auto status = std::to_string(refuse.status);
        return {{"status", status},
                {"response", Object{{"schemas", Array{error_urn}}, {"status", status}, {"detail", "refused"}}}};
    }

    Object carry_out(const Asked& asked, const Json& operation, std::map<std::string, std::string>& ids)
    {
        const auto path = text_at(operation, "/path");
        const auto* data = at(operation, "/data");
        Heard heard{text_at(operation, "/method"), std::string(base) + path, asked.heard->headers,
                    data == nullptr ? "" : boost::json::serialize(*data)};
        if (const auto version = text_at(operation, "/version"); !version.empty() && !is(Fault::bulk_ignores_versions))
            heard.headers.push_back({"If-Match", version});
        try {
            if (heard.method.empty() || path.starts_with("/Bulk")) throw Refuse{400, "invalidSyntax"};
            const auto said = serve(heard);
            const bool is_new = heard.method == "POST";
            const auto id = is_new ? text_at(boost::json::parse(said.body), "/id") : "";
            if (is_new) ids[text_at(operation, "/bulkId")] = id;
            return {{"status", std::to_string(said.status)},
                    {"location", fmt::format("{}{}{}{}", listener.url(), base, path, is_new ? "/" + id : "")}};
        } catch (const Refuse& refuse) {
            return failed_operation(refuse);
        }
    }

    Json parsed(const Asked& asked) const
    {
        const auto* type = find_header(asked.heard->headers, "content-type");
        const bool plain_json = type != nullptr && type->starts_with("application/json");
        const bool allowed = type == nullptr || type->starts_with("application/scim+json") || plain_json;
        if (!allowed || (plain_json && is(Fault::refuses_json_media_type))) throw Refuse{415, ""};
        boost::system::error_code error;
        auto value = boost::json::parse(asked.heard->body, error);
        if (error || !value.is_object()) throw Refuse{400, "invalidSyntax"};
        return value;
    }

    Object stored(const Json& sent, bool is_group) const
    {
        Object result;
        for (const auto& member : sent.get_object()) {
            const auto name = canonical(member.key());
            if (name == "id" || name == "meta" || name == "schemas" || name == "password") continue;
            if (name == enterprise_urn && is(Fault::forgets_extensions)) continue;
            if (!is_known(name)) {
                if (is(Fault::echoes_unknown_attributes)) result[name] = member.value();
                continue;
            }
            if (name == "members") {
                Object scratch;
                Patcher(scratch, fault).run({{"op", "add"}, {"path", "members"}, {"value", member.value()}});
                if (scratch.contains("members")) result["members"] = scratch["members"];
                continue;
            }
            auto value = cleaned(name, member.value(), fault);
            if (!is_empty(value)) result[name] = std::move(value);
        }
        if (text_of(result, is_group ? "displayName" : "userName").empty()) throw Refuse{400, "invalidValue"};
        if (!is_group && !result.contains("active")) result["active"] = true;
        return result;
    }

    void must_be_free(const Shelf& shelf, const Object& body, const std::string& but, const char* type) const
    {
        if (is(Fault::accepts_duplicates)) return;
        const char* attribute_name = type == std::string_view("User") ? "userName" : "displayName";
        const auto fold = [&](const std::string& name) {
            return is(Fault::compares_names_with_case) ? name : lower(name);
        };
        const auto name = fold(text_of(body, attribute_name));
        for (const auto& other : shelf) {
            const bool taken = fold(text_of(other.body, attribute_name)) == name ||
                               (is(Fault::refuses_successor) && fold(other.original) == name);
            if (other.id != but && taken) throw Refuse{409, "uniqueness"};
        }
    }

    Said create(const Asked& asked, Shelf& shelf, const char* type)
    {
        const bool is_group = type == std::string_view("Group");
        Resource made;
        made.body = stored(parsed(asked), is_group);
        must_be_free(shelf, made.body, "", type);
        made.id = fmt::format("{:08x}-stand-in", ++last_id);
        made.created = made.modified = tick();
        shelf.push_back(made);
        auto said = shown(shelf.back(), asked, type, is(Fault::answers_ok_to_post) ? 200 : 201);
        if (!is(Fault::forgets_location)) said.headers.push_back({"Location", location(made, type)});
        return said;
    }

    Said replace(const Asked& asked, Shelf& shelf, Resource& present, const char* type)
    {
        auto body = stored(parsed(asked), type == std::string_view("Group"));
        must_be_free(shelf, body, present.id, type);
        if (is(Fault::merges_on_put)) {
            auto merged = present.body;
            for (const auto& member : body) merged[member.key()] = member.value();
            body = std::move(merged);
        }
        change(present, std::move(body));
        return shown(present, asked, type, 200);
    }

    Said patch(const Asked& asked, Shelf& shelf, Resource& present, const char* type)
    {
        const auto message = parsed(asked).as_object();
        const auto* urns = find(message, "schemas");
        const auto* operations = find(message, "Operations");
        if (urns == nullptr || short_text(*urns).find(patch_op_urn) == std::string::npos || operations == nullptr ||
            !operations->is_array()) {
            throw Refuse{400, "invalidSyntax"};
        }
        const bool is_group = type == std::string_view("Group");
        Object body = present.body;
        if (is_group && !body.contains("members")) body["members"] = Array{};
        for (const auto& operation : operations->get_array()) {
            if (!operation.is_object()) throw Refuse{400, "invalidSyntax"};
            Patcher(is(Fault::applies_half_a_patch) ? present.body : body, fault).run(operation.get_object());
        }
        if (is(Fault::applies_half_a_patch)) body = present.body;
        if (is(Fault::refuses_unknown_managers)) must_know_manager(body);
        if (!is_group) settle(present, body);
        if (!is_group && text_of(body, "userName").empty()) throw Refuse{400, "invalidValue"};
        must_be_free(shelf, body, present.id, type);
        tidy(body);
        if (is(Fault::loses_external_id_on_rename) && text_of(body, "userName") != text_of(present.body, "userName")) {
            body.erase("externalId");
        }
        if (is(Fault::breaks_memberships_when_inactive) && find(body, "active") != nullptr &&
            *find(body, "active") == Json(false)) {
            forget_member(present.id);
        }
        change(present, std::move(body));
        if (is(Fault::changes_ids)) present.id = fmt::format("{:08x}-stand-in", ++last_id);
        if (is_group) return {.status = 204};
        return shown(present, asked, type, 200);
    }

    void must_know_manager(const Object& body) const
    {
        const auto id = text_at(body, fmt::format("/{}/manager/value", enterprise_urn));
        const auto is_it = [&](const Resource& user) { return user.id == id; };
        if (!id.empty() && std::none_of(users.begin(), users.end(), is_it)) throw Refuse{400, "invalidValue"};
    }

    // Soft delete and restore: a tombstone name and inactive.
    void settle(Resource& present, Object& body) const
    {
        const auto name = text_of(body, "userName");
        const auto before = text_of(present.body, "userName");
        const bool has_prefix = name.size() > 32 && std::all_of(name.begin(), name.begin() + 32,
                                                                [](unsigned char c) { return std::isxdigit(c) != 0; });
        const bool is_active = find(body, "active") != nullptr && *find(body, "active") == Json(true);
        if (!present.original.empty() && name == before && is_active && !is(Fault::keeps_tombstone_on_activation)) {
            body["userName"] = present.original;
            must_be_free(users, body, present.id, "User");
            present.original.clear();
            return;
        }
        if (!present.original.empty() && name != before) must_be_free(users, body, present.id, "User");
        present.original = has_prefix && !is_active ? name.substr(32) : "";
    }

    void change(Resource& present, Object body)
    {
        if (body == present.body && !is(Fault::moves_modified_without_change)) return;
        present.body = std::move(body);
        ++present.version;
        present.modified = tick();
    }

    Said remove(Shelf& shelf, Shelf::iterator found)
    {
        const auto id = found->id;
        if (!is(Fault::keeps_deleted_users)) shelf.erase(found);
        if (!is(Fault::keeps_deleted_members)) forget_member(id);
        return {.status = 204};
    }

    void forget_member(const std::string& id)
    {
        for (auto& group : group_shelf) {
            auto* members = find(group.body, "members");
            if (members == nullptr) continue;
            auto& list = members->as_array();
            for (auto it = list.begin(); it != list.end();) it = text_at(*it, "/value") == id ? list.erase(it) : it + 1;
        }
    }

    std::string location(const Resource& resource, const char* type) const
    {
        return fmt::format("{}{}/{}s/{}", listener.url(), base, type, resource.id);
    }

    static std::string etag(const Resource& resource) { return fmt::format("W/\"{}\"", resource.version); }

    // Of a user: the groups that have it as a member, and the groups around those.
    void add_groups(Object& result, const std::string& user) const
    {
        if (is(Fault::forgets_groups_of_users)) return;
        Array all;
        std::vector<std::string> inside{user};
        for (std::size_t i = 0; i < inside.size(); ++i) {
            for (const auto& group : group_shelf) {
                const auto* members = group.body.if_contains("members");
                const bool has = members != nullptr && members->is_array() &&
                                 std::ranges::any_of(members->get_array(), [&](const Json& member) {
                                     return text_at(member, "/value") == inside[i];
                                 });
                if (!has || std::ranges::count(inside, group.id) > 0) continue;
                inside.push_back(group.id);
                all.push_back(Object{{"value", group.id},
                                     {"display", group.body.at("displayName")},
                                     {"type", i == 0 ? "direct" : "indirect"}});
            }
            if (is(Fault::forgets_outer_groups)) break;
        }
        if (!all.empty()) result["groups"] = std::move(all);
    }

    Object whole(const Resource& resource, const char* type) const
    {
        Array urns{type == std::string_view("User") ? user_urn : group_urn};
        for (const auto& member : resource.body) {
            if (std::string_view(member.key()).starts_with("urn:")) urns.push_back(boost::json::string(member.key()));
        }
        Object result = resource.body;
        result["schemas"] = std::move(urns);
        result["id"] = resource.id;
        if (type == std::string_view("User")) add_groups(result, resource.id);
        result["meta"] = Object{{"resourceType", type},
                                {"created", resource.created},
                                {"lastModified", resource.modified},
                                {"location", location(resource, type)},
                                {"version", etag(resource)}};
        return result;
    }

    Object projected(const Object& from, const Asked& asked) const
    {
        const auto wanted = asked.query.find("attributes");
        const auto excluded = asked.query.find("excludedAttributes");
        if (wanted != asked.query.end()) {
            Object result{{"schemas", from.at("schemas")}, {"id", from.at("id")}};
            for (const auto& name : name_list(wanted->second)) keep_or_drop(from, result, name, true, fault);
            return result;
        }
        Object result = from;
        if (excluded != asked.query.end() && !is(Fault::ignores_excluded_attributes)) {
            for (const auto& name : name_list(excluded->second)) {
                const auto lowered = lower(name);
                if (lowered == "id" || lowered == "schemas") continue;
                keep_or_drop(from, result, name, false, fault);
                if (lowered == "members" && is(Fault::lists_members_when_excluded)) result["members"] = Array{};
            }
        }
        return result;
    }

    Said shown(const Resource& resource, const Asked& asked, const char* type, int status) const
    {
        return {.status = status,
                .headers = {{"ETag", etag(resource)}},
                .body = boost::json::serialize(projected(whole(resource, type), asked))};
    }

    static std::int64_t number(const Asked& asked, const char* name, std::int64_t otherwise)
    {
        const auto found = asked.query.find(name);
        return found == asked.query.end() ? otherwise : std::stoll(found->second);
    }

    // Those of a search, from its body.
    void take_parameters(Asked& asked) const
    {
        const auto message = parsed(asked).as_object();
        const auto* urns = find(message, "schemas");
        const char* const search_urn = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
        if (is(Fault::ignores_searches)) return;
        if (urns == nullptr || short_text(*urns).find(search_urn) == std::string::npos)
            throw Refuse{400, "invalidSyntax"};
        for (const auto& member : message) {
            std::string text;
            if (member.value().is_string()) text = member.value().get_string();
            if (member.value().is_int64()) text = std::to_string(member.value().get_int64());
            if (const auto* names = member.value().if_array())
                for (const auto& name : *names) text.append(text.empty() ? "" : ",").append(name.as_string());
            asked.query[std::string(member.key())] = text;
        }
    }

    Said list_all(const Asked& asked) const
    {
        auto all = selected(asked, users, "User");
        for (auto& group : selected(asked, group_shelf, "Group")) all.push_back(std::move(group));
        return paged(asked, all);
    }

    Said list(const Asked& asked, const Shelf& shelf, const char* type) const
    {
        return paged(asked, selected(asked, shelf, type));
    }

    // What a resource is sorted by, in lower case; nothing when it has no value.
    std::optional<std::string> key_of(const Object& view, const std::string& by) const
    {
        const auto path = read_path(by, fault);
        const auto* value = find(view, path.name);
        if (value == nullptr) return {};
        if (const auto* elements = value->if_array()) {
            if (elements->empty()) return {};
            value = &elements->front();
            for (const auto& element : *elements) {
                const auto* primary = at(element, "/primary");
                if (primary != nullptr && *primary == Json(true)) value = &element;
            }
            value = at(*value, "/" + (path.sub.empty() ? std::string("value") : path.sub));
        } else if (!path.sub.empty()) {
            value = at(*value, "/" + path.sub);
        }
        if (value == nullptr) return {};
        return lower(value->is_string() ? std::string(value->get_string()) : boost::json::serialize(*value));
    }

    void sort(const Asked& asked, std::vector<Object>& views) const
    {
        const auto by = asked.query.find("sortBy");
        if (by == asked.query.end() || is(Fault::ignores_sort)) return;
        const auto known = {"username", "nickname",     "displayname", "title",
                            "emails",   "emails.value", "id",          "externalid"};
        if (std::find(known.begin(), known.end(), lower(by->second)) == known.end()) throw Refuse{400, "invalidValue"};
        std::stable_sort(views.begin(), views.end(), [&](const Object& a, const Object& b) {
            const auto left = key_of(a, by->second), right = key_of(b, by->second);
            if (!left || !right) return is(Fault::sorts_absent_first) ? !left && right : left && !right;
            return *left < *right;
        });
        const auto order = asked.query.find("sortOrder");
        if (order != asked.query.end() && lower(order->second) == "descending")
            std::reverse(views.begin(), views.end());
    }

    Array selected(const Asked& asked, const Shelf& shelf, const char* type) const
    {
        std::optional<Node> filter;
        if (const auto given = asked.query.find("filter"); given != asked.query.end() && !is(Fault::ignores_filters)) {
            filter = FilterReader(given->second, fault).read();
        }
        std::vector<Object> views;
        for (const auto& resource : shelf) {
            auto view = whole(resource, type);
            const auto* active = find(view, "active");
            if (is(Fault::hides_inactive_users) && active != nullptr && *active == Json(false)) {
                continue;
            }
            if (filter && !holds(view, *filter, fault)) continue;
            views.push_back(std::move(view));
        }
        if (views.empty() && filter && is(Fault::empty_filter_is_404)) throw Refuse{404, ""};
        sort(asked, views);
        Array all;
        for (const auto& view : views) all.push_back(projected(view, asked));
        return all;
    }

    Said paged(const Asked& asked, const Array& all) const
    {
        const auto total = all.size();
        const auto cursor = asked.query.find("cursor");
        const bool by_cursor = cursor != asked.query.end();
        auto start = std::max<std::int64_t>(1, number(asked, "startIndex", 1));
        if (by_cursor && !cursor->second.empty()) {
            const bool is_ours = cursor->second.starts_with("at-");
            if (!is_ours && !is(Fault::takes_any_cursor)) throw Refuse{400, "invalidCursor"};
            start = is_ours ? std::stoll(cursor->second.substr(3)) : 1;
        }
        const auto count = std::max<std::int64_t>(0, number(asked, "count", 100));
        Array page;
        const auto from = is(Fault::ignores_start_index) ? 0 : static_cast<std::size_t>(start - 1);
        for (std::size_t i = from; i < total; ++i) {
            if (page.size() >= static_cast<std::size_t>(count) && !is(Fault::ignores_count)) break;
            page.push_back(all[i]);
        }
        if (!by_cursor) return listing(page, total, start);
        const auto next = from + page.size();
        auto said = listing(page, total, start);
        auto list = boost::json::parse(said.body).as_object();
        list.erase("startIndex");
        if (next < total && !page.empty())
            list["nextCursor"] = fmt::format("at-{}", is(Fault::walks_in_circles) ? 1 : next + 1);
        said.body = boost::json::serialize(list);
        return said;
    }

    // Later than before, whatever the clock says.
    std::string tick()
    {
        ++ticks;
        return fmt::format("2026-11-22T{:02}:{:02}:{:02}.{:03}Z", ticks / 3'600'000 % 24, ticks / 60'000 % 60,
                           ticks / 1000 % 60, ticks % 1000);
    }

    Fault fault;
    Shelf users;
    Shelf group_shelf;
    unsigned last_id = 0;
    int ticks = 0;
    std::atomic<std::size_t> existing = 0;
    Listener listener; // the last: it uses all the others
};

ScimStandIn::ScimStandIn(Fault fault, Listener::Security security) : shop_(std::make_unique<Shop>(fault, security)) {}
ScimStandIn::~ScimStandIn() = default;

Endpoint ScimStandIn::endpoint() const
{
    const auto& listener = shop_->listener;
    return {.url = listener.url() + std::string(base), .token = std::string(token), .ca_file = listener.ca_file()};
}

std::size_t ScimStandIn::resources() const { return shop_->existing; }

} // namespace conformance::testing
