#include "scim/outside/testing/dns_stub.hpp"
#include "scim/outside/txt_resolver.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

using namespace scim::outside;
using namespace scim::outside::testing;
using namespace std::chrono_literals;
using core::DnsProblem;
using Values = std::vector<std::string>;

namespace {

struct Desk {
    explicit Desk(bool ipv6 = false, int tries = 3) : stub{ipv6}, resolver{{.servers = stub.address(), .tries = tries}}
    {
    }

    Values values(std::string_view name, core::Duration longest = 10s)
    {
        const core::TxtAnswer answer = resolver.look_up(name, longest);
        INFO(name << ": " << (answer ? "" : word(answer.error())));
        CHECK(answer.has_value());
        return answer ? *answer : Values{};
    }
    // Nothing when there are values.
    std::optional<DnsProblem> problem(std::string_view name, core::Duration longest = 10s)
    {
        const core::TxtAnswer answer = resolver.look_up(name, longest);
        return answer ? std::nullopt : std::optional{answer.error()};
    }

    DnsStub stub;
    AresTxtResolver resolver;
};

std::string letters(std::size_t count, char letter = 'x') { return std::string(count, letter); }

} // namespace

TEST_CASE("all TXT values of a name are found, in their order, over IPv4 and IPv6")
{
    const bool ipv6 = GENERATE(false, true);
    Desk desk{ipv6};
    desk.stub.set_txt("contoso.example", {"v=spf1 -all", "rollcall-verify=abc", ""});
    CHECK(desk.values("contoso.example") == Values{"v=spf1 -all", "rollcall-verify=abc", ""});
    CHECK(desk.stub.asked() == 1);
    CHECK(desk.stub.asked(true) == 0);
}

TEST_CASE("the strings of one TXT record are one value")
{
    Desk desk;
    desk.stub.on("split.example", DnsMessage{.records = {txt("split.example", {letters(255, 'a'), letters(10, 'b')}),
                                                         txt("split.example", {"one"})}});
    CHECK(desk.values("split.example") == Values{letters(255, 'a') + letters(10, 'b'), "one"});
}

TEST_CASE("names are asked for and compared without case, with or without the last dot")
{
    Desk desk;
    desk.stub.on("contoso.example", DnsMessage{.records = {txt("CONTOSO.example", {"yes"})}});
    CHECK(desk.values("Contoso.EXAMPLE") == Values{"yes"});
    CHECK(desk.values("contoso.example.") == Values{"yes"});
    desk.stub.on("xn--bcher-kva.example", DnsMessage{.records = {txt("Xn--Bcher-KVA.example", {"books"})}});
    CHECK(desk.values("xn--bcher-kva.example") == Values{"books"});
}

TEST_CASE("what cannot be a name in DNS is not asked for")
{
    const auto name = GENERATE(values<std::string>({
        "", ".", "..", "a..b", ".a", "a b.example",
        "b\xC3\xBC"
        "cher.example",
        "a\\.example", "a\"b.example", "a/b.example", std::string{"a\0b.example", 11}, letters(64) + ".example",
        letters(63) + "." + letters(63) + "." + letters(63) + "." + letters(62), // 254
    }));
    Desk desk;
    INFO(name);
    CHECK(desk.problem(name) == DnsProblem::bad_name);
    CHECK(desk.stub.asked() == 0);
}

TEST_CASE("the longest name and the longest label are asked for")
{
    Desk desk;
    const std::string name = letters(63) + "." + letters(63) + "." + letters(63) + "." + letters(61);
    REQUIRE(name.size() == 253);
    desk.stub.set_txt(name, {"long"});
    CHECK(desk.values(name) == Values{"long"});
}

