// Who may call: bearer tokens → organisation, scope and switches, remembered between requests and dropped when the
// store changed under us (another process revoked, disabled, changed a policy), within a second (HOUSE 5). Also the
// brakes on guessing (failed authentications) and on one token's rate. From any thread.
#pragma once

#include "core/base/clock.hpp"
#include "core/store.hpp"
#include "scim/call.hpp"
#include "scim/custom_schema.hpp"
#include "scim/entra/quirks.hpp"
#include "scim/schema.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace scim {

// An organisation as requests see it: one value for as long as nothing about it changes.
struct Tenant {
    core::Organisation organisation;
    entra::Quirks quirks;
    std::shared_ptr<const Schemas> schemas; // shared: most organisations add nothing to the built-in ones
    explicit Tenant(core::Organisation o)
        : organisation{std::move(o)}, quirks{organisation.policy.quirk_profile, organisation.policy.quirks},
          schemas{schemas_of(organisation)}
    {
    }
};

struct Caller {
    std::string token_id;
    core::Scope scope = core::Scope::read;
    std::shared_ptr<const Tenant> tenant;
    std::optional<Subject> subject; // the one user the token was made for
};

struct CallerLimits {
    std::int64_t requests_per_second = 0;
    std::int64_t requests_burst = 0;
    std::int64_t failed_authentications = 20;
};

class Callers {
public:
    using Steady = std::chrono::steady_clock::time_point;

    Callers(core::Store&, std::vector<std::uint8_t> pepper, CallerLimits);

    // The caller, or nothing: unknown, wrong, revoked, expired, of a disabled organisation. There is no memory of
    // tokens that do not exist: one made by another process works at once.
    std::optional<Caller> caller(std::string_view presented_token, core::Instant now);

    // Counts a failure; true when this address or token id has failed too often in the last minute.
    bool failed_too_often(std::string_view peer, std::string_view presented_token, Steady now);

    // How long the caller must wait for its next request: zero, up to 250 ms (then wait and serve), or more (then 429).
    std::chrono::milliseconds wait_for_rate(const std::string& token_id, Steady now);

    // Distrusts what is remembered if the store's mark has moved; called a few times a second.
    void look_for_changes();
    // Remembers that a token was used, to the minute.
    void note_use(const std::string& token_id, core::Instant now);
    // Last-used instants that were not yet written; the caller writes them (at most once a minute).
    std::vector<std::pair<std::string, core::Instant>> take_last_used();

    // The tenant of a name, if any of its tokens has been seen; for the health pages' figures.
    std::vector<std::shared_ptr<const Tenant>> tenants() const;

private:
    struct Remembered {
        core::Token token;
        std::shared_ptr<const Tenant> tenant;
        std::uint64_t generation = 0;
    };
    std::shared_ptr<const Tenant> tenant_of(core::Registry&, core::OrgId);

    core::Store& store_;
    const std::vector<std::uint8_t> pepper_;
    const CallerLimits limits_;

    mutable std::mutex mutex_;
    std::unordered_map<std::string, Remembered> tokens_; // by public id
    std::unordered_map<std::int64_t, std::shared_ptr<const Tenant>> tenants_;
    std::unordered_map<std::string, core::Instant> last_used_;
    std::uint64_t generation_ = 1;
    std::int64_t mark_ = -1;

    struct Failures {
        Steady window{};
        std::int64_t count = 0;
    };
    std::unordered_map<std::string, Failures> failures_;
    struct Bucket {
        Steady last{};
        double tokens = 0;
    };
    std::unordered_map<std::string, Bucket> buckets_;
};

} // namespace scim
