#include "conformance/client.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <sys/socket.h>
#include <utility>

namespace conformance {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;
using Plain = beast::tcp_stream;
using Tls = beast::ssl_stream<beast::tcp_stream>;
using ErrorCode = boost::system::error_code;

constexpr std::uint64_t largest_answer = 256U << 20U;
constexpr std::uint32_t largest_header = 256U << 10U;

bool equal_fold(std::string_view a, std::string_view b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

struct Parts {
    bool tls = false;
    std::string host; // without brackets
    std::string port;
    std::string authority;
    std::string path;
    std::string query;
};

Parts split(const std::string& url)
{
    Parts parts;
    std::string_view rest = url;
    if (rest.starts_with("https://")) {
        parts.tls = true;
        rest.remove_prefix(8);
    } else if (rest.starts_with("http://")) {
        rest.remove_prefix(7);
    } else {
        throw std::invalid_argument(fmt::format("\"{}\" is no URL: it must begin with https:// or http://", url));
    }
    if (const auto hash = rest.find('#'); hash != rest.npos) rest = rest.substr(0, hash);
    if (const auto mark = rest.find('?'); mark != rest.npos) {
        parts.query = rest.substr(mark + 1);
        rest = rest.substr(0, mark);
    }
    const auto slash = std::min(rest.find('/'), rest.size());
    parts.authority = rest.substr(0, slash);
    parts.path = rest.substr(slash);
    while (parts.path.ends_with('/')) parts.path.pop_back();

    std::string_view authority = parts.authority;
    if (authority.starts_with('[')) {
        const auto bracket = authority.find(']');
        if (bracket == authority.npos) throw std::invalid_argument(fmt::format("\"{}\": no ] after the address", url));
        parts.host = authority.substr(1, bracket - 1);
        authority.remove_prefix(bracket + 1);
    } else {
        const auto colon = std::min(authority.find(':'), authority.size());
        parts.host = authority.substr(0, colon);
        authority.remove_prefix(colon);
    }
    parts.port = authority.starts_with(':') ? std::string(authority.substr(1)) : (parts.tls ? "443" : "80");
    if (parts.host.empty() || parts.host.find('@') != std::string::npos) {
        throw std::invalid_argument(fmt::format("\"{}\" names no host", url));
    }
    return parts;
}

Answer to_answer(http::response<http::string_body>&& message)
{
    Answer answer;
    answer.status = static_cast<int>(message.result_int());
    answer.reason = std::string(message.reason());
    for (const auto& field : message) {
        answer.headers.push_back({std::string(field.name_string()), std::string(field.value())});
    }
    answer.body = std::move(message.body());
    ErrorCode error;
    auto parsed = boost::json::parse(answer.body, error);
    answer.is_json = !error && !answer.body.empty();
    if (answer.is_json) answer.json = std::move(parsed);
    return answer;
}

Headers masked(Headers headers)
{
    for (auto& header : headers) {
        if (equal_fold(header.name, "authorization")) {
            header.value = header.value.substr(0, header.value.find(' ')) + " ***";
        }
    }
    return headers;
}

} // namespace

const std::string* find_header(const Headers& headers, std::string_view name)
{
    const auto found =
        std::find_if(headers.begin(), headers.end(), [&](const Header& h) { return equal_fold(h.name, name); });
    return found == headers.end() ? nullptr : &found->value;
}

bool is_loopback(std::string_view host)
{
    if (equal_fold(host, "localhost")) return true;
    ErrorCode error;
    const auto address = asio::ip::make_address(host, error);
    return !error && address.is_loopback();
}

std::string query_escape(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || std::string_view("-_.!*()").find(c) != std::string_view::npos) {
            out += c;
        } else if (c == ' ') {
            out += '+';
        } else {
            out += fmt::format("%{:02X}", byte);
        }
    }
    return out;
}

// One connection at a time, over an io_context that runs only while a step is waited for: so that the deadlines of
// Beast's stream work, which they do for asynchronous steps alone.
struct Client::Wire {
    explicit Wire(Endpoint given) : endpoint(std::move(given)), parts(split(endpoint.url))
    {
        if (endpoint.insecure && !is_loopback(parts.host)) {
            throw std::invalid_argument("an unchecked certificate is for loopback only; name the CA file instead");
        }
        ErrorCode error;
        if (endpoint.insecure) {
            context.set_verify_mode(asio::ssl::verify_none);
        } else {
            context.set_verify_mode(asio::ssl::verify_peer);
            if (endpoint.ca_file.empty()) {
                context.set_default_verify_paths(error);
            } else {
                context.load_verify_file(endpoint.ca_file, error);
            }
            if (error) {
                throw std::invalid_argument(fmt::format("CA file \"{}\": {}", endpoint.ca_file, error.message()));
            }
        }
    }

