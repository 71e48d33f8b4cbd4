#include "scim/admin/token_endpoint.hpp"

#include "core/base/json.hpp"
#include "core/base/log.hpp"
#include "core/base/sealer.hpp"
#include "core/base/text.hpp"
#include "core/shelf.hpp"
#include "scim/http/bearer.hpp"
#include "scim/http/target.hpp"

#include <algorithm>
#include <chrono>

namespace scim::admin {
namespace {

namespace bj = boost::json;
using http::Request;
using http::Response;
using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view path = "/oauth2/token";
constexpr std::string_view assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

struct Refused {
    std::string_view error = "invalid_request";
    std::string_view description;
};
template<class T>
using Parsed = boost::system::result<T, Refused>;

bool is_form(std::string_view content_type)
{
    auto type = content_type.substr(0, content_type.find(';'));
    while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
    return core::same_ignoring_ascii_case(type, "application/x-www-form-urlencoded");
}

// The rules of a query's parameters are those of a form's: none twice (RFC 6749 3.2), UTF-8, no controls.
std::optional<std::vector<http::Parameter>> form(std::string_view text)
{
    auto split = http::split_target("/?" + std::string{text});
    if (!split.query_problem.empty()) return std::nullopt;
    return std::move(split.query);
}

// One part of what Basic carries (RFC 6749 2.3.1).
std::optional<std::string> form_part(std::string_view text)
{
    const auto read = form("v=" + std::string{text});
    if (!read || read->size() != 1) return std::nullopt;
    return read->front().value;
}

// Base64 of RFC 4648 4, padded.
std::optional<std::string> from_base64(std::string_view text)
{
    if (text.size() % 4 != 0) return std::nullopt;
    for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
    std::string url{text};
    for (char& c : url) {
        if (c == '-' || c == '_') return std::nullopt;
        if (c == '+') c = '-';
        if (c == '/') c = '_';
    }
    return core::from_base64url(url);
}

struct Basic {
    std::string client_id, secret;
};
std::optional<Basic> basic_from(std::string_view authorization)
{
    const auto credentials = http::credentials_from(authorization);
    if (!credentials || !core::same_ignoring_ascii_case(credentials->scheme, "basic")) return std::nullopt;
    const auto pair = from_base64(credentials->text);
    if (!pair) return std::nullopt;
    const auto colon = pair->find(':');
    if (colon == pair->npos) return std::nullopt;
    auto id = form_part(std::string_view{*pair}.substr(0, colon));
    auto secret = form_part(std::string_view{*pair}.substr(colon + 1));
    if (!id || !secret) return std::nullopt;
    return Basic{*std::move(id), *std::move(secret)};
}

// No scope, or a list of ours: the widest of them.
Parsed<std::optional<core::Scope>> scope_in(std::string_view text)
{
    std::optional<core::Scope> widest;
    while (!text.empty()) {
        const auto word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(text.size(), word.size() + 1));
        const auto scope = core::scope_from(word);
        if (!scope) return Refused{"invalid_scope", "a scope is read or write"};
        if (!widest || *scope == core::Scope::write) widest = scope;
    }
    return widest;
}

} // namespace

struct TokenEndpoint::Visit {
    std::string request_id;
    core::Instant now{};
    SteadyClock::time_point begun{};
    std::string method_text, peer;
    std::string client;   // once it is known to be one
    std::string_view why; // for the log alone
};

struct TokenEndpoint::Asked {
    std::string client_id;
    std::string secret;    // or
    std::string assertion; // never both
    std::optional<core::Scope> scope;
    bool is_basic_broken = false;

    static Parsed<Asked> from(const Request&);
};

// A client that has proven who it is.
struct TokenEndpoint::Shown {
    core::OrgId organisation;
    core::OauthClient client;
    std::string secret_id;
};

TokenEndpoint::TokenEndpoint(TokenEndpointOptions options, const Services& services, Callers& callers, ScanPool& pool,
                             admin::Service::SubmitWrite submit_write, core::AssertionVerifier& verifier)
    : options_{options}, services_{services}, callers_{callers}, pool_{pool},
      submit_write_{std::move(submit_write)}, verifier_{verifier}
{
}

http::Service::Admission TokenEndpoint::admit(const Request& request)
{
    auto visit = std::make_shared<Visit>();
    visit->request_id = request_ids_.next();
    visit->now = services_.clock->now();
    visit->begun = SteadyClock::now();
    visit->method_text = request.method_text;
    visit->peer = request.peer;
    Admission admission;
    admission.body_bytes = options_.body_bytes;
    if (request.path != path) {
        admission.refusal = refuse(404, "invalid_request", "there is nothing at this path");
    } else if (request.method != http::Method::post) {
        if (request.method == http::Method::options) {
            Response response;
            response.status = 204;
            admission.refusal = std::move(response);
        } else {
            admission.refusal = refuse(405, "invalid_request", "tokens are asked for with POST");
        }
        admission.refusal->headers.emplace_back("Allow", "POST, OPTIONS");
    } else if (!is_form(request.header("content-type").value_or(""))) {
        admission.refusal = refuse(400, "invalid_request", "send application/x-www-form-urlencoded");
    }
    if (admission.refusal) admission.refusal = finish(*visit, std::move(*admission.refusal));
    admission.context = std::move(visit);
    return admission;
}

