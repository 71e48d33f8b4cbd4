#include "core/base/log.hpp"

#include "core/base/clock.hpp"
#include "core/base/json.hpp"
#include "core/base/text.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <unistd.h>

namespace core::log {

namespace {

constexpr std::size_t waiting_bytes = 2 * 1024 * 1024; // beyond it lines are dropped and counted
constexpr auto gathering = std::chrono::milliseconds{20};
constexpr std::size_t field_bytes = 1024;
constexpr auto flush_patience = std::chrono::seconds{2}; // a blocked stderr must not hold up a shutdown

std::atomic<Level> lowest{Level::info};

void write_out(std::string_view rest)
{
    while (!rest.empty()) {
        const auto count = ::write(STDERR_FILENO, rest.data(), rest.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return; // nobody is left to be told
        rest.remove_prefix(static_cast<std::size_t>(count));
    }
}

// Whole lines gathered under a mutex, written by a thread of their own some moments later, many at once: a logging
// library's queue wakes its thread for every line, and those wake-ups cost more than answering a request.
// Lives until the process ends: whatever is destroyed late may still log.
class Machine {
public:
    Machine()
    {
        std::thread{[this] { run(); }}.detach();
    }

    void post(std::string_view line, bool is_urgent)
    {
        bool wakes = false;
        {
            const std::lock_guard lock{mutex_};
            if (waiting_.size() + line.size() > waiting_bytes) {
                ++dropped_;
                return;
            }
            wakes = waiting_.empty() || (is_urgent && !urgent_);
            urgent_ |= is_urgent;
            waiting_.append(line);
            ++posted_;
        }
        if (wakes) wake_.notify_one();
    }

    void flush()
    {
        std::unique_lock lock{mutex_};
        urgent_ = true;
        wake_.notify_one();
        written_changed_.wait_for(lock, flush_patience, [&, target = posted_] { return written_ >= target; });
    }

    std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

private:
    void run()
    {
        std::string batch;
        std::unique_lock lock{mutex_};
        for (;;) {
            wake_.wait(lock, [this] { return !waiting_.empty(); });
            wake_.wait_for(lock, gathering, [this] { return urgent_; });
            urgent_ = false;
            batch.swap(waiting_);
            const auto up_to = posted_;
            lock.unlock();
            write_out(batch);
            batch.clear();
            lock.lock();
            written_ = up_to;
            written_changed_.notify_all();
        }
    }

    std::mutex mutex_;
    std::condition_variable wake_, written_changed_;
    std::string waiting_;
    std::uint64_t posted_ = 0, written_ = 0;
    bool urgent_ = false;
    std::atomic<std::uint64_t> dropped_{0};
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

    machine().post(line, level >= Level::warning);
}

void flush() { machine().flush(); }

std::uint64_t dropped() { return machine().dropped(); }

} // namespace core::log
