// The protocol at its own height: a request in, the endpoint's work run on a store in memory, the answer out. No wire,
// no bearer, no decoding of addresses; everything from the query's parameters and the body's text on is the product's
// own.
#pragma once

#include "core/policy.hpp"
#include "core/testing/manual_clock.hpp"
#include "core/testing/memory_store.hpp"
#include "scim/call.hpp"
#include "scim/entra/quirks.hpp"
#include "scim/schema.hpp"

#include <boost/json/value.hpp>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scim::testing {

struct Reply {
    int status = 0;
    boost::json::value body; // null where there is none
    std::string text;
    std::string etag;
    std::string location;
    Lane lane = Lane::inline_read;

    std::string scim_type() const { return word_at("scimType"); }
    std::string detail() const { return word_at("detail"); }
    std::string id() const { return word_at("id"); }
    // A value of the body, at a path such as "/emails/0/value"; null when there is none.
    const boost::json::value& at(std::string_view pointer) const;
    std::int64_t total() const; // of a list; -1 when it is none

private:
    std::string word_at(std::string_view name) const;
};

using Fields = std::initializer_list<std::pair<std::string, std::string>>;

// One organisation's client. Copies share the world.
class Desk {
public:
    explicit Desk(core::Policy = {}, core::testing::AccountsUnique = core::testing::AccountsUnique::server);
    // Another organisation in the same store.
    Desk neighbour(std::string name, core::Policy = {}) const;

    // `path` below the base: "/Users", "/Users/ID". A query may follow a '?', written plainly: what stands between =
    // and & is the value. Headers' names in lower case.
    Reply get(std::string_view path, Fields headers = {}) const;
    Reply post(std::string_view path, std::string body, Fields headers = {}) const;
    Reply put(std::string_view path, std::string body, Fields headers = {}) const;
    Reply patch(std::string_view path, std::string body, Fields headers = {}) const;
    Reply del(std::string_view path, Fields headers = {}) const;
    // GET /Users?filter=…, whatever the filter holds.
    Reply find(std::string_view path, std::string filter) const;
    // PATCH with these operations in a PatchOp message.
    Reply operate(std::string_view path, std::string_view operations) const;

    // Gives the organisation a schema of its own, as `rollcall schema add` would. Throws what it refuses.
    void register_schema(std::string_view definition, std::string_view resource = "User");

    const entra::Quirks& quirks() const { return *quirks_; }
    core::testing::ManualClock& clock() const;
    core::testing::MemoryStore& store() const;
    core::OrgId organisation() const { return organisation_.id; }

    static constexpr std::string_view base = "https://idm.example/orgs/contoso/scim/v2";

private:
    struct World;
    Desk(std::shared_ptr<World>, std::string name, core::Policy);
    Reply ask(http::Method, std::string_view path, std::vector<http::Parameter> query, std::string body,
              Fields headers) const;

    std::shared_ptr<World> world_;
    core::Organisation organisation_;
    std::shared_ptr<entra::Quirks> quirks_;
    std::shared_ptr<const Schemas> schemas_ = built_in_schemas();
};

core::Policy strict_policy();

} // namespace scim::testing
