#include "core/base/text.hpp"
#include "scim/outside/mail_text.hpp"
#include "scim/outside/testing/smtp_sink.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace scim::outside;
using core::Mail;

namespace {

Mail a_mail()
{
    using namespace std::chrono;
    return {.from = "rollcall@example.com",
            .to = "adele@contoso.example",
            .subject = "Welcome",
            .text = "Hello,\n\nhere is your link:\nhttps://scim.example.com/choices/abc\n",
            .message_id = "m1.abc@scim.example.com",
            .date = sys_days{year{2026} / November / 5} + hours{7} + minutes{8} + seconds{9} + milliseconds{999}};
}

// As a reader of mail takes it apart.
testing::ReceivedMail read(const Mail& mail)
{
    const auto composed = compose(mail);
    REQUIRE(composed.has_value());
    testing::ReceivedMail received;
    received.data = *composed;
    return received;
}

std::string refused_field(const Mail& mail)
{
    const auto composed = compose(mail);
    return composed ? "" : composed.error().field;
}

std::vector<std::string> lines(const std::string& data)
{
    std::vector<std::string> all;
    for (std::size_t begin = 0; begin < data.size();) {
        const auto end = data.find("\r\n", begin);
        REQUIRE(end != std::string::npos);
        all.push_back(data.substr(begin, end - begin));
        begin = end + 2;
    }
    return all;
}

std::string decoded_words(const std::string& text)
{
    static const std::string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    std::size_t at = 0;
    while ((at = text.find("=?UTF-8?B?", at)) != std::string::npos) {
        const auto end = text.find("?=", at + 10);
        unsigned held = 0;
        unsigned bits = 0;
        std::string word;
        for (const char c : text.substr(at + 10, end - at - 10)) {
            if (c == '=') break;
            held = held << 6 | static_cast<unsigned>(letters.find(c));
            bits += 6;
            if (bits >= 8) word += static_cast<char>(held >> (bits -= 8) & 255);
        }
        CHECK(core::is_utf8(word)); // RFC 2047 5: each word by itself
        CHECK(end + 2 - at <= 75);
        out += word;
        at = end + 2;
    }
    return out;
}

} // namespace

TEST_CASE("a mail has the fields of RFC 5322 and MIME, and a text that can be read as it is")
{
    CHECK(*compose(a_mail()) == "Date: Thu, 5 Nov 2026 07:08:09 +0000\r\n"
                                "From: rollcall@example.com\r\n"
                                "To: adele@contoso.example\r\n"
                                "Message-ID: <m1.abc@scim.example.com>\r\n"
                                "Subject: Welcome\r\n"
                                "MIME-Version: 1.0\r\n"
                                "Content-Type: text/plain; charset=utf-8\r\n"
                                "Content-Transfer-Encoding: 8bit\r\n"
                                "Auto-Submitted: auto-generated\r\n"
                                "\r\n"
                                "Hello,\r\n\r\nhere is your link:\r\nhttps://scim.example.com/choices/abc\r\n");
}

TEST_CASE("text beyond ASCII, or in endless lines, is quoted-printable and comes out as it went in")
{
    const auto text = GENERATE(values<std::string>({
        "Guten Tag, B\xC3\xA4rbel\n",
        "\xF0\x9F\x91\x8B\n",
        std::string(999, 'x') + "\n",
        std::string(5000, '=') + "\n",
        "a form\x0C"
        "feed\n",
        "a bare \r return\n",
        "\xC3\xA4 trailing space \nand tab\t\n",
        std::string(76, 'x') + "\xC3\xA4" + std::string(76, ' ') + "\n",
        "\xC3\xA4\n.\n..\n.leading dots\nFrom here\n",
        "\xC3\xA4 without an end",
    }));
    Mail mail = a_mail();
    mail.text = text;
    const auto received = read(mail);
    CHECK(received.header("Content-Transfer-Encoding") == "quoted-printable");
    std::string expected;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n') expected += '\r';
        expected += text[i];
    }
    if (!text.ends_with('\n')) expected += "\r\n";
    CHECK(received.text() == expected);
    for (const std::string& line : lines(received.data)) {
        CHECK(line.size() <= 76);
        CHECK(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c < 127; }));
        if (received.raw_text().find(line) != std::string::npos) CHECK_FALSE(line.ends_with(' '));
    }
}

TEST_CASE("a line of 998 characters goes as it is, and either line end is one")
{
    Mail mail = a_mail();
    mail.text = std::string(998, 'x') + "\r\nsecond\nthird";
    const auto received = read(mail);
    CHECK(received.header("Content-Transfer-Encoding") == "8bit");
    CHECK(received.raw_text() == std::string(998, 'x') + "\r\nsecond\r\nthird\r\n");
}

