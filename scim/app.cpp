#include "scim/app.hpp"

#include "core/base/json.hpp"
#include "core/base/log.hpp"
#include "core/base/secrets.hpp"
#include "scim/http/bearer.hpp"
#include "scim/http/target.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <span>
#include <utility>

namespace scim {
namespace {

using http::Method;
using http::Request;
using http::Response;
using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view scim_prefix = "/orgs/";

std::string lower(std::string_view text)
{
    std::string out{text};
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return out;
}

// "scim.example.com:8443" → "scim.example.com"; "[::1]:8443" → "[::1]".
std::string_view without_port(std::string_view host)
{
    const auto colon = host.rfind(':');
    return colon == host.npos || host.find(']', colon) != host.npos ? host : host.substr(0, colon);
}

// `application/scim+json` and `application/json`, whatever parameters follow; none at all is accepted.
bool is_json_type(std::optional<std::string_view> content_type)
{
    if (!content_type) return true;
    auto type = content_type->substr(0, content_type->find(';'));
    while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
    const auto low = lower(type);
    return low.empty() || low == "application/scim+json" || low == "application/json";
}

bool is_known_coding(std::optional<std::string_view> coding)
{
    return !coding || coding->empty() || lower(*coding) == "identity";
}

std::int64_t own_memory()
{
    // Anonymous memory only: pages of the mapped store are the kernel's to drop.
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("RssAnon:")) return std::atoll(line.c_str() + std::strlen("RssAnon:")) * 1024;
    return 0;
}

// "v1" of "/orgs/contoso/scim/v1/Users": a version of the protocol that this is not (RFC 7644 3.13).
std::optional<std::string_view> other_version(std::string_view path, std::string_view organisation)
{
    for (const auto part : {std::string_view{"/orgs/"}, organisation, std::string_view{"/scim/v"}}) {
        if (!path.starts_with(part)) return std::nullopt;
        path.remove_prefix(part.size());
    }
    const auto number = path.substr(0, path.find('/'));
    const bool is_number =
        !number.empty() && number.size() <= 8 && number.find_first_not_of("0123456789.") == std::string_view::npos;
    if (!is_number || number == "2") return std::nullopt;
    return std::string_view{number.data() - 1, number.size() + 1};
}

bool is_for(const Subject& subject, const Handler& handler, std::string_view id)
{
    switch (handler.subjects) {
    case Subjects::refused: return false;
    case Subjects::welcome:
    case Subjects::alias: return true;
    case Subjects::own: return core::uuid_from(id) == subject.user.value;
    }
    return false;
}

Error unauthorized()
{
    return Error{HttpStatus::unauthorized, ScimType::none,
                 "this needs a bearer token that is known, not revoked and not expired; the administrator of the "
                 "service makes them"};
}

} // namespace

// One request on its way: what admission found out, kept until the answer is sent.
struct App::Visit {
    std::string request_id;
    core::Instant now{};
    SteadyClock::time_point begun{};
    const Route* route = nullptr;
    std::string id; // decoded {id}
    std::optional<Caller> caller;
    Method method = Method::other;
    std::string method_text;
    std::string path; // for the access line: ids, never a query
    std::string_view lane = "none";
    bool needs_body = false;
    std::string alias_of; // the address of the resource that the path is another name for
};

App::App(const Config& config, storage::SqliteStore& store, storage::Writer& writer, ScanPool& scans, Callers& callers,
         const core::Clock& clock, core::Sealer cursors)
    : config_{config}, store_{store}, writer_{writer}, scans_{scans}, callers_{callers}, clock_{clock},
      cursors_{cursors}, long_answers_{std::make_shared<LongAnswers>(config.long_answers)}
{
    const auto add = [&](std::string_view host) {
        if (!host.empty()) hosts_.insert(lower(host));
    };
    for (const auto* name : {"localhost", "127.0.0.1", "[::1]"}) add(name);
    const auto endpoint = endpoint_of(config);
    add(endpoint.address.find(':') == std::string::npos ? endpoint.address : "[" + endpoint.address + "]");
    if (const auto scheme = config.public_url.find("://"); scheme != std::string::npos)
        add(without_port(std::string_view{config.public_url}.substr(scheme + 3)));
    for (const auto& host : config.allowed_hosts) add(host);
    bulk_too_large_ =
        fmt::format("the body is larger than maxPayloadSize ({} bytes); send the operations in several requests",
                    config.protocol.bulk_bytes);
}

