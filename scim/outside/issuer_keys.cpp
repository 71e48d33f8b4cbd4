#include "scim/outside/issuer_keys.hpp"

#include "core/base/json.hpp"
#include "core/base/log.hpp"

#include <algorithm>

namespace scim::outside {
namespace {

// Either way: callers' clocks are read a little apart, and one that was set back by more makes nothing recent.
bool is_within(core::Instant now, std::optional<core::Instant> then, core::Duration time)
{
    return then && now - *then < time && *then - now < time;
}

struct Obtained {
    IssuerKeys::Keys keys; // null: `trouble` says why
    std::optional<core::Duration> fresh = {};
    std::string trouble = {};
};

Obtained trouble_at(const char* where, const Fetched& fetched)
{
    std::string what = fetched.status == 0 ? fetched.trouble : "status " + std::to_string(fetched.status);
    return {.keys = {}, .trouble = std::string{where} + ": " + what};
}

// OpenID Connect Discovery 4: the document must be that of the issuer who was asked for.
Obtained obtain(const IssuerKeys::Get& get, const std::string& issuer, std::string keys_url)
{
    if (keys_url.empty()) {
        std::string base = issuer;
        if (base.ends_with('/')) base.pop_back();
        const Fetched fetched = get(base + "/.well-known/openid-configuration");
        if (fetched.status != 200) return trouble_at("openid-configuration", fetched);
        const auto document = core::json::read(fetched.body);
        if (!document || !document->is_object())
            return {.keys = {}, .trouble = "openid-configuration: it is no JSON object"};
        const auto text = [&](const char* name) -> std::string {
            const auto* const value = document->get_object().if_contains(name);
            return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
        };
        if (text("issuer") != issuer) return {.keys = {}, .trouble = "openid-configuration: it is another issuer's"};
        keys_url = text("jwks_uri");
        if (keys_url.empty()) return {.keys = {}, .trouble = "openid-configuration: it has no jwks_uri"};
    }
    const Fetched fetched = get(keys_url);
    if (fetched.status != 200) return trouble_at("keys", fetched);
    auto set = read_key_set(fetched.body);
    if (!set) return {.keys = {}, .trouble = "keys: it is no key set"};
    return {.keys = std::make_shared<const KeySet>(std::move(*set)), .fresh = fetched.fresh};
}

} // namespace

IssuerKeys::Known& IssuerKeys::known_for(const std::string& issuer, const std::string& keys_url, core::Instant now)
{
    const std::string name = issuer + ' ' + keys_url;
    if (!known_.contains(name) && known_.size() >= times_.issuers) {
        auto oldest = known_.end();
        for (auto one = known_.begin(); one != known_.end(); ++one)
            if (!one->second.fetching && (oldest == known_.end() || one->second.used < oldest->second.used))
                oldest = one;
        if (oldest != known_.end()) known_.erase(oldest);
    }
    Known& known = known_[name];
    known.used = now;
    return known;
}

IssuerKeys::Keys IssuerKeys::usable(const Known& known, core::Instant now) const
{
    return known.keys && now - known.came < std::max(times_.kept, known.fresh) ? known.keys : nullptr;
}

void IssuerKeys::fetch_into(Known& known, const std::string& issuer, const std::string& keys_url, core::Instant now,
                            Lock& lock)
{
    struct Fetching {
        Known& known;
        Lock& lock;
        std::condition_variable& told;
        ~Fetching()
        {
            if (!lock.owns_lock()) lock.lock();
            known.fetching = false;
            told.notify_all();
        }
    };
    known.fetching = true; // what is being fetched is not evicted
    const Fetching fetching{known, lock, fetched_};
    lock.unlock();
    Obtained obtained = obtain(get_, issuer, keys_url);
    lock.lock();
    if (!obtained.keys) {
        known.failed = now;
        core::log::warning("outside.keys", {{"issuer", issuer}, {"trouble", obtained.trouble}});
        return;
    }
    known.keys = std::move(obtained.keys);
    known.came = now;
    known.fresh = std::clamp(obtained.fresh.value_or(times_.fresh), times_.fresh_least, times_.fresh_most);
    known.failed.reset();
}

IssuerKeys::Keys IssuerKeys::keys(const std::string& issuer, const std::string& keys_url, core::Instant now)
{
    Lock lock{mutex_};
    Known* known = &known_for(issuer, keys_url, now);
    while (known->fetching && !usable(*known, now)) {
        fetched_.wait(lock);
        known = &known_for(issuer, keys_url, now);
    }
    const bool fresh = known->keys && is_within(now, known->came, known->fresh);
    const bool too_early = is_within(now, known->failed, times_.between_attempts);
    if (!fresh && !too_early && !known->fetching) fetch_into(*known, issuer, keys_url, now, lock);
    return usable(*known, now);
}

IssuerKeys::Keys IssuerKeys::newer(const std::string& issuer, const std::string& keys_url, const Keys& known_before,
                                   core::Instant now)
{
    Lock lock{mutex_};
    Known* known = &known_for(issuer, keys_url, now);
    while (known->fetching) {
        fetched_.wait(lock);
        known = &known_for(issuer, keys_url, now);
    }
    const bool changed = known->keys != known_before;
    const bool too_early = is_within(now, known->searched, times_.between_attempts) ||
                           is_within(now, known->failed, times_.between_attempts);
    if (!changed && !too_early) {
        known->searched = now;
        fetch_into(*known, issuer, keys_url, now, lock);
    }
    return usable(*known, now);
}

} // namespace scim::outside
