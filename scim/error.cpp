#include "scim/error.hpp"

#include "core/base/json.hpp"

#include <string>

namespace scim {

namespace {

// "userName: already taken. Choose another." — whatever of the three the rule has said.
std::string sentence(const core::Refusal& refusal)
{
    std::string text;
    if (!refusal.field.empty() && refusal.detail.find(refusal.field) == std::string::npos) text = refusal.field + ": ";
    text += refusal.detail;
    if (!refusal.remedy.empty()) {
        if (!text.empty()) text += "; ";
        text += refusal.remedy;
    }
    return text;
}

} // namespace

std::string_view word(ScimType type)
{
    switch (type) {
    case ScimType::none: return "";
    case ScimType::invalid_filter: return "invalidFilter";
    case ScimType::too_many: return "tooMany";
    case ScimType::uniqueness: return "uniqueness";
    case ScimType::mutability: return "mutability";
    case ScimType::invalid_syntax: return "invalidSyntax";
    case ScimType::invalid_path: return "invalidPath";
    case ScimType::no_target: return "noTarget";
    case ScimType::invalid_value: return "invalidValue";
    case ScimType::invalid_vers: return "invalidVers";
    case ScimType::sensitive: return "sensitive";
    case ScimType::invalid_cursor: return "invalidCursor";
    case ScimType::expired_cursor: return "expiredCursor";
    case ScimType::invalid_count: return "invalidCount";
    }
    return "";
}

Error bad_request(ScimType type, std::string detail) { return {HttpStatus::bad_request, type, std::move(detail)}; }

Error from(const core::Refusal& refusal)
{
    switch (refusal.reason) {
    case core::Reason::invalid_value: return bad_request(ScimType::invalid_value, sentence(refusal));
    case core::Reason::not_found: return {HttpStatus::not_found, ScimType::none, sentence(refusal)};
    case core::Reason::taken: return {HttpStatus::conflict, ScimType::uniqueness, sentence(refusal)};
    case core::Reason::not_allowed: return {HttpStatus::forbidden, ScimType::none, sentence(refusal)};
    case core::Reason::guarded:
        return {HttpStatus::forbidden, ScimType::mutability, sentence(refusal)}; // TEN-05
    // The request was fine, the resource's state is no longer.
    case core::Reason::too_late: return {HttpStatus::conflict, ScimType::none, sentence(refusal)};
    case core::Reason::mutability: return bad_request(ScimType::mutability, sentence(refusal));
    case core::Reason::stale: return {HttpStatus::precondition_failed, ScimType::none, sentence(refusal)};
    case core::Reason::too_many: return bad_request(ScimType::too_many, sentence(refusal));
    }
    return {HttpStatus::internal, ScimType::none, "the request could not be answered"};
}

std::string render(const Error& error, std::string_view request_id)
{
    std::string detail = error.detail;
    if (!request_id.empty()) {
        if (!detail.empty()) detail += ' ';
        detail.append("(request ").append(request_id).append(")");
    }
    std::string out = R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":")";
    out += std::to_string(static_cast<int>(error.status));
    out += '"';
    if (error.type != ScimType::none) out.append(R"(,"scimType":")").append(word(error.type)).append("\"");
    out += R"(,"detail":)";
    core::json::append_quoted(out, detail);
    out += '}';
    return out;
}

} // namespace scim
