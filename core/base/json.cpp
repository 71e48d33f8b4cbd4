#include "core/base/json.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

namespace core::json {

namespace {

std::string_view view(bj::string_view text) { return {text.data(), text.size()}; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool equal_names(std::string_view a, std::string_view b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

bool less_names(std::string_view a, std::string_view b)
{
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                        [](char x, char y) { return lower(x) < lower(y); });
}

// What has been read of the open objects' names. Few names of an object are compared one by one as they come; many are
// sorted when the object closes, so that a hostile object costs n log n and no hash can be made to collide.
class Names {
public:
    explicit Names(std::string_view source) : source_{source} { names_.reserve(48); }

    void open() { starts_.push_back(names_.size()); }
    // The repeated name, if this one repeats and the object is still small.
    bool repeats(std::string_view name)
    {
        const std::size_t start = starts_.back();
        const Name fresh{name, shape(name)};
        const std::size_t count = names_.size() - start;
        if (count < few) {
            for (std::size_t i = start; i < names_.size(); ++i) {
                if (names_[i].shape == fresh.shape && equal_names(names_[i].text, name)) return true;
            }
        }
        names_.push_back({kept(name), fresh.shape});
        return false;
    }
    // Closes the object; any name that is there twice.
    std::optional<std::string_view> close()
    {
        const auto start = names_.begin() + static_cast<std::ptrdiff_t>(starts_.back());
        std::optional<std::string_view> repeated;
        if (names_.size() - starts_.back() > few) {
            std::sort(start, names_.end(), [](const Name& a, const Name& b) {
                return a.shape != b.shape ? a.shape < b.shape : less_names(a.text, b.text);
            });
            const auto twice = std::adjacent_find(start, names_.end(), [](const Name& a, const Name& b) {
                return a.shape == b.shape && equal_names(a.text, b.text);
            });
            if (twice != names_.end()) repeated = twice->text;
        }
        names_.erase(start, names_.end());
        starts_.pop_back();
        return repeated;
    }

private:
    static constexpr std::size_t few = 16;
    struct Name {
        std::string_view text;
        std::uint64_t shape; // length and the outer letters: unequal for nearly all unequal names
    };

    static std::uint64_t shape(std::string_view name)
    {
        if (name.empty()) return 0;
        const auto letter = [&](std::size_t i) {
            return static_cast<std::uint64_t>(static_cast<unsigned char>(lower(name[i])));
        };
        return name.size() << 24 | letter(0) << 16 | letter(name.size() / 2) << 8 | letter(name.size() - 1);
    }
    // A name without escapes stands in the source and stays there; the others are copied.
    std::string_view kept(std::string_view name)
    {
        const auto* const begin = source_.data();
        const std::less_equal<const char*> not_after;
        if (not_after(begin, name.data()) && not_after(name.data() + name.size(), begin + source_.size())) return name;
        return copies_.emplace_back(name);
    }

    std::string_view source_;
    std::vector<Name> names_;
    std::vector<std::size_t> starts_;
    std::deque<std::string> copies_;
};

// Receives the parser's events and checks them before they become values.
struct Handler {
    static constexpr std::size_t max_object_size = bj::object::max_size();
    static constexpr std::size_t max_array_size = bj::array::max_size();
    static constexpr std::size_t max_key_size = bj::string::max_size();
    static constexpr std::size_t max_string_size = bj::string::max_size();
    using Code = bj::error_code;

    Handler(std::string_view text, const Limits& limits_in, bj::storage_ptr storage, unsigned char* buffer,
            std::size_t size)
        : stack{{}, buffer, size}, names{text}, limits{limits_in}, may_hold_nul{text.find("\\u0000") !=
                                                                                std::string_view::npos}
    {
        stack.reset(std::move(storage));
    }

    bool on_document_begin(Code&) { return true; }
    bool on_document_end(Code&) { return true; }

    bool on_object_begin(Code& ec)
    {
        names.open();
        return count(ec);
    }
    bool on_object_end(std::size_t n, Code& ec)
    {
        if (const auto repeated = names.close()) return refuse_repeated(*repeated, ec);
        stack.push_object(n);
        return true;
    }
    bool on_array_begin(Code& ec) { return count(ec); }
    bool on_array_end(std::size_t n, Code&)
    {
        stack.push_array(n);
        return true;
    }

    bool on_key_part(bj::string_view part, std::size_t n, Code& ec)
    {
        if (!check_text(part, n, ec)) return false;
        split_name.append(part.data(), part.size());
        stack.push_chars(part);
        return true;
    }
    bool on_key(bj::string_view part, std::size_t n, Code& ec)
    {
        if (!check_text(part, n, ec)) return false;
        bool repeated = false;
        if (split_name.empty()) {
            repeated = names.repeats(view(part));
            if (repeated) return refuse_repeated(view(part), ec);
        } else {
            split_name.append(part.data(), part.size());
            repeated = names.repeats(split_name);
            if (repeated) return refuse_repeated(split_name, ec);
            split_name.clear();
        }
        stack.push_key(part);
        return true;
    }
    bool on_string_part(bj::string_view part, std::size_t n, Code& ec)
    {
        if (!check_text(part, n, ec)) return false;
        stack.push_chars(part);
        return true;
    }
    bool on_string(bj::string_view part, std::size_t n, Code& ec)
    {
        if (!check_text(part, n, ec) || !count(ec)) return false;
        stack.push_string(part);
        return true;
    }

    bool on_number_part(bj::string_view, Code&) { return true; } // the text is whole: numbers never come in parts
    bool on_int64(std::int64_t number, bj::string_view text, Code& ec)
    {
        if (!count(ec)) return false;
        if (number == 0 && !text.empty() && text.front() == '-') {
            stack.push_double(-0.0);
        } else {
            stack.push_int64(number);
        }
        return true;
    }
    bool on_uint64(std::uint64_t number, bj::string_view, Code& ec)
    {
        if (!count(ec)) return false;
        stack.push_uint64(number);
        return true;
    }
    // The parser comes here with integers too large for it, with infinities, and with decimals that are a unit off in
    // the last place: the text is read again, exactly.
    bool on_double(double, bj::string_view text, Code& ec)
    {
        if (!count(ec)) return false;
        if (view(text).find_first_of(".eE") == std::string_view::npos) {
            return refuse("an integer does not fit into 64 bits", ec);
        }
        double number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(number)) {
            return refuse("a number does not fit into a double", ec);
        }
        stack.push_double(number);
        return true;
    }

    bool on_bool(bool truth, Code& ec)
    {
        if (!count(ec)) return false;
        stack.push_bool(truth);
        return true;
    }
    bool on_null(Code& ec)
    {
        if (!count(ec)) return false;
        stack.push_null();
        return true;
    }
    bool on_comment_part(bj::string_view, Code&) { return true; }
    bool on_comment(bj::string_view, Code&) { return true; }

    bool refuse(std::string why, Code& ec)
    {
        problem = std::move(why);
        ec = bj::error::syntax; // stops the parser; `problem` says more
        return false;
    }
    bool refuse_repeated(std::string_view name, Code& ec)
    {
        repeated_name = name.substr(0, 100);
        return refuse("a name stands twice in one object (names are compared without case)", ec);
    }
    bool count(Code& ec)
    {
        if (++values <= limits.values) [[likely]]
            return true;
        return refuse_count(ec);
    }
    bool check_text(bj::string_view part, std::size_t total, Code& ec)
    {
        const bool fits = total <= limits.string_bytes;
        if (fits && !may_hold_nul) [[likely]]
            return true;
        return fits ? refuse_nul(part, ec) : refuse_length(ec);
    }
    // Apart, so that what is taken each time stays small enough to be inlined.
    [[gnu::noinline]] bool refuse_count(Code& ec)
    {
        return refuse("more than " + std::to_string(limits.values) + " values", ec);
    }
    [[gnu::noinline]] bool refuse_length(Code& ec)
    {
        return refuse("a text of more than " + std::to_string(limits.string_bytes) + " bytes", ec);
    }
    [[gnu::noinline]] bool refuse_nul(bj::string_view part, Code& ec)
    {
        const bool has_nul = !part.empty() && std::memchr(part.data(), 0, part.size()) != nullptr;
        return !has_nul || refuse("the character U+0000 in a text", ec);
    }

    bj::value_stack stack;
    Names names;
    const Limits& limits;
    const bool may_hold_nul; // a raw one is refused by the parser, so only where the escape is spelled somewhere
    std::size_t values = 0;
    std::string split_name; // the parts so far of a name that comes in parts
    std::string problem;
    std::string repeated_name;
};

// Eight bytes at a time: is one of them a control character, a quote or a backslash? (The classic has-less and
// has-value words; a false alarm from a borrow is harmless, the byte loop looks again.)
bool may_need_escape(std::uint64_t eight)
{
    constexpr std::uint64_t ones = 0x0101010101010101U;
    constexpr std::uint64_t highs = 0x8080808080808080U;
    const std::uint64_t quote = eight ^ (ones * '"');
    const std::uint64_t backslash = eight ^ (ones * '\\');
    const std::uint64_t found =
        ((eight - ones * 0x20) & ~eight) | ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash);
    return (found & highs) != 0;
}

std::uint64_t load8(const char* at)
{
    std::uint64_t eight = 0;
    std::memcpy(&eight, at, 8);
    return eight;
}

std::uint64_t load4(const char* at)
{
    std::uint32_t four = 0;
    std::memcpy(&four, at, 4);
    return four;
}

bool needs_escape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

// Most texts need no escape at all. The last bytes are looked at in a load that overlaps the one before.
bool is_plain(std::string_view text)
{
    const char* const begin = text.data();
    const std::size_t size = text.size();
    if (size >= 8) {
        for (std::size_t i = 0; i + 8 < size; i += 8) {
            if (may_need_escape(load8(begin + i))) return false;
        }
        return !may_need_escape(load8(begin + size - 8));
    }
    if (size >= 4) return !may_need_escape(load4(begin) | load4(begin + size - 4) << 32);
    return std::none_of(text.begin(), text.end(), needs_escape);
}

void append_escape(std::string& out, char c)
{
    constexpr char digits[] = "0123456789abcdef";
    switch (c) {
    case '"': out.append("\\\""); return;
    case '\\': out.append("\\\\"); return;
    case '\b': out.append("\\b"); return;
    case '\f': out.append("\\f"); return;
    case '\n': out.append("\\n"); return;
    case '\r': out.append("\\r"); return;
    case '\t': out.append("\\t"); return;
    }
    const auto byte = static_cast<unsigned char>(c);
    const char escape[] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
    out.append(escape, sizeof escape);
}

template<class Integer>
void append_integer(std::string& out, Integer number)
{
    std::array<char, 24> text;
    const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
    out.append(text.data(), end);
}

void append_double(std::string& out, double number)
{
    if (!std::isfinite(number)) {
        out.append("null"); // JSON has no word for it; the reader lets none in
        return;
    }
    if (number == 0) {
        out.append(std::signbit(number) ? "-0" : "0.0");
        return;
    }
    std::array<char, 64> text;
    const double size = std::fabs(number);
    const bool plain = size >= 1e-7 && size < 1e21;
    const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number,
                                            plain ? std::chars_format::fixed : std::chars_format::scientific);
    const std::string_view written{text.data(), static_cast<std::size_t>(end - text.data())};
    out.append(written);
    // A decimal stays one when it is read again, even past 2^64.
    if (plain && written.find('.') == std::string_view::npos) out.append(".0");
}

