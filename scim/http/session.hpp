// One connection: a coroutine that reads like the protocol (converse(), at the end), over steps that are plain
// functions and never wait. A step returns true when it has to be called again once the socket is ready. Included by
// server.cpp alone.
#pragma once

#include "scim/http/gate.hpp"
#include "scim/http/mailbox.hpp"
#include "scim/http/parser.hpp"
#include "scim/http/stream.hpp"
#include "scim/http/target.hpp"
#include "scim/http/worker.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <optional>

namespace scim::http {

using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

template<class Stream>
class Session final : public Watched {
public:
    Session(Worker& worker, Socket socket, Stream stream, Seat seat, std::string address, std::uint64_t number)
        : worker_{worker}, shared_{worker.shared}, limits_{shared_.options.limits}, socket_{std::move(socket)},
          stream_{std::move(stream)}, seat_{std::move(seat)}, peer_{std::move(address)}, number_{number},
          is_proxy_{shared_.proxies.are_trusted(peer_)}, alarm_{worker.context, Steady::time_point::max()},
          mailbox_{std::make_shared<Mailbox>(worker.context,
                                             [this](Delivery delivery) { on_delivery(std::move(delivery)); })},
          buffer_{limits_.read_buffer_bytes}
    {
        worker_.counters.add(Count::connections);
        within(limits_.handshake_time);
        worker_.watch(*this);
    }
    ~Session() override { mailbox_->close(); }
    Session(const Session&) = delete;

    bool is_open() const { return open_; }

    // --- the steps, in the order of the protocol --------------------------------------------------------------------

    bool shake_hands()
    {
        const Moved moved = stream_.handshake();
        if (moved.state == Moved::State::done) {
            within(limits_.header_time); // a client that connects has something to say
            return false;
        }
        if (must_wait(moved) && !expired_) return true;
        worker_.counters.add(expired_ ? Count::handshake_time : Count::tls_failed);
        open_ = false;
        return false;
    }

    void begin()
    {
        scanner_.emplace(limits_);
        request_.method = Method::other; // a refusal is not to be sent as the answer to the HEAD before it
        request_.headers.clear();
        request_.body.clear();
        framing_ = {};
        has_answer_ = closes_ = skipped_line_ = false;
        head_began_ = buffer_.size() > 0;
        unread_ = 0;
        if (head_began_) within(limits_.header_time);
    }

    bool read_head()
    {
        while (open_) {
            if (head_is_complete()) return false;
            if (expired_) {
                if (head_began_) return refuse(Count::header_time, 408, "the header section took too long to arrive");
                worker_.counters.add(Count::idle_time);
                return end();
            }
            const bool starts = !head_began_;
            if (waits_first_ && !shared_.drains && !stream_.holds_input()) {
                // The answer has just been sent: the next request is not there yet.
                waits_first_ = false;
                wants_write_ = false;
                return true;
            }
            switch (receive(head_step)) {
            case Received::bytes: break;
            case Received::nothing:
                if (starts && shared_.drains) return end();
                return true;
            case Received::end: return end();
            }
            head_began_ = true;
            if (starts) within(limits_.header_time);
        }
        return false;
    }

    void admit()
    {
        if (!open_ || has_answer_) return;
        worker_.counters.add(Count::requests);
        try {
            admission_ = shared_.service.admit(request_);
        } catch (const std::exception& error) {
            fail("admit_exception", error.what());
            return;
        }
        if (admission_.authenticated) seat_.becomes_known();
        if (admission_.refusal) {
            response_ = std::move(*admission_.refusal);
            has_answer_ = true;
            // A short body is read past, so that a client that is refused may stay.
            if (framing_.chunked || framing_.expects_continue || framing_.content_length > most_skipped)
                closes_ = closes_ || has_body();
            else
                unread_ = static_cast<std::size_t>(framing_.content_length);
            return;
        }
        if (!has_body()) return;
        if (framing_.content_length > admission_.body_bytes) {
            refuse_body(Count::body_bytes);
            return;
        }
        parser_->eager(true);
        parser_->cap_body(admission_.body_bytes);
        raw_left_ = admission_.body_bytes + limits_.raw_slack_bytes - std::min(head_bytes_, limits_.raw_slack_bytes);
        if (framing_.expects_continue && buffer_.size() == 0) out_ = "HTTP/1.1 100 Continue\r\n\r\n";
        within(limits_.body_time);
    }

