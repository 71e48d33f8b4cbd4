// A mail server on loopback that keeps what it is sent, and fails where a test wants it to.
#pragma once

#include "scim/outside/testing/loopback.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace scim::outside::testing {

struct ReceivedMail {
    std::string greeting; // EHLO's argument
    std::string from;     // as in MAIL FROM:<…>, with its parameters
    std::vector<std::string> to;
    std::string data; // without the dots that SMTP puts before dots, lines ending in CR LF
    bool over_tls = false;
    std::string user; // who signed in, or empty
    std::string password;

    std::string header(const std::string& name) const; // unfolded; empty when absent
    std::string text() const;                          // decoded from quoted-printable
    std::string raw_text() const;
};

struct SinkOptions {
    std::optional<Identity> identity = {}; // offers STARTTLS
    bool tls_from_start = false;
    bool offer_login = false; // AUTH PLAIN LOGIN, under TLS or not
    std::string user = {};    // with one, nobody else may send
    std::string password = {};
    std::string extensions = "8BITMIME\nENHANCEDSTATUSCODES\nSIZE 10485760";
    std::string address = "127.0.0.1";
};

class SmtpSink {
public:
    explicit SmtpSink(SinkOptions options = {});
    std::uint16_t port() const { return server_.port(); }
    std::string url() const; // smtp:// or smtps://, by address

    // The step is "greeting", EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, "body" (while the text comes), "text" (after its
    // last dot) or QUIT. The reply is sent instead of the usual one; the words "hang" and "close" are done instead.
    void at(const std::string& step, const std::string& reply);
    // Refuses this recipient alone.
    void refuse(const std::string& recipient, const std::string& reply);
    void behave(); // forgets all that

    std::vector<ReceivedMail> mails() const;
    bool wait_for(std::size_t mails) const;
    int connections() const;
    std::vector<std::string> commands() const; // of all connections; never what AUTH carried

private:
    void serve(Wire&);
    bool is_scripted(const std::string& step) const;
    bool reply(Wire&, const std::string& step, const std::string& usual); // false: the connection is over
    bool sign_in(Wire&, const std::string& arguments, ReceivedMail&);

    SinkOptions options_;
    mutable std::mutex mutex_;
    std::map<std::string, std::string> scripted_;
    std::map<std::string, std::string> refused_;
    std::vector<ReceivedMail> mails_;
    std::vector<std::string> commands_;
    int connections_ = 0;
    LoopbackServer server_;
};

} // namespace scim::outside::testing
