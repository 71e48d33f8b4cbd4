// INJ-01, DOS-06: text of a stranger's in every place from which text reaches the store. What SQLite is asked at run
// time is watched: its statements are made of the fragments in storage/ alone, and are the same whatever the text says.
#include "core/base/json.hpp"
#include "scim/testing/whole_desk.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <catch2/catch.hpp>
#include <sqlite3.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>

namespace scim {
namespace {

namespace json = boost::json;
using testing::request_for;
using testing::WholeDesk;

// --- what SQLite is asked ---

std::mutex watching;
std::set<std::string> statements;

int see(unsigned, void*, void* statement, void*)
{
    const char* text = sqlite3_sql(static_cast<sqlite3_stmt*>(statement));
    const std::lock_guard lock{watching};
    if (text != nullptr) statements.insert(text);
    return 0;
}

// Every connection that is opened while this lives has its statements seen, as they are prepared: parameters by number.
class Watch {
public:
    Watch() { sqlite3_auto_extension(reinterpret_cast<void (*)()>(&watch_over)); }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(&watch_over)); }

    static std::set<std::string> taken()
    {
        const std::lock_guard lock{watching};
        return std::exchange(statements, {});
    }

private:
    static int watch_over(sqlite3* connection, const char**, const sqlite3_api_routines*)
    {
        return sqlite3_trace_v2(connection, SQLITE_TRACE_STMT, &see, nullptr);
    }
};

// --- tokens ---

bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

// Words (numbers among them), quoted texts and single signs. Tables are numbered where a filter names one several
// times, and so are parameters: "e12" counts as "e", "?12" as "?".
std::set<std::string> tokens_of(std::string_view sql)
{
    std::set<std::string> tokens;
    for (std::size_t i = 0; i < sql.size();) {
        const char c = sql[i];
        std::size_t end = i + 1;
        if (c == ' ' || c == '\n') {
            ++i;
            continue;
        }
        if (c == '\'' || c == '"' || c == '`') {
            while (end < sql.size() && sql[end] != c) ++end;
            end = std::min(end + 1, sql.size());
            tokens.emplace(sql.substr(i, end - i));
        } else if (is_word(c)) {
            while (end < sql.size() && is_word(sql[end])) ++end;
            auto word = sql.substr(i, end - i);
            const bool is_number = c >= '0' && c <= '9';
            while (!is_number && word.back() >= '0' && word.back() <= '9') word.remove_suffix(1);
            tokens.emplace(word);
        } else if (c == '?') {
            while (end < sql.size() && sql[end] >= '0' && sql[end] <= '9') ++end;
            tokens.emplace("?");
        } else {
            tokens.emplace(1, c);
        }
        i = end;
    }
    return tokens;
}

// The tokens of every string literal in storage/'s sources, and of its migrations.
std::set<std::string> fixed_fragments()
{
    std::set<std::string> all;
    const std::filesystem::path room = std::filesystem::path{ROLLCALL_SOURCE_DIR} / "storage";
    for (const auto& entry : std::filesystem::recursive_directory_iterator{room}) {
        const auto name = entry.path().filename().string();
        if (name.find("_test") != std::string::npos || (!name.ends_with(".cpp") && !name.ends_with(".sql"))) continue;
        std::ifstream file{entry.path()};
        const std::string text{std::istreambuf_iterator<char>{file}, {}};
        if (name.ends_with(".sql")) {
            all.merge(tokens_of(text));
            continue;
        }
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text.compare(i, 2, "//") == 0) {
                i = text.find('\n', i);
            } else if (text.compare(i, 3, "R\"(") == 0 || text.compare(i, 6, "R\"sql(") == 0) {
                const bool named = text[i + 2] == 's';
                const auto end = text.find(named ? ")sql\"" : ")\"", i);
                all.merge(tokens_of(std::string_view{text}.substr(i + (named ? 6 : 3), end - i - (named ? 6 : 3))));
                i = end + 1;
            } else if (text[i] == '\'') {
                i += text[i + 1] == '\\' ? 3 : 2;
            } else if (text[i] == '"') {
                const auto begin = ++i;
                while (text[i] != '"') i += text[i] == '\\' ? 2 : 1;
                all.merge(tokens_of(std::string_view{text}.substr(begin, i - begin)));
            }
            if (i == std::string::npos) break;
        }
    }
    return all;
}

// --- what strangers send ---

constexpr const char* canary = "zqxcanary";

