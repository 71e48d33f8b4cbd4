// A filter that parses prints to a text that parses to the same tree.
#include "scim/filter.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    for (const auto* schema : {&scim::user_schema(), &scim::group_schema()}) {
        const auto parsed = scim::parse_filter(text, *schema, {}, true);
        if (!parsed) continue;
        // Printing may lengthen: the text limit is not the question here.
        const auto again = scim::parse_filter(scim::print_filter(*parsed), *schema, {1U << 20, 64, 256});
        if (!again || !(*again == *parsed)) std::abort();
    }
    return 0;
}
