#include "scim/admin/archive.hpp"

#include "core/actions/retention.hpp"
#include "scim/admin/event_json.hpp"
#include "scim/admin/listing.hpp"
#include "scim/admin/routes.hpp"

#include <charconv>

namespace scim::admin::archive {
namespace {

namespace bj = boost::json;

constexpr std::string_view causes[] = {"directory", "retention", "admin"};
#define RECORD_FIELDS                                                                                                  \
    {.name = "id", .help = "of the record; never used again", .need = Need::required},                                 \
        {.name = "userId", .help = "what the user's id was", .need = Need::required},                                  \
        {.name = "userName", .help = "the last one; a deleted user's has 32 digits in front", .need = Need::required}, \
        {.name = "originalUserName", .help = "the name people knew the user by", .need = Need::required},              \
        {.name = "externalId", .help = "the directory's id; null: none", .need = Need::nullable},                      \
        {.name = "cause", .help = "what ended the user", .need = Need::required, .words = causes},                     \
        {.name = "deletedAt", .type = Type::instant, .help = "when the user ended", .need = Need::required},           \
        {.name = "keepUntil",                                                                                          \
         .type = Type::instant,                                                                                        \
         .help = "when the record goes, unless it is held",                                                            \
         .need = Need::required},                                                                                      \
    {                                                                                                                  \
        .name = "hold", .type = Type::truth, .help = "kept until it is let go", .need = Need::required                 \
    }
constexpr Field fields[] = {RECORD_FIELDS};
constexpr Field whole_fields[] = {
    RECORD_FIELDS,
    {.name = "lastState",
     .type = Type::object,
     .help = "the user as they were, and their groups",
     .need = Need::required},
    {.name = "history",
     .type = Type::list,
     .help = "every change, oldest first",
     .need = Need::required,
     .shape = &event_shape},
};
#undef RECORD_FIELDS
constexpr Parameter filter_rows[] = {
    {"name", "only users of this name: the last, or the original; or of this id"},
    {"externalId", "only users whom the directory knew by this id"},
    {"since", "only deleted from this instant on"},
    {"until", "only deleted before this instant"},
};

bj::object show(const core::ArchiveRecord& record)
{
    const auto cause = core::word(record.cause);
    return {{"id", std::to_string(record.number)},
            {"userId", core::to_text(record.user)},
            {"userName", record.user_name},
            {"originalUserName", record.original_user_name.empty() ? record.user_name : record.original_user_name},
            {"externalId", record.external_id.empty() ? bj::value{} : bj::value(record.external_id)},
            {"cause", bj::string_view{cause.data(), cause.size()}},
            {"deletedAt", core::to_iso(record.deleted_at)},
            {"keepUntil", core::to_iso(record.keep_until)},
            {"hold", record.held}};
}

Answer answer_of(const core::ArchiveRecord& record)
{
    bj::object shown = show(record);
    shown["lastState"] = record.last_state;
    bj::array history;
    for (const auto& event : record.history) history.push_back(admin::show(event));
    shown["history"] = std::move(history);
    return {.body = std::move(shown)};
}

Result<std::int64_t> number_of(const Call& call)
{
    const std::string& text = call.ids[0];
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return not_found("archive record");
    return number;
}

Result<Work> set_held(const Call& call, bool held)
{
    TRY(const std::int64_t number, number_of(call));
    return Work{WriteWork{[context = call.context, number, held](core::WriteTxn& txn) -> Result<Answer> {
        TRY_CORE(const core::ArchiveRecord record, core::actions::hold_archived(txn, context, number, held));
        return answer_of(record);
    }}};
}

} // namespace

const Shape shape{"ArchiveRecord", fields};
const Shape whole_shape{"ArchivedUser", whole_fields};
const std::span<const Parameter> filters{filter_rows};

Result<Work> list(const Call& call)
{
    TRY(const ListAsked asked, list_asked(call));
    core::ArchiveQuery query;
    query.name_or_id = filter_of(call, "name").value_or("");
    query.external_id = filter_of(call, "externalId").value_or("");
    TRY(query.since, instant_filter(call, "since"));
    TRY(query.until, instant_filter(call, "until"));
    query.newest_first = true;
    query.with_history = false;
    return Work{ReadWork{[call, asked, query](core::ReadTxn& txn) -> Result<Answer> {
        const std::int64_t total = txn.count(query);
        core::ArchiveQuery page = query;
        page.limit = asked.limit + 1;
        std::int64_t before = 0;
        const auto& after = asked.after;
        if (std::from_chars(after.data(), after.data() + after.size(), before).ec == std::errc{}) page.before = before;
        auto records = txn.archived(page);
        std::optional<std::string> next;
        if (static_cast<std::int64_t>(records.size()) > asked.limit) {
            records.pop_back();
            next = std::to_string(records.back().number);
        }
        bj::array items;
        for (const auto& record : records) items.push_back(show(record));
        return Answer{.body = list_answer(call, asked, std::move(items), next, total)};
    }}};
}

Result<Work> get(const Call& call)
{
    TRY(const std::int64_t number, number_of(call));
    return Work{ReadWork{[number](core::ReadTxn& txn) -> Result<Answer> {
        const auto found = txn.archived({.number = number});
        if (found.empty()) return not_found("archive record");
        return answer_of(found.front());
    }}};
}

Result<Work> hold(const Call& call) { return set_held(call, true); }
Result<Work> unhold(const Call& call) { return set_held(call, false); }

} // namespace scim::admin::archive
