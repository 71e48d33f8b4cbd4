// Ids of requests: in X-Request-Id, in the detail of every error, in events and in the log. Unique for this process and
// hard to mistake for another's; not a secret. From any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace scim {

class RequestIds {
public:
    RequestIds();
    std::string next(); // 16 hexadecimal digits

private:
    std::atomic<std::uint64_t> counter_{0};
    std::uint64_t seed_ = 0;
};

} // namespace scim
