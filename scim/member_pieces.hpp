// The members of groups, put into a text that leaves room for them, a piece at a time: what is in memory grows neither
// with a group nor with a list of groups.
#pragma once

#include "scim/call.hpp"
#include "scim/group_json.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace scim {

class MemberPieces {
public:
    static constexpr std::size_t piece_bytes = 64 * 1024;

    // `outline`: text with a mark (group_json.hpp) wherever a group's members belong.
    MemberPieces(std::string outline, std::string base, MemberView);

    // Appends the next piece, of `most` bytes and a little more; whether there is more. Always in the same transaction.
    bool next(core::ReadTxn&, std::string& out, std::size_t most = piece_bytes);

private:
    bool append_members(core::ReadTxn&, std::string& out, std::size_t end);

    std::string outline_;
    std::string base_;
    MemberView view_;
    std::size_t at_ = 0;                  // how much of the outline has been written
    std::optional<core::GroupId> inside_; // the group whose members are being written
    std::string last_;                    // the last of them
    bool is_first_ = true;
};

// The outline with all members in it, in one text.
std::string filled(core::ReadTxn&, std::string outline, std::string base, const MemberView&);
// An answer whose body is an outline: with its first piece now, the rest when it is asked for.
Answer in_pieces(core::ReadTxn&, Answer outline, std::string base, const MemberView&);

} // namespace scim
