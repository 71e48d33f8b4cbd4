// The keys of issuers, remembered as long as they say and asked for again as seldom as will do.
#pragma once

#include "core/base/clock.hpp"
#include "scim/outside/curl.hpp"
#include "scim/outside/key_set.hpp"

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace scim::outside {

struct KeyTimes {
    core::Duration fresh = std::chrono::hours{1}; // where the issuer says nothing
    core::Duration fresh_least = std::chrono::minutes{5};
    core::Duration fresh_most = std::chrono::hours{24};
    core::Duration kept = std::chrono::hours{48};              // since they came, while the issuer is down
    core::Duration between_attempts = std::chrono::minutes{1}; // after a failure; and to look for an unknown key
    std::size_t issuers = 1000;
};

// Issuers are those that an administrator has named, never what a token says. From any thread: while one fetches, the
// others go on with the keys that are there, or wait where there are none.
class IssuerKeys {
public:
    using Get = std::function<Fetched(const std::string& url)>;
    using Keys = std::shared_ptr<const KeySet>; // shared with the calls that are still reading an older set

    explicit IssuerKeys(Get get, KeyTimes times = {}) : get_{std::move(get)}, times_{times} {}

    // `keys_url` empty: as the issuer's /.well-known/openid-configuration says. Null: they cannot be had.
    Keys keys(const std::string& issuer, const std::string& keys_url, core::Instant now);
    // A key was not among `known`: newer ones, or the same when it is too early to ask again.
    Keys newer(const std::string& issuer, const std::string& keys_url, const Keys& known, core::Instant now);

private:
    struct Known {
        Keys keys;
        core::Instant came{};
        core::Duration fresh{};
        std::optional<core::Instant> failed;   // the last attempt, when it failed
        std::optional<core::Instant> searched; // for an unknown key
        core::Instant used{};
        bool fetching = false;
    };
    using Lock = std::unique_lock<std::mutex>;

    Known& known_for(const std::string& issuer, const std::string& keys_url, core::Instant now);
    Keys usable(const Known&, core::Instant now) const;
    void fetch_into(Known&, const std::string& issuer, const std::string& keys_url, core::Instant now, Lock&);

    Get get_;
    KeyTimes times_;
    std::mutex mutex_;
    std::condition_variable fetched_;
    std::map<std::string, Known> known_;
};

} // namespace scim::outside
