// The table of requirements: each row of docs/requirements.tsv, the tests that prove it, and where it stands. A row
// that a server must do and that no test names fails the build, unless the row itself says why. docs/requirements.md is
// made from it: `./dev requirements`.
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Requirement {
    std::string id, scope, what, note; // scope: S, C, X or several; note: "", "not ours: …", "not yet: …"
    bool is_a_servers() const { return scope.find('S') != std::string::npos; }
};

std::string contents(const fs::path& file)
{
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

std::vector<Requirement> requirements_in(std::string_view text)
{
    std::vector<Requirement> all;
    std::istringstream lines{std::string{text}};
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() || line.front() == '#') continue;
        Requirement row;
        std::istringstream cells{line};
        std::getline(cells, row.id, '\t');
        std::getline(cells, row.scope, '\t');
        std::getline(cells, row.what, '\t');
        std::getline(cells, row.note, '\t');
        all.push_back(std::move(row));
    }
    return all;
}

// "S-036 to S-044" and "S-036…S-044" name all between; everything else names itself.
std::set<std::string> ids_in(const std::string& name)
{
    static const std::regex one{R"(S-(\d{3})(?:(?: to |…|-)S-(\d{3}))?)"};
    std::set<std::string> ids;
    for (std::sregex_iterator it{name.begin(), name.end(), one}; it != std::sregex_iterator{}; ++it) {
        const int first = std::stoi((*it)[1]);
        const int last = (*it)[2].matched ? std::stoi((*it)[2]) : first;
        for (int i = first; i <= last; ++i) {
            std::string digits = std::to_string(i);
            ids.insert("S-" + std::string(3 - digits.size(), '0') + digits);
        }
    }
    return ids;
}

// The names of a source's test cases, their literals joined as the compiler joins them.
std::vector<std::string> test_names_in(const std::string& source)
{
    static const std::regex begins{R"((?:^|\n)(?:TEMPLATE_)?TEST_CASE(?:_METHOD)?\()"};
    std::vector<std::string> names;
    for (std::sregex_iterator it{source.begin(), source.end(), begins}; it != std::sregex_iterator{}; ++it) {
        std::string name;
        auto at = static_cast<std::size_t>(it->position() + it->length());
        for (;;) {
            at = source.find_first_not_of(" \n", at);
            if (at == std::string::npos || source[at] != '"') break;
            for (++at; at < source.size() && source[at] != '"'; ++at) {
                if (source[at] == '\\') ++at;
                name.push_back(source[at]);
            }
            ++at;
        }
        if (!name.empty()) names.push_back(std::move(name));
    }
    return names;
}

struct Proof {
    std::string file, name;
};
std::map<std::string, std::vector<Proof>> proofs_below(const fs::path& root)
{
    std::map<std::string, std::vector<Proof>> proofs;
    std::vector<fs::path> files;
    for (const char* const top : {"core", "storage", "scim", "certs", "conformance"})
        for (const auto& entry : fs::recursive_directory_iterator{root / top})
            if (entry.is_regular_file() && entry.path().filename().string().ends_with("_test.cpp"))
                files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const auto& file : files)
        for (const auto& name : test_names_in(contents(file)))
            for (const auto& id : ids_in(name)) proofs[id].push_back({fs::relative(file, root).generic_string(), name});
    return proofs;
}

std::string state_of(const Requirement& row, bool is_tested)
{
    if (is_tested) return "tested";
    if (!row.note.empty()) return row.note;
    return row.is_a_servers() ? "MISSING" : row.scope == "C" ? "the console's" : "outside";
}

std::string table_of(const std::vector<Requirement>& rows, std::map<std::string, std::vector<Proof>> proofs)
{
    std::map<std::string, int> counts;
    std::string body;
    for (const auto& row : rows) {
        const auto& tests = proofs[row.id];
        const auto state = state_of(row, !tests.empty());
        ++counts[state.substr(0, state.find(':'))];
        body += "| " + row.id + " | " + row.scope + " | " + row.what + " | ";
        for (std::size_t i = 0; i < tests.size(); ++i)
            body += (i == 0 ? "" : "<br>") + ("`" + tests[i].file + "` ") + tests[i].name;
        body += " | " + state + " |\n";
    }
    std::string text =
        "# Requirements\n\nMade by `./dev requirements` from [requirements.tsv](requirements.tsv) and the names of "
        "the tests; do not edit. Scope: S the server's, C a console's, X outside the software.\n\n| state | rows |\n"
        "| --- | --- |\n";
    for (const auto& [state, count] : counts) text += "| " + state + " | " + std::to_string(count) + " |\n";
    return text + "\n| row | scope | what | proved by | state |\n| --- | --- | --- | --- | --- |\n" + body;
}

const fs::path root{ROLLCALL_SOURCE_DIR};

} // namespace

TEST_CASE("every requirement of a server is named by a test, or says why not")
{
    const auto rows = requirements_in(contents(root / "docs/requirements.tsv"));
    REQUIRE(rows.size() == 242);
    const auto proofs = proofs_below(root);
    std::set<std::string> known;
    for (const auto& row : rows) {
        INFO(row.id << " " << row.what);
        known.insert(row.id);
        const bool is_tested = proofs.contains(row.id);
        CHECK((is_tested || !row.note.empty() || !row.is_a_servers()));
        CHECK((row.note.empty() || row.note.starts_with("not ours: ") || row.note.starts_with("not yet: ")));
        CHECK_FALSE((is_tested && row.note.starts_with("not yet: "))); // then the note is no longer true
    }
    for (const auto& [id, tests] : proofs) {
        INFO(tests.front().file << ": " << tests.front().name);
        CHECK(known.contains(id));
    }
}

TEST_CASE("docs/requirements.md is what the rows and the tests' names make")
{
    const auto rows = requirements_in(contents(root / "docs/requirements.tsv"));
    const bool is_true = contents(root / "docs/requirements.md") == table_of(rows, proofs_below(root));
    INFO("run ./dev requirements");
    CHECK(is_true);
}

TEST_CASE("write docs/requirements.md", "[.write]")
{
    const auto rows = requirements_in(contents(root / "docs/requirements.tsv"));
    std::ofstream{root / "docs/requirements.md", std::ios::binary} << table_of(rows, proofs_below(root));
}

TEST_CASE("rows of requirements are found in the names of tests, wherever a name is broken")
{
    CHECK(ids_in("S-001, S-003: x") == std::set<std::string>{"S-001", "S-003"});
    CHECK(ids_in("S-036 to S-038: x") == std::set<std::string>{"S-036", "S-037", "S-038"});
    CHECK(ids_in("REL-19, ES-1, S-12").empty());
    const auto names =
        test_names_in("\nTEST_CASE(\"S-001: a \\\"b\\\" \"\n    \"c\", \"[tag]\")\n// TEST_CASE(\"S-002\")\n"
                      "TEMPLATE_TEST_CASE(\"d\", \"\", int)\n");
    CHECK(names == std::vector<std::string>{"S-001: a \"b\" c", "d"});
}
