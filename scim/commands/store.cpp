#include "scim/commands/common.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace scim::commands {
namespace {

namespace fs = std::filesystem;

void copy_key(const fs::path& from, const fs::path& to)
{
    const int in = ::open(from.c_str(), O_RDONLY | O_CLOEXEC);
    if (in < 0) return; // no token was ever made: there is no key to keep
    char text[128];
    const auto length = ::read(in, text, sizeof text);
    ::close(in);
    ::unlink(to.c_str());
    const int out = ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    const bool written =
        out >= 0 && length > 0 && ::write(out, text, static_cast<std::size_t>(length)) == length && ::fsync(out) == 0;
    if (out >= 0) ::close(out);
    if (!written)
        throw Failure{Exit::failed, fmt::format("{}: cannot be written; the backup is not complete", to.string())};
}

} // namespace

void add_store(CLI::App& app, Common& common)
{
    static std::string file;
    auto* backup = app.add_subcommand(
        "backup", "Copy the store, online and consistent, with the token key beside it (FILE.token.key)");
    backup->add_option("FILE", file, "Where to; must not exist")->required();
    add_data_option(*backup, common);
    backup->callback([&] {
        const auto opened = open(common);
        if (fs::exists(file))
            throw Failure{Exit::refused, fmt::format("{}: is there already; name another file", file)};
        opened.store->backup_to(file);
        copy_key(opened.data.token_key(), file + ".token.key");
        fmt::print("{} and {}.token.key written; to restore, stop the server, move the old store and its -wal and -shm "
                   "files away, and put these back as {} and {}\n",
                   file, file, opened.data.database().string(), opened.data.token_key().string());
    });

    auto* check = app.add_subcommand("check", "Look the whole store over: pages, keys, the audit's hash chain");
    add_data_option(*check, common);
    add_json_option(*check, common);
    check->callback([&] {
        const auto opened = open(common);
        const auto problems = opened.store->check();
        if (common.json) {
            boost::json::array items;
            for (const auto& p : problems) items.emplace_back(p);
            print_json(boost::json::object{{"sound", problems.empty()}, {"problems", std::move(items)}});
        } else {
            for (const auto& p : problems) fmt::print("{}\n", p);
            fmt::print("{}\n", problems.empty()
                                   ? "the store is sound"
                                   : "the store is damaged: stop the server and restore the last good backup");
        }
        if (!problems.empty()) common.exit_code = static_cast<int>(Exit::refused);
    });
}

} // namespace scim::commands
