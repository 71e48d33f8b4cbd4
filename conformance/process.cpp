#include "conformance/process.hpp"

#include "conformance/client.hpp"

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <netinet/in.h>
#include <spawn.h>
#include <sstream>
#include <string_view>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>

extern char** environ; // NOLINT: POSIX names it so

namespace conformance {
namespace {

constexpr Milliseconds between_looks{5};

[[noreturn]] void fail(int error, const std::string& doing)
{
    throw std::system_error(error, std::generic_category(), doing);
}

// The actions between fork and exec, freed with the scope.
class SpawnActions {
public:
    SpawnActions() { posix_spawn_file_actions_init(&actions_); }
    ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
    SpawnActions(const SpawnActions&) = delete;
    SpawnActions& operator=(const SpawnActions&) = delete;

    void open(int descriptor, const std::string& file, int flags)
    {
        posix_spawn_file_actions_addopen(&actions_, descriptor, file.c_str(), flags, 0600);
    }
    void duplicate(int from, int to) { posix_spawn_file_actions_adddup2(&actions_, from, to); }
    const posix_spawn_file_actions_t* get() const { return &actions_; }

private:
    posix_spawn_file_actions_t actions_{};
};

std::vector<char*> pointers(std::vector<std::string>& texts)
{
    std::vector<char*> result;
    for (auto& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

std::vector<std::string> merged_environment(const Command& command)
{
    std::vector<std::string> result;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const auto name = text.substr(0, text.find('='));
        bool replaced = false;
        for (const auto& [key, value] : command.environment) replaced = replaced || key == name;
        if (!replaced) result.emplace_back(text);
    }
    for (const auto& [key, value] : command.environment) result.push_back(key + "=" + value);
    return result;
}

} // namespace

TemporaryDirectory::TemporaryDirectory(const std::string& prefix)
{
    std::string pattern = (std::filesystem::temp_directory_path() / (prefix + ".XXXXXX")).string();
    if (::mkdtemp(pattern.data()) == nullptr) fail(errno, "making a temporary directory");
    path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory()
{
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::uint16_t free_port()
{
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0) fail(errno, "looking for a free port");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const plain = reinterpret_cast<sockaddr*>(&address);
    const bool bound = ::bind(socket, plain, size) == 0 && ::getsockname(socket, plain, &size) == 0;
    const int error = errno;
    ::close(socket);
    if (!bound) fail(error, "looking for a free port");
    return ntohs(address.sin_port);
}

bool wait_until(const std::function<bool()>& yes, Milliseconds at_most)
{
    const auto deadline = std::chrono::steady_clock::now() + at_most;
    while (!yes()) {
        if (std::chrono::steady_clock::now() >= deadline) return false;
        std::this_thread::sleep_for(between_looks);
    }
    return true;
}

std::string contents_of(const std::filesystem::path& file)
{
    const std::ifstream in(file, std::ios::binary);
    std::ostringstream out;
    if (in) out << in.rdbuf();
    return out.str();
}

Process::Process(Command command) : command_(std::move(command))
{
    SpawnActions actions;
    actions.open(STDIN_FILENO, command_.input.empty() ? "/dev/null" : command_.input.string(), O_RDONLY);
    constexpr int append = O_WRONLY | O_CREAT | O_APPEND;
    if (!command_.log.empty()) actions.open(STDERR_FILENO, command_.log.string(), append);
    if (!command_.output.empty()) {
        actions.open(STDOUT_FILENO, command_.output.string(), append);
    } else if (!command_.log.empty()) {
        actions.duplicate(STDERR_FILENO, STDOUT_FILENO);
    }

    std::vector<std::string> words{command_.program};
    words.insert(words.end(), command_.arguments.begin(), command_.arguments.end());
    auto environment = merged_environment(command_);
    const int error = ::posix_spawnp(&pid_, command_.program.c_str(), actions.get(), nullptr, pointers(words).data(),
                                     pointers(environment).data());
    if (error != 0) fail(error, "starting " + command_.program);
}

Process::~Process()
{
    if (is_running()) kill();
}

void Process::reap(int options)
{
    if (ended_) return;
    int status = 0;
    pid_t got = 0;
    do got = ::waitpid(pid_, &status, options);
    while (got < 0 && errno == EINTR);
    if (got != pid_) return;
    ended_ = WIFSIGNALED(status) ? Ended{0, WTERMSIG(status)} : Ended{WEXITSTATUS(status), 0};
}

bool Process::is_running()
{
    reap(WNOHANG);
    return !ended_;
}

void Process::send_signal(int number)
{
    if (is_running()) ::kill(pid_, number);
}

std::optional<Ended> Process::wait(Milliseconds at_most)
{
    wait_until([this] { return !is_running(); }, at_most);
    return ended_;
}

Ended Process::kill()
{
    send_signal(SIGKILL);
    reap(0);
    return *ended_;
}

Ended Process::terminate(Milliseconds at_most)
{
    send_signal(SIGTERM);
    if (const auto ended = wait(at_most)) return *ended;
    return kill();
}

bool wait_until_ready(Process& process, const std::string& url, const std::string& ca_file, Milliseconds at_most)
{
    Client client({.url = url,
                   .ca_file = ca_file,
                   .insecure = ca_file.empty() && url.starts_with("https:"),
                   .timeout = std::chrono::seconds(2)});
    bool ready = false;
    wait_until(
        [&] {
            if (!process.is_running()) return true;
            try {
                ready = client.get("").status == 200;
            } catch (const Unreachable&) {
                ready = false; // not yet
            }
            return ready;
        },
        at_most);
    return ready;
}

bool wait_until_logged(Process& process, const std::string& text, Milliseconds at_most)
{
    const auto logged = [&] { return contents_of(process.command().log).find(text) != std::string::npos; };
    wait_until([&] { return logged() || !process.is_running(); }, at_most);
    return logged();
}

Finished run(Command command, Milliseconds at_most)
{
    const TemporaryDirectory directory;
    command.output = directory.path() / "out";
    command.log = directory.path() / "err";
    Process process(std::move(command));
    const auto ended = process.wait(at_most);
    return {ended ? *ended : process.kill(), contents_of(directory.path() / "out"),
            contents_of(directory.path() / "err")};
}

} // namespace conformance
