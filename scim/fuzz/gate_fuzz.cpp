// Bytes of a connection, arriving in pieces: what the gate and the parser accept as a request is framed as gate_oracle
// reads it: the same head, body and end, however the bytes were cut.
#include "scim/fuzz/gate_oracle.hpp"

#include <cstdlib>

namespace {

void must(bool holds)
{
    if (!holds) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    using namespace scim::fuzz;
    using scim::http::Limits;
    if (size == 0) return 0;
    Limits limits;
    limits.body_bytes = 64 * 1024;
    const std::size_t step = 1U + data[0] % 64U;
    std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
    for (int requests = 0; requests < 4; ++requests) {
        const auto whole = through_the_gate(bytes, bytes.size() + 1, limits);
        const auto in_pieces = through_the_gate(bytes, step, limits);
        must(is_framed_as_read(bytes, whole) && is_framed_as_read(bytes, in_pieces));
        must(is_cut_alike(whole, in_pieces));
        if (whole.fate != Fate::accepted) return 0;
        bytes.remove_prefix(whole.end);
    }
    return 0;
}
