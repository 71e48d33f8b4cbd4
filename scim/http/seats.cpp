#include "scim/http/seats.hpp"

namespace scim::http {

Seat::Seat(Seat&& other) noexcept
    : seats_{std::exchange(other.seats_, nullptr)}, address_{std::move(other.address_)}, is_known_{other.is_known_}
{
}

Seat::~Seat()
{
    if (seats_ != nullptr) seats_->give_back(*this);
}

void Seat::becomes_known()
{
    if (is_known_ || seats_ == nullptr) return;
    is_known_ = true;
    seats_->becomes_known();
}

boost::system::result<Seat, Count> Seats::take(const std::string& address, bool is_proxy)
{
    const std::lock_guard lock{mutex_};
    if (taken_ >= limits_.connections) return Count::connections_limit;
    if (unknown_ >= limits_.connections_unauthenticated) return Count::connections_unauthenticated;
    if (!is_proxy) {
        auto& here = by_address_[address];
        if (here >= limits_.connections_per_address) return Count::connections_per_address;
        ++here;
    }
    ++taken_;
    ++unknown_;
    return Seat{*this, is_proxy ? std::string{} : address};
}

void Seats::give_back(const Seat& seat)
{
    const std::lock_guard lock{mutex_};
    --taken_;
    if (!seat.is_known_) --unknown_;
    if (const auto found = by_address_.find(seat.address_); found != by_address_.end() && --found->second == 0)
        by_address_.erase(found);
    if (taken_ == 0) emptied_.notify_all();
}

void Seats::becomes_known()
{
    const std::lock_guard lock{mutex_};
    --unknown_;
}

std::size_t Seats::taken() const
{
    const std::lock_guard lock{mutex_};
    return taken_;
}

bool Seats::wait_until_empty(std::chrono::milliseconds longest) const
{
    std::unique_lock lock{mutex_};
    return emptied_.wait_for(lock, longest, [&] { return taken_ == 0; });
}

} // namespace scim::http
