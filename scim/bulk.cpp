#include "scim/bulk.hpp"

#include "core/base/json.hpp"
#include "core/base/text.hpp"
#include "scim/bulk_order.hpp"
#include "scim/groups.hpp"
#include "scim/schema.hpp"
#include "scim/users.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <unordered_map>
#include <utility>

namespace scim::bulk {

namespace json = boost::json;

namespace {

constexpr std::string_view request_urn = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
constexpr std::string_view response_urn = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
constexpr std::string_view reference_mark = "bulkId:";
constexpr std::size_t envelope_depth = 3;     // the message, its Operations, one of them; below them lies `data`
constexpr std::size_t most_among_others = 16; // more operations than these get a commit of their own

using Plan = Result<Work> (*)(const Call&);
struct Endpoint {
    std::string_view path;
    Plan create, put, patch, remove;
    // What takes long to put together in an answer's body; Bulk sends no bodies of what went well.
    std::string_view left_out;
};
constexpr Endpoint endpoints[] = {
    {"/Users", users::create, users::put, users::patch, users::remove, "groups"},
    {"/Groups", groups::create, groups::put, groups::patch, groups::remove, "members"},
};
constexpr std::string_view others[] = {"/Bulk",           "/Me",      "/.search",       "/Users/.search",
                                       "/Groups/.search", "/Schemas", "/ResourceTypes", "/ServiceProviderConfig"};

// One operation on its way to the transaction.
struct Operation {
    std::string method; // one of the four, or empty
    std::string bulk_id;
    std::string location;           // of the resource it is about, where that is known before
    std::optional<Error> refusal;   // it will not run
    WriteWork write;                // without a refusal
    std::vector<std::size_t> needs; // the operations that create what it refers to
};

// What a bulkId stands for.
struct Creation {
    std::size_t operation = 0;
    core::Uuid id;
    const Endpoint* endpoint = nullptr; // none: it will be refused
};
using Creations = std::unordered_map<std::string_view, Creation>;

// An operation's members, by their names in any case.
struct Sent {
    const json::value* method = nullptr;
    const json::value* bulk_id = nullptr;
    const json::value* path = nullptr;
    const json::value* version = nullptr;
    json::value* data = nullptr;
};

Error bad_operation(std::string detail) { return bad_request(ScimType::invalid_syntax, std::move(detail)); }

json::value* member(json::object& object, std::string_view name)
{
    for (auto& pair : object)
        if (core::same_ignoring_ascii_case(pair.key(), name)) return pair.value().is_null() ? nullptr : &pair.value();
    return nullptr;
}

std::string_view text_of(const json::value* value)
{
    return value && value->is_string() ? std::string_view{value->get_string()} : std::string_view{};
}

Sent sent_in(json::value& operation)
{
    if (!operation.is_object()) return {};
    auto& object = operation.get_object();
    return {member(object, "method"), member(object, "bulkId"), member(object, "path"), member(object, "version"),
            member(object, "data")};
}

struct Envelope {
    json::value message; // holds what `operations` leads to
    json::array* operations = nullptr;
    std::optional<std::size_t> fail_on_errors;
};

Result<void> check_schema(json::object& message)
{
    const auto* schemas = member(message, "schemas");
    if (schemas && schemas->is_array())
        for (const auto& urn : schemas->get_array())
            if (core::same_ignoring_ascii_case(text_of(&urn), request_urn)) return {};
    return bad_operation(fmt::format("schemas must hold {}", request_urn));
}

Result<Envelope> read_envelope(const Call& call)
{
    const auto& limits = *call.limits;
    // Deep enough to read what is nested too deep: that is its operation's refusal, not all of theirs.
    auto body = core::json::read(
        call.request->body, {envelope_depth + 2 * limits.json_depth, limits.json_values, limits.json_string_bytes});
    if (!body) return bad_operation("the body is not JSON that can be read: " + body.error().detail);
    if (!body->is_object()) return bad_operation("the body must be a JSON object");
    Envelope envelope{*std::move(body), nullptr, {}};
    auto& message = envelope.message.get_object();
    TRY_ONLY(check_schema(message));
    auto* operations = member(message, "Operations");
    if (!operations || !operations->is_array() || operations->get_array().empty())
        return bad_operation("Operations must be a list of at least one operation");
    envelope.operations = &operations->get_array();
    if (envelope.operations->size() > limits.bulk_operations)
        return Error{HttpStatus::content_too_large, ScimType::none,
                     fmt::format("{} operations are more than maxOperations ({}); send them in several requests",
                                 envelope.operations->size(), limits.bulk_operations)};
    if (const auto* most = member(message, "failOnErrors")) {
        if (!most->is_int64() || most->get_int64() < 1)
            return bad_request(ScimType::invalid_value, "failOnErrors must be a whole number of at least 1");
        envelope.fail_on_errors = static_cast<std::size_t>(most->get_int64());
    }
    return envelope;
}

// --- references --------------------------------------------------------------------------------

// Puts ids in the place of references and notes which operations they lead to.
class References {
public:
    References(const Creations& creations, std::string_view base, std::size_t most_depth)
        : creations_{creations}, base_{base}, most_depth_{most_depth}
    {
    }

