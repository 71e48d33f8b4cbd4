#include "scim/me.hpp"

#include "scim/users.hpp"

#include <utility>

namespace scim::me {

namespace {

Result<Work> for_own(const Call& call, Result<Work> (*plan)(const Call&))
{
    if (!call.subject)
        return Error{HttpStatus::not_implemented, ScimType::none,
                     "this token was not made for a user, so /Me stands for nobody; use /Users/ID, or a token of "
                     "`rollcall token create --user`"};
    Call own = call;
    own.id = core::to_text(call.subject->user);
    return plan(own);
}

Result<void> check_subject(core::ReadTxn& txn, const Subject& subject)
{
    const auto user = txn.user(subject.user);
    if (!user) return Error{HttpStatus::not_found, ScimType::none, "the user this token was made for is no more"};
    const bool is_void = user->tokens_valid_after && subject.since <= *user->tokens_valid_after;
    if (!user->is_active() || is_void)
        return Error{HttpStatus::forbidden, ScimType::none,
                     "the user this token was made for is not active, or was deactivated since; an administrator can "
                     "make a new token"};
    return {};
}

} // namespace

Result<Work> get(const Call& call) { return for_own(call, users::get); }
Result<Work> put(const Call& call) { return for_own(call, users::put); }
Result<Work> patch(const Call& call) { return for_own(call, users::patch); }
Result<Work> remove(const Call& call) { return for_own(call, users::remove); }

Result<Answer> create(const Call&)
{
    return Error{HttpStatus::not_implemented, ScimType::none,
                 "POST to /Me is not supported: it would create a second user for this token; use POST /Users"};
}

Work as_subject(const Subject& subject, Work work)
{
    if (work.read)
        work.read = [subject, read = std::move(work.read)](core::ReadTxn& txn) -> Result<Answer> {
            TRY_ONLY(check_subject(txn, subject));
            return read(txn);
        };
    if (work.write)
        work.write = [subject, write = std::move(work.write)](core::WriteTxn& txn) -> Result<Answer> {
            TRY_ONLY(check_subject(txn, subject));
            return write(txn);
        };
    return work;
}

} // namespace scim::me
