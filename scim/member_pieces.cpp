#include "scim/member_pieces.hpp"

#include "core/base/ids.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

namespace scim {

MemberPieces::MemberPieces(std::string outline, std::string base, MemberView view)
    : outline_{std::move(outline)}, base_{std::move(base)}, view_{view}
{
}

bool MemberPieces::next(core::ReadTxn& txn, std::string& out, std::size_t most)
{
    const std::size_t end = most > out.max_size() - out.size() ? out.max_size() : out.size() + most;
    for (;;) {
        if (inside_ && !append_members(txn, out, end)) return true;
        inside_.reset();
        if (out.size() >= end && at_ < outline_.size()) return true;
        const auto mark = std::min(outline_.find(member_mark, at_), outline_.size());
        out.append(outline_, at_, mark - at_);
        at_ = mark;
        if (at_ == outline_.size()) return false;
        constexpr std::size_t id_length = 36;
        const auto id = core::uuid_from(std::string_view{outline_}.substr(at_ + 1, id_length));
        if (!id) throw std::logic_error{"a mark without the id of a group"};
        inside_ = core::GroupId{*id};
        at_ += 1 + id_length;
        last_.clear();
        is_first_ = true;
    }
}

// Whether all of them have been written.
bool MemberPieces::append_members(core::ReadTxn& txn, std::string& out, std::size_t end)
{
    bool is_full = false;
    txn.each_member(*inside_, last_, [&](const core::Member& member) {
        const auto before = out.size();
        if (!is_first_) out += ',';
        if (append_member(out, member, base_, view_))
            is_first_ = false;
        else
            out.resize(before);
        last_ = member.value;
        is_full = out.size() >= end;
        return !is_full;
    });
    return !is_full;
}

std::string filled(core::ReadTxn& txn, std::string outline, std::string base, const MemberView& view)
{
    MemberPieces pieces{std::move(outline), std::move(base), view};
    std::string text;
    pieces.next(txn, text, std::numeric_limits<std::size_t>::max());
    return text;
}

Answer in_pieces(core::ReadTxn& txn, Answer outline, std::string base, const MemberView& view)
{
    MemberPieces pieces{std::move(outline.body), std::move(base), view};
    Answer answer = std::move(outline);
    answer.body.clear();
    if (pieces.next(txn, answer.body))
        answer.rest = [pieces = std::move(pieces)](core::ReadTxn& same, std::string& out) mutable {
            return pieces.next(same, out);
        };
    return answer;
}

} // namespace scim