    // Sends what is in out_ and then rest(): the 100, or a whole answer.
    bool send()
    {
        while (open_ && (sent_ < out_.size() || sent_rest_ < rest_.size())) {
            const bool first = sent_ < out_.size();
            const Moved moved =
                stream_.write(std::string_view{first ? out_ : rest_}.substr(first ? sent_ : sent_rest_));
            if (moved.state == Moved::State::done) {
                (first ? sent_ : sent_rest_) += moved.bytes;
                continue;
            }
            if (must_wait(moved) && !expired_) return true;
            if (expired_) worker_.counters.add(Count::write_time);
            return end();
        }
        out_.clear();
        rest_.clear();
        sent_ = sent_rest_ = 0;
        return false;
    }

    bool read_body()
    {
        while (open_ && !has_answer_ && !parser_->is_done()) {
            if (buffer_.size() > 0 && !parse_body()) return false;
            if (parser_->is_done()) return false;
            if (buffer_.size() == limits_.read_buffer_bytes)
                return refuse(Count::read_buffer_bytes, 400, "a chunk header or the trailer is too long");
            if (expired_) return refuse(Count::body_time, 408, "the body took too long to arrive");
            switch (receive(body_step)) {
            case Received::bytes: break;
            case Received::nothing: return true;
            case Received::end: return end();
            }
        }
        return false;
    }

    // How long this request has to wait for its turn: rate limits delay before they refuse.
    std::chrono::milliseconds turn_comes_in() const
    {
        return open_ && !has_answer_ ? admission_.wait : std::chrono::milliseconds{0};
    }

    void ask()
    {
        if (!open_ || has_answer_) return;
        const auto turn = mailbox_->next_turn();
        within(limits_.handler_time);
        try {
            auto answer = shared_.service.answer(
                request_, admission_, [box = mailbox_, turn](Response later) { box->deliver(turn, std::move(later)); });
            if (!answer) {
                awaits_answer_ = true;
                return;
            }
            response_ = std::move(*answer);
            has_answer_ = true;
        } catch (const std::exception& error) {
            fail("answer_exception", error.what());
        }
        mailbox_->stop_waiting();
    }

    bool awaits_answer()
    {
        if (!awaits_answer_) return false;
        if (!expired_) return true;
        awaits_answer_ = false;
        mailbox_->stop_waiting();
        if (source_) {
            worker_.counters.add(Count::write_time);
            return end();
        }
        worker_.counters.add(Count::handler_time);
        response_ = shared_.service.wire_error(503, "the request took too long to be answered: try again");
        has_answer_ = true;
        return false;
    }

    // Turns response_, or a piece of it, into out_ and rest_.
    void compose()
    {
        if (!open_) return;
        if (source_) {
            compose_piece();
            return;
        }
        admission_ = {};
        closes_ = closes_ || response_.close || !framing_.keep_alive || shared_.drains;
        Sending sending;
        sending.without_body = request_.method == Method::head;
        sending.chunked = framing_.takes_chunks;
        if (response_.more && (sending.without_body || !may_have_body(response_.status))) response_.more.reset();
        if (response_.more && !sending.chunked) closes_ = true;
        sending.close = closes_;
        sending.date = worker_.date();
        if (!write_head(out_, response_, sending)) {
            core::log::error("response_header_refused", {{"status", response_.status}});
            out_.clear();
            response_ = shared_.service.wire_error(500, "the answer could not be written");
            if (!write_head(out_, response_, sending)) {
                out_.clear();
                response_ = Response{};
                response_.status = 500;
                write_head(out_, response_, sending);
            }
        }
        if (response_.more) {
            source_ = std::move(response_.more);
            frame(response_.body);
        } else if (!sending.without_body && may_have_body(response_.status)) {
            // What fits goes with the head: one copy, one record, one system call.
            const std::size_t with_head =
                std::min(response_.body.size(), one_record - std::min(one_record, out_.size()));
            out_.append(response_.body, 0, with_head);
            if (with_head < response_.body.size()) {
                rest_ = std::move(response_.body);
                sent_rest_ = with_head;
            }
        }
        within(limits_.write_time);
    }

    // Asks for the next piece of a body that is made while it is sent. All of them have the time of one answer.
    bool asks_for_more()
    {
        if (!open_ || !source_) return false;
        const auto turn = mailbox_->next_turn();
        awaits_answer_ = true;
        try {
            source_->next([box = mailbox_, turn](Piece piece) { box->deliver(turn, std::move(piece)); });
        } catch (const std::exception& error) {
            core::log::error("piece_exception", {{"connection", number_}, {"what", error.what()}});
            awaits_answer_ = false;
            return end();
        }
        return true;
    }

