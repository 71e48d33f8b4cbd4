#include "scim/outside/mail_sender.hpp"

#include "scim/outside/mail_text.hpp"

#include <fmt/format.h>

namespace scim::outside {
namespace {

using core::MailFate;
using core::MailOutcome;

std::string_view what_failed(Stage stage)
{
    switch (stage) {
    case Stage::connect: return "the mail server cannot be reached";
    case Stage::greeting: return "the mail server does not greet us";
    case Stage::tls: return "no protected connection to the mail server";
    case Stage::login: return "the mail server refuses user or password";
    case Stage::sender: return "the mail server refuses the sender";
    case Stage::recipient: return "the mail server refuses the recipient";
    case Stage::data:
    case Stage::text: return "the mail server refuses the mail";
    }
    return {};
}

// 5yz that speak of our access and not of this mail: sign in first, protect the line first (RFC 4954 6, RFC 3207 4).
bool is_about_access(int code) { return code == 530 || code == 534 || code == 535 || code == 538; }

bool is_loopback_host(std::string_view host) { return host == "localhost" || host == "127.0.0.1" || host == "[::1]"; }

} // namespace

std::string problem_with(const MailOptions& options)
{
    if (!mail_server_from(options.url)) return "a mail server is written smtp://host:port or smtps://host:port";
    if (options.user.empty() && !options.password.empty()) return "a password needs a user";
    if (!options.user.empty() && options.password.empty()) return "a user needs a password";
    return {};
}

MailOutcome outcome_of(const Delivered& delivered)
{
    if (delivered.done) return {.fate = MailFate::sent, .code = delivered.code};
    const int code = delivered.code >= 400 ? delivered.code : 0;
    std::string reason{what_failed(delivered.stage)};
    if (code == 0) {
        if (delivered.handed_over)
            return {.fate = MailFate::unknown, .reason = "the connection ended before the mail server had answered"};
        if (delivered.stage > Stage::login) reason = "the connection to the mail server ended";
        return {.fate = MailFate::temporary, .reason = fmt::format("{} ({})", reason, delivered.trouble)};
    }
    reason += fmt::format(" ({}{}{})", code, delivered.enhanced.empty() ? "" : " ", delivered.enhanced);
    // What is refused before a word was said about this mail is not this mail's fault.
    const bool about_mail = delivered.stage > Stage::login && code >= 500 && !is_about_access(code);
    return {.fate = about_mail ? MailFate::permanent : MailFate::temporary, .code = code, .reason = std::move(reason)};
}

MailOutcome SmtpMailSender::send(const core::Mail& mail)
{
    const auto server = mail_server_from(options_.url);
    if (!server) return {.fate = MailFate::temporary, .reason = problem_with(options_)};
    const auto message = compose(mail);
    if (!message)
        return {.fate = MailFate::permanent,
                .reason = fmt::format("{}: {}", message.error().field, message.error().detail)};
    const bool secret = !options_.user.empty() && !is_loopback_host(server->host);
    const bool required = options_.tls_required || secret;
    const Delivery delivery{.url = options_.url,
                            .our_name = options_.our_name,
                            .tls_required = required,
                            .verify = required || server->tls_from_start || !options_.ca_file.empty(),
                            .ca_file = options_.ca_file,
                            .user = options_.user,
                            .password = options_.password,
                            .connect_time = options_.connect_time,
                            .longest = options_.longest,
                            .from = *mail_address(mail.from),
                            .to = *mail_address(mail.to),
                            .message = *message};
    return outcome_of(deliver(delivery));
}

} // namespace scim::outside
