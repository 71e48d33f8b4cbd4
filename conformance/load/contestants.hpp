// The server and the floor as processes of the bench: made fresh, filled with the same users, started and stopped.
#pragma once

#include "conformance/load/driver.hpp"
#include "conformance/process.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace conformance::load {

struct Programs {
    std::filesystem::path server; // rollcall
    std::filesystem::path floor;  // rollcall-floor-scim
    std::filesystem::path slow_flush;
};

// How a contestant is started this time.
struct Start {
    int slow_flush_us = 0;               // added to every flush
    std::vector<std::string> prefix{};   // a program that starts it: strace and its arguments
    std::vector<std::string> settings{}; // key=value of the server's configuration; the floor has none
};

class Contestant {
public:
    using Launch = std::function<Command(std::uint16_t port)>;

    // `log`: where its errors go, emptied at each start.
    Contestant(std::string name, std::string base, std::string token, std::filesystem::path log, Launch, Programs);
    // Starts it on a free port and waits for the first 200; returns the milliseconds from exec to there.
    double start(const Start& = {});
    void stop();
    void seed(std::size_t users);

    const std::string& name() const { return name_; }
    const Target& target() const { return target_; }
    pid_t pid() const { return process_->pid(); }
    const std::vector<StoredUser>& users() const { return users_; }
    Outcome run(const Shape&, std::size_t connections, const Bounds&, const Watch& = {});

private:
    std::string name_;
    Target target_{};
    std::filesystem::path log_;
    Launch launch_;
    Programs programs_;
    std::vector<StoredUser> users_{};
    std::size_t patches_ = 0;
    std::unique_ptr<Process> process_{};
};

// A P-256 certificate for this machine that signs itself: both contestants serve it.
struct Certificate {
    std::filesystem::path chain;
    std::filesystem::path key;
};
Certificate make_certificate(const std::filesystem::path& folder);

enum class Commits { grouped, one_a_write };
Contestant make_floor(std::string name, const Programs&, const std::filesystem::path& folder, const Certificate&,
                      Commits = Commits::grouped);
// Makes the data directory, an organisation and a token with the program's own commands. Throws std::runtime_error.
Contestant make_server(const Programs&, const std::filesystem::path& folder, const Certificate&);
// One more organisation with a token, for a server whose folder this is; while it does not run.
Shape::Tenant add_organisation(const Programs&, const std::filesystem::path& folder, const std::string& name);
// key=value of the organisation that make_server made; while it does not run.
void set_policy(const Programs&, const std::filesystem::path& folder, const std::string& setting);

} // namespace conformance::load