    // The body of a request that was refused without reading it.
    bool skip_body()
    {
        if (unread_ > 0 && !closes_ && !skips_) {
            skips_ = true;
            within(limits_.body_time);
        }
        while (open_ && !closes_ && unread_ > 0) {
            const auto here = std::min(unread_, buffer_.size());
            buffer_.consume(here);
            unread_ -= here;
            if (unread_ == 0) break;
            if (expired_) {
                worker_.counters.add(Count::body_time);
                return end();
            }
            switch (receive(body_step)) {
            case Received::bytes: break;
            case Received::nothing: return true;
            case Received::end: return end();
            }
        }
        skips_ = false;
        return false;
    }

    // Either the next request or the end. True when others on this thread should have their turn first.
    bool finish()
    {
        if (!open_) return false;
        response_ = {};
        if (closes_) {
            open_ = false;
            lingers_ = true;
            return false;
        }
        if (out_.capacity() > most_kept) out_ = {};
        if (request_.body.capacity() > most_kept) request_.body = {};
        if (buffer_.size() == 0) {
            within(limits_.idle_time);
            waits_first_ = true;
            in_a_row_ = 0;
            return false;
        }
        return ++in_a_row_ % most_in_a_row == 0;
    }

    // After an answer that ends the connection: says so, then reads away what the peer is still sending, so that the
    // kernel does not answer those bytes with a reset that destroys ours on their way.
    bool linger()
    {
        if (is_torn_) {
            boost::system::error_code ignored;
            socket_.set_option(Socket::linger{true, 0}, ignored);
            socket_.close(ignored); // here: a destructor would take the option back
            return false;
        }
        if (!lingers_) {
            stream_.say_goodbye();
            return false;
        }
        if (!said_goodbye_) {
            said_goodbye_ = true;
            stream_.say_goodbye();
            boost::system::error_code ignored;
            socket_.shutdown(Socket::shutdown_send, ignored);
            within(linger_time);
        }
        while (!expired_ && discarded_ < most_discarded) {
            const Moved moved = discard(socket_.native_handle());
            if (moved.state == Moved::State::wants_read) {
                wants_write_ = false;
                return true;
            }
            if (moved.state != Moved::State::done) break;
            discarded_ += moved.bytes;
        }
        return false;
    }

    // --- the two things that are waited for -------------------------------------------------------------------------

    auto ready()
    {
        return socket_.async_wait(wants_write_ ? Socket::wait_write : Socket::wait_read,
                                  boost::asio::as_tuple(boost::asio::deferred));
    }
    auto woken() { return alarm_.async_wait(boost::asio::as_tuple(boost::asio::deferred)); }

    // --- the worker's clock -----------------------------------------------------------------------------------------

    void on_tick(Steady::time_point now) override
    {
        if (!expired_ && now >= deadline_) {
            expired_ = true;
            interrupt();
        }
    }
    void on_drain() override
    {
        if (!head_began_) interrupt();
    }

private:
    enum class Received { bytes, nothing, end };

    static constexpr std::size_t head_step = 4 * 1024;
    static constexpr std::size_t body_step = 16 * 1024;
    static constexpr std::size_t one_record = 16 * 1024;
    static constexpr std::size_t most_skipped = 64 * 1024;
    static constexpr std::size_t most_discarded = 1024 * 1024;
    static constexpr std::size_t most_kept = 32 * 1024;
    static constexpr unsigned most_in_a_row = 16;
    static constexpr std::chrono::milliseconds linger_time{750};

    void within(std::chrono::milliseconds time)
    {
        expired_ = false;
        deadline_ = Steady::now() + time;
    }

    void interrupt()
    {
        boost::system::error_code ignored;
        socket_.cancel(ignored);
        alarm_.cancel();
    }

    bool must_wait(const Moved& moved)
    {
        wants_write_ = moved.state == Moved::State::wants_write;
        return wants_write_ || moved.state == Moved::State::wants_read;
    }

