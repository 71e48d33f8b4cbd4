#include "scim/outside/testing/loopback.hpp"

#include "certs/issue.hpp"

#include <openssl/err.h>

#include <arpa/inet.h>
#include <array>
#include <csignal>
#include <filesystem>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace scim::outside::testing {

Descriptor::Descriptor(Descriptor&& other) noexcept : value_{std::exchange(other.value_, -1)} {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept
{
    std::swap(value_, other.value_);
    return *this;
}

Descriptor::~Descriptor()
{
    if (value_ >= 0) ::close(value_);
}

Descriptor bound(int type, std::uint16_t port, const std::string& address)
{
    const bool ipv6 = address.find(':') != std::string::npos;
    Descriptor descriptor{::socket(ipv6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0)};
    const int on = 1;
    if (type == SOCK_STREAM) ::setsockopt(descriptor.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    void* const into = ipv6 ? static_cast<void*>(&six.sin6_addr) : &four.sin_addr;
    if (::inet_pton(ipv6 ? AF_INET6 : AF_INET, address.c_str(), into) != 1) throw std::runtime_error{"no address"};
    const auto* where = ipv6 ? reinterpret_cast<const sockaddr*>(&six) : reinterpret_cast<const sockaddr*>(&four);
    const socklen_t size = ipv6 ? sizeof six : sizeof four;
    if (::bind(descriptor.get(), where, size) != 0) throw std::runtime_error{"cannot bind"};
    if (type == SOCK_STREAM && ::listen(descriptor.get(), 64) != 0) throw std::runtime_error{"cannot listen"};
    return descriptor;
}

std::uint16_t port_of(const Descriptor& descriptor)
{
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(descriptor.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error{"not bound"};
    return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                               : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

Identity identity_for(const std::string& names, bool expired)
{
    using namespace std::chrono_literals;
    const auto now = std::chrono::system_clock::now();
    const certs::KeyPtr authority_key{EVP_EC_gen("P-256")};
    const certs::Wish authority_wish{
        .common_name = "authority of a test", .from = now - 48h, .until = now + 24h, .authority = true, .purpose = ""};
    const certs::CertPtr authority = certs::issue(authority_wish, *authority_key, nullptr, *authority_key);
    const certs::KeyPtr key{EVP_EC_gen("P-256")};
    const certs::Wish wish{.common_name = "server of a test",
                           .from = now - 24h,
                           .until = expired ? now - 1h : now + 24h,
                           .alternative_names = names};
    const certs::CertPtr certificate = certs::issue(wish, *key, authority.get(), *authority_key);
    std::shared_ptr<SSL_CTX> context{SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
    if (SSL_CTX_use_certificate(context.get(), certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1)
        throw std::runtime_error{"no certificate for the test"};
    return {certs::to_pem(*authority), std::move(context)};
}

TemporaryFile::TemporaryFile(std::string_view text)
{
    path_ = (std::filesystem::temp_directory_path() / "rollcall-outside-XXXXXX").string();
    const Descriptor file{::mkstemp(path_.data())};
    if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        throw std::runtime_error{"no temporary file"};
}

TemporaryFile::~TemporaryFile() { ::unlink(path_.c_str()); }

// --- one connection ------------------------------------------------------------------------------------------------

bool Wire::start_tls(SSL_CTX& context)
{
    received_.clear(); // what was sent in the clear is not part of what comes under TLS
    ssl_.reset(SSL_new(&context));
    SSL_set_fd(ssl_.get(), descriptor_.get());
    const bool done = SSL_accept(ssl_.get()) == 1;
    ERR_clear_error();
    return done;
}

bool Wire::receive()
{
    std::array<char, 16 * 1024> bytes;
    const long count = ssl_ ? SSL_read(ssl_.get(), bytes.data(), bytes.size())
                            : ::recv(descriptor_.get(), bytes.data(), bytes.size(), 0);
    ERR_clear_error();
    if (count <= 0) return false;
    received_.append(bytes.data(), static_cast<std::size_t>(count));
    return true;
}

std::optional<std::string> Wire::line()
{
    std::size_t end = 0;
    while ((end = received_.find("\r\n")) == std::string::npos)
        if (!receive()) return std::nullopt;
    std::string line = received_.substr(0, end);
    received_.erase(0, end + 2);
    return line;
}

std::optional<std::string> Wire::exactly(std::size_t bytes)
{
    while (received_.size() < bytes)
        if (!receive()) return std::nullopt;
    std::string taken = received_.substr(0, bytes);
    received_.erase(0, bytes);
    return taken;
}

bool Wire::write(std::string_view text)
{
    while (!text.empty()) {
        const long count = ssl_ ? SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()))
                                : ::send(descriptor_.get(), text.data(), text.size(), MSG_NOSIGNAL);
        ERR_clear_error();
        if (count <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

void Wire::hang()
{
    while (receive()) received_.clear();
}

void Wire::hang_up() { ::shutdown(descriptor_.get(), SHUT_RDWR); }

// --- many of them --------------------------------------------------------------------------------------------------

LoopbackServer::LoopbackServer(Serve serve, std::uint16_t port, const std::string& address)
    : serve_{std::move(serve)}, listener_{bound(SOCK_STREAM, port, address)}, port_{port_of(listener_)}
{
    std::signal(SIGPIPE, SIG_IGN); // OpenSSL writes to sockets without MSG_NOSIGNAL
    accepting_ = std::thread{[this] { accept_all(); }};
}

LoopbackServer::~LoopbackServer()
{
    {
        const std::lock_guard lock{mutex_};
        ended_ = true;
        for (const auto& wire : wires_) wire->hang_up();
    }
    ::shutdown(listener_.get(), SHUT_RDWR);
    accepting_.join();
    for (std::thread& thread : threads_) thread.join();
}

void LoopbackServer::accept_all()
{
    while (true) {
        Descriptor accepted{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
        const std::lock_guard lock{mutex_};
        if (ended_ || accepted.get() < 0) return;
        auto wire = std::make_shared<Wire>(std::move(accepted));
        wires_.push_back(wire);
        threads_.emplace_back([this, wire = std::move(wire)] {
            serve_(*wire);
            wire->hang_up();
        });
    }
}

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds longest)
{
    const auto until = std::chrono::steady_clock::now() + longest;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) return false;
        ::poll(nullptr, 0, 2);
    }
    return true;
}

} // namespace scim::outside::testing
