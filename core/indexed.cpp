#include "core/indexed.hpp"

namespace core {

namespace {

using Seeds = std::optional<std::vector<IndexSeed>>;

bool stands_for_value(const AttributeRef& attribute) { return attribute.sub.empty() || attribute.sub == "value"; }

// `element_of` is the multi-valued attribute around an inner tree, whose attributes name sub-attributes.
std::optional<IndexSeed::Key> key_of(const AttributeRef& attribute, const AttributeRef* element_of, Searched searched)
{
    using Key = IndexSeed::Key;
    if (element_of != nullptr) {
        if (!element_of->extension.empty() || attribute.name != "value") return std::nullopt;
        if (searched == Searched::users && element_of->name == "emails") return Key::email;
        if (searched == Searched::groups && element_of->name == "members" && attribute.case_exact) return Key::member;
        return std::nullopt;
    }
    if (!attribute.extension.empty()) return std::nullopt;
    if (attribute.name == "id") return Key::id;
    if (attribute.name == "externalId" && attribute.case_exact) return Key::external_id;
    switch (searched) {
    case Searched::users:
        if (attribute.name == "userName") return Key::user_name;
        if (attribute.name == "emails" && stands_for_value(attribute)) return Key::email;
        return std::nullopt;
    case Searched::groups:
        if (attribute.name == "displayName") return Key::display_name;
        if (attribute.name == "members" && stands_for_value(attribute) && attribute.case_exact) return Key::member;
        return std::nullopt;
    }
    return std::nullopt;
}

Seeds seeds_of(const Predicate& node, const AttributeRef* element_of, Searched searched)
{
    switch (node.kind) {
    case Predicate::Kind::compare: {
        const auto* const text = std::get_if<std::string>(&node.literal);
        if (node.comparison != Comparison::eq || text == nullptr) return std::nullopt;
        const auto key = key_of(node.attribute, element_of, searched);
        if (!key) return std::nullopt;
        return std::vector{IndexSeed{*key, text}};
    }
    case Predicate::Kind::within: return seeds_of(node.children.front(), &node.attribute, searched);
    case Predicate::Kind::all_of: { // the side that needs the fewest look-ups
        Seeds best;
        for (const Predicate& child : node.children) {
            Seeds of_child = seeds_of(child, element_of, searched);
            if (of_child && (!best || of_child->size() < best->size())) best = std::move(of_child);
        }
        return best;
    }
    case Predicate::Kind::any_of: {
        std::vector<IndexSeed> together;
        for (const Predicate& child : node.children) {
            const Seeds of_child = seeds_of(child, element_of, searched);
            if (!of_child) return std::nullopt;
            together.insert(together.end(), of_child->begin(), of_child->end());
        }
        return together;
    }
    case Predicate::Kind::negation:
    case Predicate::Kind::present: return std::nullopt;
    }
    return std::nullopt;
}

} // namespace

std::optional<std::vector<IndexSeed>> index_seeds(const Predicate& predicate, Searched searched)
{
    return seeds_of(predicate, nullptr, searched);
}

} // namespace core
