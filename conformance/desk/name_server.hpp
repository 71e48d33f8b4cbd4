// A name server on loopback that knows TXT records and how to misbehave. UDP and TCP on one port; a thread each.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace desk {

class NameServer {
public:
    enum class Manner : std::uint8_t {
        honest,
        silent,   // answers nothing
        failing,  // SERVFAIL
        lying,    // the answer is about another name, then under another id
        too_long, // cut by UDP; over TCP 65,535 bytes of which no record is the one asked for
        garbage,  // bytes that are no message
    };

    NameServer();
    ~NameServer();
    NameServer(const NameServer&) = delete;
    NameServer& operator=(const NameServer&) = delete;

    std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    void publish(const std::string& name, std::vector<std::string> values); // none: the name is gone
    void behave(Manner manner) { manner_ = manner; }
    int asked() const { return asked_; }

private:
    std::vector<std::string> answers_to(std::string_view question, bool over_tcp);
    void serve_udp();
    void serve_tcp();

    std::mutex mutex_;
    std::map<std::string, std::vector<std::string>> records_;
    std::atomic<Manner> manner_{Manner::honest};
    std::atomic<int> asked_{0};
    std::atomic<bool> ended_{false};
    int udp_ = -1;
    int tcp_ = -1;
    std::uint16_t port_ = 0;
    std::thread by_udp_, by_tcp_;
};

} // namespace desk
