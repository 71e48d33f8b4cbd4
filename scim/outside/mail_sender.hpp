// Mail through the operator's mail server (submission or relay), over libcurl's SMTP.
#pragma once

#include "core/base/secrets.hpp"
#include "core/outside.hpp"
#include "scim/outside/curl.hpp"

#include <string>

namespace scim::outside {

struct MailOptions {
    std::string url = {};      // smtp://host:port, or smtps://host:port with TLS from the start
    std::string our_name = {}; // what the greeting (EHLO) says; empty: the machine's name
    // smtp:// without it: TLS when the server offers it, whoever it is (RFC 7435). With it, or with a user, which must
    // not be told to anyone else: TLS and the right certificate, or no mail.
    bool tls_required = false;
    std::string ca_file = {}; // PEM; with one, certificates are always checked. Empty: the system's
    std::string user = {};
    core::Secret password = {};
    core::Duration connect_time = std::chrono::seconds{10};
    core::Duration longest = std::chrono::seconds{60};
};

// What is wrong with the options, for an operator; or empty.
std::string problem_with(const MailOptions&);

// What a failure means for the mail.
core::MailOutcome outcome_of(const Delivered&);

// A connection for each mail. From any thread.
class SmtpMailSender final : public core::MailSender {
public:
    explicit SmtpMailSender(MailOptions options) : options_{std::move(options)} {}
    core::MailOutcome send(const core::Mail&) override;

private:
    MailOptions options_;
};

} // namespace scim::outside