bool App::is_allowed_host(std::string_view host) const
{
    const auto low = lower(host);
    return hosts_.contains(std::string{without_port(low)}) || hosts_.contains(low);
}

http::Service* App::annex_of(std::string_view path) const
{
    if (path.starts_with(scim_prefix)) return nullptr;
    for (const auto& [prefix, service] : annexes_)
        if (path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/')) return service;
    return nullptr;
}

std::string App::base_url(const Request& request, const core::Organisation& organisation) const
{
    std::string base = config_.public_url;
    if (base.empty()) base.append(request.tls ? "https://" : "http://").append(request.host);
    return base.append("/orgs/").append(organisation.name).append("/scim/v2");
}

// --- admission: what can be refused before the body is read ------------------------------------

http::Service::Admission App::admit(const Request& request)
{
    if (auto* const annex = annex_of(request.path); annex != nullptr && is_allowed_host(request.host))
        return annex->admit(request);
    auto visit = std::make_shared<Visit>();
    visit->request_id = request_ids_.next();
    visit->now = clock_.now();
    visit->begun = SteadyClock::now();
    visit->method = request.method;
    visit->method_text = request.method_text;
    visit->path = request.path;

    Admission admission;
    admission.body_bytes = config_.http.body_bytes;
    try {
        admission.refusal = refusal_of(request, *visit, admission);
    } catch (...) {
        admission.refusal = disaster(*visit, std::current_exception());
    }
    if (admission.refusal) admission.refusal = finish(*visit, std::move(*admission.refusal));
    admission.context = std::move(visit);
    return admission;
}

// In the house's order: 421, 401, 404, 405, 403, 429, 415; 413 is the session's.
std::optional<Response> App::refusal_of(const Request& request, Visit& visit, Admission& admission)
{
    if (!is_allowed_host(request.host))
        return respond(
            visit, Error{HttpStatus::misdirected, ScimType::none,
                         "this server does not answer for that Host; set server.public_url or server.allowed_hosts"});

    std::string repaired;
    std::string_view path = request.path;
    if (!path.starts_with(scim_prefix)) {
        const auto found = http::match<Handler>(routes, request.method, request.method_text, path);
        const bool is_hidden = found.route && found.route->tag.page == Page::metrics && !config_.metrics;
        if (found.route && found.route->tag.right == Right::nobody && !is_hidden) {
            visit.route = found.route;
            return std::nullopt;
        }
        if (!found.allowed.empty() && !is_hidden) { // a health page asked with another method
            Response response;
            if (found.outcome == http::Match<Handler>::Outcome::options)
                response.status = 204;
            else
                response =
                    respond(visit, Error{HttpStatus::method_not_allowed, ScimType::none, "this page is for reading"});
            response.headers.emplace_back("Allow", http::allow(found.allowed));
            return response;
        }
    }

    const auto header = request.header("authorization");
    const auto credentials = header ? http::credentials_from(*header) : std::nullopt;
    const auto presented = credentials && credentials->is_bearer() ? credentials->text : std::string_view{};
    if (!presented.empty()) visit.caller = callers_.caller(presented, visit.now);
    if (!visit.caller) {
        const bool too_often = callers_.failed_too_often(request.peer, presented, visit.begun);
        ++(too_often ? slowed_authentications_ : failed_authentications_);
        auto response = respond(visit, too_often ? Error{HttpStatus::too_many_requests, ScimType::none,
                                                         "too many failed authentications; wait a minute"}
                                                 : unauthorized());
        if (too_often)
            response.headers.emplace_back("Retry-After", "60");
        else
            response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"scim\"");
        return response;
    }
    admission.authenticated = true;
    const auto& tenant = *visit.caller->tenant;

    const auto not_found = [&] {
        return respond(visit, Error{HttpStatus::not_found, ScimType::none, "there is nothing at this path"});
    };
    const auto base = std::string{scim_prefix} + tenant.organisation.name + "/scim/v2";
    if (const auto other = other_version(path, tenant.organisation.name))
        return respond(visit,
                       bad_request(ScimType::invalid_vers, fmt::format("this server speaks SCIM v2, not {}", *other)));
    if (!path.starts_with(base) || (path.size() > base.size() && path[base.size()] != '/')) return not_found();
    if (path.size() == base.size() + 1) path.remove_suffix(1); // the base address, with a slash or without
    if (path.find("//") != path.npos) {
        std::vector<std::string_view> fired;
        repaired = base + std::string{tenant.quirks.repair_path(path.substr(base.size()), fired)};
        path = repaired;
    }
    const auto found = http::match<Handler>(routes, request.method, request.method_text, path);
    using Outcome = http::Match<Handler>::Outcome;
    switch (found.outcome) {
    case Outcome::found: break;
    case Outcome::not_found: return not_found();
    case Outcome::options: {
        Response response;
        response.status = 204;
        response.headers.emplace_back("Allow", http::allow(found.allowed));
        return response;
    }
    case Outcome::not_allowed:
    case Outcome::not_implemented: {
        auto response = respond(visit, Error{HttpStatus::method_not_allowed, ScimType::none,
                                             "this path does not answer to that method; Allow lists those it does"});
        response.headers.emplace_back("Allow", http::allow(found.allowed));
        return response;
    }
    }
    visit.route = found.route;
    const auto& handler = found.route->tag;
    if (const auto raw = found.captures[1]; !raw.empty()) {
        auto id = http::decode_segment(raw);
        if (!id) return not_found();
        visit.id = std::move(*id);
    }
    if (handler.right == Right::write && visit.caller->scope != core::Scope::write)
        return respond(visit, Error{HttpStatus::forbidden, ScimType::none,
                                    "this token may only read; use one with the scope write"});

    if (visit.caller->subject && !is_for(*visit.caller->subject, handler, visit.id))
        return respond(visit, Error{HttpStatus::forbidden, ScimType::none,
                                    "this token was made for one user: it opens /Me, that user's own address, and what "
                                    "describes the service"});

    if (tenant.organisation.paused) {
        auto response = respond(visit, Error{HttpStatus::unavailable, ScimType::none,
                                             "provisioning of this organisation is paused by its administrator; it "
                                             "goes on when they resume it"});
        response.headers.emplace_back("Retry-After", "60");
        return response;
    }

    const auto wait = admission.wait = callers_.wait_for_rate(visit.caller->token_id, visit.begun);
    if (wait.count() > 0) ++(wait > std::chrono::milliseconds{250} ? rate_refused_ : rate_delayed_);
    if (wait > std::chrono::milliseconds{250}) {
        auto response =
            respond(visit, Error{HttpStatus::too_many_requests, ScimType::none,
                                 "this token has used up its requests per second; slow down and try again"});
        response.headers.emplace_back("Retry-After",
                                      fmt::format("{}", std::max<std::int64_t>(1, (wait.count() + 999) / 1000)));
        return response;
    }
    visit.needs_body =
        request.method == Method::post || request.method == Method::put || request.method == Method::patch;
    if (visit.needs_body) {
        if (!is_json_type(request.header("content-type")))
            return respond(visit, Error{HttpStatus::unsupported_media_type, ScimType::none,
                                        "Content-Type: send application/scim+json or application/json"});
        if (!is_known_coding(request.header("content-encoding")))
            return respond(visit, Error{HttpStatus::unsupported_media_type, ScimType::none,
                                        "Content-Encoding: send the body as it is, without a content coding"});
    }
    if (handler.body_bytes > 0) admission.body_bytes = handler.body_bytes;
    admission.too_large = handler.too_large;
    if (handler.is_bulk) {
        admission.body_bytes = config_.protocol.bulk_bytes;
        admission.too_large = bulk_too_large_;
    }
    return std::nullopt;
}

