#include "scim/outside/mail_text.hpp"

#include "core/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace scim::outside {
namespace {

using core::Reason;
using core::Refusal;

constexpr std::size_t line_most = 76;         // of what can be folded; RFC 5322 2.1.1 asks for 78
constexpr std::size_t line_limit = 998;       // RFC 5322 2.1.1, hard
constexpr std::size_t encoded_word_most = 75; // RFC 2047 2
constexpr std::size_t name_most = 1000;
constexpr std::size_t text_most = 1024 * 1024;

bool is_atom_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"!#$%&'*+-/=?^_`{|}~"}.find(c) != std::string_view::npos;
}

bool is_dot_atom(std::string_view text)
{
    if (text.empty() || text.front() == '.' || text.back() == '.' || text.find("..") != text.npos) return false;
    return std::all_of(text.begin(), text.end(), [](char c) { return is_atom_letter(c) || c == '.'; });
}

bool is_domain(std::string_view text)
{
    std::size_t label = 0;
    for (const char c : text) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        if (c == '.' ? label == 0 : (!letter || label == 63)) return false;
        label = c == '.' ? 0 : label + 1;
    }
    return label > 0 && text.size() <= 253;
}

bool is_plain(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 127; });
}

// --- header fields
// ----------------------------------------------------------------------------------------------------

std::string base64(std::string_view bytes)
{
    static constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::size_t here = std::min<std::size_t>(3, bytes.size() - at);
        std::uint32_t held = 0;
        for (std::size_t i = 0; i < 3; ++i)
            held = held << 8 | (i < here ? static_cast<unsigned char>(bytes[at + i]) : 0U);
        for (std::size_t i = 0; i < 4; ++i) text += i <= here ? letters[held >> (18 - 6 * i) & 63] : '=';
    }
    return text;
}

// RFC 2047 encoded words, one a line, each of whole characters. `used`: of the first line.
std::string encoded_words(std::string_view text, std::size_t used)
{
    constexpr std::string_view opening = "=?UTF-8?B?";
    std::string words;
    while (!text.empty()) {
        const std::size_t room = words.empty() ? line_most - used : encoded_word_most;
        std::size_t now = std::min((room - opening.size() - 2) / 4 * 3, text.size());
        while (now < text.size() && (text[now] & '\xC0') == '\x80') --now;
        if (!words.empty()) words += "\r\n ";
        words.append(opening).append(base64(text.substr(0, now))).append("?=");
        text.remove_prefix(now);
    }
    return words;
}

// As it is, folded before single spaces; or in encoded words where that cannot be. `used`: of the first line.
std::string unstructured(std::string_view text, std::size_t used)
{
    const bool odd_space = text.empty() || text.front() == ' ' || text.back() == ' ' || text.find("  ") != text.npos;
    if (!text.empty() && (!is_plain(text) || odd_space || text.find("=?") != text.npos))
        return encoded_words(text, used);
    const std::size_t begun = used;
    std::string folded;
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(' ', 1), rest.size());
        const bool fits_here = used + end <= line_most;
        // Only before a space may a line begin anew: what begins with anything else would be a field of its own.
        if (!fits_here && (rest.front() != ' ' || end > line_most)) return encoded_words(text, begun);
        if (!fits_here) {
            folded += "\r\n";
            used = 0;
        }
        folded += rest.substr(0, end);
        used += end;
        rest.remove_prefix(end);
    }
    return folded;
}

std::string mailbox(std::string_view name, const std::string& address, std::size_t used)
{
    if (name.empty()) return address;
    const bool quotable = is_plain(name) && name.size() < line_most / 2 && name.find("=?") == name.npos;
    if (!quotable) return encoded_words(name, used) + "\r\n <" + address + '>';
    std::string quoted = "\"";
    for (const char c : name) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + "\"\r\n <" + address + '>';
}

std::string date_field(core::Instant instant)
{
    using namespace std::chrono;
    static constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = floor<std::chrono::days>(instant);
    const year_month_day date{day};
    const hh_mm_ss time{floor<seconds>(instant - day)};
    return fmt::format("{}, {} {} {:04} {:02}:{:02}:{:02} +0000", days[weekday{day}.c_encoding()],
                       static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1],
                       static_cast<int>(date.year()), time.hours().count(), time.minutes().count(),
                       time.seconds().count());
}

// --- text
// -------------------------------------------------------------------------------------------------------------

// The lines without their ends, which are \n or \r\n.
std::vector<std::string_view> lines_of(std::string_view text)
{
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        std::string_view line = text.substr(0, end);
        if (end != text.npos && line.ends_with('\r')) line.remove_suffix(1);
        lines.push_back(line);
        text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    }
    return lines;
}

