#include "core/token.hpp"

#include <catch2/catch.hpp>

#include <set>
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
    CHECK(token_matches(stored(made), parts->secret, pepper));
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
    std::set<std::string> ids;
    std::set<std::string> secrets;
    for (int i = 0; i < 5'000; ++i) {
        const NewToken made = make_token(pepper);
        REQUIRE(ids.insert(made.public_id).second);
        REQUIRE(secrets.insert(std::string{token_parts(made.text.reveal())->secret}).second);
    }
}

TEST_CASE("AUTH-03: a stored token matches its secret under its key, and nothing else")
{
    const NewToken one = make_token(pepper);
    const NewToken other = make_token(pepper);
    const auto secret = token_parts(one.text.reveal())->secret;
    CHECK(token_matches(stored(one), secret, pepper));
    CHECK_FALSE(token_matches(stored(other), secret, pepper));
    CHECK_FALSE(token_matches(stored(one), secret, std::vector<std::uint8_t>(32, 8)));
    CHECK_FALSE(token_matches(stored(one), secret.substr(1), pepper));
    CHECK_FALSE(token_matches(Token{}, secret, pepper));
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
