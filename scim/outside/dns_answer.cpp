#include "scim/outside/dns_answer.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>

namespace scim::outside {
namespace {

constexpr int class_in = 1;
constexpr int type_cname = 5;
constexpr int type_txt = 16;
constexpr std::size_t header_bytes = 12;
constexpr std::size_t name_most = 255; // on the wire

void append_label(std::string& name, std::string_view label)
{
    if (!name.empty()) name += '.';
    for (char c : label) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
        const bool ordinary = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        if (ordinary)
            name += c;
        else
            name += fmt::format("\\{:03}", static_cast<unsigned char>(c));
    }
}

class Reader {
public:
    explicit Reader(std::string_view message) : message_{message} {}

    bool has(std::size_t bytes) const { return at_ <= message_.size() && message_.size() - at_ >= bytes; }
    bool skip(std::size_t bytes)
    {
        if (!has(bytes)) return false;
        at_ += bytes;
        return true;
    }
    std::optional<int> number()
    {
        if (!has(2)) return std::nullopt;
        const int value = byte(at_) << 8 | byte(at_ + 1);
        at_ += 2;
        return value;
    }
    // Pointers lead backwards only, so that there is no circle, and the whole is no longer than a name may be.
    std::optional<std::string> name()
    {
        std::string text;
        std::size_t used = 0;
        std::size_t from = at_;
        std::size_t lowest = at_;
        bool jumped = false;
        while (true) {
            if (from >= message_.size()) return std::nullopt;
            const std::size_t length = static_cast<std::size_t>(byte(from));
            if (length >= 0xC0) {
                if (from + 1 >= message_.size()) return std::nullopt;
                const std::size_t to = (length & 0x3F) << 8 | static_cast<std::size_t>(byte(from + 1));
                if (to >= lowest || to < header_bytes) return std::nullopt;
                if (!jumped) at_ = from + 2;
                jumped = true;
                from = lowest = to;
                continue;
            }
            if (length > 63) return std::nullopt;
            used += length + 1;
            if (used > name_most || length >= message_.size() - from) return std::nullopt;
            if (length == 0) break;
            append_label(text, message_.substr(from + 1, length));
            from += length + 1;
        }
        if (!jumped) at_ = from + 1;
        return text;
    }
    // One string or more (RFC 1035 3.3.14), up to `end`.
    std::optional<std::string> strings(std::size_t end)
    {
        if (at_ == end) return std::nullopt;
        std::string joined;
        while (at_ < end) {
            const std::size_t length = static_cast<std::size_t>(byte(at_));
            if (length >= end - at_) return std::nullopt;
            joined += message_.substr(at_ + 1, length);
            at_ += length + 1;
        }
        return joined;
    }
    std::size_t at() const { return at_; }

private:
    int byte(std::size_t at) const { return static_cast<unsigned char>(message_[at]); }

    std::string_view message_;
    std::size_t at_ = 0;
};

} // namespace

std::optional<std::vector<AnswerRecord>> read_dns_answer(std::string_view message)
{
    Reader reader{message};
    if (message.size() < header_bytes || !reader.skip(4)) return std::nullopt;
    const int questions = *reader.number();
    const int answers = *reader.number();
    reader.skip(4);
    for (int i = 0; i < questions; ++i)
        if (!reader.name() || !reader.skip(4)) return std::nullopt;
    std::vector<AnswerRecord> records;
    for (int i = 0; i < answers; ++i) {
        auto owner = reader.name();
        const auto type = reader.number();
        const auto of_class = reader.number();
        if (!owner || !type || !of_class || !reader.skip(4)) return std::nullopt; // how long it may be kept
        const auto length = reader.number();
        if (!length || !reader.has(static_cast<std::size_t>(*length))) return std::nullopt;
        const std::size_t end = reader.at() + static_cast<std::size_t>(*length);
        const bool alias = *type == type_cname;
        if (*of_class != class_in || (!alias && *type != type_txt)) {
            reader.skip(static_cast<std::size_t>(*length));
            continue;
        }
        auto value = alias ? reader.name() : reader.strings(end);
        if (!value || reader.at() != end) return std::nullopt;
        records.push_back({std::move(*owner), alias, std::move(*value)});
    }
    return records;
}

} // namespace scim::outside
