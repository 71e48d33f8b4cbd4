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
    {6, "requests a second, GET by id, 8 connections", "rps/get/8", 0.6, 0.8, larger, "x floor"},
    {6, "requests a second, filter that hits", "rps/filter/8", 0.6, 0.8, larger, "x floor"},
    {6, "requests a second, filter that misses", "rps/miss/8", 0.6, 0.8, larger, "x floor"},
    {6, "requests a second, list of 100", "rps/list/8", 0.6, 0.8, larger, "x floor"},
    {6, "requests a second, POST", "rps/post/8", 0.6, 0.8, larger, "x floor"},
    {6, "requests a second, PATCH active", "rps/patch/8", 0.6, 0.8, larger, "x floor"},
    {10, "POST, flush +2 ms, 64 connections: over one commit a write", "slow/rps", 8, 14, larger, "x floor"},
    {10, "the same: p99", "slow/p99", 60, 35, smaller, "ms"},
    {11, "p99 of GETs beside 8 posting connections, flush +2 ms", "beside/p99", 2, 1.3, smaller, "x alone"},
    {12, "POSTs answered only after their flush", "durable/share", 1, 1, larger, "of all"},
    {14, "memory for each open TLS connection", "memory/connection", 128, 80, smaller, "KiB"},
    {16, "start to first 200, 10,000 users", "cold/start", 60, 25, smaller, "ms"},
    {17, "purge sweep with nothing due", "sweep/cpu", 100, 20, smaller, "us"},
    {19, "full TLS handshake, server's CPU", "tls/full", 1.2, 1.1, smaller, "x floor"},
    {19, "TLS resumption offered and taken (1.3)", "tls/resumed13", 1, 1, larger, "(1 = yes)"},
    {19, "TLS resumption offered and taken (1.2)", "tls/resumed12", 1, 1, larger, "(1 = yes)"},
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
