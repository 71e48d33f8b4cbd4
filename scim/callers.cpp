#include "scim/callers.hpp"

#include "core/oauth_client.hpp"

#include <algorithm>

namespace scim {

Callers::Callers(core::Store& store, std::vector<std::uint8_t> pepper, CallerLimits limits)
    : store_{store}, pepper_{std::move(pepper)}, limits_{limits}
{
}

std::shared_ptr<const Tenant> Callers::tenant_of(core::Registry& registry, core::OrgId id)
{
    auto organisation = registry.organisation(id);
    if (!organisation || organisation->disabled) return nullptr;
    const std::lock_guard lock{mutex_};
    auto& known = tenants_[id.value];
    // The same value as long as nothing that requests look at has changed: the quirks' counters live in it.
    if (known && known->organisation.policy == organisation->policy &&
        known->organisation.mapping == organisation->mapping && known->organisation.schemas == organisation->schemas &&
        known->organisation.display_name == organisation->display_name &&
        known->organisation.paused == organisation->paused)
        return known;
    auto fresh = std::make_shared<Tenant>(std::move(*organisation));
    if (known) fresh->quirks.take_counts_from(known->quirks);
    return known = fresh;
}

std::optional<Caller> Callers::caller(std::string_view presented, core::Instant now)
{
    const auto parts = core::token_parts(presented);
    if (!parts || parts->kind != core::TokenKind::scim) return std::nullopt;
    Remembered found;
    std::uint64_t generation = 0;
    bool trusted = false;
    {
        const std::lock_guard lock{mutex_};
        generation = generation_;
        if (const auto it = tokens_.find(std::string{parts->public_id});
            it != tokens_.end() && it->second.generation == generation_) {
            found = it->second;
            trusted = true;
        }
    }
    if (!trusted) {
        std::optional<core::Token> token;
        std::shared_ptr<const Tenant> tenant;
        store_.read_registry([&](core::Registry& registry) {
            token = registry.token(parts->public_id);
            if (token) tenant = tenant_of(registry, token->organisation);
        });
        const std::lock_guard lock{mutex_};
        if (!token || !tenant) {
            tokens_.erase(std::string{parts->public_id});
            return std::nullopt;
        }
        found = Remembered{std::move(*token), std::move(tenant), generation};
        tokens_[found.token.public_id] = found;
    }
    if (!core::token_matches(found.token, *parts, pepper_) || !core::is_live(found.token, now)) return std::nullopt;
    note_use(found.token.public_id, now);
    std::optional<Subject> subject;
    if (found.token.user) subject = Subject{*found.token.user, found.token.created};
    return Caller{std::move(found.token.public_id), found.token.scope, std::move(found.tenant), subject};
}

void Callers::note_use(const std::string& token_id, core::Instant now)
{
    const std::lock_guard lock{mutex_};
    auto& used = last_used_[token_id];
    used = std::max(used, std::chrono::floor<std::chrono::minutes>(now) + core::Duration{0});
}

bool Callers::failed_too_often(std::string_view peer, std::string_view presented, Steady now)
{
    constexpr std::size_t most_remembered = 20'000; // a flood from many addresses must not grow memory
    const std::lock_guard lock{mutex_};
    if (failures_.size() > most_remembered) failures_.clear();
    bool too_often = false;
    const auto count = [&](std::string key) {
        auto& f = failures_[std::move(key)];
        if (now - f.window >= std::chrono::minutes{1}) f = Failures{now, 0};
        too_often |= ++f.count > limits_.failed_authentications;
    };
    count("address " + std::string{peer});
    if (const auto parts = core::token_parts(presented)) count("token " + std::string{parts->public_id});
    if (const auto id = core::client_secret_id(presented)) count("secret " + std::string{*id});
    return too_often;
}

std::chrono::milliseconds Callers::wait_for_rate(const std::string& token_id, Steady now)
{
    if (limits_.requests_per_second <= 0) return {};
    const auto rate = static_cast<double>(limits_.requests_per_second);
    const auto burst = limits_.requests_burst > 0 ? static_cast<double>(limits_.requests_burst) : 2 * rate;
    const std::lock_guard lock{mutex_};
    auto [it, is_new] = buckets_.try_emplace(token_id, Bucket{now, burst});
    auto& bucket = it->second;
    bucket.tokens = std::min(burst, bucket.tokens + rate * std::chrono::duration<double>(now - bucket.last).count());
    bucket.last = now;
    // A request that waits has taken its turn: the bucket goes below nothing by as many as wait, at most a quarter
    // second's worth.
    const double after = bucket.tokens - 1;
    const auto wait = std::chrono::milliseconds{after >= 0 ? 0 : static_cast<std::int64_t>(-after / rate * 1000) + 1};
    if (wait <= std::chrono::milliseconds{250}) bucket.tokens = after;
    return wait;
}

void Callers::look_for_changes()
{
    const auto mark = store_.change_mark();
    const std::lock_guard lock{mutex_};
    if (mark == mark_) return;
    mark_ = mark;
    ++generation_;
}

std::vector<std::pair<std::string, core::Instant>> Callers::take_last_used()
{
    const std::lock_guard lock{mutex_};
    std::vector<std::pair<std::string, core::Instant>> taken{last_used_.begin(), last_used_.end()};
    last_used_.clear();
    return taken;
}

std::vector<std::shared_ptr<const Tenant>> Callers::tenants() const
{
    const std::lock_guard lock{mutex_};
    std::vector<std::shared_ptr<const Tenant>> all;
    for (const auto& [id, tenant] : tenants_) all.push_back(tenant);
    return all;
}

} // namespace scim