    // In every text that is one, at any depth of `data`.
    Result<void> resolve(json::value& value, Operation& operation) const { return resolve(value, operation, "", 1); }

    // The id that stands in a path; not a reference: as it is.
    Result<std::string> id(std::string_view text, Operation& operation) const
    {
        if (!text.starts_with(reference_mark)) return std::string{text};
        TRY(const auto* found, find(text, operation));
        return core::to_text(found->id);
    }

private:
    Result<const Creation*> find(std::string_view reference, Operation& operation) const
    {
        const auto name = reference.substr(reference_mark.size());
        const auto found = creations_.find(name);
        if (found == creations_.end())
            return bad_request(ScimType::invalid_value,
                               fmt::format("no POST of this request has the bulkId \"{}\" that is referred to", name));
        operation.needs.push_back(found->second.operation);
        return &found->second;
    }

    // A PATCH path with references where its filter has literals: members[value eq "bulkId:…"]. None: nothing to do.
    Result<std::optional<std::string>> in_filters(std::string_view path, Operation& operation) const
    {
        constexpr char quote = '"';
        std::string out;
        std::size_t done = 0;
        for (auto at = path.find(quote); at != path.npos; at = path.find(quote, at)) {
            const auto end = path.find(quote, ++at);
            if (end == path.npos) break;
            const auto literal = path.substr(at, end - at);
            if (literal.starts_with(reference_mark)) {
                TRY(const auto* found, find(literal, operation));
                out.append(path.substr(done, at - done)).append(core::to_text(found->id));
                done = end;
            }
            at = end + 1;
        }
        if (done == 0) return std::optional<std::string>{};
        return std::optional{out.append(path.substr(done))};
    }

    Result<void> resolve(json::value& value, Operation& operation, std::string_view name, std::size_t depth) const
    {
        if (value.is_object() || value.is_array()) {
            if (depth > most_depth_)
                return bad_operation(fmt::format("data is nested deeper than {} levels", most_depth_));
            if (value.is_array()) {
                for (auto& item : value.get_array()) TRY_ONLY(resolve(item, operation, name, depth + 1));
            } else {
                for (auto& pair : value.get_object()) TRY_ONLY(resolve(pair.value(), operation, pair.key(), depth + 1));
            }
            return {};
        }
        const auto text = text_of(&value);
        if (core::same_ignoring_ascii_case(name, "path") && !text.starts_with(reference_mark)) {
            TRY(auto path, in_filters(text, operation));
            if (path) value = *path;
            return {};
        }
        if (!text.starts_with(reference_mark)) return {};
        TRY(const auto* found, find(text, operation));
        const auto id = core::to_text(found->id);
        if (core::same_ignoring_ascii_case(name, "$ref") && found->endpoint)
            value = fmt::format("{}{}/{}", base_, found->endpoint->path, id);
        else
            value = id;
        return {};
    }

    const Creations& creations_;
    std::string_view base_;
    std::size_t most_depth_;
};

// --- planning ----------------------------------------------------------------------------------

// Gives the id that was given to a creation before.
class GivenId final : public core::IdSource {
public:
    core::Uuid next() override { return given; }
    core::Uuid given;
};

struct Target {
    const Endpoint* endpoint = nullptr;
    std::string_view id; // as sent; empty: the endpoint itself
};

Result<Target> target_of(std::string_view path)
{
    for (const auto& endpoint : endpoints) {
        if (path == endpoint.path) return Target{&endpoint, {}};
        if (!path.starts_with(endpoint.path) || path[endpoint.path.size()] != '/') continue;
        const auto id = path.substr(endpoint.path.size() + 1);
        if (!id.empty() && id.find('/') == id.npos && id != ".search") return Target{&endpoint, id};
    }
    const auto is_below = [&](std::string_view other) {
        return path.starts_with(other) && (path.size() == other.size() || path[other.size()] == '/');
    };
    if (std::any_of(std::begin(others), std::end(others), is_below))
        return bad_request(ScimType::invalid_value,
                           "a Bulk changes users and groups by their own paths (/Users, /Groups) and nothing else");
    return Error{HttpStatus::not_found, ScimType::none, "there is nothing at this path"};
}

Result<Plan> plan_for(std::string_view method, const Target& target)
{
    const bool is_creation = method == "POST";
    if (is_creation != target.id.empty())
        return Error{HttpStatus::method_not_allowed, ScimType::none,
                     is_creation ? "POST goes to a resource type such as /Users, without an id"
                                 : "PUT, PATCH and DELETE go to one resource, such as /Users/ID"};
    if (is_creation) return target.endpoint->create;
    if (method == "PUT") return target.endpoint->put;
    if (method == "PATCH") return target.endpoint->patch;
    return target.endpoint->remove;
}

bool is_method(std::string_view text) { return text == "POST" || text == "PUT" || text == "PATCH" || text == "DELETE"; }

// What everybody's operations are planned with.
class Planner {
public:
    Planner(const Call& call, const Creations& creations)
        : references_{creations, call.base, call.limits->json_depth}, creations_{creations}, call_{call}
    {
        call_.ids = &id_;
        call_.request = &request_;
    }

