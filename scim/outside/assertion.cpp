#include "scim/outside/assertion.hpp"

#include "core/base/json.hpp"
#include "core/base/sealer.hpp"
#include "core/base/text.hpp"

#include <algorithm>
#include <cmath>

namespace scim::outside {
namespace {

namespace bj = boost::json;
using core::AssertionProblem;
template<class T>
using Read = boost::system::result<T, AssertionProblem>;

constexpr std::size_t jwt_most = 16 * 1024;
constexpr std::size_t id_most = 256;
constexpr core::json::Limits limits{.depth = 8, .values = 1000, .string_bytes = jwt_most};

struct Parts {
    bj::object header;
    bj::object claims;
    std::size_t signature_bytes = 0;
};

Read<bj::object> object_from(std::string_view part)
{
    const auto text = core::from_base64url(part);
    if (!text) return AssertionProblem::malformed;
    auto value = core::json::read(*text, limits);
    if (!value || !value->is_object()) return AssertionProblem::malformed;
    return std::move(value->get_object());
}

// Three parts, each in its one spelling, the first two JSON objects.
Read<Parts> taken_apart(std::string_view jwt)
{
    if (jwt.size() > jwt_most) return AssertionProblem::too_large;
    const auto first = jwt.find('.');
    const auto second = first == jwt.npos ? jwt.npos : jwt.find('.', first + 1);
    if (second == jwt.npos || jwt.find('.', second + 1) != jwt.npos) return AssertionProblem::malformed;
    const auto signature = core::from_base64url(jwt.substr(second + 1));
    if (!signature) return AssertionProblem::malformed;
    Parts parts;
    TRY(parts.header, object_from(jwt.substr(0, first)));
    TRY(parts.claims, object_from(jwt.substr(first + 1, second - first - 1)));
    parts.signature_bytes = signature->size();
    return parts;
}

Read<const Algorithm*> checked_header(const bj::object& header)
{
    // Critical extensions are not known here; a key or the place of one is not taken from who wants to be believed;
    // what is packed or nested is no assertion.
    for (const char* const name : {"crit", "b64", "jwk", "jku", "x5c", "x5u", "zip", "cty", "enc", "epk"})
        if (header.contains(name)) return AssertionProblem::header;
    if (const bj::value* const type = header.if_contains("typ")) {
        if (!type->is_string()) return AssertionProblem::header;
        const std::string_view word{type->get_string()};
        // RFC 7519 5.1, and the type that the successor of RFC 7523 asks for.
        if (!core::same_ignoring_ascii_case(word, "JWT") &&
            !core::same_ignoring_ascii_case(word, "client-authentication+jwt"))
            return AssertionProblem::header;
    }
    const bj::value* const name = header.if_contains("alg");
    const Algorithm* const algorithm =
        name != nullptr && name->is_string() ? algorithm_named(name->get_string()) : nullptr;
    if (algorithm == nullptr) return AssertionProblem::algorithm;
    return algorithm;
}

// Empty when it is absent.
Read<std::string> text_in(const bj::object& object, std::string_view name, AssertionProblem otherwise)
{
    const bj::value* const value = object.if_contains(name);
    if (value == nullptr) return std::string{};
    if (!value->is_string() || value->get_string().empty()) return otherwise;
    return std::string{value->get_string()};
}

// RFC 7519 2: seconds since 1970, also with a fraction.
Read<std::optional<core::Instant>> time_in(const bj::object& claims, std::string_view name)
{
    constexpr double last = 253'402'300'799; // the end of the year 9999
    const bj::value* const value = claims.if_contains(name);
    if (value == nullptr) return std::optional<core::Instant>{};
    if (!value->is_number()) return AssertionProblem::claims;
    const double seconds = value->to_number<double>();
    if (seconds < 0 || seconds > last) return AssertionProblem::claims;
    return std::optional{core::Instant{core::Duration{static_cast<core::Duration::rep>(std::floor(seconds * 1000))}}};
}

Read<std::string> audience_in(const bj::object& claims, const std::vector<std::string>& expected)
{
    const bj::value* const value = claims.if_contains("aud");
    if (value == nullptr) return AssertionProblem::audience;
    bj::array one;
    if (value->is_string()) one.push_back(*value);
    const bj::array& named = value->is_array() ? value->get_array() : one;
    const bool words = std::all_of(named.begin(), named.end(), [](const bj::value& item) { return item.is_string(); });
    if (!words || (!value->is_array() && !value->is_string())) return AssertionProblem::claims;
    for (const std::string& wish : expected) {
        const bool there = std::any_of(named.begin(), named.end(), [&](const bj::value& item) {
            return std::string_view{item.get_string()} == wish;
        });
        if (there && !wish.empty()) return wish;
    }
    return AssertionProblem::audience;
}

Read<core::Assertion> checked_claims(const bj::object& claims, const core::ExpectedAssertion& expected,
                                     core::Instant now)
{
    core::Assertion found;
    TRY(found.issuer, text_in(claims, "iss", AssertionProblem::claims));
    TRY(found.subject, text_in(claims, "sub", AssertionProblem::claims));
    if (found.issuer.empty() || found.issuer != expected.issuer) return AssertionProblem::issuer;
    if (found.subject.empty() || found.subject != expected.subject) return AssertionProblem::subject;
    TRY(found.audience, audience_in(claims, expected.audiences));
    TRY(found.id, text_in(claims, "jti", AssertionProblem::claims));
    if (found.id.size() > id_most || (expected.once && found.id.empty())) return AssertionProblem::claims;

    TRY(const auto expires, time_in(claims, "exp"));
    TRY(const auto begins, time_in(claims, "nbf"));
    TRY(found.issued, time_in(claims, "iat"));
    if (!expires) return AssertionProblem::lifetime;
    if (now >= *expires + expected.leeway) return AssertionProblem::expired;
    if (begins && *begins > now + expected.leeway) return AssertionProblem::not_yet;
    if (found.issued && *found.issued > now + expected.leeway) return AssertionProblem::not_yet;
    const core::Duration life = *expires - found.issued.value_or(now);
    if (life < core::Duration{0} && found.issued) return AssertionProblem::lifetime;
    if (life > expected.longest_life) return AssertionProblem::lifetime;
    found.expires = *expires;
    return found;
}

} // namespace

Read<UnprovenAssertion> read_assertion(std::string_view jwt, const core::ExpectedAssertion& expected, core::Instant now)
{
    TRY(const Parts parts, taken_apart(jwt));
    UnprovenAssertion unproven;
    TRY(unproven.algorithm, checked_header(parts.header));
    TRY(std::string key_id, text_in(parts.header, "kid", AssertionProblem::header));
    if (key_id.size() > id_most) return AssertionProblem::header;
    TRY(unproven.claims, checked_claims(parts.claims, expected, now));
    unproven.claims.key_id = std::move(key_id);
    unproven.signature_bytes = parts.signature_bytes;
    return unproven;
}

const PublicKey* key_for(const UnprovenAssertion& unproven, const KeySet& keys)
{
    const PublicKey* found = nullptr;
    for (const PublicKey& key : keys) {
        const bool named = unproven.claims.key_id.empty() || key.id == unproven.claims.key_id;
        if (!named || !fits(key, *unproven.algorithm)) continue;
        if (found != nullptr && found->jwk != key.jwk) return nullptr; // which of the two is not for us to guess
        found = &key;
    }
    return found;
}

core::AssertionAnswer proven(std::string_view jwt, const UnprovenAssertion& unproven, const PublicKey& key)
{
    const std::size_t bytes = key.kind == "RSA" ? key.bytes : unproven.algorithm->signature_bytes;
    if (unproven.signature_bytes != bytes || !is_signed_by(jwt, key)) return AssertionProblem::signature;
    return unproven.claims;
}

core::AssertionAnswer verify_assertion(std::string_view jwt, const core::ExpectedAssertion& expected,
                                       const KeySet& keys, core::Instant now)
{
    TRY(const UnprovenAssertion unproven, read_assertion(jwt, expected, now));
    const PublicKey* const key = key_for(unproven, keys);
    if (key == nullptr) return AssertionProblem::key;
    return proven(jwt, unproven, *key);
}

} // namespace scim::outside
