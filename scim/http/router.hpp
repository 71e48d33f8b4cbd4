// Routes as one constexpr table: {methods, pattern, tag} in a line, the tag being whatever the application keeps with a
// route (right, lane, body cap). Paths are compared raw and segment by segment: no decoding, no normalising, no
// trailing slash, so that only what the table spells is found (SEC-09).
#pragma once

#include "scim/http/message.hpp"

#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace scim::http {

constexpr std::size_t most_segments = 12;
constexpr std::size_t most_captures = 4;

// A set of methods, in a byte.
class Methods {
public:
    constexpr Methods() = default;
    constexpr Methods(Method method) : bits_{bit(method)} {}
    constexpr Methods(std::initializer_list<Method> methods)
    {
        for (const Method method : methods) bits_ = static_cast<std::uint8_t>(bits_ | bit(method));
    }
    constexpr bool has(Method method) const { return (bits_ & bit(method)) != 0; }
    constexpr void add(Methods others) { bits_ = static_cast<std::uint8_t>(bits_ | others.bits_); }
    constexpr bool empty() const { return bits_ == 0; }

private:
    static constexpr std::uint8_t bit(Method method)
    {
        return static_cast<std::uint8_t>(1U << static_cast<unsigned>(method));
    }
    std::uint8_t bits_ = 0;
};

// "/orgs/{org}/scim/v2/Users/{id}": a segment is literal or a placeholder for one whole, non-empty segment.
struct Pattern {
    std::array<std::string_view, most_segments> segments{}; // a placeholder is empty: no literal is
    std::size_t size = 0;

    constexpr Pattern(const char* text) : Pattern{std::string_view{text}} {}
    constexpr Pattern(std::string_view text)
    {
        std::size_t captures = 0;
        if (!text.starts_with('/')) throw std::invalid_argument{"a pattern begins with '/'"};
        while (text.size() > 1 || size > 0) {
            if (text.empty()) break;
            text.remove_prefix(1);
            const auto segment = text.substr(0, text.find('/'));
            text.remove_prefix(segment.size());
            if (segment.empty() || size == most_segments) throw std::invalid_argument{"an empty or excess segment"};
            const bool placeholder = segment.front() == '{' && segment.back() == '}';
            captures += placeholder ? 1 : 0;
            if (captures > most_captures) throw std::invalid_argument{"too many placeholders"};
            segments[size++] = placeholder ? std::string_view{} : segment;
        }
    }
};

template<class Tag>
struct Route {
    Methods methods; // GET answers HEAD too; OPTIONS is answered for every route
    Pattern pattern;
    Tag tag;
};

template<class Tag>
struct Match {
    enum class Outcome {
        found,
        not_found,       // 404
        not_allowed,     // 405 with `allow`
        options,         // 204 with `allow`
        not_implemented, // 501: a method that no route could know
    };
    Outcome outcome = Outcome::not_found;
    const Route<Tag>* route = nullptr;                      // when found
    std::array<std::string_view, most_captures> captures{}; // raw: decode_segment() before use
    Methods allowed;                                        // of all routes with this path
};

// "GET, HEAD, OPTIONS": what Allow says.
std::string allow(Methods);

// The path split once; `size` is beyond most_segments when there are more.
struct Segments {
    std::array<std::string_view, most_segments> parts{};
    std::size_t size = 0;
    explicit Segments(std::string_view path);
};

template<class Tag>
Match<Tag> match(std::span<const Route<Tag>> routes, Method method, std::string_view method_text, std::string_view path)
{
    using Outcome = typename Match<Tag>::Outcome;
    const Segments asked{path};
    const Method wanted = method == Method::head ? Method::get : method;
    Match<Tag> result;
    std::size_t fewest = most_captures; // what is spelled out goes before a placeholder, for all methods
    for (const auto& route : routes) {
        if (route.pattern.size != asked.size) continue;
        std::size_t captures = 0;
        std::array<std::string_view, most_captures> captured{};
        bool same = true;
        for (std::size_t i = 0; same && i < asked.size; ++i) {
            const auto& literal = route.pattern.segments[i];
            if (literal.empty())
                same = !(captured[captures++] = asked.parts[i]).empty();
            else
                same = literal == asked.parts[i];
        }
        if (!same || captures > fewest) continue;
        if (captures < fewest) result = Match<Tag>{};
        fewest = captures;
        result.allowed.add(route.methods);
        if (route.methods.has(wanted) && result.route == nullptr) {
            result.route = &route;
            result.captures = captured;
        }
    }
    if (result.allowed.empty()) return result;
    if (result.allowed.has(Method::get)) result.allowed.add(Method::head);
    result.allowed.add(Method::options);
    if (result.route != nullptr)
        result.outcome = Outcome::found;
    else if (method == Method::options)
        result.outcome = Outcome::options;
    else if (method == Method::other && method_text != "TRACE" && method_text != "CONNECT")
        result.outcome = Outcome::not_implemented;
    else
        result.outcome = Outcome::not_allowed;
    return result;
}

} // namespace scim::http
