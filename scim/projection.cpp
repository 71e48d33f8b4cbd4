#include "scim/projection.hpp"

#include "core/base/text.hpp"
#include "scim/attribute_path.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <utility>

namespace scim {

namespace json = boost::json;

namespace {

bool same(std::string_view a, std::string_view b)
{
    return a.size() == b.size() && core::same_ignoring_ascii_case(a, b);
}

bool is_extension(std::string_view key) { return key.find(':') != std::string_view::npos; }

// At commas outside brackets and quotes.
std::vector<std::string_view> split(std::string_view list)
{
    std::vector<std::string_view> items;
    bool quoted = false;
    bool bracketed = false;
    std::size_t begin = 0;
    const auto take = [&](std::size_t end) {
        auto item = list.substr(begin, end - begin);
        while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
        while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
        if (!item.empty()) items.push_back(item);
        begin = end + 1;
    };
    for (std::size_t i = 0; i < list.size(); ++i) {
        const char c = list[i];
        if (quoted && c == '\\')
            ++i;
        else if (c == '"')
            quoted = !quoted;
        else if (quoted)
            continue;
        else if (c == '[')
            bracketed = true;
        else if (c == ']')
            bracketed = false;
        else if (c == ',' && !bracketed)
            take(i);
    }
    take(list.size());
    return items;
}

// Keeps (or drops) the named sub-attributes of an object or of each element of a list.
void filter_subs(json::value& value, const std::vector<std::string_view>& names, bool keep)
{
    if (value.is_array()) {
        auto& elements = value.get_array();
        json::array kept(elements.storage());
        for (auto& element : elements) {
            filter_subs(element, names, keep);
            if (!element.is_object() || !element.get_object().empty()) kept.push_back(std::move(element));
        }
        elements = std::move(kept);
        return;
    }
    if (!value.is_object()) return;
    json::object filtered(value.storage());
    for (auto& pair : value.get_object()) {
        const bool named =
            std::any_of(names.begin(), names.end(), [&](std::string_view name) { return same(name, pair.key()); });
        if (named == keep) filtered.emplace(pair.key(), std::move(pair.value()));
    }
    value = std::move(filtered);
}

bool is_nothing(const json::value& value)
{
    return (value.is_object() && value.get_object().empty()) || (value.is_array() && value.get_array().empty());
}

} // namespace

std::vector<Projection::Part> Projection::parts(std::string_view list, const ResourceSchema& schema)
{
    std::vector<Part> all;
    for (const auto item : split(list)) {
        const auto path = read_path(item);
        if (!path) continue;
        Part part{path->urn, path->name, path->sub};
        // A URN need not say where its schema ends: the organisation's schemas know.
        if (const auto* whole = schema.extension(item)) part = Part{whole->urn, "", ""};
        if (same(part.extension, schema.core.urn)) {
            if (part.name.empty()) { // the whole core schema: each of its attributes
                for (const auto& attribute : schema.core.attributes) all.push_back({"", attribute.name, ""});
                continue;
            }
            part.extension.clear();
        }
        const Attribute* attribute = nullptr;
        if (part.extension.empty()) {
            attribute = schema.find(part.name);
            if (!attribute) continue;
        } else if (const auto* extension = schema.extension(part.extension)) {
            part.extension = extension->urn;
            if (!part.name.empty() && !(attribute = extension->find(part.name))) continue;
        }
        if (attribute) {
            part.name = attribute->name;
            if (!part.sub.empty()) {
                const auto* sub = attribute->find_sub(part.sub);
                if (!sub) continue;
                part.sub = sub->name;
            }
        }
        all.push_back(std::move(part));
    }
    return all;
}

Projection Projection::from(const http::Request& request, const ResourceSchema& schema)
{
    Projection projection;
    projection.schema_ = &schema;
    for (const auto& parameter : request.query) {
        if (parameter.value.empty()) continue;
        if (parameter.name == "attributes") {
            projection.asks_ = true;
            projection.asked_ = parts(parameter.value, schema);
        } else if (parameter.name == "excludedAttributes") {
            projection.left_out_ = parts(parameter.value, schema);
            // What is always returned cannot be left out: `excludedAttributes=id` asks for nothing.
            std::erase_if(projection.left_out_, [&](const Part& part) {
                const auto* attribute = projection.attribute(part.extension, part.name);
                return attribute && attribute->returned == Returned::always;
            });
        }
    }
    return projection;
}

bool Projection::shows(std::string_view name) const
{
    const auto is_it = [&](const Part& part) { return part.extension.empty() && part.name == name; };
    if (asks_ && std::none_of(asked_.begin(), asked_.end(), is_it)) return false;
    return std::none_of(left_out_.begin(), left_out_.end(),
                        [&](const Part& part) { return is_it(part) && part.sub.empty(); });
}

bool Projection::shows(std::string_view name, std::string_view sub) const
{
    const auto names_it = [&](const Part& part) {
        return part.extension.empty() && part.name == name && (part.sub.empty() || part.sub == sub);
    };
    if (asks_ && std::none_of(asked_.begin(), asked_.end(), names_it)) return false;
    return std::none_of(left_out_.begin(), left_out_.end(), names_it);
}

bool Projection::only_leaves_out(std::string_view name) const
{
    return !asks_ && !hides() && !left_out_.empty() &&
           std::all_of(left_out_.begin(), left_out_.end(), [&](const Part& part) {
               return part.extension.empty() && part.name == name && part.sub.empty();
           });
}

bool Projection::asks_for_extension(std::string_view urn) const
{
    return std::any_of(asked_.begin(), asked_.end(), [&](const Part& part) { return part.extension == urn; });
}

const Attribute* Projection::attribute(std::string_view extension, std::string_view name) const
{
    if (!schema_) return nullptr;
    if (extension.empty()) return schema_->find(name);
    const auto* schema = schema_->extension(extension);
    return schema ? schema->find(name) : nullptr;
}

Projection Projection::after_write(const core::Profile* before, const core::Profile& after) const
{
    Projection changed = *this;
    if (!hides()) return changed;
    for (const auto& extension : schema_->extensions) {
        const auto inside = [&](const core::Profile& profile) {
            const auto* there = profile.attributes().if_contains(extension.urn);
            return there ? there->if_object() : nullptr;
        };
        const auto* now = inside(after);
        const auto* old = before ? inside(*before) : nullptr;
        if (!now) continue;
        for (const auto& pair : *now) {
            const auto* was = old ? old->if_contains(pair.key()) : nullptr;
            if (!was || *was != pair.value()) changed.written_.push_back({extension.urn, pair.key(), ""});
        }
    }
    return changed;
}

namespace {

// Drops those parts of a value that are not returned, or only on request.
void hide_parts(json::value& value, const Attribute& attribute, const std::vector<std::string_view>& asked, bool whole)
{
    std::vector<std::string_view> hidden;
    for (const auto& sub : attribute.sub) {
        const bool is_asked = whole || std::any_of(asked.begin(), asked.end(),
                                                   [&](std::string_view name) { return same(name, sub.name); });
        if (sub.returned == Returned::never || (sub.returned == Returned::request && !is_asked))
            hidden.push_back(sub.name);
    }
    if (!hidden.empty()) filter_subs(value, hidden, false);
}

} // namespace

json::object Projection::shown_of(json::object from, std::string_view extension) const
{
    // What of `key` is named: nothing, some sub-attributes, or all of it.
    const auto matching = [&](const std::vector<Part>& parts, std::string_view key,
                              std::vector<std::string_view>& subs) {
        bool whole = false;
        for (const auto& part : parts) {
            if (!same(part.extension, extension)) continue;
            if (part.name.empty())
                whole = true;
            else if (!same(part.name, key))
                continue;
            else if (part.sub.empty())
                whole = true;
            else
                subs.push_back(part.sub);
        }
        return whole;
    };
    const auto add_always_shown = [](const Attribute* attribute, std::vector<std::string_view>& subs) {
        if (!attribute) return;
        for (const auto& sub : attribute->sub)
            if (sub.returned == Returned::always) subs.push_back(sub.name);
    };
    const auto drop_always_shown = [](const Attribute* attribute, std::vector<std::string_view>& subs) {
        if (!attribute) return;
        std::erase_if(subs, [&](std::string_view name) {
            const auto* sub = attribute->find_sub(name);
            return sub && sub->returned == Returned::always;
        });
    };

    json::object shown(from.storage());
    for (auto& pair : from) {
        const std::string_view key = pair.key();
        auto& value = pair.value();
        if (extension.empty() && is_extension(key)) { // its attributes are looked at one by one
            shown.emplace(key, std::move(value));
            continue;
        }
        const auto* known = attribute(extension, key);
        const auto returned = known ? known->returned : Returned::by_default;
        if (returned == Returned::never) continue;
        std::vector<std::string_view> asked, written;
        const bool asks_whole = matching(asked_, key, asked);
        const bool was_written = !asks_ && matching(written_, key, written);
        if (returned != Returned::always) {
            if (asks_ ? !asks_whole && asked.empty() : returned == Returned::request && !was_written) continue;
            if (asks_ && !asks_whole) {
                auto kept = asked;
                add_always_shown(known, kept);
                filter_subs(value, kept, true);
                if (is_nothing(value)) continue;
            }
        }
        std::vector<std::string_view> left_out;
        if (matching(left_out_, key, left_out) && returned != Returned::always) continue;
        drop_always_shown(known, left_out);
        if (!left_out.empty()) filter_subs(value, left_out, false);
        if (known) hide_parts(value, *known, asked, asks_whole || was_written);
        if (is_nothing(value)) continue;
        shown.emplace(key, std::move(value));
    }
    return shown;
}

json::object Projection::apply(json::object full) const
{
    json::object shown = shown_of(std::move(full), "");
    for (auto it = shown.begin(); it != shown.end();) {
        const std::string key{it->key()};
        if (!is_extension(key) || !it->value().is_object()) {
            ++it;
            continue;
        }
        json::object inside = shown_of(std::move(it->value().get_object()), key);
        if (inside.empty()) {
            it = shown.stable_erase(it);
        } else {
            it->value() = std::move(inside);
            ++it;
        }
    }
    return shown;
}

} // namespace scim
