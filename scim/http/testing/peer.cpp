#include "scim/http/testing/peer.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace scim::http::testing {
namespace {

using Steady = std::chrono::steady_clock;

bool wait_for(int descriptor, short events, Steady::time_point until)
{
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Steady::now()).count();
    pollfd waiting{descriptor, events, 0};
    return ::poll(&waiting, 1, static_cast<int>(std::max<long>(0, left))) > 0;
}

std::string lower(std::string_view text)
{
    std::string result{text};
    for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return result;
}

} // namespace

std::shared_ptr<SSL_CTX> self_signed()
{
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_EC_gen("P-256"), EVP_PKEY_free};
    std::unique_ptr<X509, decltype(&X509_free)> certificate{X509_new(), X509_free};
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    auto* name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1,
                               0);
    X509_set_issuer_name(certificate.get(), name);
    std::shared_ptr<SSL_CTX> context{SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
    if (X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0 ||
        SSL_CTX_use_certificate(context.get(), certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1)
        throw std::runtime_error{"no certificate for the test"};
    return context;
}

std::optional<std::string> Reply::field(std::string_view name) const
{
    const std::string all = lower(head);
    const auto at = all.find("\r\n" + std::string{name} + ": ");
    if (at == std::string::npos) return std::nullopt;
    const auto begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
}

Peer::Descriptor::~Descriptor()
{
    if (value >= 0) ::close(value);
}

Peer::Peer(unsigned short port, bool tls, SSL_CTX* context, SSL_SESSION* resume)
{
    std::signal(SIGPIPE, SIG_IGN);
    descriptor_.value = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(descriptor_.value, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error{"cannot connect"};
    const int on = 1;
    ::setsockopt(descriptor_.value, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const auto no_more_waiting = [&] { ::fcntl(descriptor_.value, F_SETFL, O_NONBLOCK); };
    if (!tls) {
        no_more_waiting();
        return;
    }
    const timeval longest{10, 0};
    ::setsockopt(descriptor_.value, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
    if (context == nullptr) {
        own_context_.reset(SSL_CTX_new(TLS_client_method()));
        context = own_context_.get();
    }
    ssl_.reset(SSL_new(context));
    SSL_set_fd(ssl_.get(), descriptor_.value);
    SSL_set_connect_state(ssl_.get());
    if (resume != nullptr) {
        SSL_set_session(ssl_.get(), resume);
        return; // the caller shakes hands, perhaps with early data
    }
    if (SSL_connect(ssl_.get()) != 1) throw std::runtime_error{"no handshake"};
    no_more_waiting();
}

Peer::~Peer() { ERR_clear_error(); }

bool Peer::send(std::string_view bytes)
{
    if (!ssl_) return send_raw(bytes);
    while (!bytes.empty()) {
        ERR_clear_error();
        std::size_t count = 0;
        const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
        if (result == 1)
            bytes.remove_prefix(count);
        else if (!wait_to_send(result))
            return false;
    }
    return true;
}

bool Peer::wait_to_send(int result)
{
    const int error = SSL_get_error(ssl_.get(), result);
    if (error != SSL_ERROR_WANT_WRITE && error != SSL_ERROR_WANT_READ) return false;
    return wait_for(descriptor_.value, error == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN, Steady::now() + 10s);
}

bool Peer::send_raw(std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto count = ::send(descriptor_.value, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count > 0)
            bytes.remove_prefix(static_cast<std::size_t>(count));
        else if (errno != EAGAIN || !wait_for(descriptor_.value, POLLOUT, Steady::now() + 10s))
            return false;
    }
    return true;
}

Peer::Got Peer::receive(Steady::time_point until)
{
    std::array<char, 64 * 1024> bytes;
    while (true) {
        long count = 0;
        bool waits = false;
        if (ssl_) {
            ERR_clear_error();
            count = SSL_read(ssl_.get(), bytes.data(), bytes.size());
            waits = count <= 0 && SSL_get_error(ssl_.get(), static_cast<int>(count)) == SSL_ERROR_WANT_READ;
        } else {
            count = ::recv(descriptor_.value, bytes.data(), bytes.size(), 0);
            waits = count < 0 && errno == EAGAIN;
        }
        if (waits && !wait_for(descriptor_.value, POLLIN, until)) return Got::late;
        if (waits) continue;
        if (count <= 0) {
            cut_off_ = cut_off_ || (count < 0 && errno == ECONNRESET);
            goodbye_ = ssl_ && SSL_get_error(ssl_.get(), static_cast<int>(count)) == SSL_ERROR_ZERO_RETURN;
            return Got::closed;
        }
        received_.append(bytes.data(), static_cast<std::size_t>(count));
        return Got::bytes;
    }
}

std::optional<Reply> Peer::reply(bool to_head, std::chrono::milliseconds longest)
{
    const auto until = Steady::now() + longest;
    while (true) {
        if (const auto end = received_.find("\r\n\r\n"); end != std::string::npos) {
            Reply reply;
            reply.head = received_.substr(0, end + 4);
            reply.status = std::stoi(reply.head.substr(9, 3));
            const auto length = reply.field("content-length");
            const std::size_t body = to_head || !length ? 0 : std::stoul(*length);
            if (received_.size() >= end + 4 + body) {
                reply.body = received_.substr(end + 4, body);
                received_.erase(0, end + 4 + body);
                return reply;
            }
        }
        if (receive(until) != Got::bytes) return std::nullopt;
    }
}

std::optional<std::string> Peer::chunked(std::chrono::milliseconds longest)
{
    const auto until = Steady::now() + longest;
    std::string data;
    const auto receive_until = [&](std::size_t size) {
        while (received_.size() < size)
            if (receive(until) != Got::bytes) return false;
        return true;
    };
    while (true) {
        std::size_t line = 0;
        while ((line = received_.find("\r\n")) == std::string::npos)
            if (receive(until) != Got::bytes) return std::nullopt;
        const std::size_t size = std::stoul(received_.substr(0, line), nullptr, 16);
        if (!receive_until(line + 2 + size + 2)) return std::nullopt;
        data.append(received_, line + 2, size);
        received_.erase(0, line + 2 + size + 2);
        if (size == 0) return data;
    }
}

std::optional<std::string> Peer::rest(std::chrono::milliseconds longest)
{
    const auto until = Steady::now() + longest;
    while (true) {
        const Got got = receive(until);
        if (got == Got::late) return std::nullopt;
        if (got == Got::closed) return std::exchange(received_, {});
    }
}

bool Peer::says_nothing_for(std::chrono::milliseconds time)
{
    return received_.empty() && receive(Steady::now() + time) == Got::late;
}

void Peer::half_close() { ::shutdown(descriptor_.value, SHUT_WR); }

void short_rest() { ::poll(nullptr, 0, 5); }

std::size_t open_descriptors()
{
    std::size_t count = 0;
    DIR* folder = ::opendir("/proc/self/fd");
    while (::readdir(folder) != nullptr) ++count;
    ::closedir(folder);
    return count;
}

std::size_t resident_bytes()
{
    std::ifstream file{"/proc/self/statm"};
    std::size_t all = 0;
    std::size_t resident = 0;
    file >> all >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace scim::http::testing
