#include "conformance/load/driver.hpp"

#include "conformance/load/answer.hpp"
#include "conformance/load/connection.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <optional>
#include <stdexcept>
#include <sys/epoll.h>
#include <unistd.h>
#include <utility>

namespace conformance::load {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t first_buffer = 64 * 1024;
constexpr std::size_t largest_answer = 16 * 1024 * 1024;

struct Lane { // one connection and what is in flight on it
    std::optional<Connection> connection{};
    std::string request{};
    std::size_t sent = 0;
    std::string answer{}; // the first `got` bytes are filled
    std::size_t got = 0;
    Kind kind = Kind::read;
    bool busy = false;
    bool watches_write = false;
    Clock::time_point asked{};
    Clock::time_point due{}; // of the next request, when there is a schedule
};

class Run {
public:
    Run(const Target& target, Shape shape, const std::vector<StoredUser>& users, std::size_t connections,
        const Bounds& bounds, const Watch& watch)
        : target_{target}, bounds_{bounds}, watch_{watch}, context_{target.tls ? client_context() : nullptr},
          workload_{target, std::move(shape), users, connections},
          lanes_(connections), poll_{epoll_create1(EPOLL_CLOEXEC)}
    {
        if (poll_ < 0) throw std::runtime_error("no epoll");
        if (const double rate = workload_.rate(); rate > 0)
            interval_ = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / rate));
    }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
    ~Run() { close(poll_); }

    Outcome go()
    {
        for (std::size_t i = 0; i < lanes_.size(); ++i) open(i);
        if (watch_.begins) watch_.begins();
        const auto start = Clock::now();
        deadline_ = start + bounds_.time;
        for (std::size_t i = 0; i < lanes_.size(); ++i) // schedules begin spread over one interval
            lanes_[i].due = start + interval_ * static_cast<std::int64_t>(i) / static_cast<std::int64_t>(lanes_.size());
        for (std::size_t i = 0; i < lanes_.size(); ++i) ask(i);
        auto next_check = start + std::chrono::seconds{1};
        while (in_flight_ > 0 || (is_scheduled() && asked_ < bounds_.requests && Clock::now() < deadline_)) {
            std::array<epoll_event, 64> events{};
            const int count =
                epoll_wait(poll_, events.data(), static_cast<int>(events.size()), is_scheduled() ? 1 : 100);
            for (int i = 0; i < count; ++i) serve(events[static_cast<std::size_t>(i)].data.u64);
            if (is_scheduled())
                for (std::size_t i = 0; i < lanes_.size(); ++i)
                    if (lanes_[i].connection && !lanes_[i].busy) ask(i);
            if (const auto now = Clock::now(); now >= next_check) {
                next_check = now + std::chrono::seconds{1};
                give_up_on_the_slow(now);
            }
        }
        if (watch_.ends) watch_.ends();
        const auto stop = std::min(deadline_, std::max(last_answer_, start));
        return report(std::chrono::duration<double>(stop - start).count());
    }