void append_array(std::string& out, const bj::array& array)
{
    out.push_back('[');
    bool first = true;
    for (const bj::value& element : array) {
        if (!first) out.push_back(',');
        first = false;
        append(out, element);
    }
    out.push_back(']');
}

void append_object(std::string& out, const bj::object& object)
{
    out.push_back('{');
    bool first = true;
    for (const auto& member : object) {
        if (!first) out.push_back(',');
        first = false;
        append_quoted(out, view(member.key()));
        out.push_back(':');
        append(out, member.value());
    }
    out.push_back('}');
}

Refusal not_json(const Handler& handler, const bj::error_code& ec, std::size_t where, const Limits& limits)
{
    std::string what = handler.problem;
    if (what.empty() && ec == bj::error::too_deep) what = "deeper than " + std::to_string(limits.depth) + " levels";
    if (what.empty()) what = ec.message();
    return Refusal{Reason::invalid_value, handler.repeated_name,
                   "not acceptable as JSON: " + what + ", at byte " + std::to_string(where),
                   "send one JSON text as RFC 8259 describes it"};
}

} // namespace

Result<bj::value> read(std::string_view text, const Limits& limits, bj::storage_ptr storage)
{
    alignas(bj::value) std::array<unsigned char, 4096> buffer;
    bj::parse_options options;
    options.max_depth = limits.depth;
    bj::basic_parser<Handler> parser{options, text, limits, std::move(storage), buffer.data(), buffer.size()};

    bj::error_code ec;
    std::size_t where = parser.write_some(false, text.data(), text.size(), ec);
    if (!ec && where < text.size()) ec = bj::error::extra_data;
    if (ec) return not_json(parser.handler(), ec, where, limits);
    return parser.handler().stack.release();
}

