#include "core/profile.hpp"

#include "core/base/json.hpp"

#include <stdexcept>

namespace core {

namespace {

// What a store holds has passed the gate once, perhaps under wider limits than today's: only damage is refused here.
constexpr json::Limits for_stored_text{.depth = 64, .values = 10'000'000, .string_bytes = 64 * 1024 * 1024};

} // namespace

Profile::Profile(boost::json::object attributes) : text_{json::write(attributes)}
{
    // An object in somebody's memory resource would not outlive it.
    const bool is_on_the_heap = attributes.storage().get() == boost::json::storage_ptr{}.get();
    if (is_on_the_heap) attributes_ = std::make_shared<const boost::json::object>(std::move(attributes));
}

Profile Profile::from_store(std::string text)
{
    Profile profile;
    profile.text_ = std::move(text);
    return profile;
}

const boost::json::object& Profile::attributes() const
{
    if (!attributes_) {
        auto parsed = json::read(text_, for_stored_text);
        if (!parsed || !parsed->is_object()) throw std::runtime_error{"a stored profile is damaged"};
        attributes_ = std::make_shared<const boost::json::object>(std::move(parsed->get_object()));
    }
    return *attributes_;
}

boost::json::object Profile::attributes_in(boost::json::storage_ptr storage) const
{
    if (attributes_) return boost::json::object(*attributes_, std::move(storage));
    auto parsed = json::read(text_, for_stored_text, std::move(storage));
    if (!parsed || !parsed->is_object()) throw std::runtime_error{"a stored profile is damaged"};
    return std::move(parsed->get_object());
}

} // namespace core