private:
    bool is_scheduled() const { return interval_ > Clock::duration::zero(); }

    void open(std::size_t i)
    {
        auto& lane = lanes_[i];
        lane.connection.emplace(target_, context_.get(), bounds_.patience);
        lane.connection->stop_blocking();
        if (lane.answer.empty()) lane.answer.resize(first_buffer);
        lane.watches_write = false;
        epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
        epoll_ctl(poll_, EPOLL_CTL_ADD, lane.connection->descriptor(), &event);
    }

    void ask(std::size_t i)
    {
        auto& lane = lanes_[i];
        if (asked_ >= bounds_.requests || lane.asked >= deadline_) return;
        const auto now = Clock::now();
        if (is_scheduled() && (lane.due > now || lane.due >= deadline_)) return;
        ++asked_;
        lane.kind = workload_.next(i, lane.request);
        lane.sent = 0;
        lane.got = 0;
        lane.busy = true;
        // By a schedule, waiting for one's turn behind a slow answer is part of the time.
        lane.asked = is_scheduled() ? std::exchange(lane.due, lane.due + interval_) : now;
        ++in_flight_;
        send_rest(i);
    }

    void send_rest(std::size_t i)
    {
        auto& lane = lanes_[i];
        auto step = Connection::Step::done;
        while (lane.sent < lane.request.size() && step == Connection::Step::done)
            step = lane.connection->write(std::string_view{lane.request}.substr(lane.sent), lane.sent);
        if (step == Connection::Step::closed) return failed(i, "closed while a request was being sent");
        const bool wants_write = lane.sent < lane.request.size();
        if (wants_write == lane.watches_write) return;
        lane.watches_write = wants_write;
        epoll_event event{.events = EPOLLIN | (wants_write ? EPOLLOUT : 0U), .data = {.u64 = i}};
        epoll_ctl(poll_, EPOLL_CTL_MOD, lane.connection->descriptor(), &event);
    }

    void serve(std::size_t i)
    {
        auto& lane = lanes_[i];
        if (lane.busy && lane.sent < lane.request.size()) {
            send_rest(i);
            if (!lane.busy || lane.sent < lane.request.size()) return;
        }
        for (;;) {
            if (lane.got == lane.answer.size()) {
                if (lane.answer.size() >= largest_answer) return failed(i, "an answer over 16 MiB");
                lane.answer.resize(lane.answer.size() * 2);
            }
            const auto step =
                lane.connection->read(lane.answer.data() + lane.got, lane.answer.size() - lane.got, lane.got);
            if (step == Connection::Step::wants_read || step == Connection::Step::wants_write) return;
            if (step == Connection::Step::closed) {
                if (lane.busy) return failed(i, "closed while an answer was awaited");
                return reopen(i);
            }
            AnswerHead head;
            const auto reading = read_head({lane.answer.data(), lane.got}, head);
            if (reading == Reading::broken) return failed(i, "not an HTTP/1.1 answer with Content-Length");
            if (reading == Reading::complete && lane.got >= head.head_bytes + head.body_bytes) return answered(i, head);
        }
    }

    void answered(std::size_t i, const AnswerHead& head)
    {
        auto& lane = lanes_[i];
        const auto now = Clock::now();
        const std::string_view body{lane.answer.data() + head.head_bytes, head.body_bytes};
        lane.busy = false;
        --in_flight_;
        if (head.status < 200 || head.status > 299) {
            ++outcome_.bad_status;
            note(fmt::format("{}: {}", head.status, body.substr(0, 300)));
        }
        workload_.heard(i, body);
        if (watch_.answer) watch_.answer(head.status, body);
        if (now <= deadline_) {
            const auto took = std::chrono::duration<float, std::milli>(now - lane.asked).count();
            (lane.kind == Kind::read ? reads_ : writes_).push_back(took);
            outcome_.bytes += head.head_bytes + head.body_bytes;
            last_answer_ = now;
        }
        if (!is_scheduled()) lane.asked = now;
        if (head.closes) reopen(i);
        if (lane.connection) ask(i);
    }

    void note(std::string what)
    {
        if (outcome_.first_bad.empty()) outcome_.first_bad = std::move(what);
    }

    void failed(std::size_t i, const char* what)
    {
        auto& lane = lanes_[i];
        ++outcome_.socket_errors;
        note(what);
        lane.busy = false;
        --in_flight_;
        lane.asked = Clock::now();
        reopen(i);
        // A server that is gone would be asked for ever: some failures are a finding, more are a waste.
        if (lane.connection && outcome_.socket_errors < 1000) ask(i);
    }

    void reopen(std::size_t i)
    {
        lanes_[i].connection.reset(); // closing takes the descriptor out of epoll
        try {
            open(i);
        } catch (const std::runtime_error& gone) {
            lanes_[i].connection.reset();
            ++outcome_.socket_errors;
            note(gone.what());
        }
    }

    void give_up_on_the_slow(Clock::time_point now)
    {
        for (std::size_t i = 0; i < lanes_.size(); ++i)
            if (lanes_[i].busy && now - lanes_[i].asked > bounds_.patience) failed(i, "no answer in time");
    }

    Outcome report(double seconds)
    {
        std::vector<float> all = reads_;
        all.insert(all.end(), writes_.begin(), writes_.end());
        outcome_.requests = all.size();
        outcome_.seconds = seconds;
        outcome_.rps = seconds > 0 ? static_cast<double>(all.size()) / seconds : 0;
        outcome_.all = latencies_of(all);
        outcome_.reads = latencies_of(reads_);
        outcome_.writes = latencies_of(writes_);
        outcome_.patches = workload_.patches();
        return outcome_;
    }

    const Target& target_;
    const Bounds& bounds_;
    const Watch& watch_;
    std::shared_ptr<ssl_ctx_st> context_;
    Workload workload_;
    std::vector<Lane> lanes_;
    int poll_;
    Clock::duration interval_{}; // between two requests of a connection; none: one after the other
    Clock::time_point deadline_{};
    Clock::time_point last_answer_{};
    std::uint64_t asked_ = 0;
    std::size_t in_flight_ = 0;
    std::vector<float> reads_{};
    std::vector<float> writes_{};
    Outcome outcome_{};
};

