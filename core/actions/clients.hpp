// OAuth clients, their secrets, and the access tokens they are given. Everything that ends a client or a secret ends
// its tokens in the same transaction.
#pragma once

#include "core/actions/provision.hpp"
#include "core/oauth_client.hpp"
#include "core/outside.hpp"

#include <string>
#include <string_view>

namespace core::actions {

Result<void> create_client(AcrossTxn&, const Context&, OrgId, const OauthClient&);
Result<void> delete_client(AcrossTxn&, const Context&, OrgId, std::string_view client_id); // not_found
// not_found; too_many beyond most_client_secrets. A secret that has expired makes room.
Result<OauthClient> add_client_secret(AcrossTxn&, const Context&, OrgId, std::string_view client_id,
                                      const ClientSecret&);
Result<void> delete_client_secret(AcrossTxn&, const Context&, OrgId, std::string_view client_id,
                                  std::string_view secret_id); // not_found

ExpectedAssertion expected_of(const Federation&);

// What the client has shown: one of its secrets, or an assertion that was expected of `federation`.
struct Grant {
    std::string client_id;
    std::string secret_id;
    std::optional<Federation> federation;
    Scope scope = Scope::read;
    Duration life{};
};
struct AccessToken {
    Secret text;
    Instant expires{};
};
// Refused (not_allowed) when the client, its secret or its federation is no longer what it was when it was shown, or
// the organisation is disabled. A client has at most `most_places` tokens at a time; the next one ends the oldest.
inline constexpr std::size_t most_places = 32;
Result<AccessToken> issue_token(AcrossTxn&, const Context&, OrgId, const Grant&, std::span<const std::uint8_t> pepper);

} // namespace core::actions
