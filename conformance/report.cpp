#include "conformance/report.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

namespace conformance {
namespace {

constexpr std::size_t longest_body = 2'000;

// Printable and not endless: control characters of a server under test do not reach the reader's terminal.
std::string shown(std::string_view text)
{
    std::string result;
    for (const char c : text.substr(0, longest_body)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte != 0x7f) {
            result += c;
        } else {
            result += c == '\n' ? std::string("\n") : fmt::format("\\x{:02x}", byte);
        }
    }
    if (text.size() > longest_body) result += fmt::format("… ({} bytes)", text.size());
    return result;
}

std::string fields(const Headers& headers)
{
    std::string result;
    for (const auto& header : headers) result += fmt::format("{}: {}\n", header.name, header.value);
    return result;
}

std::string request_text(const Exchange& exchange)
{
    return fmt::format("{} {}\n{}{}", exchange.request.method, exchange.request.target,
                       fields(exchange.request.headers),
                       exchange.request.body.empty() ? "" : "\n" + exchange.request.body + "\n");
}

std::string answer_text(const Exchange& exchange)
{
    if (exchange.answer.status == 0) return exchange.trouble + "\n";
    return fmt::format("{} {}\n{}{}", exchange.answer.status, exchange.answer.reason, fields(exchange.answer.headers),
                       exchange.answer.body.empty() ? "" : "\n" + exchange.answer.body + "\n");
}

std::string indented(const std::string& text, std::string_view mark)
{
    std::string result;
    std::size_t begin = 0;
    while (begin < text.size()) {
        const auto end = std::min(text.find('\n', begin), text.size());
        result += fmt::format("    {} {}\n", mark, text.substr(begin, end - begin));
        begin = end + 1;
    }
    return result;
}

const char* word(Verdict verdict)
{
    switch (verdict) {
    case Verdict::passed: return "passed";
    case Verdict::failed: return "failed";
    case Verdict::skipped: return "skipped";
    }
    return "";
}

std::string time_text(std::chrono::system_clock::time_point when)
{
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(when)));
}

boost::json::array header_list(const Headers& headers)
{
    boost::json::array list;
    for (const auto& header : headers) {
        boost::json::object field;
        field["name"] = header.name;
        field["value"] = header.value;
        list.push_back(field);
    }
    return list;
}

boost::json::object as_object(const Exchange& exchange)
{
    boost::json::object request;
    request["method"] = exchange.request.method;
    request["target"] = exchange.request.target;
    request["headers"] = header_list(exchange.request.headers);
    request["body"] = shown(exchange.request.body);
    boost::json::object answer;
    answer["status"] = exchange.answer.status;
    answer["headers"] = header_list(exchange.answer.headers);
    answer["body"] = shown(exchange.answer.body);
    boost::json::object result;
    result["request"] = std::move(request);
    result["answer"] = std::move(answer);
    if (!exchange.trouble.empty()) result["trouble"] = exchange.trouble;
    result["microseconds"] = exchange.took.count();
    return result;
}