bool goes_as_it_is(const std::vector<std::string_view>& lines)
{
    return std::all_of(lines.begin(), lines.end(), [](std::string_view line) {
        return line.size() <= line_limit &&
               std::all_of(line.begin(), line.end(), [](char c) { return (c >= ' ' && c < 127) || c == '\t'; });
    });
}

void append_quoted_printable(std::string& out, std::string_view line)
{
    std::size_t used = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        const bool last = i + 1 == line.size();
        const bool plain = (c > ' ' && c < 127 && c != '=') || ((c == ' ' || c == '\t') && !last);
        const std::size_t size = plain ? 1 : 3;
        if (used + size > line_most - (last ? 0 : 1)) { // room for the = of a soft break
            out += "=\r\n";
            used = 0;
        }
        if (plain)
            out += c;
        else
            out += fmt::format("={:02X}", static_cast<unsigned char>(c));
        used += size;
    }
}

Refusal refusal(std::string field, std::string detail)
{
    return {Reason::invalid_value, std::move(field), std::move(detail), {}};
}

core::Result<std::string> checked_address(std::string_view text, const char* field)
{
    if (auto address = mail_address(text)) return *std::move(address);
    return refusal(field, "this is not a mail address that can be written to (ASCII, local@domain)");
}

} // namespace

std::optional<std::string> mail_address(std::string_view text)
{
    const auto parts = core::email_parts(text);
    if (!parts || text.size() > 254 || parts->local.size() > 64 || !is_domain(parts->domain)) return std::nullopt;
    if (is_dot_atom(parts->local)) return std::string{text};
    // Dots where none may be are quoted; other oddities are more likely an attack than a mailbox.
    const bool quotable =
        std::all_of(parts->local.begin(), parts->local.end(), [](char c) { return is_atom_letter(c) || c == '.'; });
    if (!quotable) return std::nullopt;
    return fmt::format("\"{}\"@{}", parts->local, parts->domain);
}

core::Result<std::string> compose(const core::Mail& mail)
{
    TRY(const std::string from, checked_address(mail.from, "from"));
    TRY(const std::string to, checked_address(mail.to, "to"));
    struct Shown {
        const char* field;
        const std::string& text;
    };
    for (const Shown& shown :
         {Shown{"fromName", mail.from_name}, {"toName", mail.to_name}, {"subject", mail.subject}}) {
        const bool control =
            std::any_of(shown.text.begin(), shown.text.end(), [](char c) { return (c >= 0 && c < ' ') || c == 127; });
        if (control) return refusal(shown.field, "control characters cannot stand in a mail's header");
        if (!core::is_utf8(shown.text)) return refusal(shown.field, "this is not UTF-8");
        if (shown.text.size() > name_most) return refusal(shown.field, fmt::format("at most {} bytes", name_most));
    }
    const auto at = mail.message_id.find('@');
    if (at == std::string::npos || mail.message_id.size() > 250 || !is_dot_atom(mail.message_id.substr(0, at)) ||
        !is_dot_atom(mail.message_id.substr(at + 1)))
        return refusal("messageId", "this is not a message id (local@domain, without <>)");
    if (!core::is_utf8(mail.text) || mail.text.find('\0') != std::string::npos)
        return refusal("text", "this is not UTF-8 text");
    if (mail.text.size() > text_most) return refusal("text", fmt::format("at most {} bytes", text_most));

    const auto lines = lines_of(mail.text);
    const bool as_it_is = goes_as_it_is(lines);
    std::string message = "Date: " + date_field(mail.date) + "\r\n";
    message += "From: " + mailbox(mail.from_name, from, 6) + "\r\n";
    message += "To: " + mailbox(mail.to_name, to, 4) + "\r\n";
    message += "Message-ID: <" + mail.message_id + ">\r\n";
    message += "Subject: " + unstructured(mail.subject, 9) + "\r\n";
    message += "MIME-Version: 1.0\r\n"
               "Content-Type: text/plain; charset=utf-8\r\n";
    message += as_it_is ? "Content-Transfer-Encoding: 8bit\r\n" : "Content-Transfer-Encoding: quoted-printable\r\n";
    message += "Auto-Submitted: auto-generated\r\n" // RFC 3834: no out-of-office replies, please
               "\r\n";
    for (const std::string_view line : lines) {
        if (as_it_is)
            message += line;
        else
            append_quoted_printable(message, line);
        message += "\r\n";
    }
    return message;
}

} // namespace scim::outside
