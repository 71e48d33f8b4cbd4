#include "conformance/load/goals.hpp"

#include <fmt/format.h>

#include <iterator>

namespace conformance::load {
namespace {

using enum Better;

constexpr Goal table[] = {
    {1, "CPU a request, GET by id, 8 connections", "cpu/get/8", 1.8, 1.3, smaller, "x floor"},
    {1, "CPU a request, userName filter that hits", "cpu/filter/8", 1.8, 1.3, smaller, "x floor"},
    {1, "CPU a request, userName filter that misses", "cpu/miss/8", 1.8, 1.3, smaller, "x floor"},
    {2, "CPU a request, POST, 8 connections", "cpu/post/8", 2.0, 1.5, smaller, "x floor"},
    {2, "CPU a request, POST, 64 connections", "cpu/post/64", 2.0, 1.5, smaller, "x floor"},
    {3, "CPU a request, PATCH active", "cpu/patch/8", 2.0, 1.5, smaller, "x floor"},
    {4, "CPU a request, list of 100", "cpu/list/8", 2.0, 1.3, smaller, "x floor"},
    {5, "last page of 100, most users", "growth/last_ms", 20, 20, smaller, "ms"},
    {5, "the same over the first page", "growth/last_over_first", 40, 3, smaller, "x"},
    {6, "requests a second, GET by id, 8 connections", "rps/get/8", 0.6, 0.8, larger, "x floor"},
    {6, "requests a second, filter that hits", "rps/filter/8", 0.6, 0.8, larger, "x floor"},
    {6, "requests a second, filter that misses", "rps/miss/8", 0.6, 0.8, larger, "x floor"},
    {6, "requests a second, list of 100", "rps/list/8", 0.6, 0.8, larger, "x floor"},
    {6, "requests a second, POST", "rps/post/8", 0.6, 0.8, larger, "x floor"},
    {6, "requests a second, PATCH active", "rps/patch/8", 0.6, 0.8, larger, "x floor"},
    {9, "CPU of GET by id, most users over fewest", "growth/cpu/get", 1.6, 1.4, smaller, "x"},
    {9, "CPU of a filter that hits", "growth/cpu/filter", 1.6, 1.4, smaller, "x"},
    {9, "CPU of PATCH active", "growth/cpu/patch", 1.6, 1.4, smaller, "x"},
    {9, "CPU of POST", "growth/cpu/post", 1.6, 1.4, smaller, "x"},
    {10, "POST, flush +2 ms, 64 connections: over one commit a write", "slow/rps", 8, 14, larger, "x floor"},
    {10, "the same: p99", "slow/p99", 60, 35, smaller, "ms"},
    {11, "p99 of GETs beside 8 posting connections, flush +2 ms", "beside/p99", 2, 1.3, smaller, "x alone"},
    {11, "p99 of GETs beside a connection that scans", "scan/p99", 2, 1.3, smaller, "x alone"},
    {12, "POSTs answered only after their flush", "durable/share", 1, 1, larger, "of all"},
    {13, "anonymous memory, most users, after reads of all kinds", "growth/memory", 96, 48, smaller, "MiB"},
    {13, "the same over the fewest users", "growth/memory_ratio", 1.3, 1.1, smaller, "x"},
    {14, "memory for each open TLS connection", "memory/connection", 128, 80, smaller, "KiB"},
    {15, "disk for each user, without history", "growth/disk", 2.5, 1.8, smaller, "KiB"},
    {16, "start to first 200, most users", "growth/start", 80, 30, smaller, "ms"},
    {16, "start to first 200, 10,000 users", "cold/start", 60, 25, smaller, "ms"},
    {17, "purge sweep with nothing due", "sweep/cpu", 100, 20, smaller, "us"},
    {18, "CPU of purging 100 due users, most users over fewest", "growth/purge", 2, 1.4, smaller, "x"},
    {18, "p99 of GETs while due users are purged", "growth/purge_p99", 2, 1.3, smaller, "x alone"},
    {19, "full TLS handshake, server's CPU", "tls/full", 1.2, 1.1, smaller, "x floor"},
    {19, "TLS resumption offered and taken (1.3)", "tls/resumed13", 1, 1, larger, "(1 = yes)"},
    {19, "TLS resumption offered and taken (1.2)", "tls/resumed12", 1, 1, larger, "(1 = yes)"},
    {20, "initial sync, 8 connections: time", "initial/time", 2, 1.5, smaller, "x floor"},
    {20, "initial sync, 8 connections: CPU", "initial/cpu", 2, 1.5, smaller, "x floor"},
    {21, "100 tenants at 25/s, flush +2 ms: p99", "tenants/p99", 100, 40, smaller, "ms"},
    {21, "the same: errors", "tenants/errors", 0, 0, smaller, ""},
    {21, "the same: processor", "tenants/cores", 1, 0.6, smaller, "cores"},
    {0, "CPU of one member more or less, largest group over 10", "growth/group", 1.5, 1.2, smaller, "x"},
};

} // namespace

std::span<const Goal> goals() { return table; }

Verdict judge(const Goal& goal, const Findings& findings)
{
    const auto found = findings.find(std::string{goal.finding});
    if (found == findings.end()) return Verdict::not_measured;
    const auto reaches = [&](double limit) {
        return goal.better == smaller ? found->second <= limit : found->second >= limit;
    };
    if (reaches(goal.stretch)) return Verdict::stretch;
    return reaches(goal.base) ? Verdict::base : Verdict::missed;
}

std::string_view word(Verdict verdict)
{
    switch (verdict) {
    case Verdict::not_measured: return "not measured";
    case Verdict::missed: return "NOT MET";
    case Verdict::base: return "base met";
    case Verdict::stretch: return "stretch met";
    }
    return "";
}

Judgement judge_all(const Findings& findings)
{
    Judgement judgement;
    auto out = std::back_inserter(judgement.text);
    fmt::format_to(out, "{:>4}  {:<58}{:>9}{:>8}{:>9}  {:<10}{}\n", "goal", "", "measured", "base", "stretch", "", "");
    for (const auto& goal : table) {
        const auto verdict = judge(goal, findings);
        if (verdict == Verdict::not_measured) continue;
        judgement.base_reached &= verdict != Verdict::missed;
        fmt::format_to(out, "{:>4}  {:<58}{:>9.2f}{:>8g}{:>9g}  {:<10}{}\n", goal.number, goal.what,
                       findings.at(std::string{goal.finding}), goal.base, goal.stretch, goal.unit, word(verdict));
    }
    return judgement;
}

} // namespace conformance::load
