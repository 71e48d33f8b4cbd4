#include "scim/admin/service.hpp"

#include "core/base/json.hpp"
#include "core/base/log.hpp"
#include "core/base/text.hpp"
#include "scim/http/bearer.hpp"
#include "scim/http/target.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>

namespace scim::admin {
namespace {

namespace bj = boost::json;
using http::Request;
using http::Response;
using SteadyClock = std::chrono::steady_clock;

constexpr std::int64_t most_long_answers = 8;
constexpr std::size_t most_idempotency_key = 200;

// "application/json" of "Application/JSON; charset=utf-8".
std::string media_type(std::string_view content_type)
{
    auto type = content_type.substr(0, content_type.find(';'));
    while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
    std::string low{type};
    for (char& c : low)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return low;
}

bool accepts(Body body, std::string_view type)
{
    switch (body) {
    case Body::none: return true;
    case Body::json: return type == "application/json";
    case Body::merge_patch: return type == "application/json" || type == "application/merge-patch+json";
    case Body::csv_or_json: return type == "application/json" || type == "text/csv";
    case Body::csv: return type == "text/csv";
    case Body::form: return type == "application/x-www-form-urlencoded";
    }
    return false;
}

std::string_view wanted(Body body)
{
    switch (body) {
    case Body::none: return "no body";
    case Body::json: return "application/json";
    case Body::merge_patch: return "application/merge-patch+json or application/json";
    case Body::csv_or_json: return "text/csv or application/json";
    case Body::csv: return "text/csv";
    case Body::form: return "application/x-www-form-urlencoded";
    }
    return "";
}

bool is_json(Body body, std::string_view type)
{
    return body == Body::json || body == Body::merge_patch || (body == Body::csv_or_json && type != "text/csv");
}

Problem unauthorized()
{
    return {HttpStatus::unauthorized, "this needs an admin token that is known, not revoked and not expired",
            "make one with `rollcall token create --admin ROLE`; a SCIM token does not open this API"};
}

Problem unknown_parameter(const Handler& handler, std::string_view name)
{
    std::vector<std::string_view> known;
    if (handler.is_list) known = {"limit", "cursor", "sort"};
    for (const auto& each : handler.query) known.push_back(each.name);
    const auto near = core::nearest(name, known.data(), known.size());
    return wrong_field(name.substr(0, 60), "is not a parameter of this path",
                       near.empty() ? "see /api/v1/openapi.json" : fmt::format("did you mean {}?", near));
}

Result<void> check_query(const Request& request, const Handler& handler)
{
    for (const auto& each : request.query) {
        const bool is_of_lists =
            handler.is_list && (each.name == "limit" || each.name == "cursor" || each.name == "sort");
        const auto known = std::find_if(handler.query.begin(), handler.query.end(),
                                        [&](const Parameter& p) { return p.name == each.name; });
        if (!is_of_lists && known == handler.query.end()) return unknown_parameter(handler, each.name);
        if (known != handler.query.end() && !known->words.empty() &&
            std::find(known->words.begin(), known->words.end(), each.value) == known->words.end()) {
            const auto near = core::nearest(each.value, known->words.data(), known->words.size());
            return wrong_field(each.name, "has none of its values",
                               near.empty() ? fmt::format("write one of: {}", fmt::join(known->words, ", "))
                                            : fmt::format("did you mean {}?", near));
        }
    }
    return {};
}

} // namespace

struct Service::Visit {
    std::string request_id;
    core::Instant now{};
    SteadyClock::time_point begun{};
    const Route* route = nullptr;
    std::optional<Admin> admin;
    std::optional<core::Organisation> organisation;
    std::array<std::string, 3> ids;
    std::string method_text, path;
    std::string peer;
};

Service::Service(ServiceOptions options, const Services& services, Admins& admins, Callers& callers, ScanPool& pool,
                 SubmitWrite submit_write, const core::Sealer& kept)
    : options_{std::move(options)}, services_{services}, admins_{admins}, callers_{callers}, pool_{pool},
      submit_write_{std::move(submit_write)}, kept_{kept}, long_answers_{
                                                               std::make_shared<LongAnswers>(most_long_answers)}
{
}

http::Service::Admission Service::admit(const Request& request)
{
    auto visit = std::make_shared<Visit>();
    visit->request_id = request_ids_.next();
    visit->now = services_.clock->now();
    visit->begun = SteadyClock::now();
    visit->method_text = request.method_text;
    visit->path = request.path;
    visit->peer = request.peer;
    Admission admission;
    admission.body_bytes = options_.body_bytes;
    try {
        admission.refusal = refusal_of(request, *visit, admission);
    } catch (...) {
        admission.refusal = disaster(*visit, std::current_exception());
    }
    if (admission.refusal) admission.refusal = finish(*visit, std::move(*admission.refusal));
    admission.context = std::move(visit);
    return admission;
}

// In the house's order: 401, 404, 405, 403, 415; 413 is the session's.
std::optional<Response> Service::refusal_of(const Request& request, Visit& visit, Admission& admission)
{
    const auto found = http::match<Handler>(routes(), request.method, request.method_text, request.path);
    using Outcome = http::Match<Handler>::Outcome;
    const bool is_open = found.outcome == Outcome::found && !found.route->tag.needs_token;
    if (!is_open) {
        const auto header = request.header("authorization");
        const auto credentials = header ? http::credentials_from(*header) : std::nullopt;
        const auto presented = credentials && credentials->is_bearer() ? credentials->text : std::string_view{};
        if (!presented.empty()) visit.admin = admins_.admin(presented, visit.now);
        if (!visit.admin) {
            const bool too_often = callers_.failed_too_often(request.peer, presented, visit.begun);
            auto response = respond(visit, too_often ? Problem{HttpStatus::too_many_requests,
                                                               "too many failed authentications", "wait a minute"}
                                                     : unauthorized());
            if (too_often)
                response.headers.emplace_back("Retry-After", "60");
            else
                response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"api\"");
            return response;
        }
    }
    admission.authenticated = visit.admin.has_value();