double rank(const std::vector<float>& sorted, double share)
{
    const auto at = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
    return static_cast<double>(sorted[std::max<std::size_t>(at, 1) - 1]);
}

std::string to_json(const Latencies& of)
{
    return fmt::format(R"({{"count":{},"p50_ms":{:.4f},"p90_ms":{:.4f},"p99_ms":{:.4f},"max_ms":{:.4f}}})", of.count,
                       of.p50, of.p90, of.p99, of.max);
}

} // namespace

Latencies latencies_of(std::vector<float>& milliseconds)
{
    if (milliseconds.empty()) return {};
    std::ranges::sort(milliseconds);
    return {.count = milliseconds.size(),
            .p50 = rank(milliseconds, 0.5),
            .p90 = rank(milliseconds, 0.9),
            .p99 = rank(milliseconds, 0.99),
            .max = static_cast<double>(milliseconds.back())};
}

std::string to_json(const Outcome& of, const Shape& shape, std::size_t connections)
{
    return fmt::format(R"({{"scenario":"{}","connections":{},"requests":{},"seconds":{:.4f},"rps":{:.2f},)"
                       R"("p50_ms":{:.4f},"p90_ms":{:.4f},"p99_ms":{:.4f},"max_ms":{:.4f},"bytes":{},)"
                       R"("bad":{},"bad_status":{},"socket_errors":{},"reads":{},"writes":{}}})",
                       word(shape.scenario), connections, of.requests, of.seconds, of.rps, of.all.p50, of.all.p90,
                       of.all.p99, of.all.max, of.bytes, of.bad(), of.bad_status, of.socket_errors, to_json(of.reads),
                       to_json(of.writes));
}

Outcome drive(const Target& target, Shape shape, const std::vector<StoredUser>& users, std::size_t connections,
              const Bounds& bounds, const Watch& watch)
{
    std::signal(SIGPIPE, SIG_IGN); // OpenSSL writes to sockets without MSG_NOSIGNAL
    return Run{target, std::move(shape), users, connections, bounds, watch}.go();
}

std::vector<StoredUser> seed(const Target& target, std::size_t count, std::size_t connections,
                             const std::string& prefix)
{
    std::vector<StoredUser> made;
    made.reserve(count);
    const Watch keep{.begins = {}, .ends = {}, .answer = [&](int status, std::string_view body) {
                         if (status != 201) return;
                         boost::system::error_code error;
                         const auto user = boost::json::parse(body, error);
                         if (error || !user.is_object()) return;
                         const auto* id = user.as_object().if_contains("id");
                         const auto* name = user.as_object().if_contains("userName");
                         if (!id || !name || !id->is_string() || !name->is_string()) return;
                         made.push_back(
                             {.id = std::string{id->get_string()}, .user_name = std::string{name->get_string()}});
                     }};
    Shape shape;
    shape.scenario = Scenario::post;
    shape.tag = prefix;
    const Bounds bounds{.time = std::chrono::minutes{30}, .requests = count, .patience = std::chrono::seconds{30}};
    const auto outcome = drive(target, shape, {}, connections, bounds, keep);
    if (outcome.bad() > 0 || made.size() != count)
        throw std::runtime_error(fmt::format("{} of {} users made; {}", made.size(), count,
                                             outcome.first_bad.empty() ? "an answer names no id" : outcome.first_bad));
    return made;
}

} // namespace conformance::load
