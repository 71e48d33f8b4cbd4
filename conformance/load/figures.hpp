// Medians, and what a server process has used so far.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

namespace conformance::load {

double median(std::vector<double>); // 0 of nothing

// User and system time of all threads, by the kernel's own clock of that process (finer than /proc/PID/stat's ticks).
// Throws std::runtime_error when there is no such process.
double cpu_seconds(pid_t);

struct Memory { // KiB
    long resident = 0;
    long anonymous = 0;
};
Memory memory_of(pid_t); // from /proc/PID/status

// What was measured, by name: "cpu/get/8" is the ratio of CPU for a request, ours over the floor's.
using Findings = std::map<std::string, double>;

} // namespace conformance::load