// --- the answer --------------------------------------------------------------------------------

std::optional<Response> App::answer(Request& request, Admission& admission, Later later)
{
    if (auto* const annex = annex_of(request.path)) return annex->answer(request, admission, std::move(later));
    const auto visit = std::static_pointer_cast<Visit>(admission.context);
    try {
        auto response = plan(request, visit, std::move(later));
        if (response) return finish(*visit, std::move(*response));
        return std::nullopt;
    } catch (...) { // one of the three places (HOUSE 3): around a request's function
        return finish(*visit, disaster(*visit, std::current_exception()));
    }
}

std::optional<Response> App::plan(Request& request, const std::shared_ptr<Visit>& visit, Later later)
{
    const auto& handler = visit->route->tag;
    if (handler.page == Page::metrics) return metrics();
    if (handler.page != Page::none) return health(handler.page);
    if (request.query_is_bad)
        return respond(*visit, bad_request(ScimType::invalid_value,
                                           "the query of the address is not well formed: " + request.query_problem));

    if (handler.is_bulk) {
        visit->lane = "scan";
        auto held = std::make_shared<Request>(std::move(request));
        const bool taken = scans_.submit([this, visit, held, later] {
            std::optional<Response> response;
            try {
                response = run(call_of(*visit, *held), visit, later);
            } catch (...) {
                response = disaster(*visit, std::current_exception());
            }
            if (response) later(finish(*visit, std::move(*response)));
        });
        if (!taken) ++scans_refused_;
        return taken ? std::nullopt : std::optional{too_busy(*visit)};
    }
    return run(call_of(*visit, request), visit, std::move(later));
}

