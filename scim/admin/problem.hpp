// How the management API refuses (api.md, Errors): application/problem+json (RFC 9457) with remedy and request id, and
// with one entry for each field where several things are wrong at once.
#pragma once

#include "core/base/result.hpp"
#include "scim/error.hpp"

#include <boost/system/result.hpp>

#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace scim::admin {

struct FieldProblem {
    std::string field;
    std::string problem;
};

struct Problem {
    HttpStatus status;
    std::string detail;
    std::string remedy = {};
    std::vector<FieldProblem> errors = {};
};

template<class T>
using Result = boost::system::result<T, Problem>;

Problem bad_request(std::string detail, std::string remedy = {});
Problem wrong_field(std::string_view field, std::string problem, std::string remedy = {});
Problem not_found(std::string_view what); // "there is no such token"
Problem conflict(std::string detail, std::string remedy = {});
// The one translation of a Refusal for this API (a total switch).
Problem from(const core::Refusal&);
// What an exception becomes: 507, 503, 400 for a question that takes too long, 404 for an organisation that has gone
// meanwhile, 500. The caller has logged it.
Problem from(std::exception_ptr);
std::string render(const Problem&, std::string_view request_id);

} // namespace scim::admin

// As TRY, where a core::Result is read in a function that answers with Problems.
#define TRY_CORE(declaration, ...)                                                                                     \
    auto ROLLCALL_JOIN(rollcall_try_, __LINE__) = (__VA_ARGS__);                                                       \
    if (!ROLLCALL_JOIN(rollcall_try_, __LINE__))                                                                       \
        return ::scim::admin::from(ROLLCALL_JOIN(rollcall_try_, __LINE__).error());                                    \
    declaration = *std::move(ROLLCALL_JOIN(rollcall_try_, __LINE__))
#define TRY_CORE_ONLY(...)                                                                                             \
    do {                                                                                                               \
        const auto rollcall_try = (__VA_ARGS__);                                                                       \
        if (!rollcall_try) return ::scim::admin::from(rollcall_try.error());                                           \
    } while (false)