TEST_CASE("each way of not answering has its own problem")
{
    Desk desk;
    desk.stub.on("empty.example", DnsMessage{});
    desk.stub.on("broken.example", DnsMessage{.code = 2});
    desk.stub.on("unwilling.example", DnsMessage{.code = 5});
    desk.stub.on("unable.example", DnsMessage{.code = 4});
    desk.stub.say_nothing("silent.example");
    CHECK(desk.problem("nobody.example") == DnsProblem::no_such_name);
    CHECK(desk.problem("empty.example") == DnsProblem::no_data);
    CHECK(desk.problem("broken.example") == DnsProblem::server_failure);
    CHECK(desk.problem("unwilling.example") == DnsProblem::refused);
    CHECK(desk.problem("unable.example") == DnsProblem::server_failure);
    CHECK(desk.problem("silent.example", 300ms) == DnsProblem::timeout);
}

TEST_CASE("a name server that is not there is told apart from one that is silent")
{
    std::uint16_t port = 0;
    {
        const DnsStub gone;
        port = gone.port();
    }
    AresTxtResolver resolver{{.servers = "127.0.0.1:" + std::to_string(port)}};
    const core::TxtAnswer answer = resolver.look_up("contoso.example", 5s);
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error() == DnsProblem::unreachable);
}

TEST_CASE("a silent name server costs the deadline and not more, and is asked a bounded number of times")
{
    Desk desk{false, 3};
    desk.stub.say_nothing("silent.example");
    const auto begun = std::chrono::steady_clock::now();
    CHECK(desk.problem("silent.example", 400ms) == DnsProblem::timeout);
    const auto took = std::chrono::steady_clock::now() - begun;
    CHECK(took < 3s);
    CHECK(desk.stub.asked() >= 2);
    CHECK(desk.stub.asked() <= 3);
}

TEST_CASE("of several name servers the next one is asked when one cannot answer, and if none can, the reason is told")
{
    DnsStub first;
    DnsStub second;
    AresTxtResolver resolver{{.servers = first.address() + "," + second.address()}};
    first.on("contoso.example", DnsMessage{.code = 2});
    second.set_txt("contoso.example", {"found"});
    const core::TxtAnswer found = resolver.look_up("contoso.example", 5s);
    REQUIRE(found.has_value());
    CHECK(*found == Values{"found"});

    second.on("contoso.example", DnsMessage{.code = 2});
    const core::TxtAnswer failed = resolver.look_up("contoso.example", 5s);
    REQUIRE_FALSE(failed.has_value());
    CHECK(failed.error() == DnsProblem::server_failure);
}

TEST_CASE("a lost answer is asked for again")
{
    Desk desk;
    std::atomic<int> times{0};
    desk.stub.on("lossy.example", [&](const DnsQuery& query) {
        if (++times == 1) return std::vector<std::string>{};
        return std::vector{encoded(query, {.records = {txt("lossy.example", {"second"})}})};
    });
    CHECK(desk.values("lossy.example", 2s) == Values{"second"});
    CHECK(times == 2);
}

TEST_CASE("lies and noise before the answer are passed over")
{
    struct Row {
        const char* what;
        std::function<std::string(DnsQuery)> lie;
    };
    const auto false_txt = [](const DnsQuery& query) {
        return encoded(query, {.records = {txt("contoso.example", {"lie"})}});
    };
    const auto row = GENERATE_COPY(values<Row>({
        {"another id",
         [=](DnsQuery query) {
             query.id = static_cast<std::uint16_t>(query.id + 1);
             return false_txt(query);
         }},
        {"another question",
         [=](DnsQuery query) {
             query.question = dns_name("fabrikam.example") + std::string{"\0\x10\0\x01", 4};
             return false_txt(query);
         }},
        {"another type in the question",
         [=](DnsQuery query) {
             query.question[query.question.size() - 3] = 1;
             return false_txt(query);
         }},
        {"less than a header", [](const DnsQuery&) { return std::string{"\x12"}; }},
        {"garbage", [](const DnsQuery&) { return letters(300, '\xFF'); }},
    }));
    INFO(row.what);
    Desk desk;
    desk.stub.on("contoso.example", [&](const DnsQuery& query) {
        return std::vector{row.lie(query), encoded(query, {.records = {txt("contoso.example", {"truth"})}})};
    });
    CHECK(desk.values("contoso.example", 3s) == Values{"truth"});
}

