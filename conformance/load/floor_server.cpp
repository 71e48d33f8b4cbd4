#include "conformance/load/floor_server.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <memory>
#include <optional>
#include <thread>
#include <type_traits>
#include <vector>

namespace conformance::load {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = asio::ip::tcp;
using Plain = beast::tcp_stream;
using Secure = beast::ssl_stream<beast::tcp_stream>;

template<class Stream>
class Peer : public std::enable_shared_from_this<Peer<Stream>> {
public:
    template<class... Arguments>
    explicit Peer(const FloorHandler& handler, Arguments&&... arguments)
        : handler_{handler}, stream_{std::forward<Arguments>(arguments)...}
    {
    }

    void begin()
    {
        asio::dispatch(stream_.get_executor(), [self = this->shared_from_this()] {
            if constexpr (std::is_same_v<Stream, Secure>)
                self->stream_.async_handshake(asio::ssl::stream_base::server, [self](const beast::error_code& failed) {
                    if (!failed) self->read();
                });
            else
                self->read();
        });
    }

private:
    void read()
    {
        request_ = {};
        http::async_read(stream_, buffer_, request_,
                         [self = this->shared_from_this()](const beast::error_code& failed, std::size_t) {
                             if (failed) return self->hang_up();
                             self->handler_(self->request_, [self](unsigned status, std::string body) {
                                 asio::dispatch(self->stream_.get_executor(),
                                                [self, status, text = std::move(body)]() mutable {
                                                    self->write(status, std::move(text));
                                                });
                             });
                         });
    }

    void write(unsigned status, std::string body)
    {
        response_ = {};
        response_.result(status);
        response_.set(http::field::content_type, "application/scim+json");
        response_.keep_alive(request_.keep_alive());
        response_.body() = std::move(body);
        response_.prepare_payload();
        http::async_write(stream_, response_,
                          [self = this->shared_from_this()](const beast::error_code& failed, std::size_t) {
                              if (failed || !self->response_.keep_alive()) return self->hang_up();
                              self->read();
                          });
    }

    void hang_up()
    {
        beast::error_code ignored;
        beast::get_lowest_layer(stream_).socket().shutdown(Tcp::socket::shutdown_both, ignored);
    }

    const FloorHandler& handler_;
    Stream stream_;
    beast::flat_buffer buffer_{};
    FloorRequest request_{};
    http::response<http::string_body> response_{};
};

} // namespace

void serve_floor(const FloorOptions& options, const FloorHandler& handler, const std::function<void()>& before_end)
{
    asio::io_context context{static_cast<int>(options.threads)};
    asio::ssl::context tls{asio::ssl::context::tls_server};
    const bool secure = !options.certificate.empty();
    if (secure) {
        tls.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                        asio::ssl::context::no_tlsv1_1 | asio::ssl::context::no_tlsv1_2);
        tls.use_certificate_chain_file(options.certificate);
        tls.use_private_key_file(options.key, asio::ssl::context::pem);
    }
    Tcp::acceptor acceptor{context, {asio::ip::address_v4::loopback(), options.port}};
    std::function<void()> accept = [&] {
        acceptor.async_accept(asio::make_strand(context), [&](const beast::error_code& failed, Tcp::socket socket) {
            if (!failed) {
                socket.set_option(Tcp::no_delay(true));
                if (secure)
                    std::make_shared<Peer<Secure>>(handler, std::move(socket), tls)->begin();
                else
                    std::make_shared<Peer<Plain>>(handler, std::move(socket))->begin();
            }
            accept();
        });
    };
    accept();
    asio::signal_set signals{context, SIGINT, SIGTERM};
    signals.async_wait([&](const beast::error_code&, int) { context.stop(); });
    std::vector<std::jthread> threads;
    for (unsigned i = 1; i < options.threads; ++i) threads.emplace_back([&] { context.run(); });
    context.run();
    threads.clear();
    if (before_end) before_end();
}

} // namespace conformance::load