Call App::call_of(const Visit& visit, const Request& request)
{
    const auto& caller = *visit.caller;
    const auto& tenant = *caller.tenant;
    Call call;
    call.context = core::Context{visit.now, {"token", caller.token_id}, visit.request_id};
    call.organisation = &tenant.organisation;
    call.base = base_url(request, tenant.organisation);
    call.id = visit.id;
    call.request = &request;
    call.ids = &ids_;
    call.limits = &config_.protocol;
    call.quirks = &tenant.quirks;
    call.cursors = &cursors_;
    call.schemas = tenant.schemas.get();
    call.subject = caller.subject;
    return call;
}

Response App::too_busy(const Visit& visit) const
{
    auto response = respond(visit, Error{HttpStatus::unavailable, ScimType::none,
                                         "the server has more work waiting than it takes; try again in a moment"});
    response.headers.emplace_back("Retry-After", "1");
    return response;
}

// The endpoint's plan, then its work on its lane.
std::optional<Response> App::run(const Call& call, const std::shared_ptr<Visit>& visit, Later later)
{
    const auto& handler = visit->route->tag;
    if (call.subject && handler.subjects == Subjects::alias)
        visit->alias_of = call.base + "/Users/" + core::to_text(call.subject->user);
    if (handler.answer) return respond(*visit, handler.answer(call));
    auto planned = handler.plan(call);
    if (!planned) return respond(*visit, planned.error());
    Work work = call.subject ? me::as_subject(*call.subject, *std::move(planned)) : *std::move(planned);
    const auto org = visit->caller->tenant->organisation.id;

    switch (work.lane) {
    case Lane::inline_read: {
        visit->lane = "inline";
        const auto txn = store_.read(org);
        return respond(*visit, work.read(*txn));
    }
    case Lane::scan: {
        visit->lane = "scan";
        const bool taken = scan(visit, std::move(work.read), later);
        return taken ? std::nullopt : std::optional{too_busy(*visit)};
    }
    case Lane::write: {
        visit->lane = "write";
        // Filled in by the work, read after the commit: an answer leaves when, and only when, its change is on disk.
        struct Slot {
            std::optional<Result<Answer>> result;
        };
        auto slot = std::make_shared<Slot>();
        storage::WriteJob job;
        job.organisation = org;
        job.is_large = work.is_large;
        const auto kept = [slot](Result<Answer> result) {
            slot->result.emplace(std::move(result));
            return slot->result->has_value() ? core::Keep::yes : core::Keep::no;
        };
        if (work.across)
            job.across = [kept, write = std::move(work.across)](core::AcrossTxn& txn) { return kept(write(txn)); };
        else
            job.work = [kept, write = std::move(work.write)](core::WriteTxn& txn) { return kept(write(txn)); };
        job.done = [this, slot, visit, later, read = std::move(work.read)](std::exception_ptr failed) {
            Response response;
            if (failed) {
                response = disaster(*visit, failed);
            } else {
                if (storage_full_.load(std::memory_order_relaxed)) storage_full_ = false;
                const auto& result = *slot->result;
                if (result && result->is_read_later && scan(visit, read, later, *result)) return;
                response = respond(*visit, result);
            }
            later(finish(*visit, std::move(response)));
        };
        const bool taken = writer_.submit(std::move(job));
        return taken ? std::nullopt : std::optional{too_busy(*visit)};
    }
    }
    return std::nullopt;
}

