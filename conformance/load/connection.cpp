#include "conformance/load/connection.hpp"

#include "conformance/load/answer.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace conformance::load {
namespace {

int open_socket(const Target& target, std::chrono::milliseconds patience)
{
    const bool six = target.host.find(':') != std::string::npos;
    sockaddr_storage address{};
    socklen_t size = 0;
    if (six) {
        auto& in6 = reinterpret_cast<sockaddr_in6&>(address);
        in6.sin6_family = AF_INET6;
        in6.sin6_port = htons(target.port);
        inet_pton(AF_INET6, target.host.c_str(), &in6.sin6_addr);
        size = sizeof in6;
    } else {
        auto& in4 = reinterpret_cast<sockaddr_in&>(address);
        in4.sin_family = AF_INET;
        in4.sin_port = htons(target.port);
        inet_pton(AF_INET, target.host.c_str(), &in4.sin_addr);
        size = sizeof in4;
    }
    const int descriptor = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) throw std::runtime_error(fmt::format("no socket: {}", std::strerror(errno)));
    const timeval limit{.tv_sec = patience.count() / 1000, .tv_usec = patience.count() % 1000 * 1000};
    const int yes = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), size) != 0) {
        const int why = errno;
        close(descriptor);
        throw std::runtime_error(fmt::format("{}:{}: {}", target.host, target.port, std::strerror(why)));
    }
    return descriptor;
}

} // namespace

std::shared_ptr<ssl_ctx_st> client_context(int highest_version)
{
    std::shared_ptr<SSL_CTX> context{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
    if (!context) throw std::runtime_error("no TLS context");
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(context.get(), highest_version);
    SSL_CTX_set_read_ahead(context.get(), 1); // one system call for a record instead of two
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(context.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
    return context;
}

Connection::Connection(const Target& target, ssl_ctx_st* context, std::chrono::milliseconds patience,
                       ssl_session_st* session)
    : descriptor_{open_socket(target, patience)}
{
    if (!target.tls) return;
    tls_ = SSL_new(context);
    SSL_set_fd(tls_, descriptor_);
    if (session) SSL_set_session(tls_, session);
    if (SSL_connect(tls_) != 1) {
        const char* reason = ERR_reason_error_string(ERR_get_error());
        ERR_clear_error();
        SSL_free(tls_);
        close(descriptor_);
        throw std::runtime_error(fmt::format("{}:{}: TLS handshake: {}", target.host, target.port,
                                             reason ? reason : "closed by the server, or no answer in time"));
    }
}

Connection::~Connection()
{
    if (tls_) {
        SSL_shutdown(tls_);
        SSL_free(tls_);
        ERR_clear_error();
    }
    close(descriptor_);
}

void Connection::stop_blocking() { fcntl(descriptor_, F_SETFL, fcntl(descriptor_, F_GETFL) | O_NONBLOCK); }

Connection::Step Connection::write(std::string_view bytes, std::size_t& count)
{
    if (tls_) {
        const int wrote = SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()));
        if (wrote > 0) {
            count += static_cast<std::size_t>(wrote);
            return Step::done;
        }
        switch (SSL_get_error(tls_, wrote)) {
        case SSL_ERROR_WANT_READ: return Step::wants_read;
        case SSL_ERROR_WANT_WRITE: return Step::wants_write;
        default: ERR_clear_error(); return Step::closed;
        }
    }
    const auto wrote = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (wrote >= 0) {
        count += static_cast<std::size_t>(wrote);
        return Step::done;
    }
    return errno == EAGAIN || errno == EINTR ? Step::wants_write : Step::closed;
}

Connection::Step Connection::read(char* into, std::size_t size, std::size_t& count)
{
    if (tls_) {
        const int got = SSL_read(tls_, into, static_cast<int>(size));
        if (got > 0) {
            count += static_cast<std::size_t>(got);
            return Step::done;
        }
        switch (SSL_get_error(tls_, got)) {
        case SSL_ERROR_WANT_READ: return Step::wants_read;
        case SSL_ERROR_WANT_WRITE: return Step::wants_write;
        default: ERR_clear_error(); return Step::closed;
        }
    }
    const auto got = recv(descriptor_, into, size, 0);
    if (got > 0) {
        count += static_cast<std::size_t>(got);
        return Step::done;
    }
    return got < 0 && (errno == EAGAIN || errno == EINTR) ? Step::wants_read : Step::closed;
}

int Connection::exchange(std::string_view request)
{
    while (!request.empty()) {
        std::size_t sent = 0;
        if (write(request, sent) != Step::done) throw std::runtime_error("the server closed while it was being asked");
        request.remove_prefix(sent);
    }
    std::string got(256 * 1024, '\0');
    std::size_t size = 0;
    AnswerHead head;
    for (;;) {
        if (size == got.size()) throw std::runtime_error("the answer is larger than expected");
        if (read(got.data() + size, got.size() - size, size) != Step::done)
            throw std::runtime_error("the server closed, or did not answer in time");
        const auto reading = read_head({got.data(), size}, head);
        if (reading == Reading::broken) throw std::runtime_error("the answer is no HTTP/1.1 with a length");
        if (reading == Reading::complete && size >= head.head_bytes + head.body_bytes) return head.status;
    }
}

bool Connection::resumed() const { return tls_ && SSL_session_reused(tls_) == 1; }

std::shared_ptr<ssl_session_st> Connection::session() const
{
    return tls_ ? std::shared_ptr<SSL_SESSION>{SSL_get1_session(tls_), SSL_SESSION_free} : nullptr;
}

} // namespace conformance::load