    Result<WriteWork> plan(const Sent& sent, Operation& operation)
    {
        if (!sent.method) return bad_operation("method is missing; write POST, PUT, PATCH or DELETE");
        if (operation.method.empty())
            return bad_request(ScimType::invalid_value, "method must be POST, PUT, PATCH or DELETE");
        if (!sent.path || !sent.path->is_string())
            return bad_operation("path is missing; write the resource's path, such as /Users or /Users/ID");
        if (operation.method == "POST" && operation.bulk_id.empty())
            return bad_operation("a POST needs a bulkId: a text that no other operation of the request has");
        TRY(const auto target, target_of(text_of(sent.path)));
        TRY(const auto plan, plan_for(operation.method, target));
        TRY(call_.id, references_.id(target.id, operation));
        if (!target.id.empty())
            operation.location = fmt::format("{}{}/{}", call_.base, target.endpoint->path, call_.id);

        const bool has_body = operation.method != "DELETE";
        if (has_body && !sent.data)
            return bad_operation("data is missing; write what the body would be outside a Bulk");
        if (has_body) TRY_ONLY(references_.resolve(*sent.data, operation));
        call_.body = has_body ? sent.data : nullptr;
        request_.headers.clear();
        if (sent.version) {
            if (!sent.version->is_string()) return bad_operation("version must be a text such as W/\"3\"");
            if (!target.id.empty()) request_.headers.emplace_back("if-match", text_of(sent.version));
        }
        request_.query = {{"excludedAttributes", std::string{target.endpoint->left_out}, true}};
        if (operation.method == "POST") id_.given = creations_.at(operation.bulk_id).id;
        TRY(auto work, plan(call_));
        return std::move(work.write);
    }

private:
    References references_;
    const Creations& creations_;
    Call call_;
    http::Request request_;
    GivenId id_;
};

// --- the work ----------------------------------------------------------------------------------

struct Job {
    std::vector<Operation> operations;
    std::vector<std::vector<std::size_t>> units; // in the order they run; more than one operation: a circle
    std::vector<std::size_t> unit_of;            // each operation's
    std::optional<std::size_t> fail_on_errors;
    std::string request_id;
};

using Outcome = std::optional<Result<Answer>>; // none: not reached
using Outcomes = std::vector<Outcome>;

Error refers_to_failed(const Operation& failed)
{
    return {HttpStatus::conflict, ScimType::none,
            fmt::format("it refers to bulkId \"{}\", which was not created", failed.bulk_id)};
}

class Run {
public:
    Run(const Job& job, core::WriteTxn& txn) : job_{job}, txn_{txn}, outcomes_(job.operations.size()) {}

    Outcomes to_the_end()
    {
        for (const auto& unit : job_.units) {
            if (job_.fail_on_errors && errors_ >= *job_.fail_on_errors) break;
            perform(unit);
            for (const auto each : unit)
                if (!*outcomes_[each]) ++errors_;
        }
        return std::move(outcomes_);
    }

private:
    // All of a unit or nothing of it.
    void perform(const std::vector<std::size_t>& unit)
    {
        const auto doomed = std::find_if(unit.begin(), unit.end(), [&](std::size_t each) {
            outcomes_[each] = refusal_before(each);
            return outcomes_[each].has_value();
        });
        auto failed = doomed;
        if (doomed == unit.end())
            txn_.attempt([&] {
                failed = std::find_if(unit.begin(), unit.end(), [&](std::size_t each) {
                    outcomes_[each] = job_.operations[each].write(txn_);
                    return !*outcomes_[each];
                });
                return failed == unit.end() ? core::Keep::yes : core::Keep::no;
            });
        if (failed == unit.end()) return;
        for (const auto each : unit)
            if (each != *failed) outcomes_[each] = Result<Answer>{refers_to_failed(job_.operations[*failed])};
    }