    const auto nothing_here = [&] {
        return respond(visit, Problem{HttpStatus::not_found, "there is nothing at this path", ""});
    };
    switch (found.outcome) {
    case Outcome::found: break;
    case Outcome::not_found: return nothing_here();
    case Outcome::options: {
        Response response;
        response.status = 204;
        response.headers.emplace_back("Allow", http::allow(found.allowed));
        return response;
    }
    case Outcome::not_allowed:
    case Outcome::not_implemented: {
        auto response =
            respond(visit, Problem{HttpStatus::method_not_allowed, "this path does not answer to that method",
                                   "the Allow header lists those it does"});
        response.headers.emplace_back("Allow", http::allow(found.allowed));
        return response;
    }
    }
    visit.route = found.route;
    const Handler& handler = found.route->tag;
    std::size_t captured = 0;
    if (request.path.starts_with("/api/v1/orgs/") && !found.captures[0].empty()) {
        // Another organisation's anything does not exist (HOUSE 4), whatever stands behind its name.
        const auto name = http::decode_segment(found.captures[captured++]);
        if (name)
            services_.store->read_registry(
                [&](core::Registry& registry) { visit.organisation = registry.organisation(*name); });
        const bool is_theirs = visit.organisation &&
                               (visit.admin->is_server_admin() || visit.admin->organisation == visit.organisation->id);
        if (!is_theirs) return respond(visit, not_found("organisation"));
    }
    for (std::size_t i = 0; captured < found.captures.size() && i < visit.ids.size(); ++captured, ++i) {
        if (found.captures[captured].empty()) break;
        auto id = http::decode_segment(found.captures[captured]);
        if (!id) return nothing_here();
        visit.ids[i] = *std::move(id);
    }
    if (visit.admin && !handler.roles.has(visit.admin->role))
        return respond(visit, Problem{HttpStatus::forbidden,
                                      fmt::format("the role {} may not do this", core::word(visit.admin->role)),
                                      "use a token of a role that may"});
    if (handler.body != Body::none) {
        const auto type = media_type(request.header("content-type").value_or("application/json"));
        if (!accepts(handler.body, type))
            return respond(visit,
                           Problem{HttpStatus::unsupported_media_type, "the Content-Type is not one this path takes",
                                   fmt::format("send {}", wanted(handler.body))});
        if (const auto coding = request.header("content-encoding"); coding && !coding->empty() && *coding != "identity")
            return respond(visit, Problem{HttpStatus::unsupported_media_type, "the body has a content coding",
                                          "send it as it is"});
    }
    if (handler.body_bytes > 0) admission.body_bytes = handler.body_bytes;
    return std::nullopt;
}

