#include "core/base/ids.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <chrono>
#include <set>
#include <string>
#include <unordered_set>

using core::Uuid;
using core::uuid_from;

TEST_CASE("an id is 36 characters of lower case and survives being read in any case")
{
    CHECK(rc::check([] {
        Uuid uuid;
        for (auto& byte : uuid.bytes) byte = *rc::gen::arbitrary<std::uint8_t>();
        const std::string text = core::to_text(uuid);
        RC_ASSERT(text.size() == 36u);
        RC_ASSERT(uuid_from(text) == uuid);
        std::string shouting = text;
        for (char& c : shouting) c = static_cast<char>(std::toupper(c));
        RC_ASSERT(uuid_from(shouting) == uuid);
    }));
    CHECK(core::to_text(*uuid_from("0192F3A1-0000-7abc-8DEF-0123456789ab")) == "0192f3a1-0000-7abc-8def-0123456789ab");
}

TEST_CASE("what is not an id with dashes is refused")
{
    const auto text =
        GENERATE(as<std::string>{}, "", "0192f3a100007abc8def0123456789ab", "0192f3a1-0000-7abc-8def-0123456789a",
                 "0192f3a1-0000-7abc-8def-0123456789abc", "{192f3a1-0000-7abc-8def-0123456789a}",
                 "0192f3a1-0000-7abc-8def-0123456789ag", "0192f3a1_0000-7abc-8def-0123456789ab",
                 "0192f3a10-000-7abc-8def-0123456789ab", "-192f3a1-0000-7abc-8def-0123456789ab");
    INFO(text);
    CHECK_FALSE(uuid_from(text));
}

TEST_CASE("new ids are UUIDs of version 7: time first, never twice")
{
    using std::chrono::duration_cast;
    using std::chrono::milliseconds;
    using std::chrono::system_clock;
    const auto milliseconds_now = [] {
        return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
    };
    core::SystemIds ids;
    std::unordered_set<core::UserId> seen;
    for (int i = 0; i < 10'000; ++i) {
        const auto before = milliseconds_now();
        const core::UserId id = ids.next_user();
        const auto after = milliseconds_now();
        std::int64_t time = 0;
        for (std::size_t b = 0; b < 6; ++b) time = time << 8 | id.value.bytes[b];
        REQUIRE(time >= before);
        REQUIRE(time <= after);
        REQUIRE(id.value.bytes[6] >> 4 == 7);
        REQUIRE(id.value.bytes[8] >> 6 == 2);
        REQUIRE(seen.insert(id).second);
    }
}
