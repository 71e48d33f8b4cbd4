// rollcall-floor-scim: the least that a SCIM user endpoint must do for a request over HTTPS. Bearer check, prepared
// SQLite statements, Boost.JSON on writes, one writer whose commits (WAL, FULL) are shared by at most 64 rows and
// waited for by their answers. No validation, schema, groups, PATCH grammar, ETags or limits: the rest is what a real
// server may cost more.
#include "conformance/load/floor_options.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <sqlite3.h>

#include <atomic>
#include <charconv>
#include <condition_variable>
#include <ctime>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

using namespace conformance::load;
namespace json = boost::json;
using boost::beast::http::verb;

constexpr std::string_view users_path = "/scim/v2/Users";
constexpr std::size_t largest_batch = 64;

class Statement {
public:
    Statement(sqlite3* store, const char* sql)
    {
        if (sqlite3_prepare_v3(store, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr) != SQLITE_OK)
            throw std::runtime_error(sqlite3_errmsg(store));
    }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement() { sqlite3_finalize(statement_); }

    void bind(int index, std::string_view text)
    {
        sqlite3_bind_text(statement_, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
    }
    void bind(int index, std::int64_t number) { sqlite3_bind_int64(statement_, index, number); }
    bool step() { return (last_ = sqlite3_step(statement_)) == SQLITE_ROW; }
    std::string_view text() const
    {
        return {reinterpret_cast<const char*>(sqlite3_column_text(statement_, 0)),
                static_cast<std::size_t>(sqlite3_column_bytes(statement_, 0))};
    }
    std::int64_t number() const { return sqlite3_column_int64(statement_, 0); }
    // Steps a statement that yields nothing; true when it did its work.
    bool run()
    {
        step();
        reset();
        return last_ == SQLITE_DONE;
    }
    void reset() { sqlite3_reset(statement_); }

private:
    sqlite3_stmt* statement_ = nullptr;
    int last_ = SQLITE_OK;
};

struct Handle {
    explicit Handle(const std::string& file)
    {
        constexpr int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
        if (sqlite3_open_v2(file.c_str(), &store, flags, nullptr) != SQLITE_OK)
            throw std::runtime_error("cannot open " + file);
        sqlite3_busy_timeout(store, 5000);
        constexpr auto setup = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA mmap_size=268435456;"
                               "CREATE TABLE IF NOT EXISTS users(pk INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
                               " user_name TEXT NOT NULL COLLATE NOCASE UNIQUE, doc TEXT NOT NULL)";
        if (sqlite3_exec(store, setup, nullptr, nullptr, nullptr) != SQLITE_OK)
            throw std::runtime_error(sqlite3_errmsg(store));
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() { sqlite3_close_v2(store); }
    sqlite3* store = nullptr;
};

struct Store { // one for each thread
    explicit Store(const std::string& file) : handle{file} {}
    Handle handle;
    Statement by_id{handle.store, "SELECT doc FROM users WHERE id = ?1"};
    Statement by_name{handle.store, "SELECT doc FROM users WHERE user_name = ?1"};
    Statement page{handle.store, "SELECT doc FROM users ORDER BY pk LIMIT ?1 OFFSET ?2"};
    Statement count{handle.store, "SELECT count(*) FROM users"};
    Statement insert{handle.store, "INSERT INTO users(id, user_name, doc) VALUES(?1, ?2, ?3)"};
    Statement update{handle.store, "UPDATE users SET doc = ?2 WHERE id = ?1"};
    Statement begin{handle.store, "BEGIN IMMEDIATE"};
    Statement commit{handle.store, "COMMIT"};

