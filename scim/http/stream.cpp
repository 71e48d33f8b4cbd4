#include "scim/http/stream.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <new>
#include <sys/socket.h>
#include <utility>

namespace scim::http {
namespace {

using State = Moved::State;

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

Moved received(ssize_t count)
{
    if (count > 0) return {State::done, static_cast<std::size_t>(count)};
    if (count == 0) return {State::ended};
    return {would_block() ? State::wants_read : State::ended};
}

// OpenSSL's own socket BIO writes with write(2), which raises SIGPIPE when the peer is gone; this one does not.
int socket_of(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

int bio_write(BIO* bio, const char* from, int size)
{
    const auto count = ::send(socket_of(bio), from, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    BIO_clear_retry_flags(bio);
    if (count < 0 && would_block()) BIO_set_retry_write(bio);
    return static_cast<int>(count);
}

int bio_read(BIO* bio, char* into, int size)
{
    const auto count = ::recv(socket_of(bio), into, static_cast<std::size_t>(size), 0);
    BIO_clear_retry_flags(bio);
    if (count < 0 && would_block()) BIO_set_retry_read(bio);
    if (count == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return static_cast<int>(count);
}

long bio_control(BIO* bio, int command, long, void*)
{
    if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* socket_method()
{
    static BIO_METHOD* const method = [] {
        BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "rollcall socket");
        if (made == nullptr) throw std::bad_alloc{};
        BIO_meth_set_write(made, bio_write);
        BIO_meth_set_read(made, bio_read);
        BIO_meth_set_ctrl(made, bio_control);
        return made;
    }();
    return method;
}

} // namespace

Moved PlainStream::read(std::span<char> into) { return received(::recv(socket_, into.data(), into.size(), 0)); }

Moved PlainStream::write(std::string_view from)
{
    const auto count = ::send(socket_, from.data(), from.size(), MSG_NOSIGNAL);
    if (count >= 0) return {State::done, static_cast<std::size_t>(count)};
    return {would_block() ? State::wants_write : State::failed};
}

Moved discard(int socket)
{
    std::array<char, 16 * 1024> nowhere;
    return received(::recv(socket, nowhere.data(), nowhere.size(), 0));
}

void TlsStream::Free::operator()(ssl_st* ssl) const { SSL_free(ssl); }

TlsStream::TlsStream(int socket, std::shared_ptr<ssl_ctx_st> context)
    : context_{std::move(context)}, ssl_{SSL_new(context_.get())}
{
    BIO* bio = ssl_ ? BIO_new(socket_method()) : nullptr;
    if (bio == nullptr) throw std::bad_alloc{};
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_accept_state(ssl_.get());
    SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_set_options(ssl_.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_set_read_ahead(ssl_.get(), 1); // a record in one system call instead of two
}

Moved TlsStream::moved(int result, std::size_t bytes)
{
    if (result > 0) return {State::done, bytes};
    switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ: return {State::wants_read};
    case SSL_ERROR_WANT_WRITE: return {State::wants_write};
    case SSL_ERROR_ZERO_RETURN: return {State::ended};
    default: broken_ = true; return {State::failed};
    }
}

// The queue of errors is the thread's, and others use it too: what they left there would be taken for ours.
Moved TlsStream::handshake()
{
    ERR_clear_error();
    return moved(SSL_do_handshake(ssl_.get()), 0);
}

Moved TlsStream::read(std::span<char> into)
{
    ERR_clear_error();
    std::size_t bytes = 0;
    const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &bytes);
    return moved(result, bytes);
}

Moved TlsStream::write(std::string_view from)
{
    ERR_clear_error();
    std::size_t bytes = 0;
    const int result = SSL_write_ex(ssl_.get(), from.data(), from.size(), &bytes);
    return moved(result, bytes);
}

bool TlsStream::holds_input() const { return SSL_has_pending(ssl_.get()) != 0; }

void TlsStream::say_goodbye()
{
    if (broken_ || SSL_in_init(ssl_.get()) != 0) return;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

} // namespace scim::http
