// Child processes for tests of whole programs: started with arguments, environment and a log file, waited for with a
// deadline, killed without mercy, never left behind. POSIX only.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace conformance {

using Milliseconds = std::chrono::milliseconds;

// A directory of one's own below the system's, removed with all in it.
class TemporaryDirectory {
public:
    explicit TemporaryDirectory(const std::string& prefix = "conformance");
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_{};
};

// A loopback port that nobody listens on at this moment.
std::uint16_t free_port();

// Asks until the answer is yes (true) or the time is over (false).
bool wait_until(const std::function<bool()>& yes, Milliseconds at_most);

std::string contents_of(const std::filesystem::path&); // "" when there is no such file

struct Ended {
    int code = 0;   // of exit()
    int signal = 0; // that ended it; 0 when it ended by itself
    bool operator==(const Ended&) const = default;
};

struct Command {
    std::string program{};
    std::vector<std::string> arguments{};
    std::vector<std::pair<std::string, std::string>> environment{}; // beside our own
    std::filesystem::path log{};                                    // standard error, appended; empty: ours
    std::filesystem::path output{}; // standard output, appended; empty: the log, or ours without one
    std::filesystem::path input{};  // standard input; empty: /dev/null
};

// A running child. Destroyed while it runs, it is killed and reaped. Throws std::system_error when it cannot start.
class Process {
public:
    explicit Process(Command);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    pid_t pid() const { return pid_; }
    bool is_running();
    void send_signal(int number); // nothing once it has ended
    std::optional<Ended> wait(Milliseconds at_most);
    Ended kill(); // SIGKILL, and waits for the end
    // SIGTERM; SIGKILL when it has not ended in time (then Ended names it).
    Ended terminate(Milliseconds at_most = std::chrono::seconds(10));

    const Command& command() const { return command_; }

private:
    void reap(int options);

    Command command_;
    pid_t pid_ = 0;
    std::optional<Ended> ended_{};
};

// true once `url` answers 200; false when the time is over or the process has ended before. An https URL is checked
// against `ca_file`, or not at all when that is empty (loopback only).
bool wait_until_ready(Process&, const std::string& url, const std::string& ca_file, Milliseconds at_most);
// true once the log of the process contains `text`.
bool wait_until_logged(Process&, const std::string& text, Milliseconds at_most);

struct Finished {
    Ended ended;
    std::string output{};
    std::string errors{};
};
// Runs a program to its end and keeps what it wrote. SIGKILL when it takes longer.
Finished run(Command, Milliseconds at_most = std::chrono::seconds(30));

} // namespace conformance
