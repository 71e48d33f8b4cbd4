// The one unit in which Asio and Beast are compiled.
#include "scim/http/server.hpp"

#include "scim/http/session.hpp"
#include "scim/http/worker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <system_error>
#include <vector>

namespace scim::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

std::string text_of(asio::ip::address address)
{
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
    return address.to_string();
}

unsigned threads_of(const Options& options)
{
    return options.threads != 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
}

bool is_shortage(const error_code& error)
{
    return error == asio::error::no_descriptors || error == boost::system::errc::too_many_files_open_in_system ||
           error == asio::error::no_buffer_space || error == asio::error::no_memory;
}

} // namespace

struct Server::Inside {
    Inside(Options options, Service& service, TlsSource source)
        : shared{std::move(options), service}, tls{std::move(source)}
    {
        for (unsigned i = 0; i < threads_of(shared.options); ++i) workers.push_back(std::make_unique<Worker>(shared));
        acceptor.emplace(workers.front()->context);
        pause.emplace(workers.front()->context);
        const tcp::endpoint endpoint{asio::ip::make_address(shared.options.address), shared.options.port};
        acceptor->open(endpoint.protocol());
        acceptor->set_option(tcp::acceptor::reuse_address{true});
        acceptor->bind(endpoint);
        acceptor->listen();
    }

    // The first worker goes first: what it still has to accept into belongs to the others.
    ~Inside()
    {
        for (auto& worker : workers) worker->stop();
        acceptor.reset();
        pause.reset();
        for (auto& worker : workers) worker.reset();
    }

    void accept()
    {
        Worker& worker = *workers[next_worker++ % workers.size()];
        acceptor->async_accept(worker.context, [this, &worker](const error_code& error, Socket socket) {
            if (error == asio::error::operation_aborted || !acceptor->is_open()) return;
            if (is_shortage(error)) {
                wait_for_descriptors(error);
                return;
            }
            is_short = false;
            if (!error) receive(worker, std::move(socket));
            accept();
        });
    }

    // Descriptors come back when connections end: asking again at once would only spin.
    void wait_for_descriptors(const error_code& error)
    {
        if (!is_short) core::log::warning("accept_paused", {{"reason", error.message()}});
        is_short = true;
        pause->expires_after(std::chrono::milliseconds{100});
        pause->async_wait([this](const error_code& cancelled) {
            if (!cancelled && acceptor->is_open()) accept();
        });
    }

    void receive(Worker& worker, Socket accepted)
    {
        error_code gone;
        const auto endpoint = accepted.remote_endpoint(gone);
        if (gone) return;
        std::string address = text_of(endpoint.address());
        auto seat = shared.seats.take(address, shared.proxies.are_trusted(address));
        if (!seat) {
            workers.front()->counters.add(seat.error());
            return;
        }
        asio::post(worker.context, [this, &worker, socket = std::move(accepted), place = std::move(*seat),
                                    peer = std::move(address), number = ++connections]() mutable {
            error_code ignored;
            socket.set_option(tcp::no_delay{true}, ignored);
            socket.non_blocking(true, ignored);
            const int descriptor = socket.native_handle();
            if (!tls) {
                start(worker, std::move(socket), PlainStream{descriptor}, std::move(place), std::move(peer), number);
            } else if (auto context = tls()) {
                start(worker, std::move(socket), TlsStream{descriptor, std::move(context)}, std::move(place),
                      std::move(peer), number);
            }
        });
    }

    template<class Stream>
    void start(Worker& worker, Socket socket, Stream stream, Seat seat, std::string peer, std::uint64_t number)
    {
        auto session = std::make_unique<Session<Stream>>(worker, std::move(socket), std::move(stream), std::move(seat),
                                                         std::move(peer), number);
        // What a conversation throws leaves through the run loop, which logs and counts it.
        asio::co_spawn(worker.context.get_executor(), converse(std::move(session)), [](std::exception_ptr thrown) {
            if (thrown) std::rethrow_exception(thrown);
        });
    }

    Shared shared;
    TlsSource tls;
    std::vector<std::unique_ptr<Worker>> workers; // after what their connections refer to
    std::optional<tcp::acceptor> acceptor;
    std::optional<asio::steady_timer> pause;
    std::size_t next_worker = 0;
    std::uint64_t connections = 0;
    bool is_short = false;
};

Server::Server(Options options, Service& service, TlsSource tls)
try : inside_{std::make_unique<Inside>(std::move(options), service, std::move(tls))} {
} catch (const boost::system::system_error& error) {
    throw std::system_error{error.code(), error.what()};
}

Server::~Server() = default;

unsigned short Server::port() const { return inside_->acceptor->local_endpoint().port(); }

void Server::start()
{
    inside_->accept();
    for (auto& worker : inside_->workers) worker->start();
}

void Server::drain(std::chrono::milliseconds grace)
{
    auto& inside = *inside_;
    inside.shared.drains = true;
    asio::post(inside.workers.front()->context, [&inside] {
        error_code ignored;
        inside.acceptor->close(ignored);
        inside.pause->cancel();
    });
    for (auto& worker : inside.workers) asio::post(worker->context, [&worker] { worker->drain(); });
    inside.shared.seats.wait_until_empty(grace);
}

std::uint64_t Server::count(Count count) const
{
    std::uint64_t sum = 0;
    for (const auto& worker : inside_->workers) sum += worker->counters[count];
    return sum;
}

void Server::add(Count count) { inside_->workers.front()->counters.add(count); }

std::size_t Server::open_connections() const { return inside_->shared.seats.taken(); }

} // namespace scim::http
