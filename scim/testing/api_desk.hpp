// The whole application with its management API, asked in one line.
#pragma once

#include "core/base/json.hpp"
#include "scim/http/target.hpp"
#include "scim/testing/whole_desk.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <utility>
#include <vector>

namespace scim::testing {

struct ApiAnswer : http::Response {
    boost::json::value json; // of the body; null when it is none
};

inline std::string header(const http::Response& response, std::string_view name)
{
    for (const auto& [n, v] : response.headers)
        if (n == name) return v;
    return {};
}

// Ids of requests differ; all else of two equal refusals is equal.
inline std::string without_request_id(std::string body)
{
    if (const auto at = body.find("\"requestId\":\""); at != std::string::npos) body.erase(at, 13 + 16);
    return body;
}

struct ApiDesk : WholeDesk {
    using Headers = std::vector<std::pair<std::string, std::string>>;

    ApiAnswer api(http::Method method, std::string target, const std::string& token, std::string body = {},
                  Headers headers = {})
    {
        const auto split = http::split_target(target);
        REQUIRE(split.query_problem.empty());
        auto request = request_for(method, std::string{split.path}, "Bearer " + token);
        request.query = split.query;
        request.body = std::move(body);
        for (auto& each : headers) request.headers.push_back(std::move(each));
        ApiAnswer answer{ask(std::move(request)), {}};
        if (auto read = core::json::read(answer.body, {.depth = 64, .values = 1'000'000, .string_bytes = 1 << 20}))
            answer.json = *std::move(read);
        return answer;
    }
    core::OrgId id_of(std::string_view name)
    {
        core::OrgId id;
        store.read_registry([&](core::Registry& registry) { id = registry.organisation(name)->id; });
        return id;
    }
};

} // namespace scim::testing
