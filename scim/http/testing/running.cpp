#include "scim/http/testing/running.hpp"

namespace scim::http::testing {
namespace {

std::string shown(const Request& request)
{
    std::string text = request.method_text + ' ' + request.path + " host=" + request.host + " peer=" + request.peer;
    for (const auto& [name, value, has_value] : request.query) text += " ?" + name + (has_value ? '=' + value : "");
    if (request.query_is_bad) text += " bad-query";
    for (const auto& [name, value] : request.headers)
        if (name.starts_with("x-")) text += ' ' + name + '=' + value;
    return text + " body=" + request.body;
}

Response text(int status, std::string body)
{
    Response response;
    response.status = status;
    response.content_type = "text/plain";
    response.body = std::move(body);
    return response;
}

} // namespace

// Pieces of "a", "b", … each made on a thread of its own.
class Pieces final : public BodySource {
public:
    Pieces(Application& application, std::size_t count, std::size_t broken_after)
        : application_{application}, count_{count}, broken_after_{broken_after}
    {
        ++application_.sources_alive_;
    }
    ~Pieces() override { --application_.sources_alive_; }

    static std::string piece(std::size_t number) { return std::string(50'000, static_cast<char>('a' + number % 26)); }
    void next(std::function<void(Piece)> ready) override
    {
        Piece made;
        if (at_ == broken_after_) {
            made.state = Piece::State::broken;
        } else {
            made.text = piece(at_++);
            ++application_.pieces_made_;
            made.state = at_ == count_ ? Piece::State::last : Piece::State::more;
        }
        const std::lock_guard lock{application_.mutex_};
        application_.threads_.emplace_back([made = std::move(made), ready = std::move(ready)] { ready(made); });
    }

private:
    Application& application_;
    std::size_t count_;
    std::size_t broken_after_;
    std::size_t at_ = 1; // the first stands in the response itself
};

Application::~Application()
{
    release();
    for (auto& thread : threads_) thread.join();
}

Service::Admission Application::admit(const Request& request)
{
    if (request.path == "/throw-admit") throw std::runtime_error{"as the test asked"};
    Admission admission;
    admission.body_bytes = request.path == "/small" ? 10 : 1024 * 1024;
    admission.authenticated = request.path == "/known";
    if (request.path == "/small") admission.too_large = "ten bytes are enough";
    if (request.path == "/refuse") admission.refusal = text(401, "who are you?");
    return admission;
}

std::optional<Response> Application::answer(Request& request, Admission&, Later later)
{
    const std::lock_guard lock{mutex_};
    answered_.push_back(request.path);
    if (request.path == "/throw") throw std::runtime_error{"as the test asked"};
    if (request.path == "/never") {
        kept_.push_back(std::move(later));
        return std::nullopt;
    }
    if (request.path == "/later") {
        threads_.emplace_back([answer = text(200, shown(request)), later = std::move(later)] { later(answer); });
        return std::nullopt;
    }
    if (request.path == "/big") return text(200, std::string(std::stoul(request.query.at(0).value), 'b'));
    if (request.path == "/pieces") {
        Response response = text(200, Pieces::piece(0));
        const auto* const broken = request.parameter("broken");
        response.more = std::make_shared<Pieces>(*this, std::stoul(request.parameter("n")->value),
                                                 broken != nullptr ? std::stoul(broken->value) : 0);
        return response;
    }
    Response response = text(200, shown(request));
    if (request.path == "/header") response.headers.emplace_back("Location", request.headers.back().second);
    if (request.path == "/split") response.headers.emplace_back("Location", "/a\r\nSet-Cookie: b=" + request.body);
    response.close = request.path == "/close";
    return response;
}

Response Application::wire_error(int status, std::string_view detail) { return text(status, std::string{detail}); }

std::vector<std::string> Application::answered() const
{
    const std::lock_guard lock{mutex_};
    return answered_;
}

bool Application::holds_answers() const
{
    const std::lock_guard lock{mutex_};
    return !kept_.empty();
}

void Application::release()
{
    std::vector<Later> kept;
    {
        const std::lock_guard lock{mutex_};
        kept.swap(kept_);
    }
    for (const auto& later : kept) later(text(200, "at last"));
}

Running::Running(bool with_tls, const Limits& limits, std::vector<std::string> proxies,
                 std::shared_ptr<SSL_CTX> context)
    : tls{with_tls}, server{Options{.address = "127.0.0.1",
                                    .port = 0,
                                    .threads = 2,
                                    .limits = limits,
                                    .trusted_proxies = std::move(proxies)},
                            application, [&]() -> Server::TlsSource {
                                if (!with_tls) return {};
                                static const std::shared_ptr<SSL_CTX> shared = self_signed();
                                return [own = context ? context : shared] { return own; };
                            }()}
{
    server.start();
}

bool Running::is_alive()
{
    auto probe = peer();
    probe.send(get("/echo"));
    const auto reply = probe.reply();
    return reply && reply->status == 200;
}

std::string get(std::string_view target, std::string_view fields)
{
    return "GET " + std::string{target} + " HTTP/1.1\r\nHost: localhost\r\n" + std::string{fields} + "\r\n";
}

std::string post(std::string_view target, std::string_view body, std::string_view fields)
{
    return "POST " + std::string{target} +
           " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           std::string{fields} + "\r\n" + std::string{body};
}

} // namespace scim::http::testing
