#include "conformance/load/figures.hpp"

#include <algorithm>
#include <ctime>
#include <fstream>
#include <stdexcept>

namespace conformance::load {

double median(std::vector<double> values)
{
    if (values.empty()) return 0;
    std::ranges::sort(values);
    const auto middle = values.size() / 2;
    return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double cpu_seconds(pid_t process)
{
    clockid_t clock{};
    timespec used{};
    if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &used) != 0)
        throw std::runtime_error("process " + std::to_string(process) + " is gone");
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

Memory memory_of(pid_t process)
{
    std::ifstream in{"/proc/" + std::to_string(process) + "/status"};
    Memory memory;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("VmRSS:")) memory.resident = std::stol(line.substr(6));
        if (line.starts_with("RssAnon:")) memory.anonymous = std::stol(line.substr(8));
    }
    return memory;
}

} // namespace conformance::load
