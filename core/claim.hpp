// A user taken over from another organisation (requirements D and E; api.md `/orgs/{org}/claims`). The claiming
// organisation has a new record with a new id; the old id stays behind in the former organisation as a shell until the
// user has chosen what becomes of it, or the time for that is over (decision 3). Kept by the claiming organisation; the
// former one sees its shell and nothing else.
#pragma once

#include "core/record.hpp"
#include "core/user.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core {

enum class ClaimKind : std::uint8_t { immediate, delayed };
enum class ClaimState : std::uint8_t { waiting, done, withdrawn, expired }; // waiting: for the user's choice
enum class Choice : std::uint8_t { change_address, remove, transfer, rename };
enum class ContentTransfer : std::uint8_t { none, pending, acknowledged }; // pending: the application moves the content

// What the user was in the former organisation, for the day they return to it.
struct FormerAccount {
    UserId user; // the shell's id
    Status status = Status::active;
    std::optional<InactiveReason> reason;
    Status former_status = Status::active;
    std::optional<Instant> purge_at;
    std::optional<std::string> claim; // the one they had come by
    bool operator==(const FormerAccount&) const = default;
};

struct Claim {
    static constexpr RecordKind record_kind = RecordKind::claim;

    std::string id; // UUIDv7 text: the order of creation
    std::string address;
    OrgId losing;
    FormerAccount former;
    UserId user; // in the claiming organisation
    ClaimKind kind = ClaimKind::immediate;
    ClaimState state = ClaimState::waiting;
    std::optional<Choice> choice;
    bool rename_only = false; // the shell may only be renamed (S-150)
    Instant made{};
    Instant until{};              // when the time to choose is over
    std::optional<Instant> ended; // chosen, withdrawn or expired
    ContentTransfer content = ContentTransfer::none;
    std::vector<std::string> licences; // named for the user in the claiming organisation
    std::string acknowledged_by;       // who said that it is permanent (S-140)

    static Claim from_record(const Record&);
    bool operator==(const Claim&) const = default;
};
// Key: the id. Ref: the id, too: both users' standings name it, and the shell's is in another organisation. Due:
// `until` while the user may choose.
Record to_record(const Claim&);

std::string_view word(ClaimKind);
std::string_view word(ClaimState);
std::string_view word(Choice); // "changeAddress", "delete", "transfer", "rename"
std::string_view word(ContentTransfer);
std::optional<ClaimKind> claim_kind_from(std::string_view);
std::optional<ClaimState> claim_state_from(std::string_view);
std::optional<Choice> choice_from(std::string_view);

} // namespace core