std::vector<std::string> hostile_texts()
{
    const std::vector<std::string> ways_out = {"",    "'",    "\"", "')", "'))", "\")",    "`",           "]",
                                               "\\'", "''",   "%'", "\\", "1",   "\u02bc", "\uff07",      "\u2019",
                                               "$.",  "$[0]", "?1", ":a", "@b",  "{}",     "\U0001F600'", "\xc3\xa9'"};
    const std::vector<std::string> deeds = {" OR 1=1 --",
                                            " OR 'a'='a",
                                            "; DROP TABLE users; --",
                                            "; DELETE FROM users WHERE 1=1; --",
                                            " UNION SELECT mac FROM tokens --",
                                            " AND (SELECT count(*) FROM tokens) > 0 --",
                                            "||(SELECT public_id FROM tokens LIMIT 1)||",
                                            "; ATTACH DATABASE 'x.db' AS x; --",
                                            "; PRAGMA journal_mode=DELETE; --",
                                            "/**/OR/**/1/**/",
                                            " AND load_extension('x') --",
                                            " AND 1=randomblob(1000000000) --",
                                            " LIKE '%",
                                            " GLOB '*",
                                            ") OR (1=1",
                                            " ORDER BY 1; VACUUM; --",
                                            "; UPDATE users SET status='active'; --",
                                            " COLLATE nocase --",
                                            "'; SELECT CASE WHEN 1 THEN 1 ELSE abs(-9223372036854775808) END; --",
                                            " AND json_extract(profile, '$') --",
                                            " {} {0} %s %n %99999d"};
    std::vector<std::string> all;
    for (const auto& out : ways_out)
        for (const auto& deed : deeds) all.push_back(canary + out + deed);
    return all;
}

std::string escaped_for_path(std::string_view text)
{
    std::string escaped;
    for (const char c : text) {
        constexpr const char* digits = "0123456789ABCDEF";
        const auto byte = static_cast<unsigned char>(c);
        escaped += {'%', digits[byte >> 4U], digits[byte & 15U]};
    }
    return escaped;
}

// One organisation with a user and a group who only stand by, and every place a text can be put.
class Stranger {
public:
    explicit Stranger(WholeDesk& desk) : desk_{desk}, token_{"Bearer " + desk.token(desk.organisation("ours"))}
    {
        desk.callers.look_for_changes();
        user_ = sent(http::Method::post, "/Users",
                     {{"schemas", json::array{user_urn}}, {"userName", "bystander"}, {"title", "T"}});
        group_ =
            sent(http::Method::post, "/Groups", {{"schemas", json::array{group_urn}}, {"displayName", "bystanders"}});
        REQUIRE_FALSE(user_.empty());
        REQUIRE_FALSE(group_.empty());
    }

    void reads(const std::string& text)
    {
        const std::string literal = core::json::write(json::value(json::string(text)));
        for (const char* before : {"userName eq ", "externalId eq ", "title co ", "title ew ", "displayName sw ",
                                   "emails.value eq ", "title eq \"x\" or nickName ne ", "id eq ", "userName gt "})
            list("/Users", "filter", before + literal);
        list("/Users", "filter", "emails[type eq " + literal + " and value co " + literal + "]");
        list("/Users", "filter", std::string{enterprise_urn} + ":department eq " + literal);
        list("/Users", "filter", text + " eq \"x\"");
        list("/Users", "filter", "emails[" + text + " eq 1]");
        list("/Users", "filter", "title eq " + text);
        list("/Groups", "filter", "displayName eq " + literal);
        list("/Groups", "filter", "members.value eq " + literal);
        for (const char* parameter :
             {"attributes", "excludedAttributes", "sortBy", "sortOrder", "startIndex", "count", "cursor"})
            list("/Users", parameter, text);
        ask(http::Method::get, "/Users/" + escaped_for_path(text));
        ask(http::Method::get, "/Groups/" + escaped_for_path(text));
        ask(http::Method::del, "/Users/" + escaped_for_path(text));
        ask(http::Method::get, "/Schemas/" + escaped_for_path(text));
        ask(http::Method::get, "/Users/" + user_, {}, "if-none-match", text);
        ask(http::Method::get, "/Users/" + user_, {}, "if-none-match", "W/\"" + text + "\"");
    }

