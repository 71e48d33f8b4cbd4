// Where an answer from another thread, or a piece of one, arrives. It outlives the connection: an answer to a request
// that is over, or whose connection or server has gone, is dropped. Included by server.cpp alone.
#pragma once

#include "scim/http/message.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <variant>

namespace scim::http {

using Delivery = std::variant<Response, Piece>;

class Mailbox : public std::enable_shared_from_this<Mailbox> {
public:
    using Receiver = std::function<void(Delivery)>;
    Mailbox(boost::asio::io_context& home, Receiver receiver) : home_{&home}, receiver_{std::move(receiver)} {}

    // Begins to wait for the answer to the next request, or the next piece of one. On the connection's thread, like
    // stop_waiting() and close().
    std::uint64_t next_turn()
    {
        const std::lock_guard lock{mutex_};
        return ++turn_;
    }
    void stop_waiting() { next_turn(); }
    void close()
    {
        const std::lock_guard lock{mutex_};
        home_ = nullptr;
        receiver_ = nullptr;
    }

    // From any thread.
    void deliver(std::uint64_t turn, Delivery delivery)
    {
        const std::lock_guard lock{mutex_};
        if (home_ == nullptr || turn != turn_) return;
        boost::asio::post(*home_, [self = shared_from_this(), turn, arrived = std::move(delivery)]() mutable {
            self->arrive(turn, std::move(arrived));
        });
    }

private:
    void arrive(std::uint64_t turn, Delivery delivery)
    {
        {
            const std::lock_guard lock{mutex_};
            if (home_ == nullptr || turn != turn_) return;
            ++turn_; // a second answer to the same request goes nowhere
        }
        receiver_(std::move(delivery));
    }

    std::mutex mutex_;
    boost::asio::io_context* home_;
    Receiver receiver_;
    std::uint64_t turn_ = 0;
};

} // namespace scim::http
