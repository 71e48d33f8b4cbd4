// What `rollcall-bench` can measure. Each prints what it saw and adds to the findings that the goals are judged by.
#pragma once

#include "conformance/load/contestants.hpp"
#include "conformance/load/figures.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace conformance::load {

struct Plan {
    Programs programs;
    std::filesystem::path folder; // everything is made below it
    Certificate certificate;
    bool self_check = false; // the floor against a second floor: what the machine's noise alone does to ratios
    std::size_t users = 10'000;
    int rounds = 5;
    std::chrono::milliseconds time = std::chrono::seconds{3};
    std::vector<Scenario> scenarios{};
    std::vector<std::size_t> connections{1, 8, 64};
    std::size_t quick_post_connections = 0;          // post is measured with these too; 0: only with the above
    std::vector<std::size_t> sizes{10'000, 100'000}; // of `growth`: users stored
    std::filesystem::path picture{};                 // of `growth`: an SVG; empty: none
    std::size_t sync_users = 100'000;                // of `initial-sync`
};

// What is on trial: the server, or a second floor; made below the plan's folder.
Contestant our_side(const Plan&, const char* folder);

struct Row { // medians of one side in one scenario
    std::string scenario{};
    std::size_t connections = 0;
    std::string side{};
    double rps = 0;
    double p50 = 0;
    double p99 = 0;
    double cpu = 0;      // CPU seconds for 1000 requests
    double resident = 0; // MiB
    std::uint64_t bad = 0;
};

struct Results {
    std::vector<Row> rows{};
    Findings findings{};
    std::uint64_t bad = 0; // answers that were not 2xx, and socket errors: with any, nothing here is a result
};

void compare(const Plan&, Results&);    // goals 1, 2, 3, 4, 6
void slow_flush(const Plan&, Results&); // goal 10
void beside(const Plan&, Results&);     // goal 11
void durable(const Plan&, Results&);    // goal 12
void memory(const Plan&, Results&);     // goal 14
void cold(const Plan&, Results&);       // goal 16
void sweep(const Plan&, Results&);      // goal 17
void tls(const Plan&, Results&);        // goal 19
void scan_beside(const Plan&, Results&);
void initial_sync(const Plan&, Results&); // goal 20
void tenants(const Plan&, Results&);      // goal 21
void purge(const Plan&, Results&);        // goal 18 alone
void growth(const Plan&, Results&);       // goals 5, 9, 13, 15, 16, 18

} // namespace conformance::load
