// Any body as a PATCH of a user, in both profiles: repaired, read and applied without a crash; what was refused changed
// nothing.
#include "core/base/json.hpp"
#include "scim/entra/quirks.hpp"
#include "scim/patch.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    static const auto before =
        core::json::read(
            R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"a@x.example","active":true,"name":{"givenName":"A"},
        "emails":[{"type":"work","value":"a@x.example","primary":true},{"type":"home","value":"b@x.example"}]})")
            ->as_object();
    auto body = core::json::read({reinterpret_cast<const char*>(data), size});
    if (!body) return 0;
    for (const char* profile : {"entra", "strict"}) {
        const scim::entra::Quirks quirks{profile, {}};
        std::vector<std::string_view> fired;
        const auto repaired = quirks.repair_patch(*body, "User", fired);
        const auto operations = scim::read_patch(repaired, 1000, quirks.tolerance());
        if (!operations) continue;
        const auto resource = before;
        const auto after = scim::apply_patch(resource, *operations, scim::user_schema(), quirks.tolerance());
        if (resource != before) std::abort();
        if (after && !after->contains("userName")) std::abort(); // required, whatever was asked
    }
    return 0;
}