std::optional<Response> TokenEndpoint::answer(Request& request, Admission& admission, Later later)
{
    const auto visit = std::static_pointer_cast<Visit>(admission.context);
    const bool taken = pool_.submit([this, visit, held = std::make_shared<Request>(std::move(request)), later] {
        try {
            run(visit, *held, later);
        } catch (...) {
            later(finish(*visit, disaster(*visit, std::current_exception())));
        }
    });
    if (taken) return std::nullopt;
    auto response = refuse(503, "temporarily_unavailable", "more calls wait than the server takes");
    response.headers.emplace_back("Retry-After", "1");
    return finish(*visit, std::move(response));
}

Parsed<TokenEndpoint::Asked> TokenEndpoint::Asked::from(const Request& request)
{
    // RFC 6749 2.3.1: never in the address, where logs keep it.
    if (!request.query.empty() || request.query_is_bad)
        return Refused{.description = "parameters belong into the body, not into the address"};
    const auto parameters = form(request.body);
    if (!parameters) return Refused{.description = "the body is not a form, or a parameter comes twice"};
    const auto sent = [&](std::string_view name) -> std::string {
        for (const auto& each : *parameters)
            if (each.name == name) return each.value; // without a value: as if it were not sent (3.2)
        return {};
    };
    const auto grant_type = sent("grant_type");
    if (grant_type.empty()) return Refused{.description = "grant_type is missing"};
    if (grant_type != "client_credentials")
        return Refused{"unsupported_grant_type", "the one grant type here is client_credentials"};

    Asked asked;
    asked.client_id = sent("client_id");
    asked.secret = sent("client_secret");
    asked.assertion = sent("client_assertion");
    if (sent("client_assertion_type") != (asked.assertion.empty() ? "" : assertion_type))
        return Refused{.description = "client_assertion goes with the client_assertion_type jwt-bearer"};
    if (const auto header = request.header("authorization")) {
        const auto basic = basic_from(*header);
        if (!basic) {
            asked.is_basic_broken = true;
            return asked;
        }
        // Entra's client may send them both ways at once (E-10); then they must be the same.
        if ((!asked.client_id.empty() && asked.client_id != basic->client_id) ||
            (!asked.secret.empty() && !core::same_in_constant_time(asked.secret, basic->secret)))
            return Refused{.description = "the header and the body name different credentials"};
        asked.client_id = basic->client_id;
        asked.secret = basic->secret;
    }
    if (!asked.assertion.empty() && !asked.secret.empty())
        return Refused{.description = "a client shows a secret or an assertion, not both"};
    TRY(const auto scope, scope_in(sent("scope")));
    asked.scope = scope;
    return asked;
}

std::optional<TokenEndpoint::Shown> TokenEndpoint::verified(const Asked& asked, Visit& visit) const
{
    std::optional<Shown> found;
    services_.store->read_registry([&](core::Registry& registry) {
        for (const auto& each : registry.records_about(core::RecordKind::oauth_client, asked.client_id)) {
            const auto organisation = registry.organisation(each.organisation);
            if (organisation && !organisation->disabled)
                found = Shown{each.organisation, core::OauthClient::from_record(each.value), {}};
        }
    });
    if (found) visit.client = found->client.id;
    if (!asked.assertion.empty()) {
        // Whoever is not there is asked for all the same, with an issuer that no assertion can name.
        const bool is_federated = found && found->client.federation;
        const auto expected = is_federated ? core::actions::expected_of(*found->client.federation)
                                           : core::actions::expected_of(core::Federation{});
        const auto verified = verifier_.verify(asked.assertion, expected, visit.now);
        visit.why = !found          ? "unknownClient"
                    : !is_federated ? "notFederated"
                    : verified      ? std::string_view{}
                                    : core::word(verified.error());
        if (!is_federated || !verified) return std::nullopt;
        return found;
    }
    const auto secret =
        core::secret_presented(found ? &found->client : nullptr, asked.secret, services_.pepper, visit.now);
    visit.why = !found ? "unknownClient" : "secret";
    if (!found || !secret) return std::nullopt;
    found->secret_id = *secret;
    return found;
}