std::optional<Response> Service::answer(Request& request, Admission& admission, Later later)
{
    const auto visit = std::static_pointer_cast<Visit>(admission.context);
    const bool taken = pool_.submit([this, visit, held = std::make_shared<Request>(std::move(request)), later] {
        try {
            run(visit, std::move(*held), later);
        } catch (...) {
            later(finish(*visit, disaster(*visit, std::current_exception())));
        }
    });
    if (taken) return std::nullopt;
    auto response = respond(
        *visit, Problem{HttpStatus::unavailable, "more calls wait than the server takes", "try again in a moment"});
    response.headers.emplace_back("Retry-After", "1");
    return finish(*visit, std::move(response));
}

Result<Call> Service::call_of(const Visit& visit, const Request& request) const
{
    const Handler& handler = visit.route->tag;
    if (request.query_is_bad)
        return bad_request("the query of the address is not well formed: " + request.query_problem);
    TRY_ONLY(check_query(request, handler));
    Call call;
    const core::Actor actor = visit.admin ? core::Actor{"admin", visit.admin->token_id} : core::Actor{"user", "link"};
    call.context = core::Context{visit.now, actor, visit.request_id};
    if (visit.admin) call.admin = *visit.admin;
    call.organisation = visit.organisation;
    call.ids = visit.ids;
    call.request = &request;
    call.handler = &handler;
    call.services = &services_;
    call.origin =
        !options_.public_url.empty() ? options_.public_url : (request.tls ? "https://" : "http://") + request.host;
    const auto type = media_type(request.header("content-type").value_or("application/json"));
    if (is_json(handler.body, type)) {
        const bool is_left_out = handler.may_be_empty && request.body.empty();
        TRY_CORE(auto body, core::json::read(is_left_out ? std::string_view{"{}"} : request.body));
        if (!body.is_object()) return bad_request("the body is not a JSON object", "send an object");
        call.body = std::move(body.get_object());
        if (handler.takes != nullptr) TRY_ONLY(check(call.body, *handler.takes, handler.body == Body::merge_patch));
    } else if (handler.body == Body::none && !request.body.empty() && request.body != "{}") {
        return bad_request("this call takes no body", "send none, or an empty object");
    }
    return call;
}

