#include "scim/outside/testing/smtp_sink.hpp"

#include <openssl/evp.h>

#include <algorithm>

namespace scim::outside::testing {
namespace {

std::string from_base64(const std::string& text)
{
    std::string bytes(text.size() / 4 * 3 + 3, '\0');
    const int size =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    const auto padding = static_cast<std::size_t>(std::count(text.begin(), text.end(), '='));
    bytes.resize(size < 0 ? 0 : static_cast<std::size_t>(size) - padding);
    return bytes;
}

std::string upper(std::string text)
{
    for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    return text;
}

// Between < and >, and the parameters behind.
std::string path_of(const std::string& command)
{
    const auto open = command.find('<');
    const auto close = command.find('>');
    return open == std::string::npos || close == std::string::npos ? "" : command.substr(open + 1, close - open - 1);
}

} // namespace

std::string ReceivedMail::header(const std::string& name) const
{
    const std::string head = "\r\n" + data.substr(0, data.find("\r\n\r\n") + 2);
    const auto at = upper(head).find("\r\n" + upper(name) + ": ");
    if (at == std::string::npos) return {};
    std::string value;
    for (std::size_t i = at + name.size() + 4; i < head.size(); ++i) {
        if (head.compare(i, 2, "\r\n") == 0) {
            if (i + 2 >= head.size() || (head[i + 2] != ' ' && head[i + 2] != '\t')) break;
            ++i;
            continue;
        }
        value += head[i];
    }
    return value;
}

std::string ReceivedMail::raw_text() const
{
    const auto at = data.find("\r\n\r\n");
    return at == std::string::npos ? "" : data.substr(at + 4);
}

std::string ReceivedMail::text() const
{
    const std::string raw = raw_text();
    if (header("Content-Transfer-Encoding") != "quoted-printable") return raw;
    std::string text;
    for (std::size_t i = 0; i < raw.size(); ++i) {
        if (raw[i] != '=') {
            text += raw[i];
            continue;
        }
        if (raw.compare(i + 1, 2, "\r\n") != 0) text += static_cast<char>(std::stoi(raw.substr(i + 1, 2), nullptr, 16));
        i += 2;
    }
    return text;
}

SmtpSink::SmtpSink(SinkOptions options)
    : options_{std::move(options)}, server_{[this](Wire& wire) { serve(wire); }, 0, options_.address}
{
}

std::string SmtpSink::url() const
{
    const bool ipv6 = options_.address.find(':') != std::string::npos;
    return (options_.tls_from_start ? "smtps://" : "smtp://") +
           (ipv6 ? "[" + options_.address + "]" : options_.address) + ":" + std::to_string(port());
}

void SmtpSink::at(const std::string& step, const std::string& reply)
{
    const std::lock_guard lock{mutex_};
    scripted_[step] = reply;
}

void SmtpSink::refuse(const std::string& recipient, const std::string& reply)
{
    const std::lock_guard lock{mutex_};
    refused_[recipient] = reply;
}

void SmtpSink::behave()
{
    const std::lock_guard lock{mutex_};
    scripted_.clear();
    refused_.clear();
}

std::vector<ReceivedMail> SmtpSink::mails() const
{
    const std::lock_guard lock{mutex_};
    return mails_;
}

bool SmtpSink::wait_for(std::size_t mails) const
{
    return eventually([&] { return this->mails().size() >= mails; });
}

int SmtpSink::connections() const
{
    const std::lock_guard lock{mutex_};
    return connections_;
}

std::vector<std::string> SmtpSink::commands() const
{
    const std::lock_guard lock{mutex_};
    return commands_;
}

bool SmtpSink::is_scripted(const std::string& step) const
{
    const std::lock_guard lock{mutex_};
    return scripted_.contains(step);
}

bool SmtpSink::reply(Wire& wire, const std::string& step, const std::string& usual)
{
    std::string text = usual;
    {
        const std::lock_guard lock{mutex_};
        if (const auto found = scripted_.find(step); found != scripted_.end()) text = found->second;
    }
    if (text == "hang") wire.hang();
    if (text == "hang" || text == "close") return false;
    return wire.write(text + "\r\n");
}

bool SmtpSink::sign_in(Wire& wire, const std::string& arguments, ReceivedMail& mail)
{
    std::string user;
    std::string password;
    const auto ask = [&](const std::string& question) -> std::string {
        if (!wire.write("334 " + question + "\r\n")) return {};
        return from_base64(wire.line().value_or(""));
    };
    const auto space = arguments.find(' ');
    const std::string initial = space == std::string::npos ? "" : arguments.substr(space + 1);
    if (upper(arguments).starts_with("PLAIN")) {
        const std::string both = initial.empty() ? ask("") : from_base64(initial);
        const auto first = both.find('\0');
        const auto second = both.find('\0', first + 1);
        if (second == std::string::npos) return wire.write("501 5.5.2 no\r\n");
        user = both.substr(first + 1, second - first - 1);
        password = both.substr(second + 1);
    } else if (upper(arguments).starts_with("LOGIN")) {
        user = initial.empty() ? ask("VXNlcm5hbWU6") : from_base64(initial);
        password = ask("UGFzc3dvcmQ6");
    } else {
        return wire.write("504 5.5.4 unknown mechanism\r\n");
    }
    const bool right = user == options_.user && password == options_.password;
    if (right) {
        mail.user = user;
        mail.password = password;
    }
    return reply(wire, "AUTH", right ? "235 2.7.0 welcome" : "535 5.7.8 wrong user or password");
}

void SmtpSink::serve(Wire& wire)
{
    {
        const std::lock_guard lock{mutex_};
        ++connections_;
    }
    if (options_.tls_from_start && !wire.start_tls(*options_.identity->context)) return;
    if (!reply(wire, "greeting", "220 sink.example ESMTP")) return;
    ReceivedMail mail;
    const auto note = [&](const std::string& command) {
        const std::lock_guard lock{mutex_};
        commands_.push_back(command);
    };
    while (const auto line = wire.line()) {
        const std::string verb = upper(line->substr(0, line->find(' ')));
        const std::string arguments = line->size() > verb.size() ? line->substr(verb.size() + 1) : "";
        note(verb == "AUTH" ? verb : *line);
        if (verb == "EHLO") {
            mail.greeting = arguments;
            std::string lines = options_.extensions;
            if (options_.identity && !wire.is_tls()) lines += "\nSTARTTLS";
            if (options_.offer_login) lines += "\nAUTH PLAIN LOGIN";
            std::string answer = "250-sink.example";
            for (std::size_t begin = 0; begin < lines.size();) {
                const auto end = std::min(lines.find('\n', begin), lines.size());
                answer +=
                    "\r\n" + std::string{end == lines.size() ? "250 " : "250-"} + lines.substr(begin, end - begin);
                begin = end + 1;
            }
            if (!reply(wire, "EHLO", answer)) return;
        } else if (verb == "HELO") {
            if (!reply(wire, "EHLO", "250 sink.example")) return;
        } else if (verb == "STARTTLS") {
            if (!reply(wire, "STARTTLS", "220 2.0.0 go ahead")) return;
            if (!is_scripted("STARTTLS") && !wire.start_tls(*options_.identity->context)) return;
        } else if (verb == "AUTH") {
            if (!sign_in(wire, arguments, mail)) return;
        } else if (verb == "MAIL") {
            if (!options_.user.empty() && mail.user.empty()) {
                if (!wire.write("530 5.7.0 authentication required\r\n")) return;
                continue;
            }
            mail.from = arguments.substr(arguments.find(':') + 1);
            if (!reply(wire, "MAIL", "250 2.1.0 fine")) return;
        } else if (verb == "RCPT") {
            std::string refusal;
            {
                const std::lock_guard lock{mutex_};
                if (const auto found = refused_.find(path_of(*line)); found != refused_.end()) refusal = found->second;
            }
            if (refusal.empty()) mail.to.push_back(path_of(*line));
            if (!reply(wire, "RCPT", refusal.empty() ? "250 2.1.5 fine" : refusal)) return;
        } else if (verb == "DATA") {
            if (!reply(wire, "DATA", "354 go on")) return;
            if (is_scripted("DATA")) continue;
            if (is_scripted("body")) {
                reply(wire, "body", "");
                return;
            }
            std::string data;
            auto next = wire.line();
            for (; next && *next != "."; next = wire.line())
                data += (next->starts_with('.') ? next->substr(1) : *next) + "\r\n";
            if (!next) return;
            mail.data = data;
            mail.over_tls = wire.is_tls();
            if (!is_scripted("text")) {
                const std::lock_guard lock{mutex_};
                mails_.push_back(mail);
            }
            if (!reply(wire, "text", "250 2.0.0 taken")) return;
        } else if (verb == "RSET") {
            if (!wire.write("250 2.0.0 fine\r\n")) return;
        } else if (verb == "QUIT") {
            reply(wire, "QUIT", "221 2.0.0 bye");
            return;
        } else {
            if (!wire.write("500 5.5.1 unknown\r\n")) return;
        }
    }
}

} // namespace scim::outside::testing
