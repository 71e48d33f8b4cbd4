// A name server on loopback, over real UDP and TCP on one port, which answers as a test tells it to; also with lies.
#pragma once

#include "scim/outside/testing/loopback.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace scim::outside::testing {

struct DnsQuery {
    std::uint16_t id = 0;
    std::string name;     // in lower case, without the last dot
    std::string question; // as it came, for the answer
    bool over_tcp = false;
};

// One resource record; its owner is a name in presentation form.
struct DnsRecord {
    std::string owner;
    std::uint16_t type = 0;
    std::string data;
};
DnsRecord txt(const std::string& owner, const std::vector<std::string>& strings); // each of at most 255 bytes
DnsRecord alias(const std::string& owner, const std::string& target);
std::string dns_name(std::string_view); // as on the wire

struct DnsMessage {
    int code = 0; // 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED
    bool truncated = false;
    std::vector<DnsRecord> records = {};
};
// The whole message. A lie is told by changing the query before it comes here.
std::string encoded(const DnsQuery&, const DnsMessage&);

class DnsStub {
public:
    // What is sent back, in order: none, one, or a lie before the truth.
    using Answer = std::function<std::vector<std::string>(const DnsQuery&)>;

    explicit DnsStub(bool ipv6 = false);
    ~DnsStub();

    std::uint16_t port() const { return port_; }
    std::string address() const; // for dns.resolver
    // Names that nobody has spoken of do not exist (NXDOMAIN).
    void on(const std::string& name, Answer);
    void on(const std::string& name, DnsMessage);
    void set_txt(const std::string& name, const std::vector<std::string>& values);
    void say_nothing(const std::string& name);
    int asked(bool over_tcp = false) const { return over_tcp ? by_tcp_ : by_udp_; }
    std::vector<std::uint16_t> ids() const;   // of the questions so far
    std::vector<std::uint16_t> ports() const; // from which they came, by UDP

private:
    std::vector<std::string> answers_to(std::string_view message, bool over_tcp);
    void serve_udp();
    void serve_tcp(Wire&);

    mutable std::mutex mutex_;
    std::map<std::string, Answer> answers_;
    std::vector<std::uint16_t> ids_;
    std::vector<std::uint16_t> ports_;
    std::atomic<int> by_udp_{0};
    std::atomic<int> by_tcp_{0};
    std::atomic<bool> ended_{false};
    bool ipv6_;
    Descriptor udp_;
    std::uint16_t port_ = 0;
    std::unique_ptr<LoopbackServer> tcp_;
    std::thread listening_;
};

} // namespace scim::outside::testing
