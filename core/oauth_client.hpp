// A program that gets its access tokens from /oauth2/token instead of being handed one (api.md `/orgs/{org}/clients`,
// E-10 to E-12): by one of its secrets, or by what an issuer says of it (workload identity federation).
#pragma once

#include "core/record.hpp"
#include "core/token.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace core {

inline constexpr std::string_view client_secret_prefix = "rs_";

struct ClientSecret {
    std::string id; // the public part of rs_<id>_<secret><checksum>
    Digest mac{};
    Instant created{};
    Instant expires{};
    std::optional<Instant> last_used;
    bool operator==(const ClientSecret&) const = default;
};

// Whose word is taken for the client's identity.
struct Federation {
    std::string issuer;
    std::string subject;
    std::string audience;
    bool once = false; // whether an assertion is good for one time only; Entra sends each more than once
    bool operator==(const Federation&) const = default;
};

// A row among the tokens that is the client's. When its token is over, the next one takes its place under the same
// public id, so that tokens of an hour's life do not pile up.
struct TokenPlace {
    std::string token_id;
    std::string secret_id; // by which it was got; empty: by an assertion
    Instant expires{};
    bool operator==(const TokenPlace&) const = default;
};

struct OauthClient {
    static constexpr RecordKind record_kind = RecordKind::oauth_client;

    std::string id; // UUID text; the client_id
    std::string label;
    Scope scope = Scope::write; // the most that its tokens may do
    Instant created{};
    std::vector<ClientSecret> secrets; // oldest first
    std::optional<Federation> federation;
    std::vector<TokenPlace> places;

    static OauthClient from_record(const Record&);
    bool operator==(const OauthClient&) const = default;
};
Record to_record(const OauthClient&); // key and ref: the id

inline constexpr std::size_t most_client_secrets = 8;
inline constexpr Duration least_secret_life = std::chrono::days{365};
inline constexpr Duration longest_secret_life = std::chrono::days{3 * 366};

struct NewClientSecret {
    std::string id;
    Secret text; // shown once
    Digest mac{};
};
NewClientSecret make_client_secret(std::span<const std::uint8_t> pepper);

// The id of the live secret that this text is, or nothing. The work is the same for every text and every client, also
// for none: nobody learns from the time an answer takes which clients there are, or what was wrong.
std::optional<std::string> secret_presented(const OauthClient*, std::string_view text,
                                            std::span<const std::uint8_t> pepper, Instant now);
// Which secret this text claims to be; nothing for what cannot be one.
std::optional<std::string_view> client_secret_id(std::string_view text);
bool is_live(const ClientSecret&, Instant now);

} // namespace core
