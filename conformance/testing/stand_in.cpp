#include "conformance/testing/stand_in.hpp"

#include "conformance/process.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <fstream>
#include <list>
#include <mutex>
#include <optional>
#include <sys/socket.h>
#include <thread>
#include <vector>

namespace conformance::testing {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;

template<class T, void (*Free)(T*)>
struct Freed {
    void operator()(T* object) const { Free(object); }
};

// A certificate for 127.0.0.1 that signs itself, valid for a day.
void make_certificate(const std::string& certificate_file, const std::string& key_file)
{
    const std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>> key(EVP_EC_gen("P-256"));
    const std::unique_ptr<X509, Freed<X509, X509_free>> certificate(X509_new());
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86'400);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("stand-in"), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    const std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION, X509_EXTENSION_free>> address(
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1"));
    X509_add_ext(certificate.get(), address.get(), -1);
    X509_sign(certificate.get(), key.get(), EVP_sha256());

    const auto write = [](const std::string& file, auto&& put) {
        const std::unique_ptr<FILE, int (*)(FILE*)> out(std::fopen(file.c_str(), "w"), &std::fclose);
        put(out.get());
    };
    write(certificate_file, [&](FILE* out) { PEM_write_X509(out, certificate.get()); });
    write(key_file, [&](FILE* out) { PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}

} // namespace

struct Listener::Rooms {
    Rooms(Answering function, Security wanted) : answering(std::move(function)), security(wanted)
    {
        if (security == with_tls) {
            directory.emplace();
            const auto certificate = (directory->path() / "cert.pem").string();
            const auto key = (directory->path() / "key.pem").string();
            make_certificate(certificate, key);
            context.use_certificate_file(certificate, asio::ssl::context::pem);
            context.use_private_key_file(key, asio::ssl::context::pem);
        }
        accepting = std::thread([this] { accept(); });
    }

    ~Rooms()
    {
        closing = true;
        ::shutdown(acceptor.native_handle(), SHUT_RDWR);
        accepting.join();
        {
            const std::lock_guard guard(lock);
            for (auto& socket : sockets) ::shutdown(socket.native_handle(), SHUT_RDWR);
        }
        for (auto& thread : threads) thread.join();
    }

    void accept()
    {
        while (!closing) {
            ErrorCode error;
            Tcp::socket socket(io);
            acceptor.accept(socket, error);
            if (error) return;
            ++accepted;
            const std::lock_guard guard(lock);
            auto& kept = sockets.emplace_back(std::move(socket));
            threads.emplace_back([this, &kept] { serve(kept); });
        }
    }

    void serve(Tcp::socket& socket)
    {
        if (security == plain) {
            converse(socket);
        } else {
            asio::ssl::stream<Tcp::socket&> stream(socket, context);
            ErrorCode error;
            stream.handshake(asio::ssl::stream_base::server, error);
            if (!error) converse(stream);
        }
        ::shutdown(socket.native_handle(), SHUT_RDWR); // closed with the listener, so that nobody else gets its number
    }

    template<class Stream>
    void converse(Stream& stream)
    {
        boost::beast::flat_buffer buffer;
        for (;;) {
            ErrorCode error;
            http::request<http::string_body> request;
            http::read(stream, buffer, request, error);
            if (error) return;
            Heard heard{std::string(request.method_string()), std::string(request.target()), {}, request.body()};
            for (const auto& field : request) {
                heard.headers.push_back({std::string(field.name_string()), std::string(field.value())});
            }
            Said said;
            {
                const std::lock_guard guard(one_at_a_time);
                said = answering(heard);
            }
            if (said.silent) {
                http::read(stream, buffer, request, error); // until the other side gives up
                return;
            }
            http::response<http::string_body> response{static_cast<http::status>(said.status), 11};
            for (const auto& header : said.headers) response.insert(header.name, header.value);
            if (!said.body.empty()) response.set(http::field::content_type, said.content_type);
            response.body() = said.body;
            response.keep_alive(request.keep_alive() && !said.close);
            response.prepare_payload();
            if (request.method() == http::verb::head) {
                http::response_serializer<http::string_body> serializer(response);
                http::write_header(stream, serializer, error);
            } else {
                http::write(stream, response, error);
            }
            if (error || !response.keep_alive()) return;
        }
    }

    Answering answering;
    Security security;
    std::optional<TemporaryDirectory> directory;
    asio::io_context io;
    asio::ssl::context context{asio::ssl::context::tls_server};
    Tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
    std::atomic<bool> closing = false;
    std::atomic<int> accepted = 0;
    std::mutex lock;
    std::mutex one_at_a_time;
    std::list<Tcp::socket> sockets;
    std::vector<std::thread> threads;
    std::thread accepting;
};

Listener::Listener(Answering answering, Security security)
    : rooms_(std::make_unique<Rooms>(std::move(answering), security))
{
}
Listener::~Listener() = default;

std::string Listener::url() const
{
    return std::string(rooms_->security == with_tls ? "https" : "http") +
           "://127.0.0.1:" + std::to_string(rooms_->acceptor.local_endpoint().port());
}

std::string Listener::ca_file() const
{
    return rooms_->directory ? (rooms_->directory->path() / "cert.pem").string() : std::string();
}

int Listener::connections() const { return rooms_->accepted; }

} // namespace conformance::testing