TEST_CASE("a record of another name in the answer is nobody's")
{
    Desk desk;
    desk.stub.on("contoso.example", DnsMessage{.records = {txt("fabrikam.example", {"verify=1"})}});
    CHECK(desk.problem("contoso.example") == DnsProblem::no_data);
}

TEST_CASE("an answer whose records cannot be read is malformed, whatever c-ares thought of its header")
{
    struct Row {
        const char* what;
        std::function<std::string(std::string)> broken;
    };
    // The record: pointer 2, type 2, class 2, time 4, length 2, then 1 + 5 bytes.
    const auto row = GENERATE(values<Row>({
        {"the record is cut", [](std::string m) { return m.substr(0, m.size() - 3); }},
        {"the record's head is cut", [](std::string m) { return m.substr(0, m.size() - 12); }},
        {"fewer records than counted", [](std::string m) { return m[7] = 2, m; }},
        {"a string longer than its record", [](std::string m) { return m[m.size() - 6] = 100, m; }},
        {"a record without strings", [](std::string m) { return m[m.size() - 7] = 0, m; }},
        {"a pointer to itself", [](std::string m) { return m[m.size() - 17] = static_cast<char>(m.size() - 18), m; }},
        {"a pointer beyond the end", [](std::string m) { return m[m.size() - 18] = '\xFF', m; }},
    }));
    INFO(row.what);
    Desk desk;
    desk.stub.on("contoso.example", [&](const DnsQuery& query) {
        return std::vector{row.broken(encoded(query, {.records = {txt("contoso.example", {"value"})}}))};
    });
    CHECK(desk.problem("contoso.example", 3s) == DnsProblem::malformed);
}

