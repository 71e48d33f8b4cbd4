#include "scim/outside/key_set.hpp"

#include "core/base/json.hpp"
#include "core/base/sealer.hpp"

#include <algorithm>
#include <bit>
#include <cjose/jwk.h>
#include <cjose/jws.h>
#include <memory>

namespace scim::outside {
namespace {

namespace bj = boost::json;

constexpr Algorithm algorithms[] = {
    {"RS256", "RSA", "", 0},      {"RS384", "RSA", "", 0},      {"RS512", "RSA", "", 0},
    {"PS256", "RSA", "", 0},      {"PS384", "RSA", "", 0},      {"PS512", "RSA", "", 0},
    {"ES256", "EC", "P-256", 64}, {"ES384", "EC", "P-384", 96}, {"ES512", "EC", "P-521", 132},
};

constexpr std::size_t keys_most = 100;
constexpr std::size_t rsa_bits_least = 2048;
constexpr std::size_t rsa_bytes_most = 1024; // beyond 8192 bits a verification is a way to keep us busy

// What of cjose is used takes no other form than this: a key from JSON, a JWS from text, one look at its signature.
struct Release {
    void operator()(cjose_jwk_t* key) const { cjose_jwk_release(key); }
    void operator()(cjose_jws_t* jws) const { cjose_jws_release(jws); }
};
using Jwk = std::unique_ptr<cjose_jwk_t, Release>;
using Jws = std::unique_ptr<cjose_jws_t, Release>;

Jwk imported(const std::string& jwk)
{
    cjose_err error{};
    return Jwk{cjose_jwk_import(jwk.data(), jwk.size(), &error)};
}

// The text of a member; nothing when it is absent or no text.
std::optional<std::string> text_of(const bj::object& object, std::string_view name)
{
    const bj::value* const value = object.if_contains(name);
    if (value == nullptr || !value->is_string()) return std::nullopt;
    return std::string{value->get_string()};
}

std::optional<std::string> bytes_of(const bj::object& object, std::string_view name)
{
    const auto text = text_of(object, name);
    return text ? core::from_base64url(*text) : std::nullopt;
}

bool is_for_verifying(const bj::object& object)
{
    if (object.contains("d") || object.contains("k")) return false; // a secret that everybody can read is none
    if (object.contains("use") && text_of(object, "use") != "sig") return false;
    if (object.contains("kid") && !text_of(object, "kid")) return false;
    if (object.contains("alg") && !text_of(object, "alg")) return false;
    const bj::value* const deeds = object.if_contains("key_ops");
    if (deeds == nullptr) return true;
    const bj::array* const list = deeds->if_array();
    return list != nullptr && std::any_of(list->begin(), list->end(), [](const bj::value& deed) {
               return deed.is_string() && deed.get_string() == "verify";
           });
}

bool is_good_rsa(const std::string& modulus, const std::string& exponent)
{
    if (modulus.empty() || modulus.size() > rsa_bytes_most || exponent.empty() || exponent.size() > 4) return false;
    const auto first = static_cast<unsigned char>(modulus.front());
    const std::size_t bits = modulus.size() * 8 - static_cast<std::size_t>(std::countl_zero(first));
    const bool odd = (modulus.back() & 1) != 0 && (exponent.back() & 1) != 0;
    return first != 0 && bits >= rsa_bits_least && odd && exponent != "\x01" && exponent.front() != 0;
}

// Nothing when this is not a key for us.
std::optional<PublicKey> read_key(const bj::object& object)
{
    if (!is_for_verifying(object)) return std::nullopt;
    PublicKey key;
    key.id = text_of(object, "kid").value_or("");
    key.algorithm = text_of(object, "alg").value_or("");
    key.kind = text_of(object, "kty").value_or("");
    bj::object made{{"kty", key.kind}};
    if (key.kind == "RSA") {
        const auto modulus = bytes_of(object, "n");
        const auto exponent = bytes_of(object, "e");
        if (!modulus || !exponent || !is_good_rsa(*modulus, *exponent)) return std::nullopt;
        key.bytes = modulus->size();
        made["n"] = object.at("n");
        made["e"] = object.at("e");
    } else if (key.kind == "EC") {
        key.curve = text_of(object, "crv").value_or("");
        const auto* const same_curve =
            std::find_if(std::begin(algorithms), std::end(algorithms),
                         [&](const Algorithm& one) { return !one.curve.empty() && one.curve == key.curve; });
        const auto x = bytes_of(object, "x");
        const auto y = bytes_of(object, "y");
        if (same_curve == std::end(algorithms) || !x || !y || x->size() != same_curve->signature_bytes / 2 ||
            y->size() != x->size())
            return std::nullopt;
        for (const char* const name : {"crv", "x", "y"}) made[name] = object.at(name);
    } else {
        return std::nullopt;
    }
    key.jwk = core::json::write(made);
    if (!imported(key.jwk)) return std::nullopt; // a point that is not on its curve, among others
    return key;
}

} // namespace

const Algorithm* algorithm_named(std::string_view name)
{
    const auto* const found = std::find_if(std::begin(algorithms), std::end(algorithms),
                                           [&](const Algorithm& one) { return one.name == name; });
    return found == std::end(algorithms) ? nullptr : found;
}

std::optional<KeySet> read_key_set(std::string_view json)
{
    const auto document = core::json::read(json);
    if (!document || !document->is_object()) return std::nullopt;
    const bj::value* const keys = document->get_object().if_contains("keys");
    if (keys == nullptr || !keys->is_array()) return std::nullopt;
    KeySet set;
    for (const bj::value& one : keys->get_array()) {
        if (set.size() == keys_most) break;
        if (!one.is_object()) return std::nullopt;
        if (auto key = read_key(one.get_object())) set.push_back(std::move(*key));
    }
    return set;
}

bool fits(const PublicKey& key, const Algorithm& algorithm)
{
    return key.kind == algorithm.kind && key.curve == algorithm.curve &&
           (key.algorithm.empty() || key.algorithm == algorithm.name);
}

bool is_signed_by(std::string_view jws, const PublicKey& key)
{
    cjose_err error{};
    const Jwk jwk = imported(key.jwk);
    const Jws read{cjose_jws_import(jws.data(), jws.size(), &error)};
    return jwk && read && cjose_jws_verify(read.get(), jwk.get(), &error);
}

} // namespace scim::outside
