// A key set and an assertion, with a line between them. Nobody who cannot sign is believed, and what is read has one
// spelling: it is what the expectation says.
#include "scim/outside/assertion.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    const std::string_view input{reinterpret_cast<const char*>(data), size};
    const auto end = std::min(input.find('\n'), input.size());
    const auto keys = scim::outside::read_key_set(input.substr(0, end));
    const std::string_view jwt = input.substr(std::min(end + 1, input.size()));
    const core::ExpectedAssertion expected{.issuer = "https://i", .subject = "s", .audiences = {"a"}};
    const core::Instant now{std::chrono::seconds{1'800'000'000}};
    const auto read = scim::outside::read_assertion(jwt, expected, now);
    if (read) {
        const core::Assertion& claims = read->claims;
        if (claims.issuer != "https://i" || claims.subject != "s" || claims.audience != "a") std::abort();
        if (claims.expires + expected.leeway <= now || read->algorithm == nullptr) std::abort();
    }
    if (!keys) return 0;
    for (const auto& key : *keys)
        if (key.kind != "RSA" && key.kind != "EC") std::abort();
    if (scim::outside::verify_assertion(jwt, expected, *keys, now)) std::abort();
    return 0;
}
