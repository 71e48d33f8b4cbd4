#include "scim/data_dir.hpp"

#include "core/base/secrets.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace scim {
namespace {

namespace fs = std::filesystem;

struct File {
    int descriptor = -1;
    ~File()
    {
        if (descriptor >= 0) ::close(descriptor);
    }
};

std::string read_key(const fs::path& path)
{
    const File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (file.descriptor < 0)
        throw BadDataDir{fmt::format("{}: cannot be read ({}); run as the user who owns the data", path.string(),
                                     std::strerror(errno))};
    std::string text(65, '\0');
    const auto length = ::read(file.descriptor, text.data(), text.size());
    text.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
    if (text.size() == 65 && text.back() == '\n') text.pop_back();
    if (text.size() != 64 || text.find_first_not_of("0123456789abcdef") != text.npos)
        throw BadDataDir{
            fmt::format("{}: is not a token key of 64 hex digits; put back the one from the backup", path.string())};
    return text;
}

std::uint8_t digit(char c) { return static_cast<std::uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10); }

} // namespace

DataDir::DataDir(fs::path path, bool create) : path_{std::move(path)}
{
    std::error_code failed;
    if (create && !fs::exists(path_, failed)) {
        fs::create_directories(path_, failed);
        if (!failed) ::chmod(path_.c_str(), 0700);
    }
    if (!fs::is_directory(path_, failed))
        throw BadDataDir{fmt::format("{}: is not a directory that can be used{}; name another with --data",
                                     path_.string(), failed ? fmt::format(" ({})", failed.message()) : std::string{})};
}

std::vector<std::uint8_t> DataDir::pepper(bool store_has_tokens) const
{
    if (!fs::exists(token_key())) {
        if (store_has_tokens)
            throw BadDataDir{fmt::format(
                "{}: is missing, and the store has tokens that only it can verify; put it back from the backup",
                token_key().string())};
        std::array<std::uint8_t, 32> key{};
        core::fill_random(key);
        const auto text = core::to_hex(key) + "\n";
        // Written whole under another name first: a key file is either absent or complete.
        const auto draft = path_ / fmt::format(".token.key.{}", ::getpid());
        {
            const File file{::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
            if (file.descriptor < 0 ||
                ::write(file.descriptor, text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
                ::fsync(file.descriptor) != 0)
                throw BadDataDir{fmt::format("{}: cannot be written ({})", draft.string(), std::strerror(errno))};
        }
        // link() fails when another process was first: then theirs is the key.
        if (::link(draft.c_str(), token_key().c_str()) != 0 && errno != EEXIST) {
            const int why = errno;
            ::unlink(draft.c_str());
            throw BadDataDir{fmt::format("{}: cannot be made ({})", token_key().string(), std::strerror(why))};
        }
        ::unlink(draft.c_str());
    }
    const auto text = read_key(token_key());
    std::vector<std::uint8_t> key;
    for (std::size_t i = 0; i < text.size(); i += 2)
        key.push_back(static_cast<std::uint8_t>(digit(text[i]) << 4 | digit(text[i + 1])));
    return key;
}

std::vector<std::string> DataDir::loose_modes() const
{
    std::vector<std::string> warnings;
    const auto look = [&](const fs::path& path, mode_t forbidden, std::string_view remedy) {
        struct stat s {};
        if (::stat(path.c_str(), &s) == 0 && (s.st_mode & forbidden))
            warnings.push_back(fmt::format("{}: other users of this machine can get at it (mode {:o}); {}",
                                           path.string(), s.st_mode & 07777U, remedy));
    };
    look(path_, 0022, "chmod 0700");
    look(database(), 0077, "chmod 0600");
    look(token_key(), 0077, "chmod 0600");
    look(tls() / "server.key", 0077, "chmod 0600");
    look(tls() / "ca.key", 0077, "chmod 0600");
    return warnings;
}

ServerLock::ServerLock(const DataDir& data)
{
    file_ = ::open(data.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file_ < 0)
        throw BadDataDir{fmt::format("{}: cannot be opened ({})", data.lock().string(), std::strerror(errno))};
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
        char other[32] = {};
        const auto length = ::pread(file_, other, sizeof other - 1, 0);
        ::close(std::exchange(file_, -1));
        throw BadDataDir{
            fmt::format("{}: another rollcall serves this data already (process {}); stop it first, or name another "
                        "directory with --data",
                        data.lock().string(),
                        length > 0 ? std::string{other, static_cast<std::size_t>(length)} : std::string{"unknown"})};
    }
    const auto self = fmt::format("{}", ::getpid());
    if (::ftruncate(file_, 0) != 0 || ::pwrite(file_, self.data(), self.size(), 0) < 0) {
        // The number is a courtesy to whoever comes second; the lock holds without it.
    }
}

ServerLock::~ServerLock()
{
    if (file_ >= 0) ::close(file_);
}

bool ServerLock::is_held(const DataDir& data)
{
    const File file{::open(data.lock().c_str(), O_RDWR | O_CLOEXEC)};
    return file.descriptor >= 0 && ::flock(file.descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

} // namespace scim