void append_quoted(std::string& out, std::string_view text)
{
    out.push_back('"');
    std::size_t done = 0; // everything before it is written
    if (!is_plain(text)) {
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (!needs_escape(text[i])) continue;
            out.append(text, done, i - done);
            append_escape(out, text[i]);
            done = i + 1;
        }
    }
    out.append(text, done);
    out.push_back('"');
}

void append(std::string& out, const bj::value& value)
{
    switch (value.kind()) {
    case bj::kind::null: out.append("null"); return;
    case bj::kind::bool_: out.append(value.get_bool() ? "true" : "false"); return;
    case bj::kind::int64: append_integer(out, value.get_int64()); return;
    case bj::kind::uint64: append_integer(out, value.get_uint64()); return;
    case bj::kind::double_: append_double(out, value.get_double()); return;
    case bj::kind::string: append_quoted(out, view(value.get_string())); return;
    case bj::kind::array: append_array(out, value.get_array()); return;
    case bj::kind::object: append_object(out, value.get_object()); return;
    }
}

std::string write(const bj::value& value)
{
    std::string out;
    out.reserve(512);
    append(out, value);
    return out;
}

std::string write(const bj::object& object)
{
    std::string out;
    out.reserve(1024);
    append_object(out, object);
    return out;
}

} // namespace core::json
