// `attributes` and `excludedAttributes` (RFC 7644 3.4.2.5, 3.9): which parts of a resource an answer shows. Names that
// mean nothing are ignored; a value path (`emails[type eq "work"]`) stands for its attribute.
#pragma once

#include "core/profile.hpp"
#include "scim/http/message.hpp"
#include "scim/schema.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace scim {

class Projection {
public:
    Projection() = default;
    static Projection from(const http::Request&, const ResourceSchema&);

    // Nothing was asked for, and nothing stored is to be hidden: the stored text can be sent as it is.
    bool is_default() const { return !asks_ && left_out_.empty() && !hides(); }
    // `attributes` was given.
    bool asks() const { return asks_; }
    // Whether the answer shows anything of this top-level core attribute.
    bool shows(std::string_view name) const;
    // Whether it shows this part of it.
    bool shows(std::string_view name, std::string_view sub) const;
    // Whether no question but that of `name` as a whole was asked: `excludedAttributes=members`.
    bool only_leaves_out(std::string_view name) const;
    // Whether something of this extension was asked for by name; what is returned on request needs that.
    bool asks_for_extension(std::string_view urn) const;

    // For the answer to a write: what is returned on request only is also returned to whoever has just given it (RFC
    // 7643 7), that is, where `after` differs from `before` (none: everything).
    Projection after_write(const core::Profile* before, const core::Profile& after) const;

    // `full` holds every attribute that may be shown, those returned on request only if asked for.
    boost::json::object apply(boost::json::object full) const;

private:
    struct Part {
        std::string extension; // URN, canonical where known; empty: core
        std::string name;      // empty: the whole extension
        std::string sub;       // empty: the whole attribute
    };
    static std::vector<Part> parts(std::string_view list, const ResourceSchema&);

    bool hides() const { return schema_ && schema_->hides_stored; }
    const Attribute* attribute(std::string_view extension, std::string_view name) const;
    boost::json::object shown_of(boost::json::object from, std::string_view extension) const;

    const ResourceSchema* schema_ = nullptr; // outlives the request
    bool asks_ = false;
    std::vector<Part> written_;
    std::vector<Part> asked_;
    std::vector<Part> left_out_;
};

} // namespace scim
