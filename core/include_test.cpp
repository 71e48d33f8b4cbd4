// HOUSE, rooms and arrows: a header that peeks fails the build. Every #include of every source in every room is held
// against a table of what that room may see, of ours and of the kept libraries. Tests may use any library, and nothing
// of ours that their room may not see, but the doubles of core/testing.
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string_view>;

// A room is the files under `folder` (or the one file of that name) that no later row describes more closely.
struct Room {
    std::string_view folder;
    Names ours;      // prefixes of paths it may include, beside its own folder
    Names not_ours;  // exceptions to those
    Names libraries; // prefixes of <…> beside the standard library
};

const Names any_library{""};
const Names core_values{"core/archive",    "core/base/",     "core/brake",   "core/choice", "core/claim",
                        "core/credential", "core/domain",    "core/event",   "core/group",  "core/import_job",
                        "core/indexed",    "core/licence",   "core/mail",    "core/oauth",  "core/organisation",
                        "core/policy",     "core/predicate", "core/profile", "core/record", "core/shelf",
                        "core/sort",       "core/sync_plan", "core/token",   "core/user",   "core/words"};

const std::vector<Room>& rooms()
{
    static const std::vector<Room> table{
        {"core/", core_values, {"core/base/log"}, {"boost/json", "boost/system"}},
        {"core/store.hpp", core_values, {}, {}},
        {"core/outside", {"core/base/", "core/words"}, {"core/base/log"}, {"boost/system"}},
        {"core/base/", {}, {}, {"boost/json", "boost/system", "idn2.h", "utf8proc.h", "fmt/", "openssl/"}},
        {"core/rules/", core_values, {"core/base/log", "core/base/secrets"}, {"boost/json"}},
        {"core/actions/", {"core/"}, {"core/testing/", "core/base/log"}, {"boost/json"}},
        {"core/testing/", {"core/"}, {}, {"boost/json", "catch2/"}},
        {"storage/", {"core/"}, {"core/testing/"}, {"boost/json", "boost/system", "sqlite3.h", "SQLiteCpp/", "fmt/"}},
        {"scim/",
         {"core/", "scim/http/message.hpp", "scim/entra/"},
         {"core/testing/"},
         {"boost/json", "boost/system", "fmt/"}},
        // The second protocol over the same actions; it shares the words of the first.
        {"scim/admin/",
         {"core/", "scim/"},
         {"core/testing/", "scim/app", "scim/commands/", "scim/http/server", "scim/http/session"},
         {"boost/json", "boost/system", "fmt/"}},
        {"scim/http/", {"core/base/"}, {}, {"boost/", "openssl/", "fmt/"}},
        // What fuzzing holds the rooms to.
        {"scim/fuzz/", {"scim/http/"}, {}, {"boost/"}},
        // PCRE2 and utf8proc: Replace and ToLower of the attribute mappings.
        {"scim/entra/",
         {"scim/error", "scim/attribute_path"},
         {},
         {"boost/json", "boost/system", "fmt/", "pcre2.h", "utf8proc.h"}},
        {"scim/outside/",
         {"core/base/", "core/outside.hpp"},
         {},
         {"boost/json", "boost/system", "fmt/", "ares.h", "curl/", "cjose/"}},
        {"certs/", {"core/base/"}, {}, {"openssl/", "fmt/"}},
        {"conformance/", {}, {}, any_library},
    };
    return table;
}

// The top of the house, where everything but conformance/ is tied together.
bool is_top(std::string_view file)
{
    for (const std::string_view top :
         {"scim/app", "scim/main", "scim/commands", "scim/config", "scim/routes", "scim/sweeper"}) {
        if (file.starts_with(top)) return true;
    }
    return false;
}

bool starts_with_any(std::string_view text, const Names& prefixes)
{
    return std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view p) { return text.starts_with(p); });
}

const Room* room_of(std::string_view file)
{
    const Room* closest = nullptr;
    for (const Room& room : rooms()) {
        if (!file.starts_with(room.folder)) continue;
        if (closest == nullptr || room.folder.size() > closest->folder.size()) closest = &room;
    }
    return closest;
}

bool is_test(std::string_view file)
{
    return file.find("_test.") != std::string_view::npos || file.find("_fuzz.") != std::string_view::npos ||
           file.find("/testing/") != std::string_view::npos || file.find("/test_") != std::string_view::npos ||
           file.find("faulty_") != std::string_view::npos;
}

