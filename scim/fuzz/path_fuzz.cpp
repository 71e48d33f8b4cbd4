// An attribute path that is read prints to a text that is read as the same path.
#include "scim/attribute_path.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    const auto path = scim::read_path({reinterpret_cast<const char*>(data), size});
    if (!path) return 0;
    const auto again = scim::read_path(scim::to_text(*path));
    if (!again || !(*again == *path)) std::abort();
    return 0;
}
