#include "scim/admin/problem.hpp"

#include "core/base/json.hpp"
#include "core/store.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <stdexcept>

namespace scim::admin {
namespace {

std::string_view title(HttpStatus status)
{
    switch (status) {
    case HttpStatus::ok: return "OK";
    case HttpStatus::created: return "Created";
    case HttpStatus::no_content: return "No Content";
    case HttpStatus::not_modified: return "Not Modified";
    case HttpStatus::bad_request: return "Bad Request";
    case HttpStatus::unauthorized: return "Unauthorized";
    case HttpStatus::forbidden: return "Forbidden";
    case HttpStatus::not_found: return "Not Found";
    case HttpStatus::method_not_allowed: return "Method Not Allowed";
    case HttpStatus::request_timeout: return "Request Timeout";
    case HttpStatus::conflict: return "Conflict";
    case HttpStatus::length_required: return "Length Required";
    case HttpStatus::precondition_failed: return "Precondition Failed";
    case HttpStatus::content_too_large: return "Content Too Large";
    case HttpStatus::uri_too_long: return "URI Too Long";
    case HttpStatus::unsupported_media_type: return "Unsupported Media Type";
    case HttpStatus::misdirected: return "Misdirected Request";
    case HttpStatus::too_many_requests: return "Too Many Requests";
    case HttpStatus::header_too_large: return "Request Header Fields Too Large";
    case HttpStatus::internal: return "Internal Server Error";
    case HttpStatus::not_implemented: return "Not Implemented";
    case HttpStatus::unavailable: return "Service Unavailable";
    case HttpStatus::version_not_supported: return "HTTP Version Not Supported";
    case HttpStatus::insufficient_storage: return "Insufficient Storage";
    }
    return "Error";
}

HttpStatus status_of(core::Reason reason)
{
    switch (reason) {
    case core::Reason::invalid_value: return HttpStatus::bad_request;
    case core::Reason::not_found: return HttpStatus::not_found;
    case core::Reason::taken: return HttpStatus::conflict;
    case core::Reason::not_allowed: return HttpStatus::conflict;
    case core::Reason::guarded: return HttpStatus::conflict;
    case core::Reason::too_late: return HttpStatus::conflict;
    case core::Reason::mutability: return HttpStatus::bad_request;
    case core::Reason::stale: return HttpStatus::precondition_failed;
    case core::Reason::too_many: return HttpStatus::conflict;
    }
    return HttpStatus::internal;
}

} // namespace

Problem bad_request(std::string detail, std::string remedy)
{
    return {HttpStatus::bad_request, std::move(detail), std::move(remedy)};
}

Problem wrong_field(std::string_view field, std::string problem, std::string remedy)
{
    Problem made{HttpStatus::bad_request, std::string{field} + " " + problem, std::move(remedy)};
    made.errors.push_back({std::string{field}, std::move(problem)});
    return made;
}

Problem not_found(std::string_view what) { return {HttpStatus::not_found, "there is no such " + std::string{what}}; }

Problem conflict(std::string detail, std::string remedy)
{
    return {HttpStatus::conflict, std::move(detail), std::move(remedy)};
}

Problem from(const core::Refusal& refusal)
{
    Problem made{status_of(refusal.reason), refusal.detail, refusal.remedy};
    if (!refusal.field.empty()) made.errors.push_back({refusal.field, refusal.detail});
    return made;
}

Problem from(std::exception_ptr failed)
{
    try {
        std::rethrow_exception(failed);
    } catch (const core::StorageFull&) {
        return {HttpStatus::insufficient_storage, "the server has no room left to store this; nothing was changed",
                "its operator must free space"};
    } catch (const core::TookTooLong&) {
        return bad_request("the search takes longer than the server is willing to spend on one", "narrow it");
    } catch (const core::StorageFailed&) {
        return {HttpStatus::unavailable, "the server could not read or write its store; nothing was changed",
                "try again later"};
    } catch (const std::out_of_range&) {
        return not_found("organisation"); // it was deleted meanwhile
    } catch (...) {
        return {HttpStatus::internal, "the server failed; nothing was changed",
                "its log has the reason under this request's id"};
    }
}

std::string render(const Problem& problem, std::string_view request_id)
{
    boost::json::object body{
        {"type", "about:blank"},    {"title", title(problem.status)}, {"status", static_cast<int>(problem.status)},
        {"detail", problem.detail}, {"remedy", problem.remedy},       {"requestId", request_id}};
    if (!problem.errors.empty()) {
        boost::json::array errors;
        for (const auto& each : problem.errors) errors.push_back({{"field", each.field}, {"problem", each.problem}});
        body["errors"] = std::move(errors);
    }
    return core::json::write(body);
}

} // namespace scim::admin