void Service::run(const std::shared_ptr<Visit>& visit, Request request, Later later)
{
    const auto answer = [&](const Result<Answer>& result) { later(finish(*visit, respond(*visit, result))); };
    const auto call = call_of(*visit, request);
    if (!call) return answer(call.error());
    auto planned = visit->route->tag.plan(*call);
    if (!planned) return answer(planned.error());
    Work work = *std::move(planned);

    if (auto* const now = std::get_if<Answer>(&work)) return answer(std::move(*now));
    if (auto* const read = std::get_if<ReadWork>(&work)) {
        auto txn = services_.store->read(visit->organisation->id);
        auto result = (*read)(*txn);
        Rest rest = result ? std::exchange(result->rest, nullptr) : nullptr;
        if (!rest) return answer(result);
        auto place = long_answers_->take();
        if (!place.is_taken())
            return answer(Problem{HttpStatus::unavailable, "too many long answers are being sent", "try again later"});
        Response response = respond(*visit, result);
        response.more =
            std::make_shared<LongAnswer>(pool_, std::move(place), std::move(txn), std::move(rest), visit->request_id);
        return later(finish(*visit, std::move(response)));
    }
    if (auto* const read = std::get_if<ReadRegistryWork>(&work)) {
        std::optional<Result<Answer>> result;
        services_.store->read_registry([&](core::Registry& registry) { result.emplace((*read)(registry)); });
        return answer(*result);
    }
    if (auto* const outside = std::get_if<OutsideWork>(&work)) return answer((*outside)());
    if (auto* const one = std::get_if<WriteWork>(&work))
        return write(
            visit,
            [org = visit->organisation->id, write = std::move(*one)](core::AcrossTxn& txn) {
                return write(txn.of(org));
            },
            request, later);
    write(visit, std::move(std::get<AcrossWork>(work)), request, later);
}

namespace {

// What an Idempotency-Key is remembered under: the same key from another token, or for another path, is another one.
std::string kept_key(const Service&, std::string_view token, const Request& request, std::string_view key)
{
    const std::string_view parts[] = {token, "\n", request.method_text, "\n", request.path, "\n", key};
    return core::to_hex(core::sha256(parts));
}

} // namespace

void Service::write(const std::shared_ptr<Visit>& visit, AcrossWork work, const Request& request, const Later& later)
{
    struct Slot {
        std::optional<Response> response;
    };
    auto slot = std::make_shared<Slot>();
    const auto idempotency = request.method == http::Method::post ? request.header("idempotency-key") : std::nullopt;
    if (idempotency && (idempotency->empty() || idempotency->size() > most_idempotency_key))
        return later(finish(*visit, respond(*visit, wrong_field("Idempotency-Key", "is empty or too long",
                                                                "send 1 to 200 characters"))));
    const std::string kept =
        idempotency && visit->admin ? kept_key(*this, visit->admin->token_id, request, *idempotency) : std::string{};
    const std::string fingerprint = core::to_hex(core::sha256(request.body));

    // The answer is kept in the change's own transaction: a repetition finds both or neither.
    auto job = [this, slot, visit, work = std::move(work), kept, fingerprint](core::AcrossTxn& txn) {
        slot->response.reset();
        constexpr auto kind = core::RecordKind::kept_answer;
        if (!kept.empty()) {
            if (const auto before = txn.registry().server_records().find(kind, kept);
                before && before->due && *before->due > visit->now) {
                if (text_of(before->doc, "fingerprint") != fingerprint) {
                    slot->response = respond(*visit, conflict("this Idempotency-Key was used with another body",
                                                              "use a new key for another request"));
                    return core::Keep::no;
                }
                const auto sealed = core::from_base64url(text_of(before->doc, "answer").value_or(""));
                const auto opened = sealed ? kept_.open(*sealed, kept) : std::nullopt;
                Response again;
                again.status = static_cast<int>(integer_of(before->doc, "status").value_or(500));
                again.content_type = "application/json";
                again.body = opened.value_or("");
                if (const auto location = text_of(before->doc, "location"))
                    again.headers.emplace_back("Location", *location);
                again.headers.emplace_back("Idempotent-Replayed", "true");
                slot->response = std::move(again);
                return core::Keep::no;
            }
            txn.registry().server_records().erase(kind, kept);
        }
        const auto result = work(txn);
        slot->response = respond(*visit, result);
        if (!result) return core::Keep::no;
        if (!kept.empty()) {
            core::Record record;
            record.key = kept;
            record.due = visit->now + options_.idempotency_time;
            record.doc = {{"fingerprint", fingerprint},
                          {"status", slot->response->status},
                          {"answer", core::to_base64url(kept_.seal(slot->response->body, kept))}};
            if (!result->location.empty()) record.doc["location"] = result->location;
            (void)txn.registry().server_records().insert(kind, record); // erased above: cannot be taken
        }
        return core::Keep::yes;
    };
    const bool taken = submit_write_(std::move(job), [this, slot, visit, later](std::exception_ptr failed) {
        later(finish(*visit, failed ? disaster(*visit, failed) : std::move(*slot->response)));
    });
    if (taken) return;
    auto response = respond(
        *visit, Problem{HttpStatus::unavailable, "more writes wait than the server takes", "try again in a moment"});
    response.headers.emplace_back("Retry-After", "1");
    later(finish(*visit, std::move(response)));
}

