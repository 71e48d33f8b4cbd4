// The attributes of a user or group that no rule looks at, as SCIM JSON: kept as text, so that a read is sent without
// parsing; parsed once, when somebody asks.
// A user's profile holds neither id, userName, externalId, active, meta nor groups; a group's neither id, displayName,
// externalId, members nor meta: those are fields of their own. It does hold `schemas`, kept true by whoever writes it.
#pragma once

#include <boost/json/object.hpp>

#include <memory>
#include <string>

namespace core {

class Profile {
public:
    Profile() : text_{"{}"} {}
    // Canonical names, compact text.
    explicit Profile(boost::json::object attributes);
    // Trusts `text`: it comes from a store, which got it from the other constructor.
    static Profile from_store(std::string text);

    const std::string& text() const { return text_; }
    // Parses on first use: not for use from two threads at once. Throws std::runtime_error when the stored text is
    // damaged.
    const boost::json::object& attributes() const;
    // A copy of one's own, made in `storage`.
    boost::json::object attributes_in(boost::json::storage_ptr storage) const;
    bool operator==(const Profile& other) const { return text_ == other.text_; }

private:
    std::string text_;
    // Shared, because a decision copies its user several times and nobody changes what was parsed.
    mutable std::shared_ptr<const boost::json::object> attributes_;
};

} // namespace core