TEST_CASE("a cut answer is asked for over TCP, up to the 64 KiB that TCP can carry")
{
    Desk desk;
    Values many;
    for (int i = 0; i < 270; ++i) many.push_back(std::to_string(i) + letters(225));
    desk.stub.on("large.example", [&](const DnsQuery& query) {
        if (!query.over_tcp) return std::vector{encoded(query, {.truncated = true})};
        DnsMessage message;
        for (const std::string& value : many) message.records.push_back(txt("large.example", {value}));
        std::string bytes = encoded(query, message);
        CHECK(bytes.size() > 64'000);
        CHECK(bytes.size() < 65'536);
        return std::vector{std::move(bytes)};
    });
    CHECK(desk.values("large.example") == many);
    CHECK(desk.stub.asked() == 1);
    CHECK(desk.stub.asked(true) == 1);

    AresTxtResolver careful{{.servers = desk.stub.address(), .answer_bytes = 64'000}};
    const core::TxtAnswer refused = careful.look_up("large.example", 10s);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error() == DnsProblem::too_large);
}

TEST_CASE("a name server that is silent over TCP costs the deadline and not more")
{
    Desk desk;
    desk.stub.on("large.example", [](const DnsQuery& query) {
        if (query.over_tcp) return std::vector<std::string>{};
        return std::vector{encoded(query, {.truncated = true})};
    });
    const auto begun = std::chrono::steady_clock::now();
    CHECK(desk.problem("large.example", 400ms) == DnsProblem::timeout);
    const auto took = std::chrono::steady_clock::now() - begun;
    CHECK(took >= 350ms); // and the whole of it: TCP takes its time
    CHECK(took < 3s);
    CHECK(desk.stub.asked() == 1);
    CHECK(desk.stub.asked(true) == 1);
}

TEST_CASE("aliases are followed: in one answer, or one by one")
{
    Desk desk;
    desk.stub.on("one.example",
                 DnsMessage{.records = {alias("one.example", "Two.example"), alias("two.example", "three.example"),
                                        txt("three.example", {"at the end"})}});
    CHECK(desk.values("one.example") == Values{"at the end"});
    CHECK(desk.stub.asked() == 1);

    desk.stub.on("a.example", DnsMessage{.records = {alias("a.example", "b.example")}});
    desk.stub.on("b.example", DnsMessage{.records = {alias("b.example", "c.example")}});
    desk.stub.set_txt("c.example", {"further on"});
    CHECK(desk.values("a.example") == Values{"further on"});
    CHECK(desk.stub.asked() == 4);
}

TEST_CASE("an alias to what is not there says so, and one in a circle ends")
{
    Desk desk;
    desk.stub.on("dangling.example", DnsMessage{.records = {alias("dangling.example", "nobody.example")}});
    CHECK(desk.problem("dangling.example") == DnsProblem::no_such_name);
    desk.stub.on("odd.example", DnsMessage{.records = {alias("odd.example", "a b.example")}});
    CHECK(desk.problem("odd.example") == DnsProblem::bad_name);
    desk.stub.on("own.example", DnsMessage{.records = {alias("own.example", "own.example")}});
    CHECK(desk.problem("own.example") == DnsProblem::alias_loop);
    desk.stub.on("x.example", DnsMessage{.records = {alias("x.example", "y.example")}});
    desk.stub.on("y.example", DnsMessage{.records = {alias("y.example", "x.example")}});
    CHECK(desk.problem("x.example") == DnsProblem::alias_loop);
    for (int i = 0; i < 9; ++i)
        desk.stub.on("n" + std::to_string(i) + ".example",
                     DnsMessage{.records = {alias("n" + std::to_string(i) + ".example",
                                                  "n" + std::to_string(i + 1) + ".example")}});
    desk.stub.set_txt("n9.example", {"far"});
    CHECK(desk.values("n1.example") == Values{"far"}); // eight aliases
    CHECK(desk.problem("n0.example") == DnsProblem::alias_loop);
}

TEST_CASE("each question has a source port and an id of its own")
{
    Desk desk;
    desk.stub.set_txt("contoso.example", {"x"});
    for (int i = 0; i < 40; ++i) desk.values("contoso.example");
    const auto ids = desk.stub.ids();
    const auto ports = desk.stub.ports();
    CHECK(std::set<int>(ids.begin(), ids.end()).size() > 30);
    CHECK(std::set<int>(ports.begin(), ports.end()).size() > 30);
}

TEST_CASE("one resolver serves several threads at once")
{
    Desk desk;
    for (int i = 0; i < 4; ++i) desk.stub.set_txt("t" + std::to_string(i) + ".example", {std::to_string(i)});
    std::atomic<int> right{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&, i] {
            for (int round = 0; round < 10; ++round) {
                const auto answer = desk.resolver.look_up("t" + std::to_string(i) + ".example", 10s);
                if (answer && *answer == Values{std::to_string(i)}) ++right;
            }
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(right == 40);
}

TEST_CASE("dns.resolver is an address with or without a port, or a name")
{
    struct Row {
        const char* text;
        bool good;
    };
    const auto row = GENERATE(values<Row>({
        {"", true},
        {"127.0.0.1", true},
        {"127.0.0.1,[::1]:53", true},
        {"127.0.0.1,", false},
        {",127.0.0.1", false},
        {"127.0.0.1:5353", true},
        {"localhost:53", true},
        {"::1", true},
        {"[::1]", true},
        {"[2001:db8::1]:53", true},
        {"127.0.0.1:65535", true},
        {"127.0.0.1:65536", false},
        {"127.0.0.1:0", false},
        {"127.0.0.1:", false},
        {"127.0.0.1:53x", false},
        {"127.0.0.1:+53", false},
        {":53", false},
        {"[::1", false},
        {"[::1]53", false},
        {"udp://127.0.0.1", false},
        {"a b", false},
    }));
    INFO(row.text);
    CHECK(is_resolver(row.text) == row.good);
}

TEST_CASE("a name server may be named: localhost")
{
    Desk desk;
    desk.stub.set_txt("contoso.example", {"x"});
    // Where localhost is ::1 first, the stub on 127.0.0.1 is not there.
    AresTxtResolver resolver{{.servers = "localhost:" + std::to_string(desk.stub.port())}};
    const core::TxtAnswer answer = resolver.look_up("contoso.example", 2s);
    CHECK((answer ? answer->size() == 1 : answer.error() == DnsProblem::unreachable));
}
