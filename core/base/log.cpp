#include "core/base/log.hpp"

#include "core/base/clock.hpp"
#include "core/base/json.hpp"
#include "core/base/text.hpp"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unistd.h>

namespace core::log {

namespace {

constexpr std::size_t queued_lines = 8192;
constexpr std::size_t field_bytes = 1024;
constexpr auto flush_patience = std::chrono::seconds{2}; // a blocked stderr must not hold up a shutdown

std::atomic<Level> lowest{Level::info};

// A line in one write(2), so that the lines of two processes on one terminal do not mix.
class StderrSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    std::uint64_t written() const { return written_.load(std::memory_order_acquire); }

private:
    void sink_it_(const spdlog::details::log_msg& message) override
    {
        std::string_view rest{message.payload.data(), message.payload.size()};
        while (!rest.empty()) {
            const auto count = ::write(STDERR_FILENO, rest.data(), rest.size());
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) break; // nobody is left to be told
            rest.remove_prefix(static_cast<std::size_t>(count));
        }
        written_.fetch_add(1, std::memory_order_release);
    }
    void flush_() override {}

    std::atomic<std::uint64_t> written_{0};
};

// Lives until the process ends: whatever is destroyed late may still log.
struct Machine {
    std::shared_ptr<StderrSink> sink = std::make_shared<StderrSink>();
    std::shared_ptr<spdlog::details::thread_pool> pool =
        std::make_shared<spdlog::details::thread_pool>(queued_lines, 1);
    std::shared_ptr<spdlog::async_logger> logger =
        std::make_shared<spdlog::async_logger>("rollcall", sink, pool, spdlog::async_overflow_policy::overrun_oldest);
    std::atomic<std::uint64_t> posted{0};

    Machine() { logger->set_level(spdlog::level::trace); }
};

Machine& machine()
{
    static Machine* const only = [] {
        auto* const made = new Machine;
        std::atexit([] { flush(); });
        return made;
    }();
    return *only;
}

std::string_view word(Level level)
{
    switch (level) {
    case Level::debug: return "debug";
    case Level::info: return "info";
    case Level::warning: return "warning";
    case Level::error: return "error";
    }
    return {};
}

// Characters beyond ASCII that end a line or steer a terminal: C1 controls, line and paragraph separator, and the
// bidirectional overrides.
bool is_treacherous(char32_t c)
{
    return (c >= 0x80 && c <= 0x9F) || c == 0x2028 || c == 0x2029 || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

// The length of the character at the front, or 0 when it is not UTF-8.
std::size_t utf8_length(std::string_view text, char32_t& code_point)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::size_t length = byte(0) < 0x80 ? 1 : byte(0) >> 5 == 6 ? 2 : byte(0) >> 4 == 14 ? 3 : 4;
    if (length > text.size() || !is_utf8(text.substr(0, length))) return 0;
    code_point = length == 1 ? byte(0) : byte(0) & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) code_point = code_point << 6 | (byte(i) & 0x3FU);
    return length;
}

// Text from anywhere, as valid UTF-8 without characters that make two lines of one.
std::string tamed(std::string_view text)
{
    std::string tame;
    while (!text.empty()) {
        char32_t code_point = 0;
        const std::size_t length = utf8_length(text, code_point);
        if (length == 0 || is_treacherous(code_point)) {
            tame.append("\xEF\xBF\xBD"); // U+FFFD
        } else {
            tame.append(text.substr(0, length));
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return tame;
}

void append_text(std::string& line, std::string_view text)
{
    const bool cut = text.size() > field_bytes;
    if (cut) {
        std::size_t end = field_bytes;
        while (end > field_bytes - 3 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
        text = text.substr(0, end);
    }
    const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c > 0 && c < 0x7F; });
    if (plain && !cut) {
        json::append_quoted(line, text);
        return;
    }
    std::string tame = tamed(text);
    if (cut) tame.append("…");
    json::append_quoted(line, tame);
}

void append_value(std::string& line, const Field& field)
{
    struct Appender {
        std::string& out;
        void operator()(std::string_view text) const { append_text(out, text); }
        void operator()(std::int64_t number) const { out.append(std::to_string(number)); }
        void operator()(double number) const { json::append(out, number); }
        void operator()(bool truth) const { out.append(truth ? "true" : "false"); }
    };
    std::visit(Appender{line}, field.value);
}

} // namespace

void set_level(Level level) { lowest.store(level, std::memory_order_relaxed); }

bool is_on(Level level) { return level >= lowest.load(std::memory_order_relaxed); }

void write(Level level, std::string_view event, std::initializer_list<Field> fields)
{
    if (!is_on(level)) return;
    thread_local std::string line;
    line.assign("{\"at\":\"");
    line.append(to_iso(SystemClock{}.now()));
    line.append("\",\"level\":\"").append(word(level)).append("\",\"event\":");
    append_text(line, event);
    for (const Field& field : fields) {
        line.push_back(',');
        append_text(line, field.name);
        line.push_back(':');
        append_value(line, field);
    }
    line.append("}\n");

    Machine& all = machine();
    all.posted.fetch_add(1, std::memory_order_acq_rel);
    all.logger->log(spdlog::level::info, spdlog::string_view_t{line.data(), line.size()});
}

void flush()
{
    Machine& all = machine();
    const std::uint64_t target = all.posted.load(std::memory_order_acquire);
    const auto deadline = std::chrono::steady_clock::now() + flush_patience;
    while (all.sink->written() + dropped() < target && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::microseconds{200});
    }
}

std::uint64_t dropped() { return machine().pool->overrun_counter(); }

} // namespace core::log
