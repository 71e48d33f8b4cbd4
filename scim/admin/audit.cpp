#include "scim/admin/audit.hpp"

#include "core/base/json.hpp"
#include "scim/admin/csv.hpp"
#include "scim/admin/event_json.hpp"
#include "scim/admin/listing.hpp"
#include "scim/admin/routes.hpp"

#include <charconv>

namespace scim::admin::audit {
namespace {

namespace bj = boost::json;

std::string_view kind_word(core::TargetKind kind)
{
    switch (kind) {
    case core::TargetKind::none: return "none";
    case core::TargetKind::user: return "user";
    case core::TargetKind::group: return "group";
    case core::TargetKind::organisation: return "organisation";
    case core::TargetKind::token: return "token";
    case core::TargetKind::domain: return "domain";
    case core::TargetKind::claim: return "claim";
    case core::TargetKind::licence: return "licence";
    case core::TargetKind::client: return "client";
    case core::TargetKind::import: return "import";
    case core::TargetKind::sync_plan: return "syncPlan";
    case core::TargetKind::brake: return "brake";
    case core::TargetKind::archive: return "archive";
    }
    return {};
}

// What the request's filters say.
Result<core::EventQuery> asked_for(const Call& call)
{
    core::EventQuery query;
    query.actor_id = filter_of(call, "actor");
    query.request_id = filter_of(call, "requestId");
    if (const auto target = filter_of(call, "target"))
        (core::uuid_from(*target) ? query.target_id : query.target_name) = *target;
    if (query.target_id) query.target_id = core::to_text(*core::uuid_from(*query.target_id)); // in any case
    if (const auto activity = filter_of(call, "activity")) query.activity = core::activity_from(*activity);
    if (const auto category = filter_of(call, "category"))
        for (const auto word : core::activity_words())
            if (const auto each = core::activity_from(word); each && core::category(*each) == *category)
                query.activities.push_back(*each);
    TRY(query.since, instant_filter(call, "since"));
    TRY(query.until, instant_filter(call, "until"));
    return query;
}

// A page of events at a time, each made into text by `append`; the answer's first piece is empty, so that nothing is
// held before somebody reads.
Result<Work> streamed(const Call& call, std::string_view type, std::string head,
                      void (*append)(std::string& out, const core::Event&))
{
    TRY(core::EventQuery query, asked_for(call));
    query.limit = 500;
    const auto services = call.services;
    return Work{ReadWork{[services, query, type = std::string{type}, head = std::move(head), append,
                          context = call.context,
                          organisation = call.organisation->id](core::ReadTxn&) -> Result<Answer> {
        // Taking data away is told as well; behind the view that is exported, which is open already.
        services->store->write(organisation, [&](core::WriteTxn& txn) {
            txn.append(event_of(context, core::Activity::export_data,
                                {core::TargetKind::organisation, txn.organisation().name, txn.organisation().name, ""},
                                {{"export", nullptr, "audit"}}));
            return core::Keep::yes;
        });
        Answer answer;
        answer.text = head;
        answer.content_type = type;
        answer.rest = [query, append](core::ReadTxn& txn, std::string& out) mutable {
            const auto events = txn.events(query);
            for (const auto& event : events) append(out, event);
            if (!events.empty()) query.after = events.back().sequence;
            return static_cast<std::int64_t>(events.size()) == query.limit;
        };
        return answer;
    }}};
}

void append_csv(std::string& out, const core::Event& event)
{
    append_row(out, {std::to_string(event.sequence), core::to_iso(event.at), event.actor.kind, event.actor.id,
                     core::category(event.activity), core::word(event.activity), kind_word(event.target.kind),
                     event.target.id, event.target.name, event.target.original_name,
                     core::json::write(core::to_json(event.changes)), event.request_id, core::to_hex(event.chain)});
}

void append_line(std::string& out, const core::Event& event)
{
    bj::object line = show(event);
    line["payloadVersion"] = event.payload_version;
    line["digest"] = core::to_hex(event.digest);
    line["chain"] = core::to_hex(event.chain);
    out += core::json::write(line);
    out += '\n';
}

} // namespace

std::span<const Parameter> filters()
{
    static const Parameter rows[] = {
        {"actor", "only what this token or operator did: its id"},
        {"category", "only activities of this category", core::event_categories()},
        {"activity", "only this activity", core::activity_words()},
        {"target", "only what was done to it: its id, or a user's or group's name now, then or originally"},
        {"requestId", "only what this request did"},
        {"since", "only from this instant on"},
        {"until", "only before this instant"},
    };
    return rows;
}

Result<Work> list(const Call& call)
{
    TRY(const ListAsked asked, list_asked(call));
    TRY(core::EventQuery query, asked_for(call));
    query.newest_first = true;
    return Work{ReadWork{[call, asked, query](core::ReadTxn& txn) -> Result<Answer> {
        const std::int64_t total = txn.count(query);
        core::EventQuery page = query;
        page.limit = asked.limit + 1;
        std::int64_t before = 0;
        const auto& after = asked.after;
        if (std::from_chars(after.data(), after.data() + after.size(), before).ec == std::errc{}) page.before = before;
        auto events = txn.events(page);
        std::optional<std::string> next;
        if (static_cast<std::int64_t>(events.size()) > asked.limit) {
            events.pop_back();
            next = std::to_string(events.back().sequence);
        }
        bj::array items;
        for (const auto& event : events) items.push_back(show(event));
        return Answer{.body = list_answer(call, asked, std::move(items), next, total)};
    }}};
}

Result<Work> export_csv(const Call& call)
{
    return streamed(call, "text/csv; charset=utf-8",
                    "sequence,at,actorKind,actor,category,activity,targetKind,targetId,targetName,originalName,changes,"
                    "requestId,chain\r\n",
                    append_csv);
}

Result<Work> export_lines(const Call& call) { return streamed(call, "application/jsonl", "", append_line); }

} // namespace scim::admin::audit