// Reads on the lane scan and answers. `otherwise`: of a write that has been kept, whose answer this read was to be;
// nothing that goes wrong now may be told as if it had not. False when there is no room on the lane.
bool App::scan(const std::shared_ptr<Visit>& visit, ReadWork read, Later later, std::optional<Answer> otherwise)
{
    const auto org = visit->caller->tenant->organisation.id;
    const bool taken = scans_.submit(
        [this, visit, org, read = std::move(read), later = std::move(later), otherwise = std::move(otherwise)] {
            Response response;
            try {
                auto txn = store_.read(org);
                auto result = read(*txn);
                Rest rest = result ? std::exchange(result->rest, nullptr) : nullptr;
                auto place = rest ? long_answers_->take() : LongAnswers::Place{};
                const bool has_no_place = rest && !place.is_taken();
                if (otherwise && (!result || has_no_place))
                    response = respond(*visit, *otherwise);
                else
                    response = has_no_place ? too_busy(*visit) : respond(*visit, result);
                if (place.is_taken())
                    response.more = std::make_shared<LongAnswer>(scans_, std::move(place), std::move(txn),
                                                                 std::move(rest), visit->request_id);
            } catch (...) {
                response = disaster(*visit, std::current_exception());
                if (otherwise) response = respond(*visit, *otherwise);
            }
            later(finish(*visit, std::move(response)));
        });
    if (!taken) ++scans_refused_;
    return taken;
}

Response App::respond(const Visit& visit, const Result<Answer>& result) const
{
    if (!result) return respond(visit, result.error());
    const Answer& answer = *result;
    for (const auto type : answer.refused)
        refusals_[static_cast<std::size_t>(type)].fetch_add(1, std::memory_order_relaxed);
    Response response;
    response.status = static_cast<int>(answer.status);
    response.body = answer.body;
    if (!answer.etag.empty()) response.headers.emplace_back("ETag", answer.etag);
    const auto& location = answer.location.empty() ? visit.alias_of : answer.location; // RFC 7644 3.11: in any response
    if (!location.empty()) response.headers.emplace_back("Location", location);
    return response;
}

Response App::respond(const Visit& visit, const Error& error) const
{
    refusals_[static_cast<std::size_t>(error.type)].fetch_add(1, std::memory_order_relaxed);
    Response response;
    response.status = static_cast<int>(error.status);
    response.body = render(error, visit.request_id);
    if (!visit.alias_of.empty()) response.headers.emplace_back("Location", visit.alias_of);
    return response;
}

Response App::disaster(const Visit& visit, std::exception_ptr failed)
{
    // The full text goes to the log; the caller learns that it was us, what to do, and the id to ask about.
    const auto log = [&](const char* what) {
        core::log::error("request.failed", {{"requestId", visit.request_id}, {"why", what}});
    };
    try {
        std::rethrow_exception(failed);
    } catch (const core::StorageFull& e) {
        log(e.what());
        storage_full_ = true;
        ++storage_full_answers_;
        if (retry_) retry_();
        return respond(
            visit,
            Error{HttpStatus::insufficient_storage, ScimType::none,
                  "the server has no room left to store this; nothing was changed; its operator must free space"});
    } catch (const core::TookTooLong&) { // RFC 7644 3.12: more than the server is willing to calculate
        core::log::info("request.too_much", {{"requestId", visit.request_id}});
        return respond(visit, bad_request(ScimType::too_many,
                                          "the search takes longer than the server is willing to spend on one; narrow "
                                          "it, best by eq on id, userName, externalId or an e-mail's value"));
    } catch (const core::StorageFailed& e) {
        log(e.what());
        auto response =
            respond(visit, Error{HttpStatus::unavailable, ScimType::none,
                                 "the server could not read or write its store; nothing was changed; try again later"});
        response.headers.emplace_back("Retry-After", "5");
        return response;
    } catch (const std::out_of_range&) {
        return respond(visit, Error{HttpStatus::not_found, ScimType::none,
                                    "there is nothing at this path"}); // its organisation was deleted meanwhile
    } catch (const std::exception& e) {
        log(e.what());
    } catch (...) {
        log("an exception of no known kind");
    }
    return respond(visit,
                   Error{HttpStatus::internal, ScimType::none,
                         "the server failed; nothing was changed; its log has the reason under this request's id"});
}