Response Service::respond(const Visit& visit, const Result<Answer>& result) const
{
    if (!result) return respond(visit, result.error());
    const Answer& answer = *result;
    Response response;
    response.status = static_cast<int>(answer.status);
    response.content_type = answer.content_type;
    response.body = answer.body.is_null() ? answer.text : core::json::write(answer.body);
    if (!answer.etag.empty()) response.headers.emplace_back("ETag", answer.etag);
    if (!answer.location.empty()) response.headers.emplace_back("Location", answer.location);
    for (const auto& header : answer.headers) response.headers.push_back(header);
    return response;
}

Response Service::respond(const Visit& visit, const Problem& problem) const
{
    Response response;
    response.status = static_cast<int>(problem.status);
    response.content_type = "application/problem+json";
    response.body = render(problem, visit.request_id);
    return response;
}

Response Service::disaster(const Visit& visit, std::exception_ptr failed) const
{
    try {
        std::rethrow_exception(failed);
    } catch (const std::exception& e) {
        core::log::error("request.failed", {{"requestId", visit.request_id}, {"why", e.what()}});
    } catch (...) {
        core::log::error("request.failed", {{"requestId", visit.request_id}, {"why", "an exception of no known kind"}});
    }
    auto problem = from(failed);
    auto response = respond(visit, problem);
    if (problem.status == HttpStatus::unavailable) response.headers.emplace_back("Retry-After", "5");
    return response;
}

Response Service::finish(const Visit& visit, Response response) const
{
    // Where the path itself is the secret, a wrong one is a failed authentication, and slowed down like one.
    if (visit.route != nullptr && !visit.route->tag.needs_token && response.status == 404 &&
        callers_.failed_too_often(visit.peer, {}, visit.begun)) {
        response = respond(visit, Problem{HttpStatus::too_many_requests, "too many wrong links", "wait a minute"});
        response.headers.emplace_back("Retry-After", "60");
    }
    response.headers.emplace_back("X-Request-Id", visit.request_id);
    // What the API tells belongs to whoever asked, and to no cache between.
    response.headers.emplace_back("Cache-Control", "no-store");
    if (options_.access_log && core::log::is_on(core::log::Level::info)) {
        const auto took = std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - visit.begun);
        core::log::info(
            "request",
            {{"requestId", visit.request_id},
             {"method", visit.method_text},
             {"path", visit.route != nullptr && !visit.route->tag.needs_token ? std::string{visit.route->tag.path}
                                                                              : visit.path},
             {"status", response.status},
             {"microseconds", took.count()},
             {"lane", "admin"},
             {"organisation", visit.organisation ? std::string_view{visit.organisation->name} : std::string_view{}},
             {"token", visit.admin ? std::string_view{visit.admin->token_id} : std::string_view{}}});
    }
    return response;
}

Response Service::wire_error(int status, std::string_view detail)
{
    Visit visit;
    visit.request_id = request_ids_.next();
    visit.begun = SteadyClock::now();
    return finish(visit, respond(visit, Problem{static_cast<HttpStatus>(status), std::string{detail}}));
}

} // namespace scim::admin