    // Ends without an answer, or without the end of one: then with a reset, without the last chunk and without saying
    // goodbye, so that nobody takes the part for the whole.
    bool end()
    {
        open_ = false;
        if (source_) {
            source_.reset();
            is_torn_ = true;
            worker_.counters.add(Count::broken_answers);
            core::log::warning("answer_broken",
                               {{"connection", number_}, {"why", expired_ ? "write_time" : "the peer or the source"}});
        }
        return false;
    }

    bool has_body() const { return framing_.chunked || framing_.content_length > 0; }

    bool refuse(Count count, int status, std::string_view detail)
    {
        worker_.counters.add(count);
        response_ = shared_.service.wire_error(status, detail);
        has_answer_ = closes_ = true;
        return false;
    }

    void refuse_body(Count count)
    {
        refuse(count, 413, admission_.too_large.empty() ? "the body is too large" : admission_.too_large);
    }

    void fail(std::string_view event, std::string_view what)
    {
        core::log::error(event, {{"connection", number_}, {"what", what}});
        response_ = shared_.service.wire_error(500, "the request failed for a reason inside the server");
        has_answer_ = closes_ = true;
    }

    Received receive(std::size_t step)
    {
        const auto space = buffer_.prepare(std::min(step, limits_.read_buffer_bytes - buffer_.size()));
        const Moved moved = stream_.read({static_cast<char*>(space.data()), space.size()});
        if (moved.state == Moved::State::done) {
            buffer_.commit(moved.bytes);
            return Received::bytes;
        }
        return must_wait(moved) ? Received::nothing : Received::end;
    }

    std::string_view buffered() const { return {static_cast<const char*>(buffer_.cdata().data()), buffer_.size()}; }

    // True when there is a request, or a refusal, to go on with.
    bool head_is_complete()
    {
        if (!skipped_line_ && buffered().starts_with("\r\n")) { // RFC 9112 2.2: one empty line is forgiven
            buffer_.consume(2);
            scanner_.emplace(limits_);
            skipped_line_ = true;
        }
        if (!skipped_line_ && buffered() == "\r") return false;
        const auto length = scanner_->advance(buffered());
        if (!length) return !refuse(length.error().count, length.error().status, length.error().detail);
        if (*length == 0) return false;
        parse_head(*length);
        buffer_.consume(head_bytes_);
        return true;
    }

    void parse_head(std::size_t length)
    {
        head_bytes_ = length;
        parser_.emplace(request_);
        parser_->eager(false);
        parser_->header_limit(static_cast<std::uint32_t>(limits_.read_buffer_bytes));
        boost::beast::error_code error;
        const auto head = buffered().substr(0, length);
        for (std::size_t used = 0; used < length && !error && !parser_->is_header_done();)
            used += parser_->put(boost::asio::const_buffer{head.data() + used, length - used}, error);
        if (error == boost::beast::http::error::bad_version && names_another_version(head)) {
            refuse(Count::framing, 505, "use HTTP/1.1");
            return;
        }
        if (error || !parser_->is_header_done()) {
            refuse(Count::framing, 400, "the header section is not HTTP");
            return;
        }
        const Head parsed{parser_->method(), parser_->target(), parser_->version(), request_.headers};
        const auto judged = judge(parsed, limits_);
        if (!judged) {
            const Problem problem = judged.error();
            refuse(problem.count, problem.status, problem.detail);
            return;
        }
        framing_ = *judged;
        request_.method_text = parsed.method;
        request_.method = method_from(parsed.method);
        auto target = split_target(parsed.target);
        request_.path = target.path;
        request_.query = std::move(target.query);
        request_.query_is_bad = !target.query_problem.empty();
        request_.query_problem = target.query_problem;
        request_.host = framing_.host;
        request_.peer = client();
        request_.tls = Stream::is_tls;
        request_.connection = number_;
    }

    static bool names_another_version(std::string_view head)
    {
        const auto line = head.substr(0, head.find('\r'));
        const auto version = line.substr(line.rfind(' ') + 1);
        const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
        return version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) && version[6] == '.' &&
               is_digit(version[7]) && version != "HTTP/1.1" && version != "HTTP/1.0";
    }

    std::string client() const
    {
        if (!is_proxy_) return peer_;
        std::string list;
        for (const auto& [name, value] : request_.headers)
            if (name == "x-forwarded-for") list.append(list.empty() ? "" : ",").append(value);
        return shared_.proxies.client_of(peer_, list);
    }