Response App::health(Page page) const
{
    boost::json::array problems;
    boost::json::object body;
    if (page == Page::ready) {
        if (draining_) problems.emplace_back("draining: the server is shutting down");
        if (storage_full_)
            problems.emplace_back("storage: no room left on the device; reads are answered, writes are not");
        if (own_memory() > config_.memory_bytes) problems.emplace_back("memory: beyond limits.memory_bytes");
        if (const auto why = held_ ? held_() : std::nullopt)
            body["purging"] = *why; // held, but requests are served: still ready
    }
    Response response;
    response.status = problems.empty() ? 200 : 503;
    response.content_type = "application/json";
    body["status"] = problems.empty() ? "ok" : "unavailable";
    if (!problems.empty()) {
        body["problems"] = std::move(problems);
        response.headers.emplace_back("Retry-After", "5");
    }
    response.body = core::json::write(body);
    return response;
}

// Written by hand, ten lines: a handful of counters that exist already need no registry of their own.
Response App::metrics() const
{
    Figures figures;
    for (std::size_t i = 1; i < answers_.size(); ++i)
        figures.emplace_back(fmt::format("answers_total{{status=\"{}xx\"}}", i), answers_[i]);
    for (std::size_t i = 1; i < refusals_.size(); ++i)
        figures.emplace_back(fmt::format("refusals_total{{scimType=\"{}\"}}", word(static_cast<ScimType>(i))),
                             refusals_[i]);
    figures.emplace_back("failed_authentications_total", failed_authentications_);
    figures.emplace_back("slowed_authentications_total", slowed_authentications_);
    figures.emplace_back("rate_delayed_total", rate_delayed_);
    figures.emplace_back("rate_refused_total", rate_refused_);
    figures.emplace_back("scans_refused_total", scans_refused_);
    figures.emplace_back("long_answers_open", long_answers_->open());
    figures.emplace_back("long_answers_refused_total", long_answers_->refused());
    figures.emplace_back("storage_full_total", storage_full_answers_);
    const auto writes = writer_.figures();
    figures.emplace_back("writes_total", static_cast<std::int64_t>(writes.jobs));
    figures.emplace_back("write_batches_total", static_cast<std::int64_t>(writes.batches));
    figures.emplace_back("writes_refused_total", static_cast<std::int64_t>(writes.refused));
    figures.emplace_back("writes_waiting", static_cast<std::int64_t>(writes.waiting));
    figures.emplace_back("log_lines_dropped_total", static_cast<std::int64_t>(core::log::dropped()));
    figures.emplace_back("memory_bytes", own_memory());
    for (const auto quirk : entra::quirk_names()) {
        std::uint64_t count = 0;
        for (const auto& tenant : callers_.tenants()) count += tenant->quirks.count_of(quirk);
        figures.emplace_back(fmt::format("quirks_total{{quirk=\"{}\"}}", quirk), static_cast<std::int64_t>(count));
    }
    if (add_figures_) add_figures_(figures);
    Response response;
    response.content_type = "text/plain; version=0.0.4";
    for (const auto& [name, value] : figures) response.body += fmt::format("rollcall_{} {}\n", name, value);
    return response;
}

Response App::finish(const Visit& visit, Response response) const
{
    response.headers.emplace_back("X-Request-Id", visit.request_id);
    answers_[static_cast<std::size_t>(response.status / 100) % statuses].fetch_add(1, std::memory_order_relaxed);
    if (config_.access_log && core::log::is_on(core::log::Level::info)) {
        const auto took = std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - visit.begun);
        core::log::info("request",
                        {{"requestId", visit.request_id},
                         {"method", visit.method_text},
                         {"path", visit.path},
                         {"status", response.status},
                         {"microseconds", took.count()},
                         {"lane", visit.lane},
                         {"organisation", visit.caller ? std::string_view{visit.caller->tenant->organisation.name}
                                                       : std::string_view{}},
                         {"token", visit.caller ? std::string_view{visit.caller->token_id} : std::string_view{}}});
    }
    return response;
}

Response App::wire_error(int status, std::string_view detail)
{
    Visit visit;
    visit.request_id = request_ids_.next();
    visit.begun = SteadyClock::now();
    visit.lane = "wire";
    auto response =
        respond(visit, Error{static_cast<HttpStatus>(status), status == 400 ? ScimType::invalid_syntax : ScimType::none,
                             std::string{detail}});
    return finish(visit, std::move(response));
}

} // namespace scim
