#include "scim/outside/mail_sender.hpp"
#include "scim/outside/testing/smtp_sink.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace scim::outside;
using namespace scim::outside::testing;
using namespace std::chrono_literals;
using core::Mail;
using core::MailFate;
using core::MailOutcome;

namespace {

Mail a_mail(std::string text = "Hello\n")
{
    return {.from = "rollcall@example.com",
            .to = "adele@contoso.example",
            .subject = "Welcome",
            .text = std::move(text),
            .message_id = "m1@scim.example.com",
            .date = core::Instant{1'800'000'000s}};
}

MailOutcome send(const SmtpSink& sink, MailOptions options = {}, const Mail& mail = a_mail())
{
    options.url = sink.url();
    if (options.longest == 60s) options.longest = 10s;
    return SmtpMailSender{options}.send(mail);
}

SinkOptions with_tls(const std::string& names = "DNS:localhost,IP:127.0.0.1", bool expired = false)
{
    return {.identity = identity_for(names, expired)};
}

} // namespace

TEST_CASE("a mail arrives whole, over IPv4 and IPv6")
{
    const auto address = GENERATE(values<std::string>({"127.0.0.1", "::1"}));
    SmtpSink sink{{.address = address}};
    const std::string text = ".\n..\n.leading dots\n\nlast line\n";
    const MailOutcome outcome = send(sink, {.our_name = "scim.example.com"}, a_mail(text));
    INFO(outcome.reason);
    CHECK(outcome.fate == MailFate::sent);
    REQUIRE(sink.wait_for(1));
    const ReceivedMail mail = sink.mails().front();
    CHECK(mail.greeting == "scim.example.com");
    CHECK(mail.from.starts_with("<rollcall@example.com>"));
    CHECK(mail.to == std::vector<std::string>{"adele@contoso.example"});
    CHECK(mail.header("Subject") == "Welcome");
    CHECK(mail.header("Message-ID") == "<m1@scim.example.com>");
    CHECK(mail.header("Auto-Submitted") == "auto-generated");
    CHECK(mail.raw_text() == ".\r\n..\r\n.leading dots\r\n\r\nlast line\r\n");
    CHECK_FALSE(mail.over_tls);
    CHECK(sink.commands().back() == "QUIT");
}

TEST_CASE("text beyond ASCII arrives as it was written, whatever the server can carry")
{
    const auto extensions = GENERATE(values<std::string>({"8BITMIME", "ENHANCEDSTATUSCODES"}));
    SmtpSink sink{{.extensions = extensions}};
    CHECK(send(sink, {}, a_mail("B\xC3\xA4rbel\n")).fate == MailFate::sent);
    CHECK(sink.mails().at(0).text() == "B\xC3\xA4rbel\r\n");
    const std::string data = sink.mails().at(0).data;
    CHECK(std::all_of(data.begin(), data.end(), [](char c) { return static_cast<unsigned char>(c) < 128; }));
}

TEST_CASE("refusals: 4yz is for now, 5yz for good; what is said before the mail is talked about is never for good")
{
    struct Row {
        const char* step;
        const char* reply;
        MailFate fate;
        int code;
    };
    const auto row = GENERATE(values<Row>({
        {"greeting", "421 4.3.2 busy", MailFate::temporary, 421},
        {"greeting", "554 5.3.2 no mail here", MailFate::temporary, 554},
        {"EHLO", "421 4.3.2 busy", MailFate::temporary, 421},
        {"MAIL", "451 4.3.0 later", MailFate::temporary, 451},
        {"MAIL", "421 4.3.2 closing", MailFate::temporary, 421},
        {"MAIL", "550 5.7.1 not you", MailFate::permanent, 550},
        {"MAIL", "552 5.3.4 too big", MailFate::permanent, 552},
        {"MAIL", "530 5.7.0 sign in first", MailFate::temporary, 530},
        {"RCPT", "450 4.2.1 mailbox busy", MailFate::temporary, 450},
        {"RCPT", "452 4.2.2 mailbox full", MailFate::temporary, 452},
        {"RCPT", "550 5.1.1 nobody of that name", MailFate::permanent, 550},
        {"RCPT", "553 5.1.3 no such name", MailFate::permanent, 553},
        {"DATA", "451 4.3.0 later", MailFate::temporary, 451},
        {"DATA", "554 5.5.1 nobody to send to", MailFate::permanent, 554},
        {"text", "451 4.7.1 greylisted", MailFate::temporary, 451},
        {"text", "452 4.3.1 disk full", MailFate::temporary, 452},
        {"text", "550 5.7.1 spam", MailFate::permanent, 550},
        {"text", "554 5.6.0 no", MailFate::permanent, 554},
    }));
    INFO(row.step << ": " << row.reply);
    SmtpSink sink;
    sink.at(row.step, row.reply);
    const MailOutcome outcome = send(sink);
    INFO(outcome.reason);
    CHECK(outcome.fate == row.fate);
    CHECK(outcome.code == row.code);
    const std::string both = std::string{row.reply}.substr(0, 9); // "550 5.1.1"
    CHECK(outcome.reason.ends_with("(" + both + ")"));
    CHECK(sink.mails().empty());

    sink.behave();
    CHECK(send(sink).fate == MailFate::sent);
}

TEST_CASE("a reason never quotes the server, who may quote the address")
{
    SmtpSink sink;
    sink.refuse("adele@contoso.example", "550-5.1.1 <adele@contoso.example> is unknown\r\n550 5.1.1 ask someone else");
    const MailOutcome outcome = send(sink);
    CHECK(outcome.fate == MailFate::permanent);
    CHECK(outcome.reason == "the mail server refuses the recipient (550 5.1.1)");
    Mail other = a_mail();
    other.to = "grady@contoso.example";
    CHECK(send(sink, {}, other).fate == MailFate::sent);
}

TEST_CASE("silence ends at the deadline; whether the mail may have been taken is known")
{
    struct Row {
        const char* step;
        const char* deed;
        MailFate fate;
    };
    const auto row = GENERATE(values<Row>({
        {"greeting", "hang", MailFate::temporary},
        {"EHLO", "hang", MailFate::temporary},
        {"MAIL", "hang", MailFate::temporary},
        {"RCPT", "hang", MailFate::temporary},
        {"DATA", "hang", MailFate::temporary},
        {"text", "hang", MailFate::unknown},
        {"greeting", "close", MailFate::temporary},
        {"EHLO", "close", MailFate::temporary},
        {"MAIL", "close", MailFate::temporary},
        {"RCPT", "close", MailFate::temporary},
        {"DATA", "close", MailFate::temporary},
        {"text", "close", MailFate::unknown},
        {"QUIT", "hang", MailFate::sent},
        {"QUIT", "close", MailFate::sent},
    }));
    INFO(row.step << ": " << row.deed);
    SmtpSink sink;
    sink.at(row.step, row.deed);
    const auto begun = std::chrono::steady_clock::now();
    const MailOutcome outcome = send(sink, {.longest = 1s});
    INFO(outcome.reason);
    CHECK(outcome.fate == row.fate);
    CHECK(outcome.code < 400);
    CHECK(std::chrono::steady_clock::now() - begun < 6s);
}

TEST_CASE("a server that goes away or stops reading in the middle of a long text has not taken it")
{
    const auto deed = GENERATE(values<std::string>({"hang", "close"}));
    SmtpSink sink;
    sink.at("body", deed);
    const MailOutcome outcome = send(sink, {.longest = 2s}, a_mail(std::string(900, 'x') + "\n"));
    INFO(outcome.reason);
    CHECK((outcome.fate == MailFate::temporary || outcome.fate == MailFate::unknown)); // all of it fits the socket
    CHECK(sink.mails().empty());
}

TEST_CASE("a mail server that is not there is tried again later")
{
    std::string url;
    {
        const SmtpSink gone;
        url = gone.url();
    }
    const MailOutcome outcome = SmtpMailSender{{.url = url}}.send(a_mail());
    CHECK(outcome.fate == MailFate::temporary);
    CHECK(outcome.code == 0);
    CHECK(outcome.reason.starts_with("the mail server cannot be reached"));
}

TEST_CASE("smtp:// takes TLS when it is offered, whoever offers it, and does without when it is not")
{
    SmtpSink stranger{with_tls("DNS:elsewhere.example", true)};
    CHECK(send(stranger).fate == MailFate::sent);
    CHECK(stranger.mails().at(0).over_tls);
    SmtpSink plain;
    CHECK(send(plain).fate == MailFate::sent);
    CHECK_FALSE(plain.mails().at(0).over_tls);
    SmtpSink unable{with_tls()};
    unable.at("STARTTLS", "454 4.7.0 not now");
    CHECK(send(unable).fate == MailFate::sent);
    CHECK_FALSE(unable.mails().at(0).over_tls);
}

TEST_CASE("where TLS is required, the mail goes to the right server under TLS or not at all")
{
    struct Row {
        const char* what;
        const char* names; // empty: no STARTTLS
        bool expired;
        bool right_authority;
        bool sent;
    };
    const auto row = GENERATE(values<Row>({
        {"the right one", "DNS:localhost,IP:127.0.0.1", false, true, true},
        {"none is offered", "", false, true, false},
        {"another name", "DNS:elsewhere.example", false, true, false},
        {"expired", "IP:127.0.0.1", true, true, false},
        {"another authority", "IP:127.0.0.1", false, false, false},
    }));
    INFO(row.what);
    const std::string names = row.names;
    SinkOptions options;
    if (!names.empty()) options.identity = identity_for(names, row.expired);
    const bool right = row.right_authority && options.identity;
    const TemporaryFile ca{right ? options.identity->authority : identity_for().authority};
    SmtpSink sink{options};
    const MailOutcome outcome = send(sink, {.tls_required = true, .ca_file = ca.path()});
    INFO(outcome.reason);
    CHECK(outcome.fate == (row.sent ? MailFate::sent : MailFate::temporary));
    CHECK(sink.mails().size() == (row.sent ? 1U : 0U));
    if (row.sent) CHECK(sink.mails().at(0).over_tls);
    if (!row.sent) CHECK(outcome.reason.starts_with("no protected connection to the mail server"));
}

TEST_CASE("a refused STARTTLS where TLS is required, and a CA file where it is not, are both taken seriously")
{
    SmtpSink unable{with_tls()};
    unable.at("STARTTLS", "454 4.7.0 not now");
    CHECK(send(unable, {.tls_required = true}).fate == MailFate::temporary);
    CHECK(unable.mails().empty());
    SmtpSink stranger{with_tls()};
    const TemporaryFile ca{identity_for().authority};
    CHECK(send(stranger, {.ca_file = ca.path()}).fate == MailFate::temporary);
    CHECK(stranger.mails().empty());
}

TEST_CASE("smtps:// is under TLS from the first byte, and the certificate is checked")
{
    const Identity identity = identity_for();
    const TemporaryFile ca{identity.authority};
    const TemporaryFile other{identity_for().authority};
    SmtpSink sink{{.identity = identity, .tls_from_start = true}};
    CHECK(send(sink, {.ca_file = other.path()}).fate == MailFate::temporary);
    CHECK(sink.mails().empty());
    const MailOutcome outcome = send(sink, {.ca_file = ca.path()});
    INFO(outcome.reason);
    CHECK(outcome.fate == MailFate::sent);
    CHECK(sink.mails().at(0).over_tls);
}

TEST_CASE("user and password are told, and a wrong one is no fault of the mail")
{
    const Identity identity = identity_for();
    const TemporaryFile ca{identity.authority};
    SmtpSink sink{{.identity = identity, .offer_login = true, .user = "rollcall", .password = "p\xC3\xA4ss word"}};
    MailOptions options{.tls_required = true, .ca_file = ca.path(), .user = "rollcall"};
    options.password = core::Secret{"p\xC3\xA4ss word"};
    CHECK(send(sink, options).fate == MailFate::sent);
    CHECK(sink.mails().at(0).user == "rollcall");
    options.password = core::Secret{"another"};
    const MailOutcome outcome = send(sink, options);
    CHECK(outcome.fate == MailFate::temporary);
    CHECK(outcome.reason == "the mail server refuses user or password (535 5.7.8)");
    const MailOutcome nobody = send(sink, {.tls_required = true, .ca_file = ca.path()});
    CHECK(nobody.fate == MailFate::temporary);
    CHECK(nobody.code == 530);
    CHECK(sink.mails().size() == 1);
}

TEST_CASE("a password does not leave this machine without TLS, nor to a server that is not the right one")
{
    // 127.0.0.2 is not known as this machine, which makes it a stranger.
    SinkOptions options{.offer_login = true, .user = "rollcall", .password = "secret", .address = "127.0.0.2"};
    SmtpSink plain{options};
    options.identity = identity_for("IP:127.0.0.2");
    SmtpSink unknown{options};
    MailOptions ours{.user = "rollcall"};
    ours.password = core::Secret{"secret"};
    for (const SmtpSink* sink : {&plain, &unknown}) {
        CHECK(send(*sink, ours).fate == MailFate::temporary);
        CHECK(sink->connections() == 1);
        for (const std::string& command : sink->commands()) CHECK(command != "AUTH");
    }
    const TemporaryFile ca{options.identity->authority};
    ours.ca_file = ca.path();
    CHECK(send(unknown, ours).fate == MailFate::sent);
    ours.ca_file.clear();
    options.identity.reset();
    options.address = "127.0.0.1"; // over loopback nobody listens
    SmtpSink near{options};
    CHECK(send(near, ours).fate == MailFate::sent);
}

TEST_CASE("a mail that cannot be written is refused for good, without troubling the server")
{
    SmtpSink sink;
    Mail mail = a_mail();
    mail.to = "nobody";
    const MailOutcome outcome = send(sink, {}, mail);
    CHECK(outcome.fate == MailFate::permanent);
    CHECK(outcome.reason.starts_with("to: "));
    CHECK(sink.connections() == 0);
}

TEST_CASE("one sender serves several threads at once")
{
    SmtpSink sink;
    SmtpMailSender sender{{.url = sink.url(), .longest = 20s}};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&, i] {
            Mail mail = a_mail();
            mail.to = "user" + std::to_string(i) + "@contoso.example";
            for (int round = 0; round < 3; ++round) sender.send(mail);
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(sink.mails().size() == 12);
}

TEST_CASE("smtp.url is a mail server's address and nothing more")
{
    struct Row {
        const char* url;
        bool good;
    };
    const auto row = GENERATE(values<Row>({
        {"smtp://mail.example.com", true},
        {"smtp://mail.example.com:25", true},
        {"smtp://127.0.0.1:2525", true},
        {"smtps://[2001:db8::1]:465", true},
        {"smtp://mail.example.com/", true},
        {"", false},
        {"mail.example.com:25", false},
        {"http://mail.example.com", false},
        {"smtp://", false},
        {"smtp://user:password@mail.example.com", false},
        {"smtp://mail.example.com/name", false},
        {"smtp://mail.example.com?x", false},
        {"smtp://mail.example.com:99999", false},
        {"smtp://mail example.com", false},
        {"smtp://mail.example.com\r\nQUIT", false},
    }));
    INFO(row.url);
    CHECK(problem_with(MailOptions{.url = row.url}).empty() == row.good);
}
