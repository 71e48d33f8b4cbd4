// Just enough of HTTP/1.1 to know where an answer ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace conformance::load {

struct AnswerHead {
    int status = 0;
    std::size_t head_bytes = 0;
    std::size_t body_bytes = 0;
    bool closes = false;
};

enum class Reading { incomplete, complete, broken };

// Looks at the beginning of `bytes`. `complete` means that the head is; the body may still be coming.
// Broken: no HTTP/1.x status line, no Content-Length (and no status that has no body), a head over 64 KiB.
Reading read_head(std::string_view bytes, AnswerHead&);

} // namespace conformance::load