    Outcome refusal_before(std::size_t which) const
    {
        const auto& operation = job_.operations[which];
        if (operation.refusal) return Result<Answer>{*operation.refusal};
        for (const auto need : operation.needs) {
            const bool is_inside = job_.unit_of[need] == job_.unit_of[which];
            if (!is_inside && !*outcomes_[need]) return Result<Answer>{refers_to_failed(job_.operations[need])};
        }
        return std::nullopt;
    }

    const Job& job_;
    core::WriteTxn& txn_;
    Outcomes outcomes_;
    std::size_t errors_ = 0;
};

void append_member(std::string& out, std::string_view name, std::string_view text)
{
    if (text.empty()) return;
    out.append(out.back() == '{' ? "\"" : ",\"").append(name).append("\":");
    core::json::append_quoted(out, text);
}

void append_outcome(std::string& out, const Operation& operation, const Result<Answer>& outcome,
                    std::string_view request_id)
{
    out += '{';
    const bool is_created = outcome && !outcome->location.empty();
    append_member(out, "location", is_created ? outcome->location : operation.location);
    append_member(out, "method", operation.method);
    append_member(out, "bulkId", operation.bulk_id);
    if (outcome) append_member(out, "version", outcome->etag);
    append_member(out, "status",
                  fmt::format("{}", static_cast<int>(outcome ? outcome->status : outcome.error().status)));
    if (!outcome) out.append(",\"response\":").append(render(outcome.error(), request_id));
    out += '}';
}

// In the order of the request, whatever the order they ran in.
std::string response(const Job& job, const Outcomes& outcomes)
{
    std::string out = fmt::format(R"({{"schemas":["{}"],"Operations":[)", response_urn);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        if (!outcomes[i]) continue;
        if (out.back() != '[') out += ',';
        append_outcome(out, job.operations[i], *outcomes[i], job.request_id);
    }
    return out += "]}";
}

// Ids for all that will be created; a bulkId that stands twice stands for nothing.
Creations give_ids(std::vector<Operation>& operations, json::array& sent, core::IdSource& ids)
{
    Creations creations;
    std::unordered_map<std::string_view, std::size_t> first;
    for (std::size_t i = 0; i < operations.size(); ++i) {
        auto& operation = operations[i];
        if (operation.bulk_id.empty()) continue;
        const auto [before, is_new] = first.emplace(operation.bulk_id, i);
        if (!is_new)
            operation.refusal = operations[before->second].refusal = bad_request(
                ScimType::invalid_value, "another operation of this request has the same bulkId; give each its own");
        if (operation.method != "POST") continue;
        const auto target = target_of(text_of(sent_in(sent[i]).path));
        creations.try_emplace(operation.bulk_id, Creation{i, ids.next(), target ? target->endpoint : nullptr});
    }
    return creations;
}

} // namespace

Result<Work> run(const Call& call)
{
    TRY(auto envelope, read_envelope(call));
    auto& sent = *envelope.operations;
    auto job = std::make_shared<Job>();
    job->fail_on_errors = envelope.fail_on_errors;
    job->request_id = call.context.request_id;
    auto& operations = job->operations;
    operations.resize(sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) {
        const auto members = sent_in(sent[i]);
        if (const auto method = text_of(members.method); is_method(method)) operations[i].method = method;
        operations[i].bulk_id = text_of(members.bulk_id);
    }
    const auto creations = give_ids(operations, sent, *call.ids);
    Planner planner{call, creations};
    for (std::size_t i = 0; i < sent.size(); ++i) {
        auto& operation = operations[i];
        if (operation.refusal) continue;
        auto planned = planner.plan(sent_in(sent[i]), operation);
        if (planned)
            operation.write = *std::move(planned);
        else
            operation.refusal = std::move(planned).error();
        auto& needs = operation.needs;
        std::sort(needs.begin(), needs.end());
        needs.erase(std::unique(needs.begin(), needs.end()), needs.end());
    }
    job->units = in_order_of_need(
        operations.size(), [&](std::size_t i) -> const auto& { return operations[i].needs; });
    job->unit_of.resize(operations.size());
    for (std::size_t unit = 0; unit < job->units.size(); ++unit)
        for (const auto each : job->units[unit]) job->unit_of[each] = unit;

    Work work;
    work.lane = Lane::write;
    work.is_large = operations.size() > most_among_others;
    work.write = [job = std::shared_ptr<const Job>{std::move(job)}](core::WriteTxn& txn) -> Result<Answer> {
        const auto outcomes = Run{*job, txn}.to_the_end();
        Answer answer{HttpStatus::ok, response(*job, outcomes), "", ""};
        for (const auto& outcome : outcomes)
            if (outcome && !*outcome) answer.refused.push_back(outcome->error().type);
        return answer;
    };
    return work;
}

} // namespace scim::bulk
