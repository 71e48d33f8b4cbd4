// One structured line per event, JSON on stderr: {"at":…,"level":…,"event":…,…}. Never a body, a token or a person's
// name. Text is escaped and cut at 1 KiB; a line is one line whatever it carries (LOG-02). Callable from any thread;
// lines are written by a thread of their own and dropped, with a counter, rather than making a request wait.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <variant>

namespace core::log {

enum class Level { debug, info, warning, error };

struct Field {
    std::string_view name;
    std::variant<std::string_view, std::int64_t, double, bool> value;

    Field(std::string_view n, std::string_view v) : name{n}, value{v} {}
    Field(std::string_view n, const char* v) : name{n}, value{std::string_view{v}} {}
    Field(std::string_view n, bool v) : name{n}, value{v} {}
    Field(std::string_view n, double v) : name{n}, value{v} {}
    template<class Integer>
    requires std::is_integral_v<Integer> Field(std::string_view n, Integer v)
        : name{n}, value{static_cast<std::int64_t>(v)}
    {
    }
};

void set_level(Level);
bool is_on(Level);
void write(Level, std::string_view event, std::initializer_list<Field> = {});
inline void debug(std::string_view e, std::initializer_list<Field> f = {}) { write(Level::debug, e, f); }
inline void info(std::string_view e, std::initializer_list<Field> f = {}) { write(Level::info, e, f); }
inline void warning(std::string_view e, std::initializer_list<Field> f = {}) { write(Level::warning, e, f); }
inline void error(std::string_view e, std::initializer_list<Field> f = {}) { write(Level::error, e, f); }

// Waits until everything written so far is out (shutdown, before a deliberate abort).
void flush();
std::uint64_t dropped();

} // namespace core::log