    // Returns the user's title as it is kept.
    std::string writes(const std::string& text, int n)
    {
        const auto operations = [](json::array all) {
            return json::object{{"schemas", json::array{patch_op_urn}}, {"Operations", std::move(all)}};
        };
        const std::string unique = text + std::to_string(n);
        const auto made = sent(http::Method::post, "/Users",
                               {{"schemas", json::array{user_urn, text}},
                                {"userName", unique},
                                {"externalId", unique},
                                {"title", text},
                                {text, text},
                                {"emails", json::array{json::object{{"value", unique}, {"type", text}}}},
                                {std::string{enterprise_urn},
                                 json::object{{"department", text}, {"manager", json::object{{"value", text}}}}}});
        const auto place = "/Users/" + made;
        ask(http::Method::patch, place,
            operations({json::object{{"op", "replace"}, {"path", "title"}, {"value", text}}}), "if-match", text);
        ask(http::Method::patch, place,
            operations({json::object{{"op", "replace"}, {"path", "displayName"}, {"value", unique}},
                        json::object{{"op", "add"},
                                     {"path", "emails[type eq " + core::json::write(json::value(text)) + "].display"},
                                     {"value", text}}}));
        ask(http::Method::patch, place, operations({json::object{{"op", "replace"}, {"path", text}, {"value", text}}}));
        ask(http::Method::patch, place, operations({json::object{{"op", text}, {"path", "title"}, {"value", text}}}));
        ask(http::Method::patch, "/Groups/" + group_,
            operations({json::object{
                            {"op", "add"}, {"path", "members"}, {"value", json::array{json::object{{"value", text}}}}},
                        json::object{{"op", "replace"}, {"path", "externalId"}, {"value", text}}}));
        ask(http::Method::patch, "/Groups/" + group_,
            operations({json::object{{"op", "remove"},
                                     {"path", "members[value eq " + core::json::write(json::value(text)) + "]"}}}));
        const auto kept = ask(http::Method::get, place);
        ask(http::Method::del, place);
        const auto body = core::json::read(kept.body);
        return body && body->as_object().contains("title") ? std::string{body->at("title").as_string()} : "";
    }

    // Places beside the protocol: names of organisations, tokens, the archive and the audit.
    void asks_the_store(const std::string& text)
    {
        desk_.store.registry([&](core::Registry& registry) {
            CHECK_FALSE(registry.organisation(text));
            CHECK_FALSE(registry.token(text));
            return core::Keep::no;
        });
        auto request =
            request_for(http::Method::get, "/orgs/" + escaped_for_path(text) + "/scim/v2/Users", "Bearer " + text);
        desk_.ask(std::move(request));
        const auto txn = desk_.store.read(*organisation());
        txn->archived({.name_or_id = text});
        txn->events({.target_id = text});
        txn->events({.target_name = text});
    }

    // The answer for the two who stand by: unchanged until the end, but for what was done to the group on purpose.
    std::string bystander() { return ask(http::Method::get, "/Users/" + user_).body; }
    int total(const char* place)
    {
        const auto body = core::json::read(ask(http::Method::get, place).body);
        return static_cast<int>(body->at("totalResults").as_int64());
    }

private:
    std::optional<core::OrgId> organisation()
    {
        std::optional<core::OrgId> id;
        desk_.store.registry([&](core::Registry& registry) {
            id = registry.organisation("ours")->id;
            return core::Keep::no;
        });
        return id;
    }
    http::Response list(std::string path, std::string parameter, std::string value)
    {
        auto request = request_for(http::Method::get, "/orgs/ours/scim/v2" + std::move(path), token_);
        request.query.push_back({std::move(parameter), std::move(value), true});
        return checked(desk_.ask(std::move(request)));
    }
    http::Response ask(http::Method method, const std::string& path, const json::object& body = {},
                       const char* header = nullptr, const std::string& value = {})
    {
        auto request = request_for(method, "/orgs/ours/scim/v2" + path, token_);
        if (header != nullptr) request.headers.emplace_back(header, value);
        if (!body.empty()) {
            request.body = core::json::write(body);
            request.headers.emplace_back("content-type", "application/scim+json");
            request.headers.emplace_back("content-length", std::to_string(request.body.size()));
        }
        return checked(desk_.ask(std::move(request)));
    }
    std::string sent(http::Method method, const std::string& path, const json::object& body)
    {
        const auto answer = core::json::read(ask(method, path, body).body);
        const auto* id = answer ? answer->as_object().if_contains("id") : nullptr;
        return id == nullptr ? "" : std::string{id->as_string()};
    }
    static http::Response checked(http::Response answer)
    {
        if (answer.status >= 500 && answer.status != 501)
            FAIL("a hostile text is answered " << answer.status << ": " << answer.body);
        return answer;
    }

    WholeDesk& desk_;
    std::string token_;
    std::string user_;
    std::string group_;
};

