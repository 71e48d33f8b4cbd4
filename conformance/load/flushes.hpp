// Reads from a trace of system calls when a process flushed to disk.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace conformance::load {

struct Span { // seconds since 1970
    double begin = 0;
    double end = 0;
};
double wall_seconds();

// The successful fsync and fdatasync calls in what `strace -f -ttt -T` wrote, interrupted lines included.
std::vector<Span> flushes_in(std::string_view trace);
// How many of `asked` contain a whole flush.
std::size_t covered(const std::vector<Span>& asked, const std::vector<Span>& flushes);

} // namespace conformance::load
