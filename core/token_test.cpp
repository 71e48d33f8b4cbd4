#include "core/token.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

using namespace core;
using namespace std::chrono_literals;

namespace {

const std::vector<std::uint8_t> pepper(32, 7);

Token stored(const NewToken& made)
{
    Token token;
    token.public_id = made.public_id;
    token.mac = made.mac;
    return token;
}

// What a million of each needs, only an optimised build has time for; and only there a time means anything.
#ifdef NDEBUG
constexpr bool is_optimised = true;
#else
constexpr bool is_optimised = false;
#endif
constexpr std::size_t tokens_compared = is_optimised ? 1'000'000 : 5'000;
constexpr std::size_t times_taken = is_optimised ? 1'000'000 : 5'000;

// One class of a Welch test, by Welford's running sums.
struct Sample {
    double count = 0;
    double mean = 0;
    double squares = 0; // of the distances from the mean

    void add(double value)
    {
        ++count;
        const double distance = value - mean;
        mean += distance / count;
        squares += distance * (value - mean);
    }
    double variance() const { return squares / (count - 1); }
};

struct Timed {
    double t = 0; // Welch's: how surely the two classes differ in time
    std::size_t accepted = 0;
};

// Takes the time of `matches` with a secret wrong in its first character and with one wrong in its last, in random
// order. Both are written into one buffer, so that nothing but these characters differs. What is above the ninth decile
// of all times together is the machine's noise and is left out.
template<class Matches>
Timed timed(const std::string& secret, const Matches& matches)
{
    const auto wrong = [](char c) { return c == 'a' ? 'b' : 'a'; };
    const std::array<char, 2> first{wrong(secret.front()), secret.front()};
    const std::array<char, 2> last{secret.back(), wrong(secret.back())};
    std::vector<std::uint8_t> coins(times_taken);
    fill_random(coins);
    std::vector<std::int64_t> times(times_taken);
    std::string presented = secret;
    Timed result;
    for (std::size_t i = 0; i < times_taken; ++i) {
        const std::size_t which = coins[i] & 1U;
        presented.front() = first[which];
        presented.back() = last[which];
        const auto begun = std::chrono::steady_clock::now();
        const bool accepted = matches(std::string_view{presented});
        times[i] = std::chrono::nanoseconds{std::chrono::steady_clock::now() - begun}.count();
        result.accepted += accepted;
    }
    auto ranked = times;
    const auto decile = ranked.begin() + static_cast<std::ptrdiff_t>(ranked.size() / 10 * 9);
    std::nth_element(ranked.begin(), decile, ranked.end());
    std::array<Sample, 2> samples;
    for (std::size_t i = 0; i < times_taken; ++i)
        if (times[i] <= *decile) samples[coins[i] & 1U].add(static_cast<double>(times[i]));
    const auto& [early, late] = samples;
    const double error = std::sqrt(early.variance() / early.count + late.variance() / late.count);
    result.t = error > 0 ? (late.mean - early.mean) / error : 0;
    return result;
}

// What token_matches must not be: it stops at the first difference.
[[gnu::noinline]] bool matches_early(std::string_view a, std::string_view b)
{
    for (std::size_t i = 0; i < a.size(); ++i) {
        const volatile char c = a[i]; // one by one, as it is written here
        if (c != b[i]) return false;
    }
    return true;
}

} // namespace

