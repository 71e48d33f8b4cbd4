// A target that is split has a query of valid, unrepeated, decoded parameters, or a stated problem.
#include "core/base/text.hpp"
#include "scim/http/target.hpp"

#include <cstdlib>
#include <set>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto target = scim::http::split_target(text);
    (void)scim::http::decode_segment(text);
    if (!target.query_problem.empty()) return 0;
    std::set<std::string> names;
    for (const auto& parameter : target.query) {
        if (!core::is_utf8(parameter.name) || !core::is_utf8(parameter.value)) std::abort();
        if (!names.insert(parameter.name).second) std::abort();
    }
    return 0;
}