void TokenEndpoint::run(const std::shared_ptr<Visit>& visit, const Request& request, const Later& later)
{
    const auto asked = Asked::from(request);
    if (!asked) {
        visit->why = asked.error().error;
        return later(finish(*visit, refuse(400, asked.error().error, asked.error().description)));
    }
    const auto shown = verified(*asked, *visit);
    if (!shown || asked->is_basic_broken) return later(finish(*visit, not_the_client(*visit, asked->secret)));
    if (asked->scope == core::Scope::write && shown->client.scope == core::Scope::read) {
        visit->why = "invalid_scope";
        return later(finish(*visit, refuse(400, "invalid_scope", "the client may ask for read alone")));
    }
    core::actions::Grant grant{.client_id = shown->client.id,
                               .secret_id = shown->secret_id,
                               .federation = {},
                               .scope = asked->scope.value_or(shown->client.scope),
                               .life = options_.life};
    if (!asked->assertion.empty()) grant.federation = shown->client.federation;
    give(visit, shown->organisation, grant, later);
}

void TokenEndpoint::give(const std::shared_ptr<Visit>& visit, core::OrgId organisation,
                         const core::actions::Grant& grant, const Later& later)
{
    const auto token = std::make_shared<std::optional<core::actions::AccessToken>>();
    const core::Context context{visit->now, {"client", grant.client_id}, visit->request_id};
    const bool taken = submit_write_(
        [this, token, context, organisation, grant](core::AcrossTxn& txn) {
            token->reset();
            auto issued = core::actions::issue_token(txn, context, organisation, grant, services_.pepper);
            if (!issued) return core::Keep::no;
            *token = *std::move(issued);
            return core::Keep::yes;
        },
        [this, token, visit, scope = grant.scope, later](std::exception_ptr failed) {
            if (failed) return later(finish(*visit, disaster(*visit, failed)));
            if (!*token) { // gone between the look and the change
                visit->why = "gone";
                return later(finish(*visit, not_the_client(*visit, {})));
            }
            const auto text = (*token)->text.reveal();
            const auto word = core::word(scope);
            Response response;
            response.content_type = "application/json";
            response.body = core::json::write(
                bj::object{{"access_token", bj::string_view{text.data(), text.size()}},
                           {"token_type", "Bearer"},
                           {"expires_in", std::chrono::duration_cast<std::chrono::seconds>(options_.life).count()},
                           {"scope", bj::string_view{word.data(), word.size()}}});
            visit->why = {};
            later(finish(*visit, std::move(response)));
        });
    if (taken) return;
    auto response = refuse(503, "temporarily_unavailable", "more writes wait than the server takes");
    response.headers.emplace_back("Retry-After", "1");
    later(finish(*visit, std::move(response)));
}

Response TokenEndpoint::not_the_client(Visit& visit, std::string_view presented)
{
    if (callers_.failed_too_often(visit.peer, presented, visit.begun)) {
        auto response = refuse(429, "temporarily_unavailable", "too many failed authentications; wait a minute");
        response.headers.emplace_back("Retry-After", "60");
        return response;
    }
    auto response = refuse(401, "invalid_client",
                           "the client is unknown, or what it has shown is wrong, expired or no longer taken");
    response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"oauth2\", charset=\"UTF-8\"");
    return response;
}

Response TokenEndpoint::refuse(int status, std::string_view error, std::string_view description) const
{
    Response response;
    response.status = status;
    response.content_type = "application/json";
    response.body =
        core::json::write(bj::object{{"error", bj::string_view{error.data(), error.size()}},
                                     {"error_description", bj::string_view{description.data(), description.size()}}});
    return response;
}

Response TokenEndpoint::disaster(const Visit& visit, std::exception_ptr failed) const
{
    try {
        std::rethrow_exception(failed);
    } catch (const std::exception& e) {
        core::log::error("request.failed", {{"requestId", visit.request_id}, {"why", e.what()}});
    } catch (...) {
        core::log::error("request.failed", {{"requestId", visit.request_id}, {"why", "an exception of no known kind"}});
    }
    const auto problem = from(failed);
    auto response = refuse(static_cast<int>(problem.status),
                           problem.status == HttpStatus::unavailable ? "temporarily_unavailable" : "server_error",
                           "the server could not do it; the log has the request id");
    if (problem.status == HttpStatus::unavailable) response.headers.emplace_back("Retry-After", "5");
    return response;
}

Response TokenEndpoint::finish(const Visit& visit, Response response) const
{
    response.headers.emplace_back("X-Request-Id", visit.request_id);
    response.headers.emplace_back("Cache-Control", "no-store"); // RFC 6749 5.1
    response.headers.emplace_back("Pragma", "no-cache");
    if (core::log::is_on(core::log::Level::info)) {
        const auto took = std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - visit.begun);
        core::log::info("request", {{"requestId", visit.request_id},
                                    {"method", visit.method_text},
                                    {"path", path},
                                    {"status", response.status},
                                    {"microseconds", took.count()},
                                    {"lane", "admin"},
                                    {"client", visit.client},
                                    {"why", visit.why}});
    }
    return response;
}

Response TokenEndpoint::wire_error(int status, std::string_view detail)
{
    Visit visit;
    visit.request_id = request_ids_.next();
    visit.begun = SteadyClock::now();
    return finish(visit, refuse(status, "invalid_request", detail));
}

} // namespace scim::admin
