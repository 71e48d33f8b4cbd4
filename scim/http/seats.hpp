// How many connections there are, in all, from one address and not yet known by a token; and who may still come in.
#pragma once

#include "scim/http/server.hpp"

#include <boost/system/result.hpp>

#include <condition_variable>
#include <mutex>
#include <string>
#include <unordered_map>

namespace scim::http {

class Seats;

// One connection's place, given back when it goes.
class Seat {
public:
    Seat() = default;
    Seat(Seat&& other) noexcept;
    Seat& operator=(Seat&&) = delete;
    ~Seat();
    void becomes_known(); // a token has been accepted on this connection

private:
    friend class Seats;
    Seat(Seats& seats, std::string address) : seats_{&seats}, address_{std::move(address)} {}
    Seats* seats_ = nullptr;
    std::string address_; // empty: not counted by address
    bool is_known_ = false;
};

// Callable from any thread. Outlives its seats.
class Seats {
public:
    explicit Seats(const Limits& limits) : limits_{limits} {}

    // The seat, or the limit that is reached. A proxy of ours stands for many clients: it is not counted by address.
    boost::system::result<Seat, Count> take(const std::string& address, bool is_proxy);
    std::size_t taken() const;
    bool wait_until_empty(std::chrono::milliseconds longest) const;

private:
    friend class Seat;
    void give_back(const Seat&);
    void becomes_known();

    const Limits& limits_;
    mutable std::mutex mutex_;
    mutable std::condition_variable emptied_;
    std::size_t taken_ = 0;
    std::size_t unknown_ = 0;
    std::unordered_map<std::string, std::size_t> by_address_;
};

} // namespace scim::http