struct Include {
    std::string what;
    bool quoted = false;
};
std::optional<Include> include_in(std::string_view line)
{
    const auto skip = [&] {
        while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    };
    const auto take = [&](std::string_view word) {
        skip();
        if (!line.starts_with(word)) return false;
        line.remove_prefix(word.size());
        return true;
    };
    if (!take("#") || !take("include")) return {};
    skip();
    if (line.empty() || (line.front() != '"' && line.front() != '<')) return {};
    const bool quoted = line.front() == '"';
    const auto end = line.find(quoted ? '"' : '>', 1);
    if (end == std::string_view::npos) return {};
    return Include{std::string{line.substr(1, end - 1)}, quoted};
}

// The standard library's headers have no slash and no dot; C's and POSIX's are few.
bool is_system(std::string_view header)
{
    static const Names known{"sys/",     "netinet/", "arpa/",    "unistd.h",  "fcntl.h",    "signal.h", "poll.h",
                             "stdlib.h", "dirent.h", "netdb.h",  "pwd.h",     "termios.h",  "dlfcn.h",  "spawn.h",
                             "malloc.h", "grp.h",    "syslog.h", "pthread.h", "execinfo.h", "glob.h"};
    const bool standard = header.find('/') == std::string_view::npos && header.find('.') == std::string_view::npos;
    return standard || starts_with_any(header, known);
}

// Why `file` may not include this, or nothing.
std::string forbidden(std::string_view file, const Include& include)
{
    const std::string_view what = include.what;
    if (file.starts_with("conformance/")) {
        const bool ours = starts_with_any(what, {"core/", "scim/", "storage/", "certs/"});
        return ours ? "conformance/ shares no code with the server" : "";
    }
    const Room* const room = room_of(file);
    if (room == nullptr) return "this folder is in no room";
    if (!include.quoted) {
        if (is_test(file) || is_top(file) || is_system(what) || starts_with_any(what, room->libraries)) return {};
        return std::string{room->folder} + " does not keep this library";
    }
    if (what.starts_with("conformance/")) return "nothing includes conformance/";
    if (is_top(file) || room_of(what) == room) return {};
    if (is_test(file) && what.starts_with("core/testing/")) return {};
    if (is_test(file) && file.starts_with("scim/")) return {}; // whole conversations need a whole desk
    if (starts_with_any(what, room->ours) && !starts_with_any(what, room->not_ours)) return {};
    return std::string{room->folder} + " may not see this";
}

std::vector<std::string> breaches_in(const std::string& file, std::istream& text)
{
    std::vector<std::string> found;
    std::string line;
    for (int number = 1; std::getline(text, line); ++number) {
        const auto include = include_in(line);
        if (!include) continue;
        const std::string why = forbidden(file, *include);
        if (!why.empty()) found.push_back(file + ':' + std::to_string(number) + ": " + include->what + ": " + why);
    }
    return found;
}

std::vector<std::string> breaches_of(const std::string& file, const std::string& text)
{
    std::istringstream stream{text};
    return breaches_in(file, stream);
}

} // namespace

TEST_CASE("every file includes only what its room may see")
{
    const fs::path root{ROLLCALL_SOURCE_DIR};
    std::size_t files = 0;
    for (const char* const top : {"core", "storage", "scim", "certs", "conformance"}) {
        REQUIRE(fs::is_directory(root / top));
        for (const auto& entry : fs::recursive_directory_iterator{root / top}) {
            const auto extension = entry.path().extension();
            if (!entry.is_regular_file() || (extension != ".hpp" && extension != ".cpp")) continue;
            ++files;
            std::ifstream text{entry.path()};
            REQUIRE(text);
            for (const std::string& breach : breaches_in(fs::relative(entry.path(), root).generic_string(), text)) {
                FAIL_CHECK(breach);
            }
        }
    }
    CHECK(files > 50);
}

