// A synchronous HTTP and HTTPS client: one kept connection, a time limit on every step, and a record of each exchange.
// It sends exactly the bytes it is told to, so that bad requests can be sent too. Not for use from two threads.
#pragma once

#include <boost/json/value.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace conformance {

struct Header {
    std::string name{};
    std::string value{};
};
using Headers = std::vector<Header>;
// The first field of that name (any case), or nullptr.
const std::string* find_header(const Headers&, std::string_view name);

struct Request {
    std::string method = "GET";
    std::string target{};   // below the base URL, encoded: "/Users?count=1"
    Headers headers{};      // beside Host, Authorization and Content-Length; an empty Authorization sends none
    std::string body{};     // sent when not empty
    bool from_root = false; // the target is the whole path: "/readyz"
};

struct Answer {
    int status = 0;
    std::string reason{};
    Headers headers{};
    std::string body{};
    boost::json::value json{}; // the body parsed; null when it is no JSON
    bool is_json = false;

    const std::string* header(std::string_view name) const { return find_header(headers, name); }
};

// What went over the wire, for a report: the secret of Authorization is masked.
struct Exchange {
    Request request{}; // target and headers as sent
    Answer answer{};   // status 0 when none came
    std::string trouble{};
    std::chrono::microseconds took{};
};

struct Endpoint {
    std::string
        url{}; // the tenant URL: "https://host:8443/orgs/x/scim/v2", also with a query that every request carries
    std::string token{};                       // sent as a bearer; empty: no Authorization
    std::string ca_file{};                     // PEM; empty: the system's store
    bool insecure = false;                     // no check of the certificate; loopback hosts only
    std::chrono::milliseconds timeout{10'000}; // of each: connect, handshake, write, answer
};

// No connection, no handshake, no answer in time, or an answer that is no HTTP.
struct Unreachable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Client {
public:
    // Throws std::invalid_argument for an URL it cannot use, a CA file it cannot read, `insecure` beyond loopback.
    explicit Client(Endpoint);
    ~Client();
    Client(Client&&) noexcept;
    Client& operator=(Client&&) = delete;

    // All of these throw Unreachable; an answer of any status is an answer.
    Answer send(Request);
    Answer get(std::string target);
    Answer post(std::string target, const boost::json::value& body);
    Answer put(std::string target, const boost::json::value& body);
    Answer patch(std::string target, const boost::json::value& body);
    Answer remove(std::string target);

    // These bytes as they are, on a connection of their own: the first answer, or all that comes until the peer closes
    // (or the time is over).
    Answer raw(std::string_view bytes);
    std::string raw_until_closed(std::string_view bytes);

    // Called after each exchange of send() and raw(), before an Unreachable is thrown.
    void on_exchange(std::function<void(const Exchange&)>);
    // Forgets the kept connection.
    void disconnect();

    const std::string& host() const; // for a Host field: "127.0.0.1:8443"
    const std::string& base() const; // the path of the URL, without a slash at its end

private:
    struct Wire;
    std::unique_ptr<Wire> wire_; // keeps Asio, Beast and OpenSSL out of this header
};

// application/x-www-form-urlencoded as .NET writes it: a space becomes '+', all but letters, digits and "-_.!*()" %XX.
std::string query_escape(std::string_view);
// true for localhost, 127.0.0.0/8 and ::1.
bool is_loopback(std::string_view host);

} // namespace conformance
