#include "core/base/clock.hpp"
#include "core/base/json.hpp"
#include "core/base/log.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include <cstdio>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace events = core::log;

namespace {

// What reaches file descriptor 2 while it lives.
class Stderr {
public:
    Stderr() : file_{std::tmpfile()}, saved_{::dup(STDERR_FILENO)}
    {
        events::flush();
        ::dup2(::fileno(file_), STDERR_FILENO);
    }
    ~Stderr()
    {
        restore();
        std::fclose(file_);
    }
    Stderr(const Stderr&) = delete;
    Stderr& operator=(const Stderr&) = delete;

    std::vector<std::string> lines()
    {
        events::flush();
        restore();
        std::string all;
        std::rewind(file_);
        for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_)) all.push_back(static_cast<char>(c));
        std::vector<std::string> found;
        for (std::size_t at = 0; at < all.size();) {
            const std::size_t end = all.find('\n', at);
            found.push_back(all.substr(at, end - at));
            at = end == std::string::npos ? all.size() : end + 1;
        }
        return found;
    }

private:
    void restore()
    {
        if (saved_ < 0) return;
        ::dup2(saved_, STDERR_FILENO);
        ::close(saved_);
        saved_ = -1;
    }

    std::FILE* file_;
    int saved_;
};

boost::json::object only_line(Stderr& stderr_now)
{
    const auto lines = stderr_now.lines();
    REQUIRE(lines.size() == 1);
    const auto parsed = core::json::read(lines.front());
    REQUIRE(parsed.has_value());
    return parsed->as_object();
}

} // namespace

TEST_CASE("an event is one line of JSON with time, level, name and fields")
{
    Stderr captured;
    events::info("request", {{"method", "GET"}, {"status", 200}, {"seconds", 0.25}, {"tls", true}});
    const auto line = only_line(captured);
    CHECK(core::from_iso(line.at("at").as_string().c_str()));
    CHECK(line.at("level") == "info");
    CHECK(line.at("event") == "request");
    CHECK(line.at("method") == "GET");
    CHECK(line.at("status") == 200);
    CHECK(line.at("seconds") == 0.25);
    CHECK(line.at("tls") == true);
}

TEST_CASE("LOG-02: a line stays one line of valid JSON whatever it carries")
{
    const auto text = GENERATE(as<std::string>{}, "two\r\nlines", "\x1b[31mred", "quote \" and \\ slash", "\xFF\xFE",
                               "broken \xC3", "next\xC2\x85line", "line\xE2\x80\xA8separator",
                               "csi\xC2\x9B"
                               "31m",
                               std::string("nul\0inside", 10));
    Stderr captured;
    events::error("hostile", {{"text", text}});
    const auto lines = captured.lines();
    REQUIRE(lines.size() == 1);
    for (const char c : lines.front()) CHECK(static_cast<unsigned char>(c) >= 0x20);
    CHECK(lines.front().find("\xC2\x85") == std::string::npos);
    CHECK(lines.front().find("\xE2\x80\xA8") == std::string::npos);
    boost::json::error_code ec;
    boost::json::parse(lines.front(), ec);
    CHECK_FALSE(ec);
}

TEST_CASE("LOG-02: a field is cut at 1 KiB, never within a character")
{
    struct Row {
        std::string text;
        std::string logged;
    };
    const auto row = GENERATE(values<Row>({
        {std::string(1023, 'a'), std::string(1023, 'a')},
        {std::string(1024, 'a'), std::string(1024, 'a')},
        {std::string(1025, 'a'), std::string(1024, 'a') + "…"},
        {std::string(1023, 'a') + "é", std::string(1023, 'a') + "…"},
        {std::string(1 << 20, 'a'), std::string(1024, 'a') + "…"},
    }));
    Stderr captured;
    events::info("long", {{"text", row.text}});
    CHECK(only_line(captured).at("text") == boost::json::string_view{row.logged});
}

TEST_CASE("below the level nothing is written")
{
    Stderr captured;
    events::debug("unheard");
    events::set_level(events::Level::debug);
    events::debug("heard");
    events::set_level(events::Level::error);
    events::warning("unheard");
    events::error("heard");
    events::set_level(events::Level::info);
    CHECK_FALSE(events::is_on(events::Level::debug));
    CHECK(events::is_on(events::Level::info));
    CHECK(captured.lines().size() == 2);
}

TEST_CASE("lines from many threads are all there or counted as dropped")
{
    constexpr int threads = 4;
    constexpr int each = 500;
    Stderr captured;
    const auto dropped_before = events::dropped();
    std::vector<std::jthread> writers;
    for (int t = 0; t < threads; ++t) {
        writers.emplace_back([t] {
            for (int i = 0; i < each; ++i) events::info("line", {{"thread", t}, {"number", i}});
        });
    }
    writers.clear();
    const auto lines = captured.lines();
    CHECK(lines.size() + (events::dropped() - dropped_before) == threads * each);
    for (const auto& line : lines) REQUIRE(core::json::read(line).has_value());
}