constexpr const char* page_begin = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>SCIM conformance report</title>
<style>
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1c1c1e;background:#fff}
table{border-collapse:collapse;width:100%}
td,th{border-bottom:1px solid #ddd;padding:.35rem .6rem;text-align:left;vertical-align:top}
.passed{color:#14663a}.failed{color:#a3161a;font-weight:600}.skipped{color:#6b6b70}
pre{background:#f5f5f7;padding:.7rem;overflow-x:auto;white-space:pre-wrap;word-break:break-word;margin:.3rem 0}
summary{cursor:pointer}.sum{font-size:1.3rem;margin:1rem 0}
@media (prefers-color-scheme:dark){body{background:#1c1c1e;color:#eee}pre{background:#2c2c2e}td,th{border-color:#444}
.passed{color:#7bd89f}.failed{color:#ff8a8a}.skipped{color:#aaa}}
</style></head><body>
)";

} // namespace

std::string last_line(const Report& report)
{
    auto line = fmt::format("{} passed, {} failed", report.count(Verdict::passed), report.count(Verdict::failed));
    if (const auto skipped = report.count(Verdict::skipped); skipped > 0) line += fmt::format(", {} skipped", skipped);
    return line;
}

std::string describe(const Outcome& outcome)
{
    auto text = fmt::format("{} {}\n  rule:     {}\n  expected: {}\n  seen:     {}\n", outcome.id, outcome.title,
                            outcome.source, shown(outcome.expected), shown(outcome.seen));
    if (!outcome.exchanges.empty()) {
        const auto& last = outcome.exchanges.back();
        text += indented(shown(request_text(last)), ">") + indented(shown(answer_text(last)), "<");
    }
    return text;
}

std::string as_text(const Report& report)
{
    std::string text = fmt::format("SCIM conformance of {}, {}\n\n", report.url, time_text(report.began));
    for (const auto& outcome : report.outcomes) {
        text += fmt::format("{:8}{:28} {}\n", word(outcome.verdict), outcome.id, outcome.title);
        if (outcome.verdict == Verdict::skipped) text += fmt::format("        ({})\n", outcome.expected);
    }
    text += "\n";
    for (const auto& outcome : report.outcomes) {
        if (outcome.verdict == Verdict::failed) text += "FAILED " + describe(outcome) + "\n";
    }
    for (const auto& path : report.left_behind) text += fmt::format("left behind: {}\n", path);
    return text + last_line(report) + "\n";
}

std::string as_json(const Report& report)
{
    boost::json::array checks;
    for (const auto& outcome : report.outcomes) {
        boost::json::object check;
        check["id"] = outcome.id;
        check["title"] = outcome.title;
        check["source"] = outcome.source;
        check["verdict"] = word(outcome.verdict);
        check["milliseconds"] = outcome.took.count();
        if (outcome.verdict == Verdict::skipped) check["why"] = outcome.expected;
        if (outcome.verdict == Verdict::failed) {
            check["expected"] = shown(outcome.expected);
            check["seen"] = shown(outcome.seen);
            boost::json::array exchanges;
            for (const auto& exchange : outcome.exchanges) exchanges.push_back(as_object(exchange));
            check["exchanges"] = std::move(exchanges);
        }
        checks.push_back(std::move(check));
    }
    boost::json::object result;
    result["url"] = report.url;
    result["suite"] = report.suite;
    result["began"] = time_text(report.began);
    result["milliseconds"] = report.took.count();
    result["passed"] = report.count(Verdict::passed);
    result["failed"] = report.count(Verdict::failed);
    result["skipped"] = report.count(Verdict::skipped);
    result["checks"] = std::move(checks);
    boost::json::array left;
    for (const auto& path : report.left_behind) left.push_back(boost::json::string(path));
    result["leftBehind"] = std::move(left);
    return boost::json::serialize(result) + "\n";
}

std::string html_escape(std::string_view text)
{
    std::string result;
    for (const char c : text) {
        switch (c) {
        case '&': result += "&amp;"; break;
        case '<': result += "&lt;"; break;
        case '>': result += "&gt;"; break;
        case '"': result += "&quot;"; break;
        case '\'': result += "&#39;"; break;
        default: result += c;
        }
    }
    return result;
}

std::string as_html(const Report& report)
{
    std::string page = page_begin;
    page += fmt::format("<h1>SCIM conformance</h1><p>{} · suite {} · {} · {} ms</p><p class=\"sum\">{}</p>\n",
                        html_escape(report.url), html_escape(report.suite), time_text(report.began),
                        report.took.count(), last_line(report));
    page += "<table><thead><tr><th>Check</th><th>What a good server does</th><th>Rule</th><th>Verdict</th></tr></thead>"
            "<tbody>\n";
    auto ordered = report.outcomes;
    std::stable_partition(ordered.begin(), ordered.end(),
                          [](const Outcome& o) { return o.verdict == Verdict::failed; });
    for (const auto& outcome : ordered) {
        page += fmt::format("<tr><td>{}</td><td>{}", html_escape(outcome.id), html_escape(outcome.title));
        if (outcome.verdict == Verdict::skipped)
            page += fmt::format("<br><small>{}</small>", html_escape(outcome.expected));
        if (outcome.verdict == Verdict::failed) {
            page += fmt::format("<br><b>Expected</b> <pre>{}</pre><b>Seen</b> <pre>{}</pre>",
                                html_escape(shown(outcome.expected)), html_escape(shown(outcome.seen)));
            for (const auto& exchange : outcome.exchanges) {
                const bool is_last = &exchange == &outcome.exchanges.back();
                page +=
                    fmt::format("<details{}><summary>{} {} → {}</summary><pre>{}</pre><pre>{}</pre></details>",
                                is_last ? " open" : "", html_escape(exchange.request.method),
                                html_escape(exchange.request.target), exchange.answer.status,
                                html_escape(shown(request_text(exchange))), html_escape(shown(answer_text(exchange))));
            }
        }
        page += fmt::format("</td><td>{}</td><td class=\"{}\">{}</td></tr>\n", html_escape(outcome.source),
                            word(outcome.verdict), word(outcome.verdict));
    }
    page += "</tbody></table>\n";
    if (!report.left_behind.empty()) {
        page += "<h2>Left behind</h2><ul>";
        for (const auto& path : report.left_behind) page += fmt::format("<li>{}</li>", html_escape(path));
        page += "</ul>";
    }
    return page + "</body></html>\n";
}

} // namespace conformance
