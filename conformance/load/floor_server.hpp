// What the floors stand on: the least that Boost.Beast can be made to do as an HTTPS server with kept connections. No
// limits, no time-outs, no log: a floor to measure against, never a server to run.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace conformance::load {

using FloorRequest = boost::beast::http::request<boost::beast::http::string_body>;
// Called exactly once, at once or later, from any thread.
using FloorAnswer = std::function<void(unsigned status, std::string body)>;
using FloorHandler = std::function<void(const FloorRequest&, FloorAnswer)>;

struct FloorOptions {
    std::uint16_t port = 0;
    unsigned threads = 2;
    std::string certificate{}; // empty: plain HTTP
    std::string key{};
};

// Serves on 127.0.0.1 until SIGTERM or SIGINT; `before_end` runs while unanswered requests may still be answered.
void serve_floor(const FloorOptions&, const FloorHandler&, const std::function<void()>& before_end = {});

} // namespace conformance::load