TEST_CASE("INJ-01: whatever text is sent, the store is asked in the fixed fragments alone, and in the same words as "
          "for a plain text")
{
    const Watch watch;
    WholeDesk desk;
    Stranger stranger{desk};
    const auto bystander = stranger.bystander();

    Watch::taken();
    for (int n = 0; n < 3; ++n) { // found and not found, fresh and repeated
        stranger.reads("plain");
        stranger.reads("title");
        stranger.reads("1");
        stranger.writes("plain", n);
        stranger.asks_the_store("plain");
    }
    const auto for_plain_text = Watch::taken();
    REQUIRE(for_plain_text.size() > 30);

    const auto texts = hostile_texts();
    REQUIRE(texts.size() >= 500);
    int n = 0;
    for (const auto& text : texts) {
        INFO(text);
        stranger.reads(text);
        stranger.asks_the_store(text);
        if (n % 4 == 0) CHECK(stranger.writes(text, n) == text); // kept as it is, not obeyed
        ++n;
    }
    const auto for_hostile_text = Watch::taken();

    const auto fragments = fixed_fragments();
    REQUIRE(fragments.size() > 100);
    for (const auto& statement : for_hostile_text) {
        INFO(statement);
        CHECK(statement.find(canary) == std::string::npos);
        CHECK(for_plain_text.contains(statement));
        for (const auto& token : tokens_of(statement)) {
            INFO(token);
            CHECK(fragments.contains(token));
        }
    }
    CHECK(stranger.bystander() == bystander);
    CHECK(stranger.total("/Users") == 1);
    CHECK(stranger.total("/Groups") == 1);
}

TEST_CASE("INJ-01: the watch and the tokens would notice")
{
    CHECK(tokens_of("SELECT a12 FROM b WHERE c = ?12 AND d = 'x y'") ==
          std::set<std::string>{"SELECT", "a", "FROM", "b", "WHERE", "c", "=", "?", "AND", "d", "'x y'"});
    const auto fragments = fixed_fragments();
    for (const char* foreign : {"zqxcanary", "'x y'", "UNIONX", "DETACH"}) CHECK_FALSE(fragments.contains(foreign));
    const Watch watch;
    WholeDesk desk;
    Watch::taken();
    desk.organisation("seen");
    const auto seen = Watch::taken();
    CHECK(std::any_of(seen.begin(), seen.end(),
                      [](const auto& text) { return text.find("INSERT INTO organisations") != std::string::npos; }));
    CHECK(std::none_of(seen.begin(), seen.end(),
                       [](const auto& text) { return text.find("seen") != std::string::npos; }));
}

TEST_CASE("DOS-06: a costly filter that the grammar allows ends at the deadline, and others are served meanwhile")
{
    storage::Options options;
    options.read_limit = std::chrono::milliseconds{50};
    WholeDesk desk{options};
    const auto org = desk.organisation("ours");
    const auto authorization = "Bearer " + desk.token(org);
    desk.callers.look_for_changes();
    core::UserId anybody;
    desk.store.write(org, [&](core::WriteTxn& txn) {
        for (int n = 0; n < 2000; ++n) {
            core::User user;
            user.id = core::UserId{core::Uuid{}};
            user.id.value.bytes[0] = static_cast<std::uint8_t>(n >> 8);
            user.id.value.bytes[1] = static_cast<std::uint8_t>(n);
            user.id.value.bytes[6] = 0x70;
            user.id.value.bytes[8] = 0x80;
            user.user_name = "u" + std::to_string(n);
            json::array emails;
            for (int i = 0; i < 20; ++i)
                emails.push_back(
                    json::object{{"value", std::string(100, 'x') + std::to_string(n * 20 + i)}, {"type", "work"}});
            user.profile = core::Profile{
                json::object{{"schemas", json::array{user_urn}}, {"title", std::string(200, 't')}, {"emails", emails}}};
            REQUIRE(txn.insert(user).has_value());
            anybody = user.id;
        }
        return core::Keep::yes;
    });

    std::string costly = "emails[value co \"nobody0\" or type ew \"0\"]";
    for (int i = 1; i < 30; ++i)
        costly += " or emails[value co \"nobody" + std::to_string(i) + "\" or type ew \"" + std::to_string(i) + "\"]";
    auto question = request_for(http::Method::get, "/orgs/ours/scim/v2/Users", authorization);
    question.query.push_back({"filter", costly, true});
    const auto begun = std::chrono::steady_clock::now();
    http::Response refused;
    std::thread asking{[&] { refused = desk.ask(question); }};
    int served = 0;
    while (served < 20) { // by id, on this thread, while the scan runs
        const auto answer = desk.ask(
            request_for(http::Method::get, "/orgs/ours/scim/v2/Users/" + core::to_text(anybody), authorization));
        REQUIRE(answer.status == 200);
        ++served;
    }
    asking.join();
    const auto lasted = std::chrono::steady_clock::now() - begun;
    INFO(refused.body);
    CHECK(refused.status == 400);
    CHECK_THAT(refused.body, Catch::Contains("tooMany"));
    CHECK(lasted < std::chrono::seconds{2});
    auto cheap = request_for(http::Method::get, "/orgs/ours/scim/v2/Users", authorization);
    cheap.query.push_back({"filter", "userName eq \"u7\"", true});
    CHECK(desk.ask(cheap).status == 200); // the lane is free again
}

} // namespace
} // namespace scim
