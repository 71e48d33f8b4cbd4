// What is left of an answer too large to hold: made on the lane scan, a piece at a time, in the transaction its
// beginning was read in. So it shows one state of the store, holds no thread while its reader is slow, and ends with
// the connection: after limits.write_time at the latest, which is how long it may keep the log from being emptied.
#pragma once

#include "scim/call.hpp"
#include "scim/scan_pool.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace scim {

// How many long answers may be under way at once: each holds a connection to the store. Shared with their places, which
// the lane may hold for longer than the application lives.
class LongAnswers : public std::enable_shared_from_this<LongAnswers> {
public:
    explicit LongAnswers(std::int64_t most) : most_{most} {}

    class Place {
    public:
        Place() = default;
        explicit Place(std::shared_ptr<LongAnswers> of) : of_{std::move(of)} {}
        Place(Place&&) = default;
        Place& operator=(Place&&) = delete;
        ~Place()
        {
            if (of_ != nullptr) --of_->open_;
        }
        bool is_taken() const { return of_ != nullptr; }

    private:
        std::shared_ptr<LongAnswers> of_;
    };
    // Not taken when there is none left.
    Place take();
    std::int64_t open() const { return open_; }
    std::int64_t refused() const { return refused_; }

private:
    const std::int64_t most_;
    std::atomic<std::int64_t> open_{0}, refused_{0};
};

class LongAnswer final : public http::BodySource, public std::enable_shared_from_this<LongAnswer> {
public:
    LongAnswer(ScanPool&, LongAnswers::Place, std::unique_ptr<core::ReadTxn>, Rest, std::string request_id);
    void next(std::function<void(http::Piece)> ready) override;

private:
    http::Piece make();

    ScanPool& scans_;
    LongAnswers::Place place_;
    std::unique_ptr<core::ReadTxn> txn_;
    Rest rest_;
    std::string request_id_;
};

} // namespace scim