    struct Connection {
        std::optional<Plain> plain;
        std::optional<Tls> tls;
        beast::flat_buffer buffer;

        beast::tcp_stream& bottom() { return tls ? beast::get_lowest_layer(*tls) : *plain; }
    };

    // Starts a step and runs the context until it is over or its time is.
    template<class Start>
    ErrorCode step(Connection& connection, Start&& start)
    {
        ErrorCode result = asio::error::would_block;
        connection.bottom().expires_after(endpoint.timeout);
        start([&result](ErrorCode error, auto&&...) { result = error; });
        io.restart();
        io.run();
        connection.bottom().expires_never();
        return result;
    }

    [[noreturn]] void fail(std::string_view doing, const ErrorCode& error) const
    {
        throw Unreachable(fmt::format("{} {}: {}", doing, parts.authority,
                                      error == beast::error::timeout ? "no answer in time" : error.message()));
    }

    std::unique_ptr<Connection> connect()
    {
        ErrorCode error;
        Tcp::resolver resolver(io);
        const auto found = resolver.resolve(parts.host, parts.port, error);
        if (error) fail("looking up", error);
        auto connection = std::make_unique<Connection>();
        if (parts.tls) {
            connection->tls.emplace(io, context);
        } else {
            connection->plain.emplace(io);
        }
        error = step(*connection, [&](auto done) { connection->bottom().async_connect(found, std::move(done)); });
        if (error) fail("connecting to", error);
        connection->bottom().socket().set_option(Tcp::no_delay(true), error);
        if (parts.tls) {
            ErrorCode is_no_address;
            asio::ip::make_address(parts.host, is_no_address);
            if (is_no_address) SSL_set_tlsext_host_name(connection->tls->native_handle(), parts.host.c_str());
            if (!endpoint.insecure) {
                connection->tls->set_verify_callback(asio::ssl::host_name_verification(parts.host), error);
            }
            error = step(*connection, [&](auto done) {
                connection->tls->async_handshake(asio::ssl::stream_base::client, std::move(done));
            });
            if (error) fail("TLS handshake with", error);
        }
        return connection;
    }

    // Has the peer closed the kept connection meanwhile? A TLS alert that waits (close_notify) says so too.
    bool is_stale()
    {
        if (!kept) return true;
        unsigned char first = 0;
        const auto got = ::recv(kept->bottom().socket().native_handle(), &first, 1, MSG_PEEK | MSG_DONTWAIT);
        constexpr unsigned char tls_alert = 21;
        return got == 0 || (got == 1 && (!parts.tls || first == tls_alert));
    }

    void write(Connection& connection, std::string_view bytes)
    {
        const auto error = step(connection, [&](auto done) {
            if (connection.tls) {
                asio::async_write(*connection.tls, asio::buffer(bytes), std::move(done));
            } else {
                asio::async_write(*connection.plain, asio::buffer(bytes), std::move(done));
            }
        });
        if (error) fail("writing to", error);
    }

    Answer read(Connection& connection, bool without_body, bool& keep)
    {
        for (;;) {
            http::response_parser<http::string_body> parser;
            parser.body_limit(largest_answer);
            parser.header_limit(largest_header);
            parser.skip(without_body);
            const auto error = step(connection, [&](auto done) {
                if (connection.tls) {
                    http::async_read(*connection.tls, connection.buffer, parser, std::move(done));
                } else {
                    http::async_read(*connection.plain, connection.buffer, parser, std::move(done));
                }
            });
            if (error) fail("reading from", error);
            if (parser.get().result() == http::status::continue_) continue;
            keep = parser.keep_alive();
            return to_answer(parser.release());
        }
    }

    std::string whole_target(const Request& request) const
    {
        if (request.from_root) return request.target;
        std::string target = parts.path + request.target;
        if (!parts.query.empty()) target += (target.find('?') == std::string::npos ? "?" : "&") + parts.query;
        return target;
    }