TEST_CASE("AUTH-02: a token is rc_, a public id, a secret of 256 bits and a checksum")
{
    const NewToken made = make_token(pepper);
    const std::string text{made.text.reveal()};
    CHECK(text.size() == 65);
    CHECK(text.starts_with("rc_" + made.public_id + "_"));
    CHECK(made.public_id.size() == 12);
    CHECK(made.public_id.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz") == std::string::npos);
    const auto parts = token_parts(text);
    REQUIRE(parts);
    CHECK(parts->public_id == made.public_id);
    CHECK(parts->secret == std::string_view{text}.substr(16, 43));
    CHECK(token_matches(stored(made), *parts, pepper));
}

TEST_CASE("AUTH-02: the checksum refuses every typing error of one character, and swapped neighbours")
{
    const std::string text{make_token(pepper).text.reveal()};
    for (std::size_t i = 0; i < text.size(); ++i) {
        for (const char c : std::string{"0aZ_- \0\xC3", 8}) {
            if (c == text[i]) continue;
            std::string wrong = text;
            wrong[i] = c;
            INFO(i);
            REQUIRE_FALSE(token_parts(wrong));
        }
        if (i + 1 == text.size() || text[i] == text[i + 1]) continue;
        std::string swapped = text;
        std::swap(swapped[i], swapped[i + 1]);
        REQUIRE_FALSE(token_parts(swapped));
    }
    CHECK_FALSE(token_parts(""));
    CHECK_FALSE(token_parts("rc_"));
    CHECK_FALSE(token_parts(text + "a"));
    CHECK_FALSE(token_parts(text.substr(0, text.size() - 1)));
    CHECK_FALSE(token_parts(std::string(1 << 20, 'r')));
}

TEST_CASE("AUTH-02: no two tokens are alike")
{
    std::vector<std::array<char, 12>> ids(tokens_compared);
    std::vector<std::array<char, 43>> secrets(tokens_compared);
    for (std::size_t i = 0; i < tokens_compared; ++i) {
        const NewToken made = make_token(pepper);
        made.public_id.copy(ids[i].data(), ids[i].size());
        made.text.reveal().substr(16).copy(secrets[i].data(), secrets[i].size());
    }
    const auto has_twins = [](auto& all) {
        std::sort(all.begin(), all.end());
        return std::adjacent_find(all.begin(), all.end()) != all.end();
    };
    CHECK_FALSE(has_twins(ids));
    CHECK_FALSE(has_twins(secrets));
}

TEST_CASE("AUTH-03: a stored token matches its secret under its key, and nothing else")
{
    const NewToken one = make_token(pepper);
    const NewToken other = make_token(pepper);
    const TokenParts parts = *token_parts(one.text.reveal());
    CHECK(token_matches(stored(one), parts, pepper));
    CHECK_FALSE(token_matches(stored(other), parts, pepper));
    CHECK_FALSE(token_matches(stored(one), parts, std::vector<std::uint8_t>(32, 8)));
    CHECK_FALSE(token_matches(stored(one), TokenParts{parts.kind, parts.public_id, parts.secret.substr(1)}, pepper));
    CHECK_FALSE(token_matches(Token{}, parts, pepper));
}

TEST_CASE("AUTH-04: a secret takes the same time wherever it is wrong")
{
    const NewToken made = make_token(pepper);
    const Token token = stored(made);
    const std::string secret{token_parts(made.text.reveal())->secret};
    // Another program on the machine can make one measurement worthless, so each has three tries.
    const auto within_three = [&](const auto& matches, const auto& is_as_expected) {
        Timed result;
        for (int i = 0; i < 3; ++i) {
            result = timed(secret, matches);
            CHECK(result.accepted == 0);
            if (!is_optimised || is_as_expected(result.t)) return true;
        }
        UNSCOPED_INFO("t is " << result.t);
        return false;
    };
    CHECK(within_three(
        [&](std::string_view presented) {
            return token_matches(token, {TokenKind::scim, {}, presented}, pepper);
        },
        [](double t) { return std::abs(t) < 10; }));
    // The measurement itself can see what it looks for.
    CHECK(within_three([&](std::string_view presented) { return matches_early(presented, secret); },
                       [](double t) { return t > 10; }));
}

TEST_CASE("AUTH-05, REL-19: a token lives until it expires or is revoked, and fails closed when the clock goes back")
{
    const Instant created{1'000'000h};
    struct Row {
        const char* when;
        std::optional<Instant> expires;
        std::optional<Instant> revoked;
        Instant now;
        bool live;
    };
    const auto row = GENERATE_COPY(values<Row>({
        {"at once", {}, {}, created, true},
        {"years later, without an end", {}, {}, created + 100'000h, true},
        {"just before its end", created + 1h, {}, created + 1h - 1ms, true},
        {"at its end", created + 1h, {}, created + 1h, false},
        {"revoked", {}, created + 1h, created + 2h, false},
        {"revoked, and the clock went back before that", {}, created + 1h, created, false},
        {"the clock is five minutes behind", {}, {}, created - 5min, true},
        {"the clock is further behind", {}, {}, created - 5min - 1ms, false},
        {"the clock says 1970", {}, {}, Instant{}, false},
    }));
    INFO(row.when);
    Token token;
    token.created = created;
    token.expires = row.expires;
    token.revoked = row.revoked;
    CHECK(is_live(token, row.now) == row.live);
}

TEST_CASE("a scope is read or write")
{
    CHECK(scope_from("read") == Scope::read);
    CHECK(scope_from(word(Scope::write)) == Scope::write);
    CHECK_FALSE(scope_from("admin"));
}

TEST_CASE("AUTH-08: a SCIM token and an admin token are told apart by their prefix, and neither opens the other's row")
{
    const std::vector<std::uint8_t> pepper(32, 7);
    const NewToken scim = make_token(pepper), admin = make_token(pepper, TokenKind::admin);
    CHECK(scim.text.reveal().starts_with("rc_"));
    CHECK(admin.text.reveal().starts_with("ra_"));
    const auto scim_parts = token_parts(scim.text.reveal()), admin_parts = token_parts(admin.text.reveal());
    REQUIRE(scim_parts);
    REQUIRE(admin_parts);
    CHECK(scim_parts->kind == TokenKind::scim);
    CHECK(admin_parts->kind == TokenKind::admin);

    Token admin_row = stored(admin);
    admin_row.role = AdminRole::org_admin;
    CHECK(token_matches(admin_row, *admin_parts, pepper));
    CHECK_FALSE(token_matches(admin_row, {TokenKind::scim, admin_parts->public_id, admin_parts->secret}, pepper));
    CHECK_FALSE(token_matches(stored(scim), {TokenKind::admin, scim_parts->public_id, scim_parts->secret}, pepper));
}

TEST_CASE("the roles of administrators have the words of the API")
{
    for (const char* const word : {"server-admin", "org-admin", "compliance-officer", "help-desk"}) {
        const auto role = admin_role_from(word);
        REQUIRE(role);
        CHECK(core::word(*role) == word);
    }
    CHECK_FALSE(admin_role_from("admin"));
}
