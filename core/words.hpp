// An enum's words as a table, read in both directions. Private to core's value types.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace core {

template<class Enum, std::size_t count>
struct Words {
    struct Row {
        Enum value;
        std::string_view word;
    };
    std::array<Row, count> rows;

    constexpr std::string_view of(Enum value) const
    {
        for (const Row& row : rows) {
            if (row.value == value) return row.word;
        }
        return {};
    }
    constexpr std::optional<Enum> from(std::string_view word) const
    {
        for (const Row& row : rows) {
            if (row.word == word) return row.value;
        }
        return {};
    }
};

} // namespace core