    // False when the request is refused.
    bool parse_body()
    {
        if (framing_.chunked && is_short_last_chunk(buffered())) return true;
        boost::beast::error_code error;
        const auto used = parser_->put(buffer_.cdata(), error);
        buffer_.consume(used);
        if (error == boost::beast::http::error::body_limit) {
            refuse_body(Count::body_bytes);
            return false;
        }
        const bool needs_more = error == boost::beast::http::error::need_more;
        if ((error && !needs_more) || (needs_more && used == 0 && framing_.chunked && is_stuck_chunk(buffered()))) {
            refuse(Count::framing, 400, "the body is not framed as HTTP says");
            return false;
        }
        if (used + (parser_->is_done() ? 0 : buffer_.size()) > raw_left_) {
            refuse_body(Count::raw_bytes);
            return false;
        }
        raw_left_ -= used;
        return true;
    }

    void frame(std::string_view body)
    {
        if (framing_.takes_chunks)
            write_chunk(out_, body);
        else
            out_ += body;
    }

    void compose_piece()
    {
        if (piece_.state == Piece::State::broken) {
            end();
            return;
        }
        frame(piece_.text);
        if (piece_.state == Piece::State::last) {
            if (framing_.takes_chunks) out_ += last_chunk;
            source_.reset();
        }
        piece_ = {};
    }

    void on_delivery(Delivery delivery)
    {
        if (!awaits_answer_) return;
        if (auto* const piece = std::get_if<Piece>(&delivery))
            piece_ = std::move(*piece);
        else if (auto* const answer = std::get_if<Response>(&delivery))
            response_ = std::move(*answer);
        awaits_answer_ = false;
        has_answer_ = true;
        alarm_.cancel();
    }

    Worker& worker_;
    Shared& shared_;
    const Limits& limits_;
    Socket socket_;
    Stream stream_;
    Seat seat_;
    const std::string peer_;
    const std::uint64_t number_;
    const bool is_proxy_;

    boost::asio::basic_waitable_timer<Steady, boost::asio::wait_traits<Steady>,
                                      boost::asio::io_context::executor_type>
        alarm_; // rings when an answer has come from another thread
    std::shared_ptr<Mailbox> mailbox_;
    boost::beast::flat_buffer buffer_;
    std::optional<HeadScanner> scanner_;
    std::optional<RequestParser> parser_;
    std::size_t head_bytes_ = 0;
    std::size_t raw_left_ = 0; // bytes of the body as sent, chunk headers included
    std::size_t unread_ = 0;
    std::size_t discarded_ = 0;
    Request request_;
    Framing framing_;
    Service::Admission admission_;
    Response response_;
    std::shared_ptr<BodySource> source_; // of what is still to be sent of the answer
    Piece piece_;
    std::string out_;
    std::string rest_; // of a body that is longer than a record
    std::size_t sent_ = 0;
    std::size_t sent_rest_ = 0;

    Steady::time_point deadline_;
    unsigned in_a_row_ = 0;
    bool open_ = true;
    bool expired_ = false;
    bool wants_write_ = false;
    bool waits_first_ = false;
    bool head_began_ = false;
    bool skipped_line_ = false;
    bool skips_ = false;
    bool has_answer_ = false;
    bool awaits_answer_ = false;
    bool is_torn_ = false;
    bool closes_ = false;
    bool lingers_ = false;
    bool said_goodbye_ = false;
};

// The conversation. Steps that do not apply (a refusal is already there, the connection is over) do nothing.
template<class Stream>
boost::asio::awaitable<void, boost::asio::io_context::executor_type> converse(std::unique_ptr<Session<Stream>> owned)
{
    auto& session = *owned;
    while (session.shake_hands()) co_await session.ready();
    while (session.is_open()) {
        session.begin();
        while (session.read_head()) co_await session.ready();
        session.admit();
        while (session.send()) co_await session.ready();
        while (session.read_body()) co_await session.ready();
        if (const auto wait = session.turn_comes_in(); wait.count() > 0) {
            boost::asio::steady_timer turn{co_await boost::asio::this_coro::executor, wait};
            co_await turn.async_wait(boost::asio::as_tuple(boost::asio::deferred));
        }
        session.ask();
        do {
            while (session.awaits_answer()) co_await session.woken();
            session.compose();
            while (session.send()) co_await session.ready();
        } while (session.asks_for_more());
        while (session.skip_body()) co_await session.ready();
        if (session.finish()) co_await boost::asio::post(boost::asio::deferred);
    }
    while (session.linger()) co_await session.ready();
}

} // namespace scim::http
