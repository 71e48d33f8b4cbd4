// One request as the protocol sees it, and what an endpoint makes of it: parsed and validated on the connection's
// thread, then a function to run on a lane (HOUSE 4). Endpoints are plain functions: Call in, Work out; they never see
// HTTP.
#pragma once

#include "core/actions/provision.hpp"
#include "core/base/ids.hpp"
#include "core/store.hpp"
#include "scim/entra/tolerance.hpp"
#include "scim/error.hpp"
#include "scim/http/message.hpp"

#include <boost/json/value.hpp>

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace core {
class Sealer;
}

namespace scim {

namespace entra {
class Quirks;
}
struct Schemas;

struct ProtocolLimits {
    std::int64_t page_default = 100;
    std::int64_t page_most = 200; // filter.maxResults
    core::Duration cursor_time = std::chrono::hours{1};
    std::size_t patch_operations = 1000;
    std::size_t name_characters = 256; // userName, externalId, displayName, ids
    std::size_t filter_bytes = 4096;
    std::size_t filter_depth = 32;
    std::size_t filter_nodes = 128;
    std::size_t json_depth = 16;
    std::size_t json_values = 100'000;
    std::size_t json_string_bytes = 64 * 1024;
    std::size_t resource_bytes = 1024 * 1024; // of one stored resource, without its members
    std::size_t bulk_operations = 1000;       // bulk.maxOperations
    std::size_t bulk_bytes = 1024 * 1024;     // bulk.maxPayloadSize
};

// Whom the caller's token was made for, if for one user (RFC 7644 3.11).
struct Subject {
    core::UserId user;
    core::Instant since{}; // when the token was made: a deactivation after that voids it
};

// What the pointers lead to outlives the work, except `request`, which ends with the planning.
struct Call {
    core::Context context; // now, actor, request id
    const core::Organisation* organisation = nullptr;
    std::string base;                       // "https://host/orgs/contoso/scim/v2", from public_url or an allowed Host
    std::string id;                         // of /Users/{id}; empty for collections
    const http::Request* request = nullptr; // query and headers
    core::IdSource* ids = nullptr;
    const ProtocolLimits* limits = nullptr;
    const entra::Quirks* quirks = nullptr; // the organisation's switches, with counters
    const Schemas* schemas = nullptr;      // the organisation's: built-in and its own
    const core::Sealer* cursors = nullptr; // seals and opens them
    std::optional<Subject> subject;
    boost::json::value* body = nullptr; // read already, to be taken: of an operation in a Bulk; else read from request
};

// What is left of a body that is too large to be held: appends the next piece of it, and says whether there is more.
// Called again and again with the transaction that the beginning was read in.
using Rest = std::function<bool(core::ReadTxn&, std::string& out)>;

struct Answer {
    HttpStatus status = HttpStatus::ok;
    std::string body;     // empty with 204 and 304
    std::string etag;     // W/"3"; empty: no header
    std::string location; // empty: no header
    Rest rest = {};       // none: `body` is all of it
    // Of a write: what it would say is too long to be put together while others wait to write. Work::read says it
    // after the commit; if that fails, this answer stands.
    bool is_read_later = false;
    std::vector<ScimType> refused = {}; // of a Bulk: why its operations were refused, one for each
};

enum class Lane : std::uint8_t { inline_read, scan, write };
using ReadWork = std::function<Result<Answer>(core::ReadTxn&)>;
// An Error rolls back. It may be run again when the batch it was in failed: it must not use up what it holds.
using WriteWork = std::function<Result<Answer>(core::WriteTxn&)>;
using AcrossWork = std::function<Result<Answer>(core::AcrossTxn&)>; // the same, over several organisations
// What an endpoint plans. `inline_read` only for work that is a few indexed look-ups.
struct Work {
    Lane lane = Lane::inline_read;
    ReadWork read;         // for inline_read and scan; beside `write`, for Answer::is_read_later
    WriteWork write;       // for write
    AcrossWork across;     // for write, where it may lead beyond the organisation; by itself, not in a Bulk
    bool is_large = false; // many changes in one write: it gets a commit of its own
};

} // namespace scim
