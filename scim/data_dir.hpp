// The data directory: DIR/rollcall.db, DIR/token.key (0600), DIR/tls/, DIR/lock. One server at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace scim {

// What is wrong with the directory and what to do about it.
struct BadDataDir : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class DataDir {
public:
    // Makes the directory (0700) when it is absent and `create`. Throws BadDataDir.
    DataDir(std::filesystem::path, bool create);

    std::filesystem::path path() const { return path_; }
    std::filesystem::path database() const { return path_ / "rollcall.db"; }
    std::filesystem::path token_key() const { return path_ / "token.key"; }
    std::filesystem::path tls() const { return path_ / "tls"; }
    std::filesystem::path lock() const { return path_ / "lock"; }

    // The key that tokens are hashed under: 32 bytes, made on first use. A store with tokens but without its key is
    // refused: a new key would void every token without a word.
    std::vector<std::uint8_t> pepper(bool store_has_tokens) const;
    // Files and folders whose modes let others read what they should not (OPS-02): one sentence each.
    std::vector<std::string> loose_modes() const;

private:
    std::filesystem::path path_;
};

// Held for as long as a server runs on a data directory; let go by the kernel when the process ends, however it ends.
class ServerLock {
public:
    // Throws BadDataDir with the other server's process id when one holds it.
    explicit ServerLock(const DataDir&);
    ~ServerLock();
    ServerLock(const ServerLock&) = delete;
    ServerLock& operator=(const ServerLock&) = delete;
    // Is a server running on it? For commands that wait until it has taken notice.
    static bool is_held(const DataDir&);

private:
    int file_ = -1;
};

} // namespace scim
