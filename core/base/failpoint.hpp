// Named places where a test build can be made to die (REL-02): ROLLCALL_FAILPOINT=name or name:n aborts the process at
// the first, or n-th, passage. Compiled in only with ROLLCALL_FAILPOINTS; a release holds no trace of it.
// Names: before_commit, after_commit_before_answer, mid_migration, mid_purge, mid_expiry, mid_backup, mid_checkpoint.
#pragma once

#ifdef ROLLCALL_FAILPOINTS
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <string_view>

namespace core {

inline void failpoint(std::string_view name)
{
    static std::atomic<int> passages{0};
    const char* const asked = std::getenv("ROLLCALL_FAILPOINT");
    if (asked == nullptr) return;
    const std::string_view wanted{asked};
    const auto colon = wanted.find(':');
    if (wanted.substr(0, colon) != name) return;
    int nth = 1;
    if (colon != std::string_view::npos) std::from_chars(wanted.data() + colon + 1, wanted.data() + wanted.size(), nth);
    if (++passages >= nth) std::abort();
}

} // namespace core
#define FAILPOINT(name) ::core::failpoint(name)
#else
#define FAILPOINT(name) static_cast<void>(0)
#endif
