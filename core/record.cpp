#include "core/record.hpp"

#include "core/words.hpp"

namespace core {

namespace {

constexpr Words<RecordKind, 13> kinds{{{
    {RecordKind::domain, "domain"},
    {RecordKind::claim, "claim"},
    {RecordKind::licence, "licence"},
    {RecordKind::mail, "mail"},
    {RecordKind::import_job, "import"},
    {RecordKind::sync_plan, "syncPlan"},
    {RecordKind::brake, "brake"},
    {RecordKind::parked_change, "parkedChange"},
    {RecordKind::oauth_client, "client"},
    {RecordKind::console_session, "consoleSession"},
    {RecordKind::kept_answer, "keptAnswer"},
    {RecordKind::legal_hold, "legalHold"},
    {RecordKind::choice_link, "choiceLink"},
}}};

} // namespace

std::string_view word(RecordKind kind) { return kinds.of(kind); }

} // namespace core
