// How this house says no. What the caller's input can cause is returned as a Refusal inside a Result;
// what breaks the machine (disk, corruption, bug) is thrown. See HOUSE: refusals and disasters.
#pragma once

#include <boost/system/result.hpp>

#include <string>
#include <utility>

namespace core {

enum class Reason {
    invalid_value, // a field's value breaks its rule
    not_found,     // the named thing does not exist in this organisation
    taken,         // uniqueness: another one holds this value
    not_allowed,   // the state, policy or caller forbids it
    guarded,       // somebody has put it beyond this caller's reach
    too_late,      // a window has closed
    mutability,    // a read-only or required attribute
    stale,         // the version the caller knew is no longer the present one
    too_many,      // a limit of the policy is reached
};

// `field` names what was wrong in the words of the wire ("userName"), `detail` says what, `remedy` what to do.
// Both are read by administrators: no SQL, no path, no stack, no other organisation's data.
struct Refusal {
    Reason reason;
    std::string field;
    std::string detail;
    std::string remedy;
};

template<class T>
using Result = boost::system::result<T, Refusal>;

} // namespace core

#define ROLLCALL_PASTE(a, b) a##b
#define ROLLCALL_JOIN(a, b) ROLLCALL_PASTE(a, b)

// TRY(const User user, must_find(txn, id)): declares `user`, or returns the failure to the caller.
// TRY_ONLY(txn.replace(user)): the same where there is no value to keep.
#define TRY(declaration, ...)                                                                                          \
    auto ROLLCALL_JOIN(rollcall_try_, __LINE__) = (__VA_ARGS__);                                                       \
    if (!ROLLCALL_JOIN(rollcall_try_, __LINE__)) return std::move(ROLLCALL_JOIN(rollcall_try_, __LINE__)).error();     \
    declaration = *std::move(ROLLCALL_JOIN(rollcall_try_, __LINE__))
#define TRY_ONLY(...)                                                                                                  \
    do {                                                                                                               \
        auto rollcall_try = (__VA_ARGS__);                                                                             \
        if (!rollcall_try) return std::move(rollcall_try).error();                                                     \
    } while (false)
