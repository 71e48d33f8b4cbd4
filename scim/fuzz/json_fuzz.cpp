// A text that is read is written to a text that is read as the same value.
#include "core/base/json.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    const auto value = core::json::read({reinterpret_cast<const char*>(data), size});
    if (!value) return 0;
    const auto written = core::json::write(*value);
    const auto again = core::json::read(written, {64, 1'000'000, 1U << 20});
    if (!again || core::json::write(*again) != written) std::abort();
    return 0;
}
