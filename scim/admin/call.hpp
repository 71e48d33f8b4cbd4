// One request to the management API as its endpoints see it, and what they make of it: Call in, Work out. Endpoints are
// plain functions; planning checks what can be checked without the store, the work runs where it belongs.
#pragma once

#include "core/actions/provision.hpp"
#include "core/base/ids.hpp"
#include "core/base/sealer.hpp"
#include "core/outside.hpp"
#include "core/rules/domains.hpp"
#include "core/store.hpp"
#include "scim/admin/problem.hpp"
#include "scim/call.hpp"
#include "scim/http/message.hpp"

#include <boost/json/object.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace scim::admin {

struct Handler;

// What endpoints stand on; made once, outlives every request.
struct Services {
    core::Store* store = nullptr;
    const core::Clock* clock = nullptr;
    core::IdSource* ids = nullptr;
    std::vector<std::uint8_t> pepper; // tokens are hashed under it
    const core::Sealer* cursors = nullptr;
    core::Policy default_policy;
    std::function<boost::json::object()> status; // what /status tells besides the organisations
    core::TxtResolver* resolver = nullptr;       // from any thread; none: domains cannot be verified
    core::Duration dns_time = std::chrono::seconds{5};
    core::rules::DomainChecks domain_checks = {};
    // Why this cannot be whose word is taken for a client, for an administrator; or empty.
    std::function<std::string(const std::string& url)> problem_with_issuer;
};

// Who asks. Only a server-admin belongs to no organisation.
struct Admin {
    std::string token_id;
    core::AdminRole role = core::AdminRole::help_desk;
    core::OrgId organisation;
    bool is_server_admin() const { return role == core::AdminRole::server_admin; }
};

// Pointers outlive the work, except `request`, which ends with the planning.
struct Call {
    core::Context context;
    Admin admin;
    std::optional<core::Organisation> organisation; // of the path's {org}
    std::array<std::string, 3> ids;                 // what stands in the path's placeholders behind {org}, decoded
    const http::Request* request = nullptr;
    boost::json::object body; // checked against the route's shape
    const Handler* handler = nullptr;
    const Services* services = nullptr;
    std::string origin; // "https://host"
};

struct Answer {
    HttpStatus status = HttpStatus::ok;
    boost::json::value body{}; // null: none
    std::string text{};        // instead of `body`, with `content_type`
    std::string content_type = "application/json";
    std::string etag{};
    std::string location{};
    std::vector<std::pair<std::string, std::string>> headers{};
    Rest rest{}; // what follows `text`, of a read
};

using ReadWork = std::function<Result<Answer>(core::ReadTxn&)>;          // of the path's organisation
using ReadRegistryWork = std::function<Result<Answer>(core::Registry&)>; // changes nothing
// These two may be run again when the batch they were in failed: they must not use up what they hold. A Problem rolls
// back.
using WriteWork = std::function<Result<Answer>(core::WriteTxn&)>;
using AcrossWork = std::function<Result<Answer>(core::AcrossTxn&)>;
// What must wait for the outside (DNS, mail): no transaction is open while it runs; it opens its own.
using OutsideWork = std::function<Result<Answer>()>;
using Work = std::variant<Answer, ReadWork, ReadRegistryWork, WriteWork, AcrossWork, OutsideWork>;

// An event as this request makes it: instant, actor and request id filled in.
core::Event event_of(const core::Context&, core::Activity, core::Target, std::vector<core::Change> = {});

// If-Match of a PATCH, PUT or DELETE, "" when none was sent: 412 unless it names `etag` or `*`.
Result<void> check_precondition(std::string_view if_match, std::string_view etag);
// The entity tag of a thing that has no version of its own: a digest of how it looks.
std::string etag_of(const boost::json::object&);

} // namespace scim::admin