TEST_CASE("subjects are folded when long and encoded when they are not ASCII")
{
    struct Row {
        std::string subject;
        bool encoded;
    };
    std::string umlauts;
    for (int i = 0; i < 60; ++i) umlauts += "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x91\x8B";
    const auto row = GENERATE_COPY(values<Row>({
        {"Your invitation", false},
        {"", false},
        {"A subject that is so long that it does not fit into one line of a mail and has to be folded between words",
         false},
        {"B\xC3\xA4rbel", true},
        {umlauts, true},
        {"two  spaces", true},
        {" leading", true},
        {"trailing ", true},
        {"looks like =?UTF-8?Q?a?= word", true},
        {std::string(67, 'x'), false},
        {std::string(68, 'x'), true}, // no room behind "Subject: ", and no space to fold before
        {std::string(76, 'x'), true},
        {"X-Injected:" + std::string(60, 'x'), true},
        {"a " + std::string(76, 'x'), true},
        {"a " + std::string(75, 'x'), false},
        {std::string(200, 'x'), true},
    }));
    Mail mail = a_mail();
    mail.subject = row.subject;
    const auto received = read(mail);
    const std::string header = received.header("Subject");
    CHECK((row.encoded ? decoded_words(header) : header) == row.subject);
    for (const std::string& line : lines(received.data)) CHECK(line.size() <= 78);
}

TEST_CASE("names stand beside addresses, quoted or encoded")
{
    Mail mail = a_mail();
    mail.from_name = "Rollcall \"the\" \\ list, Inc. <x@y>";
    mail.to_name = "Ad\xC3\xA8le";
    const auto received = read(mail);
    CHECK(received.header("From") == R"("Rollcall \"the\" \\ list, Inc. <x@y>" <rollcall@example.com>)");
    CHECK(decoded_words(received.header("To")) == "Ad\xC3\xA8le");
    CHECK(received.header("To").ends_with(" <adele@contoso.example>"));
    mail.to_name = std::string(900, 'n');
    for (const std::string& line : lines(read(mail).data)) CHECK(line.size() <= 78);
}

TEST_CASE("nothing that is put into a mail can become a field of it or a second recipient")
{
    const auto attack = GENERATE(values<std::string>({
        "a\r\nBcc: eve@evil.example", "a\nBcc: eve@evil.example", "a\rBcc: eve@evil.example", "a\r\n\r\ntext",
        std::string{"a\0b", 3},
        "a\x7F"
        "b",
        "a\x1B[31m", "\xFF\xFE",
        "a\xC0\x8A"
        "b", // a line feed that is no UTF-8
    }));
    INFO(attack);
    Mail mail = a_mail();
    mail.subject = attack;
    CHECK(refused_field(mail) == "subject");
    mail = a_mail();
    mail.from_name = attack;
    CHECK(refused_field(mail) == "fromName");
    mail = a_mail();
    mail.to_name = attack;
    CHECK(refused_field(mail) == "toName");
    mail = a_mail();
    mail.message_id = attack + "@x";
    CHECK(refused_field(mail) == "messageId");
    mail = a_mail();
    mail.to = attack + "@contoso.example";
    CHECK(refused_field(mail) == "to");
    mail = a_mail();
    mail.from = "rollcall@" + attack;
    CHECK(refused_field(mail) == "from");
}

TEST_CASE("mail addresses: what can be written to, and what cannot")
{
    struct Row {
        std::string text;
        std::string address; // empty: none
    };
    const auto row = GENERATE(values<Row>({
        {"adele@contoso.example", "adele@contoso.example"},
        {"a.b+c'd@contoso.example", "a.b+c'd@contoso.example"},
        {"root@localhost", "root@localhost"},
        {"a..b@contoso.example", "\"a..b\"@contoso.example"},
        {"a.@contoso.example", "\"a.\"@contoso.example"},
        {std::string(64, 'a') + "@contoso.example", std::string(64, 'a') + "@contoso.example"},
        {std::string(65, 'a') + "@contoso.example", ""},
        {"", ""},
        {"@", ""},
        {"adele", ""},
        {"adele@", ""},
        {"@contoso.example", ""},
        {"adele@contoso..example", ""},
        {"adele@.example", ""},
        {"adele@contoso.example.", ""},
        {"adele@contoso_example", ""},
        {"adele@" + std::string(64, 'x') + ".example", ""},
        {"adele@[127.0.0.1]", ""},
        {"a b@contoso.example", ""},
        {"<adele@contoso.example>", ""},
        {"adele@contoso.example, eve@evil.example", ""},
        {"a@b@contoso.example", ""},
        {"\"a\"@contoso.example", ""},
        {"ad\xC3\xA8le@contoso.example", ""},
        {"adele@b\xC3\xBC"
         "cher.example",
         ""},
    }));
    INFO(row.text);
    CHECK(mail_address(row.text).value_or("") == row.address);
}

TEST_CASE("texts and names have a limit")
{
    Mail mail = a_mail();
    mail.text = std::string(1024 * 1024, 'x');
    CHECK(refused_field(mail).empty());
    mail.text += 'x';
    CHECK(refused_field(mail) == "text");
    mail = a_mail();
    mail.subject = std::string(1000, 'x');
    CHECK(refused_field(mail).empty());
    mail.subject += 'x';
    CHECK(refused_field(mail) == "subject");
}
