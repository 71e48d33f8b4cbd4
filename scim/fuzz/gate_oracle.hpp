// What the gate's fuzzing holds the gate to: a second, naive reader of requests, which must frame what the gate lets
// through exactly as the gate did. What could be read in two ways must have been refused.
#pragma once

#include "scim/http/gate.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace scim::fuzz {

enum class Fate : std::uint8_t { refused, incomplete, accepted };

// What the gate and the parser made of the bytes at the beginning of a connection.
struct Framed {
    Fate fate = Fate::refused;
    bool is_judged = false; // the gate let the head through; what follows is said
    std::size_t head = 0;   // its length
    bool chunked = false;
    std::uint64_t content_length = 0;
    bool is_within_limits = false;
    std::string body{};  // of an accepted one
    std::size_t end = 0; // where the next request begins
};

// The bytes as a session reads them, `step` at a time.
Framed through_the_gate(std::string_view bytes, std::size_t step, const http::Limits&);

// The oracle: whether the naive reader reads what was let through in the same way, and the same however it was cut.
bool is_framed_as_read(std::string_view bytes, const Framed&);
bool is_cut_alike(const Framed& whole, const Framed& in_pieces);

} // namespace scim::fuzz
