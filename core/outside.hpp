// The ports to the world outside: name servers, mail servers, and the keys of those who vouch for clients. What comes
// back from there is hostile until it has been looked at, and often late: each call waits, has a bound on its time and
// size, answers with a value, and never throws for what the other side did. For calls from any thread, but not from one
// that serves connections. scim/outside implements them; tests write their own.
#pragma once

#include "core/base/clock.hpp"

#include <boost/system/result.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core {

// --- DNS ---------------------------------------------------------------------------------------------------------

enum class DnsProblem {
    bad_name,       // not a name that DNS can hold; nothing was asked
    no_such_name,   // NXDOMAIN
    no_data,        // the name is there and has no TXT record
    alias_loop,     // CNAMEs that lead in a circle, or on and on
    timeout,        // no answer in time
    unreachable,    // the name server cannot be reached
    refused,        // the name server does not answer us
    server_failure, // SERVFAIL: it could not find out
    malformed,      // an answer that is none
    too_large,      // more than we are willing to read
};
std::string_view word(DnsProblem);        // "noSuchName", as the management API spells it
std::string_view explanation(DnsProblem); // for an administrator: what was found and what to do
bool is_worth_another_try(DnsProblem);    // whether it says nothing about the domain itself

// The records' values in the order they came; the strings of one record are joined.
using TxtAnswer = boost::system::result<std::vector<std::string>, DnsProblem>;

class TxtResolver {
public:
    virtual ~TxtResolver() = default;
    // `name` in ASCII: an internationalised domain in its xn-- form. In any case, with or without the last dot.
    virtual TxtAnswer look_up(std::string_view name, Duration longest = std::chrono::seconds{5}) = 0;
};

// --- mail --------------------------------------------------------------------------------------------------------

// One mail to one recipient: then what became of it is one answer. Addresses are addr-specs in ASCII.
struct Mail {
    std::string from;
    std::string from_name = {}; // shown beside the address; any text, as in the subject
    std::string to;
    std::string to_name = {};
    std::string subject;
    std::string text;       // lines end in \n
    std::string message_id; // without <>; the same at each attempt, so that a second copy can be known as one
    Instant date{};
};

enum class MailFate {
    sent,      // the mail server has taken it
    temporary, // it has not; try again later. Also whatever is wrong with our own access to that server
    permanent, // it has refused this mail for good
    unknown,   // all was handed over, and then the line broke: it may have been taken
};
std::string_view word(MailFate);

struct MailOutcome {
    MailFate fate = MailFate::sent;
    int code = 0;            // the reply that decided it (550), or 0
    std::string reason = {}; // for an administrator: our own words and the server's code, never an address or its text
};

class MailSender {
public:
    virtual ~MailSender() = default;
    virtual MailOutcome send(const Mail&) = 0;
};

// --- keys --------------------------------------------------------------------------------------------------------

// What a client assertion (RFC 7523 3) must say to be believed.
struct ExpectedAssertion {
    std::string issuer;                 // `iss`, to the letter
    std::string subject;                // `sub`, to the letter
    std::vector<std::string> audiences; // `aud` must name one of them
    std::string keys_url = {};          // where the issuer's keys are; empty: as its openid-configuration says
    bool once = false;                  // whether a `jti` is demanded and good for one time only
    Duration leeway = std::chrono::seconds{60};
    Duration longest_life = std::chrono::hours{24}; // between issue (or now) and expiry
};

struct Assertion {
    std::string issuer;
    std::string subject;
    std::string audience; // the one that was expected
    std::string id;       // `jti`; empty when it has none
    std::string key_id;   // `kid`
    Instant expires{};
    std::optional<Instant> issued = {};
};

enum class AssertionProblem {
    malformed,        // not a compact JWS of a JSON object, or not in its one spelling
    too_large,        //
    header,           // crit, a key of its own, a type that is no assertion
    algorithm,        // none, HS256, or any that is not on the list
    key,              // no key of the issuer fits: unknown kid, other kind, too weak, not for signatures
    signature,        // made by somebody else, or about something else
    issuer,           //
    subject,          //
    audience,         //
    expired,          //
    not_yet,          // nbf or iat lie in the future
    lifetime,         // good for longer than we accept, or no expiry
    claims,           // a claim of the wrong type
    replayed,         // this very one has been here before
    keys_unavailable, // the issuer's keys cannot be had now
};
std::string_view word(AssertionProblem); // for the log; a caller is told invalid_client and no more

using AssertionAnswer = boost::system::result<Assertion, AssertionProblem>;

class AssertionVerifier {
public:
    virtual ~AssertionVerifier() = default;
    virtual AssertionAnswer verify(std::string_view jwt, const ExpectedAssertion&, Instant now) = 0;
};

} // namespace core
