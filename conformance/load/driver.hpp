// Drives a workload over N kept connections on one thread: raw epoll and OpenSSL, one request in flight on each, so
// that the driver takes as little as it can of the processor that the server under test needs too.
#pragma once

#include "conformance/load/workload.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace conformance::load {

struct Bounds {
    std::chrono::milliseconds time = std::chrono::seconds{3};
    std::uint64_t requests = 1'000'000;         // whichever comes first
    std::chrono::milliseconds patience{30'000}; // with one answer; then it counts as a socket error
};

struct Latencies { // milliseconds; all 0 when there were none
    std::uint64_t count = 0;
    double p50 = 0;
    double p90 = 0;
    double p99 = 0;
    double max = 0;
};
Latencies latencies_of(std::vector<float>& milliseconds); // sorts them

struct Outcome {
    std::uint64_t requests = 0; // answered within the time
    double seconds = 0;
    double rps = 0;
    std::uint64_t bytes = 0; // of answers
    std::uint64_t bad_status = 0;
    std::uint64_t socket_errors = 0;
    std::string first_bad{}; // what the first of either said
    Latencies all{};
    Latencies reads{};
    Latencies writes{};
    std::size_t patches = 0; // for Shape::first_patch of the next run

    std::uint64_t bad() const { return bad_status + socket_errors; }
};
std::string to_json(const Outcome&, const Shape&, std::size_t connections);

// Things to do at the edges of the measured time (reading the server's CPU clock), and with each answer.
struct Watch {
    std::function<void()> begins{}; // all connections are open, the first request is not yet sent
    std::function<void()> ends{};
    std::function<void(int status, std::string_view body)> answer{};
};

// Throws std::runtime_error when the connections cannot be opened.
Outcome drive(const Target&, Shape, const std::vector<StoredUser>&, std::size_t connections, const Bounds&,
              const Watch& = {});

// POSTs `count` users and returns them in the order of the answers. Throws std::runtime_error at the first refusal.
std::vector<StoredUser> seed(const Target&, std::size_t count, std::size_t connections, const std::string& prefix);

} // namespace conformance::load