TEST_CASE("a planted line is caught, and an allowed one is not")
{
    struct Row {
        std::string file;
        std::string line;
        bool caught;
    };
    const auto row = GENERATE(values<Row>({
        {"core/user.cpp", "#include \"core/base/clock.hpp\"", false},
        {"core/user.cpp", "#include <boost/json/object.hpp>", false},
        {"core/user.cpp", "#include <vector>", false},
        {"core/user.cpp", "#include \"core/store.hpp\"", true},
        {"core/user.cpp", "#include \"core/rules/status.hpp\"", true},
        {"core/user.cpp", "#include <boost/asio/ip/tcp.hpp>", true},
        {"core/user.cpp", "  #  include <sqlite3.h>", true},
        {"core/base/clock.cpp", "#include \"core/user.hpp\"", true},
        {"core/rules/lifecycle.cpp", "#include \"core/user.hpp\"", false},
        {"core/rules/lifecycle.cpp", "#include \"core/store.hpp\"", true},
        {"core/rules/lifecycle.cpp", "#include \"core/base/log.hpp\"", true},
        {"core/actions/provision.cpp", "#include \"core/store.hpp\"", false},
        {"core/actions/provision.cpp", "#include \"storage/sqlite_store.hpp\"", true},
        {"core/actions/provision.cpp", "#include \"core/testing/builders.hpp\"", true},
        {"core/actions/provision_test.cpp", "#include \"core/testing/builders.hpp\"", false},
        {"core/actions/provision_test.cpp", "#include \"scim/users.hpp\"", true},
        {"storage/sqlite_store.cpp", "#include <sqlite3.h>", false},
        {"storage/sqlite_store.cpp", "#include \"scim/users.hpp\"", true},
        {"storage/sqlite_store.cpp", "#include <boost/asio.hpp>", true},
        {"scim/users.cpp", "#include \"scim/http/message.hpp\"", false},
        {"scim/users.cpp", "#include \"scim/http/server.hpp\"", true},
        {"scim/users.cpp", "#include \"storage/sqlite_store.hpp\"", true},
        {"scim/users.cpp", "#include <boost/beast/http.hpp>", true},
        {"scim/http/session.cpp", "#include <boost/beast/http.hpp>", false},
        {"scim/http/session.cpp", "#include \"core/base/log.hpp\"", false},
        {"scim/http/session.cpp", "#include \"core/user.hpp\"", true},
        {"scim/http/session.cpp", "#include \"scim/users.hpp\"", true},
        {"scim/entra/quirks.cpp", "#include \"scim/error.hpp\"", false},
        {"scim/entra/quirks.cpp", "#include \"scim/users.hpp\"", true},
        {"core/outside.hpp", "#include \"core/base/clock.hpp\"", false},
        {"core/outside.hpp", "#include \"core/user.hpp\"", true},
        {"core/actions/claiming.cpp", "#include \"core/outside.hpp\"", false},
        {"core/outside.cpp", "#include <ares.h>", true},
        {"scim/outside/mail_sender.cpp", "#include <curl/curl.h>", false},
        {"scim/outside/mail_sender.cpp", "#include \"core/outside.hpp\"", false},
        {"scim/outside/mail_sender.cpp", "#include \"core/store.hpp\"", true},
        {"scim/outside/mail_sender.cpp", "#include \"scim/error.hpp\"", true},
        {"scim/outside/key_set.cpp", "#include <cjose/jws.h>", false},
        {"scim/outside/key_set.cpp", "#include <openssl/evp.h>", true},
        {"scim/users.cpp", "#include <curl/curl.h>", true},
        {"scim/users.cpp", "#include \"scim/outside/mail_sender.hpp\"", true},
        {"scim/app.cpp", "#include \"storage/sqlite_store.hpp\"", false},
        {"scim/app.cpp", "#include \"conformance/client.hpp\"", true},
        {"certs/dev_certs.cpp", "#include <openssl/x509.h>", false},
        {"certs/dev_certs.cpp", "#include \"core/user.hpp\"", true},
        {"conformance/client.cpp", "#include \"core/base/json.hpp\"", true},
        {"conformance/client.cpp", "#include <boost/asio.hpp>", false},
        {"conformance/client_test.cpp", "#include \"scim/error.hpp\"", true},
        {"elsewhere/file.cpp", "#include \"core/user.hpp\"", true},
    }));
    INFO(row.file << ": " << row.line);
    const auto breaches = breaches_of(row.file, "// a comment\n\n" + row.line + "\n");
    CHECK(breaches.size() == (row.caught ? 1U : 0U));
    if (row.caught && !breaches.empty()) CHECK(breaches.front().starts_with(row.file + ":3: "));
}
