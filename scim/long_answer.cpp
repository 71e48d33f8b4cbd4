#include "scim/long_answer.hpp"

#include "core/base/log.hpp"

#include <utility>

namespace scim {

LongAnswers::Place LongAnswers::take()
{
    if (++open_ <= most_) return Place{shared_from_this()};
    --open_;
    ++refused_;
    return Place{};
}

LongAnswer::LongAnswer(ScanPool& scans, LongAnswers::Place place, std::unique_ptr<core::ReadTxn> txn, Rest rest,
                       std::string request_id)
    : scans_{scans}, place_{std::move(place)}, txn_{std::move(txn)}, rest_{std::move(rest)}, request_id_{
                                                                                                 std::move(request_id)}
{
}

void LongAnswer::next(std::function<void(http::Piece)> ready)
{
    scans_.go_on([self = shared_from_this(), ready = std::move(ready)] { ready(self->make()); });
}

http::Piece LongAnswer::make()
{
    http::Piece piece;
    try {
        piece.state = rest_(*txn_, piece.text) ? http::Piece::State::more : http::Piece::State::last;
    } catch (const std::exception& error) { // around a request's function (HOUSE 3)
        core::log::error("request.failed", {{"requestId", request_id_}, {"why", error.what()}});
        piece = {};
        piece.state = http::Piece::State::broken;
    }
    if (piece.state != http::Piece::State::more) txn_.reset(); // the view ends here, not when the last byte is sent
    return piece;
}

} // namespace scim