    std::optional<std::string> one(Statement& statement, std::string_view key)
    {
        statement.bind(1, key);
        std::optional<std::string> found;
        if (statement.step()) found = statement.text();
        statement.reset();
        return found;
    }
};

std::string new_id()
{
    thread_local std::mt19937_64 source{std::random_device{}()};
    const auto a = source();
    const auto b = source();
    return fmt::format("{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}", a >> 32, (a >> 16) & 0xffff, a & 0xfff, b >> 52,
                       b & 0xffffffffffff);
}

std::string now()
{
    const std::time_t seconds = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

struct Write {
    bool is_patch = false;
    std::string id{};
    json::value body{};
    FloorAnswer answer{};
    unsigned status = 0;
    std::string text{};
};

// One thread that takes what has queued up, applies it in one transaction and answers after its commit.
class Writer {
public:
    Writer(std::string file, bool groups)
        : groups_{groups}, store_{file}, total_{[&] {
              store_.count.step();
              const auto rows = store_.count.number();
              store_.count.reset();
              return rows;
          }()}
    {
        thread_ = std::thread{[this] { work(); }};
    }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer() { stop(); }

    void take(Write write)
    {
        {
            const std::lock_guard guard{mutex_};
            queue_.push_back(std::move(write));
        }
        arrived_.notify_one();
    }
    void stop()
    {
        {
            const std::lock_guard guard{mutex_};
            stopping_ = true;
        }
        arrived_.notify_one();
        if (thread_.joinable()) thread_.join();
    }
    std::int64_t total() const { return total_; }

private:
    void work()
    {
        std::vector<Write> batch;
        std::unique_lock lock{mutex_};
        for (;;) {
            arrived_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
            if (queue_.empty()) return;
            const auto size = std::min(queue_.size(), groups_ ? largest_batch : 1);
            const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(size);
            batch.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
            queue_.erase(queue_.begin(), end);
            lock.unlock();
            store_.begin.run();
            for (auto& write : batch) write.is_patch ? patch(write) : post(write);
            const bool durable = store_.commit.run();
            for (auto& write : batch) write.answer(durable ? write.status : 500, std::move(write.text));
            batch.clear();
            lock.lock();
        }
    }

    void post(Write& write)
    {
        auto& user = write.body.as_object();
        const std::string name{user.at("userName").as_string()};
        const auto time = now();
        user["id"] = write.id;
        user["meta"] = {{"resourceType", "User"},
                        {"created", time},
                        {"lastModified", time},
                        {"location", fmt::format("{}/{}", users_path, write.id)}};
        write.text = json::serialize(write.body);
        store_.insert.bind(1, write.id);
        store_.insert.bind(2, name);
        store_.insert.bind(3, write.text);
        write.status = store_.insert.run() ? 201 : 409;
        if (write.status == 201) ++total_;
    }

    void patch(Write& write)
    {
        const auto stored = store_.one(store_.by_id, write.id);
        write.status = stored ? 200 : 404;
        if (!stored) return;
        json::value user = json::parse(*stored);
        for (auto& operation : write.body.as_object().at("Operations").as_array()) {
            if (operation.at("path") != "active") continue;
            const auto& value = operation.at("value");
            user.as_object()["active"] =
                value.is_bool() ? value.get_bool() : value.as_string() == "True" || value.as_string() == "true";
        }
        user.as_object()["meta"].as_object()["lastModified"] = now();
        write.text = json::serialize(user);
        store_.update.bind(1, write.id);
        store_.update.bind(2, write.text);
        if (!store_.update.run()) write.status = 500;
    }

    const bool groups_;
    Store store_;
    std::atomic<std::int64_t> total_;
    std::mutex mutex_{};
    std::condition_variable arrived_{};
    std::vector<Write> queue_{};
    bool stopping_ = false;
    std::thread thread_{};
};

std::string unescape(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned char byte = 0;
        if (text[i] == '%' && i + 2 < text.size() &&
            std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ec == std::errc{}) {
            out += static_cast<char>(byte);
            i += 2;
        } else {
            out += text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

std::int64_t number_after(std::string_view query, std::string_view name, std::int64_t otherwise)
{
    const auto at = query.find(name);
    if (at == query.npos) return otherwise;
    std::from_chars(query.data() + at + name.size(), query.data() + query.size(), otherwise);
    return otherwise;
}

std::string list(std::int64_t total, std::int64_t start, std::int64_t count, std::string_view resources)
{
    return fmt::format(R"({{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":{},)"
                       R"("startIndex":{},"itemsPerPage":{},"Resources":[{}]}})",
                       total, start, count, resources);
}

void read(Store& store, const Writer& writer, std::string_view rest, const FloorAnswer& answer)
{
    if (rest.starts_with('/')) {
        auto user = store.one(store.by_id, rest.substr(1));
        return user ? answer(200, std::move(*user)) : answer(404, "{}");
    }
    if (const auto at = rest.find("filter="); at != rest.npos) {
        const std::string filter = unescape(rest.substr(at + 7, rest.find('&', at) - at - 7));
        const auto first = filter.find('"');
        const auto last = filter.rfind('"');
        if (!filter.starts_with("userName eq ") || first == last) return answer(400, "{}");
        const auto user = store.one(store.by_name, std::string_view{filter}.substr(first + 1, last - first - 1));
        return answer(200, list(user ? 1 : 0, 1, user ? 1 : 0, user ? *user : std::string_view{}));
    }
    const auto start = std::max<std::int64_t>(1, number_after(rest, "startIndex=", 1));
    store.page.bind(1, std::min<std::int64_t>(1000, number_after(rest, "count=", 100)));
    store.page.bind(2, start - 1);
    std::string resources;
    std::int64_t count = 0;
    while (store.page.step()) {
        if (count++ > 0) resources += ',';
        resources += store.page.text();
    }
    store.page.reset();
    answer(200, list(writer.total(), start, count, resources));
}

} // namespace

int main(int argc, char** argv)
try {
    CLI::App app{"The least that a SCIM user endpoint must do: bearer, SQLite, JSON on writes, durable commits"};
    FloorOptions options;
    std::string file;
    std::string token;
    bool no_group = false;
    add_floor_options(app, options);
    app.add_option("--store", file, "SQLite file")->required();
    app.add_option("--token", token, "The bearer token that is accepted")->required();
    app.add_flag("--no-group", no_group, "One commit for each write");
    CLI11_PARSE(app, argc, argv);

    const std::string bearer = "Bearer " + token;
    Writer writer{file, !no_group};
    const auto handle = [&](const FloorRequest& request, FloorAnswer answer) {
        if (request[boost::beast::http::field::authorization] != bearer) return answer(401, "{}");
        std::string_view rest{request.target().data(), request.target().size()};
        if (!rest.starts_with(users_path)) return answer(404, "{}");
        rest.remove_prefix(users_path.size());
        const bool is_patch = request.method() == verb::patch;
        if (is_patch || request.method() == verb::post) {
            boost::system::error_code bad;
            json::value body = json::parse(request.body(), bad);
            if (bad || !body.is_object()) return answer(400, "{}");
            return writer.take({.is_patch = is_patch,
                                .id = is_patch ? std::string{rest.substr(1)} : new_id(),
                                .body = std::move(body),
                                .answer = std::move(answer)});
        }
        thread_local Store store{file};
        read(store, writer, rest, answer);
    };
    serve_floor(options, handle, [&] { writer.stop(); });
    return 0;
} catch (const std::exception& failure) {
    fmt::print(stderr, "rollcall-floor-scim: {}\n", failure.what());
    return 2;
}
