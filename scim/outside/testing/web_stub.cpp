#include "scim/outside/testing/web_stub.hpp"

#include <algorithm>

namespace scim::outside::testing {

WebStub::WebStub(std::optional<Identity> identity, const std::string& address)
    : identity_{std::move(identity)}, server_{[this](Wire& wire) { serve(wire); }, 0, address}
{
}

std::string WebStub::url(const std::string& host) const
{
    return (identity_ ? "https://" : "http://") + host + ":" + std::to_string(port());
}

void WebStub::set(const std::string& path, WebAnswer answer)
{
    const std::lock_guard lock{mutex_};
    answers_[path] = std::move(answer);
}

int WebStub::asked(const std::string& path) const
{
    const std::lock_guard lock{mutex_};
    const auto found = asked_.find(path);
    return found == asked_.end() ? 0 : found->second;
}

int WebStub::connections() const
{
    const std::lock_guard lock{mutex_};
    return connections_;
}

void WebStub::serve(Wire& wire)
{
    {
        const std::lock_guard lock{mutex_};
        ++connections_;
    }
    if (identity_ && !wire.start_tls(*identity_->context)) return;
    const auto first = wire.line();
    if (!first) return;
    for (auto field = wire.line(); field && !field->empty(); field = wire.line()) {}
    const auto begin = first->find(' ') + 1;
    const std::string path = first->substr(begin, first->find(' ', begin) - begin);
    WebAnswer answer{.status = 404};
    {
        const std::lock_guard lock{mutex_};
        ++asked_[path];
        if (const auto found = answers_.find(path); found != answers_.end()) answer = found->second;
    }
    std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " x\r\nConnection: close\r\n" + answer.fields;
    if (answer.endless_bytes == 0) head += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
    if (!wire.write(head + "\r\n")) return;
    if (answer.hangs) wire.hang();
    if (answer.hangs) return;
    const std::string piece(16 * 1024, ' ');
    for (std::size_t sent = 0; sent < answer.endless_bytes; sent += piece.size())
        if (!wire.write(piece)) return;
    wire.write(answer.body);
}

} // namespace scim::outside::testing
