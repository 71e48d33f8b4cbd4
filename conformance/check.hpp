// Checks as a table, and what a check works with. A check talks to the server through its Context; the first
// expectation that does not hold ends it and becomes the failure that the report shows. What a check made is deleted
// when it ends, however it ends.
#pragma once

#include "conformance/client.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace conformance {

using Json = boost::json::value;

class Context;

// What a check cannot do without; /ServiceProviderConfig and /ResourceTypes say whether the server has it.
enum Need : unsigned {
    nothing = 0,
    patching = 1,
    filtering = 2,
    sorting = 4,
    etags = 8,
    groups = 16,
    bulk = 32,
    cursors = 64,
    user_groups = 128 // /Schemas lists `groups` of users
};

struct Check {
    std::string id;
    std::string title;  // what a good server does
    std::string source; // the rule: RFC and section, or Microsoft's behaviour
    unsigned needs = 0; // of Need
    std::function<void(Context&)> run;
};
using Checks = std::vector<Check>;

// A row of a table of checks that is written down (others are made from rows of data).
struct Row {
    const char* id;
    const char* title;
    const char* source;
    unsigned needs;
    void (*run)(Context&);
};
void append(Checks&, std::span<const Row>);

inline constexpr std::string_view user_urn = "urn:ietf:params:scim:schemas:core:2.0:User";
inline constexpr std::string_view group_urn = "urn:ietf:params:scim:schemas:core:2.0:Group";
inline constexpr std::string_view enterprise_urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
inline constexpr std::string_view patch_op_urn = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
inline constexpr std::string_view list_response_urn = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
inline constexpr std::string_view error_urn = "urn:ietf:params:scim:api:messages:2.0:Error";

// How a check ends before its end.
struct Failed {
    std::string expected;
    std::string seen;
};
struct Skipped {
    std::string why;
};

// --- JSON --------------------------------------------------------------------------------------------------------
// The text with $1…$9 replaced by the arguments, each escaped for the inside of a JSON string.
Json json_of(std::string_view text, std::initializer_list<std::string> arguments);
template<class... Text>
Json body(std::string_view text, const Text&... arguments)
{
    return json_of(text, {std::string(arguments)...});
}
// A PATCH message around operations: patch_of(R"({"op":"replace",…},{…})", …).
template<class... Text>
Json patch_of(std::string_view operations, const Text&... arguments)
{
    return json_of(R"({"schemas":[")" + std::string(patch_op_urn) + R"("],"Operations":[)" + std::string(operations) +
                       "]}",
                   {std::string(arguments)...});
}
// The value at "/name/givenName", "/emails/0/value", "/emails[type=work]/value" (the first such element, text compared
// without case); names are compared with case. nullptr when there is none.
const Json* at(const Json&, std::string_view path);
const Json* at(Json&&, std::string_view path) = delete;  // it would point into what is gone
std::string text_at(const Json&, std::string_view path); // "" when there is none or it is no text
std::string short_text(const Json&);                     // for a failure: cut where it gets long

std::string upper(std::string_view);
std::string lower(std::string_view);

// --- what a check works with -------------------------------------------------------------------------------------
struct Made {
    std::string id;
    std::string name; // userName or displayName as sent
    std::string path; // "/Users/…"
    Json json;        // as the server answered
};

// What is known of the server before the checks begin.
struct Facts {
    unsigned has = patching | filtering | groups; // of Need; that much is assumed where discovery says nothing
    Json config;                                  // of /ServiceProviderConfig; null when there is none
    Json resource_types;                          // likewise
    Json schemas;                                 // likewise
};

class Context {
public:
    Context(Client&, const Endpoint&, const Facts&, std::string tag);
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    // Requests. What a POST makes is deleted at the end.
    Answer send(Request);
    Answer get(const std::string& target);
    Answer post(const std::string& target, const Json&);
    Answer put(const std::string& target, const Json&);
    Answer patch(const std::string& target, const Json&);
    Answer remove(const std::string& target);
    // GET /Users?filter=…; `more` is added to the query: "&attributes=id".
    Answer list(std::string_view kind, std::string_view filter, std::string_view more = "");

    // A text that nobody else uses: "<tag>-<word>".
    std::string unique(std::string_view word);
    std::string address(std::string_view word); // unique, as an e-mail address

    // Made with POST, or the check ends. `extra` is an object whose members are added (or replace the standard ones).
    Made make_user(const Json& extra = nullptr);
    Made make_group(const Json& extra = nullptr);
    // GET, which must be 200.
    Json read(const std::string& target);
    // PATCH, which must be 200 with the resource or 204 without a body; then what GET says.
    Json patched(const Made&, const Json& message);

    // Expectations.
    void expect(bool holds, std::string expected, std::string seen);
    void status(const Answer&, std::initializer_list<int> allowed);
    void same(const Json&, std::string_view path, const Json& expected); // numbers by value, the rest exactly
    void absent(const Json&, std::string_view path);                     // no such member
    void empty(const Json&, std::string_view path);                      // absent, null, "", [] or {}
    // A SCIM error of that status; of that scimType unless it is "" ("a|b": one of them).
    void refused(const Answer&, int status, std::string_view scim_type = "");
    // A ListResponse in the right shape.
    const boost::json::array& listed(const Answer&);
    // A list with exactly these ids, in any order.
    void lists(const Answer&, std::vector<std::string> ids);
    void finds(std::string_view kind, std::string_view filter, std::vector<std::string> ids);
    [[noreturn]] void skip(std::string why);

    const Facts& facts() const { return facts_; }
    const Endpoint& endpoint() const { return endpoint_; }
    Client& client() { return client_; }
    // To be deleted at the end; "/Users/…".
    void track(std::string path);
    // With what every unique text of this check begins.
    const std::string& tag() const { return tag_; }
    // Deletes what was made, the last first. Returns what could not be deleted.
    std::vector<std::string> clean_up();

private:
    Client& client_;
    const Endpoint& endpoint_;
    const Facts& facts_;
    std::string tag_;
    int counter_ = 0;
    std::vector<std::string> made_;
};

// --- a run -------------------------------------------------------------------------------------------------------
enum class Verdict : unsigned char { passed, failed, skipped };

struct Outcome {
    std::string id{};
    std::string title{};
    std::string source{};
    Verdict verdict{};
    std::string expected{}; // of a failure; of a skipped one the reason
    std::string seen{};
    std::vector<Exchange> exchanges{}; // of a failure: the last of them are kept
    std::chrono::milliseconds took{};
};

struct Report {
    std::string url{};
    std::string suite{};
    std::chrono::system_clock::time_point began{};
    std::chrono::milliseconds took{};
    std::vector<Outcome> outcomes{};
    std::vector<std::string> left_behind{}; // could not be deleted

    std::size_t count(Verdict) const;
};

// The server cannot be checked: unreachable, or it refuses the token.
struct CannotRun : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Runs the checks in order; `progress` is called after each. Throws CannotRun.
Report run_checks(const Endpoint&, const Checks&, const std::function<void(const Outcome&)>& progress);

} // namespace conformance