    // Fills in what every request carries.
    Request complete(Request request) const
    {
        request.target = whole_target(request);
        if (find_header(request.headers, "host") == nullptr) {
            request.headers.insert(request.headers.begin(), {"Host", parts.authority});
        }
        if (find_header(request.headers, "authorization") == nullptr && !endpoint.token.empty()) {
            request.headers.push_back({"Authorization", "Bearer " + endpoint.token});
        }
        std::erase_if(request.headers,
                      [](const Header& h) { return equal_fold(h.name, "authorization") && h.value.empty(); });
        const bool may_have_body = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
        if ((may_have_body || !request.body.empty()) && find_header(request.headers, "content-length") == nullptr &&
            find_header(request.headers, "transfer-encoding") == nullptr) {
            request.headers.push_back({"Content-Length", std::to_string(request.body.size())});
        }
        return request;
    }

    template<class Doing>
    Answer recorded(Exchange exchange, Doing&& doing)
    {
        const auto began = std::chrono::steady_clock::now();
        const auto finish = [&] {
            exchange.took =
                std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began);
            if (report) report(exchange);
        };
        try {
            exchange.answer = doing();
        } catch (const Unreachable& trouble) {
            exchange.trouble = trouble.what();
            kept.reset();
            finish();
            throw;
        }
        finish();
        return exchange.answer;
    }

    Answer send(Request given)
    {
        const Request request = complete(std::move(given));
        std::string bytes = fmt::format("{} {} HTTP/1.1\r\n", request.method, request.target);
        for (const auto& header : request.headers) bytes += fmt::format("{}: {}\r\n", header.name, header.value);
        bytes += "\r\n";
        bytes += request.body;

        Exchange exchange;
        exchange.request = request;
        exchange.request.headers = masked(request.headers);
        return recorded(std::move(exchange), [&] {
            if (is_stale()) kept = connect();
            write(*kept, bytes);
            bool keep = false;
            Answer answer = read(*kept, request.method == "HEAD", keep);
            if (!keep) kept.reset();
            return answer;
        });
    }

    Endpoint endpoint;
    Parts parts;
    asio::io_context io;
    asio::ssl::context context{asio::ssl::context::tls_client};
    std::unique_ptr<Connection> kept;
    std::function<void(const Exchange&)> report;
};

Client::Client(Endpoint endpoint) : wire_(std::make_unique<Wire>(std::move(endpoint))) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;

Answer Client::send(Request request) { return wire_->send(std::move(request)); }

Answer Client::get(std::string target) { return send({.target = std::move(target)}); }

namespace {
Request with_json(std::string method, std::string target, const boost::json::value& body)
{
    return {.method = std::move(method),
            .target = std::move(target),
            .headers = {{"Content-Type", "application/scim+json; charset=utf-8"}},
            .body = boost::json::serialize(body)};
}
} // namespace

Answer Client::post(std::string target, const boost::json::value& body)
{
    return send(with_json("POST", std::move(target), body));
}

Answer Client::put(std::string target, const boost::json::value& body)
{
    return send(with_json("PUT", std::move(target), body));
}

Answer Client::patch(std::string target, const boost::json::value& body)
{
    return send(with_json("PATCH", std::move(target), body));
}

Answer Client::remove(std::string target) { return send({.method = "DELETE", .target = std::move(target)}); }

Answer Client::raw(std::string_view bytes)
{
    Exchange exchange;
    exchange.request.method = "(raw bytes)";
    exchange.request.body = std::string(bytes.substr(0, 2'000));
    return wire_->recorded(std::move(exchange), [&] {
        const auto connection = wire_->connect();
        wire_->write(*connection, bytes);
        bool keep = false;
        return wire_->read(*connection, false, keep);
    });
}

std::string Client::raw_until_closed(std::string_view bytes)
{
    const auto connection = wire_->connect();
    wire_->write(*connection, bytes);
    std::string all;
    for (;;) {
        char piece[4096];
        std::size_t got = 0;
        const auto error = wire_->step(*connection, [&](auto done) {
            const auto with_size = [&got, done](ErrorCode e, std::size_t size) {
                got = size;
                done(e);
            };
            if (connection->tls) {
                connection->tls->async_read_some(asio::buffer(piece), with_size);
            } else {
                connection->plain->async_read_some(asio::buffer(piece), with_size);
            }
        });
        all.append(piece, got);
        if (error) return all;
    }
}

void Client::on_exchange(std::function<void(const Exchange&)> report) { wire_->report = std::move(report); }
void Client::disconnect() { wire_->kept.reset(); }
const std::string& Client::host() const { return wire_->parts.authority; }
const std::string& Client::base() const { return wire_->parts.path; }

} // namespace conformance
