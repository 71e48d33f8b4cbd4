#include "scim/data_dir.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace scim;
namespace fs = std::filesystem;

namespace {

struct TempDir {
    fs::path path;
    TempDir()
    {
        std::string name = (fs::temp_directory_path() / "rollcall-data-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~TempDir() { fs::remove_all(path); }
};

unsigned mode_of(const fs::path& path)
{
    struct stat s {};
    REQUIRE(::stat(path.c_str(), &s) == 0);
    return s.st_mode & 07777U;
}

} // namespace

TEST_CASE("the data directory and the token key are for their owner alone")
{
    const TempDir temp;
    const DataDir data{temp.path / "data", true};
    CHECK(mode_of(data.path()) == 0700);
    const auto key = data.pepper(false);
    CHECK(key.size() == 32);
    CHECK(mode_of(data.token_key()) == 0600);
    CHECK(data.pepper(true) == key);
    CHECK(data.loose_modes().empty());
}

TEST_CASE("a store with tokens whose key is missing is refused instead of voiding them all")
{
    const TempDir temp;
    const DataDir data{temp.path, true};
    CHECK_THROWS_WITH(data.pepper(true), Catch::Contains("token.key") && Catch::Contains("backup"));
    CHECK_FALSE(fs::exists(data.token_key()));
}

TEST_CASE("a damaged token key is refused by name and left as it is")
{
    const TempDir temp;
    const DataDir data{temp.path, true};
    std::ofstream{data.token_key()} << "not hex";
    CHECK_THROWS_WITH(data.pepper(true), Catch::Contains("64 hex digits"));
    std::string text;
    std::getline(std::ifstream{data.token_key()}, text);
    CHECK(text == "not hex");
}

TEST_CASE("a data directory that is a file or absent is refused with the remedy")
{
    const TempDir temp;
    std::ofstream{temp.path / "file"} << "x";
    CHECK_THROWS_WITH(DataDir(temp.path / "file", true), Catch::Contains("--data"));
    CHECK_THROWS_WITH(DataDir(temp.path / "absent", false), Catch::Contains("--data"));
    CHECK_FALSE(fs::exists(temp.path / "absent"));
}

TEST_CASE("modes that let others in are named with their remedy")
{
    const TempDir temp;
    const DataDir data{temp.path, true};
    data.pepper(false);
    ::chmod(data.token_key().c_str(), 0644);
    REQUIRE(data.loose_modes().size() == 1);
    CHECK_THAT(data.loose_modes().front(), Catch::Contains("token.key") && Catch::Contains("chmod 0600"));
}

TEST_CASE("a second server on the same data is refused and told who holds it")
{
    const TempDir temp;
    const DataDir data{temp.path, true};
    CHECK_FALSE(ServerLock::is_held(data));
    {
        const ServerLock lock{data};
        CHECK(ServerLock::is_held(data));
        CHECK_THROWS_WITH(ServerLock{data}, Catch::Contains(std::to_string(::getpid())));
    }
    CHECK_FALSE(ServerLock::is_held(data));
    const ServerLock again{data};
}
